"""The glb files of one far cell after the other: looks cut into tiles, placed on the globe, named by content."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xiaoyuan.tiling.arrays import Floats, Ints
from xiaoyuan.tiling.detail_levels import blocks_of, far, middle, near
from xiaoyuan.tiling.ellipsoid import east_north_up, to_ecef
from xiaoyuan.tiling.faces import Primitive
from xiaoyuan.tiling.files import content_name, write_gzip
from xiaoyuan.tiling.footprints import Footprints
from xiaoyuan.tiling.glb import FeatureTable, to_glb
from xiaoyuan.tiling.grid import cell_bounds, cell_from_key, cell_key, cell_of
from xiaoyuan.tiling.solids import Solids
from xiaoyuan.tiling.tileset import (
    FAR_LEVEL,
    GEOMETRIC_ERROR_M,
    MIDDLE_LEVEL,
    NEAR_LEVEL,
    Extent,
    Tile,
)


class TileWriter:
    """Writes glb files and counts them."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.tiles = 0
        self.bytes_written = 0

    def cell(self, key: int, solids: Solids, cid: NDArray[np.uint32]) -> Tile:
        """The far tile of a cell with its middle and near ones."""
        column, row = cell_from_key(key)
        west, south, east, north = cell_bounds(FAR_LEVEL, column, row)
        lon, lat = np.asarray((west + east) / 2), np.asarray((south + north) / 2)
        # All content of a cell is placed in the frame of the cell's centre: it depends on no neighbour.
        place = _Frame(to_ecef(lon, lat, np.asarray(0.0)), east_north_up(lon, lat))
        blocks = blocks_of(solids)
        far_table = FeatureTable(
            np.zeros(len(blocks.buildings), np.uint32),
            np.zeros(len(blocks.buildings), np.int64),
            blocks.solids.height_m.astype(np.float32),
        )
        one_tile = np.zeros(len(far_table), np.int64)
        tile = self._level(FAR_LEVEL, far(blocks), blocks.solids.footprints, one_tile, far_table, place)[0]
        tile.frame = place.matrix()
        table = FeatureTable(cid, solids.storeys, solids.height_m.astype(np.float32))
        middles = self._group(MIDDLE_LEVEL, middle, solids, table, place)
        nears = self._group(NEAR_LEVEL, near, solids, table, place)
        for key_near, child in nears.items():
            column, row = cell_from_key(key_near)
            middles[int(cell_key(np.asarray(column >> 1), np.asarray(row >> 1)))].children.append(child)
        tile.children = list(middles.values())
        return tile

    def _group(
        self,
        level: int,
        look: Callable[[Solids], dict[str, Primitive]],
        solids: Solids,
        table: FeatureTable,
        place: "_Frame",
    ) -> dict[int, Tile]:
        """Tiles of one level of detail by cell key."""
        anchor = solids.footprints.anchor_deg
        keys, number = np.unique(cell_key(*cell_of(anchor[:, 0], anchor[:, 1], level)), return_inverse=True)
        tiles = self._level(level, look(solids), solids.footprints, number.ravel(), table, place)
        return dict(zip(keys.tolist(), tiles, strict=True))

    def _level(
        self,
        level: int,
        primitives: dict[str, Primitive],
        prints: Footprints,
        tile_of: Ints,
        table: FeatureTable,
        place: "_Frame",
    ) -> list[Tile]:
        """Write one glb for each tile number; tile_of: (n) number of each building's tile."""
        count = int(tile_of.max()) + 1
        # Row of a building inside its tile's table.
        order = np.argsort(tile_of, kind="stable")
        first = np.searchsorted(tile_of[order], np.arange(count + 1))
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order)) - first[tile_of[order]]
        pieces: dict[str, list[_Piece]] = {
            material: _cut(primitive, prints, tile_of, rank, count, place)
            for material, primitive in primitives.items()
        }
        tiles = []
        for number in range(count):
            members = order[first[number] : first[number + 1]]
            data = to_glb(
                {material: cut[number].primitive for material, cut in pieces.items()},
                FeatureTable(table.cid[members], table.storeys[members], table.height_m[members]),
            )
            name = content_name(data, ".glb")
            self.bytes_written += write_gzip(self.out / name, data)
            self.tiles += 1
            extents = [cut[number].extent for cut in pieces.values()]
            known = [extent for extent in extents if extent is not None]
            whole = known[0]
            for extent in known[1:]:
                whole = whole.grown(extent)
            tiles.append(Tile(whole, GEOMETRIC_ERROR_M[level], uri=name))
        return tiles


@dataclass(frozen=True)
class _Frame:
    """Where a cell's metres lie on the globe."""

    origin: Floats
    axes: Floats

    def to_local(self, ecef: Floats) -> Floats:
        return np.asarray((ecef - self.origin) @ self.axes.T)

    def matrix(self) -> list[float]:
        out = np.eye(4)
        out[:3, :3] = self.axes.T
        out[:3, 3] = self.origin
        return list(map(float, out.T.ravel()))


@dataclass(frozen=True)
class _Piece:
    primitive: Primitive
    extent: Extent | None


def _cut(
    primitive: Primitive, prints: Footprints, tile_of: Ints, rank: Ints, count: int, place: _Frame
) -> list[_Piece]:
    """A primitive's vertices placed in the frame and dealt out to `count` tiles."""
    owner = primitive.owner
    tile = tile_of[owner]
    order = np.argsort(tile, kind="stable")
    new = np.empty(len(order), np.int64)
    new[order] = np.arange(len(order))
    degrees = prints.anchor_deg[owner] + primitive.positions_m[:, :2] / prints.metres_per_degree[owner]
    height = primitive.positions_m[:, 2]
    positions = place.to_local(to_ecef(degrees[:, 0], degrees[:, 1], height))
    triangles = new[primitive.triangles]
    triangle_tile = tile[primitive.triangles[:, 0]]
    triangle_order = np.argsort(triangle_tile, kind="stable")
    vertex_cuts = np.searchsorted(tile[order], np.arange(count + 1))
    triangle_cuts = np.searchsorted(triangle_tile[triangle_order], np.arange(count + 1))
    pieces = []
    for number in range(count):
        chosen = order[vertex_cuts[number] : vertex_cuts[number + 1]]
        members = triangle_order[triangle_cuts[number] : triangle_cuts[number + 1]]
        part = Primitive(
            positions[chosen],
            primitive.normals[chosen],
            primitive.uv[chosen],
            primitive.colour[chosen],
            rank[owner[chosen]],
            triangles[members] - vertex_cuts[number],
        )
        extent = None
        if len(chosen):
            west, south = degrees[chosen].min(0)
            east, north = degrees[chosen].max(0)
            low, high = height[chosen].min(), height[chosen].max()
            extent = Extent(*map(float, (west, south, east, north, low, high)))
        pieces.append(_Piece(part, extent))
    return pieces
