"""Ledgers of many layouts with faults planted: each is reported by sheet, row and column, and nothing else is."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import pytest

from tests.intake.faults import FAULTS, Planted, planted
from tests.intake.habits import HABITS, LAYOUTS, Book, build, every_habit, write
from tests.register.ledgers import context, make_village
from xiaoyuan.intake.columns import ImportContext, Row
from xiaoyuan.intake.interpreting import Interpreter, SkippedRow
from xiaoyuan.intake.layouts import FileMapping
from xiaoyuan.intake.models import Verdict
from xiaoyuan.intake.recognising import propose, with_choices
from xiaoyuan.intake.sheets import RawCell, RowChunk, SheetInfo
from xiaoyuan.intake.sources.reading import read_source
from xiaoyuan.register.imports.ledgers.households import HOUSEHOLDS

BOOKS, SHORT = 240, 80
"""Books with faults, and how many of them are judged when time is short."""
FILES = 12
"""Of these, how many are written and read as workbooks too: what a reader yields is tested elsewhere."""
REFUSING = (Verdict.ERROR, Verdict.AMBIGUOUS)

Place = tuple[str, int, str]


def make(seed: int) -> tuple[Book, list[Planted]]:
    """Make a book with one to four faults, every kind of fault in turn."""
    rng = Random(seed)
    found: list[Planted] = []
    kinds = list(FAULTS)
    names = [kinds[seed % len(kinds)], *rng.sample(kinds, rng.randint(0, 3))]
    book = build(
        rng, count=rng.randint(6, 14), faults=lambda rng, book: found.extend(planted(rng, book, names))
    )
    return book, found


def expected(book: Book, faults: list[Planted]) -> set[Place]:
    """Where the faults must be reported."""
    places = book.places()
    return {(*places[person], column) for fault in faults for person, column in fault.where}


def in_memory(book: Book) -> tuple[list[SheetInfo], list[RowChunk]]:
    """Return a book as a reader yields it, in chunks of 20 rows."""
    sheets = [page.info(at) for at, page in enumerate(book.pages)]
    chunks = [
        RowChunk(at, start, page.rows[start : start + 20])
        for at, page in enumerate(book.pages)
        for start in range(0, len(page.rows), 20)
    ]
    return sheets, chunks


def from_file(path: Path) -> tuple[list[SheetInfo], list[RowChunk]]:
    """Read a workbook as an import does."""
    with read_source(path) as source:
        return list(source.sheets), list(source.chunks())


def mapped(sheets: list[SheetInfo], chunks: list[RowChunk]) -> FileMapping:
    """Recognise a book by its first rows."""
    heads: dict[int, list[Sequence[RawCell]]] = {}
    for chunk in chunks:
        heads.setdefault(chunk.sheet_index, []).extend(chunk.rows)
    return propose(sheets, {at: rows[:60] for at, rows in heads.items()}, (HOUSEHOLDS,))


def interpreted(
    sheets: list[SheetInfo], chunks: list[RowChunk], mapping: FileMapping, where: ImportContext
) -> Iterator[Row | SkippedRow]:
    """Yield every row of every sheet."""
    by_index = {sheet.index: sheet for sheet in sheets}
    for sheet in mapping.sheets:
        yield from Interpreter(by_index[sheet.sheet_index], sheet, HOUSEHOLDS, where.today).rows(chunks)


def reported(rows: list[Row], where: ImportContext) -> set[Place]:
    """Judge rows and return what keeps them out, as the engine puts it together."""
    found: set[Place] = set()
    for row, verdict in zip(rows, HOUSEHOLDS.judge(rows, where).verdicts, strict=True):
        problems = [*row.problems, *(verdict.problems if verdict.verdict in REFUSING else ())]
        found |= {(one.sheet, one.row_number, one.column) for one in problems}
    return found


@pytest.fixture
def where(db: None) -> ImportContext:
    """A village to import samples into."""
    return context(make_village(), is_sample=True)


@pytest.mark.parametrize("seeds", [range(SHORT), pytest.param(range(SHORT, BOOKS), marks=pytest.mark.slow)])
def test_each_planted_fault_is_reported_and_nothing_else(where: ImportContext, seeds: range) -> None:
    planted_kinds: Counter[str] = Counter()
    habits: Counter[str] = Counter()
    for seed in seeds:
        book, faults = make(seed)
        sheets, chunks = in_memory(book)
        mapping = mapped(sheets, chunks)
        assert mapping.questions == [], seed
        found = list(interpreted(sheets, chunks, mapping, where))
        rows = [row for row in found if isinstance(row, Row)]
        assert [(row.sheet, row.number) for row in rows] == book.places(), seed
        assert reported(rows, where) == expected(book, faults), (seed, faults, book.habits)
        planted_kinds.update(fault.name for fault in faults)
        habits.update(book.habits)
    # A fault or a habit that never occurred would prove nothing.
    assert set(planted_kinds) == set(FAULTS)
    assert set(habits) == {*LAYOUTS, *HABITS}
    assert sum(planted_kinds.values()) > len(seeds)


def test_a_book_without_faults_has_no_problem(where: ImportContext) -> None:
    for seed in range(20):
        book = build(Random(seed), count=10)
        sheets, chunks = in_memory(book)
        found = list(interpreted(sheets, chunks, mapped(sheets, chunks), where))
        rows = [row for row in found if isinstance(row, Row)]
        assert reported(rows, where) == set(), (seed, book.habits)
        verdicts = {verdict.verdict for verdict in HOUSEHOLDS.judge(rows, where).verdicts}
        assert verdicts == {Verdict.NEW}, seed
        assert [row.values["household_no"] for row in rows] == [person["户号"] for person in book.persons]


@pytest.mark.parametrize("seed", range(FILES))
def test_the_same_from_a_workbook(where: ImportContext, tmp_path: Path, seed: int) -> None:
    book, faults = make(seed)
    sheets, chunks = from_file(write(book, tmp_path / "台账.xlsx"))
    found = list(interpreted(sheets, chunks, mapped(sheets, chunks), where))
    rows = [row for row in found if isinstance(row, Row)]
    assert reported(rows, where) == expected(book, faults)


def test_the_workbook_of_every_habit(where: ImportContext, tmp_path: Path) -> None:
    path = tmp_path / "习惯.xlsx"
    told = every_habit(path, division_code=where.division_code)
    sheets, chunks = from_file(path)
    mapping = mapped(sheets, chunks)
    assert len(mapping.questions) == told.questions
    assert tuple(sheet.sheet for sheet in mapping.sheets) == told.sheets
    assert tuple(mapping.left_out) == told.left_out
    choices = {
        (sheet.sheet_index, column.position): column.key
        for sheet in mapping.sheets
        for column in sheet.columns
        if column.heading == "证号"
    }
    heads = {
        sheet.index: [row for chunk in chunks if chunk.sheet_index == sheet.index for row in chunk.rows]
        for sheet in sheets
    }
    mapping = with_choices(mapping, sheets, heads, HOUSEHOLDS, choices)
    assert mapping.questions == []
    found = list(interpreted(sheets, chunks, mapping, where))
    rows = [row for row in found if isinstance(row, Row)]
    assert reported(rows, where) == set()
    assert len(rows) == told.persons
    assert len(found) - len(rows) == told.skipped
    assert len({row.values["household_no"] for row in rows}) == told.households
    assert sum(len(sheet.hidden_rows) for sheet in sheets) == told.hidden_rows
    assert {heading for row in rows for heading in row.personal_extra} == {"帮扶责任人"}
    assert {heading for row in rows for heading in row.extra} >= {"饮水"}
