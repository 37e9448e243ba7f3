"""Water that rises from a place: what of a grid of heights it reaches, not merely what lies lower."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import rasterio.features
import shapely
from rasterio.transform import Affine
from scipy import ndimage

from xiaoyuan.tiling import Terrain
from xiaoyuan.tiling.arrays import Flags, Floats, Singles
from xiaoyuan.twin.planning.errors import GroundMissing, SeedDry
from xiaoyuan.twin.planning.frame import MetricFrame

MOST_CELLS: Final = 1200
"""Cells along one side: more would be finer than the models of a county are."""


@dataclass(frozen=True)
class GroundGrid:
    """Heights (rows, columns) in metres, row 0 in the north, cells of `cell_m` in a metric frame; nan where unknown."""

    frame: MetricFrame
    heights_m: Singles
    west_m: float
    north_m: float
    cell_m: float

    @property
    def transform(self) -> Affine:
        """From column and row to metres of the frame."""
        return Affine(self.cell_m, 0.0, self.west_m, 0.0, -self.cell_m, self.north_m)


@dataclass(frozen=True)
class Flood:
    """The reached cells (rows, columns), and what they come to."""

    wet: Flags
    area_m2: float
    volume_m3: float
    deepest_m: float
    touches_edge: bool


def grid_around(terrain: Terrain, lon: float, lat: float, half_m: float) -> GroundGrid:
    """Sample a square of `2 half_m` around a point; cells as fine as the finest model, at most 1,200 a side."""
    frame = MetricFrame(lon, lat)
    cell = max(min(field.cell_m for field in terrain.fields), 2 * half_m / MOST_CELLS, 1.0)
    side = max(2, round(2 * half_m / cell))
    west, north = -side * cell / 2, side * cell / 2
    x, y = np.meshgrid(west + (np.arange(side) + 0.5) * cell, north - (np.arange(side) + 0.5) * cell)
    places = frame.degrees(np.column_stack((x.ravel(), y.ravel())))
    heights = terrain.sample(places[:, 0], places[:, 1]).reshape(side, side).astype(np.float32)
    return GroundGrid(frame, heights, west, north, cell)


def seed_cells(grid: GroundGrid, seed: shapely.Geometry) -> Flags:
    """Return the cells that a point, line or area in degrees touches."""
    shape = grid.frame.to_metres(seed)
    return np.asarray(
        rasterio.features.rasterize(
            [(shape, 1)], grid.heights_m.shape, transform=grid.transform, all_touched=True, dtype="uint8"
        ).astype(bool)
    )


def lowest_of(grid: GroundGrid, seeds: Flags) -> float:
    """Return the lowest known height among cells; raises `GroundMissing`."""
    known = grid.heights_m[seeds]
    known = known[np.isfinite(known)]
    if not known.size:
        raise GroundMissing
    return float(known.min())


def flood(grid: GroundGrid, seeds: Flags, level_m: float) -> Flood:
    """Return what water at `level_m` reaches from the seed cells, over edges of cells; raises `SeedDry`.

    What lies lower behind a ridge stays dry. Unknown cells hold water back.
    """
    low = np.nan_to_num(grid.heights_m, nan=np.inf) <= level_m
    labels, _count = ndimage.label(low)
    reached = np.unique(labels[seeds & low])
    if not reached.size:
        raise SeedDry(lowest_of(grid, seeds), level_m)
    wet = np.isin(labels, reached)
    depth: Floats = level_m - grid.heights_m[wet].astype(np.float64)
    cell_m2 = grid.cell_m**2
    edge = wet[0].any() or wet[-1].any() or wet[:, 0].any() or wet[:, -1].any()
    return Flood(
        wet, float(wet.sum() * cell_m2), float(depth.sum() * cell_m2), float(depth.max()), bool(edge)
    )


def outline(grid: GroundGrid, wet: Flags) -> shapely.Geometry:
    """Return the reached cells as one geometry in metres of the grid's frame."""
    pieces = rasterio.features.shapes(wet.astype(np.uint8), mask=wet, transform=grid.transform)
    return shapely.union_all([shapely.geometry.shape(shape) for shape, _value in pieces])
