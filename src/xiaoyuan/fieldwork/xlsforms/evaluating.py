"""Evaluates expressions of forms; `viewer/src/field/forms/evaluating.ts` does the same, tested on the same table.

Values are texts, numbers and booleans as in XPath 1.0; no answer is the empty text. Dates are texts like 2026-11-24 and
count as days since 1970-01-01 where a number is needed. A number beyond 10^15 is no number (NaN), so is x div 0.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

from xiaoyuan.fieldwork.xlsforms.expressions import Tree
from xiaoyuan.fieldwork.xlsforms.patterns import matches

Value = str | float | bool
LARGEST: Final = 1e15
_NUMBER: Final = re.compile(r"-?(?:\d+(?:\.\d*)?|\.\d+)", re.ASCII)
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SPACE: Final = " \t\n\r"
_EXACT: Final = Context(prec=60)


@dataclass(frozen=True)
class Surroundings:
    """What an expression sees: other answers, its own question's, all entries of a repeat, the day."""

    answer: Callable[[str], Value]
    entries: Callable[[str], list[Value]]
    today: date
    own: Value = ""


def is_true(value: Value) -> bool:
    """XPath's boolean()."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value != ""
    return value != 0 and not math.isnan(value)


def number_of(value: Value) -> float:
    """XPath's number(), and days since 1970-01-01 of a date."""
    if isinstance(value, bool):
        return 1.0 if value else 0.0
    if not isinstance(value, str):
        return _bounded(float(value))
    text = value.strip(_SPACE)
    if _NUMBER.fullmatch(text):
        return _bounded(float(text))
    if _DATE.fullmatch(text):
        try:
            return float(date.fromisoformat(text).toordinal() - date(1970, 1, 1).toordinal())
        except ValueError:
            return math.nan
    return math.nan


def text_of(value: Value) -> str:
    """XPath's string(): numbers without exponent, at most ten decimals."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if math.isnan(value):
        return "NaN"
    if value == math.floor(value):
        return str(int(value))
    rounded = Decimal(value).quantize(Decimal("1e-10"), rounding=ROUND_HALF_UP, context=_EXACT)
    text = f"{rounded:f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def evaluate(tree: Tree, around: Surroundings) -> Value:
    """Return the value of an expression; never raises for a tree that `parse` returned."""
    kind = tree[0]
    match kind:
        case "text" | "number":
            constant: Value = tree[1]
            return constant
        case "answer":
            return around.answer(tree[1])
        case "self":
            return around.own
        case "minus":
            return -number_of(evaluate(tree[1], around))
        case "regex":
            return matches(tree[2], text_of(evaluate(tree[1], around)))
        case "sum":
            return _summed([number_of(one) for one in around.entries(tree[1]) if one != ""])
        case "count":
            return float(len(around.entries(tree[1])))
        case "call":
            return _call(tree[1], tree[2:], around)
        case "or":
            return is_true(evaluate(tree[1], around)) or is_true(evaluate(tree[2], around))
        case "and":
            return is_true(evaluate(tree[1], around)) and is_true(evaluate(tree[2], around))
    left, right = evaluate(tree[1], around), evaluate(tree[2], around)
    if kind in ("=", "!="):
        return bool(_same(left, right) == (kind == "="))
    return _calculated(kind, number_of(left), number_of(right))


def _summed(numbers: list[float]) -> float:
    # One after the other, as browsers add: sum() corrects what gets lost and would differ in the last digit.
    total = 0.0
    for number in numbers:
        total += number
    return _bounded(total)


def _same(left: Value, right: Value) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return is_true(left) == is_true(right)
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    return number_of(left) == number_of(right)


def _bounded(number: float) -> float:
    # Adding zero makes -0 plain 0.
    return number + 0.0 if abs(number) <= LARGEST else math.nan


def _calculated(operator: str, left: float, right: float) -> Value:
    match operator:
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case ">=":
            return left >= right
        case "+":
            return _bounded(left + right)
        case "-":
            return _bounded(left - right)
        case "*":
            return _bounded(left * right)
        case "div":
            return _bounded(left / right) if right else math.nan
        case _:
            return _bounded(math.fmod(left, right)) if right and not math.isnan(left + right) else math.nan


def _call(name: str, arguments: list[Tree], around: Surroundings) -> Value:
    if name == "if":
        return evaluate(arguments[1 if is_true(evaluate(arguments[0], around)) else 2], around)
    values = [evaluate(one, around) for one in arguments]
    match name:
        case "true" | "false":
            return name == "true"
        case "today":
            return around.today.isoformat()
        case "not":
            return not is_true(values[0])
        case "boolean":
            return is_true(values[0])
        case "number":
            return number_of(values[0])
        case "string":
            return text_of(values[0])
        case "date":
            text = text_of(values[0]).strip(_SPACE)
            return text if _DATE.fullmatch(text) and not math.isnan(number_of(text)) else ""
        case "int":
            number = number_of(values[0])
            return number if math.isnan(number) else _bounded(float(math.trunc(number)))
        case "round":
            return _rounded(number_of(values[0]), number_of(values[1]) if len(values) > 1 else 0.0)
        case "min" | "max":
            return _extreme([number_of(one) for one in values], is_least=name == "min")
        case "coalesce":
            return values[0] if text_of(values[0]) != "" else values[1]
        case "concat":
            return "".join(text_of(one) for one in values)
    texts = [text_of(one) for one in values]
    match name:
        case "string-length":
            return float(len(texts[0]))
        case "count-selected":
            return float(len(_words(texts[0])))
        case "selected":
            return texts[1].strip(_SPACE) in _words(texts[0])
        case "contains":
            return texts[1] in texts[0]
        case _:
            return texts[0].startswith(texts[1])


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[ \t\n\r]+", text) if word]


def _rounded(number: float, digits: float) -> float:
    if math.isnan(number) or math.isnan(digits):
        return math.nan
    scale = 10.0 ** min(max(math.trunc(digits), 0), 6)
    return _bounded(math.floor(number * scale + 0.5) / scale)


def _extreme(numbers: list[float], *, is_least: bool) -> float:
    if any(math.isnan(number) for number in numbers):
        return math.nan
    return min(numbers) if is_least else max(numbers)
