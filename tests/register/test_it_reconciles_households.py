"""A second ledger of a village: who moved, who is absent, what was decided, what was left out; and taking it back."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.register.ledgers import (
    LATER,
    SIBLING,
    Cells,
    id_number,
    import_rows,
    make_village,
    person,
    two_households,
)
from tests.register.reconciling import absent_of, choose, disagreeing, row_of, staged, taken_back, written
from tests.register.tables import dump_figures, dump_register
from xiaoyuan.intake.batch_errors import RowsUndecided
from xiaoyuan.intake.models import Decision, StagedRow
from xiaoyuan.intake.pipeline import Outcome
from xiaoyuan.register.errors import HouseholdWithoutHead, TwoHeads
from xiaoyuan.register.models import County, Household, Membership, Person, PolicyTag, Residence

pytestmark = pytest.mark.django_db
ZHANG, WANG, CHILD, LI = range(4)


@pytest.fixture
def county() -> County:
    return make_village()


def rows_of(model: Any) -> Any:
    return model.objects.unscoped("a test looks at everything")


def families() -> dict[str, dict[str, str]]:
    """Return the open memberships: names with relations, by household number."""
    found: dict[str, dict[str, str]] = {}
    for one in rows_of(Membership).filter(until__isnull=True).select_related("person", "household"):
        found.setdefault(one.household.household_no, {})[one.person.name] = one.relation_to_head
    return found


def changed_since(before: dict[str, Any]) -> set[str]:
    """Return the tables that differ, but for keys of imports, which come with every file and stay."""
    after = dump_register()
    return {table for table in before if before[table] != after[table]} - {"vault.SubjectKey"}


# Splitting and merging


def grown_up() -> list[Cells]:
    rows = two_households()
    rows.insert(3, person("张大明", "子", date(1994, 3, 3), 户号="001", 政策标签="党员", 是否常住="是"))
    return rows


def test_a_household_that_splits_keeps_its_people(tmp_path: Path, county: County) -> None:
    import_rows(tmp_path, grown_up(), county)
    before, figures = dump_register(), dump_figures()
    rows = grown_up()
    rows[3] |= {"户号": "003", "与户主关系": "户主"}
    rows.append(person("赵氏", "配偶", date(1995, 5, 5), is_male=False, 户号="003"))
    batch = staged(tmp_path, rows, county, now=LATER)
    assert batch.counts == {"same": 4, "changed": 1, "new": 1}
    assert absent_of(batch) == {}
    written(batch, LATER)
    assert families()["003"] == {"张大明": "02", "赵氏": "10"}
    assert "张大明" not in families()["001"]
    old = rows_of(Membership).get(person__name="张大明", until__isnull=False)
    assert (old.household.household_no, old.until, old.left_as) == ("001", LATER.date(), "split")
    assert rows_of(Person).count() == 6
    assert disagreeing(county) == 0
    assert staged(tmp_path, rows, county, now=LATER).counts == {"same": 6}
    taken_back(batch, LATER)
    assert dump_figures() == figures
    assert changed_since(before) == set()


def test_households_merge_into_a_known_one(tmp_path: Path, county: County) -> None:
    import_rows(tmp_path, two_households(), county)
    rows = two_households()
    rows[LI] |= {"户号": "001", "与户主关系": "父", "院落编号": None, "住房面积": None, "耕地面积(亩)": None}
    batch = staged(tmp_path, rows, county, now=LATER)
    assert batch.counts == {"same": 3, "changed": 1}
    written(batch, LATER)
    assert families() == {"001": {"张三": "02", "王芳": "10", "张小明": "20", "李四": "51"}}
    gone = rows_of(Household).get(household_no="002")
    assert (gone.closed_on, gone.merged_into.household_no) == (LATER.date(), "001")
    assert disagreeing(county) == 0


def test_a_head_who_moves_leaves_a_new_head(tmp_path: Path, county: County) -> None:
    import_rows(tmp_path, two_households(), county)
    rows = two_households()
    rows[ZHANG] |= {"户号": "002", "与户主关系": "子", "院落编号": None, "组别": None, "政策标签": None}
    rows[WANG] |= {"与户主关系": "户主"}
    written(staged(tmp_path, rows, county, now=LATER), LATER)
    assert families() == {"001": {"王芳": "02", "张小明": "20"}, "002": {"李四": "02", "张三": "20"}}
    assert disagreeing(county) == 0


# Deciding


def test_a_person_of_another_village_joins_when_somebody_says_so(tmp_path: Path, county: County) -> None:
    import_rows(tmp_path, two_households(), county)
    moved = two_households()[WANG] | {"户号": "009", "与户主关系": "户主", "院落编号": "LS-001"}
    batch = staged(tmp_path, [moved], county, division=SIBLING, now=LATER)
    row = row_of(batch, 3)
    wang = rows_of(Person).get(name="王芳")
    assert (row.verdict, row.candidates) == ("ambiguous", [wang.pk])
    with pytest.raises(RowsUndecided):
        written(batch, LATER)
    choose(batch, row, Decision.USE_CANDIDATE, wang.pk)
    written(batch, LATER)
    wang.refresh_from_db()
    assert wang.division_code == SIBLING
    assert families()["009"] == {"王芳": "02"}
    residences = rows_of(Residence).filter(person=wang, until__isnull=True)
    assert set(residences.values_list("division_code", "courtyard__code")) == {(SIBLING, "LS-001")}
    assert disagreeing(county) == 0


def test_a_number_that_somebody_has_makes_nobody_new(tmp_path: Path, county: County) -> None:
    import_rows(tmp_path, two_households(), county)
    moved = two_households()[LI] | {"户号": "003"}
    batch = staged(tmp_path, [moved], county)
    choose(batch, row_of(batch, 3), Decision.AS_NEW)
    with pytest.raises(RowsUndecided):
        written(batch)
    assert row_of(batch, 3).verdict == "error"
    assert rows_of(Person).count() == 4


@pytest.mark.parametrize(("choice", "people"), [(Decision.AS_NEW, 3), (Decision.USE_CANDIDATE, 2)])
def test_a_namesake_is_one_or_another(tmp_path: Path, county: County, choice: Decision, people: int) -> None:
    headings = ["户号", "姓名", "与户主关系", "身份证号", "出生日期"]
    head = {
        "户号": "002",
        "姓名": "李四",
        "与户主关系": "户主",
        "身份证号": id_number(date(1948, 1, 9), 1, is_male=True),
    }
    child = {"户号": "002", "姓名": "李小花", "与户主关系": "孙女", "出生日期": "2025-11-03"}
    import_rows(tmp_path, [head, child], county, headings=headings)
    batch = staged(tmp_path, [head, child | {"出生日期": "2025-11-13"}], county, headings=headings)
    row = row_of(batch, 4)
    known = rows_of(Person).get(name="李小花")
    assert (row.verdict, row.candidates) == ("ambiguous", [known.pk])
    choose(batch, row, choice, known.pk if choice == Decision.USE_CANDIDATE else None)
    written(batch)
    assert rows_of(Person).count() == people
    known.refresh_from_db()
    assert known.birth_date == (date(2025, 11, 13) if choice == Decision.USE_CANDIDATE else date(2025, 11, 3))


def test_a_row_left_out_takes_its_household_along(tmp_path: Path, county: County) -> None:
    rows = two_households()
    rows[WANG]["身份证号"] = "123"
    batch = staged(tmp_path, rows, county)
    assert batch.counts == {"error": 1, "new": 3}
    choose(batch, row_of(batch, 4), Decision.LEAVE_OUT)
    written(batch)
    assert families() == {"002": {"李四": "02"}}


def test_nobody_of_a_household_left_out_is_absent(tmp_path: Path, county: County) -> None:
    import_rows(tmp_path, two_households(), county)
    rows = two_households()[:2]
    rows[ZHANG]["联系电话"] = "1"
    batch = staged(tmp_path, rows, county)
    assert set(absent_of(batch)) == {"张小明", "李四"}
    choose(batch, row_of(batch, 3), Decision.LEAVE_OUT)
    child = absent_of(batch)["张小明"]
    choose(batch, child, Decision.MOVED_OUT)
    written(batch)
    assert len(families()["001"]) == 3  # the household waits as a whole


# Absent


def test_the_absent_are_listed_and_kept_unless_somebody_decides(tmp_path: Path, county: County) -> None:
    import_rows(tmp_path, two_households(), county)
    batch = staged(tmp_path, two_households()[:2], county)
    assert batch.counts == {"same": 2, "absent": 2}
    assert set(absent_of(batch)) == {"张小明", "李四"}
    written(batch)
    assert len(rows_of(Membership).filter(until__isnull=True)) == 4


def test_whoever_died_or_moved_out_leaves_with_tags_and_residences(tmp_path: Path, county: County) -> None:
    import_rows(tmp_path, two_households(), county)
    before, figures = dump_register(), dump_figures()
    batch = staged(tmp_path, two_households()[:2], county, now=LATER)
    absent = absent_of(batch)
    choose(batch, absent["李四"], Decision.DECEASED)
    choose(batch, absent["张小明"], Decision.MOVED_OUT)
    written(batch, LATER)
    li, child = rows_of(Person).get(name="李四"), rows_of(Person).get(name="张小明")
    assert (li.is_deceased, child.is_deceased) == (True, False)
    assert families() == {"001": {"张三": "02", "王芳": "10"}}
    reasons = dict(rows_of(Membership).filter(until__isnull=False).values_list("person__name", "left_as"))
    assert reasons == {"李四": "death", "张小明": "moved_out"}
    assert not rows_of(Residence).filter(person__in=[li, child], until__isnull=True).exists()
    assert not rows_of(PolicyTag).filter(person__in=[li, child], until__isnull=True).exists()
    assert rows_of(Household).get(household_no="002").closed_on == LATER.date()
    assert disagreeing(county) == 0
    assert StagedRow.objects.get(pk=absent["李四"].pk).object_id == li.pk
    assert staged(tmp_path, two_households()[:2], county).counts == {"same": 2}
    taken_back(batch, LATER)
    assert dump_figures() == figures
    assert changed_since(before) == set()


def test_the_dead_do_not_come_back_by_a_ledger(tmp_path: Path, county: County) -> None:
    import_rows(tmp_path, two_households(), county)
    batch = staged(tmp_path, two_households()[:3], county)
    choose(batch, absent_of(batch)["李四"], Decision.DECEASED)
    written(batch)
    batch = staged(tmp_path, two_households(), county)
    assert row_of(batch, 6).verdict == "error"


def test_a_new_head_waits_until_the_old_one_left(tmp_path: Path, county: County) -> None:
    import_rows(tmp_path, two_households(), county)
    newcomer = person("李五", "户主", date(1975, 2, 2), 户号="002", 院落编号="SY-002")
    rows = [*two_households()[:3], newcomer]
    batch = staged(tmp_path, rows, county)
    li = rows_of(Person).get(name="李四")
    assert row_of(batch, 6).candidates == [li.pk]
    choose(batch, row_of(batch, 6), Decision.AS_NEW)
    with pytest.raises(TwoHeads):
        written(batch)
    assert families()["002"] == {"李四": "02"}


def test_nobody_is_left_without_a_head(tmp_path: Path, county: County) -> None:
    import_rows(tmp_path, two_households(), county)
    batch = staged(tmp_path, two_households()[3:], county)
    choose(batch, absent_of(batch)["张三"], Decision.DECEASED)
    with pytest.raises(HouseholdWithoutHead):
        written(batch)
    assert not rows_of(Person).get(name="张三").is_deceased


def test_only_villages_of_the_file_have_absent_people(tmp_path: Path, county: County) -> None:
    import_rows(tmp_path, two_households(), county)
    import_rows(tmp_path, [person("周五", "户主", date(1960, 1, 1), 户号="001")], county, division=SIBLING)
    batch = staged(tmp_path, two_households()[:3], county)
    assert set(absent_of(batch)) == {"李四"}


# Without household numbers


def numberless() -> list[Cells]:
    return [{key: value for key, value in row.items() if key != "户号"} for row in two_households()]


HEADINGS = ["姓名", "性别", "身份证号", "与户主关系", "是否常住", "出生日期"]


def test_families_without_a_number_never_merge(tmp_path: Path, county: County) -> None:
    report = import_rows(tmp_path, numberless(), county, headings=HEADINGS)
    assert (report.outcome, report.counts) == (Outcome.APPLIED, {"new": 4})
    assert [problem.row_number for problem in report.problems] in ([], [3, 6])  # the numbers they got
    assert families() == {
        "0001": {"张三": "02", "王芳": "10", "张小明": "20"},
        "0002": {"李四": "02"},
    }
    assert import_rows(tmp_path, numberless(), county, headings=HEADINGS).counts == {"same": 4}


def test_families_without_a_number_are_known_by_their_people(tmp_path: Path, county: County) -> None:
    import_rows(tmp_path, two_households(), county)
    rows = list(reversed(numberless()))
    rows = [rows[0], *reversed(rows[1:])]
    fresh = [{"姓名": "周五", "与户主关系": "户主", "出生日期": "1960-01-01"}]
    assert import_rows(tmp_path, rows + fresh, county, headings=HEADINGS).counts == {"same": 4, "new": 1}
    assert families()["003"] == {"周五": "02"}
    # Nobody's number names him: the name and birth of a head do.
    assert import_rows(tmp_path, rows + fresh, county, headings=HEADINGS).counts == {"same": 5}


def test_rows_above_the_first_head_belong_to_nobody(tmp_path: Path, county: County) -> None:
    report = import_rows(tmp_path, numberless()[1:], county, headings=HEADINGS)
    assert [
        (problem.row_number, problem.column) for problem in report.problems if problem.row_number < 5
    ] == [
        (3, "与户主关系"),
        (4, "与户主关系"),
    ]
    assert report.outcome is Outcome.REFUSED


def test_two_heads_of_one_name_need_a_number(tmp_path: Path, county: County) -> None:
    twins = [{"姓名": "李四", "与户主关系": "户主", "户号": number} for number in ("001", "002")]
    import_rows(tmp_path, twins, county, headings=["户号", *HEADINGS])
    report = import_rows(tmp_path, [{"姓名": "李四", "与户主关系": "户主"}], county, headings=HEADINGS)
    assert [(problem.row_number, problem.column) for problem in report.problems if problem.column] == [
        (3, "姓名")
    ]
    assert len(families()) == 2
