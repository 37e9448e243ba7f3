"""A scene leaves as files that other programs read, with what the register holds and nothing of people."""

import ast
import gzip
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import orjson
import pyogrio
import pyproj
import pytest
import shapely
from django.core.management import CommandError, call_command
from django.utils import translation
from pmtiles.reader import MmapSource, Reader, all_tiles

from tests import judges
from tests.twin.conftest import NOW, VILLAGE
from tests.twin.ground import ground
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.audit.models import AuditEntry
from xiaoyuan.register.models import Building, Courtyard, Division, Parcel, StandardAddress
from xiaoyuan.tiling import Terrain
from xiaoyuan.tiling.terrain_tiles import rendered_height
from xiaoyuan.twin.actions import build_twin
from xiaoyuan.twin.outputs import cityjson

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hamlet")]
CANARY = "金丝雀"
BOX = (105.2999, 27.2999, 105.30055, 27.3010)


def export(target: Path, output: str, *more: str, code: str = VILLAGE) -> Path:
    call_command("export_scene", code, "--format", output, "-o", str(target), *more, verbosity=0)
    return target


def box_option(box: tuple[float, ...]) -> str:
    return "--bbox=" + ",".join(map(str, box))


def layers_of(path: Path) -> dict[str, tuple[Any, dict[str, Any]]]:
    """Each layer's shapes and columns."""
    found = {}
    for name in pyogrio.list_layers(path)[:, 0].tolist():
        meta, _ids, shapes, columns = pyogrio.raw.read(path, layer=name)
        found[name] = (shapely.from_wkb(shapes), dict(zip(meta["fields"].tolist(), columns, strict=True)))
    return found


def plant_canaries(village: str = VILLAGE) -> None:
    """Write a word wherever a place may name a person."""
    Building.objects.unscoped("test").update(name=CANARY)
    Courtyard.objects.unscoped("test").update(name=CANARY, group=CANARY)
    Parcel.objects.unscoped("test").update(household_no=CANARY, code=CANARY)
    courtyard = Courtyard.objects.unscoped("test").first()
    assert courtyard is not None
    StandardAddress.objects.create(
        county=courtyard.county,
        division_code=village,
        courtyard=courtyard,
        text=CANARY,
        created_at=NOW,
        updated_at=NOW,
    )


def test_a_geopackage_holds_what_the_register_holds(tmp_path: Path) -> None:
    path = export(tmp_path / "scene.gpkg", "gpkg")
    found = layers_of(path)
    assert {name: len(shapes) for name, (shapes, _) in found.items()} == {
        "courtyard": 10, "building": 29, "parcel": 1, "road": 1
    }  # fmt: skip
    shapes, columns = found["building"]
    rows = Building.objects.unscoped("test").filter(layer_class="public")
    assert dict(zip(columns["cid"].tolist(), columns["storeys"].tolist(), strict=True)) == dict(
        rows.values_list("cid", "storeys")
    )
    stored = {row.cid: shapely.from_wkb(bytes(row.wkb)) for row in rows}
    assert all(shape.equals(stored[cid]) for cid, shape in zip(columns["cid"].tolist(), shapes, strict=True))
    assert pyogrio.read_info(path, layer="building")["crs"] == "EPSG:4490"
    assert pyogrio.read_info(path, layer="road")["dataset_metadata"]["CONTENT"] == "register"


def test_internal_rows_come_only_when_asked_for(tmp_path: Path) -> None:
    found = layers_of(export(tmp_path / "scene.gpkg", "gpkg", "--internal"))
    classes = Counter(found["building"][1]["layer_class"].tolist())
    assert classes == {"public": 29, "internal": 1}
    Building.objects.unscoped("test").filter(cid=3).update(layer_class="restricted")
    assert 3 not in layers_of(export(tmp_path / "scene.gpkg", "gpkg", "--internal"))["building"][1]["cid"]


def test_a_box_keeps_what_meets_it(tmp_path: Path) -> None:
    found = layers_of(export(tmp_path / "scene.gpkg", "gpkg", box_option(BOX)))
    frame = shapely.box(*BOX)
    rows = Building.objects.unscoped("test").filter(layer_class="public")
    expected = {row.cid for row in rows if shapely.from_wkb(bytes(row.wkb)).intersects(frame)}
    assert 0 < len(expected) < 29
    assert set(found["building"][1]["cid"].tolist()) == expected
    assert "parcel" not in found


def test_kml_opens_with_the_same_counts_and_heights(tmp_path: Path) -> None:
    found = layers_of(export(tmp_path / "scene.kml", "kml"))
    assert {name: len(shapes) for name, (shapes, _) in found.items()} == {
        "courtyard": 10, "building": 29, "parcel": 1, "road": 1
    }  # fmt: skip
    heights = shapely.get_coordinates(found["building"][0], include_z=True)[:, 2]
    assert set(heights.round(2).tolist()) == {3.4, 6.5, 9.6}
    assert len(found["parcel"][0][0].interiors) == 1


def test_cityjson_holds_closed_blocks_where_the_register_has_them(tmp_path: Path) -> None:
    two = shapely.union_all(
        [shapely.box(105.31, 27.3, 105.3102, 27.3001), shapely.box(105.311, 27.3, 105.3112, 27.3001)]
    )
    Building.objects.unscoped("test").filter(cid=3).update(wkb=shapely.to_wkb(two), height_m=7.25)
    model = orjson.loads(export(tmp_path / "scene.city.json", "cityjson").read_bytes())
    assert (model["type"], model["version"]) == ("CityJSON", "2.0")
    assert model["metadata"]["referenceSystem"] == "https://www.opengis.net/def/crs/EPSG/0/4544"
    kinds = Counter(one["type"] for one in model["CityObjects"].values())
    assert kinds == {"Building": 29, "BuildingPart": 2}
    scale, move = model["transform"]["scale"], model["transform"]["translate"]
    points = np.array(model["vertices"]) * scale + move
    low, high = points.min(0), points.max(0)
    assert np.allclose([*low, *high], model["metadata"]["geographicalExtent"], atol=0.002)
    used: set[int] = set()
    for one in model["CityObjects"].values():
        for geometry in one.get("geometry", []):
            (shell,) = geometry["boundaries"]
            edges = Counter(
                (a, b)
                for face in shell
                for ring in face
                for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)
            )
            assert all(count == 1 and edges[b, a] == 1 for (a, b), count in edges.items()), "not closed"
            assert len(geometry["semantics"]["values"][0]) == len(shell)
            used.update(number for edge in edges for number in edge)
            assert volume(points - points[0], shell) > 0, "its faces look inwards"
    assert used == set(range(len(points)))
    parted = model["CityObjects"]["990001-3"]
    assert parted["attributes"]["measuredHeight"] == 7.25
    assert {model["CityObjects"][child]["parents"][0] for child in parted["children"]} == {"990001-3"}
    assert "measuredHeight" not in model["CityObjects"]["990001-4"]["attributes"]
    back = pyproj.Transformer.from_crs("EPSG:4544", "EPSG:4490", always_xy=True)
    numbers = model["CityObjects"]["990001-4"]["geometry"][0]["boundaries"][0][0][0]
    lon, lat = back.transform(*points[numbers, :2].T)
    row = Building.objects.unscoped("test").get(cid=4)
    bounds = [min(lon), min(lat), max(lon), max(lat)]
    assert np.allclose(bounds, shapely.bounds(shapely.from_wkb(bytes(row.wkb))), atol=2e-8)


CJIO = """
import sys
from cjio.cityjson import CityJSON
with open(sys.argv[1], encoding="utf-8") as file:
    model = CityJSON(file=file)
said = [model.get_version(), model.get_epsg(), model.number_city_objects_level1()]
said += [list(model.get_bbox()), list(model.calculate_bbox()), len(model.j["vertices"])]
model.remove_orphan_vertices()
print(repr([*said, len(model.j["vertices"])]))
"""


def test_cityjson_is_read_by_its_own_tool(tmp_path: Path) -> None:
    file = export(tmp_path / "scene.city.json", "cityjson", "--internal")
    # In a process of its own: the tool makes Python's json write six decimals everywhere.
    done = subprocess.run([sys.executable, "-c", CJIO, str(file)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    version, epsg, count, stated, computed, before, after = ast.literal_eval(done.stdout)
    assert (version, epsg, count) == ("2.0", 4544, 30)
    assert np.allclose(stated, computed, atol=0.002)
    assert before == after, "vertices that nothing uses"


def test_blocks_stand_on_the_lowest_ground_at_their_walls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terrain = ground(lambda east, north: 1200 + 0.2 * east + 0 * north)

    class Slope:
        def open(self) -> Terrain:
            return terrain

    monkeypatch.setattr(cityjson, "ground_under", lambda code, layer_class: Slope())
    model = orjson.loads(export(tmp_path / "scene.city.json", "cityjson").read_bytes())
    heights = np.array(model["vertices"])[:, 2] * 0.001
    for row in Building.objects.unscoped("test").filter(layer_class="public"):
        numbers = model["CityObjects"][f"990001-{row.cid}"]["geometry"][0]["boundaries"][0][0][0]
        west = np.array([row.min_lon])
        expected = float(rendered_height(terrain, west, np.array([row.min_lat]))[0])
        assert heights[numbers].max() == heights[numbers].min() == pytest.approx(expected, abs=0.05)


def volume(points: Any, shell: list[Any]) -> float:
    """Six times the signed volume of faces without holes, fanned from their first corner."""
    total = 0.0
    for (ring,) in shell:
        for at in range(1, len(ring) - 1):
            a, b, c = (points[ring[number]] for number in (0, at, at + 1))
            total += float(np.dot(a, np.cross(b, c)))
    return total


def test_pmtiles_hold_the_published_tiles(tmp_path: Path, hamlet: Division) -> None:
    build_twin(division=hamlet, actor=SYSTEM, now=NOW)
    public, layers = tiles_of(export(tmp_path / "scene.pmtiles", "pmtiles"))
    rows = Building.objects.unscoped("test")
    assert public["building"] == set(rows.filter(layer_class="public").values_list("cid", flat=True))
    assert public["courtyard"] == set(Courtyard.objects.unscoped("test").values_list("cid", flat=True))
    assert layers == {"parcel", "road", "courtyard", "building"} == set(public)
    both, layers = tiles_of(export(tmp_path / "both.pmtiles", "pmtiles", "--internal"))
    assert both == {**public, "building_internal": {2}}
    assert layers == set(both)


def tiles_of(path: Path) -> tuple[dict[str, set[int]], set[str]]:
    """Ids by layer at the finest zoom, and the layers that the metadata names."""
    with path.open("rb") as file:
        source = MmapSource(file)
        found: dict[str, set[int]] = {}
        for (zoom, _column, _row), data in all_tiles(source):
            if zoom == 16:
                for name, layer in mapbox_vector_tile.decode(gzip.decompress(data)).items():
                    found.setdefault(name, set()).update(one["id"] for one in layer["features"])
        return found, {one["id"] for one in Reader(source).metadata()["vector_layers"]}


def test_3d_tiles_open_from_a_folder(tmp_path: Path, hamlet: Division) -> None:
    build_twin(division=hamlet, actor=SYSTEM, now=NOW)
    folder = tmp_path / "opened"
    with zipfile.ZipFile(export(tmp_path / "scene.zip", "3dtiles")) as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
    named, todo = set(), ["tileset.json"]
    while todo:
        name = todo.pop()
        named.add(name)
        content = (folder / name).read_bytes()
        assert content[:2] != b"\x1f\x8b", "a folder is not served with an encoding"
        if name.endswith(".json"):
            todo += [uri for uri in uris(orjson.loads(content)["root"]) if uri not in named]
    assert {path.name for path in folder.iterdir()} == named
    assert judges.gltf_issues(sorted(folder.glob("*.glb"))) == []


def uris(tile: dict[str, Any]) -> list[str]:
    own = [tile["content"]["uri"]] if "content" in tile else []
    return own + [uri for child in tile.get("children", []) for uri in uris(child)]


@pytest.mark.real_data
def test_the_documents_of_3d_tiles_follow_the_schemas(
    tmp_path: Path, hamlet: Division, real_data: Path
) -> None:
    build_twin(division=hamlet, actor=SYSTEM, now=NOW)
    with zipfile.ZipFile(export(tmp_path / "scene.zip", "3dtiles")) as archive:
        archive.extractall(tmp_path / "opened")
    documents = sorted((tmp_path / "opened").glob("*.json"))
    assert len(documents) > 1
    assert [error for one in documents for error in judges.tileset_errors(one, real_data)] == []


@pytest.mark.parametrize("output", ["gpkg", "kml", "cityjson", "pmtiles", "3dtiles"])
def test_no_file_names_anybody_and_each_is_in_the_log(tmp_path: Path, hamlet: Division, output: str) -> None:
    plant_canaries()
    build_twin(division=hamlet, actor=SYSTEM, now=NOW)
    path = export(tmp_path / "scene", output, "--internal")
    contents = [path.read_bytes()]
    if output == "3dtiles":
        with zipfile.ZipFile(path) as archive:
            contents = [archive.read(name) for name in archive.namelist()]
    if output == "pmtiles":
        with path.open("rb") as file:
            contents = [gzip.decompress(data) for _place, data in all_tiles(MmapSource(file))]
    assert contents
    for content in contents:
        assert CANARY.encode() not in content
        assert orjson.dumps(CANARY) not in content
    entry = AuditEntry.objects.get(action="twin.export_scene")
    assert entry.actor_label == "command export-scene"
    assert (entry.detail["division"], entry.detail["format"], entry.detail["internal"]) == (
        VILLAGE,
        output,
        True,
    )


def test_refusals_say_what_to_do_and_leave_the_file(tmp_path: Path, hamlet: Division) -> None:
    target = tmp_path / "scene"
    target.write_text("as it was")
    with translation.override("en"):
        for output in ("pmtiles", "3dtiles"):
            with pytest.raises(CommandError, match="build-twin 990001001001"):
                export(target, output)
        with pytest.raises(CommandError, match="lies outside division"):
            export(target, "gpkg", "--bbox=10,10,11,11")
        with pytest.raises(CommandError, match="is no box"):
            export(target, "gpkg", "--bbox=106,27,105,28")
        with pytest.raises(CommandError, match="There is no division"):
            export(target, "gpkg", code="990001009009")
        with pytest.raises(CommandError, match="cannot be written"):
            export(tmp_path / "nowhere" / "scene", "gpkg")
        Building.objects.unscoped("test").delete()
        with pytest.raises(CommandError, match="no places to hand out"):
            export(target, "cityjson")
    assert target.read_text() == "as it was"
    assert [path.name for path in tmp_path.iterdir() if path.name != "twin"] == ["scene"]
    assert not AuditEntry.objects.filter(action="twin.export_scene").exists()
