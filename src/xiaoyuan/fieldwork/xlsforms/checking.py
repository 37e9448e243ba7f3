"""Whether a form makes sense as a whole, whoever wrote it: a spreadsheet or the pages of the console."""

from collections.abc import Callable, Iterator
from typing import Final

from django.utils.translation import gettext as _

from xiaoyuan.fieldwork.xlsforms.expressions import names_in, parse, references
from xiaoyuan.fieldwork.xlsforms.refusals import ExpressionRefused, FormFaults, FormRefused
from xiaoyuan.fieldwork.xlsforms.schema import (
    CHOICE,
    CONTAINERS,
    MOST_CHOICES,
    MOST_QUESTIONS,
    NAME,
    SELECTS,
    FormSchema,
    Kind,
    Question,
)

Row = Callable[[str], int]
"""The row of the survey in which a question stands; 0: not from a sheet."""
TAKEN: Final = frozenset({"meta", "instanceid", "instancename", "__version__"})
SURVEY: Final = "survey"


def check_form(schema: FormSchema, row: Row = lambda name: 0) -> None:
    """Raise `FormFaults` with all that is wrong."""
    faults = form_faults(schema, row)
    if faults:
        raise FormFaults(faults)


def form_faults(schema: FormSchema, row: Row) -> list[FormRefused]:
    """Return all that is wrong with a form."""
    return list(_faults(schema, row))


def _faults(schema: FormSchema, row: Row) -> Iterator[FormRefused]:
    flat = list(schema.flat())
    if not schema.title.strip():
        yield FormRefused(_("the form needs a title (form_title)."), sheet="settings", column="form_title")
    if not NAME.fullmatch(schema.key):
        yield FormRefused(
            _("the key of the form begins with a letter and holds only a-z, 0-9, _ and -."),
            sheet="settings",
            column="form_id",
        )
    if not flat:
        yield FormRefused(_("the form asks nothing yet."), sheet=SURVEY)
    if len(flat) > MOST_QUESTIONS:
        yield FormRefused(_("a form has at most %(most)s rows.") % {"most": MOST_QUESTIONS}, sheet=SURVEY)
    if sum(len(choices) for choices in schema.choice_lists.values()) > MOST_CHOICES:
        yield FormRefused(_("a form has at most %(most)s choices.") % {"most": MOST_CHOICES}, sheet="choices")
    yield from _choice_faults(schema)
    seen: set[str] = set()
    for question, repeat in flat:
        at = row(question.name)
        if not NAME.fullmatch(question.name) or question.name.lower() in TAKEN:
            yield FormRefused(
                _("“%(name)s” cannot be a name: begin with a letter, then a-z, 0-9, _ and -, at most 60.")
                % {"name": question.name},
                sheet=SURVEY,
                row=at,
                column="name",
            )
        if question.name in seen:
            yield FormRefused(
                _("the name “%(name)s” is used twice; give each question its own.") % {"name": question.name},
                sheet=SURVEY,
                row=at,
                column="name",
            )
        seen.add(question.name)
        yield from _question_faults(schema, question, repeat, at)
    yield from _circles(schema, row)


def _choice_faults(schema: FormSchema) -> Iterator[FormRefused]:
    for name, choices in schema.choice_lists.items():
        names = [one.name for one in choices]
        for choice in choices:
            if not CHOICE.fullmatch(choice.name):
                yield FormRefused(
                    _("“%(name)s” cannot be the name of a choice: no spaces, quotes or < > &, at most 60.")
                    % {"name": choice.name},
                    sheet="choices",
                    column="name",
                )
            if not any(choice.label.values()):
                yield FormRefused(
                    _("the choice “%(name)s” of “%(list)s” has no label.")
                    % {"name": choice.name, "list": name},
                    sheet="choices",
                    column="label",
                )
        for twice in sorted({one for one in names if names.count(one) > 1}):
            yield FormRefused(
                _("the choice “%(name)s” stands twice in “%(list)s”.") % {"name": twice, "list": name},
                sheet="choices",
                column="name",
            )


def _question_faults(
    schema: FormSchema, question: Question, repeat: Question | None, at: int
) -> Iterator[FormRefused]:
    def fault(reason: str, column: str) -> FormRefused:
        return FormRefused(reason, sheet=SURVEY, row=at, column=column)

    if question.kind is Kind.REPEAT and repeat is not None:
        yield fault(_("a repeat cannot stand within a repeat."), "type")
    if question.kind in SELECTS and not schema.choice_lists.get(question.choices):
        yield fault(_("the choices “%(list)s” are missing.") % {"list": question.choices}, "type")
    if question.kind is Kind.CALCULATE and not question.calculation:
        yield fault(_("a calculated question needs its formula."), "calculation")
    if question.kind is Kind.PHOTO and question.required:
        yield fault(_("a photo is never compulsory: nobody is made to take one."), "required")
    if question.kind not in {*CONTAINERS, Kind.CALCULATE} and not any(question.label.values()):
        yield fault(_("the question has no label."), "label")
    if question.kind in CONTAINERS and not question.children:
        yield fault(_("the group “%(name)s” is empty.") % {"name": question.name}, "type")
    yield from _expression_faults(schema, question, repeat, fault)


def _expression_faults(
    schema: FormSchema,
    question: Question,
    repeat: Question | None,
    fault: Callable[[str, str], FormRefused],
) -> Iterator[FormRefused]:
    repeats = {one.name: within for one, within in schema.flat()}
    for heading, text in question.expressions():
        try:
            tree = parse(text)
        except ExpressionRefused as refused:
            yield fault(str(refused), heading)
            continue
        for name, is_gathered in references(tree):
            if why := _reference_fault(schema, repeats, repeat, name, is_gathered=is_gathered):
                yield fault(why, heading)
    for words, heading in ((question.label, "label"), (question.hint, "hint")):
        for name in {name for text in words.values() for name in names_in(text)}:
            if why := _reference_fault(schema, repeats, repeat, name, is_gathered=False):
                yield fault(why, heading)


def _reference_fault(
    schema: FormSchema,
    repeats: dict[str, Question | None],
    repeat: Question | None,
    name: str,
    *,
    is_gathered: bool,
) -> str:
    target = schema.question(name)
    if target is None:
        return _("there is no question “%(name)s”.") % {"name": name}
    within = repeats[name]
    if is_gathered:
        if within is None and target.kind is not Kind.REPEAT:
            return _("“%(name)s” stands in no repeat: sum() and count() take what repeats.") % {"name": name}
        return ""
    if target.kind in CONTAINERS or target.kind is Kind.NOTE:
        return _("“%(name)s” has no answer.") % {"name": name}
    if within is not None and within is not repeat:
        return _("“%(name)s” repeats: use sum() or count().") % {"name": name}
    return ""


def _circles(schema: FormSchema, row: Row) -> Iterator[FormRefused]:
    """Questions whose relevance or formula depends on themselves, through whatever others."""
    needs: dict[str, set[str]] = {}
    _gather_needs(schema.questions, frozenset(), needs)
    for name in needs:
        reached, open_ = set[str](), list(needs[name])
        while open_:
            other = open_.pop()
            if other not in reached:
                reached.add(other)
                open_ += needs.get(other, ())
        if name in reached:
            yield FormRefused(
                _("“%(name)s” depends on itself; its condition or formula goes round in a circle.")
                % {"name": name},
                sheet=SURVEY,
                row=row(name),
                column="relevant",
            )


def _gather_needs(questions: tuple[Question, ...], above: frozenset[str], needs: dict[str, set[str]]) -> None:
    for question in questions:
        own = {name for text in (question.relevant, question.calculation) for name in _names(text)}
        needs[question.name] = {*own, *above}
        _gather_needs(question.children, frozenset({*above, question.name}), needs)


def _names(text: str) -> set[str]:
    try:
        return {name for name, _is_gathered in references(parse(text))} if text else set()
    except ExpressionRefused:
        return set()
