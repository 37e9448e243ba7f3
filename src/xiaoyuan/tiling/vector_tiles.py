"""Layers of features as a pyramid of Mapbox Vector Tiles 2.1 in a pool of files, for one scene."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from xiaoyuan.tiling.arrays import Ints
from xiaoyuan.tiling.layer_cutting import Places, PreparedLayer
from xiaoyuan.tiling.pool import FilePool
from xiaoyuan.tiling.vector_index import (
    SHARD_ZOOM,
    Tile,
    VectorIndex,
    change_index,
    shard_key,
    write_index,
)
from xiaoyuan.tiling.vector_layer import VectorLayer
from xiaoyuan.tiling.vector_messages import join_tile, split_tile

MAX_ZOOM = 16
_Work = tuple[PreparedLayer, Ints, Places]


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


def build_vectors(layers: Iterable[VectorLayer], pool: FilePool, *, max_zoom: int = MAX_ZOOM) -> VectorReport:
    """Put every tile from the layers' min_zoom to max_zoom into the pool, and an index of them.

    A tile holds its layers in the order given; tiles without content are not kept.
    """
    before = pool.bytes_written
    prepared = [PreparedLayer(layer) for layer in layers]
    names: dict[Tile, str] = {}
    for work in _blocks(prepared, max_zoom):
        tiles: dict[Tile, list[bytes]] = defaultdict(list)
        for layer, rows, wanted in work:
            for tile in layer.tiles(rows, wanted, max_zoom):
                tiles[tile.zoom, tile.column, tile.row].append(tile.message)
        for place, messages in tiles.items():
            names[place] = pool.put(b"".join(messages), ".pbf")
    index = write_index(pool, names, max_zoom=max_zoom)
    return VectorReport(
        index,
        len(names),
        pool.bytes_written - before,
        max_zoom,
        {layer.name: int(layer.shown.sum()) for layer in prepared},
        {layer.name: layer.repaired for layer in prepared},
    )


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
    prepared = PreparedLayer(layer)
    messages: dict[Tile, bytes] = {}
    for group in _by_shard(wanted):
        for made in prepared.tiles(np.arange(len(prepared)), group, old.max_zoom):
            messages[made.zoom, made.column, made.row] = made.message
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
        {layer.name: int(prepared.shown.sum())},
        {layer.name: prepared.repaired},
    )


def _blocks(layers: Sequence[PreparedLayer], max_zoom: int) -> Iterator[list[_Work]]:
    """What is made together, so that only a part of the tiles is in memory: the far zooms, then shard by shard."""
    far = [(layer, np.arange(len(layer)), layer.far_places(max_zoom)) for layer in layers]
    yield [work for work in far if work[2]]
    near: dict[tuple[int, int], list[_Work]] = defaultdict(list)
    for layer in layers:
        zooms = range(max(SHARD_ZOOM, layer.min_zoom), max_zoom + 1)
        if zooms:
            for column, row, members in zip(*layer.shards(), strict=True):
                places = {zoom: _below(int(column), int(row), zoom) for zoom in zooms}
                near[int(column), int(row)].append((layer, members, places))
    for _place, work in sorted(near.items()):
        yield work


def _below(column: int, row: int, zoom: int) -> tuple[Ints, Ints]:
    """Columns and rows of all tiles of a zoom under one of SHARD_ZOOM."""
    side = 1 << (zoom - SHARD_ZOOM)
    columns, rows = np.mgrid[column * side : (column + 1) * side, row * side : (row + 1) * side]
    return columns.ravel(), rows.ravel()


def _by_shard(tiles: Iterable[Tile]) -> Iterator[Places]:
    """Tiles near each other, as arrays by zoom."""
    groups: dict[str, dict[int, list[Tile]]] = defaultdict(lambda: defaultdict(list))
    for tile in sorted(tiles):
        groups[shard_key(tile)][tile[0]].append(tile)
    for zooms in groups.values():
        yield {zoom: (np.array(members)[:, 1], np.array(members)[:, 2]) for zoom, members in zooms.items()}
