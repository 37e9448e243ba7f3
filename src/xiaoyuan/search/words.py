"""From names, texts and codes to the words of the index, and from what a person types to the words asked for.

Neither engine cuts Chinese text into words: every word is made here, so that both find the same. The first letter of a
word says what it is: `n` part of a name, `e` a whole name, `p` pinyin, `i` initials of pinyin, `t` two characters of a
text, `c` a code, `d` a town or village.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice, product
from typing import Final

from pypinyin import Style, pinyin

from xiaoyuan.lib.text import fold
from xiaoyuan.search.documents import Document

LONGEST_NAME: Final = 8
"""Every part of a name up to this length is a word; of longer ones the parts of two characters."""
READINGS: Final = 8
"""A name with characters of several readings is found by this many of their combinations."""
LONGEST_WORD: Final = 40
PLACE_LENGTHS: Final = (9, 12)

_HAN: Final = re.compile(r"[\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\ue000-\uf8ff]")
_SEPARATORS: Final = re.compile(r"[\s,、;()\"'“”]+")
_DROPPED: Final = re.compile(r"[^\w\ue000-\uf8ff\U00020000-\U0003ffff]|_")
"""Signs between characters say nothing and would cut words apart; characters without a code point yet stay."""
_LETTERS: Final = re.compile(r"[a-z]+")
_SURNAMES: Final = {
    "单": "shan", "仇": "qiu", "区": "ou", "查": "zha", "解": "xie", "曾": "zeng", "任": "ren",
    "华": "hua", "朴": "piao", "盖": "ge", "种": "chong", "缪": "miao", "尉": "wei", "翟": "zhai",
    "覃": "qin", "冼": "xian", "员": "yun", "黑": "he", "乐": "yue", "纪": "ji", "燕": "yan",
    "应": "ying", "葛": "ge", "晁": "chao", "召": "shao", "秘": "bi", "宁": "ning",
}  # fmt: skip
"""Surnames that are read otherwise than the word; the usual reading is kept as well."""


def words_of(document: Document) -> set[str]:
    """Return all words of a document; empty when it has no name, text or code."""
    words: set[str] = set()
    for name in document.names:
        words |= name_words(fold(name))
    for text in document.texts:
        words.update("t" + pair for pair in _pairs(_joined(text)))
    words.update("c" + code[:LONGEST_WORD] for code in map(_joined, document.codes) if code)
    if words:
        words.update(place_words(document.division_code))
    return words


def place_words(division_code: str) -> Iterator[str]:
    """Yield a word for town and village, so that a search in one reads no other's rows.

    Wider divisions get none: a word that most rows have costs more to intersect with than it saves.
    """
    for length in PLACE_LENGTHS:
        if len(division_code) >= length:
            yield "d" + division_code[:length]


@lru_cache(maxsize=100_000)
def name_words(name: str) -> frozenset[str]:
    """Return the words of one folded name: its parts, the whole, pinyin and initials."""
    name = _DROPPED.sub("", name)
    if not name:
        return frozenset()
    words = {"e" + name[:LONGEST_WORD]}
    if not _HAN.search(name):
        words.update("p" + name[start : start + LONGEST_WORD] for start in range(len(name)))
        return frozenset(words)
    if len(name) <= LONGEST_NAME:
        words.update(
            "n" + name[start:end] for start in range(len(name)) for end in range(start + 1, len(name) + 1)
        )
    else:
        words.update("n" + pair for pair in _pairs(name))
        words.update("n" + character for character in name)
    for syllables in _readings(name):
        for start in range(len(syllables)):
            words.add("p" + "".join(syllables[start:])[:LONGEST_WORD])
            words.add("i" + "".join(syllable[0] for syllable in syllables[start:])[:LONGEST_WORD])
    return frozenset(words)


def _readings(name: str) -> Iterable[tuple[str, ...]]:
    """Return combinations of readings, the usual one of each character first."""
    choices = [_read_as(character) for character in name]
    if name[0] in _SURNAMES:
        choices[0] = (_SURNAMES[name[0]], *(one for one in choices[0] if one != _SURNAMES[name[0]]))
    known = [readings for readings in choices if readings]
    return islice(product(*known), READINGS) if known else ()


@lru_cache(maxsize=30_000)
def _read_as(character: str) -> tuple[str, ...]:
    """Return the readings of one character without tones (ü as v); a letter or digit reads as itself."""
    found = pinyin(character, style=Style.NORMAL, heteronym=True, errors="ignore")
    readings = tuple(dict.fromkeys(one.replace("ü", "v") for one in found[0] if one)) if found else ()
    return readings or ((character,) if character.isalnum() and character.isascii() else ())


def _pairs(text: str) -> Iterator[str]:
    """Yield each two neighbouring characters, and the last one alone."""
    for start in range(len(text) - 1):
        yield text[start : start + 2]
    if text:
        yield text[-1]


def _joined(text: str) -> str:
    return _DROPPED.sub("", fold(text))


class Asked:
    """What one word that a person typed may mean: any of `whole` words, any of `beginnings`, or all of `pairs`."""

    def __init__(self, typed: str) -> None:
        self.whole: list[str] = []
        self.beginnings: list[str] = []
        self.pairs: list[str] = []
        self.exact: str = "e" + typed[:LONGEST_WORD]
        if _HAN.search(typed):
            if len(typed) <= LONGEST_NAME:
                self.whole.append("n" + typed)
            if len(typed) > 1:
                self.pairs = ["t" + typed[start : start + 2] for start in range(len(typed) - 1)]
        elif _LETTERS.fullmatch(typed):
            self.beginnings = [sign + typed for sign in "pic"]
        else:
            self.beginnings = ["c" + typed]
            self.pairs = ["t" + typed[start : start + 2] for start in range(len(typed) - 1)]


def asked(text: str) -> list[Asked]:
    """Return what a person asks for, one item for each word they typed; all of them have to fit."""
    return [Asked(word) for part in _SEPARATORS.split(fold(text)) if (word := _joined(part)[:LONGEST_WORD])]
