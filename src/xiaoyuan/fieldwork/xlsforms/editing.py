"""Changing a form by hand: each step takes a form and returns another; nothing here is a person's page."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from xiaoyuan.fieldwork.xlsforms.checking import SURVEY
from xiaoyuan.fieldwork.xlsforms.refusals import FormRefused
from xiaoyuan.fieldwork.xlsforms.schema import CONTAINERS, SELECTS, Choice, FormSchema, Kind, Question

Tree = tuple[Question, ...]
UP: Final = -1
DOWN: Final = 1


def fresh_name(schema: FormSchema, wanted: str = "") -> str:
    """Return a name that no question has: the wanted one, or q1, q2, …"""
    taken = {one.name for one, _repeat in schema.flat()}
    if wanted and wanted not in taken:
        return wanted
    number = 1
    while f"q{number}" in taken:
        number += 1
    return f"q{number}"


def add_question(schema: FormSchema, question: Question, *, into: str = "") -> FormSchema:
    """Put a question at the end of the form, or of a group."""
    if not into:
        return replace(schema, questions=(*schema.questions, question))
    return change_question(schema, into, lambda group: replace(group, children=(*group.children, question)))


def change_question(schema: FormSchema, name: str, change: Callable[[Question], Question]) -> FormSchema:
    """Return the form with one question changed; raises `FormRefused` when there is none of that name."""
    if schema.question(name) is None:
        raise FormRefused(f"“{name}”?", sheet=SURVEY)

    def walk(questions: Tree) -> Tree:
        return tuple(
            change(one) if one.name == name else replace(one, children=walk(one.children))
            for one in questions
        )

    return _tidied(replace(schema, questions=walk(schema.questions)))


def remove_question(schema: FormSchema, name: str) -> FormSchema:
    """Return the form without a question; a group that becomes empty goes too."""

    def walk(questions: Tree) -> Iterator[Question]:
        for one in questions:
            if one.name == name:
                continue
            children = tuple(walk(one.children))
            if children or one.kind not in CONTAINERS:
                yield replace(one, children=children)

    return _tidied(replace(schema, questions=tuple(walk(schema.questions))))


def move_question(schema: FormSchema, name: str, way: int) -> FormSchema:
    """Move a question one place up or down: past questions, into groups and out of them."""
    question = schema.question(name)
    if question is None:
        return schema
    lines = list(_lines(schema.questions))
    first = next(
        number for number, line in enumerate(lines) if line == ("open", name) or line == ("ask", name)
    )
    last = first if question.kind not in CONTAINERS else lines.index(("close", name))
    block = lines[first : last + 1]
    rest = lines[:first] + lines[last + 1 :]
    place = first + way
    if not 0 <= place <= len(rest):
        return schema
    moved = [*rest[:place], *block, *rest[place:]]
    known = {one.name: one for one, _repeat in schema.flat()}
    return replace(schema, questions=_tree(iter(moved), known))


def _lines(questions: Tree) -> Iterator[tuple[str, str]]:
    """Yield a form as its sheet has it: one line a question, two a group."""
    for one in questions:
        if one.kind in CONTAINERS:
            yield "open", one.name
            yield from _lines(one.children)
            yield "close", one.name
        else:
            yield "ask", one.name


def _tree(lines: Iterator[tuple[str, str]], known: Mapping[str, Question]) -> Tree:
    found: list[Question] = []
    for line, name in lines:
        if line == "close":
            break
        found.append(known[name] if line == "ask" else replace(known[name], children=_tree(lines, known)))
    # Whoever leaves a group last takes it away.
    return tuple(one for one in found if one.children or one.kind not in CONTAINERS)


def with_choices(
    schema: FormSchema, question: Question, labels: Sequence[str]
) -> tuple[FormSchema, Question]:
    """Give a question these answers, one a label in the form's first language; known ones keep name and other words."""
    language = schema.languages[0]
    before = schema.choice_lists.get(question.choices, ())
    by_label = {schema.words(one.label, "") or one.name: one for one in before}
    wanted = list(dict.fromkeys(label.strip() for label in labels if label.strip()))
    chosen: list[Choice | None] = [by_label.get(label) for label in wanted]
    for place, label in enumerate(wanted):
        # A line that was only reworded stays the same answer.
        if chosen[place] is None and place < len(before) and before[place] not in chosen:
            old = schema.words(before[place].label, "") or before[place].name
            if old not in wanted:
                chosen[place] = replace(before[place], label={**before[place].label, language: label})
    taken = {one.name for one in (*before, *(choice for choice in chosen if choice))}
    made: list[Choice] = []
    for label, choice in zip(wanted, chosen, strict=True):
        if choice is None:
            number = 1
            while f"c{number}" in taken:
                number += 1
            choice = Choice(f"c{number}", {language: label})
            taken.add(choice.name)
        made.append(choice)
    users = [one.name for one, _repeat in schema.flat() if one.choices == question.choices and one.choices]
    is_shared = bool(set(users) - {question.name}) and tuple(made) != before
    key = question.choices if question.choices and not is_shared else _free_list(schema, question.name)
    lists = {**schema.choice_lists, key: tuple(made)}
    return replace(schema, choice_lists=lists), replace(question, choices=key)


def _free_list(schema: FormSchema, name: str) -> str:
    key, number = name, 2
    while key in schema.choice_lists:
        key, number = f"{name}_{number}", number + 1
    return key


def _tidied(schema: FormSchema) -> FormSchema:
    """Drop choices that no question uses."""
    used = {one.choices for one, _repeat in schema.flat() if one.kind in SELECTS}
    return replace(
        schema, choice_lists={name: one for name, one in schema.choice_lists.items() if name in used}
    )


def empty_form(title: str, key: str, language: str, first_label: str) -> FormSchema:
    """Return a form with one question, to begin with."""
    first = Question(Kind.TEXT, "q1", label={language: first_label}, is_long=True, is_personal=True)
    return FormSchema(title, key, (language,), (first,))
