"""A terrain as a pyramid of Terrarium pictures (raster-dem) with its tilejson.json, for flat maps of one scene.

A pixel's colour says a height: red * 256 + green + blue / 256 - 32768 metres, sampled at the pixel's centre.
https://github.com/tilezen/joerd/blob/master/docs/formats.md
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson

from xiaoyuan.tiling.arrays import Bounds, Bytes, Floats
from xiaoyuan.tiling.elevation import Terrain
from xiaoyuan.tiling.files import write_whole
from xiaoyuan.tiling.png import rgb_png
from xiaoyuan.tiling.terrain_tiles import overlap

MIN_ZOOM, MAX_ZOOM = 5, 13
"""From a province in one tile to pixels of 17 m, which show all that 30 m cells hold."""
TILE_PIXELS = 256
STEP_M = 1 / 16
"""Heights are rounded to this: finer ones are noise that does not compress."""
_BASE_M = 32768
_EQUATOR_M = 40_075_016.685578488
_BLOCK = 4
"""Tiles a side that are sampled together."""


@dataclass(frozen=True)
class TerrariumReport:
    """What `build_terrarium` wrote."""

    tiles: int
    bytes_written: int
    min_zoom: int
    max_zoom: int
    bounds: Bounds
    height_range_m: tuple[float, float]


def build_terrarium(
    terrain: Terrain, bounds: Bounds, out: Path, *, min_zoom: int = MIN_ZOOM, max_zoom: int = MAX_ZOOM
) -> TerrariumReport:
    """Write ``tilejson.json`` and ``z/x/y.png`` under `out` for what the elevation model covers of the bounds.

    Raises OutsideTerrainError when it covers nothing of them.
    """
    covered = overlap(bounds, terrain.bounds)
    tiles = written = 0
    lowest, highest = np.inf, -np.inf
    for zoom in range(min_zoom, max_zoom + 1):
        for column, row, heights in _zoom_tiles(terrain, covered, zoom):
            written += write_whole(out / str(zoom) / str(column) / f"{row}.png", rgb_png(coloured(heights)))
            tiles += 1
            lowest, highest = min(lowest, float(heights.min())), max(highest, float(heights.max()))
    described = {
        "tilejson": "3.0.0",
        "tiles": ["{z}/{x}/{y}.png"],
        "encoding": "terrarium",
        "tileSize": TILE_PIXELS,
        "bounds": covered,
        "minzoom": min_zoom,
        "maxzoom": max_zoom,
    }
    written += write_whole(out / "tilejson.json", orjson.dumps(described), durable=True)
    return TerrariumReport(tiles, written, min_zoom, max_zoom, covered, (lowest, highest))


def coloured(heights_m: Floats) -> Bytes:
    """Colours (..., 3) of heights (...)."""
    steps = np.rint(heights_m * (1 / STEP_M)).astype(np.int32) + np.int32(_BASE_M / STEP_M)
    colours = np.empty((*heights_m.shape, 3), np.uint8)
    colours[..., 0] = steps >> 12
    colours[..., 1] = steps >> 4
    colours[..., 2] = steps << 4
    return colours


def _zoom_tiles(terrain: Terrain, bounds: Bounds, zoom: int) -> Iterator[tuple[int, int, Floats]]:
    """Column, row and heights (256, 256), rows from the north, of the tiles that touch the bounds."""
    west, south, east, north = bounds
    first_column, first_row = _tile_at(west, north, zoom)
    last_column, last_row = _tile_at(east, south, zoom)
    spacing_m = _EQUATOR_M * np.cos(np.radians((south + north) / 2)) / (TILE_PIXELS << zoom)
    for left in range(first_column, last_column + 1, _BLOCK):
        for top in range(first_row, last_row + 1, _BLOCK):
            columns = range(left, min(left + _BLOCK, last_column + 1))
            rows = range(top, min(top + _BLOCK, last_row + 1))
            # One pixel more than needed: a grid is a multiple of its step plus 1.
            lon, _ = _pixel_centres(left, len(columns), zoom)
            _, lat = _pixel_centres(top, len(rows), zoom)
            heights = terrain.surface_grid(lon, lat, float(spacing_m))
            for column in columns:
                for row in rows:
                    y, x = (row - top) * TILE_PIXELS, (column - left) * TILE_PIXELS
                    yield column, row, heights[y : y + TILE_PIXELS, x : x + TILE_PIXELS]


def _pixel_centres(first: int, count: int, zoom: int) -> tuple[Floats, Floats]:
    """Longitudes and latitudes of the pixels of `count` tiles from number `first` of a column or row, and one more."""
    share = (np.arange(count * TILE_PIXELS + 1) + (first * TILE_PIXELS + 0.5)) / (TILE_PIXELS << zoom)
    lon = (share * 360.0 - 180.0 + 180.0) % 360.0 - 180.0
    return lon, np.degrees(np.arctan(np.sinh(np.pi * (1.0 - 2.0 * share))))


def _tile_at(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    """Column and row (from the north) of the tile that holds a point."""
    last = (1 << zoom) - 1
    x = (lon + 180.0) / 360.0
    y = (1.0 - np.arcsinh(np.tan(np.radians(np.clip(lat, -85.0511, 85.0511)))) / np.pi) / 2.0
    column, row = int(np.floor(x * (last + 1))), int(np.floor(y * (last + 1)))
    return min(max(column, 0), last), min(max(row, 0), last)
