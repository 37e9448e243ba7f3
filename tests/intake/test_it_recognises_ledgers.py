"""Headings below title rows, under any of their names; what is missing or doubled is named by sheet and column."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.intake.workbooks import TODAY, Orchard, write_book
from xiaoyuan.intake.cells import text
from xiaoyuan.intake.columns import Column, LedgerKind
from xiaoyuan.intake.errors import (
    ColumnsMissing,
    ColumnTwice,
    FileRefused,
    KindUnclear,
    NoRows,
    NothingRecognised,
    UnknownKind,
)
from xiaoyuan.intake.reading import Ledger, extra_field, letter, read_ledger

TREES = Orchard().kind()


def read(
    tmp_path: Path, sheets: dict[str, Sequence[Sequence[Any]]], *kinds: LedgerKind, **options: Any
) -> Ledger:
    return read_ledger(write_book(tmp_path / "book.xlsx", sheets), kinds or (TREES,), today=TODAY, **options)


def test_headings_below_title_rows(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["双堰社区果树台账"],
        [],
        ["填报日期", "2026-03-01"],
        ["树号*", "果　种", "产量（公斤）"],
        ["1", "梨", 3.5],
        [],
        ["2", "桃", "4公斤"],
    ]
    ledger = read(tmp_path, {"果树": rows})
    assert [(row.number, row.values["number"], row.values["fruit"]) for row in ledger.rows] == [
        (5, "1", "梨"),
        (7, "2", "桃"),
    ]
    assert [str(row.values["yield_kg"]) for row in ledger.rows] == ["3.5", "4.0"]


def test_a_workbook_of_the_old_format() -> None:
    """trees.xls was written by another program in the format of 1997: title row, texts, numbers, date cells."""
    ledger = read_ledger(Path(__file__).with_name("trees.xls"), (TREES,), today=TODAY)
    assert [(row.number, row.values["number"], row.values["fruit"]) for row in ledger.rows] == [
        (3, "001", "刺梨"),
        (4, "002", "樱桃"),
    ]
    assert [str(row.values["yield_kg"]) for row in ledger.rows] == ["3.5", "12.0"]
    assert [row.extra for row in ledger.rows] == [{"种植日期": "2019-03-12"}, {"种植日期": "2020-02-29"}]


def test_another_name_of_a_column_and_several_sheets(tmp_path: Path) -> None:
    ledger = read(
        tmp_path,
        {
            "一组": [["编号", "果种"], ["1", "梨"]],
            "说明": [["填表说明"], ["只填果树"]],
            "二组": [["果种", "树号"], ["桃", "2"]],
        },
    )
    assert [(row.sheet, row.values["number"]) for row in ledger.rows] == [("一组", "1"), ("二组", "2")]
    assert ledger.skipped_sheets == ["说明"]


def test_headings_after_the_twentieth_row_are_not_found(tmp_path: Path) -> None:
    headings = [["树号", "果种"], ["1", "梨"]]
    assert len(read(tmp_path, {"树": [[""]] * 19 + headings}).rows) == 1
    with pytest.raises(NothingRecognised):
        read(tmp_path, {"树": [["title"]] * 20 + headings})


def test_a_missing_column_is_named_with_its_sheet(tmp_path: Path) -> None:
    with pytest.raises(ColumnsMissing, match=r"二组.*果种"):
        read(
            tmp_path,
            {
                "一组": [["树号", "果种"], ["1", "梨"]],
                "二组": [["树号", "产量(公斤)", "联系电话"], ["2", 5, ""]],
            },
        )


def test_a_unit_is_part_of_a_column(tmp_path: Path) -> None:
    """产量(吨) is not 产量(公斤): it is kept as it is, not read as kilograms."""
    ledger = read(tmp_path, {"树": [["树号", "果种", "产量(吨)"], ["1", "梨", 3]]})
    assert "yield_kg" not in ledger.rows[0].values
    assert ledger.rows[0].extra == {"产量(吨)": "3"}


def test_a_doubled_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ColumnTwice, match=r"A.*C"):
        read(tmp_path, {"树": [["树号", "果种", "编号"], ["1", "梨", "2"]]})


def test_headings_without_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NoRows):
        read(tmp_path, {"树": [["树号", "果种"], ["", " "]]})


def test_unknown_columns_are_kept_and_personal_looking_ones_apart(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["树号", "果种", "树龄", "帮扶人", "备注", "备注", None],
        ["1", "梨", 7, "李某", "", "浇水", "无题"],
        ["2", "桃", None, None, "找 13800138000", "", None],
    ]
    first, second = read(tmp_path, {"树": rows}).rows
    assert first.extra == {"树龄": "7", "备注 [F]": "浇水", "[G]": "无题"}
    assert first.personal_extra == {"帮扶人": "李某"}
    assert second.extra == {}
    assert second.personal_extra == {"备注": "找 13800138000"}


def test_each_faulty_cell_is_named_by_sheet_row_and_column(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["树号", "果种", "产量(公斤)"],
        ["1", "梨", "many"],
        [5.20502198503010e17, "桃", 1],
        ["", "李", 1],
    ]
    ledger = read(tmp_path, {"树": rows})
    found = [(one.sheet, one.row_number, one.column) for row in ledger.rows for one in row.problems]
    assert found == [("树", 2, "产量(公斤)"), ("树", 3, "树号"), ("树", 4, "树号")]


def test_the_kind_is_recognised_by_its_headings(tmp_path: Path) -> None:
    bees = LedgerKind(
        "bees", "bees", (Column("hive", "蜂箱号", text(9), is_required=True), Column("note", "果种", text(9))),
        TREES.judge, TREES.apply, TREES.lock, TREES.take_back,
    )  # fmt: skip
    assert read(tmp_path, {"蜂": [["蜂箱号", "果种"], ["1", "x"]]}, TREES, bees).kind is bees
    assert read(tmp_path, {"树": [["树号", "果种"], ["1", "x"]]}, TREES, bees).kind is TREES
    with pytest.raises(KindUnclear):
        read(tmp_path, {"都": [["树号", "蜂箱号", "果种"], ["1", "2", "x"]]}, TREES, bees)
    with pytest.raises(UnknownKind):
        read(tmp_path, {"树": [["树号", "果种"], ["1", "x"]]}, TREES, bees, kind_key="birds")
    with pytest.raises(FileRefused):
        read(tmp_path, {"树": [["树号", "果种"], ["1", "x"]]}, TREES, bees, kind_key="bees")


def test_progress_counts_rows(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    rows = [["树号", "果种"], *([str(at), "梨"] for at in range(5))]
    read(tmp_path, {"树": rows}, TREES, on_row=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (5, 5)
    assert [done for done, _total in seen] == sorted(done for done, _total in seen)


def test_letters_of_columns_and_names_of_extra_fields() -> None:
    assert [letter(at) for at in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
    long = [f"{'帮扶责任人联系方式' * 5}{at}" for at in range(2)]
    names = {extra_field(heading) for heading in [*long, "帮扶人"]}
    assert len(names) == 3
    assert all(len(name) <= 40 for name in names)
