"""Files that are no workbook, locked, broken or too large are refused in words before anything is unpacked."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.intake.workbooks import TODAY, Orchard, write_book
from xiaoyuan.intake.errors import (
    FileRefused,
    NotAWorkbook,
    SheetTooWide,
    WorkbookProtected,
    WorkbookTooLarge,
)
from xiaoyuan.intake.reading import read_ledger
from xiaoyuan.intake.workbooks import ENTRY_LIMIT, UNPACKED_LIMIT_MB, check_size

COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def good(folder: Path) -> bytes:
    return write_book(folder / "good.xlsx", {"树": [["树号", "果种"], ["1", "梨"]]}).read_bytes()


def archive(entries: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as writing:
        for name, data in entries.items():
            writing.writestr(name, data)
    return content.getvalue()


def bomb() -> bytes:
    """A zip of a few hundred kilobytes that says it unpacks to more than allowed."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as writing:
        with writing.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as entry:
            for _megabyte in range(UNPACKED_LIMIT_MB + 1):
                entry.write(b"0" * 1024 * 1024)
    return content.getvalue()


def far_away(folder: Path, cell: str, *, is_placed: bool = True, row: str = "") -> bytes:
    """A good workbook with one more value far from its table; the reader would take memory for all cells between."""
    row = row or cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    place = f' r="{cell}"' if is_placed else ""
    stray = f'<row r="{row}"><c{place} t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    with zipfile.ZipFile(io.BytesIO(good(folder))) as reading:
        entries = {name: reading.read(name) for name in reading.namelist()}
    for name in entries:
        if name.startswith("xl/worksheets/"):
            entries[name] = entries[name].replace(b"</sheetData>", stray.encode())
    return archive(entries)


@pytest.mark.parametrize(
    ("make", "refusal"),
    [
        (lambda folder: b"", NotAWorkbook),
        (lambda folder: b"PK\x03\x04 and nothing else", NotAWorkbook),
        (lambda folder: "姓名,身份证号\n".encode(), NotAWorkbook),
        (lambda folder: b"<html><table></table></html>", NotAWorkbook),
        (lambda folder: b"\x89PNG\r\n\x1a\n" + b"\0" * 100, NotAWorkbook),
        (lambda folder: good(folder)[:-200], NotAWorkbook),
        (lambda folder: good(folder)[:800], NotAWorkbook),
        (lambda folder: archive({"a.txt": b"no workbook"}), NotAWorkbook),
        (lambda folder: archive({f"{at}": b"" for at in range(ENTRY_LIMIT + 1)}), NotAWorkbook),
        (lambda folder: COMPOUND + b"\0" * 4096, NotAWorkbook),
        (lambda folder: COMPOUND + b"\0" * 512 + "EncryptedPackage".encode("utf-16-le"), WorkbookProtected),
        (lambda folder: bomb(), WorkbookTooLarge),
        (lambda folder: far_away(folder, "XFD1048576"), SheetTooWide),
        (lambda folder: far_away(folder, "A1048576", is_placed=False), SheetTooWide),
        (lambda folder: far_away(folder, "Z1048576", row="2"), SheetTooWide),
        (lambda folder: far_away(folder, "XFD999"), SheetTooWide),
    ],
)
def test_a_bad_file_is_refused(
    tmp_path: Path, make: Callable[[Path], bytes], refusal: type[FileRefused]
) -> None:
    path = tmp_path / "台账.xlsx"
    path.write_bytes(make(tmp_path))
    with pytest.raises(refusal, match=r"台账\.xlsx"):
        read_ledger(path, (Orchard().kind(),), today=TODAY)


def test_a_note_beside_the_table_is_no_reason(tmp_path: Path) -> None:
    path = tmp_path / "台账.xlsx"
    path.write_bytes(far_away(tmp_path, "AZ900"))
    assert len(read_ledger(path, (Orchard().kind(),), today=TODAY).rows) == 2


def test_a_good_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "台账.xlsx"
    path.write_bytes(good(tmp_path))
    check_size(path)
    assert len(read_ledger(path, (Orchard().kind(),), today=TODAY).rows) == 1
