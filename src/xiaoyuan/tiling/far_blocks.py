"""The look from far off: one eight-sided block for the buildings of each 76 m cell, kept as numbers between builds.

A far cell's tile is made of the blocks of all its middle cells; keeping those as numbers in the cell's state lets an
edit make the tile anew without reading the other buildings.
"""

import numpy as np
from numpy.typing import NDArray

from xiaoyuan.tiling.arrays import AnyArray, Bytes, Floats, Ints
from xiaoyuan.tiling.glb import MOST_SHORT, TileBody, to_glb
from xiaoyuan.tiling.palette import linear

STEP_M = 0.125
BLOCK = np.dtype([("reach", "<i2", 8), ("height", "<i4", 2), ("wall", "u1", 3), ("roof", "u1", 3)])
"""A block in steps of 1/8 m of its far cell's frame: least and greatest x, y, x + y, x - y; foot and top; sRGB."""
_LEFT, _RIGHT = -32_760, 32_760


def blocks(
    points: Floats,
    first_point: Ints,
    foot_m: Floats,
    top_m: Floats,
    colours: tuple[Bytes, Bytes],
    first: Ints,
) -> NDArray[np.void]:
    """Blocks (b) over buildings (n) that lie sorted by block.

    points: (m, 2) corners, sorted by building, in metres of the far cell's frame; first_point: (b) the first of each
    block; foot_m, top_m: (n) in that frame; colours: walls and roofs (n, 3); first: (b) first building of each block.
    """
    x, y = points[:, 0], points[:, 1]
    reach = []
    for values in (x, y, x + y, x - y):
        reach += [np.minimum.reduceat(values, first_point), np.maximum.reduceat(values, first_point)]
    count = np.diff(np.append(first, len(foot_m)))
    out = np.zeros(len(first), BLOCK)
    out["reach"] = np.clip(np.rint(np.stack(reach, 1) / STEP_M), _LEFT, _RIGHT)
    out["height"][:, 0] = np.floor(np.minimum.reduceat(foot_m, first) / STEP_M)
    # Whole centimetres add up to the same sum in any order.
    centimetres = np.rint(top_m * 100).astype(np.int64)
    out["height"][:, 1] = np.rint(np.add.reduceat(centimetres, first) / count / 100 / STEP_M)
    for name, colour in zip(("wall", "roof"), colours, strict=True):
        out[name] = np.rint(np.add.reduceat(colour.astype(np.int64), first, axis=0) / count[:, None])
    return out


def block_tile(every: NDArray[np.void]) -> bytes:
    """A glb of blocks (at least one); positions are metres of the far cell's frame."""
    x0, x1, y0, y1, s0, s1, d0, d1 = every["reach"].astype(np.int64).T
    # Counter-clockwise from the western end of the southern side.
    corner_x = np.stack([s0 - y0, d1 + y0, x1, x1, s1 - y1, d0 + y1, x0, x0], 1)
    corner_y = np.stack([y0, y0, x1 - d1, s1 - x1, y1, y1, x0 - d0, s0 - x0], 1)
    count = len(every)
    position = np.empty((count, 2, 8, 3), np.int64)
    position[..., 0] = corner_x[:, None]
    position[..., 1] = every["height"].astype(np.int64)[:, :, None]
    position[..., 2] = -corner_y[:, None]
    lowest = position.reshape(-1, 3).min(0)
    shift = 0
    while int((position.reshape(-1, 3).max(0) - lowest).max()) >> shift > 0xFFFF:
        shift += 1
    packed = np.zeros((count * 16, 4), "<u2")
    packed[:, :3] = (position.reshape(-1, 3) - lowest) >> shift
    colour = np.full((count, 2, 8, 4), 255, np.uint8)
    colour[:, 0, :, :3] = linear(every["wall"])[:, None]
    colour[:, 1, :, :3] = linear(every["roof"])[:, None]
    step = STEP_M * (1 << shift)
    triangles = (_TRIANGLES[None] + 16 * np.arange(count)[:, None]).ravel()
    is_short = len(packed) <= MOST_SHORT
    height = every["height"].astype(np.int64)
    # A block stands for several buildings and bears the id of none: 0.
    return to_glb(
        TileBody(
            cid=np.zeros(count, "<u4"),
            storeys=np.ones(count, np.uint8),
            height_m=((height[:, 1] - height[:, 0]) * STEP_M).astype("<f4"),
            roof=np.zeros(count, np.uint8),
            position=[packed],
            colour=[colour.reshape(-1, 4)],
            feature=[np.repeat(np.arange(count), 16).astype("<u4" if count <= MOST_SHORT else "<f4")],
            shade=None,
            triangles=triangles.astype("<u2" if is_short else "<u4"),
            origin_m=(float(lowest[0] * STEP_M), float(lowest[1] * STEP_M), float(lowest[2] * STEP_M)),
            step_m=step,
            low=packed[:, :3].min(0).tolist(),
            high=packed[:, :3].max(0).tolist(),
        )
    )


def _triangles() -> AnyArray:
    walls = [
        triangle
        for side in range(8)
        for after in [(side + 1) % 8]
        for triangle in ((side, after, 8 + after), (side, 8 + after, 8 + side))
    ]
    lid = [(8, 8 + corner, 9 + corner) for corner in range(1, 7)]
    return np.array(walls + lid, np.int64).ravel()


_TRIANGLES = _triangles()
