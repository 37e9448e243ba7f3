"""Roofs over irregular footprints tile them exactly, close without gaps, and lie where the walls' planes meet."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from xiaoyuan.tiling import BuildingSet
from xiaoyuan.tiling.footprints import prepare
from xiaoyuan.tiling.rings import Rings
from xiaoyuan.tiling.skeleton import MOST_VERTICES, skeleton_roof
from xiaoyuan.tiling.slopes import MOST_EAVES_M, find_slopes
from xiaoyuan.tiling.wings import find_wings

Floats = NDArray[np.float64]
SKEWED = [(0, 0), (14, 0), (20, 8), (2, 8)]
L_SHAPE = [(0, 0), (16, 0), (16, 6), (8, 6), (8, 18), (0, 18)]
T_SHAPE = [(0, 0), (18, 0), (18, 6), (12, 6), (12, 16), (6, 16), (6, 6), (0, 6)]
U_SHAPE = [(0, 0), (20, 0), (20, 15), (14, 15), (14, 6), (6, 6), (6, 15), (0, 15)]
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
HOURGLASS = [(0, 0), (14, 0), (8, 7), (14, 14), (0, 14), (6, 7)]
COMB = [(0, 0), (21, 0), (21, 9), (18, 9), (18, 3), (12, 3), (12, 9), (9, 9), (9, 3), (3, 3), (3, 9), (0, 9)]
KNOWN = [SKEWED, L_SHAPE, T_SHAPE, U_SHAPE, PLUS, HOURGLASS, COMB]


def outline_of(shape: shapely.Polygon) -> list[Floats]:
    whole = shapely.orient_polygons(shape)
    return [shapely.get_coordinates(ring)[:-1] for ring in (whole.exterior, *whole.interiors)]


def rings_of(*shapes: shapely.Polygon) -> Rings:
    polygons = np.empty(len(shapes), object)
    polygons[:] = [shapely.orient_polygons(shape) for shape in shapes]
    return Rings.from_shapes(polygons)


@st.composite
def stars(draw: st.DrawFn) -> shapely.Polygon:
    count = draw(st.integers(3, 18))
    radii = np.array(draw(st.lists(st.floats(4, 15), min_size=count, max_size=count)))
    angles = (
        np.arange(count) + np.array(draw(st.lists(st.floats(0, 0.8), min_size=count, max_size=count)))
    ) / count
    shell = np.column_stack([radii * np.cos(angles * 2 * np.pi), radii * np.sin(angles * 2 * np.pi)])
    holes = [shell[::-1] * 0.3] if draw(st.booleans()) else []
    shape = shapely.Polygon(shell, holes)
    assume(shape.is_valid and shape.area > 10 and shape.buffer(-0.2).area > 5)
    return shape


@st.composite
def right_angled(draw: st.DrawFn) -> shapely.Polygon:
    """Whole metres, so that many events fall together."""
    boxes = draw(
        st.lists(
            st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(3, 9), st.integers(3, 9)),
            min_size=1,
            max_size=4,
        )
    )
    shape = shapely.union_all([shapely.box(x, y, x + w, y + h) for x, y, w, h in boxes])
    assume(shape.geom_type == "Polygon")
    shape = shapely.simplify(shape, 0.0)
    return shapely.affinity.rotate(shape, draw(st.sampled_from([0.0, 45.0, 17.3])))


SHAPES = st.one_of(stars(), right_angled(), st.sampled_from(KNOWN).map(shapely.Polygon))


def assert_tiles(shape: shapely.Polygon, faces: list[Floats]) -> None:
    flat = [shapely.Polygon(face[:, :2]) for face in faces]
    assert sum(face.area for face in flat) == pytest.approx(shape.area, rel=1e-6)
    # A face may touch itself within rounding; as an area it is sound.
    union = shapely.union_all([face.buffer(0) for face in flat])
    assert union.symmetric_difference(shape).area < 1e-4


@settings(max_examples=250)
@given(SHAPES)
def test_faces_tile_the_footprint_and_every_edge_has_its_neighbour(shape: shapely.Polygon) -> None:
    outline = outline_of(shape)
    faces = skeleton_roof(outline)
    if sum(map(len, outline)) > MOST_VERTICES:
        assert faces is None
        return
    assert faces is not None
    assert len(faces) == sum(map(len, outline))
    assert_tiles(shape, faces)
    sides = Counter(
        (tuple(face[i]), tuple(face[(i + 1) % len(face)])) for face in faces for i in range(len(face))
    )
    assert max(sides.values()) == 1
    open_sides = [(a, b) for a, b in sides if (b, a) not in sides]
    walls = {
        ((*ring[i], 0.0), (*ring[(i + 1) % len(ring)], 0.0)) for ring in outline for i in range(len(ring))
    }
    assert set(open_sides) == walls


@settings(max_examples=60)
@given(stars().map(shapely.convex_hull))
def test_over_a_convex_footprint_the_height_is_the_distance_to_the_nearest_wall(
    shape: shapely.Polygon,
) -> None:
    shape = shapely.simplify(shape, 0.05)
    faces = skeleton_roof(outline_of(shape))
    assert faces is not None
    for face in faces:
        for x, y, height in face:
            assert shape.exterior.distance(shapely.Point(x, y)) == pytest.approx(height, abs=1e-5)


@pytest.mark.parametrize(
    ("ring", "peak", "corners"),
    [
        ([(0, 0), (12, 0), (12, 8), (0, 8)], 4.0, [4, 3, 4, 3]),
        ([(0, 0), (8, 0), (8, 8), (0, 8)], 4.0, [3, 3, 3, 3]),
        (L_SHAPE, 4.0, [5, 3, 4, 5, 3, 4]),
        (PLUS, 3.0, [3, 4, 4] * 4),
    ],
    ids=["box", "square", "L", "plus"],
)
def test_known_roofs(ring: list[tuple[float, float]], peak: float, corners: list[int]) -> None:
    faces = skeleton_roof([np.array(ring, float)])
    assert faces is not None
    assert [len(face) for face in faces] == corners
    assert max(face[:, 2].max() for face in faces) == pytest.approx(peak)


def test_a_courtyard_house_has_its_ridge_all_round() -> None:
    yard = shapely.Polygon(shapely.box(0, 0, 20, 20).exterior, [shapely.box(6, 6, 14, 14).exterior])
    faces = skeleton_roof(outline_of(yard))
    assert faces is not None
    assert_tiles(yard, faces)
    assert {round(float(face[:, 2].max()), 6) for face in faces} == {3.0}


@pytest.mark.parametrize(
    "ring",
    [
        np.column_stack(
            [9 * np.cos(np.arange(60) / 60 * 2 * np.pi), 9 * np.sin(np.arange(60) / 60 * 2 * np.pi)]
        ),
        np.array([(0.0, 0.0), (9.0, 0.0)]),
        np.array([(0.0, 0.0), (9.0, 9.0), (9.0, 0.0), (0.0, 9.0)]),
        np.array([(0.0, 0.0), (9.0, 0.0), (9.0, 0.0), (0.0, 9.0)]),
    ],
    ids=["round", "line", "crossed", "repeated"],
)
def test_what_has_no_sound_roof_is_refused(ring: Floats) -> None:
    assert skeleton_roof([ring]) is None


@settings(max_examples=100)
@given(SHAPES)
def test_triangles_close_and_overhang_no_more_than_eaves(shape: shapely.Polygon) -> None:
    rings = rings_of(shape)
    assume(len(rings.points_m) <= MOST_VERTICES)
    slopes = find_slopes(rings, np.array([True]))
    assert slopes.roofable.tolist() == [True]
    corners = len(rings.points_m)
    assert slopes.points_m[:corners, :2].tobytes() == rings.points_m.tobytes()
    assert slopes.overhang_m[corners:].tobytes() == slopes.points_m[corners:].tobytes()
    shells = np.split(slopes.overhang_m[:corners, :2], rings.ring_start[1:-1].tolist())
    rim = shapely.Polygon(shells[0], shells[1:])
    for points, covered in ((slopes.points_m, shape), (slopes.overhang_m, rim)):
        flat = points[slopes.triangles, :2]
        first, second = flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]
        area = (first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]) / 2
        assert (area > -1e-9).all()
        assert area.sum() == pytest.approx(covered.area, rel=1e-6)
    assert rim.buffer(1e-6).covers(shape)
    assert shapely.distance(shapely.points(shells[0]), shape).max() <= 1.5 + 1e-6
    assert -MOST_EAVES_M <= slopes.overhang_m[:, 2].min() <= 0
    sides = Counter(pair for t in slopes.triangles.tolist() for pair in zip(t, [*t[1:], t[0]], strict=True))
    open_sides = {(a, b) for a, b in sides if (b, a) not in sides}
    assert max(sides.values()) == 1
    assert open_sides == set(enumerate(rings.following.tolist()))


def test_eaves_have_room_or_are_left_out() -> None:
    slit = shapely.Polygon([(0, 0), (20, 0), (20, 15), (10.3, 15), (10.3, 6), (9.9, 6), (9.9, 15), (0, 15)])
    slopes = find_slopes(rings_of(shapely.Polygon(SKEWED), slit), np.array([True, True]))
    assert slopes.roofable.all()
    assert slopes.overhang_m[slopes.part == 0, 2].min() < -0.6
    assert slopes.overhang_m[slopes.part == 1, 2].min() == 0.0


def test_only_wanted_parts_get_slopes_each_as_if_alone() -> None:
    shapes = [shapely.Polygon(ring) for ring in KNOWN] + [shapely.Point(0, 0).buffer(9)]
    wanted = np.array([True, False, True, True, True, True, True, True])
    slopes = find_slopes(rings_of(*shapes), wanted)
    assert slopes.roofable.tolist() == [True, False, True, True, True, True, True, False]
    for number in np.flatnonzero(slopes.roofable):
        alone = find_slopes(rings_of(shapes[number]), np.array([True]))
        mine = slopes.part == number
        assert alone.overhang_m.tobytes() == slopes.overhang_m[mine].tobytes()
        own = slopes.triangles[mine[slopes.triangles[:, 0]]] - np.flatnonzero(mine)[0]
        assert alone.triangles.tolist() == own.tolist()
    nothing = find_slopes(rings_of(*shapes), np.zeros(8, bool))
    assert (len(nothing.part), len(nothing.triangles)) == (0, 0)


@pytest.mark.real_data
def test_the_real_village_has_no_irregular_house_without_a_roof(mamre_buildings: BuildingSet) -> None:
    prints = prepare(mamre_buildings.cid, mamre_buildings.footprint)
    irregular = ~find_wings(prints.rings).roofable
    slopes = find_slopes(prints.rings, irregular)
    assert irregular.sum() > 50
    assert (irregular & ~slopes.roofable).sum() <= 2
