"""Pointing at where a courtyard lies: places that a ledger knew before anybody had been there with a map."""

from datetime import datetime
from math import isfinite
from typing import Final

import shapely
from django.db import transaction
from django.utils.translation import gettext as _

from xiaoyuan.audit.actions import lock_changes, record_audit
from xiaoyuan.audit.actors import Actor
from xiaoyuan.history.recording import open_revision
from xiaoyuan.lib import divisions
from xiaoyuan.register.actions.addresses import AddressText
from xiaoyuan.register.actions.changes import Writing
from xiaoyuan.register.actions.courtyards import KIND, CourtyardWrite, Position, write_courtyards
from xiaoyuan.register.actions.people import change_household
from xiaoyuan.register.errors import RegisterError, RowChanged
from xiaoyuan.register.models import Courtyard, Household
from xiaoyuan.register.queries.divisions import placing_bounds

PLACE: Final = "register.place_courtyard"
CREATE: Final = "register.create_courtyard"
_WHY: Final = "the row was opened through access; it is read again under the lock"


class Misplaced(RegisterError):
    """A point that cannot be in the division; the sentence says why."""


class Surveyed(RegisterError):
    """A courtyard with a surveyed outline, which a point would make worse."""

    def __init__(self) -> None:
        super().__init__(_("This courtyard has a surveyed outline. A point does not replace it."))


class HasCourtyard(RegisterError):
    """A household that has its courtyard already."""

    def __init__(self) -> None:
        super().__init__(_("This household has a courtyard already."))


def misplacement(division_code: str, lon: float, lat: float) -> str:
    """Return why a point cannot lie in a division as a sentence, or "" when it can.

    Compared with the bounds of the nearest outline at or above the division, widened by half a kilometre.
    """
    found = placing_bounds(division_code)
    west, south, east, north = found.bounds
    if west <= lon <= east and south <= lat <= north:
        return ""
    if west <= lat <= east and south <= lon <= north:
        return _("Longitude and latitude are swapped.")
    if not (isfinite(lon) and isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90):
        return _("These are no degrees of longitude and latitude.")
    return _("The point lies outside %(name)s.") % {"name": found.name}


def place_courtyard(
    *, courtyard: Courtyard, row_version: int, position: Position, actor: Actor, now: datetime
) -> Courtyard:
    """Give a courtyard its point, or move the point it has; returns the row as it is now.

    Raises `RowChanged`, `Misplaced`, `Surveyed`.
    """
    with transaction.atomic():
        lock_changes(courtyard.county_id)
        row: Courtyard = Courtyard.objects.unscoped(_WHY).get(pk=courtyard.pk)
        if row.row_version != row_version:
            raise RowChanged
        if row.wkb is not None and shapely.get_dimensions(shapely.from_wkb(bytes(row.wkb))) > 0:
            raise Surveyed
        _check(row.division_code, position)
        recorder = open_revision(
            county_id=row.county_id,
            division_code=row.division_code,
            action=PLACE,
            actor=actor,
            now=now,
            object_kind=KIND,
            object_id=row.pk,
        )
        write_courtyards(
            writing=Writing(row.county_id, row.is_sample, actor, now),
            writes=[CourtyardWrite(row.division_code, position=position, row=row)],
            recorder=recorder,
        )
        recorder.close()
        _audit(PLACE, row, actor, now)
    return row


def create_courtyard(
    *,
    county_id: int,
    division_code: str,
    is_sample: bool,
    code: str,
    group: str = "",
    address: AddressText | None = None,
    position: Position | None = None,
    actor: Actor,
    now: datetime,
) -> Courtyard:
    """Make a courtyard in a village, with a point or without; raises `Misplaced`, `RegisterError`."""
    if divisions.level_of(division_code) is not divisions.Level.VILLAGE:
        raise RegisterError(_("%(code)s is no village.") % {"code": divisions.pad(division_code)})
    with transaction.atomic():
        lock_changes(county_id)
        if Courtyard.objects.unscoped(_WHY).filter(county_id=county_id, code=code).exists():
            raise RegisterError(_("The county has a courtyard numbered %(code)s already.") % {"code": code})
        if position is not None:
            _check(division_code, position)
        recorder = open_revision(
            county_id=county_id,
            division_code=division_code,
            action=CREATE,
            actor=actor,
            now=now,
            object_kind=KIND,
        )
        write = CourtyardWrite(division_code, {"code": code, "group": group}, address, position)
        write_courtyards(writing=Writing(county_id, is_sample, actor, now), writes=[write], recorder=recorder)
        row = write.row
        assert row is not None
        recorder.revision.object_id = row.pk
        recorder.revision.save(update_fields=["object_id"])
        recorder.close()
        _audit(CREATE, row, actor, now)
    return row


def settle_household(
    *, household: Household, row_version: int, courtyard: Courtyard, actor: Actor, now: datetime
) -> Household:
    """Say in which courtyard a household without one lives; raises `RowChanged`, `HasCourtyard`, `RegisterError`."""
    if household.courtyard_id is not None:
        raise HasCourtyard
    if (courtyard.county_id, courtyard.is_sample) != (household.county_id, household.is_sample):
        raise RegisterError(_("Courtyard and household are not of the same county and kind of data."))
    return change_household(
        household=household,
        row_version=row_version,
        values={"courtyard_id": courtyard.pk},
        actor=actor,
        now=now,
    )


def settle_household_at(
    *, household: Household, row_version: int, position: Position, actor: Actor, now: datetime
) -> Courtyard:
    """Make a courtyard at a point for a household without one; raises as `create_courtyard` and `settle_household`."""
    if household.courtyard_id is not None:
        raise HasCourtyard
    with transaction.atomic():
        courtyard = create_courtyard(
            county_id=household.county_id,
            division_code=household.division_code,
            is_sample=household.is_sample,
            code=_free_number(household),
            group=household.group,
            position=position,
            actor=actor,
            now=now,
        )
        settle_household(
            household=household, row_version=row_version, courtyard=courtyard, actor=actor, now=now
        )
    return courtyard


def _free_number(household: Household) -> str:
    """Number a courtyard after its household: the village's list gives it its own number later."""
    wanted = f"{household.division_code}-{household.household_no}"[:36]
    taken = set(
        Courtyard.objects.unscoped(_WHY)
        .filter(county_id=household.county_id, code__startswith=wanted)
        .values_list("code", flat=True)
    )
    return next(code for code in (wanted, *(f"{wanted}-{n}" for n in range(2, 1000))) if code not in taken)


def _check(division_code: str, position: Position) -> None:
    reason = misplacement(division_code, position.lon, position.lat)
    if reason:
        raise Misplaced(reason)


def _audit(action: str, row: Courtyard, actor: Actor, now: datetime) -> None:
    record_audit(
        actor=actor, now=now, action=action, county_id=row.county_id, object_kind=KIND, object_id=row.pk
    )
