"""Finds plates that contradict each other or the place they hang at, each with what to do about it."""

import math
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.doorplates.models import Doorplate, PlateInstallation
from xiaoyuan.doorplates.workflow import LIVE
from xiaoyuan.register.choices import AddressStatus
from xiaoyuan.register.models import SHOWN, StandardAddress

FARTHEST_M: Final = 60
"""A plate that hangs farther from its courtyard than this was placed or hung wrongly."""
_METRES_A_DEGREE: Final = 111_320
SAME_ADDRESS: Final = "same_address"
SAME_OFFICIAL_CODE: Final = "same_official_code"
FAR_AWAY: Final = "far_away"
WHAT_TO_DO: Final[dict[str, Promise]] = {
    SAME_ADDRESS: _("Two plates at one address: correct the standard address, or revoke the plate too many."),
    SAME_OFFICIAL_CODE: _("One official code at two courtyards: read both official plates, correct one."),
    FAR_AWAY: _("The plate hangs far from its courtyard: check on site whether two plates were exchanged."),
}


@dataclass(frozen=True)
class Clash:
    """One contradiction: its kind, what is shared (address, code, metres), the readable plate codes."""

    kind: str
    shared: str
    plate_codes: tuple[str, ...]


def clashes_within(scope: Scope, limit: int) -> list[Clash]:
    """Return at most `limit` contradictions of each kind among the live plates of a scope."""
    return [*_same_address(scope, limit), *_same_official_code(scope, limit), *_far_away(scope, limit)]


def _live(scope: Scope) -> "QuerySet[Any]":
    rows: QuerySet[Any] = Doorplate.objects.within(scope).filter(SHOWN, state__in=LIVE)
    return rows


def _same_address(scope: Scope, limit: int) -> list[Clash]:
    current = StandardAddress.objects.within(scope).filter(
        status=AddressStatus.CURRENT, courtyard__in=_live(scope).order_by().values("courtyard_id")
    )
    doubled = (
        current.order_by("county_id", "text")
        .values_list("county_id", "is_sample", "text")
        .annotate(courtyards=Count("courtyard", distinct=True))
        .filter(courtyards__gt=1)
    )
    found = []
    for county_id, is_sample, text, _courtyards in doubled[:limit]:
        sharing = current.filter(county_id=county_id, is_sample=is_sample, text=text)
        rows = _live(scope).filter(courtyard__in=sharing.order_by().values("courtyard_id"))
        found.append(Clash(SAME_ADDRESS, text, _codes(rows)))
    return found


def _same_official_code(scope: Scope, limit: int) -> list[Clash]:
    bound = _live(scope).exclude(official_code="")
    doubled = (
        bound.order_by("county_id", "official_code")
        .values_list("county_id", "is_sample", "official_code")
        .annotate(plates=Count("pk"))
        .filter(plates__gt=1)
    )
    return [
        Clash(
            SAME_OFFICIAL_CODE,
            code,
            _codes(bound.filter(county_id=county_id, is_sample=is_sample, official_code=code)),
        )
        for county_id, is_sample, code, _plates in doubled[:limit]
    ]


def _far_away(scope: Scope, limit: int) -> list[Clash]:
    rows = (
        PlateInstallation.objects.within(scope)
        .filter(SHOWN, plate__state__in=LIVE, plate__courtyard__min_lon__isnull=False)
        .select_related("plate__courtyard")
        .order_by("plate_id", "-pk")
    )
    found: list[Clash] = []
    former = None
    for row in rows.iterator(500):
        if row.plate_id == former:
            continue  # an older hanging of the same plate
        former = row.plate_id
        metres = distance_m(row.lon, row.lat, row.plate.courtyard)
        if metres > FARTHEST_M:
            found.append(Clash(FAR_AWAY, f"{metres:.0f} m", (row.plate.readable_code,)))
            if len(found) == limit:
                break
    return found


def distance_m(lon: float, lat: float, courtyard: Any) -> float:
    """Return how far a place lies outside a courtyard's bounds, in metres; right within 1 % below a kilometre."""
    east = max(courtyard.min_lon - lon, 0, lon - courtyard.max_lon) * math.cos(math.radians(lat))
    north = max(courtyard.min_lat - lat, 0, lat - courtyard.max_lat)
    return math.hypot(east, north) * _METRES_A_DEGREE


def _codes(rows: "QuerySet[Any]") -> tuple[str, ...]:
    return tuple(row.readable_code for row in rows.order_by("code"))
