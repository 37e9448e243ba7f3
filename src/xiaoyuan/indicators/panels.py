"""Panels of a division: figures with source and age, a chart, and an honest empty state."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from xiaoyuan.figures.queries import by_dimension
from xiaoyuan.indicators.choices import PanelId, PanelState
from xiaoyuan.indicators.definitions import Source, of_panel
from xiaoyuan.indicators.queries import SMALLEST_PUBLISHED, Value, values_of
from xiaoyuan.lib.units import mu_from_square_metres
from xiaoyuan.register import figures as counters
from xiaoyuan.register.choices import ParcelUse, Sex

BAND_YEARS: Final = 10
OLDEST_BAND: Final = 80


@dataclass(frozen=True)
class Figure:
    """One figure as a page shows it."""

    id: str
    label: str
    value: float | str | None
    unit: str
    as_of: str
    note: str
    trend: tuple[float, ...] = ()
    href: str | None = None


@dataclass(frozen=True)
class Chart:
    """A chart's data: categories and series of equal length."""

    kind: str
    title: str
    unit: str
    categories: tuple[str, ...]
    series: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Panel:
    """One panel; `state` empty carries a hint on what to do."""

    id: str
    title: str
    state: str
    hint: str
    source: str
    as_of: str
    figures: tuple[Figure, ...] = field(default_factory=tuple)
    chart: Chart | None = None


def panels_of(
    code: str, *, as_of: date, is_sample: bool, may_see_small: bool, people_href: str | None
) -> list[Panel]:
    """Return the panels of a division. `people_href`: where figures of people lead, for those who may follow."""
    values = values_of(code, as_of=as_of, is_sample=is_sample, may_see_small=may_see_small)
    return [
        _panel(PanelId.POPULATION, values, _pyramid(code, as_of, is_sample, may_see_small), people_href),
        _panel(PanelId.INDUSTRY, values, _entities(code, as_of, is_sample), None),
        _panel(PanelId.ECOLOGY, values, _rates(values), None),
        _panel(PanelId.PLACES, values, _land(code, as_of, is_sample), None),
    ]


def _panel(panel: PanelId, values: dict[str, Value], chart: Chart | None, people_href: str | None) -> Panel:
    shown = [values[indicator.id] for indicator in of_panel(panel) if values[indicator.id].is_known]
    if not shown:
        return Panel(panel, str(panel.label), PanelState.EMPTY, _hint(panel), "", "")
    days = [value.as_of for value in shown if value.as_of]
    return Panel(
        id=panel,
        title=str(panel.label),
        state=PanelState.OK,
        hint="",
        source=_source(shown),
        as_of=min(days).isoformat() if days else "",
        figures=tuple(_figure(value, people_href) for value in shown),
        chart=chart,
    )


def _figure(value: Value, people_href: str | None) -> Figure:
    indicator = value.indicator
    notes = []
    if value.is_withheld:
        notes.append(_("fewer than %(count)d, not published") % {"count": SMALLEST_PUBLISHED})
    if value.fraction:
        numerator, denominator = (number_format(part, decimal_pos=0) for part in value.fraction)
        notes.append(f"{numerator} / {denominator}")
    if indicator.is_rounded:
        notes.append(_("rounded"))
    if value.contributors > 1:
        notes.append(
            ngettext("sum of %(count)d division", "sum of %(count)d divisions", value.contributors)
            % {"count": value.contributors}
        )
    if indicator.source is not Source.COUNTER and value.as_of:
        notes.append(_("observed %(day)s") % {"day": date_format(value.as_of, "Y-m-d")})
    return Figure(
        id=indicator.id,
        label=str(indicator.label),
        value=value.text or value.number,
        unit=str(indicator.unit),
        as_of=value.as_of.isoformat() if value.as_of else "",
        note="; ".join(notes),
        trend=value.trend if len(value.trend) > 1 else (),
        href=people_href if indicator.counts_people and people_href else None,
    )


def _source(shown: list[Value]) -> str:
    names = {source for value in shown for source in value.sources}
    if any(value.indicator.source is Source.COUNTER for value in shown):
        names.add(_("counted from the register"))
    return "; ".join(sorted(names))


def _hint(panel: PanelId) -> str:
    return {
        PanelId.POPULATION: _("No households are recorded here yet. Import the household ledger."),
        PanelId.INDUSTRY: _("No business entities are recorded here yet. Import their workbook."),
        PanelId.ECOLOGY: _("Nothing was observed here yet. Import an observation workbook."),
        PanelId.PLACES: _("No places are recorded here yet. Import a map file."),
    }[panel]


def _pyramid(code: str, as_of: date, is_sample: bool, may_see_small: bool) -> Chart | None:
    """Registered persons by sex and age bands of ten years; bands under five persons are merged away to None."""
    cells = by_dimension(counters.PERSONS_REGISTERED, code=code, as_of=as_of, is_sample=is_sample)
    if not cells:
        return None
    counts: dict[tuple[str, int], int] = defaultdict(int)
    for dimension, amount in cells.items():
        sex, _colon, year = dimension.partition(":")
        if year and sex in (Sex.MALE, Sex.FEMALE):
            counts[(sex, min(OLDEST_BAND, (as_of.year - int(year)) // BAND_YEARS * BAND_YEARS))] += amount
    starts = range(0, OLDEST_BAND + 1, BAND_YEARS)

    def shown(count: int) -> int | None:
        return count if may_see_small or count == 0 or count >= SMALLEST_PUBLISHED else None

    return Chart(
        kind="pyramid",
        title=_("Age and sex of the registered population"),
        unit=pgettext("unit", "persons"),
        categories=tuple(
            f"{start}+" if start == OLDEST_BAND else f"{start}-{start + BAND_YEARS - 1}" for start in starts
        ),
        series=(
            {"name": _("male"), "values": [shown(counts[(Sex.MALE, start)]) for start in starts]},
            {"name": _("female"), "values": [shown(counts[(Sex.FEMALE, start)]) for start in starts]},
        ),
    )


def _entities(code: str, as_of: date, is_sample: bool) -> Chart | None:
    kinds = by_dimension(counters.BUSINESS_ENTITIES, code=code, as_of=as_of, is_sample=is_sample)
    if not kinds:
        return None
    ordered = sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
    return Chart(
        kind="bar",
        title=_("Business entities by kind"),
        unit=pgettext("unit", "entities"),
        categories=tuple(kind for kind, _count in ordered),
        series=({"name": _("Business entities"), "values": [count for _kind, count in ordered]},),
    )


def _land(code: str, as_of: date, is_sample: bool) -> Chart | None:
    areas = by_dimension(counters.PARCEL_AREA, code=code, as_of=as_of, is_sample=is_sample)
    if not areas:
        return None
    ordered = sorted(areas.items(), key=lambda item: -item[1])
    labels = dict(ParcelUse.choices)
    return Chart(
        kind="donut",
        title=_("Land by use"),
        unit=pgettext("unit", "mu"),
        categories=tuple(str(labels.get(use, use)) for use, _area in ordered),
        series=(
            {"name": _("area"), "values": [round(mu_from_square_metres(area), 1) for _use, area in ordered]},
        ),
    )


def _rates(values: dict[str, Value]) -> Chart | None:
    known = [
        values[indicator.id]
        for indicator in of_panel(PanelId.ECOLOGY, Source.RATE)
        if values[indicator.id].number is not None
    ]
    if not known:
        return None
    return Chart(
        kind="bar",
        title=_("Coverage"),
        unit="%",
        categories=tuple(str(value.indicator.label) for value in known),
        series=({"name": _("coverage"), "values": [value.number for value in known]},),
    )
