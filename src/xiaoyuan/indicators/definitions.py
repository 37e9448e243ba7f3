"""Indicators as data: where each comes from, its unit, how villages add up, and which panel shows it.

A counter is summed from the register's cells; an observation is the newest dated value that somebody entered.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xiaoyuan.indicators.choices import PanelId
from xiaoyuan.register import figures as counters

Text = str | Promise


class Source(StrEnum):
    """Where an indicator's value comes from."""

    COUNTER = "counter"
    OBSERVATION = "observation"
    RATE = "rate"
    """An observed numerator over an observed denominator, in per cent."""


class Sums(StrEnum):
    """What a division's value is when only those below it have one."""

    ADD = "add"
    """The sum of the newest values below."""
    OWN = "own"
    """None: a rate or a grade does not add up; only the division's own value counts."""


@dataclass(frozen=True)
class Indicator:
    """One indicator. `scale` divides the stored whole number into the shown unit."""

    id: str
    panel: PanelId
    label: Text
    unit: Text
    source: Source
    counts_people: bool = False
    scale: float = 1
    decimals: int = 0
    sums: Sums = Sums.ADD
    is_rounded: bool = False
    numerator: str = ""
    denominator: str = ""


def _rate(id: str, panel: PanelId, label: Text, numerator: str, denominator: str) -> Indicator:
    return Indicator(
        id, panel, label, "%", Source.RATE, decimals=1, numerator=numerator, denominator=denominator
    )


def _counter(id: str, panel: PanelId, label: Text, unit: Text, **more: Any) -> Indicator:
    return Indicator(id, panel, label, unit, Source.COUNTER, **more)


def _observed(id: str, panel: PanelId, label: Text, unit: Text, **more: Any) -> Indicator:
    return Indicator(id, panel, label, unit, Source.OBSERVATION, **more)


_PERSONS: Final = pgettext_lazy("unit", "persons")
_HOUSEHOLDS: Final = pgettext_lazy("unit", "households")
_MU: Final = pgettext_lazy("unit", "mu")
_TEN_THOUSAND_YUAN: Final = pgettext_lazy("unit", "10,000 yuan")

INDICATORS: Final[tuple[Indicator, ...]] = (
    _counter(
        counters.PERSONS_REGISTERED,
        PanelId.POPULATION,
        _("Registered population"),
        _PERSONS,
        counts_people=True,
    ),
    _counter(
        counters.PERSONS_RESIDENT, PanelId.POPULATION, _("Resident population"), _PERSONS, counts_people=True
    ),
    _counter(counters.HOUSEHOLDS, PanelId.POPULATION, _("Households"), _HOUSEHOLDS, counts_people=True),
    _counter(
        counters.PERSONS_WORKING_AWAY, PanelId.POPULATION, _("Working away"), _PERSONS, counts_people=True
    ),
    _counter(counters.STUDENTS, PanelId.POPULATION, _("At school"), _PERSONS, counts_people=True),
    _counter(
        counters.BUSINESS_ENTITIES,
        PanelId.INDUSTRY,
        _("Business entities"),
        pgettext_lazy("unit", "entities"),
    ),
    _counter(counters.BUSINESS_WORKERS, PanelId.INDUSTRY, _("Employed there"), _PERSONS, counts_people=True),
    _counter(
        counters.BUSINESS_OUTPUT,
        PanelId.INDUSTRY,
        _("Yearly output"),
        _TEN_THOUSAND_YUAN,
        scale=1_000_000,
        decimals=2,
        is_rounded=True,
    ),
    _observed(
        "collective_income_yuan",
        PanelId.INDUSTRY,
        _("Collective income"),
        _TEN_THOUSAND_YUAN,
        scale=10_000,
        decimals=2,
        is_rounded=True,
    ),
    _observed("land_transferred_mu", PanelId.INDUSTRY, _("Land transferred"), _MU, decimals=1),
    _observed("forest_cover_ratio", PanelId.ECOLOGY, _("Forest cover"), "%", decimals=1, sums=Sums.OWN),
    _rate(
        "sanitary_toilet_coverage",
        PanelId.ECOLOGY,
        _("Sanitary toilets"),
        "sanitary_toilet_households",
        "total_households",
    ),
    _rate(
        "sewage_treatment_coverage",
        PanelId.ECOLOGY,
        _("Sewage treated"),
        "sewage_treated_households",
        "total_households",
    ),
    _rate(
        "safe_water_coverage",
        PanelId.ECOLOGY,
        _("Safe drinking water"),
        "drinking_water_safe_households",
        "total_households",
    ),
    _rate(
        "waste_collection_coverage",
        PanelId.ECOLOGY,
        _("Hamlets with waste collection"),
        "waste_collection_hamlets",
        "total_hamlets",
    ),
    _observed(
        "water_quality_grade",
        PanelId.ECOLOGY,
        _("Water quality"),
        pgettext_lazy("unit", "grade"),
        sums=Sums.OWN,
    ),
    _observed("rocky_desertification_area_mu", PanelId.ECOLOGY, _("Rocky desertification"), _MU, decimals=1),
    _observed(
        "hazard_points", PanelId.ECOLOGY, _("Geological hazard points"), pgettext_lazy("unit", "points")
    ),
    _counter(counters.COURTYARDS, PanelId.PLACES, _("Courtyards"), pgettext_lazy("unit", "courtyards")),
    _counter(counters.BUILDINGS, PanelId.PLACES, _("Buildings"), pgettext_lazy("unit", "buildings")),
    _counter(counters.PARCELS, PanelId.PLACES, _("Parcels"), pgettext_lazy("unit", "parcels")),
    _counter(counters.PARCEL_AREA, PanelId.PLACES, _("Land recorded"), _MU, scale=2000 / 3, decimals=1),
    _counter(counters.ROAD_LENGTH, PanelId.PLACES, _("Roads"), "km", scale=1000, decimals=1),
)


def of_panel(panel: PanelId, source: Source | None = None) -> Iterable[Indicator]:
    """Return the indicators of a panel in their order."""
    return (
        indicator
        for indicator in INDICATORS
        if indicator.panel is panel and (source is None or indicator.source is source)
    )
