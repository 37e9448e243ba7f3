"""A tile made afresh alone equals the one of a full build, byte for byte, and nothing else changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tiling.making import degrees
from xiaoyuan.tiling import VectorIndex, VectorLayer, build_vectors, rebuild_vectors, tile_box, tiles_touching
from xiaoyuan.tiling.pool import FilePool

ORDER = ("division", "parcel", "road", "building")
Shapes = dict[int, shapely.Geometry]


def layer(name: str, min_zoom: int, shapes: Shapes) -> VectorLayer:
    geometry = np.empty(len(shapes), object)
    geometry[:] = list(shapes.values())
    storeys = np.array([cid % 4 for cid in shapes], np.int32)
    words = np.array([f"类{cid % 3}" for cid in shapes], object)
    return VectorLayer(
        name, min_zoom, np.array(list(shapes), np.uint32), geometry, {"storeys": storeys, "use": words}
    )


def touching(shapes: Shapes, tiles: set[tuple[int, int, int]]) -> Shapes:
    """What a caller reads from its database: shapes whose boxes meet those of the tiles."""
    boxes = [shapely.box(*tile_box(*tile)) for tile in tiles]
    return {
        cid: shape
        for cid, shape in shapes.items()
        if any(shapely.box(*shape.bounds).intersects(box) for box in boxes)
    }


def plots(width: float, height: float, count: int) -> Shapes:
    """Tiles the plane east and south of the middle, count x count."""
    return {
        1 + column * count + row: degrees(
            shapely.box(column * width, row * height, (column + 1) * width, (row + 1) * height)
        )
        for column in range(count)
        for row in range(count)
    }


SCENE: dict[str, tuple[int, Shapes]] = {
    "division": (8, {1: degrees(shapely.Point(0, 0).buffer(5000)), 2: degrees(shapely.box(0, 0, 900, 800))}),
    "parcel": (13, plots(60, 45, 9)),
    "road": (11, {1: degrees(shapely.LineString([(-900, -50), (0, 10), (900, 400), (1800, 380)]))}),
    "building": (14, plots(31, 29, 12)),
}


def full(pool: FilePool, scene: dict[str, tuple[int, Shapes]]) -> str:
    layers = [layer(name, *scene[name]) for name in ORDER if scene[name][1]]
    return build_vectors(layers, pool).index


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> tuple[FilePool, str]:
    pool = FilePool(tmp_path_factory.mktemp("pool"))
    return pool, full(pool, SCENE)


def edited(scene: dict[str, tuple[int, Shapes]], name: str, cid: int, shape: Any) -> dict[str, Any]:
    min_zoom, shapes = scene[name]
    after = {key: value for key, value in shapes.items() if key != cid}
    if shape is not None:
        after[cid] = shape
    return {**scene, name: (min_zoom, dict(sorted(after.items())))}


def rebuilt(pool: FilePool, index: str, name: str, cid: int, shape: Any) -> tuple[str, dict[str, Any]]:
    min_zoom, shapes = SCENE[name]
    scene = edited(SCENE, name, cid, shape)
    dirty: set[tuple[int, int, int]] = set()
    for part in (shapes.get(cid), shape):
        if part is not None:
            dirty |= tiles_touching(part.bounds, min_zoom, 16)
    near = touching(scene[name][1], dirty)
    return rebuild_vectors(index, layer(name, min_zoom, near), dirty, pool, order=ORDER).index, scene


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(ORDER),
    st.integers(1, 150),
    st.one_of(st.none(), st.tuples(*[st.floats(-700, 700)] * 2, *[st.floats(5, 500)] * 2)),
)
def test_any_edit_equals_a_full_build(
    before: tuple[FilePool, str], name: str, cid: int, place: tuple[float, float, float, float] | None
) -> None:
    pool, index = before
    shape: Any = None
    if place is not None:
        east, north, width, height = place
        corners = [(east, north), (east + width, north), (east + width * 0.7, north + height), (east, north)]
        shape = degrees(shapely.LineString(corners) if name == "road" else shapely.Polygon(corners))
    after, scene = rebuilt(pool, index, name, cid, shape)
    assert after == full(pool, scene)
    assert (after == index) == (shape is None and cid not in SCENE[name][1])


def test_an_edit_touches_only_its_tiles_and_the_documents_above(before: tuple[FilePool, str]) -> None:
    pool, index = before
    moved = degrees(shapely.box(2, 2, 20, 20))
    after, _ = rebuilt(pool, index, "building", 1, moved)
    old, new = VectorIndex(pool, index), VectorIndex(pool, after)
    was, now = ({tuple(place): name for *place, name in each.tiles()} for each in (old, new))
    changed = {place for place in was if was[place] != now.get(place)}
    assert changed
    assert changed <= tiles_touching(degrees(shapely.box(0, 0, 31, 29)).bounds, 14, 16)
    assert set(now) == set(was)
    assert sum(old.shards[key] != new.shards.get(key) for key in old.shards) == 1


def test_a_layer_may_come_and_go(before: tuple[FilePool, str]) -> None:
    pool, index = before
    tiles = tiles_touching(SCENE["road"][1][1].bounds, 11, 16)
    without = rebuild_vectors(index, layer("road", 11, {}), tiles, pool, order=ORDER).index
    assert without == full(pool, {**SCENE, "road": (11, {})})
    again = rebuild_vectors(without, layer("road", 11, SCENE["road"][1]), tiles, pool, order=ORDER).index
    assert again == index


def test_a_layer_without_a_place_is_refused(before: tuple[FilePool, str]) -> None:
    pool, index = before
    tiles = tiles_touching(SCENE["building"][1][1].bounds, 14, 16)
    with pytest.raises(ValueError, match="leaves out division, parcel"):
        rebuild_vectors(index, layer("building", 14, {}), tiles, pool, order=("building", "road"))


def test_the_index_finds_lists_and_bounds(before: tuple[FilePool, str]) -> None:
    pool, index = before
    read = VectorIndex(pool, index)
    tiles = list(read.tiles())
    assert all(read.find(zoom, column, row) == name for zoom, column, row, name in tiles)
    assert read.find(16, 0, 0) is None
    assert {path.name for path in pool.folder.iterdir()} >= set(read.files())
    assert (read.min_zoom(), read.max_zoom) == (8, 16)
    west, south, east, north = read.bounds()
    town = SCENE["division"][1][1].bounds
    assert west < town[0] < town[2] < east
    assert south < town[1] < town[3] < north


@given(st.floats(-179, 179), st.floats(-84, 84), st.floats(0, 0.02), st.floats(0, 0.02))
def test_tiles_touching_are_those_whose_boxes_meet(lon: float, lat: float, wide: float, high: float) -> None:
    bounds = (lon, lat, lon + wide, lat + high)
    found = tiles_touching(bounds, 13, 14)
    shape = shapely.box(*bounds)
    columns, rows = ([tile[axis] for tile in found if tile[0] == 14] for axis in (1, 2))
    for column in range(min(columns) - 1, max(columns) + 2):
        for row in range(min(rows) - 1, max(rows) + 2):
            assert shapely.box(*tile_box(14, column, row)).intersects(shape) == ((14, column, row) in found)
