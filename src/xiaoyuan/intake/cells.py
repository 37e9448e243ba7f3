"""Reading one cell: the forms that ledgers really use, refused with a sentence when they cannot be told.

A reader takes a cell as calamine gives it and today's date, and returns a value, or None for an empty cell.
It raises `CellError`, whose sentence never quotes the cell.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Final

from django.utils.translation import gettext as _

from xiaoyuan.intake.errors import CellError

Cell = str | int | float | bool | datetime | date | time | timedelta | None
Reader = Callable[[Cell, date], Any]

EXACT_DIGITS: Final = 2**53
"""Above this a workbook's number has lost digits."""

_WIDE: Final = {
    0x3000: " ",
    0x00A0: " ",
    **{
        code: code - 0xFEE0
        for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
    },
}
_SCIENTIFIC: Final = re.compile(r"\d(\.\d+)?[eE]\+\d+")
_YES: Final = frozenset({"是", "有", "√", "对", "y", "yes", "1", "true"})
_NO: Final = frozenset({"否", "无", "不是", "没有", "×", "n", "no", "0", "false"})


def fold(text: str) -> str:
    """Return text with full-width digits, letters and spaces made half-width and the ends trimmed."""
    return text.strip() if text.isascii() else text.translate(_WIDE).strip()


def is_blank(cell: Cell) -> bool:
    """Whether a cell holds nothing but space."""
    return cell is None or (isinstance(cell, str) and not fold(cell))


def as_text(cell: Cell) -> str:
    """Return what a person sees in the cell: 12.0 as 12, midnight times as days."""
    if isinstance(cell, str):
        return fold(cell)
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < EXACT_DIGITS else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    return fold(str(cell))


def text(limit: int) -> Reader:
    """Free text of at most `limit` characters."""

    def read(cell: Cell, today: date) -> str | None:
        value = as_text(cell)
        if len(value) > limit:
            raise CellError(_("This is longer than %(limit)s characters.") % {"limit": limit})
        return value or None

    return read


def name(limit: int) -> Reader:
    """A person's name: spaces that only align Chinese characters are taken out."""

    def read(cell: Cell, today: date) -> str | None:
        value = as_text(cell)
        if value and not re.search(r"[^\W\d_]", value):
            raise CellError(_("This is not a name."))
        if not re.search(r"[A-Za-z]", value):
            value = re.sub(r"\s+", "", value)
        if len(value) > limit:
            raise CellError(_("This is longer than %(limit)s characters.") % {"limit": limit})
        return value or None

    return read


def code(limit: int) -> Reader:
    """A number that names something and is never calculated with: kept as text, leading zeros and all."""

    def read(cell: Cell, today: date) -> str | None:
        if not isinstance(cell, str) and isinstance(cell, datetime | date | time | timedelta | bool):
            raise CellError(_("This is a date or a yes/no, not a number that names something."))
        lost = isinstance(cell, float | int) and abs(cell) >= EXACT_DIGITS
        value = "" if lost else "".join(as_text(cell).split())
        if lost or _SCIENTIFIC.fullmatch(value):
            raise CellError(
                _("The workbook keeps this number with 15 digits: the last digits are lost. "
                  "Format the column as text and enter the number again.")
            )  # fmt: skip
        if isinstance(cell, float) and not cell.is_integer():
            raise CellError(_("This is a decimal number, not a number that names something."))
        if len(value) > limit:
            raise CellError(_("This is longer than %(limit)s characters.") % {"limit": limit})
        return value or None

    return read


def phone(cell: Cell, today: date) -> str | None:
    """A telephone number: 11 digits of a mobile phone, or a landline with its area code, without spaces."""
    value = re.sub(r"[\s\-—()（）]", "", code(40)(cell, today) or "")
    if not value:
        return None
    value = value.removeprefix("+86")
    if not re.fullmatch(r"1\d{10}|0\d{9,11}|\d{7,8}", value):
        raise CellError(_("This is not a telephone number: 11 digits, or a landline with its area code."))
    return value


def decimal(places: int, *, units: tuple[str, ...] = (), lowest: int | None = 0) -> Reader:
    """A number rounded half up to `places`; a unit in `units` may stand behind it."""

    def read(cell: Cell, today: date) -> Decimal | None:
        value = _number_text(cell, units)
        if not value:
            return None
        try:
            number = Decimal(value).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
        except InvalidOperation:
            raise CellError(_("This is not a number.")) from None
        if lowest is not None and number < lowest:
            raise CellError(_("This must not be less than %(lowest)s.") % {"lowest": lowest})
        return number

    return read


def whole(lowest: int, highest: int, *, units: tuple[str, ...] = ()) -> Reader:
    """A whole number between two bounds; a unit in `units` may stand behind it."""

    def read(cell: Cell, today: date) -> int | None:
        value = _number_text(cell, units)
        if not value:
            return None
        if not re.fullmatch(r"-?\d+", value):
            raise CellError(_("This is not a whole number."))
        if not lowest <= int(value) <= highest:
            raise CellError(
                _("This must lie between %(lowest)s and %(highest)s.")
                % {"lowest": lowest, "highest": highest}
            )
        return int(value)

    return read


def _number_text(cell: Cell, units: tuple[str, ...]) -> str:
    if isinstance(cell, datetime | date | time | timedelta | bool):
        raise CellError(_("This is not a number."))
    value = as_text(cell).replace(",", "").replace("，", "")
    for unit in units:
        value = value.removesuffix(unit)
    value = value.strip()
    if value and not re.fullmatch(r"[-+]?\d+(\.\d*)?([eE][-+]?\d+)?", value):
        raise CellError(_("This is not a number."))
    return value


def yes_no(cell: Cell, today: date) -> bool | None:
    """是 or 否, and what else people write for it."""
    if isinstance(cell, bool):
        return cell
    value = as_text(cell).lower()
    if not value:
        return None
    if value in _YES or value in _NO:
        return value in _YES
    raise CellError(_("Write 是 or 否."))


def word(words: Mapping[str, str], choices: str) -> Reader:
    """A word of a code list, read as its code; `choices` are the words to offer when it is none."""

    def read(cell: Cell, today: date) -> str | None:
        value = re.sub(r"\s+", "", as_text(cell))
        if not value:
            return None
        found = words.get(value)
        if found is None:
            raise CellError(_("This word is not known here. Write one of: %(words)s.") % {"words": choices})
        return found

    return read
