"""Polygons as flat arrays, so that a million of them cost a few array operations instead of a million objects."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely

from xiaoyuan.tiling.arrays import Flags, Floats, Ints, Objects, ranges

_MOST_CLIPPED = 16
"""Rings of up to so many vertices are triangulated together, larger ones and holes one by one."""


@dataclass(frozen=True)
class Rings:
    """p polygons of r rings of m vertices in metres; shells counter-clockwise, holes clockwise, none closed."""

    points_m: Floats
    """(m, 2): vertices, the first of a ring is not repeated at its end."""
    ring_start: Ints
    """(r + 1): ring i has the vertices ring_start[i] to ring_start[i + 1] - 1."""
    part_start: Ints
    """(p + 1): polygon i has the rings part_start[i] (the shell) to part_start[i + 1] - 1 (its holes)."""

    @classmethod
    def from_shapes(cls, polygons: Objects) -> "Rings":
        """The same as shapely Polygons (p); their orientation is kept as it is."""
        rings, part = shapely.get_rings(polygons, return_index=True)
        points, ring = shapely.get_coordinates(rings, return_index=True)
        is_last = np.append(ring[1:] != ring[:-1], True)[: len(ring)]
        sizes = np.bincount(ring[~is_last], minlength=len(rings))
        return cls(points[~is_last], starts_of(sizes), starts_of(np.bincount(part, minlength=len(polygons))))

    def __len__(self) -> int:
        return len(self.part_start) - 1

    @cached_property
    def ring_size(self) -> Ints:
        """(r): number of vertices."""
        return np.diff(self.ring_start)

    @cached_property
    def part_size(self) -> Ints:
        """(p): number of vertices where a polygon is one ring, 0 where it has holes."""
        is_single = np.diff(self.part_start) == 1
        out = np.zeros(len(self), np.int64)
        out[is_single] = self.ring_size[self.part_start[:-1][is_single]]
        return out

    @cached_property
    def point_part(self) -> Ints:
        """(m): number of the polygon that a vertex belongs to."""
        per_part = self.ring_start[self.part_start[1:]] - self.ring_start[self.part_start[:-1]]
        return np.repeat(np.arange(len(self)), per_part)

    @cached_property
    def following(self) -> Ints:
        """(m): index of the next vertex round the ring."""
        out = np.arange(1, len(self.points_m) + 1)
        filled = self.ring_size > 0
        out[self.ring_start[1:][filled] - 1] = self.ring_start[:-1][filled]
        return out

    def take(self, parts: Ints | Flags) -> "Rings":
        """The polygons of these numbers, or those that are flagged."""
        if parts.dtype == np.bool_:
            parts = np.flatnonzero(parts)
        counts = np.diff(self.part_start)[parts]
        ring = np.repeat(self.part_start[:-1][parts], counts) + ranges(counts)
        sizes = self.ring_size[ring]
        point = np.repeat(self.ring_start[:-1][ring], sizes) + ranges(sizes)
        return Rings(self.points_m[point], starts_of(sizes), starts_of(counts))

    def by_size(self, smallest: int, largest: int) -> Iterator[tuple[Ints, Ints]]:
        """Polygons of one ring grouped by their vertices: numbers (k) and vertex indices (k, size)."""
        for size in np.unique(self.part_size):
            if smallest <= size <= largest:
                parts = np.flatnonzero(self.part_size == size)
                yield parts, self.ring_start[self.part_start[parts]][:, None] + np.arange(size)

    @cached_property
    def areas_m2(self) -> Floats:
        """(p): square metres, holes taken off."""
        start, end = self.points_m, self.points_m[self.following]
        twice = start[:, 0] * end[:, 1] - end[:, 0] * start[:, 1]
        # bincount adds one after the other, whatever else there is: the sum of one polygon is always the same.
        return np.asarray(np.bincount(self.point_part, twice, minlength=len(self)) / 2)

    def shapes(self) -> Objects:
        """Shapely Polygons (p)."""
        sizes = self.ring_size + 1
        ring = np.repeat(np.arange(len(sizes)), sizes)
        offset = ranges(sizes)
        offset[offset == self.ring_size[ring]] = 0
        rings = shapely.linearrings(self.points_m[self.ring_start[ring] + offset], indices=ring)
        part = np.repeat(np.arange(len(self)), np.diff(self.part_start))
        return np.asarray(shapely.polygons(rings, indices=part), dtype=object)

    def edges(self) -> tuple[Floats, Floats, Ints]:
        """Start (m, 2), end (m, 2) and polygon (m) of all edges, edge i at vertex i; the outside is on their right."""
        return self.points_m, self.points_m[self.following], self.point_part

    def triangles(self) -> tuple[Floats, Ints]:
        """Triangles (t, 3, 2), counter-clockwise, that fill the polygons, and their polygons (t), ascending."""
        corners: list[Floats] = []
        parts: list[Ints] = []
        done = np.zeros(len(self), bool)
        for members, index in self.by_size(3, _MOST_CLIPPED):
            rings = self.points_m[index]
            local, is_sound = clip_ears(rings)
            corners.append(
                np.take_along_axis(rings[is_sound], local[is_sound].reshape(-1, local[0].size, 1), 1)
            )
            corners[-1] = corners[-1].reshape(-1, 3, 2)
            parts.append(np.repeat(members[is_sound], local.shape[1]))
            done[members[is_sound]] = True
        rest = np.flatnonzero(~done)
        if rest.size:
            pieces, number = shapely.get_parts(
                shapely.constrained_delaunay_triangles(self.take(rest).shapes()), return_index=True
            )
            found = shapely.get_coordinates(pieces).reshape(-1, 4, 2)[:, :3]
            clockwise = _turn(found[:, 0], found[:, 1], found[:, 2]) < 0
            found[clockwise] = found[clockwise][:, ::-1]
            corners.append(found)
            parts.append(rest[number])
        if not corners:
            return np.zeros((0, 3, 2)), np.zeros(0, np.int64)
        part = np.concatenate(parts)
        order = np.argsort(part, kind="stable")
        return np.concatenate(corners)[order], part[order]


def starts_of(counts: Ints) -> Ints:
    """Where each of several runs begins, and where the last one ends: [2, 3] -> [0, 2, 5]."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def clip_ears(rings: Floats) -> tuple[Ints, Flags]:
    """Triangulate simple counter-clockwise rings (k, n, 2) by clipping ears (Meisters 1975), the sharpest cut first.

    Returns vertex numbers (k, n - 2, 3) and whether each ring (k) was filled; one that was not is crossed or folded.
    """
    count, size = rings.shape[:2]
    left = np.broadcast_to(np.arange(size), (count, size)).copy()
    out = np.zeros((count, size - 2, 3), np.int64)
    is_sound = np.ones(count, bool)
    every = np.arange(count)
    for step in range(size - 3):
        at = np.take_along_axis(rings, left[:, :, None], 1)
        before, after = np.roll(at, 1, axis=1), np.roll(at, -1, axis=1)
        gap = after - before
        cost = np.where(_turn(before, at, after) > 1e-9, gap[..., 0] ** 2 + gap[..., 1] ** 2, np.inf)
        sides = at.shape[1]
        if sides > 4 or (cost == np.inf).any():
            for other in range(2, sides - 1):
                # A vertex inside or on the rim of the ear forbids it.
                point = np.roll(at, -other, axis=1)
                inside = (_turn(before, at, point) >= 0) & (_turn(at, after, point) >= 0)
                cost[inside & (_turn(after, before, point) >= 0)] = np.inf
        ear = np.argmin(cost, axis=1)
        is_sound &= np.isfinite(cost[every, ear])
        out[:, step] = left[every[:, None], (ear[:, None] + [-1, 0, 1]) % sides]
        left = left[np.arange(sides) != ear[:, None]].reshape(count, sides - 1)
    out[:, size - 3] = left
    last = np.take_along_axis(rings, left[:, :, None], 1)
    is_sound &= _turn(last[:, 0], last[:, 1], last[:, 2]) >= -1e-9
    return out, is_sound


def _turn(a: Floats, b: Floats, c: Floats) -> Floats:
    """Twice the area of triangles (..., 2), positive when they turn left."""
    return np.asarray(
        (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) - (b[..., 1] - a[..., 1]) * (c[..., 0] - a[..., 0])
    )
