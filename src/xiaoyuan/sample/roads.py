"""The road network: a county road along the main valley, township roads up the side valleys, village roads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from scipy import ndimage

from xiaoyuan.sample.grid import Floats, Grid
from xiaoyuan.sample.least_cost import search
from xiaoyuan.sample.outlines import Outlines
from xiaoyuan.sample.streams import Stream
from xiaoyuan.sample.terrain import Terrain
from xiaoyuan.sample.town import HALF_HEIGHT_M, HALF_WIDTH_M, VILLAGES

CELL_M = 25.0
COUNTY, TOWNSHIP, VILLAGE, LANE = "县道", "乡道", "村道", "组道"
WIDTH_M = {COUNTY: 7.0, TOWNSHIP: 5.0, VILLAGE: 4.0, LANE: 3.0}


@dataclass(frozen=True)
class Road:
    """A carriageway's centre line in frame metres."""

    name: str
    grade: str
    width_m: float
    line: shapely.LineString


class Network:
    """Roads found one after another on a cost raster; later ones end on earlier ones."""

    def __init__(self, terrain: Terrain, courses: Sequence[Stream], rng: np.random.Generator) -> None:
        self.grid = Grid.covering(-HALF_WIDTH_M, -HALF_HEIGHT_M, HALF_WIDTH_M, HALF_HEIGHT_M, CELL_M)
        height = ndimage.gaussian_filter(self.grid.resample_from(terrain.grid, terrain.height_m), 0.7)
        wet = [course.line.buffer(28.0) for course in courses if course.has_water]
        apart = self.grid.resample_from(terrain.grid, terrain.stream_distance_m)
        steep = (self.grid.slope(height) / 0.075) ** 2
        near = 0.9 * np.exp(-((apart / 70.0) ** 2))  # roads keep to the edge of the floor, off the wet middle
        self.cost = 1.0 + steep + 5.0 * self.grid.burn(wet) + near + 0.5 * np.clip(apart / 600.0, 0, 1)
        self.cost *= 1.0 + 0.45 * np.abs(self.grid.noise(rng, 260.0, 2))
        self.rng = rng
        self.roads: list[Road] = []
        self.cells: dict[tuple[int, int], int] = {}

    def cell(self, x: float, y: float) -> tuple[int, int]:
        """The raster cell of a point."""
        row, col = self.grid.index(x, y)
        return int(row[0]), int(col[0])

    def connect(
        self, start: tuple[float, float], stops: Sequence[tuple[float, float]], name: str, grade: str
    ) -> None:
        """One road through all stops."""
        cells = [self.cell(*start)]
        for stop in stops:
            found = search(self.grid, self.cost, [[cells[-1]]])
            cells += found.path(*self.cell(*stop))[1:]
        self._lay(cells, name, grade)

    def branch(self, ends: Sequence[tuple[float, float]], names: Sequence[str], grade: str) -> None:
        """Roads from the existing network to each end, sharing the way where they can."""
        field = search(self.grid, self.cost, [list(self.cells)])
        order = np.argsort([field.cost[self.cell(*end)] for end in ends])
        for k in order[::-1]:  # the longest first: it becomes the stem that the others leave
            path = field.path(*self.cell(*ends[k]))
            joint = max(i for i, cell in enumerate(path) if cell in self.cells)
            if len(path) - joint > 3:
                self._lay(path[joint:], names[k], grade)

    def _lay(self, cells: list[tuple[int, int]], name: str, grade: str) -> None:
        rows, cols = np.array(cells, dtype=float).T
        raw = np.stack(
            (
                self.grid.west_m + (cols + 0.5) * self.grid.cell_m,
                self.grid.north_m - (rows + 0.5) * self.grid.cell_m,
            ),
            axis=1,
        )
        parent = self.cells.get(cells[0])
        if parent is not None:
            stem = self.roads[parent].line
            raw[0] = shapely.get_coordinates(stem.interpolate(stem.project(shapely.Point(raw[0]))))[0]
        line = shapely.LineString(_smooth(raw, self.rng))
        if parent is not None:  # smoothing may have pulled the first metres onto the stem: cut them off
            line = _leave(line, self.roads[parent])
        number = len(self.roads)
        self.roads.append(Road(name, grade, WIDTH_M[grade], line))
        for cell in cells:
            self.cells.setdefault(cell, number)


def _smooth(points: Floats, rng: np.random.Generator) -> Floats:
    """Points every 8 m along a Gaussian-smoothed, slightly winding path that keeps both ends."""
    along = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))))
    wanted = np.linspace(0, along[-1], max(int(along[-1] / 8.0), 2) + 1)
    dense = np.stack([np.interp(wanted, along, points[:, axis]) for axis in (0, 1)], axis=1)
    # No country road runs dead straight: swing a few metres sideways, less towards the ends.
    swing = ndimage.gaussian_filter1d(rng.standard_normal(len(dense)), 9.0, mode="nearest")
    swing *= (
        5.0
        / max(float(np.std(swing)), 1e-9)
        * np.clip(np.minimum(np.arange(len(dense)), np.arange(len(dense))[::-1]) / 15.0, 0, 1)
    )
    tangent = np.gradient(dense, axis=0)
    dense = (
        dense
        + swing[:, None] * np.stack((-tangent[:, 1], tangent[:, 0]), axis=1) / np.hypot(*tangent.T)[:, None]
    )
    reach = min(len(dense) - 1, 24)
    before, after = 2 * dense[0] - dense[reach:0:-1], 2 * dense[-1] - dense[-2 : -reach - 2 : -1]
    bent = ndimage.gaussian_filter1d(np.concatenate((before, dense, after)), 4.5, axis=0, mode="nearest")
    result = bent[reach : reach + len(dense)]
    result[0], result[-1] = dense[0], dense[-1]
    return np.asarray(result, dtype=float)


def _leave(line: shapely.LineString, stem: Road) -> shapely.LineString:
    """The part of a branch after it last touches its stem, joined to the stem's centre line."""
    outside = shapely.get_parts(line.difference(stem.line.buffer(stem.width_m)))
    if len(outside) == 0:
        return line
    tail = max(outside, key=lambda part: part.length)
    first = shapely.Point(tail.coords[0])
    joint = stem.line.interpolate(stem.line.project(first))
    return shapely.LineString([joint.coords[0], *tail.coords])


def town_roads(
    terrain: Terrain,
    courses: Sequence[Stream],
    shapes: Outlines,
    hamlets: Sequence[tuple[str, tuple[float, float]]],
    rng: np.random.Generator,
) -> Network:
    """Roads of the whole town: `hamlets` are (name, point) pairs that each get a village road."""
    network = Network(terrain, courses, rng)
    river = courses[0]
    west = river.course_m[np.argmin(np.abs(river.course_m[:, 0] + 4300.0))] + (0.0, 140.0)
    east = river.course_m[np.argmin(np.abs(river.course_m[:, 0] - 4300.0))] + (0.0, 140.0)
    middle = next(village.seat_m for village in VILLAGES if village.short_name == "双堰社区")
    seat = VILLAGES[0].seat_m
    network.connect(
        (float(west[0]), float(west[1])),
        [(middle[0], middle[1] + 60.0), seat, (float(east[0]), float(east[1]))],
        "朱双公路",
        COUNTY,
    )
    ends, names = [], []
    for course in courses[1:]:
        inside = shapely.intersection(course.line, shapes.town.buffer(-80.0))
        if not inside.is_empty:
            head = max(shapely.get_parts(inside), key=lambda part: part.length).coords[0]
            ends.append((float(head[0]) + 45.0, float(head[1])))
            names.append(course.name.rstrip("溪沟冲") + "路")
    network.branch(ends, names, TOWNSHIP)
    network.branch([point for _, point in hamlets], [f"{name}路" for name, _ in hamlets], VILLAGE)
    return network
