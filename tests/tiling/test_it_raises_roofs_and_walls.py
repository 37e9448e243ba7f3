"""Solids are closed, face outwards, and cover no more ground than footprint and eaves."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.tiling.making import LAT, LON, degrees
from xiaoyuan.tiling.detail_levels import middle, near
from xiaoyuan.tiling.faces import DOOR_BAY, FLAT_V, FLOOR_V, ROOF_V, STOREY_V, Mesh, words
from xiaoyuan.tiling.flat_roofs import flat_roofs, stair_heads
from xiaoyuan.tiling.footprints import prepare
from xiaoyuan.tiling.hip_roofs import hipped
from xiaoyuan.tiling.pitched_roofs import (
    EAVES_M,
    HIGHEST_RISE_M,
    LIFT_M,
    closed_slopes,
    gable_walls,
    raise_roofs,
    slopes,
)
from xiaoyuan.tiling.slopes import find_slopes
from xiaoyuan.tiling.solids import FLAT, GABLE, HIP, Solids
from xiaoyuan.tiling.walls import PARAPET_M, Placed, plain_walls, walls
from xiaoyuan.tiling.wings import find_wings

BOX = shapely.box(0, 0, 12, 8)
L_SHAPE = shapely.Polygon([(0, 0), (16, 0), (16, 8), (8, 8), (8, 18), (0, 18)])
U_SHAPE = shapely.Polygon([(0, 0), (20, 0), (20, 15), (14, 15), (14, 6), (6, 6), (6, 15), (0, 15)])
T_SHAPE = shapely.Polygon([(0, 0), (18, 0), (18, 6), (12, 6), (12, 16), (6, 16), (6, 6), (0, 6)])
COURTYARD = shapely.Polygon(shapely.box(0, 0, 20, 20).exterior, [shapely.box(6, 6, 14, 14).exterior])


def placed_of(
    *shapes: shapely.Geometry, roof: int = FLAT, storeys: int = 2, has_slopes: bool = False
) -> Placed:
    """Shapes in metres, standing at height 100, six metres high."""
    footprints = np.empty(len(shapes), object)
    footprints[:] = [degrees(shape) for shape in shapes]
    prints = prepare(np.arange(1, len(shapes) + 1), footprints)
    count = len(prints.row)
    wings = find_wings(prints.rings)
    slopes_found = find_slopes(prints.rings, np.full(len(prints.part_owner), has_slopes) & ~wings.roofable)
    paint = np.full((count, 3), 200, np.uint8)
    solids = Solids(
        footprints=prints,
        wings=wings,
        slopes=slopes_found,
        bottom_m=np.full(count, 98.0),
        floor_m=np.full(count, 100.0),
        height_m=np.full(count, 6.0),
        storeys=np.full(count, storeys, np.int64),
        pitched=np.where(wings.roofable | slopes_found.roofable, roof, FLAT),
        wall_colour=paint,
        roof_colour=paint,
        flat_colour=paint,
    )
    return Placed(
        solids=solids,
        x=prints.rings.points_m[:, 0],
        y=prints.rings.points_m[:, 1],
        wing_x=wings.corners_m[..., 0],
        wing_y=wings.corners_m[..., 1],
        centre=np.zeros((count, 2)),
        turn=np.zeros(count),
        base_m=np.zeros(count),
        wall_colour=words(paint),
        roof_colour=words(paint),
        flat_colour=words(paint),
    )


def corners_of(mesh: Mesh) -> NDArray[np.float64]:
    """Triangles (t, 3, 3)."""
    return np.asarray(np.stack([mesh.x, mesh.y, mesh.z], 1)[mesh.triangles])


def flux(meshes: list[Mesh]) -> NDArray[np.float64]:
    """Volume (3) that meshes enclose, measured along each axis; equal for a closed surface that faces outwards."""
    corners = np.concatenate([corners_of(mesh) for mesh in meshes]) - [0, 0, 98.0]
    area = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]) / 2
    return np.asarray((corners.mean(1) * area).sum(0))


def roof_area(mesh: Mesh) -> float:
    """Area as seen from above."""
    corners = corners_of(mesh)
    return float(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])[:, 2].sum() / 2)


def told(mesh: Mesh) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The two numbers of every vertex."""
    return (mesh.shade & 0xFFFF).astype(np.int64), (mesh.shade >> 16).astype(np.int64)


def rectangles(smallest: float = 4.0) -> st.SearchStrategy[shapely.Polygon]:
    return st.builds(
        lambda width, depth, turn: shapely.affinity.rotate(shapely.box(0, 0, width, depth), turn),
        st.floats(smallest, 40),
        st.floats(smallest, 40),
        st.floats(0, 180),
    )


@st.composite
def stars(draw: st.DrawFn) -> shapely.Polygon:
    """Irregular footprints, some with a courtyard."""
    count = draw(st.integers(3, 12))
    radii = np.array(draw(st.lists(st.floats(4, 15), min_size=count, max_size=count)))
    angles = np.arange(count) / count * 2 * np.pi
    shell = np.column_stack([radii * np.cos(angles), radii * np.sin(angles)])
    holes = [shell * 0.3] if draw(st.booleans()) else []
    shape = shapely.Polygon(shell, holes)
    assume(shape.is_valid and shape.area > 10)
    return shape


@settings(max_examples=60, deadline=None)
@given(st.one_of(rectangles(), stars()))
def test_a_flat_roof_is_as_large_as_its_footprint(shape: shapely.Polygon) -> None:
    placed = placed_of(shape)
    assert roof_area(flat_roofs(placed)) == pytest.approx(shape.area, rel=0.05, abs=0.5)
    assert set(told(flat_roofs(placed))[1].tolist()) == {FLAT_V}


@settings(max_examples=60, deadline=None)
@given(st.one_of(rectangles(), stars()))
def test_bare_walls_and_flat_roof_enclose_the_building_from_outside(shape: shapely.Polygon) -> None:
    placed = placed_of(shape)
    volume = flux([plain_walls(placed), flat_roofs(placed)])
    assert volume == pytest.approx([roof_area(flat_roofs(placed)) * 8.0] * 3, rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.one_of(rectangles(), stars()))
def test_near_walls_go_all_round_up_to_the_parapet(shape: shapely.Polygon) -> None:
    placed = placed_of(shape)
    volume, area = flux([walls(placed)]), roof_area(flat_roofs(placed))
    height = 8.0 + min(PARAPET_M, 0.28 * 3.0)
    assert volume[:2] == pytest.approx([area * height] * 2, rel=1e-6)
    assert walls(placed).z.max() == pytest.approx(98.0 + height)


@pytest.mark.parametrize("shape", [COURTYARD, shapely.MultiPolygon([BOX, shapely.box(20, 0, 25, 9)])])
def test_holes_stay_open_and_every_part_is_built(shape: shapely.Geometry) -> None:
    placed = placed_of(shape)
    mesh = flat_roofs(placed)
    assert roof_area(mesh) == pytest.approx(shape.area, rel=1e-3)
    prints = placed.solids.footprints
    back = prints.anchor_deg[0] + corners_of(mesh).mean(1)[:, :2] / prints.metres_per_degree[0]
    assert shapely.contains_xy(degrees(shape), back[:, 0], back[:, 1]).all()


@settings(max_examples=60, deadline=None)
@given(rectangles(), st.sampled_from([GABLE, HIP]))
def test_a_far_house_is_closed_up_to_its_ridge(shape: shapely.Polygon, roof: int) -> None:
    placed = placed_of(shape, roof=roof)
    roofs = raise_roofs(placed, has_eaves=False)
    volume = flux([closed_slopes(roofs)])
    # The roof lies 8 cm above the walls, so it is closed but for that gap.
    assert volume[2] > shape.area * 8.0
    assert roofs.rim_m[:, 4:].min() > roofs.rim_m[:, :4].max()


@settings(max_examples=60, deadline=None)
@given(rectangles(), st.sampled_from([GABLE, HIP]))
def test_eaves_overhang_and_no_more(shape: shapely.Polygon, roof: int) -> None:
    placed = placed_of(shape, roof=roof)
    outline = placed.solids.footprints.part[0]
    roofs = raise_roofs(placed)
    rim = shapely.Polygon(roofs.rim[0, :4])
    assert rim.contains(outline)
    assert shapely.hausdorff_distance(rim.exterior, outline.exterior) <= EAVES_M * 2**0.5 + 0.01
    if min(np.linalg.norm(np.diff(roofs.wall[0, :3], axis=0), axis=1)) > 4.5:
        assert rim.exterior.distance(outline.exterior) == pytest.approx(EAVES_M, abs=0.01)
    assert (roofs.rim_m[:, 4:] > roofs.rim_m[:, :2]).all()
    assert roof_area(slopes(roofs)) == pytest.approx(rim.area, rel=1e-6)


@pytest.mark.parametrize("turn", [0.0, 17.0, 45.0, 133.0])
@pytest.mark.parametrize(
    ("shape", "wings"), [(BOX, 1), (L_SHAPE, 2), (U_SHAPE, 3), (T_SHAPE, 2)], ids=["box", "L", "U", "T"]
)
@pytest.mark.parametrize("roof", [GABLE, HIP])
def test_wings_cover_the_shape_and_leave_open_ground_open(
    shape: shapely.Polygon, wings: int, roof: int, turn: float
) -> None:
    placed = placed_of(shapely.affinity.rotate(shape, turn), roof=roof)
    outline = placed.solids.footprints.part[0]
    quads = [shapely.Polygon(quad) for quad in placed.solids.wings.corners_m]
    assert len(quads) == wings
    assert shapely.union_all(quads).symmetric_difference(outline).area < 0.02 * shape.area
    cover = shapely.union_all([shapely.Polygon(rim) for rim in raise_roofs(placed).rim[:, :4]])
    allowed = outline.buffer(EAVES_M + 0.02, join_style="mitre")
    assert cover.difference(allowed).area < 0.01


@settings(max_examples=60, deadline=None)
@given(stars(), st.sampled_from([GABLE, HIP]))
def test_an_irregular_house_is_closed_under_a_hip_roof(shape: shapely.Polygon, roof: int) -> None:
    placed = placed_of(shape, roof=roof, has_slopes=True)
    assume(placed.solids.slopes.roofable.all())
    assert len(flat_roofs(placed)) == 0
    mesh = hipped(placed, has_eaves=False)
    volume, area = flux([plain_walls(placed), mesh]), roof_area(mesh)
    assert area == pytest.approx(placed.solids.footprints.rings.areas_m2[0], rel=1e-5)
    # The roof lies 8 cm above the walls, so it is closed but for that gap.
    assert volume - [0, 0, area * LIFT_M] == pytest.approx([volume[0]] * 3, rel=1e-5)
    assert volume[0] > area * 8.0
    assert mesh.z.max() <= 106.0 + HIGHEST_RISE_M + LIFT_M + 1e-6


def test_an_irregular_hip_roof_has_eaves_and_tells_its_metres_up_the_slope() -> None:
    placed = placed_of(shapely.Polygon([(0, 0), (14, 0), (20, 8), (2, 8)]), roof=HIP, has_slopes=True)
    mesh = hipped(placed)
    first, height = told(mesh)
    assert roof_area(mesh) > placed.solids.footprints.rings.areas_m2[0] + 10
    assert height[:4].tolist() == [ROOF_V] * 4
    assert (height[4:] > ROOF_V + 32 * 3).all()
    assert set(first.tolist()) == {0}
    assert mesh.z[:4].max() < 106.0


@pytest.mark.parametrize("storeys", [1, 3])
def test_bays_and_storeys_are_counted_from_the_front_wall(storeys: int) -> None:
    mesh = walls(placed_of(BOX, roof=GABLE, storeys=storeys))
    bay, height = told(mesh)
    # 12 m are four bays, 8 m two; the door's bay is one of the two in the middle of the front.
    assert bay[::2].tolist() == [DOOR_BAY - 1, DOOR_BAY + 3, DOOR_BAY + 5, DOOR_BAY + 9, DOOR_BAY + 11]
    assert set(height[1::2].tolist()) == {FLOOR_V + storeys * STOREY_V}
    assert set(height[::2].tolist()) == {FLOOR_V - round(2.0 / (6.0 / storeys) * STOREY_V)}
    assert mesh.x[2] - mesh.x[0] == pytest.approx(12.0, abs=0.01), "the door is in the long southern wall"
    assert mesh.y[0] == mesh.y.min()


def test_courts_have_windows_and_no_door() -> None:
    bay, _ = told(walls(placed_of(COURTYARD)))
    assert (np.sort(bay[:10:2])[[0, 1]] <= [DOOR_BAY, DOOR_BAY + 6]).all()
    assert (bay[10:] > DOOR_BAY).all()


def test_roofs_tell_their_metres_up_the_slope() -> None:
    roofs = raise_roofs(placed_of(BOX, roof=GABLE))
    _, height = told(slopes(roofs))
    assert height[:4].tolist() == [ROOF_V] * 4
    assert (height[4] - ROOF_V) / 32 == pytest.approx(float(roofs.slope_m[0]), abs=0.02)
    assert len(gable_walls(roofs).triangles) == 2


def test_the_middle_look_is_lighter_than_the_near_one() -> None:
    placed = placed_of(BOX, L_SHAPE, U_SHAPE, COURTYARD, roof=GABLE, storeys=3)
    assert sum(map(len, middle(placed))) < sum(map(len, near(placed)))


def test_the_anchor_is_in_degrees() -> None:
    prints = placed_of(BOX).solids.footprints
    assert prints.anchor_deg[0] == pytest.approx([LON, LAT], abs=2e-4)


def test_a_flat_roofed_house_has_its_stair_head_in_a_corner_of_the_roof() -> None:
    placed = placed_of(shapely.affinity.rotate(BOX, 20), storeys=3)
    mesh = stair_heads(placed)
    outline = placed.solids.footprints.part[0]
    assert shapely.contains_xy(outline, mesh.x, mesh.y).all()
    assert sorted(set(mesh.z.round(3).tolist())) == [106.0, 108.4]
    corners = corners_of(mesh)
    outward = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    centre = np.array([mesh.x.mean(), mesh.y.mean(), mesh.z.mean()])
    assert ((corners.mean(1) - centre) * outward).sum(1).min() > 0


@pytest.mark.parametrize(
    ("shape", "roof", "storeys"), [(BOX, GABLE, 3), (BOX, FLAT, 1), (COURTYARD, FLAT, 3), (L_SHAPE, FLAT, 3)]
)
def test_other_houses_have_no_stair_head(shape: shapely.Polygon, roof: int, storeys: int) -> None:
    assert len(stair_heads(placed_of(shape, roof=roof, storeys=storeys))) == 0
