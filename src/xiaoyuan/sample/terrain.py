"""The ground before people: valley floors, footslopes and karst cone hills, from the streams outwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from xiaoyuan.sample.grid import Floats, Grid, smoothstep
from xiaoyuan.sample.streams import Stream
from xiaoyuan.sample.town import HALF_HEIGHT_M, HALF_WIDTH_M

COARSE_CELL_M = 20.0
CELL_M = 10.0


@dataclass(frozen=True)
class Terrain:
    """Natural ground on a 10 m grid, with what later stages ask of it (all arrays [rows, cols], metres)."""

    grid: Grid
    height_m: Floats
    stream_distance_m: Floats
    above_stream_m: Floats
    hill_tops_m: Floats  # [n, 2], frame coordinates

    def height_at(self, x: float | Floats, y: float | Floats) -> Floats:
        """Ground height at points."""
        return self.grid.sample(self.height_m, x, y)


def natural_terrain(courses: Sequence[Stream], rng: np.random.Generator) -> Terrain:
    """Raise the land from the streams: floor, footslope, upland, cones; the valley floors stay clear of hills."""
    coarse = Grid.covering(-HALF_WIDTH_M, -HALF_HEIGHT_M, HALF_WIDTH_M, HALF_HEIGHT_M, COARSE_CELL_M)
    grid = Grid.covering(-HALF_WIDTH_M, -HALF_HEIGHT_M, HALF_WIDTH_M, HALF_HEIGHT_M, CELL_M)
    base_c, beyond_c, distance_c, bed_c = _from_streams(coarse, courses, rng)
    base = grid.resample_from(coarse, base_c, order=3)
    beyond = grid.resample_from(coarse, beyond_c)
    distance = grid.resample_from(coarse, distance_c)
    bed = grid.resample_from(coarse, bed_c)
    cones, tops = _cones(grid, beyond, rng)
    upland = smoothstep(beyond, 20.0, 500.0)
    # Runnels and ribs: limestone slopes are never smooth, and each hill has its own.
    ribs = 1 + 0.20 * grid.noise(rng, 150.0, 3) - 0.22 * np.abs(grid.noise(rng, 210.0, 2))
    height = (
        base + cones * ribs + upland * (16.0 * grid.noise(rng, 420.0, 3) + 12.0 * grid.noise(rng, 1500.0, 2))
    )
    height += smoothstep(beyond, -60.0, 60.0) * 1.2 * grid.noise(rng, 90.0, 3)
    height = ndimage.gaussian_filter(height, 0.9)
    return Terrain(grid, height, distance, height - bed, tops)


def _from_streams(
    grid: Grid, courses: Sequence[Stream], rng: np.random.Generator
) -> tuple[Floats, Floats, Floats, Floats]:
    """Base height, distance beyond the valley floor, distance to the nearest stream, and that stream's bed."""
    x, y = grid.centres()
    # Bent coordinates keep valley sides from running parallel to the stream like a railway embankment.
    bent_x, bent_y = x + 110 * grid.noise(rng, 700.0, 3), y + 110 * grid.noise(rng, 700.0, 3)
    bend = smoothstep(_distance(courses, x, y)[0], 25.0, 260.0)
    points = np.stack((x + (bent_x - x) * bend, y + (bent_y - y) * bend), axis=-1).reshape(-1, 2)
    base = np.full(x.shape, np.inf)
    beyond = np.full(x.shape, np.inf)
    above = np.zeros(x.shape)
    for course in courses:
        away, nearest = (part.reshape(x.shape) for part in cKDTree(course.course_m).query(points))
        floor = course.floor_half_width_m[nearest]
        outside = away - floor
        rise = 0.012 * np.minimum(away, floor) + 92.0 * (
            1 - np.exp(-((np.maximum(outside, 0.0) / 390.0) ** 1.35))
        )
        candidate = course.bed_m[nearest] + 2.2 + rise
        # A soft minimum: two valleys meet in a saddle, not in a crease; on the floors it must not dig.
        reach = np.clip(np.where(base < candidate, above, rise) / 5.0, 0.02, 14.0)
        above = np.where(base < candidate, above, rise)
        base = np.where(np.isinf(base), candidate, _soft_minimum(base, candidate, reach))
        beyond = np.minimum(beyond, outside)
    distance, bed = _distance(courses, x, y)
    return ndimage.gaussian_filter(base, 2.0), ndimage.gaussian_filter(beyond, 1.0), distance, bed


def _distance(courses: Sequence[Stream], x: Floats, y: Floats) -> tuple[Floats, Floats]:
    tree = cKDTree(np.concatenate([course.course_m for course in courses]))
    bed = np.concatenate([course.bed_m for course in courses])
    away, nearest = tree.query(np.stack((x, y), axis=-1).reshape(-1, 2))
    return away.reshape(x.shape), bed[nearest].reshape(x.shape)


def _soft_minimum(a: Floats, b: Floats, width: Floats) -> Floats:
    lower = np.minimum(a, b)
    return np.asarray(lower - width * np.log1p(np.exp(-np.abs(a - b) / width)), dtype=float)


def _cones(grid: Grid, beyond: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Karst cones standing close together beyond the valley floors, a few alone at the valley's edge."""
    x, y = grid.centres()
    warp_x, warp_y = 60 * grid.noise(rng, 280.0, 4, 0.55), 60 * grid.noise(rng, 280.0, 4, 0.55)
    cones = np.zeros(x.shape)
    tops: list[tuple[float, float]] = []
    for centre_x, centre_y in _scattered(rng, 255.0):
        row, col = (int(part[0]) for part in grid.index(centre_x, centre_y))
        room = float(beyond[row, col])
        if room < 110:
            continue
        big = float(np.clip((room - 60) / 420, 0.25, 1.0))
        size = rng.beta(1.6, 2.2)  # many middling hills, a few that tower over them
        radius = (120 + 260 * size) * (0.55 + 0.45 * big)
        summit = (45 + 175 * size) * rng.uniform(0.8, 1.2) * big
        stretch, turn = rng.uniform(0.78, 1.28), rng.uniform(0, np.pi)
        reach = int(radius * 1.7 / grid.cell_m) + 6
        part = (slice(max(row - reach, 0), row + reach + 1), slice(max(col - reach, 0), col + reach + 1))
        across = x[part] + warp_x[part] - centre_x
        up = y[part] + warp_y[part] - centre_y
        along = (across * np.cos(turn) + up * np.sin(turn)) * stretch
        beside = (up * np.cos(turn) - across * np.sin(turn)) / stretch
        profile = summit * np.clip(1 - (along**2 + beside**2) / radius**2, 0, None) ** 1.45
        cones[part] = np.maximum(cones[part], profile) + 0.32 * np.minimum(cones[part], profile)
        tops.append((centre_x, centre_y))
    return cones * smoothstep(beyond, 15.0, 150.0), np.array(tops)


def _scattered(rng: np.random.Generator, spacing_m: float) -> list[tuple[float, float]]:
    """Points at least `spacing_m` apart that fill the frame (dart throwing on a jittered lattice)."""
    lattice = spacing_m * 0.9
    wide, high = int(2 * HALF_WIDTH_M / lattice) + 3, int(2 * HALF_HEIGHT_M / lattice) + 3
    kept: list[tuple[float, float]] = []
    order = rng.permutation(wide * high)
    jitter = rng.uniform(-0.5, 0.5, (wide * high, 2)) * lattice
    cells: dict[tuple[int, int], list[tuple[float, float]]] = {}
    for k in order:
        px = -HALF_WIDTH_M - lattice + (k % wide) * lattice + float(jitter[k, 0])
        py = -HALF_HEIGHT_M - lattice + (k // wide) * lattice + float(jitter[k, 1])
        cell = (int(px // spacing_m), int(py // spacing_m))
        near = (
            q for dx in (-1, 0, 1) for dy in (-1, 0, 1) for q in cells.get((cell[0] + dx, cell[1] + dy), ())
        )
        if all((px - qx) ** 2 + (py - qy) ** 2 >= spacing_m**2 * 0.72 for qx, qy in near):
            cells.setdefault(cell, []).append((px, py))
            kept.append((px, py))
    return kept
