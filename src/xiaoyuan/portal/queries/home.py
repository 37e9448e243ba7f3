"""The towns this deployment holds, with the figures of their villages that anyone may see."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from django.db.models import Sum

from xiaoyuan.figures.models import FigureCell
from xiaoyuan.indicators.queries import SMALLEST_PUBLISHED
from xiaoyuan.lib.divisions import LENGTHS, Level, ancestors
from xiaoyuan.register import counters
from xiaoyuan.register.models import County
from xiaoyuan.register.queries.divisions import divisions_in_force, names_above
from xiaoyuan.twin.models import Scene

TOWN_DIGITS: Final = next(digits for digits, level in LENGTHS.items() if level is Level.TOWNSHIP)
_SHOWN: Final = (counters.PERSONS_REGISTERED, counters.HOUSEHOLDS, counters.COURTYARDS, counters.BUILDINGS)
_COUNTS_PEOPLE: Final = frozenset({counters.PERSONS_REGISTERED, counters.HOUSEHOLDS})


@dataclass(frozen=True)
class PublicCounts:
    """Counts of a division as published: None where nothing is recorded or too few people live there."""

    persons: int | None = None
    households: int | None = None
    courtyards: int | None = None
    buildings: int | None = None


@dataclass(frozen=True)
class VillageRow:
    """A village in the list of its town."""

    code: str
    name: str
    counts: PublicCounts

    @property
    def has_records(self) -> bool:
        """Whether anything is recorded there."""
        return self.counts != PublicCounts()


@dataclass(frozen=True)
class TownCard:
    """A town that has records."""

    code: str
    name: str
    path: tuple[str, ...]
    counts: PublicCounts
    villages: tuple[VillageRow, ...]
    has_scene: bool
    is_sample: bool

    @property
    def with_records(self) -> int:
        """How many villages have records."""
        return sum(village.has_records for village in self.villages)

    @property
    def without_records(self) -> tuple[VillageRow, ...]:
        """The villages of which nothing is recorded."""
        return tuple(village for village in self.villages if not village.has_records)


def towns(as_of: date) -> list[TownCard]:
    """Return every town with records. Six queries however many towns there are."""
    sums = _sums_by_division(as_of)
    codes = sorted({code[:TOWN_DIGITS] for code in sums if len(code) >= TOWN_DIGITS})
    if not codes:
        return []
    rows = divisions_in_force().filter(code__in=codes) | divisions_in_force().filter(parent__code__in=codes)
    names: dict[str, str] = dict(rows.order_by("code").values_list("code", "name"))
    above = names_above(codes)
    scenes = set(Scene.objects.exclude(revision="").values_list("division_code", flat=True))
    sample_counties = _sample_counties()
    cards = [
        _town(code, names, sums, has_scene=bool(scenes & {code, *ancestors(code)}) or _below(code, scenes))
        for code in codes
        if code in names
    ]
    return [
        replace(card, path=above[card.code], is_sample=card.code[:6] in sample_counties) for card in cards
    ]


def _town(code: str, names: dict[str, str], sums: dict[str, dict[str, int]], *, has_scene: bool) -> TownCard:
    villages = tuple(
        VillageRow(child, name, _published(_total(sums, child)))
        for child, name in names.items()
        if child.startswith(code) and child != code
    )
    return TownCard(
        code=code,
        name=names[code],
        path=(),
        counts=_published(_total(sums, code)),
        villages=villages,
        has_scene=has_scene,
        is_sample=False,
    )


def _sample_counties() -> frozenset[str]:
    return frozenset(County.objects.filter(shows_sample=True).values_list("code", flat=True))


def _sums_by_division(as_of: date) -> dict[str, dict[str, int]]:
    sample_counties = _sample_counties()
    sums: dict[str, dict[str, int]] = defaultdict(dict)
    rows = (
        FigureCell.objects.filter(figure__in=_SHOWN, day__lte=as_of)
        .values_list("division_code", "is_sample", "figure")
        .annotate(sum=Sum("delta"))
    )
    for code, is_sample, figure, amount in rows:
        if is_sample == (code[:6] in sample_counties) and amount:
            sums[code][figure] = amount
    return sums


def _total(sums: dict[str, dict[str, int]], code: str) -> dict[str, int]:
    total: dict[str, int] = defaultdict(int)
    for division_code, figures in sums.items():
        if division_code.startswith(code):
            for figure, amount in figures.items():
                total[figure] += amount
    return total


def _published(total: dict[str, int]) -> PublicCounts:
    def shown(figure: str) -> int | None:
        amount = total.get(figure)
        is_small = figure in _COUNTS_PEOPLE and amount is not None and 0 < amount < SMALLEST_PUBLISHED
        return None if is_small else amount

    return PublicCounts(*(shown(figure) for figure in _SHOWN))


def _below(code: str, scenes: set[str]) -> bool:
    return any(scene.startswith(code) for scene in scenes)
