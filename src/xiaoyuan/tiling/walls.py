"""Walls: a strip of shared vertices round every ring, from under the ground to the eaves or the parapet's crown."""

from dataclasses import dataclass

import numpy as np

from xiaoyuan.tiling.arrays import Floats, Ints
from xiaoyuan.tiling.faces import DOOR_BAY, FLOOR_V, STOREY_V, Mesh, Words
from xiaoyuan.tiling.solids import FLAT, Solids, wall_edges

BAY_M = 3.3
PARAPET_M, _PARAPET_SHARE = 0.9, 0.28
"""A parapet is at most this share of a storey high: the windows of a storey begin above it."""
_BLANK_M = 1.8
"""A shorter wall has no window."""


@dataclass(frozen=True)
class Placed:
    """Solids with all their points in metres of the tile's frame."""

    solids: Solids
    x: Floats
    """(m): of the points of the footprints' rings."""
    y: Floats
    wing_x: Floats
    """(q, 4): of the wings' corners."""
    wing_y: Floats
    centre: Floats
    """(n, 2): where the anchors of the buildings lie."""
    turn: Floats
    """(n): radians from the buildings' east to the frame's, a small angle."""
    base_m: Floats
    """(n): what the frame's up is at height 0 of a building."""
    wall_colour: Words
    roof_colour: Words
    flat_colour: Words

    def to_frame(self, points_m: Floats, owner: Ints) -> tuple[Floats, Floats]:
        """East and north (k) in the frame of points (k, 2) in metres about the anchors of their buildings (k)."""
        dx, dy, turn = points_m[:, 0], points_m[:, 1], self.turn[owner]
        return self.centre[owner, 0] + dx - dy * turn, self.centre[owner, 1] + dy + dx * turn

    @property
    def top_m(self) -> Floats:
        """(n): height of the eaves or of the flat roof in the frame."""
        return self.base_m + self.solids.top_m

    @property
    def bottom_m(self) -> Floats:
        """(n): foot of the plinth in the frame."""
        return self.base_m + self.solids.bottom_m

    @property
    def storey_m(self) -> Floats:
        """(n): height of a storey."""
        return self.solids.height_m / self.solids.storeys

    @property
    def parapet_m(self) -> Floats:
        """(n): how high a parapet rises over the flat roof."""
        return np.minimum(PARAPET_M, _PARAPET_SHARE * self.storey_m)


def walls(placed: Placed) -> Mesh:
    """The near look: one strip a ring that begins at the front wall, with bays and storeys counted."""
    rings = placed.solids.footprints.rings
    size, start = rings.ring_size, rings.ring_start[:-1]
    ring_part = np.repeat(np.arange(len(rings)), np.diff(rings.part_start))
    ring_owner = placed.solids.footprints.part_owner[ring_part]
    # The wall with the door: bays are counted from it, so that the door's number is known.
    front = np.flatnonzero(wall_edges(placed.solids.footprints).is_front)
    front_ring = np.searchsorted(start, front, side="right") - 1
    first = start.copy()
    first[front_ring] = front
    # Columns: the vertices of a ring in their turn, and the first once more.
    columns = size + 1
    ring = np.repeat(np.arange(len(size)), columns)
    step = np.arange(len(ring)) - np.repeat(np.cumsum(columns) - columns, columns)
    point = (first - start)[ring] + step
    point = np.where(point >= size[ring], point - size[ring], point)
    point = np.where(point >= size[ring], point - size[ring], point) + start[ring]
    x, y = placed.x[point], placed.y[point]

    length = np.hypot(np.diff(x, append=0.0), np.diff(y, append=0.0))
    bays = np.maximum(np.rint(length / BAY_M), 1.0).astype(np.int64)
    bays[length < _BLANK_M] = 0
    ends = np.cumsum(columns) - 1
    bays[ends] = 0
    counted = np.cumsum(bays) - bays
    heads = ends - size
    begin = np.full(len(size), 2 * DOOR_BAY)
    begin[front_ring] = np.clip(DOOR_BAY - (bays[heads[front_ring]] - 1) // 2, 0, DOOR_BAY)
    bay = np.minimum(counted - (counted[heads] - begin)[ring], 0xFFFF)

    is_flat = placed.solids.pitched[ring_part] == FLAT
    storey = placed.storey_m[ring_owner]
    above = np.where(is_flat, placed.parapet_m[ring_owner], 0.0)
    below = (placed.solids.floor_m - placed.solids.bottom_m)[ring_owner]
    low_v = np.maximum(FLOOR_V - np.rint(STOREY_V * below / storey), 1.0).astype(np.uint32)
    high_v = (FLOOR_V + np.rint(STOREY_V * (placed.solids.storeys[ring_owner] + above / storey))).astype(
        np.uint32
    )

    count = len(ring)
    shades = np.empty((count, 2), np.uint32)
    lift = np.uint32(16)
    shades[:, 0] = bay.astype(np.uint32) | (low_v << lift)[ring]
    shades[:, 1] = bay.astype(np.uint32) | (high_v << lift)[ring]
    z = np.empty((count, 2))
    z[:, 0] = placed.bottom_m[ring_owner][ring]
    z[:, 1] = (placed.top_m[ring_owner] + above)[ring]
    edge = 2 * np.delete(np.arange(count), ends)
    triangles = (edge[:, None] + np.array([0, 2, 3, 0, 3, 1])).reshape(-1, 3)
    owner = np.repeat(ring_owner[ring], 2)
    return Mesh(
        np.repeat(x, 2),
        np.repeat(y, 2),
        z.ravel(),
        placed.wall_colour[owner],
        shades.ravel(),
        owner,
        triangles,
    )


def plain_walls(placed: Placed) -> Mesh:
    """The middle look: two vertices at each corner."""
    prints = placed.solids.footprints
    owner = prints.point_owner
    count = len(owner)
    z = np.empty((count, 2))
    z[:, 0], z[:, 1] = placed.bottom_m[owner], placed.top_m[owner]
    low = 2 * np.arange(count)
    following = 2 * prints.rings.following
    triangles = np.stack([low, following, following + 1, low, following + 1, low + 1], 1).reshape(-1, 3)
    owner = np.repeat(owner, 2)
    return Mesh(
        np.repeat(placed.x, 2),
        np.repeat(placed.y, 2),
        z.ravel(),
        placed.wall_colour[owner],
        np.zeros(len(owner), np.uint32),
        owner,
        triangles,
    )
