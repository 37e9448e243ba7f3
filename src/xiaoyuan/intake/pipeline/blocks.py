"""A file block by block: two passes over its pages, so that memory holds a few blocks, however long the file is."""

import hashlib
import secrets
from array import array
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

import numpy as np

from xiaoyuan.intake.columns import ImportContext, LedgerKind, Row, RowPlace
from xiaoyuan.intake.interpreting import Interpreter, SkippedRow
from xiaoyuan.intake.layouts import FileMapping
from xiaoyuan.intake.models import ImportBatch
from xiaoyuan.intake.pages import chunks_of, sheets_of

ROWS_AT_ONCE: Final = 30_000
"""Rows of unfinished blocks in memory; a larger block stands alone."""
LONGEST_NAME: Final = 40
_TICK_ROWS: Final = 500


@dataclass(frozen=True)
class Reading:
    """What is read in every pass: a batch's pages, as what, for whom."""

    batch: ImportBatch
    mapping: FileMapping
    kind: LedgerKind
    context: ImportContext

    @property
    def total(self) -> int:
        """Rows that the sheets have, headings included: the measure of progress of one pass."""
        chosen = {sheet.sheet_index for sheet in self.mapping.sheets}
        return sum(sheet["rows"] for sheet in self.batch.sheets if sheet["index"] in chosen)

    def rows(self, on_row: Callable[[int], None] = lambda done: None) -> Iterator[Row | SkippedRow]:
        """Yield all rows, sheet by sheet; the same ones in the same order whenever it is called."""
        sheets = {sheet.index: sheet for sheet in sheets_of(self.batch)}
        before = 0
        for chosen in self.mapping.sheets:
            sheet = sheets[chosen.sheet_index]
            interpreter = Interpreter(sheet, chosen, self.kind, self.context.today)
            for count, row in enumerate(interpreter.rows(chunks_of(self.batch, sheet.index))):
                yield row
                if count % _TICK_ROWS == 0:
                    on_row(before + row.number)
            before += sheet.row_count


@dataclass
class Survey:
    """What the first pass learned, in arrays of one number a row: which block it belongs to and what it identifies.

    Identities are kept as keyed hashes of 8 bytes under a key that nobody keeps: memory and swap hold no numbers.
    """

    names: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    first: list[int] = field(default_factory=list)
    last: list[int] = field(default_factory=list)
    passes: list[int] = field(default_factory=list)
    block_of: "array[int]" = field(default_factory=lambda: array("L"))
    identities: "array[int]" = field(default_factory=lambda: array("Q"))
    doubled: dict[int, tuple[RowPlace, ...]] = field(default_factory=dict)
    skipped: int = 0

    @property
    def count(self) -> int:
        """Rows that hold data."""
        return len(self.block_of)


@dataclass(frozen=True)
class Block:
    """Rows that are judged together, and where those stand whose identity occurs more than once in the file."""

    name: str
    rows: list[Row]
    doubles: Mapping[str, tuple[RowPlace, ...]]


def survey(
    reading: Reading,
    *,
    on_row: Callable[[int], None] = lambda done: None,
    on_skipped: Callable[[SkippedRow], None] = lambda row: None,
) -> Survey:
    """Go through the file once without keeping its rows."""
    found = Survey()
    numbers: dict[str, int] = {}
    sheets: dict[str, int] = {}
    sheet_of, row_of = array("H"), array("L")
    key = secrets.token_bytes(32)
    for row in reading.rows(on_row):
        if isinstance(row, SkippedRow):
            found.skipped += 1
            on_skipped(row)
            continue
        name = _name(reading.kind.block(row, reading.context))
        at = numbers.get(name)
        if at is None:
            at = numbers[name] = len(found.names)
            found.names.append(name)
            found.sizes.append(0)
            found.first.append(found.count)
            found.last.append(found.count)
        found.sizes[at] += 1
        found.last[at] = found.count
        found.block_of.append(at)
        found.identities.append(_hash(reading.kind.identity(row), key))
        sheet_of.append(sheets.setdefault(row.sheet, len(sheets)))
        row_of.append(row.number)
    found.passes = plan_passes(found.first, found.last, found.sizes)
    found.doubled = _doubled(found.identities, sheet_of, row_of, list(sheets))
    return found


def plan_passes(first: list[int], last: list[int], sizes: list[int], limit: int = ROWS_AT_ONCE) -> list[int]:
    """Say for each block in which pass it is gathered, so that unfinished blocks never hold more than `limit` rows.

    A sorted file needs one pass; a block larger than the limit stands alone in its moment.
    """
    passes = [-1] * len(first)
    waiting = sorted(range(len(first)), key=first.__getitem__)
    number = 0
    while waiting:
        deferred: list[int] = []
        opened: list[int] = []
        for block in waiting:
            opened = [one for one in opened if last[one] >= first[block]]
            if opened and sum(sizes[one] for one in opened) + sizes[block] > limit:
                deferred.append(block)
            else:
                opened.append(block)
                passes[block] = number
        waiting = deferred
        number += 1
    return passes


def walk(
    reading: Reading,
    found: Survey,
    *,
    done: Collection[str] = (),
    on_row: Callable[[int], None] = lambda count: None,
) -> Iterator[Block]:
    """Yield the blocks that are not `done`, each when its last row was read. `on_row` counts rows of all passes."""
    total = reading.total
    for number in range(max(found.passes, default=-1) + 1):
        wanted = {
            at for at, name in enumerate(found.names) if found.passes[at] == number and name not in done
        }
        if wanted:
            yield from _gather(reading, found, wanted, partial(_tell, on_row, number * total))


class NotInOrder(Exception):
    """A block goes on after another one, or an identity occurs twice: the file has to be gone through once before."""


def in_order(
    reading: Reading,
    *,
    on_row: Callable[[int], None] = lambda done: None,
    on_skipped: Callable[[SkippedRow], None] = lambda row: None,
) -> Iterator[Block]:
    """Yield the blocks of a file that has one after the other, as it is read; raises `NotInOrder`.

    Also after the last block: what was made of the blocks must then not count.
    """
    seen: set[str] = set()
    identities = array("Q")
    key = secrets.token_bytes(32)
    name, rows = "", list[Row]()
    for row in reading.rows(on_row):
        if isinstance(row, SkippedRow):
            on_skipped(row)
            continue
        following = _name(reading.kind.block(row, reading.context))
        if following != name or not rows:
            if rows:
                yield Block(name, rows, {})
            if following in seen:
                raise NotInOrder
            seen.add(following)
            name, rows = following, []
        rows.append(row)
        identities.append(_hash(reading.kind.identity(row), key))
    if rows:
        yield Block(name, rows, {})
    known = np.frombuffer(identities, dtype=np.uint64) if identities else np.empty(0, np.uint64)
    known = known[known != 0]
    if len(np.unique(known)) != len(known):
        raise NotInOrder


def passes_of(found: Survey) -> int:
    """Return how often the file is gone through after the survey."""
    return max(found.passes, default=-1) + 1


def for_block(context: ImportContext, block: Block) -> ImportContext:
    """Return the context with the doubles that the rows of a block have."""
    return replace(context, doubles=block.doubles)


def _tell(on_row: Callable[[int], None], before: int, count: int) -> None:
    on_row(before + count)


def _gather(
    reading: Reading, found: Survey, wanted: set[int], on_row: Callable[[int], None]
) -> Iterator[Block]:
    opened: dict[int, list[Row]] = {}
    ordinal = 0
    until = max(found.last[at] for at in wanted)
    for row in reading.rows(on_row):
        if isinstance(row, SkippedRow):
            continue
        at = found.block_of[ordinal]
        if at in wanted:
            opened.setdefault(at, []).append(row)
            if found.last[at] == ordinal:
                yield _block(reading.kind, found, at, opened.pop(at))
        if ordinal == until:
            return
        ordinal += 1


def _block(kind: LedgerKind, found: Survey, at: int, rows: list[Row]) -> Block:
    doubles: dict[str, tuple[RowPlace, ...]] = {}
    if found.doubled:
        ordinal = found.first[at]
        for row in rows:
            while found.block_of[ordinal] != at:
                ordinal += 1
            places = found.doubled.get(found.identities[ordinal])
            if places is not None:
                doubles[kind.identity(row)] = places
            ordinal += 1
    return Block(found.names[at], rows, doubles)


def _name(text: str) -> str:
    return text if len(text) <= LONGEST_NAME else hashlib.sha256(text.encode()).hexdigest()[:LONGEST_NAME]


def _hash(identity: str, key: bytes) -> int:
    """Return 8 bytes of a keyed hash as a number; 0 stands for no identity."""
    if not identity:
        return 0
    return int.from_bytes(hashlib.blake2b(identity.encode(), digest_size=8, key=key).digest(), "little") or 1


def _doubled(
    identities: "array[int]", sheet_of: "array[int]", row_of: "array[int]", sheets: list[str]
) -> dict[int, tuple[RowPlace, ...]]:
    values = np.frombuffer(identities, dtype=np.uint64) if len(identities) else np.empty(0, np.uint64)
    known, counts = np.unique(values, return_counts=True)
    repeated = known[(counts > 1) & (known != 0)]
    places: dict[int, list[RowPlace]] = {}
    for ordinal in np.flatnonzero(np.isin(values, repeated)).tolist():
        places.setdefault(identities[ordinal], []).append(
            RowPlace(sheets[sheet_of[ordinal]], row_of[ordinal])
        )
    return {identity: tuple(found) for identity, found in places.items()}
