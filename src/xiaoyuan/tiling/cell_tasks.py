"""Cells of buildings as tasks that any process can do: everything in, names of files out; knows no Django."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from xiaoyuan.tiling.building_cells import CellState, far_key
from xiaoyuan.tiling.buildings import BuildingSet, build_cells, middle_cells
from xiaoyuan.tiling.elevation import Terrain
from xiaoyuan.tiling.heightfield import HeightField
from xiaoyuan.tiling.pool import FilePool

Rasters = tuple[tuple[Path, float], ...]
"""Elevation files with the metres that are added to their heights."""


@dataclass(frozen=True)
class CellTask:
    """Buildings of whole far cells, the ground they stand on, and the folder where the files go."""

    buildings: BuildingSet
    rasters: Rasters
    pool: Path


def build_task(task: CellTask) -> dict[int, CellState]:
    """Put the tiles of a task into the pool. A task that runs twice writes the same files again."""
    terrain = open_terrain(task.rasters) if task.rasters else None
    return build_cells(task.buildings, terrain, FilePool(task.pool))


@lru_cache(maxsize=3)
def open_terrain(rasters: Rasters) -> Terrain:
    """Return the terrain of some elevation files; the last ones opened are kept."""
    fields: list[HeightField] = []
    for path, offset_m in rasters:
        fields.extend(Terrain.from_geotiff(path, vertical_offset_m=offset_m).fields)
    return Terrain(tuple(fields))


def groups_of(buildings: BuildingSet, least: int) -> Iterator[BuildingSet]:
    """Yield the buildings of whole far cells, neighbours together, at least so many at a time."""
    middles, number = np.unique(middle_cells(buildings.bounds()), return_inverse=True)
    keys = np.array([far_key(int(key)) for key in middles], np.int64)[number]
    order = np.argsort(keys, kind="stable")
    start = 0
    for end in (*(np.flatnonzero(np.diff(keys[order])) + 1).tolist(), len(order)):
        if end - start >= least or end == len(order):
            yield buildings.take(order[start:end])
            start = end
