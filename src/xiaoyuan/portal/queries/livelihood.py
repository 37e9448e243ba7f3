"""What a household lives in and on, gathered for its page; and its family, one generation a row."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from xiaoyuan.register.models import (
    ContractedParcel,
    CropRecord,
    Dwelling,
    Employment,
    Household,
    IncomeRecord,
    LivestockRecord,
)
from xiaoyuan.register.queries.console import Member

_WHY: Final = "rows of a household that was opened through access"


@dataclass(frozen=True)
class IncomeYear:
    """A year's income in yuan by source; `net` is what is left after the expenses of production."""

    year: int
    sources: tuple[tuple[str, Decimal], ...]
    expenses: Decimal | None
    net: Decimal
    per_person: Decimal | None


@dataclass(frozen=True)
class Livelihood:
    """Everything dated that belongs to a household."""

    dwellings: tuple[Any, ...]
    parcels: tuple[Any, ...]
    crops: tuple[tuple[Any, Decimal | None], ...]
    livestock: tuple[tuple[Any, Decimal | None], ...]
    incomes: tuple[IncomeYear, ...]
    employments: tuple[Any, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is recorded."""
        return not (
            self.dwellings or self.parcels or self.crops or self.livestock or self.incomes or self.employments
        )


def livelihood_of(household: Household, person_ids: Sequence[int]) -> Livelihood:
    """Return what a household that was opened through access lives in and on. Six queries."""

    def rows(model: Any, *order: str) -> list[Any]:
        return list(model.objects.unscoped(_WHY).filter(household=household).order_by(*order, "pk"))

    return Livelihood(
        dwellings=tuple(rows(Dwelling, "dwelling_no")),
        parcels=tuple(rows(ContractedParcel, "parcel_code")),
        crops=tuple((row, yuan(row.sales_fen)) for row in rows(CropRecord, "-year", "crop")),
        livestock=tuple((row, yuan(row.sales_fen)) for row in rows(LivestockRecord, "-year", "kind")),
        incomes=tuple(_income(row) for row in rows(IncomeRecord, "-year")),
        employments=tuple(
            Employment.objects.unscoped(_WHY)
            .filter(person_id__in=person_ids)
            .select_related("person")
            .order_by("-since", "pk")
        ),
    )


def yuan(fen: int | None) -> Decimal | None:
    """Return an amount of fen in yuan."""
    return None if fen is None else Decimal(fen) / 100


def _income(row: Any) -> IncomeYear:
    sources = (
        (_("wages"), row.wages_fen),
        (_("own business"), row.business_fen),
        (_("transfers"), row.transfer_fen),
        (_("property"), row.property_fen),
    )
    stated = [(label, fen) for label, fen in sources if fen is not None]
    return IncomeYear(
        year=row.year,
        sources=tuple((label, Decimal(fen) / 100) for label, fen in stated),
        expenses=yuan(row.expenses_fen),
        net=Decimal(sum(fen for _label, fen in stated) - (row.expenses_fen or 0)) / 100,
        per_person=yuan(row.stated_per_person_fen),
    )


@dataclass(frozen=True)
class Generation:
    """Members who stand in one generation to the head."""

    label: str
    members: tuple[Member, ...]


def generations(members: Sequence[Member]) -> list[Generation]:
    """Return the members by generation, the eldest first; those of no known generation come last."""
    labels = {
        2: _("Grandparents"),
        1: _("Parents"),
        0: _("Head, spouse and siblings"),
        -1: _("Children"),
        -2: _("Grandchildren"),
        -3: _("Great-grandchildren"),
        None: _("Others"),
    }
    found: dict[int | None, list[Member]] = {}
    for member in members:
        found.setdefault(_generation(member.relation_code), []).append(member)
    return [
        Generation(label, tuple(sorted(found[place], key=_rank)))
        for place, label in labels.items()
        if place in found
    ]


def _generation(code: str) -> int | None:
    """Return how many generations above the head a relation of GB/T 4761 stands."""
    if not code.isdigit():
        return None
    number = int(code)
    if number in (47, 48):
        return -3
    if number in range(93, 97):
        return -1
    tens = {0: 0, 1: 0, 2: -1, 3: -1, 4: -2, 5: 1, 6: 2, 7: 0, 8: 1}
    if number == 90:
        return 1
    return None if number in (80, 97, 99) else tens.get(number // 10)


def _rank(member: Member) -> tuple[bool, bool, str]:
    """Head first, then the spouse, then by the code's order of birth."""
    return (not member.is_head, member.relation_code not in ("10", "11", "12"), member.relation_code)
