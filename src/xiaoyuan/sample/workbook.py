"""One way to write the sample's workbooks, so that each says in its title that it is invented."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

Cell = str | int | float | date | None


def write_sheet(
    path: Path, sheet: str, title: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]]
) -> None:
    """A merged title row, a header row, then the rows; texts stay texts, dates become date cells."""
    book = Workbook()
    book.properties.creator = "Xiaoyuan sample"
    book.properties.title = title
    book.properties.created = datetime(2026, 1, 1)  # noqa: DTZ001 - a workbook's own time has no zone
    page = book.active
    page.title = sheet
    page.append([title])
    page.append(list(columns))
    for row in rows:
        page.append(list(row))
    page.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(columns))
    page["A1"].font = Font(bold=True, size=16)
    page["A1"].alignment = Alignment(horizontal="center", vertical="center")
    page.row_dimensions[1].height = 30
    for number, name in enumerate(columns, start=1):
        head = page.cell(row=2, column=number)
        head.font = Font(bold=True)
        head.fill = PatternFill("solid", fgColor="E6EFEA")
        head.alignment = Alignment(horizontal="center")
        width = max([2 * len(name), *(len(str(row[number - 1] or "")) * 1.2 for row in rows[:60])])
        page.column_dimensions[get_column_letter(number)].width = min(width + 2, 40)
    page.freeze_panes = "A3"
    book.save(path)
