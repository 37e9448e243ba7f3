"""Reading business entities and observations: lists by kind, and the course of an indicator over time."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, QuerySet, Sum

from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.lib import divisions
from xiaoyuan.register.models import BusinessEntity, Observation

_WHY: Final = "sums and observations hold no personal data"


@dataclass(frozen=True)
class EntityGroup:
    """Business entities of one kind and industry. `output_fen` sums what is stated."""

    kind: str
    industry: str
    entities: int
    workers: int
    output_fen: int


@dataclass(frozen=True)
class ObservedSum:
    """An additive indicator on a day, summed over the divisions that observed it."""

    observed_on: date
    value: Decimal
    unit: str
    division_codes: tuple[str, ...]


def entities_within(scope: Scope, *, kind: str = "", industry: str = "") -> "QuerySet[Any]":
    """Return the business entities of a scope, by division and name."""
    rows = BusinessEntity.objects.within(scope)
    if kind:
        rows = rows.filter(kind=kind)
    if industry:
        rows = rows.filter(industry=industry)
    return rows.order_by("division_code", "name", "pk")


def entity_groups(code: str, *, is_sample: bool) -> tuple[EntityGroup, ...]:
    """Return the entities of a division and all below it by kind and industry, the largest groups first."""
    rows = (
        _below(BusinessEntity, code, is_sample)
        .order_by()
        .values_list("kind", "industry")
        .annotate(Count("pk"), Sum("workers"), Sum("output_fen"))
    )
    groups = [
        EntityGroup(kind, industry, count, workers or 0, output or 0)
        for kind, industry, count, workers, output in rows
    ]
    return tuple(sorted(groups, key=lambda one: (-one.entities, one.kind, one.industry)))


def latest_observations(code: str, *, is_sample: bool) -> dict[str, Any]:
    """Return the newest observation of each indicator that was observed for the division itself."""
    rows = Observation.objects.unscoped(_WHY).filter(division_code=code, is_sample=is_sample)
    return {row.indicator: row for row in rows.order_by("observed_on", "pk")}


def observation_history(code: str, indicator: str, *, is_sample: bool) -> tuple[Any, ...]:
    """Return the observations of one indicator for the division itself, the oldest first."""
    rows = Observation.objects.unscoped(_WHY).filter(
        division_code=code, indicator=indicator, is_sample=is_sample
    )
    return tuple(rows.order_by("observed_on", "source"))


def summed_history(code: str, indicator: str, *, is_sample: bool) -> tuple[ObservedSum, ...]:
    """Sum an additive indicator day by day over the villages below a division, the oldest first.

    A day counts only villages that observed it: `division_codes` says which. Values in different units are not added:
    each unit has its own sums.
    """
    rows = _below(Observation, code, is_sample).filter(indicator=indicator, value__isnull=False)
    by_day: dict[tuple[date, str], dict[str, Decimal]] = defaultdict(dict)
    for row in rows.exclude(division_code=code).order_by("observed_on", "pk"):
        # Two sources for one village and day: the later entry counts, once.
        by_day[(row.observed_on, row.unit)][row.division_code] = row.value
    return tuple(
        ObservedSum(day, sum(values.values(), Decimal(0)), unit, tuple(sorted(values)))
        for (day, unit), values in sorted(by_day.items())
    )


def _below(model: Any, code: str, is_sample: bool) -> "QuerySet[Any]":
    return model.objects.unscoped(_WHY).filter(  # type: ignore[no-any-return]  # the manager is untyped
        **divisions.range_below(code), is_sample=is_sample
    )
