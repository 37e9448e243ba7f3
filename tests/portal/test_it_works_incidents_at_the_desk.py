"""Incidents at the desk: lists that narrow, steps by role, conflicts said field by field, phones with a reason."""

import csv
import io

import pytest
from django.test import Client
from django.utils import timezone

from tests.accounts.matrix_incidents import photo_in
from tests.cast import Cast
from tests.incidents.reports import report
from xiaoyuan.attachments.models import Attachment
from xiaoyuan.audit.models import AuditEntry
from xiaoyuan.incidents.actions.reporting import Reporter
from xiaoyuan.incidents.choices import Source, State
from xiaoyuan.incidents.models import Incident, IncidentCategory

pytestmark = pytest.mark.django_db


def as_user(cast: Cast, name: str) -> Client:
    client = Client()
    client.force_login(cast.users[name], backend="django.contrib.auth.backends.ModelBackend")
    return client


def step(client: Client, incident: Incident, **said: str) -> int:
    body = {"row_version": str(incident.row_version), **said}
    return client.post(f"/console/incidents/{incident.pk}/step/", body).status_code


def test_a_clerk_gives_it_to_a_grid_worker_who_finishes_it(cast: Cast) -> None:
    incident = report(cast, timezone.now()).incident
    wang, li = as_user(cast, "wang"), as_user(cast, "li")
    assert step(wang, incident, step="assign", assignee=str(cast.users["li"].pk)) == 302
    incident.refresh_from_db()
    assert "路灯不亮" in li.get(f"/console/incidents/?division={cast.own.code}&state=mine").content.decode()
    assert step(li, incident, step="finish", words="换了灯泡") == 302
    incident.refresh_from_db()
    assert step(li, incident, step="close") == 403
    assert step(wang, incident, step="confirm") == 302
    incident.refresh_from_db()
    assert step(wang, incident, step="close") == 302
    incident.refresh_from_db()
    assert incident.state == State.CLOSED
    page = wang.get(f"/console/incidents/{incident.pk}/").content.decode()
    assert "换了灯泡" in page
    assert "网格员 李强" in page


def test_who_is_given_an_incident_reads_so_in_their_own_inbox(cast: Cast) -> None:
    incident = report(cast, timezone.now()).incident
    wang, li = as_user(cast, "wang"), as_user(cast, "li")
    step(wang, incident, step="assign", assignee=str(cast.users["li"].pk))
    address = f"/console/incidents/{incident.pk}/"
    assert "有事件交办给您" in li.get("/inbox/").content.decode()
    assert address in li.get("/inbox/").content.decode()
    assert "有事件交办给您" not in wang.get("/inbox/").content.decode()
    assert "全部标为已读" in li.get("/inbox/").content.decode()
    assert li.post("/inbox/").status_code == 302
    assert "全部标为已读" not in li.get("/inbox/").content.decode()


def test_the_slower_of_two_sees_what_stands_there_now(cast: Cast) -> None:
    incident = report(cast, timezone.now()).incident
    wang, chen = as_user(cast, "wang"), as_user(cast, "chen")
    assert step(wang, incident, step="assign", assignee=str(cast.users["li"].pk)) == 302
    body = {"row_version": "1", "step": "refuse", "reason": "重复"}
    answer = chen.post(f"/console/incidents/{incident.pk}/step/", body)
    assert answer.status_code == 409
    text = answer.content.decode()
    assert str(State.ASSIGNED.label) in text
    assert "网格员 李强" in text


def test_a_step_without_its_reason_says_so_and_saves_nothing(cast: Cast) -> None:
    incident = report(cast, timezone.now()).incident
    wang = as_user(cast, "wang")
    assert step(wang, incident, step="refuse", reason=" ") == 400
    assert step(wang, incident, step="dance") == 404
    assert step(wang, incident, step="transfer", reason="属于别村", target="999999999999") == 400
    incident.refresh_from_db()
    assert (incident.state, incident.row_version) == (State.REPORTED, 1)


def test_lists_narrow_by_state_category_number_and_words(cast: Cast) -> None:
    now = timezone.now()
    lamp, road = report(cast, now).incident, report(cast, now, code="road", words="桥头塌了").incident
    wang = as_user(cast, "wang")

    def shown(query: str) -> set[int]:
        text = wang.get(f"/console/incidents/?division={cast.own.code}&{query}").content.decode()
        return {row.pk for row in (lamp, road) if f"/console/incidents/{row.pk}/" in text}

    assert shown("") == {lamp.pk, road.pk}
    assert shown("category=road") == {road.pk}
    assert shown(f"q={lamp.receipt_no[:6]}") == {lamp.pk}
    assert shown("q=桥头") == {road.pk}
    assert shown("state=closed") == set()
    assert shown("state=overdue") == set()
    Incident.objects.unscoped("a test").filter(pk=road.pk).update(finish_by=now)
    assert shown("state=overdue") == {road.pk}


def test_a_phone_is_shown_to_whoever_says_why_and_the_log_knows(cast: Cast) -> None:
    incident = report(cast, timezone.now(), reporter=Reporter(phone="13900001234")).incident
    li = as_user(cast, "li")
    assert "13900001234" not in li.get(f"/console/incidents/{incident.pk}/").content.decode()
    address = f"/console/incidents/{incident.pk}/contact/"
    assert li.post(address, {"reason": " "}).status_code == 400
    assert "13900001234" in li.post(address, {"reason": "问具体位置"}).content.decode()
    assert AuditEntry.objects.filter(action="vault.reveal", reason="问具体位置").count() == 1


def test_a_photo_is_for_those_who_work_on_it_and_looking_is_logged(cast: Cast) -> None:
    public_id = photo_in(cast.own)
    address = f"/console/incidents/files/{public_id}/"
    shown = as_user(cast, "li").get(address)
    assert (shown.status_code, shown.headers["Content-Type"]) == (200, "image/jpeg")
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert as_user(cast, "zhang").get(address).status_code == 403
    assert AuditEntry.objects.filter(action="attachments.open").count() == 1
    Attachment.objects.update(object_kind="something.else")
    assert as_user(cast, "li").get(address).status_code == 404


def test_a_call_is_written_down_and_the_receipt_read_out_once(cast: Cast) -> None:
    wang = as_user(cast, "wang")
    said = {
        "division": cast.own.code,
        "category": "water",
        "place": "三组水塔",
        "words": "没水",
        "phone": "13900001234",
    }
    wang.get(f"/console/incidents/new/?division={cast.own.code}")
    assert wang.post("/console/incidents/new/", {**said, "category": ""}).status_code == 400
    page = wang.post("/console/incidents/new/", said).content.decode()
    incident = Incident.objects.unscoped("a test").get()
    assert (incident.source, incident.is_proxy, incident.place) == (Source.PHONE, True, "三组水塔")
    assert "/r/" in page
    assert "/r/" not in wang.get(f"/console/incidents/{incident.pk}/").content.decode()


def test_the_board_and_its_file_say_the_same(cast: Cast) -> None:
    report(cast, timezone.now())
    IncidentCategory.objects.filter(code="lamp").update(name="=HYPERLINK(1)")
    chen = as_user(cast, "chen")
    page = chen.get("/console/incidents/board/?division=520502103").content.decode()
    assert "<circle" in page
    answer = chen.get("/console/incidents/board.csv?division=520502103")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[1][1:4] == ["'=HYPERLINK(1)", "1", "0"]


def test_only_the_county_changes_categories(cast: Cast) -> None:
    report(cast)
    lamp = IncidentCategory.objects.get(code="lamp", county__code="520502")
    hours = {"accept_hours": "9", "finish_hours": "99"}
    said = {
        "category": str(lamp.pk),
        "row_version": "1",
        "name": "路灯",
        "group": "",
        "is_active": "on",
        **hours,
    }
    address = f"/console/incidents/categories/?division={cast.own.code}"
    assert as_user(cast, "wang").post(address, said).status_code == 404
    lamp.refresh_from_db()
    assert lamp.accept_hours == 24
