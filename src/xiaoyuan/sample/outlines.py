"""The outlines of the town and its villages: borders follow ridges because crossing them costs most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from xiaoyuan.sample.grid import Grid
from xiaoyuan.sample.least_cost import FAR, search
from xiaoyuan.sample.partition import smooth_partition
from xiaoyuan.sample.terrain import Terrain
from xiaoyuan.sample.town import HALF_HEIGHT_M, HALF_WIDTH_M, NEIGHBOUR_SEATS_M, VILLAGES

CELL_M = 40.0


@dataclass(frozen=True)
class Outlines:
    """Polygons in frame metres; the villages fill the town without gap or overlap."""

    town: shapely.Polygon
    villages: dict[str, shapely.Polygon]


def outlines(terrain: Terrain, rng: np.random.Generator) -> Outlines:
    """Each village takes the land that is easiest to reach from its seat."""
    grid = Grid.covering(-HALF_WIDTH_M, -HALF_HEIGHT_M, HALF_WIDTH_M, HALF_HEIGHT_M, CELL_M)
    height = grid.resample_from(terrain.grid, terrain.height_m)
    above = grid.resample_from(terrain.grid, terrain.above_stream_m)
    cost = (
        1.0
        + 2.5 * grid.slope(height)
        + np.clip(above, 0, None) / 90.0
        + 1.1 * np.abs(grid.noise(rng, 380.0, 3))
    )
    seats = [village.seat_m for village in VILLAGES] + list(NEIGHBOUR_SEATS_M)
    groups = []
    for x, y in seats:
        row, col = grid.index(x, y)
        groups.append([(int(row[0]), int(col[0]))])
    waits = [200.0 - village.head_start_m for village in VILLAGES] + [200.0] * len(NEIGHBOUR_SEATS_M)
    margin = int(260.0 / CELL_M)  # the terrain reaches a little beyond the town on every side
    cost[:margin], cost[-margin:], cost[:, :margin], cost[:, -margin:] = 0.05, 0.05, 0.05, 0.05
    owner = search(grid, cost, groups, start_costs=waits, moves=FAR).source
    owner = np.where(
        owner >= len(VILLAGES), np.int32(len(VILLAGES)), owner
    )  # all neighbours are simply outside
    faces, labels = smooth_partition(owner.astype(np.int32), grid, smooth_m=70.0, simplify_m=2.0)
    labels = _whole(faces, labels)
    villages = {}
    for k, village in enumerate(VILLAGES):
        shape = shapely.union_all([face for face, label in zip(faces, labels, strict=True) if label == k])
        if shape.geom_type != "Polygon":
            raise ValueError(f"The outline of {village.name} fell into pieces; choose another seed.")
        villages[village.code] = shape
    town = shapely.union_all(list(villages.values()))
    return Outlines(town, villages)


def _whole(faces: Sequence[shapely.Polygon], labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Labels with every stray piece given to the neighbour that shares most of its border."""
    whole = labels.copy()
    for label in np.unique(labels):
        mine = sorted(np.flatnonzero(labels == label), key=lambda k: faces[int(k)].area)
        for stray in mine[:-1]:
            shared = [
                0.0 if labels[k] == label else face.boundary.intersection(faces[int(stray)].boundary).length
                for k, face in enumerate(faces)
            ]
            if max(shared) > 0:
                whole[stray] = labels[int(np.argmax(shared))]
    return whole
