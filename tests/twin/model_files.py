"""Small 3D Tiles that tests write by hand from the published formats."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from xiaoyuan.tiling.ellipsoid import east_north_up, to_ecef

_BOX = [0, 0, 5, 10, 0, 0, 0, 10, 0, 0, 0, 5]


def glb(document: dict[str, Any] | None = None) -> bytes:
    """A glTF 2.0 without anything to draw."""
    text = orjson.dumps({"asset": {"version": "2.0"}, **(document or {})})
    text += b" " * (-len(text) % 4)
    return struct.pack("<4sIIII", b"glTF", 2, 20 + len(text), len(text), 0x4E4F534A) + text


def _table(document: dict[str, Any], before: int) -> bytes:
    text = orjson.dumps(document)
    return text + b" " * (-(before + len(text)) % 8)


def b3dm(inner: bytes | None = None) -> bytes:
    table, body = _table({"BATCH_LENGTH": 0}, 28), glb() if inner is None else inner
    return (
        struct.pack("<4sIIIIII", b"b3dm", 1, 28 + len(table) + len(body), len(table), 0, 0, 0) + table + body
    )


def i3dm(uri: str = "") -> bytes:
    table, body = _table({"INSTANCES_LENGTH": 1, "POSITION": {"byteOffset": 0}}, 32), uri.encode() or glb()
    place, total = struct.pack("<3f", 0, 0, 0) + bytes(4), 32 + len(table) + 16 + len(body)
    head = struct.pack("<4sIIIIIII", b"i3dm", 1, total, len(table), 16, 0, 0, 0 if uri else 1)
    return head + table + place + body


def pnts() -> bytes:
    table = _table({"POINTS_LENGTH": 1, "POSITION": {"byteOffset": 0}}, 28)
    return struct.pack("<4sIIIIII", b"pnts", 1, 44 + len(table), len(table), 16, 0, 0) + table + bytes(16)


def cmpt(*tiles: bytes) -> bytes:
    body = b"".join(tiles)
    return struct.pack("<4sIII", b"cmpt", 1, 16 + len(body), len(tiles)) + body


def at(lon: float, lat: float, height: float = 1000.0) -> list[float]:
    """Transform from east, north, up at a place to the earth, column by column."""
    place = np.array(lon), np.array(lat)
    matrix = np.eye(4)
    matrix[:3, :3] = east_north_up(*place).T
    matrix[:3, 3] = to_ecef(*place, np.array(height))
    return [float(value) for value in matrix.T.ravel()]


def tileset(
    folder: Path,
    contents: dict[str, bytes],
    *,
    lon: float = 105.302,
    lat: float = 27.301,
    version: str = "1.0",
) -> Path:
    """Write a tileset with one tile for each content, 20 m wide; returns its folder."""
    children = [
        {
            "boundingVolume": {"box": [0, 0, 5, 10, 0, 0, 0, 10, 0, 0, 0, 5]},
            "geometricError": 0,
            "content": {"uri": uri},
        }
        for uri in contents
    ]
    root = {
        "boundingVolume": {"sphere": [0, 0, 0, 5000]},
        "transform": at(lon, lat),
        "geometricError": 100,
        "refine": "ADD",
        "children": children,
    }
    folder.mkdir(parents=True, exist_ok=True)
    document = {"asset": {"version": version}, "geometricError": 100, "root": root}
    (folder / "tileset.json").write_bytes(orjson.dumps(document))
    for uri, content in contents.items():
        if content:
            (folder / uri).parent.mkdir(parents=True, exist_ok=True)
            (folder / uri).write_bytes(content)
    return folder
