"""What the columns of a file mean: proposed by the program, corrected by a clerk, remembered for the next file."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final

LEFT_OUT: Final = "-"
"""What stands for "leave this column out" where columns are chosen and remembered by key."""


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
    is_personal: bool = False
    """Whether an unknown column looks personal: then the vault keeps it."""
    fills_down: bool = False
    """Whether the layout leaves the cell empty that repeats the one above, without merging."""

    @property
    def choice(self) -> str:
        """What a clerk would choose to say the same: a key, "" to keep it as it is, `LEFT_OUT`."""
        return LEFT_OUT if self.is_left_out else self.key


@dataclass(frozen=True)
class SheetMapping:
    """A sheet that is a ledger. Headings stand in rows `first_heading_row` to `last_heading_row` (indexes from 0)."""

    sheet_index: int
    sheet: str
    first_heading_row: int
    last_heading_row: int
    columns: tuple[ColumnMeaning, ...]
    fingerprint: str

    def by_heading(self) -> dict[str, str]:
        """Return what was chosen for each heading."""
        return {column.heading: column.choice for column in self.columns}


@dataclass(frozen=True)
class FileMapping:
    """What a file is. `questions` are sentences that a person has to answer before it can be staged: none, it can."""

    kind_key: str
    sheets: tuple[SheetMapping, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Sheets that are no ledger, with the reason."""
    questions: Sequence[str] = ()
    score: float = 0.0
    notes: Sequence[str] = ()
    """What a person should know but need not answer (hidden rows are read too)."""


def as_json(mapping: FileMapping) -> dict[str, Any]:
    """Return a mapping in JSON types, without the examples: it is kept in the open."""
    plain = asdict(mapping)
    for sheet in plain["sheets"]:
        for column in sheet["columns"]:
            del column["examples"]
            column["certainty"] = str(column["certainty"])
        sheet["columns"] = list(sheet["columns"])
    return plain | {
        "sheets": list(plain["sheets"]),
        "left_out": dict(mapping.left_out),
        "questions": list(mapping.questions),
        "notes": list(mapping.notes),
    }


def from_json(plain: Mapping[str, Any]) -> FileMapping:
    """Return the mapping that `as_json` wrote down."""
    return FileMapping(
        kind_key=plain["kind_key"],
        sheets=tuple(_sheet(sheet) for sheet in plain["sheets"]),
        left_out=dict(plain["left_out"]),
        questions=tuple(plain["questions"]),
        score=plain["score"],
        notes=tuple(plain["notes"]),
    )


def _sheet(plain: Mapping[str, Any]) -> SheetMapping:
    columns = tuple(
        ColumnMeaning(**column | {"certainty": Certainty(column["certainty"])}) for column in plain["columns"]
    )
    return SheetMapping(**{**plain, "columns": columns})
