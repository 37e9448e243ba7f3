"""Taking back: every table as it was, refused with a list when something depends on it."""

from datetime import date
from typing import Any

import pytest
from django.db import transaction

from tests.intake.workbooks import CLERK
from tests.register.families import make_families
from tests.register.ledgers import LATER, NOW, VILLAGE
from tests.register.tables import dump_figures, dump_register
from xiaoyuan.audit.actors import Actor
from xiaoyuan.audit.models import ChangeEntry, Operation
from xiaoyuan.history.errors import AlreadyUndone, LaterEdits
from xiaoyuan.history.models import Revision
from xiaoyuan.history.recording import open_revision
from xiaoyuan.register.actions.changes import Writing
from xiaoyuan.register.actions.family import record_birth
from xiaoyuan.register.actions.people import PersonChange, change_household, change_person
from xiaoyuan.register.actions.people_writing import HouseholdWrite, PersonWrite, write_people
from xiaoyuan.register.actions.undoing import take_back
from xiaoyuan.register.models import County, Courtyard, Household, Person
from xiaoyuan.register.queries.people_state import HouseholdState

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def county() -> County:
    return make_families()


def rows_of(model: Any) -> Any:
    return model.objects.unscoped("a test looks at everything")


def person(name: str) -> Person:
    found: Person = rows_of(Person).get(name=name)
    return found


def edit(name: str, **change: Any) -> Person:
    row = person(name)
    return change_person(
        person=row, row_version=row.row_version, change=PersonChange(**change), actor=CLERK, now=LATER
    )


def newest() -> Revision:
    return Revision.objects.latest("pk")


def write_family(county: County) -> Revision:
    """Write a family of two through the bulk write, as an import does."""
    with transaction.atomic():
        recorder = open_revision(
            county_id=county.pk, division_code=VILLAGE, action="test.write", actor=CLERK, now=NOW
        )
        household = HouseholdWrite(VILLAGE, "003", {"group": "二组"}, tags={"脱贫户": ""})
        write_people(
            writing=Writing(county.pk, True, CLERK, NOW, recorder),
            households=[household],
            persons=[
                PersonWrite(household, {"name": "赵一"}, "02", True, {"党员": ""}, {"phone": "10000000001"}),
                PersonWrite(household, {"name": "钱二", "birth_date": date(1999, 1, 1)}, "10"),
            ],
        )
        recorder.close()
    return recorder.revision


def test_an_edit_is_taken_back_exactly(county: County) -> None:
    before, counted = dump_register(), dump_figures()
    edit(
        "王芳",
        values={"work_months": 6, "extra": {"a": [1, {"b": None}]}},
        is_resident=False,
        tags={"大病": "2020"},
        secrets={"phone": "10099999999"},
    )
    edit("张三", secrets={"phone": ""}, tags={}, values={"birth_date": None})
    assert dump_register() != before
    for revision in Revision.objects.order_by("-pk"):
        take_back(revision.pk, CLERK, LATER)
    assert dump_register() == before
    assert dump_figures() == counted
    assert person("王芳").row_version == 3


def test_a_household_and_its_courtyard_are_taken_back(county: County) -> None:
    before = dump_register()
    household = rows_of(Household).get(household_no="001")
    change_household(
        household=household,
        row_version=1,
        values={"courtyard_id": rows_of(Courtyard).get(code="SY-002").pk, "arable_mu": "3.50"},
        tags={"低保户": ""},
        actor=CLERK,
        now=LATER,
    )
    take_back(newest().pk, CLERK, LATER)
    assert dump_register() == before


def test_a_bulk_write_is_taken_back_exactly(county: County) -> None:
    before, counted = dump_register(), dump_figures()
    revision = write_family(county)
    assert dump_register() != before
    take_back(revision.pk, CLERK, LATER)
    assert dump_register() == before
    assert dump_figures() == counted
    removed = ChangeEntry.objects.filter(operation=Operation.DELETE).values_list("object_kind", flat=True)
    assert sorted(removed) == ["register.household", "register.person", "register.person"]


def test_it_is_taken_back_once(county: County) -> None:
    revision = write_family(county)
    take_back(revision.pk, CLERK, LATER)
    with pytest.raises(AlreadyUndone):
        take_back(revision.pk, CLERK, LATER)


def test_a_later_edit_is_named_and_nothing_is_lost(county: County) -> None:
    revision = write_family(county)
    other = Actor(7, "镇干部 陈明")
    row = person("钱二")
    change_person(
        person=row, row_version=1, change=PersonChange(values={"health": "一般"}), actor=other, now=NOW
    )
    before = dump_register()
    with pytest.raises(LaterEdits) as refused:
        take_back(revision.pk, CLERK, LATER)
    (dependency,) = refused.value.dependencies
    assert (dependency.object_kind, dependency.object_id) == ("register.person", row.pk)
    assert (dependency.by, dependency.at[:10]) == ("镇干部 陈明", "2026-03-01")
    assert dump_register() == before
    later = Revision.objects.latest("pk")
    take_back(later.pk, CLERK, LATER)
    take_back(revision.pk, CLERK, LATER)
    assert not rows_of(Household).filter(household_no="003").exists()


def test_who_moved_the_family_of_a_child_is_named(county: County) -> None:
    """The log has the new courtyard under the household, and nothing under the child."""
    home = rows_of(Household).get(household_no="001")
    child = record_birth(
        household=home,
        row_version=home.row_version,
        values={"name": "张小月", "birth_date": date(2026, 2, 1), "sex": "2"},
        relation_to_head="20",
        is_resident=True,
        actor=CLERK,
        now=NOW,
    )
    birth = newest()
    home.refresh_from_db()
    change_household(
        household=home,
        row_version=home.row_version,
        values={"courtyard_id": rows_of(Courtyard).get(code="SY-002").pk},
        actor=Actor(7, "镇干部 陈明"),
        now=LATER,
    )
    with pytest.raises(LaterEdits) as refused:
        take_back(birth.pk, CLERK, LATER)
    named = {(one.object_kind, one.object_id): (one.by, one.at[:10]) for one in refused.value.dependencies}
    assert named["register.person", child.pk] == ("镇干部 陈明", "2026-03-02")
    assert {by for by, _at in named.values()} == {"镇干部 陈明"}


def test_a_row_that_came_to_refer_to_it_is_named(county: County) -> None:
    revision = write_family(county)
    household = HouseholdWrite(VILLAGE, "003", {}, state=None)
    state = rows_of(Household).get(household_no="003")
    with transaction.atomic():
        household.state = HouseholdState(state)
        write_people(
            writing=Writing(county.pk, True, CLERK, NOW),
            households=[household],
            persons=[PersonWrite(household, {"name": "孙三"}, "20")],
        )
    with pytest.raises(LaterEdits) as refused:
        take_back(revision.pk, CLERK, LATER)
    (dependency,) = refused.value.dependencies
    assert (dependency.object_kind, dependency.object_id) == ("register.person", person("孙三").pk)
    assert dependency.by == CLERK.label


def test_an_edit_that_changed_nothing_leaves_no_revision() -> None:
    edit("王芳", values={"name": "王芳"})
    assert not Revision.objects.exists()
