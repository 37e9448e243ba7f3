"""What a filled form means: which questions are asked, what was answered, what is missing or does not fit.

`viewer/src/field/forms/filling.ts` settles a form the same way; the server settles it once more and has the last word.
"""

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from xiaoyuan.fieldwork.xlsforms.evaluating import Surroundings, Value, evaluate, is_true, text_of
from xiaoyuan.fieldwork.xlsforms.expressions import REFERENCE, Tree, parse
from xiaoyuan.fieldwork.xlsforms.schema import ASKED, MOST_ENTRIES, FormSchema, Kind, Question

LONGEST_TEXT: Final = 2000
_INTEGER: Final = re.compile(r"[+-]?\d{1,12}", re.ASCII)
_DECIMAL: Final = re.compile(r"[+-]?\d{1,12}(?:\.\d{1,8})?", re.ASCII)
Entry = tuple[str, int] | None
"""A repeat and the number of one of its entries."""


@dataclass(frozen=True)
class Place:
    """Where a question stands in a filled form: its path is its name, or `repeat.0.name` within an entry."""

    question: Question
    path: str
    entry: Entry


@dataclass
class Filled:
    """A settled form. `values` are for conditions, `answers` for keeping, `problems` sentences by path."""

    schema: FormSchema
    language: str
    values: dict[str, Value] = field(default_factory=dict)
    relevant: dict[str, bool] = field(default_factory=dict)
    entries: dict[str, int] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)
    """What was typed, also what cannot be taken, so that nobody types it twice."""

    def filled_in(self, text: str, entry: Entry = None) -> str:
        """Return a label with the answers that it shows by `${name}`."""
        return REFERENCE.sub(lambda found: self.shown(found[1], entry), text)

    def shown(self, name: str, entry: Entry = None) -> str:
        """Return an answer in words."""
        question = self.schema.question(name)
        path = f"{entry[0]}.{entry[1]}.{name}" if entry is not None else name
        value = self.values.get(path, self.values.get(name, ""))
        if question is None:
            return ""
        return in_words(self.schema, question, value, self.language)


def in_words(schema: FormSchema, question: Question, value: Any, language: str) -> str:
    """Return an answer as people read it: chosen answers by their labels."""
    if isinstance(value, list):
        return "、".join(schema.label_of(question, str(one), language) for one in value)
    text = text_of(float(value) if isinstance(value, int) and not isinstance(value, bool) else value)
    if question.kind is Kind.SELECT_MULTIPLE:
        return "、".join(schema.label_of(question, one, language) for one in text.split())
    return schema.label_of(question, text, language)


def fill(schema: FormSchema, raw: Mapping[str, Any], *, today: date, language: str = "zh-hans") -> Filled:
    """Settle what somebody filled in; never raises for whatever a form or a phone may send."""
    return _Filling(schema, raw, today, language).settled()


def defaults_of(schema: FormSchema) -> dict[str, Any]:
    """Return what a form holds before anybody typed: its defaults, one entry of each repeat."""
    raw: dict[str, Any] = {}
    for question, repeat in schema.flat():
        if question.kind is Kind.REPEAT:
            raw[question.name] = [{}]
        elif question.kind in ASKED and question.default:
            value: Any = (
                question.default.split() if question.kind is Kind.SELECT_MULTIPLE else question.default
            )
            (raw if repeat is None else raw[repeat.name][0])[question.name] = value
    return raw


class _Filling:
    def __init__(self, schema: FormSchema, raw: Mapping[str, Any], today: date, language: str) -> None:
        self._schema, self._raw, self._today = schema, raw, today
        self._trees: dict[tuple[str, str], Tree] = {
            (question.name, heading): parse(text)
            for question, _repeat in schema.flat()
            for heading, text in question.expressions()
        }
        self._repeat_of = {question.name: repeat for question, repeat in schema.flat()}
        self._places: list[Place] = []
        self.form = Filled(schema, language)
        self._clean: dict[str, Any] = {}
        self._bad: dict[str, str] = {}

    def settled(self) -> Filled:
        self._lay_out(self._schema.questions, "", None, self._raw)
        # Conditions look at answers that other conditions take away: again until nothing changes.
        for _round in range(len(self._places) + 2):
            if not self._settle(self._schema.questions, "", None, is_open=True):
                break
        for place in self._places:
            self._judge(place)
        self.form.answers = self._answers(self._schema.questions, "")
        return self.form

    def _lay_out(self, questions: tuple[Question, ...], prefix: str, entry: Entry, raw: Any) -> None:
        for question in questions:
            path = f"{prefix}{question.name}"
            given = raw.get(question.name) if isinstance(raw, Mapping) else None
            if question.kind is Kind.GROUP:
                self._lay_out(question.children, prefix, entry, raw)
            elif question.kind is Kind.REPEAT:
                rows = given if isinstance(given, list) else []
                self.form.entries[path] = min(len(rows), MOST_ENTRIES)
                for number, row in enumerate(rows[:MOST_ENTRIES]):
                    self._lay_out(question.children, f"{path}.{number}.", (question.name, number), row)
            else:
                self._places.append(Place(question, path, entry))
                if question.kind in ASKED:
                    self.form.given[path] = given if given is not None else ""
                    self._clean[path], problem = _taken(self._schema, question, given)
                    if problem:
                        self._bad[path] = problem

    def _around(self, entry: Entry, own: Value = "") -> Surroundings:
        return Surroundings(
            answer=lambda name: self._value(name, entry),
            entries=self._entries,
            today=self._today,
            own=own,
        )

    def _value(self, name: str, entry: Entry) -> Value:
        repeat = self._repeat_of.get(name)
        if repeat is None:
            return self.form.values.get(name, "")
        if entry is None or entry[0] != repeat.name:
            return ""
        return self.form.values.get(f"{repeat.name}.{entry[1]}.{name}", "")

    def _entries(self, name: str) -> list[Value]:
        repeat = self._repeat_of.get(name) or self._schema.question(name)
        if repeat is None or not self.form.relevant.get(repeat.name):
            return []
        return [
            self.form.values.get(f"{repeat.name}.{number}.{name}", "")
            for number in range(self.form.entries.get(repeat.name, 0))
        ]

    def _settle(self, questions: tuple[Question, ...], prefix: str, entry: Entry, *, is_open: bool) -> bool:
        """Bring relevance and values up to date; return whether anything changed."""
        has_changed = False
        for question in questions:
            path = f"{prefix}{question.name}"
            own = self.form.values.get(path, "")
            tree = self._trees.get((question.name, "relevant"))
            is_asked = is_open and (tree is None or is_true(evaluate(tree, self._around(entry, own))))
            has_changed |= self.form.relevant.get(path) != is_asked
            self.form.relevant[path] = is_asked
            if question.kind is Kind.GROUP:
                has_changed |= self._settle(question.children, prefix, entry, is_open=is_asked)
            elif question.kind is Kind.REPEAT:
                for number in range(self.form.entries[path]):
                    below: Entry = (question.name, number)
                    has_changed |= self._settle(
                        question.children, f"{path}.{number}.", below, is_open=is_asked
                    )
            else:
                value = self._current(question, path, entry) if is_asked else ""
                has_changed |= type(value) is not type(own) or value != own
                self.form.values[path] = value
        return has_changed

    def _current(self, question: Question, path: str, entry: Entry) -> Value:
        if question.kind is Kind.CALCULATE:
            value = evaluate(self._trees[question.name, "calculation"], self._around(entry))
            return "" if isinstance(value, float) and math.isnan(value) else value
        clean = self._clean.get(path)
        if clean is None:
            return ""
        if isinstance(clean, list):
            return " ".join(clean)
        return float(clean) if isinstance(clean, int | float) else str(clean)

    def _judge(self, place: Place) -> None:
        question, path = place.question, place.path
        if not self.form.relevant.get(path) or question.kind not in ASKED:
            return
        own = self.form.values.get(path, "")
        around = self._around(place.entry, own)
        required = self._trees.get((question.name, "required"))
        constraint = self._trees.get((question.name, "constraint"))
        if path in self._bad:
            self.form.problems[path] = self._bad[path]
        elif (
            own == "" and question.kind is not Kind.PHOTO and required and is_true(evaluate(required, around))
        ):
            self.form.problems[path] = _("Please answer this question.")
        elif own != "" and constraint and not is_true(evaluate(constraint, around)):
            words = self._schema.words(question.constraint_message, self.form.language)
            self.form.problems[path] = words or _("This answer does not fit. Please look again.")

    def _answers(self, questions: tuple[Question, ...], prefix: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for question in questions:
            path = f"{prefix}{question.name}"
            if not self.form.relevant.get(path):
                continue
            if question.kind is Kind.GROUP:
                found |= self._answers(question.children, prefix)
            elif question.kind is Kind.REPEAT:
                rows = [
                    self._answers(question.children, f"{path}.{number}.")
                    for number in range(self.form.entries[path])
                ]
                found[question.name] = [row for row in rows if row]
            elif question.kind is Kind.CALCULATE:
                value = self.form.values.get(path, "")
                if value != "":
                    found[question.name] = (
                        int(value) if isinstance(value, float) and value.is_integer() else value
                    )
            elif self._clean.get(path) is not None:
                found[question.name] = self._clean[path]
        return found


def _taken(schema: FormSchema, question: Question, given: Any) -> tuple[Any, str]:
    """Return what is kept of an answer (None: nothing) and what is wrong with it."""
    if question.kind is Kind.SELECT_MULTIPLE:
        chosen = given if isinstance(given, list) else str(given or "").split()
        known = [choice.name for choice in schema.choice_lists.get(question.choices, ())]
        if any(one not in known for one in chosen):
            return None, _("Choose from the answers shown.")
        return [name for name in known if name in chosen] or None, ""
    if isinstance(given, bool) or not isinstance(given, str | int | float | None):
        return None, _("This answer cannot be read.")
    text = "" if given is None else str(given).strip()
    if not text:
        return None, ""
    match question.kind:
        case Kind.TEXT:
            if len(text) > LONGEST_TEXT or "\0" in text:
                return None, _("At most %(most)s characters fit here.") % {"most": LONGEST_TEXT}
            return text, ""
        case Kind.SELECT_ONE:
            known = [choice.name for choice in schema.choice_lists.get(question.choices, ())]
            return (text, "") if text in known else (None, _("Choose from the answers shown."))
        case Kind.PHOTO:
            return _photo(text)
        case Kind.DATE:
            try:
                return date.fromisoformat(text[:10]).isoformat(), ""
            except ValueError:
                return None, _("Give the day as 2026-11-23.")
    digits = unicodedata.normalize("NFKC", text).replace(",", "")
    if question.kind is Kind.INTEGER:
        if _INTEGER.fullmatch(digits):
            return int(digits), ""
        return None, _("Give a whole number, like 12.")
    if _DECIMAL.fullmatch(digits):
        return float(digits), ""
    return None, _("Give a number, like 12.5.")


def _photo(text: str) -> tuple[str | None, str]:
    try:
        return str(UUID(text)), ""
    except ValueError:
        return None, _("The photo did not arrive. Please take it once more, or leave it out.")


def photos_in(schema: FormSchema, answers: Mapping[str, Any]) -> list[str]:
    """Return the ids of all photos in answers."""
    found = []
    for question, repeat in schema.flat():
        if question.kind is Kind.PHOTO:
            rows = [answers] if repeat is None else answers.get(repeat.name, [])
            found += [row[question.name] for row in rows if row.get(question.name)]
    return found
