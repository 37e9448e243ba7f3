"""Saved views: kept by those who may edit places, public ones for anyone, in the order of the tour."""

from typing import Any

import orjson
import pytest
from django.test import Client

from tests.cast import OWN, SIBLING, Cast
from xiaoyuan.audit.models import AuditEntry
from xiaoyuan.twin.models import SavedView

ADDRESS = "at=105.2903,27.3001,1500.0,344.0,-34.0&off=trees&theme=courtyard:group&sun=2026-05-20T15:00"
FIELDS = {"name": "村口", "caption": "从这里进村", "address": ADDRESS, "tour_position": "1", "dwell_s": "8"}


def save(client: Client, status: int = 201, code: str = OWN, **fields: str) -> dict[str, Any]:
    answer = client.post(
        f"/screen/{code}/views/", {**FIELDS, **fields}, headers={"accept": "application/json"}
    )
    assert answer.status_code == status, answer.content
    return orjson.loads(answer.content) if answer.content.startswith(b"{") else {}


def listed(client: Client, code: str = OWN) -> list[str]:
    return [view["name"] for view in client.get(f"/api/v1/screen/{code}/views").json()["views"]]


def test_a_clerk_keeps_a_view_and_opens_it_again(cast: Cast, client: Client) -> None:
    client.force_login(cast.users["wang"])
    kept = save(client)
    assert (kept["name"], kept["address"], kept["dwell_s"], kept["is_public"]) == ("村口", ADDRESS, 8, False)
    answer = client.get(f"/api/v1/screen/{OWN}/views").json()
    assert answer == {"views": [kept], "may_edit": True}
    assert AuditEntry.objects.filter(action="twin.save_view", object_id=kept["id"]).count() == 1


def test_strangers_are_shown_public_views_only(cast: Cast, client: Client) -> None:
    client.force_login(cast.users["wang"])
    save(client, name="内部")
    save(client, name="公开", is_public="1")
    assert sorted(listed(client)) == ["公开", "内部"]
    client.logout()
    assert listed(client) == ["公开"]
    assert client.get(f"/api/v1/screen/{OWN}/views").json()["may_edit"] is False


def test_the_tour_is_in_order(cast: Cast, client: Client) -> None:
    client.force_login(cast.users["wang"])
    for name, position in (("三", "3"), ("无", ""), ("一", "1")):
        save(client, name=name, tour_position=position)
    assert listed(client) == ["一", "三", "无"]


@pytest.mark.parametrize("username", ["li", "zhang", "zhao", "operator"])
def test_others_keep_none(cast: Cast, client: Client, username: str) -> None:
    client.force_login(cast.users[username])
    save(client, status=403)
    assert not SavedView.objects.unscoped("a test").exists()


def test_a_clerk_keeps_none_next_door(cast: Cast, client: Client) -> None:
    client.force_login(cast.users["wang"])
    save(client, status=404, code=SIBLING)


def test_views_of_the_next_village_cannot_be_changed(cast: Cast, client: Client) -> None:
    client.force_login(cast.users["chen"])
    other = save(client, code=SIBLING)
    client.force_login(cast.users["wang"])
    path = f"/screen/views/{other['id']}/"
    assert client.post(path, {**FIELDS, "row_version": "1"}).status_code == 404
    assert client.post(path, {"row_version": "1", "remove": "1"}).status_code == 404
    assert SavedView.objects.unscoped("a test").count() == 1


def test_who_is_slower_is_told(cast: Cast, client: Client) -> None:
    client.force_login(cast.users["wang"])
    path = f"/screen/views/{save(client)['id']}/"
    renamed = client.post(path, {**FIELDS, "name": "新名", "row_version": "1"})
    assert (renamed.json()["name"], renamed.json()["row_version"]) == ("新名", 2)
    assert client.post(path, {**FIELDS, "name": "旧名", "row_version": "1"}).status_code == 409
    assert client.post(path, {"row_version": "1", "remove": "1"}).status_code == 409
    assert client.post(path, {"row_version": "2", "remove": "1"}).status_code == 200
    assert listed(client) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"caption": "长" * 401},
        {"address": "javascript:alert(1)//<b>"},
        {"dwell_s": "2"},
        {"dwell_s": "-5"},
        {"tour_position": "0"},
    ],
)
def test_what_is_no_view_is_refused(cast: Cast, client: Client, wrong: dict[str, str]) -> None:
    client.force_login(cast.users["wang"])
    save(client, status=400, **wrong)
    assert not SavedView.objects.unscoped("a test").exists()


def test_a_form_of_another_page_is_refused(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.users["wang"])
    save(client, status=403)
