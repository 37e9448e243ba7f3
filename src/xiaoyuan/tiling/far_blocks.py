"""The look from far off: one eight-sided block for the buildings of each 76 m cell, kept as numbers between builds.

A far cell's tile is made of the blocks of all its middle cells; keeping those as numbers in the cell's state lets an
edit make the tile anew without reading the other buildings.
"""

import json
import struct

import numpy as np
from numpy.typing import NDArray

from xiaoyuan.tiling.arrays import AnyArray, Bytes, Floats, Ints
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
    return _glb(packed, colour.reshape(-1, 4), _TRIANGLES, count, lowest * STEP_M, STEP_M * (1 << shift))


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


def _glb(
    position: AnyArray, colour: Bytes, triangles: Ints, count: int, origin: Floats, step: float
) -> bytes:
    indices = (triangles[None] + 16 * np.arange(count)[:, None]).ravel()
    kind, index_bytes = (
        (5123, indices.astype("<u2")) if len(position) < 65536 else (5125, indices.astype("<u4"))
    )
    body = [position.tobytes(), colour.tobytes(), index_bytes.tobytes()]
    body[2] += b"\0" * (-len(body[2]) % 8)
    starts = [0, len(body[0]), len(body[0]) + len(body[1])]
    document = json.dumps(
        {
            "asset": {"version": "2.0", "generator": "Xiaoyuan"},
            "extensionsUsed": ["KHR_mesh_quantization"],
            "extensionsRequired": ["KHR_mesh_quantization"],
            "scene": 0,
            "scenes": [{"nodes": [0]}],
            "nodes": [{"mesh": 0, "translation": origin.tolist(), "scale": [step] * 3}],
            "meshes": [
                {
                    "primitives": [
                        {"attributes": {"POSITION": 0, "COLOR_0": 1}, "indices": 2, "material": 0, "mode": 4}
                    ]
                }
            ],
            "materials": [
                {"name": "blocks", "pbrMetallicRoughness": {"metallicFactor": 0, "roughnessFactor": 1}}
            ],
            "accessors": [
                {
                    "bufferView": 0,
                    "componentType": 5123,
                    "count": len(position),
                    "type": "VEC3",
                    "min": position[:, :3].min(0).tolist(),
                    "max": position[:, :3].max(0).tolist(),
                },
                {
                    "bufferView": 1,
                    "componentType": 5121,
                    "count": len(colour),
                    "type": "VEC4",
                    "normalized": True,
                },
                {"bufferView": 2, "componentType": kind, "count": len(indices), "type": "SCALAR"},
            ],
            "bufferViews": [
                {
                    "buffer": 0,
                    "byteOffset": starts[0],
                    "byteLength": len(body[0]),
                    "byteStride": 8,
                    "target": 34962,
                },
                {
                    "buffer": 0,
                    "byteOffset": starts[1],
                    "byteLength": len(body[1]),
                    "byteStride": 4,
                    "target": 34962,
                },
                {"buffer": 0, "byteOffset": starts[2], "byteLength": index_bytes.nbytes, "target": 34963},
            ],
            "buffers": [{"byteLength": sum(map(len, body))}],
        },
        separators=(",", ":"),
    ).encode()
    document += b" " * (-(len(document) + 20) % 8)
    length = sum(map(len, body))
    head = struct.pack("<4sIIII", b"glTF", 2, 28 + len(document) + length, len(document), 0x4E4F534A)
    return b"".join([head, document, struct.pack("<II", length, 0x004E4942), *body])
