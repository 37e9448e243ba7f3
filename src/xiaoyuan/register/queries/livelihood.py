"""Reading what households live in and on: sums by division on a day, and the records of one year."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, Q, QuerySet, Sum

from xiaoyuan.lib import divisions
from xiaoyuan.register.models import (
    ContractedParcel,
    CropRecord,
    Employment,
    IncomeRecord,
    LivestockRecord,
)

_WHY: Final = "sums hold no personal data"
_NOTHING: Final = Decimal(0)


@dataclass(frozen=True)
class LandSum:
    """Contracts in force on a day: how many parcels and households, their area and what of it was passed on, in mu.

    The area of a parcel is the measured one, else the contracted one.
    """

    parcels: int
    households: int
    area_mu: Decimal
    transferred_mu: Decimal


@dataclass(frozen=True)
class YearSum:
    """What was grown or kept of one kind in a year: by area in mu or in heads, output in kg, sales in fen."""

    name: str
    households: int
    area_mu: Decimal = _NOTHING
    output_kg: Decimal = _NOTHING
    kept: int = 0
    sold: int = 0
    sales_fen: int = 0


@dataclass(frozen=True)
class IncomeSum:
    """Income of a year by source, in fen, and how many households stated any."""

    households: int
    wages_fen: int
    business_fen: int
    transfer_fen: int
    property_fen: int
    expenses_fen: int


def contracted_land(code: str, on: date, *, is_sample: bool) -> LandSum:
    """Sum the contracts of a division and all below it that are in force on a day."""
    rows = _below(ContractedParcel, code, is_sample).filter(_in_force(on))
    counts = rows.aggregate(
        parcels=Count("pk"),
        households=Count("household", distinct=True),
        measured=Sum("measured_mu"),
        contracted=Sum("contract_mu", filter=Q(measured_mu__isnull=True)),
        transferred=Sum("transferred_mu", filter=~Q(transfer="")),
    )
    area = (counts["measured"] or _NOTHING) + (counts["contracted"] or _NOTHING)
    return LandSum(counts["parcels"], counts["households"], area, counts["transferred"] or _NOTHING)


def employed_persons(code: str, on: date, *, is_sample: bool) -> int:
    """Count the persons of a division and all below it who have work outside the own farm on a day."""
    rows = _below(Employment, code, is_sample).filter(_in_force(on), person__is_deceased=False)
    return int(rows.aggregate(persons=Count("person", distinct=True))["persons"])


def crops_of(code: str, year: int, *, is_sample: bool) -> tuple[YearSum, ...]:
    """Sum what the households of a division and all below it grew in a year, the largest area first."""
    rows = _below(CropRecord, code, is_sample).filter(year=year).order_by().values_list("crop")
    sums = rows.annotate(
        Count("household", distinct=True), Sum("area_mu"), Sum("output_kg"), Sum("sales_fen")
    )
    found = [
        YearSum(name, count, area or _NOTHING, output or _NOTHING, sales_fen=sales or 0)
        for name, count, area, output, sales in sums
    ]
    return tuple(sorted(found, key=lambda one: (-one.area_mu, one.name)))


def livestock_of(code: str, year: int, *, is_sample: bool) -> tuple[YearSum, ...]:
    """Sum what the households of a division and all below it kept in a year, the largest herd first."""
    rows = _below(LivestockRecord, code, is_sample).filter(year=year).order_by().values_list("kind")
    sums = rows.annotate(Count("household", distinct=True), Sum("kept"), Sum("sold"), Sum("sales_fen"))
    found = [
        YearSum(name, count, kept=kept or 0, sold=sold or 0, sales_fen=sales or 0)
        for name, count, kept, sold, sales in sums
    ]
    return tuple(sorted(found, key=lambda one: (-one.kept, one.name)))


def income_of(code: str, year: int, *, is_sample: bool) -> IncomeSum:
    """Sum the income of the households of a division and all below it in a year."""
    names = ("wages_fen", "business_fen", "transfer_fen", "property_fen", "expenses_fen")
    rows = _below(IncomeRecord, code, is_sample).filter(year=year)
    sums = rows.aggregate(
        households=Count("household", distinct=True), **{f"sum_{name}": Sum(name) for name in names}
    )
    return IncomeSum(sums["households"], *(sums[f"sum_{name}"] or 0 for name in names))


def years_of(code: str, *, is_sample: bool) -> Iterator[int]:
    """Yield the years of which there are records, the newest first."""
    found: set[int] = set()
    for model in (CropRecord, LivestockRecord, IncomeRecord):
        found |= set(_below(model, code, is_sample).order_by().values_list("year", flat=True).distinct())
    yield from sorted(found, reverse=True)


def _in_force(on: date) -> Q:
    """Whether a record holds on a day: it ends before the day of its end."""
    return (Q(since__isnull=True) | Q(since__lte=on)) & (Q(until__isnull=True) | Q(until__gt=on))


def _below(model: Any, code: str, is_sample: bool) -> "QuerySet[Any]":
    return model.objects.unscoped(_WHY).filter(  # type: ignore[no-any-return]  # the manager is untyped
        **divisions.range_below(code), is_sample=is_sample
    )
