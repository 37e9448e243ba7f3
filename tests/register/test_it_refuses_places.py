"""What cannot be placed or understood is refused or left out by name; every feature of a file is accounted for."""

from pathlib import Path
from typing import Any

import pyogrio
import pytest
import shapely
from django.core.management import CommandError

from tests.register.map_files import (
    EAST,
    EAST_BOX,
    NOW,
    TOWN,
    TOWN_BOX,
    geojson,
    house,
    layer,
    make_divisions,
    run,
    surveyed_town,
)
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.intake.models import ImportBatch, StagedRow, Verdict
from xiaoyuan.register.actions.divisions import add_local_division
from xiaoyuan.register.models import Building, Division

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def divisions() -> None:
    make_divisions()


def buildings() -> Any:
    return Building.objects.unscoped("a test counts all rows")


def outlined(folder: Path) -> None:
    columns = {"区划代码": [TOWN, EAST], "名称": ["镇", "东"]}
    run(layer(folder / "outlines.gpkg", "区划", [TOWN_BOX, EAST_BOX], columns), TOWN)


@pytest.mark.filterwarnings("ignore:'crs' was not provided:UserWarning")  # on purpose
def test_a_file_without_coordinate_system_is_refused_by_file_and_layer(tmp_path: Path) -> None:
    path = layer(tmp_path / "a.gpkg", "建筑", [house(105.31, 27.21)], {"建筑编号": ["J1"]}, crs=None)
    with pytest.raises(CommandError, match=r"a\.gpkg, layer 建筑: no coordinate system is named"):
        run(path, TOWN)
    assert not ImportBatch.objects.exists()
    run(path, TOWN, "--source-crs", "EPSG:4490")
    assert buildings().count() == 1


def test_metres_in_a_geojson_that_names_no_system_are_refused(tmp_path: Path) -> None:
    path = geojson(
        tmp_path / "buildings.geojson", [(shapely.box(528700, 3020900, 528710, 3020910), {"id": 1})]
    )
    with pytest.raises(CommandError, match="no coordinate system is named"):
        run(path, TOWN)
    run(path, TOWN, "--source-crs", "EPSG:4544")
    assert buildings().get().min_lon == pytest.approx(105.29, abs=0.01)


def test_the_operator_does_not_overrule_the_file(tmp_path: Path) -> None:
    path = layer(tmp_path / "a.gpkg", "建筑", [house(105.31, 27.21)], {"建筑编号": ["J1"]})
    with pytest.raises(CommandError, match="the file says China Geodetic Coordinate System 2000"):
        run(path, TOWN, "--source-crs", "EPSG:4544")
    with pytest.raises(CommandError, match="is no coordinate system"):
        run(path, TOWN, "--source-crs", "EPSG:nonsense")


@pytest.mark.parametrize(("lon", "lat"), [(27.21, 80.0), (18.47, -33.50)])
def test_a_file_that_lies_elsewhere_is_refused(tmp_path: Path, lon: float, lat: float) -> None:
    path = layer(tmp_path / "a.gpkg", "建筑", [house(lon, lat)], {"建筑编号": ["J1"]})
    with pytest.raises(
        CommandError, match=r"a\.gpkg lies outside 朱昌镇 520502103: its shapes are at longitude"
    ):
        run(path, TOWN)
    assert not buildings().exists()


def test_a_file_outside_the_outline_is_refused_and_a_part_of_it_left_out(tmp_path: Path) -> None:
    outlined(tmp_path)
    far = layer(tmp_path / "far.gpkg", "建筑", [house(105.45, 27.21)], {"建筑编号": ["J1"]})
    with pytest.raises(CommandError, match="lies outside"):
        run(far, TOWN)
    shapes = [house(105.31, 27.21), house(105.45, 27.21), house(105.25, 27.21)]
    out = run(layer(tmp_path / "mixed.gpkg", "建筑", shapes, {"建筑编号": ["J1", "J2", "J3"]}), TOWN)
    assert "It lies outside the division." in out
    # J3 lies in the town, but in no village with an outline.
    assert dict(buildings().values_list("source_key", "division_code")) == {"J1": EAST, "J3": TOWN}
    staged = StagedRow.objects.get(verdict=Verdict.ERROR)
    assert (staged.sheet, staged.row_number, staged.cells) == ("建筑", 2, {"建筑编号": "J2"})


def test_every_feature_is_accounted_for_by_reason(tmp_path: Path) -> None:
    bow = shapely.Polygon([(105.31, 27.21), (105.3102, 27.2102), (105.3102, 27.21), (105.31, 27.2102)])
    flat = shapely.Polygon([(105.32, 27.21), (105.33, 27.21), (105.34, 27.21)])
    path = geojson(
        tmp_path / "buildings.geojson",
        [
            (house(105.31, 27.23), {"id": "good"}),
            (bow, {"id": "bow"}),
            (flat, {"id": "flat"}),
            (None, {"id": "nothing"}),
            (shapely.Point(105.31, 27.21), {"id": "point"}),
            (house(105.31, 27.24), {"id": "twice"}),
            (house(105.31, 27.24), {"id": "twice"}),
            (house(105.31, 27.25), {"id": "clash"}),
            (house(105.32, 27.25), {"id": "clash"}),
            (house(105.31, 27.26), {"id": "stray", "division": "520502104"}),
        ],
    )
    run(path, TOWN)
    assert set(buildings().values_list("source_key", flat=True)) == {"good", "bow", "twice"}
    reasons = dict(StagedRow.objects.filter(verdict=Verdict.ERROR).values_list("row_number", "messages"))
    assert {row: messages[0]["text"] for row, messages in reasons.items()} == {
        3: "Its shape covers no ground.",
        4: "It has no shape.",
        5: "Its shape is of another kind than the layer needs.",
        7: "It repeats an earlier one.",
        8: "Its key stands for different things in the file.",
        9: "Its key stands for different things in the file.",
        10: "Its division is unknown or lies elsewhere.",
    }
    assert StagedRow.objects.count() == 10
    assert ImportBatch.objects.get().counts == {
        Verdict.NEW: 3,
        Verdict.ERROR: 7,
        "left_out": {
            "buildings": {
                "no_extent": 1,
                "no_shape": 1,
                "wrong_kind": 1,
                "repeated": 1,
                "contradicts": 2,
                "unknown_division": 1,
            }
        },
    }
    repaired = StagedRow.objects.get(row_number=2)
    assert repaired.messages == ["Its rings were repaired."]


def test_a_value_that_is_not_understood_stays_empty_and_is_said(tmp_path: Path) -> None:
    shapes = [house(105.31, 27.21), house(105.32, 27.21)]
    columns = {
        "建筑编号": ["J1", "J2"],
        "层数": ["2-3", "2"],
        "用途": ["飞机库房", "住宅"],
        "高度": ["6.3 m", "-4"],
    }
    out = run(layer(tmp_path / "a.gpkg", "建筑", shapes, columns), TOWN)
    assert "层数=2-3 ×1" in out
    first, second = buildings().order_by("source_key")
    assert (first.storeys, first.use, first.height_m) == (None, "", 6.3)
    assert (second.storeys, second.height_m) == (2, None)
    assert "“2-3” in 层数 was not understood." in StagedRow.objects.get(row_number=1).messages


def test_personal_fields_are_left_out_and_unknown_ones_kept_as_a_note(tmp_path: Path) -> None:
    columns = {
        "建筑编号": ["J1"],
        "户主": ["张伟"],
        "联系电话": ["13800000000"],
        "证件": ["11010519491231002X"],
        "外墙": ["瓷砖"],
    }
    path = layer(tmp_path / "a.gpkg", "建筑", [house(105.31, 27.21)], columns)
    preview = run(path, TOWN, "--preview")
    assert preview.count("may be personal") == 3
    assert "张伟" not in preview
    assert "11010519491231002X" not in preview
    run(path, TOWN)
    assert StagedRow.objects.get().cells == {"建筑编号": "J1", "外墙": "瓷砖"}


def test_the_preview_shows_the_mapping_and_writes_nothing(tmp_path: Path) -> None:
    out = run(surveyed_town(tmp_path / "a.gpkg"), TOWN, "--preview")
    assert "建筑编号" in out
    assert "source_key" in out
    assert "Nothing was written" in out
    assert not ImportBatch.objects.exists()
    assert not Division.objects.filter(outline_wkb__isnull=False).exists()


def test_the_operator_maps_fields_and_layers(tmp_path: Path) -> None:
    path = layer(tmp_path / "a.gpkg", "fw", [house(105.31, 27.21)], {"bh": ["J1"], "cs": [2], "名称": ["仓"]})
    with pytest.raises(CommandError, match=r"not clear what its layers are \(fw\)"):
        run(path, TOWN)
    run(path, TOWN, "--as", "buildings", "--map", "bh=source_key", "--map", "cs=storeys", "--map", "名称=-")
    row = buildings().get()
    assert (row.source_key, row.storeys, row.name) == ("J1", 2, "")


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ("cs=floors", "buildings have no field “floors”"),
        ("xx=storeys", "No layer has a field “xx”"),
        ("cs", "is no mapping"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(tmp_path: Path, wish: str, sentence: str) -> None:
    path = layer(tmp_path / "a.gpkg", "建筑", [house(105.31, 27.21)], {"bh": ["J1"], "cs": [2]})
    with pytest.raises(CommandError, match=sentence):
        run(path, TOWN, "--map", wish)


def test_invented_data_must_be_marked(tmp_path: Path) -> None:
    path = surveyed_town(tmp_path / "a.gpkg")
    meta, _fids, geometry, data = pyogrio.raw.read(path, layer="建筑")
    pyogrio.raw.write(
        tmp_path / "b.gpkg",
        geometry,
        data,
        fields=meta["fields"],
        layer="建筑",
        geometry_type="Polygon",
        crs="EPSG:4490",
        dataset_metadata={"说明": "样例数据，均为虚构"},
    )
    with pytest.raises(CommandError, match="import it with --sample"):
        run(tmp_path / "b.gpkg", TOWN)
    run(tmp_path / "b.gpkg", TOWN, "--sample")
    assert buildings().filter(is_sample=True).count() == 3


def test_an_outline_needs_a_known_division(tmp_path: Path) -> None:
    columns = {"区划代码": [TOWN, "520502999"], "名称": ["镇", "无"]}
    out = run(layer(tmp_path / "a.gpkg", "区划", [TOWN_BOX, EAST_BOX], columns), TOWN)
    assert "Its division is unknown or lies elsewhere." in out
    local = add_local_division(name="试点", actor=SYSTEM, now=NOW)
    run(layer(tmp_path / "b.gpkg", "区划", [EAST_BOX], {"名称": ["甲村"]}), local.code)
    assert Division.objects.get(name="甲村").code == "990001001001"


@pytest.mark.parametrize("name", ["a.dwg", "a.txt"])
def test_other_formats_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(CommandError, match="only GeoPackage"):
        run(tmp_path / name, TOWN)


@pytest.mark.parametrize("name", ["a.geojson", "a.gpkg", "a.osm.pbf"])
def test_a_broken_file_is_one_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"not a map")
    with pytest.raises(CommandError, match=rf"{name} cannot be"):
        run(tmp_path / name, TOWN)
    with pytest.raises(CommandError, match="There is no file"):
        run(tmp_path / "missing.gpkg", TOWN)
    with pytest.raises(CommandError, match="There is no division 520599"):
        run(tmp_path / name, "520599")
