"""Footprints are read from bytes and made fit many at once, and each comes out as if it were alone."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tests.tiling.making import degrees
from xiaoyuan.tiling.footprints import Footprints, prepare, triangles_of
from xiaoyuan.tiling.rings import Rings, clip_ears
from xiaoyuan.tiling.wings import find_wings
from xiaoyuan.tiling.wkb import RaggedPolygons

BOX = shapely.box(0, 0, 12, 8)
L_SHAPE = shapely.Polygon([(0, 0), (16, 0), (16, 8), (8, 8), (8, 18), (0, 18)])
U_SHAPE = shapely.Polygon([(0, 0), (20, 0), (20, 15), (14, 15), (14, 6), (6, 6), (6, 15), (0, 15)])
COURTYARD = shapely.Polygon(shapely.box(0, 0, 20, 20).exterior, [shapely.box(6, 6, 14, 14).exterior])
TWO = shapely.MultiPolygon([BOX, shapely.box(20, 0, 25, 9)])
BOW_TIE = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
SPIKED = shapely.Polygon([(0, 0), (10, 0), (10, 8), (16, 8), (10, 8), (0, 8)])
ROUND = shapely.Point(0, 0).buffer(9)
ODD_ONES = [BOX, L_SHAPE, U_SHAPE, COURTYARD, TWO, BOW_TIE, SPIKED, ROUND]


def objects(shapes: list[shapely.Geometry | None]) -> np.ndarray:
    out = np.empty(len(shapes), object)
    out[:] = shapes
    return out


@st.composite
def scrawls(draw: st.DrawFn) -> shapely.Polygon:
    """Rings that may cross, repeat and fold back."""
    corner = st.tuples(st.integers(0, 12), st.integers(0, 12))
    return shapely.Polygon(draw(st.lists(corner, min_size=3, max_size=9)))


@st.composite
def turned(draw: st.DrawFn) -> shapely.Polygon:
    shape = draw(st.sampled_from([BOX, L_SHAPE, U_SHAPE]))
    return shapely.affinity.rotate(shape, draw(st.floats(0, 360)))


ANY_SHAPE = st.one_of(turned(), scrawls(), st.sampled_from(ODD_ONES))


def parts_of(prints: Footprints, row: int) -> list[bytes]:
    number = np.flatnonzero(prints.row == row)
    mine = np.flatnonzero(np.isin(prints.part_owner, number))
    return [
        prints.anchor_deg[number].tobytes(),
        *(prints.rings.take(mine[[i]]).points_m.tobytes() for i in range(len(mine))),
    ]


@settings(max_examples=80)
@given(st.lists(ANY_SHAPE, min_size=1, max_size=12))
def test_alone_and_together_are_the_same_to_the_last_bit(shapes: list[shapely.Polygon]) -> None:
    placed = objects([degrees(shape, 7.3 * number) for number, shape in enumerate(shapes)])
    cid = np.arange(1, len(shapes) + 1)
    together = prepare(cid, placed)
    wings = find_wings(together.rings)
    for row in range(len(shapes)):
        alone = prepare(cid[[row]], placed[[row]])
        assert parts_of(alone, 0) == parts_of(together, row)
        mine = np.isin(together.part_owner[wings.part], np.flatnonzero(together.row == row))
        assert find_wings(alone.rings).corners_m.tobytes() == wings.corners_m[mine].tobytes()
    names = {int(c) for c, _ in together.dropped} | {int(c) for c in cid[together.row]}
    assert names == set(cid.tolist())


@settings(max_examples=80)
@given(st.lists(ANY_SHAPE, min_size=1, max_size=6))
def test_bytes_and_objects_are_read_alike(shapes: list[shapely.Polygon]) -> None:
    placed = objects([degrees(shape) for shape in shapes])
    cid = np.arange(1, len(shapes) + 1)
    read = RaggedPolygons.from_wkb([shapely.to_wkb(shape) for shape in placed])
    assert shapely.equals_exact(read.shapes(), placed, normalize=True).all()
    np.testing.assert_array_equal(read.bounds(), shapely.bounds(placed))
    first, second = prepare(cid, placed), prepare(cid, read)
    assert first.rings.points_m.tobytes() == second.rings.points_m.tobytes()
    assert (first.dropped, first.repaired) == (second.dropped, second.repaired)


@settings(max_examples=150)
@example(shapely.Polygon([(6, 8), (11, 3), (2, 12), (6, 9), (0, 0)]))
@given(ANY_SHAPE)
def test_what_is_built_on_is_valid_and_as_large_as_what_was_drawn(shape: shapely.Polygon) -> None:
    prints = prepare(np.array([1]), objects([degrees(shape)]))
    sound = shapely.make_valid(shape, method="structure")
    assert shapely.is_valid(prints.part).all()
    # Lines drawn forth and back enclose nothing, or what lies between them: both can be meant.
    assume(sound.area > 0 or not len(prints.row))
    if not len(prints.row):
        assert sound.area < 0.3
        return
    assert prints.rings.areas_m2 == pytest.approx(shapely.area(prints.part))
    assert prints.rings.areas_m2.sum() == pytest.approx(sound.area, rel=0.01, abs=0.5)
    corners, part = triangles_of(prints.rings)
    sides = corners[:, 1:] - corners[:, :1]
    area = (sides[:, 0, 0] * sides[:, 1, 1] - sides[:, 0, 1] * sides[:, 1, 0]) / 2
    assert (area >= -1e-9).all()
    assert np.bincount(part, area) == pytest.approx(prints.rings.areas_m2)
    assert (np.diff(part) >= 0).all()
    middles = shapely.points(corners.mean(1))
    assert (shapely.distance(prints.part[part], middles) < 1e-6).all()


@pytest.mark.parametrize("options", [{"byte_order": 0}, {"include_srid": True}, {"output_dimension": 3}])
def test_unusual_bytes_are_read_too(options: dict[str, int]) -> None:
    placed = objects([shapely.set_srid(shapely.force_3d(degrees(shape), 5.0), 4490) for shape in ODD_ONES])
    usual = [shapely.to_wkb(shape, output_dimension=2) for shape in placed]
    unusual = [shapely.to_wkb(shape, **({"output_dimension": 2} | options)) for shape in placed]
    cid = np.arange(1, len(placed) + 1)
    first = prepare(cid, RaggedPolygons.from_wkb(usual))
    second = prepare(cid, RaggedPolygons.from_wkb([*unusual[:1], *usual[1:4], *unusual[4:]]))
    assert first.rings.points_m.tobytes() == second.rings.points_m.tobytes()


@pytest.mark.parametrize("bad", [b"", b"\x01", b"no geometry at all", shapely.to_wkb(degrees(BOX))[:-8]])
def test_bytes_that_are_no_geometry_are_dropped_with_a_reason(bad: bytes) -> None:
    good = shapely.to_wkb(degrees(BOX))
    prints = prepare(np.array([7, 8, 9]), RaggedPolygons.from_wkb([good, bad, good]))
    assert prints.row.tolist() == [0, 2]
    assert prints.dropped == [(8, "it has no polygon")]


def test_a_ring_that_does_not_close_is_dropped() -> None:
    data = bytearray(shapely.to_wkb(degrees(BOX)))
    data[-16:] = np.array([105.0, 27.0]).tobytes()
    prints = prepare(np.array([8]), RaggedPolygons.from_wkb([bytes(data)]))
    assert prints.dropped == [(8, "it has no polygon")]


def test_rows_are_picked_like_from_an_array() -> None:
    placed = objects([degrees(shape, 30 * number) for number, shape in enumerate(ODD_ONES)])
    ragged = RaggedPolygons.from_shapes(placed)
    rows = np.array([6, 3, 0, 3])
    assert shapely.equals_exact(ragged[rows].shapes(), placed[rows]).all()
    assert len(ragged[np.array([True, False] * 4)]) == 4
    assert len(RaggedPolygons.from_wkb([])) == 0
    assert len(prepare(np.zeros(0, int), RaggedPolygons.from_wkb([])).row) == 0


@pytest.mark.parametrize(
    ("ring", "corners"),
    [
        ([(0, 0), (6, 0), (6, 0), (12, 0), (12, 8), (0, 8)], 4),
        ([(0, 0), (6, 0.04), (12, 0), (12, 8), (0, 8)], 4),
        ([(0, 0), (6, 0.06), (12, 0), (12, 8), (0, 8)], 5),
        ([(0, 0), (0, 8), (12, 8), (12, 0)], 4),
    ],
)
def test_needless_vertices_go_and_telling_ones_stay(ring: list[tuple[float, float]], corners: int) -> None:
    prints = prepare(np.array([1]), objects([degrees(shapely.Polygon(ring))]))
    assert prints.rings.ring_size.tolist() == [corners]
    assert prints.part[0].exterior.is_ccw
    assert prints.repaired == []


def test_a_needle_beside_a_crossing_does_not_cost_the_building() -> None:
    shape = shapely.Polygon([(6, 8), (11, 3), (2, 12), (6, 9), (0, 0)])
    prints = prepare(np.array([5]), objects([degrees(shape)]))
    assert [cid for cid, _ in prints.repaired] == [5]
    assert prints.rings.areas_m2.sum() == pytest.approx(4.6, abs=0.1)


def test_a_spike_is_cut_off_with_a_report() -> None:
    prints = prepare(np.array([5]), objects([degrees(SPIKED)]))
    assert [cid for cid, _ in prints.repaired] == [5]
    assert prints.rings.areas_m2.sum() == pytest.approx(80.0, rel=1e-3)


def test_polygons_as_arrays_are_the_polygons() -> None:
    shapes = objects([shapely.orient_polygons(shape) for shape in (BOX, COURTYARD, L_SHAPE)])
    rings = Rings.from_shapes(shapes)
    assert shapely.equals_exact(rings.shapes(), shapes).all()
    assert shapely.equals_exact(rings.take(np.array([2, 1])).shapes(), shapes[[2, 1]]).all()
    assert rings.areas_m2.tolist() == shapely.area(shapes).tolist()


def test_a_crossed_ring_is_said_to_be_unfilled() -> None:
    crossed = np.array([[(0.0, 0.0), (0.0, 8.0), (4.0, 4.0), (8.0, 8.0), (8.0, 0.0)]])
    _, is_sound = clip_ears(crossed)
    assert is_sound.tolist() == [False]
