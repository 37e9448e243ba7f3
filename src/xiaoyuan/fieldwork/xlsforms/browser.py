"""A form as phones get it: one language, conditions as trees that are evaluated without being parsed."""

from typing import Any

from xiaoyuan.fieldwork.xlsforms.expressions import parse
from xiaoyuan.fieldwork.xlsforms.schema import FormSchema, Question


def for_browser(schema: FormSchema, language: str) -> dict[str, Any]:
    """Return a form for `viewer/src/field/forms`; labels keep their `${name}`."""
    return {
        "title": schema.title,
        "questions": [_question(schema, one, language) for one in schema.questions],
    }


def _question(schema: FormSchema, one: Question, language: str) -> dict[str, Any]:
    body: dict[str, Any] = {
        "kind": one.kind.value,
        "name": one.name,
        "label": schema.words(one.label, language),
        "hint": schema.words(one.hint, language),
        "message": schema.words(one.constraint_message, language),
        "fallback": one.default,
        "is_long": one.is_long,
    }
    body |= {heading: parse(text) for heading, text in one.expressions()}
    if one.choices:
        body["choices"] = [
            {"name": choice.name, "label": schema.words(choice.label, language) or choice.name}
            for choice in schema.choice_lists.get(one.choices, ())
        ]
    if one.children:
        body["children"] = [_question(schema, child, language) for child in one.children]
    return body
