"""Mamre, 2,344 real buildings on a real elevation model, becomes a faultless scene."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import pytest
import shapely

from tests.tiling.making import build_into
from tests.tiling.reading import nearest_look
from xiaoyuan.tiling import (
    BuildingSet,
    Terrain,
    TilesetReport,
    VectorIndex,
    VectorLayer,
    build_terrain,
    build_vectors,
)
from xiaoyuan.tiling.pool import FilePool

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def terrain(real_data: Path) -> Terrain:
    return Terrain.from_geotiff(real_data / "mamre" / "dem.tif")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mamre")


@pytest.fixture(scope="module")
def report(scene: Path, mamre_buildings: BuildingSet, terrain: Terrain) -> TilesetReport:
    return build_into(mamre_buildings, terrain, scene / "buildings")


def test_every_building_is_built(report: TilesetReport) -> None:
    assert report.built == 2344
    assert report.dropped == []
    assert report.outside_terrain == []
    assert report.storeys_from_default == 0
    assert len(report.roofs_flattened) < 0.05 * 2344


def test_foreign_judges_find_no_fault(
    report: TilesetReport,
    scene: Path,
    gltf_issues: Callable[[Path], list[str]],
    schema_errors: Callable[[Path], list[str]],
) -> None:
    assert gltf_issues(scene / "buildings") == []
    assert schema_errors(scene / "buildings" / "tileset.json") == []


def test_the_near_look_holds_each_building_where_it_is(
    report: TilesetReport, scene: Path, mamre: list[dict[str, Any]], mamre_buildings: BuildingSet
) -> None:
    bounds = shapely.bounds(mamre_buildings.footprint)
    # Eaves of 0.7 m reach 1 m at a right corner, 1.3 m at the most slanted one that carries a ridge, and a wing's
    # line may lie 0.2 m outside, where it stands for several walls that are almost one.
    reach = np.array([1.6 / 92_900, 1.6 / 110_900])
    seen = []
    floors = np.full(len(mamre), np.nan)
    for tile, glb in nearest_look(scene / "buildings" / "tileset.json"):
        points = tile.degrees(glb)
        order = np.argsort(glb.features, kind="stable")
        starts = np.searchsorted(glb.features[order], np.arange(len(glb.cid)))
        low = np.minimum.reduceat(points[order], starts)
        high = np.maximum.reduceat(points[order], starts)
        own = bounds[glb.cid.astype(int) - 1]
        assert (low[:, :2] >= own[:, :2] - reach).all()
        assert (high[:, :2] <= own[:, 2:] + reach).all()
        assert (np.abs(low[:, :2] - own[:, :2]) < reach).all()
        floors[glb.cid.astype(int) - 1] = low[:, 2] + 1.5
        seen += glb.cid.tolist()
    assert sorted(seen) == list(range(1, 2345))
    # The foot of the plinth is 1.5 m below the lowest ground at the walls.
    said = np.array([feature["properties"]["ground_height"] for feature in mamre])
    assert np.median(np.abs(floors - said)) <= 0.7
    assert np.percentile(np.abs(floors - said), 95) <= 2.0


def test_the_terrain_covers_the_village_without_a_gap(
    scene: Path, terrain: Terrain, mamre_buildings: BuildingSet
) -> None:
    west, south, east, north = shapely.total_bounds(mamre_buildings.footprint).tolist()
    built = build_terrain(terrain, (west, south, east, north), scene / "terrain")
    assert built.max_level == 15
    assert built.tiles == len(list((scene / "terrain").rglob("*.terrain")))
    assert 50 < built.height_range_m[0] < built.height_range_m[1] < 400


def test_every_building_is_in_the_vector_tiles(scene: Path, mamre_buildings: BuildingSet) -> None:
    layer = VectorLayer(
        "building",
        14,
        mamre_buildings.cid,
        mamre_buildings.footprint,
        {"storeys": mamre_buildings.storeys, "height_m": mamre_buildings.height_m},
    )
    pool = FilePool(scene / "vectors")
    built = build_vectors([layer], pool)
    assert built.features == {"building": 2344}
    seen = set()
    for zoom, _, _, name in VectorIndex(pool, built.index).tiles():
        if zoom < 16:
            continue
        for feature in mapbox_vector_tile.decode(pool.get(name))["building"]["features"]:
            seen.add(feature["id"])
            assert shapely.geometry.shape(feature["geometry"]).is_valid
            assert feature["properties"]["height_m"] == mamre_buildings.height_m[feature["id"] - 1]
    assert seen == set(range(1, 2345))
