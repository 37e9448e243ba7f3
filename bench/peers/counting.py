"""What a peer wrote, counted with one reader for all: tiles, bytes, and features of each zoom."""

import gzip
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pmtiles.reader import MmapSource, all_tiles

from xiaoyuan.tiling.pool import FilePool
from xiaoyuan.tiling.vector_index import VectorIndex

_LAYER_FIELD, _FEATURE_FIELD = 3, 2
_DELIMITED = 2


@dataclass(frozen=True)
class Written:
    """Tiles, the bytes of the files, and the features by zoom (a feature counts in each tile that holds it)."""

    tiles: int
    bytes: int
    features: dict[int, int]


def count_archive(path: Path) -> Written:
    """Count a .mbtiles or .pmtiles archive."""
    tiles = _mbtiles(path) if path.suffix == ".mbtiles" else _pmtiles(path)
    return _counted(tiles, path.stat().st_size)


def count_pool(pool: FilePool, index: str) -> Written:
    """Count vector tiles of ours."""
    tiles = ((tile[0], pool.get(name)) for *tile, name in VectorIndex(pool, index).tiles())
    return _counted(tiles, sum(path.stat().st_size for path in pool.folder.rglob("*") if path.is_file()))


def count_folder(folder: Path) -> Written:
    """Count files that are tiles of buildings."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    tiles = sum(path.suffix in {".glb", ".b3dm"} for path in files)
    return Written(tiles, sum(path.stat().st_size for path in files), {})


def _counted(tiles: Iterator[tuple[int, bytes]], size: int) -> Written:
    count, features = 0, Counter[int]()
    for zoom, data in tiles:
        count += 1
        features[zoom] += features_of(data)
    return Written(count, size, dict(sorted(features.items())))


def _mbtiles(path: Path) -> Iterator[tuple[int, bytes]]:
    connection = sqlite3.connect(path)
    yield from connection.execute("SELECT zoom_level, tile_data FROM tiles")
    connection.close()


def _pmtiles(path: Path) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file:
        for place, data in all_tiles(MmapSource(file)):
            yield place[0], data


def features_of(tile: bytes) -> int:
    """Features in all layers of a vector tile, compressed or not."""
    data = gzip.decompress(tile) if tile[:2] == b"\x1f\x8b" else tile
    layers = (data[start:end] for field, start, end in _messages(data) if field == _LAYER_FIELD)
    return sum(field == _FEATURE_FIELD for layer in layers for field, _start, _end in _messages(layer))


def _messages(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Field number, start and end of each delimited field; numbers are passed over."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        if key & 7 == _DELIMITED:
            length, at = _varint(data, at)
            yield key >> 3, at, at + length
            at += length
        else:
            _, at = _varint(data, at)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while data[at] & 128:
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
    return value | data[at] << shift, at + 1
