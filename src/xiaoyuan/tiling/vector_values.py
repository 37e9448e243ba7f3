"""Properties as the value tables of vector tiles: each distinct value once in a tile, features point at it.

A tile's table holds the values of the first property in ascending order, then those of the next: it depends on the
features of the tile alone, so that a tile made by itself equals the one of a whole build.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xiaoyuan.tiling.arrays import AnyArray, Bytes, Ints, ranges
from xiaoyuan.tiling.errors import ColumnError
from xiaoyuan.tiling.protobuf import bytes_field, double_field, number_field, zigzag

LAYER_VALUE = 4
"""Field of the values in a layer (Mapbox Vector Tile 2.1)."""
_SHORT = 120
_DENSE = 8
"""Up to so many cells a feature, ranks are looked up in a table of all values of all tiles instead of sorted."""


@dataclass(frozen=True)
class ValueColumn:
    """One property of n features."""

    code: Ints
    """(n): number of the value in ascending order, -1 where the property is left out."""
    messages: Bytes
    """The distinct values as fields of a layer, joined."""
    start: Ints
    """(values + 1): where each value's field starts in `messages`."""


def encoded_column(column: AnyArray) -> ValueColumn:
    """Raises ColumnError for values that vector tiles cannot carry."""
    if column.dtype.kind in "biuf":
        # Adding zero makes one number of 0.0 and -0.0.
        numbers = column + 0.0 if column.dtype.kind == "f" else column
        distinct = np.unique(numbers)
        distinct = distinct[distinct == distinct]
        code = np.searchsorted(distinct, numbers).astype(np.int64)
        code[numbers != numbers] = -1
        fields = [bytes_field(LAYER_VALUE, encoded_value(value) or b"") for value in distinct.tolist()]
        return _column(code, fields)
    values = column.tolist()
    if {*map(type, values)} <= {str, type(None)}:
        texts = sorted(text for text in dict.fromkeys(values) if text)
        numbers_of: dict[object, int] = {text: number for number, text in enumerate(texts)}
        code = np.fromiter((numbers_of.get(value, -1) for value in values), np.int64, len(values))
        return _column(code, [_text_field(text.encode()) for text in texts])
    encoded = [encoded_value(value) for value in values]
    kept = sorted({value for value in encoded if value is not None})
    place = {value: number for number, value in enumerate(kept)}
    code = np.array([-1 if value is None else place[value] for value in encoded], np.int64)
    return _column(code, [bytes_field(LAYER_VALUE, value) for value in kept])


def encoded_value(value: object) -> bytes | None:
    """A Value message (Mapbox Vector Tile 2.1, 4.1), or None for a value that says nothing."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return bytes_field(1, value.encode())
    if isinstance(value, bool):
        return number_field(7, int(value))
    if isinstance(value, int):
        if value >= 0:
            return number_field(5, value)
        return number_field(6, int(zigzag(np.asarray(value, np.int64))))
    if isinstance(value, float):
        return None if value != value else double_field(3, value)
    raise ColumnError(f"A property holds {value!r}; vector tiles carry strings, integers and floats.")


def value_tables(columns: Sequence[ValueColumn], row: Ints, tile: Ints) -> tuple[list[Ints], list[bytes]]:
    """Where features find their values, and the values.

    row: (f) of the columns; tile: (f) ascending, 0..t-1, each present. Returns for each column the index of each
    feature's value in its tile's table (f, -1 where left out) and for each tile its table as fields of a layer.
    """
    tiles = int(tile[-1]) + 1 if tile.size else 0
    taken = np.zeros(tiles, np.int64)
    indices: list[Ints] = []
    owners, starts, lengths = [], [], []
    pool = [column.messages for column in columns]
    shift = 0
    for column in columns:
        code = column.code[row]
        has = code >= 0
        distinct, rank = _ranked(tile[has], code[has], tiles, len(column.start) - 1)
        owner, value = distinct // max(1, len(column.start) - 1), distinct % max(1, len(column.start) - 1)
        count = np.bincount(owner, minlength=tiles)
        first = np.cumsum(count) - count
        index = np.full(len(row), -1, np.int64)
        index[has] = rank + (taken - first)[tile[has]]
        indices.append(index)
        taken = taken + count
        owners.append(owner)
        starts.append(column.start[value] + shift)
        lengths.append(column.start[value + 1] - column.start[value])
        shift += len(column.messages)
    if not columns:
        return indices, [b""] * tiles
    owner, length = np.concatenate(owners), np.concatenate(lengths)
    ends = np.cumsum(np.bincount(owner, length, tiles)).astype(np.int64).tolist()
    order = np.argsort(owner, kind="stable")
    length = length[order]
    source = np.repeat(np.concatenate(starts)[order], length) + ranges(length)
    stream = np.concatenate(pool)[source].tobytes()
    return indices, [stream[first:end] for first, end in zip([0, *ends[:-1]], ends, strict=True)]


def _ranked(tile: Ints, code: Ints, tiles: int, values: int) -> tuple[Ints, Ints]:
    """Distinct keys tile * values + code, ascending, and the place of each feature's key among them."""
    key = tile * values + code
    if tiles * values > _DENSE * len(key) + 1000:
        distinct, rank = np.unique(key, return_inverse=True)
        return distinct, rank
    is_there = np.zeros(tiles * values, bool)
    is_there[key] = True
    return np.flatnonzero(is_there), (np.cumsum(is_there) - 1)[key]


def _column(code: Ints, fields: list[bytes]) -> ValueColumn:
    start = np.zeros(len(fields) + 1, np.int64)
    np.cumsum([len(field) for field in fields], out=start[1:])
    return ValueColumn(code, np.frombuffer(b"".join(fields), np.uint8), start)


def _text_field(text: bytes) -> bytes:
    size = len(text)
    if size > _SHORT:
        return bytes_field(LAYER_VALUE, bytes_field(1, text))
    # The same in one go, because a county may have a million texts.
    return b"\x22%c\x0a%c%b" % (size + 2, size, text)
