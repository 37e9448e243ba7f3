"""A household ledger becomes households, persons, residences and tags; the vault keeps what identifies."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.register.ledgers import HEADINGS, LATER, VILLAGE, import_rows, make_village, two_households
from xiaoyuan.audit.models import ChangeEntry, Operation
from xiaoyuan.audit.queries import history_of, provenance_of
from xiaoyuan.intake.models import StagedRow
from xiaoyuan.intake.pipeline import Outcome
from xiaoyuan.register.choices import ResidenceKind
from xiaoyuan.register.models import County, Courtyard, Household, Membership, Person, PolicyTag, Residence
from xiaoyuan.vault.actions import find_subjects, read_masked
from xiaoyuan.vault.models import VaultField

pytestmark = pytest.mark.django_db


@pytest.fixture
def county() -> County:
    return make_village()


def rows_of(model: Any) -> Any:
    return model.objects.unscoped("a test looks at everything")


def named(name: str) -> Person:
    found: Person = rows_of(Person).get(name=name)
    return found


def secret(person: Person, name: str) -> str | None:
    held = read_masked(county_id=person.county_id, subjects=[person.person_uid], names=[name])
    found = held.get(person.person_uid, {}).get(name)
    return found.reveal() if found else None


def test_rows_become_households_and_persons(tmp_path: Path, county: County) -> None:
    report = import_rows(tmp_path, two_households(), county)
    assert (report.outcome, report.counts, report.problems) == (Outcome.APPLIED, {"new": 4}, [])
    first, second = rows_of(Household).order_by("household_no")
    assert (first.division_code, first.group, first.courtyard.code, first.is_sample) == (
        VILLAGE,
        "一组",
        "SY-001",
        True,
    )
    assert (str(second.dwelling_area_m2), str(second.arable_mu)) == ("86.50", "2.35")
    zhang, wang, child = (named(name) for name in ("张三", "王芳", "张小明"))
    assert (zhang.birth_date, zhang.sex, zhang.work_place, zhang.work_months) == (
        date(1968, 5, 20),
        "1",
        "浙江宁波",
        10,
    )
    assert (wang.sex, wang.education, child.is_student, wang.is_student) == ("2", "70", True, None)
    assert zhang.extra == {"备注": "样例"}
    relations = rows_of(Membership).filter(household=first).order_by("pk")
    assert [row.relation_to_head for row in relations] == ["02", "10", "20"]


def test_residences_follow_the_ledger(tmp_path: Path, county: County) -> None:
    import_rows(tmp_path, two_households(), county)
    zhang, wang = named("张三"), named("王芳")
    assert [row.kind for row in rows_of(Residence).filter(person=zhang)] == [ResidenceKind.REGISTERED]
    kinds = rows_of(Residence).filter(person=wang).values_list("kind", "courtyard__code")
    assert set(kinds) == {("registered", "SY-001"), ("actual", "SY-001")}


def test_tags_go_to_the_household_or_the_person(tmp_path: Path, county: County) -> None:
    import_rows(tmp_path, two_households(), county)
    found = rows_of(PolicyTag).values_list("tag", "household__household_no", "person__name", "detail")
    assert sorted(found, key=str) == sorted(
        [
            ("脱贫户", "001", None, {"stated": "2018年脱贫"}),
            ("党员", None, "张三", {}),
            ("留守儿童", None, "张小明", {}),
            ("低保", None, "李四", {}),
        ],
        key=str,
    )


def test_identifying_values_lie_in_the_vault_only(tmp_path: Path, county: County) -> None:
    rows = two_households()
    import_rows(tmp_path, [row | {"帮扶人": "赵某"} for row in rows], county, headings=[*HEADINGS, "帮扶人"])
    zhang = named("张三")
    number = rows[0]["身份证号"]
    assert (secret(zhang, "id_number"), secret(zhang, "phone")) == (number, "10012345678")
    assert secret(zhang, "extra:帮扶人") == "赵某"
    assert zhang.extra == {"备注": "样例"}
    assert find_subjects(county_id=county.pk, name="id_number", values=[number]) == {
        number: [zhang.person_uid]
    }
    assert find_subjects(county_id=county.pk, name="phone", values=["10012345678"])
    plain = [
        *ChangeEntry.objects.values_list("before", "after"),
        *StagedRow.objects.values_list("cells", "messages"),
    ]
    assert number not in str(plain)
    assert all(number.encode() not in bytes(row.sealed) for row in VaultField.objects.all())


def test_each_row_is_logged_once_and_names_its_source(tmp_path: Path, county: County) -> None:
    import_rows(tmp_path, two_households(), county)
    assert ChangeEntry.objects.filter(operation=Operation.CREATE).count() == ChangeEntry.objects.count() == 6
    zhang = named("张三")
    staged = StagedRow.objects.get(row_number=3)
    assert (staged.object_kind, staged.object_id) == ("register.person", zhang.pk)
    source = provenance_of("register.person", zhang.pk, "work_place")
    assert source is not None
    assert source.source_row_id == zhang.source_row_id == staged.pk
    household = rows_of(Household).get(household_no="001")
    assert household.source_row_id == staged.pk  # the head's row carries the household


def test_the_same_ledger_again_changes_nothing(tmp_path: Path, county: County) -> None:
    import_rows(tmp_path, two_households(), county)
    before = list(rows_of(Person).values()), ChangeEntry.objects.count(), VaultField.objects.count()
    report = import_rows(tmp_path, two_households(), county, now=LATER)
    assert (report.outcome, report.counts) == (Outcome.UNCHANGED, {"same": 4})
    assert (list(rows_of(Person).values()), ChangeEntry.objects.count(), VaultField.objects.count()) == before


def test_changes_are_found_field_by_field(tmp_path: Path, county: County) -> None:
    import_rows(tmp_path, two_households(), county)
    rows = two_households()
    rows[0] |= {"务工时间": 8, "是否常住": "是", "联系电话": "10087654321", "政策标签": "脱贫户(2018年脱贫)"}
    rows[3] |= {"院落编号": "SY-001", "低保": "否"}
    report = import_rows(tmp_path, rows, county, now=LATER)
    assert report.counts == {"changed": 2, "same": 2}
    zhang, li = named("张三"), named("李四")
    logged = {entry.field: (entry.before, entry.after) for entry in history_of("register.person", zhang.pk)}
    assert logged == {
        "": (None, None),
        "work_months": (10, 8),
        "is_resident": (False, True),
        "tags": ({"党员": ""}, {}),
        "phone": (None, None),  # what changed is said, never the value
    }
    assert (zhang.work_months, zhang.row_version, secret(zhang, "phone")) == (8, 2, "10087654321")
    assert rows_of(PolicyTag).get(person=zhang, tag="党员").until == LATER.date()
    moved = rows_of(Household).get(household_no="002")
    courtyard = rows_of(Courtyard).get(code="SY-001")
    assert (moved.courtyard_id, moved.row_version) == (courtyard.pk, 2)
    assert set(rows_of(Residence).filter(person=li).values_list("courtyard_id", flat=True)) == {courtyard.pk}
    assert [entry.field for entry in history_of("register.household", moved.pk)] == ["courtyard_id", ""]


def test_empty_cells_state_nothing(tmp_path: Path, county: County) -> None:
    import_rows(tmp_path, two_households(), county)
    bare = [{key: row[key] for key in ("户号", "姓名", "身份证号", "与户主关系")} for row in two_households()]
    assert import_rows(tmp_path, bare, county).outcome is Outcome.UNCHANGED


def test_a_tag_is_ended_by_a_list_without_it_or_by_no(tmp_path: Path, county: County) -> None:
    import_rows(tmp_path, two_households(), county)
    rows = two_households()
    rows[2]["政策标签"] = "无"
    rows[3]["低保"] = "否"
    import_rows(tmp_path, rows, county, now=LATER)
    ended = rows_of(PolicyTag).filter(until=LATER.date()).values_list("tag", flat=True)
    assert sorted(ended) == sorted(["留守儿童", "低保"])


def test_a_new_head_takes_over(tmp_path: Path, county: County) -> None:
    import_rows(tmp_path, two_households(), county)
    rows = two_households()
    rows[0]["与户主关系"], rows[1]["与户主关系"] = "配偶", "户主"
    assert import_rows(tmp_path, rows, county).counts == {"changed": 2, "same": 2}
    assert rows_of(Membership).get(relation_to_head="02", household__household_no="001").person.name == "王芳"


def test_a_birth_month_without_a_day_is_kept_as_written(tmp_path: Path, county: County) -> None:
    row = two_households()[3] | {"身份证号": None, "出生日期": "1948.1"}
    headings = [*HEADINGS, "出生日期"]
    import_rows(tmp_path, [row], county, headings=headings)
    assert (named("李四").birth_date, named("李四").extra) == (date(1948, 1, 1), {"出生日期": "1948.1"})
    assert import_rows(tmp_path, [row], county, headings=headings).outcome is Outcome.UNCHANGED


def test_a_township_ledger_names_the_village_in_each_row(tmp_path: Path, county: County) -> None:
    rows = [row | {"区划代码": "520502103003"} for row in two_households()]
    rows[3] |= {"区划代码": "520502103209", "院落编号": "LS-001"}
    report = import_rows(tmp_path, rows, county, headings=[*HEADINGS, "区划代码"], division="520502103")
    assert report.outcome is Outcome.APPLIED
    assert set(rows_of(Household).values_list("household_no", "division_code")) == {
        ("001", VILLAGE),
        ("002", "520502103209"),
    }
