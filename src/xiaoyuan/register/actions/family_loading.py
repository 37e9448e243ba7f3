"""Reading whom a step of a family is about, and refusing what the step cannot be taken with."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoyuan.audit.actions import lock_changes
from xiaoyuan.audit.actors import Actor
from xiaoyuan.register.actions.changes import Writing, revised
from xiaoyuan.register.actions.people_writing import HOUSEHOLD, PERSON, PERSON_FIELDS
from xiaoyuan.register.choices import RELATIONS, Sex
from xiaoyuan.register.errors import (
    Apart,
    DateUnfit,
    HouseholdClosed,
    IdNumberTaken,
    IdNumberUnfit,
    NoHousehold,
    NotChangeable,
    PersonGone,
    RelationUnknown,
    RowChanged,
    ValueNeeded,
)
from xiaoyuan.register.identity import id_number_fault, read_id_number, sex_of
from xiaoyuan.register.models import Household, Person, ScopedRow
from xiaoyuan.register.queries.people_state import (
    HouseholdState,
    PersonState,
    household_state,
    person_state,
)
from xiaoyuan.vault.actions import find_subjects

SECRETS = ("id_number", "phone", "bank_account")


@contextmanager
def step(action: str, row: ScopedRow, actor: Actor, now: datetime) -> Iterator[Writing]:
    """Run one step on a person or household as one transaction with one revision and one audit entry."""
    with (
        transaction.atomic(),
        revised(
            county_id=row.county_id,
            division_code=row.division_code,
            is_sample=row.is_sample,
            action=f"register.{action}",
            actor=actor,
            now=now,
            kind=PERSON if isinstance(row, Person) else HOUSEHOLD,
            object_id=row.pk,
        ) as writing,
    ):
        yield writing


@contextmanager
def locked(row: ScopedRow) -> Iterator[None]:
    """Hold the county's change lock in a transaction, so that what is read stays true until it is written."""
    with transaction.atomic():
        lock_changes(row.county_id)
        yield


def open_household(household: Household, row_version: int | None = None) -> HouseholdState:
    """Return a household to be changed; raises `RowChanged`, `HouseholdClosed`."""
    state = household_state(household.pk)
    if row_version is not None and state.household.row_version != row_version:
        raise RowChanged
    if state.household.closed_on is not None:
        raise HouseholdClosed(state.household.household_no)
    return state


def living_person(person: Person, row_version: int | None = None) -> PersonState:
    """Return a person to be changed, in a household or not; raises `RowChanged`, `PersonGone`."""
    state = person_state(person.pk)
    if row_version is not None and state.person.row_version != row_version:
        raise RowChanged
    if state.person.is_deceased or state.person.merged_into_id is not None:
        raise PersonGone
    return state


def member_of_household(person: Person, row_version: int) -> tuple[HouseholdState, PersonState]:
    """Return a person and their household, one state within the other; raises `NoHousehold` and as above."""
    state = living_person(person, row_version)
    if state.membership is None:
        raise NoHousehold
    household = household_state(state.membership.household_id)
    return household, next(one for one in household.members if one.person.pk == person.pk)


def check_together(first: ScopedRow, *others: ScopedRow) -> None:
    """Refuse to mix sample and real rows, or two counties."""
    if any((row.county_id, row.is_sample) != (first.county_id, first.is_sample) for row in others):
        raise Apart


def check_date(on: date, now: datetime, members: Sequence[PersonState] = ()) -> None:
    """A step lies neither in the future nor before somebody's birth."""
    if on > timezone.localtime(now).date():
        raise DateUnfit(_("This date lies in the future."))
    if any(one.person.birth_date is not None and one.person.birth_date > on for one in members):
        raise DateUnfit(_("This date lies before the person was born."))


def newcomer(
    values: Mapping[str, Any],
    relation_to_head: str,
    secrets: Mapping[str, str],
    *,
    county_id: int,
    is_sample: bool,
    taken: Sequence[str] = (),
) -> dict[str, Any]:
    """Check what is stated of a person who is new to the register; returns their values.

    Sex and birth date are read from the identity number where they are not stated. `taken` are numbers given to others
    in the same step. Raises `NotChangeable`, `ValueNeeded`, `RelationUnknown`, `IdNumberUnfit`, `IdNumberTaken`.
    """
    unknown = next(
        (name for name in values if name not in PERSON_FIELDS),
        next((name for name in secrets if name not in SECRETS), None),
    )
    if unknown is not None:
        raise NotChangeable(unknown)
    if not str(values.get("name", "")).strip():
        raise ValueNeeded(_("name"))
    if relation_to_head not in RELATIONS:
        raise RelationUnknown
    checked = dict(values)
    text = secrets.get("id_number", "")
    if not text:
        return checked
    number = read_id_number(text)
    sex, birth_date = checked.get("sex") or Sex.UNKNOWN, checked.get("birth_date")
    fault = id_number_fault(number, sex=sex, birth_date=birth_date, is_sample=is_sample)
    if number.text != text or fault:
        raise IdNumberUnfit(fault or _("Write the identity number with half-width digits and a capital X."))
    if text in taken or find_subjects(county_id=county_id, name="id_number", values=[text]).get(text):
        raise IdNumberTaken
    if sex == Sex.UNKNOWN:
        checked["sex"] = sex_of(number)
    checked["birth_date"] = birth_date or number.birth_date
    return checked
