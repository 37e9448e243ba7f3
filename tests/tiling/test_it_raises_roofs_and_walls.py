"""Solids are closed, face outwards, and cover no more ground than footprint and eaves."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.tiling.making import LAT, LON, degrees
from xiaoyuan.tiling.detail_levels import ROOF, WALL, middle, near
from xiaoyuan.tiling.faces import Faces, joined
from xiaoyuan.tiling.flat_roofs import PARAPET_M, parapet_roofs, stair_heads
from xiaoyuan.tiling.footprints import prepare, triangles_of
from xiaoyuan.tiling.pitched_roofs import EAVES_M, fascias, raise_roofs, slopes, undersides
from xiaoyuan.tiling.solids import FLAT, GABLE, HIP, Solids, wall_edges
from xiaoyuan.tiling.walls import plinths, windowed_walls
from xiaoyuan.tiling.wings import find_wings

BOX = shapely.box(0, 0, 12, 8)
L_SHAPE = shapely.Polygon([(0, 0), (16, 0), (16, 8), (8, 8), (8, 18), (0, 18)])
U_SHAPE = shapely.Polygon([(0, 0), (20, 0), (20, 15), (14, 15), (14, 6), (6, 6), (6, 15), (0, 15)])
T_SHAPE = shapely.Polygon([(0, 0), (18, 0), (18, 6), (12, 6), (12, 16), (6, 16), (6, 6), (0, 6)])
COURTYARD = shapely.Polygon(shapely.box(0, 0, 20, 20).exterior, [shapely.box(6, 6, 14, 14).exterior])


def solids_of(*shapes: shapely.Geometry, roof: int = FLAT, storeys: int = 2) -> Solids:
    """Solids of shapes in metres, standing at height 100, six metres high."""
    footprints = np.empty(len(shapes), object)
    footprints[:] = [degrees(shape) for shape in shapes]
    prints = prepare(np.arange(1, len(shapes) + 1), footprints)
    count = len(prints.row)
    wings = find_wings(prints.part)
    paint = np.full((count, 3), 200, np.uint8)
    return Solids(
        footprints=prints,
        wings=wings,
        bottom_m=np.full(count, 98.0),
        floor_m=np.full(count, 100.0),
        height_m=np.full(count, 6.0),
        storeys=np.full(count, storeys, np.int64),
        pitched=np.where(wings.roofable, roof, FLAT),
        wall_colour=paint,
        roof_colour=paint,
        flat_colour=paint,
    )


def flux(faces: list[Faces]) -> NDArray[np.float64]:
    """Volume (3) that faces enclose, measured along each axis; equal for a closed surface that faces outwards."""
    mesh = joined(faces)
    corners = mesh.positions_m[mesh.triangles] - [0, 0, 98.0]
    area = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]) / 2
    return np.asarray((corners.mean(1) * area).sum(0))


def roof_area(faces: list[Faces]) -> float:
    """Area of the level faces that look up, as seen from above."""
    mesh = joined(faces)
    corners = mesh.positions_m[mesh.triangles]
    area = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])[:, 2] / 2
    return float(area[area > 0].sum())


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
    solids = solids_of(shape)
    area = float(shapely.area(solids.footprints.part).sum())
    assert area == pytest.approx(shape.area, rel=0.05, abs=0.5)
    assert roof_area(parapet_roofs(solids)) == pytest.approx(area, rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.one_of(rectangles(), stars()))
def test_walls_and_flat_roof_enclose_the_building_from_outside(shape: shapely.Polygon) -> None:
    solids = solids_of(shape)
    edges = wall_edges(solids.footprints)
    volume = flux([windowed_walls(edges, solids), plinths(edges, solids), *parapet_roofs(solids)])
    area = float(shapely.area(solids.footprints.part).sum())
    assert volume[2] > area * 8.0 - 1e-6
    assert volume[2] < area * (8.0 + PARAPET_M) + 1e-6
    assert volume == pytest.approx([volume[2]] * 3, rel=1e-6)


@pytest.mark.parametrize("shape", [COURTYARD, shapely.MultiPolygon([BOX, shapely.box(20, 0, 25, 9)])])
def test_holes_stay_open_and_every_part_is_built(shape: shapely.Geometry) -> None:
    solids = solids_of(shape)
    assert roof_area(parapet_roofs(solids)) == pytest.approx(shape.area, rel=1e-3)
    corners, _ = triangles_of(solids.footprints.part)
    placed = degrees(shape)
    back = solids.footprints.anchor_deg[0] + corners.mean(1) / solids.footprints.metres_per_degree[0]
    assert shapely.contains_xy(placed, back[:, 0], back[:, 1]).all()


@settings(max_examples=60, deadline=None)
@given(rectangles(), st.sampled_from([GABLE, HIP]))
def test_a_pitched_roof_is_a_closed_slab(shape: shapely.Polygon, roof: int) -> None:
    roofs = raise_roofs(solids_of(shape, roof=roof))
    volume = flux([*slopes(roofs), *undersides(roofs), *fascias(roofs)])
    assert volume[2] > shape.area * 0.26
    assert volume == pytest.approx([volume[2]] * 3, rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(rectangles(), st.sampled_from([GABLE, HIP]))
def test_eaves_overhang_and_no_more(shape: shapely.Polygon, roof: int) -> None:
    solids = solids_of(shape, roof=roof)
    outline = solids.footprints.part[0]
    roofs = raise_roofs(solids)
    rim = shapely.Polygon(roofs.eaves_m[0, :, :2])
    assert rim.contains(outline)
    assert shapely.hausdorff_distance(rim.exterior, outline.exterior) <= EAVES_M * 2**0.5 + 0.01
    if min(np.linalg.norm(np.diff(roofs.wall_m[0, :3, :2], axis=0), axis=1)) > 4.5:
        assert rim.exterior.distance(outline.exterior) == pytest.approx(EAVES_M, abs=0.01)
    assert (roofs.ridge_m[:, :, 2] > roofs.eaves_m[:, :2, 2]).all()


@pytest.mark.parametrize("turn", [0.0, 17.0, 45.0, 133.0])
@pytest.mark.parametrize(
    ("shape", "wings"), [(BOX, 1), (L_SHAPE, 2), (U_SHAPE, 3), (T_SHAPE, 2)], ids=["box", "L", "U", "T"]
)
@pytest.mark.parametrize("roof", [GABLE, HIP])
def test_wings_cover_the_shape_and_leave_open_ground_open(
    shape: shapely.Polygon, wings: int, roof: int, turn: float
) -> None:
    solids = solids_of(shapely.affinity.rotate(shape, turn), roof=roof)
    outline = solids.footprints.part[0]
    quads = [shapely.Polygon(quad) for quad in solids.wings.corners_m]
    assert len(quads) == wings
    assert shapely.union_all(quads).symmetric_difference(outline).area < 0.02 * shape.area
    cover = shapely.union_all([shapely.Polygon(rim) for rim in raise_roofs(solids).eaves_m[:, :, :2]])
    allowed = outline.buffer(EAVES_M + 0.02, join_style="mitre")
    assert cover.difference(allowed).area < 0.01


@pytest.mark.parametrize(
    "shape",
    [COURTYARD, shapely.Point(0, 0).buffer(8), shapely.Polygon([(0, 0), (9, 0), (4, 8)])],
    ids=["courtyard", "round", "triangle"],
)
def test_what_carries_no_ridge_gets_a_flat_roof(shape: shapely.Polygon) -> None:
    solids = solids_of(shape, roof=GABLE)
    assert solids.pitched.tolist() == [FLAT]
    assert len(near(solids)[ROOF]) == 0
    assert roof_area(parapet_roofs(solids)) == pytest.approx(shape.area, rel=0.02)


def test_every_storey_has_its_row_of_windows_and_one_bay_has_the_door() -> None:
    solids = solids_of(BOX, storeys=3)
    edges = wall_edges(solids.footprints)
    faces = windowed_walls(edges, solids)
    assert len(faces.owner) == 4 * 3
    foot = faces.corners_m[:, 0, 2]
    assert sorted(set(foot.round(3).tolist())) == [100.0, 102.0, 104.0]
    bays = (faces.uv[:, 1, 0] - faces.uv[:, 0, 0]) * 3
    length = np.linalg.norm(faces.corners_m[:, 1] - faces.corners_m[:, 0], axis=1)
    assert bays == pytest.approx(np.rint(length / 3.3))
    [door] = np.flatnonzero(faces.uv[:, 0, 1] > 0.75)
    assert foot[door] == 100.0
    start, end = faces.corners_m[door, 0], faces.corners_m[door, 1]
    assert end[0] - start[0] == pytest.approx(12.0, abs=0.01), "the door is in the long southern wall"


def test_texture_coordinates_repeat_upright_on_roofs() -> None:
    [first, *_] = slopes(raise_roofs(solids_of(BOX, roof=GABLE)))
    assert first.uv[:, 0].tolist() == [[0.0, 0.0], [0.0, 0.0]][: len(first.uv)]
    assert (first.uv[:, 1, 0] > 1).all()
    assert np.abs(first.uv[:, 1, 1]).max() < 1e-9
    assert (first.uv[:, 2, 1] < -1).all()


def test_the_middle_look_is_lighter_than_the_near_one() -> None:
    solids = solids_of(BOX, L_SHAPE, U_SHAPE, COURTYARD, roof=GABLE, storeys=3)
    near_count = sum(len(primitive) for primitive in near(solids).values())
    [middle_count] = [len(primitive) for primitive in middle(solids).values()]
    assert middle_count < near_count / 2
    assert len(near(solids)[WALL]) > 0


def test_the_anchor_is_in_degrees() -> None:
    prints = solids_of(BOX).footprints
    assert prints.anchor_deg[0] == pytest.approx([LON, LAT], abs=2e-4)


def test_a_flat_roofed_house_has_its_stair_head_in_a_corner_of_the_roof() -> None:
    solids = solids_of(shapely.affinity.rotate(BOX, 20), storeys=3)
    corners = joined(stair_heads(solids)).positions_m
    outline = solids.footprints.part[0]
    assert shapely.contains_xy(outline, corners[:, 0], corners[:, 1]).all()
    assert sorted(set(corners[:, 2].round(3).tolist())) == [106.0, 108.4]
    faces = joined(stair_heads(solids))
    centre = corners.mean(0)
    outward = ((faces.positions_m - centre) * faces.normals).sum(1)
    assert (outward > 0).all()
    assert len(faces) == 5 * 4


@pytest.mark.parametrize(
    ("shape", "roof", "storeys"), [(BOX, GABLE, 3), (BOX, FLAT, 1), (COURTYARD, FLAT, 3), (L_SHAPE, FLAT, 3)]
)
def test_other_houses_have_no_stair_head(shape: shapely.Polygon, roof: int, storeys: int) -> None:
    assert len(joined(stair_heads(solids_of(shape, roof=roof, storeys=storeys)))) == 0
