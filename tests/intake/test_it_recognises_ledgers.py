"""From a real file to rows: headings below title rows, under any of their names, what is missing asked for."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.intake.batches import NOW, offer, received
from tests.intake.workbooks import CLERK, Orchard, write_book
from xiaoyuan.intake.cells import text
from xiaoyuan.intake.columns import Column, LedgerKind, Row
from xiaoyuan.intake.errors import FileRefused, NoRows, NothingRecognised
from xiaoyuan.intake.extras import extra_field
from xiaoyuan.intake.interpreting import SkippedRow
from xiaoyuan.intake.kinds import ledger_kind
from xiaoyuan.intake.models import BatchStatus, ImportBatch
from xiaoyuan.intake.pipeline import import_at_once, mapping_of, preview, read_batch
from xiaoyuan.intake.pipeline.blocks import Reading
from xiaoyuan.intake.pipeline.steps import context_of

pytestmark = pytest.mark.django_db
TREES = Orchard().kind()
BEES = LedgerKind(
    "bees", "bees", (Column("hive", "蜂箱号", text(9), is_required=True), Column("note", "果种", text(9))),
    TREES.judge, TREES.apply, TREES.lock, TREES.take_back,
)  # fmt: skip


@pytest.fixture(autouse=True)
def kinds(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(settings, monkeypatch, TREES, BEES)


def read(tmp_path: Path, sheets: dict[str, Sequence[Sequence[Any]]], kind: str = "") -> ImportBatch:
    return read_batch(received(write_book(tmp_path / "book.xlsx", sheets), kind_key=kind).pk)


def rows_of(batch: ImportBatch) -> list[Row]:
    context = context_of(batch, CLERK, NOW)
    reading = Reading(batch, mapping_of(batch), ledger_kind(batch.kind), context)
    return [row for row in reading.rows() if not isinstance(row, SkippedRow)]


def test_headings_below_title_rows(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["双堰社区果树台账"], [], ["填报日期", "2026-03-01"], ["树号*", "果　种", "产量（公斤）"],
        ["1", "梨", 3.5], [], ["2", "桃", "4公斤"],
    ]  # fmt: skip
    found = rows_of(read(tmp_path, {"果树": rows}))
    assert [(row.number, row.values["number"], row.values["fruit"]) for row in found] == [
        (5, "1", "梨"),
        (7, "2", "桃"),
    ]
    assert [str(row.values["yield_kg"]) for row in found] == ["3.5", "4.0"]


def test_a_workbook_of_the_old_format() -> None:
    """trees.xls was written by another program in the format of 1997: title row, texts, numbers, date cells."""
    found = rows_of(read_batch(received(Path(__file__).with_name("trees.xls")).pk))
    assert [(row.number, row.values["number"], row.values["fruit"]) for row in found] == [
        (3, "001", "刺梨"),
        (4, "002", "樱桃"),
    ]
    assert [str(row.values["yield_kg"]) for row in found] == ["3.5", "12.0"]
    assert [row.extra for row in found] == [{"种植日期": "2019-03-12"}, {"种植日期": "2020-02-29"}]


def test_another_name_of_a_column_and_several_sheets(tmp_path: Path) -> None:
    batch = read(
        tmp_path,
        {
            "一组": [["编号", "果种"], ["1", "梨"]],
            "说明": [["填表说明"], ["只填果树"]],
            "二组": [["果种", "树号"], ["桃", "2"]],
        },
    )
    assert [(row.sheet, row.values["number"]) for row in rows_of(batch)] == [("一组", "1"), ("二组", "2")]
    assert list(mapping_of(batch).left_out) == ["说明"]


def test_headings_after_the_twentieth_row_are_not_found(tmp_path: Path) -> None:
    headings = [["树号", "果种"], ["1", "梨"]]
    assert len(rows_of(read(tmp_path, {"树": [[""]] * 19 + headings}))) == 1
    with pytest.raises(NothingRecognised):
        read(tmp_path, {"树": [["title"]] * 20 + headings})


@pytest.mark.parametrize(
    ("headings", "words"),
    [
        (["树号", "产量(公斤)", "联系电话"], ("树", "果种")),  # a required column is missing
        (["树号", "果种", "编号"], ("树", "A", "C")),  # two columns of one meaning
    ],
)
def test_what_is_missing_or_doubled_is_asked_with_its_sheet(
    tmp_path: Path, headings: list[str], words: tuple[str, ...]
) -> None:
    batch = read(tmp_path, {"树": [headings, ["1", "5", "2"], ["2", "6", "3"]]}, kind="trees")
    assert batch.status == BatchStatus.MAPPING
    questions = mapping_of(batch).questions
    assert any(all(word in question for word in words) for question in questions), questions


def test_a_unit_is_part_of_a_column(tmp_path: Path) -> None:
    """产量(吨) is not 产量(公斤): it is kept as it is, not read as kilograms."""
    (row,) = rows_of(read(tmp_path, {"树": [["树号", "果种", "产量(吨)"], ["1", "梨", 3]]}))
    assert "yield_kg" not in row.values
    assert row.extra == {"产量(吨)": "3"}


def test_headings_without_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NoRows):
        read(tmp_path, {"树": [["树号", "果种"], ["", " "]]})


def test_headings_above_notes_only_are_refused(tmp_path: Path) -> None:
    batch = read(tmp_path, {"树": [["树号", "果种"], ["合计", None]]})
    with pytest.raises(NoRows):
        preview(batch_id=batch.pk, actor=CLERK, now=NOW)
    with pytest.raises(NoRows):
        import_at_once(batch_id=batch.pk, actor=CLERK, now=NOW)


def test_each_faulty_cell_is_named_by_sheet_row_and_column(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["树号", "果种", "产量(公斤)"],
        ["1", "梨", "many"],
        [5.20502198503010e17, "桃", 1],
        ["", "李", 1],
    ]
    found = [
        (one.sheet, one.row_number, one.column)
        for row in rows_of(read(tmp_path, {"树": rows}))
        for one in row.problems
    ]
    assert found == [("树", 2, "产量(公斤)"), ("树", 3, "树号"), ("树", 4, "树号")]


def test_the_kind_is_recognised_by_its_headings(tmp_path: Path) -> None:
    assert read(tmp_path, {"蜂": [["蜂箱号", "果种"], ["1", "x"]]}).kind == "bees"
    assert read(tmp_path, {"树": [["树号", "果种"], ["1", "x"]]}).kind == "trees"
    unclear = read(tmp_path, {"都": [["树号", "蜂箱号", "果种"], ["1", "2", "x"]]})
    assert unclear.status == BatchStatus.MAPPING
    with pytest.raises(FileRefused):
        read(tmp_path, {"山": [["山名", "海拔"], ["甲", "900"]]})


def test_names_of_extra_fields() -> None:
    long = [f"{'帮扶责任人联系方式' * 5}{at}" for at in range(2)]
    names = {extra_field(heading) for heading in [*long, "帮扶人"]}
    assert len(names) == 3
    assert all(len(name) <= 40 for name in names)
