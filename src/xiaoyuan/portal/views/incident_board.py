"""The board of incidents and its table, and the categories with their service levels."""

import csv
import io
from datetime import timedelta
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.incidents.access import access_category
from xiaoyuan.incidents.actions.categories import ensure_categories, set_category
from xiaoyuan.incidents.errors import CategoryIncomplete, IncidentError
from xiaoyuan.incidents.models import IncidentCategory
from xiaoyuan.portal.queries import desk
from xiaoyuan.portal.queries.incidents import board_of
from xiaoyuan.portal.views.console import chosen_division
from xiaoyuan.register.models import County

DAYS: Final = (7, 30, 90, 365)


def _days(request: HttpRequest) -> int:
    text = request.GET.get("days", "")
    return int(text) if text in {str(days) for days in DAYS} else 30


@requires(Permission.WORK_INCIDENTS)
@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Open incidents on a map, load and response times by category and by division."""
    viewer, now = viewer_behind(request), timezone.now()
    context: dict[str, Any] = {
        "section": "console",
        "rail": "incidents",
        "days": _days(request),
        "choices": DAYS,
    }
    chosen = chosen_division(request, viewer, Permission.WORK_INCIDENTS)
    if chosen is not None:
        division, scope = chosen
        context |= {
            "picker": desk.picker(division, viewer.scope_for(Permission.WORK_INCIDENTS)),
            "board": board_of(scope, division.code, now - timedelta(days=context["days"]), now),
        }
    return render(request, "portal/incident_board.html", context)


@requires(Permission.WORK_INCIDENTS)
@require_safe
def board_csv(request: HttpRequest) -> HttpResponse:
    """The board's figures by category as CSV that spreadsheets open."""
    viewer, now = viewer_behind(request), timezone.now()
    chosen = chosen_division(request, viewer, Permission.WORK_INCIDENTS)
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(
        [
            _("Division"),
            _("Category"),
            _("Still open"),
            _("Overdue"),
            _("Done"),
            _("Done in time"),
            _("Mean hours to answer"),
            _("Mean hours to done"),
        ]
    )
    if chosen is not None:
        division, scope = chosen
        for load in board_of(scope, division.code, now - timedelta(days=_days(request)), now).by_category:
            figures = [
                load.open,
                load.overdue,
                load.finished,
                load.in_time,
                load.accept_hours,
                load.finish_hours,
            ]
            # A name that begins like a formula must stay a name.
            name = f"'{load.category}" if load.category[:1] in "=+-@" else load.category
            table.writerow([division.name, name, *("" if value is None else value for value in figures)])
    response = HttpResponse(("\ufeff" + out.getvalue()).encode(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="incidents.csv"'
    return response


@requires(Permission.MANAGE_INCIDENTS)
def categories(request: HttpRequest) -> HttpResponse:
    """The categories of a county with their deadlines; changed by whoever answers for the whole county."""
    viewer, refusal = viewer_behind(request), ""
    chosen = chosen_division(request, viewer, Permission.MANAGE_INCIDENTS)
    county = County.objects.filter(code=chosen[0].code[:6]).first() if chosen else None
    context: dict[str, Any] = {"section": "console", "rail": "incidents"}
    if chosen is None or county is None:
        return render(request, "portal/incident_categories.html", context)
    ensure_categories(county.pk)
    may_edit = viewer.scope_for(Permission.MANAGE_INCIDENTS).contains_division(county.code)
    if request.method == "POST":
        try:
            said = request.POST
            known = access_category(viewer, _whole(said["category"])) if said.get("category") else None
            if known is None and not may_edit:
                raise CategoryIncomplete
            set_category(
                county_id=county.pk,
                code=known.code if known else said.get("code", ""),
                name=said.get("name", ""),
                group=said.get("group", ""),
                description=said.get("description", ""),
                accept_hours=_whole(said.get("accept_hours", "")),
                finish_hours=_whole(said.get("finish_hours", "")),
                is_public="is_public" in said,
                is_listed="is_listed" in said,
                is_active="is_active" in said,
                actor=viewer.actor,
                now=timezone.now(),
                category=known,
                row_version=_whole(said.get("row_version", "0")),
            )
            return HttpResponseRedirect(f"{reverse('console_incident_categories')}?division={chosen[0].code}")
        except IncidentError as refused:
            refusal = str(refused)
    context |= {
        "picker": desk.picker(chosen[0], viewer.scope_for(Permission.MANAGE_INCIDENTS)),
        "categories": IncidentCategory.objects.filter(county=county).order_by("position", "code"),
        "may_edit": may_edit,
        "refusal": refusal,
        "given": request.POST,
    }
    return render(request, "portal/incident_categories.html", context, status=400 if refusal else 200)


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 17):
        raise CategoryIncomplete
    return int(text)
