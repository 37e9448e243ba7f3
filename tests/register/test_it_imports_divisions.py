"""Division lists: counts and parents, a second import that changes nothing, rows that wait and rows that fail."""

import json
from datetime import datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count
from django.utils import translation

from xiaoyuan.audit.actors import command_actor
from xiaoyuan.audit.models import AuditEntry, ChangeEntry, Operation
from xiaoyuan.intake.models import ImportBatch, StagedRow, Verdict
from xiaoyuan.lib.divisions import Level
from xiaoyuan.register.actions.divisions import add_local_division
from xiaoyuan.register.choices import DivisionOrigin
from xiaoyuan.register.errors import RegisterError, UnknownDivision
from xiaoyuan.register.models import Division

pytestmark = pytest.mark.django_db
NOW = datetime.fromisoformat("2026-03-01T08:00:00+08:00")
ACTOR = command_actor("import-divisions")


def write(folder: Path, name: str, text: str, encoding: str = "utf-8") -> str:
    path = folder / name
    path.write_text(text, encoding=encoding)
    return str(path)


def run(*arguments: str) -> str:
    out = StringIO()
    with translation.override("en"):
        call_command("import_divisions", *arguments, stdout=out)
    return out.getvalue()


TOP = "code,name\n52,贵州省\n5205,毕节市\n520502,七星关区\n"


@pytest.mark.real_data
def test_the_lists_of_guizhou_have_the_expected_counts(real_data: Path) -> None:
    folder = real_data / "divisions"
    expected = json.loads((folder / "expected_counts.json").read_text())["guizhou"]
    names = ("villages", "towns", "counties", "cities")  # children before their parents
    run(*(str(folder / f"guizhou_{name}.csv") for name in names))
    counts = dict(Division.objects.values_list("level").annotate(Count("pk")))
    assert counts == {
        Level.PROVINCE: 1,
        Level.CITY: expected["cities"],
        Level.COUNTY: expected["counties"],
        Level.TOWNSHIP: expected["towns"],
        Level.VILLAGE: expected["villages"],
    }
    assert Division.objects.get(code="52").name == "贵州省"
    orphans = [
        row.code
        for row in Division.objects.exclude(code="52").select_related("parent")
        if row.parent is None or not row.code.startswith(row.parent.code) or row.level == row.parent.level
    ]
    assert not orphans
    assert ChangeEntry.objects.filter(operation=Operation.CREATE).count() == Division.objects.count()


@pytest.mark.real_data
def test_the_packed_list_equals_the_files_and_changes_nothing(real_data: Path) -> None:
    run("--builtin", "guizhou")
    changes = ChangeEntry.objects.count()
    before = list(Division.objects.order_by("pk").values())
    again = run(*(str(path) for path in sorted((real_data / "divisions").glob("guizhou_*.csv"))))
    assert "0 new, 0 changed, 19571 unchanged, 0 parked." in again
    assert list(Division.objects.order_by("pk").values()) == before
    assert ChangeEntry.objects.count() == changes


def test_a_gbk_list_with_chinese_headers_and_padded_codes_is_read(tmp_path: Path) -> None:
    run(write(tmp_path, "a.csv", TOP))
    text = "统计用区划代码,城乡分类代码,名称\n520502103000,,朱昌镇\n520502103003,121,双堰社区居民委员会\n"
    assert "2 new" in run(write(tmp_path, "b.csv", text, "gb18030"))
    village = Division.objects.get(code="520502103003")
    assert (village.name, village.urban_rural_class, village.level) == (
        "双堰社区居民委员会",
        "121",
        Level.VILLAGE,
    )
    assert village.parent is not None
    assert village.parent.code == "520502103"


def test_a_changed_name_is_an_update_with_its_history(tmp_path: Path) -> None:
    run(write(tmp_path, "a.csv", TOP))
    out = run(write(tmp_path, "b.csv", TOP.replace("七星关区", "七星关新区")))
    assert "0 new, 1 changed, 2 unchanged, 0 parked." in out
    change = ChangeEntry.objects.get(operation=Operation.UPDATE)
    assert (change.field, change.before, change.after) == ("name", "七星关区", "七星关新区")
    assert change.actor_label == "command import-divisions"
    assert change.source_row_id is not None
    staged = StagedRow.objects.get(pk=change.source_row_id)
    assert (staged.batch.file_name, staged.row_number, staged.verdict) == ("b.csv", 4, Verdict.CHANGED)


def test_a_row_without_parent_waits_and_is_taken_up_later(tmp_path: Path) -> None:
    run(write(tmp_path, "a.csv", TOP))
    orphan = write(tmp_path, "b.csv", "code,name\n520502103003,双堰社区居民委员会\n")
    out = run(orphan)
    assert "parked: b.csv, row 2, code 520502103003: Its parent 520502103 is unknown" in out
    assert "1 parked." in out
    assert not Division.objects.filter(code="520502103003").exists()
    assert "1 parked." in run(orphan)
    assert (
        StagedRow.objects.filter(verdict=Verdict.PARKED).count() == 1
    )  # the second import keeps no second copy
    out = run(write(tmp_path, "c.csv", "code,name\n520502103,朱昌镇\n"))
    assert "1 rows that waited for their parent were taken up." in out
    village = Division.objects.get(code="520502103003")
    assert village.source_row_id is not None
    staged = StagedRow.objects.get(pk=village.source_row_id)
    assert (staged.verdict, staged.object_id, staged.batch.file_name) == (Verdict.NEW, village.pk, "b.csv")
    assert not StagedRow.objects.filter(verdict=Verdict.PARKED).exists()


def test_a_newer_name_replaces_a_waiting_row(tmp_path: Path) -> None:
    run(write(tmp_path, "a.csv", "code,name\n520502,七星关区\n"))
    run(write(tmp_path, "b.csv", "code,name\n520502,七星关新区\n"))
    assert StagedRow.objects.filter(verdict=Verdict.PARKED).count() == 1
    run(write(tmp_path, "c.csv", "code,name\n5205,毕节市\n"))
    assert Division.objects.get(code="520502").name == "七星关新区"


def test_rows_that_cannot_be_applied_are_named_one_by_one(tmp_path: Path) -> None:
    text = TOP + "5205021,坏\n5.20502E+11,坏\n520503,\n520504,甲\n520504,乙\n520505,丙\n"
    with pytest.raises(CommandError, match="Some rows were not applied"):
        run(write(tmp_path, "a.csv", text))
    staged = {row.row_number: row for row in StagedRow.objects.all()}
    assert {number for number, row in staged.items() if row.verdict == Verdict.ERROR} == {5, 6, 7}
    assert {number for number, row in staged.items() if row.verdict == Verdict.AMBIGUOUS} == {8, 9}
    assert "甲" in staged[9].messages[0] or "乙" in staged[9].messages[0]
    assert not Division.objects.filter(code="520504").exists()
    assert Division.objects.filter(code="520505").exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("编号,名称\n52,贵州省\n".encode(), "row 1: no column for the code"),
        (b"code,title\n52,x\n", "row 1: no column for the name"),
        (b"\xff\xff\xff", "neither UTF-8 nor GBK"),
    ],
)
def test_a_file_that_is_no_list_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(CommandError, match=sentence):
        run(str(path))
    assert not ImportBatch.objects.exists()


def test_local_divisions_get_codes_under_the_unallocated_county() -> None:
    town = add_local_division(name="Mamre", actor=ACTOR, now=NOW)
    village = add_local_division(name="Vaduz", below=town.code, actor=ACTOR, now=NOW)
    other = add_local_division(name="Liechtenstein", actor=ACTOR, now=NOW)
    assert (town.code, village.code, other.code) == ("990001001", "990001001001", "990001002")
    assert {row.origin for row in Division.objects.all()} == {DivisionOrigin.LOCAL}
    assert add_local_division(name="Vaduz", below=town.code, actor=ACTOR, now=NOW) == village
    assert Division.objects.filter(code__startswith="99").count() == 6
    assert AuditEntry.objects.filter(action="register.add_local_division").count() == 3


def test_a_local_division_cannot_lie_in_a_real_one(tmp_path: Path) -> None:
    run(write(tmp_path, "a.csv", TOP))
    with translation.override("en"):
        with pytest.raises(RegisterError, match="520502 is a real division"):
            add_local_division(name="x", below="520502", actor=ACTOR, now=NOW)
        with pytest.raises(UnknownDivision):
            add_local_division(name="x", below="990001005", actor=ACTOR, now=NOW)


def test_the_command_prints_the_code() -> None:
    out = StringIO()
    call_command("add_local_division", "Mamre", stdout=out)
    assert out.getvalue().strip() == "990001001"


def test_a_local_list_makes_its_own_root(tmp_path: Path) -> None:
    run(write(tmp_path, "a.csv", "code,name\n990001007,试点乡\n"))
    local = Division.objects.get(code="990001007")
    assert local.origin == DivisionOrigin.LOCAL
    assert local.parent is not None
    assert local.parent.code == "990001"
