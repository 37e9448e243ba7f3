"""Invented business entities of the two detailed villages: cooperatives, family farms, shops, small works."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from xiaoyuan.sample.names import FEMALE_OLD, MALE_OLD, surname
from xiaoyuan.sample.town import BY_CODE, DENSE, DISPERSED, TOWN_NAME
from xiaoyuan.sample.workbook import write_sheet

COLUMNS = (
    "名称",
    "类型",
    "区划代码",
    "行业",
    "负责人",
    "经营面积(亩)",
    "从业人数",
    "年产值(万元)",
    "成立日期",
    "备注",
)
TITLE = f"{TOWN_NAME}经营主体名录(样例,主体均为虚构)"


@dataclass(frozen=True)
class _Kind:
    """A sort of entity: how many in the dense and the dispersed village, and the ranges of its figures."""

    label: str
    industry: str
    trade: str
    counts: tuple[int, int]
    area_mu: tuple[int, int]
    workers: tuple[int, int]
    output_wan: tuple[float, float]


KINDS: tuple[_Kind, ...] = (
    _Kind("农民专业合作社", "水果种植", "刺梨种植", (1, 2), (120, 320), (12, 40), (40, 160)),
    _Kind("农民专业合作社", "茶叶种植", "茶叶", (1, 2), (90, 260), (10, 36), (35, 140)),
    _Kind("农民专业合作社", "蔬菜种植", "辣椒种植", (2, 1), (80, 220), (8, 30), (30, 110)),
    _Kind("农民专业合作社", "谷物种植", "优质水稻", (1, 1), (150, 380), (10, 26), (35, 90)),
    _Kind("农民专业合作社", "畜牧养殖", "黄牛养殖", (1, 1), (15, 60), (5, 14), (60, 220)),
    _Kind("家庭农场", "水果种植", "樱桃", (1, 3), (20, 70), (2, 8), (8, 36)),
    _Kind("家庭农场", "谷物种植", "种植", (2, 2), (30, 110), (2, 6), (8, 30)),
    _Kind("家庭农场", "畜牧养殖", "生态养殖", (2, 3), (5, 30), (2, 6), (15, 80)),
    _Kind("个体工商户", "零售业", "便民超市", (5, 2), (0, 0), (1, 4), (8, 60)),
    _Kind("个体工商户", "餐饮业", "农家乐", (3, 2), (0, 3), (2, 8), (10, 55)),
    _Kind("个体工商户", "居民服务", "农机维修", (2, 1), (0, 1), (1, 4), (6, 30)),
    _Kind("个体工商户", "零售业", "农资经营", (2, 1), (0, 0), (1, 3), (15, 70)),
    _Kind("企业", "农产品加工", "刺梨加工", (1, 0), (8, 15), (18, 45), (180, 520)),
    _Kind("企业", "农产品加工", "粮油加工", (1, 0), (3, 8), (6, 15), (60, 180)),
    _Kind("企业", "建材", "石材", (0, 1), (10, 25), (8, 22), (80, 260)),
    _Kind("村集体经济组织", "综合经营", "股份经济合作社", (1, 1), (60, 200), (4, 10), (25, 90)),
)
WORDS = (
    "黔山",
    "云岭",
    "清泉",
    "金穗",
    "绿野",
    "山里红",
    "众兴",
    "丰源",
    "乌蒙",
    "朝阳",
    "禾田",
    "百果",
    "青岩",
    "益农",
)


def write_entities(path: Path, rng: np.random.Generator) -> int:
    """Write the register of entities; returns how many there are."""
    rows = []
    used: set[str] = set()
    for kind in KINDS:
        for code, count in zip((DENSE, DISPERSED), kind.counts, strict=True):
            for _ in range(count):
                rows.append(
                    [
                        _name(kind, code, used, rng),
                        kind.label,
                        code,
                        kind.industry,
                        *_figures(kind, rng),
                        "样例",
                    ]
                )
    write_sheet(path, "经营主体", TITLE, COLUMNS, rows)
    return len(rows)


def _name(kind: _Kind, code: str, used: set[str], rng: np.random.Generator) -> str:
    place = BY_CODE[code].short_name.removesuffix("社区").removesuffix("村")
    if kind.label == "村集体经济组织":
        return f"{TOWN_NAME}{BY_CODE[code].short_name}股份经济合作社(样例)"
    ending = {
        "农民专业合作社": "农民专业合作社",
        "家庭农场": "家庭农场",
        "个体工商户": "",
        "企业": "有限公司",
    }[kind.label]
    free: Sequence[str] = [word for word in WORDS if f"{place}{word}{kind.trade}" not in used]
    word = str(rng.choice(free))
    used.add(f"{place}{word}{kind.trade}")
    return f"{place}{word}{kind.trade}{ending}(样例)"


def _figures(kind: _Kind, rng: np.random.Generator) -> list[str | int | float | date | None]:
    head = surname(rng) + "某" + str(rng.choice(MALE_OLD if rng.random() < 0.7 else FEMALE_OLD))
    area = round(float(rng.uniform(*kind.area_mu)), 1) if kind.area_mu[1] else None
    founded = date(int(rng.integers(2011, 2025)), int(rng.integers(1, 13)), int(rng.integers(1, 29)))
    return [
        head,
        area,
        int(rng.integers(kind.workers[0], kind.workers[1] + 1)),
        round(float(rng.uniform(*kind.output_wan)), 2),
        founded,
    ]
