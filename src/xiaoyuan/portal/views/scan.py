"""The page behind a doorplate: an address to compare, help to call, a sketch; no resident, no script.

Whoever asks with a token that opens nothing, for whatever reason, gets the same bytes.
"""

import re
from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.rates import address_of
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.doorplates.queries import PlateAddress, ScannedPlate, addresses_of, find_scanned, with_flat
from xiaoyuan.doorplates.scanning import is_slowed
from xiaoyuan.lib import divisions, plate_code
from xiaoyuan.lib.place_names import short_name
from xiaoyuan.portal.queries.surroundings import surroundings_of
from xiaoyuan.portal.sketch import HEIGHT_M, WIDTH_M, draw_sketch
from xiaoyuan.register.access import can_see_people
from xiaoyuan.register.choices import LayerClass
from xiaoyuan.register.queries.divisions import divisions_in_force

_DIALLED: Final = re.compile(r"[^\d+]")


@dataclass(frozen=True)
class Office:
    """Who answers for the place, with the phone that is written down for it, if one is."""

    name: str
    phone: str

    @property
    def dialled(self) -> str:
        """The number as a telephone takes it."""
        return _DIALLED.sub("", self.phone)


@dataclass(frozen=True)
class ScanPage:
    """All that the page shows. It has no field for a person."""

    village_code: str
    village: str
    township: str
    county: str
    group: str
    house_number: str
    address: str
    code: str
    office: Office
    is_sample: bool
    sketch: SafeString
    console_url: str
    report_url: str


@requires(Permission.PUBLIC)
@require_safe
def scan(request: HttpRequest, token: str) -> HttpResponse:
    """Show the public page of a plate, or the one page for every token that opens nothing."""
    plate = find_scanned(token)
    viewer = viewer_behind(request)
    if plate is not None and is_slowed(address_of(request), viewer.actor.user_id, timezone.now()):
        response = render(request, "portal/scan_slowed.html", status=429)
    elif plate is None:
        response = render(request, "portal/scan_unknown.html", status=404)
    else:
        is_officer = viewer.is_signed_in and can_see_people(viewer, plate.division_code)
        response = render(request, "portal/scan.html", {"page": _page(plate, token, is_officer=is_officer)})
    # A page found by a secret address is neither kept nor named to the next site.
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _page(plate: ScannedPlate, token: str, *, is_officer: bool) -> ScanPage:
    village_code = plate.division_code[:12]
    above = divisions_in_force().filter(code__in=[*divisions.ancestors(village_code), village_code])
    rows = {code: (name, phone) for code, name, phone in above.values_list("code", "name", "office_phone")}
    known = addresses_of([plate.courtyard_id]).get(plate.courtyard_id, PlateAddress("", ""))
    address = with_flat(known, plate.flat)

    def name(digits: int) -> str:
        return short_name(rows.get(village_code[:digits], ("", ""))[0]) if len(village_code) >= digits else ""

    return ScanPage(
        village_code=village_code,
        village=short_name(rows.get(village_code, ("", ""))[0]),
        township=name(9) if len(village_code) > 9 else "",
        county=name(6) if len(village_code) > 6 else "",
        group=plate.group,
        house_number=address.house_number,
        address=address.text,
        code=plate_code.spaced(plate.code),
        office=_office(village_code, rows),
        is_sample=plate.is_sample,
        sketch=_sketch(plate, address.house_number),
        console_url=reverse("console_courtyard", args=[plate.courtyard_id]) if is_officer else "",
        report_url=reverse("report_at_plate", args=[token]),
    )


def _office(village_code: str, rows: dict[str, tuple[str, str]]) -> Office:
    """Return the nearest office with a phone; without any, the nearest office."""
    nearest = [code for code in (village_code, *reversed(divisions.ancestors(village_code))) if code in rows]
    for code in nearest:
        office, phone = rows[code]
        if phone:
            return Office(office, phone)
    return Office(rows[nearest[0]][0] if nearest else "", "")


def _sketch(plate: ScannedPlate, label: str) -> SafeString:
    if plate.layer_class != LayerClass.PUBLIC or plate.wkb is None:
        return SafeString("")
    around = surroundings_of(
        county_id=plate.county_id,
        courtyard_id=plate.courtyard_id,
        wkb=plate.wkb,
        is_sample=plate.is_sample,
        width_m=WIDTH_M,
        height_m=HEIGHT_M,
    )
    return draw_sketch(around, label=label)
