"""Reads of people stay within a scope and mask numbers; sums of observations say which villages they hold."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.register.ledgers import SIBLING, TOWN, VILLAGE, import_rows, make_village, two_households
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.register.models import County, Courtyard
from xiaoyuan.register.queries.economy import (
    entities_within,
    entity_groups,
    latest_observations,
    observation_history,
    summed_history,
)
from xiaoyuan.register.queries.people import household_count, people_of_courtyard

pytestmark = pytest.mark.django_db


@pytest.fixture
def county() -> County:
    return make_village()


def test_people_of_a_courtyard_within_a_scope(tmp_path: Path, county: County) -> None:
    rows = two_households()
    rows[0], rows[1] = rows[1], rows[0]  # the head does not stand first in the file
    import_rows(tmp_path, rows, county)
    courtyard = Courtyard.objects.unscoped("a test").get(code="SY-001")
    people = people_of_courtyard(Scope.below(TOWN), courtyard)
    assert [(one.name, one.relation, one.is_head, one.is_resident) for one in people] == [
        ("张三", "户主", True, False),
        ("王芳", "配偶", False, True),
        ("张小明", "子", False, True),
    ]
    assert (people[0].masked_id, people[0].birth_year) == (f"99{'*' * 14}{rows[1]['身份证号'][-2:]}", 1968)
    assert people_of_courtyard(Scope.below(SIBLING), courtyard) == ()
    assert people_of_courtyard(Scope(), courtyard) == ()


def test_households_are_counted_within_a_scope(tmp_path: Path, county: County) -> None:
    import_rows(tmp_path, two_households(), county)
    assert household_count(Scope.everything(), TOWN) == 2
    assert household_count(Scope.below(VILLAGE), TOWN) == 2
    assert household_count(Scope.below(VILLAGE), SIBLING) == 0
    assert household_count(Scope.below(SIBLING), TOWN) == 0


def test_entities_by_kind_and_industry(tmp_path: Path, county: County) -> None:
    headings = ["名称", "类型", "区划代码", "行业", "从业人数", "年产值(万元)"]
    rows = [
        dict(zip(headings, values, strict=True))
        for values in (
            ("甲", "家庭农场", VILLAGE, "水果种植", 3, 10),
            ("乙", "家庭农场", SIBLING, "水果种植", None, 5),
            ("丙", "企业", VILLAGE, "建材", 20, None),
        )
    ]
    import_rows(tmp_path, rows, county, headings=headings, kind="business-entities", division=TOWN)
    farms, works = entity_groups(TOWN, is_sample=True)
    assert (farms.kind, farms.entities, farms.workers, farms.output_fen) == ("家庭农场", 2, 3, 15_000_000)
    assert (works.kind, works.entities, works.output_fen) == ("企业", 1, 0)
    assert entity_groups(TOWN, is_sample=False) == ()
    assert {row.name for row in entities_within(Scope.below(VILLAGE))} == {"甲", "丙"}
    assert [row.name for row in entities_within(Scope.below(TOWN), kind="家庭农场", industry="水果种植")] == [
        "甲",
        "乙",
    ]


def test_the_course_of_an_indicator(tmp_path: Path, county: County) -> None:
    headings = ["区划代码", "指标代码", "数值", "单位", "观测日期", "来源"]
    rows = [
        dict(zip(headings, values, strict=True))
        for values in (
            (VILLAGE, "households", 100, "户", "2024-12-31", "村级统计"),
            (SIBLING, "households", 50, "户", "2024-12-31", "村级统计"),
            (VILLAGE, "households", 103, "户", "2025-12-31", "村级统计"),
            (TOWN, "households", 999, "户", "2025-12-31", "镇统计"),
            (VILLAGE, "water_quality_grade", "II", "类", "2025-12-31", "镇环保站"),
        )
    ]
    import_rows(tmp_path, rows, county, headings=headings, kind="observations", division=TOWN)
    newest = latest_observations(VILLAGE, is_sample=True)
    assert (newest["households"].value, newest["water_quality_grade"].text_value) == (Decimal(103), "II")
    assert latest_observations(VILLAGE, is_sample=False) == {}
    assert [row.value for row in observation_history(VILLAGE, "households", is_sample=True)] == [100, 103]
    sums = summed_history(TOWN, "households", is_sample=True)
    assert [(one.observed_on, one.value, one.division_codes) for one in sums] == [
        (date(2024, 12, 31), Decimal(150), (VILLAGE, SIBLING)),
        (date(2025, 12, 31), Decimal(103), (VILLAGE,)),
    ]
    assert summed_history(TOWN, "water_quality_grade", is_sample=True) == ()
