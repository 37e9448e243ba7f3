"""Dated observations of ecology and industry: what the panels of the screen draw their figures and trends from.

Where the sample's own records give a figure (households, forest, crop areas), the newest observation agrees with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from xiaoyuan.sample.crops import FOREST
from xiaoyuan.sample.fields import MU_M2, Parcel
from xiaoyuan.sample.town import BY_CODE, DENSE, DETAILED, TOWN_NAME, VILLAGES
from xiaoyuan.sample.workbook import Cell, write_sheet

COLUMNS = ("区划代码", "指标代码", "指标名称", "数值", "单位", "观测日期", "来源", "填报人")
TITLE = f"{TOWN_NAME}生态与产业观测(样例,数据均为虚构)"
YEARS = (2021, 2022, 2023, 2024, 2025)
QUARTER_ENDS = ((3, 31), (6, 30), (9, 30), (12, 31))

# crop label -> (code, name, tonnes a mu)
YIELDS: dict[str, tuple[str, str, float]] = {
    "水稻": ("yield_rice_t", "水稻产量", 0.46),
    "玉米": ("yield_maize_t", "玉米产量", 0.41),
    "油菜": ("yield_rapeseed_t", "油菜籽产量", 0.13),
    "马铃薯": ("yield_potato_t", "马铃薯产量", 1.35),
    "辣椒": ("yield_chili_t", "辣椒产量", 1.1),
    "大豆": ("yield_soybean_t", "大豆产量", 0.12),
    "蔬菜": ("yield_vegetables_t", "蔬菜产量", 1.7),
    "刺梨": ("yield_roxburgh_rose_t", "刺梨产量", 0.62),
    "茶叶": ("yield_tea_t", "茶叶产量", 0.045),
    "樱桃": ("yield_cherry_t", "樱桃产量", 0.38),
}


@dataclass(frozen=True)
class VillageFacts:
    """What the sample's records say of one detailed village."""

    households: int
    groups: int
    area_m2: float
    parcels: Sequence[Parcel]


def write_observations(path: Path, facts: Mapping[str, VillageFacts], rng: np.random.Generator) -> int:
    """Write the workbook; returns the number of observations."""
    rows: list[list[Cell]] = []
    for code in DETAILED:
        rows += _ecology(code, facts[code], rng)
        rows += _industry(code, facts[code], rng)
    for village in VILLAGES:
        if village.code not in DETAILED:
            rows += _outline_only(village.code, rng)
    write_sheet(path, "观测", TITLE, COLUMNS, rows)
    return len(rows)


def _row(code: str, what: str, name: str, value: Cell, unit: str, on: date, source: str) -> list[Cell]:
    clerk = f"{BY_CODE[code].short_name}填报员(样例)"
    return [code, what, name, value, unit, on, source, clerk]


def _ecology(code: str, facts: VillageFacts, rng: np.random.Generator) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    total, groups = facts.households, facts.groups
    dense = code == DENSE
    forest = sum(parcel.area_mu for parcel in facts.parcels if parcel.use == FOREST) * MU_M2 / facts.area_m2
    reach = {  # share reached in the first and the last year
        "sanitary_toilet_households": ("卫生厕所户数", (0.58, 0.93) if dense else (0.41, 0.84)),
        "sewage_treated_households": ("生活污水治理户数", (0.24, 0.71) if dense else (0.08, 0.43)),
        "drinking_water_safe_households": ("饮水安全户数", (0.93, 1.0) if dense else (0.86, 0.98)),
    }
    desert = 0.14 * facts.area_m2 / MU_M2 * (0.7 if dense else 1.2)
    for step, year in enumerate(YEARS):
        part, on = step / (len(YEARS) - 1), date(year, 12, 31)
        rows.append(
            _row(
                code, "total_households", "总户数", total - 2 * (len(YEARS) - 1 - step), "户", on, "户籍台账"
            )
        )
        for what, (name, (first, last)) in reach.items():
            share = first + (last - first) * part + (float(rng.normal(0, 0.008)) if 0 < part < 1 else 0.0)
            rows.append(_row(code, what, name, round(total * min(share, 1.0)), "户", on, "村级统计"))
        rows.append(_row(code, "total_hamlets", "村民小组数", groups, "个", on, "村级统计"))
        served = round(groups * (0.55 + 0.45 * part))
        rows.append(
            _row(code, "waste_collection_hamlets", "生活垃圾收运小组数", served, "个", on, "村级统计")
        )
        cover = round(100 * forest * (0.955 + 0.045 * part), 2)
        rows.append(_row(code, "forest_cover_ratio", "森林覆盖率", cover, "%", on, "地块图斑测算"))
        area = round(desert * (1 - 0.22 * part), 1)
        rows.append(_row(code, "rocky_desertification_area_mu", "石漠化面积", area, "亩", on, "镇自然资源所"))
        points = (4 if dense else 9) - round(part * (1 if dense else 2))
        rows.append(_row(code, "hazard_points", "地质灾害隐患点", points, "处", on, "镇自然资源所"))
        for month, day in QUARTER_ENDS:
            grade = str(
                rng.choice(("II", "III", "IV"), p=(0.3 + 0.5 * part, 0.6 - 0.4 * part, 0.1 - 0.1 * part))
            )
            rows.append(
                _row(
                    code,
                    "water_quality_grade",
                    "地表水水质类别",
                    grade,
                    "类",
                    date(year, month, day),
                    "镇环保站",
                )
            )
    return rows


def _industry(code: str, facts: VillageFacts, rng: np.random.Generator) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    area: dict[str, float] = {}
    for parcel in facts.parcels:
        area[parcel.crop] = area.get(parcel.crop, 0.0) + parcel.area_mu
    farmed = sum(area.get(crop, 0.0) for crop in YIELDS)
    for step, year in enumerate(YEARS):
        part, on = step / (len(YEARS) - 1), date(year, 12, 31)
        for crop, (what, name, tonnes_a_mu) in YIELDS.items():
            if area.get(crop):
                young = 0.35 + 0.65 * part if crop in ("刺梨", "茶叶", "樱桃") else 0.92 + 0.08 * part
                value = round(area[crop] * tonnes_a_mu * young * float(rng.uniform(0.93, 1.06)), 1)
                rows.append(_row(code, what, name, value, "吨", on, "村级统计"))
        transferred = round(farmed * (0.11 + 0.17 * part), 1)
        rows.append(_row(code, "land_transferred_mu", "土地流转面积", transferred, "亩", on, "村级统计"))
        income = (260_000 if code == DENSE else 130_000) * (1 + 1.4 * part)
        value = round(income * float(rng.uniform(0.95, 1.05)), 2)
        rows.append(_row(code, "collective_income_yuan", "村集体经济收入(全年)", value, "元", on, "村级账目"))
    return rows


def _outline_only(code: str, rng: np.random.Generator) -> list[list[Cell]]:
    """A few figures of the villages that are not drawn in detail."""
    rows = []
    base = float(rng.uniform(42, 63))
    for step, year in enumerate(YEARS[-3:]):
        on = date(year, 12, 31)
        rows.append(
            _row(
                code, "forest_cover_ratio", "森林覆盖率", round(base + 0.6 * step, 2), "%", on, "镇自然资源所"
            )
        )
        rows.append(
            _row(code, "hazard_points", "地质灾害隐患点", int(rng.integers(2, 11)), "处", on, "镇自然资源所")
        )
        income = round(float(rng.uniform(150_000, 420_000)) * (1 + 0.15 * step), 2)
        rows.append(
            _row(code, "collective_income_yuan", "村集体经济收入(全年)", income, "元", on, "村级账目")
        )
    return rows
