"""Readers of what the package writes, independent of its writers: glb, tileset trees and terrain tiles."""

from __future__ import annotations

import gzip
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

Array = NDArray[Any]
TO_DEGREES = Transformer.from_crs(4978, 4979, always_xy=True)
_TYPES = {5120: "i1", 5121: "u1", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}


@dataclass
class Glb:
    """A decoded building tile; positions in the tile's metres east, north, up."""

    document: dict[str, Any]
    positions: Array
    colours: Array
    shades: Array
    triangles: Array
    features: Array
    cid: Array
    storeys: Array
    height: Array
    roof: Array


def read_glb(path: Path) -> Glb:
    data = gzip.decompress(path.read_bytes())
    magic, version, total, length, kind = struct.unpack_from("<4sIIII", data)
    assert (magic, version, total, kind) == (b"glTF", 2, len(data), 0x4E4F534A)
    document = json.loads(data[20 : 20 + length])
    binary = data[28 + length :]

    def view(number: int, dtype: str, width: int, count: int) -> Array:
        entry = document["bufferViews"][number]
        item = np.dtype(dtype).itemsize
        stride = entry.get("byteStride", item * width)
        raw = np.frombuffer(binary, np.uint8, stride * count, entry["byteOffset"]).reshape(count, stride)
        return np.ascontiguousarray(raw[:, : item * width]).view(dtype)

    def accessor(number: int) -> Array:
        entry = document["accessors"][number]
        width = _WIDTHS[entry["type"]]
        return view(entry["bufferView"], _TYPES[entry["componentType"]], width, entry["count"])

    node = document["nodes"][0]
    [primitive] = document["meshes"][0]["primitives"]
    attributes = primitive["attributes"]
    raw = accessor(attributes["POSITION"]) * np.array(node["scale"]) + np.array(node["translation"])
    count = len(raw)
    is_told = "_FEATURE_ID_0" in attributes
    features = accessor(attributes["_FEATURE_ID_0"]).ravel() if is_told else np.zeros(count, int)
    shades = accessor(attributes["TEXCOORD_0"]) if "TEXCOORD_0" in attributes else np.zeros((count, 2), int)
    columns = {name: np.zeros(0) for name in ("cid", "storeys", "height", "roof")}
    if is_told:
        table = document["extensions"]["EXT_structural_metadata"]["propertyTables"][0]
        for name, dtype in (("cid", "<u4"), ("storeys", "u1"), ("height", "<f4"), ("roof", "u1")):
            columns[name] = view(table["properties"][name]["values"], dtype, 1, table["count"]).ravel()
    return Glb(
        document,
        raw[:, [0, 2, 1]] * [1, -1, 1],
        accessor(attributes["COLOR_0"]),
        shades,
        accessor(primitive["indices"]).reshape(-1, 3).astype(np.int64),
        features,
        **columns,
    )


@dataclass
class ReadTile:
    """A node of a tileset with what it inherits."""

    node: dict[str, Any]
    depth: int
    matrix: Array
    parent: dict[str, Any] | None

    def degrees(self, glb: Glb) -> Array:
        """Longitude, latitude and height (n, 3) of the vertices."""
        ecef = glb.positions @ self.matrix[:3, :3].T + self.matrix[:3, 3]
        return np.stack(TO_DEGREES.transform(*ecef.T), 1)


def walk(tileset: Path) -> Iterator[ReadTile]:
    """Every tile of a tileset, parents first."""

    def down(
        node: dict[str, Any], depth: int, matrix: Array, parent: dict[str, Any] | None
    ) -> Iterator[ReadTile]:
        if "transform" in node:
            matrix = matrix @ np.array(node["transform"]).reshape(4, 4).T
        uri = node.get("content", {}).get("uri", "")
        if uri.endswith(".json"):
            inner = json.loads(gzip.decompress((tileset.parent / uri).read_bytes()))["root"]
            yield from down(inner, depth, matrix, parent)
            return
        yield ReadTile(node, depth, matrix, parent)
        for child in node.get("children", []):
            yield from down(child, depth + 1, matrix, node)

    yield from down(json.loads(tileset.read_bytes())["root"], 0, np.eye(4), None)


def contents(tileset: Path) -> Iterator[tuple[ReadTile, Glb]]:
    """Every tile that has content, with it."""
    for tile in walk(tileset):
        if "content" in tile.node:
            yield tile, read_glb(tileset.parent / tile.node["content"]["uri"])


def nearest_look(tileset: Path) -> list[tuple[ReadTile, Glb]]:
    """The leaves: buildings as they look near by."""
    return [(tile, glb) for tile, glb in contents(tileset) if not tile.node.get("children")]


@dataclass
class TerrainTile:
    """A decoded quantized-mesh tile."""

    u: Array
    v: Array
    height: Array
    triangles: Array
    rims: list[Array]
    normals: Array
    centre: Array
    lowest: float
    highest: float
    radius: float
    horizon: Array


def read_terrain_tile(path: Path) -> TerrainTile:
    data = gzip.decompress(path.read_bytes())
    numbers = struct.unpack_from("<3d2f4d3d", data)
    centre, lowest, highest = np.array(numbers[:3]), numbers[3], numbers[4]
    (count,) = struct.unpack_from("<I", data, 88)
    at = 92

    def column() -> Array:
        nonlocal at
        raw = np.frombuffer(data, "<u2", count, at).astype(np.int64)
        at += 2 * count
        return np.cumsum((raw >> 1) ^ -(raw & 1))

    u, v, height = column(), column(), column()
    assert count <= 65536
    (triangle_count,) = struct.unpack_from("<I", data, at)
    codes = np.frombuffer(data, "<u2", 3 * triangle_count, at + 4)
    at += 4 + 6 * triangle_count
    indices, highest_seen = [], 0
    for code in codes.tolist():
        indices.append(highest_seen - code)
        highest_seen += code == 0
    rims = []
    for _ in range(4):
        (length,) = struct.unpack_from("<I", data, at)
        rims.append(np.frombuffer(data, "<u2", length, at + 4))
        at += 4 + 2 * length
    extension, length = struct.unpack_from("<BI", data, at)
    assert (extension, length, at + 5 + length) == (1, 2 * count, len(data))
    packed = np.frombuffer(data, np.uint8, length, at + 5).reshape(-1, 2) / 255.0 * 2.0 - 1.0
    return TerrainTile(
        u,
        v,
        lowest + height / 32767.0 * (highest - lowest),
        np.array(indices).reshape(-1, 3),
        rims,
        _unfolded(packed),
        centre,
        lowest,
        highest,
        numbers[8],
        np.array(numbers[9:12]),
    )


def _unfolded(flat: Array) -> Array:
    z = 1.0 - np.abs(flat).sum(1)
    folded = (1.0 - np.abs(flat[:, ::-1])) * np.where(flat >= 0, 1.0, -1.0)
    out = np.column_stack([np.where(z[:, None] < 0, folded, flat), z])
    return np.asarray(out / np.linalg.norm(out, axis=1, keepdims=True))
