"""Handing back through the console: two persons, 24 hours, adding up, masks, reasons, layouts, foreign villages."""

import io
import re
from collections.abc import Callable
from datetime import timedelta

import openpyxl
import pytest
from django.test import Client
from django.utils import timezone

from tests.cast import NOW, OWN, SIBLING, Cast, sample_id_number
from xiaoyuan.accounts.actions import create_user, grant_role
from xiaoyuan.accounts.choices import Role
from xiaoyuan.accounts.models import User
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.audit.models import AuditEntry
from xiaoyuan.exports.making import make_export
from xiaoyuan.exports.models import ExportRequest, ExportStatus, ExportTemplate

ADDRESS = "/console/exports/"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def clerk(cast: Cast) -> Client:
    return signed_in(cast.users["wang"])


@pytest.fixture
def colleague(cast: Cast) -> Client:
    user = create_user(
        username="sun", password="another-rice-terrace", display_name="村会计 孙丽", actor=SYSTEM, now=NOW
    )
    grant_role(user=user, role=Role.VILLAGE_CLERK, scope_key=OWN, actor=SYSTEM, now=NOW)
    return signed_in(user)


@pytest.fixture
def four_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """One person may export four people a day, so that a village of five is too many."""
    monkeypatch.setattr("xiaoyuan.exports.actions.PEOPLE_ALONE", 4)
    monkeypatch.setattr("xiaoyuan.exports.making.PEOPLE_ALONE", 4)


def ask(client: Client, **changes: str) -> ExportRequest:
    body = {"division": OWN, "what": "people", "format": "xlsx", **changes}
    answer = client.post(f"{ADDRESS}new/", body)
    assert answer.status_code == 302, answer.content.decode()
    return ExportRequest.objects.get(pk=int(answer["Location"].rstrip("/").rpartition("/")[2]))


def fetched(client: Client, request: ExportRequest) -> bytes:
    answer = client.get(f"{ADDRESS}{request.pk}/file/")
    assert answer.status_code == 200
    return b"".join(answer)


def state(request: ExportRequest) -> str:
    request.refresh_from_db()
    return request.status


def test_a_clerk_exports_the_own_village(cast: Cast, clerk: Client) -> None:
    made = ask(clerk, reason="季度报表")
    page = clerk.get(f"{ADDRESS}{made.pk}/").content.decode()
    assert "季度报表" in page
    assert f"{ADDRESS}{made.pk}/file/" in page
    book = openpyxl.load_workbook(io.BytesIO(fetched(clerk, made)))
    assert "张小宝" in str(list(book.worksheets[0].values))
    assert "990001" not in str(list(book.worksheets[0].values))
    assert AuditEntry.objects.filter(action="export.download", actor_id=cast.users["wang"].pk).count() == 1
    assert "季度报表" not in clerk.get("/console/").content.decode()


def test_in_the_clear_asks_for_a_purpose(cast: Cast, clerk: Client) -> None:
    body = {"division": OWN, "what": "people", "format": "xlsx", "unmasked": "on", "reason": " "}
    answer = clerk.post(f"{ADDRESS}new/", body)
    assert answer.status_code == 400
    assert not ExportRequest.objects.exists()
    made = ask(clerk, unmasked="on", reason="上报民政")
    assert cast.own.person.birth_date is not None
    book = openpyxl.load_workbook(io.BytesIO(fetched(clerk, made)))
    assert sample_id_number(cast.own.person.birth_date, 101) in str(list(book.worksheets[0].values))
    entry = AuditEntry.objects.get(action="export.request")
    assert (entry.reason, entry.detail["is_masked"]) == ("上报民政", False)


def test_many_people_need_a_second_person(
    cast: Cast, clerk: Client, colleague: Client, four_alone: None
) -> None:
    made = ask(clerk)
    assert state(made) == ExportStatus.WAITING
    assert clerk.get(f"{ADDRESS}{made.pk}/file/").status_code == 409
    assert "/approve/" not in clerk.get(f"{ADDRESS}{made.pk}/").content.decode()
    assert "/approve/" in colleague.get(f"{ADDRESS}{made.pk}/").content.decode()
    assert clerk.post(f"{ADDRESS}{made.pk}/approve/").status_code == 409  # nobody agrees to their own
    assert state(made) == ExportStatus.WAITING
    inbox = colleague.get(ADDRESS)
    assert [line.row.pk for line in inbox.context["waiting"]] == [made.pk]
    assert colleague.post(f"{ADDRESS}{made.pk}/approve/").status_code == 302
    assert state(made) == ExportStatus.READY
    assert made.decided_by_label == "村会计 孙丽"
    assert fetched(clerk, made)
    assert colleague.get(f"{ADDRESS}{made.pk}/file/").status_code == 404  # hers it is not
    assert AuditEntry.objects.filter(action="export.approve", object_id=made.pk).count() == 1
    assert colleague.post(f"{ADDRESS}{made.pk}/approve/").status_code == 409


def test_a_colleague_refuses_with_a_reason(
    cast: Cast, clerk: Client, colleague: Client, four_alone: None
) -> None:
    made = ask(clerk)
    assert colleague.post(f"{ADDRESS}{made.pk}/refuse/", {"reason": ""}).status_code == 409
    assert colleague.post(f"{ADDRESS}{made.pk}/refuse/", {"reason": "用途不明"}).status_code == 302
    assert state(made) == ExportStatus.REFUSED
    assert "用途不明" in clerk.get(f"{ADDRESS}{made.pk}/").content.decode()


def test_a_village_with_one_clerk_waits_a_day(cast: Cast, clerk: Client, four_alone: None) -> None:
    made = ask(clerk)
    asked_at = made.requested_at
    make_export(made.pk, now=asked_at + timedelta(hours=23, minutes=59))
    assert state(made) == ExportStatus.WAITING
    make_export(made.pk, now=asked_at + timedelta(hours=24))
    assert state(made) == ExportStatus.READY
    assert AuditEntry.objects.filter(action="export.release", object_id=made.pk).exists()
    assert fetched(clerk, made)


def test_opening_the_list_lets_go_what_waited_long_enough(
    cast: Cast, clerk: Client, four_alone: None
) -> None:
    made = ask(clerk)
    clerk.get(ADDRESS)
    assert state(made) == ExportStatus.WAITING
    ExportRequest.objects.update(releases_at=timezone.now() - timedelta(seconds=1))
    clerk.get(ADDRESS)
    assert state(made) == ExportStatus.READY


def test_the_operator_sees_what_waits(cast: Cast, clerk: Client, four_alone: None) -> None:
    operator = signed_in(cast.users["operator"])
    assert "exports" not in [one.id for one in operator.get("/console/").context["alarms"]]
    ask(clerk)
    page = operator.get("/console/")
    assert "exports" in [one.id for one in page.context["alarms"]]
    assert operator.get(ADDRESS).status_code == 403


def test_many_small_exports_add_up(cast: Cast, clerk: Client, four_alone: None) -> None:
    cast.own.household.group = "二组"
    cast.own.household.save()
    small = ask(clerk, group="二组")
    assert (state(small), small.person_count) == (ExportStatus.READY, 3)
    rest = ask(clerk, group="一组")
    assert (state(rest), rest.person_count) == (ExportStatus.WAITING, 2)
    ExportRequest.objects.filter(pk__in=[small.pk, rest.pk]).update(
        requested_at=timezone.now() - timedelta(hours=25)
    )
    later = ask(clerk, group="一组")
    assert state(later) == ExportStatus.READY


def test_other_villages_do_not_exist(cast: Cast, clerk: Client, four_alone: None) -> None:
    officer = signed_in(cast.users["chen"])
    theirs = ask(officer, division=SIBLING)
    for address in ("", "file/"):
        assert clerk.get(f"{ADDRESS}{theirs.pk}/{address}").status_code == 404
    for step in ("approve", "refuse"):
        assert clerk.post(f"{ADDRESS}{theirs.pk}/{step}/", {"reason": "x"}).status_code == 404
    unknown = clerk.get(f"{ADDRESS}1/").content
    # The same bytes but for the token of the sign-out form.
    token = re.compile(rb'csrfmiddlewaretoken" value="[^"]+"|/console/exports/\d+/')
    assert token.sub(b"", unknown) == token.sub(b"", clerk.get(f"{ADDRESS}{theirs.pk}/").content)
    assert clerk.post(f"{ADDRESS}new/", {"division": SIBLING, "what": "people"}).status_code == 404
    assert clerk.get(f"{ADDRESS}changes/", {"division": SIBLING}).status_code == 404
    assert theirs.pk not in [line.row.pk for line in clerk.get(ADDRESS).context["lines"]]


@pytest.mark.parametrize("name", ["li", "zhang", "zhao"])
def test_others_have_no_such_pages(cast: Cast, name: str) -> None:
    client = signed_in(cast.users[name])
    for address in ("", "new/", "changes/", "layouts/new/"):
        assert client.get(f"{ADDRESS}{address}").status_code == 403


def layout_file(headings: tuple[str, ...] = ("序号", "户号", "姓名", "证件号码", "备注")) -> io.BytesIO:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "附表"
    sheet.merge_cells("A1:E1")
    sheet["A1"] = "某镇人口信息采集表"
    for place, heading in enumerate(headings, start=1):
        sheet.cell(2, place, heading)
    sheet["A4"] = "填表人："
    file = io.BytesIO()
    book.save(file)
    file.name = "采集表.xlsx"
    file.seek(0)
    return file


@pytest.fixture
def layout(clerk: Client) -> Callable[..., ExportTemplate]:
    def upload(**headings: tuple[str, ...]) -> ExportTemplate:
        answer = clerk.post(f"{ADDRESS}layouts/new/", {"division": OWN, "file": layout_file(**headings)})
        assert answer.status_code == 302, answer.content.decode()
        return ExportTemplate.objects.latest("pk")

    return upload


def test_a_layout_is_uploaded_once_and_filled_ever_after(
    cast: Cast, clerk: Client, layout: Callable[..., ExportTemplate]
) -> None:
    kept = layout()
    assert (kept.source_key, kept.first_data_row) == ("people", 3)
    assert kept.columns == {"A": "#", "B": "household_no", "C": "name", "D": "id_number", "E": "extra:备注"}
    page = clerk.get(f"{ADDRESS}layouts/{kept.pk}/").content.decode()
    assert "某镇人口信息采集表" in page
    assert "证件号码" in page
    for _again in range(2):
        answer = clerk.post(f"{ADDRESS}layouts/{kept.pk}/fill/")
        made = ExportRequest.objects.get(pk=int(answer["Location"].rstrip("/").rpartition("/")[2]))
        sheet = openpyxl.load_workbook(io.BytesIO(fetched(clerk, made)))["附表"]
        rows = list(sheet.values)
        assert rows[0][0] == "某镇人口信息采集表"
        assert [row[:3] for row in rows[2:4]] == [
            (1, cast.own.household.household_no, "张伟"),
            (2, cast.own.household.household_no, "李秀兰"),
        ]
        assert rows[-1][0] == "填表人："
        assert len(rows) == 2 + 5 + 1


def test_what_a_clerk_corrects_is_remembered(
    cast: Cast, clerk: Client, layout: Callable[..., ExportTemplate]
) -> None:
    kept = layout(headings=("序号", "户号", "姓名", "证件号码", "电子档案号"))
    body = {"name": "采集表", "source": "people", "sheet": "附表", "first_row": "3", "merges": "on"}
    columns = {"A": "#", "B": "household_no", "C": "name", "D": "", "E": "id_number"}
    answer = clerk.post(
        f"{ADDRESS}layouts/{kept.pk}/", body | {f"column-{one}": key for one, key in columns.items()}
    )
    assert answer.status_code == 302
    kept.refresh_from_db()
    assert kept.columns == {"A": "#", "B": "household_no", "C": "name", "E": "id_number"}
    assert kept.merges_households
    again = layout(headings=("电子档案号", "户号", "姓名", "文化程度", "性别"))
    assert again.columns["A"] == "id_number"


def test_a_layout_of_the_town_serves_its_villages(cast: Cast, clerk: Client) -> None:
    officer = signed_in(cast.users["chen"])
    answer = officer.post(f"{ADDRESS}layouts/new/", {"division": "520502103", "file": layout_file()})
    assert answer.status_code == 302
    kept = ExportTemplate.objects.get()
    assert kept.pk in [one.pk for one, _own in clerk.get(ADDRESS).context["layouts"]]
    assert clerk.post(f"{ADDRESS}layouts/{kept.pk}/fill/").status_code == 302
    assert clerk.get(f"{ADDRESS}layouts/{kept.pk}/").status_code == 404  # used, not changed
    assert clerk.post(f"{ADDRESS}layouts/{kept.pk}/retire/").status_code == 404
    assert officer.post(f"{ADDRESS}layouts/{kept.pk}/retire/").status_code == 302
    assert clerk.post(f"{ADDRESS}layouts/{kept.pk}/fill/").status_code == 404


@pytest.mark.parametrize(
    ("name", "content"),
    [("表.xlsx", b"no workbook"), ("表.xls", b"\xd0\xcf\x11\xe0"), ("表.xlsx", b"PK\x03\x04cut off")],
)
def test_no_layout_is_refused_with_a_sentence(cast: Cast, clerk: Client, name: str, content: bytes) -> None:
    file = io.BytesIO(content)
    file.name = name
    answer = clerk.post(f"{ADDRESS}layouts/new/", {"division": OWN, "file": file})
    assert answer.status_code == 400
    assert 'role="alert"' in answer.content.decode()
    assert not ExportTemplate.objects.exists()


def test_the_feed_tells_what_changed_but_no_value(cast: Cast, clerk: Client) -> None:
    day = timezone.localtime(NOW).date().isoformat()
    page = clerk.get(f"{ADDRESS}changes/", {"since": day, "until": day})
    lines = page.context["lines"]
    assert {line["name"] for line in lines if line["owner"] == "人"} == {
        "张伟",
        "李秀兰",
        "张小宝",
        "王国强",
        "陈桂芳",
    }
    assert {line["kind"] for line in lines if line["owner"] == "人"} == {"joined"}
    assert "990001" not in page.content.decode()
    answer = clerk.post(f"{ADDRESS}changes/", {"division": OWN, "since": day, "until": day, "format": "xlsx"})
    made = ExportRequest.objects.get(pk=int(answer["Location"].rstrip("/").rpartition("/")[2]))
    assert (made.source_key, made.person_count) == ("changes", 5)
    assert "990001" not in str(
        list(openpyxl.load_workbook(io.BytesIO(fetched(clerk, made))).worksheets[0].values)
    )
    assert (
        clerk.get(f"{ADDRESS}changes/", {"since": "2020-01-01", "until": "2020-01-02"}).context["lines"] == []
    )


def test_the_feed_begins_where_an_export_ended(cast: Cast, clerk: Client) -> None:
    made = ask(clerk)
    assert made.change_sequence > 0
    since = {"division": OWN, "export": str(made.pk)}
    assert clerk.get(f"{ADDRESS}changes/", since).context["lines"] == []
    from django.db import transaction

    from xiaoyuan.audit.actions import Change, record_changes
    from xiaoyuan.audit.models import Operation

    with transaction.atomic():
        changes = [
            Change("register.person", cast.own.person.pk, Operation.UPDATE, "is_deceased", False, True),
            Change("register.household", cast.own.household.pk, Operation.UPDATE, "group", "一组", "二组"),
        ]
        record_changes(
            county_id=cast.own.household.county_id, actor=SYSTEM, now=timezone.now(), changes=changes
        )
    lines = clerk.get(f"{ADDRESS}changes/", since).context["lines"]
    assert [(line["owner"], line["kind"], line["fields"]) for line in lines] == [
        ("户", "changed", "组别"),
        ("人", "died", ""),
    ]
