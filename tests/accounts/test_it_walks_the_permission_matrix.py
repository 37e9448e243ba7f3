"""Every route, for every role, on rows of the own village, a sibling village, another town and a hidden county.

What each role holds and how far it reaches is written down here a second time, by hand: a change of the rules must be
made in both places. A route that is missing from the table fails the test.
"""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Final

import pytest
from django.test import Client
from django.utils import timezone

from tests.cast import Cast, Place
from tests.exports.layouts import layout_of
from tests.twin.plans import plan_of
from xiaoyuan.accounts.actions import end_grant
from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.routes import declared_permission
from xiaoyuan.audit.actions import seal_committed
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.config.checks import routes
from xiaoyuan.config.wiring import THIRD_PARTY_ROUTES
from xiaoyuan.exports.models import ExportFormat, ExportRequest, ExportStatus, ExportTemplate
from xiaoyuan.history.models import Revision
from xiaoyuan.intake.models import BatchStatus, ImportBatch
from xiaoyuan.intake.pipeline import receive_file
from xiaoyuan.register.choices import LayerClass
from xiaoyuan.register.models import Courtyard, Membership
from xiaoyuan.tiling.pool import FilePool
from xiaoyuan.tiling.vector_index import write_index
from xiaoyuan.twin.models import Scene, SceneRevision
from xiaoyuan.twin.publishing import scene_folder

PUBLIC, SIGNED_IN, CONSOLE = Permission.PUBLIC, Permission.SIGNED_IN, Permission.CONSOLE
VIEW_PEOPLE, REVEAL, OPERATE = Permission.VIEW_PEOPLE, Permission.REVEAL_PERSONAL, Permission.OPERATE
EDIT, IMPORT = Permission.EDIT_PEOPLE, Permission.IMPORT_LEDGERS
PLACES = Permission.EDIT_PLACES
EXPORT, APPROVE = Permission.EXPORT_PEOPLE, Permission.APPROVE_EXPORTS
UNKNOWN: Final = 2**52
"""A row id that no row has."""


@dataclass(frozen=True)
class Route:
    """How a route is asked for, what it declares, and which right decides about its rows (None: it has no rows)."""

    declared: Permission
    address: Callable[[Place], str]
    rows: Permission | None = None
    unknown: str = ""
    method: str = "get"
    body: Callable[[Place], dict[str, str]] = lambda place: {}
    ok: int = 200


def relative_of(place: Place) -> int:
    """Return another member of the household of a village's person."""
    rows = Membership.objects.unscoped("a test").filter(household=place.household)
    return int(rows.exclude(person=place.person).values_list("person_id", flat=True).order_by("pk")[0])


def step_in(place: Place) -> int:
    """Return a step of a village that changed nothing: it can be taken back by whoever may."""
    made, _is_new = Revision.objects.get_or_create(
        county_id=place.household.county_id,
        division_code=place.code,
        action="register.change_person",
        defaults={"actor_label": "test", "at": timezone.now()},
    )
    return made.pk


def place_step_in(place: Place) -> int:
    """Return a step on a place of a village that changed nothing, a new one each time."""
    made = Revision.objects.create(
        county_id=place.household.county_id,
        division_code=place.code,
        action="register.change_place",
        actor_label="test",
        at=timezone.now(),
    )
    return made.pk


def export_of(place: Place) -> int:
    """Return an export of a village that somebody else asked for and whose time is over."""
    made, _is_new = ExportRequest.objects.get_or_create(
        county_id=place.household.county_id,
        division_code=place.code,
        source_key="people",
        format=ExportFormat.XLSX,
        defaults={
            "status": ExportStatus.EXPIRED,
            "requested_by_label": "test",
            "requested_at": timezone.now(),
        },
    )
    return made.pk


def kept_plan(place: Place) -> int:
    """Return a road plan of a village, a new one each time: two routes change or remove it."""
    return plan_of(place.household.county_id, place.code).pk


def kept_layout(place: Place) -> ExportTemplate:
    """Return a superior's layout of a village, a new one each time: one route takes it out of use."""
    return layout_of(place.household.county_id, place.code)


def import_step(name: str, *, method: str = "post", ok: int = 302) -> Route:
    """Return the route of what a clerk does with an import."""
    return Route(
        IMPORT,
        lambda place: f"/console/imports/{ledger_of(place)}/{name}/",
        IMPORT,
        f"/console/imports/{UNKNOWN}/{name}/",
        method=method,
        ok=ok,
    )


def ledger_of(place: Place) -> int:
    """Return an import of a village that was received and waits to be read."""
    waiting = ImportBatch.objects.filter(division_code=place.code, status=BatchStatus.READING)
    known = waiting.values_list("pk", flat=True).first()
    if known is not None:
        return known
    made = receive_file(
        source=BytesIO("户号,姓名\n".encode()),
        file_name="户籍.csv",
        county_id=place.household.county_id,
        division_code=place.code,
        is_sample=True,
        actor=SYSTEM,
        now=timezone.now(),
    )
    return made.pk


TABLE: Final[dict[str, Route]] = {
    "": Route(PUBLIC, lambda place: "/"),
    "v/<str:code>/": Route(PUBLIC, lambda place: f"/v/{place.code}/"),
    "screen/<str:code>/": Route(PUBLIC, lambda place: f"/screen/{place.code}/?view=table"),
    r"^d/(?P<token>[\s\S]*)$": Route(PUBLIC, lambda place: "/d/never-a-token", ok=404),
    "preferences/elder/": Route(PUBLIC, lambda place: "/preferences/elder/", method="post", ok=302),
    "preferences/language/": Route(PUBLIC, lambda place: "/preferences/language/", method="post", ok=302),
    "healthz": Route(PUBLIC, lambda place: "/healthz"),
    "readyz": Route(PUBLIC, lambda place: "/readyz"),
    "metrics": Route(OPERATE, lambda place: "/metrics"),
    "me/": Route(SIGNED_IN, lambda place: "/me/"),
    "console/": Route(
        CONSOLE, lambda place: f"/console/?division={place.code}", CONSOLE, "/console/?division=990001009009"
    ),
    "console/households/": Route(
        VIEW_PEOPLE,
        lambda place: f"/console/households/?division={place.code}",
        VIEW_PEOPLE,
        "/console/households/?division=990001009009",
    ),
    "console/households/<int:household_id>/": Route(
        VIEW_PEOPLE,
        lambda place: f"/console/households/{place.household.pk}/",
        VIEW_PEOPLE,
        f"/console/households/{UNKNOWN}/",
    ),
    "console/households/<int:household_id>/reveal/": Route(
        REVEAL,
        lambda place: f"/console/households/{place.household.pk}/reveal/",
        REVEAL,
        f"/console/households/{UNKNOWN}/reveal/",
        method="post",
        body=lambda place: {"person": str(place.person.pk), "field": "phone", "reason": "a home visit"},
    ),
    # A number is answered here and now; a name would lead to an address that can be kept.
    "console/households/find/": Route(
        VIEW_PEOPLE,
        lambda place: f"/console/households/find/?division={place.code}",
        VIEW_PEOPLE,
        "/console/households/find/?division=990001009009",
        method="post",
        body=lambda place: {"q": "190 0000 9999"},
    ),
    "console/households/new/": Route(
        EDIT,
        lambda place: f"/console/households/new/?division={place.code}",
        EDIT,
        "/console/households/new/?division=990001009009",
    ),
    "console/households/<int:household_id>/steps/<slug:step>/": Route(
        EDIT,
        lambda place: f"/console/households/{place.household.pk}/steps/split/",
        EDIT,
        f"/console/households/{UNKNOWN}/steps/split/",
    ),
    "console/persons/<int:person_id>/steps/<slug:step>/": Route(
        EDIT,
        lambda place: f"/console/persons/{place.person.pk}/steps/death/",
        EDIT,
        f"/console/persons/{UNKNOWN}/steps/death/",
    ),
    "console/duplicates/": Route(
        EDIT,
        lambda place: f"/console/duplicates/?division={place.code}",
        EDIT,
        "/console/duplicates/?division=990001009009",
    ),
    "console/duplicates/<int:first_id>/<int:second_id>/": Route(
        EDIT,
        lambda place: f"/console/duplicates/{place.person.pk}/{relative_of(place)}/",
        EDIT,
        f"/console/duplicates/{UNKNOWN}/{UNKNOWN}/",
    ),
    "console/duplicates/<int:first_id>/<int:second_id>/apart/": Route(
        EDIT,
        lambda place: f"/console/duplicates/{place.person.pk}/{relative_of(place)}/apart/",
        EDIT,
        f"/console/duplicates/{UNKNOWN}/{UNKNOWN}/apart/",
        method="post",
        ok=302,
    ),
    "console/people/table/": Route(
        EDIT,
        lambda place: f"/console/people/table/?division={place.code}",
        EDIT,
        "/console/people/table/?division=990001009009",
    ),
    "console/persons/<int:person_id>/edit/": Route(
        EDIT,
        lambda place: f"/console/persons/{place.person.pk}/edit/",
        EDIT,
        f"/console/persons/{UNKNOWN}/edit/",
    ),
    "console/households/<int:household_id>/edit/": Route(
        EDIT,
        lambda place: f"/console/households/{place.household.pk}/edit/",
        EDIT,
        f"/console/households/{UNKNOWN}/edit/",
    ),
    "console/households/<int:household_id>/card/": Route(
        VIEW_PEOPLE,
        lambda place: f"/console/households/{place.household.pk}/card/",
        VIEW_PEOPLE,
        f"/console/households/{UNKNOWN}/card/",
    ),
    "console/households/<int:household_id>/card.pdf": Route(
        VIEW_PEOPLE,
        lambda place: f"/console/households/{place.household.pk}/card.pdf",
        VIEW_PEOPLE,
        f"/console/households/{UNKNOWN}/card.pdf",
    ),
    "console/households/<int:household_id>/card-in-full.pdf": Route(
        REVEAL,
        lambda place: f"/console/households/{place.household.pk}/card-in-full.pdf",
        REVEAL,
        f"/console/households/{UNKNOWN}/card-in-full.pdf",
        method="post",
        body=lambda place: {"reason": "a home visit"},
    ),
    "console/revisions/<int:revision_id>/undo/": Route(
        EDIT,
        lambda place: f"/console/revisions/{step_in(place)}/undo/",
        EDIT,
        f"/console/revisions/{UNKNOWN}/undo/",
        method="post",
        ok=302,
    ),
    "console/courtyards/": Route(
        CONSOLE,
        lambda place: f"/console/courtyards/?division={place.code}",
        CONSOLE,
        "/console/courtyards/?division=990001009009",
    ),
    "console/courtyards/<int:courtyard_id>/": Route(
        CONSOLE,
        lambda place: f"/console/courtyards/{place.courtyard.pk}/",
        CONSOLE,
        f"/console/courtyards/{UNKNOWN}/",
    ),
    "console/placing/": Route(
        EDIT,
        lambda place: f"/console/placing/?division={place.code}",
        EDIT,
        "/console/placing/?division=990001009009",
    ),
    "console/placing/places/": Route(
        EDIT,
        lambda place: f"/console/placing/places/?division={place.code}",
        EDIT,
        "/console/placing/places/?division=990001009009",
    ),
    # The courtyards of the cast are surveyed and its households settled: both are refused with a sentence.
    "console/placing/courtyards/<int:courtyard_id>/": Route(
        EDIT,
        lambda place: f"/console/placing/courtyards/{place.courtyard.pk}/",
        EDIT,
        f"/console/placing/courtyards/{UNKNOWN}/",
        method="post",
        body=lambda place: {
            "key": f"{place.code}-courtyard",
            "row_version": "1",
            "lon": "105.29",
            "lat": "27.3",
        },
        ok=400,
    ),
    "console/placing/households/<int:household_id>/": Route(
        EDIT,
        lambda place: f"/console/placing/households/{place.household.pk}/",
        EDIT,
        f"/console/placing/households/{UNKNOWN}/",
        method="post",
        body=lambda place: {
            "key": f"{place.code}-household",
            "row_version": "1",
            "lon": "105.29",
            "lat": "27.3",
        },
        ok=400,
    ),
    "console/placing/undo/": Route(
        EDIT, lambda place: "/console/placing/undo/", method="post", body=lambda place: {"revisions": ""}
    ),
    "console/plans/": Route(
        CONSOLE,
        lambda place: f"/console/plans/?division={place.code}",
        CONSOLE,
        "/console/plans/?division=990001009009",
    ),
    "console/plans/desk/": Route(
        CONSOLE,
        lambda place: f"/console/plans/desk/?division={place.code}",
        CONSOLE,
        "/console/plans/desk/?division=990001009009",
    ),
    # These three are asked in JSON: a form is refused with a sentence.
    "console/plans/compute/": Route(CONSOLE, lambda place: "/console/plans/compute/", method="post", ok=400),
    "console/plans/flood/": Route(CONSOLE, lambda place: "/console/plans/flood/", method="post", ok=400),
    "console/plans/save/": Route(PLACES, lambda place: "/console/plans/save/", method="post", ok=400),
    "console/plans/<int:plan_id>/": Route(
        CONSOLE, lambda place: f"/console/plans/{kept_plan(place)}/", CONSOLE, f"/console/plans/{UNKNOWN}/"
    ),
    "console/plans/<int:plan_id>/plan.pdf": Route(
        CONSOLE,
        lambda place: f"/console/plans/{kept_plan(place)}/plan.pdf",
        CONSOLE,
        f"/console/plans/{UNKNOWN}/plan.pdf",
    ),
    "console/plans/<int:plan_id>/rename/": Route(
        PLACES,
        lambda place: f"/console/plans/{kept_plan(place)}/rename/",
        PLACES,
        f"/console/plans/{UNKNOWN}/rename/",
        method="post",
        body=lambda place: {"row_version": "1", "name": "new"},
        ok=302,
    ),
    # There is no elevation model here: refused with a sentence.
    "console/plans/<int:plan_id>/recompute/": Route(
        PLACES,
        lambda place: f"/console/plans/{kept_plan(place)}/recompute/",
        PLACES,
        f"/console/plans/{UNKNOWN}/recompute/",
        method="post",
        body=lambda place: {"row_version": "1"},
        ok=400,
    ),
    "console/plans/<int:plan_id>/delete/": Route(
        PLACES,
        lambda place: f"/console/plans/{kept_plan(place)}/delete/",
        PLACES,
        f"/console/plans/{UNKNOWN}/delete/",
        method="post",
        body=lambda place: {"row_version": "1"},
        ok=302,
    ),
    "console/maps/": Route(
        CONSOLE,
        lambda place: f"/console/maps/?division={place.code}",
        CONSOLE,
        "/console/maps/?division=990001009009",
    ),
    "console/maps/map.pdf": Route(
        CONSOLE,
        lambda place: f"/console/maps/map.pdf?division={place.code}",
        CONSOLE,
        "/console/maps/map.pdf?division=990001009009",
    ),
    "console/map/": Route(
        PLACES,
        lambda place: f"/console/map/?division={place.code}",
        PLACES,
        "/console/map/?division=990001009009",
    ),
    "console/map/places/": Route(
        PLACES,
        lambda place: f"/console/map/places/?division={place.code}",
        PLACES,
        "/console/map/places/?division=990001009009",
    ),
    # Without a shape, with a number that is not the next one, or without a reason: refused with a sentence.
    "console/map/new/": Route(
        PLACES,
        lambda place: "/console/map/new/",
        PLACES,
        "/console/map/new/",
        method="post",
        body=lambda place: {"key": f"{place.code}-drawn", "division": place.code, "kind": "building"},
        ok=400,
    ),
    "console/map/<slug:kind>/<int:place_id>/": Route(
        PLACES,
        lambda place: f"/console/map/courtyard/{place.courtyard.pk}/",
        PLACES,
        f"/console/map/courtyard/{UNKNOWN}/",
    ),
    "console/map/<slug:kind>/<int:place_id>/change/": Route(
        PLACES,
        lambda place: f"/console/map/courtyard/{place.courtyard.pk}/change/",
        PLACES,
        f"/console/map/courtyard/{UNKNOWN}/change/",
        method="post",
        body=lambda place: {"key": f"{place.code}-changed", "row_version": "one"},
        ok=400,
    ),
    "console/map/<slug:kind>/<int:place_id>/remove/": Route(
        PLACES,
        lambda place: f"/console/map/courtyard/{place.courtyard.pk}/remove/",
        PLACES,
        f"/console/map/courtyard/{UNKNOWN}/remove/",
        method="post",
        body=lambda place: {"key": f"{place.code}-removed", "row_version": "1"},
        ok=400,
    ),
    "console/map/steps/<int:revision_id>/undo/": Route(
        PLACES,
        lambda place: f"/console/map/steps/{place_step_in(place)}/undo/",
        PLACES,
        f"/console/map/steps/{UNKNOWN}/undo/",
        method="post",
        ok=302,
    ),
    "console/imports/": Route(CONSOLE, lambda place: "/console/imports/"),
    "console/imports/<int:batch_id>/": Route(
        CONSOLE, lambda place: f"/console/imports/{place.batch.pk}/", CONSOLE, f"/console/imports/{UNKNOWN}/"
    ),
    "console/imports/upload/": Route(
        IMPORT,
        lambda place: "/console/imports/upload/",
        IMPORT,
        "/console/imports/upload/",
        method="post",
        body=lambda place: {"division": place.code},
        ok=400,
    ),
    "console/imports/<int:batch_id>/progress/": Route(
        CONSOLE,
        lambda place: f"/console/imports/{ledger_of(place)}/progress/",
        CONSOLE,
        f"/console/imports/{UNKNOWN}/progress/",
    ),
    # What was not read yet can be thrown away, and nothing else.
    "console/imports/<int:batch_id>/columns/": import_step("columns", ok=409),
    "console/imports/<int:batch_id>/decide/": import_step("decide", ok=400),
    "console/imports/<int:batch_id>/apply/": import_step("apply"),
    "console/imports/<int:batch_id>/roll-back/": import_step("roll-back", ok=400),
    "console/imports/<int:batch_id>/discard/": import_step("discard"),
    "console/imports/<int:batch_id>/report/": import_step("report", method="get", ok=409),
    "console/exports/": Route(EXPORT, lambda place: "/console/exports/"),
    "console/exports/new/": Route(
        EXPORT,
        lambda place: f"/console/exports/new/?division={place.code}",
        EXPORT,
        "/console/exports/new/?division=990001009009",
    ),
    "console/exports/changes/": Route(
        EXPORT,
        lambda place: f"/console/exports/changes/?division={place.code}",
        EXPORT,
        "/console/exports/changes/?division=990001009009",
    ),
    "console/exports/<int:export_id>/": Route(
        EXPORT, lambda place: f"/console/exports/{export_of(place)}/", EXPORT, f"/console/exports/{UNKNOWN}/"
    ),
    # Whoever asked for a file may fetch it, and nobody else.
    "console/exports/<int:export_id>/file/": Route(
        EXPORT, lambda place: f"/console/exports/{export_of(place)}/file/", ok=404
    ),
    # What waits no more cannot be decided.
    "console/exports/<int:export_id>/approve/": Route(
        APPROVE,
        lambda place: f"/console/exports/{export_of(place)}/approve/",
        APPROVE,
        f"/console/exports/{UNKNOWN}/approve/",
        method="post",
        ok=409,
    ),
    "console/exports/<int:export_id>/refuse/": Route(
        APPROVE,
        lambda place: f"/console/exports/{export_of(place)}/refuse/",
        APPROVE,
        f"/console/exports/{UNKNOWN}/refuse/",
        method="post",
        body=lambda place: {"reason": "no purpose"},
        ok=409,
    ),
    "console/exports/layouts/new/": Route(
        EXPORT,
        lambda place: f"/console/exports/layouts/new/?division={place.code}",
        EXPORT,
        "/console/exports/layouts/new/?division=990001009009",
    ),
    "console/exports/layouts/<int:layout_id>/": Route(
        EXPORT,
        lambda place: f"/console/exports/layouts/{kept_layout(place).pk}/",
        EXPORT,
        f"/console/exports/layouts/{UNKNOWN}/",
    ),
    "console/exports/layouts/<int:layout_id>/fill/": Route(
        EXPORT,
        lambda place: f"/console/exports/layouts/{kept_layout(place).pk}/fill/",
        EXPORT,
        f"/console/exports/layouts/{UNKNOWN}/fill/",
        method="post",
        body=lambda place: {"division": place.code},
        ok=302,
    ),
    "console/exports/layouts/<int:layout_id>/retire/": Route(
        EXPORT,
        lambda place: f"/console/exports/layouts/{kept_layout(place).pk}/retire/",
        EXPORT,
        f"/console/exports/layouts/{UNKNOWN}/retire/",
        method="post",
        ok=302,
    ),
    # The scenes and courtyards asked for here are of the internal layer class.
    "twin/<str:key>/current.json": Route(
        PUBLIC, lambda place: f"/twin/{place.code}/current.json", CONSOLE, "/twin/nowhere/current.json"
    ),
    "twin/<str:key>/revisions.json": Route(
        PUBLIC, lambda place: f"/twin/{place.code}/revisions.json", CONSOLE, "/twin/nowhere/revisions.json"
    ),
    "twin/<str:key>/revisions/<str:name>.json": Route(
        PUBLIC,
        lambda place: f"/twin/{place.code}/revisions/1.json",
        CONSOLE,
        "/twin/nowhere/revisions/1.json",
    ),
    "twin/<str:key>/vectors/<slug:index>/<int:zoom>/<int:column>/<int:row>.pbf": Route(
        PUBLIC,
        lambda place: f"/twin/{place.code}/vectors/{'1' * 20}/14/1/1.pbf",
        CONSOLE,
        f"/twin/nowhere/vectors/{'1' * 20}/14/1/1.pbf",
    ),
    "twin/<str:key>/<path:path>": Route(
        PUBLIC,
        lambda place: f"/twin/{place.code}/files/{'0' * 20}.json",
        CONSOLE,
        f"/twin/nowhere/files/{'0' * 20}.json",
    ),
    "api/v1/places/<scene>/<int:cid>": Route(
        PUBLIC,
        lambda place: f"/api/v1/places/{place.code}/{place.courtyard.cid}",
        CONSOLE,
        "/api/v1/places/nowhere/1",
    ),
    "api/v1/": Route(PUBLIC, lambda place: "/api/v1/", ok=404),
    "api/v1/openapi.json": Route(PUBLIC, lambda place: "/api/v1/openapi.json"),
    "api/v1/screen/<code>": Route(PUBLIC, lambda place: f"/api/v1/screen/{place.code}"),
    "api/v1/screen/<code>/outlines": Route(PUBLIC, lambda place: f"/api/v1/screen/{place.code}/outlines"),
    "api/v1/screen/<code>/labels": Route(PUBLIC, lambda place: f"/api/v1/screen/{place.code}/labels"),
    "api/v1/search": Route(PUBLIC, lambda place: "/api/v1/search?q=双堰"),
}

CLERK: Final = {PUBLIC, SIGNED_IN, CONSOLE, VIEW_PEOPLE, REVEAL, EDIT, PLACES, IMPORT, EXPORT, APPROVE}
HELD: Final[dict[str, set[Permission]]] = {
    "stranger": {PUBLIC},
    "zhao": {PUBLIC, SIGNED_IN},
    "zhang": {PUBLIC, SIGNED_IN},
    "li": {PUBLIC, SIGNED_IN, CONSOLE, VIEW_PEOPLE},
    "wang": CLERK,
    "chen": CLERK,
    "operator": {PUBLIC, SIGNED_IN, CONSOLE, OPERATE},
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
        return 302 if who == "stranger" else 403  # a stranger is led to the sign-in page
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


@pytest.fixture
def village(cast: Cast) -> Cast:
    """The cast, whose courtyards and scenes are internal, so that rights decide about them."""
    seal_committed(now=timezone.now())  # /readyz would rightly complain of old entries
    Courtyard.objects.unscoped("a test").update(layer_class=LayerClass.INTERNAL)
    for place in cast.places.values():
        scene = Scene.objects.create(
            county_id=place.courtyard.county_id,
            key=place.code,
            division_code=place.code,
            layer_class=LayerClass.INTERNAL,
            revision="1",
        )
        SceneRevision.objects.create(
            county_id=scene.county_id,
            scene=scene,
            name="1",
            published_at=timezone.now(),
            pointer={"revision": "1"},
            state={},
        )
        folder = scene_folder(place.code) / "files"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{'0' * 20}.json").write_text("{}")
        index = write_index(FilePool(folder), {(14, 1, 1): f"{'0' * 20}.json"}, max_zoom=16)
        (folder / index).rename(folder / f"{'1' * 20}.json")
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
