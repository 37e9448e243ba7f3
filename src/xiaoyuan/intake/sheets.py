"""What reading a file yields: sheets with their peculiarities, then their rows in chunks.

The reading happens in a process of its own with bounded memory and time (`intake.sources`); what arrives here is safe.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta


@dataclass(frozen=True, slots=True)
class LostValue:
    """A cell whose value the file does not hold: a formula that failed (`#REF!`) or was never calculated ("")."""

    sign: str


RawCell = str | int | float | bool | datetime | date | time | timedelta | LostValue | None


@dataclass(frozen=True, slots=True)
class Span:
    """A merged range; indexes from 0, both ends included."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


@dataclass(frozen=True)
class SheetInfo:
    """A sheet that holds anything. `row_count` and `column_count` reach to the last filled cell."""

    index: int
    name: str
    row_count: int
    column_count: int
    is_hidden: bool = False
    spans: tuple[Span, ...] = ()
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()


@dataclass(frozen=True)
class RowChunk:
    """Consecutive rows of a sheet from index `first_row` on; each row is a list of cells, its tail may be cut off."""

    sheet_index: int
    first_row: int
    rows: Sequence[Sequence[RawCell]]
