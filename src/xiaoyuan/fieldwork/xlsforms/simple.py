"""Conditions and limits that people choose without writing formulas, and formulas read back as such choices."""

import re
from dataclasses import dataclass
from typing import Final

from xiaoyuan.fieldwork.xlsforms.schema import FormSchema, Kind

IS, IS_NOT, AT_LEAST, AT_MOST, ANSWERED, EMPTY = "is", "is_not", "at_least", "at_most", "answered", "empty"
_SIGNS: Final = {IS: "=", IS_NOT: "!=", AT_LEAST: ">=", AT_MOST: "<="}
_NAMED: Final = r"\$\{([A-Za-z_][A-Za-z0-9_-]*)\}"
_NUMBER: Final = r"-?\d+(?:\.\d+)?"
_COMPARED: Final = re.compile(rf"{_NAMED}\s*(!=|>=|<=|=)\s*(?:'([^']*)'|({_NUMBER}))")
_SELECTED: Final = re.compile(rf"(not\()?selected\({_NAMED},\s*'([^']*)'\)(\))?")
_RANGE: Final = re.compile(rf"(?:\.\s*>=\s*({_NUMBER}))?(?:\s+and\s+)?(?:\.\s*<=\s*({_NUMBER}))?")
NOT_LATER: Final = ". <= today()"


@dataclass(frozen=True)
class Condition:
    """Ask only if a question's answer is (not) something, is at least or at most something, or is (not) there."""

    question: str
    test: str
    value: str = ""


def condition_text(schema: FormSchema, condition: Condition) -> str:
    """Return a choice as the expression that forms keep; "" for a value that cannot be compared with."""
    about = schema.question(condition.question)
    if about is None or "'" in condition.value:
        return ""
    name = f"${{{about.name}}}"
    if condition.test in (ANSWERED, EMPTY):
        return f"{name} {'!=' if condition.test == ANSWERED else '='} ''"
    if about.kind is Kind.SELECT_MULTIPLE:
        chosen = f"selected({name}, '{condition.value}')"
        return f"not({chosen})" if condition.test == IS_NOT else chosen
    is_number = re.fullmatch(_NUMBER, condition.value) and about.kind in (
        Kind.INTEGER,
        Kind.DECIMAL,
        Kind.CALCULATE,
    )
    value = condition.value if is_number else f"'{condition.value}'"
    return f"{name} {_SIGNS.get(condition.test, '=')} {value}"


def condition_of(text: str) -> Condition | None:
    """Return an expression as a choice, or None when it is more than one."""
    if found := _SELECTED.fullmatch(text.strip()):
        if bool(found[1]) == bool(found[4]):
            return Condition(found[2], IS_NOT if found[1] else IS, found[3])
        return None
    found = _COMPARED.fullmatch(text.strip())
    if found is None:
        return None
    value = found[4] if found[4] is not None else found[3]
    if value == "" and found[2] in ("=", "!="):
        return Condition(found[1], EMPTY if found[2] == "=" else ANSWERED)
    test = next(test for test, sign in _SIGNS.items() if sign == found[2])
    return Condition(found[1], test, value)


def limits_text(least: str, most: str) -> str:
    """Return the constraint of a number between two others; either may be ""."""
    parts = [f". >= {least}" if least else "", f". <= {most}" if most else ""]
    return " and ".join(part for part in parts if part)


def limits_of(text: str) -> tuple[str, str] | None:
    """Return least and most of a constraint, or None when it is something else."""
    found = _RANGE.fullmatch(text.strip())
    return (found[1] or "", found[2] or "") if found else None
