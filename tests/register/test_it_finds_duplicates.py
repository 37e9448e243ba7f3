"""Two records of one person: found with a reason, merged into one that both ids lead to, or told apart for good."""

from datetime import date
from typing import Any

import pytest
from django.utils import translation

from tests.register.families import (
    LI_NUMBER,
    ON,
    WHO,
    courtyard,
    disagreements,
    household,
    make_families,
    members,
    rows_of,
)
from tests.register.ledgers import LATER, NOW, SIBLING, VILLAGE, id_number
from tests.register.tables import dump_figures, dump_register, dump_search
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.history.models import Revision
from xiaoyuan.register.actions import family
from xiaoyuan.register.actions.duplicates import mark_distinct, merge_persons
from xiaoyuan.register.actions.family import NewMember
from xiaoyuan.register.actions.undoing import take_back
from xiaoyuan.register.errors import ChoiceNeeded, HeadNeeded, PersonGone, RowChanged, SamePerson
from xiaoyuan.register.models import (
    County,
    DistinctPersons,
    Employment,
    Membership,
    Person,
    PolicyTag,
    Residence,
)
from xiaoyuan.register.queries.duplicates import find_duplicates, is_near, surviving
from xiaoyuan.register.setup import remove_sample
from xiaoyuan.vault.actions import find_subjects, put_many, read_masked

pytestmark = pytest.mark.django_db
EVERYTHING = Scope.everything()


@pytest.fixture(autouse=True)
def county() -> County:
    return make_families()


def add(values: dict[str, Any], number: str = "001", relation: str = "97", **options: Any) -> Person:
    row = household(number)
    return family.add_member(
        household=row,
        row_version=row.row_version,
        member=NewMember(values, relation, is_resident=True, **options),
        **WHO,
    )


def found() -> list[tuple[str, str]]:
    return [(one.first.person.name, one.second.person.name) for one in find_duplicates(EVERYTHING)]


def merge(kept: Person, merged: Person, **options: Any) -> Person:
    kept.refresh_from_db()
    merged.refresh_from_db()
    return merge_persons(kept=kept, merged=merged, **options, **WHO)


def secrets_of(row: Person) -> dict[str, str]:
    held = read_masked(
        county_id=row.county_id, subjects=[row.person_uid], names=["id_number", "phone", "bank_account"]
    )
    return {name: value.reveal() for name, value in held.get(row.person_uid, {}).items()}


def test_a_village_without_doubles_has_none() -> None:
    assert find_duplicates(EVERYTHING) == []


@pytest.mark.parametrize(
    ("values", "number", "options", "reasons"),
    [
        ({"name": "王芳", "birth_date": date(1970, 8, 1)}, "002", {}, {"姓名相同", "出生日期相同"}),
        ({"name": "王芳"}, "001", {}, {"姓名相同", "同一户"}),
        ({"name": "王方", "birth_date": date(1970, 8, 1)}, "001", {}, {"姓名相近", "同一户"}),
        ({"name": "张小名", "birth_date": date(2012, 3, 3)}, "001", {}, {"姓名相近"}),
        ({"name": "张三"}, "002", {"secrets": {"phone": "10012345678"}}, {"姓名相同", "电话相同"}),
    ],
)  # fmt: skip
def test_it_finds_what_may_be_one_person(
    values: dict[str, Any], number: str, options: dict[str, Any], reasons: set[str]
) -> None:
    added = add(values, number, **options)
    (pair,) = find_duplicates(EVERYTHING)
    assert pair.second.person == added
    with translation.override("zh-hans"):
        (pair,) = find_duplicates(EVERYTHING)
    assert reasons <= set(pair.reasons)
    assert 50 <= pair.score < 100
    assert find_duplicates(Scope.below(VILLAGE)) != []
    assert find_duplicates(Scope.below(SIBLING)) == []


def test_the_same_number_is_certain(county: County) -> None:
    other = add({"name": "李大"}, "001")
    put_many(
        county_id=county.pk,
        values={other.person_uid: {"id_number": LI_NUMBER}},
        indexed=("id_number",),
        now=NOW,
    )
    for scope in (EVERYTHING, Scope.below(VILLAGE)):
        (pair,) = find_duplicates(scope)
        assert (pair.score, pair.second.masked_id[0]) == (100, "9")
    assert find_duplicates(Scope.below(SIBLING)) == []


def test_twins_and_namesakes_with_their_own_numbers_are_two() -> None:
    born = date(2012, 3, 3)
    add({"name": "张小亮", "birth_date": born}, secrets={"id_number": id_number(born, 8, is_male=True)})
    other = date(1970, 8, 1)
    add(
        {"name": "王芳", "birth_date": other},
        "002",
        secrets={"id_number": id_number(other, 9, is_male=False)},
    )
    assert found() == []


def test_groups_of_more_than_two_are_found() -> None:
    for _time in range(3):
        add({"name": "王芳", "birth_date": date(1970, 8, 1)}, "002")
    assert len(found()) == 6


def test_dismissed_merged_and_dead_are_not_shown_again() -> None:
    one = add({"name": "王芳", "birth_date": date(1970, 8, 1)}, "002")
    two = add({"name": "李四"}, "002")
    three = add({"name": "张小明", "birth_date": date(2012, 3, 3)}, "002")
    assert len(found()) == 3
    wang = rows_of(Person).get(name="王芳", pk__lt=one.pk)
    mark_distinct(first=one, second=wang, **WHO)
    mark_distinct(first=wang, second=one, **WHO)
    assert rows_of(DistinctPersons).count() == 1
    merge(rows_of(Person).get(name="李四", pk__lt=two.pk), two)
    three.refresh_from_db()
    family.record_death(person=three, row_version=three.row_version, on=ON, **WHO)
    assert found() == []


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("张伟", "章伟", True), ("张伟", "张维", True), ("张小明", "张晓明", True), ("欧阳娜", "欧阳丽", True),
        ("张伟", "李强", False), ("张伟", "张强", False), ("张小明", "张明", True), ("张", "李", False),
        ("", "张", False),
        ("王芳", "王芳", False), ("张小明", "李小红", False),
    ],
)  # fmt: skip
def test_near_names(one: str, other: str, near: bool) -> None:
    assert is_near(one, other) is near
    assert is_near(other, one) is near


def double_of_li() -> tuple[Person, Person]:
    """Old Li again in his sibling village's household 009, with what the first record does not know."""
    county_id = household("001").county_id
    family.create_household(
        division_code=SIBLING,
        county_id=county_id,
        household_no="009",
        values={"courtyard_id": courtyard("LS-001").pk},
        members=[
            NewMember({"name": "周一"}, "02", is_resident=True),
            NewMember(
                {"name": "李四", "health": "一般", "work_months": 2, "extra": {"b": "2"}},
                "97",
                tags={"大病": "", "党员": ""},
                secrets={"phone": "10000000009", "bank_account": "622"},
            ),
        ],
        is_sample=True,
        **WHO,
    )
    first, second = rows_of(Person).filter(name="李四").order_by("pk")
    home = {"division_code": SIBLING, "is_sample": True, "created_at": NOW, "updated_at": NOW}
    Employment.objects.create(person=second, county_id=county_id, place="贵阳", since=ON, **home)
    return first, second


def test_both_ids_lead_to_the_kept_record_and_nothing_is_lost(county: County) -> None:
    first, second = double_of_li()
    kept = merge(first, second)
    second.refresh_from_db()
    assert surviving(second) == kept
    assert (kept.health, kept.work_months, kept.extra, kept.division_code) == ("一般", 2, {"b": "2"}, VILLAGE)
    assert members("009") == {"周一": "02"}
    assert rows_of(Membership).get(person=second).left_as == "duplicate"
    tags = rows_of(PolicyTag).filter(until__isnull=True, person__name="李四")
    assert set(tags.values_list("tag", "person_id", "division_code")) == {
        ("大病", kept.pk, VILLAGE),
        ("党员", kept.pk, VILLAGE),
    }
    assert rows_of(Employment).get().person_id == kept.pk
    assert not rows_of(Residence).filter(person=second, until__isnull=True).exists()
    assert secrets_of(kept) == {"id_number": LI_NUMBER, "phone": "10000000009", "bank_account": "622"}
    assert secrets_of(second) == {}
    assert disagreements(county) == {}
    with pytest.raises(PersonGone):
        merge(kept, second)


def test_a_merge_is_taken_back_exactly(county: County) -> None:
    first, second = double_of_li()
    before, counted = dump_register(), dump_figures()
    kept = merge(second, first)  # the older record goes, and its household with it
    assert household("002").closed_on == NOW.date()
    assert kept.division_code == SIBLING
    assert disagreements(county) == {}
    take_back(Revision.objects.latest("pk").pk, WHO["actor"], LATER)
    assert dump_register() == before
    assert dump_figures() == counted
    assert disagreements(county) == {}


def test_values_of_the_vault_that_differ_are_chosen_first(county: County) -> None:
    first, second = double_of_li()
    number = id_number(date(1948, 1, 9), 33, is_male=True)
    put_many(
        county_id=county.pk,
        values={second.person_uid: {"id_number": number}},
        indexed=("id_number",),
        now=NOW,
    )
    with pytest.raises(ChoiceNeeded) as refused:
        merge(first, second)
    assert refused.value.fields == ("id_number",)
    before = dump_register()
    kept = merge(first, second, secrets={"id_number": second.pk})
    assert secrets_of(kept)["id_number"] == number
    holders = find_subjects(county_id=county.pk, name="id_number", values=[number, LI_NUMBER])
    second.refresh_from_db()
    assert holders == {number: [kept.person_uid], LI_NUMBER: [second.person_uid]}
    take_back(Revision.objects.latest("pk").pk, WHO["actor"], LATER)
    assert dump_register() == before


def test_a_record_within_the_household_takes_over_its_head() -> None:
    double = add({"name": "张三"}, "001")
    zhang = rows_of(Person).get(name="张三", pk__lt=double.pk)
    with pytest.raises(HeadNeeded):
        merge(double, zhang)
    merge(double, zhang, relation_to_head="02")
    assert members("001") == {"张三": "02", "王芳": "10", "张小明": "20"}


def test_a_merge_needs_two_records_as_they_were_read() -> None:
    first, second = double_of_li()
    with pytest.raises(SamePerson):
        merge_persons(kept=first, merged=first, **WHO)
    second.row_version += 1
    with pytest.raises(RowChanged):
        merge_persons(kept=first, merged=second, **WHO)


def test_a_sample_with_merged_records_can_be_removed() -> None:
    first, second = double_of_li()
    merge(first, second)
    remove_sample(**WHO)
    assert not rows_of(Person).exists()
    assert dump_search() == set()
