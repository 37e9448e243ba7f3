"""Reading .csv and .txt: the encoding and the separator are told from the file, or the file is refused.

A file is gone through twice: first to see that every row of it can be read, then to hand the rows over.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Final

from xiaoyuan.intake.sheets import RawCell, RowChunk, SheetInfo
from xiaoyuan.intake.sources import rationing
from xiaoyuan.intake.sources.limits import Limits
from xiaoyuan.intake.sources.refusals import Reason, Refusal
from xiaoyuan.intake.sources.text_encodings import encoding_of

CHUNK_ROWS: Final = 500
LONGEST_CELL: Final = 32_767
"""Characters, as in a workbook."""
TRIED_ROWS: Final = 200

_SEPARATORS: Final = (",", "\t", ";", "|")
_CHINESE_COMMA: Final = "，"
_MOSTLY: Final = 0.9
_AT_LEAST: Final = 0.3


class TextReader:
    """A text file being read: `infos` of its one sheet, then `chunks()` once. Raises `Refusal`."""

    def __init__(self, path: Path, limits: Limits) -> None:
        rationing.allow(path.stat().st_size, limits, ratio=rationing.TEXT_RATIO)
        self._path = path
        self._encoding = encoding_of(path)
        self._separator, self._width = _separator_of(self._head())
        rows, columns = self._check(limits)
        if not rows:
            raise Refusal(Reason.EMPTY)
        self.infos: tuple[SheetInfo, ...] = (SheetInfo(0, "", rows, columns),)

    def chunks(self) -> Iterator[RowChunk]:
        """Yield the rows; blank chunks are left out."""
        rows = self._rows()
        first = 0
        while chunk := list(islice(rows, CHUNK_ROWS)):
            cells: list[list[RawCell]] = [[cell or None for cell in row] for row in chunk]
            for row in cells:
                while row and row[-1] is None:
                    row.pop()
            if any(cells):
                yield RowChunk(0, first, cells)
            first += len(chunk)

    def _head(self) -> list[str]:
        with self._open() as lines:
            return list(islice(lines, TRIED_ROWS))

    def _open(self) -> io.TextIOWrapper:
        return self._path.open(encoding=self._encoding, newline="")

    def _check(self, limits: Limits) -> tuple[int, int]:
        """Go through all rows; returns the number of the last filled one and how many columns are filled.

        Rows before the first and after the last full one may be shorter: titles, notes, totals. A shorter or longer
        one between them has lost its place: a separator or a line break stands inside a text.
        """
        filled, widest = 0, 0
        is_below, short = False, (0, 0)
        for number, row in enumerate(self._rows(), start=1):
            if number > limits.rows:
                raise Refusal(Reason.TOO_MANY_ROWS, limit=limits.rows)
            if len(row) > limits.columns:
                raise Refusal(Reason.TOO_MANY_COLUMNS, sheet="", count=len(row), limit=limits.columns)
            last = len(row)
            while last and not row[last - 1].strip():
                last -= 1
            if not last:
                continue
            if last > self._width:
                raise self._uneven(number, last)
            filled, widest = number, max(widest, last)
            if len(row) < self._width:
                if is_below and not short[0]:
                    short = number, len(row)
            elif short[0]:
                raise self._uneven(*short)
            else:
                is_below = True
        return filled, widest

    def _uneven(self, number: int, count: int) -> Refusal:
        return Refusal(Reason.UNEVEN_ROW, line=number, count=count, usual=self._width)

    def _rows(self) -> Iterator[list[str]]:
        csv.field_size_limit(LONGEST_CELL)
        with self._open() as lines:
            reader = csv.reader(lines, delimiter=self._separator, strict=True)
            while True:
                try:
                    row = next(reader)
                except StopIteration:
                    return
                except csv.Error as fault:
                    reason = Reason.LONG_CELL if "field larger" in str(fault) else Reason.QUOTES
                    raise Refusal(reason, line=reader.line_num, limit=LONGEST_CELL) from None
                yield row


def _separator_of(lines: Sequence[str]) -> tuple[str, int]:
    """Return what separates the cells, and into how many columns; refuse what two separators explain as well."""
    found = {separator: _fit(lines, separator) for separator in _SEPARATORS}
    certain = [separator for separator, (width, share) in found.items() if width > 1 and share >= _MOSTLY]
    if len(certain) > 1:
        raise Refusal(Reason.SEPARATOR)
    if certain:
        return certain[0], found[certain[0]][0]
    width, share = _fit(lines, _CHINESE_COMMA)
    if width > 1 and share == 1:
        return _CHINESE_COMMA, width
    likely = max(_SEPARATORS, key=lambda separator: (found[separator][0] > 1, found[separator][1]))
    if found[likely][0] > 1 and found[likely][1] >= _AT_LEAST:
        return likely, found[likely][0]
    return ",", max(1, found[","][0])


def _fit(lines: Sequence[str], separator: str) -> tuple[int, float]:
    """Return the usual number of columns, and the share of rows that have it."""
    csv.field_size_limit(LONGEST_CELL)
    widths: Counter[int] = Counter()
    rows = csv.reader(lines, delimiter=separator)
    # A fault is said when the rows are read; the rows before it are enough to tell the separator.
    with suppress(csv.Error):
        widths.update(len(row) for row in rows if any(row))
    if not widths:
        return 0, 0.0
    width, count = widths.most_common(1)[0]
    return width, count / widths.total()
