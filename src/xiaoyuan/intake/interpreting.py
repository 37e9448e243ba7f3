"""From raw cells to rows of a kind: merged cells filled down, 同上 followed, totals set aside, every cell read.

Rows stream through; what is kept from row to row is the row above and a bounded memory of texts that were read before.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.utils.translation import gettext as _

from xiaoyuan.intake.cells import Cell, is_blank
from xiaoyuan.intake.columns import Column, LedgerKind, Problem, Row
from xiaoyuan.intake.errors import CellError
from xiaoyuan.intake.extras import is_personal_value, misplaced_number
from xiaoyuan.intake.headings import cell_text, letter
from xiaoyuan.intake.layouts import Certainty, ColumnMeaning, SheetMapping
from xiaoyuan.intake.not_data import LineReader
from xiaoyuan.intake.sheets import LostValue, RawCell, RowChunk, SheetInfo

MEMORY: Final = 4000
"""Different texts of a column that are remembered with their values."""

_SAME_AS_ABOVE: Final = frozenset({"同上", "同上行", "同 上", "〃", "″", '"', "“", "”", "''", "``", "々"})
_CODE_BEFORE: Final = re.compile(r"\(?\d{1,3}\)?[\s.\-_、:：)）]*([^\W\d_].*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SkippedRow:
    """A row that is no data: a total, a note, headings printed again. Its number is the one the workbook shows."""

    sheet: str
    number: int
    reason: str


class _Outcome:
    """What a cell came to; one object serves all cells with the same text."""

    __slots__ = ("is_personal", "problem", "text", "value")

    def __init__(self, value: Any, text: str, problem: str = "", *, is_personal: bool = False) -> None:
        self.value = value
        self.text = text
        self.problem = problem
        self.is_personal = is_personal


class _Reading:
    """One column of the file: how its cells are read, and what was read before."""

    __slots__ = ("column", "key", "label", "meaning", "merged", "position", "seen", "today", "until")

    def __init__(self, meaning: ColumnMeaning, column: Column | None, label: str, today: date) -> None:
        self.meaning = meaning
        self.position = meaning.position
        self.column = column
        self.key = meaning.key
        self.label = label
        self.today = today
        self.until = -1
        """Index of the last row that the latest merged cell covers."""
        self.merged: RawCell = None
        """What that merged cell holds."""
        self.seen: dict[Any, _Outcome] = {}

    def outcome(self, cell: RawCell) -> _Outcome:
        """Read a cell, or remember what it came to."""
        key = (cell.__class__, cell)  # True, 1 and 1.0 are equal but not the same to a reader
        found = self.seen.get(key)
        if found is None:
            if len(self.seen) >= MEMORY:
                self.seen.clear()
            found = self.seen[key] = self._read(cell)
        return found

    def _read(self, cell: RawCell) -> _Outcome:
        if isinstance(cell, LostValue):
            return self._lost(cell)
        text = cell_text(cell)
        if self.column is None:
            return _Outcome(None, text, is_personal=self.meaning.is_personal or is_personal_value(text))
        if not text:
            return _Outcome(None, "", _("This cell must not be empty.") if self.column.is_filled else "")
        if not self.column.is_personal and (number := misplaced_number(text)):
            # What such a column holds lies open in the register, where no vault covers it.
            return _Outcome(
                None,
                text,
                _("An identity number stands here. Write it into its own column.")
                if number == "id_number"
                else _("A telephone number stands here. Write it into its own column."),
            )
        try:
            return _Outcome(self.column.read(cell, self.today), text)
        except CellError as error:
            value = self._after_code(cell)
            return _Outcome(value, text, "" if value is not None else str(error))

    def _lost(self, cell: LostValue) -> _Outcome:
        if not cell.sign:
            sentence = _(
                "The formula in this cell was never calculated. Open the file in a spreadsheet program, "
                "save it and import it again."
            )
            return _Outcome(None, "", sentence)
        if self.column is None:
            return _Outcome(None, cell.sign)  # nobody asked for it: kept as a person sees it
        return _Outcome(
            None, cell.sign, _("The formula in this cell has no result. Write the value instead.")
        )

    def _after_code(self, cell: Cell) -> Any:
        """Read a drop-down's text such as `1-男` or `01 户主` by its word."""
        found = _CODE_BEFORE.fullmatch(cell.strip()) if isinstance(cell, str) else None
        if found is None or self.column is None:
            return None
        try:
            return self.column.read(found[1], self.today)
        except CellError:
            return None


class Interpreter:
    """Reads the rows of one sheet as `mapping` says. `today` is the day that dates are judged by."""

    def __init__(self, sheet: SheetInfo, mapping: SheetMapping, kind: LedgerKind, today: date) -> None:
        self._sheet = sheet
        self._mapping = mapping
        self._readings: list[_Reading] = []
        self._extras: list[_Reading] = []
        self._divide(kind, today)
        self._width = max([sheet.column_count, *(one.position + 1 for one in mapping.columns)])
        self._filling = [
            one for one in self._readings if one.column is not None and one.column.is_merged_down
        ]
        self._spans = self._spans_down()
        self._lines = LineReader(sheet, mapping, kind)
        self._above: Sequence[RawCell] | None = None
        self._is_parted = True

    def rows(self, chunks: Iterable[RowChunk]) -> Iterator[Row | SkippedRow]:
        """Yield the sheet's rows in order; empty ones, and what stands above the headings, are left out."""
        name, last_heading = self._sheet.name, self._mapping.last_heading_row
        for chunk in chunks:
            if chunk.sheet_index != self._sheet.index:
                continue
            for index, cells in enumerate(chunk.rows, start=chunk.first_row):
                if index <= last_heading:
                    self._lines.note_above(cells)
                    continue
                found = self._row(index, cells)
                if found.__class__ is str:
                    yield SkippedRow(name, index + 1, found)
                elif isinstance(found, Row):
                    yield found

    def _divide(self, kind: LedgerKind, today: date) -> None:
        """Part the columns into those that the kind knows and those that are kept as they are."""
        by_key = {column.key: column for column in kind.columns}
        labels = {by_key[one.key].label for one in self._mapping.columns if one.key in by_key}
        for meaning in self._mapping.columns:
            column = by_key.get(meaning.key)
            if meaning.is_left_out:
                continue
            if column is not None:
                self._readings.append(_Reading(meaning, column, column.label, today))
                continue
            heading = meaning.heading
            label = f"{heading} [{letter(meaning.position)}]" if heading in labels else heading
            self._extras.append(_Reading(meaning, None, label, today))
        # Columns without a heading whose first values stand far below are kept under their letters.
        mapped = {meaning.position for meaning in self._mapping.columns}
        for at in range(self._sheet.column_count):
            if at not in mapped:
                name = f"[{letter(at)}]"
                meaning = ColumnMeaning(at, name, "", Certainty.UNKNOWN)
                self._extras.append(_Reading(meaning, None, name, today))

    def _spans_down(self) -> dict[tuple[int, int], int]:
        """Return the last row of each merged cell that reaches down a column which is filled, by its first cell."""
        filled = {one.position for one in self._filling}
        return {
            (span.first_row, span.first_column): span.last_row
            for span in self._sheet.spans
            if span.last_row > span.first_row and span.first_column in filled
        }

    def _row(self, index: int, cells: Sequence[RawCell]) -> Row | str | None:
        """Read one row: None when it is empty, the reason when it is no data."""
        first = next((cell for cell in cells if cell is not None and not _is_empty(cell)), None)
        if first is None:
            self._is_parted = True
            return None
        if len(cells) < self._width:
            cells = [*cells, *[None] * (self._width - len(cells))]
        reason = self._lines.reason(index, first, cells)
        if reason:
            return reason
        row = Row(self._sheet.name, index + 1, {}, {})
        doubtful: list[_Reading] = []
        if self._filling:
            cells = self._fill(index, cells, doubtful)
        cells = self._read_known(row, cells)
        if row.problems:
            reason = self._lines.reason_of_gaps(row.values, cells)
            if reason:
                return reason
        for reading in doubtful:
            cells = self._take_from_above(row, reading, cells)
        if self._extras:
            cells = self._read_extras(row, cells)
        self._above = cells
        self._is_parted = False
        return row

    def _fill(self, index: int, cells: Sequence[RawCell], doubtful: list[_Reading]) -> Sequence[RawCell]:
        """Return the cells with what is merged over this row; note where an empty one may mean the one above."""
        for reading in self._filling:
            at = reading.position
            until = self._spans.get((index, at))
            if until is not None:
                reading.until, reading.merged = until, cells[at]
            elif index <= reading.until:
                cells = _with(cells, at, reading.merged)
            elif reading.meaning.fills_down and not self._is_parted and _is_empty(cells[at]):
                doubtful.append(reading)
        return cells

    def _read_known(self, row: Row, cells: Sequence[RawCell]) -> Sequence[RawCell]:
        values, written, problems = row.values, row.written, row.problems
        for reading in self._readings:
            cell = cells[reading.position]
            outcome = reading.seen.get((cell.__class__, cell)) or reading.outcome(cell)
            text = outcome.text
            if text:
                if text in _SAME_AS_ABOVE:
                    cells, outcome = self._same_as_above(row, reading, cells)
                    text = outcome.text
                written[reading.label] = text
            values[reading.key] = outcome.value
            if outcome.problem:
                problems.append(Problem(row.sheet, row.number, reading.label, outcome.problem))
        return cells

    def _read_extras(self, row: Row, cells: Sequence[RawCell]) -> Sequence[RawCell]:
        for reading in self._extras:
            cell = cells[reading.position]
            if cell is None:
                continue
            outcome = reading.seen.get((cell.__class__, cell)) or reading.outcome(cell)
            if outcome.text in _SAME_AS_ABOVE:
                cells, outcome = self._same_as_above(row, reading, cells)
            if outcome.problem:
                row.problems.append(Problem(row.sheet, row.number, reading.label, outcome.problem))
            if outcome.text:
                row.written[reading.label] = outcome.text
                (row.personal_extra if outcome.is_personal else row.extra)[reading.label] = outcome.text
        return cells

    def _same_as_above(
        self, row: Row, reading: _Reading, cells: Sequence[RawCell]
    ) -> tuple[Sequence[RawCell], _Outcome]:
        if self._above is None:
            sentence = _("This cell says “same as above”, but no row stands above it.")
            return cells, _Outcome(None, cell_text(cells[reading.position]), sentence)
        cell = self._above[reading.position]
        return _with(cells, reading.position, cell), reading.outcome(cell)

    def _take_from_above(self, row: Row, reading: _Reading, cells: Sequence[RawCell]) -> Sequence[RawCell]:
        """Fill an empty cell from above unless the row begins another group; then it stays an error."""
        column = reading.column
        if column is None or column.begins_anew is None or self._above is None:
            return cells
        above = self._above[reading.position]
        outcome = reading.outcome(above)
        if not outcome.text or outcome.problem or column.begins_anew(row.values):
            return cells
        row.values[reading.key] = outcome.value
        row.written[reading.label] = outcome.text
        row.problems = [problem for problem in row.problems if problem.column != reading.label]
        return _with(cells, reading.position, above)


def _with(cells: Sequence[RawCell], at: int, cell: RawCell) -> list[RawCell]:
    changed = list(cells)
    changed[at] = cell
    return changed


def _is_empty(cell: RawCell) -> bool:
    return not isinstance(cell, LostValue) and is_blank(cell)
