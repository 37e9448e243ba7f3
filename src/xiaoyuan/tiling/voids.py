"""Grids of heights halved and filled: a void is stretched over like a skin from rim to rim (multigrid)."""

import numpy as np

from xiaoyuan.tiling.arrays import AnyArray, Floats, Singles

_RELAXATIONS = 12


def halved(heights: Singles) -> Singles:
    """Means of the known cells of each two by two; nan where there are none."""
    rows, columns = heights.shape
    if rows % 2 or columns % 2:
        heights = np.pad(heights, ((0, rows % 2), (0, columns % 2)), constant_values=np.nan)
    quarters = heights[::2, ::2], heights[::2, 1::2], heights[1::2, ::2], heights[1::2, 1::2]
    mean = ((quarters[0] + quarters[1]) + (quarters[2] + quarters[3])) * np.float32(0.25)
    row, column = np.nonzero(np.isnan(mean))
    if row.size:
        some = np.stack([quarter[row, column] for quarter in quarters])
        finite = np.isfinite(some)
        some[~finite] = 0.0
        amount = finite.sum(0)
        total = (some[0] + some[1]) + (some[2] + some[3])
        mean[row, column] = np.where(amount > 0, total / np.maximum(amount, 1), np.nan)
    return np.asarray(mean, np.float32)


def filled(heights: Singles, upper: Singles) -> Singles:
    """Heights with voids taken from the filled level above and smoothed into their surroundings."""
    row, column = np.nonzero(np.isnan(heights))
    if not row.size:
        return heights
    rows, columns = heights.shape
    out = heights.copy()
    out[row, column] = bilinear(upper, (column - 0.5) / 2, (row - 0.5) / 2)
    above, below = np.maximum(row - 1, 0), np.minimum(row + 1, rows - 1)
    before, after = np.maximum(column - 1, 0), np.minimum(column + 1, columns - 1)
    for _ in range(_RELAXATIONS):
        around = (out[above, column] + out[below, column]) + (out[row, before] + out[row, after])
        out[row, column] = around * np.float32(0.25)
    return out


def bilinear(grid: Singles, column: Floats, row: Floats) -> Floats:
    """Values (n) of a grid of finite numbers between its cells; beyond its rim those of the rim."""
    rows, columns = grid.shape
    return between_cells(grid, np.clip(column, 0, columns - 1), np.clip(row, 0, rows - 1))


def between_cells(grid: Singles, column: Floats, row: Floats) -> Floats:
    """`bilinear` for points that are known to lie within the grid."""
    rows, columns = grid.shape
    if rows < 2 or columns < 2:
        grid = np.pad(grid, ((0, int(rows < 2)), (0, int(columns < 2))), mode="edge")
        rows, columns = grid.shape
    left = np.minimum(column.astype(np.int64), columns - 2)
    top = np.minimum(row.astype(np.int64), rows - 2)
    dx, dy = column - left, row - top
    flat = np.ascontiguousarray(grid).ravel()
    at = top * columns
    at += left
    upper = _mixed(flat.take(at), flat.take(at + 1), dx)
    at += columns
    lower = _mixed(flat.take(at), flat.take(at + 1), dx)
    return _mixed(upper, lower, dy)


def _mixed(first: AnyArray, second: AnyArray, share: Floats) -> Floats:
    out: Floats = (second - first) * share
    out += first
    return out
