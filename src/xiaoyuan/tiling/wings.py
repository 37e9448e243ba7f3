"""Which footprints can carry a pitched roof: near-rectangles, and right-angled shapes split into rectangular wings.

The wings of an L, T, U or Z are its largest inner rectangles; they may overlap, so that their roofs grow into each
other as carpenters build them, and none reaches over ground that the footprint leaves open.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np

from xiaoyuan.tiling.arrays import Flags, Floats, Ints, Objects, ranges
from xiaoyuan.tiling.rings import Rings

MOST_CORNERS = 16
MOST_WINGS = 5
_CORNER_COS = float(np.cos(np.radians(20.0)))
"""A turn of less than 20 degrees is no corner."""
_SKEWED_SIN = float(np.sin(np.radians(65.0)))
"""Corners of one wing may be 65 to 115 degrees, ..."""
_SQUARE_SIN = float(np.sin(np.radians(77.0)))
"""... those of a shape that is split only 77 to 103."""
_SAME_LINE_M = 0.35
"""Walls so close to one line are one line for the splitting."""
_BENT_IN_M, _BENT_OUT_M = 0.05, 0.3
"""How far a wall may bend between two corners: inwards the roof would hang over, outwards eaves cover the gap."""
_DRAWN_IN_M = 0.45
"""How far the wall of a wing may be drawn in so that no part of a slanting wall is overhung."""
_AREA_TOLERANCE = 0.04
_MOST_LARGEST = 14
"""A shape of more largest rectangles is a maze, not a house: all choices of some of them would take long."""


@dataclass(frozen=True)
class Wings:
    """q quadrilaterals that carry one ridge each."""

    corners_m: Floats
    """(q, 4, 2), counter-clockwise, the sides 0-1 and 2-3 along the ridge."""
    part: Ints
    """(q): number of the polygon, ascending."""
    roofable: Flags
    """(p): whether a polygon is covered by wings; all others need another roof."""


def find_wings(polygons: Objects | Rings) -> Wings:
    """Wings of the polygons (p, metres, shells counter-clockwise) that have them; what one has depends on it alone."""
    rings = polygons if isinstance(polygons, Rings) else Rings.from_shapes(polygons)
    quads: list[Floats] = []
    parts: list[Ints] = []
    for part, points in _corner_rings(rings):
        directions = _directions(points)
        if points.shape[1] == 4:
            fit = (_turn_sin(directions) >= _SKEWED_SIN).all(1)
            quads.append(points[fit])
            parts.append(part[fit])
        elif points.shape[1] % 2 == 0:
            fit = (np.abs(_turn_sin(directions)) >= _SQUARE_SIN).all(1)
            found, number = _rectangles(points[fit], directions[fit])
            quads.append(found)
            parts.append(part[fit][number])
    part = np.concatenate([np.zeros(0, np.int64), *parts])
    corners = np.concatenate([np.zeros((0, 4, 2)), *quads])
    order = np.argsort(part, kind="stable")
    part, corners = part[order], corners[order]
    roofable = np.zeros(len(rings), bool)
    roofable[part] = True
    return Wings(_ridge_along_first_side(corners), part, roofable)


def _corner_rings(rings: Rings) -> list[tuple[Ints, Floats]]:
    """Polygons of one ring and 4 to MOST_CORNERS corners, by corners: numbers (k), the corners (k, c, 2)."""
    numbers: dict[int, list[Ints]] = {}
    points: dict[int, list[Floats]] = {}
    for members, index in rings.by_size(4, 2 * MOST_CORNERS):
        ring = rings.points_m[index]
        directions = _directions(ring)
        arriving = np.roll(directions, 1, axis=1)
        is_corner = (
            directions[..., 0] * arriving[..., 0] + directions[..., 1] * arriving[..., 1] < _CORNER_COS
        )
        count = is_corner.sum(1)
        for corners in np.unique(count):
            if not 4 <= corners <= MOST_CORNERS:
                continue
            same = np.flatnonzero(count == corners)
            if corners < ring.shape[1]:
                same = same[_is_straight_between(ring[same], is_corner[same])]
            numbers.setdefault(int(corners), []).append(members[same])
            points.setdefault(int(corners), []).append(ring[same][is_corner[same]].reshape(-1, corners, 2))
    return [(np.concatenate(numbers[size]), np.concatenate(points[size])) for size in sorted(numbers)]


def _is_straight_between(rings: Floats, is_corner: Flags) -> Flags:
    """(k): whether the vertices (k, n, 2) that are no corners lie close to the lines between the corners."""
    size = rings.shape[1]
    at = np.arange(size)
    twice = np.concatenate([is_corner, is_corner], 1)
    double = np.arange(2 * size)
    last = np.maximum.accumulate(np.where(twice, double, -1), axis=1)[:, size:] % size
    coming = (
        np.minimum.accumulate(np.where(twice, double, 4 * size)[:, ::-1], axis=1)[:, ::-1][:, :size] % size
    )
    last, coming = np.where(is_corner, at, last), np.where(is_corner, at, coming)
    each = np.arange(len(rings))[:, None]
    start, end = rings[each, last], rings[each, coming]
    along, offset = end - start, rings - start
    length = np.maximum(np.sqrt(along[..., 0] ** 2 + along[..., 1] ** 2), 1e-9)
    inwards = (along[..., 0] * offset[..., 1] - along[..., 1] * offset[..., 0]) / length
    return np.asarray(((inwards <= _BENT_IN_M) & (inwards >= -_BENT_OUT_M)).all(1))


def _directions(rings: Floats) -> Floats:
    """Unit vectors of the sides of rings (k, n, 2): side i runs from vertex i to i + 1."""
    sides = np.roll(rings, -1, axis=1) - rings
    length = np.sqrt(sides[..., 0] * sides[..., 0] + sides[..., 1] * sides[..., 1])
    return np.asarray(sides / np.maximum(length, 1e-9)[..., None])


def _turn_sin(leaving: Floats) -> Floats:
    arriving = np.roll(leaving, 1, axis=1)
    return np.asarray(arriving[..., 0] * leaving[..., 1] - arriving[..., 1] * leaving[..., 0])


def _rectangles(rings: Floats, directions: Floats) -> tuple[Floats, Ints]:
    """Covering rectangles (w, 4, 2) of right-angled rings (k, c, 2), and the rings (w) they belong to."""
    size = rings.shape[1]
    cos, sin = _main_direction(rings, directions)
    x = rings[..., 0] * cos[:, None] + rings[..., 1] * sin[:, None]
    y = rings[..., 1] * cos[:, None] - rings[..., 0] * sin[:, None]
    step_x, step_y = np.abs(np.roll(x, -1, axis=1) - x), np.abs(np.roll(y, -1, axis=1) - y)
    # Begin with a level side; level and upright ones must take turns.
    late = step_x[:, 0] <= step_y[:, 0]
    x[late], y[late] = np.roll(x[late], -1, axis=1), np.roll(y[late], -1, axis=1)
    is_level = np.abs(np.roll(x, -1, axis=1) - x) > np.abs(np.roll(y, -1, axis=1) - y)
    in_turn = np.flatnonzero((is_level == (np.arange(size) % 2 == 0)).all(1))
    x, y, cos, sin = x[in_turn], y[in_turn], cos[in_turn], sin[in_turn]
    # Level side i: vertex 2i to 2i + 1; upright side i: vertex 2i + 1 to 2i + 2.
    level = _Lines.of(y[:, 0::2], y[:, 1::2], x[:, 1::2] > x[:, 0::2])
    next_x, next_y = np.roll(x, -1, axis=1), np.roll(y, -1, axis=1)
    upright = _Lines.of(x[:, 1::2], next_x[:, 1::2], next_y[:, 1::2] < y[:, 1::2])
    snapped_x, snapped_y = upright.middle_of_sides(), level.middle_of_sides()
    area, snapped = _area(x, y), _snapped_area(snapped_x, snapped_y)
    fit = level.is_fit & upright.is_fit & (np.abs(snapped / area - 1.0) <= _AREA_TOLERANCE)

    cover, counts = _covers(upright.group, level.group, fit)
    ring = np.repeat(np.arange(len(x)), counts)
    span = cover[ring, ranges(counts)]
    west, east = upright.low[ring, span[:, 0]], upright.high[ring, span[:, 1]]
    south, north = level.low[ring, span[:, 2]], level.high[ring, span[:, 3]]
    is_open = (east - west > 0.1) & (north - south > 0.1)
    closed = np.bincount(ring[~is_open], minlength=len(x)) > 0
    keep = ~closed[ring]
    ring, west, east, south, north = ring[keep], west[keep], east[keep], south[keep], north[keep]
    quad_x, quad_y = np.stack([west, east, east, west], 1), np.stack([south, south, north, north], 1)
    back_cos, back_sin = cos[ring][:, None], sin[ring][:, None]
    quads = np.stack([quad_x * back_cos - quad_y * back_sin, quad_x * back_sin + quad_y * back_cos], -1)
    return quads, in_turn[ring]


def _main_direction(rings: Floats, directions: Floats) -> tuple[Floats, Floats]:
    """Cosine and sine (k) of the mean direction of all sides, folded to a quarter turn, weighted by length."""
    across, along = np.zeros(len(rings)), np.zeros(len(rings))
    following = np.roll(rings, -1, axis=1)
    for side in range(rings.shape[1]):
        gap = following[:, side] - rings[:, side]
        length = np.sqrt(gap[:, 0] * gap[:, 0] + gap[:, 1] * gap[:, 1])
        cos, sin = directions[:, side, 0], directions[:, side, 1]
        cos2, sin2 = cos * cos - sin * sin, 2.0 * cos * sin
        along += length * (cos2 * cos2 - sin2 * sin2)
        across += length * 2.0 * cos2 * sin2
    angle = np.arctan2(across, along) / 4
    return np.cos(angle), np.sin(angle)


@dataclass(frozen=True)
class _Lines:
    """Parallel sides (k, s) of k rings, put together where they lie on one line."""

    group: Ints
    """(k, s): number of each side's line, from the lowest."""
    middle: Floats
    """(k, s): by line, the mean of its sides."""
    low: Floats
    """(k, s): by line, where a wing that lies above it begins."""
    high: Floats
    """(k, s): by line, where a wing that lies below it ends."""
    is_fit: Flags
    """(k): whether no wing has to be drawn in far."""

    @classmethod
    def of(cls, start: Floats, end: Floats, is_inside_above: Flags) -> "_Lines":
        middle = (start + end) / 2
        sides = middle.shape[1]
        order = np.argsort(middle, axis=1, kind="stable")
        ordered = np.take_along_axis(middle, order, 1)
        number = np.zeros(order.shape, np.int64)
        first = ordered[:, 0]
        for side in range(1, sides):
            is_new = ordered[:, side] - first > _SAME_LINE_M
            first = np.where(is_new, ordered[:, side], first)
            number[:, side] = number[:, side - 1] + is_new
        group = np.empty_like(number)
        np.put_along_axis(group, order, number, 1)
        least, most = np.minimum(start, end), np.maximum(start, end)
        low, high = np.full(middle.shape, -np.inf), np.full(middle.shape, np.inf)
        total, count = np.zeros(middle.shape), np.zeros(middle.shape)
        bottom, top = np.full(middle.shape, np.inf), np.full(middle.shape, -np.inf)
        each = np.arange(len(middle))
        for side in range(sides):
            at = each, group[:, side]
            total[at] += middle[:, side]
            count[at] += 1.0
            above = is_inside_above[:, side]
            low[at] = np.where(above, np.maximum(low[at], most[:, side]), low[at])
            high[at] = np.where(above, high[at], np.minimum(high[at], least[:, side]))
            bottom[at] = np.minimum(bottom[at], least[:, side])
            top[at] = np.maximum(top[at], most[:, side])
        is_fit: Flags = np.asarray((np.where(count > 0, top - bottom, 0.0) <= _DRAWN_IN_M).all(1))
        return cls(group, total / np.maximum(count, 1.0), low, high, is_fit)

    def middle_of_sides(self) -> Floats:
        """(k, s): the place of the line of each side."""
        return np.asarray(np.take_along_axis(self.middle, self.group, 1))


def _area(x: Floats, y: Floats) -> Floats:
    size = x.shape[1]
    twice = np.zeros(len(x))
    for vertex in range(size):
        after = (vertex + 1) % size
        twice += x[:, vertex] * y[:, after] - x[:, after] * y[:, vertex]
    return twice / 2


def _snapped_area(upright_x: Floats, level_y: Floats) -> Floats:
    """Area (k) of rings whose sides are exactly level and upright."""
    total = np.zeros(len(upright_x))
    for side in range(upright_x.shape[1]):
        # The upright side i joins the level sides i and i + 1.
        total += upright_x[:, side] * (level_y[:, (side + 1) % level_y.shape[1]] - level_y[:, side])
    return total


def _covers(upright: Ints, level: Ints, fit: Flags) -> tuple[Ints, Ints]:
    """Spans (k, MOST_WINGS, 4: columns from, to, rows from, to) of the wings of each ring, and their number (k)."""
    sides = upright.shape[1]
    spans = np.zeros((len(upright), MOST_WINGS, 4), np.int64)
    counts = np.zeros(len(upright), np.int64)
    if not fit.any():
        return spans, counts
    key = np.zeros(len(upright), np.int64)
    for side in range(sides):
        key = key * 64 + upright[:, side] * 8 + level[:, side]
    for_key, first, number = np.unique(key[fit], return_index=True, return_inverse=True)
    table = np.zeros((len(for_key), MOST_WINGS, 4), np.int64)
    table_count = np.zeros(len(for_key), np.int64)
    for row, example in enumerate(np.flatnonzero(fit)[first].tolist()):
        found = _cover_of(tuple(upright[example].tolist()), tuple(level[example].tolist()))
        table_count[row] = len(found)
        if found:
            table[row, : len(found)] = found
    spans[fit], counts[fit] = table[number.ravel()], table_count[number.ravel()]
    return spans, counts


_Span = tuple[int, int, int, int]


@lru_cache(maxsize=65_536)
def _cover_of(upright: tuple[int, ...], level: tuple[int, ...]) -> tuple[_Span, ...]:
    """Fewest largest rectangles of cells that together cover the inside of a ring of numbered lines."""
    columns, rows = max(upright), max(level)
    if not columns or not rows:
        return ()
    winding = np.zeros((columns, rows), np.int64)
    for side, column in enumerate(upright):
        begin, end = level[side], level[(side + 1) % len(level)]
        winding[column:, min(begin, end) : max(begin, end)] += 1 if begin > end else -1
    inside = winding == 1
    if not (inside | (winding == 0)).all() or not inside.any():
        return ()
    spans = [
        (a, b, c, d)
        for a, b in combinations(range(columns + 1), 2)
        for c, d in combinations(range(rows + 1), 2)
        if inside[a:b, c:d].all()
    ]
    largest = [span for span in spans if not any(_holds(other, span) for other in spans if other != span)]
    if len(largest) > _MOST_LARGEST:
        return ()
    for count in range(1, MOST_WINGS + 1):
        best: tuple[int, tuple[_Span, ...]] | None = None
        for chosen in combinations(largest, count):
            covered = np.zeros_like(inside)
            for a, b, c, d in chosen:
                covered[a:b, c:d] = True
            cells = sum((b - a) * (d - c) for a, b, c, d in chosen)
            if (covered == inside).all() and (best is None or cells > best[0]):
                best = cells, chosen
        if best:
            return best[1]
    return ()


def _holds(outer: _Span, inner: _Span) -> bool:
    return outer[0] <= inner[0] and outer[1] >= inner[1] and outer[2] <= inner[2] and outer[3] >= inner[3]


def _ridge_along_first_side(quads: Floats) -> Floats:
    gaps = np.roll(quads, -1, axis=1) - quads
    lengths = np.sqrt(gaps[..., 0] * gaps[..., 0] + gaps[..., 1] * gaps[..., 1])
    is_across = lengths[:, 0] + lengths[:, 2] < lengths[:, 1] + lengths[:, 3]
    return np.where(is_across[:, None, None], np.roll(quads, -1, axis=1), quads)
