"""Invented names: common surnames of Bijie joined with common given names; any likeness is chance."""

from __future__ import annotations

import numpy as np

SURNAMES = "张王李陈杨刘赵黄周吴罗高陶熊谢彭邓龙马郭聂糜蒋安禄陆夏尚路孔"
RARER = ("欧阳", "颜", "顾", "汪", "史", "尹", "雷", "田", "葛", "付")
MALE_OLD = (
    "国",
    "光",
    "明",
    "德",
    "正",
    "文",
    "朝",
    "永",
    "开",
    "兴",
    "友",
    "世",
    "成",
    "才",
    "学",
    "云",
    "华",
    "贵",
    "荣",
    "祥",
)
MALE_YOUNG = (
    "浩",
    "宇",
    "杰",
    "涛",
    "鹏",
    "磊",
    "俊",
    "伟",
    "强",
    "勇",
    "凯",
    "旭",
    "鑫",
    "阳",
    "志",
    "航",
    "轩",
    "博",
    "睿",
    "辰",
)
FEMALE_OLD = (
    "秀",
    "英",
    "珍",
    "芬",
    "兰",
    "菊",
    "琼",
    "仙",
    "素",
    "桂",
    "凤",
    "玉",
    "芝",
    "先",
    "翠",
    "碧",
    "群",
    "会",
    "美",
    "莲",
)
FEMALE_YOUNG = (
    "婷",
    "丽",
    "娟",
    "敏",
    "静",
    "雪",
    "梅",
    "燕",
    "艳",
    "欣",
    "怡",
    "佳",
    "琳",
    "悦",
    "雨",
    "梦",
    "萱",
    "瑶",
    "思",
    "颖",
)


def surname(rng: np.random.Generator) -> str:
    """A family name; the commoner ones come first and more often."""
    if rng.random() < 0.07:
        return str(rng.choice(RARER))
    return SURNAMES[min(int(rng.exponential(8.5)), len(SURNAMES) - 1)]


def given_name(birth_year: int, *, is_male: bool, generation: str, rng: np.random.Generator) -> str:
    """A given name fitting age and sex; brothers share their family's generation character now and then."""
    old = birth_year < 1982
    pool = (MALE_OLD if old else MALE_YOUNG) if is_male else (FEMALE_OLD if old else FEMALE_YOUNG)
    last = str(rng.choice(pool))
    if rng.random() < (0.12 if old else 0.28):
        return last
    if is_male and rng.random() < 0.45 and generation != last:
        return generation + last
    first = str(rng.choice(pool))
    return first + last if first != last or not old else "大" + last


def generation_character(rng: np.random.Generator) -> str:
    """The character that one generation of a family shares."""
    return str(rng.choice(tuple("世正明文朝永开兴国光德学成志")))
