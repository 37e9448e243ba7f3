"""Every read of doorplates. What a scan gets has no field for personal data."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from django.db import connection
from django.db.models import F, FilteredRelation, Max, Q, QuerySet
from django.utils.translation import gettext as _

from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.doorplates.models import Doorplate
from xiaoyuan.doorplates.tokens import hash_token
from xiaoyuan.doorplates.workflow import LIVE
from xiaoyuan.lib import divisions, plate_code
from xiaoyuan.lib.flat_numbers import Flat
from xiaoyuan.register.choices import AddressStatus
from xiaoyuan.register.models import SHOWN, Courtyard, StandardAddress

_SCAN: Final = "whoever holds a plate's token may see its public page"
_WANTED: Final = object()
_ISSUE: Final = "plates are issued to all courtyards of a division"


@dataclass(frozen=True)
class PlateAddress:
    """The current standard address of a courtyard."""

    text: str
    house_number: str


@dataclass(frozen=True)
class ScannedPlate:
    """What a token leads to: a place, no person."""

    code: str
    county_id: int
    courtyard_id: int
    division_code: str
    is_sample: bool
    courtyard_code: str
    courtyard_name: str
    group: str
    layer_class: str
    wkb: bytes | None
    address: PlateAddress
    """The current standard address of the courtyard."""
    flat: Flat
    """The building, unit and room that the plate names, for relocated communities."""


@dataclass(frozen=True)
class PlateHash:
    """What a page without signal knows of a plate: SHA-256 of its token in hex, its code, its courtyard."""

    token_hash: str
    code: str
    courtyard_id: int
    courtyard_code: str
    state: str


def hashes_for(scope: Scope, limit: int) -> list[PlateHash]:
    """Return the live plates of a scope for checking without network, at most `limit`, in the order of codes.

    A hash of 96 random bits opens nothing: it only tells a genuine plate that is held before the camera.
    """
    rows = (
        Doorplate.objects.within(scope)
        .filter(SHOWN, state__in=LIVE)
        .order_by("code", "pk")
        .values_list("token_hash", "code", "courtyard_id", "courtyard__code", "state")
    )
    return [PlateHash(bytes(digest).hex(), *rest) for digest, *rest in rows[:limit]]


def find_scanned(token: str) -> ScannedPlate | None:
    """Return the live plate of a token; None alike for unknown, malformed, revoked and replaced ones.

    One look-up by hash whatever the text, so that its time tells nothing either.
    """
    statement, values = _scan_statement()
    with connection.cursor() as cursor:
        cursor.execute(statement, [hash_token(token) if value is _WANTED else value for value in values])
        found = cursor.fetchone()
    if found is None:
        return None
    code, county_id, courtyard_id, division_code, is_sample, wkb, text, number, *rest = found
    courtyard_code, courtyard_name, group, layer_class, *flat = rest
    return ScannedPlate(
        code=code,
        county_id=county_id,
        courtyard_id=courtyard_id,
        division_code=division_code,
        is_sample=bool(is_sample),
        courtyard_code=courtyard_code,
        courtyard_name=courtyard_name,
        group=group,
        layer_class=layer_class,
        wkb=None if wkb is None else bytes(wkb),
        address=PlateAddress(text or "", number or ""),
        flat=Flat(*flat),
    )


@cache
def _scan_statement() -> tuple[str, tuple[Any, ...]]:
    """Return the statement of a scan and its values, `_WANTED` where the token's hash goes.

    Put together once: putting it together took longer than the database took to answer (ADR 0026).
    """
    current = Q(courtyard__addresses__status=AddressStatus.CURRENT)
    rows = (
        Doorplate.objects.unscoped(_SCAN)
        .annotate(address=FilteredRelation("courtyard__addresses", condition=current))
        .filter(token_hash=bytes(32), state__in=sorted(LIVE))
        .values_list(
            *("code", "county_id", "courtyard_id", "division_code", "is_sample", "courtyard__wkb"),
            *("address__text", "address__house_number"),
            *("courtyard__code", "courtyard__name", "courtyard__group", "courtyard__layer_class"),
            *("building", "unit", "room"),
        )[:1]
    )
    statement, values = rows.query.get_compiler(connection=connection).as_sql()
    # Both drivers wrap the only binary value in an object of theirs.
    marked = tuple(_WANTED if hasattr(value, "obj") else value for value in values)
    assert marked.count(_WANTED) == 1
    return statement, marked


def addresses_of(courtyard_ids: Iterable[int]) -> dict[int, PlateAddress]:
    """Return the current standard address of each courtyard that has one."""
    ids = list(courtyard_ids)
    found: dict[int, PlateAddress] = {}
    for start in range(0, len(ids), 500):
        rows = (
            StandardAddress.objects.unscoped("a standard address is public")
            .filter(courtyard_id__in=ids[start : start + 500], status=AddressStatus.CURRENT)
            .values_list("courtyard_id", "text", "house_number")
        )
        found |= {courtyard_id: PlateAddress(text, number) for courtyard_id, text, number in rows}
    return found


def with_flat(address: PlateAddress, flat: Flat) -> PlateAddress:
    """Return a courtyard's address with the building, unit and room of a flat after it.

    The innermost part takes the place of the house number.
    """
    return PlateAddress(address.text + flat.text, flat.last or address.house_number)


def address_on(plate: Doorplate, address: PlateAddress) -> PlateAddress:
    """Return what a plate says, given the address of its courtyard."""
    return with_flat(address, plate.flat)


def plate_on(courtyard: Courtyard) -> str:
    """Return why a courtyard has to stay because of its plate, as a sentence, or ""."""
    rows = Doorplate.objects.unscoped("a courtyard is to be removed").filter(
        courtyard=courtyard, state__in=LIVE
    )
    plate = rows.first()
    if plate is None:
        return ""
    return _("Doorplate %(code)s is in use. Revoke it first.") % {"code": plate.readable_code}


def courtyards_without_plate(division_code: str) -> "QuerySet[Any]":
    """Return the courtyards of a division and below that have no live plate, in the order of their numbers."""
    live = Doorplate.objects.unscoped(_ISSUE).filter(state__in=LIVE, building="")
    below = Courtyard.objects.within(Scope.below(division_code)).filter(valid_until__isnull=True)
    return below.exclude(pk__in=live.values("courtyard_id")).order_by("division_code", "code", "pk")


def last_plate_number(county_id: int, division_code: str) -> int:
    """Return the highest plate number given out in a division, 0 when none was."""
    padded = divisions.pad(division_code)
    highest = (
        Doorplate.objects.unscoped(_ISSUE)
        .filter(county_id=county_id, **divisions.range_below(padded, "code"))
        .aggregate(code=Max("code"))["code"]
    )
    return plate_code.parse(highest).number if highest else 0


def plates_to_print(
    scope: Scope, *, states: Collection[str], courtyard_codes: Collection[str] = ()
) -> "QuerySet[Any]":
    """Return plates with their courtyards, those never printed first, then in the order of their readable codes."""
    rows = Doorplate.objects.within(scope).filter(state__in=states).select_related("courtyard")
    if courtyard_codes:
        rows = rows.filter(courtyard__code__in=courtyard_codes)
    return rows.order_by(F("printed_at").asc(nulls_first=True), "code")


def plate_of(scope: Scope, courtyard_id: int) -> Doorplate | None:
    """Return the live plate of a courtyard itself, not of a flat in it."""
    rows = Doorplate.objects.within(scope).filter(courtyard_id=courtyard_id, state__in=LIVE, building="")
    found: Doorplate | None = rows.first()
    return found
