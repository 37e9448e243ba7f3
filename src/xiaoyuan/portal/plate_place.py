"""What a plate's token opens to anybody, as one record for the page and for programs; it has no field for a person.

The plate and its address are read at every scan, so that a revoked plate ends at once. Names of divisions, office
phones and notices change rarely: they are remembered for a minute in each server process (ADR 0026).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.core.cache import caches
from django.utils.safestring import SafeString

from xiaoyuan.doorplates.queries import ScannedPlate, with_flat
from xiaoyuan.lib import divisions, plate_code
from xiaoyuan.lib.place_names import short_name
from xiaoyuan.notices.queries import codes_above, current
from xiaoyuan.portal.queries.surroundings import surroundings_of
from xiaoyuan.portal.sketch import HEIGHT_M, WIDTH_M, draw_sketch
from xiaoyuan.register.choices import LayerClass
from xiaoyuan.register.queries.divisions import divisions_in_force

REMEMBERED_S: Final = 60
MOST_NOTICES: Final = 3
EMERGENCY: Final = ("110", "119", "120")
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
class NoticeLine:
    """A notice that holds now."""

    notice_id: int
    title: str
    day: str
    is_urgent: bool


@dataclass(frozen=True)
class PlatePlace:
    """All that anybody reads behind a plate."""

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
    notices: tuple[NoticeLine, ...]


@dataclass(frozen=True)
class _Around:
    village: str
    township: str
    county: str
    office: Office
    notices: tuple[NoticeLine, ...]


def place_behind(plate: ScannedPlate, now: datetime) -> PlatePlace:
    """Return the public record of a plate. Two statements for each village and minute, else none."""
    village_code = plate.division_code[:12]
    around: _Around = remembered(f"plate-village:{village_code}", lambda: _around(village_code, now))
    address = with_flat(plate.address, plate.flat)
    return PlatePlace(
        village_code=village_code,
        village=around.village,
        township=around.township,
        county=around.county,
        group=plate.group,
        house_number=address.house_number,
        address=address.text,
        code=plate_code.spaced(plate.code),
        office=around.office,
        is_sample=plate.is_sample,
        notices=around.notices,
    )


def sketch_of(plate: ScannedPlate, label: str) -> SafeString:
    """Return the drawing of a public courtyard's surroundings as SVG, "" when there is none to show."""
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


def remembered(key: str, make: Callable[[], Any]) -> Any:
    """Return what is remembered under a key, else make it and remember it for a minute."""
    return caches["scans"].get_or_set(key, make, REMEMBERED_S)


def _around(village_code: str, now: datetime) -> _Around:
    above = divisions_in_force().filter(code__in=[*divisions.ancestors(village_code), village_code])
    rows = {code: (name, phone) for code, name, phone in above.values_list("code", "name", "office_phone")}

    def name(digits: int) -> str:
        return short_name(rows.get(village_code[:digits], ("", ""))[0]) if len(village_code) > digits else ""

    return _Around(
        village=short_name(rows.get(village_code, ("", ""))[0]),
        township=name(9),
        county=name(6),
        office=_office(village_code, rows),
        notices=tuple(
            NoticeLine(notice.pk, notice.title, notice.publish_from.date().isoformat(), notice.is_urgent)
            for notice in current(codes_above(village_code), now, MOST_NOTICES)
        ),
    )


def _office(village_code: str, rows: dict[str, tuple[str, str]]) -> Office:
    """Return the nearest office with a phone; without any, the nearest office."""
    nearest = [code for code in (village_code, *reversed(divisions.ancestors(village_code))) if code in rows]
    for code in nearest:
        office, phone = rows[code]
        if phone:
            return Office(office, phone)
    return Office(rows[nearest[0]][0] if nearest else "", "")
