"""Wings cover right-angled footprints, never reach over open ground, and are dealt with alike in any batch."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from xiaoyuan.tiling import BuildingSet
from xiaoyuan.tiling.footprints import prepare
from xiaoyuan.tiling.rings import Rings
from xiaoyuan.tiling.wings import Wings, find_wings

BOX = [(0, 0), (12, 0), (12, 8), (0, 8)]
L_SHAPE = [(0, 0), (16, 0), (16, 8), (8, 8), (8, 18), (0, 18)]
U_SHAPE = [(0, 0), (20, 0), (20, 15), (14, 15), (14, 6), (6, 6), (6, 15), (0, 15)]
UNEVEN_U = [(0, 0), (20, 0), (20, 12), (14, 12), (14, 6), (6, 6), (6, 15), (0, 15)]
T_SHAPE = [(0, 0), (18, 0), (18, 6), (12, 6), (12, 16), (6, 16), (6, 6), (0, 6)]
Z_SHAPE = [(0, 0), (12, 0), (12, 8), (20, 8), (20, 15), (6, 15), (6, 7), (0, 7)]
PLUS = [
    (6, 0),
    (12, 0),
    (12, 6),
    (18, 6),
    (18, 12),
    (12, 12),
    (12, 18),
    (6, 18),
    (6, 12),
    (0, 12),
    (0, 6),
    (6, 6),
]
STAIRS = [(0, 0), (18, 0), (18, 5), (12, 5), (12, 10), (6, 10), (6, 15), (0, 15)]


def wings_of(*shapes: shapely.Polygon) -> Wings:
    polygons = np.empty(len(shapes), object)
    polygons[:] = [shapely.orient_polygons(shape) for shape in shapes]
    return find_wings(Rings.from_shapes(polygons))


@pytest.mark.parametrize("first", range(4))
@pytest.mark.parametrize("turn", [0.0, 33.0, 45.0, 90.0, 201.0])
@pytest.mark.parametrize(
    ("ring", "count"),
    [(BOX, 1), (L_SHAPE, 2), (U_SHAPE, 3), (UNEVEN_U, 3), (T_SHAPE, 2), (Z_SHAPE, 2), (PLUS, 2), (STAIRS, 3)],
    ids=["box", "L", "U", "uneven U", "T", "Z", "plus", "stairs"],
)
def test_right_angled_shapes_are_covered_exactly_wherever_their_ring_begins(
    ring: list[tuple[float, float]], count: int, turn: float, first: int
) -> None:
    shape = shapely.affinity.rotate(shapely.Polygon([*ring[first:], *ring[:first]]), turn, origin=(0, 0))
    wings = wings_of(shape)
    assert wings.roofable.tolist() == [True]
    if ring is not Z_SHAPE:
        assert len(wings.part) == count
    cover = shapely.union_all(shapely.polygons(wings.corners_m))
    assert cover.symmetric_difference(shape).area < 1e-6
    assert all(quad.exterior.is_ccw for quad in shapely.polygons(wings.corners_m))
    sides = np.linalg.norm(np.roll(wings.corners_m, -1, axis=1) - wings.corners_m, axis=2)
    assert (sides[:, 0] >= sides[:, 1] - 1e-9).all()


@settings(max_examples=200)
@given(
    st.sampled_from([BOX, L_SHAPE, U_SHAPE, UNEVEN_U, T_SHAPE, Z_SHAPE, PLUS, STAIRS]),
    st.lists(st.floats(-0.5, 0.5), min_size=24, max_size=24),
    st.floats(0, 360),
)
def test_no_wing_reaches_outside_a_crooked_house(
    ring: list[tuple[float, float]], shift: list[float], turn: float
) -> None:
    points = np.array(ring, float) + np.array(shift)[: 2 * len(ring)].reshape(-1, 2)
    shape = shapely.affinity.rotate(shapely.Polygon(points), turn)
    wings = wings_of(shape)
    quads = shapely.polygons(wings.corners_m)
    assert shapely.area(shapely.difference(quads, shape)).sum() < 1e-9
    if wings.roofable[0]:
        # What is left open is narrow enough for the eaves to cover.
        assert shapely.union_all(quads).buffer(0.75, join_style="mitre").covers(shape)


@pytest.mark.parametrize(
    "ring",
    [
        [(0, 0), (12, 0), (6, 9)],
        [(0, 0), (12, 0), (12, 8), (6, 7), (0, 8)],
        [(0, 0), (20, 0), (10, 1.2), (20, 2.4), (0, 2.4)],
        [(0, 0), (20, 0), (20, 10), (10, 9.3), (0, 10)],
        [(0, 0), (14, 0), (20, 8), (2, 8)],
    ],
    ids=["triangle", "five sides", "notch", "wall bent in by 0.7 m", "trapezium"],
)
def test_what_no_rectangles_cover_has_no_wings(ring: list[tuple[float, float]]) -> None:
    wings = wings_of(shapely.Polygon(ring))
    assert wings.roofable.tolist() == [False]
    assert len(wings.corners_m) == 0


def test_a_courtyard_has_no_wings_and_its_neighbours_keep_theirs() -> None:
    yard = shapely.Polygon(shapely.box(0, 0, 20, 20).exterior, [shapely.box(6, 6, 14, 14).exterior])
    wings = wings_of(shapely.Polygon(L_SHAPE), yard, shapely.Polygon(BOX))
    assert wings.roofable.tolist() == [True, False, True]
    assert wings.part.tolist() == [0, 0, 2]


def test_nothing_has_no_wings() -> None:
    wings = wings_of()
    assert (len(wings.part), len(wings.roofable)) == (0, 0)


@pytest.mark.real_data
def test_no_roof_of_the_real_village_reaches_outside_its_footprint(mamre_buildings: BuildingSet) -> None:
    prints = prepare(mamre_buildings.cid, mamre_buildings.footprint)
    wings = find_wings(prints.rings)
    assert wings.roofable.mean() > 0.93
    outside = shapely.difference(shapely.polygons(wings.corners_m), prints.part[wings.part])
    assert shapely.area(outside).max() < 1e-6
    covered = np.bincount(wings.part, minlength=len(prints.part)) > 0
    quads = shapely.polygons(wings.corners_m)
    for part in np.flatnonzero(covered):
        roof = shapely.union_all(quads[wings.part == part])
        assert roof.area > 0.93 * prints.part[part].area
