"""A county's form as fields of a page, and a sent page as answers: the way without scripts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.http import QueryDict
from django.utils.translation import get_language

from xiaoyuan.fieldwork.xlsforms.answering import Filled
from xiaoyuan.fieldwork.xlsforms.schema import ASKED, MOST_ENTRIES, SELECTS, FormSchema, Kind, Question

PREFIX: Final = "q."
"""Before the names of answers, so that no question can be taken for a field of the page."""
SHOWN: Final = "shown"
ADD: Final = "add"
REMOVE: Final = "remove"


@dataclass(frozen=True)
class ChoiceLine:
    """One answer to tick."""

    name: str
    label: str
    is_chosen: bool


@dataclass(frozen=True)
class Line:
    """What a page shows of one question: a field, a note, a group with lines below, or a repeat with its entries."""

    kind: str
    path: str
    label: str
    hint: str = ""
    value: str = ""
    problem: str = ""
    is_required: bool = False
    is_long: bool = False
    choices: tuple[ChoiceLine, ...] = ()
    lines: tuple["Line", ...] = ()
    entries: tuple[tuple["Line", ...], ...] = ()
    may_add: bool = False

    @property
    def field(self) -> str:
        """Name of the field on the page."""
        return f"{PREFIX}{self.path}"

    @property
    def anchor(self) -> str:
        """Id of the field on the page."""
        return f"q-{self.path.replace('.', '-')}"


def lines_of(filled: Filled, *, with_problems: bool = True) -> tuple[Line, ...]:
    """Return what a settled form asks right now."""
    return _lines(filled, filled.schema.questions, "", None, with_problems=with_problems)


def _lines(
    filled: Filled,
    questions: Iterable[Question],
    prefix: str,
    entry: tuple[str, int] | None,
    *,
    with_problems: bool,
) -> tuple[Line, ...]:
    found = []
    for one in questions:
        path = f"{prefix}{one.name}"
        if not filled.relevant.get(path) or one.kind is Kind.CALCULATE:
            continue
        label = filled.filled_in(filled.schema.words(one.label, filled.language), entry)
        hint = filled.filled_in(filled.schema.words(one.hint, filled.language), entry)
        lines: tuple[Line, ...] = ()
        entries: tuple[tuple[Line, ...], ...] = ()
        count = filled.entries.get(path, 0)
        if one.kind is Kind.GROUP:
            lines = _lines(filled, one.children, prefix, entry, with_problems=with_problems)
        elif one.kind is Kind.REPEAT:
            entries = tuple(
                _lines(
                    filled, one.children, f"{path}.{number}.", (one.name, number), with_problems=with_problems
                )
                for number in range(count)
            )
        given = filled.given.get(path, "")
        found.append(
            Line(
                kind=one.kind.value,
                path=path,
                label=label,
                hint=hint,
                value="" if isinstance(given, list) else str(given),
                problem=filled.problems.get(path, "") if with_problems else "",
                is_required=one.required == "true()" and one.kind in ASKED,
                is_long=one.is_long,
                choices=_choices(filled.schema, one, given, filled.language),
                lines=lines,
                entries=entries,
                may_add=one.kind is Kind.REPEAT and count < MOST_ENTRIES,
            )
        )
    return tuple(found)


def _choices(schema: FormSchema, question: Question, given: Any, language: str) -> tuple[ChoiceLine, ...]:
    if question.kind not in SELECTS:
        return ()
    chosen = given if isinstance(given, list) else str(given).split()
    return tuple(
        ChoiceLine(one.name, schema.words(one.label, language) or one.name, one.name in chosen)
        for one in schema.choice_lists.get(question.choices, ())
    )


def raw_of(schema: FormSchema, sent: QueryDict) -> dict[str, Any]:
    """Return the answers of a sent page, with the entry that a button added or removed."""
    raw: dict[str, Any] = {}
    for question, repeat in schema.flat():
        if question.kind is Kind.REPEAT:
            text = sent.get(f"{PREFIX}{question.name}.count", "0")
            count = min(int(text), MOST_ENTRIES) if text.isascii() and text.isdigit() and len(text) < 4 else 0
            raw[question.name] = [{} for _number in range(count)]
        elif question.kind in ASKED and repeat is None:
            raw[question.name] = _given(question, sent, question.name)
        elif question.kind in ASKED and repeat is not None:
            for number, row in enumerate(raw[repeat.name]):
                row[question.name] = _given(question, sent, f"{repeat.name}.{number}.{question.name}")
    if (name := sent.get(ADD, "")) in raw and isinstance(raw[name], list):
        raw[name].append({})
    name, _dot, place = sent.get(REMOVE, "").partition(".")
    if (
        isinstance(rows := raw.get(name), list)
        and place.isascii()
        and place.isdigit()
        and int(place) < len(rows)
    ):
        rows.pop(int(place))
    return raw


def _given(question: Question, sent: QueryDict, path: str) -> Any:
    if question.kind is Kind.SELECT_MULTIPLE:
        return sent.getlist(f"{PREFIX}{path}")
    return sent.get(f"{PREFIX}{path}", "")


def asked_paths(lines: Iterable[Line]) -> list[str]:
    """Return the paths of all fields that lines show."""
    found = []
    for line in lines:
        if Kind(line.kind) in ASKED:
            found.append(line.path)
        found += asked_paths(line.lines)
        for entry in line.entries:
            found += asked_paths(entry)
    return found


def has_more(lines: Iterable[Line], sent: Mapping[str, str]) -> bool:
    """Whether lines ask something that the sent page did not show."""
    return bool(set(asked_paths(lines)) - set(sent.get(SHOWN, "").split()))


def language() -> str:
    """Return the reader's language."""
    return get_language() or "zh-hans"
