"""One tile of buildings as binary glTF 2.0 with an id, storeys, height and roof of every building in it.

Extensions: EXT_mesh_features and EXT_structural_metadata (3D Tiles 1.1, OGC 22-025r4), KHR_mesh_quantization.
The document is a form that is filled in: what differs between tiles is a few numbers.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from xiaoyuan.tiling.arrays import AnyArray

_SHORT, _LONG, _FLOAT = 5123, 5125, 5126
MOST_SHORT = 65_535
"""Up to here vertices are numbered in 16 bits (65535 itself would restart a primitive)."""

_HEAD = (
    '{"asset":{"version":"2.0","generator":"Xiaoyuan"},'
    '"extensionsUsed":["EXT_mesh_features","EXT_structural_metadata","KHR_mesh_quantization"],'
    '"extensionsRequired":["KHR_mesh_quantization"],'
    '"extensions":{"EXT_structural_metadata":{"schema":{"id":"xiaoyuan","classes":{"building":{"properties":{'
    '"cid":{"type":"SCALAR","componentType":"UINT32","required":true},'
    '"storeys":{"type":"SCALAR","componentType":"UINT8","required":true},'
    '"height":{"type":"SCALAR","componentType":"FLOAT32","required":true},'
    '"roof":{"type":"SCALAR","componentType":"UINT8","required":true}}}}},'
    '"propertyTables":[{"class":"building","count":%(features)d,"properties":{'
    '"cid":{"values":0},"storeys":{"values":1},"height":{"values":2},"roof":{"values":3}}}]}},'
    '"scene":0,"scenes":[{"nodes":[0]}],'
    '"nodes":[{"mesh":0,"translation":[%(x)r,%(y)r,%(z)r],"scale":[%(step)r,%(step)r,%(step)r]}],'
    '"materials":[{"name":"building","doubleSided":true,'
    '"pbrMetallicRoughness":{"metallicFactor":0,"roughnessFactor":1}}],'
    '"meshes":[{"primitives":[{"attributes":{"POSITION":0,"COLOR_0":1,"_FEATURE_ID_0":2%(texture)s},'
    '"indices":3,"material":0,"mode":4,"extensions":{"EXT_mesh_features":{"featureIds":['
    '{"featureCount":%(features)d,"attribute":0,"propertyTable":0}]}}}]}],'
    '"accessors":['
    '{"bufferView":4,"componentType":5123,"count":%(vertices)d,"type":"VEC3","min":%(low)s,"max":%(high)s},'
    '{"bufferView":5,"componentType":5121,"count":%(vertices)d,"type":"VEC4","normalized":true},'
    '{"bufferView":6,"componentType":%(feature_kind)d,"count":%(vertices)d,"type":"SCALAR"},'
    '{"bufferView":7,"componentType":%(index_kind)d,"count":%(indices)d,"type":"SCALAR"}%(texture_accessor)s],'
    '"bufferViews":[%(views)s],"buffers":[{"byteLength":%(length)d}]}'
)
_TEXTURE_ACCESSOR = ',{"bufferView":8,"componentType":5123,"count":%d,"type":"VEC2"}'
_VERTICES, _INDICES = 34962, 34963


@dataclass(frozen=True)
class TileBody:
    """The bytes of a tile; vertex columns come in pieces that follow each other."""

    cid: AnyArray
    storeys: AnyArray
    height_m: AnyArray
    roof: AnyArray
    position: Sequence[AnyArray]
    """Rows of 8 bytes: x, y, z in whole steps and two bytes of filling."""
    colour: Sequence[AnyArray]
    feature: Sequence[AnyArray]
    """Rows of 4 bytes: floats, or 16 bits and filling."""
    shade: Sequence[AnyArray] | None
    triangles: AnyArray
    """16 or 32 bits."""
    origin_m: tuple[float, float, float]
    """Where position 0 lies: right, up, towards the viewer (glTF's axes)."""
    step_m: float
    low: list[int]
    """Least position of all."""
    high: list[int]


def to_glb(body: TileBody) -> bytes:
    """Bytes of a tile. Equal input gives equal bytes."""
    chunks: list[bytes] = []
    views: list[str] = []
    length = 0

    def view(pieces: Sequence[AnyArray], extra: str = "") -> None:
        nonlocal length
        size = 0
        for piece in pieces:
            chunks.append(piece.tobytes())
            size += piece.nbytes
        views.append(f'{{"buffer":0,"byteOffset":{length},"byteLength":{size}{extra}}}')
        # Metadata columns must start at multiples of 8.
        if padding := -size % 8:
            chunks.append(b"\0" * padding)
        length += size + padding

    for column in (body.cid, body.storeys, body.height_m, body.roof):
        view([column])
    row4 = f',"byteStride":4,"target":{_VERTICES}'
    view(body.position, f',"byteStride":8,"target":{_VERTICES}')
    view(body.colour, row4)
    view(body.feature, row4)
    view([body.triangles], f',"target":{_INDICES}')
    vertices = sum(map(len, body.position))
    if body.shade is not None:
        view(body.shade, row4)
    document = (
        _HEAD
        % {
            "features": len(body.cid),
            "x": body.origin_m[0],
            "y": body.origin_m[1],
            "z": body.origin_m[2],
            "step": body.step_m,
            "texture": "" if body.shade is None else ',"TEXCOORD_0":4',
            "texture_accessor": "" if body.shade is None else _TEXTURE_ACCESSOR % vertices,
            "vertices": vertices,
            "low": body.low,
            "high": body.high,
            "feature_kind": _FLOAT if body.feature[0].dtype.kind == "f" else _SHORT,
            "index_kind": _SHORT if body.triangles.itemsize == 2 else _LONG,
            "indices": body.triangles.size,
            "views": ",".join(views),
            "length": length,
        }
    ).encode()
    # Both chunks begin at multiples of 8, which the metadata's columns count on.
    document += b" " * (-(len(document) + 20) % 8)
    head = struct.pack("<4sIIII", b"glTF", 2, 28 + len(document) + length, len(document), 0x4E4F534A)
    return b"".join([head, document, struct.pack("<II", length, 0x004E4942), *chunks])
