"""A build publishes whole revisions only, and files answer by layer class."""

import gzip
from datetime import timedelta
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import orjson
import pytest
import rasterio
from django.test import Client
from pytest_django import Settings
from rasterio.transform import from_origin

from tests.twin.conftest import NOW, VILLAGE
from xiaoyuan.accounts.actions import create_user, grant_role
from xiaoyuan.accounts.choices import Role
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.register.models import Building, County, Division, TerrainModel
from xiaoyuan.tiling.pool import FilePool
from xiaoyuan.tiling.vector_index import VectorIndex
from xiaoyuan.twin import publishing
from xiaoyuan.twin.actions import build_twin
from xiaoyuan.twin.errors import BrokenBuild, NothingToBuild, SceneBusy
from xiaoyuan.twin.layers import MAX_ZOOM
from xiaoyuan.twin.models import Scene, SceneRevision


def pointer(client: Client, key: str = VILLAGE) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(client.get(f"/twin/{key}/current.json").content)
    return found


def index_of(key: str = VILLAGE) -> VectorIndex:
    scene = Scene.objects.get(key=key)
    revision = publishing.current_revision(scene)
    assert revision is not None
    return VectorIndex(publishing.pool_of(key), revision.state["vectors"])


def test_a_scene_counts_what_the_register_holds(hamlet: Division, client: Client) -> None:
    scenes = build_twin(division=hamlet, actor=SYSTEM, now=NOW)
    assert [scene.key for scene in scenes] == [VILLAGE, f"{VILLAGE}-internal"]
    assert pointer(client)["counts"] == {"parcel": 1, "road": 1, "courtyard": 10, "building": 29}
    assert pointer(client)["terrain"] is None


def test_files_are_immutable_and_the_pointer_is_not(hamlet: Division, client: Client) -> None:
    build_twin(division=hamlet, actor=SYSTEM, now=NOW)
    answer = client.get(f"/twin/{VILLAGE}/current.json")
    assert answer["Cache-Control"] == "public, no-cache"
    assert (
        client.get(f"/twin/{VILLAGE}/current.json", headers={"If-None-Match": answer["ETag"]}).status_code
        == 304
    )
    tileset = client.get(f"/twin/{VILLAGE}/{pointer(client)['tileset']}")
    assert tileset["Cache-Control"] == "public, max-age=31536000, immutable"
    assert tileset["Content-Encoding"] == "gzip"
    assert orjson.loads(gzip.decompress(tileset.content))["asset"]["version"] == "1.1"


def test_a_vector_tile_holds_cids_and_nothing_of_people(hamlet: Division, client: Client) -> None:
    build_twin(division=hamlet, actor=SYSTEM, now=NOW)
    template = pointer(client)["vectors"]
    decoded = []
    for zoom, column, row, _name in index_of().tiles():
        if zoom == 14:
            answer = client.get(f"/twin/{VILLAGE}/" + template.format(z=zoom, x=column, y=row))
            decoded.append(mapbox_vector_tile.decode(gzip.decompress(answer.content)))
    buildings = {f["id"] for tile in decoded for f in tile.get("building", {"features": []})["features"]}
    public = Building.objects.unscoped("test").filter(layer_class="public").values_list("cid", flat=True)
    assert buildings == set(public)
    keys = {
        key
        for tile in decoded
        for layer in tile.values()
        for f in layer["features"]
        for key in f["properties"]
    }
    assert keys <= {"storeys", "use", "crop", "class", "width_m", "kind", "code", "level"}


def test_an_empty_tile_is_no_error_and_a_stray_path_is(hamlet: Division, client: Client) -> None:
    build_twin(division=hamlet, actor=SYSTEM, now=NOW)
    template = pointer(client)["vectors"]
    assert client.get(f"/twin/{VILLAGE}/" + template.format(z=14, x=0, y=0)).status_code == 204
    documents = [name for name in pointer(client)["tileset"].split("/") if name.endswith(".json")]
    for stray in (
        f"vectors/{documents[0].removesuffix('.json')}/14/0/0.pbf",
        "../../etc/passwd",
        "files/..%2f..%2fcurrent.json",
        "files/.lock",
        "vectors/" + "0" * 20 + "/14/0/0.pbf",
        "revisions/20200101T000000000000.json",
    ):
        assert client.get(f"/twin/{VILLAGE}/{stray}").status_code == 404, stray


def test_an_internal_scene_opens_for_staff_of_the_place_only(hamlet: Division, client: Client) -> None:
    build_twin(division=hamlet, actor=SYSTEM, now=NOW)
    unknown = client.get("/twin/990001009009/current.json")
    for path in ("current.json", "revisions.json"):
        hidden = client.get(f"/twin/{VILLAGE}-internal/{path}")
        assert (hidden.status_code, hidden.content) == (404, unknown.content)
    user = create_user(username="wang", password="x", display_name="", actor=SYSTEM, now=NOW)
    grant_role(user=user, role=Role.VILLAGE_CLERK, scope_key=VILLAGE, actor=SYSTEM, now=NOW)
    client.force_login(user)
    assert client.get(f"/twin/{VILLAGE}-internal/current.json")["Cache-Control"] == "private, no-cache"


def test_a_broken_build_leaves_the_published_scene(
    hamlet: Division, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_twin(division=hamlet, actor=SYSTEM, now=NOW)
    before = pointer(client)
    Building.objects.unscoped("test").filter(cid=3).update(storeys=9)
    put = FilePool.put

    def lose_models(pool: FilePool, data: bytes, suffix: str) -> str:
        name = put(pool, data, suffix)
        if suffix == ".glb":
            (pool.folder / name).unlink()
        return name

    monkeypatch.setattr(FilePool, "put", lose_models)
    with pytest.raises(BrokenBuild):
        build_twin(division=hamlet, actor=SYSTEM, now=NOW + timedelta(minutes=1))
    assert pointer(client) == before
    assert SceneRevision.objects.filter(scene__key=VILLAGE).count() == 1


def test_a_second_build_of_the_same_rows_writes_no_file(hamlet: Division) -> None:
    build_twin(division=hamlet, actor=SYSTEM, now=NOW)
    files = {path.name: path.stat().st_mtime_ns for path in publishing.pool_of(VILLAGE).folder.iterdir()}
    build_twin(division=hamlet, actor=SYSTEM, now=NOW + timedelta(minutes=1))
    again = {path.name: path.stat().st_mtime_ns for path in publishing.pool_of(VILLAGE).folder.iterdir()}
    assert again == files


def test_old_revisions_go_with_their_files_and_the_last_of_each_month_stays(
    hamlet: Division, client: Client
) -> None:
    for day in (0, 1, 2, 40, 41, 80, 81, 82):
        Building.objects.unscoped("test").filter(cid=3).update(storeys=1 + day)
        build_twin(division=hamlet, actor=SYSTEM, now=NOW + timedelta(days=day))
    user = create_user(username="wang", password="x", display_name="", actor=SYSTEM, now=NOW)
    grant_role(user=user, role=Role.VILLAGE_CLERK, scope_key=VILLAGE, actor=SYSTEM, now=NOW)
    client.force_login(user)
    listed = orjson.loads(client.get(f"/twin/{VILLAGE}/revisions.json").content)["revisions"]
    kept = [revision["name"][:8] for revision in listed]
    assert kept == ["20270213", "20270212", "20270211", "20270103", "20261125"]
    named = set()
    for revision in SceneRevision.objects.filter(scene__key=VILLAGE):
        pool = publishing.pool_of(VILLAGE)
        named |= publishing.names_of(publishing.State.from_json(revision.state), pool)
        assert orjson.loads(client.get(f"/twin/{VILLAGE}/revisions/{revision.name}.json").content)
    assert {path.name for path in publishing.pool_of(VILLAGE).folder.iterdir()} == named


def test_what_is_public_no_more_stays_in_no_revision_for_strangers(hamlet: Division, client: Client) -> None:
    build_twin(division=hamlet, actor=SYSTEM, now=NOW)
    before = SceneRevision.objects.get(scene__key=VILLAGE)
    Building.objects.unscoped("test").filter(cid=3).update(layer_class="restricted")
    build_twin(division=hamlet, actor=SYSTEM, now=NOW + timedelta(days=1))
    listed = orjson.loads(client.get(f"/twin/{VILLAGE}/revisions.json").content)["revisions"]
    assert [one["name"] for one in listed] == [pointer(client)["revision"]]
    assert client.get(listed[0]["pointer"]).status_code == 200
    assert client.get(f"/twin/{VILLAGE}/revisions/{before.name}.json").status_code == 404


def test_a_scene_that_lost_its_places_is_taken_down(hamlet: Division, client: Client) -> None:
    build_twin(division=hamlet, actor=SYSTEM, now=NOW)
    Building.objects.unscoped("test").filter(layer_class="internal").delete()
    build_twin(division=hamlet, actor=SYSTEM, now=NOW + timedelta(minutes=1))
    assert list(Scene.objects.values_list("key", flat=True)) == [VILLAGE]
    assert not publishing.scene_folder(f"{VILLAGE}-internal").exists()


def test_a_scene_is_built_by_one_at_a_time(hamlet: Division) -> None:
    with publishing.scene_lock(VILLAGE, wait=True), pytest.raises(SceneBusy):
        with publishing.scene_lock(VILLAGE, wait=False):
            pytest.fail("two builders at once")


def test_a_division_without_places_is_refused(hamlet: Division) -> None:
    Building.objects.unscoped("test").delete()
    empty = Division.objects.create(
        code="990001001002", name="empty", level="village", parent=hamlet.parent, origin="local"
    )
    with pytest.raises(NothingToBuild):
        build_twin(division=empty, actor=SYSTEM, now=NOW)


def test_the_bounds_hold_every_place(hamlet: Division, client: Client) -> None:
    build_twin(division=hamlet, actor=SYSTEM, now=NOW)
    west, south, east, north = pointer(client)["bounds"]
    assert west <= 105.299
    assert south <= 27.2995
    assert east >= 105.305
    assert north >= 27.305
    assert max(east - west, north - south) < 0.03
    assert pointer(client)["vector_zooms"][1] == MAX_ZOOM


def test_a_scene_on_a_model_serves_both_kinds_of_terrain(
    hamlet: Division, client: Client, tmp_path: Path, settings: Settings
) -> None:
    settings.DATA_DIR = tmp_path
    register_hills(tmp_path)
    build_twin(division=hamlet, actor=SYSTEM, now=NOW)
    found = pointer(client)
    layer = client.get(f"/twin/{VILLAGE}/{found['terrain']}/layer.json")
    assert orjson.loads(layer.content)["format"] == "quantized-mesh-1.0"
    picture = client.get(f"/twin/{VILLAGE}/" + found["terrarium"].format(z=5, x=25, y=13))
    assert (picture.status_code, picture["Content-Type"]) == (200, "image/png")
    assert picture.content.startswith(b"\x89PNG")
    # An edit keeps the ground, file for file.
    build_twin(division=hamlet, actor=SYSTEM, now=NOW + timedelta(minutes=1))
    assert pointer(client)["terrain"] == found["terrain"]


def register_hills(folder: Path) -> None:
    """Put an invented elevation model under the hamlet."""
    (folder / "terrain").mkdir()
    heights = (1000 + 50 * np.sin(np.arange(80)[:, None] / 9) * np.cos(np.arange(80) / 7)).astype(np.float32)
    with rasterio.open(
        folder / "terrain" / "hills.tif",
        "w",
        driver="GTiff",
        width=80,
        height=80,
        count=1,
        dtype="float32",
        crs="EPSG:4490",
        transform=from_origin(105.28, 27.32, 0.0005, 0.0005),
    ) as raster:
        raster.write(heights, 1)
    TerrainModel.objects.create(
        county=County.objects.get(code="990001"),
        division_code=VILLAGE,
        name="hills",
        file_name="hills.tif",
        sha256="0" * 64,
        crs="EPSG:4490",
        cell_m=50,
        min_lon=105.28,
        min_lat=27.28,
        max_lon=105.32,
        max_lat=27.32,
        created_at=NOW,
        updated_at=NOW,
    )
