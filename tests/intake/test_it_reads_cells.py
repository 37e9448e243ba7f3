"""Cells in the forms that ledgers really use; what cannot be told is refused, and never quoted."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.intake.workbooks import TODAY
from xiaoyuan.intake import cells, days
from xiaoyuan.intake.cells import Cell
from xiaoyuan.intake.days import PartialDay
from xiaoyuan.intake.errors import CellError


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1985.3", PartialDay(1985, 3)),
        (1985.3, PartialDay(1985, 3)),
        (1985.12, PartialDay(1985, 12)),
        (1985.03, PartialDay(1985, 3)),
        ("1985.10", PartialDay(1985, 10)),
        ("85-03-01", PartialDay(1985, 3, 1)),
        ("85.3", PartialDay(1985, 3)),
        ("15-03-01", PartialDay(2015, 3, 1)),
        ("1985/3/1", PartialDay(1985, 3, 1)),
        ("1985-03-01 00:00:00", PartialDay(1985, 3, 1)),
        ("１９８５．３．１".replace("．", "."), PartialDay(1985, 3, 1)),
        ("1985年3月1日", PartialDay(1985, 3, 1)),
        ("1985年3月", PartialDay(1985, 3)),
        ("1985年", PartialDay(1985)),
        ("1985年3月1日生", PartialDay(1985, 3, 1)),
        ("19850301", PartialDay(1985, 3, 1)),
        (19850301.0, PartialDay(1985, 3, 1)),
        ("198503", PartialDay(1985, 3)),
        (1985, PartialDay(1985)),
        (31107.0, PartialDay(1985, 3, 1)),
        (
            datetime(1985, 3, 1, 9, 30),  # noqa: DTZ001 - a workbook's own time has no zone
            PartialDay(1985, 3, 1),
        ),
        (date(1985, 3, 1), PartialDay(1985, 3, 1)),
        ("", None),
        (None, None),
        ("　", None),
    ],
)
def test_dates_in_common_forms(cell: Cell, expected: PartialDay | None) -> None:
    assert days.partial_day(cell, TODAY) == expected


@pytest.mark.parametrize(
    "cell",
    [
        "1985-02-30", "1985.13", "19851301", "19850001", "1985-00-10", "in spring", "1985-3-1-2", "3/1/1985",
        True, time(3, 4),
        1985.1,  # January, or October whose zero the workbook dropped
        "24-03-01",  # 1924 or 2024
        1985.123, 12.5, "1700-01-01", "123",
    ],
)  # fmt: skip
def test_dates_that_cannot_be_told(cell: Cell) -> None:
    with pytest.raises(CellError):
        days.partial_day(cell, TODAY)


def test_a_day_needs_a_day_and_a_birth_is_past() -> None:
    with pytest.raises(CellError):
        days.day("1985.3", TODAY)
    assert days.day("1985.3.1", TODAY) == date(1985, 3, 1)
    with pytest.raises(CellError):
        days.past_day("2026-03-02", TODAY)
    assert days.past_day("2026-03-01", TODAY) == PartialDay(2026, 3, 1)


@given(st.dates(min_value=date(1925, 1, 1), max_value=date(2026, 3, 1)))
def test_every_day_is_read_from_each_of_its_forms(meant: date) -> None:
    serial = (meant - days.SERIAL_ZERO).days
    forms: list[Cell] = [
        meant,
        datetime.combine(meant, time()),
        meant.isoformat(),
        f"{meant.year}.{meant.month}.{meant.day}",
        f"{meant.year}年{meant.month}月{meant.day}日",
        f"{meant:%Y%m%d}",
        float(f"{meant:%Y%m%d}"),
        float(serial),
    ]
    assert {days.day(form, TODAY) for form in forms} == {meant}


@pytest.mark.parametrize(
    "cell", [5.20502198503010e17, 520502198503010014, "5.20502E+17", "5.20502198503010e+17"]
)
def test_numbers_that_lost_their_digits_are_refused(cell: Cell) -> None:
    with pytest.raises(CellError) as refusal:
        cells.code(40)(cell, TODAY)
    assert "520502" not in str(refusal.value)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("00123", "00123"),
        (520502103003.0, "520502103003"),
        ("１２３ ４５", "12345"),
        (" A-7 ", "A-7"),
        ("", None),
    ],
)
def test_numbers_that_name_something_stay_text(cell: Cell, expected: str | None) -> None:
    assert cells.code(40)(cell, TODAY) == expected


@given(st.integers(min_value=0, max_value=cells.EXACT_DIGITS - 1))
def test_a_number_that_a_workbook_keeps_exactly_comes_back(number: int) -> None:
    assert cells.code(40)(float(number), TODAY) == str(number)


@given(st.integers(min_value=cells.EXACT_DIGITS, max_value=10**22))
def test_a_longer_one_never_does(number: int) -> None:
    with pytest.raises(CellError):
        cells.code(40)(float(number), TODAY)


@pytest.mark.parametrize(
    ("reader", "cell", "expected"),
    [
        (cells.yes_no, "是", True),
        (cells.yes_no, "否", False),
        (cells.yes_no, "√", True),
        (cells.yes_no, True, True),
        (cells.yes_no, 0.0, False),
        (cells.yes_no, "", None),
        (cells.decimal(2), "1,234.565", Decimal("1234.57")),
        (cells.decimal(2, units=("亩",)), "３.５亩", Decimal("3.50")),
        (cells.decimal(2), 0.1 + 0.2, Decimal("0.30")),
        (cells.whole(0, 12, units=("个月",)), "10个月", 10),
        (cells.whole(0, 12), 6.0, 6),
        (cells.phone, "138-0013 8000", "13800138000"),
        (cells.phone, 13800138000.0, "13800138000"),
        (cells.phone, "0857-8223344", "08578223344"),
        (cells.name(60), "张　三", "张三"),
        (cells.name(60), "买买提·吐尔逊", "买买提·吐尔逊"),
        (cells.name(60), "𠮷田", "𠮷田"),
        (cells.word({"男": "1"}, "男, 女"), "男", "1"),
    ],
)
def test_other_cells(reader: Any, cell: Cell, expected: object) -> None:
    assert reader(cell, TODAY) == expected


@pytest.mark.parametrize(
    ("reader", "cell"),
    [
        (cells.yes_no, "也许"),
        (cells.decimal(2), "about 5"),
        (cells.decimal(2), "-1"),
        (cells.decimal(2), date(2020, 1, 1)),
        (cells.whole(0, 12), "13"),
        (cells.whole(0, 12), 6.5),
        (cells.phone, "12345"),
        (cells.name(60), "123"),
        (cells.name(3), "欧阳修远"),
        (cells.text(3), "four"),
        (cells.word({"男": "1"}, "男, 女"), "公"),
        (cells.code(40), date(2020, 1, 1)),
        (cells.code(40), 12.5),
    ],
)
def test_other_cells_that_are_refused(reader: Any, cell: Cell) -> None:
    with pytest.raises(CellError) as refusal:
        reader(cell, TODAY)
    assert len(str(refusal.value)) > 5
    assert cells.as_text(cell) not in str(refusal.value)
