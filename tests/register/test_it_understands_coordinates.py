"""Shifted, prefixed, swapped and old Chinese coordinates are converted when they can be known and refused by name."""

from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import pytest
import shapely
from django.core.management import CommandError
from hypothesis import given
from hypothesis import strategies as st

from tests.register.map_files import (
    EAST,
    EAST_BOX,
    TOWN,
    TOWN_BOX,
    WEST,
    WEST_BOX,
    geojson,
    house,
    layer,
    make_divisions,
)
from tests.register.map_files import run as import_file
from xiaoyuan.lib.map_datums import gcj02_from_wgs84, wgs84_from_bd09
from xiaoyuan.register.imports.map_shifts import Shift, shifted, unshifted
from xiaoyuan.register.models import Building

LON, LAT = 105.31, 27.21
OUTLINED = {"区划代码": [TOWN, EAST, WEST], "名称": ["镇", "东", "西"]}


@given(st.floats(74, 135), st.floats(4, 53), st.sampled_from(list(Shift)))
def test_taking_a_shift_off_undoes_it(lon: float, lat: float, shift: Shift) -> None:
    point = np.array([[lon, lat]])
    there = shifted(point, shift)
    back = unshifted(there, shift)
    metres = np.hypot(*((back - point)[0] * 111_320))
    assert metres < 0.5
    assert np.hypot(*((there - point)[0] * 111_320)) > 1
    if shift is Shift.GCJ02:
        assert there[0] == pytest.approx(gcj02_from_wgs84(lon, lat), abs=1e-12)
    else:
        assert back[0] == pytest.approx(wgs84_from_bd09(*there[0]), abs=1e-8)


@pytest.fixture
def town(db: None, tmp_path: Path) -> None:
    make_divisions()
    import_file(layer(tmp_path / "outlines.gpkg", "区划", [TOWN_BOX, EAST_BOX, WEST_BOX], OUTLINED), TOWN)


def corner() -> tuple[float, float]:
    (row,) = Building.objects.unscoped("a test reads all rows")
    return row.min_lon, row.min_lat


def projected(epsg: int, add: float = 0.0, *, swap: bool = False) -> Any:
    change = pyproj.Transformer.from_crs("EPSG:4490", f"EPSG:{epsg}", always_xy=True)

    def moved(points: Any) -> Any:
        east, north = change.transform(points[:, 0], points[:, 1])
        return np.column_stack((north, east) if swap else (east + add, north))

    return shapely.transform(house(LON, LAT), moved)


def run(path: Path, *arguments: str) -> str:
    return import_file(path, TOWN, *arguments)


def one(folder: Path, shape: Any, crs: str) -> Path:
    return layer(folder / "a.gpkg", "建筑", [shape], {"建筑编号": ["J1"]}, crs=crs)


@pytest.mark.parametrize("epsg", [4523, 4544, 4496, 4507])
@pytest.mark.usefixtures("town")
def test_zones_of_three_and_six_degrees_with_and_without_number(tmp_path: Path, epsg: int) -> None:
    out = run(one(tmp_path, projected(epsg), f"EPSG:{epsg}"))
    assert corner() == pytest.approx((LON, LAT), abs=1e-8)
    assert "eastings" not in out


@pytest.mark.parametrize(
    ("declared", "written", "sentence"),
    [
        (4544, 4523, "they begin with 35: read as zone 35"),
        (4523, 4544, "its eastings lack the zone number"),
        (4507, 4496, "they begin with 18: read as zone 18"),
    ],
)
@pytest.mark.usefixtures("town")
def test_a_declaration_that_differs_from_the_numbers_is_said(
    tmp_path: Path, declared: int, written: int, sentence: str
) -> None:
    assert sentence in run(one(tmp_path, projected(written), f"EPSG:{declared}"))
    assert corner() == pytest.approx((LON, LAT), abs=1e-8)


@pytest.mark.usefixtures("town")
def test_a_zone_number_of_another_meridian_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"its eastings begin with zone 36 \(meridian 108°\)"):
        run(one(tmp_path, projected(4524), "EPSG:4544"))


@pytest.mark.usefixtures("town")
def test_swapped_numbers_are_called_out(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="easting and northing are swapped"):
        run(one(tmp_path, projected(4523, swap=True), "EPSG:4523"))
    turned = shapely.transform(house(LON, LAT), lambda points: points[:, ::-1])
    with pytest.raises(CommandError, match="Longitude and latitude are swapped"):
        run(layer(tmp_path / "b.gpkg", "建筑", [turned], {"建筑编号": ["J1"]}))
    with pytest.raises(CommandError, match="Longitude and latitude are swapped"):
        run(geojson(tmp_path / "buildings.geojson", [(turned, {"id": 1})]))


@pytest.mark.usefixtures("town")
def test_metres_without_a_system_hint_at_their_zone(tmp_path: Path) -> None:
    path = geojson(tmp_path / "buildings.geojson", [(projected(4523), {"id": 1})])
    with pytest.raises(CommandError, match=r"begin with 35: in CGCS2000 that is EPSG:4523"):
        run(path)
    run(path, "--source-crs", "EPSG:4523")
    assert corner() == pytest.approx((LON, LAT), abs=1e-8)


@pytest.mark.parametrize(
    ("epsg", "datum"), [(4214, "Beijing 1954"), (2432, "Beijing 1954"), (2380, "Xi'an 1980")]
)
@pytest.mark.usefixtures("town")
def test_old_datums_without_known_offset_are_refused_by_name(tmp_path: Path, epsg: int, datum: str) -> None:
    path = one(tmp_path, projected(epsg), f"EPSG:{epsg}")
    with pytest.raises(CommandError, match=f"{datum} lies 30 to 130 m off CGCS2000"):
        run(path)
    with pytest.raises(CommandError, match=f"{datum} lies 30 to 130 m"):
        run(
            geojson(tmp_path / "buildings.geojson", [(projected(4544), {"id": 1})]),
            "--source-crs",
            f"EPSG:{epsg}",
        )


@pytest.mark.usefixtures("town")
def test_an_old_datum_with_the_authoritys_parameters_comes_in(tmp_path: Path) -> None:
    path = one(tmp_path, projected(2432), "EPSG:2432")
    parameters = "+proj=tmerc +lon_0=105 +x_0=500000 +ellps=krass +towgs84=15,-150,-90,0,0,0,0 +type=crs"
    run(path, "--source-crs", parameters)
    lon, lat = corner()
    assert 10 < np.hypot((lon - LON) * 99_000, (lat - LAT) * 110_800) < 200


def test_beijing_1954_within_the_area_of_published_parameters_states_its_accuracy(
    db: None, tmp_path: Path
) -> None:
    from xiaoyuan.register.imports.coordinates import Reference, to_ground

    shapes = np.array([house(108.5, 37.0)], dtype=object)
    found = to_ground(shapes, Reference(pyproj.CRS.from_epsg(4214)), file="a", layer="b")
    assert found.accuracy_m == 1.0
    moved = shapely.get_coordinates(found.shapes)[0] - shapely.get_coordinates(shapes)[0]
    assert 20 < np.hypot(*moved) * 100_000 < 200


def houses(shift: Shift | None, *, count: int = 40) -> list[Any]:
    """Houses along the eastern border of the town, which a shift to the east carries over it."""
    shapes = [house(105.3985 + 0.0001 * (at % 10), 27.21 + 0.001 * at) for at in range(count)]
    if shift is None:
        return shapes
    return [shapely.transform(shape, lambda points: shifted(points, shift)) for shape in shapes]


def written(path: Path, shapes: list[Any]) -> Path:
    return layer(path, "建筑", shapes, {"建筑编号": [f"J{at}" for at in range(len(shapes))]})


@pytest.mark.parametrize("shift", list(Shift))
@pytest.mark.usefixtures("town")
def test_a_shift_against_known_outlines_is_called_out_and_taken_off_when_named(
    tmp_path: Path, shift: Shift
) -> None:
    path = written(tmp_path / "a.gpkg", houses(shift))
    with pytest.raises(
        CommandError, match=f"these coordinates look shifted like {shift}.*Give --source-crs {shift}"
    ):
        run(path)
    out = run(path, "--source-crs", shift)
    assert f"converted from {shift} to CGCS2000, accurate to 0.5 m" in out
    rows = Building.objects.unscoped("a test reads all rows").order_by("min_lat")
    truth = houses(None)
    assert rows.count() == len(truth)
    for row, shape in zip(rows, truth, strict=True):
        assert (row.min_lon, row.min_lat) == pytest.approx(shape.bounds[:2], abs=1e-8)


@pytest.mark.usefixtures("town")
def test_true_coordinates_and_a_few_strays_are_not_suspected(tmp_path: Path) -> None:
    strays = [house(105.405, 27.25 + 0.001 * at) for at in range(4)]
    out = run(written(tmp_path / "a.gpkg", houses(None) + strays))
    assert "shifted" not in out


@pytest.mark.usefixtures("town")
def test_who_names_the_true_system_is_only_told(tmp_path: Path) -> None:
    shapes = [*houses(Shift.GCJ02), house(105.35, 27.25)]
    out = run(written(tmp_path / "a.gpkg", shapes), "--source-crs", "EPSG:4490")
    assert "these coordinates look shifted like GCJ-02" in out


@pytest.mark.usefixtures("town")
def test_outlines_beside_the_known_ones_are_suspected_too(tmp_path: Path) -> None:
    moved = [
        shapely.transform(box, lambda points: shifted(points, Shift.GCJ02))
        for box in (TOWN_BOX, EAST_BOX, WEST_BOX)
    ]
    path = layer(tmp_path / "again.gpkg", "区划", moved, OUTLINED)
    with pytest.raises(CommandError, match="look shifted like GCJ-02"):
        run(path)


@pytest.mark.usefixtures("town")
def test_a_shift_is_taken_off_degrees_in_china_only(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="the file says CGCS2000"):
        run(one(tmp_path, projected(4544), "EPSG:4544"), "--source-crs", "GCJ-02")
    with pytest.raises(CommandError, match="exists in China only"):
        run(
            layer(tmp_path / "b.gpkg", "建筑", [house(18.4, -33.5)], {"建筑编号": ["J1"]}),
            "--source-crs",
            "GCJ-02",
        )
