"""Buildings to 3D Tiles 1.1: from columns of footprints to content-hashed glb files and their tileset.json."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from xiaoyuan.tiling.arrays import Bounds, Bytes, Floats, Ints, Objects
from xiaoyuan.tiling.building_tiles import TileWriter
from xiaoyuan.tiling.elevation import Terrain
from xiaoyuan.tiling.errors import ColumnError
from xiaoyuan.tiling.footprints import Footprints, prepare
from xiaoyuan.tiling.grid import cell_key, cell_of
from xiaoyuan.tiling.palette import flat_roof_colours, roof_colours, wall_colours
from xiaoyuan.tiling.solids import FLAT, HIP, Solids, resolve_heights, stand_on
from xiaoyuan.tiling.terrain_tiles import rendered_height
from xiaoyuan.tiling.tileset import FAR_LEVEL, Tile, write_tileset
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
    writer = TileWriter(out)
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
