"""Proposes what is read out over the village's loudspeakers: numbers, days and telephones as words, twice over."""

import re
from typing import Final

SYLLABLES_A_SECOND: Final = 4.0
"""How fast a village announcer reads: about 240 characters a minute."""
_DIGITS: Final = "零一二三四五六七八九"
_DIALLED: Final = str.maketrans("0123456789", "零幺二三四五六七八九")
_UNITS: Final = ("", "十", "百", "千")
_BLOCKS: Final = ("", "万", "亿", "万亿")
_DAY: Final = re.compile(r"(?<!\d)(\d{4})[-/年](\d{1,2})[-/月](\d{1,2})日?(?!\d)")
_MONTH_DAY: Final = re.compile(r"(?<!\d)(\d{1,2})月(\d{1,2})[日号]")
_CLOCK: Final = re.compile(r"(?<!\d)([01]?\d|2[0-3])[:\uff1a]([0-5]\d)(?!\d)")
_CALLED: Final = re.compile(
    r"(?<![\d.])(?:\d{3,4}-)?\d{7,12}(?!\d)|(?<![\d.])1[12]\d(?![\d.])(?=[^\d元人户斤亩个只头米]|$)"
)
_SHARE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*[%\uff05]")
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")
_SENTENCE_END: Final = re.compile(r"(?<=[。!?;\uff01\uff1f\uff1b])\s*|\n+")


def in_words(number: int) -> str:
    """Write a whole number from 0 to 10^16 as it is read out: 20350 is 二万零三百五十.

    Raises `ValueError` outside that range.
    """
    if not 0 <= number < 10**16:
        raise ValueError(f"{number} is not between 0 and 10^16.")
    if number == 0:
        return _DIGITS[0]
    words, block = "", 0
    gap = False
    while number:
        number, part = divmod(number, 10_000)
        if part:
            words = _four(part) + _BLOCKS[block] + (_DIGITS[0] + words if gap and words else words)
            gap = part < 1000
        elif words:
            gap = True
        block += 1
    return words[1:] if words.startswith("一十") else words


def _four(part: int) -> str:
    words, has_gap = "", False
    for place in range(3, -1, -1):
        digit = part // 10**place % 10
        if digit:
            words += (_DIGITS[0] if has_gap and words else "") + _DIGITS[digit] + _UNITS[place]
            has_gap = False
        else:
            has_gap = True
    return words


def spoken(text: str) -> str:
    """Return a text with days, times, telephones, shares and numbers as words."""
    text = _DAY.sub(lambda found: f"{found[1].translate(_PLAIN)}年{_pair(found[2], found[3])}", text)
    text = _MONTH_DAY.sub(lambda found: _pair(found[1], found[2]), text)
    text = _CLOCK.sub(lambda found: _clock(int(found[1]), int(found[2])), text)
    text = _CALLED.sub(lambda found: found[0].replace("-", "\uff0c").translate(_DIALLED), text)
    text = _SHARE.sub(lambda found: f"百分之{_decimal(found[1])}", text)
    return _NUMBER.sub(lambda found: _decimal(found[0]), text)


_PLAIN: Final = str.maketrans("0123456789", _DIGITS)


def _pair(month: str, day: str) -> str:
    return f"{in_words(int(month))}月{in_words(int(day))}日"


def _clock(hour: int, minute: int) -> str:
    if minute == 0:
        return f"{in_words(hour)}点整"
    return f"{in_words(hour)}点{_DIGITS[0] if minute < 10 else ''}{in_words(minute)}分"


def _decimal(text: str) -> str:
    whole, _point, rest = text.partition(".")
    if len(whole) > 15:
        return text.translate(_PLAIN)
    return in_words(int(whole)) + (f"点{rest.translate(_PLAIN)}" if rest else "")


def propose(*, place: str, title: str, body: str, author: str) -> str:
    """Return a text to read out: who speaks, the title, short lines, and all of it once more.

    `place` is the village as people call it. The clerk changes what sounds wrong.
    """
    lines = [line.strip() for line in _SENTENCE_END.split(body) if line.strip()]
    said = [f"{spoken(title).rstrip('。')}。", *(spoken(line) for line in lines)]
    head = f"{place}的乡亲们请注意\uff0c现在播送通知。"
    return "\n".join([head, *said, "再播送一遍。", *said, f"通知播送完毕。{author}。"])


def seconds_to_read(text: str) -> int:
    """Return about how long reading a text out takes, in seconds."""
    return round(sum(1 for sign in text if not sign.isspace()) / SYLLABLES_A_SECOND)
