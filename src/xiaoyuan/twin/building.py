"""A whole scene made of a division's rows, into any pool: to publish it, or to compare with what is published."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson

from xiaoyuan.tiling import (
    BuildingScene,
    Terrain,
    VectorLayer,
    build_buildings,
    build_terrain,
    build_terrarium,
    build_vectors,
)
from xiaoyuan.tiling.buildings import TilesetReport
from xiaoyuan.tiling.files import write_whole
from xiaoyuan.tiling.grid import cell_bounds, cell_of
from xiaoyuan.tiling.pool import FilePool
from xiaoyuan.tiling.vector_index import VectorIndex
from xiaoyuan.twin.errors import BrokenBuild
from xiaoyuan.twin.layers import MAX_ZOOM, MIN_ZOOM, ORDER
from xiaoyuan.twin.publishing import State, names_of
from xiaoyuan.twin.reading import (
    Bounds,
    Ground,
    Part,
    attribution,
    ground_under,
    outline_bounds,
    shows_sample,
)

Progress = Callable[[str], None]
BuildingBuilder = Callable[[Part, Terrain | None, FilePool], TilesetReport | None]
TERRAIN_GRID_LEVEL: Final = 13
"""The terrain covers whole cells of this level (2.4 km): an edit hardly ever changes which."""
TERRAIN_REPORT: Final = "report.json"


@dataclass(frozen=True)
class Made:
    """A scene that lies in a pool and is not published yet."""

    state: State
    pointer: dict[str, Any]
    report: dict[str, Any]


def build_here(part: Part, terrain: Terrain | None, pool: FilePool) -> TilesetReport | None:
    """Build the 3D buildings in this process; None when there are none."""
    buildings = part.buildings()
    return None if buildings is None else build_buildings(buildings, terrain, pool)


def make_scene(
    part: Part,
    folder: Path,
    pool: FilePool,
    *,
    progress: Progress = lambda step: None,
    build: BuildingBuilder = build_here,
) -> Made:
    """Build everything of a scene: buildings, vector tiles and terrain; `folder` is the scene's."""
    ground = ground_under(part.code, part.layer_class)
    terrain = ground.open() if ground else None
    progress("buildings")
    tileset = build(part, terrain, pool)
    progress("vectors")
    counts: dict[str, int] = {}
    vectors = build_vectors(_layers(part, counts), pool, max_zoom=MAX_ZOOM)
    report = {
        "buildings": None if tileset is None else _without_scene(asdict(tileset)),
        "vectors": asdict(vectors),
        "is_sample": shows_sample(part.code),
    }
    bounds = scene_bounds(part.code, vectors.index, pool)
    progress("terrain")
    terrain_name = place_terrain(folder, ground, bounds)
    state = State(
        buildings=BuildingScene("", {}) if tileset is None else tileset.scene,
        vectors=vectors.index,
        terrain=terrain_name,
        ground=ground.digest if ground else "",
    )
    return Made(state, pointer_for(part, folder, bounds, state, counts), report)


def prove(state: State, pool: FilePool) -> None:
    """Check that every file that a scene's documents name is there and whole; raises `BrokenBuild`."""
    there = {path.name: path.stat().st_size for path in pool.folder.iterdir()}
    for name in sorted(names_of(state, pool)):
        if not there.get(name):
            raise BrokenBuild(name)


def scene_bounds(code: str, index: str, pool: FilePool) -> Bounds:
    """Return what a scene covers: its finest vector tiles and the outlines of its divisions."""
    boxes = np.array([box for box in (VectorIndex(pool, index).bounds(), outline_bounds(code)) if box])
    west, south = boxes[:, :2].min(0).tolist()
    east, north = boxes[:, 2:].max(0).tolist()
    return west, south, east, north


def place_terrain(folder: Path, ground: Ground | None, bounds: Bounds) -> str:
    """Build the terrain under a scene unless it lies there already; returns its folder's name, "" without one."""
    if ground is None:
        return ""
    area = _on_grid(bounds)
    name = ground.name_within(area)
    target = folder / "terrain" / name
    if (target / TERRAIN_REPORT).exists():
        return name
    unfinished = target.with_name(f".{name}")
    shutil.rmtree(unfinished, ignore_errors=True)
    report = build_terrain(ground.open(), area, unfinished)
    write_whole(unfinished / TERRAIN_REPORT, orjson.dumps(asdict(report)), durable=True)
    # For maps without a globe; their server and ours find it beside the mesh, under the same name.
    build_terrarium(ground.open(), area, folder / "terrarium" / name)
    unfinished.rename(target)
    return name


def pointer_for(
    part: Part, folder: Path, bounds: Bounds, state: State, counts: dict[str, int]
) -> dict[str, Any]:
    """Return what viewers load first; addresses are relative to the scene's."""
    heights = [0.0, 0.0]
    if state.terrain:
        report = orjson.loads((folder / "terrain" / state.terrain / TERRAIN_REPORT).read_bytes())
        heights = report["height_range_m"]
    return {
        "bounds": bounds,
        "height_range": heights,
        "tileset": f"files/{state.buildings.tileset}" if state.buildings.tileset else None,
        "terrain": f"terrain/{state.terrain}" if state.terrain else None,
        "terrarium": f"terrarium/{state.terrain}/{{z}}/{{x}}/{{y}}.png" if state.terrain else None,
        "vectors": f"vectors/{state.vectors.partition('.')[0]}/{{z}}/{{x}}/{{y}}.pbf",
        "vector_zooms": [min(MIN_ZOOM.values()), MAX_ZOOM],
        "layers": [name for name in ORDER if counts.get(name)],
        "counts": counts,
        "attribution": attribution(part.code),
    }


def _layers(part: Part, counts: dict[str, int]) -> Iterator[VectorLayer]:
    """Yield layers one after the other, so that only one is in memory, and count their features on the way."""
    for name in ORDER:
        layer = part.layer(name)
        if layer is not None:
            counts[name] = len(layer)
            yield layer


def _without_scene(report: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in report.items() if key != "scene"}


def _on_grid(bounds: Bounds) -> Bounds:
    lon, lat = np.array([bounds[0], bounds[2]]), np.array([bounds[1], bounds[3]])
    columns, rows = cell_of(lon, lat, TERRAIN_GRID_LEVEL)
    west, south, _east, _north = cell_bounds(TERRAIN_GRID_LEVEL, int(columns[0]), int(rows[0]))
    _west, _south, east, north = cell_bounds(TERRAIN_GRID_LEVEL, int(columns[1]), int(rows[1]))
    # A hair inside, so that the tiles of exactly these cells are built and none beyond.
    return west + 1e-9, south + 1e-9, east - 1e-9, north - 1e-9
