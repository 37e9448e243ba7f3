"""The places file: outlines that tile, lots that face roads, houses that stand on ground one would build on."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import rowcol
from scipy import ndimage

from tests.sample.conftest import Layer
from xiaoyuan.sample import SampleReport
from xiaoyuan.sample.town import DENSE, DETAILED, DISPERSED, TOWN_CODE, VILLAGES

Layers = dict[str, Layer]


def overlapping(shapes: np.ndarray, others: np.ndarray, tolerance_m2: float) -> list[tuple[int, int]]:
    """Pairs whose interiors share more than the tolerance; a pair of the same array is asked once."""
    mine, theirs = shapely.STRtree(others).query(shapes, predicate="intersects")
    if shapes is others:
        mine, theirs = mine[mine < theirs], theirs[mine < theirs]
    area = shapely.area(shapely.intersection(shapes[mine], others[theirs]))
    return [
        (int(a), int(b)) for a, b in zip(mine[area > tolerance_m2], theirs[area > tolerance_m2], strict=True)
    ]


def test_it_holds_as_much_as_promised(report: SampleReport, layers: Layers) -> None:
    assert set(layers) == {"区划", "道路", "水系", "院落", "建筑", "地块"}
    for code in DETAILED:
        counts = report.villages[code]
        for layer, counted, least, most in (
            ("院落", counts.courtyards, 360, 420),
            ("建筑", counts.buildings, 420, 530),
            ("地块", counts.parcels, 820, 1000),
        ):
            assert len(layers[layer].where("区划代码", code)) == counted
            assert least <= counted <= most
        assert 1250 <= counts.people <= 1500
    assert len(layers["道路"].shapes) == report.roads
    assert len(layers["水系"].shapes) == report.waters


def test_it_is_delivered_in_the_national_system_with_valid_shapes(layers: Layers) -> None:
    for layer in layers.values():
        assert layer.crs == "EPSG:4490"
        assert shapely.is_valid(layer.degrees).all()
        west, south, east, north = shapely.total_bounds(layer.degrees)
        assert 105.2 < west < east < 105.4
        assert 27.2 < south < north < 27.4


def test_villages_fill_the_town_and_share_their_borders(layers: Layers) -> None:
    divisions = layers["区划"]
    by_code = dict(zip(divisions["区划代码"], divisions.degrees, strict=True))
    town = by_code.pop(TOWN_CODE + "000")
    assert set(by_code) == {village.code for village in VILLAGES}
    villages = np.array(list(by_code.values()))
    assert shapely.union_all(villages).symmetric_difference(town).area == pytest.approx(0, abs=1e-12)
    assert shapely.area(villages).sum() == pytest.approx(town.area, rel=1e-9)
    assert shapely.coverage_is_valid(villages)
    assert by_code[DENSE].intersection(by_code[DISPERSED]).length > 0  # one view shows both


def test_lots_neither_overlap_nor_leave_their_village(layers: Layers) -> None:
    lots, divisions = layers["院落"], layers["区划"]
    assert overlapping(lots.shapes, lots.shapes, 0.01) == []
    for code in DETAILED:
        outline = divisions.shapes[divisions.where("区划代码", code)[0]]
        assert shapely.contains(outline, lots.shapes[lots.where("区划代码", code)]).all()
    assert len(set(lots["院落编号"])) == len(lots.shapes)
    assert len(set(lots["地址"])) == len(lots.shapes)


def test_houses_stand_in_their_own_lot_off_roads_and_water(layers: Layers) -> None:
    lots, houses, roads, water = (layers[name] for name in ("院落", "建筑", "道路", "水系"))
    lot_of = dict(zip(lots["院落编号"], lots.shapes, strict=True))
    own = np.array([lot_of[code] for code in houses["院落编号"]])
    assert shapely.contains(own, houses.shapes).all()
    assert overlapping(houses.shapes, houses.shapes, 0.01) == []
    assert overlapping(houses.shapes, water.shapes, 0.0) == []
    surfaces = shapely.buffer(roads.shapes, roads["宽度"].astype(float) / 2, cap_style="flat")
    assert overlapping(lots.shapes, surfaces, 0.0) == []


def test_every_lot_is_near_a_road(layers: Layers) -> None:
    roads = layers["道路"]
    _, away = shapely.STRtree(roads.shapes).query_nearest(
        layers["院落"].shapes, all_matches=False, return_distance=True
    )
    assert away.max() < 40
    assert np.quantile(away, 0.75) < 8


def test_fields_stay_apart_and_inside_and_say_their_true_area(layers: Layers) -> None:
    fields, divisions = layers["地块"], layers["区划"]
    assert overlapping(fields.shapes, fields.shapes, 0.05) == []
    assert overlapping(fields.shapes, layers["院落"].shapes, 0.05) == []
    for code in DETAILED:
        outline = divisions.shapes[divisions.where("区划代码", code)[0]]
        mine = fields.shapes[fields.where("区划代码", code)]
        assert shapely.area(shapely.difference(mine, outline)).max() < 0.05
        assert 0.75 < shapely.area(mine).sum() / outline.area < 0.99
    assert fields["面积_亩"].astype(float) == pytest.approx(shapely.area(fields.shapes) * 3 / 2000, abs=0.006)
    assert set(fields["地类"]) == {"水田", "旱地", "园地", "林地", "草地", "坑塘"}


def test_fields_lie_along_the_contour(report: SampleReport, layers: Layers) -> None:
    """On sloping ground a plot's long side runs across the slope; plots turned at random would give 45 degrees."""
    fields = layers["地块"]
    sloping, turned = [], []
    with rasterio.open(report.terrain) as source:
        height = ndimage.gaussian_filter(source.read(1).astype(float), 6.0)
        rows_down, cols_right = np.gradient(height, source.res[0])
        for shape in fields.shapes[np.isin(fields["地类"], ("水田", "旱地"))]:
            row, col = source.index(shape.centroid.x, shape.centroid.y)
            uphill = np.array((cols_right[row, col], -rows_down[row, col]))
            corners = shapely.get_coordinates(shape.minimum_rotated_rectangle)
            sides = corners[1:3] - corners[:2]
            lengths = np.hypot(*sides.T)
            if np.hypot(*uphill) > 0.07 and lengths.max() > 1.8 * lengths.min():
                along = sides[lengths.argmax()] / lengths.max()
                turned.append(np.degrees(np.arcsin(abs(along @ uphill) / np.hypot(*uphill))))
                sloping.append(shape)
    assert len(sloping) > 100
    assert np.median(turned) < 15


def test_the_ground_lies_under_every_house_and_is_gentle_there(report: SampleReport, layers: Layers) -> None:
    assert report.terrain.stat().st_size < 15_000_000
    with rasterio.open(report.terrain) as source:
        assert source.crs.to_epsg() == 4544
        assert source.res == (5.0, 5.0)
        frame = shapely.box(*source.bounds)
        height = source.read(1).astype(float)
        assert (height != source.nodata).all()
        steep = np.hypot(*np.gradient(height, 5.0))
        houses = layers["建筑"].shapes
        assert shapely.contains(frame, houses).all()
        centres = shapely.get_coordinates(shapely.centroid(houses))
        rows, cols = rowcol(source.transform, centres[:, 0], centres[:, 1])
    assert steep[rows, cols].max() < 0.3
    assert np.ptp(height) > 150  # hills, not a plain


def test_water_never_runs_uphill(report: SampleReport, layers: Layers) -> None:
    """Along the main river the surface falls from west to east, stretch by stretch."""
    water = layers["水系"]
    river = water.shapes[water.where("名称", "双堰河")[0]]
    west, _, east, _ = river.bounds
    with rasterio.open(report.terrain) as source:
        height = source.read(1)
        levels = []
        for left in np.arange(west + 100, east - 600, 500.0):
            part = river.intersection(shapely.box(left, -1e8, left + 60, 1e8))
            point = part.representative_point()
            levels.append(float(height[source.index(point.x, point.y)]))
    assert len(levels) > 10
    assert np.diff(levels).max() < 0.3
