"""A superior's layout filled: everything its author made stays, rows are put in where they belong."""

import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Border, Font, PatternFill, Side
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from xiaoyuan.exports.errors import RowTaken, TemplateDamaged
from xiaoyuan.exports.sources import NUMBER_FIELD, ExportField, FieldKind
from xiaoyuan.exports.writing.filling import LayoutPlan, fill_layout
from xiaoyuan.exports.writing.packages import unescaped
from xiaoyuan.exports.writing.references import RowShift, moved_formula, moved_name, moved_range
from xiaoyuan.exports.writing.values import csv_text, looks_like_formula
from xiaoyuan.exports.writing.watermarks import Mark

MARK = Mark("#7 · 王芳 · 2026-11-23 · 报送", [("导出", "#7")])
FIELDS = {
    "A": NUMBER_FIELD,
    "B": ExportField("no", "户号", kind=FieldKind.CODE, is_merged_down=True),
    "C": ExportField("name", "姓名"),
    "D": ExportField("id", "身份证号", kind=FieldKind.CODE),
    "E": ExportField("born", "出生日期", kind=FieldKind.DATE),
    "F": ExportField("area", "面积", kind=FieldKind.DECIMAL),
}
PREPARED = 5


@pytest.fixture(params=["texts in the cells", "texts shared"])
def layout(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A form as offices send it: title, two-row heading, prepared rows with formulas, totals, notes, a second sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "附表 1"
    sheet.merge_cells("A1:H1")
    sheet["A1"] = "某镇人口信息采集表"
    sheet["A1"].font = Font(bold=True, size=18)
    for letters, heading in zip(
        "ABCDEFGH", ("序号", "户号", "姓名", "身份证号", "出生日期", "面积", "单价", "金额"), strict=True
    ):
        sheet[f"{letters}2"] = heading
        sheet.column_dimensions[letters].width = 17
    thin = Side(style="thin")
    for row in range(3, 3 + PREPARED):
        for letters in "ABCDEFGH":
            sheet[f"{letters}{row}"].border = Border(left=thin, right=thin, top=thin, bottom=thin)
        sheet[f"E{row}"].number_format = "yyyy-mm-dd"
        sheet[f"H{row}"] = f"=F{row}*G{row}"
        sheet.row_dimensions[row].height = 21
    sheet["A8"] = "合计"
    sheet["F8"] = "=SUM(F3:F7)"
    sheet["H8"] = "=SUM($H$3:$H$7)"
    sheet["F8"].fill = PatternFill("solid", fgColor="FFFF00")
    sheet.merge_cells("A9:H9")
    sheet["A9"] = "填表人：            审核人："
    validation = DataValidation(type="list", formula1='"甲,乙"')
    sheet.add_data_validation(validation)
    validation.add("C3:C7")
    sheet.conditional_formatting.add(
        "F3:F7", CellIsRule(operator="lessThan", formula=["0"], font=Font(color="FF0000"))
    )
    sheet.print_area = "A1:H9"
    sheet.print_title_rows = "1:2"
    sheet.freeze_panes = "A3"
    book.defined_names["面积合计"] = DefinedName("面积合计", attr_text="'附表 1'!$F$3:$F$7")
    other = book.create_sheet("汇总")
    other["A1"] = "='附表 1'!F8"
    other["A2"] = "=SUM('附表 1'!F3:F7)"
    other["A3"] = "=F8"
    path = tmp_path / "layout.xlsx"
    book.save(path)
    if request.param == "texts shared":
        share_texts(path)
    return path


def share_texts(path: Path) -> None:
    """Keep the texts of a workbook as most programs do: in a part of their own, with their numbers in the cells."""
    with zipfile.ZipFile(path) as source:
        parts = {name: source.read(name).decode() for name in source.namelist()}
    texts: list[str] = []

    def number(found: "re.Match[str]") -> str:
        texts.append(found[2])
        return f'<c {found[1]}t="s"><v>{len(texts) - 1}</v></c>'

    inline = r'<c ([^>]*?)t="inlineStr"><is><t(?: [^>]*)?>(.*?)</t></is></c>'
    for name in list(parts):
        if name.startswith("xl/worksheets/"):
            parts[name] = re.sub(inline, number, parts[name])
    assert texts
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    items = "".join(f'<si><t xml:space="preserve">{text}</t></si>' for text in texts)
    parts["xl/sharedStrings.xml"] = f'<sst xmlns="{main}">{items}</sst>'
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(
        "</Types>", f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
    )
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    parts["xl/_rels/workbook.xml.rels"] = parts["xl/_rels/workbook.xml.rels"].replace(
        "</Relationships>",
        f'<Relationship Id="rIdTexts" Type="{office}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
    )
    with zipfile.ZipFile(path, "w") as target:
        for name, text in parts.items():
            target.writestr(name, text)


def records(count: int, size: int = 3) -> Iterator[tuple[Any, Sequence[Any]]]:
    for number in range(count):
        house = number // size
        yield (
            house,
            [
                number + 1,
                f"00{house}",
                f"人{number}",
                "990001198501012719",
                date(1985, 1, 1),
                Decimal("1.50"),
            ],
        )


def filled(layout: Path, count: int, *, merges: bool = False) -> openpyxl.Workbook:
    target = layout.with_name("filled.xlsx")
    plan = LayoutPlan("附表 1", 3, FIELDS, merges)
    assert fill_layout(layout, target, plan, records(count), MARK) == count
    assert not list(layout.parent.glob("*.rows"))
    return openpyxl.load_workbook(target)


def sheet_of(book: openpyxl.Workbook) -> Worksheet:
    sheet = book["附表 1"]
    assert isinstance(sheet, Worksheet)
    return sheet


@pytest.mark.parametrize("count", [1, PREPARED, PREPARED + 1, 40])
def test_totals_notes_and_references_follow(layout: Path, count: int) -> None:
    book = filled(layout, count)
    sheet = sheet_of(book)
    last = 2 + max(count, PREPARED)
    assert sheet["A1"].value == "某镇人口信息采集表"
    assert [sheet[f"A{row}"].value for row in range(3, 3 + count)] == list(range(1, count + 1))
    assert sheet[f"A{last + 1}"].value == "合计"
    assert sheet[f"F{last + 1}"].value == f"=SUM(F3:F{last})"
    assert sheet[f"H{last + 1}"].value == f"=SUM($H$3:$H${last})"
    assert sheet[f"F{last + 1}"].fill.fgColor.rgb == "00FFFF00"
    assert sheet[f"A{last + 2}"].value == "填表人：            审核人："
    assert {str(one) for one in sheet.merged_cells.ranges} == {"A1:H1", f"A{last + 2}:H{last + 2}"}
    assert str(sheet.data_validations.dataValidation[0].sqref) == f"C3:C{last}"
    assert [str(one.sqref) for one in sheet.conditional_formatting] == [f"F3:F{last}"]
    assert sheet.print_area == f"'附表 1'!$A$1:$H${last + 2}"
    assert sheet.print_title_rows == "$1:$2"
    assert book.defined_names["面积合计"].attr_text == f"'附表 1'!$F$3:$F${last}"
    assert book["汇总"]["A1"].value == f"='附表 1'!F{last + 1}"
    assert book["汇总"]["A2"].value == f"=SUM('附表 1'!F3:F{last})"
    assert book["汇总"]["A3"].value == "=F8"


def test_formulas_and_looks_are_copied_down(layout: Path) -> None:
    sheet = sheet_of(filled(layout, 40))
    for row in (3, 7, 8, 41, 42):
        assert sheet[f"H{row}"].value == f"=F{row}*G{row}"
        assert sheet[f"G{row}"].border.left.style == "thin"
        assert sheet.row_dimensions[row].height == 21
    assert sheet.column_dimensions["D"].width == 17
    assert sheet.freeze_panes == "A3"


def test_kinds_of_values(layout: Path) -> None:
    sheet = sheet_of(filled(layout, 3))
    assert (sheet["D3"].value, sheet["D3"].data_type, sheet["D3"].number_format) == (
        "990001198501012719",
        "s",
        "@",
    )
    assert (sheet["B3"].value, sheet["B3"].data_type) == ("000", "s")
    assert (sheet["F3"].value, sheet["F3"].data_type) == (1.5, "n")
    assert sheet["E3"].value.date() == date(1985, 1, 1)


def test_household_cells_are_merged_down(layout: Path) -> None:
    sheet = sheet_of(filled(layout, 7, merges=True))
    assert {str(one) for one in sheet.merged_cells.ranges} >= {"B3:B5", "B6:B8"}
    assert [sheet[f"B{row}"].value for row in range(3, 10)] == ["000", None, None, "001", None, None, "002"]


@pytest.mark.parametrize(
    "text", ["=1+1", "+86", "-1+2", "@SUM(A1)", "＝1", "＋1", "－1", "＠x", "\t=1", "\r=1", " =1"]
)
def test_no_value_becomes_a_formula(layout: Path, text: str) -> None:
    target = layout.with_name("filled.xlsx")
    fields = {"C": FIELDS["C"]}
    fill_layout(layout, target, LayoutPlan("附表 1", 3, fields), [(None, [text])], MARK)
    cell = sheet_of(openpyxl.load_workbook(target))["C3"]
    assert cell.value == text
    assert cell.data_type == "s"
    assert cell.quotePrefix
    assert csv_text(text) == f"'{text}"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("&#24207;&#x53F7;", "序号"),
        ("a &lt; b &amp; &quot;c&quot; &gt; &apos;d&apos;", "a < b & \"c\" > 'd'"),
        ("&amp;lt; &amp;#24207;", "&lt; &#24207;"),
        ("&#9999999; &unknown; &", "\ufffd &unknown; &"),
    ],
)
def test_headings_are_read_however_a_program_spells_them(markup: str, text: str) -> None:
    assert unescaped(markup) == text


def test_plain_texts_are_left_alone() -> None:
    for text in ("张三", "1", "a=b", "3-1-2"):
        assert not looks_like_formula(text)
    assert csv_text(Decimal("-1.50")) == "-1.5"


def test_signs_of_markup_and_control_stay_readable(layout: Path) -> None:
    target = layout.with_name("filled.xlsx")
    text = "<张&三>\x0b\ud800 𠮷"
    fill_layout(layout, target, LayoutPlan("附表 1", 3, {"C": FIELDS["C"]}), [(None, [text])], MARK)
    assert sheet_of(openpyxl.load_workbook(target))["C3"].value == "<张&三>�� 𠮷"


def test_other_parts_leave_byte_for_byte(layout: Path) -> None:
    filled(layout, 10)
    with zipfile.ZipFile(layout) as before, zipfile.ZipFile(layout.with_name("filled.xlsx")) as after:
        for name in set(before.namelist()) & {
            "xl/theme/theme1.xml",
            "docProps/app.xml",
            "xl/sharedStrings.xml",
        }:
            assert before.read(name) == after.read(name)


def test_what_is_no_layout_is_refused(layout: Path, tmp_path: Path) -> None:
    with pytest.raises(RowTaken):
        fill_layout(layout, tmp_path / "x.xlsx", LayoutPlan("附表 1", 0, FIELDS), [], MARK)
    with pytest.raises(TemplateDamaged):
        fill_layout(layout, tmp_path / "x.xlsx", LayoutPlan("没有", 3, FIELDS), [], MARK)
    hostile = tmp_path / "hostile.xlsx"
    with zipfile.ZipFile(layout) as source, zipfile.ZipFile(hostile, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "xl/workbook.xml":
                content = b'<!DOCTYPE w [<!ENTITY a "aaaa">]>' + content
            target.writestr(name, content)
    with pytest.raises(TemplateDamaged):
        fill_layout(hostile, tmp_path / "x.xlsx", LayoutPlan("附表 1", 3, FIELDS), [], MARK)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("SUM(F3:F7)", "SUM(F3:F10)"),
        ("SUM($F$3:$F$7)+F8", "SUM($F$3:$F$10)+F11"),
        ("F2+F5", "F2+F5"),
        ("SUM(F:F)", "SUM(F:F)"),
        ("汇总!F8", "汇总!F8"),
        ("'附表 1'!F8", "'附表 1'!F11"),
        ('IF(A8="F8",1,2)', 'IF(A11="F8",1,2)'),
        ("SUM(F3:F6)", "SUM(F3:F6)"),
        ("LOG10(F9)", "LOG10(F12)"),
    ],
)
def test_formulas_move(formula: str, expected: str) -> None:
    assert moved_formula(formula, RowShift(3, 8, 3), sheet="附表 1", is_on_sheet=True) == expected


def test_ranges_and_names_move() -> None:
    shift = RowShift(3, 8, 3)
    assert moved_range("A1:H1", shift.grown) == "A1:H1"
    assert moved_range("3:7", shift.grown) == "3:10"
    assert (
        moved_name("'附表 1'!$A$1:$H$9,汇总!$A$8", shift, sheet="附表 1") == "'附表 1'!$A$1:$H$12,汇总!$A$8"
    )


@pytest.mark.slow
def test_fifty_thousand_rows_stay_small(layout: Path) -> None:
    import tracemalloc

    tracemalloc.start()
    target = layout.with_name("filled.xlsx")
    fill_layout(layout, target, LayoutPlan("附表 1", 3, FIELDS), records(50_000), MARK)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 60 * 1024 * 1024
    rows = openpyxl.load_workbook(target, read_only=True)["附表 1"].iter_rows(
        min_row=50_002, values_only=True
    )
    assert next(rows)[0] == 50_000
    assert next(rows)[0] == "合计"


def test_a_workbook_of_shared_formulas_is_written_out(layout: Path) -> None:
    """Programs write one formula for a column and refer to it from the other rows."""
    shared = layout.with_name("shared.xlsx")
    with zipfile.ZipFile(layout) as source, zipfile.ZipFile(shared, "w") as target:
        for name in source.namelist():
            text = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = text.decode()
                content = content.replace("<f>F3*G3</f>", '<f t="shared" ref="H3:H7" si="0">F3*G3</f>')
                for row in range(4, 8):
                    content = content.replace(f"<f>F{row}*G{row}</f>", '<f t="shared" si="0"/>')
                text = content.encode()
            target.writestr(name, text)
    sheet = sheet_of(filled(shared, 9))
    assert [sheet[f"H{row}"].value for row in (3, 6, 11)] == ["=F3*G3", "=F6*G6", "=F11*G11"]


def test_the_mark_leaves_the_layouts_own_footer(layout: Path) -> None:
    book = openpyxl.load_workbook(layout)
    book.worksheets[0].oddFooter.center.text = "第 &P 页"
    book.save(layout)
    sheet = sheet_of(filled(layout, 2))
    assert sheet.oddFooter.center.text == "第 &P 页"
    assert "王芳" in str(sheet.oddHeader.left.text)
