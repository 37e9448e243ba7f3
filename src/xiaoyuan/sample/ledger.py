"""The household ledger as a village clerk keeps it: a merged title, a header row, one row a person."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from xiaoyuan.sample.fields import Parcel
from xiaoyuan.sample.houses import Building
from xiaoyuan.sample.land import crops_by_household, farmland_by_household, forest_share_mu
from xiaoyuan.sample.people import Household, Person
from xiaoyuan.sample.town import BY_CODE, TOWN_NAME
from xiaoyuan.sample.workbook import Cell, write_sheet

PERSON_COLUMNS = (
    "户号", "姓名", "性别", "身份证号", "与户主关系", "民族", "文化程度", "政治面貌", "婚姻状况", "在校学生",
    "健康状况", "劳动能力", "务工地点", "务工时间", "联系电话", "低保", "医保", "养老", "是否常住",
    "区划代码", "组别", "院落编号",
)  # fmt: skip
HOUSEHOLD_COLUMNS = (
    "住房面积", "住房结构", "建房年份", "耕地面积(亩)", "林地面积(亩)", "主要作物", "养殖", "工资性收入", "经营性收入",
    "转移性收入", "财产性收入", "支出", "人均纯收入",
)  # fmt: skip
COLUMNS = (*PERSON_COLUMNS, *HOUSEHOLD_COLUMNS, "政策标签", "备注")
WAGE_A_MONTH = (2800, 4900)


def ledger_title(village_code: str) -> str:
    """The text of the merged first row."""
    return f"{TOWN_NAME}{BY_CODE[village_code].short_name}户籍台账(样例,人员均为虚构)"


def write_ledger(
    path: Path,
    village_code: str,
    households: Sequence[Household],
    parcels: Sequence[Parcel],
    buildings: Sequence[Building],
    rng: np.random.Generator,
) -> int:
    """Write the workbook; returns the number of person rows."""
    farmland = farmland_by_household(parcels)
    crops = crops_by_household(parcels)
    forest = forest_share_mu(parcels, households, rng)
    main_house: dict[str, Building] = {}
    for building in buildings:
        main_house.setdefault(building.courtyard_code, building)
    rows: list[list[Cell]] = []
    for household in households:
        house = main_house[household.courtyard.code]
        land = float(farmland.get(household.number, 0))
        facts = _household_cells(
            household, house, land, float(forest[household.number]), crops.get(household.number, []), rng
        )
        for position, person in enumerate(household.persons):
            tags = [*(household.tags if position == 0 else ()), *person.tags]
            rows.append(
                [
                    *_person_cells(household, person),
                    *(facts if position == 0 else [None] * len(HOUSEHOLD_COLUMNS)),
                    ";".join(tags) or None,
                    "样例" if position == 0 else None,
                ]
            )
    write_sheet(path, "户籍台账", ledger_title(village_code), COLUMNS, rows)
    return len(rows)


def _person_cells(household: Household, person: Person) -> list[Cell]:
    return [
        household.number, person.name, "男" if person.is_male else "女", person.id_number, person.relation,
        person.ethnic, person.schooling, person.party, person.marital, person.student, person.health, person.labour,
        person.work_place or None, person.work_time or None, person.phone or None, person.minimum_living,
        person.medical, person.pension or None, "是" if person.is_resident else "否", household.village_code,
        household.group, household.courtyard.code,
    ]  # fmt: skip


def _household_cells(
    household: Household,
    house: Building,
    land_mu: float,
    forest_mu: float,
    crops: Sequence[str],
    rng: np.random.Generator,
) -> list[Cell]:
    """Facts of the household, written on the head's row only; money in whole yuan a year.

    Net income a head = (wages + business + transfers + property - business expenses) / persons, rounded.
    """
    persons = household.persons
    wages = sum(
        int(person.work_time.removesuffix("个月")) * int(rng.integers(*WAGE_A_MONTH)) * 4 // 5
        for person in persons
        if person.work_time
    )
    wages += (
        900
        * int(rng.integers(0, 9))
        * any(not p.work_place and p.labour.endswith("通劳动力") for p in persons)
    )
    pigs, hens, cattle = int(rng.poisson(1.3)), int(rng.poisson(7)), int(rng.poisson(0.35))
    keeps = [
        f"{what}{count}{unit}"
        for what, count, unit in (("猪", pigs, "头"), ("鸡", hens, "只"), ("牛", cattle, "头"))
        if count
    ]
    business = int(land_mu * rng.integers(900, 1500)) + pigs * 1900 + hens * 55 + cattle * 6500
    if house.purpose == "商住":
        business += int(rng.integers(12000, 48000))
    expenses = int(business * rng.uniform(0.32, 0.48))
    transfers = int(land_mu * 82) + sum(1680 for p in persons if p.age >= 60)
    transfers += sum(5400 for p in persons if p.minimum_living == "是")
    rent = int(rng.integers(2, 9)) * 100 if rng.random() < 0.3 else 0
    net = round((wages + business + transfers + rent - expenses) / len(persons))
    area = round(house.footprint.area * house.storeys * 0.92)
    return [
        area, house.structure, house.built_year, round(land_mu, 2), forest_mu, "、".join(crops[:3]) or None,
        "、".join(keeps) or None, wages, business, transfers, rent, expenses, net,
    ]  # fmt: skip
