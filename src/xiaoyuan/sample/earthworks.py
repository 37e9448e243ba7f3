"""What people did to the ground: stepped terraces, levelled house pads, graded roads, and beds for the water."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from xiaoyuan.sample.crops import DRY, PADDY
from xiaoyuan.sample.fields import Parcel
from xiaoyuan.sample.grid import Floats, Grid, smoothstep
from xiaoyuan.sample.roads import Road
from xiaoyuan.sample.streams import Stream
from xiaoyuan.sample.terrain import Terrain
from xiaoyuan.sample.town import HALF_HEIGHT_M, HALF_WIDTH_M
from xiaoyuan.sample.water import POND, Water

CELL_M = 5.0
BANK_M = 1.1  # how far the water lies below the valley floor


def shaped_ground(
    terrain: Terrain,
    courses: Sequence[Stream],
    waters: Sequence[Water],
    roads: Sequence[Road],
    lots: Sequence[shapely.Polygon],
    parcels: Sequence[Parcel],
    rng: np.random.Generator,
) -> tuple[Grid, NDArray[np.float32]]:
    """The delivered elevation model: 5 m cells over the whole frame, heights in metres."""
    grid = Grid.covering(-HALF_WIDTH_M, -HALF_HEIGHT_M, HALF_WIDTH_M, HALF_HEIGHT_M, CELL_M)
    height = grid.resample_from(terrain.grid, terrain.height_m, order=3)
    rough = np.clip(grid.slope(height) - 0.12, 0, 0.5)
    height += rough * 3.0 * grid.noise(rng, 38.0, 2)  # rock and scrub on the hills, smooth fields below
    height = _terraces(grid, height, parcels)
    height = _graded(grid, height, roads)
    height = _pads(grid, height, lots)
    height = _beds(grid, height, courses, waters)
    return grid, (np.round(height * 64.0) / 64.0).astype(np.float32)


def _terraces(grid: Grid, height: Floats, parcels: Sequence[Parcel]) -> Floats:
    """Fields drawn towards their mean height: paddies nearly level, dry fields half so."""
    farmed = [parcel for parcel in parcels if parcel.use in (PADDY, DRY)]
    number = grid.burn([parcel.shape for parcel in farmed], range(1, len(farmed) + 1))
    mean = ndimage.mean(height, number, np.arange(len(farmed) + 1))
    level = np.array([0.0, *(0.72 if parcel.use == PADDY else 0.45 for parcel in farmed)])[number]
    # Risers are a slope of a few metres, not the staircase of the cells.
    step = ndimage.gaussian_filter(level * (np.asarray(mean)[number] - height), 0.75)
    return np.asarray(height + step, dtype=float)


def _graded(grid: Grid, height: Floats, roads: Sequence[Road]) -> Floats:
    """Carriageways level from side to side on a smooth long profile, with banks that fade within 9 m."""
    points, profile, half = [], [], []
    for road in roads:
        along = np.arange(0.0, road.line.length, 4.0)
        course = shapely.get_coordinates(shapely.line_interpolate_point(road.line, along))
        ground = grid.sample(height, course[:, 0], course[:, 1])
        points.append(course)
        profile.append(ndimage.gaussian_filter1d(ground, 5.0, mode="nearest"))
        half.append(np.full(len(course), road.width_m / 2))
    rows, cols = np.nonzero(grid.burn([road.line.buffer(14.0) for road in roads]))
    x = grid.west_m + (cols + 0.5) * grid.cell_m
    y = grid.north_m - (rows + 0.5) * grid.cell_m
    away, nearest = cKDTree(np.concatenate(points)).query(np.stack((x, y), axis=1), k=3)
    weight = 1.0 / np.maximum(away, 1.0) ** 2
    target = (np.concatenate(profile)[nearest] * weight).sum(axis=1) / weight.sum(axis=1)
    edge = np.concatenate(half)[nearest[:, 0]] + 1.5
    blend = 1.0 - smoothstep(away[:, 0], edge, edge + 9.0)
    shaped = height.copy()
    shaped[rows, cols] += blend * (target - shaped[rows, cols])
    return shaped


def _pads(grid: Grid, height: Floats, lots: Sequence[shapely.Polygon]) -> Floats:
    """Courtyards levelled to their mean height, with slopes around them that fade within 9 m."""
    number = grid.burn([lot.buffer(2.5) for lot in lots], range(1, len(lots) + 1))
    mean = np.asarray(ndimage.mean(height, number, np.arange(len(lots) + 1)))
    away, nearest = ndimage.distance_transform_edt(number == 0, return_indices=True)
    away *= grid.cell_m
    blend = np.where(number > 0, 0.8, 0.8 * (1.0 - smoothstep(away, 2.0, 11.0)))
    moved = blend * (mean[number[nearest[0], nearest[1]]] - height)
    return np.asarray(height + ndimage.gaussian_filter(moved, 0.7), dtype=float)


def _beds(grid: Grid, height: Floats, courses: Sequence[Stream], waters: Sequence[Water]) -> Floats:
    """Water surfaces that fall with their stream, ponds that lie level, both a little below their banks."""
    shaped = height.copy()
    tree = cKDTree(np.concatenate([course.course_m for course in courses]))
    bed = np.concatenate([course.bed_m for course in courses])
    x, y = grid.centres()
    for water in waters:
        inside = grid.burn([water.shape.buffer(2.0)]) > 0
        if water.kind == POND:
            shaped[inside] = shaped[inside].min() - 0.4
            continue
        _, nearest = tree.query(np.stack((x[inside], y[inside]), axis=1))
        cut = np.zeros(shaped.shape)
        cut[inside] = np.minimum(bed[nearest] + 2.2 - BANK_M - shaped[inside], 0.0)
        shaped += ndimage.gaussian_filter(cut, 0.6)
    return shaped
