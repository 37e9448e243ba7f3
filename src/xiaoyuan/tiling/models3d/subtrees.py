"""Implicit tilings (3D Tiles 1.1, clause 8): which tiles have contents, read from their subtrees."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import orjson

from xiaoyuan.tiling.arrays import Flags

_MOST_LEVELS: Final = {"QUADTREE": 10, "OCTREE": 7}
"""Of one subtree: beyond, a few bytes would stand for billions of tiles."""
Address = tuple[int, int, int, int]
"""Level, x, y, z; z is 0 in a quadtree."""


@dataclass(frozen=True)
class Tiling:
    """What a tile says of its implicit descendants; raises ValueError when it cannot be."""

    scheme: str
    subtree_levels: int
    available_levels: int
    subtree_uri: str

    @classmethod
    def of(cls, about: dict[str, Any]) -> "Tiling":
        """Read the member `implicitTiling`, or the extension of 1.0 with the same contents."""
        levels = int(about["subtreeLevels"])
        available = int(about.get("availableLevels") or int(about["maximumLevel"]) + 1)
        scheme = str(about["subdivisionScheme"])
        if not 1 <= levels <= _MOST_LEVELS.get(scheme, 0):
            raise ValueError("its implicit tiling is of no known kind or too deep")
        return cls(scheme, levels, available, str(about["subtrees"]["uri"]))

    @property
    def branching(self) -> int:
        """Children of a tile."""
        return 4 if self.scheme == "QUADTREE" else 8

    @property
    def dimensions(self) -> int:
        """Axes along which tiles are halved."""
        return 2 if self.scheme == "QUADTREE" else 3


@dataclass(frozen=True)
class Subtree:
    """Availability inside one subtree: of each content, and of the subtrees below; links to its own buffers."""

    contents: tuple[Flags, ...]
    children: Flags
    links: tuple[str, ...]


def filled(template: str, address: Address) -> str:
    """Return the link of a tile by its template."""
    for name, value in zip(("level", "x", "y", "z"), address, strict=True):
        template = template.replace("{" + name + "}", str(value))
    return template


def read_subtree(data: bytes, tiling: Tiling, load: Any) -> Subtree:
    """Read a subtree, binary or JSON; raises ValueError, KeyError or struct.error. load: link -> external buffer."""
    binary = b""
    if data[:4] == b"subt":
        version, json_size, binary_size = struct.unpack("<IQQ", data[4:24])
        if version != 1 or 24 + json_size + binary_size > len(data):
            raise ValueError("a subtree is cut off")
        document = orjson.loads(data[24 : 24 + json_size].rstrip(b" \0"))
        binary = data[24 + json_size : 24 + json_size + binary_size]
    else:
        document = orjson.loads(data)
    buffers = document.get("buffers", [])
    views = document.get("bufferViews", [])
    held = [load(buffer["uri"]) if "uri" in buffer else binary for buffer in buffers]
    tiles = (tiling.branching**tiling.subtree_levels - 1) // (tiling.branching - 1)

    def flags(about: dict[str, Any], count: int) -> Flags:
        if "constant" in about:
            return np.full(count, bool(about["constant"]))
        view = views[about.get("bitstream", about.get("bufferView"))]
        start = int(view.get("byteOffset", 0))
        raw = held[view["buffer"]][start : start + int(view["byteLength"])]
        bits = np.unpackbits(np.frombuffer(raw, np.uint8), bitorder="little")
        if len(bits) < count:
            raise ValueError("a subtree says too little of its tiles")
        return bits[:count].astype(bool)

    about = document.get("contentAvailability", [])
    if isinstance(about, dict):
        about = [about]
    multiple = document.get("extensions", {}).get("3DTILES_multiple_contents", {})
    about = [*about, *multiple.get("contentAvailability", [])]
    return Subtree(
        tuple(flags(one, tiles) for one in about),
        flags(document["childSubtreeAvailability"], tiling.branching**tiling.subtree_levels),
        tuple(str(buffer["uri"]) for buffer in buffers if "uri" in buffer),
    )


def content_addresses(flags: Flags, root: Address, tiling: Tiling) -> Iterator[Address]:
    """Yield the addresses of the tiles of a subtree that have a content."""
    first = 0
    for depth in range(tiling.subtree_levels):
        count = tiling.branching**depth
        for index in np.flatnonzero(flags[first : first + count]):
            yield _below(root, depth, int(index), tiling)
        first += count


def child_addresses(flags: Flags, root: Address, tiling: Tiling) -> Iterator[Address]:
    """Yield the addresses of the subtrees below one."""
    for index in np.flatnonzero(flags):
        yield _below(root, tiling.subtree_levels, int(index), tiling)


def _below(root: Address, depth: int, morton: int, tiling: Tiling) -> Address:
    """Return the address of a descendant by its Morton number: bits of x, y (and z) alternate, x the lowest."""
    axes = [0, 0, 0]
    for bit in range(depth * tiling.dimensions):
        axes[bit % tiling.dimensions] |= (morton >> bit & 1) << bit // tiling.dimensions
    level, x, y, z = root
    return level + depth, (x << depth) + axes[0], (y << depth) + axes[1], (z << depth) + axes[2]
