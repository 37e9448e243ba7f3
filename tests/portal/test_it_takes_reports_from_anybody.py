"""A stranger reports at a plate and follows the receipt; nobody's data is on any of the pages."""

import io
import re
from typing import Any

import pytest
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from tests.cast import FAMILIES, Cast
from xiaoyuan.accounts.models import RateCount
from xiaoyuan.attachments.models import Attachment
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.doorplates.models import Doorplate
from xiaoyuan.doorplates.tokens import sealing_name, sealing_subject
from xiaoyuan.incidents.actions.steps import take_step
from xiaoyuan.incidents.choices import Source, State, Step
from xiaoyuan.incidents.models import Incident
from xiaoyuan.portal.views import reports
from xiaoyuan.vault.actions import open_blob

pytestmark = pytest.mark.django_db
CANARIES = [name for family in FAMILIES for name in family]


@pytest.fixture
def token(cast: Cast) -> str:
    plate = Doorplate.objects.unscoped("a test").get(courtyard=cast.own.courtyard)
    sealed = bytes(plate.token_sealed)
    subject = sealing_subject(plate.county_id)
    return open_blob(
        county_id=plate.county_id, subject=subject, name=sealing_name(plate.code), sealed=sealed
    ).decode()


def photo() -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (300, 200), "green").save(out, "JPEG")
    return SimpleUploadedFile("IMG_20250301_105.29E.jpg", out.getvalue(), "image/jpeg")


def send(token: str, client: Client | None = None, **said: Any) -> tuple[int, str, Any]:
    answer = (client or Client()).post(f"/d/{token}/report/", {"category": "lamp", **said})
    return answer.status_code, answer.headers.get("Location", ""), answer


def test_a_stranger_reports_and_follows(cast: Cast, token: str) -> None:
    scan = Client().get(f"/d/{token}").content.decode()
    assert f"/d/{token}/report/" in scan
    form = Client().get(f"/d/{token}/report/?category=help").content.decode()
    assert 'value="help" checked' in form
    status, where, _answer = send(token, words="路灯三天不亮", phone="13900001234", photo=[photo(), photo()])
    assert status == 302
    incident = Incident.objects.unscoped("a test").get()
    assert (incident.source, incident.courtyard_id, incident.division_code) == (
        Source.PLATE,
        cast.own.courtyard.pk,
        cast.own.courtyard.division_code,
    )
    assert Attachment.objects.filter(object_id=incident.pk).count() == 2
    page = Client().get(where)
    text = page.content.decode()
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert "路灯三天不亮" in text
    assert "13900001234" not in text
    for name in CANARIES:
        assert name not in form + text + scan


def test_only_place_and_category_are_needed(cast: Cast, token: str) -> None:
    assert send(token)[0] == 302
    status, _where, answer = send(token, category="")
    assert status == 400
    assert "请选择事件类别" in answer.content.decode()
    assert Incident.objects.unscoped("a test").count() == 1


def test_a_refused_photo_leaves_no_report_and_keeps_the_words(cast: Cast, token: str) -> None:
    broken = SimpleUploadedFile("a.jpg", b"\xff\xd8 no picture", "image/jpeg")
    status, _where, answer = send(token, words="路灯不亮的那一段", photo=[photo(), broken])
    assert status == 400
    assert "路灯不亮的那一段" in answer.content.decode()
    assert not Incident.objects.unscoped("a test").exists()
    assert not Attachment.objects.exists()


def test_a_dead_token_gets_the_bytes_of_every_dead_token(cast: Cast, token: str) -> None:
    dead = "A" * 16
    assert Client().get(f"/d/{dead}/report/").content == Client().get(f"/d/{dead}").content
    assert Client().post(f"/d/{dead}/report/", {"category": "lamp"}).status_code == 404


def test_the_same_thing_follows_what_was_reported_before(cast: Cast, token: str) -> None:
    _status, first, _answer = send(token, words="只有办理人看得到的话")
    kept = Incident.objects.unscoped("a test").get()
    form = Client().get(f"/d/{token}/report/").content.decode()
    assert f'name="same" value="{kept.pk}"' in form
    assert "只有办理人看得到的话" not in form
    _status, second, _answer = send(token, category="", same=str(kept.pk))
    take_step(incident=kept, row_version=None, step=Step.ACCEPT, actor=SYSTEM, now=timezone.now())
    for where in (first, second):
        assert str(State.ACCEPTED.label) in Client().get(where).content.decode()
    assert "只有办理人看得到的话" not in Client().get(second).content.decode()
    # Somebody else's incident cannot be named from afar.
    assert send(token, category="", same="5")[0] == 400


def test_a_door_does_not_tell_who_asked_for_help_or_quarrels(cast: Cast, token: str) -> None:
    for code in ("help", "dispute", "dangerous_house"):
        assert send(token, category=code)[0] == 302
    assert 'name="same"' not in Client().get(f"/d/{token}/report/").content.decode()
    hidden = Incident.objects.unscoped("a test").order_by("pk")[0]
    assert send(token, category="", same=str(hidden.pk))[0] == 400


def test_the_reporter_speaks_confirms_rates_and_reopens(cast: Cast, token: str) -> None:
    _status, where, _answer = send(token)
    client, incident = Client(), Incident.objects.unscoped("a test").get()
    where = where.split("?")[0]
    assert client.post(where, {"do": "confirm"}).status_code == 400
    assert client.post(where, {"do": "note", "words": "又闪了一下"}).status_code == 302
    for step in (Step.ACCEPT, Step.FINISH):
        take_step(incident=incident, row_version=None, step=step, actor=SYSTEM, now=timezone.now())
    assert client.post(where, {"do": "rate", "stars": "4", "words": "快"}).status_code == 302
    assert client.post(where, {"do": "rate", "stars": "4"}).status_code == 400
    assert client.post(where, {"do": "confirm"}).status_code == 302
    assert client.post(where, {"do": "reopen", "words": ""}).status_code == 400
    assert client.post(where, {"do": "reopen", "words": "又坏了"}).status_code == 302
    incident.refresh_from_db()
    assert incident.state == State.REPORTED
    text = client.get(where).content.decode()
    assert "又坏了" in text
    assert client.post(where, {"do": "close"}).status_code == 400


def test_a_refusal_says_why(cast: Cast, token: str) -> None:
    _status, where, _answer = send(token)
    incident = Incident.objects.unscoped("a test").get()
    take_step(
        incident=incident,
        row_version=None,
        step=Step.REFUSE,
        actor=SYSTEM,
        now=timezone.now(),
        reason="属于供电所，已转告",
    )
    assert "属于供电所，已转告" in Client().get(where).content.decode()


def test_a_wrong_receipt_opens_nothing(cast: Cast, token: str) -> None:
    send(token)
    number = Incident.objects.unscoped("a test").get().receipt_no
    for secret in (number, "x" * 16, "路"):
        assert Client().get(reverse("receipt", args=[secret])).status_code == 404


def test_a_village_takes_reports_by_words_or_by_a_point(cast: Cast) -> None:
    address = f"/v/{cast.own.code}/report/"
    assert Client().post(address, {"category": "road"}).status_code == 400
    assert Client().post(address, {"category": "road", "place": "村口大桥"}).status_code == 302
    assert Client().post(address, {"category": "road", "lon": "105.3", "lat": "27.3"}).status_code in (
        302,
        400,
    )
    assert Client().get("/v/520502/report/").status_code == 404
    assert Incident.objects.unscoped("a test").filter(source=Source.MAP).exists()


def test_one_connection_cannot_flood_the_office(
    cast: Cast, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "REPORTS_A_DAY", 2)
    assert [send(token)[0] for _ in range(3)] == [302, 302, 429]


def test_a_harvester_is_slowed(cast: Cast, token: str) -> None:
    officer = Client()
    officer.force_login(cast.users["wang"], backend="django.contrib.auth.backends.ModelBackend")
    answers = {officer.get(f"/d/{token}").status_code for _ in range(300)}
    assert answers == {200}
    slowed = officer.get(f"/d/{token}")
    assert slowed.status_code == 429
    assert "110" in slowed.content.decode()
    assert Client().get(f"/d/{token}").status_code == 200
    RateCount.objects.all().update(count=5000)
    caches["scans"].clear()  # a process remembers its verdict for some seconds
    assert Client().get(f"/d/{token}").status_code == 429
    # What opens nothing is answered alike, slowed or not.
    assert Client().get(f"/d/{'A' * 16}").status_code == 404


def test_the_pages_need_no_second_file(cast: Cast, token: str) -> None:
    _status, where, _answer = send(token)
    for address in (f"/d/{token}", f"/d/{token}/report/", where):
        text = Client().get(address).content
        assert len(text) < 60_000
        assert not re.search(rb"<script|<link[^>]+href=\"/|src=\"/", text)
