"""A build publishes whole revisions only, and files answer by layer class."""

import gzip
from datetime import timedelta
from pathlib import Path

import mapbox_vector_tile
import orjson
import pytest
from django.conf import settings
from django.test import Client

from tests.twin.conftest import NOW, VILLAGE
from xiaoyuan.accounts.actions import create_user, grant_role
from xiaoyuan.accounts.choices import Role
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.register.models import Building, Division
from xiaoyuan.twin import publishing
from xiaoyuan.twin.actions import build_twin
from xiaoyuan.twin.errors import BrokenBuild, NothingToBuild
from xiaoyuan.twin.models import Scene


def pointer(client: Client, key: str = VILLAGE) -> dict[str, object]:
    found: dict[str, object] = orjson.loads(client.get(f"/twin/{key}/current.json").content)
    return found


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


def test_a_vector_tile_holds_cids_and_nothing_of_people(hamlet: Division, client: Client) -> None:
    build_twin(division=hamlet, actor=SYSTEM, now=NOW)
    revision = pointer(client)["revision"]
    folder = Path(settings.TWIN_DIR) / VILLAGE / str(revision) / "vectors"
    tiles = sorted(folder.glob("14/*/*.pbf"))
    decoded = [mapbox_vector_tile.decode(gzip.decompress(tile.read_bytes())) for tile in tiles]
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
    revision = pointer(client)["revision"]
    assert client.get(f"/twin/{VILLAGE}/{revision}/vectors/14/0/0.pbf").status_code == 204
    assert client.get(f"/twin/{VILLAGE}/../../etc/passwd").status_code == 404
    assert client.get(f"/twin/{VILLAGE}/{revision}/buildings/..%2f..%2fcurrent.json").status_code == 404


def test_an_internal_scene_opens_for_staff_of_the_place_only(hamlet: Division, client: Client) -> None:
    build_twin(division=hamlet, actor=SYSTEM, now=NOW)
    unknown = client.get("/twin/990001009009/current.json")
    hidden = client.get(f"/twin/{VILLAGE}-internal/current.json")
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

    def lose_a_file(folder: Path) -> None:
        next(folder.rglob("*.glb")).unlink()
        prove(folder)

    prove = publishing.prove_revision
    monkeypatch.setattr(publishing, "prove_revision", lose_a_file)
    with pytest.raises((BrokenBuild, FileNotFoundError)):
        build_twin(division=hamlet, actor=SYSTEM, now=NOW + timedelta(minutes=1))
    assert pointer(client) == before
    assert [folder.name for folder in publishing.scene_folder(VILLAGE).iterdir() if folder.is_dir()] == [
        before["revision"]
    ]


def test_old_revisions_go_but_the_one_before_stays(hamlet: Division) -> None:
    for minute in range(4):
        build_twin(division=hamlet, actor=SYSTEM, now=NOW + timedelta(minutes=minute))
    kept = sorted(folder.name for folder in publishing.scene_folder(VILLAGE).iterdir() if folder.is_dir())
    assert len(kept) == publishing.KEPT_REVISIONS
    assert Scene.objects.get(key=VILLAGE).revision == kept[-1]


def test_a_division_without_places_is_refused(hamlet: Division) -> None:
    Building.objects.unscoped("test").delete()
    empty = Division.objects.create(
        code="990001001002", name="empty", level="village", parent=hamlet.parent, origin="local"
    )
    with pytest.raises(NothingToBuild):
        build_twin(division=empty, actor=SYSTEM, now=NOW)
