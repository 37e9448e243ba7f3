"""What calamine does not say of a workbook's sheet: hidden rows and columns, failed and uncalculated formulas.

Found by a streaming scan of its XML that looks closely only where a cheap search says that there is something. The
same scan refuses a cell so far out that the reader would take memory for all the empty ones before it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from xiaoyuan.intake.sheets import LostValue
from xiaoyuan.intake.sources.limits import MB, Limits
from xiaoyuan.intake.sources.refusals import Reason, Refusal

LAST_ROW: Final = 1_048_576
LAST_COLUMN: Final = 16_384
FEW_CELLS: Final = 2_000_000
"""Cells for which memory is taken without asking how many of them are filled."""
EMPTIER: Final = 4
"""A sheet of more cells may be this many times larger than what is filled."""
LOOKED_CLOSELY: Final = 8 * MB
"""A sheet whose XML is no longer than this is looked at cell by cell."""

_LONGEST_BLOCK: Final = 4 * MB
_CELL: Final = re.compile(rb"<(?:\w+:)?c(?=[\s/>])([^<>]*)>")
_ROW: Final = re.compile(rb"<(?:\w+:)?row(?=[\s/>])([^<>]*)>")
_COLUMN: Final = re.compile(rb"<(?:\w+:)?col(?=[\s/>])([^<>]*)>")
_DIMENSION: Final = re.compile(rb"<(?:\w+:)?dimension\s([^<>]*)>")
_PREFIX: Final = re.compile(rb"<(?:(\w+):)?worksheet\b")
_PLACE: Final = re.compile(rb"""\br\s*=\s*["']([A-Z]{1,4})([0-9]{1,18})["']""")
_NUMBER: Final = re.compile(rb"""\br\s*=\s*["']([0-9]{1,9})["']""")
_REFERENCE: Final = re.compile(rb"""\bref\s*=\s*["'](?:[A-Z]+[0-9]+:)?\$?([A-Z]+)\$?([0-9]+)["']""")
_HIDDEN: Final = re.compile(rb"""\bhidden\s*=\s*["'](?:1|true|on)["']""")
_FROM: Final = re.compile(rb"""\bmin\s*=\s*["']([0-9]{1,18})["']""")
_TO: Final = re.compile(rb"""\bmax\s*=\s*["']([0-9]{1,18})["']""")
_IS_ERROR: Final = re.compile(rb"""\bt\s*=\s*["']e["']""")
_IS_TEXT: Final = re.compile(rb"""\bt\s*=\s*["']str["']""")
_FORMULA: Final = re.compile(rb"<(?:\w+:)?f[\s/>]")
_VALUE: Final = re.compile(rb"<(?:\w+:)?v(?:\s[^<>]*)?>([^<]+)<")
_EMPTY_VALUE: Final = re.compile(rb"<(?:\w+:)?v[\s/>]")
_NO_STRING: Final = re.compile(rb't="s"[^<>]*><v>[^0-9<]')
"""calamine reads the number of a shared string as 0 when it is none: that is somebody else's text."""
_UNPLACED: Final = re.compile(rb'<c(?:>|\s(?!r="))')
_SIGN: Final = re.compile(r"#[A-Z0-9/!?_]{1,20}")


@dataclass
class Peculiarities:
    """What a scan found. Indexes from 0; `lost` by row, then column. Row and column counts reach to lost cells."""

    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    lost: dict[int, dict[int, LostValue]] = field(default_factory=dict)
    lost_count: int = 0
    filled: int = 0
    last_row: int = 0
    last_column: int = 0
    has_spans: bool = False


def scan(cut: Iterable[bytes], size: int, sheet: str, limits: Limits) -> Peculiarities:
    """Look through a sheet's XML of `size` bytes, in blocks; raises `Refusal`."""
    found = Peculiarities()
    row = 0
    is_close = size <= LOOKED_CLOSELY
    for position, block in enumerate(cut):
        if position == 0:
            _read_start(block, found, sheet)
        if _NO_STRING.search(block):
            raise Refusal(Reason.DAMAGED)
        found.has_spans = found.has_spans or b"mergeCell" in block
        found.filled += block.count(b"v>") // 2 + block.count(b"is>") // 2
        if is_close or _is_peculiar(block):
            row = _read_rows(block, row, found, limits, sheet)
        else:
            row = _pass_over(block, row, found)
        _check_extent(found, sheet, limits)
    return found


def blocks(parts: Iterator[bytes]) -> Iterator[bytes]:
    """Yield XML cut behind rows, or between tags where there are none."""
    rest, close = b"", b""
    for part in parts:
        data = rest + part
        if not close:
            prefix = _PREFIX.search(data)
            if prefix is None and len(data) < MB:
                rest = data
                continue
            name = b"" if prefix is None or prefix[1] is None else prefix[1] + b":"
            close = b"</" + name + b"row>"
        at = data.rfind(close)
        if at < 0:
            if len(data) < _LONGEST_BLOCK:
                rest = data
                continue
            at = max(data.rfind(b"<"), 1)
        else:
            at += len(close)
        yield data[:at]
        rest = data[at:]
    yield rest


def _read_start(block: bytes, found: Peculiarities, sheet: str) -> None:
    start = block[:MB]
    dimension = _DIMENSION.search(start)
    if dimension is not None and (reference := _REFERENCE.search(dimension[1])) is not None:
        letters, number = reference.groups()
        if len(letters) > 3 or len(number) > 7:
            raise Refusal(Reason.TOO_FAR, sheet=sheet, cell=_cell_name(letters, number))
    for column in _COLUMN.finditer(start):
        first, last = _FROM.search(column[1]), _TO.search(column[1])
        if first is None or last is None:
            continue
        if int(last[1]) > LAST_COLUMN:
            raise Refusal(Reason.TOO_MANY_COLUMNS, sheet=sheet, count=int(last[1]), limit=LAST_COLUMN)
        if _HIDDEN.search(column[1]):
            found.hidden_columns.update(range(max(int(first[1]), 1) - 1, int(last[1])))


def _is_peculiar(block: bytes) -> bool:
    return (
        b"hidden=" in block or b't="e"' in block or b"t='e'" in block
        or b"<f" in block or b":c " in block or b":c>" in block or b"r='" in block or b"r =" in block
        or _UNPLACED.search(block) is not None
    )  # fmt: skip


def _pass_over(block: bytes, row: int, found: Peculiarities) -> int:
    """Return the number of the block's last row, and look only for cells beyond the last column known so far."""
    tag = block.rfind(b"row ")
    last = _ROW.search(block, max(0, block.rfind(b"<", 0, tag))) if tag >= 0 else None
    number = None if last is None else _NUMBER.search(last[1])
    row = int(number[1]) if number is not None else row + block.count(b"row>") // 2
    value = max(block.rfind(b"v>"), block.rfind(b"is>"))
    if value >= 0:
        start = block.rfind(b"<", 0, block.rfind(b"row ", 0, value))
        filled = _ROW.match(block, start) if start >= 0 else None
        number = None if filled is None else _NUMBER.search(filled[1])
        found.last_row = max(found.last_row, row if number is None else int(number[1]))
    beyond = [column_number(cell[1]) for cell in _beyond(found.last_column).finditer(block)]
    found.last_column = max([found.last_column, *beyond])
    return row


@lru_cache(maxsize=64)
def _beyond(column: int) -> re.Pattern[bytes]:
    """Return what finds the cells right of a column, quickly when there are none."""
    letters = column_letters(column) if column else ""
    ways = [f"[A-Z]{{{len(letters) + 1},3}}"]
    ways += [
        f"{letters[:at]}[{chr(ord(letter) + 1)}-Z][A-Z]{{{len(letters) - at - 1}}}"
        for at, letter in enumerate(letters)
        if letter != "Z"
    ]
    return re.compile(f'r="({"|".join(ways if len(letters) < 3 else ways[1:])})[0-9]+"[^<>/]*>'.encode())


def _read_rows(block: bytes, row: int, found: Peculiarities, limits: Limits, sheet: str) -> int:
    """Read rows cell by cell; returns the number of the last one."""
    starts = list(_ROW.finditer(block))
    ends = [start.start() for start in starts[1:]] + [len(block)]
    for start, end in zip(starts, ends, strict=False):  # without a row there is one end too many
        number = _NUMBER.search(start[1])
        row = row + 1 if number is None else int(number[1])
        if _HIDDEN.search(start[1]):
            found.hidden_rows.add(row - 1)
        _read_cells(block[start.end() : end], row, found, limits, sheet)
    return row


def _read_cells(content: bytes, row: int, found: Peculiarities, limits: Limits, sheet: str) -> None:
    cells = list(_CELL.finditer(content))
    ends = [cell.start() for cell in cells[1:]] + [len(content)]
    column = 0
    for cell, end in zip(cells, ends, strict=False):
        attributes = cell[1]
        place = _PLACE.search(attributes)
        if place is None:
            column += 1
            number = row
        else:
            column, number = column_number(place[1]), int(place[2])
        if attributes.endswith(b"/"):
            continue
        if number > LAST_ROW or column > LAST_COLUMN:
            raise Refusal(Reason.TOO_FAR, sheet=sheet, cell=f"{column_letters(column)}{number}")
        body = content[cell.end() : end]
        sign = _lost_sign(attributes, body)
        is_filled = _VALUE.search(body) is not None or b"t>" in body
        if sign is not None:
            found.lost_count += 1
            if found.lost_count > limits.lost_values:
                raise Refusal(Reason.UNCALCULATED, sheet=sheet, limit=limits.lost_values)
            found.lost.setdefault(number - 1, {})[column - 1] = LostValue(sign)
        if is_filled or sign is not None:
            found.last_row = max(found.last_row, number)
            found.last_column = max(found.last_column, column)


def _lost_sign(attributes: bytes, body: bytes) -> str | None:
    if _IS_ERROR.search(attributes):
        value = _VALUE.search(body)
        sign = "" if value is None else value[1].decode("ascii", "replace")
        return sign if _SIGN.fullmatch(sign) else "#ERROR!"
    if _FORMULA.search(body) is None or _VALUE.search(body) is not None:
        return None
    # A formula whose result is the empty text has a type and an empty value.
    is_empty_text = _IS_TEXT.search(attributes) is not None and _EMPTY_VALUE.search(body) is not None
    return None if is_empty_text else ""


def _check_extent(found: Peculiarities, sheet: str, limits: Limits) -> None:
    rows, columns = found.last_row, found.last_column
    if rows > LAST_ROW or columns > LAST_COLUMN:
        raise Refusal(Reason.TOO_FAR, sheet=sheet, cell=f"{column_letters(columns)}{rows}")
    allowed = min(limits.cells, max(FEW_CELLS, EMPTIER * found.filled))
    if rows * columns > allowed:
        raise Refusal(Reason.TOO_FAR, sheet=sheet, cell=f"{column_letters(columns)}{rows}")


def column_number(letters: bytes) -> int:
    """Return 1 for A, 27 for AA."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def column_letters(number: int) -> str:
    """Return A for 1, AA for 27."""
    letters = ""
    while number > 0:
        number, letter = divmod(number - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters or "A"


def _cell_name(letters: bytes, number: bytes) -> str:
    return f"{letters[:8].decode()}{number[:12].decode()}"
