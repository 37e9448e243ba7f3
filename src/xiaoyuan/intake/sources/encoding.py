"""Rows as bytes, exactly and small: for the pipe from the reading process, and for the pages that are stored."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from math import isfinite
from typing import Any, Final

import orjson
from isal import isal_zlib

from xiaoyuan.intake.sheets import LostValue, RawCell, RowChunk

DECODED_LIMIT: Final = 256 * 1024 * 1024
"""Bytes that a chunk may unpack to: 500 rows of 16,384 long cells never come near."""

_OPEN: Final = frozenset({str, type(None), bool})
"""What JSON says as it is. Numbers are looked at: JSON knows no infinity, and orjson no integer above 64 bits."""
_LEVEL: Final = 1


def encode_chunk(chunk: RowChunk) -> bytes:
    """Return a chunk as compressed JSON; what JSON cannot say stands in objects of one key."""
    rows = [row if _OPEN.issuperset(map(type, row)) else _tagged(row) for row in chunk.rows]
    return isal_zlib.compress(orjson.dumps([chunk.sheet_index, chunk.first_row, rows]), _LEVEL)


def decode_chunk(data: bytes) -> RowChunk:
    """Return the chunk that was encoded; raises `ValueError` for anything else."""
    unpacking = isal_zlib.decompressobj()
    try:
        written = unpacking.decompress(data, DECODED_LIMIT)
    except isal_zlib.IsalError:  # type: ignore[misc]  # its stubs declare an instance
        raise ValueError("This is no encoded chunk.") from None
    if not unpacking.eof:
        raise ValueError("An encoded chunk is cut off or too large.")
    sheet_index, first_row, rows = orjson.loads(written)
    if b"{" in written:
        rows = [
            [_untagged(cell) if type(cell) is dict else cell for cell in row]
            if dict in map(type, row)
            else row
            for row in rows
        ]
    return RowChunk(sheet_index, first_row, rows)


def _tagged(row: Sequence[RawCell]) -> list[Any]:
    return [cell if type(cell) in _OPEN else _tag(cell) for cell in row]


def _tag(cell: RawCell) -> Any:
    match cell:
        case bool() | str() | None:
            return cell
        case float():
            return cell if isfinite(cell) else {"f": repr(cell)}
        case int():
            return cell if -(2**63) <= cell < 2**63 else {"i": str(cell)}
        case datetime():
            return {"m": cell.isoformat()}
        case date():
            return {"d": cell.isoformat()}
        case time():
            return {"t": cell.isoformat()}
        case timedelta():
            return {"s": [cell.days, cell.seconds, cell.microseconds]}
        case LostValue():
            return {"l": cell.sign}


_UNTAG: Final[dict[str, Callable[[Any], RawCell]]] = {
    "f": float,
    "i": int,
    "m": datetime.fromisoformat,
    "d": date.fromisoformat,
    "t": time.fromisoformat,
    "s": lambda parts: timedelta(*parts),
    "l": LostValue,
}


def _untagged(tagged: dict[str, Any]) -> RawCell:
    ((tag, value),) = tagged.items()
    return _UNTAG[tag](value)
