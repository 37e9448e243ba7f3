"""The file comes back with a verdict beside each row: coloured, commented, and never a formula of ours."""

from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font

from tests.intake.batches import NOW, read
from tests.intake.workbooks import CLERK, Orchard
from xiaoyuan.intake import report as reporting
from xiaoyuan.intake.models import Decision, ImportBatch, StagedRow, Verdict
from xiaoyuan.intake.pipeline import decide, stage_batch
from xiaoyuan.intake.report import write_report
from xiaoyuan.vault.files import unsealed

pytestmark = pytest.mark.django_db

ROWS: list[list[Any]] = [
    ["果树台账", None, None, None],
    ["树号", "果种", "产量(公斤)", "联系电话"],
    ["1", "梨", 3.5, "10012345678"],
    ["2", "桃", "many", "12"],
    [None, None, None, None],
    ["3", "李", None, None],
    ["合计", None, 3.5, None],
    ["=1+1", "+杏", None, None],
]


def made(path: Path) -> Path:
    """Write the rows as a clerk's program would, with a look of their own."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "果树"
    for row in ROWS:
        sheet.append(row)
    sheet["A8"].data_type = "s"
    sheet.merge_cells("A1:D1")
    sheet["A1"].font = Font(bold=True, size=20)
    sheet.column_dimensions["B"].width = 33
    book.create_sheet("说明").append(["只填果树"])
    book.save(path)
    return path


def as_csv(path: Path) -> Path:
    """Write the rows as text."""
    lines = [",".join("" if cell is None else str(cell) for cell in row) for row in ROWS]
    path.write_text("\n".join(lines), encoding="gb18030")
    return path


def reported(path: Path, target: Path, **options: Any) -> Any:
    """Import, compare, and open the report."""
    batch = stage_batch(read(path).pk)
    with unsealed(county_id=1, subject=batch.subject, name="source", shown_name=batch.file_name) as source:
        write_report(batch, source, target, **options)
    return load_workbook(target)


def column(sheet: Any, at: int) -> list[Any]:
    return [sheet.cell(number, at).value for number in range(1, 9)]


@pytest.fixture
def planted(orchard: Orchard) -> Orchard:
    orchard.planted.append("3")
    return orchard


def labels() -> list[Any]:
    """What stands beside each row."""
    new, error, same, skipped = (str(Verdict(one).label) for one in ("new", "error", "same", "skipped"))
    return [None, "导入结果", new, error, None, same, skipped, new]


def test_a_workbook_keeps_its_look_and_gets_verdicts(tmp_path: Path, planted: Orchard) -> None:
    book = reported(made(tmp_path / "果树.xlsx"), tmp_path / "report.xlsx")
    sheet = book["果树"]
    assert book.sheetnames == ["果树", "说明", "导入结果"]
    assert column(sheet, 5) == labels()
    assert [[cell.value for cell in row[:4]] for row in sheet.iter_rows()] == ROWS
    assert (sheet["A1"].font.size, sheet.column_dimensions["B"].width) == (20, 33)
    assert [str(one) for one in sheet.merged_cells.ranges] == ["A1:D1"]
    # Each fault is said in its cell and beside the row.
    assert [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.comment] == ["C4", "D4"]
    assert sheet["C4"].fill.fgColor.rgb == sheet["D4"].fill.fgColor.rgb != sheet["B4"].fill.fgColor.rgb
    text = sheet["F4"].value
    assert sheet["C4"].comment.text in text
    assert sheet["D4"].comment.text in text
    assert text.startswith("产量(公斤): ")
    fills = {sheet.cell(number, 5).fill.fgColor.rgb for number in (3, 4, 7)}
    assert len(fills) == 3
    assert sheet["E6"].fill.fill_type is None


def test_a_text_file_comes_back_as_a_workbook(tmp_path: Path, planted: Orchard) -> None:
    # A text file's sheet has the file's name, which may be none for a sheet.
    book = reported(as_csv(tmp_path / f"果树[1]{'的' * 30}.csv"), tmp_path / "report.xlsx")
    sheet = book.worksheets[0]
    assert column(sheet, 5) == labels()
    assert [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.comment] == ["C4", "D4"]
    shown = [["" if cell is None else str(cell) for cell in row] for row in ROWS]
    assert [
        ["" if cell.value is None else str(cell.value) for cell in row[:4]] for row in sheet.iter_rows()
    ] == shown


def test_a_large_workbook_is_written_row_by_row(
    tmp_path: Path, planted: Orchard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporting, "CELLS_WITH_LOOK", 3)
    book = reported(made(tmp_path / "果树.xlsx"), tmp_path / "report.xlsx")
    assert book.sheetnames == ["果树", "说明", "导入结果"]
    assert column(book["果树"], 5) == labels()
    assert [[cell.value for cell in row[:4]] for row in book["果树"].iter_rows()] == ROWS


@pytest.mark.parametrize("limit", [0, 10_000])
def test_nothing_becomes_a_formula(
    tmp_path: Path, planted: Orchard, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    """Neither what the file said as text nor what we add: a heading may be a formula, and sentences name headings."""
    monkeypatch.setattr(reporting, "CELLS_WITH_LOOK", limit)
    path = made(tmp_path / "果树.xlsx")
    batch = stage_batch(read(path).pk)
    row = StagedRow.objects.get(batch=batch, row_number=4)
    row.messages = [{"column": "", "text": "=HYPERLINK(1)"}, {"column": "=1+1", "text": "@x"}]
    row.save()
    ImportBatch.objects.filter(pk=batch.pk).update(file_name="=cmd.xlsx")
    batch.refresh_from_db()
    write_report(batch, path, tmp_path / "report.xlsx")
    book = load_workbook(tmp_path / "report.xlsx")
    formulas = [
        cell.coordinate
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]
    assert formulas == []
    assert book["果树"]["F4"].value.startswith("=HYPERLINK(1)")


def test_a_summary_counts_and_names_what_is_absent(tmp_path: Path, planted: Orchard) -> None:
    path = made(tmp_path / "果树.xlsx")
    batch = stage_batch(read(path).pk)
    for number, record in ((1, 41), (2, 42)):
        StagedRow.objects.create(
            county_id=1, batch=batch, row_number=number, verdict=Verdict.ABSENT, object_kind="orchard.tree",
            object_id=record, decision=Decision.KEEP if record == 42 else "",
        )  # fmt: skip
    write_report(
        batch, path, tmp_path / "report.xlsx", names=lambda records: {("orchard.tree", 41): "户 0041"}
    )
    lines = [
        [cell.value for cell in row]
        for row in load_workbook(tmp_path / "report.xlsx")["导入结果"].iter_rows()
    ]
    assert ["文件", "果树.xlsx"] in lines
    assert [str(Verdict.NEW.label), "2"] in lines
    assert [str(Verdict.ERROR.label), "1"] in lines
    assert ["户 0041", str(Decision.UNDECIDED.label)] in lines
    assert ["记录 42", str(Decision.KEEP.label)] in lines
    assert any("说明" in str(line[0]) for line in lines)


def test_decisions_and_rows_not_compared_are_told(tmp_path: Path, planted: Orchard) -> None:
    path = made(tmp_path / "果树.xlsx")
    batch = read(path)
    write_report(batch, path, tmp_path / "early.xlsx")
    early = column(load_workbook(tmp_path / "early.xlsx")["果树"], 5)
    assert early == [None, "导入结果", "未比对", "未比对", None, "未比对", "未比对", "未比对"]
    batch = stage_batch(batch.pk)
    rows = StagedRow.objects.filter(batch=batch, verdict=Verdict.ERROR)
    decide(batch=batch, row_ids=[row.pk for row in rows], choice=Decision.LEAVE_OUT, actor=CLERK, now=NOW)
    write_report(batch, path, tmp_path / "report.xlsx")
    beside = column(load_workbook(tmp_path / "report.xlsx")["果树"], 5)[3]
    assert beside == f"{Verdict.ERROR.label}: {Decision.LEAVE_OUT.label}"


def test_a_sheet_of_the_same_name_does_not_disturb(tmp_path: Path, planted: Orchard) -> None:
    path = made(tmp_path / "果树.xlsx")
    book = load_workbook(path)
    book["说明"].title = "导入结果"
    book.save(path)
    assert reported(path, tmp_path / "report.xlsx").sheetnames == ["果树", "导入结果", "导入结果 2"]
