"""Water reaches what it can flow to, and nothing that merely lies low."""

import numpy as np
import pytest
import shapely

from tests.twin.ground import FRAME, LAT, LON, ground
from xiaoyuan.tiling.arrays import Floats
from xiaoyuan.twin.planning.errors import GroundMissing, SeedDry
from xiaoyuan.twin.planning.flood import flood, grid_around, lowest_of, outline, seed_cells


def valley(x: Floats, y: Floats) -> Floats:
    """A valley along x = 0 with flanks of 1 in 10, and an equally deep one at x = 400 beyond a ridge of 20 m."""
    return 100 + 0.1 * np.minimum(np.abs(x), np.abs(x - 400))


def at(x: float, y: float) -> shapely.Point:
    return FRAME.to_degrees(shapely.Point(x, y))


def test_the_water_of_a_valley_is_as_wide_as_its_level() -> None:
    grid = grid_around(ground(valley), LON, LAT, 500)
    found = flood(grid, seed_cells(grid, at(0, 0)), 105.0)
    assert found.area_m2 == pytest.approx(100 * 1000, rel=0.02)  # 50 m to either side, 1000 m long
    assert found.volume_m3 == pytest.approx(0.5 * 5 * 100 * 1000, rel=0.03)
    assert found.deepest_m == pytest.approx(5, abs=0.3)
    assert found.touches_edge


def test_a_low_place_behind_a_ridge_stays_dry_until_the_ridge_is_passed() -> None:
    grid = grid_around(ground(valley), LON, LAT, 500)
    seeds = seed_cells(grid, at(0, 0))
    beyond = seed_cells(grid, at(400, 0))
    assert not (flood(grid, seeds, 119.0).wet & beyond).any()
    assert (flood(grid, seeds, 121.0).wet & beyond).any()


def test_the_outline_has_the_area_of_the_cells() -> None:
    grid = grid_around(ground(valley), LON, LAT, 300)
    found = flood(grid, seed_cells(grid, FRAME.to_degrees(shapely.LineString([(0, -250), (0, 250)]))), 103.0)
    shape = outline(grid, found.wet)
    assert shape.area == pytest.approx(found.area_m2)
    assert shape.contains(shapely.Point(20, 0))
    assert not shape.contains(shapely.Point(35, 0))


def test_water_does_not_rise_from_a_dry_place() -> None:
    grid = grid_around(ground(valley), LON, LAT, 300)
    with pytest.raises(SeedDry):
        flood(grid, seed_cells(grid, at(100, 0)), 105.0)


def test_where_nothing_was_measured_nothing_is_said() -> None:
    grid = grid_around(ground(valley, half_m=100), LON, LAT, 500)
    with pytest.raises(GroundMissing):
        lowest_of(grid, seed_cells(grid, at(400, 400)))
