"""Reading dates as ledgers write them: 1985.3, 85-03-01, 1985年3月1日, 19850301, a serial number, a date cell."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from django.utils.translation import gettext as _

from xiaoyuan.intake.cells import Cell, fold_signs, lost, present_text
from xiaoyuan.intake.errors import CellError
from xiaoyuan.intake.sheets import LostValue

SERIAL_ZERO: Final = date(1899, 12, 30)
"""Day 0 of a workbook's serial numbers (its leap-year fault of 1900 included)."""
SERIALS: Final = range(7306, 73051)
"""Serials from 1920 to 2099: smaller numbers are years."""
OLDEST_YEARS: Final = 105
"""A two-digit year is read as the past century unless somebody of that age could have been meant."""

YEARS_AS_DAYS: Final = range(date(1905, 3, 14).toordinal(), date(1905, 9, 1).toordinal())
"""What a date cell shows when somebody typed a year from 1900 on into it: 1985 is its day 1985."""

_HAN_DIGITS: Final = "〇一二三四五六七八九"
_HAN_RUN: Final = re.compile(r"[〇零○一二三四五六七八九十]+")
_HAN_TENS: Final = re.compile(r"([一二三])?十([一二三四五六七八九])?")
_SEPARATORS: Final = str.maketrans("、。", "..")
_PARTS: Final = re.compile(r"(\d{4}|\d{2})[-./年](\d{1,2})(?:[-./月](\d{1,2})日?|月)?")


@dataclass(frozen=True)
class PartialDay:
    """A date of which the day, or month and day, may not be known."""

    year: int
    month: int | None = None
    day: int | None = None

    @property
    def first_day(self) -> date:
        """The day itself, or the first day that it can be."""
        return date(
            self.year,
            1 if self.month is None else self.month,
            1 if self.day is None else self.day,
        )

    @property
    def is_whole(self) -> bool:
        """Whether year, month and day are known."""
        return self.day is not None

    def allows(self, day: date) -> bool:
        """Whether `day` can be meant."""
        return (
            self.year == day.year
            and self.month in (None, day.month)
            and self.day in (None, day.day)
        )  # fmt: skip


def partial_day(cell: Cell, today: date) -> PartialDay | None:
    """Read a day, a month or a year; raises `CellError`, also when it could mean two different days."""
    found = _from_typed_cell(cell) if not isinstance(cell, str) else _from_text(present_text(cell), today)
    if found is None:
        return None
    try:
        found.first_day  # noqa: B018 - asks whether the day exists
    except ValueError:
        raise CellError(_("This day does not exist.")) from None
    if not 1850 <= found.year <= today.year + 100:
        raise CellError(_("The year of this date cannot be right."))
    return found


def day(cell: Cell, today: date) -> date | None:
    """Read a whole day; raises `CellError` when only a month or a year is given."""
    found = partial_day(cell, today)
    if found is None:
        return None
    if not found.is_whole:
        raise CellError(_("Write year, month and day, for example 2024-03-01."))
    return found.first_day


def past_day(cell: Cell, today: date) -> PartialDay | None:
    """Read a date that cannot lie in the future, such as a birth."""
    found = partial_day(cell, today)
    if found is not None and found.first_day > today:
        raise CellError(_("This date lies in the future."))
    return found


def _from_typed_cell(cell: Cell) -> PartialDay | None:
    if cell is None:
        return None
    if isinstance(cell, LostValue):
        raise lost(cell)
    if isinstance(cell, datetime | date):
        if cell.toordinal() in YEARS_AS_DAYS:
            raise CellError(
                _("The cell is formatted as a date, but seems to hold a year. Write it like 1985-03-01.")
            )
        return PartialDay(cell.year, cell.month, cell.day)
    if isinstance(cell, bool | time | timedelta):
        raise _not_a_date()
    if isinstance(cell, str):
        return None
    # Compared before it is converted: an integer may be larger than any float.
    if not abs(cell) < 10**9:
        raise _not_a_date()
    if float(cell).is_integer():
        return _from_digits(int(cell))
    if int(cell) in SERIALS:  # a day with a time, without the format of one
        return _from_digits(int(cell))
    # 1985.3 as a number: 1985.1 was typed as 1985.1 or 1985.10, the workbook no longer knows.
    year, _dot, fraction = f"{cell:.15g}".partition(".")
    if not 1850 <= cell <= 2200 or not fraction.isdigit() or len(fraction) > 2:
        raise _not_a_date()
    if fraction == "1":
        raise CellError(
            _("This is January or October, the workbook dropped the zero. Write 1985-01 or 1985-10.")
        )
    return PartialDay(int(year), int(fraction))


def _from_digits(number: int) -> PartialDay:
    if number in SERIALS:
        meant = SERIAL_ZERO + timedelta(days=number)
        return PartialDay(meant.year, meant.month, meant.day)
    digits = str(number)
    if len(digits) == 4:
        return PartialDay(number)
    if len(digits) == 6:
        return PartialDay(int(digits[:4]), int(digits[4:]))
    if len(digits) == 8:
        return PartialDay(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    raise _not_a_date()


def _from_text(written: str, today: date) -> PartialDay | None:
    value = re.sub(r"[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$", "", written)
    value = re.sub(r"(?<=\d)\s+(?=\d)", "-", fold_signs(value).translate(_SEPARATORS))
    value = re.sub(r"\s+", "", value).removesuffix("生").removesuffix("出").rstrip(".号")
    if not value:
        return None
    if "年" in value:
        value = _HAN_RUN.sub(_digits_of, value)
    if value.isascii() and value.isdigit() and len(value) <= 8:
        return _from_digits(int(value))
    if re.fullmatch(r"\d{4}年", value):
        return PartialDay(int(value[:4]))
    found = _PARTS.fullmatch(value)
    if found is None:
        raise _not_a_date()
    year, month, day_of_month = found.groups()
    return PartialDay(_century(year, today), int(month), int(day_of_month) if day_of_month else None)


def _digits_of(written: re.Match[str]) -> str:
    """Return 一九八五 as 1985 and 二十一 as 21; anything else as it is."""
    run = written[0].replace("零", "〇").replace("○", "〇")
    if "十" not in run:
        return "".join(str(_HAN_DIGITS.index(digit)) for digit in run)
    tens = _HAN_TENS.fullmatch(run)
    if tens is None:
        return written[0]
    return str(
        10 * (_HAN_DIGITS.index(tens[1]) if tens[1] else 1) + (_HAN_DIGITS.index(tens[2]) if tens[2] else 0)
    )


def _century(year: str, today: date) -> int:
    if len(year) == 4:
        return int(year)
    past, present = 1900 + int(year), 2000 + int(year)
    if present > today.year:
        return past
    if past < today.year - OLDEST_YEARS:
        return present
    raise CellError(_("A year of two digits can mean two centuries here. Write four digits."))


def _not_a_date() -> CellError:
    return CellError(_("This is not a date. Write it like 1985-03-01."))
