"""Looking into tile contents without decoding them: what they are, whether they are whole, which files they name.

Formats: OGC 18-053r2 (3D Tiles 1.0: b3dm, i3dm, pnts, cmpt), OGC 22-025r4 (1.1: glTF 2.0 as content).
"""

import struct
import zlib
from dataclasses import dataclass
from typing import Any, Final

import orjson

from xiaoyuan.tiling.models3d.errors import Fault, ModelError

_GZIP: Final = b"\x1f\x8b"
_MOST_UNPACKED: Final = 2**30
_HEADERS: Final = {b"b3dm": 28, b"i3dm": 32, b"pnts": 28, b"cmpt": 16}
_LEGACY: Final = 570_425_344
"""Smallest number of a header that predates 3D Tiles 1.0: text where a length should be."""
_DEEPEST: Final = 8
_OLD_GLTF: Final = "glTF 1.0"


@dataclass(frozen=True)
class Content:
    """What a file holds: `kind` (b3dm, i3dm, pnts, cmpt, glb, gltf, tileset), links to other files, remarks."""

    kind: str
    links: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    document: dict[str, Any] | None = None


def unpacked(data: Any, name: str) -> Any:
    """Return bytes that are gzip at rest as they are meant; raises `ModelError`."""
    if bytes(data[:2]) != _GZIP:
        return data
    reader = zlib.decompressobj(wbits=31)
    try:
        plain = reader.decompress(bytes(data), _MOST_UNPACKED)
    except zlib.error as error:
        raise ModelError(Fault.BROKEN_CONTENT, file=name, detail=str(error)) from None
    if not reader.eof:
        raise ModelError(Fault.BROKEN_CONTENT, file=name, detail="its gzip data is cut off or endless")
    return plain


def inspect(data: Any, name: str, depth: int = 0) -> Content:
    """Look into a content (bytes or a memory map); raises `ModelError`."""
    magic = bytes(data[:4])
    try:
        if magic in _HEADERS:
            return _tile(data, name, magic, depth)
        if magic == b"glTF":
            return _glb(data, name)
    except (struct.error, IndexError):
        raise _broken(name, "its header is cut off") from None
    if magic.lstrip()[:1] == b"{":
        return _json(data, name)
    raise ModelError(Fault.UNKNOWN_CONTENT, file=name)


def _tile(data: Any, name: str, magic: bytes, depth: int) -> Content:
    kind = magic.decode()
    version, length = struct.unpack("<II", data[4:12])
    if version != 1:
        raise _broken(name, f"it is {kind} of version {version}")
    if length > len(data):
        raise _broken(name, f"it has {len(data)} of {length} bytes")
    if magic == b"cmpt":
        return _composite(data, name, length, depth)
    feature_json, feature_binary, batch_json, batch_binary = struct.unpack("<IIII", data[12:28])
    start = _HEADERS[magic]
    if batch_json >= _LEGACY or feature_json >= _LEGACY:
        return Content(kind, remarks=(f"{kind} with the header of a draft",))
    body = start + feature_json + feature_binary + batch_json + batch_binary
    if body > length:
        raise _broken(name, "its tables are longer than the file")
    table = _table(data[start : start + feature_json], name)
    if magic == b"pnts":
        if "POINTS_LENGTH" not in table or not {"POSITION", "POSITION_QUANTIZED"} & table.keys():
            raise _broken(name, "its points have no positions")
        return Content(kind)
    if magic == b"i3dm":
        if "INSTANCES_LENGTH" not in table:
            raise _broken(name, "it does not say how many instances it has")
        if struct.unpack("<I", data[28:32])[0] == 0:
            link = bytes(data[body:length]).rstrip(b"\0 ").decode("utf-8", errors="replace")
            return Content(kind, (link,))
    inner = data[body:length]
    if bytes(inner[:4]) != b"glTF":
        raise _broken(name, f"there is no glTF inside the {kind}")
    model = _glb(inner, name)
    return Content(kind, model.links, model.remarks)


def _composite(data: Any, name: str, length: int, depth: int) -> Content:
    """A tile of several tiles; raises `ModelError` for one that holds itself too often."""
    (count,) = struct.unpack("<I", data[12:16])
    at = 16
    links: list[str] = []
    remarks: list[str] = []
    for _number in range(count):
        if depth >= _DEEPEST or at + 12 > length:
            raise _broken(name, "its inner tiles do not fit into it")
        (inner,) = struct.unpack("<I", data[at + 8 : at + 12])
        if inner < 12 or at + inner > length:
            raise _broken(name, "its inner tiles do not fit into it")
        found = inspect(data[at : at + inner], name, depth + 1)
        links += found.links
        remarks += found.remarks
        at += inner
    return Content("cmpt", tuple(links), tuple(remarks))


def _glb(data: Any, name: str) -> Content:
    version, length = struct.unpack("<II", data[4:12])
    if version not in (1, 2):
        raise _broken(name, f"it is glTF of version {version}")
    if length > len(data):
        raise _broken(name, f"its glTF has {len(data)} of {length} bytes")
    if version == 1:
        return Content("glb", remarks=(_OLD_GLTF,))
    size, kind = struct.unpack("<II", data[12:20])
    if kind != 0x4E4F534A or 20 + size > length:
        raise _broken(name, "its glTF does not begin with JSON")
    return Content("glb", _gltf_links(_table(data[20 : 20 + size], name), name))


def _json(data: Any, name: str) -> Content:
    document = _table(bytes(data), name)
    asset = document.get("asset")
    if not isinstance(asset, dict):
        raise ModelError(Fault.UNKNOWN_CONTENT, file=name)
    if "root" in document:
        return Content("tileset", document=document)
    if str(asset.get("version", "")).startswith("1."):
        return Content("gltf", remarks=(_OLD_GLTF,))
    return Content("gltf", _gltf_links(document, name))


def _gltf_links(document: dict[str, Any], name: str) -> tuple[str, ...]:
    """Return the files of buffers and images that do not travel inside."""
    try:
        uris = [
            str(one["uri"]) for key in ("buffers", "images") for one in document.get(key, ()) if "uri" in one
        ]
    except TypeError:
        raise _broken(name, "its buffers or images are no lists") from None
    return tuple(uri for uri in uris if not uri.startswith("data:"))


def _table(data: Any, name: str) -> dict[str, Any]:
    text = bytes(data).rstrip(b"\0 ")
    try:
        found = orjson.loads(text) if text else {}
    except orjson.JSONDecodeError:
        raise _broken(name, "its JSON cannot be read") from None
    if not isinstance(found, dict):
        raise _broken(name, "its JSON is no object")
    return found


def _broken(name: str, detail: str) -> ModelError:
    return ModelError(Fault.BROKEN_CONTENT, file=name, detail=detail)
