"""Every route, for every role, on rows of the own village, a sibling village, another town and a hidden county.

What each role holds and how far it reaches is written down here a second time, by hand: a change of the rules must be
made in both places. A route that is missing from the table fails the test.
"""

from typing import Final

import pytest
import shapely
from django.test import Client
from django.utils import timezone

from tests.accounts.matrix import TABLE
from tests.accounts.matrix_rows import (
    APPROVE,
    CONSOLE,
    EDIT,
    EXPORT,
    IMPORT,
    OPEN_SCENE,
    OPERATE,
    PLACES,
    PUBLIC,
    REVEAL,
    SIGNED_IN,
    VIEW_PEOPLE,
    Route,
)
from tests.cast import Cast, Place
from xiaoyuan.accounts.actions import end_grant
from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.routes import declared_permission
from xiaoyuan.audit.actions import seal_committed
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.config.checks import routes
from xiaoyuan.config.wiring import THIRD_PARTY_ROUTES
from xiaoyuan.register.choices import LayerClass
from xiaoyuan.register.models import Courtyard, Division
from xiaoyuan.register.spatial import shape_fields
from xiaoyuan.tiling.pool import FilePool
from xiaoyuan.tiling.vector_index import write_index
from xiaoyuan.twin.models import Scene, SceneRevision
from xiaoyuan.twin.publishing import scene_folder

FIELD: Final = {PUBLIC, SIGNED_IN, CONSOLE, VIEW_PEOPLE, Permission.WORK_IN_FIELD, Permission.WORK_INCIDENTS}
CLERK: Final = (
    FIELD
    | {REVEAL, EDIT, PLACES, IMPORT, EXPORT, APPROVE}
    | {
        Permission.PLAN_FIELDWORK,
        Permission.MANAGE_INCIDENTS,
        Permission.MANAGE_SERVICES,
        Permission.MANAGE_NOTICES,
        Permission.MANAGE_POINTS,
        Permission.RUN_CENTRE,
        Permission.INVITE_RESIDENTS,
        Permission.MANAGE_PLATES,
    }
)
HELD: Final[dict[str, set[Permission]]] = {
    "stranger": {PUBLIC},
    "zhao": {PUBLIC, SIGNED_IN},
    "zhang": {PUBLIC, SIGNED_IN},
    "li": FIELD,
    "wang": CLERK,
    "chen": CLERK,
    "operator": {PUBLIC, SIGNED_IN, CONSOLE, OPERATE, Permission.MANAGE_PLATES},
}
REACH: Final[dict[str, set[str]]] = {
    "stranger": set(),
    "zhao": set(),
    "zhang": set(),
    "li": {"own"},
    "wang": {"own"},
    "chen": {"own", "sibling"},
    "operator": {"own", "sibling", "other town", "hidden county"},
}


def expected(who: str, route: Route, where: str) -> int:
    if route.declared not in HELD[who]:
        if who == "stranger":
            # A stranger is led to the sign-in page; a program is told that it has to sign in.
            return 401 if route.is_program else 302
        return 403
    if route.rows is None or (route.rows in HELD[who] and where in REACH[who]):
        return route.ok
    return 404


def client_of(cast: Cast, who: str) -> Client:
    client = Client()
    if who != "stranger":
        client.force_login(cast.users[who], backend="django.contrib.auth.backends.ModelBackend")
    return client


def ask(client: Client, route: Route, address: str, place: Place) -> "tuple[int, bytes]":
    response = getattr(client, route.method)(address, route.body(place))
    return response.status_code, b"".join(response) if response.streaming else response.content


def keep_scene(code: str, county_id: int, layer_class: LayerClass) -> None:
    """Publish a scene of one file and one vector tile, under names that the table knows."""
    scene = Scene.objects.create(
        county_id=county_id, key=code, division_code=code, layer_class=layer_class, revision="1"
    )
    SceneRevision.objects.create(
        county_id=county_id,
        scene=scene,
        name="1",
        published_at=timezone.now(),
        pointer={
            "revision": "1",
            "bounds": [105.0, 27.0, 105.1, 27.1],
            "vectors": f"vectors/{'1' * 20}/{{z}}/{{x}}/{{y}}.pbf",
            "vector_zooms": [8, 16],
            "layers": ["courtyard"],
            "attribution": [],
        },
        state={},
    )
    folder = scene_folder(code) / "files"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{'0' * 20}.json").write_text("{}")
    index = write_index(FilePool(folder), {(14, 1, 1): f"{'0' * 20}.json"}, max_zoom=16)
    (folder / index).rename(folder / f"{'1' * 20}.json")


@pytest.fixture
def village(cast: Cast) -> Cast:
    """The cast, whose courtyards and scenes are internal, so that rights decide about them."""
    seal_committed(now=timezone.now())  # /readyz would rightly complain of old entries
    Courtyard.objects.unscoped("a test").update(layer_class=LayerClass.INTERNAL)
    county_id = cast.own.courtyard.county_id
    keep_scene(OPEN_SCENE, county_id, LayerClass.PUBLIC)
    outline = shape_fields(shapely.box(105.0, 27.0, 105.1, 27.1))
    for place in cast.places.values():
        Division.objects.filter(code=place.code).update(outline_wkb=outline["wkb"])
        keep_scene(place.code, place.courtyard.county_id, LayerClass.INTERNAL)
    return cast


def own_routes() -> dict[str, object]:
    return {route: view for route, view in routes() if not route.startswith(THIRD_PARTY_ROUTES)}


def test_every_route_is_in_the_table() -> None:
    assert set(own_routes()) == set(TABLE)


def test_every_route_declares_what_the_table_says() -> None:
    declared = {route: declared_permission(view) for route, view in own_routes().items()}
    assert declared == {route: row.declared for route, row in TABLE.items()}


@pytest.mark.parametrize("who", HELD)
def test_each_role_gets_what_the_rules_say(village: Cast, who: str) -> None:
    client = client_of(village, who)
    wrong = [
        f"{route or '/'} on {where}: expected {wanted}, got {got}"
        for route, row in TABLE.items()
        for where, place in village.places.items()
        if (got := ask(client, row, row.address(place), place)[0]) != (wanted := expected(who, row, where))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("who", HELD)
def test_unknown_and_forbidden_give_the_same_bytes(village: Cast, who: str) -> None:
    client = client_of(village, who)
    compared = 0
    for route, row in TABLE.items():
        for where, place in village.places.items():
            if row.rows is not None and expected(who, row, where) == 404:
                forbidden = ask(client, row, row.address(place), place)
                assert forbidden == ask(client, row, row.unknown, place), f"{route} on {where}"
                compared += 1
    assert compared > 0 or who == "operator"


def test_a_grant_that_ended_opens_nothing(village: Cast) -> None:
    """The control of the whole table: the same clerk with the same session, an ended grant later."""
    client, address = client_of(village, "wang"), f"/console/households/{village.own.household.pk}/"
    assert client.get(address).status_code == 200
    end_grant(grant=village.users["wang"].grants.get(), actor=SYSTEM, now=timezone.now())
    assert client.get(address).status_code == 403
