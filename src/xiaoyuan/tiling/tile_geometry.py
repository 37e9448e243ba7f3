"""Geometry cut and rounded to vector tiles, and written as the drawing commands of Mapbox Vector Tile 2.1.

Everything happens on all features of a layer and zoom at once. Polygons are thinned by rounding alone: neighbours
that share a border round its vertices alike, so that no slivers open between them.
"""

from dataclasses import dataclass

import numpy as np
import shapely

from xiaoyuan.tiling.arrays import Floats, Ints, Objects, ranges, run_starts
from xiaoyuan.tiling.protobuf import varints, zigzag

EXTENT = 4096
"""Units along a tile's side."""
BUFFER = 64
"""Units by which content reaches over the side, so that strokes join."""
SMALLEST_AREA = 48.0
"""Square units: a polygon smaller than about a pixel is not worth its bytes."""
POINTS, LINES, POLYGONS = 0, 1, 2
_MOVE_TO, _LINE_TO, _CLOSE = 1, 2, 15


@dataclass(frozen=True)
class TileShapes:
    """f features, each cut to one tile, sorted by tile."""

    column: Ints
    row: Ints
    feature: Ints
    """(f): row in the layer."""
    commands: list[bytes]
    """(f): packed commands."""


def to_world(geometry: Objects) -> Objects:
    """Degrees to Web Mercator (EPSG:3857) scaled to 0..1, y from the north."""
    points = shapely.get_coordinates(geometry)
    lat = np.radians(np.clip(points[:, 1], -85.05112878, 85.05112878))
    world = np.stack([points[:, 0] / 360.0 + 0.5, 0.5 - np.arcsinh(np.tan(lat)) / (2 * np.pi)], 1)
    flat = shapely.force_2d(geometry)
    return np.asarray(shapely.set_coordinates(flat, world))


def cut_to_tiles(world: Objects, kind: int, zoom: int, step: int) -> TileShapes:
    """Shapes (n, 0..1) of one kind in all tiles of a zoom they touch, rounded to multiples of `step` units."""
    units = _scaled(world, float(EXTENT << zoom))
    feature = np.flatnonzero(~shapely.is_empty(units) & ~shapely.is_missing(units))
    if kind == POLYGONS:
        feature = feature[shapely.area(units[feature]) >= SMALLEST_AREA]
    elif kind == LINES:
        units[feature] = shapely.simplify(units[feature], float(step), preserve_topology=False)
    column, row, feature, cut = _clipped(units, feature, zoom)
    if kind == POLYGONS:
        cut = _rounded_polygons(cut, step)
    else:
        cut = shapely.remove_repeated_points(_rounded(cut, step))
    shown = np.flatnonzero((shapely.get_dimensions(cut) == kind) & ~shapely.is_empty(cut))
    column, row, feature, cut = column[shown], row[shown], feature[shown], cut[shown]
    commands, drawn = _commands(cut, kind, np.stack([column, row], 1) * EXTENT)
    return TileShapes(column[drawn], row[drawn], feature[drawn], commands)


def _scaled(world: Objects, factor: float) -> Objects:
    return np.asarray(shapely.set_coordinates(world.copy(), shapely.get_coordinates(world) * factor))


def _rounded(geometry: Objects, step: int) -> Objects:
    points = np.rint(shapely.get_coordinates(geometry) / step) * step
    return np.asarray(shapely.set_coordinates(geometry.copy(), points))


def _rounded_polygons(geometry: Objects, step: int) -> Objects:
    rounded = _rounded(geometry, step)
    # Rounding may fold thin parts onto themselves: those few are rounded again by a method that unfolds them.
    folded = np.flatnonzero(~shapely.is_valid(rounded))
    if folded.size:
        sound = shapely.make_valid(geometry[folded], method="structure", keep_collapsed=False)
        rounded[folded] = shapely.set_precision(sound, float(step))
    rounded = shapely.simplify(rounded, 0.0, preserve_topology=True)
    return np.asarray(shapely.orient_polygons(rounded, exterior_cw=False))


def _clipped(units: Objects, feature: Ints, zoom: int) -> tuple[Ints, Ints, Ints, Objects]:
    """Tile column, row, feature and its part inside the buffered tile, sorted by tile, then feature."""
    bounds = shapely.bounds(units[feature])
    first = np.floor((bounds[:, :2] - BUFFER) / EXTENT).astype(np.int64)
    last = np.floor((bounds[:, 2:] + BUFFER) / EXTENT).astype(np.int64)
    first, last = np.clip(first, 0, (1 << zoom) - 1), np.clip(last, 0, (1 << zoom) - 1)
    wide = last - first + 1
    count = wide[:, 0] * wide[:, 1]
    number = np.repeat(np.arange(len(feature)), count)
    offset = ranges(count)
    column = first[number, 0] + offset % wide[number, 0]
    row = first[number, 1] + offset // wide[number, 0]
    order = np.lexsort((feature[number], row, column))
    column, row, number = column[order], row[order], number[order]
    cut = units[feature[number]]
    origin = np.stack([column, row], 1) * EXTENT
    inside = (bounds[number, :2] >= origin - BUFFER).all(1)
    inside &= (bounds[number, 2:] <= origin + EXTENT + BUFFER).all(1)
    crossing = np.flatnonzero(~inside)
    starts = run_starts(column[crossing] << 32 | row[crossing])
    for members in np.split(crossing, starts[1:]) if crossing.size else []:
        west, north = origin[members[0]].tolist()
        cut[members] = shapely.clip_by_rect(
            cut[members], west - BUFFER, north - BUFFER, west + EXTENT + BUFFER, north + EXTENT + BUFFER
        )
    return column, row, feature[number], cut


def _commands(cut: Objects, kind: int, origin: Floats | Ints) -> tuple[list[bytes], Ints]:
    """Packed commands of each shape that draws anything, and which shapes these are; origin: of their tiles."""
    parts, shape = shapely.get_parts(cut, return_index=True)
    if kind == POLYGONS:
        parts, part = shapely.get_rings(parts, return_index=True)
        shape = shape[part]
    points, path = shapely.get_coordinates(parts, return_index=True)
    if not len(points):
        return [], np.zeros(0, np.int64)
    if kind == POLYGONS:
        is_last = np.append(path[1:] != path[:-1], True)
        points, path = points[~is_last], path[~is_last]
    path_starts = run_starts(path)
    sizes = np.diff(np.append(path_starts, len(path)))
    # Points of one shape are one path; its first command says how many.
    of_path = shape[path[path_starts]]
    if kind == POINTS:
        path_starts = run_starts(shape[path])
        sizes = np.diff(np.append(path_starts, len(path)))
        of_path = shape[path[path_starts]]
    integers, path_lengths = _integers(points, origin[shape[path]], shape[path], path_starts, sizes, kind)
    packed, lengths = varints(integers)
    ends = np.cumsum(lengths)[np.cumsum(path_lengths) - 1]
    shape_starts = run_starts(of_path)
    drawn = of_path[shape_starts].astype(np.int64)
    shape_ends = ends[np.append(shape_starts[1:], len(of_path)) - 1].tolist()
    stream = packed.tobytes()
    commands = [stream[a:b] for a, b in zip([0, *shape_ends[:-1]], shape_ends, strict=True)]
    return commands, drawn


def _integers(
    points: Floats, origin: Floats | Ints, shape: Ints, starts: Ints, sizes: Ints, kind: int
) -> tuple[Ints, Ints]:
    """Command integers of all paths, joined, and their number by path."""
    local = np.rint(points - origin).astype(np.int64)
    before = np.concatenate([np.zeros((1, 2), np.int64), local[:-1]])
    before[run_starts(shape)] = 0  # the pen starts every shape at the tile's corner
    moves = zigzag(local - before)
    # Path: MoveTo x y [LineTo x y ...] [ClosePath]; one command integer before the first and before the second.
    extra = {POINTS: 1, LINES: 2, POLYGONS: 3}[kind]
    lengths = 2 * sizes + extra
    path_starts = np.cumsum(lengths) - lengths
    out = np.zeros(int(lengths.sum()), np.int64)
    number = ranges(sizes)
    at = np.repeat(path_starts, sizes) + 1 + 2 * number
    if kind != POINTS:
        at += number > 0
    out[at], out[at + 1] = moves[:, 0], moves[:, 1]
    if kind == POINTS:
        out[path_starts] = sizes << 3 | _MOVE_TO
        return out, lengths
    out[path_starts] = 1 << 3 | _MOVE_TO
    out[path_starts + 3] = (sizes - 1) << 3 | _LINE_TO
    if kind == POLYGONS:
        out[path_starts + lengths - 1] = _CLOSE
    return out, lengths
