"""Buildings stand on their ground: no wall floats, no door is buried, whatever the slope."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from tests.tiling.making import degrees
from xiaoyuan.tiling import BuildingSet, Terrain
from xiaoyuan.tiling.arrays import Floats
from xiaoyuan.tiling.footprints import Footprints, prepare
from xiaoyuan.tiling.solids import DEEPEST_CUT_M, DOOR_STEP_M, PLINTH_DEPTH_M, stand_on, wall_edges
from xiaoyuan.tiling.terrain_tiles import rendered_height

BOX = shapely.box(-6, -4, 6, 4)
L_SHAPE = shapely.Polygon([(0, 0), (16, 0), (16, 8), (8, 8), (8, 18), (0, 18)])
YARD = shapely.Polygon(shapely.box(0, 0, 20, 20).exterior, [shapely.box(6, 6, 14, 14).exterior])


def prints_of(*shapes: shapely.Geometry) -> Footprints:
    placed = np.empty(len(shapes), object)
    placed[:] = [degrees(shape) for shape in shapes]
    return prepare(np.arange(1, len(shapes) + 1), placed)


def door_of(prints: Footprints, building: int) -> tuple[Floats, Floats]:
    """Ends of the wall with the door."""
    edges = wall_edges(prints)
    [door] = np.flatnonzero(edges.is_front & (edges.owner == building))
    return edges.start_m[door], edges.end_m[door]


@pytest.mark.parametrize(
    ("slope", "floor"),
    [
        ((0.0, 0.0), DOOR_STEP_M),
        ((0.0, 0.1), -0.4 + DOOR_STEP_M),
        ((0.0, -0.1), 0.4 + DOOR_STEP_M),
        ((0.0, 0.5), 2.0 - DEEPEST_CUT_M),
        ((0.0, -0.5), 2.0 + DOOR_STEP_M),
        ((0.02, 0.0), DOOR_STEP_M),
        ((0.1, 0.0), 0.3 + DOOR_STEP_M),
    ],
    ids=["level", "door below", "door above", "door far below", "door far above", "along", "steep along"],
)
def test_the_floor_goes_by_the_door_in_the_southern_wall(slope: tuple[float, float], floor: float) -> None:
    prints = prints_of(BOX)
    ground = prints.rings.points_m @ np.array(slope)
    bottom, found = stand_on(prints, 1000 + ground)
    assert found == pytest.approx([1000 + floor], abs=0.01)
    assert bottom == pytest.approx([1000 + ground.min() - PLINTH_DEPTH_M])


@given(
    st.lists(st.sampled_from([BOX, L_SHAPE, YARD]), min_size=1, max_size=4),
    st.tuples(st.floats(-0.6, 0.6), st.floats(-0.6, 0.6)),
)
def test_on_any_slope_the_door_is_free_and_the_plinth_reaches_the_ground(
    shapes: list[shapely.Polygon], slope: tuple[float, float]
) -> None:
    prints = prints_of(*shapes)
    ground = prints.rings.points_m[:, 0] * slope[0] + prints.rings.points_m[:, 1] * slope[1]
    bottom, floor = stand_on(prints, ground)
    for building in range(len(shapes)):
        own = ground[prints.point_owner == building]
        at_door = [point @ np.array(slope) for point in door_of(prints, building)]
        assert floor[building] >= max(at_door) - 0.3
        assert floor[building] >= np.mean(at_door) + DOOR_STEP_M - 1e-9
        assert floor[building] >= own.max() - DEEPEST_CUT_M - 1e-9
        assert floor[building] <= max(own.max() + DOOR_STEP_M, max(at_door)) + 1e-9
        assert bottom[building] == pytest.approx(own.min() - PLINTH_DEPTH_M)


def test_one_wall_of_each_building_has_the_door_even_among_equals() -> None:
    prints = prints_of(
        BOX, shapely.box(0, 0, 8, 8), shapely.MultiPolygon([BOX, shapely.box(30, 0, 50, 9)]), YARD
    )
    edges = wall_edges(prints)
    assert np.bincount(edges.owner[edges.is_front]).tolist() == [1, 1, 1, 1]
    start, end = door_of(prints, 2)
    assert np.linalg.norm(end - start) == pytest.approx(20, abs=0.05)
    assert end[0] > start[0], "it looks south"


def test_nothing_stands_nowhere() -> None:
    bottom, floor = stand_on(prints_of(), np.zeros(0))
    assert (len(bottom), len(floor)) == (0, 0)


def assert_all_stand(prints: Footprints, ground_at: Callable[[Floats, Floats], Floats]) -> None:
    """Walk along all walls and look at the ground there."""
    points = prints.points_deg()
    bottom, floor = stand_on(prints, ground_at(points[:, 0], points[:, 1]))
    owner = prints.point_owner
    is_front = wall_edges(prints).is_front
    for share in np.linspace(0, 1, 7):
        place = points * (1 - share) + points[prints.rings.following] * share
        ground = ground_at(place[:, 0], place[:, 1])
        assert (bottom[owner] < ground - 0.8).all(), "a plinth ends above the ground"
        assert (floor[owner][is_front] >= ground[is_front] - 0.3).all(), "a door is buried"


@pytest.mark.real_data
def test_the_real_village_stands_on_its_ground(mamre_buildings: BuildingSet, real_data: Path) -> None:
    terrain = Terrain.from_geotiff(real_data / "mamre" / "dem.tif")
    prints = prepare(mamre_buildings.cid, mamre_buildings.footprint)
    assert_all_stand(prints, lambda lon, lat: rendered_height(terrain, lon, lat))


def test_houses_stand_on_rough_hills() -> None:
    """Slopes up to 45 degrees, bends every 20 m: rougher than the sample town, whose model has 10 m cells."""
    random = np.random.default_rng(4)
    shapes = [
        shapely.affinity.translate(shapely.affinity.rotate(shape, turn), 400 * x, 400 * y)
        for shape in (BOX, L_SHAPE, YARD)
        for turn, x, y in random.uniform(0, 1, (60, 3)) * [360, 1, 1]
    ]
    prints = prints_of(*shapes)
    scale = 111_000.0
    assert_all_stand(prints, lambda lon, lat: 20 * np.sin(lon * scale / 70) + 15 * np.cos(lat * scale / 60))
