"""What the columns of a file mean: proposed by the program, corrected by a clerk, remembered for the next file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Certainty(StrEnum):
    """How a column was recognised."""

    HEADING = "heading"
    CONTENT = "content"
    REMEMBERED = "remembered"
    CHOSEN = "chosen"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class ColumnMeaning:
    """One column of a sheet: its heading and the key of the kind's column, or "" when it is kept as an extra field."""

    position: int
    heading: str
    key: str
    certainty: Certainty
    is_left_out: bool = False
    examples: tuple[str, ...] = ()
    """Some values, masked when personal: shown to the clerk, never stored in the open."""


@dataclass(frozen=True)
class SheetMapping:
    """A sheet that is a ledger. Headings stand in rows `first_heading_row` to `last_heading_row` (indexes from 0)."""

    sheet_index: int
    sheet: str
    first_heading_row: int
    last_heading_row: int
    columns: tuple[ColumnMeaning, ...]
    fingerprint: str


@dataclass(frozen=True)
class FileMapping:
    """What a file is. `questions` are sentences that a person has to answer before it can be staged: none, it can."""

    kind_key: str
    sheets: tuple[SheetMapping, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Sheets that are no ledger, with the reason."""
    questions: Sequence[str] = ()
    score: float = 0.0
