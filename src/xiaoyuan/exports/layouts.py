"""Looking at a superior's empty workbook: its sheets, where the records begin, what each column is likely to mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from openpyxl.utils import get_column_letter, range_boundaries

from xiaoyuan.exports.errors import TemplateDamaged
from xiaoyuan.exports.sources import EXTRA, NUMBER_FIELD, ExportSource, fold_heading
from xiaoyuan.exports.writing.packages import named, open_package
from xiaoyuan.exports.writing.sheets import LayoutRow, read_rows

_SEARCHED: Final = 30
_HEADING_ROWS: Final = 3
_MOST_COLUMNS: Final = 200


@dataclass(frozen=True)
class SheetOutline:
    """A sheet as a clerk sees it: texts of its first rows by letters of the column, merged headings spread out."""

    name: str
    rows: Mapping[int, Mapping[str, str]]
    spread: Mapping[int, Mapping[str, str]]

    def headings(self, first_row: int) -> dict[str, tuple[str, ...]]:
        """Return each column's headings above the records, the lowest first; titles over the whole sheet are none."""
        found: dict[str, list[str]] = {}
        for number in range(first_row - 1, max(0, first_row - 1 - _HEADING_ROWS), -1):
            row = self.spread.get(number, {})
            if len(set(row.values())) < 2:  # a title, or nothing
                if found:
                    break
                continue
            for letters, text in row.items():
                pieces = found.setdefault(letters, [])
                if text not in pieces:
                    pieces.append(text)
        order = sorted(found, key=lambda letters: (len(letters), letters))
        return {letters: tuple(found[letters]) for letters in order}


@dataclass(frozen=True)
class Guess:
    """What a layout probably is: the sheet, the source, the records' first row, and a field for each column."""

    sheet: str
    source_key: str
    first_row: int
    columns: dict[str, str]
    headings: dict[str, str]
    recognised: int


def outline(path: Path) -> list[SheetOutline]:
    """Return the sheets of a workbook (.xlsx) that was looked at by the guard; raises `TemplateRefused`."""
    with open_package(path) as package:
        sheets = []
        for name, part in package.sheets.items():
            _prefix, frame, rows = read_rows(package, part)
            merged = [one.getAttribute("ref") for one in named(frame, "mergeCell")]
            try:
                sheets.append(_outlined(name, rows, merged))
            except (ValueError, AssertionError):  # places that are none
                raise TemplateDamaged from None
        return sheets


def _outlined(name: str, rows: Sequence[LayoutRow], merged: Sequence[str]) -> SheetOutline:
    texts = {
        row.number: {
            cell.letters: " ".join(cell.text.split())
            for cell in row.cells
            if cell.text.strip() and cell.column <= _MOST_COLUMNS
        }
        for row in rows
        if row.number <= _SEARCHED
    }
    spread = {number: dict(row) for number, row in texts.items()}
    for reference in merged:
        left, top, right, bottom = range_boundaries(reference)
        assert left
        assert top
        assert right
        assert bottom
        text = texts.get(top, {}).get(get_column_letter(left))
        if text is None:
            continue
        for number in range(top, min(bottom, _SEARCHED) + 1):
            for column in range(left, min(right, _MOST_COLUMNS) + 1):
                spread.setdefault(number, {})[get_column_letter(column)] = text
    return SheetOutline(name, texts, spread)


def guess(
    sheets: Sequence[SheetOutline],
    sources: Sequence[ExportSource],
    known: Mapping[str, Mapping[str, str]],
) -> Guess:
    """Return the best guess over all sheets, sources and rows. `known` are earlier corrections by source."""
    best: Guess | None = None
    for sheet in sheets:
        for first_row in range(2, _SEARCHED + 1):
            if not sheet.spread.get(first_row - 1):
                continue
            for source in sources:
                one = guess_columns(sheet, source, first_row, known.get(source.key, {}))
                # Of two rows that explain as much the lower one is where the records begin: headings take rows.
                is_other = best is not None and (one.sheet, one.source_key) != (best.sheet, best.source_key)
                if best is None or one.recognised >= best.recognised + is_other:
                    best = one
    if best is not None:
        return best
    first = sheets[0]
    return Guess(first.name, sources[0].key, 2, {}, {}, 0)


def guess_columns(
    sheet: SheetOutline, source: ExportSource, first_row: int, known: Mapping[str, str]
) -> Guess:
    """Return what each column means to a source; one that nobody knows takes what came in under its heading."""
    fields = {
        heading: one.key for one in reversed((NUMBER_FIELD, *source.fields)) for heading in one.headings
    }
    columns: dict[str, str] = {}
    headings: dict[str, str] = {}
    recognised = 0
    below = sheet.spread.get(first_row - 1, {})
    for letters, pieces in sheet.headings(first_row).items():
        headings[letters] = " / ".join(reversed(pieces))
        forms = [pieces[0], "".join(reversed(pieces)), *pieces[1:]]
        found = next(
            (
                key
                for form in forms
                if (key := known.get(fold_heading(form)) or fields.get(fold_heading(form)))
            ),
            "",
        )
        if found and found not in columns.values():
            recognised += letters in below
            columns[letters] = found
        else:
            columns[letters] = EXTRA + pieces[0][:34]
    return Guess(sheet.name, source.key, first_row, columns, headings, recognised)
