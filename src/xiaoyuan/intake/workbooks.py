"""Opening a workbook: sizes are looked at before anything is unpacked, then calamine reads the cells."""

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import python_calamine

from xiaoyuan.intake.cells import Cell
from xiaoyuan.intake.errors import NotAWorkbook, WorkbookProtected, WorkbookTooLarge

UNPACKED_LIMIT_MB: Final = 200
FILE_LIMIT_MB: Final = 100
ENTRY_LIMIT: Final = 5000
"""Files in a real workbook's zip number a few dozen."""

_MB: Final = 1024 * 1024
_ZIP: Final = b"PK\x03\x04"
_COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")


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
    if len(entries) > ENTRY_LIMIT or any(entry.flag_bits & 1 for entry in entries):
        raise NotAWorkbook(path.name)


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
