"""One layer made ready once, then cut into the tiles of any zooms: its part of each tile as bytes.

What a tile holds depends on the features that touch it and on nothing else: not on the order of the input, not on
the tiles that are made along with it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import shapely

from xiaoyuan.tiling.arrays import AnyArray, Flags, Floats, Ints, Objects, ranges, run_starts
from xiaoyuan.tiling.protobuf import bytes_field, number_field
from xiaoyuan.tiling.ring_paths import rounded_rings
from xiaoyuan.tiling.tile_geometry import (
    BUFFER,
    COVER,
    EXTENT,
    SMALLEST_AREA,
    clipped,
    joined_paths,
    moved,
    paths_of,
    rounded,
    shapes_to_world,
    simplified,
    to_world,
)
from xiaoyuan.tiling.vector_index import SHARD_ZOOM
from xiaoyuan.tiling.vector_layer import POLYGONS, VectorLayer
from xiaoyuan.tiling.vector_messages import TILE_LAYER, Paths, feature_fields
from xiaoyuan.tiling.vector_values import encoded_column, value_tables
from xiaoyuan.tiling.wkb import RaggedPolygons

CHUNK = 1 << 15
"""Features encoded at once: their arrays stay in the processor's cache."""
_FEW_TILES = 4
"""A shape over more tiles than that is cut from its piece in the tile above."""
_MARGIN = 80

Places = dict[int, tuple[Ints, Ints]]
"""Columns and rows of tiles by zoom."""


@dataclass(frozen=True)
class LayerTile:
    """A layer's part of one tile."""

    zoom: int
    column: int
    row: int
    message: bytes


@dataclass(frozen=True)
class _Window:
    """Some tiles of a zoom, numbered along the columns of the rectangle around them."""

    west: int
    north: int
    is_wanted: Flags
    """(wide, high)"""

    @classmethod
    def around(cls, columns: Ints, rows: Ints) -> "_Window":
        west, north = int(columns.min()), int(rows.min())
        is_wanted = np.zeros((int(columns.max()) - west + 1, int(rows.max()) - north + 1), bool)
        is_wanted[columns - west, rows - north] = True
        return cls(west, north, is_wanted)

    def corner(self, slot: Ints) -> Ints:
        """Column and row (f, 2) of tiles by number."""
        high = self.is_wanted.shape[1]
        return np.stack([slot // high + self.west, slot % high + self.north], 1)


@dataclass(frozen=True)
class _Pieces:
    """Features by the tiles they touch, sorted by tile, then feature."""

    row: Ints
    slot: Ints
    is_inside: Flags
    """Whether the feature lies in the buffered tile with all of its vertices."""

    def __getitem__(self, which: AnyArray | slice) -> "_Pieces":
        return _Pieces(self.row[which], self.slot[which], self.is_inside[which])


@dataclass(frozen=True)
class _Cut:
    """Pieces of large shapes in the tiles of one zoom: in units of the tile, clipped, not rounded."""

    key: Ints
    """Ascending, see `_piece_key`."""
    piece: Objects


class PreparedLayer:
    """n features in the order of their cids, projected once for all zooms."""

    def __init__(self, layer: VectorLayer) -> None:
        order = np.argsort(layer.cid, kind="stable")
        self.name, self.kind, self.min_zoom = layer.name, layer.kind, layer.min_zoom
        self.cid = layer.cid[order].astype(np.int64)
        self.keys = [bytes_field(3, name.encode()) for name in layer.properties]
        self.columns = [encoded_column(np.asarray(column)[order]) for column in layer.properties.values()]
        self.shown = np.zeros(len(order), bool)
        """(n): features drawn at the highest zoom asked for."""
        self.repaired = 0
        is_sorted = bool((order[1:] > order[:-1]).all())
        geometry = layer.geometry if is_sorted else layer.geometry[order]
        if self.kind == POLYGONS:
            self._take_polygons(geometry)
        else:
            shapes = geometry.shapes() if isinstance(geometry, RaggedPolygons) else geometry
            self.odd_row = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
            self.odd = shapes_to_world(shapes[self.odd_row])
            self.start = np.zeros(len(order) + 1, np.int64)
            self.world = np.zeros((0, 2))
        self.is_plain = np.diff(self.start) > 0
        self.box, self.area = self._measured()

    def __len__(self) -> int:
        return len(self.cid)

    def _take_polygons(self, geometry: Objects | RaggedPolygons) -> None:
        if isinstance(geometry, RaggedPolygons):
            polygons, shapes = geometry, geometry.shapes()
        else:
            polygons, shapes = RaggedPolygons.from_shapes(geometry), geometry
        broken = np.flatnonzero(~shapely.is_valid(shapes) & ~shapely.is_missing(shapes))
        self.repaired = len(broken)
        if broken.size:
            shapes = shapes.copy()
            shapes[broken] = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
            polygons = RaggedPolygons.from_shapes(shapes)
        is_shape = ~(shapely.is_missing(polygons.odd) | shapely.is_empty(polygons.odd))
        self.odd_row, self.odd = polygons.odd_row[is_shape], shapes_to_world(polygons.odd[is_shape])
        self.start, self.world = polygons.start, to_world(polygons.points)

    def _measured(self) -> tuple[Floats, Floats]:
        """Boxes (n, 4) and areas (n) in the world; rings are turned clockwise as seen with y downwards."""
        box, area = np.full((len(self), 4), np.nan), np.full(len(self), np.inf)
        plain = np.flatnonzero(self.is_plain)
        if plain.size:
            first, size = self.start[plain], np.diff(self.start)[plain]
            x, y = np.ascontiguousarray(self.world[:, 0]), np.ascontiguousarray(self.world[:, 1])
            for axis, (ufunc, values) in enumerate(
                ((np.minimum, x), (np.minimum, y), (np.maximum, x), (np.maximum, y))
            ):
                box[plain, axis] = ufunc.reduceat(values, first)
            # About a corner of each ring, so that no digits are lost.
            x -= np.repeat(box[plain, 0], size)
            y -= np.repeat(box[plain, 1], size)
            after = np.arange(1, len(x) + 1)
            after[first + size - 1] = first
            double = np.add.reduceat(x * y[after] - x[after] * y, first)
            area[plain] = np.abs(double) / 2
            turned = np.flatnonzero(double < 0)
            number = ranges(size[turned])
            at = np.repeat(first[turned], size[turned])
            last = np.repeat(size[turned] - 1, size[turned])
            self.world[at + number] = self.world[at + last - number]
        box[self.odd_row] = shapely.bounds(self.odd)
        if self.kind == POLYGONS:
            area[self.odd_row] = shapely.area(self.odd)
        return box, area

    def shards(self) -> tuple[Ints, Ints, list[Ints]]:
        """Column and row of each tile of SHARD_ZOOM that holds features, and which features."""
        first, last = self._reach(self.box * (EXTENT << SHARD_ZOOM), _MARGIN, SHARD_ZOOM)
        row, cells = _expanded(first, last)
        key = cells[:, 0] << 32 | cells[:, 1]
        order = np.argsort(key, kind="stable")
        starts = run_starts(key[order])
        members = np.split(row[order], starts[1:]) if starts.size else []
        return cells[order[starts], 0], cells[order[starts], 1], members

    def far_places(self, max_zoom: int) -> Places:
        """All tiles of the zooms below SHARD_ZOOM that the layer may touch."""
        places: Places = {}
        for zoom in range(self.min_zoom, min(SHARD_ZOOM - 1, max_zoom) + 1):
            first, last = self._reach(self.box * (EXTENT << zoom), _MARGIN, zoom)
            if np.isfinite(self.box).any():
                west, north = first[first[:, 0] <= last[:, 0]].min(0)
                east, south = last.max(0)
                columns, rows = np.mgrid[west : east + 1, north : south + 1]
                places[zoom] = columns.ravel(), rows.ravel()
        return places

    def tiles(
        self, rows: Ints, wanted: Mapping[int, tuple[Ints, Ints]], max_zoom: int
    ) -> Iterator[LayerTile]:
        """Cut features `rows` (ascending) into the wanted tiles."""
        cut = _Cut(np.zeros(0, np.int64), np.zeros(0, object))
        for zoom, places in sorted(_with_ancestors(wanted, self.min_zoom).items()):
            step = rounding_step(zoom, max_zoom)
            window = _Window.around(*places)
            spans = self._spans(rows, zoom)
            is_large = spans > _FEW_TILES if self.kind == POLYGONS else np.zeros(len(rows), bool)
            large = self._pieces(rows[is_large], zoom, step, window)
            cut = self._cut_large(large, window, cut, zoom)
            if zoom not in wanted:
                continue
            window = _Window.around(*wanted[zoom])
            shown = rows[self.area[rows] * float(EXTENT << zoom) ** 2 >= SMALLEST_AREA]
            pieces = self._pieces(shown, zoom, step, window)
            units = self._odd_in_units(shown, zoom, step)
            for chunk in _chunks(pieces.slot):
                yield from self._encoded(pieces[chunk], window, zoom, step, cut, units, zoom == max_zoom)

    def _spans(self, rows: Ints, zoom: int) -> Ints:
        first, last = self._reach(self.box[rows] * (EXTENT << zoom), BUFFER, zoom)
        return np.asarray(np.prod(last - first + 1, axis=1))

    def _reach(self, box: Floats, margin: int, zoom: int) -> tuple[Ints, Ints]:
        """First and last column and row (n, 2) that boxes in units touch; the last before the first for nothing."""
        filled = np.where(np.isfinite(box), box, 0)
        first = np.floor((filled[:, :2] - margin) / EXTENT).astype(np.int64)
        last = np.ceil((filled[:, 2:] + margin) / EXTENT).astype(np.int64) - 1
        first, last = np.maximum(first, 0), np.minimum(last, (1 << zoom) - 1)
        last[np.isnan(box[:, 0])] = -1
        first[np.isnan(box[:, 0])] = 0
        return first, last

    def _pieces(self, rows: Ints, zoom: int, step: int, window: _Window) -> _Pieces:
        box = np.rint(self.box[rows] * ((EXTENT << zoom) / step)) * step
        first, last = self._reach(box, BUFFER, zoom)
        wide, high = window.is_wanted.shape
        corner = np.array([window.west, window.north])
        first, last = np.maximum(first - corner, 0), np.minimum(last - corner, [wide - 1, high - 1])
        number, cells = _expanded(first, last)
        if not window.is_wanted.all():
            kept = window.is_wanted[cells[:, 0], cells[:, 1]]
            number, cells = number[kept], cells[kept]
        slot = cells[:, 0] * high + cells[:, 1]
        # Few tiles fit into 16 bits, which sort in one pass.
        order = np.argsort(slot.astype(np.uint16) if wide * high < 1 << 16 else slot, kind="stable")
        slot, number = slot[order], number[order]
        origin = window.corner(slot) * EXTENT
        inside = np.asarray((box[number, :2] >= origin - BUFFER).all(1))
        inside &= (box[number, 2:] <= origin + EXTENT + BUFFER).all(1)
        return _Pieces(rows[number], slot, inside)

    def _cut_large(self, pieces: _Pieces, window: _Window, above: _Cut, zoom: int) -> _Cut:
        """Cut shapes over many tiles: from their pieces in the tiles above, where they already were large."""
        if not pieces.row.size:
            return _Cut(np.zeros(0, np.int64), np.zeros(0, object))
        place = window.corner(pieces.slot)
        out = np.empty(len(pieces.row), object)
        parent, is_cut = _looked_up(above.key, _piece_key(pieces.row, place >> 1))
        if is_cut.any():
            from_above = above.piece[parent[is_cut]]
            is_cover = from_above == COVER
            parts = np.full(len(from_above), COVER, object)
            parts[~is_cover] = clipped(
                moved(from_above[~is_cover], 2.0, (place[is_cut] & 1)[~is_cover] * EXTENT)
            )
            out[is_cut] = parts
        fresh = np.flatnonzero(~is_cut)
        if fresh.size:
            out[fresh] = clipped(self._in_units(pieces.row[fresh], place[fresh] * EXTENT, zoom))
        key = _piece_key(pieces.row, place)
        order = np.argsort(key)
        return _Cut(key[order], out[order])

    def _in_units(self, rows: Ints, origin: Ints, zoom: int) -> Objects:
        """Shapes as shapely geometries in units from `origin` (f, 2)."""
        out = np.empty(len(rows), object)
        is_plain = self.is_plain[rows]
        plain = rows[is_plain]
        if plain.size:
            size = np.diff(self.start)[plain]
            number = ranges(size + 1)
            at = np.repeat(self.start[plain], size + 1) + number % np.repeat(size, size + 1)
            corners = self.world[at] * float(EXTENT << zoom) - np.repeat(origin[is_plain], size + 1, axis=0)
            ends = np.concatenate([[0], np.cumsum(size + 1)])
            out[is_plain] = shapely.from_ragged_array(
                shapely.GeometryType.POLYGON, corners, (ends, np.arange(len(plain) + 1))
            )
        if not is_plain.all():
            odd, _ = _looked_up(self.odd_row, rows[~is_plain])
            out[~is_plain] = moved(self.odd[odd], float(EXTENT << zoom), origin[~is_plain])
        return out

    def _odd_in_units(self, rows: Ints, zoom: int, step: int) -> Objects:
        """Lines and points, simplified, in units of the zoom; in the order of odd_row, None where not in `rows`."""
        units = np.full(len(self.odd_row), None, object)
        if self.kind != POLYGONS:
            number, _ = _looked_up(self.odd_row, rows[np.isfinite(self.box[rows, 0])])
            shapes = moved(self.odd[number], float(EXTENT << zoom), np.zeros((len(number), 2)))
            units[number] = simplified(shapes, self.kind, step)
        return units

    def _encoded(
        self, pieces: _Pieces, window: _Window, zoom: int, step: int, cut: _Cut, units: Objects, is_last: bool
    ) -> Iterator[LayerTile]:
        place = window.corner(pieces.slot)
        paths, drawn = self._paths(pieces, place, zoom, step, cut, units)
        if not drawn.size:
            return
        row, slot = pieces.row[drawn], pieces.slot[drawn]
        if is_last:
            self.shown[row] = True
        starts = run_starts(slot)
        tile = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(slot))))
        indices, tables = value_tables(self.columns, row, tile)
        fields, ends = feature_fields(self.kind, self.cid[row], indices, paths)
        stream = fields.tobytes()
        tile_ends = ends[np.append(starts[1:], len(slot)) - 1].tolist()
        head = bytes_field(1, self.name.encode())
        keys = b"".join(self.keys)
        tail = number_field(5, EXTENT) + number_field(15, 2)
        places = place[drawn][starts].tolist()
        for (column, line), begin, end, table in zip(
            places, [0, *tile_ends[:-1]], tile_ends, tables, strict=True
        ):
            message = b"".join([head, stream[begin:end], keys, table, tail])
            yield LayerTile(zoom, column, line, bytes_field(TILE_LAYER, message))

    def _paths(
        self, pieces: _Pieces, place: Ints, zoom: int, step: int, cut: _Cut, units: Objects
    ) -> tuple[Paths, Ints]:
        """Drawing paths of the pieces, and which pieces draw anything."""
        is_quick = self.is_plain[pieces.row] & pieces.is_inside
        quick = np.flatnonzero(is_quick)
        paths, kept = rounded_rings(
            self.world, self.start, pieces.row[quick], place[quick] * EXTENT, float(EXTENT << zoom), step
        )
        is_quick[quick[~kept]] = False
        slow = np.flatnonzero(~is_quick)
        quick = quick[kept]
        if not slow.size:
            return paths, quick
        local = self._clipped(pieces[slow], place[slow], zoom, cut, units)
        others, shown = paths_of(rounded(local, self.kind, step), self.kind)
        slow = slow[shown]
        drawn = np.sort(np.concatenate([quick, slow]))
        return joined_paths(paths, others, np.searchsorted(drawn, quick), np.searchsorted(drawn, slow)), drawn

    def _clipped(self, pieces: _Pieces, place: Ints, zoom: int, cut: _Cut, units: Objects) -> Objects:
        """Pieces in units of their tiles, by shapely."""
        out = np.empty(len(pieces.row), object)
        number, is_cut = _looked_up(cut.key, _piece_key(pieces.row, place))
        out[is_cut] = cut.piece[number[is_cut]]
        rest = np.flatnonzero(~is_cut)
        origin = place[rest] * EXTENT
        if self.kind == POLYGONS:
            local = self._in_units(pieces.row[rest], origin, zoom)
        else:
            odd, _ = _looked_up(self.odd_row, pieces.row[rest])
            local = moved(units[odd], 1.0, origin)
        crossing = ~pieces.is_inside[rest]
        local[crossing] = clipped(local[crossing])
        out[rest] = local
        return out


def rounding_step(zoom: int, max_zoom: int) -> int:
    """Units (1/4096 of a tile) that vertices are rounded to: a pixel far out, nothing lost at max_zoom."""
    if zoom >= max_zoom:
        return 1
    return 8 if zoom <= 10 else 4 if zoom <= 12 else 2


def _with_ancestors(wanted: Mapping[int, tuple[Ints, Ints]], min_zoom: int) -> Places:
    """The wanted tiles and all above them from min_zoom on."""
    places: Places = {}
    columns = rows = np.zeros(0, np.int64)
    for zoom in range(max(wanted, default=-1), min_zoom - 1, -1):
        if zoom in wanted:
            columns = np.concatenate([columns, wanted[zoom][0]])
            rows = np.concatenate([rows, wanted[zoom][1]])
        if columns.size:
            places[zoom] = columns, rows
            above = np.unique((columns >> 1) << 32 | rows >> 1)
            columns, rows = above >> 32, above & 0xFFFFFFFF
    return places


def _expanded(first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """Number of each rectangle of cells (n, 2), repeated for each of its cells, and these cells (m, 2)."""
    wide = np.maximum(last - first + 1, 0)
    count = wide[:, 0] * wide[:, 1]
    if (count == 1).all():
        return np.arange(len(first)), first
    number = np.repeat(np.arange(len(first)), count)
    offset = ranges(count)
    return number, first[number] + np.stack([offset % wide[number, 0], offset // wide[number, 0]], 1)


def _chunks(slot: Ints) -> Iterator[slice]:
    """Whole tiles of about CHUNK features."""
    starts = run_starts(slot)
    begin = 0
    while begin < len(slot):
        later = starts[np.searchsorted(starts, begin + CHUNK, side="right") - 1 :]
        end = int(later[0]) if later[0] > begin else int(later[1]) if len(later) > 1 else len(slot)
        if begin + CHUNK >= len(slot):
            end = len(slot)
        yield slice(begin, end)
        begin = end


def _piece_key(row: Ints, place: Ints) -> Ints:
    key: Ints = row << 36 | place[:, 0] << 18 | place[:, 1]
    return key


def _looked_up(ascending: Ints, wanted: Ints) -> tuple[Ints, Flags]:
    """Index of each wanted value, and whether it is there at all."""
    if not ascending.size:
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), bool)
    at = np.minimum(np.searchsorted(ascending, wanted), len(ascending) - 1)
    return at, ascending[at] == wanted
