"""Editing one household or person by hand, refused when somebody else changed the row in the meantime."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from xiaoyuan.audit.actions import lock_changes
from xiaoyuan.audit.actors import Actor
from xiaoyuan.register.actions.changes import revised
from xiaoyuan.register.actions.people_writing import (
    HOUSEHOLD,
    HOUSEHOLD_FIELDS,
    PERSON,
    PERSON_FIELDS,
    HouseholdWrite,
    PersonWrite,
    write_people,
)
from xiaoyuan.register.choices import HEAD_OF_HOUSEHOLD
from xiaoyuan.register.errors import HeadStays, IdNumberTaken, IdNumberUnfit, NotChangeable, RowChanged
from xiaoyuan.register.identity import id_number_fault, read_id_number
from xiaoyuan.register.models import Household, Person
from xiaoyuan.register.queries.people_state import HouseholdState, household_state, person_state
from xiaoyuan.vault.actions import find_subjects, read_masked

SECRETS: Final = ("id_number", "phone", "bank_account")


@dataclass(frozen=True)
class PersonChange:
    """What is to be different of a person; everything not named stays.

    `values` by field of `PERSON_FIELDS`; `tags` the full set of open tags with their stated detail; `secrets` of the
    vault, an empty text removes one.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    relation_to_head: str | None = None
    is_resident: bool | None = None
    tags: Mapping[str, str] | None = None
    secrets: Mapping[str, str] = field(default_factory=dict)


def change_person(
    *, person: Person, row_version: int, change: PersonChange, actor: Actor, now: datetime
) -> Person:
    """Change one person who belongs to a household; returns the row as it is now.

    Raises `RowChanged`, `NotChangeable`, `HeadStays`, `IdNumberTaken`, `IdNumberUnfit`.
    """
    _refuse_unknown(change.values, PERSON_FIELDS)
    _refuse_unknown(change.secrets, SECRETS)
    with transaction.atomic():
        lock_changes(person.county_id)
        state = person_state(person.pk)
        if state.person.row_version != row_version:
            raise RowChanged
        membership = state.membership
        if membership is None:
            raise NotChangeable("household")
        relation = change.relation_to_head or membership.relation_to_head
        if (relation == HEAD_OF_HOUSEHOLD) != (membership.relation_to_head == HEAD_OF_HOUSEHOLD):
            raise HeadStays
        secrets = _changed_secrets(state.person, change.secrets)
        _check_id_number(state.person, change, secrets)
        household = HouseholdWrite(
            membership.household.division_code,
            membership.household.household_no,
            values={},
            state=HouseholdState(membership.household),
        )
        write = PersonWrite(
            household,
            change.values,
            relation,
            is_resident=change.is_resident,
            tags=change.tags,
            secrets=secrets,
            state=state,
        )
        with revised(
            county_id=person.county_id,
            division_code=state.person.division_code,
            is_sample=state.person.is_sample,
            action="register.change_person",
            actor=actor,
            now=now,
            kind=PERSON,
            object_id=person.pk,
        ) as writing:
            write_people(writing=writing, households=[household], persons=[write])
    return state.person


def change_household(
    *,
    household: Household,
    row_version: int,
    values: Mapping[str, Any],
    actor: Actor,
    now: datetime,
    tags: Mapping[str, str] | None = None,
) -> Household:
    """Change one household by fields of `HOUSEHOLD_FIELDS` and its full set of open tags; returns the row.

    Residences of its members follow a new courtyard. Raises `RowChanged`, `NotChangeable`.
    """
    _refuse_unknown(values, HOUSEHOLD_FIELDS)
    with transaction.atomic():
        lock_changes(household.county_id)
        state = household_state(household.pk)
        if state.household.row_version != row_version:
            raise RowChanged
        row = state.household
        write = HouseholdWrite(row.division_code, row.household_no, values, tags=tags, state=state)
        with revised(
            county_id=row.county_id,
            division_code=row.division_code,
            is_sample=row.is_sample,
            action="register.change_household",
            actor=actor,
            now=now,
            kind=HOUSEHOLD,
            object_id=row.pk,
        ) as writing:
            write_people(writing=writing, households=[write], persons=[])
    return row


def _refuse_unknown(values: Mapping[str, Any], allowed: tuple[str, ...]) -> None:
    unknown = next((name for name in values if name not in allowed), None)
    if unknown is not None:
        raise NotChangeable(unknown)


def _check_id_number(person: Person, change: PersonChange, secrets: Mapping[str, str]) -> None:
    """A new number must fit the person, and a new sex or birth date the number."""
    text = secrets.get("id_number")
    if text is None and {"sex", "birth_date"} & change.values.keys():
        held = read_masked(county_id=person.county_id, subjects=[person.person_uid], names=["id_number"])
        known = held.get(person.person_uid, {}).get("id_number")
        text = known.reveal() if known else None
    if not text:
        return
    number = read_id_number(text)
    fault = id_number_fault(
        number,
        sex=change.values.get("sex", person.sex),
        birth_date=change.values.get("birth_date", person.birth_date),
        is_sample=person.is_sample,
    )
    if number.text != text or fault:
        raise IdNumberUnfit(fault or _("Write the identity number with half-width digits and a capital X."))
    if "id_number" in secrets:
        holders = find_subjects(county_id=person.county_id, name="id_number", values=[text]).get(text, [])
        if any(uid != person.person_uid for uid in holders):
            raise IdNumberTaken


def _changed_secrets(person: Person, secrets: Mapping[str, str]) -> dict[str, str]:
    """Leave out what the vault already holds."""
    held = read_masked(county_id=person.county_id, subjects=[person.person_uid], names=list(secrets))
    known = held.get(person.person_uid, {})
    return {
        name: text
        for name, text in secrets.items()
        if text != (known[name].reveal() if name in known else "")
    }
