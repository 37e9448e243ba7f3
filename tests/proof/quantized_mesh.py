"""Reads heights back from published terrain tiles, written from the format's specification alone.

https://github.com/CesiumGS/quantized-mesh
"""

import gzip
import math
import struct
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

GRID = 32767


class NoHeight(Exception):
    """A point that no triangle of its tile covers."""


@dataclass(frozen=True)
class Mesh:
    """A tile: vertices as (u, v) in 0 to 32767 and metres, triangles as rows of three vertex numbers."""

    u: np.ndarray
    v: np.ndarray
    height_m: np.ndarray
    triangles: np.ndarray

    def height_at(self, u: float, v: float) -> float:
        """Return the height in metres where a vertical line through (u, v) meets the mesh."""
        corners = self.triangles
        u0, u1, u2 = (self.u[corners[:, corner]] for corner in range(3))
        v0, v1, v2 = (self.v[corners[:, corner]] for corner in range(3))
        area = (u1 - u0) * (v2 - v0) - (u2 - u0) * (v1 - v0)
        with np.errstate(divide="ignore", invalid="ignore"):
            weight1 = ((u - u0) * (v2 - v0) - (u2 - u0) * (v - v0)) / area
            weight2 = ((u1 - u0) * (v - v0) - (u - u0) * (v1 - v0)) / area
        weight0 = 1 - weight1 - weight2
        inside = (area != 0) & (np.minimum(np.minimum(weight0, weight1), weight2) >= -1e-9)
        if not inside.any():
            raise NoHeight(f"no triangle covers ({u:.1f}, {v:.1f})")
        first = int(np.argmax(inside))
        heights = self.height_m[corners[first]]
        return float(heights @ np.array([weight0[first], weight1[first], weight2[first]]))


def decode(content: bytes) -> Mesh:
    """Decode a tile, gzipped or not."""
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    lowest, highest = struct.unpack_from("<ff", content, 24)
    (count,) = struct.unpack_from("<I", content, 88)
    offset = 92
    columns = []
    for _ in range(3):
        coded = np.frombuffer(content, "<u2", count, offset).astype(np.int64)
        columns.append(np.cumsum((coded >> 1) ^ -(coded & 1)))  # zigzag, then deltas
        offset += 2 * count
    kind, size = ("<u2", 2) if count <= 65536 else ("<u4", 4)
    offset += -offset % size
    (triangles,) = struct.unpack_from("<I", content, offset)
    codes = np.frombuffer(content, kind, 3 * triangles, offset + 4).astype(np.int64)
    # High-water mark: 0 means one more than ever seen, n means n below that. It rises at each 0.
    is_new = codes == 0
    marks = np.concatenate(([0], np.cumsum(is_new)[:-1]))
    u, v, height = columns
    return Mesh(
        u=u.astype(float),
        v=v.astype(float),
        height_m=lowest + (highest - lowest) * height / GRID,
        triangles=(marks - codes).reshape(-1, 3),
    )


def tile_of(lon: float, lat: float, level: int) -> tuple[int, int, float, float]:
    """Return (x, y, u, v) of a point in degrees: tile of the geographic TMS grid and place in it."""
    side = 180 / 2**level
    column, row = (lon + 180) / side, (lat + 90) / side
    x, y = math.floor(column), math.floor(row)
    return x, y, (column - x) * GRID, (row - y) * GRID


class Terrain:
    """Heights of a published pyramid at one level, its tiles fetched once."""

    def __init__(self, fetch: Callable[[int, int, int], bytes | None], level: int) -> None:
        self._fetch, self._level = fetch, level
        self._meshes: dict[tuple[int, int], Mesh | None] = {}

    def height_at(self, lon: float, lat: float) -> float:
        """Return the height in metres, nan where no tile lies."""
        x, y, u, v = tile_of(lon, lat, self._level)
        if (x, y) not in self._meshes:
            content = self._fetch(self._level, x, y)
            self._meshes[x, y] = decode(content) if content else None
        mesh = self._meshes[x, y]
        return mesh.height_at(u, v) if mesh else math.nan
