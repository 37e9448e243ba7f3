"""Invented forms of the sample town, as a county writes them for the winter."""

from typing import Any, Final

from xiaoyuan.fieldwork.xlsforms.schema import CHINESE, ENGLISH, Choice, FormSchema, Kind, Question


def _words(chinese: str, english: str) -> dict[str, str]:
    return {CHINESE: chinese, ENGLISH: english}


def _ask(kind: Kind, name: str, chinese: str, english: str, **more: Any) -> Question:
    return Question(kind, name, label=_words(chinese, english), **more)


def _choices(*rows: tuple[str, str, str]) -> tuple[Choice, ...]:
    return tuple(Choice(name, _words(chinese, english)) for name, chinese, english in rows)


HEATING: Final = FormSchema(
    title="冬季取暖安全入户检查",
    key="winter-heating",
    languages=(CHINESE, ENGLISH),
    questions=(
        _ask(
            Kind.NOTE,
            "intro",
            "入户看一看取暖用的炉子、烟管和电线，当面提醒。不拍人，不留位置。",
            "Look at stove, pipe and wires, and give advice. No pictures of people, no positions.",
        ),
        Question(
            Kind.GROUP,
            "heating",
            label=_words("取暖", "Heating"),
            children=(
                _ask(
                    Kind.SELECT_MULTIPLE,
                    "ways",
                    "家里怎样取暖？",
                    "How is the home heated?",
                    required="true()",
                    choices="ways",
                ),
                _ask(
                    Kind.SELECT_ONE,
                    "vented",
                    "炉子的烟管通到屋外吗？",
                    "Does the stove's pipe lead outside?",
                    required="true()",
                    relevant="selected(${ways}, 'coal') or selected(${ways}, 'wood')",
                    choices="yes_no",
                ),
                _ask(
                    Kind.DATE,
                    "swept_on",
                    "烟管上次是哪天清的？",
                    "When was the pipe last swept?",
                    relevant="${vented} = 'yes'",
                    constraint=". <= today()",
                    constraint_message=_words("不能晚于今天。", "Not after today."),
                    hint=_words("不记得就空着。", "Leave it empty if nobody knows."),
                ),
                _ask(
                    Kind.SELECT_ONE,
                    "alarm",
                    "装了一氧化碳报警器吗？",
                    "Is there a carbon monoxide alarm?",
                    required="true()",
                    relevant="selected(${ways}, 'coal') or selected(${ways}, 'wood')",
                    choices="yes_no",
                ),
            ),
        ),
        _ask(
            Kind.INTEGER,
            "elders",
            "家里有几位 60 岁以上的老人？",
            "How many people over 60 live here?",
            constraint=". >= 0 and . <= 20",
            constraint_message=_words("请填 0 到 20。", "0 to 20."),
        ),
        Question(
            Kind.REPEAT,
            "room",
            label=_words("取暖的房间", "Heated rooms"),
            children=(
                _ask(
                    Kind.SELECT_ONE, "room_use", "哪一间？", "Which room?", required="true()", choices="rooms"
                ),
                _ask(
                    Kind.INTEGER,
                    "beds",
                    "睡几个人？",
                    "How many sleep there?",
                    constraint=". >= 0 and . <= 12",
                ),
            ),
        ),
        _ask(
            Kind.CALCULATE,
            "sleepers",
            "睡在取暖房间的人数",
            "People in heated rooms",
            calculation="sum(${beds})",
        ),
        _ask(Kind.SELECT_MULTIPLE, "risks", "看到哪些隐患？", "Which dangers were seen?", choices="risks"),
        _ask(
            Kind.PHOTO,
            "picture",
            "隐患的照片（可以不拍）",
            "A photo of the danger (need not be)",
            relevant="count-selected(${risks}) > 0",
            is_personal=True,
        ),
        _ask(
            Kind.NOTE,
            "danger",
            "${sleepers} 人睡在烧煤的房间，烟管不通屋外：请当场停用，并上报。",
            "${sleepers} people sleep beside a stove without a pipe: put it out now and report it.",
            relevant="${vented} = 'no' and ${sleepers} > 0",
        ),
        _ask(
            Kind.TEXT,
            "advice",
            "当面提醒了什么？",
            "What was advised?",
            is_long=True,
            is_personal=True,
        ),
    ),
    choice_lists={
        "ways": _choices(
            ("coal", "煤炉", "coal stove"),
            ("wood", "柴火", "wood fire"),
            ("electric", "电烤炉、电暖气", "electric heater"),
            ("gas", "燃气", "gas"),
            ("air", "空调", "air conditioner"),
        ),
        "yes_no": _choices(("yes", "是", "yes"), ("no", "否", "no")),
        "rooms": _choices(
            ("bedroom", "卧室", "bedroom"), ("kitchen", "灶房", "kitchen"), ("hall", "堂屋", "hall")
        ),
        "risks": _choices(
            ("pipe", "烟管漏烟、堵塞", "leaking or blocked pipe"),
            ("fuel", "柴煤堆在炉边", "fuel beside the stove"),
            ("wire", "电线老化、插座过载", "old wires, overloaded sockets"),
            ("bed", "取暖器挨着被褥", "heater beside bedding"),
        ),
    },
)
FILLED: Final[tuple[dict[str, Any], ...]] = (
    {
        "ways": ["coal", "electric"],
        "vented": "yes",
        "swept_on": "2025-10-18",
        "alarm": "yes",
        "elders": "2",
        "room": [{"room_use": "hall", "beds": "0"}, {"room_use": "bedroom", "beds": "2"}],
        "risks": ["wire"],
        "advice": "插排换成带开关的，已当面说明。",
    },
    {"ways": ["air"], "elders": "0", "room": [{"room_use": "bedroom", "beds": "3"}], "risks": []},
    {
        "ways": ["wood"],
        "vented": "no",
        "alarm": "no",
        "elders": "1",
        "room": [{"room_use": "kitchen", "beds": "1"}],
        "risks": ["pipe", "fuel"],
        "advice": "已帮忙挪开柴堆，约好周五来装烟管。",
    },
)
"""Invented answers."""
