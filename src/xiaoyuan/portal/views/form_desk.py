"""Forms at the desk: the list, a form with its versions, files in and out, preview, putting to use and out of it."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.fieldwork.form_access import (
    access_form,
    access_form_seen,
    access_version,
    desk_scope,
    may_change,
)
from xiaoyuan.fieldwork.form_actions import (
    SOURCE,
    Upload,
    begin_draft,
    create_form,
    discard_draft,
    publish_form,
    retire_form,
    set_purpose,
    write_draft,
)
from xiaoyuan.fieldwork.form_choices import FormPurpose
from xiaoyuan.fieldwork.form_errors import FormError
from xiaoyuan.fieldwork.form_queries import (
    counts_by_version,
    counts_within,
    draft_of,
    forms_within,
    schema_of,
    states_of,
    version_in_use,
    versions_of,
)
from xiaoyuan.fieldwork.models.forms import FormDefinition
from xiaoyuan.fieldwork.xlsforms.answering import defaults_of, fill
from xiaoyuan.fieldwork.xlsforms.editing import empty_form
from xiaoyuan.fieldwork.xlsforms.reading import LARGEST_FILE, read_form
from xiaoyuan.fieldwork.xlsforms.refusals import FormFaults, FormRefused
from xiaoyuan.fieldwork.xlsforms.schema import CHINESE, NAME
from xiaoyuan.fieldwork.xlsforms.writing import write_workbook, write_xform
from xiaoyuan.indicators.queries import shows_sample
from xiaoyuan.portal.form_rendering import asked_paths, language, lines_of, raw_of
from xiaoyuan.portal.queries import desk
from xiaoyuan.portal.views.console import chosen_division
from xiaoyuan.portal.views.exports import county_of
from xiaoyuan.portal.views.pages import page_of_list
from xiaoyuan.portal.views.sending import number_of
from xiaoyuan.register.access import access_division_within
from xiaoyuan.vault.files import open_file

PLAN: Final = Permission.PLAN_FIELDWORK
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FRAME: Final = {"section": "console", "rail": "forms"}


@requires(PLAN)
@require_safe
def forms(request: HttpRequest) -> HttpResponse:
    """The forms of a division and of those above it, with the number of their answers here."""
    viewer = viewer_behind(request)
    context: dict[str, Any] = dict(FRAME)
    chosen = chosen_division(request, viewer, PLAN)
    if chosen is not None:
        division, scope = chosen
        page = page_of_list(request, forms_within(scope))
        counts = counts_within(scope, [one.pk for one in page])
        states = states_of(one.pk for one in page)
        context |= {
            "picker": desk.picker(division, viewer.scope_for(PLAN)),
            "page": page,
            "lines": [
                (one, states.get(one.pk, {}), counts.get(one.pk, (0, None)), may_change(viewer, one))
                for one in page
            ],
            "village_names": desk.village_names({one.division_code for one in page}),
            "is_sample": shows_sample(division.code),
        }
    return render(request, "portal/forms.html", context)


@requires(PLAN)
def new_form(request: HttpRequest) -> HttpResponse:
    """Begin a form: from a spreadsheet, or with one question to go on from."""
    viewer, now = viewer_behind(request), timezone.now()
    context: dict[str, Any] = {**FRAME, "purposes": FormPurpose.choices, "given": request.POST}
    if request.method != "POST":
        chosen = chosen_division(request, viewer, PLAN)
    else:
        chosen = access_division_within(viewer, request.POST.get("division", ""), PLAN)
        division = chosen[0]
        try:
            upload = None
            if request.POST.get("way") == "file":
                schema, upload = _read(request)
            else:
                schema = empty_form(
                    request.POST.get("title", "").strip()[:120],
                    _key(request.POST.get("key", "")),
                    CHINESE,
                    _("What did you see?"),
                )
            made = create_form(
                county_id=county_of(division.code),
                division_code=division.code,
                schema=schema,
                purpose=_purpose(request),
                is_sample=shows_sample(division.code),
                actor=viewer.actor,
                now=now,
                upload=upload,
            )
            where = "console_form" if upload else "console_form_edit"
            return HttpResponseRedirect(reverse(where, args=[made.form_id]))
        except (FormRefused, FormError) as refused:
            context["refusals"] = sentences(refused)
    if chosen is not None:
        context["picker"] = desk.picker(chosen[0], viewer.scope_for(PLAN))
    return render(request, "portal/form_new.html", context, status=400 if "refusals" in context else 200)


def sentences(refused: Exception) -> list[str]:
    """Return what is wrong, a sentence each."""
    return [str(one) for one in refused.faults] if isinstance(refused, FormFaults) else [str(refused)]


def _key(text: str) -> str:
    """Return the key that was given, or one that nobody has to think of."""
    return text.strip() or f"f{timezone.now():%y%m%d%H%M%S}"


def _purpose(request: HttpRequest) -> FormPurpose:
    given = request.POST.get("purpose", "")
    return FormPurpose(given) if given in FormPurpose.values else FormPurpose.FREE


def _read(request: HttpRequest, key: str = "") -> tuple[Any, Upload]:
    file = request.FILES.get("file")
    if file is None:
        raise FormRefused(_("choose a file first."))
    content = file.read(LARGEST_FILE + 1)
    name = file.name or ""
    done = read_form(content, name)
    if not NAME.fullmatch(done.schema.key):
        raise FormRefused(_("the file names no usable form_id."))
    return done.schema, Upload(name, content, done.notes)


@requires(PLAN)
@require_safe
def form(request: HttpRequest, form_id: int) -> HttpResponse:
    """A form with its versions and what can be done with it."""
    return _form_page(request, access_form_seen(viewer_behind(request), form_id))


def _form_page(
    request: HttpRequest, found: FormDefinition, refusals: list[str] | None = None
) -> HttpResponse:
    viewer = viewer_behind(request)
    scope = desk_scope(viewer)
    counts = counts_by_version(scope, found)
    context = {
        **FRAME,
        "form": found,
        "draft": draft_of(found),
        "used": version_in_use(found),
        "versions": [(one, counts.get(one.pk, 0)) for one in versions_of(found)],
        "count": sum(counts.values()),
        "may_change": may_change(viewer, found),
        "purposes": FormPurpose.choices,
        "place": desk.village_names([found.division_code]).get(found.division_code, found.division_code),
        "refusals": refusals or [],
        "is_sample": found.is_sample,
    }
    return render(request, "portal/form.html", context, status=400 if refusals else 200)


@requires(PLAN)
@require_POST
def upload(request: HttpRequest, form_id: int) -> HttpResponse:
    """Read a spreadsheet as the form's draft."""
    viewer = viewer_behind(request)
    found = access_form(viewer, form_id)
    try:
        schema, upload = _read(request)
        write_draft(form=found, schema=schema, actor=viewer.actor, now=timezone.now(), upload=upload)
    except (FormRefused, FormError) as refused:
        return _form_page(request, found, sentences(refused))
    return HttpResponseRedirect(reverse("console_form", args=[found.pk]))


@requires(PLAN)
@require_POST
def take_step(request: HttpRequest, form_id: int, step: str) -> HttpResponse:
    """Begin or discard a draft, publish it, retire the version in use, say where the form is offered."""
    viewer, now = viewer_behind(request), timezone.now()
    found = access_form(viewer, form_id)
    who: dict[str, Any] = {"form": found, "actor": viewer.actor, "now": now}
    if step not in ("draft", "publish", "retire", "discard", "purpose"):
        raise NotFound
    try:
        if step == "draft":
            begin_draft(**who)
            return HttpResponseRedirect(reverse("console_form_edit", args=[found.pk]))
        _take(request, step, who)
    except FormError as refused:
        return _form_page(request, found, [str(refused)])
    return HttpResponseRedirect(reverse("console_form", args=[found.pk]))


def _take(request: HttpRequest, step: str, who: dict[str, Any]) -> None:
    if step == "publish":
        publish_form(**who, row_version=number_of(request, "row_version"))
    elif step == "retire":
        retire_form(**who)
    elif step == "discard":
        discard_draft(**who)
    else:
        set_purpose(**who, purpose=_purpose(request))


@requires(PLAN)
def preview(request: HttpRequest, form_id: int, number: int) -> HttpResponse:
    """A version as people see it; it can be tried, nothing is kept."""
    viewer = viewer_behind(request)
    found = access_form_seen(viewer, form_id)
    version = access_version(viewer, found, number)
    schema = schema_of(version)
    is_tried = request.method == "POST"
    raw = raw_of(schema, request.POST) if is_tried else defaults_of(schema)
    filled = fill(schema, raw, today=timezone.localdate(), language=language())
    lines = lines_of(filled, with_problems=is_tried and request.POST.get("go") == "check")
    context = {
        **FRAME,
        "form": found,
        "wording": version,
        "schema": schema,
        "lines": lines,
        "shown": " ".join(asked_paths(lines)),
        "is_good": is_tried and request.POST.get("go") == "check" and not filled.problems,
        "may_change": may_change(viewer, found),
    }
    return render(request, "portal/form_preview.html", context)


@requires(PLAN)
@require_safe
def file(request: HttpRequest, form_id: int, number: int, kind: str) -> HttpResponse:
    """A version as XLSForm workbook, as XForm, or the very file it was read from."""
    viewer = viewer_behind(request)
    found = access_form_seen(viewer, form_id)
    version = access_version(viewer, found, number)
    schema, name = schema_of(version), f"{found.key}-v{version.number}"
    if kind == "xlsx":
        content: bytes = write_workbook(schema, str(version.number))
        media_type, name = XLSX, f"{name}.xlsx"
    elif kind == "xml":
        content = write_xform(schema, str(version.number)).encode()
        media_type, name = "application/xml", f"{name}.xml"
    elif kind == "source" and version.file_name:
        content = b"".join(open_file(county_id=version.county_id, subject=version.subject, name=SOURCE))
        media_type, name = "application/octet-stream", version.file_name
    else:
        raise NotFound
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response
