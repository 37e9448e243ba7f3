"""The messages of vector tiles, written for many features at once, and tiles taken apart and put together.

Every part of a feature's message is a varint: all features of many tiles become one array of integers first, which
is packed in one go.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from xiaoyuan.tiling.arrays import AnyArray, Bytes, Ints, ranges, run_starts
from xiaoyuan.tiling.protobuf import DELIMITED, VARINT, varint_lengths, varints, zigzag
from xiaoyuan.tiling.vector_layer import LINES, POINTS, POLYGONS

TILE_LAYER = 3
"""Field of the layers in a tile (Mapbox Vector Tile 2.1)."""
_LAYER_NAME = 1
_FEATURE = 2 << 3 | DELIMITED
_ID, _TAGS, _TYPE, _GEOMETRY = 1 << 3 | VARINT, 2 << 3 | DELIMITED, 3 << 3 | VARINT, 4 << 3 | DELIMITED
_TYPES = {POINTS: 1, LINES: 2, POLYGONS: 3}
_MOVE_TO, _LINE_TO, _CLOSE = 1, 2, 15


@dataclass(frozen=True)
class Paths:
    """p rings, lines or groups of points of f shapes, in drawing order."""

    points: AnyArray
    """(m, 2) int32: units from the north-west corner of the shape's tile; rings are not closed."""
    size: Ints
    """(p): points of each."""
    shape: Ints
    """(p): 0..f-1, ascending, each present."""


def feature_fields(kind: int, ids: Ints, tags: Sequence[Ints], paths: Paths) -> tuple[Bytes, Ints]:
    """Feature fields of a layer, joined, and the end of each in bytes (f).

    ids: (f); tags: for each key the index of each feature's value (f), -1 where it has none.
    """
    sizes, starts = paths.size, run_starts(paths.shape)
    path_ints = 2 * sizes + {POINTS: 1, LINES: 2, POLYGONS: 3}[kind]
    drawn = np.add.reduceat(path_ints, starts) if starts.size else starts
    has = [index >= 0 for index in tags]
    carried = np.zeros(len(ids), np.int64)
    tag_bytes = np.zeros(len(ids), np.int64)
    for index, there in zip(tags, has, strict=True):
        carried += there
        tag_bytes += there * (1 + varint_lengths(index))
    ahead = 8 + 2 * (carried > 0) + 2 * carried
    ends = np.cumsum(ahead + drawn)
    first = ends - ahead - drawn
    stream = np.zeros(int(ends[-1]) if ends.size else 0, np.uint32)
    drawing = first + ahead
    _draw(stream, kind, paths, path_ints, drawing, drawn)
    lengths = np.cumsum(varint_lengths(stream))
    geometry_bytes = lengths[ends - 1] - lengths[drawing - 1] if ends.size else ends
    id_bytes = varint_lengths(ids)
    body = 1 + id_bytes + 2 + 1 + varint_lengths(geometry_bytes) + geometry_bytes
    body += np.where(carried > 0, 1 + varint_lengths(tag_bytes) + tag_bytes, 0)
    stream[first], stream[first + 1] = _FEATURE, body
    stream[first + 2], stream[first + 3] = _ID, ids
    at = first + 4
    tagged = carried > 0
    stream[at[tagged]], stream[at[tagged] + 1] = _TAGS, tag_bytes[tagged]
    at = at + 2 * tagged
    for key, (index, there) in enumerate(zip(tags, has, strict=True)):
        stream[at[there]], stream[at[there] + 1] = key, index[there]
        at = at + 2 * there
    stream[at], stream[at + 1], stream[at + 2], stream[at + 3] = (
        _TYPE,
        _TYPES[kind],
        _GEOMETRY,
        geometry_bytes,
    )
    packed, _ = varints(stream)
    return packed, np.cumsum(1 + varint_lengths(body) + body)


def _draw(stream: AnyArray, kind: int, paths: Paths, path_ints: Ints, drawing: Ints, drawn: Ints) -> None:
    """Write the drawing commands of all shapes; drawing, drawn: (f) where a shape's begin, and how many."""
    sizes = paths.size
    moves = paths.points.astype(np.int32, copy=True)
    moves[1:] -= paths.points[:-1]
    point_starts = np.cumsum(sizes) - sizes
    # The pen starts every shape at the tile's corner.
    begin = point_starts[run_starts(paths.shape)]
    moves[begin] = paths.points[begin]
    coded = zigzag(moves).astype(np.uint32)
    # Path: MoveTo x y [LineTo x y ...] [ClosePath]; one command integer before the first and before the second.
    shift = drawing - (np.cumsum(drawn) - drawn)
    path_starts = np.cumsum(path_ints) - path_ints + shift[paths.shape]
    number = ranges(sizes)
    at = np.repeat(path_starts + 1, sizes) + 2 * number
    if kind != POINTS:
        at += number > 0
    stream[at], stream[at + 1] = coded[:, 0], coded[:, 1]
    if kind == POINTS:
        stream[path_starts] = sizes << 3 | _MOVE_TO
        return
    stream[path_starts] = 1 << 3 | _MOVE_TO
    stream[path_starts + 3] = (sizes - 1) << 3 | _LINE_TO
    if kind == POLYGONS:
        stream[path_starts + path_ints - 1] = _CLOSE


def split_tile(tile: bytes) -> dict[str, bytes]:
    """Each layer of a tile with its own field header, by name, in the order of the tile."""
    layers: dict[str, bytes] = {}
    at = 0
    while at < len(tile):
        start = at
        at, end = _delimited(tile, at, TILE_LAYER)
        name_at, name_end = _delimited(tile, at, _LAYER_NAME)
        layers[tile[name_at:name_end].decode()] = tile[start:end]
        at = end
    return layers


def join_tile(layers: Mapping[str, bytes], order: Sequence[str]) -> bytes:
    """Return a tile of layer messages in `order`; raises ValueError for a layer that has no place in it."""
    unknown = set(layers) - set(order)
    if unknown:
        raise ValueError(f"The order of layers leaves out {', '.join(sorted(unknown))}.")
    return b"".join(layers[name] for name in order if name in layers)


def rename_layer(layer: bytes, name: str) -> bytes:
    """Return a layer with its field header (as `split_tile` gives it) under another name."""
    at, end = _delimited(layer, 0, TILE_LAYER)
    _name_at, name_end = _delimited(layer, at, _LAYER_NAME)
    text = name.encode()
    content = _field(_LAYER_NAME, text) + layer[name_end:end]
    return _field(TILE_LAYER, content)


def _field(number: int, content: bytes) -> bytes:
    size = varints(np.array([len(content)], np.int64))[0].tobytes()
    return bytes([number << 3 | 2]) + size + content


def _delimited(data: bytes, at: int, field: int) -> tuple[int, int]:
    """Start and end of the content of the length-delimited field that starts at `at`."""
    if data[at] != field << 3 | 2:
        raise ValueError("These bytes are no vector tile as written here.")
    at += 1
    length = shift = 0
    while True:
        byte = data[at]
        at += 1
        length |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return at, at + length
