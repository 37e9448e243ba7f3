"""Whom a plan concerns: households by name for whoever may see them, else how many, unless fewer than five."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.indicators.queries import SMALLEST_PUBLISHED
from xiaoyuan.register.models import SHOWN, ContractedParcel, Household
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
    """Households whose land or courtyard is met. `others` is None when there are some but too few to publish."""

    named: tuple[NamedHousehold, ...] = ()
    others: int | None = 0

    @property
    def has_few_others(self) -> bool:
        """Whether the number of others is withheld."""
        return self.others is None


def households_concerned(viewer: Viewer, places: Iterable[Crossed]) -> Concerned:
    """Return the households that live in or contract the places. Four queries."""
    found = list(places)
    yards = [place.id for place in found if place.kind == "courtyard"]
    return _concerned(viewer, yards, [place.id for place in found if place.kind == "parcel"])


def households_in(viewer: Viewer, courtyard_ids: Iterable[int]) -> Concerned:
    """Return the households of courtyards. Two queries."""
    return _concerned(viewer, list(courtyard_ids), [])


def _concerned(viewer: Viewer, courtyard_ids: list[int], parcel_ids: list[int]) -> Concerned:
    every: Any = Household.objects.unscoped(_WHY).filter(
        SHOWN, closed_on__isnull=True, merged_into__isnull=True
    )
    wanted = Q(courtyard_id__in=courtyard_ids)
    if parcel_ids:
        contracts = ContractedParcel.objects.unscoped(_WHY).filter(parcel_id__in=parcel_ids)
        wanted |= Q(pk__in=contracts.values_list("household_id", flat=True))
    ids = list(every.filter(wanted).order_by("pk").values_list("pk", flat=True))
    if not ids:
        return Concerned()
    seen = households_within(viewer.scope_for(Permission.VIEW_PEOPLE)).filter(pk__in=ids)
    named = tuple(
        NamedHousehold(row.pk, row.household_no, row.head_name or "", row.division_code) for row in seen
    )
    others = len(ids) - len(named)
    return Concerned(named, None if 0 < others < SMALLEST_PUBLISHED else others)
