"""Opening a workbook: sizes are looked at before anything is unpacked, then calamine reads the cells."""

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import python_calamine

from xiaoyuan.intake.cells import Cell
from xiaoyuan.intake.errors import NotAWorkbook, SheetTooWide, WorkbookProtected, WorkbookTooLarge

UNPACKED_LIMIT_MB: Final = 200
FILE_LIMIT_MB: Final = 100
ENTRY_LIMIT: Final = 5000
"""Files in a real workbook's zip number a few dozen."""
CELL_LIMIT: Final = 10_000_000
"""Cells between A1 and the furthest filled one: the reader takes memory for all of them."""

_MB: Final = 1024 * 1024
_ZIP: Final = b"PK\x03\x04"
_COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_WORKBOOK: Final = "xl/workbook.xml"
_FILLED: Final = re.compile(rb"""<(?:\w+:)?c\s[^<>]*?\br=["']([A-Z]{1,3})([0-9]{1,7})["'][^<>/]*>""")
_UNPLACED: Final = re.compile(rb"""<(?:\w+:)?c(?![^<>]*\sr=["'])(?:\s[^<>/]*)?>""")
_ROW: Final = re.compile(rb"""<(?:\w+:)?row\s[^<>]*?\br=["']([0-9]{1,7})["']""")
_FIVE_DIGITS: Final = re.compile(rb"""\sr=["'][A-Z]{0,3}([0-9]{5,})""")
_TWO_LETTERS: Final = re.compile(rb"""\sr=["'][A-Z]{2}""")
_THREE_LETTERS: Final = re.compile(rb"""\sr=["'][A-Z]{3}""")
_ODD_CELL: Final = re.compile(rb"""<(?:\w+:)?c(?:>|\s(?!r=["'][A-Z]))""")
_LAST_COLUMN: Final = b"XFD"


@dataclass(frozen=True)
class Sheet:
    """A sheet's cells. `rows[0]` is row 1 of the workbook."""

    name: str
    rows: Sequence[Sequence[Cell]]


def check_size(path: Path) -> None:
    """Refuse what is no workbook, is locked, or would unpack to more than allowed, without unpacking it."""
    size = path.stat().st_size
    if size > FILE_LIMIT_MB * _MB:
        raise WorkbookTooLarge(path.name, size // _MB, FILE_LIMIT_MB)
    with path.open("rb") as file:
        start = file.read(8)
        if start == _COMPOUND:
            if _ENCRYPTED in file.read():
                raise WorkbookProtected(path.name)
            return
    if not start.startswith(_ZIP):
        raise NotAWorkbook(path.name)
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise NotAWorkbook(path.name) from None
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > UNPACKED_LIMIT_MB * _MB:
        raise WorkbookTooLarge(path.name, unpacked // _MB, UNPACKED_LIMIT_MB)
    is_workbook = any(entry.filename.lower() == _WORKBOOK for entry in entries)
    if not is_workbook or len(entries) > ENTRY_LIMIT or any(entry.flag_bits & 1 for entry in entries):
        raise NotAWorkbook(path.name)
    _check_extent(path)


def _check_extent(path: Path) -> None:
    """Refuse a workbook with a filled cell so far out that the cells before it do not fit into memory."""
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                with archive.open(entry) as content:
                    if not _may_be_wide(content):
                        continue
                with archive.open(entry) as content:
                    column, row = _furthest(content)
                if _column_number(column) * row > CELL_LIMIT:
                    raise SheetTooWide(path.name, f"{column.decode()}{row}")
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError):
        raise NotAWorkbook(path.name) from None


def _may_be_wide(content: IO[bytes]) -> bool:
    """Look only at how large numbers and how many letters places have: faster, and enough for most ledgers."""
    row, letters, is_odd = 9999, 1, False
    for part in _parts(content):
        row = max(row, *map(int, _FIVE_DIGITS.findall(part)), 0)
        letters = max(letters, 3 if _THREE_LETTERS.search(part) else 2 if _TWO_LETTERS.search(part) else 1)
        is_odd = is_odd or _ODD_CELL.search(part) is not None
    return is_odd or row * _column_number(b"Z" * letters) > CELL_LIMIT


def _furthest(content: IO[bytes]) -> tuple[bytes, int]:
    """Return the rightmost column and the lowest row of filled cells in a sheet (empty and 0 without any)."""
    column, row = b"", 0
    for part in _parts(content):
        cells = _FILLED.findall(part)
        if cells:
            column = max(column, *{letters for letters, _number in cells}, key=_column_order)
            row = max(row, max(int(number) for _letters, number in cells))
        if _UNPLACED.search(part):
            column = _LAST_COLUMN
            row = max(row, *map(int, _ROW.findall(part)), 0)
    return column, row


def _parts(content: IO[bytes]) -> Iterator[bytes]:
    """Yield XML in parts that end between two tags."""
    rest = b""
    while part := content.read(4 * _MB):
        whole, _bracket, rest = (rest + part).rpartition(b"<")
        yield whole
        rest = b"" if len(rest) > _MB else b"<" + rest  # what never ends is no tag of a sheet


def _column_order(letters: bytes) -> tuple[int, bytes]:
    return len(letters), letters


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def read_sheets(path: Path) -> list[Sheet]:
    """Return the worksheets that hold anything, hidden ones left out; raises `FileRefused`."""
    check_size(path)
    with _refusing(path.name):
        workbook = python_calamine.load_workbook(path)
        visible = [
            sheet.name
            for sheet in workbook.sheets_metadata
            if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
            and sheet.visible == python_calamine.SheetVisibleEnum.Visible
        ]
        sheets = [
            Sheet(name, workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in visible
        ]
    return [sheet for sheet in sheets if sheet.rows]


@contextmanager
def _refusing(name: str) -> Iterator[None]:
    try:
        yield
    except python_calamine.PasswordError:
        raise WorkbookProtected(name) from None
    except (python_calamine.CalamineError, OSError, ValueError):
        raise NotAWorkbook(name) from None
    except BaseException as fault:
        # A file that breaks the reader itself surfaces as pyo3's PanicException, which is no Exception.
        if type(fault).__name__ != "PanicException":
            raise
        raise NotAWorkbook(name) from None
