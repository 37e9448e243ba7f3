"""Changing many persons of a village at once: one write, one step to take back, nothing half-written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from xiaoyuan.audit.actions import lock_changes
from xiaoyuan.audit.actors import Actor
from xiaoyuan.register.actions.changes import revised
from xiaoyuan.register.actions.people import PersonChange
from xiaoyuan.register.actions.people_writing import (
    PERSON,
    PERSON_FIELDS,
    HouseholdWrite,
    PersonWrite,
    write_people,
)
from xiaoyuan.register.errors import NotChangeable, RowsChanged
from xiaoyuan.register.models import Membership, Person
from xiaoyuan.register.queries.people_state import HouseholdState, PersonState, fill_persons

MOST: Final = 500
"""Rows of one call: a page of a table, never a ledger."""
_WHY: Final = "persons that were opened through access"
_FIXED: Final = ("name", "sex", "birth_date", "extra")
"""Fields that say who somebody is: changed one person at a time."""


@dataclass(frozen=True)
class RowChange:
    """One row of a table: what is to be different of a person, and the version that was looked at."""

    person_id: int
    row_version: int
    change: PersonChange


def change_people(
    *, county_id: int, division_code: str, changes: Sequence[RowChange], actor: Actor, now: datetime
) -> int:
    """Change persons of one county by fields that are not personal; returns how many rows were sent.

    `change.secrets` and relations are not taken here. Raises `RowsChanged` with every row that somebody else changed
    since it was read, and `NotChangeable`; then nothing is written.
    """
    if len(changes) > MOST:
        raise NotChangeable("rows")
    for row in changes:
        unknown = next(
            (name for name in row.change.values if name not in PERSON_FIELDS or name in _FIXED), None
        )
        if unknown is not None or row.change.secrets or row.change.relation_to_head:
            raise NotChangeable(unknown or "relation_to_head")
    if not changes:
        return 0
    with transaction.atomic():
        lock_changes(county_id)
        states = states_of(county_id, [row.person_id for row in changes])
        stale = [
            row.person_id
            for row in changes
            if row.person_id not in states or states[row.person_id].person.row_version != row.row_version
        ]
        if stale:
            raise RowsChanged(stale)
        households: dict[int, HouseholdWrite] = {}
        persons: list[PersonWrite] = []
        for row in changes:
            state = states[row.person_id]
            assert state.membership is not None
            home = state.membership.household
            household = households.setdefault(
                home.pk, HouseholdWrite(home.division_code, home.household_no, {}, state=HouseholdState(home))
            )
            persons.append(
                PersonWrite(
                    household,
                    row.change.values,
                    state.membership.relation_to_head,
                    is_resident=row.change.is_resident,
                    tags=row.change.tags,
                    state=state,
                )
            )
        is_sample = persons[0].state.person.is_sample if persons[0].state else False
        with revised(
            county_id=county_id,
            division_code=division_code,
            is_sample=is_sample,
            action="register.change_people",
            actor=actor,
            now=now,
            kind=PERSON,
        ) as writing:
            write_people(writing=writing, households=list(households.values()), persons=persons)
    return len(changes)


def states_of(county_id: int, person_ids: Sequence[int]) -> Mapping[int, PersonState]:
    """Return persons who belong to a household, with residences and open tags, by id. Four queries."""
    ids = list(dict.fromkeys(person_ids))
    rows = Membership.objects.unscoped(_WHY).filter(
        county_id=county_id, person_id__in=ids, until__isnull=True
    )
    states: dict[int, PersonState] = {}
    for membership in rows.select_related("person", "household"):
        person: Person = membership.person
        states[person.pk] = PersonState(person, membership)
    fill_persons(states, list(states))
    return states
