"""How ledgers write relations, disability cards and totals; what is impossible in them and what only unlikely."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.register.ledgers import Cells, id_number, import_rows, make_village, person, said
from tests.register.reconciling import row_of, staged
from xiaoyuan.intake.pipeline import Outcome
from xiaoyuan.register.models import County, Household, Membership, Person, PolicyTag
from xiaoyuan.vault.actions import read_masked

pytestmark = pytest.mark.django_db
HEADINGS = (
    "户号", "户主姓名", "姓名", "与户主关系", "性别", "身份证号", "残疾证号", "民族", "住址", "家庭人口数", "残疾人",
    "耕地面积(亩)", "水田面积(亩)", "旱地面积(亩)",
)  # fmt: skip


@pytest.fixture
def county() -> County:
    return make_village()


def rows_of(model: Any) -> Any:
    return model.objects.unscoped("a test looks at everything")


def family(*relations: str) -> list[Cells]:
    """A head of 1970, then people of an age that fits."""
    born = {"配偶": date(1971, 1, 1), "父": date(1945, 1, 1)}
    rows = []
    for at, relation in enumerate(relations):
        is_male = at in (0, 2)
        birth = date(1970, 1, 1) if at == 0 else born.get(relation, date(1972 if at == 1 else 1998, 1, 1))
        rows.append(person(f"赵{'一二三四五'[at]}", relation, birth, at + 1, is_male=is_male, 户号="001"))
    return rows


def bring(tmp_path: Path, rows: list[Cells], county: County) -> Any:
    return import_rows(tmp_path, rows, county, headings=HEADINGS)


@pytest.mark.parametrize(
    "words",
    [
        ("户主", "之妻", "长子"),
        ("01", "12", "22"),
        ("02", "12", "22"),
        ("0", "1", "2"),
        ("1", "2", "3"),
        ("01", "02", "03"),
        ("01-户主", "2-配偶", "3 之子"),
        ("户主(本人)", "配偶10", "20.子"),
    ],
)
def test_relations_are_read_in_every_list_of_codes(
    tmp_path: Path, county: County, words: tuple[str, ...]
) -> None:
    assert bring(tmp_path, family(*words), county).outcome is Outcome.APPLIED
    found = rows_of(Membership).order_by("person__name").values_list("person__name", "relation_to_head")
    codes = {code[0] for _name, code in found}
    assert codes == {"0", "1", "2"}
    assert rows_of(Membership).get(relation_to_head="02").person.name == "赵一"


def test_a_number_that_may_mean_two_things_is_asked_for(tmp_path: Path, county: County) -> None:
    # 10 is the spouse in one list and a granddaughter in another, and both lists have one head here.
    report = bring(tmp_path, family("01", "10"), county)
    assert (report.outcome, said(report)) == (Outcome.REFUSED, [(3, "与户主关系"), (4, "与户主关系")])


def test_a_disability_card_is_read_and_sealed(tmp_path: Path, county: County) -> None:
    number = id_number(date(1970, 1, 1), 1, is_male=True)
    rows = family("户主")
    rows[0] |= {"身份证号": None, "残疾证号": number.lower() + "43B1", "民族": "穿青人", "住址": "一组 3 号"}
    assert bring(tmp_path, rows, county).counts == {"new": 1}
    one = rows_of(Person).get()
    held = read_masked(county_id=county.pk, subjects=[one.person_uid], names=["id_number", "disability_card"])
    assert {name: value.reveal() for name, value in held[one.person_uid].items()} == {
        "id_number": number,
        "disability_card": number + "43B1",
    }
    assert rows_of(PolicyTag).get().detail == {"stated": "肢体三级"}
    assert (one.ethnicity, rows_of(Household).get().extra) == ("穿青人", {"住址": "一组 3 号"})
    assert bring(tmp_path, rows, county).counts == {"same": 1}


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"残疾证号": id_number(date(1970, 1, 1), 9, is_male=True) + "43"}, "残疾证号"),
        ({"残疾证号": id_number(date(1970, 1, 1), 1, is_male=True) + "93"}, "残疾证号"),
        ({"残疾证号": id_number(date(1970, 1, 1), 1, is_male=True) + "43", "残疾人": "否"}, "残疾人"),
        ({"户主姓名": "钱六"}, "户主姓名"),
    ],
)
def test_what_cannot_be_together_is_an_error(
    tmp_path: Path, county: County, cells: Cells, column: str
) -> None:
    rows = family("户主", "配偶")
    rows[0] |= cells
    report = bring(tmp_path, rows, county)
    assert (report.outcome, said(report)) == (Outcome.REFUSED, [(3, column)])


@pytest.mark.parametrize(
    ("relation", "is_male"), [("子", False), ("女", True), ("儿媳", True), ("父", False)]
)
def test_a_relation_of_another_sex_is_an_error(
    tmp_path: Path, county: County, relation: str, is_male: bool
) -> None:
    birth = date(1940, 1, 1) if relation == "父" else date(2000, 1, 1)
    rows = [*family("户主"), person("赵二", relation, birth, is_male=is_male, 户号="001")]
    assert said(bring(tmp_path, rows, county)) == [(4, "与户主关系")]


@pytest.mark.parametrize(
    ("relation", "born", "is_noted"),
    [
        ("子", date(1982, 1, 1), False),
        ("子", date(1981, 1, 1), True),
        ("子", date(1960, 1, 1), True),
        ("养子", date(1979, 1, 1), False),
        ("父", date(1958, 1, 1), False),
        ("父", date(1959, 1, 1), True),
        ("孙子", date(1990, 1, 1), True),
        ("孙子", date(1994, 1, 1), False),
        ("祖父", date(1950, 1, 1), True),
        ("弟", date(1999, 1, 1), False),
    ],
)
def test_an_unlikely_age_is_a_note(
    tmp_path: Path, county: County, relation: str, born: date, is_noted: bool
) -> None:
    rows = [*family("户主"), person("赵二", relation, born, 户号="001")]
    found = row_of(staged(tmp_path, rows, county, headings=HEADINGS), 4)
    assert (found.verdict, [message["column"] for message in found.messages]) == (
        "new",
        ["与户主关系"] if is_noted else [],
    )


def test_totals_that_do_not_fit_are_notes(tmp_path: Path, county: County) -> None:
    rows = family("户主", "配偶")
    rows[0] |= {"家庭人口数": 4, "耕地面积(亩)": 5, "水田面积(亩)": "2亩", "旱地面积(亩)": 2}
    found = row_of(staged(tmp_path, rows, county, headings=HEADINGS), 3)
    assert (found.verdict, [message["column"] for message in found.messages]) == (
        "new",
        ["家庭人口数", "耕地面积(亩)"],
    )
