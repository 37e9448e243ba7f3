"""Handing back in the console: what was exported, asking for a file, letting a colleague's go, fetching one's own."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.exports.access import (
    access_download,
    access_request,
    access_template,
    access_waiting,
    may_unmask,
)
from xiaoyuan.exports.actions import (
    ARCHIVE_KEY,
    Wish,
    approve_export,
    expire_old,
    fetch_export,
    refuse_export,
    release_due,
    request_export,
)
from xiaoyuan.exports.errors import ExportRefused
from xiaoyuan.exports.models import ExportFormat, ExportRequest, ExportStatus
from xiaoyuan.exports.queries import requests_within, templates_for, waiting_for
from xiaoyuan.exports.rules import KEPT_FOR, PEOPLE_ALONE
from xiaoyuan.exports.sources import export_sources
from xiaoyuan.indicators.queries import shows_sample
from xiaoyuan.portal.queries import desk
from xiaoyuan.portal.queries.exports import export_lines, groups_within, tags_within
from xiaoyuan.portal.views.console import chosen_division
from xiaoyuan.portal.views.pages import page_of_list
from xiaoyuan.register.access import access_division_within
from xiaoyuan.register.models import County, Division
from xiaoyuan.vault.errors import ReasonNeeded

REFRESH_SECONDS: Final = 3


@requires(Permission.EXPORT_PEOPLE)
def exports(request: HttpRequest) -> HttpResponse:
    """What was exported, what waits for me, which layouts there are."""
    viewer, now = viewer_behind(request), timezone.now()
    release_due(now=now)
    expire_old(now=now)
    page = page_of_list(request, requests_within(viewer))
    waiting = list(waiting_for(viewer)[:50])
    scope = viewer.scope_for(Permission.EXPORT_PEOPLE)
    layouts = list(templates_for(scope)[:100])
    context = {
        "section": "console",
        "rail": "exports",
        "page": page,
        "lines": export_lines(page),
        "waiting": export_lines(waiting),
        "layouts": [(one, scope.contains_division(one.division_code)) for one in layouts],
        "village_names": desk.village_names(
            {one.division_code for one in (*page, *waiting)} | {one.division_code for one in layouts}
        ),
        "user_id": viewer.actor.user_id,
    }
    return render(request, "portal/exports.html", context)


@requires(Permission.EXPORT_PEOPLE)
def new_export(request: HttpRequest) -> HttpResponse:
    """Say what is wanted, of which division, as what; a filled form asks for the file."""
    viewer = viewer_behind(request)
    given = request.POST if request.method == "POST" else request.GET
    chosen = _division(request, viewer)
    if chosen is None:
        return render(request, "portal/export_new.html", {"section": "console", "rail": "exports"})
    division, scope = chosen
    refusal = ""
    if request.method == "POST":
        try:
            made = request_export(wish=_wish(request, viewer, division), viewer=viewer, now=timezone.now())
            return HttpResponseRedirect(reverse("console_export", args=[made.pk]))
        except (ExportRefused, ReasonNeeded) as refused:
            refusal = str(refused)
    context = {
        "section": "console",
        "rail": "exports",
        "picker": desk.picker(division, viewer.scope_for(Permission.EXPORT_PEOPLE)),
        "sources": [one for one in export_sources() if one.is_offered],
        "layouts": templates_for(scope),
        "tags": tags_within(scope, is_sample=shows_sample(division.code)),
        "groups": groups_within(scope, is_sample=shows_sample(division.code)),
        "may_unmask": may_unmask(viewer, scope),
        "limit": PEOPLE_ALONE,
        "refusal": refusal,
        "chosen_layout": number_in(given.get("what", "").removeprefix("layout:")),
        "given": {
            name: given.get(name, "") for name in ("what", "format", "tag", "group", "reason", "unmasked")
        },
        "reasons": [_("report to the township"), _("report to the county office"), _("village publicity")],
    }
    return render(request, "portal/export_new.html", context, status=400 if refusal else 200)


def _division(request: HttpRequest, viewer: Viewer) -> tuple[Division, Scope] | None:
    if request.method == "POST":
        return access_division_within(viewer, request.POST.get("division", ""), Permission.EXPORT_PEOPLE)
    return chosen_division(request, viewer, Permission.EXPORT_PEOPLE)


def _wish(request: HttpRequest, viewer: Viewer, division: Division) -> Wish:
    """Read the form: `what` is a source, `layout:NUMBER` or the archive."""
    what = request.POST.get("what", "")
    wanted = request.POST.get("format", "")
    template = None
    if what.startswith("layout:"):
        template = access_template(viewer, number_in(what.removeprefix("layout:")))
        source_key, form = template.source_key, ExportFormat.TEMPLATE
    elif what == ARCHIVE_KEY:
        source_key, form = ARCHIVE_KEY, ExportFormat.ARCHIVE
    else:
        source_key = what
        form = ExportFormat.CSV if wanted == ExportFormat.CSV else ExportFormat.XLSX
    return Wish(
        source_key=source_key,
        format=form,
        county_id=county_of(division.code),
        division_code=division.code,
        place=division.name,
        is_sample=shows_sample(division.code),
        is_masked=request.POST.get("unmasked") != "on",
        reason=request.POST.get("reason", ""),
        template=template,
        filters={name: request.POST.get(name, "")[:40] for name in ("tag", "group")},
    )


def county_of(code: str) -> int:
    """Return the county of a division; raises `NotFound` above a county, whose records lie apart."""
    county = County.objects.filter(code=code[:6]).first() if len(code) >= 6 else None
    if county is None:
        raise NotFound
    return int(county.pk)


def number_in(text: str) -> int:
    """Return an id from a form, 0 when it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


@requires(Permission.EXPORT_PEOPLE)
@never_cache
def export(request: HttpRequest, export_id: int) -> HttpResponse:
    """One export: how far it is, who let it go, and its file."""
    viewer, now = viewer_behind(request), timezone.now()
    release_due(now=now)
    found = access_request(viewer, export_id)
    return _status(request, viewer, found)


def _status(
    request: HttpRequest, viewer: Viewer, found: ExportRequest, refusal: str = "", status: int = 200
) -> HttpResponse:
    is_own = found.requested_by_id == viewer.actor.user_id
    approves = viewer.scope_for(Permission.APPROVE_EXPORTS).contains_division(found.division_code)
    context: dict[str, Any] = {
        "section": "console",
        "rail": "exports",
        "line": export_lines([found])[0],
        "export": found,
        "village_name": desk.village_names([found.division_code]).get(
            found.division_code, found.division_code
        ),
        "is_own": is_own,
        "may_decide": approves and not is_own and found.status == ExportStatus.WAITING,
        "expires_at": found.made_at + KEPT_FOR if found.made_at else None,
        "share": 100 * found.progress_done // found.progress_total if found.progress_total else 0,
        "limit": PEOPLE_ALONE,
        "refusal": refusal,
    }
    answer = render(request, "portal/export.html", context, status=status)
    if found.status == ExportStatus.QUEUED:
        answer.headers["Refresh"] = str(REFRESH_SECONDS)  # works without a script
    return answer


@requires(Permission.EXPORT_PEOPLE)
@never_cache
def export_file(request: HttpRequest, export_id: int) -> StreamingHttpResponse:
    """The file, decrypted while it is sent; the log has it first."""
    viewer, now = viewer_behind(request), timezone.now()
    expire_old(now=now)
    found = access_download(viewer, export_id)
    blocks = fetch_export(request=found, viewer=viewer, now=now)
    answer = StreamingHttpResponse(blocks, content_type="application/octet-stream")
    answer.headers["Content-Disposition"] = content_disposition_header(True, found.file_name) or "attachment"
    answer.headers["Content-Length"] = str(found.file_size)
    return answer


@requires(Permission.APPROVE_EXPORTS)
@require_POST
def approve(request: HttpRequest, export_id: int) -> HttpResponse:
    """Let a colleague's export go."""
    viewer = viewer_behind(request)
    found = access_waiting(viewer, export_id)
    try:
        approve_export(request=found, viewer=viewer, now=timezone.now())
    except ExportRefused as refused:
        found.refresh_from_db()
        return _status(request, viewer, found, str(refused), status=409)
    return HttpResponseRedirect(reverse("console_export", args=[found.pk]))


@requires(Permission.APPROVE_EXPORTS)
@require_POST
def refuse(request: HttpRequest, export_id: int) -> HttpResponse:
    """Refuse a colleague's export, saying why."""
    viewer = viewer_behind(request)
    found = access_waiting(viewer, export_id)
    try:
        refuse_export(request=found, viewer=viewer, reason=request.POST.get("reason", ""), now=timezone.now())
    except (ExportRefused, ReasonNeeded) as refused:
        found.refresh_from_db()
        return _status(request, viewer, found, str(refused), status=409)
    return HttpResponseRedirect(reverse("console_export", args=[found.pk]))
