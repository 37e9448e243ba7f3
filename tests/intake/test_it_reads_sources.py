"""Every format that is read, with the peculiarities of its sheets; what is stored comes back exactly."""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from openpyxl import Workbook

from tests.intake.raw_books import SHEET, book, cells, entries, merged, zipped
from xiaoyuan.intake.errors import FileRefused, ReaderFailed, ReadingTooSlow, TooManyRows, WorkbookTooLarge
from xiaoyuan.intake.sheets import LostValue, RawCell, RowChunk, SheetInfo, Span
from xiaoyuan.intake.sources.encoding import decode_chunk, encode_chunk
from xiaoyuan.intake.sources.limits import Limits
from xiaoyuan.intake.sources.reading import read_source

OLD_BOOK = Path(__file__).with_name("trees.xls")
ROWS = "户号,姓名,备注\n1,样例甲,\n2,样例乙,𠮷\ue815㐀\n"
READ = [["户号", "姓名", "备注"], ["1", "样例甲"], ["2", "样例乙", "𠮷\ue815㐀"]]


def write(folder: Path, content: bytes, name: str = "台账.xlsx") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def read(
    path: Path, *, name: str = "", limits: Limits | None = None
) -> list[tuple[SheetInfo, list[Sequence[RawCell]]]]:
    """Return each sheet with its rows; rows of chunks that were left out are empty."""
    with read_source(path, name=name, limits=limits or Limits()) as source:
        rows: dict[int, list[Sequence[RawCell]]] = {sheet.index: [] for sheet in source.sheets}
        for chunk in source.chunks():
            own = rows[chunk.sheet_index]
            own += [[]] * (chunk.first_row - len(own))
            own += chunk.rows
    return [(sheet, rows[sheet.index]) for sheet in source.sheets]


def read_one(
    folder: Path, content: bytes, name: str = "台账.xlsx"
) -> tuple[SheetInfo, list[Sequence[RawCell]]]:
    ((sheet, rows),) = read(write(folder, content, name))
    return sheet, rows


# ---- texts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("ending", [".csv", ".txt", ".CSV", ""])
def test_texts_in_every_encoding(tmp_path: Path, encoding: str, ending: str) -> None:
    sheet, rows = read_one(tmp_path, ROWS.encode(encoding), f"台账{ending}")
    assert rows == READ
    assert (sheet.name, sheet.row_count, sheet.column_count, sheet.is_hidden) == ("台账", 3, 3, False)


def test_texts_in_gbk(tmp_path: Path) -> None:
    _sheet, rows = read_one(tmp_path, "户号,姓名\r\n1,样例甲\r\n2,喆镕\r\n".encode("gbk"), "台账.csv")
    assert rows == [["户号", "姓名"], ["1", "样例甲"], ["2", "喆镕"]]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", "，"])
def test_separators(tmp_path: Path, separator: str) -> None:
    _sheet, rows = read_one(tmp_path, ROWS.replace(",", separator).encode(), "台账.csv")
    assert rows == READ


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_quoted_texts_and_ends_of_lines(tmp_path: Path, end: str) -> None:
    text = end.join(["户号,备注", '1,"一行\n两行, ""引"""', "2,", ""])
    _sheet, rows = read_one(tmp_path, text.encode(), "台账.csv")
    assert rows == [["户号", "备注"], ["1", '一行\n两行, "引"'], ["2"]]


def test_titles_notes_and_commas_in_every_address(tmp_path: Path) -> None:
    text = "双堰社区台账\n填报单位,双堰\n户号,姓名,地址\n1,样例甲,双堰，3号\n\n2,样例乙,双堰，4号\n合计,2\n"
    sheet, rows = read_one(tmp_path, text.encode(), "台账.csv")
    assert [len(row) for row in rows] == [1, 2, 3, 3, 0, 3, 2]
    assert rows[3] == ["1", "样例甲", "双堰，3号"]
    assert sheet.row_count == 7


def test_a_text_of_one_column(tmp_path: Path) -> None:
    assert read_one(tmp_path, "姓名\n样例甲\n样例乙\n".encode(), "台账.txt")[1] == [
        ["姓名"],
        ["样例甲"],
        ["样例乙"],
    ]


def test_numbers_in_texts_stay_texts(tmp_path: Path) -> None:
    _sheet, rows = read_one(tmp_path, b"a,b\n990001199001011234,007\n", "x.csv")
    assert rows[1] == ["990001199001011234", "007"]


def test_long_files_come_in_chunks(tmp_path: Path) -> None:
    text = "a,b\n" + "".join(f"{at},x\n" for at in range(1, 1700)) + "\n" * 1200 + "9,y\n"
    path = write(tmp_path, text.encode(), "x.csv")
    with read_source(path) as source:
        assert source.sheets[0].row_count == 2901
        chunks = [(chunk.first_row, len(chunk.rows)) for chunk in source.chunks()]
    # The chunk of empty rows between is not sent.
    assert chunks == [(0, 500), (500, 500), (1000, 500), (1500, 500), (2500, 401)]


# ---- workbooks ----------------------------------------------------------------------------------------------------


def test_the_old_format_and_that_of_wps(tmp_path: Path) -> None:
    expected = [
        ["双堰社区果树台账"],
        ["树号", "果种", "产量(公斤)", "种植日期"],
        ["001", "刺梨", 3.5, date(2019, 3, 12)],
        ["002", "樱桃", 12, date(2020, 2, 29)],
    ]
    for name in ("trees.xls", "trees.et", "trees.ett", "trees.XLS", "trees"):
        sheet, rows = read_one(tmp_path, OLD_BOOK.read_bytes(), name)
        assert rows == expected
        assert sheet == SheetInfo(0, "果树", 4, 4, spans=(Span(0, 0, 0, 3),))


def test_the_name_that_counts_is_the_persons(tmp_path: Path) -> None:
    path = write(tmp_path, ROWS.encode(), "upload.tmp")
    assert read(path, name="双堰.csv")[0][0].name == "双堰"
    with pytest.raises(FileRefused, match=r"双堰\.xlsx"):
        read(path, name="双堰.xlsx")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ('<c r="A1" s="1"><v>31107</v></c>', date(1985, 3, 1)),
        ('<c r="A1" s="4"><v>31107.5</v></c>', datetime(1985, 3, 1, 12)),  # noqa: DTZ001 - a workbook's time
        ('<c r="A1" s="2"><v>1.5</v></c>', timedelta(days=1.5)),
        ('<c r="A1" s="3"><v>0.25</v></c>', time(6)),
        ('<c r="A1" t="d"><v>1985-03-01</v></c>', date(1985, 3, 1)),
        ('<c r="A1"><v>31107</v></c>', 31107.0),
        ('<c r="A1" t="b"><v>1</v></c>', True),
        ('<c r="A1" t="inlineStr"><is><r><t>样</t></r><r><t>例</t></r></is></c>', "样例"),
        ('<c r="A1" t="s"><v>0</v></c>', "样例"),
        ('<c r="A1" t="str"><v>&#x20BB7;&#xE815;&#x3400;</v></c>', "𠮷\ue815㐀"),
        ('<c r="A1"><v>990001199001011234</v></c>', 990001199001011234.0),
        ('<c r="A1"><v>1e999</v></c>', LostValue("#NUM!")),
        ('<c r="A1"><v>NaN</v></c>', LostValue("#NUM!")),
        ('<c r="A1" t="e"><v>#REF!</v></c>', LostValue("#REF!")),
        ("<c r='A1' t='e'><v>#N/A</v></c>", LostValue("#N/A")),
        ('<c r="A1"><f>1+1</f></c>', LostValue("")),
        ('<c r="A1"><f>1+1</f><v></v></c>', LostValue("")),
        ('<c r="A1"><f>1+1</f><v/></c>', LostValue("")),
        ('<c r="A1"><f t="shared" si="0"/></c>', LostValue("")),
        ('<c r="A1"><f>1+1</f><v>2</v></c>', 2.0),
        ("<c><f>1+1</f></c>", LostValue("")),
    ],
)
def test_cells_of_a_workbook(tmp_path: Path, written: str, expected: RawCell) -> None:
    sheet, rows = read_one(tmp_path, book(cells(written)))
    assert rows == [[expected]]
    assert type(rows[0][0]) is type(expected)
    assert (sheet.row_count, sheet.column_count) == (1, 1)


def test_a_formula_whose_result_is_empty_is_not_lost(tmp_path: Path) -> None:
    written = '<c r="A1" t="str"><f>B9</f><v></v></c>', '<c r="B1"><v>1</v></c>'
    assert read_one(tmp_path, book(cells(*written)))[1] == [[None, 1.0]]


def test_dates_since_1904(tmp_path: Path) -> None:
    content = book(cells('<c r="A1" s="1"><v>31107</v></c>'), properties='<workbookPr date1904="1"/>')
    assert read_one(tmp_path, content)[1] == [[date(1989, 3, 2)]]


def test_merged_hidden_and_lost(tmp_path: Path) -> None:
    sheet = (
        '<cols><col min="2" max="3" hidden="1"/><col min="5" max="16384" hidden="1"/></cols><sheetData>'
        '<row r="2"><c r="B2"><v>1</v></c></row>'
        '<row r="3" hidden="1"><c r="B3"><v>2</v></c></row><row hidden="true"><c><v>3</v></c></row>'
        '<row r="9"><c r="F9"><f>1</f></c></row></sheetData>'
        '<mergeCells><mergeCell ref="B2:B3"/><mergeCell ref="A5:XFD5"/><mergeCell ref="A20:B21"/></mergeCells>'
    )
    found, rows = read_one(tmp_path, book(sheet))
    assert found == SheetInfo(
        0, "S1", 9, 6, False, (Span(1, 1, 2, 1), Span(4, 0, 4, 5)), frozenset({2, 3}), frozenset({1, 2, 4, 5})
    )
    assert rows == [[], [None, 1.0], [None, 2.0], [3.0], [], [], [], [], [None] * 5 + [LostValue("")]]


def test_several_sheets_hidden_ones_too(tmp_path: Path) -> None:
    parts = entries(SHEET, SHEET, "<sheetData/>", merged("A1:A2"), states={2: "hidden", 4: "veryHidden"})
    found = read(write(tmp_path, zipped(parts)))
    assert [(sheet.index, sheet.name, sheet.is_hidden, len(sheet.spans)) for sheet, _rows in found] == [
        (0, "S1", False, 0), (1, "S2", True, 0), (3, "S4", True, 1),
    ]  # fmt: skip
    assert all(rows == [["户号", "姓名"], [1.0, "样例"]] for _sheet, rows in found)


def test_what_harms_nobody_is_read(tmp_path: Path) -> None:
    more = {
        "xl/media/image1.png": b"\x89PNG" + bytes(100),
        "xl/externalLinks/externalLink1.xml": b'<?xml version="1.0"?><externalLink/>',
        "xl/drawings/vmlDrawing1.vml": b"<xml><!-- a comment --></xml>",
        "customXml/item1.xml": b'<?xml version="1.0" encoding="UTF-8"?>\n<!-- <b> --><a><![CDATA[<c>]]></a>',
        "docProps/thumbnail.wmf": Random(1).randbytes(100),
    }
    assert len(read(write(tmp_path, zipped(entries(), more=more)))[0][1]) == 2
    prefixed = zipped({name: prefix(name, content) for name, content in entries().items()})
    assert read_one(tmp_path, prefixed)[1] == [["户号", "姓名"], [1.0, "样例"]]


def prefix(name: str, content: bytes) -> bytes:
    """Write a sheet's elements as <x:row>, as some programs do."""
    if "sheet1" not in name:
        return content
    return re.sub(rb"<(/?)(?=[a-zA-Z])", rb"<\1x:", content).replace(b"xmlns=", b"xmlns:x=")


def test_what_openpyxl_writes(tmp_path: Path) -> None:
    written = Workbook()
    sheet = written.active
    assert sheet is not None
    sheet.append(["户号", "出生", "合计"])
    sheet.append(["1", date(1985, 3, 1), "=1+1"])
    sheet.merge_cells("A2:A4")
    sheet.column_dimensions["B"].hidden = True
    sheet.row_dimensions[2].hidden = True
    written.save(tmp_path / "台账.xlsx")
    found, rows = read(tmp_path / "台账.xlsx")[0]
    # openpyxl says a day as midnight.
    assert rows == [["户号", "出生", "合计"], ["1", date(1985, 3, 1), LostValue("")]]
    assert (found.spans, found.hidden_rows, found.hidden_columns) == ((), frozenset({1}), frozenset({1}))


def test_a_wide_and_long_sheet_is_no_bomb(tmp_path: Path) -> None:
    noise = Random(1)
    rows = "".join(
        f'<row r="{row}">'
        + "".join(f"<c><v>{noise.randint(0, 9999)}</v></c>" for _at in range(40))
        + "</row>"
        for row in range(1, 20_001)
    )
    sheet, found = read_one(tmp_path, book(f"<sheetData>{rows}</sheetData>"))
    assert (sheet.row_count, sheet.column_count, len(found), len(found[-1])) == (20_000, 40, 20_000, 40)


# ---- limits and faults --------------------------------------------------------------------------------------------


def test_limits_are_kept(tmp_path: Path) -> None:
    path = write(tmp_path, ("a,b\n" + "1,2\n" * 300_000).encode(), "x.csv")
    with pytest.raises(WorkbookTooLarge):
        read(path, limits=Limits(file_mb=1))
    with pytest.raises(TooManyRows):
        read(path, limits=Limits(rows=1000))
    with pytest.raises(ReadingTooSlow):
        read(path, limits=Limits(wall_seconds=0))


def test_a_process_that_breaks_down_is_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, book())
    for program in ("this", "antigravity_is_missing"):
        monkeypatch.setattr("xiaoyuan.intake.sources.reading._PROGRAM", program)
        with pytest.raises(ReaderFailed):
            read(path)


def test_a_reader_may_stop_early(tmp_path: Path) -> None:
    path = write(tmp_path, ("a,b\n" + "1,2\n" * 100_000).encode(), "x.csv")
    with read_source(path) as source:
        assert len(next(source.chunks()).rows) == 500


@pytest.mark.parametrize("seed", range(30))
def test_flipped_bytes_are_refused_or_read(tmp_path: Path, seed: int) -> None:
    """Of the old format, which has no check sums, and of a workbook whose parts are not packed."""
    noise = Random(seed)
    content = bytearray(OLD_BOOK.read_bytes() if seed % 2 else book())
    for _flip in range(1 + seed % 5):
        content[noise.randrange(8, len(content))] ^= 1 << noise.randrange(8)
    path = write(tmp_path, bytes(content), "台账.xls" if seed % 2 else "台账.xlsx")
    # Anything but a refusal would fail here.
    with suppress(FileRefused):
        assert read(path)


# ---- encoding -----------------------------------------------------------------------------------------------------

CELLS: st.SearchStrategy[RawCell] = st.one_of(
    st.none(),
    st.booleans(),
    st.text(),
    st.integers(),
    st.floats(allow_nan=False),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
    st.builds(LostValue, st.sampled_from(["", "#REF!", "#N/A"])),
)


@hypothesis_settings(max_examples=300)
@given(st.integers(0, 2**31), st.integers(0, 2**31), st.lists(st.lists(CELLS, max_size=6), max_size=6))
def test_a_chunk_comes_back_exactly(sheet: int, first: int, rows: list[list[RawCell]]) -> None:
    chunk = RowChunk(sheet, first, rows)
    again = decode_chunk(encode_chunk(chunk))
    assert again == chunk
    assert [list(map(type, row)) for row in again.rows] == [list(map(type, row)) for row in rows]


def test_what_is_no_number_comes_back_as_none() -> None:
    ((cell,),) = decode_chunk(encode_chunk(RowChunk(0, 0, [[float("nan")]]))).rows
    assert isinstance(cell, float)
    assert cell != cell


@given(st.binary(max_size=200))
def test_other_bytes_are_no_chunk(data: bytes) -> None:
    with pytest.raises(ValueError):
        decode_chunk(data)


def test_a_chunk_cut_off_is_none() -> None:
    data = encode_chunk(RowChunk(0, 0, [["样例"] * 50] * 50))
    for at in (0, 1, len(data) // 2, len(data) - 1):
        with pytest.raises(ValueError):
            decode_chunk(data[:at])
