"""The editing map's page and what its script sends: within one's villages, once per key, refused with a sentence."""

import json
from typing import Any

import pytest
from django.test import Client

from tests.cast import NOW, OWN, SIBLING, Cast
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.portal import following
from xiaoyuan.register.models import Building, Courtyard, Division, Parcel, PlaceChange
from xiaoyuan.twin.actions import build_twin

pytestmark = pytest.mark.django_db
JSON = {"accept": "application/json"}
SQUARE = {
    "type": "Polygon",
    "coordinates": [
        [[105.295, 27.301], [105.2952, 27.301], [105.2952, 27.3012], [105.295, 27.3012], [105.295, 27.301]]
    ],
}


@pytest.fixture
def clerk(cast: Cast, client: Client) -> Client:
    client.force_login(cast.users["wang"], backend="django.contrib.auth.backends.ModelBackend")
    return client


def post(client: Client, address: str, /, **fields: Any) -> tuple[int, Any]:
    answer = client.post(address, {name: str(value) for name, value in fields.items()}, headers=JSON)
    return answer.status_code, json.loads(answer.content)


def drawn(client: Client, key: str = "k1", /, **fields: Any) -> tuple[int, Any]:
    sent = {"division": OWN, "kind": "building", "geometry": json.dumps(SQUARE), **fields}
    return post(client, "/console/map/new/", **{"key": key, **sent})


def house(cast: Cast) -> Building:
    found: Building = Building.objects.unscoped("a test").filter(courtyard=cast.own.courtyard).get()
    return found


def is_of(feature: dict[str, Any], building: Building) -> bool:
    return bool(feature["properties"]["kind"] == "building" and feature["id"] == building.pk)


def test_the_page_lists_places_and_finds_one_by_its_tile_number(cast: Cast, clerk: Client) -> None:
    page = clerk.get("/console/map/", {"division": OWN}).content.decode()
    assert f'data-place="{house(cast).pk}"' in page
    page = clerk.get("/console/map/", {"division": OWN, "kind": "courtyard", "q": "一组2号"}).content.decode()
    assert page.count("data-place=") == 1
    place = f"building:{house(cast).cid}"
    page = clerk.get("/console/map/", {"division": OWN, "place": place}).content.decode()
    setup = json.loads(page.split('id="drawing-setup" type="application/json">')[1].split("</script>")[0])
    assert setup["selected"] == {"kind": "building", "id": house(cast).pk}
    assert {field["name"] for field in setup["fields"]["road"]} == {
        *("name", "road_class", "width_m", "layer_class")
    }
    assert clerk.get("/console/map/", {"division": OWN, "kind": "castle"}).status_code == 404
    assert clerk.get("/console/map/", {"division": SIBLING}).status_code == 404


def test_shapes_in_view_are_exact_and_of_the_own_villages(cast: Cast, clerk: Client) -> None:
    seen = clerk.get("/console/map/places/", {"division": OWN, "box": "105.28,27.29,105.40,27.32"}).json()
    kinds = [feature["properties"]["kind"] for feature in seen["features"]]
    assert (kinds.count("building"), kinds.count("courtyard")) == (3, 3)
    first = next(one for one in seen["features"] if is_of(one, house(cast)))
    lons = [lon for lon, _lat in first["geometry"]["coordinates"][0]]
    assert (min(lons), max(lons)) == (house(cast).min_lon, house(cast).max_lon)
    # What is no box is the whole division.
    for box in ("105,27,inf,28", "nan,nan,nan,nan", "1e400,0,0,0"):
        assert clerk.get("/console/map/places/", {"division": OWN, "box": box}).status_code == 200
    Building.objects.unscoped("a test").filter(pk=house(cast).pk).update(layer_class="restricted")
    seen = clerk.get("/console/map/places/", {"division": OWN, "box": "105.28,27.29,105.40,27.32"}).json()
    assert not [one for one in seen["features"] if is_of(one, house(cast))]


def test_a_place_is_drawn_once_changed_and_taken_back(
    cast: Cast, clerk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    published: list[int] = []

    def follow_changes(*, county_id: int, actor: Any, now: Any) -> list[Any]:
        published.append(PlaceChange.objects.filter(county_id=county_id, cid__gt=0).count())
        return []

    monkeypatch.setattr(following, "follow_changes", follow_changes)
    status, first = drawn(clerk, use="dwelling", storeys=3, height_m="")
    assert (status, drawn(clerk, use="dwelling", storeys=3, height_m="")) == (200, (200, first))
    row = Building.objects.unscoped("a test").get(pk=first["place"]["id"])
    assert (row.storeys, row.height_m, row.use) == (3, None, "dwelling")
    address = f"/console/map/building/{row.pk}/"
    status, _changed = post(clerk, f"{address}change/", key="k2", row_version=1, storeys=4)
    assert status == 200
    status, stale = post(clerk, f"{address}change/", key="k3", row_version=1, storeys=5)
    assert (status, bool(stale["error"]["detail"])) == (409, True)
    record = clerk.get(address).json()
    assert record["values"]["storeys"] == "4"
    assert [len(one["changes"]) for one in record["history"]] == [1, 0]
    newest = record["history"][0]
    assert "4" in newest["changes"][0]
    status, undone = post(clerk, f"/console/map/steps/{newest['step']}/undo/")
    assert (status, undone["undone"]) == (200, newest["step"])
    row.refresh_from_db()
    assert row.storeys == 3
    assert published == [1, 1, 2, 3]


def test_a_place_is_removed_with_a_reason_and_comes_back_without_a_script(cast: Cast, clerk: Client) -> None:
    building = house(cast)
    address = f"/console/map/building/{building.pk}/"
    version = building.row_version
    status, refused = post(clerk, f"{address}remove/", key="k1", row_version=version, reason="")
    assert (status, bool(refused["error"]["detail"])) == (400, True)
    status, removed = post(clerk, f"{address}remove/", key="k2", row_version=version, reason="拆除")
    assert status == 200
    assert clerk.get(address).status_code == 404
    page = clerk.get("/console/map/", {"division": OWN}).content.decode()
    assert f'data-place="{building.pk}"' not in page
    assert f"/console/map/steps/{removed['revision']}/undo/" in page
    answer = clerk.post(f"/console/map/steps/{removed['revision']}/undo/")
    assert answer.status_code == 302
    assert clerk.get(address).status_code == 200


@pytest.mark.parametrize(
    "fields",
    [
        {"geometry": "{"},
        {"geometry": ""},
        {"geometry": json.dumps({"type": "Point", "coordinates": [105.295, 27.301]})},
        {"storeys": "many"},
        {"storeys": "nan"},
        {"height_m": "1e400"},
        {"height_m": "snan"},
        {"roof": "9"},
        {"courtyard_id": "9" * 30},
        {"courtyard_id": "7"},
        {"layer_class": "restricted"},
        {"key": ""},
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(cast: Cast, clerk: Client, fields: dict[str, str]) -> None:
    status, said = drawn(clerk, "k", **fields)
    assert (status, bool(said["error"]["detail"])) == (400, True)
    assert Building.objects.unscoped("a test").filter(division_code=OWN).count() == 3


def test_a_courtyard_keeps_its_number_and_gets_an_address(cast: Cast, clerk: Client) -> None:
    point = json.dumps({"type": "Point", "coordinates": [105.295, 27.301]})
    status, made = drawn(
        clerk, kind="courtyard", geometry=point, group="三组", address="双堰社区三组9号", house_number="9号"
    )
    assert status == 200
    row = Courtyard.objects.unscoped("a test").get(pk=made["place"]["id"])
    record = clerk.get(f"/console/map/courtyard/{row.pk}/").json()
    assert (record["values"]["address"], record["title"]) == ("双堰社区三组9号", "双堰社区三组9号")
    status, _said = post(
        clerk,
        f"/console/map/courtyard/{row.pk}/change/",
        key="k9",
        row_version=1,
        geometry=json.dumps(SQUARE),
    )
    assert status == 200
    parcel = drawn(clerk, "k7", kind="parcel", use="paddy", area_mu="0.66")
    assert parcel[0] == 200
    assert str(Parcel.objects.unscoped("a test").get(pk=parcel[1]["place"]["id"]).area_mu) == "0.66"


def test_a_scene_that_cannot_follow_does_not_lose_the_edit(
    cast: Cast, clerk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def follow_changes(**_known: Any) -> list[Any]:
        raise OSError("no space left")

    monkeypatch.setattr(following, "follow_changes", follow_changes)
    status, made = drawn(clerk)
    assert (status, made["scenes"]) == (200, [])
    assert Building.objects.unscoped("a test").filter(pk=made["place"]["id"]).exists()


def test_others_see_nothing_of_it(cast: Cast, clerk: Client) -> None:
    there = Building.objects.unscoped("a test").filter(division_code=SIBLING).earliest("pk")
    unknown = clerk.get("/console/map/building/4503599627370496/", headers=JSON)
    hidden = clerk.get(f"/console/map/building/{there.pk}/", headers=JSON)
    assert (hidden.status_code, hidden.content) == (404, unknown.content)
    status, _said = post(
        clerk, f"/console/map/building/{there.pk}/change/", key="k", row_version=there.row_version, storeys=9
    )
    assert status == 404


def test_the_scene_follows_a_save_and_its_undoing(cast: Cast, clerk: Client) -> None:
    build_twin(division=Division.objects.get(code=OWN), actor=SYSTEM, now=NOW)
    before = clerk.get(f"/twin/{OWN}/current.json").json()
    status, made = drawn(clerk, storeys=2)
    assert (status, made["scenes"]) == (200, [f"/twin/{OWN}/current.json"])
    after = clerk.get(f"/twin/{OWN}/current.json").json()
    assert after["counts"]["building"] == before["counts"]["building"] + 1
    assert (after["tileset"], after["vectors"]) != (before["tileset"], before["vectors"])
    status, undone = post(clerk, f"/console/map/steps/{made['revision']}/undo/")
    assert (status, undone["scenes"]) == (200, made["scenes"])
    again = clerk.get(f"/twin/{OWN}/current.json").json()
    assert again["revision"] != before["revision"]
    # Files are named by their content: the same names are the same scene.
    assert {key: again[key] for key in ("tileset", "vectors", "counts")} == {
        key: before[key] for key in ("tileset", "vectors", "counts")
    }


def test_collections_within_collections_are_refused_before_they_are_read(cast: Cast, clerk: Client) -> None:
    noted = PlaceChange.objects.count()
    # GEOS itself would end the process at this depth.
    nested = '{"type":"GeometryCollection","geometries":[' * 38_000 + "]}" * 38_000
    for shape in (
        nested,
        '{"type":"GeometryCollection","geometries":[]}',
        "[" * 100_000,
        "7",
        '{"type":["a"]}',
    ):
        status, body = drawn(clerk, geometry=shape)
        assert status == 400, shape[:60]
        assert body
    deep = '{"type":"Polygon","coordinates":' + "[" * 1000 + "]" * 1000 + "}"
    assert drawn(clerk, geometry=deep)[0] == 400
    assert PlaceChange.objects.count() == noted


def test_a_courtyard_that_is_not_the_viewers_is_not_named(cast: Cast, clerk: Client) -> None:
    building, foreign = house(cast), cast.places["sibling"].courtyard
    Building.objects.unscoped("a test").filter(pk=building.pk).update(courtyard_id=foreign.pk)
    record = clerk.get(f"/console/map/building/{building.pk}/").json()
    assert {"id": foreign.pk, "title": "院落"} in record["courtyards"]
    assert len(record["courtyards"]) > 1
