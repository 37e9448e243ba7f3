"""A tileset passes its schemas and the glTF validator, holds what it bounds, and changes only where it must."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tiling.making import LAT, LON, build_into, buildings, degrees, hilly, write_dem
from tests.tiling.reading import contents, nearest_look, walk
from xiaoyuan.tiling import (
    BuildingSet,
    ColumnError,
    Terrain,
    TilesetReport,
    build_buildings,
    rebuild_buildings,
)
from xiaoyuan.tiling.buildings import files_of, middle_cells
from xiaoyuan.tiling.pool import FilePool

COURTYARD = shapely.Polygon(shapely.box(0, 0, 20, 20).exterior, [shapely.box(6, 6, 14, 14).exterior])
L_SHAPE = shapely.Polygon([(0, 0), (16, 0), (16, 8), (8, 8), (8, 18), (0, 18)])


def street(count: int = 60, roof: int = 1, first_cid: int = 1) -> BuildingSet:
    """Houses of many shapes along 1.4 km, across several near cells."""
    shapes = [
        shapely.box(0, 0, 12, 8),
        L_SHAPE,
        COURTYARD,
        shapely.Point(5, 5).buffer(6),
        shapely.MultiPolygon([shapely.box(0, 0, 8, 6), shapely.box(10, 0, 14, 6)]),
    ]
    return buildings(
        *(degrees(shapes[n % len(shapes)], 24.0 * n, 40.0 * (n % 3)) for n in range(count)),
        roof=roof,
        first_cid=first_cid,
    )


def documents(report: TilesetReport, folder: Path) -> list[Path]:
    """The external tilesets of a scene."""
    root = json.loads((folder / "tileset.json").read_bytes())["root"]
    return [folder / child["content"]["uri"] for child in root["children"]]


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_an_edit_gives_the_bytes_of_a_whole_build(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    count = 70
    every = street(count)
    assert isinstance(every.footprint, np.ndarray)
    cid = np.arange(count)
    there = np.array(data.draw(st.lists(st.booleans(), min_size=count, max_size=count)))
    later = np.array(data.draw(st.lists(st.booleans(), min_size=count, max_size=count)))
    higher = np.array(
        data.draw(st.lists(st.sampled_from([2, 2, 2, 5]), min_size=count, max_size=count)), np.int32
    )
    footprint = every.footprint.copy()
    for row in data.draw(st.lists(st.integers(0, count - 1), max_size=3)):
        footprint[row] = shapely.affinity.translate(footprint[row], data.draw(st.floats(-0.01, 0.01)), 0.002)
    edited = BuildingSet(every.cid, footprint, every.height_m, higher, every.roof, every.structure)
    pool = FilePool(tmp_path_factory.mktemp("edited"))
    before = build_buildings(every.take(cid[there]), None, pool).scene
    changed = (there != later) | (higher != 2) | (footprint != every.footprint)
    cells_before, cells_after = (
        middle_cells(shapely.bounds(shapes)) for shapes in (every.footprint, footprint)
    )
    cells = {*cells_before[changed].tolist(), *cells_after[changed].tolist()}
    rows = cid[later & np.isin(cells_after, sorted(cells))]
    after = rebuild_buildings(before, cells, edited.take(rows), None, pool).scene
    whole = FilePool(tmp_path_factory.mktemp("whole"))
    assert after == build_buildings(edited.take(cid[later]), None, whole).scene
    assert {name: pool.get(name) for name in files_of(after, pool)} == {
        name: whole.get(name) for name in files_of(after, whole)
    }


@pytest.fixture(scope="module")
def hills(tmp_path_factory: pytest.TempPathFactory) -> Terrain:
    path = tmp_path_factory.mktemp("dem") / "hills.tif"
    heights = hilly(300, 300, 10.0, lambda x, y: 1300 + 0.2 * x + 40 * np.sin(y / 90))
    return Terrain.from_geotiff(write_dem(path, heights))


@pytest.mark.parametrize("roof", [0, 1, 2])
def test_foreign_judges_find_no_fault(
    tmp_path: Path,
    hills: Terrain,
    roof: int,
    gltf_issues: Callable[[Path], list[str]],
    schema_errors: Callable[[Path], list[str]],
) -> None:
    report = build_into(street(roof=roof), hills, tmp_path)
    assert report.tileset
    assert schema_errors(tmp_path / "tileset.json") == []
    for document in documents(report, tmp_path):
        assert schema_errors(document) == []
    assert gltf_issues(tmp_path) == []


def test_the_judges_can_find_fault(
    tmp_path: Path, gltf_issues: Callable[[Path], list[str]], schema_errors: Callable[[Path], list[str]]
) -> None:
    build_into(street(5), None, tmp_path)
    tileset = tmp_path / "tileset.json"
    document = json.loads(tileset.read_bytes())
    document["root"]["boundingVolume"] = {"region": [1, 2, 3]}
    tileset.write_text(json.dumps(document))
    assert schema_errors(tileset)
    glb = next(tmp_path.glob("*.glb"))
    glb.write_bytes(gzip.compress(gzip.decompress(glb.read_bytes()).replace(b'"VEC3"', b'"VEC2"')))
    assert gltf_issues(tmp_path)


def test_every_content_exists_once_and_nothing_else_does(tmp_path: Path, hills: Terrain) -> None:
    report = build_into(street(), hills, tmp_path)
    uris = [tile.node["content"]["uri"] for tile in walk(tmp_path / "tileset.json") if "content" in tile.node]
    assert len(uris) == len(set(uris)) == report.tiles
    named = set(files_of(report.scene, FilePool(tmp_path)))
    assert {path.name for path in tmp_path.iterdir()} == {*named, "tileset.json"}
    assert set(uris) < named


def test_coarse_tiles_have_content_and_errors_fall(tmp_path: Path, hills: Terrain) -> None:
    build_into(street(), hills, tmp_path)
    depths = {tile.depth for tile, _ in contents(tmp_path / "tileset.json")}
    assert depths == {1, 2, 3}
    for tile in walk(tmp_path / "tileset.json"):
        assert tile.node["refine"] == "REPLACE"
        if tile.parent is not None:
            assert tile.node["geometricError"] < tile.parent["geometricError"]


def test_regions_hold_their_content_and_their_children(tmp_path: Path, hills: Terrain) -> None:
    build_into(street(), hills, tmp_path)
    for tile, glb in contents(tmp_path / "tileset.json"):
        west, south, east, north, low, high = tile.node["boundingVolume"]["region"]
        points = tile.degrees(glb)
        assert (np.radians(points[:, :2]) >= [west, south]).all()
        assert (np.radians(points[:, :2]) <= [east, north]).all()
        assert (points[:, 2] >= low).all()
        assert (points[:, 2] <= high).all()
        if tile.parent is not None:
            outer = tile.parent["boundingVolume"]["region"]
            assert west >= outer[0]
            assert south >= outer[1]
            assert east <= outer[2]
            assert north <= outer[3]
            assert low >= outer[4]
            assert high <= outer[5]


def test_each_building_is_once_in_the_near_look_with_its_figures(tmp_path: Path) -> None:
    given_buildings = street(40, first_cid=7_000_001)
    build_into(given_buildings, None, tmp_path)
    seen: dict[int, tuple[int, float]] = {}
    for _, glb in nearest_look(tmp_path / "tileset.json"):
        assert set(glb.features.tolist()) == set(range(len(glb.cid)))
        for cid, storeys, height in zip(
            glb.cid.tolist(), glb.storeys.tolist(), glb.height.tolist(), strict=True
        ):
            assert cid not in seen
            seen[cid] = (storeys, height)
    assert set(seen) == set(given_buildings.cid.tolist())
    assert {storeys for storeys, _ in seen.values()} == {2}
    assert {round(height, 4) for _, height in seen.values()} == {6.5}


def test_far_blocks_name_no_building(tmp_path: Path) -> None:
    build_into(street(40), None, tmp_path)
    far = [glb for tile, glb in contents(tmp_path / "tileset.json") if tile.depth == 1]
    assert far
    for glb in far:
        assert set(glb.cid.tolist()) == {0}


def test_walls_stand_where_the_footprint_is(tmp_path: Path) -> None:
    footprint = degrees(shapely.box(0, 0, 12, 8))
    build_into(buildings(footprint, roof=0), None, tmp_path)
    [(tile, glb)] = nearest_look(tmp_path / "tileset.json")
    points = tile.degrees(glb)
    for corner in shapely.get_coordinates(footprint)[:4]:
        offset = (points[:, :2] - corner) * [99_000.0, 110_800.0]
        assert np.linalg.norm(offset, axis=1).min() < 0.03
    # Plinth 1.5 m into the ground, floor 0.2 m above it, two storeys of 6.5 m, stair head of 2.4 m.
    assert points[:, 2].min() == pytest.approx(-1.5, abs=0.02)
    assert points[:, 2].max() == pytest.approx(0.2 + 6.5 + 2.4, abs=0.02)


def test_buildings_neither_float_nor_drown(tmp_path: Path, hills: Terrain) -> None:
    houses = street(50)
    assert isinstance(houses.footprint, np.ndarray)
    build_into(houses, hills, tmp_path)
    for tile, glb in nearest_look(tmp_path / "tileset.json"):
        points = tile.degrees(glb)
        for row in range(len(glb.cid)):
            own = points[glb.features == row]
            footprint = houses.footprint[houses.cid == glb.cid[row]][0]
            corners = shapely.get_coordinates(footprint)
            ground = hills.sample(corners[:, 0], corners[:, 1])
            assert own[:, 2].min() < ground.min() - 0.9, "the plinth reaches under the lowest corner"
            assert own[:, 2].max() > ground.max() + 3.0, "the walls rise over the highest corner"


def test_the_order_of_input_does_not_matter(tmp_path: Path, hills: Terrain) -> None:
    houses = street()
    order = np.random.default_rng(2).permutation(len(houses))
    shuffled = BuildingSet(*(getattr(houses, name)[order] for name in houses.__dataclass_fields__))
    build_into(houses, hills, tmp_path / "a")
    build_into(shuffled, hills, tmp_path / "b")
    assert (tmp_path / "a/tileset.json").read_bytes() == (tmp_path / "b/tileset.json").read_bytes()


def test_an_edit_changes_only_the_tiles_that_hold_it(tmp_path: Path) -> None:
    houses = street(120)
    storeys = houses.storeys.copy()
    storeys[17] = 3
    edited = BuildingSet(
        houses.cid, houses.footprint, houses.height_m, storeys, houses.roof, houses.structure
    )
    build_into(houses, None, tmp_path / "before")
    build_into(edited, None, tmp_path / "after")
    before = {path.name for path in (tmp_path / "before").glob("*.glb")}
    after = {path.name for path in (tmp_path / "after").glob("*.glb")}
    assert len(before) == len(after) >= 12
    assert len(after - before) == 3, "its near, its middle and its far tile"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    spots=st.lists(
        st.tuples(
            st.floats(-400, 400), st.floats(-400, 400), st.floats(0, 180), st.floats(3, 30), st.floats(3, 30)
        ),
        min_size=1,
        max_size=6,
    ),
    roof=st.integers(0, 2),
    storeys=st.integers(0, 12),
)
def test_random_villages_stay_within_their_regions(
    tmp_path_factory: pytest.TempPathFactory,
    spots: list[tuple[float, float, float, float, float]],
    roof: int,
    storeys: int,
) -> None:
    out = tmp_path_factory.mktemp("village")
    footprints = [
        degrees(shapely.affinity.rotate(shapely.box(0, 0, width, depth), turn), east, north)
        for east, north, turn, width, depth in spots
    ]
    build_into(buildings(*footprints, roof=roof, storeys=np.full(len(spots), storeys, np.int32)), None, out)
    seen = 0
    for tile, glb in contents(out / "tileset.json"):
        west, south, east_rad, north_rad, low, high = tile.node["boundingVolume"]["region"]
        points = tile.degrees(glb)
        inside = (np.radians(points[:, :2]) >= [west, south]).all(1)
        inside &= (np.radians(points[:, :2]) <= [east_rad, north_rad]).all(1)
        inside &= (points[:, 2] >= low) & (points[:, 2] <= high)
        assert inside.all()
        seen += tile.depth == 3 and len(glb.cid)
    assert seen == len(spots)


def test_no_building_gives_no_tileset(tmp_path: Path) -> None:
    report = build_into(buildings(), None, tmp_path)
    assert report.tileset is None
    assert report.bounds is None
    assert not list(tmp_path.iterdir())


def test_a_report_can_be_stored_as_json(tmp_path: Path, hills: Terrain) -> None:
    report = build_into(street(10), hills, tmp_path)
    assert json.loads(json.dumps(asdict(report)))["built"] == 10


@pytest.mark.parametrize(
    ("columns", "word"),
    [
        ({"cid": np.array([1, 1], np.uint32)}, "twice"),
        ({"cid": np.array([0, 1], np.uint32)}, "0"),
        ({"storeys": np.array([1], np.int32)}, "storeys"),
        ({"roof": np.array([1, 9], np.uint8)}, "roof"),
    ],
)
def test_columns_that_do_not_fit_are_refused(columns: dict[str, Any], word: str) -> None:
    square = shapely.box(LON, LAT, LON + 1e-4, LAT + 1e-4)
    with pytest.raises(ColumnError, match=word):
        buildings(square, square, **columns)
