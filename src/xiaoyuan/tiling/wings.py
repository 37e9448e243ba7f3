"""Which footprints can carry a pitched roof: near-rectangles, and right-angled shapes split into rectangular wings.

The wings of an L, T, U or Z are its largest inner rectangles; they may overlap, so that their roofs grow into each
other as carpenters build them, and none reaches over ground that the footprint leaves open.
"""

from dataclasses import dataclass

import numpy as np
import shapely

from xiaoyuan.tiling.arrays import Flags, Floats, Ints, Objects
from xiaoyuan.tiling.rings import Rings

MOST_CORNERS = 16
MOST_WINGS = 5
_CORNER_COS = np.cos(np.radians(20.0))
"""A turn of less than 20 degrees is no corner."""
_SKEWED_SIN = np.sin(np.radians(65.0))
"""Corners of one wing may be 65 to 115 degrees, ..."""
_SQUARE_SIN = np.sin(np.radians(77.0))
"""... those of a shape that is split only 77 to 103."""
_SAME_LINE_M = 0.35
_AREA_TOLERANCE = 0.04


@dataclass(frozen=True)
class Wings:
    """q quadrilaterals that carry one ridge each."""

    corners_m: Floats
    """(q, 4, 2), counter-clockwise, the sides 0-1 and 2-3 along the ridge."""
    part: Ints
    """(q): number of the polygon, ascending."""
    roofable: Flags
    """(p): whether a polygon is covered by wings; all others need a flat roof."""


def find_wings(polygons: Objects | Rings) -> Wings:
    """Wings of the polygons (p, metres) that have them."""
    quads: list[Floats] = []
    numbers: list[int] = []
    if isinstance(polygons, Rings):
        polygons = polygons.shapes()
    whole = np.flatnonzero(shapely.get_num_interior_rings(polygons) == 0)
    sides = shapely.get_num_coordinates(polygons[whole]) - 1
    for count in np.unique(sides[(sides >= 4) & (sides <= 2 * MOST_CORNERS)]):
        members = whole[sides == count]
        rings = shapely.get_coordinates(polygons[members]).reshape(-1, count + 1, 2)[:, :-1]
        for number, ring, is_corner, area in zip(
            members, rings, _corners(rings), shapely.area(polygons[members]), strict=True
        ):
            found = _wings_of(ring[is_corner], area)
            quads.extend(found)
            numbers.extend([int(number)] * len(found))
    order = np.argsort(numbers, kind="stable")
    part = np.array(numbers, np.int64)[order]
    corners = np.array(quads).reshape(-1, 4, 2)[order]
    roofable = np.zeros(len(polygons), bool)
    roofable[part] = True
    return Wings(_ridge_along_first_side(corners), part, roofable)


def _directions(rings: Floats) -> Floats:
    """Unit vectors of the sides of rings (k, n, 2): side i runs from vertex i to i + 1."""
    sides = np.roll(rings, -1, axis=-2) - rings
    return np.asarray(sides / np.maximum(np.linalg.norm(sides, axis=-1, keepdims=True), 1e-9))


def _corners(rings: Floats) -> Flags:
    leaving = _directions(rings)
    arriving = np.roll(leaving, 1, axis=-2)
    return np.asarray((leaving * arriving).sum(-1) < _CORNER_COS)


def _wings_of(ring: Floats, area: float) -> list[Floats]:
    """Wings (4, 2) of one ring of true corners; none if its shape is not simple enough."""
    if len(ring) < 4 or len(ring) > MOST_CORNERS:
        return []
    leaving = _directions(ring)
    arriving = np.roll(leaving, 1, axis=0)
    turn_sin = arriving[:, 0] * leaving[:, 1] - arriving[:, 1] * leaving[:, 0]
    if len(ring) == 4:
        is_fit = bool((turn_sin >= _SKEWED_SIN).all()) and abs(_area(ring) / area - 1.0) <= _AREA_TOLERANCE
        return [ring] if is_fit else []
    if len(ring) % 2 or (np.abs(turn_sin) < _SQUARE_SIN).any():
        return []
    return _rectangles(ring, leaving, area)


def _area(ring: Floats) -> float:
    following = np.roll(ring, -1, axis=0)
    return float((ring[:, 0] * following[:, 1] - ring[:, 1] * following[:, 0]).sum() / 2)


def _rectangles(ring: Floats, leaving: Floats, area: float) -> list[Floats]:
    lengths = np.linalg.norm(np.roll(ring, -1, axis=0) - ring, axis=1)
    # Mean direction of all sides, folded to a quarter turn, weighted by length.
    angles = np.arctan2(leaving[:, 1], leaving[:, 0])
    angle = np.angle((lengths * np.exp(4j * angles)).sum()) / 4
    cos, sin = np.cos(angle), np.sin(angle)
    turned = ring @ np.array([[cos, -sin], [sin, cos]])
    following = np.roll(turned, -1, axis=0)
    is_level = np.abs(following[:, 0] - turned[:, 0]) > np.abs(following[:, 1] - turned[:, 1])
    if (is_level == np.roll(is_level, 1)).any():
        return []
    middles = (turned + following) / 2
    xs, ys = _lines(middles[~is_level, 0]), _lines(middles[is_level, 1])
    if len(xs) < 2 or len(ys) < 2:
        return []
    centre_x, centre_y = np.meshgrid((xs[1:] + xs[:-1]) / 2, (ys[1:] + ys[:-1]) / 2, indexing="ij")
    inside = np.asarray(shapely.contains_xy(shapely.Polygon(turned), centre_x, centre_y))
    cell_area = np.outer(np.diff(xs), np.diff(ys))
    if abs((cell_area * inside).sum() / area - 1.0) > _AREA_TOLERANCE:
        return []
    back = np.array([[cos, sin], [-sin, cos]])
    return [
        np.array([(xs[a], ys[c]), (xs[b], ys[c]), (xs[b], ys[d]), (xs[a], ys[d])]) @ back
        for a, b, c, d in _cover(inside, cell_area)
    ]


def _lines(values: Floats) -> Floats:
    """Coordinates with those that mean the same line merged to their mean."""
    ordered = np.sort(values)
    group = np.concatenate([[0], np.cumsum(np.diff(ordered) > _SAME_LINE_M)])
    return np.asarray(np.bincount(group, ordered) / np.bincount(group))


_Span = tuple[int, int, int, int]


def _cover(inside: Flags, cell_area: Floats) -> list[_Span]:
    """Few largest rectangles of cells (x from, to, y from, to) that together cover all inner cells."""
    columns, rows = inside.shape
    gaps = np.zeros((columns + 1, rows + 1), np.int64)
    gaps[1:, 1:] = (~inside).cumsum(0).cumsum(1)
    a, b, c, d = (axis.ravel() for axis in np.indices((columns + 1, columns + 1, rows + 1, rows + 1)))
    full = (a < b) & (c < d) & (gaps[b, d] - gaps[a, d] - gaps[b, c] + gaps[a, c] == 0)
    spans = list(zip(a[full].tolist(), b[full].tolist(), c[full].tolist(), d[full].tolist(), strict=True))
    largest = [span for span in spans if not any(_holds(other, span) for other in spans if other != span)]
    left = inside.copy()
    chosen: list[_Span] = []
    while left.any():
        best = max(
            largest, key=lambda span: float((cell_area * left)[span[0] : span[1], span[2] : span[3]].sum())
        )
        chosen.append(best)
        left[best[0] : best[1], best[2] : best[3]] = False
        if len(chosen) > MOST_WINGS:
            return []
    return chosen


def _holds(outer: _Span, inner: _Span) -> bool:
    return outer[0] <= inner[0] and outer[1] >= inner[1] and outer[2] <= inner[2] and outer[3] >= inner[3]


def _ridge_along_first_side(quads: Floats) -> Floats:
    lengths = np.linalg.norm(np.roll(quads, -1, axis=1) - quads, axis=2)
    is_across = lengths[:, 0] + lengths[:, 2] < lengths[:, 1] + lengths[:, 3]
    return np.where(is_across[:, None, None], np.roll(quads, -1, axis=1), quads)
