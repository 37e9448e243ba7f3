"""Values of indicators for a division: one query for all counters, one for all observations."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db.models import Q, QuerySet, Sum

from xiaoyuan.figures.models import FigureCell
from xiaoyuan.indicators.definitions import INDICATORS, Indicator, Source, Sums
from xiaoyuan.lib import divisions
from xiaoyuan.register.models import County, Observation

SMALLEST_PUBLISHED: Final = 5
"""Counts of persons below this are not published: they could point at somebody."""

_WHY: Final = "published sums hold no person; counts under five are suppressed"


@dataclass(frozen=True)
class Value:
    """An indicator's value with what it rests on. `number` is None when there is no record or it is withheld."""

    indicator: Indicator
    number: float | None = None
    text: str = ""
    as_of: date | None = None
    sources: tuple[str, ...] = ()
    trend: tuple[float, ...] = ()
    contributors: int = 0
    fraction: tuple[float, float] | None = None
    """Numerator and denominator of a rate."""
    is_withheld: bool = False

    @property
    def is_known(self) -> bool:
        """Whether there is a record behind it."""
        return self.number is not None or bool(self.text) or self.is_withheld


def shows_sample(code: str) -> bool:
    """Whether a division's pages show sample rows: its county says so; above counties, if any county does."""
    homes = County.objects.filter(shows_sample=True)
    homes = homes.filter(code=code[:6]) if len(code) >= 6 else homes.filter(code__startswith=code)
    return homes.exists()


def values_of(code: str, *, as_of: date, is_sample: bool, may_see_small: bool) -> dict[str, Value]:
    """Return the value of every indicator in a division at the end of a day."""
    sums = _counters(code, as_of, is_sample)
    observed = _observations(code, as_of, is_sample)
    values = {}
    for indicator in INDICATORS:
        if indicator.source is Source.COUNTER:
            values[indicator.id] = _counted(indicator, sums, as_of, may_see_small)
        elif indicator.source is Source.RATE:
            values[indicator.id] = _rate(indicator, observed, code)
        else:
            values[indicator.id] = _observed(indicator, observed.get(indicator.id, []), code)
    return values


def counters_by_child(
    figures: Iterable[str], code: str, *, digits: int, as_of: date, is_sample: bool
) -> dict[str, dict[str, int]]:
    """Return `{child code: {figure: sum}}` for the children with `digits` digits."""
    answer: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    rows = (
        _cells(code, as_of, is_sample)
        .filter(figure__in=list(figures))
        .values_list("division_code", "figure")
        .annotate(sum=Sum("delta"))
    )
    for division_code, figure, amount in rows:
        answer[division_code[:digits]][figure] += amount
    return answer


def values_by_division(
    indicator: Indicator,
    codes: Sequence[str],
    *,
    within: str,
    as_of: date,
    is_sample: bool,
    may_see_small: Callable[[str], bool],
) -> dict[str, Value]:
    """Return one indicator's value for each of the divisions `codes` (equally long, below `within`)."""
    if not codes:
        return {}
    digits = len(codes[0])
    if indicator.source is Source.COUNTER:
        sums = counters_by_child([indicator.id], within, digits=digits, as_of=as_of, is_sample=is_sample)
        return {code: _counted(indicator, sums.get(code, {}), as_of, may_see_small(code)) for code in codes}
    observed: dict[str, dict[str, list[Observation]]] = defaultdict(lambda: defaultdict(list))
    for name, rows in _observations(within, as_of, is_sample).items():
        for row in rows:
            observed[row.division_code[:digits]][name].append(row)
    if indicator.source is Source.RATE:
        return {code: _rate(indicator, observed[code], code) for code in codes}
    return {code: _observed(indicator, observed[code].get(indicator.id, []), code) for code in codes}


def _below(code: str) -> Q:
    return Q(**divisions.range_below(code))


def _cells(code: str, as_of: date, is_sample: bool) -> QuerySet[FigureCell]:
    return FigureCell.objects.filter(_below(code), day__lte=as_of, is_sample=is_sample)


def _counters(code: str, as_of: date, is_sample: bool) -> dict[str, int]:
    return dict(_cells(code, as_of, is_sample).values_list("figure").annotate(sum=Sum("delta")))


def _observations(code: str, as_of: date, is_sample: bool) -> dict[str, list[Observation]]:
    rows: dict[str, list[Observation]] = defaultdict(list)
    found = (
        Observation.objects.unscoped(_WHY)
        .filter(_below(code), observed_on__lte=as_of, is_sample=is_sample)
        .order_by("indicator", "division_code", "observed_on")
    )
    for row in found:
        rows[row.indicator].append(row)
    return rows


def _counted(indicator: Indicator, sums: dict[str, int], as_of: date, may_see_small: bool) -> Value:
    if indicator.id not in sums:
        return Value(indicator)
    amount = sums[indicator.id]
    if indicator.counts_people and not may_see_small and 0 < amount < SMALLEST_PUBLISHED:
        return Value(indicator, as_of=as_of, is_withheld=True)
    return Value(indicator, number=round(amount / indicator.scale, indicator.decimals), as_of=as_of)


def _observed(indicator: Indicator, rows: list[Observation], code: str) -> Value:
    own = [row for row in rows if row.division_code == code]
    if own or indicator.sums is Sums.OWN:
        return _own_value(indicator, own)
    return _summed_value(indicator, rows)


def _rate(indicator: Indicator, observed: dict[str, list[Observation]], code: str) -> Value:
    """Divide sums of the newest values that were observed on the same day in the same division."""
    below = {
        (row.division_code, row.observed_on): row
        for row in observed.get(indicator.denominator, [])
        if row.value
    }
    pairs: dict[str, tuple[Observation, Observation]] = {}
    for row in observed.get(indicator.numerator, []):
        base = below.get((row.division_code, row.observed_on))
        if base is not None and row.value is not None:
            pairs[row.division_code] = (row, base)
    if code in pairs:
        pairs = {code: pairs[code]}
    if not pairs:
        return Value(indicator)
    numerator = sum(float(row.value or 0) for row, _base in pairs.values())
    denominator = sum(float(base.value or 0) for _row, base in pairs.values())
    return Value(
        indicator,
        number=round(100 * numerator / denominator, indicator.decimals),
        as_of=min(row.observed_on for row, _base in pairs.values()),
        sources=tuple(sorted({row.source for row, _base in pairs.values()})),
        contributors=len(pairs),
        fraction=(numerator, denominator),
    )


def _own_value(indicator: Indicator, rows: list[Observation]) -> Value:
    if not rows:
        return Value(indicator)
    newest = rows[-1]
    numbers = tuple(_scaled(indicator, row) for row in rows if row.value is not None)
    return Value(
        indicator,
        number=_scaled(indicator, newest) if newest.value is not None else None,
        text=newest.text_value,
        as_of=newest.observed_on,
        sources=(newest.source,),
        trend=numbers,
        contributors=1,
    )


def _summed_value(indicator: Indicator, rows: list[Observation]) -> Value:
    newest: dict[str, Observation] = {row.division_code: row for row in rows if row.value is not None}
    if not newest:
        return Value(indicator)
    total = sum(_scaled(indicator, row) for row in newest.values())
    return Value(
        indicator,
        number=round(total, indicator.decimals),
        # The oldest of the newest: the sum is no fresher than its stalest part.
        as_of=min(row.observed_on for row in newest.values()),
        sources=tuple(sorted({row.source for row in newest.values()})),
        contributors=len(newest),
    )


def _scaled(indicator: Indicator, row: Observation) -> float:
    return round(float(row.value or 0) / indicator.scale, indicator.decimals)
