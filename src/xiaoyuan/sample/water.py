"""Standing and flowing water as polygons: stream surfaces and the ponds that farmers dug beside their paddies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from scipy import ndimage

from xiaoyuan.sample.outlines import Outlines
from xiaoyuan.sample.roads import Road
from xiaoyuan.sample.streams import Stream
from xiaoyuan.sample.terrain import Terrain
from xiaoyuan.sample.town import BY_CODE, DETAILED

PONDS_PER_VILLAGE = 7
POND = "坑塘"


@dataclass(frozen=True)
class Water:
    """A water body; kind is 河流, 溪沟 or 坑塘."""

    name: str
    kind: str
    shape: shapely.Polygon | shapely.MultiPolygon


def waters(
    terrain: Terrain,
    courses: Sequence[Stream],
    shapes: Outlines,
    roads: Sequence[Road],
    rng: np.random.Generator,
) -> list[Water]:
    """Streams within the terrain, each without what an earlier one covers, then the ponds of the detailed villages."""
    bodies: list[Water] = []
    town = shapes.town.buffer(150.0)
    covered: shapely.Geometry = shapely.Polygon()
    for course in courses:
        if not course.has_water:
            continue
        surface = course.surface.intersection(town).difference(covered)
        largest = max(shapely.get_parts(surface), key=lambda part: part.area)
        bodies.append(Water(course.name, course.kind, largest))
        covered = covered.union(course.surface)
    road_band = shapely.union_all([road.line for road in roads]).buffer(16.0)
    for code in DETAILED:
        bodies += _ponds(terrain, code, shapes.villages[code], covered.buffer(14.0).union(road_band), rng)
    return bodies


def _ponds(
    terrain: Terrain,
    code: str,
    outline: shapely.Polygon,
    keep_off: shapely.Geometry,
    rng: np.random.Generator,
) -> list[Water]:
    grid = terrain.grid
    steep = ndimage.gaussian_filter(grid.slope(terrain.height_m), 2.0)
    free = (grid.burn([outline.buffer(-60.0)]) == 1) & (grid.burn([keep_off.buffer(14.0)]) == 0)
    free &= (steep < 0.075) & (terrain.stream_distance_m < 520.0)
    x, y = grid.centres()
    ponds: list[Water] = []
    while len(ponds) < PONDS_PER_VILLAGE and free.any():
        spots = np.argwhere(free)
        row, col = spots[int(rng.integers(len(spots)))]
        angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        radius = float(rng.uniform(11, 24)) * (
            1
            + 0.22 * np.cos(2 * (angles - rng.uniform(0, 6)))
            + 0.1 * np.cos(3 * (angles - rng.uniform(0, 6)))
        )
        shape = shapely.Polygon(
            np.stack((x[row, col] + radius * np.cos(angles), y[row, col] + radius * np.sin(angles)), 1)
        )
        free &= np.hypot(x - x[row, col], y - y[row, col]) > 190.0
        if not shape.intersects(keep_off):
            name = f"{BY_CODE[code].short_name}{len(ponds) + 1}号塘"
            ponds.append(Water(name, POND, shape))
    return ponds
