"""Planted errors in a household ledger: each is said at its row and column, none is invented, nothing is written."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.register.ledgers import (
    HEADINGS,
    SIBLING,
    Cells,
    id_number,
    import_rows,
    make_village,
    person,
    said,
    two_households,
)
from xiaoyuan.intake.models import StagedRow
from xiaoyuan.intake.pipeline import Outcome
from xiaoyuan.register.imports.ledgers.villages import DivisionUnclear
from xiaoyuan.register.models import County, Household, Person
from xiaoyuan.vault.models import VaultField

pytestmark = pytest.mark.django_db
ZHANG, WANG, CHILD, LI = range(4)


@pytest.fixture
def county() -> County:
    return make_village()


def persons() -> int:
    return Person.objects.unscoped("a test counts").count()


def wrong_check(rows: list[Cells]) -> None:
    number = rows[ZHANG]["身份证号"]
    rows[ZHANG]["身份证号"] = number[:-1] + ("0" if number[-1] != "0" else "1")


def setting(row: int, **cells: Any) -> Callable[[list[Cells]], None]:
    return lambda rows: rows[row].update(cells)


@pytest.mark.parametrize(
    ("plant", "expected"),
    [
        (wrong_check, [(3, "身份证号")]),
        (setting(ZHANG, 身份证号=9.90001196805200e17), [(3, "身份证号")]),
        (setting(ZHANG, 身份证号="990001680520123"), [(3, "身份证号")]),
        (setting(ZHANG, 身份证号=id_number(date(1968, 5, 20), 1, is_male=True) + "43"), [(3, "身份证号")]),
        (setting(ZHANG, 身份证号=id_number(date(2030, 5, 20), 1, is_male=True)), [(3, "身份证号")]),
        (
            setting(ZHANG, 身份证号=id_number(date(1968, 5, 20), 1, is_male=True, area="520502")),
            [(3, "身份证号")],
        ),
        (setting(ZHANG, 性别="女"), [(3, "性别")]),
        (setting(ZHANG, 出生日期="1968-05-21"), [(3, "出生日期")]),
        (setting(ZHANG, 出生日期="1968.6"), [(3, "出生日期")]),
        (setting(ZHANG, 出生日期="1968.5"), []),
        (setting(WANG, 出生日期="someday"), [(4, "出生日期")]),
        (setting(WANG, 与户主关系="户主"), [(3, "与户主关系"), (4, "与户主关系")]),
        (setting(ZHANG, 与户主关系="夫"), [(3, "与户主关系")]),
        (setting(ZHANG, 与户主关系="本人"), []),
        (setting(LI, 与户主关系="邻居"), [(6, "与户主关系")]),
        (setting(LI, 户号=None), [(6, "户号")]),
        (setting(LI, 姓名="　"), [(6, "姓名")]),
        (setting(LI, 院落编号="SY-999"), [(6, "院落编号")]),
        (setting(LI, 院落编号="LS-001"), [(6, "院落编号")]),
        (setting(WANG, 院落编号="SY-002"), [(4, "院落编号")]),
        (setting(WANG, 组别="二组"), [(4, "组别")]),
        (setting(LI, 联系电话="12345"), [(6, "联系电话")]),
        (setting(LI, 务工时间="14个月"), [(6, "务工时间")]),
        (setting(LI, 住房面积="large"), [(6, "住房面积")]),
        (setting(LI, 文化程度="看得懂报纸"), [(6, "文化程度")]),
        (setting(LI, 低保="否", 政策标签="低保"), [(6, "低保")]),
        (setting(LI, 区划代码="520502104001"), [(6, "区划代码")]),
        (setting(LI, 区划代码="52050210300"), [(6, "区划代码")]),
        (setting(LI, 区划代码="520502103003"), []),
        (
            lambda rows: rows.append(dict(rows[LI])),
            [(6, "身份证号"), (6, "与户主关系"), (7, "身份证号"), (7, "与户主关系")],
        ),
        (lambda rows: rows.append(rows[LI] | {"户号": "003"}), [(6, "身份证号"), (7, "身份证号")]),
    ],
)
def test_a_planted_error_is_said_where_it_is(
    tmp_path: Path,
    county: County,
    plant: Callable[[list[Cells]], None],
    expected: list[tuple[int, str]],
) -> None:
    rows = two_households()
    plant(rows)
    report = import_rows(tmp_path, rows, county, headings=[*HEADINGS, "出生日期", "区划代码"])
    assert sorted(said(report)) == sorted(expected)
    assert report.outcome is (Outcome.REFUSED if expected else Outcome.APPLIED)
    assert persons() == (0 if expected else 4)
    assert report.counts.get("error", 0) == len({row for row, _column in expected})


def test_all_errors_are_listed_at_once(tmp_path: Path, county: County) -> None:
    rows = two_households()
    wrong_check(rows)
    rows[LI] |= {"院落编号": "SY-999", "联系电话": "1"}
    report = import_rows(tmp_path, rows, county)
    assert sorted(said(report)) == [(3, "身份证号"), (6, "联系电话"), (6, "院落编号")]
    assert not VaultField.objects.exists()
    assert StagedRow.objects.filter(verdict="error").count() == 2


def test_no_problem_quotes_a_personal_value(tmp_path: Path, county: County) -> None:
    rows = two_households()
    wrong_check(rows)
    rows[WANG] |= {"联系电话": "99999", "姓名": "12"}
    report = import_rows(tmp_path, rows, county)
    text = " ".join(problem.text for problem in report.problems)
    assert len(report.problems) == 3
    assert all(value not in text for value in (rows[ZHANG]["身份证号"], "99999", "张三"))


def test_sample_numbers_need_the_sample_switch(tmp_path: Path, county: County) -> None:
    report = import_rows(tmp_path, two_households(), county, is_sample=False)
    # Its courtyards are the sample's too: nobody real is put into one.
    assert {column for _row, column in said(report)} == {"身份证号", "院落编号"}
    assert report.counts == {"error": 4}


def test_a_sample_never_touches_a_real_household(tmp_path: Path, county: County) -> None:
    real = [{"户号": "002", "姓名": "周五", "与户主关系": "户主"}]
    assert import_rows(tmp_path, real, county, is_sample=False).outcome is Outcome.APPLIED
    report = import_rows(tmp_path, two_households(), county)
    assert said(report) == [(6, "户号")]


def test_a_ledger_of_a_township_needs_villages(tmp_path: Path, county: County) -> None:
    with pytest.raises(DivisionUnclear):
        import_rows(tmp_path, two_households(), county, division="520502103")
    rows = [
        row | {"区划代码": code}
        for row, code in zip(two_households(), [SIBLING, SIBLING, None, "520502103"], strict=True)
    ]
    for row in rows:
        row["院落编号"] = None
    report = import_rows(tmp_path, rows, county, division="520502103", headings=[*HEADINGS, "区划代码"])
    assert said(report) == [(5, "区划代码"), (6, "区划代码")]


# Who is who


def test_a_person_of_another_household_is_ambiguous(tmp_path: Path, county: County) -> None:
    import_rows(tmp_path, two_households(), county)
    moved = two_households()[LI] | {"户号": "003"}
    report = import_rows(tmp_path, [moved], county)
    assert (report.outcome, report.counts, said(report)) == (
        Outcome.REFUSED,
        {"ambiguous": 1, "absent": 3},
        [(3, "身份证号")],
    )
    assert "002" in report.problems[0].text  # the household in which the person is
    assert persons() == 4


def test_a_person_of_another_village_is_ambiguous(tmp_path: Path, county: County) -> None:
    import_rows(tmp_path, two_households(), county)
    moved = two_households()[LI] | {"院落编号": "LS-001"}
    report = import_rows(tmp_path, [moved], county, division=SIBLING)
    assert report.counts == {"ambiguous": 1}
    assert "520502103003" in report.problems[0].text


def test_a_person_without_a_number_is_known_by_name_and_birth(tmp_path: Path, county: County) -> None:
    headings = [*HEADINGS, "出生日期"]
    child = {"户号": "002", "姓名": "李小花", "与户主关系": "孙女", "性别": "女", "出生日期": "2025-11-03"}
    rows = [two_households()[LI], child]
    assert import_rows(tmp_path, rows, county, headings=headings).counts == {"new": 2}
    assert import_rows(tmp_path, rows, county, headings=headings).counts == {"same": 2}
    numbered = child | {"身份证号": id_number(date(2025, 11, 3), 7, is_male=False)}
    assert import_rows(tmp_path, [rows[0], numbered], county, headings=headings).counts == {
        "same": 1,
        "changed": 1,
    }
    assert import_rows(tmp_path, [rows[0], numbered], county, headings=headings).counts == {"same": 2}
    assert persons() == 2


def test_another_birth_date_of_a_namesake_is_ambiguous(tmp_path: Path, county: County) -> None:
    headings = [*HEADINGS, "出生日期"]
    child = {"户号": "002", "姓名": "李小花", "与户主关系": "孙女", "出生日期": "2025-11-03"}
    rows = [two_households()[LI], child]
    import_rows(tmp_path, rows, county, headings=headings)
    report = import_rows(tmp_path, [rows[0], child | {"出生日期": "2025-11-13"}], county, headings=headings)
    assert (report.counts, said(report)) == ({"same": 1, "ambiguous": 1}, [(4, "出生日期")])


def test_another_number_of_a_known_person_is_ambiguous(tmp_path: Path, county: County) -> None:
    import_rows(tmp_path, two_households(), county)
    rows = two_households()
    rows[LI]["身份证号"] = id_number(date(1948, 1, 9), 9, is_male=True)
    report = import_rows(tmp_path, rows, county)
    assert (report.counts, said(report)) == ({"same": 3, "ambiguous": 1}, [(6, "身份证号")])


def test_a_ledger_with_another_head_than_the_register_is_ambiguous(tmp_path: Path, county: County) -> None:
    import_rows(tmp_path, two_households(), county)
    newcomer = person("李五", "户主", date(1975, 2, 2), 户号="002", 院落编号="SY-002")
    report = import_rows(tmp_path, [newcomer], county)
    assert (report.counts, said(report)) == ({"ambiguous": 1, "absent": 3}, [(3, "与户主关系")])


def test_a_newcomer_joins_a_known_household_without_its_other_rows(tmp_path: Path, county: County) -> None:
    import_rows(tmp_path, two_households(), county)
    grandson = person("李小六", "孙子", date(2001, 2, 2), 户号="002")
    assert import_rows(tmp_path, [grandson], county).counts == {"new": 1, "absent": 4}
    assert Household.objects.unscoped("a test counts").count() == 2
