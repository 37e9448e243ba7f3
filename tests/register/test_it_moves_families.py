"""What families go through: who belongs where afterwards, what is refused, and that each step can be taken back."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from tests.register.families import (
    LI_NUMBER,
    ON,
    WHO,
    courtyard,
    disagreements,
    household,
    make_families,
    members,
    person,
    rows_of,
)
from tests.register.ledgers import (
    LATER,
    NOW,
    SIBLING,
    VILLAGE,
    id_number,
)
from tests.register.tables import dump_figures, dump_register
from xiaoyuan.audit.models import AuditEntry
from xiaoyuan.figures.actions import Delta, record
from xiaoyuan.history.models import Revision
from xiaoyuan.register.actions import family
from xiaoyuan.register.actions.family import NewMember
from xiaoyuan.register.actions.undoing import take_back
from xiaoyuan.register.errors import (
    AlreadyAway,
    AlreadyThere,
    Apart,
    DateUnfit,
    HeadNeeded,
    HeadStays,
    HouseholdClosed,
    HouseholdNumberTaken,
    IdNumberTaken,
    IdNumberUnfit,
    NobodyMoves,
    NoHousehold,
    NotAMember,
    NotAway,
    PersonGone,
    RegisterError,
    RelationUnknown,
    RowChanged,
    ValueNeeded,
)
from xiaoyuan.register.models import (
    ContractedParcel,
    County,
    Dwelling,
    Employment,
    Household,
    Membership,
    PolicyTag,
    Residence,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def county() -> Iterator[County]:
    """Two families; the figures must agree in the end, whatever a test did."""
    county = make_families()
    yield county
    assert disagreements(county) == {}


def new_household(number: str = "009", division: str = SIBLING) -> Household:
    return family.create_household(
        division_code=division,
        county_id=household("001").county_id,
        household_no=number,
        values={"courtyard_id": courtyard("LS-001").pk},
        members=[NewMember({"name": f"周{number}"}, "02", is_resident=True)],
        is_sample=True,
        **WHO,
    )


def move(name: str, to: str, relation: str = "97", **options: Any) -> None:
    row = person(name)
    values = {"row_version": row.row_version, "on": ON, **options}
    family.move_person(person=row, household=household(to), relation_to_head=relation, **values, **WHO)


def split(leaving: dict[str, str], number: str = "005", **options: Any) -> Household:
    row = household("001")
    return family.split_household(
        household=row,
        row_version=row.row_version,
        household_no=number,
        members={person(name).pk: relation for name, relation in leaving.items()},
        on=ON,
        **options,
        **WHO,
    )


def merge(kept: str, merged: str, relations: dict[str, str]) -> None:
    family.merge_households(
        kept=household(kept),
        merged=household(merged),
        relations={person(name).pk: relation for name, relation in relations.items()},
        on=ON,
        **WHO,
    )


def die(name: str, relations: dict[str, str] | None = None, on: date = ON) -> None:
    row = person(name)
    family.record_death(
        person=row,
        row_version=row.row_version,
        on=on,
        relations={person(other).pk: relation for other, relation in (relations or {}).items()},
        **WHO,
    )


def leave(name: str, since: date = ON, **options: Any) -> None:
    row = person(name)
    family.leave_for_work(
        person=row, row_version=row.row_version, place="广东东莞", since=since, **options, **WHO
    )


def give_birth(values: dict[str, Any], **options: Any) -> None:
    row = household("001")
    family.record_birth(
        household=row, row_version=row.row_version, values=values, relation_to_head="30", **options, **WHO
    )


def marry(name: str, to: str, relation: str = "38", **options: Any) -> None:
    row = household(to)
    family.marry_in(
        household=row,
        row_version=row.row_version,
        relation_to_head=relation,
        on=ON,
        person=person(name),
        **options,
        **WHO,
    )


def test_a_person_moves_to_another_village_with_tags_and_residences() -> None:
    new_household()
    uid = person("张小明").person_uid
    move("张小明", "009", joined_as="adoption", left_as="moved_out")
    moved = person("张小明")
    assert (moved.division_code, moved.person_uid) == (SIBLING, uid)
    assert "张小明" not in members("001")
    assert members("009") == {"周009": "02", "张小明": "97"}
    ended, begun = rows_of(Membership).filter(person=moved).order_by("pk")
    assert (ended.until, ended.left_as, begun.since, begun.joined_as) == (ON, "moved_out", ON, "adoption")
    tags = rows_of(PolicyTag).filter(person=moved, until__isnull=True)
    assert set(tags.values_list("tag", "division_code")) == {("留守儿童", SIBLING)}
    homes = rows_of(Residence).filter(person=moved, until__isnull=True)
    assert set(homes.values_list("kind", "division_code", "courtyard__code", "since")) == {
        ("registered", SIBLING, "LS-001", ON),
        ("actual", SIBLING, "LS-001", ON),
    }
    assert AuditEntry.objects.filter(action="register.move_person", object_id=moved.pk).count() == 1


def test_the_last_one_to_leave_closes_the_household() -> None:
    new_household()
    move("李四", "009", "99")
    closed = household("002")
    assert closed.closed_on == ON
    assert not rows_of(PolicyTag).filter(household=closed, until__isnull=True).exists()
    with pytest.raises(HouseholdClosed):
        move("王芳", "002", "02")


def test_a_head_who_moves_names_another_one() -> None:
    new_household()
    with pytest.raises(HeadNeeded):
        move("张三", "009")
    move("张三", "009", relations={person("王芳").pk: "02"})
    assert members("001") == {"王芳": "02", "张小明": "20"}


def test_a_household_moves_to_another_village() -> None:
    row = household("001")
    family.move_household(
        household=row, row_version=row.row_version, courtyard=courtyard("LS-001"), on=ON, **WHO
    )
    moved = household("001")
    assert (moved.division_code, moved.courtyard_id) == (SIBLING, courtyard("LS-001").pk)
    assert {person(name).division_code for name in members("001")} == {SIBLING}
    assert set(rows_of(PolicyTag).filter(until__isnull=True).values_list("division_code", flat=True)) <= {
        SIBLING,
        VILLAGE,
    }
    lives = rows_of(Residence).filter(person=person("王芳"), until__isnull=True)
    assert set(lives.values_list("courtyard__code", flat=True)) == {"LS-001"}
    away = rows_of(Residence).filter(person=person("张三"), kind="actual", until__isnull=True)
    assert not away.exists()  # he works away and does not come to live there because the family moved


def test_a_household_splits() -> None:
    made = split({"王芳": "02", "张小明": "20"})
    assert members("005") == {"王芳": "02", "张小明": "20"}
    assert members("001") == {"张三": "02"}
    assert (made.group, made.courtyard_id, made.division_code) == ("一组", courtyard("SY-001").pk, VILLAGE)
    # Same village, same courtyard: nobody's residence changed.
    assert not rows_of(Residence).filter(until__isnull=False).exists()


def test_households_merge_and_the_merged_one_leads_on(county: County) -> None:
    home = {
        "county": county,
        "division_code": VILLAGE,
        "is_sample": True,
        "created_at": NOW,
        "updated_at": NOW,
    }
    old, kept = household("002"), household("001")
    ContractedParcel.objects.create(household=old, parcel_code="5205021030030000001", **home)
    for owner, number in ((old, "1"), (old, "2"), (kept, "1")):
        Dwelling.objects.create(household=owner, dwelling_no=number, **home)
    # Written past the actions, so their figure has to be counted here.
    wrong = [
        Delta(key[0], key[1], fresh - kept_, key[2], key[3])
        for key, (kept_, fresh) in disagreements(county).items()
    ]
    record(county_id=county.pk, day=ON, deltas=wrong)
    merge("001", "002", {"李四": "51"})
    closed = household("002")
    assert (closed.closed_on, closed.merged_into_id) == (ON, kept.pk)
    assert members("001")["李四"] == "51"
    assert rows_of(ContractedParcel).get().household_id == kept.pk
    assert sorted(rows_of(Dwelling).values_list("household_id", "dwelling_no")) == sorted(
        [(old.pk, "1"), (kept.pk, "1"), (kept.pk, "2")]
    )


def test_a_death_ends_what_was_open_and_names_a_head() -> None:
    with pytest.raises(HeadNeeded):
        die("张三")
    die("张三", {"王芳": "02"})
    dead = person("张三")
    assert (dead.is_deceased, dead.died_on) == (True, ON)
    assert members("001") == {"王芳": "02", "张小明": "20"}
    for model in (Membership, Residence, PolicyTag):
        assert not rows_of(model).filter(person=dead, until__isnull=True).exists()
    with pytest.raises(PersonGone):
        move("张三", "002")


def test_a_child_is_born_and_a_bride_comes() -> None:
    give_birth({"name": "张小妹", "sex": "2", "birth_date": ON})
    child = rows_of(Membership).get(person=person("张小妹"))
    assert (child.since, child.joined_as, child.relation_to_head) == (ON, "birth", "30")
    row = household("001")
    bride = family.marry_in(
        household=row,
        row_version=row.row_version,
        relation_to_head="38",
        on=ON,
        values={"name": "陈燕"},
        secrets={"id_number": id_number(date(1998, 2, 2), 7, is_male=False)},
        **WHO,
    )
    bride.refresh_from_db()
    assert (bride.sex, bride.birth_date) == ("2", date(1998, 2, 2))
    new_household()
    marry("陈燕", "009")
    assert rows_of(Membership).get(person=bride, until__isnull=False).left_as == "marriage"


def test_somebody_leaves_for_work_and_comes_back() -> None:
    leave("王芳", since=date(2025, 12, 15), employer="鞋厂", job="缝纫")
    away = person("王芳")
    assert (away.work_place, away.work_months) == ("广东东莞", 3)
    assert not rows_of(Residence).filter(person=away, kind="actual", until__isnull=True).exists()
    with pytest.raises(AlreadyAway):
        leave("王芳")
    family.return_from_work(person=away, row_version=away.row_version, on=ON, **WHO)
    back, work = person("王芳"), rows_of(Employment).get()
    assert (back.work_place, back.work_months, work.until, work.months) == ("", 0, ON, 2)
    assert rows_of(Residence).get(person=back, kind="actual", until__isnull=True).since == ON


def test_a_closed_number_can_be_given_again() -> None:
    merge("001", "002", {"李四": "51"})
    made = new_household("002", VILLAGE)
    assert rows_of(Household).filter(household_no="002").count() == 2
    assert made.closed_on is None


STEPS: dict[str, Callable[[], Any]] = {
    "move_person": lambda: move("李四", "001", "51"),
    "move_household": lambda: family.move_household(
        household=household("001"), row_version=1, courtyard=courtyard("LS-001"), on=ON, **WHO
    ),
    "split_household": lambda: split({"王芳": "02"}, courtyard=courtyard("LS-001")),
    "merge_households": lambda: merge("002", "001", {"张三": "20", "王芳": "38", "张小明": "41"}),
    "record_death": lambda: die("张三", {"王芳": "02"}),
    "record_birth": lambda: give_birth({"name": "张小妹", "birth_date": ON}),
    "marry_in": lambda: marry("李四", "001", "51"),
    "move_out": lambda: family.move_out(
        person=person("李四"), row_version=1, on=ON, left_as="moved_out", **WHO
    ),
    "change_head": lambda: family.change_head(
        household=household("001"),
        row_version=1,
        relations={person("张三").pk: "10", person("王芳").pk: "02"},
        on=ON,
        **WHO,
    ),
    "leave_for_work": lambda: leave("王芳"),
    "return_from_work": lambda: family.return_from_work(person=person("张三"), row_version=1, on=ON, **WHO),
    "create_household": lambda: new_household(),
}


@pytest.mark.parametrize("name", STEPS)
def test_each_step_is_one_revision_and_is_taken_back_exactly(county: County, name: str) -> None:
    before, counted = dump_register(), dump_figures()
    STEPS[name]()
    assert disagreements(county) == {}
    assert dump_register() != before
    revision = Revision.objects.get()
    assert revision.action == f"register.{name}"
    assert revision.object_id is not None
    take_back(revision.pk, WHO["actor"], LATER)
    assert dump_register() == before
    assert dump_figures() == counted


def born_tomorrow() -> None:
    give_birth({"name": "未来", "birth_date": NOW.date() + timedelta(days=1)})


REFUSALS: dict[str, tuple[Callable[[], Any], type[RegisterError]]] = {
    "to where they are": (lambda: move("王芳", "001"), AlreadyThere),
    "in the future": (lambda: move("李四", "001", on=NOW.date() + timedelta(days=1)), DateUnfit),
    "before birth": (lambda: move("张小明", "002", on=date(2000, 1, 1)), DateUnfit),
    "born tomorrow": (born_tomorrow, DateUnfit),
    "born on no day": (lambda: give_birth({"name": "无名"}), ValueNeeded),
    "without a name": (lambda: give_birth({"birth_date": ON}), ValueNeeded),
    "no such relation": (lambda: move("李四", "001", "xx"), RelationUnknown),
    "two heads": (lambda: move("李四", "001", "02"), HeadNeeded),
    "an old version": (lambda: move("李四", "001", "51", row_version=7), RowChanged),
    "somebody else's": (lambda: move("李四", "001", "51", relations={0: "10"}), NotAMember),
    "nobody leaves": (lambda: split({}), NobodyMoves),
    "everybody leaves": (lambda: split({"张三": "02", "王芳": "10", "张小明": "20"}), NobodyMoves),
    "a split without a head": (lambda: split({"王芳": "10"}), HeadNeeded),
    "a split that takes the head": (lambda: split({"张三": "02"}), HeadNeeded),
    "a split of others": (lambda: split({"李四": "02"}), NotAMember),
    "a number in use": (lambda: split({"王芳": "02"}, number="002"), HouseholdNumberTaken),
    "a merge with itself": (lambda: merge("001", "001", {}), AlreadyThere),
    "a merge without relations": (lambda: merge("001", "002", {}), HeadNeeded),
    "a merge with two heads": (lambda: merge("001", "002", {"李四": "02"}), HeadNeeded),
    "not away": (
        lambda: family.return_from_work(person=person("李四"), row_version=1, on=ON, **WHO),
        NotAway,
    ),
    "a head by birth": (
        lambda: family.record_birth(
            household=household("001"),
            row_version=1,
            values={"name": "甲", "birth_date": ON},
            relation_to_head="02",
            **WHO,
        ),
        HeadStays,
    ),
    "a number of others": (
        lambda: give_birth(
            {"name": "甲", "birth_date": date(1948, 1, 9)},
            secrets={"id_number": LI_NUMBER},
        ),
        IdNumberTaken,
    ),
    "a number that does not fit": (
        lambda: give_birth(
            {"name": "甲", "birth_date": ON}, secrets={"id_number": id_number(NOW.date(), 3, is_male=True)}
        ),
        IdNumberUnfit,
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSALS)
def test_what_cannot_be_is_refused_and_nothing_stays(what: str) -> None:
    before = dump_register()
    step, refusal = REFUSALS[what]
    with pytest.raises(refusal) as refused:
        step()
    assert str(refused.value).endswith((".", "。"))
    assert dump_register() == before
    assert not Revision.objects.exists()


def test_who_moved_out_takes_no_part_until_they_join_again() -> None:
    row = person("李四")
    family.move_out(person=row, row_version=1, on=ON, left_as="moved_out", **WHO)
    with pytest.raises(NoHousehold):
        leave("李四")
    move("李四", "001", "51")
    assert members("001")["李四"] == "51"


def test_sample_and_real_stay_apart() -> None:
    new_household()
    rows_of(Household).filter(household_no="009").update(is_sample=False)
    with pytest.raises(Apart):
        move("李四", "009")
    rows_of(Household).filter(household_no="009").update(is_sample=True)
