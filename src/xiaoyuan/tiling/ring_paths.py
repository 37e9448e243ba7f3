"""Polygons of one ring rounded to a tile's grid, many at once and without an object for each.

Rounding keeps most of them simple: convex ones are proved so by their turns alone, the rest by shapely. What folds
is left to `tile_geometry`.
"""

import numpy as np
import shapely

from xiaoyuan.tiling.arrays import AnyArray, Flags, Floats, Ints, ranges
from xiaoyuan.tiling.vector_messages import Paths


def rounded_rings(
    world: Floats, start: Ints, row: Ints, origin: Ints, scale: float, step: int
) -> tuple[Paths, Flags]:
    """Rings `row` of world (m, 2; 0..1), each wholly inside its tile, in units of the tile.

    start: (n + 1) first vertex of each ring, clockwise as seen with y downwards; origin: (f, 2) units of each tile's
    corner; scale: units of the world. Returns the paths of the rings that rounding left simple, and which these are.
    """
    size = start[row + 1] - start[row]
    at = np.repeat(start[row] - (np.cumsum(size) - size), size) + np.arange(int(size.sum()))
    points = world[at]
    points *= scale / step
    np.rint(points, out=points)
    grid = points.astype(np.int32)
    grid -= np.repeat((origin // step).astype(np.int32), size, axis=0)
    x, y = np.ascontiguousarray(grid[:, 0]), np.ascontiguousarray(grid[:, 1])
    ring = np.arange(len(row))
    before, _ = _neighbours(size)
    is_new = (x != x[before]) | (y != y[before])
    if not is_new.all():
        x, y, size, ring = _thinned(is_new, x, y, size, ring)
    before, after = _neighbours(size)
    dx, dy = x - x[before], y - y[before]
    next_dx, next_dy = dx[after], dy[after]
    turn = dx * next_dy - dy * next_dx
    first = np.cumsum(size) - size
    is_straight = turn == 0
    bends_back = is_straight & (dx * next_dx + dy * next_dy < 0)
    is_forward = (dx > 0) | ((dx == 0) & (dy > 0))
    is_convex = is_spiky = np.zeros(0, bool)
    if first.size:
        is_spiky = np.logical_or.reduceat(bends_back, first)
        # A ring that only ever turns one way and goes round once is convex.
        is_convex = ~np.logical_or.reduceat(turn < 0, first) & ~is_spiky
        is_convex &= np.add.reduceat(is_forward != is_forward[after], first, dtype=np.int64) == 2
    if is_straight.any():
        bends = ~is_straight
        x, y = x[bends], y[bends]
        size = np.add.reduceat(bends, first, dtype=np.int64)
    is_good = is_convex & (size >= 3)
    doubtful = np.flatnonzero(~is_convex & ~is_spiky & (size >= 3))
    if doubtful.size:
        is_good[doubtful] = _are_simple(x, y, size, doubtful)
    kept = np.zeros(len(row), bool)
    kept[ring[is_good]] = True
    if not is_good.all():
        stays = np.repeat(is_good, size)
        x, y, size = x[stays], y[stays], size[is_good]
    out: AnyArray = np.stack([x, y], 1) * np.int32(step)
    return Paths(out, size, np.arange(len(size))), kept


def _neighbours(size: Ints) -> tuple[Ints, Ints]:
    """Index of the vertex before and after each, round its ring."""
    ends = np.cumsum(size)
    count = int(ends[-1]) if ends.size else 0
    before, after = np.arange(-1, count - 1), np.arange(1, count + 1)
    before[ends - size], after[ends - 1] = ends - 1, ends - size
    return before, after


def _thinned(
    keep: Flags, x: AnyArray, y: AnyArray, size: Ints, ring: Ints
) -> tuple[AnyArray, AnyArray, Ints, Ints]:
    """Without repeated vertices and without the rings of which less than a triangle is left."""
    left = np.add.reduceat(keep, np.cumsum(size) - size, dtype=np.int64)
    is_area = left >= 3
    keep = keep & np.repeat(is_area, size)
    return x[keep], y[keep], left[is_area], ring[is_area]


def _are_simple(x: AnyArray, y: AnyArray, size: Ints, which: Ints) -> Flags:
    """Whether these rings do not touch themselves and still go round the same way."""
    first = (np.cumsum(size) - size)[which]
    count = size[which]
    number = ranges(count + 1)
    at = np.repeat(first, count + 1) + number % np.repeat(count, count + 1)
    corners = np.stack([x[at], y[at]], 1).astype(np.float64)
    ends = np.concatenate([[0], np.cumsum(count + 1)])
    polygons = shapely.from_ragged_array(
        shapely.GeometryType.POLYGON, corners, (ends, np.arange(len(which) + 1))
    )
    product = corners[:-1, 0] * corners[1:, 1] - corners[1:, 0] * corners[:-1, 1]
    product[ends[1:-1] - 1] = 0
    area = np.add.reduceat(product, ends[:-1])
    good: Flags = shapely.is_valid(polygons) & (area > 0)
    return good
