"""The placing page and what its map sends: once per key, within one's villages, refused with a sentence, undoable."""

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.cast import NOW, OWN, SIBLING, Cast
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.register.actions.placing import create_courtyard
from xiaoyuan.register.models import Courtyard, Household

pytestmark = pytest.mark.django_db
POINT = {"lon": "105.293000000", "lat": "27.302000000", "accuracy_m": "6.5"}
JSON = {"accept": "application/json"}


@pytest.fixture
def clerk(cast: Cast, client: Client) -> Client:
    client.force_login(cast.users["wang"], backend="django.contrib.auth.backends.ModelBackend")
    return client


def waiting(cast: Cast, where: str = "own") -> Courtyard:
    place = cast.places[where]
    return create_courtyard(
        county_id=place.courtyard.county_id,
        division_code=place.code,
        is_sample=True,
        code=f"{where}-9",
        actor=SYSTEM,
        now=NOW,
    )


def post(client: Client, address: str, **fields: Any) -> tuple[int, Any]:
    answer = client.post(address, {name: str(value) for name, value in fields.items()}, headers=JSON)
    return answer.status_code, json.loads(answer.content)


def test_the_page_lists_what_has_no_place(cast: Cast, clerk: Client) -> None:
    courtyard = waiting(cast)
    page = clerk.get("/console/placing/", {"division": OWN}).content.decode()
    assert "own-9" in page
    assert f'data-version="{courtyard.row_version}"' in page
    assert clerk.get("/console/placing/", {"division": SIBLING}).status_code == 404
    Household.objects.unscoped("a test").filter(pk=cast.own.household.pk).update(courtyard=None)
    page = clerk.get("/console/placing/", {"division": OWN, "kind": "households"}).content.decode()
    assert f"/console/placing/households/{cast.own.household.pk}/" in page
    assert "own-9" not in page


def test_a_point_is_written_once_per_key(cast: Cast, clerk: Client) -> None:
    courtyard = waiting(cast)
    address = f"/console/placing/courtyards/{courtyard.pk}/"
    status, first = post(clerk, address, key="k1", row_version=1, **POINT)
    assert (status, first["version"], first["accuracy_m"]) == (200, 2, 6.5)
    assert post(clerk, address, key="k1", row_version=1, **POINT) == (200, first)
    courtyard.refresh_from_db()
    assert (courtyard.row_version, courtyard.min_lon) == (2, 105.293)
    status, _conflict = post(clerk, address, key="k1", row_version=2, **POINT)
    assert status == 409
    status, stale = post(clerk, address, key="k2", row_version=1, **POINT)
    assert status == 409
    assert stale["error"]["detail"]


@pytest.mark.parametrize(
    "fields",
    [
        {"row_version": 1, **POINT},
        {"key": "k", "row_version": "one", **POINT},
        {"key": "k", "row_version": 1, "lon": "east", "lat": "27"},
        {"key": "k", "row_version": 1, "lon": "nan", "lat": "27"},
        {"key": "k", "row_version": 1, "lon": "27.3", "lat": "105.29"},
        {"key": "k", "row_version": 1, "lon": "2.3", "lat": "48.8"},
    ],
)
def test_nonsense_is_refused_with_a_sentence(cast: Cast, clerk: Client, fields: dict[str, Any]) -> None:
    courtyard = waiting(cast)
    status, answer = post(clerk, f"/console/placing/courtyards/{courtyard.pk}/", **fields)
    assert status == 400
    assert len(answer["error"]["detail"]) > 5
    courtyard.refresh_from_db()
    assert courtyard.wkb is None


def test_a_courtyard_of_another_village_is_not_there(cast: Cast, clerk: Client) -> None:
    courtyard = waiting(cast, "sibling")
    status, _answer = post(
        clerk, f"/console/placing/courtyards/{courtyard.pk}/", key="k", row_version=1, **POINT
    )
    assert status == 404


def test_a_household_is_settled_by_tapping_its_courtyard(cast: Cast, clerk: Client) -> None:
    household = cast.own.household
    Household.objects.unscoped("a test").filter(pk=household.pk).update(courtyard=None)
    status, answer = post(
        clerk,
        f"/console/placing/households/{household.pk}/",
        key="k",
        row_version=household.row_version,
        courtyard=cast.own.courtyard.pk,
    )
    assert (status, answer["courtyard"]) == (200, cast.own.courtyard.pk)
    household.refresh_from_db()
    assert household.courtyard_id == cast.own.courtyard.pk


def test_what_can_be_tapped_lies_in_the_box_and_in_reach(cast: Cast, clerk: Client) -> None:
    waiting(cast)
    everything = clerk.get("/console/placing/places/", {"division": OWN}).json()
    assert len(everything["features"]) == 3
    assert {"id", "version", "label", "address"} <= set(everything["features"][0]["properties"])
    none = clerk.get("/console/placing/places/", {"division": OWN, "box": "106,27,107,28"}).json()
    assert none["features"] == []


def test_a_placing_is_taken_back(cast: Cast, clerk: Client) -> None:
    courtyard = waiting(cast)
    _status, placed = post(
        clerk, f"/console/placing/courtyards/{courtyard.pk}/", key="k", row_version=1, **POINT
    )
    assert len(placed["revisions"]) == 1
    status, answer = post(clerk, "/console/placing/undo/", revisions=placed["revisions"][0])
    assert (status, answer["undone"]) == (200, placed["revisions"])
    courtyard.refresh_from_db()
    assert courtyard.wkb is None
    assert timezone.now() > NOW


def test_a_household_settled_at_a_point_is_taken_back_with_its_courtyard(cast: Cast, clerk: Client) -> None:
    household = cast.own.household
    Household.objects.unscoped("a test").filter(pk=household.pk).update(courtyard=None)
    status, placed = post(
        clerk,
        f"/console/placing/households/{household.pk}/",
        key="k",
        row_version=household.row_version,
        **POINT,
    )
    assert status == 200
    assert len(placed["revisions"]) == 2
    text = ",".join(str(one) for one in placed["revisions"])
    assert post(clerk, "/console/placing/undo/", revisions=text)[0] == 200
    household.refresh_from_db()
    assert household.courtyard_id is None
    assert not Courtyard.objects.unscoped("a test").filter(pk=placed["courtyard"]).exists()


def test_nobody_takes_back_what_is_not_theirs(cast: Cast, clerk: Client) -> None:
    courtyard = waiting(cast, "sibling")
    clerk.force_login(cast.users["chen"], backend="django.contrib.auth.backends.ModelBackend")
    _status, placed = post(
        clerk, f"/console/placing/courtyards/{courtyard.pk}/", key="k", row_version=1, **POINT
    )
    clerk.force_login(cast.users["wang"], backend="django.contrib.auth.backends.ModelBackend")
    assert post(clerk, "/console/placing/undo/", revisions=placed["revisions"][0])[0] == 404
    assert post(clerk, "/console/placing/undo/", revisions="123456789")[0] == 404
