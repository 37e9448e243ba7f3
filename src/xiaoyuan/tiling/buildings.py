"""Buildings to 3D Tiles 1.1: from columns of footprints to content-hashed glb files and their tileset.json."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from xiaoyuan.tiling.arrays import Bounds, Bytes, Floats, Ints, Objects
from xiaoyuan.tiling.detail_levels import blocks_of, far, middle, near
from xiaoyuan.tiling.elevation import Terrain
from xiaoyuan.tiling.ellipsoid import east_north_up, to_ecef
from xiaoyuan.tiling.errors import ColumnError
from xiaoyuan.tiling.faces import Primitive
from xiaoyuan.tiling.files import content_name, write_gzip
from xiaoyuan.tiling.footprints import Footprints, prepare
from xiaoyuan.tiling.glb import FeatureTable, to_glb
from xiaoyuan.tiling.grid import cell_bounds, cell_from_key, cell_key, cell_of
from xiaoyuan.tiling.palette import flat_roof_colours, roof_colours, wall_colours
from xiaoyuan.tiling.solids import FLAT, HIP, Solids, resolve_heights, stand_on
from xiaoyuan.tiling.terrain_tiles import rendered_height
from xiaoyuan.tiling.tileset import (
    FAR_LEVEL,
    GEOMETRIC_ERROR_M,
    MIDDLE_LEVEL,
    NEAR_LEVEL,
    Extent,
    Tile,
    write_tileset,
)
from xiaoyuan.tiling.wings import find_wings

DEFAULT_STOREYS = 1
TILESET = "tileset.json"


@dataclass(frozen=True)
class BuildingSet:
    """Columns of n buildings."""

    cid: NDArray[np.uint32]
    """Unique, above 0."""
    footprint: Objects
    """Polygon or MultiPolygon in degrees (EPSG:4490 or 4326)."""
    height_m: Floats
    """Ground floor to eaves or flat roof; nan where unknown."""
    storeys: NDArray[np.int32]
    """0 where unknown."""
    roof: Bytes
    """0 flat, 1 gable, 2 hip."""
    structure: Bytes
    """0 unknown, 1 concrete or brick, 2 brick and timber, 3 earth or timber; decides colours only."""

    def __post_init__(self) -> None:
        """Refuse columns that do not fit together."""
        for name in self.__dataclass_fields__:
            if len(getattr(self, name)) != len(self.cid):
                raise ColumnError(
                    f"Column {name} has {len(getattr(self, name))} rows, cid has {len(self.cid)}."
                )
        if len(np.unique(self.cid)) != len(self.cid):
            raise ColumnError("Column cid names a building twice.")
        if (self.cid == 0).any():
            raise ColumnError("Column cid holds 0, which stands for no building.")
        if (self.roof > HIP).any():
            raise ColumnError(
                f"Column roof holds {int(self.roof.max())}; known are 0 flat, 1 gable and 2 hip."
            )

    def __len__(self) -> int:
        return len(self.cid)

    def sorted_by_cid(self) -> "BuildingSet":
        """The same buildings in an order that does not depend on where they came from."""
        order = np.argsort(self.cid, kind="stable")
        return BuildingSet(*(getattr(self, name)[order] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class TilesetReport:
    """What `build_buildings` wrote, and what it made of imperfect input."""

    tileset: str | None
    """Name of the entry document under `out`, None when no building was usable."""
    built: int
    dropped: list[tuple[int, str]]
    """Id and reason of buildings without usable footprint."""
    repaired: list[tuple[int, str]]
    """Id and reason of buildings whose rings were put right."""
    height_from_storeys: int
    storeys_from_height: int
    storeys_from_default: int
    default_storeys: int
    roofs_flattened: list[int]
    """Ids of buildings that asked for a pitched roof over a footprint that can carry only a flat one."""
    outside_terrain: list[int]
    """Ids of buildings that stand where the elevation model has no data; empty without one."""
    tiles: int
    bytes_written: int
    bounds: Bounds | None
    height_range_m: tuple[float, float] | None


def build_buildings(
    buildings: BuildingSet, terrain: Terrain | None, out: Path, *, default_storeys: int = DEFAULT_STOREYS
) -> TilesetReport:
    """Write ``tileset.json`` (plain) and ``<hash>.glb`` (gzip at rest) under `out`.

    Buildings stand on the terrain as it is rendered, without terrain at height 0. default_storeys: for buildings
    of which neither height nor storeys are known. Equal input gives equal files; a change touches only the tiles
    that hold it.
    """
    buildings = buildings.sorted_by_cid()
    resolved = resolve_heights(buildings.height_m, buildings.storeys.astype(np.int64), default_storeys)
    cells: list[Tile] = []
    dropped: list[tuple[int, str]] = []
    repaired: list[tuple[int, str]] = []
    flattened: list[int] = []
    outside: list[int] = []
    writer = _Writer(out)
    built = 0
    for key, members in _far_cells(buildings):
        prints = prepare(buildings.cid[members], buildings.footprint[members])
        dropped += prints.dropped
        repaired += prints.repaired
        if not len(prints.row):
            continue
        row = members[prints.row]
        cid = buildings.cid[row]
        bottom, floor, is_outside = _ground(prints, terrain)
        outside += cid[is_outside].tolist()
        wings = find_wings(prints.part)
        asked = buildings.roof[row].astype(np.int64)[prints.part_owner]
        flattened += np.unique(cid[prints.part_owner[(asked != FLAT) & ~wings.roofable]]).tolist()
        solids = Solids(
            footprints=prints,
            wings=wings,
            bottom_m=bottom,
            floor_m=floor,
            height_m=resolved.height_m[row],
            storeys=resolved.storeys[row],
            pitched=np.where(wings.roofable, asked, FLAT),
            wall_colour=wall_colours(cid, buildings.structure[row]),
            roof_colour=roof_colours(cid, buildings.structure[row]),
            flat_colour=flat_roof_colours(cid),
        )
        cells.append(writer.cell(key, solids, cid))
        built += len(row)
    extent = write_tileset(out / TILESET, cells) if cells else None
    return TilesetReport(
        tileset=TILESET if cells else None,
        built=built,
        dropped=sorted(dropped),
        repaired=sorted(repaired),
        height_from_storeys=resolved.height_from_storeys,
        storeys_from_height=resolved.storeys_from_height,
        storeys_from_default=resolved.storeys_from_default,
        default_storeys=default_storeys,
        roofs_flattened=sorted(flattened),
        outside_terrain=sorted(outside),
        tiles=writer.tiles,
        bytes_written=writer.bytes_written,
        bounds=extent.bounds if extent else None,
        height_range_m=(extent.low_m, extent.high_m) if extent else None,
    )


def _far_cells(buildings: BuildingSet) -> list[tuple[int, Ints]]:
    """Grid cells with the rows of the buildings whose bounding box is centred in them.

    Whatever has no place on the globe goes into the first cell, where it is dropped with its reason.
    """
    bounds = np.nan_to_num(shapely.bounds(buildings.footprint), nan=0.0, posinf=0.0, neginf=0.0)
    centre = (bounds[:, :2] + bounds[:, 2:]) / 2
    keys = cell_key(*cell_of(centre[:, 0], centre[:, 1], FAR_LEVEL))
    return [(int(key), np.flatnonzero(keys == key)) for key in np.unique(keys)]


def _ground(prints: Footprints, terrain: Terrain | None) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Foot of the plinth, floor, and whether the elevation model lacks data, of each building."""
    count = len(prints.row)
    points, part = shapely.get_coordinates(prints.part, return_index=True)
    owner = prints.part_owner[part]
    if terrain is None:
        return *stand_on(np.zeros(len(points)), owner, count), np.zeros(count, bool)
    degrees = prints.anchor_deg[owner] + points / prints.metres_per_degree[owner]
    bottom, floor = stand_on(rendered_height(terrain, degrees[:, 0], degrees[:, 1]), owner, count)
    unknown = np.isnan(terrain.sample(prints.anchor_deg[:, 0], prints.anchor_deg[:, 1]))
    return bottom, floor, unknown


class _Writer:
    """Writes the glb files of one far cell after the other and counts them."""

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
