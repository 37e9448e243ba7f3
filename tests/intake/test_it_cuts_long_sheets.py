"""A long sheet is read in cuts: where they lie shows nowhere in what is read."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import python_calamine

from tests.intake.raw_books import MAIN, SHEET, book, entries
from xiaoyuan.intake.sheets import LostValue, Span
from xiaoyuan.intake.sources import rebuilding
from xiaoyuan.intake.sources.limits import DEFAULT
from xiaoyuan.intake.sources.reading import read_source
from xiaoyuan.intake.sources.rebuilding import Rebuilt
from xiaoyuan.intake.sources.sheet_xml import Peculiarities, blocks, scan

ROWS = 90_000
LAST = 100_000
NOTE = "一段很长的备注，使工作表的内容多起来" * 4


def long_sheet() -> str:
    """90,000 rows of five cells, a gap, one more row: some 35 MB of XML with peculiarities far down."""
    rows = [
        f'<row r="{row}"{" hidden=" + chr(34) + "1" + chr(34) if row == 80_001 else ""}>'
        f'<c r="B{row}"><v>{row}</v></c><c r="C{row}" t="inlineStr"><is><t>{NOTE}</t></is></c>'
        f'<c r="D{row}" s="1"/><c r="E{row}">{"<f>1+1</f>" if row == 70_001 else "<v>2</v>"}</c></row>'
        for row in range(1, ROWS + 1)
    ]
    tail = f'<row r="{LAST}"><c r="A{LAST}"><v>9</v></c></row></sheetData>'
    merges = '<mergeCells count="1"><mergeCell ref="B85001:B85004"/></mergeCells>'
    return f"<cols><col min='4' max='4' hidden='1'/></cols><sheetData>{''.join(rows)}{tail}{merges}"


def test_a_long_sheet_is_read_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "台账.xlsx"
    path.write_bytes(book(long_sheet(), SHEET))
    numbers: list[int] = []
    with read_source(path) as source:
        first, second = source.sheets
        for chunk in source.chunks():
            if chunk.sheet_index == 0:
                numbers += [chunk.first_row + at for at, row in enumerate(chunk.rows) if row]
                for at, row in enumerate(chunk.rows, start=chunk.first_row + 1):
                    assert not row or at == LAST or row[1:3] == [float(at), NOTE]
                    assert not row or at == LAST or row[4] == (LostValue("") if at == 70_001 else 2.0)
            else:
                assert list(chunk.rows) == [["户号", "姓名"], [1.0, "样例"]]
    assert numbers == [*range(ROWS), LAST - 1]
    assert (first.row_count, first.column_count, first.spans) == (LAST, 5, (Span(85_000, 1, 85_003, 1),))
    assert (first.hidden_rows, first.hidden_columns) == (frozenset({80_000}), frozenset({3}))
    assert (second.row_count, second.index) == (2, 1)


@pytest.mark.parametrize("cut", [1, 200, 1_000_000])
@pytest.mark.parametrize("prefix", ["", "x:"])
def test_cuts_hold_all_rows_once(monkeypatch: pytest.MonkeyPatch, cut: int, prefix: str) -> None:
    monkeypatch.setattr(rebuilding, "CUT", cut)
    rows = "".join(f'<row r="{row}"><c r="A{row}"><v>{row}</v></c></row>' for row in range(1, 301))
    found, parts = cut_and_read(
        f"<sheetData>{rows}</sheetData><mergeCells><mergeCell ref='A1:B1'/></mergeCells>", prefix
    )
    assert [cell for part in parts for row in part.to_python() for cell in row] == list(range(1, 301))
    assert (len(parts) > 2) == (cut < 1_000_000)
    assert (found.last_row, found.last_column, found.has_spans) == (300, 1, True)
    assert [part.merged_cell_ranges for part in parts[:-1]] == [[]] * (len(parts) - 1)
    assert parts[-1].merged_cell_ranges == [((0, 0), (0, 1))]


def test_rows_without_numbers_are_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuilding, "CUT", 1)
    rows = "".join(f"<row><c><v>{row}</v></c></row>" for row in range(1, 301))
    found, (part,) = cut_and_read(f"<sheetData>{rows}</sheetData>", "")
    assert part.to_python() == [[float(row)] for row in range(1, 301)]
    assert (found.last_row, found.last_column) == (300, 1)


def cut_and_read(written: str, prefix: str) -> tuple[Peculiarities, list[python_calamine.CalamineSheet]]:
    """Return what was found in a sheet's XML, and the cuts of it as calamine sees them."""
    written = re.sub(r"<(/?)(?=[a-zA-Z])", rf"<\1{prefix}", written)
    name = f'xmlns{":x" if prefix else ""}="{MAIN}"'
    opening = f"<{prefix}worksheet {name}>"
    content = f"{opening}{written}</{prefix}worksheet>".encode()
    rebuilt = Rebuilt()
    found = scan(rebuilt.cut(blocks(pieces(content))), len(content), "S", DEFAULT)
    for name in ("styles", "sharedStrings"):
        rebuilt.copy(f"xl/{name}.xml", [entries()[f"xl/{name}.xml"]])
    reading = python_calamine.load_workbook(io.BytesIO(rebuilt.content()))
    return found, [reading.get_sheet_by_index(at) for at in range(rebuilt.cuts)]


def pieces(content: bytes) -> Iterator[bytes]:
    """Yield bytes as they come out of a zip: cut anywhere."""
    for at in range(0, len(content), 97):
        yield content[at : at + 97]
