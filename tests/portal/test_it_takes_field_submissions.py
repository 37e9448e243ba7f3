"""Submissions from the field: once per key, refused and conflicting ones told apart, within the own grid only."""

import hashlib
import io
from typing import Any, Final

import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image

from tests.cast import HIDDEN, OWN, Cast
from tests.portal.console import signed_in
from xiaoyuan.accounts.choices import Role, ScopeKind
from xiaoyuan.accounts.models import Grant
from xiaoyuan.attachments.queries import attachments_of
from xiaoyuan.audit.actors import Actor
from xiaoyuan.audit.models import IdempotencyKey
from xiaoyuan.doorplates.choices import PlateState as State
from xiaoyuan.doorplates.models import Doorplate
from xiaoyuan.incidents.actions.categories import ensure_categories
from xiaoyuan.incidents.actions.keeping import INCIDENT
from xiaoyuan.incidents.actions.steps import take_step
from xiaoyuan.incidents.choices import Step
from xiaoyuan.incidents.models import Incident
from xiaoyuan.incidents.queries import by_receipt
from xiaoyuan.register.models import County, Courtyard

SUBMISSIONS: Final = "/api/v1/field/submissions"
WHY: Final = "a test"


@pytest.fixture(autouse=True)
def categories(cast: Cast) -> None:
    for county in County.objects.all():
        ensure_categories(county.pk)


def send(client: Client, body: dict[str, Any], path: str = SUBMISSIONS) -> Any:
    return client.post(path, body, content_type="application/json")


def report(cast: Cast, key: str = "key-of-a-phone-1", **payload: Any) -> dict[str, Any]:
    filled = {"category": "lamp", "courtyard": str(cast.own.courtyard.pk), "division": OWN, "words": "灯不亮"}
    return {"key": key, "kind": "incident.report", "payload": {**filled, **payload}}


def incidents() -> Any:
    return Incident.objects.unscoped(WHY)


def step(incident: Incident, version: int, key: str, step: Step = Step.ACCEPT) -> dict[str, Any]:
    payload = {"incident": str(incident.pk), "step": step.value}
    return {"key": key, "kind": "incident.step", "row_version": version, "payload": payload}


def test_the_same_key_is_answered_alike_and_written_once(cast: Cast) -> None:
    client = signed_in(cast, "li")
    first = send(client, report(cast))
    assert first.status_code == 200, first.content
    assert send(client, report(cast)).json() == first.json()
    assert incidents().count() == 1
    secret = first.json()["path"].split("/")[2]
    found = by_receipt(secret)
    assert found is not None
    assert found.receipt_no == first.json()["receipt_no"]
    # The secret of the receipt page is kept nowhere in the clear.
    assert secret not in str(IdempotencyKey.objects.get().answer)


def test_the_same_key_with_another_content_is_refused(cast: Cast) -> None:
    client = signed_in(cast, "li")
    send(client, report(cast))
    again = send(client, report(cast, words="别的"))
    assert (again.status_code, again.json()["error"]["code"]) == (409, "key_used")
    assert incidents().count() == 1
    # A key is its owner's: somebody else's phone may have drawn the same one.
    assert send(signed_in(cast, "wang"), report(cast, words="别的")).status_code == 200


def test_a_step_against_an_older_version_shows_what_differs(cast: Cast) -> None:
    client = signed_in(cast, "li")
    send(client, report(cast))
    incident = incidents().get()
    wang = Actor(cast.users["wang"].pk, "王芳")
    take_step(incident=incident, row_version=1, step=Step.ACCEPT, actor=wang, now=timezone.now())
    stale = send(client, step(incident, 1, "key-of-a-step-1"))
    assert (stale.status_code, stale.json()["error"]["code"]) == (409, "changed")
    assert {one["field"] for one in stale.json()["error"]["fields"]} >= {"state"}
    assert not IdempotencyKey.objects.filter(key="key-of-a-step-1").exists()
    fresh = send(client, step(incident, 2, "key-of-a-step-2", Step.START))
    assert fresh.status_code == 200
    assert fresh.json()["row_version"] == 3
    refused = send(client, step(incident, 3, "key-of-a-step-3", Step.CLOSE))
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "refused")


def test_courtyards_of_other_places_are_as_good_as_unknown(cast: Cast) -> None:
    client = signed_in(cast, "li")
    hidden = cast.places["hidden county"].courtyard
    forbidden = send(client, report(cast, courtyard=str(hidden.pk)))
    unknown = send(client, report(cast, courtyard="4711"))
    assert (forbidden.status_code, forbidden.content) == (404, unknown.content)
    assert send(client, report(cast, courtyard="", division=HIDDEN, place="那边")).status_code == 404
    assert incidents().count() == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"key": "short", "kind": "incident.report", "payload": {}},
        {"key": "key-of-a-phone-1", "kind": "no.such", "payload": {}},
        {"key": "key-of-a-phone-1", "kind": "incident.report", "payload": []},
        {"key": "key-of-a-phone-1", "kind": "incident.report", "payload": {"courtyard": -1}},
        {"key": "key-of-a-phone-1", "kind": "incident.report", "payload": {"courtyard": True}},
        {"key": "key-of-a-phone-1", "kind": "incident.step", "payload": {"incident": 2**70}},
        {"key": "key-of-a-phone-1", "kind": "incident.report", "payload": {}, "attachments": ["x"]},
        {"key": "key-of-a-phone-1", "kind": "incident.report", "payload": {}, "row_version": "1"},
    ],
)
def test_what_is_no_submission_is_refused(cast: Cast, body: dict[str, Any]) -> None:
    assert send(signed_in(cast, "li"), body).status_code in (400, 404)
    assert incidents().count() == 0


def test_another_sites_page_cannot_submit(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.users["li"], backend="django.contrib.auth.backends.ModelBackend")
    assert send(client, report(cast)).status_code == 403
    client.get("/api/v1/field/today")
    token = client.cookies["csrftoken"].value
    answer = client.post(
        SUBMISSIONS, report(cast), content_type="application/json", headers={"x-csrftoken": token}
    )
    assert answer.status_code == 200


def test_a_photo_comes_in_parts_and_is_bound_to_its_report(cast: Cast) -> None:
    client, out = signed_in(cast, "li"), io.BytesIO()
    Image.effect_noise((320, 240), 90).convert("RGB").save(out, "JPEG", quality=95)
    photo = out.getvalue()
    key, half = "photo-of-a-report-0", len(photo) // 2
    begun = {"key": key, "size": len(photo), "sha256": hashlib.sha256(photo).hexdigest(), "division": OWN}
    assert send(client, begun, "/api/v1/field/uploads").json() == {"offset": 0, "attachment": ""}

    def part(offset: int, data: bytes) -> Any:
        path = f"/api/v1/field/uploads/{key}/parts?offset={offset}"
        return client.post(path, data, content_type="application/octet-stream")

    assert part(0, photo[:half]).json()["offset"] == half
    lost = part(0, photo[:half])  # the phone never heard of the first one
    assert (lost.status_code, lost.json()["error"]["offset"]) == (409, half)
    assert send(client, begun, "/api/v1/field/uploads").json()["offset"] == half
    ready = part(half, photo[half:]).json()["attachment"]
    assert send(client, begun, "/api/v1/field/uploads").json()["attachment"] == ready
    body = {**report(cast), "attachments": [ready]}
    assert send(client, body).status_code == 200
    assert send(client, body).status_code == 200
    incident = incidents().get()
    assert [str(one.public_id) for one in attachments_of(INCIDENT, [incident.pk])[incident.pk]] == [ready]
    # Somebody else's upload is nobody's business.
    other = signed_in(cast, "wang").post(
        f"/api/v1/field/uploads/{key}/parts?offset=0", b"x", content_type="application/octet-stream"
    )
    assert other.status_code == 404


def test_today_holds_the_own_grid_and_says_when_nothing_changed(cast: Cast) -> None:
    Courtyard.objects.unscoped(WHY).filter(pk=cast.own.courtyard.pk).update(division_code=f"{OWN}001")
    Grant.objects.filter(user=cast.users["li"]).update(
        role=Role.GRID_WORKER, scope_kind=ScopeKind.DIVISION, scope_key=f"{OWN}001"
    )
    client = signed_in(cast, "li")
    answer = client.get("/api/v1/field/today")
    body = answer.json()
    assert [one["id"] for one in body["courtyards"]] == [str(cast.own.courtyard.pk)]
    assert [one["code"] for one in body["divisions"]] == [OWN]
    assert "张伟" not in answer.content.decode()
    again = client.get("/api/v1/field/today", headers={"if-none-match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert send(client, report(cast)).status_code == 200
    assert incidents().get().division_code == f"{OWN}001"


def test_the_plain_page_does_the_same_without_scripts(cast: Cast) -> None:
    client = signed_in(cast, "li")
    key = client.get("/field/").context["key"]
    body = {"key": key, **report(cast)["payload"], "phone": "19000001234", "is_proxy": "1"}
    first, again = client.post("/field/report/", body), client.post("/field/report/", body)
    assert first.status_code == 302
    assert first["Location"].startswith("/r/")
    assert again["Location"] == first["Location"]
    incident = incidents().get()
    assert incident.is_proxy
    assert incident.contact_uid is not None


def test_the_shell_knows_nobody_and_the_worker_names_its_files(cast: Cast) -> None:
    stranger, worker = Client().get("/field/app/"), signed_in(cast, "li").get("/field/app/")
    assert stranger.content == worker.content
    assert "李强" not in worker.content.decode()
    script = Client().get("/field/worker.js").content.decode()
    head = script.splitlines()[0]
    assert '"/field/app/"' in head
    assert head.count("/static/viewer/assets/") >= 2
    manifest = Client().get("/field/app.webmanifest").json()
    assert manifest["scope"] == "/field/"
    assert {icon["sizes"] for icon in manifest["icons"]} >= {"192x192", "512x512"}


def test_a_plate_is_installed_verified_and_reported_damaged_at_its_door(cast: Cast) -> None:
    client = signed_in(cast, "li")
    plates = Doorplate.objects.unscoped(WHY).filter(courtyard=cast.own.courtyard)
    plates.update(state=State.PRINTED)
    plate = plates.get()

    def hand_in(kind: str, version: int, number: int, **payload: Any) -> Any:
        body = {"key": f"key-of-plate-{number}", "kind": kind, "row_version": version}
        return send(client, {**body, "payload": {"plate": str(plate.pk), **payload}})

    version = plate.row_version
    assert hand_in("plate.install", version, 1).status_code == 400  # without a place
    placed = hand_in("plate.install", version, 2, lon=105.2901, lat=27.3001, accuracy_m=8.5)
    assert placed.status_code == 200, placed.content
    stale = hand_in("plate.verify", version, 3)
    assert (stale.status_code, stale.json()["error"]["code"]) == (409, "changed")
    assert [one["field"] for one in stale.json()["error"]["fields"]] == ["state"]
    version = placed.json()["row_version"]
    seen = hand_in("plate.verify", version, 4)
    assert seen.status_code == 200, seen.content
    damaged = hand_in("plate.damage", seen.json()["row_version"], 5, words="裂了")
    assert damaged.status_code == 200, damaged.content
    assert plates.get().state == State.DAMAGED
    hidden = Doorplate.objects.unscoped(WHY).filter(courtyard=cast.places["hidden county"].courtyard).get()
    body = {"key": "key-of-plate-6", "kind": "plate.verify", "row_version": 1}
    assert send(client, {**body, "payload": {"plate": str(hidden.pk)}}).status_code == 404
