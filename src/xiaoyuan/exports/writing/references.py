"""Moving what formulas, ranges and names refer to when rows are put in before the totals of a layout."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token

LAST_ROW: Final = 1_048_576

_CELL: Final = re.compile(r"(\$?)([A-Z]{1,3})(\$?)(\d{1,7})")
_RANGE: Final = re.compile(r"(\$?[A-Z]{1,3}\$?\d{1,7})(?::(\$?[A-Z]{1,3}\$?\d{1,7}))?")
_ROWS: Final = re.compile(r"(\$?)(\d{1,7}):(\$?)(\d{1,7})")


@dataclass(frozen=True)
class RowShift:
    """`added` rows come in before row `before`; the records stand in rows `first` to `before - 1 + added`."""

    first: int
    before: int
    added: int

    def row(self, number: int) -> int:
        """Return where a row is afterwards."""
        return min(number + self.added, LAST_ROW) if number >= self.before else number

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where a range is afterwards; one that ends with the prepared rows grows with them."""
        if start < self.before <= end + 1 and end >= self.first:
            return start, min(end + self.added, LAST_ROW)
        return self.row(start), self.row(end)

    def grown(self, start: int, end: int) -> tuple[int, int]:
        """As `span`, and a range that holds the first record's row holds all records: a drop-down, a print area."""
        low, high = self.span(start, end)
        if start <= self.first <= end:
            high = max(high, self.before - 1 + self.added)
        return low, min(high, LAST_ROW)


def moved_range(text: str, place: Callable[[int, int], tuple[int, int]]) -> str:
    """Return `A1`, `$A$1:$B$9` or `3:4` after its rows were placed anew; other texts (whole columns) as they are."""
    if rows := _ROWS.fullmatch(text):
        low, high = place(int(rows[2]), int(rows[4]))
        return f"{rows[1]}{low}:{rows[3]}{high}"
    found = _RANGE.fullmatch(text)
    if found is None:
        return text
    start = _CELL.fullmatch(found[1])
    end = _CELL.fullmatch(found[2] or found[1])
    assert start is not None
    assert end is not None
    low, high = place(int(start[4]), int(end[4]))
    first = f"{start[1]}{start[2]}{start[3]}{low}"
    return f"{first}:{end[1]}{end[2]}{end[3]}{high}" if found[2] else first


def moved_ranges(text: str, place: Callable[[int, int], tuple[int, int]]) -> str:
    """Return a list of ranges separated by spaces, each placed anew."""
    return " ".join(moved_range(part, place) for part in text.split())


def moved_formula(formula: str, shift: RowShift, *, sheet: str, is_on_sheet: bool) -> str:
    """Return a formula (without "=") whose references into `sheet` follow the rows that were put in."""
    if not shift.added:
        return formula
    tokens = Tokenizer(f"={formula}")
    parts = []
    for token in tokens.items:
        is_reference = token.type == Token.OPERAND and token.subtype == Token.RANGE
        parts.append(_moved(token.value, shift, sheet, is_on_sheet) if is_reference else token.value)
    return "".join(parts)


def _moved(text: str, shift: RowShift, sheet: str, is_on_sheet: bool) -> str:
    owner, mark, reference = text.rpartition("!")
    if mark:
        named = owner[1:-1].replace("''", "'") if owner.startswith("'") else owner
        if named != sheet:
            return text
    elif not is_on_sheet:
        return text

    def place(start: int, end: int) -> tuple[int, int]:
        return shift.span(start, end) if ":" in reference else (shift.row(start), shift.row(start))

    return f"{owner}{mark}{moved_range(reference, place)}"


def moved_name(text: str, shift: RowShift, *, sheet: str) -> str:
    """Return what a defined name stands for (a print area, a filter) after the rows came in; others as they are."""

    def one(part: str) -> str:
        owner, mark, reference = part.rpartition("!")
        named = owner[1:-1].replace("''", "'") if owner.startswith("'") else owner
        if not mark or named != sheet:
            return part
        return f"{owner}{mark}{moved_range(reference, shift.grown)}"

    # A comma in a quoted sheet name is no separator.
    return ",".join(one(part) for part in re.findall(r"(?:'(?:[^']|'')*'|[^,'])+", text))
