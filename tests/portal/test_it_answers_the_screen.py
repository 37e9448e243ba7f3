"""The screen's API: the same address answers each viewer within their rights, and never with people's data."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.test import Client
from pytest_django import Settings

from tests.cast import FAMILIES, OWN, SIBLING, Cast
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.doorplates.models import Doorplate
from xiaoyuan.register.choices import LayerClass
from xiaoyuan.register.models import Building, Courtyard, Division, Household, StandardAddress
from xiaoyuan.twin.actions import build_twin
from xiaoyuan.twin.models import ImportedModel

NOW = datetime(2025, 3, 3, 9, tzinfo=UTC)
TOWN = "520502103"


@pytest.fixture
def built(cast: Cast, settings: Settings, tmp_path: Path) -> Cast:
    settings.TWIN_DIR = tmp_path
    build_twin(division=Division.objects.get(code=TOWN), actor=SYSTEM, now=NOW)
    return cast


def ask(client: Client, path: str) -> dict[str, Any]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = orjson.loads(answer.content)
    return body


def card(client: Client, cast: Cast) -> dict[str, Any]:
    return ask(client, f"/api/v1/places/{TOWN}/{cast.own.courtyard.cid}")


def rows(answer: dict[str, Any]) -> dict[str, str]:
    return {row["label"]: row["value"] for row in answer["rows"]}


def test_a_town_shows_its_villages_and_their_counts(built: Cast, client: Client) -> None:
    answer = ask(client, f"/api/v1/screen/{TOWN}")
    children = {child["code"]: child["figures"] for child in answer["children"]}
    assert set(children) == {OWN, SIBLING}
    # Five persons may be published; two households are too few.
    assert children[OWN] == {"population": 5, "households": None, "courtyards": 3, "buildings": 3}
    assert [scene["id"] for scene in answer["scenes"]] == [TOWN]
    assert answer["is_sample"] is True
    assert answer["has_terrain"] is False


def test_a_village_is_shown_by_the_scene_of_its_town(built: Cast, client: Client) -> None:
    answer = ask(client, f"/api/v1/screen/{OWN}")
    assert [scene["pointer"] for scene in answer["scenes"]] == [f"/twin/{TOWN}/current.json"]
    assert answer["bounds"][0] == pytest.approx(105.29, abs=0.001)


def test_only_scenes_and_models_are_named_that_the_viewer_may_load(built: Cast, client: Client) -> None:
    Building.objects.unscoped("a test").filter(courtyard=built.own.courtyard).update(layer_class="internal")
    build_twin(division=Division.objects.get(code=TOWN), actor=SYSTEM, now=NOW)
    ImportedModel.objects.create(
        county_id=built.own.courtyard.county_id, division_code=TOWN, key=f"{TOWN}-1", name="机密航飞",
        entry="a/scene.json", layer_class="internal", min_lon=105, min_lat=27, max_lon=106, max_lat=28,
        created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    # The clerk of one village may not load what is internal in the whole town: the screen would wait for it in vain.
    for who, expected in (("wang", {TOWN}), ("chen", {TOWN, f"{TOWN}-internal"})):
        client.force_login(built.users[who])
        answer = ask(client, f"/api/v1/screen/{OWN}")
        assert {scene["id"] for scene in answer["scenes"]} == expected
        assert [model["name"] for model in answer["models"]] == (["机密航飞"] if who == "chen" else [])
        for scene in answer["scenes"]:
            assert client.get(scene["pointer"]).status_code == 200


def test_a_county_gathers_the_scenes_below(built: Cast, client: Client) -> None:
    assert [scene["id"] for scene in ask(client, "/api/v1/screen/520502")["scenes"]] == [TOWN]
    assert ask(client, "/api/v1/screen/520527")["scenes"] == []


def test_a_stranger_sees_a_courtyard_without_its_people(built: Cast, client: Client) -> None:
    answer = card(client, built)
    assert "户数" not in rows(answer)
    assert answer["restricted"]
    assert answer["links"] == []


@pytest.mark.parametrize("username", ["wang", "li", "chen"])
def test_staff_of_the_place_see_how_many_live_there(built: Cast, client: Client, username: str) -> None:
    client.force_login(built.users[username])
    answer = card(client, built)
    assert (rows(answer)["户数"], rows(answer)["人数"]) == ("2", "5")
    assert answer["restricted"] == ""


def test_staff_of_another_place_see_what_a_stranger_sees(built: Cast, client: Client) -> None:
    stranger = card(client, built)
    client.force_login(built.users["zhao"])
    assert card(client, built) == stranger


def test_a_building_leads_to_its_courtyard(built: Cast, client: Client) -> None:
    building = card(client, built)["children"][0]
    answer = ask(client, f"/api/v1/places/{TOWN}/{building['cid']}")
    assert answer["kind"] == "building"
    assert answer["parent"]["cid"] == built.own.courtyard.cid


def test_no_answer_names_a_person(built: Cast, client: Client) -> None:
    client.force_login(built.users["wang"])
    paths = (
        f"/api/v1/screen/{OWN}",
        f"/api/v1/screen/{OWN}/labels",
        f"/api/v1/screen/{OWN}/outlines",
        f"/api/v1/places/{TOWN}/{built.own.courtyard.cid}",
        "/api/v1/search?q=张伟",
        f"/screen/{OWN}/?view=table",
    )
    for path in paths:
        body = client.get(path).content.decode()
        assert not [name for family in FAMILIES for name in family if name in body], path


def test_search_finds_divisions_and_courtyards(built: Cast, client: Client) -> None:
    results = ask(client, "/api/v1/search?q=双堰")["results"]
    assert [result["kind"] for result in results] == ["division", "courtyard", "courtyard", "courtyard"]
    assert ask(client, f"/api/v1/search?q=双堰&within={SIBLING}")["results"][1:] == []


def test_search_finds_a_plate_by_its_code(built: Cast, client: Client) -> None:
    plate = built.own.courtyard.doorplates.unscoped("test").get()
    for written in (plate.code, plate.readable_code):
        results = ask(client, f"/api/v1/search?q={written}")["results"]
        assert [result["cid"] for result in results] == [built.own.courtyard.cid]


def test_unknown_places_and_divisions_are_not_found(built: Cast, client: Client) -> None:
    answers = [
        client.get(path)
        for path in ("/api/v1/screen/990009", f"/api/v1/places/{TOWN}/4294967294", "/api/v1/places/x/1")
    ]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert len({answer.content for answer in answers}) == 1


def test_figures_under_five_show_to_those_who_may_see_people(built: Cast, client: Client) -> None:
    client.force_login(built.users["chen"])
    children = ask(client, f"/api/v1/screen/{TOWN}")["children"]
    assert {child["figures"]["households"] for child in children} == {2}


@pytest.fixture
def joined(built: Cast) -> Cast:
    """Real rows that came after the sample: a household in the sample courtyard, a building, a courtyard."""
    yard = built.own.courtyard
    home = {"county_id": yard.county_id, "division_code": OWN, "created_at": NOW, "updated_at": NOW}
    shape = {name: getattr(yard, name) for name in ("wkb", "min_lon", "min_lat", "max_lon", "max_lat")}
    Household.objects.create(household_no="real", courtyard=yard, **home)
    Building.objects.create(cid=9001, courtyard=yard, name="real house", **home, **shape)
    real = Courtyard.objects.create(cid=9002, code="real", **home, **shape)
    StandardAddress.objects.create(courtyard=real, text="真实的地址9号", house_number="9号", **home)
    Doorplate.objects.create(courtyard=real, code="real", token_hash=b"0" * 32, token_sealed=b"", **home)
    return built


def test_real_rows_are_not_counted_with_the_sample(joined: Cast, client: Client) -> None:
    client.force_login(joined.users["wang"], backend="django.contrib.auth.backends.ModelBackend")
    shown = card(client, joined)
    assert (rows(shown)["建筑"], rows(shown)["户数"]) == ("1", "2")
    assert len(shown["children"]) == 1
    ticker = [one["text"] for one in ask(client, f"/api/v1/screen/{OWN}")["ticker"]]
    assert any("3" in text and "门牌" in text for text in ticker), ticker
    labels = ask(client, f"/api/v1/screen/{OWN}/labels")["labels"]
    assert "9号" not in {label["text"] for label in labels}
    assert ask(client, "/api/v1/search?q=真实的地址")["results"] == []
    for page in ("/console/households/", "/console/courtyards/"):
        assert "real" not in client.get(page).content.decode()


def test_places_of_internal_layers_are_named_to_nobody_outside(built: Cast, client: Client) -> None:
    yard = built.own.courtyard
    house = Building.objects.unscoped("test").get(courtyard=yard)
    Building.objects.unscoped("test").filter(pk=house.pk).update(layer_class=LayerClass.INTERNAL)
    assert card(client, built)["children"] == []
    Building.objects.unscoped("test").filter(pk=house.pk).update(layer_class=LayerClass.PUBLIC)
    Courtyard.objects.unscoped("test").filter(pk=yard.pk).update(layer_class=LayerClass.INTERNAL)
    assert ask(client, f"/api/v1/places/{TOWN}/{house.cid}")["parent"] is None
    client.force_login(built.users["wang"], backend="django.contrib.auth.backends.ModelBackend")
    assert ask(client, f"/api/v1/places/{TOWN}/{house.cid}")["parent"]["cid"] == yard.cid
