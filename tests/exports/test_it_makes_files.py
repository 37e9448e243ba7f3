"""Files that were asked for: who may, what is masked, what they say of themselves, how they lie on the disk."""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from tests.cast import NOW, OWN, SIBLING, Cast, sample_id_number
from tests.exports.conftest import Ask, parts, viewer
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.audit.models import AuditEntry
from xiaoyuan.exports.actions import expire_old, fetch_export, release_due
from xiaoyuan.exports.errors import NothingSelected, NotReady
from xiaoyuan.exports.making import make_export
from xiaoyuan.exports.models import ExportFormat, ExportRequest, ExportStatus
from xiaoyuan.vault.errors import ReasonNeeded, SubjectErased
from xiaoyuan.vault.files import open_file, sealed_path

pytestmark = pytest.mark.django_db
Content = Callable[[ExportRequest], bytes]


def number_of(cast: Cast) -> str:
    assert cast.own.person.birth_date is not None
    return sample_id_number(cast.own.person.birth_date, 101)


def rows_of(content: bytes) -> list[list[object]]:
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    return [list(row) for row in sheet.iter_rows(min_row=2, values_only=True)]


def test_a_workbook_holds_the_village_masked(cast: Cast, ask: Ask, content: Content) -> None:
    request = ask()
    assert (request.status, request.row_count, request.person_count) == (ExportStatus.READY, 5, 5)
    headings, *rows = rows_of(content(request))
    table = [dict(zip(headings, row, strict=True)) for row in rows]
    assert [row["姓名"] for row in table] == ["张伟", "李秀兰", "张小宝", "王国强", "陈桂芳"]
    assert table[0]["身份证号"] == f"99{'*' * 14}{number_of(cast)[-2:]}"
    assert table[0]["联系电话"] == "190******01"
    assert table[0]["与户主关系"] == "户主"
    assert table[0]["出生日期"].date() == cast.own.person.birth_date  # type: ignore[attr-defined]  # a cell of days
    assert table[0]["户号"] == cast.own.household.household_no


def test_in_the_clear_with_a_reason(cast: Cast, ask: Ask, content: Content) -> None:
    with pytest.raises(ReasonNeeded):
        ask(is_masked=False, reason=" ")
    request = ask(is_masked=False, reason="上报民政")
    assert number_of(cast) in str(rows_of(content(request)))
    entry = AuditEntry.objects.get(action="export.request")
    assert (entry.actor_id, entry.reason, entry.detail["is_masked"]) == (
        cast.users["wang"].pk,
        "上报民政",
        False,
    )
    made = AuditEntry.objects.get(action="export.make")
    assert made.detail["sha256"] == request.file_sha256


def test_each_download_is_in_the_log(cast: Cast, ask: Ask, content: Content) -> None:
    request = ask()
    content(request)
    content(request)
    assert AuditEntry.objects.filter(action="export.download", object_id=request.pk).count() == 2


def test_the_file_says_who_when_and_what_for(cast: Cast, ask: Ask, content: Content) -> None:
    request = ask(reason="季度报表")
    book = openpyxl.load_workbook(io.BytesIO(content(request)))
    assert request.made_at is not None
    made_at = f"{timezone.localtime(request.made_at):%Y-%m-%d %H:%M}"
    note = str(list(book["导出说明"].iter_rows(values_only=True)))
    for told in ("村文书 王芳", "季度报表", f"#{request.pk}", made_at):
        assert told in note
        assert told in book.worksheets[0].oddFooter.left.text
        assert told in book.properties.description


def test_a_table_of_text_carries_its_mark_beside_it(cast: Cast, ask: Ask, content: Content) -> None:
    cast.own.household.group = "=HYPERLINK(1)"
    cast.own.household.save()
    found = parts(content(ask(format=ExportFormat.CSV, reason="核对")))
    assert found["people.csv"].startswith(b"\xef\xbb\xbf")
    table = list(csv.DictReader(io.StringIO(found["people.csv"].decode("utf-8-sig"))))
    assert len(table) == 5
    assert table[0]["组别"] == "'=HYPERLINK(1)"
    assert "核对" in found["README.txt"].decode("utf-8-sig")


def test_nobody_exports_what_lies_elsewhere(cast: Cast, ask: Ask) -> None:
    for who, place in (("wang", SIBLING), ("li", OWN), ("zhao", OWN), ("zhang", OWN)):
        with pytest.raises(NotFound):
            ask(who, division_code=place)
    assert not ExportRequest.objects.exists()
    assert ask("chen", division_code=SIBLING).person_count == 5


def test_a_tag_and_a_group_narrow_it(cast: Cast, ask: Ask) -> None:
    assert ask(filters={"tag": "党员"}).person_count == 5  # each family has a member with it
    assert ask(filters={"group": "一组"}).person_count == 5
    assert ask(ids=[cast.own.household.pk]).person_count == 3
    with pytest.raises(NothingSelected):
        ask(filters={"tag": "没有的标签"})


def test_nothing_personal_lies_in_the_open(cast: Cast, ask: Ask, content: Content) -> None:
    """The canary: no identity number in any file or table after an export in the clear."""
    number = number_of(cast).encode()
    for form in (ExportFormat.XLSX, ExportFormat.CSV, ExportFormat.ARCHIVE):
        source = "archive" if form == ExportFormat.ARCHIVE else "people"
        content(ask(source_key=source, format=form, is_masked=False, reason="上报"))
    assert list(_places_with(number, Path(settings.DATA_DIR))) == []
    assert not _tables_with(number.decode())
    control = Path(settings.DATA_DIR) / "canary.txt"
    control.write_bytes(b"x" + number)
    try:
        assert list(_places_with(number, Path(settings.DATA_DIR))) == [control]
    finally:
        control.unlink()


def _places_with(text: bytes, folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and text in path.read_bytes():
            yield path


def _tables_with(text: str) -> list[str]:
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            if any(text in str(value) for row in cursor.fetchall() for value in row):
                found.append(table)
    return found


def test_a_file_is_removed_when_its_time_is_over(cast: Cast, ask: Ask) -> None:
    request = ask()
    made_at = request.made_at
    assert made_at is not None
    assert expire_old(now=made_at + timedelta(days=6)) == 0
    assert expire_old(now=made_at + timedelta(days=8)) == 1
    request.refresh_from_db()
    assert request.status == ExportStatus.EXPIRED
    assert not sealed_path(request.subject, "export").exists()
    with pytest.raises(NotReady):
        fetch_export(request=request, viewer=viewer(cast.users["wang"]), now=NOW)
    with pytest.raises(SubjectErased):
        list(open_file(county_id=request.county_id, subject=request.subject, name="export"))


def test_rights_that_ended_make_no_file(cast: Cast, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xiaoyuan.exports.actions.PEOPLE_ALONE", 1)
    request = ask()
    assert request.status == ExportStatus.WAITING
    cast.users["wang"].grants.all().delete()
    make_export(request.pk, now=NOW + timedelta(hours=25))
    request.refresh_from_db()
    assert request.status == ExportStatus.FAILED
    assert not sealed_path(request.subject, "export").exists()


def test_two_workers_make_one_file(cast: Cast, ask: Ask) -> None:
    request = ask()
    made_at, subject = request.made_at, request.subject
    for started_at, is_made in (
        (NOW - timedelta(minutes=59), False),  # somebody is at it
        (NOW - timedelta(minutes=61), True),  # somebody was, and was stopped
    ):
        ExportRequest.objects.update(status=ExportStatus.QUEUED, started_at=started_at, made_at=None)
        make_export(request.pk, now=NOW)
        request.refresh_from_db()
        assert (request.status == ExportStatus.READY) == is_made
    assert made_at is not None
    assert sealed_path(subject, "export").exists()


def test_what_a_stopped_worker_left_is_begun_anew(cast: Cast, ask: Ask) -> None:
    request = ask()
    ExportRequest.objects.update(status=ExportStatus.QUEUED, started_at=NOW)
    assert release_due(now=NOW + timedelta(minutes=59)) == 0
    assert release_due(now=NOW + timedelta(minutes=61)) == 1
    request.refresh_from_db()
    assert request.status == ExportStatus.READY


def test_people_who_came_in_meanwhile_count(cast: Cast, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for with few people, made with many: it waits after all."""
    request = ask()
    monkeypatch.setattr("xiaoyuan.exports.making.PEOPLE_ALONE", 4)
    ExportRequest.objects.update(status=ExportStatus.QUEUED, started_at=None, person_count=3)
    make_export(request.pk, now=NOW)
    request.refresh_from_db()
    assert (request.status, request.person_count) == (ExportStatus.WAITING, 5)
    assert request.releases_at == NOW + timedelta(hours=24)
