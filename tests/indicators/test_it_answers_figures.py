"""Indicators against numbers worked out by hand, with the honest states of panels."""

from datetime import UTC, date, datetime

import pytest

from xiaoyuan.figures.actions import Delta, record
from xiaoyuan.indicators.panels import panels_of
from xiaoyuan.indicators.queries import Value, counters_by_child, shows_sample, values_of
from xiaoyuan.register import figures as counters
from xiaoyuan.register.models import County, Observation

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
TODAY = date(2026, 11, 23)
TOWN, EAST, WEST = "990001001", "990001001001", "990001001002"


@pytest.fixture
def county(db: None) -> County:
    return County.objects.create(code="990001", name="test county")


def count(county: County, *deltas: Delta, day: date = TODAY) -> None:
    record(county_id=county.pk, day=day, deltas=deltas)


def observe(
    county: County, code: str, indicator: str, value: float | None, day: date, text: str = ""
) -> None:
    Observation.objects.create(
        county=county,
        division_code=code,
        indicator=indicator,
        value=value,
        text_value=text,
        observed_on=day,
        source="village office",
        created_at=NOW,
        updated_at=NOW,
    )


def values(code: str, *, small: bool = False, as_of: date = TODAY) -> dict[str, Value]:
    return values_of(code, as_of=as_of, is_sample=False, may_see_small=small)


def test_a_town_is_the_sum_of_its_villages(county: County) -> None:
    count(county, Delta(EAST, counters.HOUSEHOLDS, 12), Delta(WEST, counters.HOUSEHOLDS, 30))
    count(county, Delta("990001002001", counters.HOUSEHOLDS, 500))
    assert values(TOWN)[counters.HOUSEHOLDS].number == 42
    assert counters_by_child([counters.HOUSEHOLDS], TOWN, digits=12, as_of=TODAY, is_sample=False) == {
        EAST: {counters.HOUSEHOLDS: 12},
        WEST: {counters.HOUSEHOLDS: 30},
    }


def test_an_earlier_day_is_answered_as_it_was(county: County) -> None:
    count(county, Delta(EAST, counters.HOUSEHOLDS, 10), day=date(2026, 1, 1))
    count(county, Delta(EAST, counters.HOUSEHOLDS, -3), day=date(2026, 6, 1))
    assert values(EAST, as_of=date(2026, 5, 31))[counters.HOUSEHOLDS].number == 10
    assert values(EAST)[counters.HOUSEHOLDS].number == 7


@pytest.mark.parametrize(("persons", "shown"), [(0, 0), (1, None), (4, None), (5, 5)])
def test_fewer_than_five_persons_are_not_published(county: County, persons: int, shown: int | None) -> None:
    count(county, Delta(EAST, counters.PERSONS_REGISTERED, 9, "1:1980"))
    count(county, Delta(EAST, counters.PERSONS_REGISTERED, persons - 9, "2:1980"))
    value = values(EAST)[counters.PERSONS_REGISTERED]
    assert (value.number, value.is_withheld) == (shown, shown is None)
    assert values(EAST, small=True)[counters.PERSONS_REGISTERED].number == persons


def test_sample_rows_are_never_counted_with_real_ones(county: County) -> None:
    count(county, Delta(EAST, counters.HOUSEHOLDS, 8), Delta(EAST, counters.HOUSEHOLDS, 100, is_sample=True))
    assert values(EAST)[counters.HOUSEHOLDS].number == 8


def test_output_is_shown_in_ten_thousand_yuan(county: County) -> None:
    count(county, Delta(EAST, counters.BUSINESS_OUTPUT, 502_730_000))
    assert values(EAST)[counters.BUSINESS_OUTPUT].number == 502.73


def test_additive_observations_sum_their_newest_values_and_say_how_old(county: County) -> None:
    observe(county, EAST, "hazard_points", 3, date(2026, 3, 1))
    observe(county, EAST, "hazard_points", 2, date(2026, 9, 1))
    observe(county, WEST, "hazard_points", 5, date(2026, 6, 1))
    value = values(TOWN)["hazard_points"]
    assert (value.number, value.as_of, value.contributors) == (7, date(2026, 6, 1), 2)


def test_a_rate_is_never_summed(county: County) -> None:
    observe(county, EAST, "forest_cover_ratio", 60, date(2026, 3, 1))
    observe(county, WEST, "forest_cover_ratio", 50, date(2026, 3, 1))
    assert not values(TOWN)["forest_cover_ratio"].is_known
    observe(county, TOWN, "forest_cover_ratio", 55.5, date(2026, 3, 1))
    assert values(TOWN)["forest_cover_ratio"].number == 55.5


def test_a_rate_divides_sums_of_the_same_day(county: County) -> None:
    day = date(2026, 3, 1)
    for code, toilets, households in ((EAST, 30, 40), (WEST, 10, 60)):
        observe(county, code, "sanitary_toilet_households", toilets, day)
        observe(county, code, "total_households", households, day)
    observe(
        county, WEST, "sanitary_toilet_households", 60, date(2026, 4, 1)
    )  # no household count of that day
    value = values(TOWN)["sanitary_toilet_coverage"]
    assert (value.number, value.fraction) == (40.0, (40.0, 100.0))


def test_a_grade_is_shown_as_written(county: County) -> None:
    observe(county, EAST, "water_quality_grade", None, date(2026, 3, 1), text="II")
    assert values(EAST)["water_quality_grade"].text == "II"


def test_a_panel_without_records_says_what_to_do(county: County) -> None:
    panels = panels_of(EAST, as_of=TODAY, is_sample=False, may_see_small=False, people_href=None)
    assert [panel.state for panel in panels] == ["empty"] * 4
    assert all(panel.hint for panel in panels)


def test_a_pyramid_cuts_age_bands_and_hides_small_ones(county: County) -> None:
    count(
        county,
        Delta(EAST, counters.PERSONS_REGISTERED, 6, "1:2020"),  # 6 years old
        Delta(EAST, counters.PERSONS_REGISTERED, 3, "2:1940"),  # 86 years old
        Delta(EAST, counters.PERSONS_REGISTERED, 7, "2:1996"),  # 30 years old
    )
    panel = panels_of(EAST, as_of=TODAY, is_sample=False, may_see_small=False, people_href=None)[0]
    assert panel.chart is not None
    male, female = (series["values"] for series in panel.chart.series)
    assert panel.chart.categories[0] == "0-9"
    assert male == [6, 0, 0, 0, 0, 0, 0, 0, 0]
    assert female == [0, 0, 0, 7, 0, 0, 0, 0, None]


def test_a_county_decides_whether_its_sample_shows(county: County) -> None:
    assert not shows_sample(EAST)
    County.objects.update(shows_sample=True)
    assert shows_sample(EAST)
    assert shows_sample("99")
    assert not shows_sample("52")
