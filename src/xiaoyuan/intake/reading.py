"""From a workbook to rows: finding the headings below title rows, recognising the kind, reading every cell."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _

from xiaoyuan.intake.cells import Cell, as_text, is_blank
from xiaoyuan.intake.columns import Column, LedgerKind, Problem, Row, fold_heading
from xiaoyuan.intake.errors import (
    CellError,
    ColumnsMissing,
    ColumnTwice,
    KindUnclear,
    NoRows,
    NothingRecognised,
    UnknownKind,
)
from xiaoyuan.intake.extras import extra_field, is_personal_heading, is_personal_value
from xiaoyuan.intake.headings import letter
from xiaoyuan.intake.workbooks import Sheet, read_sheets

__all__ = ["Headings", "Ledger", "extra_field", "find_headings", "letter", "read_ledger"]

HEADING_ROWS: Final = 20
"""Headings are looked for in the first rows: above them stand titles, dates and notes."""
FEWEST_HEADINGS: Final = 2


@dataclass(frozen=True)
class Headings:
    """Where a sheet's headings stand: row index, columns by index, and unknown headings by index."""

    row: int
    columns: dict[int, Column]
    unknown: dict[int, str]


@dataclass(frozen=True)
class Ledger:
    """A file that was read: its kind, all its rows, and the sheets that hold no ledger."""

    kind: LedgerKind
    rows: list[Row]
    skipped_sheets: list[str] = field(default_factory=list)


def read_ledger(
    path: Path,
    kinds: Sequence[LedgerKind],
    *,
    today: date,
    kind_key: str = "",
    on_row: Callable[[int, int], None] = lambda done, total: None,
) -> Ledger:
    """Read a workbook as one of `kinds`, recognised by its headings unless `kind_key` says which.

    Raises `FileRefused`. Faults of single cells become problems of their rows. `on_row(done, total)` reports progress.
    """
    if kind_key and kind_key not in {kind.key for kind in kinds}:
        raise UnknownKind(kind_key, ", ".join(kind.key for kind in kinds))
    sheets = read_sheets(path)
    kind, found = _recognise(path.name, sheets, [kind for kind in kinds if kind_key in ("", kind.key)])
    total = sum(len(sheet.rows) - headings.row - 1 for sheet, headings in found)
    rows: list[Row] = []
    done = 0
    for sheet, headings in found:
        for row in _rows(sheet, headings, today):
            rows.append(row)
            on_row(done + row.number - headings.row - 1, total)
        done += len(sheet.rows) - headings.row - 1
    on_row(total, total)
    if not rows:
        raise NoRows(path.name)
    _part_personal_extra(rows)
    used = {sheet.name for sheet, _headings in found}
    return Ledger(kind, rows, [sheet.name for sheet in sheets if sheet.name not in used])


def find_headings(sheet: Sheet, kind: LedgerKind) -> Headings | None:
    """Return the row among the first 20 that names most columns of a kind; None when it names fewer than two."""
    known = kind.by_heading()
    best: tuple[int, int] | None = None
    for index, cells in enumerate(sheet.rows[:HEADING_ROWS]):
        matches = len({known[text].key for cell in cells if (text := _heading(cell)) in known})
        if matches >= FEWEST_HEADINGS and (best is None or matches > best[1]):
            best = (index, matches)
    if best is None:
        return None
    columns: dict[int, Column] = {}
    unknown: dict[int, str] = {}
    for position, cell in enumerate(sheet.rows[best[0]]):
        column = known.get(_heading(cell))
        if column is not None:
            twice = next((first for first, other in columns.items() if other.key == column.key), None)
            if twice is not None:
                raise ColumnTwice(sheet.name, column.label, letter(twice), letter(position))
            columns[position] = column
        elif not is_blank(cell):
            heading = " ".join(as_text(cell).split())
            unknown[position] = (
                heading if heading not in unknown.values() else f"{heading} [{letter(position)}]"
            )
        elif any(not is_blank(row[position]) for row in sheet.rows[best[0] + 1 :] if position < len(row)):
            unknown[position] = f"[{letter(position)}]"  # a column without heading is kept under its letters
    return Headings(best[0], columns, unknown)


def _heading(cell: Cell) -> str:
    return fold_heading(cell) if isinstance(cell, str) else ""


def _recognise(
    name: str, sheets: Sequence[Sheet], kinds: Sequence[LedgerKind]
) -> tuple[LedgerKind, list[tuple[Sheet, Headings]]]:
    """Choose the kind whose required columns are there and most of whose columns are named."""
    scored: list[tuple[int, LedgerKind, list[tuple[Sheet, Headings]]]] = []
    nearest: tuple[int, ColumnsMissing] | None = None
    for kind in kinds:
        whole: list[tuple[Sheet, Headings]] = []
        broken: ColumnsMissing | None = None
        for sheet in sheets:
            headings = find_headings(sheet, kind)
            if headings is None:
                continue
            present = {column.key for column in headings.columns.values()}
            missing = [
                column.label for column in kind.columns if column.is_required and column.key not in present
            ]
            if not missing:
                whole.append((sheet, headings))
                continue
            error = ColumnsMissing(sheet.name, str(kind.label), "、".join(missing))
            # A note with two headings in common is no ledger; half of what is required makes one.
            if len(missing) * 2 <= len(kind.required):
                broken = broken or error
            if nearest is None or len(present) > nearest[0]:
                nearest = (len(present), error)
        if whole:
            if broken is not None and len(kinds) == 1:
                raise broken
            score = max(len(headings.columns) for _sheet, headings in whole)
            scored.append((score, kind, whole))
    if not scored:
        if nearest is not None:
            raise nearest[1]
        raise NothingRecognised(name, "、".join(str(kind.label) for kind in kinds))
    best = max(score for score, _kind, _found in scored)
    winners = [(kind, found) for score, kind, found in scored if score == best]
    if len(winners) > 1:
        raise KindUnclear(", ".join(kind.key for kind, _found in winners))
    winner = winners[0][0]
    if len(kinds) > 1:
        return _recognise(name, sheets, [winner])
    return winners[0]


def _rows(sheet: Sheet, headings: Headings, today: date) -> Iterator[Row]:
    for index in range(headings.row + 1, len(sheet.rows)):
        cells = sheet.rows[index]
        if all(is_blank(cell) for cell in cells):
            continue
        yield _row(sheet.name, index + 1, cells, headings, today)


def _row(sheet: str, number: int, cells: Sequence[Cell], headings: Headings, today: date) -> Row:
    row = Row(sheet, number, written={}, values={})
    for position, column in headings.columns.items():
        cell = cells[position] if position < len(cells) else None
        row.values[column.key], problem = _value(cell, column, today)
        if problem:
            row.problems.append(Problem(sheet, number, column.label, problem))
        if not is_blank(cell):
            row.written[column.label] = as_text(cell)
    for position, heading in headings.unknown.items():
        cell = cells[position] if position < len(cells) else None
        if not is_blank(cell):
            row.written[heading] = row.extra[heading] = as_text(cell)
    return row


def _value(cell: Cell, column: Column, today: date) -> tuple[Any, str]:
    if is_blank(cell):
        return None, _("This cell must not be empty.") if column.is_filled else ""
    try:
        return column.read(cell, today), ""
    except CellError as error:
        return None, str(error)


def _part_personal_extra(rows: Sequence[Row]) -> None:
    """Move unknown columns that look personal, by heading or by any of their values, out of `extra`."""
    personal = {
        heading
        for row in rows
        for heading, text in row.extra.items()
        if is_personal_heading(heading) or is_personal_value(text)
    }
    for row in rows:
        row.personal_extra = {heading: text for heading, text in row.extra.items() if heading in personal}
        row.extra = {heading: text for heading, text in row.extra.items() if heading not in personal}
