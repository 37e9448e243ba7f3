"""Reading .xlsx and .xls with calamine, after a look at what the file holds that no ledger needs."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite
from pathlib import Path, PurePosixPath
from typing import Final
from xml.etree import ElementTree as ET

import python_calamine

from xiaoyuan.intake.sheets import LostValue, RawCell, RowChunk, SheetInfo, Span
from xiaoyuan.intake.sources import rationing
from xiaoyuan.intake.sources.archives import Archive, Entry, other_format
from xiaoyuan.intake.sources.limits import MB, Limits
from xiaoyuan.intake.sources.refusals import Reason, Refusal
from xiaoyuan.intake.sources.sheet_xml import Peculiarities, column_letters, scan

CHUNK_ROWS: Final = 500
INDEX_LIMIT: Final = 2 * MB
"""Bytes of the parts that only list the others."""
SHEET_LIMIT: Final = 500
"""Sheets of a workbook; a township's has one a village."""
SPAN_CELLS: Final = 5_000_000
"""Cells in the first rows of all merged ranges: what checking them for overlaps costs."""

_BOOK: Final = "xl/workbook.xml"
_RELATIONS: Final = "xl/_rels/workbook.xml.rels"
_TYPES: Final = "[content_types].xml"
_MACROS: Final = re.compile(r"vbaproject|(^|/)macrosheets/|(^|/)activex/", re.IGNORECASE)
_EMBEDDED: Final = re.compile(r"(^|/)embeddings/", re.IGNORECASE)
_PICTURES: Final = re.compile(r"(^|/)media/", re.IGNORECASE)
_DECLARATION: Final = re.compile(rb"<!(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)", re.IGNORECASE)
_LONGEST_DECLARATION: Final = 10
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff", b"\0")
_STREAM_NAMES: Final = {
    Reason.PROTECTED: ("EncryptedPackage", "EncryptionInfo"),
    Reason.MACROS: ("_VBA_PROJECT", "_VBA_PROJECT_CUR"),
    Reason.WRONG_FORMAT: ("WordDocument", "PowerPoint Document"),
}
_BOOK_STREAMS: Final = ("Workbook", "Book")


@dataclass
class _Sheet:
    """A sheet that calamine holds, with what the scan found of it."""

    info: SheetInfo
    cells: python_calamine.CalamineSheet
    lost: dict[int, dict[int, LostValue]]


class WorkbookReader:
    """A workbook being read: `infos`, then `chunks()` once. Raises `Refusal`."""

    def __init__(self, path: Path, limits: Limits, *, is_packed: bool) -> None:
        self._limits = limits
        self._has_pictures = False
        found = self._look_into_zip(path) if is_packed else _look_into_compound(path, limits)
        with _refusing():
            self._sheets = list(self._open(path, found))
        if not self._sheets:
            raise Refusal(Reason.ONLY_PICTURES if self._has_pictures else Reason.EMPTY)
        self.infos = tuple(sheet.info for sheet in self._sheets)

    def _look_into_zip(self, path: Path) -> list[Peculiarities]:
        archive = Archive(path, self._limits)
        try:
            rationing.allow(archive.unpacked, self._limits)
            return self._look(archive)
        finally:
            archive.close()

    def _look(self, archive: Archive) -> list[Peculiarities]:
        names = archive.entries.keys()
        book, relations = archive.find(_BOOK), archive.find(_RELATIONS)
        types = archive.find(_TYPES)
        if book is None:
            raise Refusal(Reason.WRONG_FORMAT, format=other_format(archive).value)
        if any(_MACROS.search(name) for name in names):
            raise Refusal(Reason.MACROS)
        if any(_EMBEDDED.search(name) for name in names):
            raise Refusal(Reason.EMBEDDED)
        self._has_pictures = any(_PICTURES.search(name) for name in names)
        if relations is None or types is None:
            raise Refusal(Reason.DAMAGED)
        if b"macroEnabled" in archive.read(types, INDEX_LIMIT):
            raise Refusal(Reason.MACROS)
        sheets = _sheet_entries(archive, book, relations)
        known = {entry.name: None for _name, entry in sheets if entry is not None}
        for entry in archive.entries.values():
            if entry.name not in known:
                for _part in _checked(archive, entry):
                    pass
        return [
            Peculiarities()
            if entry is None
            else scan(_checked(archive, entry), entry.unpacked, name, self._limits)
            for name, entry in sheets
        ]

    def _open(self, path: Path, found: Sequence[Peculiarities]) -> Iterator[_Sheet]:
        book = python_calamine.load_workbook(path)
        listed = book.sheets_metadata
        kinds = python_calamine.SheetTypeEnum
        if any(sheet.typ in (kinds.MacroSheet, kinds.Vba) for sheet in listed):
            raise Refusal(Reason.MACROS)
        cells = 0
        for index, sheet in enumerate(listed):
            if sheet.typ != kinds.WorkSheet:
                continue
            content = book.get_sheet_by_index(index)
            peculiarities = found[index] if index < len(found) else Peculiarities()
            info = _info(index, sheet, content, peculiarities, self._limits)
            if info is None:
                continue
            cells += info.row_count * info.column_count
            if cells > self._limits.cells:
                corner = f"{column_letters(info.column_count)}{info.row_count}"
                raise Refusal(Reason.TOO_FAR, sheet=info.name, cell=corner)
            yield _Sheet(info, content, peculiarities.lost)

    def chunks(self) -> Iterator[RowChunk]:
        """Yield the rows sheet by sheet, each sheet let go of when it was read; rows without a cell are left out."""
        while self._sheets:
            sheet = self._sheets.pop(0)
            with _refusing():
                yield from _chunks(sheet)


def _sheet_entries(archive: Archive, book: Entry, relations: Entry) -> list[tuple[str, Entry | None]]:
    """Return name and part of each sheet in order; the part is None when it is missing (a chart, for example)."""
    try:
        # Neither part declares entities: `_checked` has refused that.
        targets = {
            relation.get("Id"): relation.get("Target", "")
            for relation in ET.fromstring(_whole(archive, relations))  # noqa: S314 - no entities
        }
        listed = [
            element
            for element in ET.fromstring(_whole(archive, book)).iter()  # noqa: S314 - no entities
            if element.tag.rpartition("}")[2] == "sheet"
        ]
    except ET.ParseError:
        raise Refusal(Reason.DAMAGED) from None
    if len(listed) > SHEET_LIMIT:
        raise Refusal(Reason.SUSPICIOUS)
    sheets: list[tuple[str, Entry | None]] = []
    for element in listed:
        key = next((value for name, value in element.items() if name.rpartition("}")[2] == "id"), "")
        target = targets.get(key, "")
        place = target[1:] if target.startswith("/") else str(PurePosixPath("xl") / target)
        sheets.append((element.get("name", ""), archive.find(place)))
    return sheets


def _whole(archive: Archive, entry: Entry) -> bytes:
    if entry.unpacked > INDEX_LIMIT:
        raise Refusal(Reason.SUSPICIOUS)
    return b"".join(_checked(archive, entry))


def _checked(archive: Archive, entry: Entry) -> Iterator[bytes]:
    """Yield an entry's bytes; XML must be UTF-8 and declare nothing of its own."""
    is_xml = entry.name.lower().endswith((".xml", ".rels", ".vml"))
    tail = b""
    for position, part in enumerate(archive.parts(entry)):
        if is_xml:
            if position == 0 and part.startswith(_WIDE):
                raise Refusal(Reason.SUSPICIOUS)
            # The cheap search first: it is done for hundreds of megabytes.
            if (b"<!" in part or b"<" in tail) and _DECLARATION.search(tail + part):
                raise Refusal(Reason.SUSPICIOUS)
            tail = part[-_LONGEST_DECLARATION:]
        yield part


def _look_into_compound(path: Path, limits: Limits) -> list[Peculiarities]:
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
    return []


def _info(
    index: int,
    sheet: python_calamine.SheetMetadata,
    cells: python_calamine.CalamineSheet,
    found: Peculiarities,
    limits: Limits,
) -> SheetInfo | None:
    """Return what the sheet is, or None when it holds nothing."""
    end = cells.end
    rows = max([end[0] + 1 if end else 0, *(row + 1 for row in found.lost)])
    columns = max([end[1] + 1 if end else 0, *(max(row) + 1 for row in found.lost.values())])
    if not rows:
        return None
    if columns > limits.columns:
        raise Refusal(Reason.TOO_MANY_COLUMNS, sheet=sheet.name, count=columns, limit=limits.columns)
    return SheetInfo(
        index,
        sheet.name,
        rows,
        columns,
        sheet.visible != python_calamine.SheetVisibleEnum.Visible,
        _spans(cells, sheet.name, rows, columns, limits),
        frozenset(row for row in found.hidden_rows if row < rows),
        frozenset(column for column in found.hidden_columns if column < columns),
    )


def _spans(
    cells: python_calamine.CalamineSheet, sheet: str, rows: int, columns: int, limits: Limits
) -> tuple[Span, ...]:
    """Return the merged ranges as far as there are cells; refuse ranges that no program writes."""
    ranges = sorted(cells.merged_cell_ranges or ())
    if len(ranges) > limits.spans:
        raise Refusal(Reason.MERGED_CELLS, sheet=sheet, place=str(len(ranges)))
    taken: dict[int, tuple[int, tuple[tuple[int, int], tuple[int, int]]]] = {}
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


def _range_name(place: tuple[tuple[int, int], tuple[int, int]]) -> str:
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
    start = sheet.cells.start
    margin: list[RawCell] = [None] * (start[1] if start else 0)
    count = 0
    for cells in sheet.cells.iter_rows():
        row = margin + [None if cell == "" else cell for cell in cells]
        if count in sheet.lost or float in map(type, row):
            row = _with_lost(row, sheet.lost.get(count, {}))
        count += 1
        yield row
    for number in range(count, sheet.info.row_count):
        yield _with_lost([], sheet.lost.get(number, {}))


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
