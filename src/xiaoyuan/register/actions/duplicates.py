"""Two records of one person become one, and both stay findable; or they are told apart for good."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from xiaoyuan.audit.actors import Actor
from xiaoyuan.register.actions.changes import ChangeLog
from xiaoyuan.register.actions.family_desk import FamilyDesk
from xiaoyuan.register.actions.family_loading import check_together, living_person, locked, step
from xiaoyuan.register.actions.people_writing import INDEXED, PERSON, PERSON_FIELDS
from xiaoyuan.register.choices import JoinReason, LeaveReason
from xiaoyuan.register.errors import ChoiceNeeded, RowChanged, SamePerson
from xiaoyuan.register.models import DistinctPersons, Employment, Person
from xiaoyuan.register.queries.people_state import HouseholdState, PersonState, household_state
from xiaoyuan.vault.actions import read_masked
from xiaoyuan.vault.models import VaultField

_WHY: Final = "a merge takes along what belongs to the person"
_UNSTATED: Final[tuple[Any, ...]] = (None, "", "0", {})


def merge_persons(
    *,
    kept: Person,
    merged: Person,
    relation_to_head: str | None = None,
    relations: Mapping[int, str] | None = None,
    secrets: Mapping[str, int] | None = None,
    on: date | None = None,
    actor: Actor,
    now: datetime,
) -> Person:
    """Make one record of two of the same person; returns the kept one. Both ids lead to it from now on.

    - Values: the kept record wins, what it does not state is taken over.
    - Household: the kept record stays where it is, or goes where the merged one was if it has none; `relation_to_head`
      is its relation there from now on, `relations` those of others that change (needed when the merged one was head).
    - Residences and open tags that the kept record does not have are taken over, the others end. All work goes over.
    - Vault: missing fields are taken over. Where both have one, `secrets` says by person id whose value stays
      (`ChoiceNeeded` names the fields); the other one stays with the merged record, so that it is still found.
    """
    if kept.pk == merged.pk:
        raise SamePerson
    with locked(kept):
        target, source = living_person(kept), living_person(merged)
        if (target.person.row_version, source.person.row_version) != (kept.row_version, merged.row_version):
            raise RowChanged
        check_together(target.person, source.person)
        moved = _secrets(target.person, source.person, secrets or {})
        with step("merge_persons", target.person, actor, now) as writing:
            desk = FamilyDesk(writing, on or timezone.localtime(now).date())
            target, source, home, other = _watch(desk, target, source)
            _take_values(desk, target.person, source.person)
            _take_household(desk, target, source, home, other, relation_to_head)
            _take_residences(desk, target, source)
            _take_tags(desk, target, source)
            _take_work(desk, target.person, source.person)
            _relate(desk, relations or {}, [one for one in (home, other) if one is not None])
            desk.set_field(PERSON, source.person, "merged_into_id", target.person.pk)
            for subject, fields in moved.items():
                person = target.person if subject == target.person.person_uid else source.person
                desk.change(person)
                for name in fields:
                    desk.log.changed(PERSON, person.pk, name, None, None, None)
            writing.put_secrets(moved, INDEXED)
            desk.finish()
    return target.person


def _watch(
    desk: FamilyDesk, target: PersonState, source: PersonState
) -> tuple[PersonState, PersonState, HouseholdState | None, HouseholdState | None]:
    """Return both persons as members of their households' states, which may be one and the same."""
    states: dict[int, HouseholdState] = {}
    found: list[tuple[PersonState, HouseholdState | None]] = []
    for one in (target, source):
        state, household = one, None
        if one.membership is not None:
            key = one.membership.household_id
            household = states.setdefault(key, states.get(key) or household_state(key))
            state = next(member for member in household.members if member.person.pk == one.person.pk)
            desk.watch_household(household)
        desk.watch_person(state)
        found.append((state, household))
    (first, home), (second, other) = found
    return first, second, home, other


def _take_values(desk: FamilyDesk, target: Person, source: Person) -> None:
    for name in PERSON_FIELDS:
        value, other = getattr(target, name), getattr(source, name)
        if name == "extra":
            desk.set_field(PERSON, target, name, {**other, **value})
        elif value in _UNSTATED and other not in _UNSTATED:
            desk.set_field(PERSON, target, name, other)


def _take_household(
    desk: FamilyDesk,
    target: PersonState,
    source: PersonState,
    home: HouseholdState | None,
    other: HouseholdState | None,
    relation_to_head: str | None,
) -> None:
    relation_there = source.membership.relation_to_head if source.membership is not None else ""
    if other is not None:
        desk.leave(other, source, LeaveReason.DUPLICATE)
    if home is not None:
        if relation_to_head is not None:
            desk.relate(home, {target.person.pk: relation_to_head})
    elif other is not None:
        desk.join(other, target, relation_to_head or relation_there, JoinReason.UNKNOWN)


def _take_residences(desk: FamilyDesk, target: PersonState, source: PersonState) -> None:
    for kind, residence in list(source.residences.items()):
        desk.end_residence(source, kind)
        if kind not in target.residences:
            desk.live_at(target, kind, residence.division_code, residence.courtyard_id)


def _take_tags(desk: FamilyDesk, target: PersonState, source: PersonState) -> None:
    for name, tag in list(source.tags.items()):
        if name in target.tags:
            tag.until = desk.on
        else:
            tag.person_id, tag.division_code = target.person.pk, target.person.division_code
            target.tags[name] = tag
            desk.log.changed(PERSON, target.person.pk, "tags", None, name, None)
        desk.change(tag)
        desk.log.changed(PERSON, source.person.pk, "tags", name, None, None)
    source.tags.clear()


def _take_work(desk: FamilyDesk, target: Person, source: Person) -> None:
    rows = Employment.objects.unscoped(_WHY)
    known = set(rows.filter(person=target).values_list("since", "employer"))
    for row in rows.filter(person=source):
        if (row.since, row.employer) in known:
            continue
        row.person_id, row.division_code = target.pk, target.division_code
        desk.change(row)


def _relate(desk: FamilyDesk, relations: Mapping[int, str], households: list[HouseholdState]) -> None:
    left = dict(relations)
    for state in households:
        own = {member.person.pk for member in state.members} & left.keys()
        desk.relate(state, {key: left.pop(key) for key in own})
    if left and households:
        desk.relate(households[0], left)  # refuses: they belong to neither


def _secrets(target: Person, source: Person, chosen: Mapping[str, int]) -> dict[UUID, dict[str, str]]:
    """Return what is written into the vault: `{subject: {field: value}}`, an empty value removes one."""
    names = (
        VaultField.objects.filter(county_id=source.county_id, subject=source.person_uid)
        .order_by("name")
        .values_list("name", flat=True)
    )
    held = read_masked(
        county_id=source.county_id, subjects=[target.person_uid, source.person_uid], names=list(names)
    )
    own, other = held.get(target.person_uid, {}), held.get(source.person_uid, {})
    clashing = [name for name in other if name in own and own[name].reveal() != other[name].reveal()]
    if any(chosen.get(name) not in (target.pk, source.pk) for name in clashing):
        raise ChoiceNeeded([name for name in clashing if chosen.get(name) not in (target.pk, source.pk)])
    written: dict[UUID, dict[str, str]] = {target.person_uid: {}, source.person_uid: {}}
    for name, value in other.items():
        if name not in own:
            written[target.person_uid][name] = value.reveal()
            written[source.person_uid][name] = ""
        elif name not in clashing:
            written[source.person_uid][name] = ""
        elif chosen[name] == source.pk:
            written[target.person_uid][name] = value.reveal()
            written[source.person_uid][name] = own[name].reveal()
    return {subject: fields for subject, fields in written.items() if fields}


def mark_distinct(*, first: Person, second: Person, actor: Actor, now: datetime) -> DistinctPersons:
    """Note that two records are of two people: they are not proposed again. Doing it twice changes nothing."""
    if first.pk == second.pk:
        raise SamePerson
    check_together(first, second)
    older, newer = sorted((first, second), key=lambda one: one.pk)
    with locked(older):
        known: Any = DistinctPersons.objects.unscoped(_WHY).filter(first=older, second=newer).first()
        if known is not None:
            return known  # type: ignore[no-any-return]  # the manager is untyped
        with step("mark_distinct", older, actor, now) as writing:
            row = DistinctPersons(first=older, second=newer, **writing.home(older.division_code, None))
            writing.create(DistinctPersons, [row])
            log = ChangeLog()
            log.changed(PERSON, older.pk, "distinct_from", None, newer.pk, None)
            log.changed(PERSON, newer.pk, "distinct_from", None, older.pk, None)
            writing.book([], log)
    return row
