"""Walls: windows by storey and a door near by, plain sides far off, and the plinth that meets the ground."""

import numpy as np

from xiaoyuan.tiling.arrays import Bytes, Floats, Ints, ranges
from xiaoyuan.tiling.faces import Faces
from xiaoyuan.tiling.palette import PLINTH
from xiaoyuan.tiling.solids import Edges, Solids
from xiaoyuan.tiling.textures import (
    BAY_M,
    DOOR_ROW,
    GROUND_ROW,
    PLAIN_ROW,
    SHEET_BAYS,
    UPPER_ROW,
    sheet_rows_v,
)

_BLANK_M = 1.8
"""A shorter wall has no window."""


def upright(start_m: Floats, end_m: Floats, low_m: Floats, high_m: Floats) -> Floats:
    """Corners (m, 4, 3) of upright faces over lines (m, 2) that look to the right of start -> end."""
    corners = np.empty((len(start_m), 4, 3))
    corners[:, 0, :2] = corners[:, 3, :2] = start_m
    corners[:, 1, :2] = corners[:, 2, :2] = end_m
    corners[:, :2, 2] = low_m[:, None]
    corners[:, 2:, 2] = high_m[:, None]
    return corners


def plain(corners_m: Floats, owner: Ints, colour: Bytes) -> Faces:
    """Faces that show the bare part of the wall sheet."""
    bottom, top = sheet_rows_v(PLAIN_ROW)
    uv = np.broadcast_to([0.5, (bottom + top) / 2], (*corners_m.shape[:2], 2))
    return Faces(corners_m, owner, np.broadcast_to(colour, (len(owner), 3)), np.asarray(uv))


def plain_walls(edges: Edges, low_m: Floats, high_m: Floats, colour: Bytes) -> Faces:
    """One bare face a wall, from low_m to high_m (n each, by building)."""
    owner = edges.owner
    return plain(upright(edges.start_m, edges.end_m, low_m[owner], high_m[owner]), owner, colour[owner])


def plinths(edges: Edges, solids: Solids) -> Faces:
    """Stone from under the ground up to the floor."""
    corners = upright(edges.start_m, edges.end_m, solids.bottom_m[edges.owner], solids.floor_m[edges.owner])
    return plain(corners, edges.owner, PLINTH)


def windowed_walls(edges: Edges, solids: Solids) -> Faces:
    """One face a wall and storey, its bays cut to about 3.3 m."""
    storeys = solids.storeys[edges.owner]
    edge = np.repeat(np.arange(len(edges.owner)), storeys)
    storey = ranges(storeys)
    owner = edges.owner[edge]
    storey_m = (solids.height_m / solids.storeys)[owner]
    low = solids.floor_m[owner] + storey * storey_m
    length = edges.length_m[edge]
    bays = np.maximum(1, np.rint(length / BAY_M))
    is_door = edges.is_front[edge] & (storey == 0)
    row = np.where(is_door, DOOR_ROW, np.where(storey == 0, GROUND_ROW, UPPER_ROW))
    row = np.where(length < _BLANK_M, PLAIN_ROW, row)
    uv = np.empty((len(edge), 4, 2))
    # The sheet's middle bay is the door: it goes into the middle bay of the wall.
    first = np.where(is_door, SHEET_BAYS // 2 - (bays - 1) // 2, 0) / SHEET_BAYS
    uv[:, (0, 3), 0] = first[:, None]
    uv[:, (1, 2), 0] = (first + bays / SHEET_BAYS)[:, None]
    bottom_top = np.array([sheet_rows_v(number) for number in range(4)])[row]
    uv[:, :2, 1] = bottom_top[:, :1]
    uv[:, 2:, 1] = bottom_top[:, 1:]
    corners = upright(edges.start_m[edge], edges.end_m[edge], low, low + storey_m)
    return Faces(corners, owner, solids.wall_colour[owner], uv)
