"""From a city model to 3D Tiles 1.1: its surfaces as flat-shaded glTF, a feature with its name for each object."""

import struct
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
import shapely

from xiaoyuan.tiling.arrays import Floats, Ints
from xiaoyuan.tiling.ellipsoid import east_north_up, to_ecef
from xiaoyuan.tiling.files import write_whole
from xiaoyuan.tiling.models3d.cityjson import CityModel, CityObject

ENTRY: Final = "tileset.json"
_OBJECTS_PER_TILE: Final = 500
_ROOT_ERROR_M: Final = 400.0
_COLOURS: Final = {"RoofSurface": (150, 84, 66), "GroundSurface": (120, 116, 108), "Window": (110, 140, 160)}
_PLAIN: Final = (216, 208, 194)
_LEVEL: Final = 1e-12

ToDegrees = Callable[[Floats], Floats]
"""(n, 3) coordinates of the model to longitude, latitude in degrees and ellipsoidal metres."""


def write_city_tiles(model: CityModel, to_degrees: ToDegrees, folder: Path) -> int:
    """Write tileset and tiles into a folder and return the number of triangles; equal input gives equal bytes."""
    lon_lat_height = to_degrees(model.vertices)
    drawn = [one for one in model.objects if one.surfaces]
    order = np.argsort(_morton(np.array([_middle(one, lon_lat_height) for one in drawn])), kind="stable")
    children, triangles = [], 0
    for number, start in enumerate(range(0, len(order), _OBJECTS_PER_TILE)):
        group = [drawn[at] for at in order[start : start + _OBJECTS_PER_TILE]]
        made = _tile(group, lon_lat_height)
        if made is None:
            continue
        glb, tile, count = made
        name = f"{number}.glb"
        write_whole(folder / name, glb)
        children.append({**tile, "geometricError": 0, "content": {"uri": name}})
        triangles += count
    used = np.unique(np.concatenate([ring for one in drawn for s in one.surfaces for ring in s.rings]))
    document = {
        "asset": {"version": "1.1", "generator": "Xiaoyuan"},
        "geometricError": _ROOT_ERROR_M,
        "root": {
            "boundingVolume": {"region": _region(lon_lat_height[used])},
            "geometricError": _ROOT_ERROR_M,
            "refine": "ADD",
            "children": children,
        },
    }
    write_whole(folder / ENTRY, orjson.dumps(document))
    return triangles


def _tile(group: Sequence[CityObject], points: Floats) -> tuple[bytes, dict[str, Any], int] | None:
    """Return glb, tile without content and number of triangles of some objects."""
    used = np.unique(np.concatenate([ring for one in group for s in one.surfaces for ring in s.rings]))
    west, south, low = points[used].min(0)
    east, north, _high = points[used].max(0)
    lon, lat = np.array((west + east) / 2), np.array((south + north) / 2)
    frame, origin = east_north_up(lon, lat), to_ecef(lon, lat, np.array(low))
    local = np.zeros_like(points)
    off = to_ecef(points[used, 0], points[used, 1], points[used, 2]) - origin
    for axis in range(3):
        local[used, axis] = (
            off[:, 0] * frame[axis, 0] + off[:, 1] * frame[axis, 1] + off[:, 2] * frame[axis, 2]
        )
    positions, normals, colours, owners = [], [], [], []
    for row, one in enumerate(group):
        for surface in one.surfaces:
            corners = _triangles([local[ring] for ring in surface.rings])
            if corners is None:
                continue
            across = np.cross(corners[1] - corners[0], corners[2] - corners[0])
            positions.append(corners)
            normals.append(np.repeat(_normal(local[surface.rings[0]], across)[None], len(corners), 0))
            colours.append(np.repeat([_COLOURS.get(surface.kind, _PLAIN)], len(corners), 0))
            owners.append(np.full(len(corners), row))
    if not positions:
        return None
    glb = _glb(
        np.concatenate(positions),
        np.concatenate(normals),
        np.concatenate(colours),
        np.concatenate(owners),
        [one.id for one in group],
    )
    matrix = np.eye(4)
    matrix[:3, :3] = frame.T
    matrix[:3, 3] = origin
    box = np.concatenate(positions)
    middle, half = (box.min(0) + box.max(0)) / 2, np.maximum((box.max(0) - box.min(0)) / 2, 0.01)
    volume = [*middle.tolist(), half[0], 0, 0, 0, half[1], 0, 0, 0, half[2]]
    tile = {
        "boundingVolume": {"box": [float(value) for value in volume]},
        "transform": matrix.T.ravel().tolist(),
    }
    return glb, tile, sum(len(one) for one in positions) // 3


def _triangles(rings: list[Floats]) -> Floats | None:
    """Return the corners of triangles, (3 n, 3), that fill a plane polygon; None when it has no area."""
    normal = _newell(rings[0])
    length = float(np.linalg.norm(normal))
    if length < _LEVEL:
        return None
    normal /= length
    # The two axes that the plane leans least against carry the polygon without folding it.
    drop = int(np.argmax(np.abs(normal)))
    kept = [axis for axis in range(3) if axis != drop]
    polygon = shapely.Polygon(rings[0][:, kept], [ring[:, kept] for ring in rings[1:]])
    if not polygon.is_valid:
        polygon = shapely.make_valid(polygon, method="structure", keep_collapsed=False)
    flat = shapely.get_parts(shapely.constrained_delaunay_triangles(polygon))
    flat = flat[shapely.area(flat) > 0]
    if not len(flat):
        return None
    corners = shapely.get_coordinates(flat).reshape(-1, 4, 2)[:, :3].reshape(-1, 2)
    found = np.empty((len(corners), 3))
    found[:, kept] = corners
    start = rings[0][0]
    found[:, drop] = start[drop] - ((corners - start[kept]) * normal[kept]).sum(1) / normal[drop]
    turned = found.reshape(-1, 3, 3)
    facing = (np.cross(turned[:, 1] - turned[:, 0], turned[:, 2] - turned[:, 0]) * normal).sum(1) < 0
    turned[facing] = turned[facing][:, ::-1]
    return turned.reshape(-1, 3)


def _newell(ring: Floats) -> Floats:
    """Normal of a ring by Newell's method, as long as twice its area."""
    after = np.roll(ring, -1, axis=0)
    x = ((ring[:, 1] - after[:, 1]) * (ring[:, 2] + after[:, 2])).sum()
    y = ((ring[:, 2] - after[:, 2]) * (ring[:, 0] + after[:, 0])).sum()
    z = ((ring[:, 0] - after[:, 0]) * (ring[:, 1] + after[:, 1])).sum()
    return np.array([x, y, z])


def _normal(ring: Floats, fallback: Floats) -> Floats:
    normal = _newell(ring)
    length = float(np.linalg.norm(normal))
    found: Floats = normal / length if length > _LEVEL else fallback
    return found


def _middle(one: CityObject, points: Floats) -> Floats:
    middle: Floats = points[np.concatenate([ring for s in one.surfaces for ring in s.rings])][:, :2].mean(0)
    return middle


def _morton(middles: Floats) -> Ints:
    """Number along a curve that keeps neighbours together, on 65536 steps of the model's own extent."""
    low = middles.min(0)
    steps = ((middles - low) / max(float(np.ptp(middles, axis=0).max()), 1e-9) * 65535).astype(np.int64)
    keys = np.zeros(len(steps), np.int64)
    for bit in range(16):
        keys |= (steps[:, 0] >> bit & 1) << 2 * bit | (steps[:, 1] >> bit & 1) << 2 * bit + 1
    return keys


def _region(points: Floats) -> list[float]:
    west, south = np.radians(points[:, :2].min(0))
    east, north = np.radians(points[:, :2].max(0))
    return [float(v) for v in (west, south, east, north, points[:, 2].min(), points[:, 2].max())]


def _glb(positions: Floats, normals: Floats, colours: Ints, owners: Ints, names: list[str]) -> bytes:
    """Return a glb with one primitive, in glTF's frame (y up), and the objects' names as a property table."""
    y_up = [0, 2, 1]
    turn = np.array([1, 1, -1])
    position = (positions[:, y_up] * turn).astype("<f4")
    normal = (normals[:, y_up] * turn).astype("<f4")
    colour = np.full((len(colours), 4), 255, np.uint8)
    colour[:, :3] = np.rint((colours / 255.0) ** 2.2 * 255)
    texts = [name.encode() for name in names]
    offsets = np.concatenate([[0], np.cumsum([len(text) for text in texts])]).astype("<u4")
    parts = [position.tobytes(), normal.tobytes(), colour.tobytes(), owners.astype("<f4").tobytes()]
    parts += [b"".join(texts) or b"\0", offsets.tobytes()]
    views, chunk = [], b""
    for number, part in enumerate(parts):
        view = {"buffer": 0, "byteOffset": len(chunk), "byteLength": len(part)}
        views.append(view | ({"target": 34962} if number < 4 else {}))
        chunk += part + bytes(-len(part) % 8)
    accessor = {"componentType": 5126, "count": len(position), "type": "VEC3"}
    document = {
        "asset": {"version": "2.0", "generator": "Xiaoyuan"},
        "extensionsUsed": ["EXT_mesh_features", "EXT_structural_metadata"],
        "extensions": {
            "EXT_structural_metadata": {
                "schema": {
                    "id": "city",
                    "classes": {"object": {"properties": {"name": {"type": "STRING", "required": True}}}},
                },
                "propertyTables": [
                    {
                        "class": "object",
                        "count": len(names),
                        "properties": {
                            "name": {"values": 4, "stringOffsets": 5, "stringOffsetType": "UINT32"}
                        },
                    }
                ],
            }
        },
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "materials": [
            {"doubleSided": True, "pbrMetallicRoughness": {"metallicFactor": 0, "roughnessFactor": 1}}
        ],
        "meshes": [
            {
                "primitives": [
                    {
                        "attributes": {"POSITION": 0, "NORMAL": 1, "COLOR_0": 2, "_FEATURE_ID_0": 3},
                        "material": 0,
                        "mode": 4,
                        "extensions": {
                            "EXT_mesh_features": {
                                "featureIds": [
                                    {"featureCount": len(names), "attribute": 0, "propertyTable": 0}
                                ]
                            }
                        },
                    }
                ]
            }
        ],
        "accessors": [
            {**accessor, "bufferView": 0, "min": position.min(0).tolist(), "max": position.max(0).tolist()},
            {**accessor, "bufferView": 1},
            {
                **accessor,
                "bufferView": 2,
                "componentType": 5121,
                "normalized": True,
                "type": "VEC4",
            },
            {**accessor, "bufferView": 3, "type": "SCALAR"},
        ],
        "bufferViews": views,
        "buffers": [{"byteLength": len(chunk)}],
    }
    return b"".join(_container(orjson.dumps(document), chunk))


def _container(document: bytes, chunk: bytes) -> Iterator[bytes]:
    document += b" " * (-(len(document) + 20) % 8)
    yield struct.pack("<4sII", b"glTF", 2, 28 + len(document) + len(chunk))
    yield struct.pack("<I4s", len(document), b"JSON") + document
    yield struct.pack("<I4s", len(chunk), b"BIN\0") + chunk
