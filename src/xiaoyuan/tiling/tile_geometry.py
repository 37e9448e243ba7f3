"""Geometry cut to tiles and rounded to their grid by shapely: what crosses a tile's border, has holes or folds.

Polygons are thinned by rounding alone: neighbours that share a border round its vertices alike, so that no slivers
open between them.
"""

import numpy as np
import shapely

from xiaoyuan.tiling.arrays import AnyArray, Floats, Ints, Objects, run_starts
from xiaoyuan.tiling.vector_layer import LINES, POINTS, POLYGONS
from xiaoyuan.tiling.vector_messages import Paths

EXTENT = 4096
"""Units along a tile's side."""
BUFFER = 64
"""Units by which content reaches over the side, so that strokes join."""
SMALLEST_AREA = 48.0
"""Square units: a polygon smaller than about a pixel is not worth its bytes."""
COVER = shapely.box(-BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
"""The piece of a polygon that covers a whole tile."""


def to_world(lon_lat: Floats) -> Floats:
    """Degrees (n, 2) to Web Mercator (EPSG:3857) scaled to 0..1, y from the north."""
    lat = np.radians(np.clip(lon_lat[:, 1], -85.05112878, 85.05112878))
    return np.stack([lon_lat[:, 0] / 360.0 + 0.5, 0.5 - np.arcsinh(np.tan(lat)) / (2 * np.pi)], 1)


def shapes_to_world(geometry: Objects) -> Objects:
    """Shapely geometries in degrees as flat ones in world units (see `to_world`)."""
    flat = shapely.force_2d(geometry)
    return np.asarray(shapely.set_coordinates(flat, to_world(shapely.get_coordinates(flat))))


def moved(geometry: Objects, factor: float, origin: Floats | Ints) -> Objects:
    """Multiplied by a power of two, then less origin (n, 2): exact, so that all tiles see the same vertices."""
    points, owner = shapely.get_coordinates(geometry, return_index=True)
    return np.asarray(shapely.set_coordinates(geometry.copy(), points * factor - origin[owner]))


def clipped(geometry: Objects) -> Objects:
    """Parts inside the buffered tile of geometry in units of the tile."""
    low, high = -BUFFER, EXTENT + BUFFER
    cut = np.asarray(shapely.clip_by_rect(geometry, low, low, high, high))
    is_cover = (shapely.get_num_coordinates(cut) == 5) & (shapely.area(cut) == COVER.area)
    cut[is_cover] = COVER
    return cut


def rounded(geometry: Objects, kind: int, step: int) -> Objects:
    """Rounded to multiples of `step` units; polygons valid, clockwise as seen with y downwards."""
    if kind != POLYGONS:
        return np.asarray(shapely.remove_repeated_points(_on_grid(geometry, step)))
    out = _on_grid(geometry, step)
    # Rounding may fold thin parts onto themselves: those few are rounded again by a method that unfolds them.
    folded = np.flatnonzero(~shapely.is_valid(out))
    if folded.size:
        sound = shapely.make_valid(geometry[folded], method="structure", keep_collapsed=False)
        out[folded] = shapely.set_precision(sound, float(step))
    out = shapely.simplify(out, 0.0, preserve_topology=True)
    return np.asarray(shapely.orient_polygons(out, exterior_cw=False))


def paths_of(geometry: Objects, kind: int) -> tuple[Paths, Ints]:
    """Drawing paths of rounded shapes and which of the shapes draw anything; Paths.shape counts only those."""
    parts, shape = shapely.get_parts(geometry, return_index=True)
    fits = (shapely.get_dimensions(parts) == kind) & ~shapely.is_empty(parts)
    if kind == LINES:
        fits &= shapely.length(parts) > 0
    shown, shape = np.unique(shape[fits], return_inverse=True)
    parts = parts[fits]
    if kind == POLYGONS:
        parts, part = shapely.get_rings(parts, return_index=True)
        shape = shape[part]
    points, path = shapely.get_coordinates(parts, return_index=True)
    if kind == POLYGONS and path.size:
        is_last = np.append(path[1:] != path[:-1], True)
        points, path = points[~is_last], path[~is_last]
    if kind == POINTS:
        path = shape[path]
        shape = np.arange(len(shown))
    starts = run_starts(path)
    size = np.diff(np.append(starts, len(path)))
    return Paths(points.astype(np.int32), size, shape[path[starts]].astype(np.int64)), shown


def simplified(geometry: Objects, kind: int, step: int) -> Objects:
    """Lines (in units of their zoom) without the vertices that nobody would miss; others as they are."""
    if kind != LINES:
        return geometry
    return np.asarray(shapely.simplify(geometry, float(step), preserve_topology=False))


def _on_grid(geometry: Objects, step: int) -> Objects:
    points = np.rint(shapely.get_coordinates(geometry) / step) * step
    return np.asarray(shapely.set_coordinates(geometry.copy(), points))


def joined_paths(some: Paths, others: Paths, of_some: Ints, of_others: Ints) -> Paths:
    """Paths of two lots of shapes as one; of_…: the numbers of the shapes in the joint order."""
    shape = np.concatenate([of_some[some.shape], of_others[others.shape]])
    size = np.concatenate([some.size, others.size])
    order = np.argsort(shape, kind="stable")
    starts = np.cumsum(size) - size
    size = size[order]
    at = np.repeat(starts[order] - (np.cumsum(size) - size), size) + np.arange(int(size.sum()))
    points: AnyArray = np.concatenate([some.points, others.points])[at]
    return Paths(points, size, shape[order])
