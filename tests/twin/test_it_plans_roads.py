"""A sketched road on ground that can be reckoned by hand: lengths, gradients, cut and fill, areas."""

import numpy as np
import pytest
import shapely

from tests.twin.ground import FRAME, ground, line
from xiaoyuan.twin.planning.crossing import covered_m2, crossed_at_m
from xiaoyuan.twin.planning.errors import GroundMissing, LineUnusable
from xiaoyuan.twin.planning.profile import design_profile, gradients
from xiaoyuan.twin.planning.road import sketch_road


def test_a_plane_needs_no_earth() -> None:
    road = sketch_road(
        line((-300, 0), (300, 0)),
        width_m=5,
        most_gradient_percent=8,
        terrain=ground(lambda x, y: 0 * x + 1200),
    )
    assert road.plan_length_m == pytest.approx(600, abs=0.01)
    assert road.slope_length_m == pytest.approx(600, abs=0.01)
    assert (road.cut_m3, road.fill_m3, road.over_m) == pytest.approx((0, 0, 0), abs=0.01)
    assert road.corridor.area == pytest.approx(3000, rel=1e-4)
    assert len(road.chainage_m) == 61
    assert len(road.segments) == 1


def test_a_constant_slope_within_the_limit_is_followed() -> None:
    terrain = ground(lambda x, y: 1000 + 0.06 * x)
    road = sketch_road(line((-300, 0), (300, 0)), width_m=4, most_gradient_percent=8, terrain=terrain)
    assert road.slope_length_m == pytest.approx(600 * np.hypot(1, 0.06), abs=0.02)
    assert [segment.gradient_percent for segment in road.segments] == pytest.approx([6.0], abs=0.02)
    assert not road.segments[0].is_over
    assert road.cut_m3 + road.fill_m3 < 3


def test_a_slope_beyond_the_limit_is_marked_over_its_whole_length() -> None:
    terrain = ground(lambda x, y: 1000 + 0.12 * x)
    road = sketch_road(line((-300, 0), (300, 0)), width_m=4, most_gradient_percent=10, terrain=terrain)
    assert road.over_m == pytest.approx(600, abs=0.1)
    assert all(segment.is_over for segment in road.segments)
    assert road.steepest_percent == pytest.approx(12, abs=0.1)


def test_a_side_slope_is_cut_above_and_filled_below() -> None:
    """Ground rising 1 in 5 to the left: two triangles a section, by hand.

    Cut: base 2 m, outer slope 1:1 against ground 0.2: the toe lies at 2.5 m, the triangle has 0.5 * 2 * 0.5 = 0.5 m2.
    Fill: the slope 1 in 1.5 against 0.2 runs to 2 + 0.4 / (1 / 1.5 - 0.2) = 2.857 m: 0.5 * 2 * 0.5714 = 0.5714 m2.
    """
    terrain = ground(lambda x, y: 1000 + 0.2 * y)
    road = sketch_road(line((-200, 0), (200, 0)), width_m=4, most_gradient_percent=8, terrain=terrain)
    assert road.cut_m2 == pytest.approx(np.full(41, 0.5), rel=0.02)
    assert road.fill_m2 == pytest.approx(np.full(41, 0.5714), rel=0.02)
    assert road.cut_m3 == pytest.approx(0.5 * 400, rel=0.02)
    assert road.fill_m3 == pytest.approx(0.5714 * 400, rel=0.02)
    assert road.works.area == pytest.approx(400 * (2.5 + 2.857), rel=0.02)


@pytest.mark.parametrize(("height_m", "run"), [(-3.0, 1.5), (3.0, 1.0)])
def test_a_prism_across_a_ditch_or_ridge(height_m: float, run: float) -> None:
    """The road is held level by its ends across a trough (or a ridge) 3 m high with steep flanks.

    Section inside: width 6 and slopes: 6 * 3 + run * 3 * 3. Between the flanks (x -100 to 100) the volume is that area
    times 200 m, and the flanks of 0.01 m add next to nothing.
    """
    terrain = ground(lambda x, y: np.where(np.abs(x) < 100, 1000 + height_m, 1000.0), cell_m=2.0)
    road = sketch_road(line((-400, 0), (400, 0)), width_m=6, most_gradient_percent=0.5, terrain=terrain)
    # A design of 0.5 % may dip by less than it is worth; the hand figure uses the design heights themselves.
    depth = np.abs(road.design_m - (1000 + height_m))
    inside = np.abs(road.chainage_m - 400) <= 95
    area = road.cut_m2 if height_m > 0 else road.fill_m2
    assert area[inside] == pytest.approx((6 * depth + run * depth**2)[inside], rel=0.02)
    moved = road.cut_m3 if height_m > 0 else road.fill_m3
    by_hand = float((6 * depth + run * depth**2)[inside].mean() * 200)
    assert moved == pytest.approx(by_hand, rel=0.02)


def test_a_valley_is_filled_to_the_gradient() -> None:
    """z = 0.2 |x|, limit 8 %: the cheapest road falls at 8 % from both ends and rounds the bottom."""
    chainage = np.arange(0.0, 401.0, 10.0)
    valley = 0.2 * np.abs(chainage - 200)
    design = design_profile(chainage, valley, 0.08)
    assert np.abs(gradients(chainage, design)).max() <= 0.08 + 1e-6
    assert (design >= valley - 1e-6).all()
    by_hand = 40 - 0.08 * np.minimum(chainage, 400 - chainage)
    # The vertical curve at the bottom lifts it by A L / 8 with L = A R: 0.16 * 32 / 8 m.
    assert np.abs(design - by_hand).max() == pytest.approx(0.64, abs=0.1)
    assert design[[0, -1]] == pytest.approx(valley[[0, -1]])


def test_a_vertical_curve_is_kept_where_it_can_be() -> None:
    chainage = np.arange(0.0, 401.0, 10.0)
    design = design_profile(chainage, 0.05 * np.abs(chainage - 200), 0.08)
    bend = np.abs(np.diff(gradients(chainage, design)))
    assert bend.max() <= 10 / 200 + 1e-6


def test_areas_are_shapelys() -> None:
    terrain = ground(lambda x, y: 0 * x + 100)
    road = sketch_road(line((-300, 0), (0, 0), (0, 300)), width_m=6, most_gradient_percent=8, terrain=terrain)
    field = FRAME.to_degrees(shapely.box(-200, -50, -100, 1))
    covered = covered_m2(road.corridor, np.array([road.frame.to_metres(field)], dtype=object))
    assert covered == pytest.approx([100 * 4], rel=1e-3)  # from -3 m to the field's edge at 1 m
    bent = shapely.LineString([(-300, 0), (0, 0), (0, 300)]).buffer(3, cap_style="flat", join_style="round")
    assert road.corridor.area == pytest.approx(bent.area, rel=1e-3)


def test_crossings_are_told_by_their_place() -> None:
    way = shapely.LineString([(0, 0), (500, 0)])
    assert crossed_at_m(way, shapely.LineString([(120, -50), (120, 50)])) == (120.0,)
    assert crossed_at_m(way, shapely.box(200, -10, 230, 10)) == (200.0, 230.0)
    assert crossed_at_m(way, shapely.box(0, 10, 5, 20)) == ()


def test_stations_lie_every_10_m_and_on_long_lines_every_20_m() -> None:
    terrain = ground(lambda x, y: 0 * x, half_m=4000, cell_m=50)
    short = sketch_road(line((0, 0), (95, 0)), width_m=4, most_gradient_percent=8, terrain=terrain)
    assert short.chainage_m[[1, -2, -1]] == pytest.approx([10, 90, 95], abs=0.01)
    long = sketch_road(line((-3000, 0), (3000, 0)), width_m=4, most_gradient_percent=8, terrain=terrain)
    assert long.spacing_m == 20


@pytest.mark.parametrize("points", [((0, 0), (5, 0)), ((0, 0), (0, 0)), ((-20_000, 0), (20_000, 0))])
def test_a_line_that_is_none_is_refused(points: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(LineUnusable):
        sketch_road(line(*points), width_m=4, most_gradient_percent=8, terrain=ground(lambda x, y: 0 * x))


def test_ground_that_nobody_measured_is_not_guessed() -> None:
    with pytest.raises(GroundMissing) as caught:
        sketch_road(
            line((0, 0), (1000, 0)), width_m=4, most_gradient_percent=8, terrain=ground(lambda x, y: 0 * x)
        )
    assert caught.value.chainage_m == pytest.approx(610, abs=10)
