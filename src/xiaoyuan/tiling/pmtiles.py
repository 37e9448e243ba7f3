"""All vector tiles of a revision in one file that map programs open directly: PMTiles version 3.

Format: https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md
"""

import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
from isal import igzip

from xiaoyuan.tiling.arrays import Bounds, Ints
from xiaoyuan.tiling.files import GZIP_LEVEL
from xiaoyuan.tiling.pool import FilePool
from xiaoyuan.tiling.protobuf import varints
from xiaoyuan.tiling.vector_index import VectorIndex, tile_box

_HEADER = struct.Struct("<7sB11Q6B4iB2i")
_ROOT_LIMIT = 16384 - _HEADER.size
"""Bytes that the root directory may take, so that a reader gets it with its first request."""
_LEAF_ENTRIES = 4096
_GZIP, _MVT = 2, 1


@dataclass(frozen=True)
class _Entries:
    """A directory's entries, ascending by tile id."""

    tile_id: Ints
    run: Ints
    """Following tiles with the same content; 0 when the entry names a leaf directory."""
    length: Ints
    offset: Ints

    def packed(self) -> bytes:
        """Gzip-compressed columns of varints."""
        follows = np.zeros(len(self.offset), bool)
        follows[1:] = self.offset[1:] == self.offset[:-1] + self.length[:-1]
        columns = (
            np.array([len(self.tile_id)]),
            np.diff(self.tile_id, prepend=0),
            self.run,
            self.length,
            np.where(follows, 0, self.offset + 1),
        )
        plain = varints(np.concatenate(columns))[0].tobytes()
        packed: bytes = igzip.compress(plain, GZIP_LEVEL, mtime=0)
        return packed

    def part(self, start: int, end: int) -> "_Entries":
        """Some of the entries."""
        at = slice(start, end)
        return _Entries(self.tile_id[at], self.run[at], self.length[at], self.offset[at])


def write_pmtiles(
    index: VectorIndex,
    pool: FilePool,
    target: Path,
    *,
    metadata: Mapping[str, object],
    bounds: Bounds | None = None,
) -> int:
    """Write the tiles of an index (or those meeting `bounds` in degrees) to `target`; returns how many.

    metadata: becomes the file's JSON; the format wants a list ``vector_layers`` of ``{"id": …, "fields": {…}}`` in it.
    Raises ValueError without tiles or without that list.
    """
    if "vector_layers" not in metadata:
        raise ValueError("The metadata of a PMTiles file must list its vector_layers.")
    tiles = [tile for tile in index.tiles() if bounds is None or _meets(tile_box(*tile[:3]), bounds)]
    if not tiles:
        raise ValueError("There are no tiles to pack.")
    zoom, column, row = (np.array([tile[axis] for tile in tiles], np.int64) for axis in range(3))
    ids = tile_ids(zoom, column, row)
    order = np.argsort(ids)
    names = [tiles[at][3] for at in order.tolist()]
    # Equal tiles have one file: it is written where it comes first, which keeps the data in the order of the ids.
    content = {name: number for number, name in enumerate(dict.fromkeys(names))}
    sizes = np.array([(pool.folder / name).stat().st_size for name in content], np.int64)
    offsets = np.cumsum(sizes) - sizes
    entries = _runs(ids[order], np.array([content[name] for name in names]), sizes, offsets)
    root, leaves = _directories(entries)
    described: bytes = igzip.compress(
        orjson.dumps(metadata, option=orjson.OPT_SORT_KEYS), GZIP_LEVEL, mtime=0
    )
    at_metadata = _HEADER.size + len(root)
    at_leaves = at_metadata + len(described)
    at_data = at_leaves + len(leaves)
    west, south, east, north = bounds or index.bounds()
    places = [round(degrees * 1e7) for degrees in (west, south, east, north)]
    low, high = int(zoom.min()), int(zoom.max())
    header = _HEADER.pack(
        b"PMTiles",
        3,
        *(_HEADER.size, len(root), at_metadata, len(described), at_leaves, len(leaves)),
        *(at_data, int(sizes.sum()), len(tiles), len(entries.run), len(content)),
        *(1, _GZIP, _GZIP, _MVT, low, high),
        *places,
        low,
        *((places[0] + places[2]) // 2, (places[1] + places[3]) // 2),
    )
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(b"".join([header, root, described, leaves]))
            for name in content:
                file.write((pool.folder / name).read_bytes())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return len(tiles)


def tile_ids(zoom: Ints, column: Ints, row: Ints) -> Ints:
    """Number of each tile: all zooms above it, then its place along the Hilbert curve of its zoom."""
    x, y = column.copy(), row.copy()
    place = np.zeros(len(zoom), np.int64)
    for bit in range(int(zoom.max(initial=0)) - 1, -1, -1):
        side = np.int64(1) << bit
        taken = bit < zoom
        right, down = (x & side) > 0, (y & side) > 0
        place += np.where(taken, side * side * ((3 * right) ^ down), 0)
        turn = taken & ~down
        mirrored = turn & right
        x[mirrored], y[mirrored] = side - 1 - x[mirrored], side - 1 - y[mirrored]
        x[turn], y[turn] = y[turn], x[turn].copy()
    ids: Ints = ((np.int64(1) << 2 * zoom) - 1) // 3 + place
    return ids


def _runs(ids: Ints, content: Ints, sizes: Ints, offsets: Ints) -> _Entries:
    """One entry for each run of neighbouring tiles with the same content."""
    starts = np.flatnonzero(np.append(True, (np.diff(ids) != 1) | (np.diff(content) != 0)))
    runs = np.diff(np.append(starts, len(ids)))
    return _Entries(ids[starts], runs, sizes[content[starts]], offsets[content[starts]])


def _directories(entries: _Entries) -> tuple[bytes, bytes]:
    """The root directory and the leaf directories that it names, if it cannot hold all entries itself."""
    root, size = entries.packed(), _LEAF_ENTRIES
    if len(root) <= _ROOT_LIMIT:
        return root, b""
    while True:
        starts = np.arange(0, len(entries.run), size)
        leaves = [entries.part(start, start + size).packed() for start in starts.tolist()]
        lengths = np.array([len(leaf) for leaf in leaves])
        none = np.zeros(len(starts), np.int64)
        root = _Entries(entries.tile_id[starts], none, lengths, np.cumsum(lengths) - lengths).packed()
        if len(root) <= _ROOT_LIMIT:
            return root, b"".join(leaves)
        size *= 2


def _meets(box: Bounds, other: Bounds) -> bool:
    return box[0] <= other[2] and other[0] <= box[2] and box[1] <= other[3] and other[1] <= box[3]
