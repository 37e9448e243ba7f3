"""Why the reading process gave up on a file: a reason with numbers, which the parent says in the reader's language.

Pure, so that the process starts without Django.
"""

from enum import StrEnum


class Reason(StrEnum):
    """One sentence each, in `sources.sentences`."""

    NOT_A_WORKBOOK = "not_a_workbook"
    WRONG_FORMAT = "wrong_format"
    WRONG_ENDING = "wrong_ending"
    PROTECTED = "protected"
    MACROS = "macros"
    EMBEDDED = "embedded"
    DAMAGED = "damaged"
    SUSPICIOUS = "suspicious"
    EMPTY = "empty"
    ONLY_PICTURES = "only_pictures"
    TOO_LARGE = "too_large"
    PACKED_TOO_TIGHTLY = "packed_too_tightly"
    TOO_FAR = "too_far"
    TOO_MANY_COLUMNS = "too_many_columns"
    TOO_MANY_ROWS = "too_many_rows"
    MERGED_CELLS = "merged_cells"
    UNCALCULATED = "uncalculated"
    ENCODING = "encoding"
    SEPARATOR = "separator"
    UNEVEN_ROW = "uneven_row"
    QUOTES = "quotes"
    LONG_CELL = "long_cell"
    MEMORY = "memory"
    TIME = "time"
    CRASH = "crash"


class Refusal(Exception):
    """A file is not read. `fields` fill the sentence: numbers, names of sheets and places, never contents of cells."""

    def __init__(self, reason: Reason, **fields: str | int) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.fields = fields
