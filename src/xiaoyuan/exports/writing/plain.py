"""A layout of our own for those who have none: headings, widths, a frozen first row; filled like any other."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from xiaoyuan.exports.sources import ExportField, FieldKind

FIRST_ROW: Final = 3
_THIN: Final = Side(style="thin", color="BFBFBF")
_WIDTHS: Final = {
    FieldKind.CODE: 22, FieldKind.DATE: 12, FieldKind.INTEGER: 10, FieldKind.DECIMAL: 12, FieldKind.BOOLEAN: 9,
}  # fmt: skip


def write_plain_layout(path: Path, title: str, fields: Sequence[ExportField]) -> str:
    """Write an empty workbook with a column for each field; returns the name of its sheet."""
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = title[:31]
    last = get_column_letter(len(fields))
    sheet["A1"] = title
    sheet["A1"].font = Font(bold=True, size=14)
    if len(fields) > 1:
        sheet.merge_cells(f"A1:{last}1")
    border = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
    for column, one in enumerate(fields, start=1):
        heading, cell = sheet.cell(2, column, one.label), sheet.cell(FIRST_ROW, column)
        heading.font = Font(bold=True)
        heading.fill = PatternFill("solid", fgColor="EAF1E4")
        heading.alignment = Alignment(wrap_text=True, vertical="center", horizontal="center")
        heading.border = cell.border = border
        if one.kind is FieldKind.CODE:
            cell.number_format = "@"
        elif one.kind is FieldKind.DATE:
            cell.number_format = "yyyy-mm-dd"
        wide = sum(2 if ord(letter) > 255 else 1 for letter in one.label) + 2
        sheet.column_dimensions[get_column_letter(column)].width = max(wide, _WIDTHS.get(one.kind, 14))
    sheet.freeze_panes = f"A{FIRST_ROW}"
    sheet.print_title_rows = "1:2"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    workbook.save(path)
    return str(sheet.title)
