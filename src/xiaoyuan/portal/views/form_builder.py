"""Changing a form's draft without a spreadsheet: every step is a button, so that keys alone do it all."""

from dataclasses import replace
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.fieldwork.form_access import access_form
from xiaoyuan.fieldwork.form_actions import write_draft
from xiaoyuan.fieldwork.form_errors import FormError
from xiaoyuan.fieldwork.form_queries import draft_of, schema_of, versions_of
from xiaoyuan.fieldwork.xlsforms.editing import (
    DOWN,
    UP,
    add_question,
    change_question,
    fresh_name,
    move_question,
    remove_question,
    with_choices,
)
from xiaoyuan.fieldwork.xlsforms.refusals import FormRefused
from xiaoyuan.fieldwork.xlsforms.schema import (
    ASKED,
    CONTAINERS,
    NAME,
    SELECTS,
    Choice,
    FormSchema,
    Kind,
    Question,
)
from xiaoyuan.fieldwork.xlsforms.simple import (
    ANSWERED,
    AT_LEAST,
    AT_MOST,
    EMPTY,
    IS,
    IS_NOT,
    NOT_LATER,
    Condition,
    condition_of,
    condition_text,
    limits_of,
    limits_text,
)
from xiaoyuan.portal.form_rendering import language
from xiaoyuan.portal.views.form_desk import FRAME, sentences
from xiaoyuan.portal.views.sending import number_of

KEEP: Final = "keep"
SIMPLE: Final = "simple"


def _kinds() -> list[tuple[str, str]]:
    return [
        (Kind.TEXT, _("words")),
        (Kind.INTEGER, _("whole number")),
        (Kind.DECIMAL, _("number with decimals")),
        (Kind.DATE, _("a day")),
        (Kind.SELECT_ONE, _("one of several answers")),
        (Kind.SELECT_MULTIPLE, _("some of several answers")),
        (Kind.PHOTO, _("photo (never compulsory)")),
        (Kind.NOTE, _("only something to read")),
        (Kind.CALCULATE, _("calculated")),
        (Kind.GROUP, _("group of questions")),
        (Kind.REPEAT, _("questions that repeat (for each room, each person)")),
    ]


def _tests() -> list[tuple[str, str]]:
    return [
        (IS, _("is")),
        (IS_NOT, _("is not")),
        (AT_LEAST, _("is at least")),
        (AT_MOST, _("is at most")),
        (ANSWERED, _("is answered")),
        (EMPTY, _("is not answered")),
    ]


@requires(Permission.PLAN_FIELDWORK)
def edit(request: HttpRequest, form_id: int) -> HttpResponse:
    """The draft as a list of questions, one of them open to be changed; the first change begins one."""
    viewer, now = viewer_behind(request), timezone.now()
    form = access_form(viewer, form_id)
    newest, draft = versions_of(form)[0], draft_of(form)
    schema = schema_of(draft or newest)
    chosen, refusals = request.GET.get("question", ""), []
    if request.method == "POST":
        try:
            changed, chosen = _changed(schema, request)
            write_draft(
                form=form,
                schema=changed,
                row_version=number_of(request, "row_version"),
                actor=viewer.actor,
                now=now,
            )
            anchor = f"?question={chosen}#question" if chosen else "#questions"
            return HttpResponseRedirect(f"{reverse('console_form_edit', args=[form.pk])}{anchor}")
        except (FormRefused, FormError) as refused:
            refusals, chosen = sentences(refused), request.POST.get("question", "")
    context = {
        **FRAME,
        "form": form,
        "draft": draft,
        "number": draft.number if draft else newest.number + 1,
        "row_version": draft.row_version if draft else 0,
        "schema": schema,
        "rows": _rows(schema),
        "kinds": _kinds(),
        "refusals": refusals,
        **_open_question(schema, chosen),
    }
    return render(request, "portal/form_edit.html", context, status=400 if refusals else 200)


def _rows(schema: FormSchema) -> list[dict[str, Any]]:
    """Return the list of questions with their depth."""
    kinds = dict(_kinds())
    rows: list[dict[str, Any]] = []

    def walk(questions: tuple[Question, ...], depth: int) -> None:
        for one in questions:
            rows.append(
                {
                    "name": one.name,
                    "label": schema.words(one.label, language()) or one.name,
                    "kind": kinds[one.kind],
                    "depth": depth,
                    "is_group": one.kind in CONTAINERS,
                    "is_required": bool(one.required),
                    "has_condition": bool(one.relevant),
                }
            )
            walk(one.children, depth + 1)

    walk(schema.questions, 0)
    return rows


def _open_question(schema: FormSchema, name: str) -> dict[str, Any]:
    question = schema.question(name)
    if question is None:
        return {"question": None}
    condition, limits = condition_of(question.relevant), limits_of(question.constraint)
    return {
        "question": question,
        "labels": [
            {
                "number": number,
                "language": spoken,
                "label": question.label.get(spoken, ""),
                "hint": question.hint.get(spoken, ""),
                "message": question.constraint_message.get(spoken, ""),
            }
            for number, spoken in enumerate(schema.languages)
        ],
        "kind_label": dict(_kinds())[question.kind],
        "tests": _tests(),
        "condition": condition,
        "limits": limits,
        "is_not_later": question.constraint == NOT_LATER,
        "choices": "\n".join(
            schema.words(one.label, "") or one.name for one in schema.choice_lists.get(question.choices, ())
        ),
        "is_select": question.kind in SELECTS,
        "is_number": question.kind in (Kind.INTEGER, Kind.DECIMAL),
        "is_asked": question.kind in ASKED,
        "others": [
            (one.name, schema.words(one.label, language()) or one.name)
            for one, _repeat in schema.flat()
            if one.name != name and one.kind in (ASKED | {Kind.CALCULATE}) - {Kind.PHOTO}
        ],
        "answers": [
            (
                choice.name,
                f"{schema.words(other.label, language())}: {schema.words(choice.label, language())}",
            )
            for other, _repeat in schema.flat()
            if other.kind in SELECTS and other.name != name
            for choice in schema.choice_lists.get(other.choices, ())
        ],
    }


def _changed(schema: FormSchema, request: HttpRequest) -> tuple[FormSchema, str]:
    """Return the form after the button that was pressed, and the question to open."""
    said = request.POST
    do, name = said.get("do", ""), said.get("question", "")
    if do == "title":
        return replace(schema, title=said.get("title", "").strip()[:120]), ""
    if do in ("up", "down"):
        return move_question(schema, name, UP if do == "up" else DOWN), ""
    if do == "remove":
        return remove_question(schema, name), ""
    if do == "add":
        return _added(
            schema,
            said.get("kind", ""),
            said.get("label", "").strip(),
            said.get("into", ""),
            said.get("name", ""),
        )
    if do == "save":
        question = schema.question(name)
        if question is None:
            raise FormRefused(_("somebody removed this question in the meantime."))
        return _saved(schema, question, request), name
    raise FormRefused(_("choose what to do with the form."))


def _added(schema: FormSchema, kind_text: str, label: str, into: str, wanted: str) -> tuple[FormSchema, str]:
    kind = Kind(kind_text) if kind_text in set(Kind) else Kind.TEXT
    spoken = schema.languages[0]
    if wanted.strip() and not NAME.fullmatch(wanted.strip()):
        raise FormRefused(_("a short name begins with a letter and holds only a-z, 0-9, _ and -."))
    made = Question(
        kind,
        fresh_name(schema, wanted.strip()),
        label={spoken: label} if label else {},
        is_personal=kind is Kind.TEXT,
        calculation="0" if kind is Kind.CALCULATE else "",
    )
    if kind in CONTAINERS:
        inner = Question(Kind.TEXT, "", label={spoken: _("What did you see?")}, is_personal=True)
        names = replace(schema, questions=(*schema.questions, made))
        made = replace(made, children=(replace(inner, name=fresh_name(names)),))
    if kind in SELECTS:
        first = (Choice("c1", {spoken: _("yes")}), Choice("c2", {spoken: _("no")}))
        made = replace(made, choices=made.name)
        schema = replace(schema, choice_lists={**schema.choice_lists, made.name: first})
    return add_question(schema, made, into=into), made.name


def _saved(schema: FormSchema, question: Question, request: HttpRequest) -> FormSchema:
    said = request.POST

    def words(part: str, before: dict[str, str]) -> dict[str, str]:
        given = {
            spoken: said.get(f"{part}-{number}", "").strip()[:400]
            for number, spoken in enumerate(schema.languages)
        }
        return {spoken: text for spoken, text in {**before, **given}.items() if text}

    kept_required = question.required not in ("", "true()") and said.get("required") == KEEP
    changed = replace(
        question,
        label=words("label", dict(question.label)),
        hint=words("hint", dict(question.hint)),
        constraint_message=words("message", dict(question.constraint_message)),
        required=question.required if kept_required else "true()" if said.get("required") == "on" else "",
        relevant=_relevant(schema, question, request),
        constraint=_constraint(question, request),
        calculation=said.get("calculation", question.calculation).strip()[:1000],
        default=question.default,
        is_long=said.get("is_long") == "on" and question.kind is Kind.TEXT,
        is_personal=said.get("is_personal") == "on",
    )
    if question.kind in SELECTS:
        schema, changed = with_choices(schema, changed, said.get("choices", "").splitlines())
    return change_question(schema, question.name, lambda _one: changed)


def _relevant(schema: FormSchema, question: Question, request: HttpRequest) -> str:
    said = request.POST
    way = said.get("condition", "")
    if way == KEEP:
        return said.get("relevant", question.relevant).strip()[:1000]
    if way != SIMPLE:
        return ""
    value = said.get("value", "").strip() or said.get("answer", "")
    text = condition_text(schema, Condition(said.get("about", ""), said.get("test", IS), value))
    if not text:
        raise FormRefused(_("choose the question that the condition is about, and a value without quotes."))
    return text


def _constraint(question: Question, request: HttpRequest) -> str:
    said = request.POST
    if question.kind in (Kind.INTEGER, Kind.DECIMAL) and limits_of(question.constraint) is not None:
        least, most = said.get("least", "").strip(), said.get("most", "").strip()
        if limits_of(limits_text(least, most)) is None:
            raise FormRefused(_("least and most are numbers."))
        return limits_text(least, most)
    if question.kind is Kind.DATE and question.constraint in ("", NOT_LATER):
        return NOT_LATER if said.get("not_later") == "on" else ""
    return said.get("constraint", question.constraint).strip()[:1000]
