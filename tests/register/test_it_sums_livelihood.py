"""What the households of a division live on, summed on a day and in a year."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.register.ledgers import VILLAGE, Cells, id_number, import_rows, make_village, two_households
from xiaoyuan.register.models import County
from xiaoyuan.register.queries.livelihood import (
    IncomeSum,
    LandSum,
    YearSum,
    contracted_land,
    crops_of,
    employed_persons,
    income_of,
    livestock_of,
    years_of,
)

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 1)


@pytest.fixture
def county(tmp_path: Path) -> County:
    county = make_village()
    import_rows(tmp_path, two_households(), county)
    return county


def bring(tmp_path: Path, kind: str, county: County, *rows: Cells) -> None:
    headings = list(dict.fromkeys(heading for row in rows for heading in row))
    assert import_rows(tmp_path, rows, county, headings=headings, kind=kind).counts == {"new": len(rows)}


def test_contracts_count_while_they_hold(tmp_path: Path, county: County) -> None:
    bring(
        tmp_path,
        "contracted-parcels",
        county,
        {
            "户号": "001",
            "地块编码": "01",
            "合同面积": 1.5,
            "实测面积": 1.6,
            "流转方式": "出租",
            "流转面积": 1.6,
        },
        {"户号": "001", "地块编码": "02", "合同面积": 2},
        {"户号": "002", "地块编码": "03", "合同面积": 4, "承包终止日期": "2025-12-31"},
    )
    found = contracted_land(VILLAGE, DAY, is_sample=True)
    assert found == LandSum(2, 1, Decimal("3.6"), Decimal("1.6"))
    assert contracted_land(VILLAGE, date(2025, 6, 1), is_sample=True).parcels == 3
    assert contracted_land(VILLAGE, DAY, is_sample=False) == LandSum(0, 0, Decimal(0), Decimal(0))


def test_people_with_work_are_counted_once(tmp_path: Path, county: County) -> None:
    number = id_number(date(1968, 5, 20), 1, is_male=True)
    rows = [
        {"姓名": "张三", "身份证号": number, "务工开始时间": day, "务工单位": employer, "务工结束时间": until}
        for day, employer, until in (
            ("2025-03-01", "甲厂", None),
            ("2025-04-01", "乙厂", None),
            ("2020-01-01", "丙厂", "2021-01-01"),
        )
    ]
    bring(tmp_path, "employment", county, *rows)
    assert employed_persons("520502", DAY, is_sample=True) == 1
    assert employed_persons("520502", date(2022, 1, 1), is_sample=True) == 0


def test_a_year_is_summed_by_kind(tmp_path: Path, county: County) -> None:
    bring(
        tmp_path,
        "crops",
        county,
        {"户号": "001", "年份": 2025, "作物": "玉米", "种植面积": 3, "产量": 900},
        {"户号": "002", "年份": 2025, "作物": "玉米", "种植面积": 1, "产量": 300},
        {"户号": "002", "年份": 2024, "作物": "水稻", "种植面积": 9, "产量": 1},
    )
    bring(
        tmp_path,
        "livestock",
        county,
        {"户号": "001", "年份": 2025, "畜禽种类": "猪", "存栏数": 3, "出栏数": 2},
    )
    bring(
        tmp_path,
        "income",
        county,
        {"户号": "001", "年份": 2023, "工资性收入": 30000, "转移性收入": 100},
        {"户号": "002", "年份": 2023, "工资性收入": 1000, "转移性收入": None},
    )
    assert crops_of(VILLAGE, 2025, is_sample=True) == (YearSum("玉米", 2, Decimal(4), Decimal(1200)),)
    assert livestock_of(VILLAGE, 2025, is_sample=True) == (YearSum("猪", 1, kept=3, sold=2),)
    assert income_of(VILLAGE, 2023, is_sample=True) == IncomeSum(2, 3_100_000, 0, 10_000, 0, 0)
    assert list(years_of(VILLAGE, is_sample=True)) == [2025, 2024, 2023]
