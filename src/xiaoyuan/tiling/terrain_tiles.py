"""A terrain as a pyramid of quantized-mesh tiles with its layer.json, for one scene."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson

from xiaoyuan.tiling.arrays import Bounds, Floats, Ints
from xiaoyuan.tiling.elevation import Terrain
from xiaoyuan.tiling.ellipsoid import east_north_up, metres_per_degree
from xiaoyuan.tiling.errors import OutsideTerrainError
from xiaoyuan.tiling.files import write_gzip, write_whole
from xiaoyuan.tiling.grid import cell_bounds, cell_degrees, cell_key, cell_of
from xiaoyuan.tiling.quantized_mesh import FULL, encode
from xiaoyuan.tiling.triangulation import TILE_CELLS, triangulate, vertex_errors

MAX_LEVEL = 15
SURROUNDINGS_LEVEL = 12
"""Up to here the whole scene is meshed, above it only what the elevation model covers."""
FINEST_ERROR_M = 0.4
"""Largest height error of the mesh at level 15; it doubles with every level up."""
_BLOCK = 12
"""Tiles a side that are meshed together; bounds the memory of a county's level 15."""


@dataclass(frozen=True)
class TerrainReport:
    """What `build_terrain` wrote."""

    tiles: int
    bytes_written: int
    max_level: int
    bounds: Bounds
    height_range_m: tuple[float, float]


def build_terrain(
    terrain: Terrain, bounds: Bounds, out: Path, *, max_level: int = MAX_LEVEL
) -> TerrainReport:
    """Write ``layer.json`` and ``z/x/y.terrain`` (gzip at rest) for the scene's bounds (degrees) under `out`.

    Raises OutsideTerrainError when the elevation model has nothing inside the bounds.
    """
    detail = overlap(bounds, terrain.bounds)
    available: list[list[dict[str, int]]] = []
    tiles = written = 0
    lowest, highest = np.inf, -np.inf
    for level in range(max_level + 1):
        first, last = _tile_range(bounds if level <= SURROUNDINGS_LEVEL else detail, level)
        available.append([{"startX": first[0], "startY": first[1], "endX": last[0], "endY": last[1]}])
        for column, row, data, low, high in _level_tiles(terrain, level, first, last):
            written += write_gzip(out / str(level) / str(column) / f"{row}.terrain", data)
            tiles += 1
            lowest, highest = min(lowest, low), max(highest, high)
    layer = {
        "tilejson": "2.1.0",
        "format": "quantized-mesh-1.0",
        "version": "1.0.0",
        "scheme": "tms",
        "projection": "EPSG:4326",
        "extensions": ["octvertexnormals"],
        "tiles": ["{z}/{x}/{y}.terrain"],
        "bounds": [-180.0, -90.0, 180.0, 90.0],
        "minzoom": 0,
        "maxzoom": max_level,
        "available": available,
    }
    written += write_whole(out / "layer.json", orjson.dumps(layer), durable=True)
    return TerrainReport(tiles, written, max_level, bounds, (float(lowest), float(highest)))


def rendered_height(terrain: Terrain, lon: Floats, lat: Floats, *, level: int = MAX_LEVEL) -> Floats:
    """Height in metres at degrees (n) as the mesh of `level` shows it, before simplification.

    What stands on the ground takes its height from here, so that it neither floats over the mesh nor sinks into it.
    """
    size = cell_degrees(level) / TILE_CELLS
    x, y = (np.asarray(lon) + 180.0) / size, (np.asarray(lat) + 90.0) / size
    left: Ints = np.floor(x).astype(np.int64)
    bottom: Ints = np.floor(y).astype(np.int64)
    corners = np.concatenate(
        [cell_key(left + right, bottom + top) for top in (0, 1) for right in (0, 1)]
    )  # fmt: skip
    nodes, inverse = np.unique(corners, return_inverse=True)
    column: Floats = (nodes >> 32).astype(np.float64)
    row: Floats = (nodes & 0xFFFFFFFF).astype(np.float64)
    at_nodes = terrain.surface(column * size - 180.0, row * size - 90.0, _spacing_m(level))
    south_west, south_east, north_west, north_east = at_nodes[inverse].reshape(4, -1)
    dx, dy = x - left, y - bottom
    return np.asarray(
        (south_west * (1 - dx) + south_east * dx) * (1 - dy) + (north_west * (1 - dx) + north_east * dx) * dy
    )


def _spacing_m(level: int) -> float:
    return cell_degrees(level) / TILE_CELLS * 111_320.0


def overlap(scene: Bounds, model: Bounds) -> Bounds:
    """Part of the scene inside the model's bounds; raises OutsideTerrainError when there is none."""
    west, south = max(scene[0], model[0]), max(scene[1], model[1])
    east, north = min(scene[2], model[2]), min(scene[3], model[3])
    if west >= east or south >= north:
        raise OutsideTerrainError(scene)
    return west, south, east, north


def _tile_range(bounds: Bounds, level: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """First and last column and row of the tiles that touch the bounds; level 0 is always whole."""
    if level == 0:
        return (0, 0), (1, 0)
    columns, rows = cell_of(np.array([bounds[0], bounds[2]]), np.array([bounds[1], bounds[3]]), level)
    return (int(columns[0]), int(rows[0])), (int(columns[1]), int(rows[1]))


_Tile = tuple[int, int, bytes, float, float]


def _level_tiles(
    terrain: Terrain, level: int, first: tuple[int, int], last: tuple[int, int]
) -> Iterator[_Tile]:
    for west in range(first[0], last[0] + 1, _BLOCK):
        for south in range(first[1], last[1] + 1, _BLOCK):
            east, north = min(west + _BLOCK - 1, last[0]), min(south + _BLOCK - 1, last[1])
            yield from _block_tiles(terrain, level, (west, south), (east, north))


def _block_tiles(
    terrain: Terrain, level: int, first: tuple[int, int], last: tuple[int, int]
) -> Iterator[_Tile]:
    """Tiles of a block: meshed with a rim of neighbours, so that blocks fit together as tiles do."""
    size = cell_degrees(level) / TILE_CELLS
    columns, rows = last[0] - first[0] + 3, last[1] - first[1] + 3
    lon: Floats = (np.arange(columns * TILE_CELLS + 1.0) + (first[0] - 1) * TILE_CELLS) * size - 180.0
    lat = (np.arange(rows * TILE_CELLS + 1.0) + (first[1] - 1) * TILE_CELLS) * size - 90.0
    inside_lat: Floats = np.asarray(np.clip(lat, -90.0, 90.0), np.float64)
    heights = terrain.surface_grid((lon + 180.0) % 360.0 - 180.0, inside_lat, _spacing_m(level))
    per_degree = metres_per_degree(inside_lat)
    # Row by row: with one mean for the block, the same edge would be cut differently in the block beside.
    cell_x_m, cell_y_m = np.maximum(per_degree[:, 0] * size, 1.0), per_degree[:, 1] * size
    errors = vertex_errors(heights, cell_x_m, cell_y_m)
    normals = _normals(heights, cell_x_m, cell_y_m)
    x, y = np.meshgrid(np.arange(first[0], last[0] + 1), np.arange(first[1], last[1] + 1))
    tiles: Ints = np.stack([y.ravel(), x.ravel()], 1).astype(np.int64)
    south_west: Ints = (tiles - np.array([first[1] - 1, first[0] - 1])) * TILE_CELLS
    threshold = FINEST_ERROR_M * 2.0 ** (MAX_LEVEL - level)
    triangles, owners = triangulate(errors, south_west, threshold)
    cuts = np.searchsorted(owners, np.arange(len(tiles) + 1))
    for number, (row, column) in enumerate(tiles.tolist()):
        corners = triangles[cuts[number] : cuts[number + 1]]
        yield _encoded(level, column, row, corners, south_west[number], heights, normals, lon, inside_lat)


def _encoded(
    level: int,
    column: int,
    row: int,
    corners: Ints,
    south_west: Ints,
    heights: Floats,
    normals: Floats,
    lon: Floats,
    lat: Floats,
) -> _Tile:
    local = corners.reshape(-1, 2) - south_west
    flat, inverse = np.unique(local[:, 0] * (TILE_CELLS + 1) + local[:, 1], return_inverse=True)
    v, u = np.divmod(flat, TILE_CELLS + 1)
    grid_row, grid_column = v + south_west[0], u + south_west[1]
    here = heights[grid_row, grid_column]
    frame = east_north_up(lon[grid_column], lat[grid_row])
    data = encode(
        cell_bounds(level, column, row),
        np.rint(u * (FULL / TILE_CELLS)).astype(np.int64),
        np.rint(v * (FULL / TILE_CELLS)).astype(np.int64),
        here,
        _earth_centred(normals[grid_row, grid_column], frame),
        inverse.reshape(-1, 3),
    )
    return column, row, data, float(here.min()), float(here.max())


def _normals(heights: Floats, cell_x_m: Floats, cell_y_m: Floats) -> Floats:
    """Unit normals (rows, columns, 3) as east, north, up."""
    up_north, up_east = np.gradient(heights)
    up_east /= -cell_x_m[:, None]
    up_north /= -cell_y_m[:, None]
    shrink = 1.0 / np.sqrt(up_east * up_east + up_north * up_north + 1.0)
    return np.stack([up_east * shrink, up_north * shrink, shrink], -1)


def _earth_centred(normals: Floats, frame: Floats) -> Floats:
    """Normals (n, 3) in frames (n, 3, 3); summed one by one, so that a shared vertex is lit alike in both tiles."""
    east, north, up = normals[:, 0, None], normals[:, 1, None], normals[:, 2, None]
    return np.asarray((east * frame[:, 0] + north * frame[:, 1]) + up * frame[:, 2])
