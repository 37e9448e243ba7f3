"""CityJSON buildings come in as footprints with heights and storeys; a file that contradicts itself is called out."""

from pathlib import Path

import orjson
import pytest
from django.core.management import CommandError

from tests.register.city_files import city
from tests.register.map_files import EAST, EAST_BOX, TOWN, TOWN_BOX, layer, make_divisions, run
from xiaoyuan.register.models import Building

pytestmark = pytest.mark.django_db

X, Y = 531000.0, 3010000.0
"""In the eastern village, in metres of the zone around 105 degrees (EPSG:4544)."""
EXTENT = [X, Y, 900.0, X + 40, Y + 10, 906.0]


@pytest.fixture(autouse=True)
def town(tmp_path: Path) -> None:
    make_divisions()
    columns = {"区划代码": [TOWN, EAST], "名称": ["镇", "东"]}
    run(layer(tmp_path / "outlines.gpkg", "区划", [TOWN_BOX, EAST_BOX], columns), TOWN)


def buildings() -> dict[str, Building]:
    return {row.source_key: row for row in Building.objects.unscoped("a test reads all rows")}


@pytest.mark.parametrize("version", ["1.1", "2.0"])
@pytest.mark.parametrize("lod", ["1.2", "2.2"])
def test_buildings_come_with_footprint_height_and_storeys(tmp_path: Path, version: str, lod: str) -> None:
    path = city(
        tmp_path / "town.city.json",
        {
            "B1": ((X, Y, 900), (10, 8, 6)),
            "P1": ((X + 20, Y, 900), (10, 8, 3)),
            "P2": ((X + 30, Y, 900), (10, 8, 5)),
        },
        version=version,
        lod=lod,
        extent=EXTENT,
        attributes={"B1": {"storeysAboveGround": 2, "roofType": "1000"}, "B2": {"yearOfConstruction": 1998}},
        parts_of={"P1": "B2", "P2": "B2"},
        others={"T1": {"type": "SolitaryVegetationObject"}},
    )
    out = run(path, TOWN)
    found = buildings()
    assert set(found) == {"B1", "B2"}
    assert (found["B1"].storeys, found["B1"].height_m, found["B1"].ground_height_m) == (2, 6.0, 900.0)
    # Two parts side by side are one building of twenty metres, as high as its higher part.
    assert (found["B2"].height_m, found["B2"].built_year, found["B2"].division_code) == (5.0, 1998, EAST)
    assert (found["B2"].max_lon - found["B2"].min_lon) * 111_320 * 0.89 == pytest.approx(20, rel=0.01)
    assert "extent" not in out
    run(path, TOWN)
    states = [{(row.pk, row.row_version) for row in rows.values()} for rows in (found, buildings())]
    assert states[0] == states[1]


def test_a_transform_that_contradicts_the_extent_is_refused(tmp_path: Path) -> None:
    path = city(tmp_path / "a.city.json", {"B1": ((X, Y, 900), (10, 8, 6))}, extent=EXTENT, move=(5000, 0, 0))
    with pytest.raises(
        CommandError, match=r"a\.city\.json contradicts itself: by its “transform” the vertices lie at"
    ):
        run(path, TOWN)
    assert not buildings()


def test_vertices_outside_the_extent_are_called_out_by_object(tmp_path: Path) -> None:
    boxes = {f"B{at}": ((X + 12 * at, Y, 900.0), (10.0, 8.0, 6.0)) for at in range(4)}
    out = run(city(tmp_path / "a.city.json", boxes, extent=EXTENT), TOWN)
    assert "1 objects leave the extent that the file states, by up to 6 (B3)" in out
    assert len(buildings()) == 4


def test_a_scale_ten_times_too_small_is_called_out(tmp_path: Path) -> None:
    box = {"B1": ((X, Y, 900.0), (40.0, 10.0, 6.0))}
    out = run(city(tmp_path / "a.city.json", box, extent=EXTENT, scale=0.00001), TOWN)
    assert "fills 1 % of the extent" in out


def test_what_is_not_ours_is_counted_and_versions_are_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"is CityJSON 1\.0; only 1\.1 and 2\.0"):
        run(city(tmp_path / "a.city.json", {"B1": ((X, Y, 900), (10, 8, 6))}, version="1.0"), TOWN)
    with pytest.raises(CommandError, match="no coordinate system is named"):
        run(city(tmp_path / "b.city.json", {"B1": ((X, Y, 900), (10, 8, 6))}, epsg=None), TOWN)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("vertices", [[0, 0, 0]]),
        ("transform", None),
        ("CityObjects", {"B": 3}),
        ("vertices", [["a", "b", "c"]]),
    ],
)
def test_broken_files_are_refused_by_a_sentence(tmp_path: Path, member: str, value: object) -> None:
    path = city(tmp_path / "a.city.json", {"B1": ((X, Y, 900), (10, 8, 6))})
    document = orjson.loads(path.read_bytes())
    document[member] = value
    path.write_bytes(orjson.dumps(document))
    with pytest.raises(CommandError, match="breaks the rules of CityJSON"):
        run(path, TOWN)


def test_objects_that_are_their_own_parents_are_refused(tmp_path: Path) -> None:
    path = city(tmp_path / "a.city.json", {"B1": ((X, Y, 900), (10, 8, 6))})
    document = orjson.loads(path.read_bytes())
    document["CityObjects"]["B1"]["parents"] = ["B1"]
    path.write_bytes(orjson.dumps(document))
    with pytest.raises(CommandError, match="the parents of B1 lead nowhere"):
        run(path, TOWN)
