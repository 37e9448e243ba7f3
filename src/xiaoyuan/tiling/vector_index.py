"""Which file holds which vector tile: a small tree of documents, so that an edit rewrites only one branch of it.

The root names shards: one for all tiles of the zooms below 11 and one for each tile of zoom 11 with what lies
under it. Equal tiles give equal documents, whatever order they were made in.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

import numpy as np
import orjson

from xiaoyuan.tiling.arrays import Bounds
from xiaoyuan.tiling.pool import FilePool

_Name = TypeVar("_Name")

Tile = tuple[int, int, int]
"""Zoom, column from the west, row from the north (Web Mercator, XYZ)."""
SHARD_ZOOM = 11
FAR_SHARD = "far"
"""Holds the tiles of the zooms below SHARD_ZOOM."""
MARGIN = 80 / 4096
"""Share of a tile's side by which shapes outside may touch its content: the buffer and the coarsest rounding."""


def tile_box(zoom: int, column: int, row: int) -> Bounds:
    """Degrees within which a shape may touch the content of a tile (its buffer included)."""
    side = 1 / (1 << zoom)
    west, east = (column - MARGIN) * side, (column + 1 + MARGIN) * side
    north, south = (row - MARGIN) * side, (row + 1 + MARGIN) * side
    return west * 360 - 180, _latitude(south), east * 360 - 180, _latitude(north)


def tiles_touching(bounds: Bounds, min_zoom: int, max_zoom: int) -> set[Tile]:
    """Return every tile whose content a shape within `bounds` (degrees) may touch."""
    west, south, east, north = bounds
    tiles: set[Tile] = set()
    for zoom in range(min_zoom, max_zoom + 1):
        count = 1 << zoom
        columns = [_cell((lon / 360 + 0.5) * count + margin, count) for lon, margin in _widened(west, east)]
        rows = [_cell(_world_y(lat) * count + margin, count) for lat, margin in _widened(north, south)]
        tiles.update(
            (zoom, column, row)
            for column in range(columns[0], columns[1] + 1)
            for row in range(rows[0], rows[1] + 1)
        )
    return tiles


def shard_key(tile: Tile) -> str:
    """Name of the shard that holds a tile."""
    zoom, column, row = tile
    if zoom < SHARD_ZOOM:
        return FAR_SHARD
    up = zoom - SHARD_ZOOM
    return f"{column >> up}/{row >> up}"


_Extent = tuple[int, int, int, int]
"""First column and row, last column and row."""


class VectorIndex:
    """The tiles of one revision of a scene; shards are read when they are first asked for."""

    def __init__(self, pool: FilePool, index: str) -> None:
        """index: pool name of the root document; raises FileNotFoundError when it is not there."""
        self.pool = pool
        self.name = index
        root = orjson.loads(pool.get(index))
        self.max_zoom: int = root["max_zoom"]
        self.shards: dict[str, str] = root["shards"]
        self.extents: dict[str, _Extent] = root["extents"]
        self._read: dict[str, dict[str, str]] = {}

    def find(self, zoom: int, column: int, row: int) -> str | None:
        """Pool name of a tile; None when it is empty."""
        return self.shard(shard_key((zoom, column, row))).get(f"{zoom}/{column}/{row}")

    def shard(self, key: str) -> Mapping[str, str]:
        """Pool names by "zoom/column/row" of one shard; empty when there is none."""
        if key not in self._read:
            name = self.shards.get(key)
            self._read[key] = orjson.loads(self.pool.get(name)) if name else {}
        return self._read[key]

    def tiles(self) -> Iterator[tuple[int, int, int, str]]:
        """Every tile: zoom, column, row and pool name; ascending within a shard."""
        for key in self.shards:
            for place, name in self.shard(key).items():
                zoom, column, row = place.split("/")
                yield int(zoom), int(column), int(row), name

    def files(self) -> Iterator[str]:
        """Every pool name this revision needs, its own documents included; some may come twice."""
        yield self.name
        yield from self.shards.values()
        for _zoom, _column, _row, name in self.tiles():
            yield name

    def min_zoom(self) -> int:
        """Lowest zoom with a tile; max_zoom when there is none."""
        if FAR_SHARD in self.shards:
            return min(int(place.split("/")[0]) for place in self.shard(FAR_SHARD))
        return min((zoom for zoom, *_ in self.tiles()), default=self.max_zoom)

    def bounds(self) -> Bounds:
        """Degrees that the tiles of max_zoom cover; raises ValueError without any."""
        if not self.extents:
            raise ValueError("There are no tiles, so they cover nothing.")
        west_cells, north_cells, east_cells, south_cells = zip(*self.extents.values(), strict=True)
        count = 1 << self.max_zoom
        west, east = min(west_cells) / count * 360 - 180, (max(east_cells) + 1) / count * 360 - 180
        return west, _latitude((max(south_cells) + 1) / count), east, _latitude(min(north_cells) / count)


def write_index(pool: FilePool, tiles: Mapping[Tile, str], *, max_zoom: int) -> str:
    """Keep the documents of a whole set of tiles and return the root's pool name."""
    shards = _by_shard(tiles)
    contents = {key: {_place(tile): name for tile, name in shards[key]} for key in shards}
    names = {key: _put(pool, content) for key, content in contents.items()}
    extents = {key: extent for key in contents if (extent := _extent(contents[key], max_zoom))}
    return _put_root(pool, names, extents, max_zoom)


def change_index(pool: FilePool, index: str, changes: Mapping[Tile, str | None]) -> str:
    """Keep the documents of the same tiles but for some (None: the tile is empty now); returns the root's name."""
    before = VectorIndex(pool, index)
    names, extents = dict(before.shards), dict(before.extents)
    for key, changed in _by_shard(changes).items():
        content = dict(before.shard(key))
        for tile, name in changed:
            if name is None:
                content.pop(_place(tile), None)
            else:
                content[_place(tile)] = name
        names.pop(key, None)
        extents.pop(key, None)
        if content:
            names[key] = _put(pool, content)
        if extent := _extent(content, before.max_zoom):
            extents[key] = extent
    return _put_root(pool, names, extents, before.max_zoom)


def _by_shard(tiles: Mapping[Tile, _Name]) -> dict[str, list[tuple[Tile, _Name]]]:
    shards: dict[str, list[tuple[Tile, _Name]]] = defaultdict(list)
    for tile, name in tiles.items():
        shards[shard_key(tile)].append((tile, name))
    return shards


def _put(pool: FilePool, document: Mapping[str, object]) -> str:
    return pool.put(orjson.dumps(document, option=orjson.OPT_SORT_KEYS), ".json")


def _put_root(
    pool: FilePool, shards: Mapping[str, str], extents: Mapping[str, _Extent], max_zoom: int
) -> str:
    return _put(pool, {"max_zoom": max_zoom, "shards": shards, "extents": extents})


def _extent(content: Iterable[str], max_zoom: int) -> _Extent | None:
    """Columns and rows that the tiles of max_zoom in a shard span."""
    ending = f"{max_zoom}/"
    places = [place.split("/") for place in content if place.startswith(ending)]
    if not places:
        return None
    columns, rows = [int(place[1]) for place in places], [int(place[2]) for place in places]
    return min(columns), min(rows), max(columns), max(rows)


def _place(tile: Tile) -> str:
    zoom, column, row = tile
    return f"{zoom}/{column}/{row}"


def _widened(low: float, high: float) -> Iterable[tuple[float, float]]:
    return (low, -MARGIN), (high, MARGIN)


def _cell(place: float, count: int) -> int:
    return max(0, min(count - 1, int(np.floor(place))))


def _world_y(lat: float) -> float:
    return 0.5 - float(np.arcsinh(np.tan(np.radians(np.clip(lat, -85.05112878, 85.05112878))))) / (2 * np.pi)


def _latitude(world_y: float) -> float:
    return float(np.degrees(np.arctan(np.sinh((0.5 - world_y) * 2 * np.pi))))
