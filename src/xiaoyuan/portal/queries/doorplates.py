"""Doorplates as the desk shows them: addresses with flats, who lives behind a plate, the ground to hang it on."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import shapely
from django.utils.safestring import SafeString

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.doorplates.listing import hangings_of
from xiaoyuan.doorplates.models import Doorplate
from xiaoyuan.doorplates.queries import PlateAddress, address_on, addresses_of
from xiaoyuan.lib.flat_numbers import Flat, FlatNumberError, parse
from xiaoyuan.portal.queries.surroundings import box_around, surroundings_of
from xiaoyuan.portal.sketch import HEIGHT_M, WIDTH_M, draw_sketch
from xiaoyuan.register.access import can_see_people
from xiaoyuan.register.choices import LayerClass
from xiaoyuan.register.models import SHOWN, Building, Courtyard, Dwelling, Grid
from xiaoyuan.register.queries.console import households_within

GROUND_WIDTH: Final = 280
"""Width in pixels at which the ground is drawn and clicked: it fits the narrowest phone."""
_WHY: Final = "of a courtyard or households that were opened through access"


def addresses_on(plates: Iterable[Doorplate]) -> dict[int, PlateAddress]:
    """Return what each plate says, by the plate's id; empty texts where no address is known. One query."""
    rows = list(plates)
    known = addresses_of({plate.courtyard_id for plate in rows})
    nothing = PlateAddress("", "")
    return {plate.pk: address_on(plate, known.get(plate.courtyard_id, nothing)) for plate in rows}


@dataclass(frozen=True)
class Behind:
    """Who lives behind a plate. `households` is None where the viewer may not see people.

    `is_empty` says that nobody is recorded, `is_vacant` that a dwelling is recorded as standing empty.
    """

    households: tuple[Any, ...] | None
    is_empty: bool = False
    is_vacant: bool = False


def behind(viewer: Viewer, plate: Doorplate) -> Behind:
    """Return the households behind a plate: those of its courtyard, or of the flats that the plate names."""
    if not can_see_people(viewer, plate.division_code):
        return Behind(None)
    scope = viewer.scope_for(Permission.VIEW_PEOPLE)
    rows = list(households_within(scope).filter(courtyard_id=plate.courtyard_id, closed_on__isnull=True))
    dwellings = list(
        Dwelling.objects.within(scope)
        .filter(household__in=[row.pk for row in rows])
        .values_list("household_id", "dwelling_no", "is_vacant")
    )
    if plate.building:
        dwellings = [one for one in dwellings if _is_within(one[1], plate.flat)]
        there = {household_id for household_id, _number, _is_vacant in dwellings}
        rows = [row for row in rows if row.pk in there]
    stated = [is_vacant for _household_id, _number, is_vacant in dwellings]
    return Behind(tuple(rows), not rows, bool(stated) and all(stated))


def _is_within(dwelling_no: str, flat: Flat) -> bool:
    """Whether a ledger's number of a dwelling names a flat, or one in the building or unit that is named."""
    try:
        found = parse(dwelling_no)
    except FlatNumberError:
        return False
    named = _bare(flat)
    return (
        found.building == named.building
        and (not named.unit or found.unit == named.unit)
        and (not named.room or found.room == named.room)
    )


def _bare(flat: Flat) -> Flat:
    """Return a flat's names without the words that a reader takes off."""
    try:
        return parse(flat.text)
    except FlatNumberError:
        return flat


@dataclass(frozen=True)
class Ground:
    """The drawing of a courtyard's surroundings on which a place is clicked, and where the plate hangs on it."""

    sketch: SafeString
    width: int
    height: int
    bounds: tuple[float, float, float, float]
    x: float | None = None
    y: float | None = None

    def place(self, x: int, y: int) -> tuple[float, float]:
        """Return the degrees (longitude, latitude) of a click in pixels from the upper left."""
        west, south, east, north = self.bounds
        lon = west + (east - west) * x / self.width
        lat = north - (north - south) * y / self.height
        return round(lon, 7), round(lat, 7)


def ground_of(plate: Doorplate) -> Ground | None:
    """Return the ground of a plate; None when its courtyard has no shape yet or is not on a public layer."""
    courtyard = plate.courtyard
    if courtyard.wkb is None or courtyard.layer_class != LayerClass.PUBLIC:
        return None
    wkb = bytes(courtyard.wkb)
    around = surroundings_of(
        county_id=plate.county_id,
        courtyard_id=plate.courtyard_id,
        wkb=wkb,
        is_sample=plate.is_sample,
        width_m=WIDTH_M,
        height_m=HEIGHT_M,
    )
    bounds = box_around(shapely.from_wkb(wkb), width_m=WIDTH_M, height_m=HEIGHT_M)
    width, height = GROUND_WIDTH, round(GROUND_WIDTH * HEIGHT_M / WIDTH_M)
    number = addresses_on([plate])[plate.pk].house_number
    x = y = None
    for hung in hangings_of(plate)[:1]:
        west, south, east, north = bounds
        x, y = width * (hung.lon - west) / (east - west), height * (north - hung.lat) / (north - south)
        if not (0 <= x <= width and 0 <= y <= height):
            x = y = None
    return Ground(draw_sketch(around, label=number), width, height, bounds, x, y)


def middle_of(courtyard: Courtyard) -> tuple[float, float] | None:
    """Return a point inside a courtyard in degrees, None without a shape."""
    if courtyard.wkb is None:
        return None
    point = shapely.from_wkb(bytes(courtyard.wkb)).representative_point()
    return round(point.x, 7), round(point.y, 7)


def groups_of(scope: Scope) -> list[str]:
    """Return the villager groups of a scope's courtyards."""
    rows = Courtyard.objects.within(scope).filter(SHOWN, valid_until__isnull=True).exclude(group="")
    return list(rows.order_by("group").values_list("group", flat=True).distinct()[:100])


def grids_of(scope: Scope) -> list[Grid]:
    """Return the grids of a scope, the beats of its grid workers."""
    return list(Grid.objects.within(scope).filter(SHOWN).order_by("code")[:100])


def buildings_of(courtyard: Courtyard) -> list[str]:
    """Return the names of a community's houses as the map has them."""
    rows = Building.objects.unscoped(_WHY).filter(courtyard=courtyard, valid_until__isnull=True)
    return sorted({name for name in rows.values_list("name", flat=True) if name})[:60]
