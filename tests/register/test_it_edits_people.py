"""Edits by hand: logged, audited, counted, and refused when they do not fit or somebody else was faster."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.intake.workbooks import CLERK
from tests.register.ledgers import LATER, id_number, import_rows, make_village, two_households
from xiaoyuan.audit.models import AuditEntry
from xiaoyuan.audit.queries import history_of
from xiaoyuan.figures.queries import total
from xiaoyuan.register import counters
from xiaoyuan.register.actions.people import PersonChange, change_household, change_person
from xiaoyuan.register.errors import HeadStays, IdNumberTaken, IdNumberUnfit, NotChangeable, RowChanged
from xiaoyuan.register.models import County, Courtyard, Household, Person, PolicyTag, Residence
from xiaoyuan.vault.actions import find_subjects

pytestmark = pytest.mark.django_db
BORN = date(1970, 8, 1)
LI_NUMBER = two_households()[3]["身份证号"]


@pytest.fixture(autouse=True)
def county(tmp_path: Path) -> County:
    county = make_village()
    import_rows(tmp_path, two_households(), county)
    return county


def rows_of(model: Any) -> Any:
    return model.objects.unscoped("a test looks at everything")


def wang() -> Person:
    found: Person = rows_of(Person).get(name="王芳")
    return found


def edit(person: Person, *, row_version: int = 1, **change: Any) -> Person:
    return change_person(
        person=person, row_version=row_version, change=PersonChange(**change), actor=CLERK, now=LATER
    )


def test_an_edit_is_saved_logged_audited_and_counted() -> None:
    person = edit(
        wang(), values={"work_months": 6, "work_place": "贵州贵阳"}, is_resident=False, tags={"大病": ""}
    )
    person.refresh_from_db()
    assert (person.work_months, person.row_version, person.updated_at) == (6, 2, LATER)
    fields = {entry.field for entry in history_of("register.person", person.pk) if entry.field}
    assert fields == {"work_months", "work_place", "is_resident", "tags"}
    assert AuditEntry.objects.filter(action="register.change_person", object_id=person.pk).count() == 1
    counted: dict[str, Any] = {"code": "520502", "as_of": LATER.date(), "is_sample": True}
    assert total(counters.PERSONS_WORKING_AWAY, **counted) == 2
    assert total(counters.PERSONS_RESIDENT, **counted) == 2
    assert rows_of(PolicyTag).get(person=person).tag == "大病"


def test_an_edit_without_a_difference_leaves_no_version() -> None:
    person = edit(wang(), values={"name": "王芳"}, secrets={"phone": ""})
    assert person.row_version == 1
    assert [entry.field for entry in history_of("register.person", person.pk)] == [""]


def test_the_second_of_two_editors_is_refused() -> None:
    seen = wang()
    edit(seen, values={"health": "一般"})
    with pytest.raises(RowChanged):
        edit(seen, values={"health": "健康"})
    assert wang().health == "一般"


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"values": {"is_sample": False}}, NotChangeable),
        ({"secrets": {"password": "x"}}, NotChangeable),
        ({"relation_to_head": "02"}, HeadStays),
        ({"secrets": {"id_number": "123"}}, IdNumberUnfit),
        ({"secrets": {"id_number": id_number(BORN, 5, is_male=True)}}, IdNumberUnfit),
        ({"secrets": {"id_number": id_number(date(1970, 8, 2), 5, is_male=False)}}, IdNumberUnfit),
        ({"secrets": {"id_number": id_number(BORN, 5, is_male=False, area="520502")}}, IdNumberUnfit),
        ({"values": {"birth_date": date(1970, 8, 2)}}, IdNumberUnfit),
        ({"values": {"sex": "1"}}, IdNumberUnfit),
        (
            {"secrets": {"id_number": LI_NUMBER}, "values": {"sex": "1", "birth_date": date(1948, 1, 9)}},
            IdNumberTaken,
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(change: dict[str, Any], refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        edit(wang(), **change)
    assert wang().row_version == 1


def test_a_head_cannot_step_down_alone() -> None:
    with pytest.raises(HeadStays):
        edit(rows_of(Person).get(name="李四"), relation_to_head="20")


def test_a_corrected_number_is_found_and_the_old_one_is_not(county: County) -> None:
    number, old = id_number(BORN, 5, is_male=False), two_households()[1]["身份证号"]
    edit(wang(), secrets={"id_number": number})
    found = find_subjects(county_id=county.pk, name="id_number", values=[number, old])
    assert found == {number: [wang().person_uid]}


def test_a_household_moves_with_those_who_live_there(county: County) -> None:
    household = rows_of(Household).get(household_no="001")
    courtyard = rows_of(Courtyard).get(code="SY-002")
    change_household(
        household=household,
        row_version=1,
        values={"courtyard_id": courtyard.pk},
        tags={},
        actor=CLERK,
        now=LATER,
    )
    household.refresh_from_db()
    assert (household.courtyard_id, household.row_version) == (courtyard.pk, 2)
    members = rows_of(Residence).filter(person__memberships__household=household)
    assert set(members.values_list("courtyard__code", flat=True)) == {"SY-002"}
    assert rows_of(PolicyTag).get(tag="脱贫户").until == LATER.date()
    with pytest.raises(RowChanged):
        change_household(household=household, row_version=1, values={}, actor=CLERK, now=LATER)
    with pytest.raises(NotChangeable):
        change_household(
            household=household, row_version=2, values={"household_no": "9"}, actor=CLERK, now=LATER
        )
