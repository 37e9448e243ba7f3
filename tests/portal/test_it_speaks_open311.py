"""Open311 GeoReport v2 over a live server, read by the client `georeport` of other people."""

from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from django.test import Client
from django.utils import timezone
from georeport import GeoReport
from pytest_django.live_server_helper import LiveServer

from tests.cast import NOW, OWN, Cast
from tests.incidents.reports import category, report
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.incidents.actions.loading import load_requests
from xiaoyuan.incidents.actions.programs import give_key, revoke_key
from xiaoyuan.incidents.actions.steps import take_step
from xiaoyuan.incidents.choices import Source, State, Step
from xiaoyuan.incidents.importing import ListRefused, read_list
from xiaoyuan.incidents.models import Incident, IncidentCategory, ProgramKey
from xiaoyuan.register.models import County

COUNTY = OWN[:6]


@pytest.fixture
def key(cast: Cast) -> str:
    category(cast)
    return give_key(county=County.objects.get(code=COUNTY), name="市民热线", actor=SYSTEM, now=NOW)


@pytest.mark.parametrize("form", ["json", "xml"])
@pytest.mark.django_db(transaction=True)
def test_a_client_of_other_people_reads_it(cast: Cast, live_server: LiveServer, form: str) -> None:
    now = timezone.now()
    first, _second, hidden = (
        report(cast, now),
        report(cast, now, code="road"),
        report(cast, now, code="dispute"),
    )
    client = GeoReport(f"{live_server.url}/open311/v2", jurisdiction=COUNTY, output_format=form)
    services = {row["service_code"]: row for row in client.get_service_list()}
    assert services["lamp"]["service_name"] == "路灯不亮"
    assert str(services["lamp"]["metadata"]).lower() == "false"
    assert client.get_service_definition("lamp")["service_code"] == "lamp"
    rows = {row["service_request_id"]: row for row in client.get_service_requests()}
    assert len(rows) == 2
    assert hidden.receipt_no not in rows
    one = client.get_service_request(first.receipt_no)
    assert (one["status"], one["service_code"]) == ("open", "lamp")
    assert "路灯不亮" not in str(one["description"] or "")
    assert len(client.get_service_requests(service_code="lamp,water")) in (1, len(one))
    assert round(float(one["lat"]), 3) == float(one["lat"])


@pytest.mark.django_db
def test_status_dates_and_numbers_narrow_the_list(cast: Cast) -> None:
    now = timezone.now()
    open_one, old = report(cast, now), report(cast, now - timedelta(days=120))
    closed = report(cast, now).incident
    for step in (Step.ACCEPT, Step.FINISH, Step.CONFIRM, Step.CLOSE):
        closed = take_step(incident=closed, row_version=None, step=step, actor=SYSTEM, now=now)

    def numbers(query: str) -> set[str]:
        answer = Client().get(f"/open311/v2/requests.json?jurisdiction_id={COUNTY}&{query}")
        assert answer.status_code == 200
        return {row["service_request_id"] for row in answer.json()}

    assert numbers("") == {open_one.receipt_no, closed.receipt_no}
    assert numbers("status=closed") == {closed.receipt_no}
    assert numbers("status=open,closed") == {open_one.receipt_no, closed.receipt_no}
    assert numbers(f"service_request_id={old.receipt_no}") == {old.receipt_no}
    start = (now - timedelta(days=130)).strftime("%Y-%m-%dT%H:%M:%SZ")
    end = (now - timedelta(days=100)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert numbers(f"start_date={start}&end_date={end}") == {old.receipt_no}


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("requests.json?jurisdiction_id=999999", 404),
        ("requests.json?", 400),
        ("requests.json?jurisdiction_id=520502&status=lost", 400),
        ("requests.json?jurisdiction_id=520502&start_date=yesterday", 400),
        (
            "requests.json?jurisdiction_id=520502&start_date=2025-01-01T00:00:00Z&end_date=2025-06-01T00:00:00Z",
            400,
        ),
        ("requests.yaml?jurisdiction_id=520502", 404),
        ("services/nothing.xml?jurisdiction_id=520502", 404),
        ("requests/ABC.json?jurisdiction_id=520502", 404),
    ],
)
@pytest.mark.django_db
def test_what_is_wrong_is_said_in_the_protocols_words(cast: Cast, address: str, status: int) -> None:
    answer = Client().get(f"/open311/v2/{address}")
    assert answer.status_code == status
    if "xml" in address:
        assert ET.fromstring(answer.content).find("error/description") is not None
    else:
        assert answer.json()[0]["code"] == status


@pytest.mark.django_db
def test_a_program_with_a_key_reports_and_a_revoked_key_opens_nothing(cast: Cast, key: str) -> None:
    client = Client(enforce_csrf_checks=True)
    said = {
        "jurisdiction_id": COUNTY,
        "service_code": "lamp",
        "address_string": "双堰社区村口",
        "description": "路灯不亮",
        "phone": "13900001234",
    }
    for wrong in ({}, {"api_key": "guess"}):
        assert client.post("/open311/v2/requests.json", {**said, **wrong}).status_code == 403
    answer = client.post("/open311/v2/requests.json", {**said, "api_key": key})
    assert answer.status_code == 200, answer.content
    [row] = answer.json()
    incident = Incident.objects.unscoped("a test").get(receipt_no=row["service_request_id"])
    assert (incident.source, incident.words, incident.contact_uid is not None) == (
        Source.OPEN311,
        "路灯不亮",
        True,
    )
    assert (
        client.post("/open311/v2/requests.xml", {**said, "api_key": key, "service_code": "x"}).status_code
        == 400
    )
    assert (
        client.post("/open311/v2/requests.json", {**said, "api_key": key, "address_string": ""}).status_code
        == 400
    )
    revoke_key(row=ProgramKey.objects.get(), actor=SYSTEM, now=NOW)
    assert client.post("/open311/v2/requests.json", {**said, "api_key": key}).status_code == 403


CSV_LIST = (
    "service_request_id,service_name,description,requested_datetime,status,address\n"
    "A-1,路灯不亮,三天不亮,2025-03-01T08:00:00Z,open,村口\n"
    "A-2,道路破损,塌了,2025/03/02 09:30,closed,桥头\n"
)


@pytest.mark.django_db
def test_a_list_of_another_system_comes_in_once(cast: Cast) -> None:
    category(cast)
    county = County.objects.get(code=COUNTY)
    values = {"county": county, "division_code": OWN, "is_sample": True, "actor": SYSTEM, "now": NOW}
    for content, name in (
        (CSV_LIST.encode("gb18030"), "a.csv"),
        (b'{"requests": [{"id": "A-1", "code": "lamp", "opened": "2025-03-01"}]}', "a.JSON"),
    ):
        loaded = load_requests(rows=read_list(content, name), **values)  # type: ignore[arg-type]  # a dict of values
        assert loaded.written + loaded.known == len(read_list(content, name))
    rows = {row.source_key: row for row in Incident.objects.unscoped("a test").filter(source=Source.IMPORT)}
    assert {key: row.state for key, row in rows.items()} == {"A-1": State.REPORTED, "A-2": State.CLOSED}
    assert rows["A-2"].place == "桥头"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "没有数据行"),
        (b"service_request_id,service_code\nA,lamp\n", "requested_datetime"),
        (CSV_LIST.replace("2025/03/02 09:30", "gestern").encode(), "gestern"),
        (b"\xff\xfe\x00\xd8", "UTF-8"),
    ],
)
def test_a_list_that_cannot_be_read_says_where(content: bytes, said: str) -> None:
    with pytest.raises(ListRefused) as told:
        read_list(content, "a.csv")
    assert said in str(told.value)


@pytest.mark.django_db
def test_an_unknown_category_or_point_stops_the_whole_list(cast: Cast) -> None:
    category(cast)
    county = County.objects.get(code=COUNTY)
    somewhere_else = CSV_LIST.replace("address\n", "address,lat,long\n").replace("村口", "村口,1,1")
    for wrong in (CSV_LIST.replace("道路破损", "火星"), somewhere_else):
        with pytest.raises(ListRefused):
            load_requests(
                county=county,
                division_code=OWN,
                rows=read_list(wrong.encode(), "a.csv"),
                is_sample=True,
                actor=SYSTEM,
                now=NOW,
            )
    assert not Incident.objects.unscoped("a test").exists()
    assert IncidentCategory.objects.exists()
