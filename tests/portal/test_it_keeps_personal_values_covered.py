"""Personal values that come in by a ledger or by hand stand nowhere in the open: no column, no file, no log line."""

import os
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import gettempdir
from typing import Any, Final

import pytest
from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.db import connection
from django.test import Client

from tests.cast import OWN, Cast
from tests.intake.workbooks import write_book
from tests.portal.console import sent
from tests.register.ledgers import id_number, person
from xiaoyuan.exports import making
from xiaoyuan.exports.models import ExportRequest, ExportStatus
from xiaoyuan.intake.models import BatchStatus, ImportBatch, StagedRow, Verdict
from xiaoyuan.register.models import Person
from xiaoyuan.vault import files as vault_files

pytestmark = pytest.mark.django_db
PHONE: Final = "13900990011"
OTHER_PHONE: Final = "13900990022"
THIRD_PHONE: Final = "13900990033"
SPACED_PHONE: Final = "139 0099 0044"
CONTACT: Final = "13900990055"
ACCOUNT: Final = "6222990011223344556"
ID: Final = id_number(date(1961, 2, 3), 7, is_male=True)
GUARDIAN: Final = id_number(date(1944, 5, 6), 8, is_male=True)
WRONG_ID: Final = ID[:-1] + ("1" if ID[-1] != "1" else "2")
EDITED_PHONE: Final = "13900990066"
SEARCHED: Final = "13900990077"
CANARIES: Final = (
    PHONE, OTHER_PHONE, THIRD_PHONE, SPACED_PHONE, CONTACT, ACCOUNT, ID, GUARDIAN, WRONG_ID, EDITED_PHONE, SEARCHED,
)  # fmt: skip
HEADINGS: Final = (
    "户号", "姓名", "性别", "身份证号", "与户主关系", "民族", "联系电话", "一卡通账号", "监护人身份证号",
    "帮扶干部联系方式", "是否常住", "组别", "备注",
)  # fmt: skip


def family(**head: Any) -> list[dict[str, Any]]:
    given = {
        "身份证号": ID, "联系电话": PHONE, "一卡通账号": ACCOUNT, "监护人身份证号": GUARDIAN,
        "帮扶干部联系方式": CONTACT, "备注": f"外出后请打{SPACED_PHONE}", "组别": "三组",
    }  # fmt: skip
    return [
        person("赵大山", "户主", date(1961, 2, 3), 户号="901") | given | head,
        person("钱桂花", "配偶", date(1963, 4, 5), is_male=False, 户号="901")
        | {"备注": f"女儿电话{THIRD_PHONE}", "联系电话": OTHER_PHONE},
    ]


def ledger(folder: Path, people: list[dict[str, Any]], *, has_headings: bool = True) -> Path:
    rows: list[list[Any]] = [[one.get(name) for name in HEADINGS] for one in people]
    if has_headings:
        rows = [["双堰社区户籍台账"], list(HEADINGS), *rows]
    return write_book(folder / "户籍.xlsx", {"户籍": rows})


def imported(client: Client, path: Path) -> ImportBatch:
    with path.open("rb") as file:
        answer = client.post("/console/imports/upload/", {"file": file, "division": OWN})
    assert answer.status_code == 302, answer.content.decode()
    return ImportBatch.objects.get(pk=answer["Location"].rstrip("/").rsplit("/", 1)[1])


def step(client: Client, batch: ImportBatch, name: str, **data: Any) -> None:
    client.post(f"/console/imports/{batch.pk}/{name}/", data)
    batch.refresh_from_db()


def columns_in_the_open() -> Iterator[tuple[str, bytes]]:
    """Yield each value of each table with the name of its column."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            names = [one[0] for one in cursor.description]
            for row in cursor.fetchall():
                for name, value in zip(names, row, strict=True):
                    if isinstance(value, memoryview | bytes):
                        yield f"{table}.{name}", bytes(value)
                    elif value is not None:
                        yield f"{table}.{name}", str(value).encode()


def found_in(content: bytes) -> set[str]:
    bare = re.sub(rb"[\s-]", b"", content)
    return {one for one in CANARIES if one.encode() in content or one.replace(" ", "").encode() in bare}


def lying_open() -> set[str]:
    """Return where a canary stands: columns of tables, and files of the data folder."""
    found = {f"{place}: {one}" for place, value in columns_in_the_open() for one in found_in(value)}
    for path in Path(settings.DATA_DIR).rglob("*"):
        if path.is_file() and not path.name.startswith("test.sqlite3"):
            found |= {f"{path.name}: {one}" for one in found_in(path.read_bytes())}
    return found


@pytest.fixture
def clerk(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.users["wang"], backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_the_scan_finds_what_lies_open(clerk: Client, cast: Cast) -> None:
    person = cast.own.person
    Person.objects.unscoped("a test").filter(pk=person.pk).update(work_place=f"电话{PHONE}")
    assert lying_open() == {f"register_person.work_place: {PHONE}"}


def test_a_whole_life_of_a_ledger_leaves_nothing_open(
    clerk: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    refused = imported(clerk, ledger(tmp_path, family(身份证号=WRONG_ID, 联系电话=f"{PHONE}9", 民族=ID)))
    assert refused.status == BatchStatus.STAGED
    assert not lying_open()
    step(clerk, refused, "discard")
    batch = imported(clerk, ledger(tmp_path, family()))
    step(clerk, batch, "apply")
    assert batch.status == BatchStatus.APPLIED, (batch.failure, batch.counts)
    assert not lying_open()
    someone = Person.objects.unscoped("a test").get(name="赵大山")
    edit = f"/console/persons/{someone.pk}/edit/"
    form = sent(clerk.get(edit), phone=EDITED_PHONE, work_place="浙江宁波")
    assert clerk.post(edit, form).status_code == 302
    assert clerk.post("/console/households/find/", {"q": SEARCHED}).status_code == 200
    assert clerk.post("/console/households/find/", {"q": SPACED_PHONE}).status_code == 200
    for what in ("people", "archive"):
        asked = {"division": OWN, "what": what, "format": "xlsx", "unmasked": "on", "reason": "向镇上报送"}
        assert clerk.post("/console/exports/new/", asked).status_code == 302
    made = ExportRequest.objects.values_list("status", "failure")
    assert set(made) == {(ExportStatus.READY, "")}
    changed = imported(clerk, ledger(tmp_path, family(联系电话=THIRD_PHONE, 一卡通账号=f"{ACCOUNT}8")))
    assert clerk.get(f"/console/imports/{changed.pk}/").status_code == 200
    assert not lying_open()
    undo = clerk.get(f"/console/households/?division={OWN}")
    assert undo.status_code == 200
    step(clerk, batch, "roll-back", reason="导错了")
    assert not lying_open()
    said = capsys.readouterr()
    assert not found_in((said.out + said.err + caplog.text).encode())


def test_a_sheet_without_headings_leaves_no_person_in_the_names_of_columns(
    clerk: Client, tmp_path: Path
) -> None:
    batch = imported(clerk, ledger(tmp_path, [*family(), *family()], has_headings=False))
    assert batch.status in (BatchStatus.MAPPING, BatchStatus.STAGED, BatchStatus.REFUSED)
    assert not lying_open()


@pytest.mark.parametrize(
    "note", [f"外出后请打{SPACED_PHONE}", "139-0099-0044", "1390099 0044", "１３９００９９００４４"]
)
def test_a_telephone_among_notes_is_covered_however_it_is_written(
    clerk: Client, tmp_path: Path, note: str
) -> None:
    head = person("赵大山", "户主", date(1961, 2, 3), 户号="901") | {"备注": note}
    batch = imported(clerk, ledger(tmp_path, [head]))
    step(clerk, batch, "apply")
    assert batch.status == BatchStatus.APPLIED
    assert not lying_open()


@pytest.mark.parametrize("heading", ["组别", "民族", "户号"])
def test_an_identity_number_in_the_wrong_column_is_an_error(
    clerk: Client, tmp_path: Path, heading: str
) -> None:
    head = person("赵大山", "户主", date(1961, 2, 3), 户号="901") | {heading: ID}
    batch = imported(clerk, ledger(tmp_path, [head]))
    step(clerk, batch, "apply")
    assert batch.status == BatchStatus.STAGED
    (row,) = StagedRow.objects.filter(batch=batch, verdict=Verdict.ERROR)
    assert heading in {one["column"] for one in row.messages}
    assert not lying_open()


def test_files_in_the_clear_lie_only_in_folders_that_are_swept() -> None:
    """What a killed process leaves is found again by its number in the folder's name."""
    sources = Path(vault_files.__file__).parents[1].rglob("*.py")
    makers = {path.name for path in sources if "TemporaryDirectory(" in path.read_text("utf-8")}
    assert makers == {"files.py"}
    with vault_files.scratch_folder() as folder:
        assert Path(folder).name.startswith(f"xiaoyuan-{os.getpid()}-")
        assert Path(folder).stat().st_mode & 0o077 == 0


def test_a_large_upload_waits_in_memory() -> None:
    with TemporaryUploadedFile("户籍.xlsx", "", 1, None) as file:
        in_memory = Path("/dev/shm")
        expected = in_memory if in_memory.is_dir() else Path(gettempdir())
        assert Path(file.temporary_file_path()).parent == expected


def test_a_fault_of_an_export_is_logged_without_what_it_says(
    clerk: Client,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*given: Any) -> int:
        raise ValueError(f"invalid literal: {ID}")

    monkeypatch.setattr(making, "_write", fail)
    clerk.post("/console/exports/new/", {"division": OWN, "what": "people", "format": "xlsx"})
    assert ExportRequest.objects.get().status == ExportStatus.FAILED
    said = capsys.readouterr()
    text = said.out + said.err + caplog.text
    assert "export_failed" in text
    assert not found_in(text.encode())
    assert not lying_open()
