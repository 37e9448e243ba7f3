"""One tile of buildings as binary glTF 2.0 with an id, the storeys and the height of every building in it.

Extensions: EXT_mesh_features and EXT_structural_metadata (3D Tiles 1.1, OGC 22-025r4), KHR_mesh_quantization.
"""

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from xiaoyuan.tiling.arrays import AnyArray, Floats, Ints, Singles
from xiaoyuan.tiling.detail_levels import ROOF, WALL
from xiaoyuan.tiling.faces import Primitive
from xiaoyuan.tiling.palette import linear
from xiaoyuan.tiling.textures import roof_sheet, wall_sheet

_VERTICES, _INDICES = 34962, 34963
_BYTE, _UNSIGNED_BYTE, _UNSIGNED_SHORT, _UNSIGNED_INT, _FLOAT = 5120, 5121, 5123, 5125, 5126
_STEPS = 65535
_SHEETS = {WALL: wall_sheet, ROOF: roof_sheet}
_SCHEMA = {
    "id": "xiaoyuan",
    "classes": {
        "building": {
            "properties": {
                "cid": {"type": "SCALAR", "componentType": "UINT32", "required": True},
                "storeys": {"type": "SCALAR", "componentType": "UINT8", "required": True},
                "height": {"type": "SCALAR", "componentType": "FLOAT32", "required": True},
            }
        }
    },
}


@dataclass(frozen=True)
class FeatureTable:
    """What a tile says of its n buildings."""

    cid: AnyArray
    storeys: Ints
    height_m: Singles

    def __len__(self) -> int:
        return len(self.cid)


class _Buffer:
    """The binary chunk and the bufferViews and accessors that point into it."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.length = 0
        self.views: list[dict[str, Any]] = []
        self.accessors: list[dict[str, Any]] = []

    def view(self, data: bytes, **extra: int) -> int:
        self.views.append({"buffer": 0, "byteOffset": self.length, "byteLength": len(data), **extra})
        # Metadata columns must start at multiples of 8.
        padding = -len(data) % 8
        self.chunks += [data, b"\0" * padding]
        self.length += len(data) + padding
        return len(self.views) - 1

    def accessor(self, array: AnyArray, view: int, component: int, kind: str, **extra: Any) -> int:
        self.accessors.append(
            {"bufferView": view, "componentType": component, "count": len(array), "type": kind, **extra}
        )
        return len(self.accessors) - 1

    def attribute(self, array: AnyArray, component: int, kind: str, **extra: Any) -> int:
        """Vertex attribute whose rows are padded to 4 bytes already."""
        stride = array.nbytes // len(array)
        view = self.view(array.tobytes(), byteStride=stride, target=_VERTICES)
        return self.accessor(array, view, component, kind, **extra)


def to_glb(primitives: dict[str, Primitive], table: FeatureTable) -> bytes:
    """Bytes of a tile; positions are metres east, north, up, `owner` is the row in the table.

    Empty primitives are left out. Equal input gives equal bytes.
    """
    drawn = {material: primitive for material, primitive in primitives.items() if len(primitive)}
    every = np.concatenate([_y_up(primitive.positions_m) for primitive in drawn.values()])
    origin = every.min(0)
    step = max(float((every.max(0) - origin).max()), 1e-3) / _STEPS
    buffer = _Buffer()
    meshes = [
        _primitive(buffer, primitive, number, material in _SHEETS, origin, step, len(table))
        for number, (material, primitive) in enumerate(drawn.items())
    ]
    properties = {
        "cid": {"values": buffer.view(table.cid.astype("<u4").tobytes())},
        "storeys": {"values": buffer.view(np.clip(table.storeys, 0, 255).astype("u1").tobytes())},
        "height": {"values": buffer.view(table.height_m.astype("<f4").tobytes())},
    }
    document: dict[str, Any] = {
        "asset": {"version": "2.0", "generator": "Xiaoyuan"},
        "extensionsUsed": ["EXT_mesh_features", "EXT_structural_metadata", "KHR_mesh_quantization"],
        "extensionsRequired": ["KHR_mesh_quantization"],
        "extensions": {
            "EXT_structural_metadata": {
                "schema": _SCHEMA,
                "propertyTables": [{"class": "building", "count": len(table), "properties": properties}],
            }
        },
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "translation": origin.tolist(), "scale": [step] * 3}],
        "meshes": [{"primitives": meshes}],
        **_materials(buffer, list(drawn)),
    }
    document |= {
        "accessors": buffer.accessors,
        "bufferViews": buffer.views,
        "buffers": [{"byteLength": buffer.length}],
    }
    return _container(orjson.dumps(document), buffer)


def _y_up(vectors: Floats) -> Floats:
    """East, north, up as glTF's x, y, z: right, up, towards the viewer."""
    return np.stack([vectors[:, 0], vectors[:, 2], -vectors[:, 1]], 1)


def _primitive(
    buffer: _Buffer,
    primitive: Primitive,
    material: int,
    is_textured: bool,
    origin: Floats,
    step: float,
    features: int,
) -> dict[str, Any]:
    count = len(primitive)
    position = np.zeros((count, 4), "<u2")
    position[:, :3] = np.rint((_y_up(primitive.positions_m) - origin) / step)
    normal = np.zeros((count, 4), np.int8)
    normal[:, :3] = np.rint(_y_up(primitive.normals) * 127)
    colour = np.full((count, 4), 255, np.uint8)
    colour[:, :3] = linear(primitive.colour)
    attributes = {
        "POSITION": buffer.attribute(
            position,
            _UNSIGNED_SHORT,
            "VEC3",
            min=position[:, :3].min(0).tolist(),
            max=position[:, :3].max(0).tolist(),
        ),
        "NORMAL": buffer.attribute(normal, _BYTE, "VEC3", normalized=True),
        "COLOR_0": buffer.attribute(colour, _UNSIGNED_BYTE, "VEC4", normalized=True),
    }
    if features <= _STEPS:
        feature = np.zeros((count, 2), "<u2")
        feature[:, 0] = primitive.owner
        attributes["_FEATURE_ID_0"] = buffer.attribute(feature, _UNSIGNED_SHORT, "SCALAR")
    else:
        attributes["_FEATURE_ID_0"] = buffer.attribute(primitive.owner.astype("<f4"), _FLOAT, "SCALAR")
    if is_textured:
        # Sixteenths of a texel of the larger sheet: steady bytes whatever the platform's last bit says.
        uv = (np.rint(primitive.uv * 4096) / 4096).astype("<f4")
        attributes["TEXCOORD_0"] = buffer.attribute(uv, _FLOAT, "VEC2")
    indices = primitive.triangles.ravel()
    is_short = count < _STEPS
    view = buffer.view(indices.astype("<u2" if is_short else "<u4").tobytes(), target=_INDICES)
    return {
        "attributes": attributes,
        "indices": buffer.accessor(indices, view, _UNSIGNED_SHORT if is_short else _UNSIGNED_INT, "SCALAR"),
        "material": material,
        "mode": 4,
        "extensions": {
            "EXT_mesh_features": {
                "featureIds": [{"featureCount": features, "attribute": 0, "propertyTable": 0}]
            }
        },
    }


def _materials(buffer: _Buffer, names: list[str]) -> dict[str, Any]:
    materials: list[dict[str, Any]] = []
    textures: list[dict[str, int]] = []
    images: list[dict[str, Any]] = []
    for name in names:
        surface: dict[str, Any] = {"metallicFactor": 0, "roughnessFactor": 1}
        if name in _SHEETS:
            surface["baseColorTexture"] = {"index": len(textures)}
            textures.append({"source": len(images), "sampler": 0})
            images.append({"bufferView": buffer.view(_SHEETS[name]()), "mimeType": "image/png"})
        materials.append({"name": name, "pbrMetallicRoughness": surface})
    if not textures:
        return {"materials": materials}
    # Linear with mipmaps, repeating in both directions.
    samplers = [{"magFilter": 9729, "minFilter": 9987, "wrapS": 10497, "wrapT": 10497}]
    return {"materials": materials, "textures": textures, "images": images, "samplers": samplers}


def _container(document: bytes, buffer: _Buffer) -> bytes:
    # Both chunks begin at multiples of 8, which the metadata's columns count on.
    document += b" " * (-(len(document) + 20) % 8)
    total = 12 + 8 + len(document) + 8 + buffer.length
    head = struct.pack("<4sIIII", b"glTF", 2, total, len(document), 0x4E4F534A)
    return b"".join([head, document, struct.pack("<II", buffer.length, 0x004E4942), *buffer.chunks])
