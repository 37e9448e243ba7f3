"""Reporting by anyone, at a plate or for a village, and the page that follows a report: no sign-in, no script."""

import math
from dataclasses import dataclass
from typing import Any, Final

import shapely
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.rates import address_of, allow
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.attachments.actions import store_photo, store_voice
from xiaoyuan.attachments.errors import AttachmentRefused
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.doorplates.queries import addresses_of, find_scanned
from xiaoyuan.incidents.actions.categories import ensure_categories
from xiaoyuan.incidents.actions.reporting import Receipt, Reporter, report_incident
from xiaoyuan.incidents.actions.steps import rate, take_step
from xiaoyuan.incidents.choices import Source, Step
from xiaoyuan.incidents.errors import IncidentError, UnknownCategory
from xiaoyuan.incidents.models import Incident
from xiaoyuan.incidents.queries import NearIncident, by_receipt, categories_of, nearby_duplicates
from xiaoyuan.lib.place_names import short_name
from xiaoyuan.portal.queries.reports import near_plate, receipt_page
from xiaoyuan.register.access import access_division
from xiaoyuan.register.models import County, Courtyard, Division
from xiaoyuan.register.queries.locating import locate
from xiaoyuan.vault.errors import FileDamaged

MOST_PHOTOS: Final = 4
A_DAY: Final = 24 * 3600
REPORTS_A_DAY: Final = 200
"""Per address: mobile carriers share addresses, one village office too."""
STEPS_A_DAY: Final = 60
"""Per receipt: words, ratings and the like."""


@dataclass(frozen=True)
class ReportPlace:
    """Where a report is made: at a courtyard, at a point, or somewhere in a village."""

    county: County
    division: Division
    title: str
    is_sample: bool
    courtyard: Courtyard | None = None
    lon: float | None = None
    lat: float | None = None
    near: tuple[NearIncident, ...] = ()
    source: Source = Source.PLATE


def _private(response: HttpResponse) -> HttpResponse:
    # A page found by a secret address is neither kept nor named to another site. With no referrer at all browsers
    # would call a form's origin unknown, and the form would be refused.
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


@requires(Permission.PUBLIC)
def report_at_plate(request: HttpRequest, token: str) -> HttpResponse:
    """The report form of a plate; a dead token is answered like any other dead one."""
    plate = find_scanned(token)
    if plate is None:
        return _private(render(request, "portal/scan_unknown.html", status=404))
    division = access_division(plate.division_code[:12])
    address = addresses_of([plate.courtyard_id]).get(plate.courtyard_id)
    place = ReportPlace(
        county=County.objects.get(pk=plate.county_id),
        division=division,
        title=((address.text if address else "") + plate.flat.text) or short_name(division.name),
        is_sample=plate.is_sample,
        courtyard=Courtyard.objects.unscoped("reached by its plate").get(pk=plate.courtyard_id),
        near=tuple(near_plate(plate.county_id, plate.wkb, is_sample=plate.is_sample)),
    )
    return _form(request, place)


@requires(Permission.PUBLIC)
def report_in_village(request: HttpRequest, code: str) -> HttpResponse:
    """The report form of a village, with a point of the map when `?lon=&lat=` lies in its county."""
    division = access_division(code)
    county = County.objects.filter(code=division.code[:6]).first()
    if county is None or len(division.code) < 9:
        return _private(render(request, "portal/scan_unknown.html", status=404))
    given = request.POST if request.method == "POST" else request.GET
    lon, lat = _degrees(given.get("lon", "")), _degrees(given.get("lat", ""))
    near: tuple[NearIncident, ...] = ()
    if lon is not None and lat is not None:
        found = locate(shapely.Point(lon, lat), county_code=county.code, assumed=division.code)
        if found is None:
            lon = lat = None
        else:
            division = access_division(found.code)
            near = tuple(
                nearby_duplicates(
                    county_id=county.pk, category_id=None, lon=lon, lat=lat, is_sample=county.shows_sample
                )
            )
    place = ReportPlace(
        county=county,
        division=division,
        title=short_name(division.name),
        is_sample=county.shows_sample,
        lon=lon,
        lat=lat,
        near=near,
        source=Source.MAP,
    )
    return _form(request, place)


def _degrees(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and abs(value) <= 180 else None


def _form(request: HttpRequest, place: ReportPlace) -> HttpResponse:
    ensure_categories(place.county.pk)
    refusal, status = "", 200
    if request.method == "POST":
        if not allow(
            bucket=f"report:{address_of(request)}", limit=REPORTS_A_DAY, window_s=A_DAY, now=timezone.now()
        ):
            refusal, status = _("Many reports came from this connection today. Please call the office."), 429
        else:
            try:
                receipt = _file(request, place)
                return _private(HttpResponseRedirect(reverse("receipt", args=[receipt.secret]) + "?new=1"))
            except (IncidentError, AttachmentRefused, FileDamaged) as refused:
                refusal, status = str(refused), 400
    context = {
        "place": place,
        "categories": categories_of(place.county.pk, for_public=True),
        "chosen": request.POST.get("category") or request.GET.get("category", ""),
        "given": request.POST,
        "refusal": refusal,
        "most_photos": MOST_PHOTOS,
        "needs_words": place.courtyard is None and place.lon is None,
    }
    return _private(render(request, "portal/report.html", context, status=status))


@transaction.atomic
def _file(request: HttpRequest, place: ReportPlace) -> Receipt:
    """Keep the files and write the report: all or nothing."""
    said, viewer, now = request.POST, viewer_behind(request), timezone.now()
    same = next((one for one in place.near if str(one.incident_id) == said.get("same", "")), None)
    kept = None
    if same is not None:
        kept = Incident.objects.unscoped("shown nearby, without words").get(pk=same.incident_id)
    category = categories_of(place.county.pk, for_public=True).filter(code=said.get("category", "")).first()
    if kept is not None:
        category = kept.category
    if category is None:
        raise UnknownCategory
    files: list[Any] = []
    values: dict[str, Any] = {
        "county_id": place.county.pk,
        "division_code": place.division.code,
        "is_sample": place.is_sample,
        "actor": viewer.actor,
        "now": now,
    }
    for upload in request.FILES.getlist("photo")[:MOST_PHOTOS]:
        files.append(store_photo(source=_stream(upload), **values).public_id)
    voice = request.FILES.get("voice")
    if voice is not None:
        files.append(store_voice(source=_stream(voice), **values).public_id)
    receipt = report_incident(
        category=category,
        courtyard=place.courtyard,
        lon=place.lon,
        lat=place.lat,
        place=said.get("place", ""),
        words=said.get("words", ""),
        attachment_ids=files,
        reporter=Reporter(
            user_id=viewer.actor.user_id,
            phone=said.get("phone", ""),
            is_proxy=said.get("for_other") == "1",
        ),
        source=place.source,
        **{
            **values,
            "division_code": place.courtyard.division_code if place.courtyard else place.division.code,
        },
    )
    if kept is not None:
        take_step(
            incident=receipt.incident,
            row_version=None,
            step=Step.MERGE,
            actor=SYSTEM,
            now=now,
            reason=_("Reported as the same thing."),
            merge_into=kept,
        )
    return receipt


def _stream(upload: Any) -> Any:
    assert isinstance(upload, UploadedFile)
    return upload


@requires(Permission.PUBLIC)
def receipt(request: HttpRequest, secret: str) -> HttpResponse:
    """Follow a report: its state, deadline, reasons; add words, confirm, rate, open again."""
    incident, now = by_receipt(secret), timezone.now()
    if incident is None:
        return _private(render(request, "portal/receipt_unknown.html", status=404))
    refusal, status = "", 200
    if request.method == "POST":
        bucket = f"receipt:{incident.pk}"
        if not allow(bucket=bucket, limit=STEPS_A_DAY, window_s=A_DAY, now=now):
            refusal, status = _("Enough for today: please call the office."), 429
        else:
            try:
                _answer(request, incident)
                return _private(HttpResponseRedirect(reverse("receipt", args=[secret])))
            except IncidentError as refused:
                refusal, status = str(refused), 400
                incident = by_receipt(secret) or incident
    context = {"page": receipt_page(incident, now), "refusal": refusal, "is_new": "new" in request.GET}
    return _private(render(request, "portal/receipt.html", context, status=status))


def _answer(request: HttpRequest, incident: Incident) -> None:
    said, actor, now = request.POST, viewer_behind(request).actor, timezone.now()
    if said.get("do") == "rate":
        stars = said.get("stars", "")
        rate(
            incident=incident,
            stars=int(stars) if stars in "12345" and stars else 0,
            words=said.get("words", ""),
            actor=actor,
            now=now,
        )
        return
    step = {"note": Step.NOTE, "confirm": Step.CONFIRM, "reopen": Step.REOPEN}.get(said.get("do", ""))
    if step is None:
        raise UnknownCategory
    take_step(
        incident=incident,
        row_version=None,
        step=step,
        actor=actor,
        now=now,
        reason=said.get("words", "")[:400] if step is Step.REOPEN else "",
        words=said.get("words", "") if step is Step.NOTE else "",
        is_reporter=True,
    )
