"""The fixed, data-independent grid: a feature's cell depends on where it lies, never on its neighbours.

The cells are those of the quadtree of geographic tiles (EPSG:4326, TMS: two square cells of 180 degrees at
level 0, rows counted from the south), so that buildings and terrain share one addressing and an edit stays local.
"""

import numpy as np

from xiaoyuan.tiling.arrays import Bounds, Floats, Ints


def cell_degrees(level: int) -> float:
    """Width and height of a cell in degrees."""
    return 180.0 / (1 << level)


def cell_of(lon: Floats, lat: Floats, level: int) -> tuple[Ints, Ints]:
    """Column and row of the cells that hold the points (degrees)."""
    size = cell_degrees(level)
    column = np.clip(np.floor((lon + 180.0) / size), 0, (2 << level) - 1)
    row = np.clip(np.floor((lat + 90.0) / size), 0, (1 << level) - 1)
    return column.astype(np.int64), row.astype(np.int64)


def cell_bounds(level: int, column: int, row: int) -> Bounds:
    """West, south, east, north of a cell in degrees."""
    size = cell_degrees(level)
    return column * size - 180.0, row * size - 90.0, (column + 1) * size - 180.0, (row + 1) * size - 90.0


def cell_key(column: Ints, row: Ints) -> Ints:
    """One sortable integer per cell of a level; `cell_from_key` undoes it."""
    return (column << 32) | row


def cell_from_key(key: int) -> tuple[int, int]:
    """Column and row of a `cell_key`."""
    return key >> 32, key & 0xFFFFFFFF
