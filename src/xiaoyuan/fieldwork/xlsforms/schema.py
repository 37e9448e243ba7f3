"""A form as it is kept: questions in their order, choices, words in several languages. Plain data, JSON and back."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

Words = Mapping[str, str]
"""A sentence by language, the language written as in the sheet: `中文 (zh)`; "" where the sheet names none."""

NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,59}", re.ASCII)
CHOICE: Final = re.compile(r"[^\s'\"<>&]{1,60}")
MOST_QUESTIONS: Final = 300
MOST_CHOICES: Final = 500
MOST_ENTRIES: Final = 50
"""So many entries a repeat takes."""
CHINESE: Final = "中文 (zh)"
ENGLISH: Final = "English (en)"


class Kind(StrEnum):
    """What a question asks for; the values are XLSForm's types."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    SELECT_ONE = "select_one"
    SELECT_MULTIPLE = "select_multiple"
    PHOTO = "image"
    NOTE = "note"
    CALCULATE = "calculate"
    GROUP = "group"
    REPEAT = "repeat"


SELECTS: Final = frozenset({Kind.SELECT_ONE, Kind.SELECT_MULTIPLE})
CONTAINERS: Final = frozenset({Kind.GROUP, Kind.REPEAT})
ASKED: Final = frozenset(Kind) - CONTAINERS - {Kind.NOTE, Kind.CALCULATE}
"""Kinds that somebody answers."""


@dataclass(frozen=True)
class Choice:
    """One answer that can be chosen."""

    name: str
    label: Words


@dataclass(frozen=True)
class Question:
    """One row of the survey. Expressions are kept as they were written, "" for none; `required` is one of them."""

    kind: Kind
    name: str
    label: Words = field(default_factory=dict)
    hint: Words = field(default_factory=dict)
    required: str = ""
    relevant: str = ""
    constraint: str = ""
    constraint_message: Words = field(default_factory=dict)
    calculation: str = ""
    default: str = ""
    choices: str = ""
    is_long: bool = False
    """Room for several lines."""
    is_personal: bool = False
    """The answer may name people: covered on the way out."""
    children: tuple["Question", ...] = ()

    def expressions(self) -> Iterator[tuple[str, str]]:
        """Yield heading and text of each expression that is not empty."""
        for heading in ("relevant", "required", "constraint", "calculation"):
            if text := getattr(self, heading):
                yield heading, text


@dataclass(frozen=True)
class FormSchema:
    """A whole form. `languages` stand in order; the first is shown where the reader's is missing."""

    title: str
    key: str
    languages: tuple[str, ...]
    questions: tuple[Question, ...]
    choice_lists: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict)

    def flat(self) -> Iterator[tuple[Question, Question | None]]:
        """Yield every question in order, groups too, with the repeat in which it stands."""
        yield from _flat(self.questions, None)

    def question(self, name: str) -> Question | None:
        """Return a question by its name."""
        return next((one for one, _repeat in self.flat() if one.name == name), None)

    def words(self, words: Words, language: str) -> str:
        """Return a sentence in the reader's language (`zh-hans`, `en`), or in the form's first that has one."""
        wanted = language[:2].lower()
        for name in self.languages:
            if code_of(name) == wanted and words.get(name):
                return words[name]
        return next((words[name] for name in self.languages if words.get(name)), "")

    def label_of(self, question: Question, value: str, language: str) -> str:
        """Return the words of a chosen answer, or the answer itself."""
        for choice in self.choice_lists.get(question.choices, ()):
            if choice.name == value:
                return self.words(choice.label, language) or value
        return value


def code_of(language: str) -> str:
    """Return the code of a language: `中文 (zh)` -> `zh`; "" where it names none."""
    found = re.search(r"\(([A-Za-z]{2,3})(?:[-_][A-Za-z]+)?\)\s*$", language)
    return found[1].lower() if found else ""


def _flat(
    questions: tuple[Question, ...], repeat: Question | None
) -> Iterator[tuple[Question, Question | None]]:
    for question in questions:
        yield question, repeat
        yield from _flat(question.children, question if question.kind is Kind.REPEAT else repeat)


_WORDS: Final = ("label", "hint", "constraint_message")
_TEXTS: Final = ("required", "relevant", "constraint", "calculation", "default", "choices")
_FLAGS: Final = ("is_long", "is_personal")


def as_json(schema: FormSchema) -> dict[str, Any]:
    """Return a form as JSON; empty parts are left out."""
    return {
        "title": schema.title,
        "key": schema.key,
        "languages": list(schema.languages),
        "questions": [_question_json(one) for one in schema.questions],
        "choices": {
            name: [{"name": one.name, "label": dict(one.label)} for one in choices]
            for name, choices in schema.choice_lists.items()
        },
    }


def _question_json(one: Question) -> dict[str, Any]:
    body: dict[str, Any] = {"kind": one.kind.value, "name": one.name}
    body |= {name: dict(words) for name in _WORDS if (words := getattr(one, name))}
    body |= {name: text for name in _TEXTS if (text := getattr(one, name))}
    body |= {name: True for name in _FLAGS if getattr(one, name)}
    if one.children:
        body["children"] = [_question_json(child) for child in one.children]
    return body


def from_json(body: Mapping[str, Any]) -> FormSchema:
    """Return what `as_json` wrote."""
    return FormSchema(
        title=body["title"],
        key=body["key"],
        languages=tuple(body["languages"]),
        questions=tuple(_question_from(one) for one in body["questions"]),
        choice_lists={
            name: tuple(Choice(one["name"], one["label"]) for one in choices)
            for name, choices in body["choices"].items()
        },
    )


def _question_from(body: Mapping[str, Any]) -> Question:
    return Question(
        kind=Kind(body["kind"]),
        name=body["name"],
        **{name: body.get(name, {}) for name in _WORDS},
        **{name: body.get(name, "") for name in _TEXTS},
        **{name: body.get(name, False) for name in _FLAGS},
        children=tuple(_question_from(one) for one in body.get("children", ())),
    )
