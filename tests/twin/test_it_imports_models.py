"""3D models of others are checked as a whole, copied as they are, lifted, shown by class and taken down again."""

import zipfile
from io import StringIO
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import translation

from tests.register.city_files import city
from tests.twin.conftest import VILLAGE
from tests.twin.model_files import at, b3dm, cmpt, glb, i3dm, pnts, tileset
from xiaoyuan.audit.models import AuditEntry
from xiaoyuan.register.models import Division
from xiaoyuan.tiling.models3d.tilesets import walk_tileset
from xiaoyuan.twin.models import ImportedModel

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hamlet")]


def run(source: Path | None = None, *arguments: str) -> str:
    out = StringIO()
    named = [] if source is None else [str(source), "--division", VILLAGE, "--name", "航飞"]
    with translation.override("en"):
        call_command("import_scene", *named, *arguments, stdout=out)
    return out.getvalue()


def models() -> list[ImportedModel]:
    return list(ImportedModel.objects.unscoped("a test reads all rows"))


def get(client: Client, path: str) -> Any:
    (row,) = models()
    return client.get(f"/twin/models/{row.key}/{row.entry.partition('/')[0]}/{path}")


EVERY = {
    "a.b3dm": b3dm(),
    "tiles/b.i3dm": i3dm(),
    "c.pnts": pnts(),
    "d.cmpt": cmpt(b3dm(), pnts()),
    "e.glb": glb(),
}


def test_every_format_of_both_versions_comes_in_and_is_served_as_it_is(
    tmp_path: Path, client: Client
) -> None:
    out = run(tileset(tmp_path / "flight", EVERY))
    (row,) = models()
    assert row.report["kinds"] == {"b3dm": 1, "cmpt": 1, "glb": 1, "i3dm": 1, "pnts": 1}
    assert [row.min_lon, row.max_lat] == pytest.approx([105.3019, 27.3011], abs=1e-4)
    assert "6 files" in out
    for name, content in EVERY.items():
        answer = get(client, name)
        assert (answer.content, answer["Cache-Control"]) == (content, "public, max-age=31536000, immutable")
    scene = get(client, "scene.json").json()
    assert "transform" not in scene["root"]
    assert get(client, scene["root"]["content"]["uri"]).status_code == 200


def test_the_same_again_changes_nothing_and_another_offset_lifts_the_root(
    tmp_path: Path, client: Client
) -> None:
    source = tileset(tmp_path / "flight", {"a.b3dm": b3dm()})
    run(source)
    before = models()[0]
    assert "Unchanged" in run(source)
    assert (models()[0].row_version, models()[0].entry) == (before.row_version, before.entry)
    run(source, "--vertical-offset", "-12.5", "--covers-buildings")
    (row,) = models()
    assert (row.vertical_offset_m, row.covers_buildings, row.row_version) == (-12.5, True, 2)
    moved = get(client, "scene.json").json()["root"]["transform"][12:15]
    up = at(105.302, 27.301)[8:11]
    assert moved == pytest.approx([value * -12.5 for value in up], abs=1e-3)
    # Only the state that is shown is kept; both steps are in the log.
    assert [folder.name for folder in (tmp_path / "twin/models" / row.key).iterdir()] == [
        row.entry.split("/")[0]
    ]
    assert AuditEntry.objects.filter(action="twin.import_model").count() == 2


def test_regions_are_lifted_with_the_model(tmp_path: Path, client: Client) -> None:
    source = tileset(tmp_path / "flight", {"a.b3dm": b3dm()})
    document = orjson.loads((source / "tileset.json").read_bytes())
    document["root"]["children"][0]["boundingVolume"] = {
        "region": [1.83787, 0.47649, 1.83788, 0.4765, 900, 920]
    }
    (source / "tileset.json").write_bytes(orjson.dumps(document))
    run(source, "--vertical-offset", "30")
    served = get(client, "tileset.json").json()
    assert served["root"]["children"][0]["boundingVolume"]["region"][4:] == [930, 950]
    assert served["root"]["boundingVolume"] == document["root"]["boundingVolume"]


def test_missing_files_are_listed_and_refused(tmp_path: Path, client: Client) -> None:
    source = tileset(tmp_path / "flight", {"a.b3dm": b3dm(), "gone.b3dm": b"", "b.i3dm": i3dm("tree.glb")})
    with pytest.raises(
        CommandError, match=r"2 files that the model names are missing: tree\.glb, gone\.b3dm"
    ):
        run(source)
    assert not models()
    assert "2 files are missing" in run(source, "--allow-missing")
    assert get(client, "gone.b3dm").status_code == 404


@pytest.mark.parametrize(
    "uri",
    [
        "https://example.com/a.b3dm",
        "//example.com/a.b3dm",
        "../a.b3dm",
        "/etc/passwd",
        "%2e%2e/a.b3dm",
        "..\\a.b3dm",
    ],
)
def test_links_outside_the_folder_are_refused(tmp_path: Path, uri: str) -> None:
    source = tileset(tmp_path / "flight", {"a.b3dm": b3dm()})
    text = (source / "tileset.json").read_text()
    (source / "tileset.json").write_text(text.replace('"a.b3dm"', orjson.dumps(uri).decode()))
    with pytest.raises(CommandError, match="lies outside the model's folder"):
        run(source)


def test_links_of_the_file_system_are_refused(tmp_path: Path) -> None:
    source = tileset(tmp_path / "flight", {"a.b3dm": b""})
    (tmp_path / "secret").write_bytes(b3dm())
    (source / "a.b3dm").symlink_to(tmp_path / "secret")
    with pytest.raises(CommandError, match="lies outside the model's folder"):
        run(source)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b3dm()[:-4], "damaged: it has"),
        (b3dm(b"nothing here"), "there is no glTF inside the b3dm"),
        (b"PK\3\4" + bytes(60), "is no tile content that is read"),
        (cmpt(b3dm())[:12] + b"\xff\xff\xff\xff" + cmpt(b3dm())[16:], "its inner tiles do not fit"),
        (b"glTF\2", "its header is cut off"),
        (b"{", "its JSON cannot be read"),
        (b"b3dm\2\0\0\0" + bytes(40), "it is b3dm of version 2"),
    ],
)
def test_damaged_contents_are_refused_by_name(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        run(tileset(tmp_path / "flight", {"a.b3dm": content}))
    assert not models()


@pytest.mark.real_data
def test_a_model_elsewhere_or_nowhere_is_refused(tmp_path: Path, real_data: Path) -> None:
    with pytest.raises(CommandError, match="flight lies outside test village"):
        run(tileset(tmp_path / "flight", {"a.b3dm": b3dm()}, lon=106.3))
    with pytest.raises(
        CommandError, match=r"does not lie on the globe: its middle is 0\.001 km from the centre"
    ):
        run(real_data / "3dtiles" / "SparseImplicitQuadtree")
    with pytest.raises(CommandError, match=r"is 3D Tiles 2\.0; only 1\.0 and 1\.1"):
        run(tileset(tmp_path / "new", {"a.b3dm": b3dm()}, version="2.0"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(CommandError, match=r"holds no tileset\.json"):
        run(tmp_path / "empty")


def placed_sample(real_data: Path, folder: Path) -> Path:
    """Return the real sample of an implicit quadtree, stood up in the village by a transform."""
    sample = real_data / "3dtiles" / "SparseImplicitQuadtree"
    for file in sample.rglob("*.*"):
        target = folder / file.relative_to(sample)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes())
    document = orjson.loads((folder / "tileset.json").read_bytes())
    document["root"]["transform"] = at(105.302, 27.301)
    (folder / "tileset.json").write_bytes(orjson.dumps(document))
    return folder


@pytest.mark.real_data
def test_a_real_implicit_tiling_is_walked_whole(tmp_path: Path, real_data: Path, client: Client) -> None:
    folder = placed_sample(real_data, tmp_path / "implicit")
    walk = walk_tileset(folder, "tileset.json")
    assert set(walk.files) == {p.relative_to(folder).as_posix() for p in folder.rglob("*.*")} - {"README.md"}
    assert (walk.kinds, walk.missing) == ({"glb": 32}, {})
    (folder / "content" / "content_5__0_21.glb").unlink()
    with pytest.raises(
        CommandError, match=r"1 files that the model names are missing: content/content_5__0_21\.glb"
    ):
        run(folder)
    run(placed_sample(real_data, folder))
    assert get(client, "content/content_5__0_21.glb").status_code == 200


def test_an_archive_of_a_flight_comes_in(tmp_path: Path) -> None:
    source = tileset(tmp_path / "flight", EVERY)
    with zipfile.ZipFile(tmp_path / "flight.zip", "w") as archive:
        for file in source.rglob("*.*"):
            archive.write(file, f"成果/{file.relative_to(source)}")
    run(tmp_path / "flight.zip")
    assert models()[0].report["files"] == 6


def test_a_city_model_becomes_a_tileset(tmp_path: Path, client: Client) -> None:
    path = city(tmp_path / "town.city.json", {"B1": ((529900, 3021100, 900), (10, 8, 6))}, epsg=4544)
    run(path, "--division", VILLAGE)
    (row,) = models()
    assert (row.source_format, row.report["kinds"]) == ("CityJSON 2.0", {"glb": 1})
    assert row.report["heights_m"] == [pytest.approx(900, abs=0.1), pytest.approx(906, abs=0.1)]
    tile = get(client, "0.glb").content
    size = int.from_bytes(tile[12:16], "little")
    gltf = orjson.loads(tile[20 : 20 + size])
    # Six sides of two triangles each; the box stands on the ground, six metres high (glTF's y is up).
    assert gltf["accessors"][0]["count"] == 36
    assert gltf["accessors"][0]["max"][1] - gltf["accessors"][0]["min"][1] == pytest.approx(6, abs=1e-3)
    assert "Unchanged" in run(path)


def test_classes_lists_and_removal(tmp_path: Path, client: Client) -> None:
    run(tileset(tmp_path / "flight", {"a.b3dm": b3dm()}), "--layer-class", "internal")
    (row,) = models()
    assert client.get(f"/twin/models/{row.key}/{row.entry}").status_code == 404
    assert client.get(f"/twin/models/{row.key}x/{row.entry}").status_code == 404
    assert row.key in run(None, "--list")
    with pytest.raises(CommandError, match="There is no imported model nothing"):
        run(None, "--remove", "nothing")
    run(None, "--remove", row.key)
    assert not models()
    assert not (tmp_path / "twin" / "models" / row.key).exists()


def test_nothing_but_files_of_the_state_shown_is_served(
    tmp_path: Path, client: Client, hamlet: Division
) -> None:
    run(tileset(tmp_path / "flight", {"a.b3dm": b3dm()}))
    (row,) = models()
    (tmp_path / "twin" / "secret.json").write_text("{}")
    for path in ("../../../secret.json", "..%2f..%2f..%2fsecret.json", "", "other/scene.json"):
        assert client.get(f"/twin/models/{row.key}/{path}").status_code == 404
    (answer,) = client.get(f"/api/v1/screen/{hamlet.code}").json().get("models", []) or [{}]
    assert answer.get("url", f"/twin/models/{row.key}/{row.entry}") == f"/twin/models/{row.key}/{row.entry}"
