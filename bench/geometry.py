"""Tile building from arrays: no database."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyproj
import shapely
from affine import Affine

from bench.measuring import Measurement, rate
from xiaoyuan.tiling.buildings import BuildingSet, build_buildings
from xiaoyuan.tiling.elevation import Terrain
from xiaoyuan.tiling.heightfield import HeightField
from xiaoyuan.tiling.pool import FilePool
from xiaoyuan.tiling.terrain_tiles import build_terrain
from xiaoyuan.tiling.vector_layer import VectorLayer
from xiaoyuan.tiling.vector_tiles import build_vectors

WEST, SOUTH = 105.30, 27.30
DEGREE = 1e-5
"""About a metre."""


def hills(side: int = 400) -> Terrain:
    """Rolling hills, 10 m cells, 4 km square."""
    rows, columns = np.mgrid[0:side, 0:side]
    heights = 1400 + 120 * np.sin(rows / 37) * np.cos(columns / 29)
    cell = 10 * DEGREE
    transform = Affine(cell, 0, WEST, 0, -cell, SOUTH + side * cell)
    return Terrain((HeightField(heights.astype(np.float32), transform, pyproj.CRS("EPSG:4490")),))


def houses(count: int) -> BuildingSet:
    """Turned rectangles on a jittered grid, a village's density."""
    random = np.random.default_rng(20260101)
    side = int(np.ceil(np.sqrt(count)))
    place = np.arange(count)
    lon = WEST + (place % side * 25 + random.uniform(-4, 4, count)) * DEGREE
    lat = SOUTH + (place // side * 25 + random.uniform(-4, 4, count)) * DEGREE
    angle = random.uniform(0, np.pi, count)
    corners = np.array([(-6, -4), (6, -4), (6, 4), (-6, 4), (-6, -4)]) * DEGREE
    turn = np.stack([np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)], 1).reshape(-1, 2, 2)
    rings = np.einsum("nij,kj->nki", turn, corners) + np.stack([lon, lat], 1)[:, None, :]
    return BuildingSet(
        cid=np.arange(1, count + 1, dtype=np.uint32),
        footprint=np.asarray(shapely.polygons(rings), dtype=object),
        height_m=np.full(count, np.nan),
        storeys=random.integers(1, 4, count).astype(np.int32),
        roof=random.integers(0, 3, count).astype(np.uint8),
        structure=random.integers(0, 4, count).astype(np.uint8),
    )


def measure() -> Iterator[Measurement]:
    """Measure tile building."""
    terrain, buildings = hills(), houses(20_000)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        yield rate(
            "20,000 roofed buildings to 3D Tiles",
            "buildings/s",
            len(buildings),
            4_300,
            lambda: build_buildings(buildings, terrain, FilePool(out / "buildings")),
            times=2,
        )
        layer = VectorLayer(
            "building", 10, buildings.cid, buildings.footprint, {"storeys": buildings.storeys}
        )
        yield rate(
            "20,000 buildings to vector tiles, zooms 10-14",
            "buildings/s",
            len(buildings),
            48_000,
            lambda: build_vectors([layer], FilePool(out / "vectors"), max_zoom=14),
            times=2,
        )
        reports = []
        measured = rate(
            "terrain 4 x 4 km, levels 0-15",
            "terrains/s",
            1,
            0.5,
            lambda: reports.append(build_terrain(terrain, terrain.bounds, out / "terrain")),
            times=2,
        )
        yield Measurement(
            "terrain tiles, levels 0-15", measured.value * reports[0].tiles, "tiles/s", 360, True
        )
