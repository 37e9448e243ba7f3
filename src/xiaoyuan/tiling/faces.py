"""Meshes of many buildings at once: columns of vertices in the buildings' order, with triangles over them.

Vertices are shared between faces and carry no normals: a flat face tells its own (glTF 2.0, 3.7.2.1), which takes a
third of the bytes away. What a face shows is told by one pair of whole numbers a vertex (see `shade`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xiaoyuan.tiling.arrays import Bytes, Floats, Ints

Words = NDArray[np.uint32]
"""Four bytes a row, as they lie in the file."""

FLOOR_V, STOREY_V = 8192, 256
"""Second number on walls: FLOOR_V at the top of the plinth, STOREY_V more for each storey above it."""
ROOF_V, ROOF_STEP_M = 57_344, 1 / 32
"""Second number on tiled roofs: ROOF_V at the eaves, 1 more for each 1/32 m up the slope."""
FLAT_V = 65_535
"""Second number on flat roofs."""
DOOR_BAY = 8
"""First number on walls: bays counted along the ring, whole at every corner; the one that begins here has the door."""


@dataclass(frozen=True)
class Mesh:
    """m vertices and t triangles, both in the order of the buildings that own them."""

    x: Floats
    """(m) metres east, `y` north, `z` up in the frame of the tile."""
    y: Floats
    z: Floats
    colour: Words
    """(m) linear red, green, blue, opaque."""
    shade: Words
    """(m) two 16-bit numbers (the first in the low half) that tell what is shown; 0 for nothing but the colour."""
    owner: Ints
    """(m) row of the building."""
    triangles: Ints
    """(t, 3) counter-clockwise seen from outside."""

    def __len__(self) -> int:
        return len(self.x)


def shade(first: Ints | int, second: Ints | int) -> Words:
    """Two whole numbers 0..65535 as one word."""
    return np.asarray(
        np.asarray(first).astype(np.uint32) | (np.asarray(second).astype(np.uint32) << np.uint32(16))
    )


BARE = shade(0, FLOOR_V + STOREY_V // 2)
"""A wall without windows: one bay throughout."""


def words(colour: Bytes) -> Words:
    """Linear colours (n, 3) as opaque words (n)."""
    out = np.full((len(colour), 4), 255, np.uint8)
    out[:, :3] = colour
    return out.view("<u4").ravel()


def repeated(
    corners: Floats, top_m: Floats, colour: Words, owner: Ints, pattern: Sequence[Sequence[int]]
) -> Mesh:
    """Bodies of equal make: corners (q, k, 2), heights (q, k), one colour (q) each, triangles by `pattern`."""
    count, sides = corners.shape[:2]
    fan = np.array(pattern, np.int64).reshape(-1, 3)
    triangles = (np.arange(count)[:, None, None] * sides + fan).reshape(-1, 3)
    return Mesh(
        corners[..., 0].ravel(),
        corners[..., 1].ravel(),
        top_m.ravel(),
        np.repeat(colour, sides),
        np.zeros(count * sides, np.uint32),
        np.repeat(owner, sides),
        triangles,
    )
