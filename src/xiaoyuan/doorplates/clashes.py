"""Finds plates that contradict each other or the place they hang at, each with what to do about it."""

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

import shapely
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.doorplates.models import ClashDecision, Doorplate, PlateInstallation
from xiaoyuan.doorplates.workflow import HANGING, LIVE
from xiaoyuan.register.choices import AddressStatus
from xiaoyuan.register.models import SHOWN, Courtyard, StandardAddress

FARTHEST_M: Final = 60
"""A plate that hangs farther from its courtyard than this was placed or hung wrongly."""
_METRES_A_DEGREE: Final = 111_320
SAME_ADDRESS: Final = "same_address"
SAME_OFFICIAL_CODE: Final = "same_official_code"
FAR_AWAY: Final = "far_away"
SAME_PLACE: Final = "same_place"
OTHER_COURTYARD: Final = "other_courtyard"
SAME_PLACE_M: Final = 1.5
"""Plates of two courtyards that hang closer than this hang at one door."""
WHAT_TO_DO: Final[dict[str, Promise]] = {
    SAME_ADDRESS: _("Two plates at one address: correct the standard address, or revoke the plate too many."),
    SAME_OFFICIAL_CODE: _("One official code at two courtyards: read both official plates, correct one."),
    SAME_PLACE: _(
        "Plates of two courtyards at one place: keep the one of this door, revoke or move the other."
    ),
    OTHER_COURTYARD: _(
        "One plate at two courtyards: it names one and hangs in another. Check on site, hang it again or replace it."
    ),
    FAR_AWAY: _("The plate hangs far from its courtyard: check on site whether two plates were exchanged."),
}


@dataclass(frozen=True)
class Clash:
    """One contradiction: its kind, what is shared (address, code, metres), the readable plate codes, their ids."""

    kind: str
    shared: str
    plate_codes: tuple[str, ...]
    plate_ids: tuple[int, ...] = field(default=(), compare=False)

    @property
    def what_to_do(self) -> Promise:
        """A sentence that says how the contradiction is settled."""
        return WHAT_TO_DO[self.kind]

    @property
    def key(self) -> str:
        """What names the contradiction among decisions: the ids of its plates."""
        return ",".join(str(pk) for pk in sorted(self.plate_ids))[:200]


def clashes_within(scope: Scope, limit: int) -> list[Clash]:
    """Return at most `limit` contradictions of each kind among the live plates of a scope, settled ones left out."""
    found = [
        *_same_address(scope, limit),
        *_same_official_code(scope, limit),
        *_at_wrong_places(scope, limit),
        *_same_place(scope, limit),
    ]
    settled = set(
        ClashDecision.objects.within(scope).filter(SHOWN, is_settled=True).values_list("kind", "plates")
    )
    return [clash for clash in found if (clash.kind, clash.key) not in settled]


def _live(scope: Scope) -> "QuerySet[Any]":
    rows: QuerySet[Any] = Doorplate.objects.within(scope).filter(SHOWN, state__in=LIVE)
    return rows


def _same_address(scope: Scope, limit: int) -> list[Clash]:
    """Two courtyards with the same address, each with a plate of its own; flats of one courtyard differ anyway."""
    own = _live(scope).filter(building="")
    current = StandardAddress.objects.within(scope).filter(
        status=AddressStatus.CURRENT, courtyard__in=own.order_by().values("courtyard_id")
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
        rows = own.filter(courtyard__in=sharing.order_by().values("courtyard_id"))
        found.append(_clash(SAME_ADDRESS, text, rows))
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
        _clash(
            SAME_OFFICIAL_CODE,
            code,
            bound.filter(county_id=county_id, is_sample=is_sample, official_code=code),
        )
        for county_id, is_sample, code, _plates in doubled[:limit]
    ]


def _newest_hangings(scope: Scope) -> "QuerySet[Any]":
    """Return the hanging in force of each live plate."""
    later = PlateInstallation.objects.unscoped("compared with hangings of the scope").filter(
        plate=OuterRef("plate"), pk__gt=OuterRef("pk")
    )
    rows: QuerySet[Any] = PlateInstallation.objects.within(scope).filter(
        SHOWN, ~Exists(later), plate__state__in=HANGING
    )
    return rows.select_related("plate__courtyard")


def _at_wrong_places(scope: Scope, limit: int) -> list[Clash]:
    """Plates that hang in another courtyard than the one they name, or far from their own."""
    far: list[Clash] = []
    other: list[Clash] = []
    rows = _newest_hangings(scope).filter(plate__courtyard__min_lon__isnull=False).order_by("plate_id")
    for row in rows.iterator(500):
        metres = distance_m(row.lon, row.lat, row.plate.courtyard)
        if metres <= 0:
            continue
        found = (row.plate.readable_code,), (row.plate_id,)
        if len(other) < limit and (neighbour := _courtyard_at(row)) is not None:
            other.append(Clash(OTHER_COURTYARD, f"{row.plate.courtyard.code} / {neighbour.code}", *found))
        elif metres > FARTHEST_M and len(far) < limit:
            far.append(Clash(FAR_AWAY, f"{metres:.0f} m", *found))
        if len(far) >= limit and len(other) >= limit:
            break
    return [*far, *other]


def _courtyard_at(hung: PlateInstallation) -> Courtyard | None:
    """Return the other courtyard whose shape holds the place where a plate hangs."""
    around = Courtyard.objects.unscoped("neighbours of a courtyard in scope").filter(
        county_id=hung.county_id,
        is_sample=hung.is_sample,
        valid_until__isnull=True,
        min_lon__lte=hung.lon,
        max_lon__gte=hung.lon,
        min_lat__lte=hung.lat,
        max_lat__gte=hung.lat,
    )
    point = shapely.Point(hung.lon, hung.lat)
    for courtyard in around.exclude(pk=hung.plate.courtyard_id)[:20]:
        if shapely.from_wkb(bytes(courtyard.wkb)).contains(point):
            return courtyard  # type: ignore[no-any-return]  # the manager is untyped
    return None


def _same_place(scope: Scope, limit: int) -> list[Clash]:
    """Plates of different courtyards at one place. Goes through the hangings from south to north, a strip at a time."""
    found: list[Clash] = []
    strip: deque[Any] = deque()
    for row in _newest_hangings(scope).order_by("lat", "lon", "pk").iterator(500):
        while strip and (row.lat - strip[0].lat) * _METRES_A_DEGREE > SAME_PLACE_M:
            strip.popleft()
        for former in strip:
            if former.plate.courtyard_id == row.plate.courtyard_id or former.is_sample != row.is_sample:
                continue
            east = (row.lon - former.lon) * math.cos(math.radians(row.lat))
            metres = math.hypot(east, row.lat - former.lat) * _METRES_A_DEGREE
            if metres <= SAME_PLACE_M:
                pair = sorted((former.plate, row.plate), key=lambda plate: plate.code)
                codes = tuple(plate.readable_code for plate in pair)
                found.append(Clash(SAME_PLACE, f"{metres:.1f} m", codes, tuple(plate.pk for plate in pair)))
                if len(found) >= limit:
                    return found
        strip.append(row)
    return found


def distance_m(lon: float, lat: float, courtyard: Any) -> float:
    """Return how far a place lies outside a courtyard's bounds, in metres; right within 1 % below a kilometre."""
    east = max(courtyard.min_lon - lon, 0, lon - courtyard.max_lon) * math.cos(math.radians(lat))
    north = max(courtyard.min_lat - lat, 0, lat - courtyard.max_lat)
    return math.hypot(east, north) * _METRES_A_DEGREE


def _clash(kind: str, shared: str, rows: "QuerySet[Any]") -> Clash:
    plates = list(rows.order_by("code"))
    return Clash(
        kind, shared, tuple(plate.readable_code for plate in plates), tuple(plate.pk for plate in plates)
    )
