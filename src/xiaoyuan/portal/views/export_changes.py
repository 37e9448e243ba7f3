"""What changed between two exports or two days: who joined, left, died, and of whom something changed."""

from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.exports.actions import Wish, request_export
from xiaoyuan.exports.errors import ExportRefused
from xiaoyuan.exports.models import ExportFormat, ExportStatus
from xiaoyuan.exports.queries import requests_within
from xiaoyuan.exports.sources import Selection
from xiaoyuan.indicators.queries import shows_sample
from xiaoyuan.portal.queries import desk
from xiaoyuan.portal.views.console import chosen_division
from xiaoyuan.portal.views.exports import county_of, number_in
from xiaoyuan.register.access import access_division_within
from xiaoyuan.register.exports.changes import CHANGES, WORDS, newest_sequence, sequences_between

SHOWN: Final = 50
_USUAL_DAYS: Final = 30


@requires(Permission.EXPORT_PEOPLE)
def changes(request: HttpRequest) -> HttpResponse:
    """The feed as a page; posting the same form gives it as a file."""
    viewer = viewer_behind(request)
    given = request.POST if request.method == "POST" else request.GET
    if request.method == "POST":
        chosen = access_division_within(viewer, given.get("division", ""), Permission.EXPORT_PEOPLE)
    else:
        found = chosen_division(request, viewer, Permission.EXPORT_PEOPLE)
        if found is None:
            return render(request, "portal/changes.html", {"section": "console", "rail": "exports"})
        chosen = found
    division, scope = chosen
    county_id, is_sample = county_of(division.code), shows_sample(division.code)
    today = timezone.localdate()
    since, until = (
        _day(given.get("since"), today - timedelta(days=_USUAL_DAYS)),
        _day(given.get("until"), today),
    )
    own = requests_within(viewer).filter(
        division_code=division.code, status__in=(ExportStatus.READY, ExportStatus.EXPIRED)
    )
    earlier = own.filter(pk=number_in(given.get("export", ""))).first() if given.get("export") else None
    if earlier is not None:
        after, last = earlier.change_sequence, newest_sequence(county_id)
    else:
        after, last = sequences_between(county_id, _midnight(since), _midnight(until + timedelta(days=1)))
    happening = given.get("happening", "")
    filters = {"after": str(after), "until": str(last), "happening": happening if happening in WORDS else ""}
    refusal = ""
    if request.method == "POST":
        wish = Wish(
            source_key=CHANGES.key,
            format=ExportFormat.CSV if given.get("format") == ExportFormat.CSV else ExportFormat.XLSX,
            county_id=county_id,
            division_code=division.code,
            place=division.name,
            is_sample=is_sample,
            reason=given.get("reason", ""),
            filters=filters,
        )
        try:
            asked = request_export(wish=wish, viewer=viewer, now=timezone.now())
            return HttpResponseRedirect(reverse("console_export", args=[asked.pk]))
        except ExportRefused as refused:
            refusal = str(refused)
    lines: list[Any] = []
    for row in CHANGES.rows(Selection(county_id, scope, is_sample, (), filters)):
        lines.append(row)
        if len(lines) > SHOWN:
            break
    context = {
        "section": "console",
        "rail": "exports",
        "picker": desk.picker(division, viewer.scope_for(Permission.EXPORT_PEOPLE)),
        "lines": lines[:SHOWN],
        "has_more": len(lines) > SHOWN,
        "shown": SHOWN,
        "words": WORDS.items(),
        "happening": filters["happening"],
        "since": since,
        "until": until,
        "exports": own[:20],
        "earlier": earlier,
        "refusal": refusal,
    }
    return render(request, "portal/changes.html", context, status=400 if refusal else 200)


def _day(text: str | None, otherwise: date) -> date:
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return otherwise
    return day if date(1900, 1, 1) <= day <= date(9000, 1, 1) else otherwise  # the day after must exist


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
