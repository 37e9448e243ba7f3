"""The loudspeaker's text: numbers, days, times and telephones as they are spoken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiaoyuan.notices.loudspeaker import in_words, propose, seconds_to_read, spoken

DIGITS = "零一二三四五六七八九"
UNITS = {"十": 10, "百": 100, "千": 1000}
BLOCKS = {"万": 10**4, "亿": 10**8}


def heard(words: str) -> int:
    """Read Chinese numerals back, on another way than they were written."""
    total = part = digit = 0
    for sign in words:
        if sign in DIGITS:
            digit = DIGITS.index(sign)
        elif sign in UNITS:
            part += (digit or 1) * UNITS[sign]
            digit = 0
        else:
            block = part + digit
            if sign == "亿":
                total = (total + block) * BLOCKS[sign]
            else:
                total += block * BLOCKS[sign]
            part = digit = 0
    return total + part + digit


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "零"),
        (10, "十"),
        (12, "十二"),
        (20, "二十"),
        (101, "一百零一"),
        (110, "一百一十"),
        (1005, "一千零五"),
        (20350, "二万零三百五十"),
        (10_000, "一万"),
        (100_000, "十万"),
        (100_001, "十万零一"),
        (10_010_010, "一千零一万零一十"),
        (100_000_000, "一亿"),
        (100_010_000, "一亿零一万"),
        (120_034_000_000, "一千二百亿三千四百万"),
    ],
)
def test_it_says_numbers(number: int, words: str) -> None:
    assert in_words(number) == words


@given(st.integers(0, 10**12 - 1))
def test_its_numbers_are_heard_back(number: int) -> None:
    assert heard(in_words(number)) == number


@pytest.mark.parametrize("number", [-1, 10**16])
def test_it_refuses_numbers_nobody_reads_out(number: int) -> None:
    with pytest.raises(ValueError, match="not between"):
        in_words(number)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-11-24停水", "二零二六年十一月二十四日停水"),
        ("2026年1月5日", "二零二六年一月五日"),
        ("11月24日8:05", "十一月二十四日八点零五分"),
        ("8:30至17:00", "八点三十分至十七点整"),
        ("拨打0857-8223456", "拨打零八五七\uff0c八二二三四五六"),
        ("手机13900001234", "手机幺三九零零零零幺二三四"),
        ("拨打119。", "拨打幺幺九。"),
        ("共119户", "共一百一十九户"),
        ("明早8\uff1a30停水", "明早八点三十分停水"),
        ("完成50\uff05", "完成百分之五十"),
        ("补贴3.5%", "补贴百分之三点五"),
        ("每亩120.5元", "每亩一百二十点五元"),
    ],
)
def test_it_says_days_times_and_telephones(text: str, said: str) -> None:
    assert spoken(text) == said


def test_it_says_all_twice() -> None:
    text = propose(place="双堰社区", title="停水通知", body="明天停水。请储水。", author="村委会")
    assert text.splitlines() == [
        "双堰社区的乡亲们请注意\uff0c现在播送通知。",
        "停水通知。",
        "明天停水。",
        "请储水。",
        "再播送一遍。",
        "停水通知。",
        "明天停水。",
        "请储水。",
        "通知播送完毕。村委会。",
    ]
    assert seconds_to_read(text) == round(len(text.replace("\n", "")) / 4)


def test_full_width_signs_end_sentences_too() -> None:
    text = propose(
        place="村", title="通知", body="注意\uff01是否停水\uff1f请储水\uff1b谢谢。", author="村委会"
    )
    assert text.splitlines()[2:6] == ["注意\uff01", "是否停水\uff1f", "请储水\uff1b", "谢谢。"]
