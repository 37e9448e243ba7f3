"""Filling a superior's layout: records go into its rows, everything else stays as its author made it.

The sheet is written as text, row by row, so that memory does not grow with the records; formats, merged titles, widths,
drop-downs, formulas and print areas are the layout's own, moved only where rows had to be put in.
"""

import gzip
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl.formula.translate import Translator
from openpyxl.utils import column_index_from_string

from xiaoyuan.exports.errors import TemplateDamaged, TooManyRows
from xiaoyuan.exports.sources import ExportField
from xiaoyuan.exports.writing.frames import Frame
from xiaoyuan.exports.writing.packages import Package, escaped, named, open_package
from xiaoyuan.exports.writing.references import LAST_ROW, RowShift, moved_formula
from xiaoyuan.exports.writing.sheets import LayoutCell, LayoutRow, LayoutSheet, take_apart
from xiaoyuan.exports.writing.styles import Styles, column_styles
from xiaoyuan.exports.writing.values import LONGEST_TEXT, as_text, looks_like_formula, number_in, serial_date
from xiaoyuan.exports.writing.watermarks import Mark, mark_workbook
from xiaoyuan.exports.writing.workbooks import adjust_workbook

_LEVEL: Final = 3
_CHUNK: Final = 1024 * 1024


@dataclass(frozen=True)
class LayoutPlan:
    """Where in a layout what goes: fields by the letters of their column, from row `first_row` on."""

    sheet: str
    first_row: int
    fields: Mapping[str, ExportField]
    merges_groups: bool = False


def fill_layout(
    layout: Path,
    target: Path,
    plan: LayoutPlan,
    records: Iterable[tuple[Any, Sequence[Any]]],
    mark: Mark,
) -> int:
    """Write the layout with its records to `target`; returns how many there were.

    A record is `(group, values)`: values in the order of `plan.fields`, as they may leave; records of one group (a
    household) share merged cells. Raises `TemplateRefused` and `TooManyRows`.
    """
    with open_package(layout) as package:
        part = package.sheets.get(plan.sheet)
        if part is None:
            raise TemplateDamaged
        sheet = take_apart(package, part, plan.first_row)
        styles = Styles(package)
        spool = target.with_name(f"{target.name}.rows")
        try:
            writer = _RecordWriter(sheet, styles, plan)
            with gzip.open(spool, "wb", compresslevel=1) as rows:
                for text in writer.rows(records):
                    rows.write(text.encode())
            shift = RowShift(sheet.first, sheet.before, max(0, writer.count - sheet.capacity))
            adjust_workbook(package, plan.sheet, part, shift)
            mark_workbook(package, mark)
            if styles.document is not None:
                package.replace(styles.part, styles.document)
            frame = Frame(sheet, shift, plan.sheet)
            frame.merge(writer.count, writer.merged)
            frame.mark(mark.line)
            _write(package, target, part, _sheet(sheet, frame, writer, shift, spool, plan.sheet))
        finally:
            spool.unlink(missing_ok=True)
    return writer.count


def _sheet(
    sheet: LayoutSheet, frame: Frame, writer: "_RecordWriter", shift: RowShift, spool: Path, name: str
) -> Iterator[bytes]:
    head, tail = frame.halves()
    yield f"{head}<{sheet.prefix}sheetData>".encode()
    for row in sheet.above:
        yield _kept(row, shift, sheet.prefix, name).encode()
    with gzip.open(spool, "rb") as rows:
        while block := rows.read(_CHUNK):
            yield block
    for number in range(sheet.first + writer.count, sheet.before):
        if number in sheet.prepared:
            yield _kept(sheet.prepared[number], shift, sheet.prefix, name).encode()
    for row in sheet.follows:
        yield _kept(row, shift, sheet.prefix, name).encode()
    yield f"</{sheet.prefix}sheetData>{tail}".encode()


def _kept(row: LayoutRow, shift: RowShift, prefix: str, name: str) -> str:
    """Return a row of the layout where it now stands; formulas follow, their old results stay behind."""
    number = shift.row(row.number)
    cells = []
    for cell in row.cells:
        place = f'<{prefix}c r="{cell.letters}{number}" s="{cell.style}"'
        if cell.formula and cell.kind != "fixed":
            formula = escaped(moved_formula(cell.formula, shift, sheet=name, is_on_sheet=True))
            cells.append(f"{place}><{prefix}f>{formula}</{prefix}f></{prefix}c>")
        else:
            cells.append(_as_it_was(cell, place, prefix))
    return _row_markup(row.attributes, number, cells, prefix)


def _as_it_was(cell: LayoutCell, place: str, prefix: str) -> str:
    kind = f' t="{cell.kind}"' if cell.kind and not cell.kind.startswith(("shared", "fixed")) else ""
    return f"{place}{kind}>{cell.inner}</{prefix}c>" if cell.inner else f"{place}/>"


def _row_markup(attributes: Mapping[str, str], number: int, cells: Sequence[str], prefix: str) -> str:
    given = "".join(f' {key}="{escaped(value)}"' for key, value in attributes.items())
    return f'<{prefix}row r="{number}"{given}>{"".join(cells)}</{prefix}row>'


@dataclass
class _RecordWriter:
    """Turns records into rows, with the looks of the rows that were prepared for them."""

    sheet: LayoutSheet
    styles: Styles
    plan: LayoutPlan
    count: int = 0
    merged: list[tuple[str, int, int]] = field(default_factory=list)
    """Columns' letters with first and last row of cells that were merged down."""

    def __post_init__(self) -> None:
        self._columns = {
            column_index_from_string(letters): (letters, one) for letters, one in self.plan.fields.items()
        }
        self._order = {letters: index for index, letters in enumerate(self.plan.fields)}
        self._defaults = column_styles(named(self.sheet.frame, "col"))
        self._run: tuple[Any, int] | None = None

    def rows(self, records: Iterable[tuple[Any, Sequence[Any]]]) -> Iterator[str]:
        """Yield the markup of each record's row. The last one may look different: it is held back until it shows."""
        held: tuple[Any, Sequence[Any]] | None = None
        for record in records:
            if held is not None:
                yield self._row(held, is_last=False)
            held = record
            if self.sheet.first + self.count + len(self.sheet.follows) > LAST_ROW:
                raise TooManyRows(LAST_ROW)
        if held is not None:
            yield self._row(held, is_last=True)
        self._end_run()

    def _row(self, record: tuple[Any, Sequence[Any]], *, is_last: bool) -> str:
        group, values = record
        number = self.sheet.first + self.count
        origin = self._looks(self.count, is_last=is_last)
        is_first_of_group = self._follow(group, number)
        own = {cell.column: cell for cell in origin.cells} if origin else {}
        cells = []
        for column in sorted({*own, *self._columns}):
            base = own.get(column)
            style = base.style if base else self._style(origin, column)
            if column in self._columns:
                letters, one = self._columns[column]
                value = values[self._order[letters]]
                if self.plan.merges_groups and one.is_merged_down and not is_first_of_group:
                    value = None
                cells.append(self._cell(letters, number, style, one, value))
            elif base is not None:
                cells.append(self._own_cell(base, origin, number))
        self.count += 1
        attributes = origin.attributes if origin else {}
        return _row_markup(attributes, number, cells, self.sheet.prefix)

    def _looks(self, index: int, *, is_last: bool) -> LayoutRow | None:
        """Return the prepared row whose looks record `index` takes: its own; more rows look like the first one."""
        prepared, first, capacity = self.sheet.prepared, self.sheet.first, self.sheet.capacity
        if index < capacity - 1 or (index == capacity - 1 and is_last):
            return prepared.get(first + index) or prepared.get(first)
        if is_last and capacity > 0:
            return prepared.get(first + capacity - 1) or prepared.get(first)
        return prepared.get(first)

    def _style(self, origin: LayoutRow | None, column: int) -> int:
        if origin is not None and origin.attributes.get("customFormat") in ("1", "true"):
            return int(origin.attributes.get("s", 0))
        return self._defaults.get(column, 0)

    def _own_cell(self, cell: LayoutCell, origin: LayoutRow | None, number: int) -> str:
        """Return a cell that no field fills: its formula for this row, what stood in this very row, or its looks."""
        prefix = self.sheet.prefix
        place = f'<{prefix}c r="{cell.letters}{number}" s="{cell.style}"'
        assert origin is not None
        if cell.formula and cell.kind != "fixed":
            start, end = f"{cell.letters}{origin.number}", f"{cell.letters}{number}"
            formula = str(Translator(f"={cell.formula}", origin=start).translate_formula(end))[1:]
            return f"{place}><{prefix}f>{escaped(formula)}</{prefix}f></{prefix}c>"
        if origin.number == number and not cell.is_text:
            return _as_it_was(cell, place, prefix)
        return f"{place}/>"

    def _cell(self, letters: str, number: int, style: int, one: ExportField, value: Any) -> str:
        prefix = self.sheet.prefix
        place = f'<{prefix}c r="{letters}{number}"'
        if value is None or value == "":
            return f'{place} s="{style}"/>'
        if isinstance(value, date) and self.styles.is_date(style):
            return f'{place} s="{style}"><{prefix}v>{serial_date(value)}</{prefix}v></{prefix}c>'
        as_number = number_in(one, value)
        if as_number is not None:
            return f'{place} s="{style}"><{prefix}v>{as_number}</{prefix}v></{prefix}c>'
        text = as_text(value)[:LONGEST_TEXT]
        varied = self.styles.varied(
            style, is_text=text.isdigit() and not isinstance(value, date), is_quoted=looks_like_formula(text)
        )
        return (
            f'{place} s="{varied}" t="inlineStr"><{prefix}is><{prefix}t xml:space="preserve">{escaped(text)}'
            f"</{prefix}t></{prefix}is></{prefix}c>"
        )

    # Cells merged down over a household

    def _follow(self, group: Any, number: int) -> bool:
        """Note to which group a row belongs; returns whether it is the group's first."""
        if self._run is not None and group is not None and self._run[0] == group:
            return False
        self._end_run()
        self._run = (group, number)
        return True

    def _end_run(self) -> None:
        last = self.sheet.first + self.count - 1
        if self._run is not None and self.plan.merges_groups and last > self._run[1]:
            self.merged += [
                (letters, self._run[1], last)
                for letters, one in self.plan.fields.items()
                if one.is_merged_down
            ]
        self._run = None


def _write(package: Package, target: Path, part: str, sheet: Iterator[bytes]) -> None:
    with ZipFile(target, "w", ZIP_DEFLATED, compresslevel=_LEVEL) as out:
        for info in package.zip.infolist():
            name = info.filename
            if name == part:
                with out.open(_fresh(name), "w", force_zip64=True) as stream:
                    for block in sheet:
                        stream.write(block)
            elif name in package.replaced:
                content = package.replaced.pop(name)
                if content is not None:
                    out.writestr(_fresh(name), content)
            elif not name.endswith("/"):
                out.writestr(_fresh(name), package.zip.read(info))
        for name, content in package.replaced.items():
            if content is not None:
                out.writestr(_fresh(name), content)


def _fresh(name: str) -> ZipInfo:
    info = ZipInfo(name, (2000, 1, 1, 0, 0, 0))
    info.compress_type = ZIP_DEFLATED
    if re.search(r"\.(png|jpe?g|gif)$", name, re.IGNORECASE):
        info.compress_type = 0
    return info
