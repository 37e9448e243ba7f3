"""Whom a plan concerns: households by name for whoever may see them, else roughly how many, in steps of five.

An area is drawn at will: exact counts of two that differ by a courtyard would tell who lives in it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.indicators.queries import SMALLEST_PUBLISHED
from xiaoyuan.register.models import SHOWN, ContractedParcel, Courtyard, Household, Parcel, PlaceRow
from xiaoyuan.register.queries.console import households_within
from xiaoyuan.twin.plan_places import Crossed

_WHY: Final = "counted only; names are read within the viewer's scope"


@dataclass(frozen=True)
class NamedHousehold:
    """A household that the viewer may see."""

    id: int
    household_no: str
    head_name: str
    division_code: str


@dataclass(frozen=True)
class Concerned:
    """Households whose land or courtyard is met. At least `others` more; None: fewer than five, or none."""

    named: tuple[NamedHousehold, ...] = ()
    others: int | None = 0

    @property
    def has_few_others(self) -> bool:
        """Whether the number of others is withheld."""
        return self.others is None


def households_concerned(viewer: Viewer, places: Iterable[Crossed]) -> Concerned:
    """Return the households that live in or contract the places. Six queries."""
    found = list(places)
    yards = [place.id for place in found if place.kind == "courtyard"]
    return _concerned(viewer, yards, [place.id for place in found if place.kind == "parcel"])


def households_in(viewer: Viewer, courtyard_ids: Iterable[int]) -> Concerned:
    """Return the households of courtyards. Three queries."""
    return _concerned(viewer, list(courtyard_ids), [])


def _concerned(viewer: Viewer, courtyard_ids: list[int], parcel_ids: list[int]) -> Concerned:
    scope = viewer.scope_for(Permission.VIEW_PEOPLE)
    is_known = _are_within(scope, Courtyard, courtyard_ids) and _are_within(scope, Parcel, parcel_ids)
    every: Any = Household.objects.unscoped(_WHY).filter(
        SHOWN, closed_on__isnull=True, merged_into__isnull=True
    )
    wanted = Q(courtyard_id__in=courtyard_ids)
    if parcel_ids:
        contracts = ContractedParcel.objects.unscoped(_WHY).filter(parcel_id__in=parcel_ids)
        wanted |= Q(pk__in=contracts.values_list("household_id", flat=True))
    ids = list(every.filter(wanted).order_by("pk").values_list("pk", flat=True))
    seen = households_within(scope).filter(pk__in=ids)
    named = tuple(
        NamedHousehold(row.pk, row.household_no, row.head_name or "", row.division_code) for row in seen
    )
    others = len(ids) - len(named)
    if others < SMALLEST_PUBLISHED:
        # That nobody lives somewhere is a matter of people, too.
        return Concerned(named, 0 if is_known and not others else None)
    return Concerned(named, others - others % SMALLEST_PUBLISHED)


def _are_within(scope: Scope, model: type[PlaceRow], ids: list[int]) -> bool:
    """Whether all of some places lie where people may be seen."""
    if not ids:
        return True
    rows: Any = model.objects.within(Scope(prefixes=scope.prefixes))
    return bool(rows.filter(pk__in=ids).count() == len(set(ids)))
