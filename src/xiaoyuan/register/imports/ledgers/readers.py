"""Readers of cells that only the register knows: numbers that name people, codes and words, areas, money, tags."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from django.utils.translation import gettext as _

from xiaoyuan.intake.cells import Cell, Reader, as_text, code, decimal
from xiaoyuan.intake.errors import CellError
from xiaoyuan.lib import divisions
from xiaoyuan.lib.id_number import DisabilityCard, IdNumber
from xiaoyuan.lib.units import fen_from_yuan
from xiaoyuan.register.errors import IdNumberUnfit
from xiaoyuan.register.identity import read_disability_card, read_id_number
from xiaoyuan.register.imports.ledgers.words import RELATION_SYSTEMS, RELATION_WORDS

TAG_LENGTH: Final = 40
_NONE: Final = frozenset({"无", "否", "/", "-"})
_BETWEEN_TAGS: Final = re.compile(r"[;；、,，]+(?![^(（]*[)）])")
_TAG: Final = re.compile(r"([^(（]+)(?:[(（](.*)[)）])?")
_CODE_BEFORE: Final = re.compile(r"^[(（]?\d{1,3}[)）]?[-—–_.、:：|/]*(?=[^\d\W])")
_CODE_BEHIND: Final = re.compile(r"(?<=[^\d\W])[-—–_.、:：|/]*[(（]?\d{1,3}[)）]?$")
_BRACKETS: Final = re.compile(r"[(（][^()（）]*[)）]$")
_SPACE: Final = re.compile(r"\s+")
_MU: Final[Mapping[str, Decimal]] = {
    "平方米": Decimal(3) / 2000, "㎡": Decimal(3) / 2000, "m2": Decimal(3) / 2000, "m²": Decimal(3) / 2000,
    "公顷": Decimal(15), "亩": Decimal(1), "分": Decimal("0.1"),
}  # fmt: skip
"""Units of area that may stand behind a number, in mu (1 mu = 2000/3 m²)."""
_KILOGRAMS: Final[Mapping[str, Decimal]] = {
    "公斤": Decimal(1), "千克": Decimal(1), "kg": Decimal(1), "KG": Decimal(1), "市斤": Decimal("0.5"),
    "斤": Decimal("0.5"), "吨": Decimal(1000),
}  # fmt: skip
_YUAN: Final[Mapping[str, int]] = {"万元": 10_000, "万": 10_000, "元": 1}


def identity(cell: Cell, today: date) -> IdNumber | None:
    """An identity number of 18 characters with a right check character."""
    value = code(40)(cell, today)
    if value is None:
        return None
    try:
        number = read_id_number(value)
    except IdNumberUnfit as error:
        raise CellError(str(error)) from None
    if number.birth_date > today:
        raise CellError(_("The birth date in the identity number lies in the future."))
    return number


def division(cell: Cell, today: date) -> str | None:
    """A division code, short or padded, as significant digits."""
    value = code(20)(cell, today)
    if value is None:
        return None
    try:
        return divisions.normalise(value)
    except divisions.DivisionCodeError:
        raise CellError(_("This is not a division code: 2, 4, 6, 9 or 12 digits are expected.")) from None


def tags(cell: Cell, today: date) -> dict[str, str] | None:
    """Policy tags with what is stated of each: `脱贫户(2018年脱贫);残疾人`. 无 states that there is none."""
    value = as_text(cell)
    if not value:
        return None
    if value in _NONE:
        return {}
    stated: dict[str, str] = {}
    for part in _BETWEEN_TAGS.split(value):
        found = _TAG.fullmatch(part.strip())
        if found is None:
            raise CellError(_("Write policy tags like 脱贫户(2018年脱贫);残疾人."))
        name = re.sub(r"\s+", "", found[1])
        if not name or len(name) > TAG_LENGTH:
            raise CellError(_("A policy tag has 1 to %(limit)s characters.") % {"limit": TAG_LENGTH})
        stated[name] = (found[2] or "").strip()
    return stated


def disability_card(cell: Cell, today: date) -> DisabilityCard | None:
    """The number of a disability card: identity number, type, level, and two characters more when reissued."""
    value = code(40)(cell, today)
    if value is None:
        return None
    try:
        return read_disability_card(value)
    except IdNumberUnfit as error:
        raise CellError(str(error)) from None


# Words and codes


def choice(words: Mapping[str, str], offered: str) -> Reader:
    """A word of a code list, alone or as drop-downs write it (`2-配偶`, `2 配偶`, `配偶(2)`); read as its code.

    Where a number and a word stand together the word counts: the numbers belong to other lists.
    """
    known = dict(words)  # grows with the spellings of this run's files, which are few

    def read(cell: Cell, today: date) -> str | None:
        value = _SPACE.sub("", cell if isinstance(cell, str) else as_text(cell))
        if not value:
            return None
        found = known.get(value)
        if found is None:
            found = _spelled(as_text(value), words)
        if found is None:
            raise CellError(_("This word is not known here. Write one of: %(words)s.") % {"words": offered})
        if len(known) < _KEPT_SPELLINGS:
            known[value] = found
        return found

    return read


_KEPT_SPELLINGS: Final = 2000


def _spelled(value: str, words: Mapping[str, str]) -> str | None:
    """Look a word up without the code or the remark around it."""
    for text in (value, _CODE_BEFORE.sub("", value), _CODE_BEHIND.sub("", value), _BRACKETS.sub("", value)):
        if text in words:
            return words[text]
    return None


@dataclass(frozen=True, slots=True)
class BareCode:
    """A relation given as a number alone; which list of codes it belongs to is told from the whole sheet."""

    text: str

    @property
    def may_be_head(self) -> bool:
        """Whether it means the head in any list."""
        return self.text in _HEAD_CODES


RELATIONS_OFFERED: Final = "户主, 配偶, 子, 女, 儿媳, 孙子, 父, 母, 其他亲属"
_HEAD_CODES: Final = frozenset(
    code for system in RELATION_SYSTEMS for code, meant in system.items() if meant == RELATION_WORDS["户主"]
)
_relation_word: Final = choice(
    RELATION_WORDS | {f"之{word}": meant for word, meant in RELATION_WORDS.items()}, RELATIONS_OFFERED
)


def relation(cell: Cell, today: date) -> str | BareCode | None:
    """A relation to the head: a word as its code of GB/T 4761, a number alone as `BareCode`."""
    value = as_text(cell)
    if value.isascii() and value.isdigit():
        if not any(value in system for system in RELATION_SYSTEMS):
            raise CellError(
                _("This word is not known here. Write one of: %(words)s.") % {"words": RELATIONS_OFFERED}
            )
        return BareCode(value)
    found: str | None = _relation_word(cell, today)
    return found


def one_of(words: Mapping[str, str]) -> Callable[[str], bool]:
    """Return whether a text is a word of a list, to recognise a column by what stands in it."""
    return lambda text: _spelled(_SPACE.sub("", text), words) is not None


# Quantities with their unit


def area_mu(cell: Cell, today: date) -> Decimal | None:
    """An area in mu with two decimals; another unit may stand behind the number (㎡, 公顷, 分)."""
    return _scaled(cell, today, _MU)


def area_mu_from(unit: str) -> Reader:
    """An area whose heading names another unit than mu."""
    factor = _MU[unit]

    def read(cell: Cell, today: date) -> Decimal | None:
        number: Decimal | None = decimal(4)(cell, today)
        return None if number is None else _cents(number * factor)

    return read


def money(unit: str = "元") -> Reader:
    """An amount as integer fen; `unit` is what the heading says, 元 or 万元, and may stand in the cell too."""

    def read(cell: Cell, today: date) -> int | None:
        value = as_text(cell)
        stated = next((word for word in _YUAN if value.endswith(word)), "")
        if stated:
            cell = value.removesuffix(stated)
        number: Decimal | None = decimal(6)(cell, today)
        return None if number is None else fen_from_yuan(number * _YUAN[stated or unit])

    return read


def weight_kg(cell: Cell, today: date) -> Decimal | None:
    """A weight in kilograms with two decimals; another unit may stand behind the number (斤, 吨)."""
    return _scaled(cell, today, _KILOGRAMS)


def weight_kg_from(unit: str) -> Reader:
    """A weight whose heading names another unit than the kilogram."""

    def read(cell: Cell, today: date) -> Decimal | None:
        number: Decimal | None = decimal(4)(cell, today)
        return None if number is None else _cents(number * _KILOGRAMS[unit])

    return read


def _scaled(cell: Cell, today: date, factors: Mapping[str, Decimal]) -> Decimal | None:
    value = as_text(cell)
    unit = next((word for word in factors if value.endswith(word)), "")
    number: Decimal | None = decimal(4)(value.removesuffix(unit) if unit else cell, today)
    return None if number is None else _cents(number * factors[unit] if unit else number)


def _cents(number: Decimal) -> Decimal:
    return number.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
