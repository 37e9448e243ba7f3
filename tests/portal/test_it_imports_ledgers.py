"""A clerk brings a ledger in by the console: read, columns confirmed, rows decided, written, taken back, reported."""

from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from tests.cast import OWN, SIBLING, Cast
from tests.intake.workbooks import write_book
from tests.register.ledgers import person
from xiaoyuan.audit.models import AuditEntry
from xiaoyuan.intake.models import BatchStatus, Decision, ImportBatch, StagedRow, Verdict
from xiaoyuan.register.models import Household, Person
from xiaoyuan.vault.files import sealed_path

pytestmark = pytest.mark.django_db
_WHY = "a test looks"
HEADINGS = ("户号", "姓名", "性别", "身份证号", "与户主关系", "联系电话", "是否常住", "组别", "备注")


NICKNAMES = {"与户主关系": "家中身份"}


def browser_of(cast: Cast, name: str) -> Client:
    client = Client()
    client.force_login(cast.users[name], backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def clerk(cast: Cast) -> Client:
    return browser_of(cast, "wang")


def rows(*people: dict[str, Any]) -> list[list[Any]]:
    return [["双堰社区户籍台账"], list(HEADINGS), *[[one.get(name) for name in HEADINGS] for one in people]]


def family() -> list[dict[str, Any]]:
    return [
        person("赵大山", "户主", date(1961, 2, 3), 户号="901", 组别="三组", 联系电话="10012345678"),
        person("钱桂花", "配偶", date(1963, 4, 5), is_male=False, 户号="901"),
    ]


def upload(client: Client, path: Path, division: str = OWN, **data: str) -> Any:
    with path.open("rb") as file:
        return client.post("/console/imports/upload/", {"file": file, "division": division, **data})


def imported(client: Client, path: Path) -> ImportBatch:
    answer = upload(client, path)
    assert answer.status_code == 302, answer.content.decode()
    return ImportBatch.objects.get(pk=answer["Location"].rstrip("/").rsplit("/", 1)[1])


def step(client: Client, batch: ImportBatch, name: str, **data: Any) -> Any:
    answer = client.post(f"/console/imports/{batch.pk}/{name}/", data)
    batch.refresh_from_db()
    return answer


def household_numbers() -> set[str]:
    return set(
        Household.objects.unscoped(_WHY).filter(division_code=OWN).values_list("household_no", flat=True)
    )


class TestTheWay:
    def test_a_clean_ledger_is_written_and_taken_back(self, clerk: Client, tmp_path: Path) -> None:
        before = household_numbers()
        batch = imported(clerk, write_book(tmp_path / "户籍.xlsx", {"户籍": rows(*family())}))
        assert batch.status == BatchStatus.STAGED
        page = clerk.get(f"/console/imports/{batch.pk}/").content.decode()
        assert "赵大山" in page
        assert "写入 2 行" in page
        assert household_numbers() == before

        step(clerk, batch, "apply")
        assert batch.status == BatchStatus.APPLIED
        assert household_numbers() == before | {"901"}

        assert step(clerk, batch, "roll-back").status_code == 400  # without a reason
        assert batch.status == BatchStatus.APPLIED
        step(clerk, batch, "roll-back", reason="导错了村")
        assert batch.status == BatchStatus.ROLLED_BACK
        assert household_numbers() == before
        assert AuditEntry.objects.filter(action="intake.roll_back", reason="导错了村").exists()

    def test_what_depends_on_it_is_listed(self, clerk: Client, tmp_path: Path) -> None:
        batch = imported(clerk, write_book(tmp_path / "户籍.xlsx", {"户籍": rows(*family())}))
        step(clerk, batch, "apply")
        changed = [family()[0] | {"组别": "五组"}, family()[1]]
        later = imported(clerk, write_book(tmp_path / "更正.xlsx", {"户籍": rows(*changed)}))
        step(clerk, later, "apply")
        answer = step(clerk, batch, "roll-back", reason="试一试")
        assert answer.status_code == 409
        assert "901" in answer.content.decode()
        assert batch.status == BatchStatus.APPLIED
        assert step(clerk, later, "roll-back", reason="先退后一次").status_code == 302
        assert step(clerk, batch, "roll-back", reason="再退这一次").status_code == 302
        assert "901" not in household_numbers()

    def test_a_changed_row_shows_field_by_field(self, clerk: Client, tmp_path: Path) -> None:
        step(clerk, imported(clerk, write_book(tmp_path / "一.xlsx", {"户籍": rows(*family())})), "apply")
        changed = [family()[0] | {"组别": "五组", "联系电话": "10087654321"}, family()[1]]
        batch = imported(clerk, write_book(tmp_path / "二.xlsx", {"户籍": rows(*changed)}))
        (view,) = clerk.get(f"/console/imports/{batch.pk}/", {"verdict": "changed"}).context["rows"]
        assert ("村民小组", "三组", "五组") in view.differences
        assert ("联系电话", "****", "****") in view.differences
        page = clerk.get(f"/console/imports/{batch.pk}/").content.decode()
        assert "10087654321" not in page
        assert family()[0]["身份证号"] not in page


class TestDeciding:
    def test_wrong_rows_can_be_left_out_with_their_household(self, clerk: Client, tmp_path: Path) -> None:
        wrong = person("孙一", "户主", date(1970, 1, 1), 户号="902") | {"身份证号": "99000119700101001X"}
        batch = imported(clerk, write_book(tmp_path / "户籍.xlsx", {"户籍": rows(*family(), wrong)}))
        assert batch.counts[Verdict.ERROR] == 1
        page = clerk.get(f"/console/imports/{batch.pk}/").content.decode()
        assert "身份证号" in page
        assert "99000119700101001X" not in page
        step(clerk, batch, "apply")
        assert batch.status == BatchStatus.STAGED
        assert "901" not in household_numbers()
        step(clerk, batch, "decide", choice="leave_out", all="open")
        step(clerk, batch, "apply")
        assert batch.status == BatchStatus.APPLIED
        assert "901" in household_numbers()
        assert "902" not in household_numbers()

    def test_nobody_ticked_is_said(self, clerk: Client, tmp_path: Path) -> None:
        batch = imported(clerk, write_book(tmp_path / "户籍.xlsx", {"户籍": rows(*family())}))
        answer = step(clerk, batch, "decide", choice="leave_out")
        assert answer.status_code == 400
        assert not StagedRow.objects.filter(batch=batch).exclude(decision=Decision.UNDECIDED).exists()

    def test_people_whom_the_file_does_not_name_can_be_decided(self, clerk: Client, tmp_path: Path) -> None:
        step(clerk, imported(clerk, write_book(tmp_path / "一.xlsx", {"户籍": rows(*family())})), "apply")
        batch = imported(clerk, write_book(tmp_path / "二.xlsx", {"户籍": rows(family()[0])}))
        absent = StagedRow.objects.filter(batch=batch, verdict=Verdict.ABSENT)
        wife = Person.objects.unscoped(_WHY).get(name="钱桂花")
        row = absent.get(object_id=wife.pk)
        page = clerk.get(f"/console/imports/{batch.pk}/", {"verdict": "absent"}).content.decode()
        assert "钱桂花" in page
        step(clerk, batch, "decide", choice="deceased", row=[row.pk], verdict="absent")
        step(clerk, batch, "apply")
        wife.refresh_from_db()
        assert wife.is_deceased
        step(clerk, batch, "roll-back", reason="不是她")
        wife.refresh_from_db()
        assert not wife.is_deceased


class TestColumns:
    def test_a_missing_column_is_asked_for_and_remembered(self, clerk: Client, tmp_path: Path) -> None:
        sheet = rows(*family())
        sheet[1] = [NICKNAMES.get(heading, heading) for heading in HEADINGS]
        batch = imported(clerk, write_book(tmp_path / "乡里的表.xlsx", {"户籍": sheet}))
        assert batch.status == BatchStatus.MAPPING
        page = clerk.get(f"/console/imports/{batch.pk}/")
        text = page.content.decode()
        assert "家中身份" in text
        assert family()[0]["身份证号"] not in text
        (shown,) = page.context["sheets"]
        chosen = {column.name: column.choice for column in shown.columns}
        chosen[shown.columns[HEADINGS.index("与户主关系")].name] = "relation_to_head"
        step(clerk, batch, "columns", kind="households", **{f"sheet-{shown.index}": "on"}, **chosen)
        assert batch.status == BatchStatus.STAGED
        step(clerk, batch, "apply")
        assert "901" in household_numbers()
        again = imported(clerk, write_book(tmp_path / "明年的表.xlsx", {"户籍": sheet}))
        assert again.status == BatchStatus.STAGED

    def test_no_sheet_at_all_stays_a_question(self, clerk: Client, tmp_path: Path) -> None:
        sheet = rows(*family())
        sheet[1] = [NICKNAMES.get(heading, heading) for heading in HEADINGS]
        batch = imported(clerk, write_book(tmp_path / "表.xlsx", {"户籍": sheet}))
        step(clerk, batch, "columns", kind="households")
        assert batch.status == BatchStatus.MAPPING


class TestRefusals:
    def test_what_is_no_workbook_is_refused_with_a_sentence(
        self, clerk: Client, tmp_path: Path, django_capture_on_commit_callbacks: Any
    ) -> None:
        path = tmp_path / "台账.xlsx"
        path.write_bytes(b"%PDF-1.7 nothing to read here")
        with django_capture_on_commit_callbacks(execute=True):
            batch = imported(clerk, path)
        assert batch.status == BatchStatus.REFUSED
        page = clerk.get(f"/console/imports/{batch.pk}/").content.decode()
        assert batch.failure in page
        assert not sealed_path(batch.subject, "source").exists()

    def test_no_file_is_said(self, clerk: Client) -> None:
        answer = clerk.post("/console/imports/upload/", {"division": OWN})
        assert answer.status_code == 400
        assert "请先选择文件" in answer.content.decode()

    def test_another_village_is_unknown(self, clerk: Client, tmp_path: Path) -> None:
        path = write_book(tmp_path / "户籍.xlsx", {"户籍": rows(*family())})
        assert upload(clerk, path, division=SIBLING).status_code == 404
        assert not ImportBatch.objects.filter(file_name="户籍.xlsx").exists()

    @pytest.mark.parametrize("name", ["li", "zhang", "zhao", "operator"])
    def test_others_cannot_import_or_decide(
        self, cast: Cast, clerk: Client, tmp_path: Path, name: str
    ) -> None:
        path = write_book(tmp_path / "户籍.xlsx", {"户籍": rows(*family())})
        batch = imported(clerk, path)
        other = browser_of(cast, name)
        assert upload(other, path).status_code in (403, 404)
        for place in ("columns", "decide", "apply", "roll-back", "discard"):
            assert step(other, batch, place, reason="x").status_code in (403, 404)
        assert other.get(f"/console/imports/{batch.pk}/report/").status_code in (403, 404)
        assert batch.status == BatchStatus.STAGED

    def test_a_thrown_away_file_leaves_nothing(self, clerk: Client, tmp_path: Path) -> None:
        batch = imported(clerk, write_book(tmp_path / "户籍.xlsx", {"户籍": rows(*family())}))
        step(clerk, batch, "discard")
        assert batch.status == BatchStatus.DISCARDED
        assert not batch.pages.exists()
        assert not batch.rows.exists()
        assert clerk.get(f"/console/imports/{batch.pk}/").status_code == 200


def test_the_workbook_comes_back_with_verdicts(clerk: Client, tmp_path: Path) -> None:
    wrong = person("孙一", "户主", date(1970, 1, 1), 户号="902") | {"身份证号": "99000119700101001X"}
    batch = imported(clerk, write_book(tmp_path / "户籍.xlsx", {"户籍": rows(*family(), wrong)}))
    answer = clerk.get(f"/console/imports/{batch.pk}/report/")
    book = load_workbook(BytesIO(answer.getvalue()))
    sheet = book["户籍"]
    assert [cell.value for cell in sheet[2]][: len(HEADINGS)] == list(HEADINGS)
    said = [[cell.value for cell in row][len(HEADINGS) :] for row in sheet.iter_rows(min_row=3)]
    assert [any("错误" in str(text) for text in row) for row in said] == [False, False, True]
    assert AuditEntry.objects.filter(action="intake.report", object_id=batch.pk).exists()


def test_progress_is_told(clerk: Client, tmp_path: Path) -> None:
    batch = imported(clerk, write_book(tmp_path / "户籍.xlsx", {"户籍": rows(*family())}))
    assert clerk.get(f"/console/imports/{batch.pk}/progress/").json()["status"] == "staged"
