"""Nothing is lost or guessed in silence: what was dropped, repaired or filled in is listed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from tests.tiling.making import build_into, buildings, degrees, hilly, write_dem
from xiaoyuan.tiling import Terrain
from xiaoyuan.tiling.footprints import prepare
from xiaoyuan.tiling.solids import resolve_heights

GOOD = degrees(shapely.box(0, 0, 12, 8))
BOW_TIE = degrees(shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)]), 30)
SLIVER = degrees(shapely.Polygon([(0, 0), (10, 0), (5, 0)]), 60)
METRES = shapely.box(528_000, 3_023_000, 528_010, 3_023_010)


def test_bad_footprints_are_named_with_their_reason(tmp_path: Path) -> None:
    report = build_into(
        buildings(GOOD, BOW_TIE, SLIVER, METRES, shapely.Point(105, 27), None, shapely.Polygon()),
        None,
        tmp_path,
    )
    assert report.built == 2
    assert [cid for cid, _ in report.repaired] == [2]
    assert "Self-intersection" in report.repaired[0][1]
    assert report.dropped == [
        (3, "its area is zero"),
        (4, "its coordinates are not longitudes and latitudes"),
        (5, "it has no polygon"),
        (6, "it has no polygon"),
        (7, "it has no polygon"),
    ]


def test_a_repaired_ring_keeps_its_area() -> None:
    prints = prepare(np.array([1]), np.array([BOW_TIE], object))
    assert shapely.area(prints.part).sum() == pytest.approx(50.0, rel=0.01)
    assert shapely.is_valid(prints.part).all()


def test_shells_turn_left_and_holes_right() -> None:
    shell, hole = shapely.box(0, 0, 20, 20, ccw=False), shapely.box(5, 5, 9, 9, ccw=True)
    shape = degrees(shapely.Polygon(shell.exterior, [hole.exterior]))
    [part] = prepare(np.array([1]), np.array([shape], object)).part
    assert part.exterior.is_ccw
    assert not part.interiors[0].is_ccw


NAN = float("nan")


@pytest.mark.parametrize(
    ("height", "storeys", "expected"),
    [
        (7.5, 2, (7.5, 2)),
        (NAN, 3, (9.6, 3)),
        (9.7, 0, (9.7, 3)),
        (1.2, 0, (1.2, 1)),
        (NAN, 0, (3.4, 1)),
        (-4.0, 2, (6.5, 2)),
        (0.0, 0, (3.4, 1)),
        (1e6, 1, (3.4, 1)),
    ],
)
def test_gaps_in_height_and_storeys_are_closed(
    height: float, storeys: int, expected: tuple[float, int]
) -> None:
    resolved = resolve_heights(np.array([height]), np.array([storeys]), 1)
    assert (resolved.height_m[0], resolved.storeys[0]) == (pytest.approx(expected[0]), expected[1])


def test_closed_gaps_are_counted(tmp_path: Path) -> None:
    report = build_into(
        buildings(
            *[GOOD] * 4, height_m=np.array([6.0, NAN, 6.0, NAN]), storeys=np.array([2, 2, 0, 0], np.int32)
        ),
        None,
        tmp_path,
        default_storeys=2,
    )
    assert report.height_from_storeys == 2
    assert report.storeys_from_height == 1
    assert report.storeys_from_default == 1
    assert report.default_storeys == 2


def test_roofs_that_had_to_be_flat_are_listed(tmp_path: Path) -> None:
    round_house = degrees(shapely.Point(0, 0).buffer(20, quad_segs=32))
    report = build_into(buildings(GOOD, round_house, roof=2), None, tmp_path)
    assert report.roofs_flattened == [2]


def test_buildings_off_the_elevation_model_are_listed_and_still_built(tmp_path: Path) -> None:
    dem = write_dem(tmp_path / "dem.tif", hilly(300, 80, 10.0, lambda x, y: 1300 + 0 * x))
    outside = degrees(shapely.box(0, 0, 12, 8), 300)
    report = build_into(buildings(GOOD, outside), Terrain.from_geotiff(dem), tmp_path / "out")
    assert report.built == 2
    assert report.outside_terrain == [2]
    assert report.height_range_m == pytest.approx((1298.5, 1309.1), abs=0.1)
