"""Reading workbooks with calamine: those of today after they were looked at and rebuilt, the old ones as they are."""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from math import isfinite
from pathlib import Path
from typing import Final

import python_calamine

from xiaoyuan.intake.sheets import LostValue, RawCell, RowChunk, SheetInfo, Span
from xiaoyuan.intake.sources import rationing
from xiaoyuan.intake.sources.limits import Limits
from xiaoyuan.intake.sources.packages import look_into
from xiaoyuan.intake.sources.refusals import Reason, Refusal
from xiaoyuan.intake.sources.sheet_xml import column_letters

CHUNK_ROWS: Final = 500
SPAN_CELLS: Final = 5_000_000
"""Cells in the first rows of all merged ranges: what checking them for overlaps costs."""
ROWS_AT_ONCE: Final = 100_000
"""Rows that may become Python's objects at once."""

_STREAM_NAMES: Final = {
    Reason.PROTECTED: ("EncryptedPackage", "EncryptionInfo"),
    Reason.MACROS: ("_VBA_PROJECT", "_VBA_PROJECT_CUR"),
    Reason.WRONG_FORMAT: ("WordDocument", "PowerPoint Document"),
}
_BOOK_STREAMS: Final = ("Workbook", "Book")


Place = tuple[tuple[int, int], tuple[int, int]]


@dataclass
class _Sheet:
    """A sheet, and what gives its cells part by part."""

    info: SheetInfo
    parts: Callable[[], Iterator[python_calamine.CalamineSheet]]
    lost: dict[int, dict[int, LostValue]]


class WorkbookReader:
    """A workbook being read: `infos`, then `chunks()` once. Raises `Refusal`."""

    def __init__(self, path: Path, limits: Limits, *, is_packed: bool) -> None:
        with _refusing():
            self._sheets = list(_packed_sheets(path, limits) if is_packed else _old_sheets(path, limits))
        cells = 0
        for sheet in self._sheets:
            rows, columns = sheet.info.row_count, sheet.info.column_count
            cells += rows * columns
            if columns > limits.columns:
                raise Refusal(
                    Reason.TOO_MANY_COLUMNS, sheet=sheet.info.name, count=columns, limit=limits.columns
                )
            if cells > limits.cells:
                raise Refusal(Reason.TOO_FAR, sheet=sheet.info.name, cell=f"{column_letters(columns)}{rows}")
        if not self._sheets:
            raise Refusal(Reason.EMPTY)
        self.infos = tuple(sheet.info for sheet in self._sheets)

    def chunks(self) -> Iterator[RowChunk]:
        """Yield the rows sheet by sheet, each sheet let go of when it was read; chunks without a cell are left out."""
        while self._sheets:
            sheet = self._sheets.pop(0)
            with _refusing():
                yield from _chunks(sheet)


def _packed_sheets(path: Path, limits: Limits) -> Iterator[_Sheet]:
    package = look_into(path, limits)
    filled = [sheet for sheet in package.sheets if sheet.found.last_row]
    if not filled and package.has_pictures:
        raise Refusal(Reason.ONLY_PICTURES)
    book = python_calamine.load_workbook(io.BytesIO(package.content))
    for sheet in filled:
        found = sheet.found
        # Merged ranges stand behind the rows, in the last cut. A short sheet is parsed now, so that it is known to
        # be sound before a row of it is handed over.
        is_parsed = found.has_spans or len(sheet.cuts) == 1
        last = book.get_sheet_by_index(sheet.cuts[-1]) if is_parsed else None
        ranges = last.merged_cell_ranges if last is not None else None
        info = SheetInfo(
            sheet.index,
            sheet.name,
            found.last_row,
            found.last_column,
            sheet.is_hidden,
            _spans(ranges or (), sheet.name, found.last_row, found.last_column, limits),
            frozenset(row for row in found.hidden_rows if row < found.last_row),
            frozenset(column for column in found.hidden_columns if column < found.last_column),
        )
        yield _Sheet(info, partial(_cuts, book, sheet.cuts, last), found.lost)


def _cuts(
    book: python_calamine.CalamineWorkbook, cuts: range, last: python_calamine.CalamineSheet | None
) -> Iterator[python_calamine.CalamineSheet]:
    for number in cuts[:-1]:
        yield book.get_sheet_by_index(number)
    yield last if last is not None else book.get_sheet_by_index(cuts[-1])


def _old_sheets(path: Path, limits: Limits) -> Iterator[_Sheet]:
    _look_into_compound(path, limits)
    book = python_calamine.load_workbook(path)
    kinds = python_calamine.SheetTypeEnum
    if any(sheet.typ in (kinds.MacroSheet, kinds.Vba) for sheet in book.sheets_metadata):
        raise Refusal(Reason.MACROS)
    for index, sheet in enumerate(book.sheets_metadata):
        content = book.get_sheet_by_index(index) if sheet.typ == kinds.WorkSheet else None
        if content is None or content.end is None:
            continue
        rows, columns = content.end[0] + 1, content.end[1] + 1
        spans = _spans(content.merged_cell_ranges or (), sheet.name, rows, columns, limits)
        is_hidden = sheet.visible != python_calamine.SheetVisibleEnum.Visible
        yield _Sheet(
            SheetInfo(index, sheet.name, rows, columns, is_hidden, spans), partial(iter, [content]), {}
        )


def _look_into_compound(path: Path, limits: Limits) -> None:
    """Look at the names of an OLE file's streams: the old formats, and workbooks locked by a password."""
    rationing.allow(path.stat().st_size, limits, ratio=rationing.COMPOUND_RATIO)
    content = path.read_bytes()
    for reason, names in _STREAM_NAMES.items():
        if any(name.encode("utf-16-le") + b"\0\0" in content for name in names):
            if reason == Reason.WRONG_FORMAT:
                raise Refusal(reason, format="document")
            raise Refusal(reason)
    if not any(name.encode("utf-16-le") + b"\0\0" in content for name in _BOOK_STREAMS):
        raise Refusal(Reason.NOT_A_WORKBOOK)


def _spans(found: Sequence[Place], sheet: str, rows: int, columns: int, limits: Limits) -> tuple[Span, ...]:
    """Return the merged ranges as far as there are cells; refuse ranges that no program writes."""
    ranges = sorted(found)
    if len(ranges) > limits.spans:
        raise Refusal(Reason.MERGED_CELLS, sheet=sheet, place=str(len(ranges)))
    taken: dict[int, tuple[int, Place]] = {}
    spans = []
    walked = 0
    for one in ranges:
        (first_row, first_column), (last_row, last_column) = one
        walked += last_column - first_column + 1
        if first_row > last_row or first_column > last_column or walked > SPAN_CELLS:
            raise Refusal(Reason.MERGED_CELLS, sheet=sheet, place=_range_name(one))
        for column in range(first_column, last_column + 1):
            before = taken.get(column)
            if before is not None and before[0] >= first_row:
                place = f"{_range_name(before[1])}, {_range_name(one)}"
                raise Refusal(Reason.MERGED_CELLS, sheet=sheet, place=place)
            taken[column] = last_row, one
        last_row, last_column = min(last_row, rows - 1), min(last_column, columns - 1)
        if (last_row > first_row or last_column > first_column) and (
            first_row <= last_row and first_column <= last_column
        ):
            spans.append(Span(first_row, first_column, last_row, last_column))
    return tuple(spans)


def _range_name(place: Place) -> str:
    (first_row, first_column), (last_row, last_column) = place
    return (
        f"{column_letters(first_column + 1)}{first_row + 1}:{column_letters(last_column + 1)}{last_row + 1}"
    )


def _chunks(sheet: _Sheet) -> Iterator[RowChunk]:
    rows: list[list[RawCell]] = []
    first = 0
    for row in _rows(sheet):
        while row and row[-1] is None:
            row.pop()
        rows.append(row)
        if len(rows) == CHUNK_ROWS:
            yield from _chunk(sheet.info.index, first, rows)
            first += CHUNK_ROWS
            rows = []
    yield from _chunk(sheet.info.index, first, rows)


def _rows(sheet: _Sheet) -> Iterator[list[RawCell]]:
    """Yield all rows, empty ones too; the cells must be where the look at the file said that they are."""
    count = 0
    for part in sheet.parts():
        start = part.start
        if start is None:
            continue
        if start[0] < count:
            raise Refusal(Reason.DAMAGED)
        for number in range(count, start[0]):
            yield _with_lost([], sheet.lost.get(number, {}))
        count = start[0]
        margin: list[RawCell] = [None] * start[1]
        for cells in _filled_rows(part, start[0]):
            row = margin + [None if cell == "" else cell for cell in cells]
            if count in sheet.lost or float in map(type, row):
                row = _with_lost(row, sheet.lost.get(count, {}))
            count += 1
            yield row
    for number in range(count, sheet.info.row_count):
        yield _with_lost([], sheet.lost.get(number, {}))


def _filled_rows(part: python_calamine.CalamineSheet, first: int) -> Iterator[Sequence[RawCell]]:
    if part.height <= ROWS_AT_ONCE:
        return iter(part.to_python(skip_empty_area=True))
    # This way the rows are made one by one, but all those before the first filled one too.
    return islice(part.iter_rows(), first, None)


def _chunk(index: int, first: int, rows: list[list[RawCell]]) -> Iterator[RowChunk]:
    if any(rows):
        yield RowChunk(index, first, rows)


def _with_lost(row: list[RawCell], lost: dict[int, LostValue]) -> list[RawCell]:
    """Put in what the file lost; a number beyond all numbers is lost as well."""
    row = [LostValue("#NUM!") if isinstance(cell, float) and not isfinite(cell) else cell for cell in row]
    if lost:
        row += [None] * (max(lost) + 1 - len(row))
        for column, value in lost.items():
            row[column] = value
    return row


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except python_calamine.PasswordError:
        raise Refusal(Reason.PROTECTED) from None
    except (python_calamine.CalamineError, OSError, ValueError):
        raise Refusal(Reason.DAMAGED) from None
    except MemoryError:
        raise Refusal(Reason.MEMORY) from None
    except BaseException as fault:
        # A file that breaks the reader itself surfaces as pyo3's PanicException, which is no Exception.
        if type(fault).__name__ != "PanicException":
            raise
        raise Refusal(Reason.DAMAGED) from None
