"""What was filled in: a list within the viewer's villages, one filled form, and a table to take out."""

from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.attachments.models import Attachment
from xiaoyuan.attachments.queries import open_attachment
from xiaoyuan.audit.actions import record_audit
from xiaoyuan.fieldwork.form_access import access_answer, access_form_seen, desk_scope
from xiaoyuan.fieldwork.form_actions import ANSWER, FORM
from xiaoyuan.fieldwork.form_queries import answers_within, schema_of, versions_of
from xiaoyuan.fieldwork.form_tables import answer_words, as_csv, as_workbook, columns_of, headings, table_rows
from xiaoyuan.fieldwork.models.forms import FormDefinition
from xiaoyuan.fieldwork.xlsforms.schema import ASKED, FormSchema, Kind, Question
from xiaoyuan.portal.form_rendering import language
from xiaoyuan.portal.queries import desk
from xiaoyuan.portal.views.form_desk import FRAME, XLSX
from xiaoyuan.portal.views.pages import page_of_list

SHOWN_COLUMNS: Final = 4


def _seen(request: HttpRequest, form_id: int, permission: Permission) -> tuple[FormDefinition, Scope]:
    viewer = viewer_behind(request)
    form = access_form_seen(viewer, form_id)
    reach = viewer.scope_for(permission).prefixes
    return form, Scope(prefixes=reach)


@requires(Permission.PLAN_FIELDWORK)
@require_safe
def answers(request: HttpRequest, form_id: int) -> HttpResponse:
    """Filled forms of one kind, the newest first, what may name people covered."""
    viewer = viewer_behind(request)
    form = access_form_seen(viewer, form_id)
    page = page_of_list(request, answers_within(desk_scope(viewer), form))
    columns = columns_of(versions_of(form), language())
    first = dict(list(columns.items())[:SHOWN_COLUMNS])
    rows = []
    for one in page:
        schema = schema_of(one.version)
        cells = [
            answer_words(schema, question, one.answers.get(name), language(), is_masked=True)
            if question
            else ""
            for name in first
            for question in [schema.question(name)]
        ]
        rows.append((one, list(zip(first.values(), cells, strict=True))))
    context = {
        **FRAME,
        "form": form,
        "page": page,
        "rows": rows,
        "columns": first.values(),
        "village_names": desk.village_names({one.division_code[:12] for one in page}),
        "is_sample": form.is_sample,
    }
    return render(request, "portal/form_answers.html", context)


@requires(Permission.EXPORT_PEOPLE)
@require_safe
def export(request: HttpRequest, form_id: int) -> HttpResponse:
    """Filled forms as CSV or workbook, covered, for whoever may export there; that it was taken is logged."""
    viewer, now = viewer_behind(request), timezone.now()
    form, scope = _seen(request, form_id, Permission.EXPORT_PEOPLE)
    columns = columns_of(versions_of(form), language())
    found = answers_within(scope, form)
    head, rows = headings(columns), table_rows(found, columns, language(), is_masked=True)
    is_csv = request.GET.get("format") == "csv"
    content = as_csv(head, rows) if is_csv else as_workbook(head, rows, form.title, now)
    record_audit(
        actor=viewer.actor,
        now=now,
        action="fieldwork.export_answers",
        county_id=form.county_id,
        object_kind=FORM,
        object_id=form.pk,
        detail={"rows": found.count(), "format": "csv" if is_csv else "xlsx", "is_masked": True},
    )
    response = HttpResponse(content, content_type="text/csv; charset=utf-8" if is_csv else XLSX)
    name = f"{form.title}-{timezone.localdate(now)}.{'csv' if is_csv else 'xlsx'}"
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


@requires(Permission.PLAN_FIELDWORK)
@require_safe
def answer(request: HttpRequest, answer_id: int) -> HttpResponse:
    """One filled form, question by question, under the wording that was answered."""
    viewer = viewer_behind(request)
    found = access_answer(viewer, answer_id)
    schema = schema_of(found.version)
    context = {
        **FRAME,
        "answer": found,
        "form": found.form,
        "is_sample": found.is_sample,
        "lines": _lines(schema, schema.questions, found.answers),
        "place": desk.village_names([found.division_code[:12]]).get(
            found.division_code[:12], found.division_code
        ),
    }
    return render(request, "portal/form_answer.html", context)


def _lines(
    schema: FormSchema, questions: tuple[Question, ...], answers: dict[str, Any]
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for one in questions:
        label = schema.words(one.label, language()) or one.name
        if one.kind is Kind.GROUP:
            lines = _lines(schema, one.children, answers)
            found += [{"kind": "group", "label": label, "lines": lines}] if lines else []
        elif one.kind is Kind.REPEAT:
            for number, row in enumerate(answers.get(one.name, []), start=1):
                lines = _lines(schema, one.children, row)
                found.append({"kind": "group", "label": f"{label} {number}", "lines": lines})
        elif one.kind in ASKED | {Kind.CALCULATE} and answers.get(one.name) not in (None, ""):
            value = answers[one.name]
            words = answer_words(schema, one, value, language(), is_masked=False)
            found.append({"kind": one.kind.value, "label": label, "words": words, "value": value})
    return found


@requires(Permission.PLAN_FIELDWORK)
@require_safe
def photo(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """A photo of a filled form; looking is logged."""
    viewer = viewer_behind(request)
    row = Attachment.objects.filter(public_id=public_id, object_kind=ANSWER).first()
    if row is None or row.object_id is None:
        raise NotFound
    found = access_answer(viewer, row.object_id)
    is_small = "small" in request.GET
    if not is_small:
        record_audit(
            actor=viewer.actor,
            now=timezone.now(),
            action="attachments.open",
            county_id=row.county_id,
            object_kind=ANSWER,
            object_id=found.pk,
        )
    response = HttpResponse(open_attachment(row, thumbnail=is_small), content_type="image/jpeg")
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Content-Disposition"] = "inline"
    return response
