"""Whatever stands in a cell, a reader returns a value or says what is wrong; what was written well comes back."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.intake.workbooks import TODAY
from xiaoyuan.intake import cells, days
from xiaoyuan.intake.cells import Cell, Reader, remembered
from xiaoyuan.intake.days import PartialDay
from xiaoyuan.intake.errors import CellError
from xiaoyuan.intake.sheets import LostValue

WRITTEN = st.text(
    alphabet=st.one_of(
        st.sampled_from("0123456789０１９.-/,，．－+eE年月日号十一二〇 　'亩是否男￥%:#\u200b\ue815𠮷"),
        st.characters(),
    ),
    max_size=30,
)
ANY_CELL: st.SearchStrategy[Cell] = st.one_of(
    st.none(),
    st.booleans(),
    WRITTEN,
    st.integers(),
    st.floats(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
    st.builds(LostValue, st.sampled_from(["", "#REF!"])),
)
READERS: dict[str, Reader] = {
    "text": cells.text(20),
    "name": cells.name(20),
    "code": cells.code(20),
    "phone": cells.phone,
    "decimal": cells.decimal(2, units=("亩",)),
    "signed": cells.decimal(2, lowest=None),
    "whole": cells.whole(0, 150, units=("岁",)),
    "yes_no": cells.yes_no,
    "word": cells.word({"男": "1"}, "男, 女"),
    "partial_day": days.partial_day,
    "day": days.day,
    "past_day": days.past_day,
}


def said(read: Reader, cell: Cell) -> tuple[Any, str]:
    """Return the value that is read, or the sentence of the refusal; any other exception fails the test."""
    try:
        return read(cell, TODAY), ""
    except CellError as refusal:
        return None, str(refusal)


@pytest.mark.parametrize("key", READERS)
@hypothesis_settings(max_examples=400)
@given(cell=ANY_CELL)
def test_any_cell_is_read_or_refused(key: str, cell: Cell) -> None:
    _value, refusal = said(READERS[key], cell)
    assert refusal == "" or len(refusal) > 4


@pytest.mark.parametrize("key", READERS)
@pytest.mark.parametrize(
    "cell", ["9" * 5000, "1e999999999", "-" * 500, 1e308, float("inf"), float("nan"), 5e-324, 10**400]
)
def test_extreme_numbers(key: str, cell: Cell) -> None:
    _value, refusal = said(READERS[key], cell)
    assert "999999" not in refusal


@pytest.mark.parametrize("key", READERS)
def test_a_lost_value_says_what_to_do(key: str) -> None:
    with pytest.raises(CellError, match="#REF!"):
        READERS[key](LostValue("#REF!"), TODAY)
    with pytest.raises(CellError):
        READERS[key](LostValue(""), TODAY)


# ---- numbers that name something ----------------------------------------------------------------------------------

WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


@given(st.from_regex(r"[0-9]{17}[0-9X]", fullmatch=True))
def test_an_id_written_as_text_comes_back(written: str) -> None:
    spaced = f" {written[:6]} {written[6:14]}　{written[14:]}\u200b"
    for form in (written, written.translate(WIDE), f"'{written}", spaced):
        assert cells.code(40)(form, TODAY) == written


@given(st.integers(min_value=10**17, max_value=10**18 - 1))
def test_an_id_kept_as_a_number_is_lost(number: int) -> None:
    forms: list[Cell] = [number, float(number), f"{number:.5E}", f"{number:.14e}", f"{number:.0E}"]
    for form in forms:
        with pytest.raises(CellError, match="15"):
            cells.code(40)(form, TODAY)


@given(st.from_regex(r"[0-9]{20}|[0-9]{22}|[0-9]{17}X[0-9]{2}", fullmatch=True))
def test_numbers_of_disability_cards_are_not_cut(written: str) -> None:
    assert cells.code(40)(written, TODAY) == written


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("＋８６１３８００１３８０００", "13800138000"),
        ("008613800138000", "13800138000"),
        ("（０８５７）８２２３３４４", "08578223344"),
        ("0857－8223344", "08578223344"),
    ],
)
def test_telephone_numbers(cell: str, expected: str) -> None:
    assert cells.phone(cell, TODAY) == expected


@pytest.mark.parametrize("cell", ["13800138000/13900139000", "13800138000、13900139000"])
def test_two_telephone_numbers_are_refused(cell: str) -> None:
    with pytest.raises(CellError):
        cells.phone(cell, TODAY)


def test_names_keep_rare_characters() -> None:
    read = cells.name(60)
    assert read("王\ue815", TODAY) == "王\ue815"
    assert read("\ue815\ue816", TODAY) == "\ue815\ue816"
    assert read("𠮷 㐀", TODAY) == "𠮷㐀"
    assert read("买买提•吐尔逊\u200b", TODAY) == "买买提·吐尔逊"
    assert cells.has_private_use("王\ue815")
    assert not cells.has_private_use("𠮷㐀·A")


# ---- numbers ------------------------------------------------------------------------------------------------------


@given(st.decimals(min_value=0, max_value=10**9, places=2, allow_nan=False, allow_infinity=False))
def test_a_number_comes_back_from_each_of_its_forms(number: Decimal) -> None:
    grouped = f"{number:,}"
    forms: list[Cell] = [
        str(number), grouped, grouped.replace(",", "，"), f" {number} 亩", f"+{number}", float(number),
        str(number).translate(WIDE).replace(".", "．"), f"{number}00",
    ]  # fmt: skip
    assert {cells.decimal(2, units=("亩",))(form, TODAY) for form in forms} == {number}


@given(st.integers(min_value=-(10**12), max_value=10**12))
def test_a_whole_number_comes_back(number: int) -> None:
    forms: list[Cell] = [number, float(number), str(number), f"{number:,}", f"{number}.0", f"{number}人"]
    assert {cells.whole(-(10**12), 10**12, units=("人",))(form, TODAY) for form in forms} == {number}


@pytest.mark.parametrize(
    "cell",
    ["1,2", "1,23,456", "12,34", "1.2.3", "1-2", "5亩3分", "约5", "1/2", ".", "--1", "1e", "1,000.5,5"],
)
def test_numbers_that_could_be_others_are_refused(cell: str) -> None:
    with pytest.raises(CellError):
        cells.decimal(2, lowest=None)(cell, TODAY)


# ---- days ---------------------------------------------------------------------------------------------------------

HAN = dict(zip("0123456789", "〇一二三四五六七八九", strict=True))


def in_han(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else HAN[str(tens)] + "十") + (
        HAN[str(ones)] if ones else ""
    )


@given(st.dates(min_value=date(1927, 1, 1), max_value=date(2026, 3, 1)))
def test_a_day_comes_back_from_each_of_its_forms(meant: date) -> None:
    year, month, day = meant.year, meant.month, meant.day
    years = "".join(HAN[digit] for digit in str(year))
    serial = (meant - days.SERIAL_ZERO).days
    forms: list[Cell] = [
        meant,
        datetime.combine(meant, time(13, 5)),
        f"{year}-{month}-{day}",
        f"{year} {month} {day}",
        f"{year}．{month}．{day}".translate(WIDE),
        f"{year}－{month:02}－{day:02}",
        f"{year}、{month}、{day}",
        f"{year}/{month}/{day} 0:00:00",
        f"{year} 年 {month} 月 {day} 日",
        f"{year}年{month}月{day}日出生",
        f"{years}年{in_han(month)}月{in_han(day)}日",
        f"{years.replace('〇', '零')}年{in_han(month)}月{in_han(day)}号",
        f"{year}{month:02}{day:02}",
        serial,
        float(serial),
        serial + 0.75,
        str(serial),
    ]
    assert {days.day(form, TODAY) for form in forms} == {meant}


@given(st.dates(min_value=date(1927, 1, 1), max_value=date(2026, 3, 1)))
def test_two_digits_mean_the_only_century_possible(meant: date) -> None:
    written = f"{meant.year % 100:02}-{meant.month:02}-{meant.day:02}"
    # Somebody of a hundred may be meant as well: refused.
    if 1921 <= meant.year <= 1926 or meant.year >= 2021:
        with pytest.raises(CellError):
            days.day(written, TODAY)
    else:
        assert days.day(written, TODAY) == meant


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("二〇二〇年", PartialDay(2020)),
        ("二零二零年十二月", PartialDay(2020, 12)),
        ("一九八五年三月", PartialDay(1985, 3)),
        ("1985年三月二十一日", PartialDay(1985, 3, 21)),
        ("1985。3", PartialDay(1985, 3)),
        ("1985 3", PartialDay(1985, 3)),
    ],
)
def test_parts_of_days(cell: Cell, expected: PartialDay) -> None:
    assert days.partial_day(cell, TODAY) == expected


@pytest.mark.parametrize(
    "cell",
    [
        "民国三十四年", "二〇二〇年正月初一", "农历1985年3月", "十十年", "二〇二〇年十三月",
        date(1905, 6, 7),  # 1985 typed into a cell with the format of a date
        datetime(1905, 7, 16),  # noqa: DTZ001 - 2024
        "1 2 3", "1985 13", "19850301000000", 19850301.5, 1985.30001, -5, 0, 1e-7,
    ],
)  # fmt: skip
def test_days_that_cannot_be_told(cell: Cell) -> None:
    with pytest.raises(CellError):
        days.partial_day(cell, TODAY)


# ---- remembering --------------------------------------------------------------------------------------------------


@given(st.lists(st.one_of(ANY_CELL, st.sampled_from(["是", "否", 1, 1.0, True])), max_size=60))
def test_a_remembered_reader_says_the_same(column: list[Cell]) -> None:
    remembering = remembered(cells.yes_no, size=4)
    assert [said(remembering, cell) for cell in column] == [said(cells.yes_no, cell) for cell in column]


def test_a_remembered_reader_reads_equal_cells_once() -> None:
    asked: list[Cell] = []

    def noting(cell: Cell, today: date) -> Any:
        asked.append(cell)
        return cell

    read = remembered(noting, size=3)
    for cell in ["男", "女"] * 50:
        assert read(cell, TODAY) == cell
    assert asked == ["男", "女"]
    # 1, 1.0 and True are equal but not the same cell.
    assert [type(read(cell, TODAY)) for cell in (1, 1.0, True)] == [int, float, bool]


def test_a_remembered_reader_gives_up_on_a_column_of_names() -> None:
    read = remembered(lambda cell, today: cell, size=8)
    assert [read(at, TODAY) for at in range(100)] == list(range(100))


def test_durations_and_times_are_no_text_of_days() -> None:
    assert cells.as_text(timedelta(hours=30)) == "1 day, 6:00:00"
    assert cells.as_text(time(6)) == "06:00:00"
    assert cells.as_text(LostValue("#N/A")) == "#N/A"
