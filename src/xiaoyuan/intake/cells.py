"""Reading one cell: the forms that ledgers really use, refused with a sentence when they cannot be told.

A reader takes a cell as the reading process gives it and today's date, and returns a value, or None for an empty cell.
It raises `CellError`, whose sentence never quotes the cell, and nothing else.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Final

from django.utils.translation import gettext as _

from xiaoyuan.intake.errors import CellError
from xiaoyuan.intake.sheets import LostValue, RawCell

Cell = RawCell
Reader = Callable[[Cell, date], Any]

EXACT_DIGITS: Final = 2**53
"""Above this a workbook's number has lost digits."""

LONGEST_NUMBER: Final = 40
"""Characters of a number that is calculated with."""
REMEMBERED: Final = 4096

_WIDE: Final = {
    **dict.fromkeys([0x3000, 0x00A0, 0x202F, 0x205F, *range(0x2000, 0x200B)], " "),
    # What nobody sees: zero-width characters, soft hyphens, byte order marks.
    **dict.fromkeys([0x00AD, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF], ""),
    **{
        code: code - 0xFEE0
        for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
    },
}
_SIGNS: Final = str.maketrans("－﹣−–—＋．，／：；（）％＇‘’", "-----+.,/:;()%'''")
_DOTS: Final = str.maketrans(dict.fromkeys("•・‧∙．", "·"))
"""What people type between the parts of a name instead of the middle dot."""
_LETTER: Final = re.compile(r"[^\W\d_]|[\ue000-\uf8ff\U000f0000-\U0010ffff]")
_PRIVATE: Final = re.compile(r"[\ue000-\uf8ff\U000f0000-\U0010ffff]")
_SCIENTIFIC: Final = re.compile(r"\d\.\d+[eE]\+?\d+|\d[eE]\+\d+")
_GROUPED: Final = re.compile(r"([-+]?\d{1,3}(?:[, ]\d{3})+)(?=\.|$)")
_NUMBER: Final = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d{1,3})?")
_YES: Final = frozenset({"是", "有", "√", "对", "y", "yes", "1", "true"})
_NO: Final = frozenset({"否", "无", "不是", "没有", "×", "n", "no", "0", "false"})


def fold(text: str) -> str:
    """Return text with full-width digits, letters and spaces made half-width and the ends trimmed."""
    return text.strip() if text.isascii() else text.translate(_WIDE).strip()


def fold_signs(text: str) -> str:
    """Return folded text with full-width signs made half-width too: for numbers and dates, not for sentences."""
    return text if text.isascii() else text.translate(_SIGNS)


def has_private_use(text: str) -> bool:
    """Whether a character shows only in the font it was made for: names are kept so, a person should look at them."""
    return not text.isascii() and _PRIVATE.search(text) is not None


def is_blank(cell: Cell) -> bool:
    """Whether a cell holds nothing but space."""
    return cell is None or (isinstance(cell, str) and not fold(cell))


def as_text(cell: Cell) -> str:
    """Return what a person sees in the cell: 12.0 as 12, midnight times as days, a failed formula as its sign."""
    if isinstance(cell, str):
        return fold(cell)
    if cell is None:
        return ""
    if isinstance(cell, LostValue):
        return cell.sign
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float):
        # 15 digits are what a spreadsheet shows: 0.1 + 0.2 as 0.3.
        return str(int(cell)) if cell.is_integer() and abs(cell) < EXACT_DIGITS else f"{cell:.15g}"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    return str(cell)


def present_text(cell: Cell) -> str:
    """Return the text of a cell whose value the file holds; raises `CellError` for a formula without one."""
    if isinstance(cell, LostValue):
        raise lost(cell)
    return as_text(cell)


def lost(cell: LostValue) -> CellError:
    """Return the exception that says what to do about a formula without a value."""
    if cell.sign:
        return CellError(
            _("This formula failed (%(sign)s). Correct it, or write its value.") % {"sign": cell.sign}
        )
    return CellError(
        _("This formula has no value: open the file in a spreadsheet program, save it and import it again.")
    )


def remembered(read: Reader, size: int = REMEMBERED) -> Reader:
    """Return a reader that reads equal cells once: a long ledger has few sexes, villages and days.

    It remembers `size` different cells of one run; when they hardly ever come again it remembers no more.
    """
    known: dict[tuple[type, Cell, date], tuple[Any, str | None]] = {}
    hits = misses = 0

    def read_once(cell: Cell, today: date) -> Any:
        nonlocal hits, misses
        if misses >= size and misses > hits:
            known.clear()
            return read(cell, today)
        key = cell.__class__, cell, today
        found = known.get(key)
        if found is None:
            misses += 1
            try:
                found = read(cell, today), None
            except CellError as error:
                found = None, str(error)
            if len(known) < size:
                known[key] = found
        else:
            hits += 1
        return _said(found)

    return read_once


def _said(found: tuple[Any, str | None]) -> Any:
    if found[1] is not None:
        raise CellError(found[1])
    return found[0]


def text(limit: int) -> Reader:
    """Free text of at most `limit` characters."""

    def read(cell: Cell, today: date) -> str | None:
        value = present_text(cell)
        if len(value) > limit:
            raise CellError(_("This is longer than %(limit)s characters.") % {"limit": limit})
        return value or None

    return read


def name(limit: int) -> Reader:
    """A person's name: spaces that only align Chinese characters are taken out; rare characters stay as they are."""

    def read(cell: Cell, today: date) -> str | None:
        value = present_text(cell).translate(_DOTS)
        if value and not _LETTER.search(value):
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
        if cell.__class__ is str and len(cell) <= limit and cell.isascii() and cell.isalnum():
            return cell  # what nearly every cell is
        if not isinstance(cell, str) and isinstance(cell, datetime | date | time | timedelta | bool):
            raise CellError(_("This is a date or a yes/no, not a number that names something."))
        is_lost = isinstance(cell, float | int) and abs(cell) >= EXACT_DIGITS
        # An apostrophe before a number says in a spreadsheet that it is text; in a text file it is left over.
        value = "" if is_lost else "".join(present_text(cell).split()).lstrip("'‘’`")
        if is_lost or _SCIENTIFIC.fullmatch(value):
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


_long_code: Final = code(60)


def phone(cell: Cell, today: date) -> str | None:
    """A telephone number: 11 digits of a mobile phone, or a landline with its area code, without spaces."""
    if cell.__class__ is str and len(cell) == 11 and cell[0] == "1" and cell.isascii() and cell.isdigit():
        return cell  # what nearly every cell is
    written = fold_signs(_long_code(cell, today) or "")
    if len(re.findall(r"\d{7,}", written)) > 1:
        raise CellError(_("Write one telephone number in a cell."))
    value = re.sub(r"[\s\-()]", "", written)
    if not value:
        return None
    value = value.removeprefix("+86").removeprefix("0086")
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
        if not re.fullmatch(r"[-+]?\d+(\.0*)?", value):
            raise CellError(_("This is not a whole number."))
        number = int(value.partition(".")[0])
        if not lowest <= number <= highest:
            raise CellError(
                _("This must lie between %(lowest)s and %(highest)s.")
                % {"lowest": lowest, "highest": highest}
            )
        return number

    return read


def _number_text(cell: Cell, units: tuple[str, ...]) -> str:
    if isinstance(cell, datetime | date | time | timedelta | bool):
        raise CellError(_("This is not a number."))
    value = present_text(cell)
    for unit in units:
        value = value.removesuffix(unit)
    value = fold_signs(value).strip()
    # 1,234.5 is one number; 1,2 is two, or a decimal comma.
    grouped = _GROUPED.match(value)
    if grouped is not None:
        value = grouped[1].replace(",", "").replace(" ", "") + value[grouped.end() :]
    if value and (len(value) > LONGEST_NUMBER or not _NUMBER.fullmatch(value)):
        raise CellError(_("This is not a number."))
    return value


def yes_no(cell: Cell, today: date) -> bool | None:
    """是 or 否, and what else people write for it."""
    if isinstance(cell, bool):
        return cell
    value = present_text(cell).lower()
    if not value:
        return None
    if value in _YES or value in _NO:
        return value in _YES
    raise CellError(_("Write 是 or 否."))


def word(words: Mapping[str, str], choices: str) -> Reader:
    """A word of a code list, read as its code; `choices` are the words to offer when it is none."""

    def read(cell: Cell, today: date) -> str | None:
        value = re.sub(r"\s+", "", present_text(cell))
        if not value:
            return None
        found = words.get(value)
        if found is None:
            raise CellError(_("This word is not known here. Write one of: %(words)s.") % {"words": choices})
        return found

    return read
