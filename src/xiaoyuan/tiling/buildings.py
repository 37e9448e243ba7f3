"""Buildings to 3D Tiles 1.1: from columns of footprints to content-hashed glb files and their tileset.json."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from xiaoyuan.tiling.arrays import Bounds, Bytes, Floats, Ints, Objects, run_starts
from xiaoyuan.tiling.building_cells import (
    BuildingScene,
    CellState,
    Findings,
    MiddleState,
    NearState,
    assemble,
    far_key,
    files_of,
    pool_state,
    replace_cells,
)
from xiaoyuan.tiling.building_tiles import MIDDLE_STEP_M, NEAR_STEP_M, FeatureTable, tiles_of
from xiaoyuan.tiling.detail_levels import middle, near
from xiaoyuan.tiling.elevation import Terrain
from xiaoyuan.tiling.errors import ColumnError
from xiaoyuan.tiling.footprints import Footprints, prepare
from xiaoyuan.tiling.grid import cell_bounds, cell_from_key
from xiaoyuan.tiling.palette import flat_roof_colours, roof_colours, wall_colours
from xiaoyuan.tiling.places import Places
from xiaoyuan.tiling.placing import blocks, extents_of, place_solids
from xiaoyuan.tiling.pool import FilePool
from xiaoyuan.tiling.slopes import find_slopes
from xiaoyuan.tiling.solids import FLAT, HIP, Resolved, Solids, resolve_heights, stand_on
from xiaoyuan.tiling.terrain_tiles import rendered_height
from xiaoyuan.tiling.tileset import BLOCK_LEVEL, FAR_LEVEL, MIDDLE_LEVEL, NEAR_LEVEL, Extent, read_root
from xiaoyuan.tiling.walls import Placed
from xiaoyuan.tiling.wings import find_wings
from xiaoyuan.tiling.wkb import RaggedPolygons

__all__ = [
    "BuildingScene",
    "BuildingSet",
    "CellState",
    "TilesetReport",
    "assemble",
    "build_buildings",
    "build_cells",
    "cell_box",
    "files_of",
    "middle_cells",
    "rebuild_buildings",
]

DEFAULT_STOREYS = 1
LARGEST_BATCH = 8_000
"""Buildings that are worked on at once, unless one middle cell holds more; bounds the memory."""


@dataclass(frozen=True)
class BuildingSet:
    """Columns of n buildings."""

    cid: NDArray[np.uint32]
    """Unique, above 0."""
    footprint: Objects | RaggedPolygons
    """Polygon or MultiPolygon in degrees (EPSG:4490 or 4326), as shapely objects or (at a fifth of the cost) arrays."""
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

    def take(self, rows: Ints) -> "BuildingSet":
        """The buildings of some rows; they are known to fit together."""
        out = object.__new__(BuildingSet)
        for name in self.__dataclass_fields__:
            object.__setattr__(out, name, getattr(self, name)[rows])
        return out

    def bounds(self) -> Floats:
        """West, south, east, north in degrees (n, 4) of each footprint."""
        shapes = self.footprint
        found = shapes.bounds() if isinstance(shapes, RaggedPolygons) else shapely.bounds(shapes)
        return np.asarray(found, np.float64)


@dataclass(frozen=True)
class TilesetReport:
    """What was built, and what was made of imperfect input; of a rebuild, what the cells made afresh have."""

    tileset: str | None
    """Pool name of the entry document, None when no building was usable."""
    scene: BuildingScene
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
    """Of the whole scene, as are the heights."""
    height_range_m: tuple[float, float] | None


def build_buildings(
    buildings: BuildingSet,
    terrain: Terrain | None,
    pool: FilePool,
    *,
    default_storeys: int = DEFAULT_STOREYS,
) -> TilesetReport:
    """Put a whole scene into the pool.

    Buildings stand on the terrain as it is rendered, without terrain at height 0. default_storeys: for buildings
    of which neither height nor storeys are known. Equal input gives equal files; a change touches only the tiles
    that hold it, and their documents.
    """
    before = pool.bytes_written
    cells = build_cells(buildings, terrain, pool, default_storeys=default_storeys)
    return report_cells(cells, pool, before=before, default_storeys=default_storeys)


def report_cells(
    cells: Mapping[int, CellState],
    pool: FilePool,
    *,
    before: int = 0,
    default_storeys: int = DEFAULT_STOREYS,
) -> TilesetReport:
    """Put the documents over cells that were built before (by other processes, perhaps) into the pool.

    before: bytes that had been written when the building of the cells began.
    """
    scene = assemble(cells, pool)
    findings = Findings()
    for cell in cells.values():
        findings.add(cell.findings)
    return _report(scene, findings, pool, pool.bytes_written - before, len(scene.cells), default_storeys)


def rebuild_buildings(
    scene: BuildingScene,
    cells: Iterable[int],
    buildings: BuildingSet,
    terrain: Terrain | None,
    pool: FilePool,
    *,
    default_storeys: int = DEFAULT_STOREYS,
) -> TilesetReport:
    """Make middle cells (their keys) afresh from all buildings that belong in them; the rest stays as it is.

    The outcome is byte for byte that of `build_buildings` with everything. Buildings of other cells are an error.
    """
    before = pool.bytes_written
    wanted = set(cells)
    made = build_cells(buildings, terrain, pool, default_storeys=default_storeys)
    findings = Findings()
    for cell in made.values():
        findings.add(cell.findings)
        if strange := set(cell.middles) - wanted:
            raise ColumnError(
                f"Buildings belong in cells {sorted(strange)}, which are not to be made afresh."
            )
    changed: dict[int, CellState] = {}
    for far in sorted({far_key(key) for key in wanted}):
        kept = pool_state(pool, scene.cells[far]).middles if far in scene.cells else {}
        middles = {key: state for key, state in kept.items() if key not in wanted}
        if far in made:
            middles |= made[far].middles
        changed[far] = CellState(middles)
    after = replace_cells(scene, changed, pool)
    blocks_made = sum(1 for cell in changed.values() if cell.middles)
    return _report(after, findings, pool, pool.bytes_written - before, blocks_made, default_storeys)


def middle_cells(bounds: Floats) -> Ints:
    """Key of the middle cell in which a building with each bounding box (n, 4) in degrees belongs."""
    return Places.of(np.asarray(bounds, np.float64).reshape(-1, 4)).keys(MIDDLE_LEVEL)


def cell_box(key: int) -> Bounds:
    """West, south, east, north in degrees of a middle cell."""
    return cell_bounds(MIDDLE_LEVEL, *cell_from_key(key))


def build_cells(
    buildings: BuildingSet,
    terrain: Terrain | None,
    pool: FilePool,
    *,
    default_storeys: int = DEFAULT_STOREYS,
) -> dict[int, CellState]:
    """Put the tiles of whole middle cells into the pool; returns their far cells' states (not yet in it) by key."""
    cells: dict[int, CellState] = {}
    order = np.argsort(buildings.cid, kind="stable")
    bounds = buildings.bounds()
    places = Places.of(bounds[order])
    by_place = np.argsort(places.code, kind="stable")
    order, places = order[by_place], Places(places.code[by_place])
    for rows in _batches(places.keys(MIDDLE_LEVEL)):
        batch = _Batch(buildings.take(order[rows]), Places(places.code[rows]), terrain, default_storeys)
        middles, findings = batch.build(pool)
        for key, found in findings.items():
            cells.setdefault(key, CellState({})).findings.add(found)
        for key, state in middles.items():
            far = cells[far_key(key)]
            far.middles[key] = state
            far.findings.tiles += 1 + len(state.nears)
    return cells


def _batches(keys: Ints) -> Iterator[slice]:
    """Runs of whole cells, up to LARGEST_BATCH rows where a cell does not hold more."""
    ends = np.append(run_starts(keys)[1:], len(keys)).tolist() if len(keys) else []
    start = last = 0
    for end in ends:
        if end - start > LARGEST_BATCH and last > start:
            yield slice(start, last)
            start = last
        last = end
    if last > start:
        yield slice(start, last)


@dataclass(frozen=True)
class _Batch:
    """Buildings of whole middle cells, sorted by place."""

    buildings: BuildingSet
    places: Places
    terrain: Terrain | None
    default_storeys: int

    def build(self, pool: FilePool) -> tuple[dict[int, MiddleState], dict[int, Findings]]:
        """Tiles and blocks of the middle cells, and what was found in the far cells."""
        buildings = self.buildings
        resolved = resolve_heights(
            buildings.height_m, buildings.storeys.astype(np.int64), self.default_storeys
        )
        prints = prepare(buildings.cid, buildings.footprint)
        row, cid = prints.row, buildings.cid[prints.row]
        wings = find_wings(prints.rings)
        asked = buildings.roof[row].astype(np.int64)[prints.part_owner]
        slopes = find_slopes(prints.rings, (asked != FLAT) & ~wings.roofable)
        roofable = wings.roofable | slopes.roofable
        bottom, floor, is_outside = _ground(prints, self.terrain)
        solids = Solids(
            footprints=prints,
            wings=wings,
            slopes=slopes,
            bottom_m=bottom,
            floor_m=floor,
            height_m=resolved.height_m[row],
            storeys=resolved.storeys[row],
            pitched=np.where(roofable, asked, FLAT),
            wall_colour=wall_colours(cid, buildings.structure[row]),
            roof_colour=roof_colours(cid, buildings.structure[row]),
            flat_colour=flat_roof_colours(cid),
        )
        flattened = prints.part_owner[(asked != FLAT) & ~roofable]
        findings = self._findings(resolved, prints, row[np.unique(flattened)], row[is_outside])
        if not len(row):
            return {}, findings
        places = Places(self.places.code[row])
        return self._cells(place_solids(solids, places), cid, places, pool), findings

    def _cells(
        self, placed: Placed, cid: NDArray[np.uint32], places: Places, pool: FilePool
    ) -> dict[int, MiddleState]:
        solids = placed.solids
        roof = np.zeros(len(cid), np.int64)
        np.maximum.at(roof, solids.footprints.part_owner, solids.pitched)
        table = FeatureTable.of(cid, solids.storeys, solids.height_m, roof)
        near_keys, middle_keys = places.keys(NEAR_LEVEL), places.keys(MIDDLE_LEVEL)
        near_first, middle_first = run_starts(near_keys), run_starts(middle_keys)
        block_first = run_starts(places.keys(BLOCK_LEVEL))
        near_uris = [
            pool.put(data, ".glb")
            for data in tiles_of(near(placed), near_first, table, NEAR_STEP_M, is_shaded=True)
        ]
        middle_uris = [
            pool.put(data, ".glb")
            for data in tiles_of(middle(placed), middle_first, table, MIDDLE_STEP_M, is_shaded=False)
        ]
        extents = extents_of(placed, near_first)
        found = blocks(placed, block_first)
        cells: dict[int, MiddleState] = {}
        near_cut = np.searchsorted(near_first, np.append(middle_first, len(cid)))
        block_cut = np.searchsorted(block_first, np.append(middle_first, len(cid)))
        for number, first in enumerate(middle_first.tolist()):
            last = int(np.append(middle_first, len(cid))[number + 1])
            nears = {
                int(near_keys[near_first[at]]): NearState(near_uris[at], extents[at])
                for at in range(near_cut[number], near_cut[number + 1])
            }
            own = found[block_cut[number] : block_cut[number + 1]].copy()
            cells[int(middle_keys[first])] = MiddleState(last - first, middle_uris[number], nears, own)
        return cells

    def _findings(
        self, resolved: Resolved, prints: Footprints, flattened: Ints, outside: Ints
    ) -> dict[int, Findings]:
        """By far cell."""
        far = self.places.keys(FAR_LEVEL)
        by_cid = dict(zip(self.buildings.cid.tolist(), far.tolist(), strict=True))
        out = {int(key): Findings() for key in far[run_starts(far)]}
        for cid, reason in prints.dropped:
            out[by_cid[cid]].dropped.append((cid, reason))
        for cid, reason in prints.repaired:
            out[by_cid[cid]].repaired.append((cid, reason))
        for rows, name in ((flattened, "flattened"), (outside, "outside")):
            for row in rows.tolist():
                getattr(out[int(far[row])], name).append(int(self.buildings.cid[row]))
        built = far[prints.row]
        for key, count in zip(*np.unique(built, return_counts=True), strict=True):
            out[int(key)].built = int(count)
        # The sums are all that is ever asked for: they are booked where the batch begins.
        first = out[int(far[0])]
        first.height_from_storeys = resolved.height_from_storeys
        first.storeys_from_height = resolved.storeys_from_height
        first.storeys_from_default = resolved.storeys_from_default
        return out


def _ground(prints: Footprints, terrain: Terrain | None) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Foot of the plinth, floor, and whether the elevation model lacks data, of each building."""
    if terrain is None:
        return *stand_on(prints, np.zeros(len(prints.rings.points_m))), np.zeros(len(prints.row), bool)
    degrees = prints.points_deg()
    bottom, floor = stand_on(prints, rendered_height(terrain, degrees[:, 0], degrees[:, 1]))
    unknown = np.isnan(terrain.sample(prints.anchor_deg[:, 0], prints.anchor_deg[:, 1]))
    return bottom, floor, unknown


def _report(
    scene: BuildingScene,
    findings: Findings,
    pool: FilePool,
    bytes_written: int,
    block_tiles: int,
    default_storeys: int,
) -> TilesetReport:
    extent = None
    if scene.tileset:
        extent = Extent.around(part for _, part in read_root(pool.get(scene.tileset)))
    return TilesetReport(
        tileset=scene.tileset or None,
        scene=scene,
        built=findings.built,
        dropped=sorted(findings.dropped),
        repaired=sorted(findings.repaired),
        height_from_storeys=findings.height_from_storeys,
        storeys_from_height=findings.storeys_from_height,
        storeys_from_default=findings.storeys_from_default,
        default_storeys=default_storeys,
        roofs_flattened=sorted(findings.flattened),
        outside_terrain=sorted(findings.outside),
        tiles=findings.tiles + block_tiles,
        bytes_written=bytes_written,
        bounds=extent.bounds if extent else None,
        height_range_m=(extent.low_m, extent.high_m) if extent else None,
    )
