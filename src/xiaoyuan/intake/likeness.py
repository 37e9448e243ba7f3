"""Which column a file's values belong to when the heading says nothing: proposed, never taken for certain.

A column is recognisable when its reader refuses what other columns hold: an identity number has a check character, a
sex is one of few words, while free text and plain numbers could be anything.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, Final

from xiaoyuan.intake.cells import Cell, is_blank
from xiaoyuan.intake.columns import Column, LedgerKind
from xiaoyuan.intake.errors import CellError
from xiaoyuan.intake.headings import cell_text
from xiaoyuan.intake.sheets import LostValue, RawCell

FEWEST_VALUES: Final = 3
FEWEST_SHARE: Final = 0.9
"""Some cells of a real ledger are wrong; most are not."""
SHORT_NUMBER: Final = 6
"""Plain numbers up to this many digits can mean anything."""

_FOREIGN: Final[tuple[Cell, ...]] = (
    "某某村", "是", "7", "86.5", "10012345678", "1985-03-01", "110105194912310020", "A-01", "慢性病", "120000",
)  # fmt: skip
"""One value of each shape that ledgers hold; a reader that refuses nearly all of them tells its column apart."""
_ACCEPTED_FOREIGN: Final = 2


def likely_column(
    kind: LedgerKind, cells: Sequence[RawCell], taken: Collection[str], today: date
) -> Column | None:
    """Return the one column of a kind, not among the keys `taken`, that the cells look like; None when unsure."""
    filled: list[Cell] = [cell for cell in cells if not isinstance(cell, LostValue) and not is_blank(cell)]
    if len(filled) < FEWEST_VALUES:
        return None
    fitting = [column for column in kind.columns if _fits(column, filled, today)]
    if len(fitting) != 1 or fitting[0].key in taken:
        return None
    return fitting[0]


def _fits(column: Column, cells: Sequence[Cell], today: date) -> bool:
    if all(_is_short_number(cell) for cell in cells):
        return False
    enough = FEWEST_SHARE * len(cells)
    if column.looks_like is not None:
        return sum(column.looks_like(cell_text(cell)) for cell in cells) >= enough
    return _is_telling(column) and sum(_accepts(column, cell, today) for cell in cells) >= enough


@cache
def _is_telling(column: Column) -> bool:
    day = date(2026, 1, 1)
    return sum(_accepts(column, cell, day) for cell in _FOREIGN) <= _ACCEPTED_FOREIGN


def _accepts(column: Column, cell: Cell, today: date) -> bool:
    value: Any = None
    try:
        value = column.read(cell, today)
    except CellError:
        return False
    return value is not None


def _is_short_number(cell: Cell) -> bool:
    if isinstance(cell, date | datetime):
        return False
    text = cell_text(cell).replace(".", "", 1)
    return len(text) <= SHORT_NUMBER and text.isascii() and text.isdigit()
