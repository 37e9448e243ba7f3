"""Layers of features as a pyramid of Mapbox Vector Tiles 2.1 in a pool of files, for one scene."""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

from xiaoyuan.tiling.arrays import run_starts
from xiaoyuan.tiling.pool import FilePool
from xiaoyuan.tiling.protobuf import bytes_field, number_field, varint
from xiaoyuan.tiling.tile_geometry import EXTENT, TileShapes, cut_to_tiles, to_world
from xiaoyuan.tiling.vector_index import Tile, VectorIndex, change_index, write_index
from xiaoyuan.tiling.vector_layer import VectorLayer
from xiaoyuan.tiling.vector_messages import join_tile, split_tile

MAX_ZOOM = 16
_TILE_LAYER = 3  # field of the layers in a tile
_GEOMETRY_TYPE = {0: 1, 1: 2, 2: 3}


@dataclass(frozen=True)
class VectorReport:
    """What was written."""

    index: str
    """Pool name of the index's root document."""
    tiles: int
    bytes_written: int
    max_zoom: int
    features: dict[str, int]
    """Features of each layer that appear at max_zoom; after a rebuild only those of the tiles made afresh."""
    repaired: dict[str, int]
    """Features of each layer whose polygons had to be put right."""


def build_vectors(
    layers: Sequence[VectorLayer], pool: FilePool | Path, *, max_zoom: int = MAX_ZOOM
) -> VectorReport:
    """Put every tile from the layers' min_zoom to max_zoom into the pool, and an index of them.

    A tile holds its layers in the order given; tiles without content are not kept.
    """
    folder = pool if isinstance(pool, Path) else None
    pool = FilePool(pool) if isinstance(pool, Path) else pool
    before = pool.bytes_written
    tiles: dict[Tile, list[bytes]] = defaultdict(list)
    features: dict[str, int] = {}
    repaired: dict[str, int] = {}
    for layer in layers:
        encoder = _LayerEncoder(layer)
        repaired[layer.name] = encoder.repaired
        features[layer.name] = 0
        for zoom in range(layer.min_zoom, max_zoom + 1):
            shown: set[int] = set()
            for column, row, message, members in encoder.tiles(zoom, max_zoom):
                tiles[zoom, column, row].append(message)
                shown.update(members)
            features[layer.name] = len(shown)
    names = {tile: pool.put(b"".join(messages), ".pbf") for tile, messages in tiles.items()}
    index = write_index(pool, names, max_zoom=max_zoom)
    if folder:  # the twin app still reads tiles by their place: this goes when it asks the index
        for (zoom, column, row), name in names.items():
            (folder / str(zoom) / str(column)).mkdir(parents=True, exist_ok=True)
            os.link(folder / name, folder / str(zoom) / str(column) / f"{row}.pbf")
    return VectorReport(index, len(names), pool.bytes_written - before, max_zoom, features, repaired)


def rebuild_vectors(
    index: str, layer: VectorLayer, tiles: Iterable[Tile], pool: FilePool, *, order: Sequence[str]
) -> VectorReport:
    """Make one layer of some tiles afresh and return the report of the changed whole; other layers stay as they are.

    layer: at least all its features that touch `tiles` (see `tile_box`); order: names of all layers.
    Raises ValueError when a tile holds a layer that `order` leaves out.
    """
    before = pool.bytes_written
    old = VectorIndex(pool, index)
    wanted = {tile for tile in tiles if layer.min_zoom <= tile[0] <= old.max_zoom}
    encoder = _LayerEncoder(layer)
    messages: dict[Tile, bytes] = {}
    shown: set[int] = set()
    for zoom in sorted({tile[0] for tile in wanted}):
        for column, row, message, members in encoder.tiles(zoom, old.max_zoom):
            if (zoom, column, row) in wanted:
                messages[zoom, column, row] = message
                shown.update(members if zoom == old.max_zoom else ())
    changes: dict[Tile, str | None] = {}
    for tile in sorted(wanted):
        name = old.find(*tile)
        parts = split_tile(pool.get(name)) if name else {}
        parts.pop(layer.name, None)
        if tile in messages:
            parts[layer.name] = messages[tile]
        content = join_tile(parts, order)
        changes[tile] = pool.put(content, ".pbf") if content else None
    return VectorReport(
        change_index(pool, index, changes),
        sum(name is not None for name in changes.values()),
        pool.bytes_written - before,
        old.max_zoom,
        {layer.name: len(shown)},
        {layer.name: encoder.repaired},
    )


def rounding_step(zoom: int, max_zoom: int) -> int:
    """Units (1/4096 of a tile) that vertices are rounded to: a pixel far out, nothing lost at max_zoom."""
    if zoom >= max_zoom:
        return 1
    return 8 if zoom <= 10 else 4 if zoom <= 12 else 2


class _LayerEncoder:
    """One layer, prepared once for all zooms."""

    def __init__(self, layer: VectorLayer) -> None:
        self.layer = layer
        kinds = shapely.get_dimensions(layer.geometry)
        self.kind = int(kinds.max()) if len(kinds) else -1
        geometry = layer.geometry.copy()
        broken = np.zeros(0, np.int64)
        if self.kind == 2:
            broken = np.flatnonzero(~shapely.is_valid(geometry))
            geometry[broken] = shapely.make_valid(geometry[broken], method="structure", keep_collapsed=False)
        self.repaired = len(broken)
        self.world = to_world(geometry) if self.kind >= 0 else geometry
        self.values = list(layer.encoded_properties().items())
        self.ids = layer.cid.tolist()

    def tiles(self, zoom: int, max_zoom: int) -> Iterator[tuple[int, int, bytes, list[int]]]:
        """Column, row, layer message and feature rows of every tile of a zoom that shows something."""
        if self.kind < 0:
            return
        shapes = cut_to_tiles(self.world, self.kind, zoom, rounding_step(zoom, max_zoom))
        starts = run_starts(shapes.column << 32 | shapes.row)
        for start, end in zip(starts, np.append(starts, len(shapes.column))[1:], strict=True):
            message = bytes_field(_TILE_LAYER, self._message(shapes, start, end))
            yield (
                int(shapes.column[start]),
                int(shapes.row[start]),
                message,
                shapes.feature[start:end].tolist(),
            )

    def _message(self, shapes: TileShapes, start: int, end: int) -> bytes:
        parts = [bytes_field(1, self.layer.name.encode())]
        known: dict[bytes, int] = {}
        kind = number_field(3, _GEOMETRY_TYPE[self.kind])
        for feature, commands in zip(
            shapes.feature[start:end].tolist(), shapes.commands[start:end], strict=True
        ):
            tags = b"".join(
                varint(key) + varint(known.setdefault(values[feature], len(known)))
                for key, (_, values) in enumerate(self.values)
                if values[feature] is not None
            )
            body = number_field(1, self.ids[feature])
            if tags:
                body += bytes_field(2, tags)
            parts.append(bytes_field(2, body + kind + bytes_field(4, commands)))
        parts += [bytes_field(3, name.encode()) for name, _ in self.values]
        parts += [bytes_field(4, value) for value in known]
        parts += [number_field(5, EXTENT), number_field(15, 2)]
        return b"".join(parts)
