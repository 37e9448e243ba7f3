"""What happens in a person's life: birth, marriage, death, moving away, work elsewhere; and a household's first day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoyuan.audit.actions import lock_changes
from xiaoyuan.audit.actors import Actor
from xiaoyuan.register.actions.changes import Writing, revised
from xiaoyuan.register.actions.family_desk import FamilyDesk
from xiaoyuan.register.actions.family_loading import (
    check_date,
    check_together,
    living_person,
    locked,
    member_of_household,
    newcomer,
    open_household,
    step,
)
from xiaoyuan.register.actions.people_writing import (
    HOUSEHOLD,
    HOUSEHOLD_FIELDS,
    PERSON,
    HouseholdWrite,
    PersonWrite,
    write_people,
)
from xiaoyuan.register.choices import HEAD_OF_HOUSEHOLD, JoinReason, LeaveReason, ResidenceKind
from xiaoyuan.register.errors import (
    AlreadyAway,
    AlreadyThere,
    DateUnfit,
    HeadNeeded,
    HeadStays,
    HouseholdNumberTaken,
    NotAway,
    NotChangeable,
    ValueNeeded,
)
from xiaoyuan.register.models import County, Employment, Household, Person
from xiaoyuan.register.queries.people_state import HouseholdState

_WHY: Final = "a step that was let through reads what it changes"
_YEAR_MONTHS: Final = 12


@dataclass(frozen=True)
class NewMember:
    """Somebody who is new to the register: `values` by field, `secrets` of the vault, open `tags` with their detail."""

    values: Mapping[str, Any]
    relation_to_head: str
    is_resident: bool | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    since: date | None = None
    joined_as: str = JoinReason.UNKNOWN


def create_household(
    *,
    division_code: str,
    county_id: int,
    household_no: str,
    values: Mapping[str, Any],
    members: Sequence[NewMember],
    tags: Mapping[str, str] | None = None,
    is_sample: bool | None = None,
    actor: Actor,
    now: datetime,
) -> Household:
    """Write a household that is new to the register with its members, exactly one of them the head.

    A sample household where the county shows its sample, unless it is said.
    """
    unknown = next((name for name in values if name not in HOUSEHOLD_FIELDS), None)
    if unknown is not None:
        raise NotChangeable(unknown)
    number = household_no.strip()
    if not number:
        raise ValueNeeded(_("household number"))
    if sum(member.relation_to_head == HEAD_OF_HOUSEHOLD for member in members) != 1:
        raise HeadNeeded(number)
    if is_sample is None:
        is_sample = County.objects.values_list("shows_sample", flat=True).get(pk=county_id)
    with transaction.atomic():
        lock_changes(county_id)
        known = Household.objects.unscoped(_WHY).filter(
            county_id=county_id, division_code=division_code, household_no=number, closed_on__isnull=True
        )
        if known.exists():
            raise HouseholdNumberTaken(number)
        with revised(
            county_id=county_id,
            division_code=division_code,
            is_sample=is_sample,
            action="register.create_household",
            actor=actor,
            now=now,
            kind=HOUSEHOLD,
        ) as writing:
            write = HouseholdWrite(division_code, number, values, tags=tags)
            _write_members(writing, write, members)
            if writing.recorder is not None:
                writing.recorder.revision.object_id = write.row.pk
    return write.row


def _write_members(writing: Writing, household: HouseholdWrite, members: Sequence[NewMember]) -> list[int]:
    writes: list[PersonWrite] = []
    taken: list[str] = []
    for member in members:
        values = newcomer(
            member.values,
            member.relation_to_head,
            member.secrets,
            county_id=writing.county_id,
            is_sample=writing.is_sample,
            taken=taken,
        )
        birth_date = values.get("birth_date")
        if birth_date is not None and birth_date > writing.today:
            raise DateUnfit(_("This date lies in the future."))
        if member.since is not None and birth_date is not None and birth_date > member.since:
            raise DateUnfit(_("This date lies before the person was born."))
        taken += [text for name, text in member.secrets.items() if name == "id_number" and text]
        writes.append(
            PersonWrite(
                household,
                values,
                member.relation_to_head,
                is_resident=member.is_resident,
                tags=member.tags,
                secrets={name: text for name, text in member.secrets.items() if text},
                since=member.since,
                joined_as=member.joined_as,
            )
        )
    return write_people(writing=writing, households=[household], persons=writes)


def add_member(
    *,
    household: Household,
    row_version: int,
    member: NewMember,
    action: str = "add_member",
    actor: Actor,
    now: datetime,
) -> Person:
    """Add somebody who is new to the register to a household that has a head; returns the person."""
    with locked(household):
        state = open_household(household, row_version)
        if member.relation_to_head == HEAD_OF_HOUSEHOLD:
            raise HeadStays
        if member.since is not None:
            check_date(member.since, now)
        with step(action, state.household, actor, now) as writing:
            row = state.household
            # The household gets its next version, so that whoever edits it beside this step notices.
            write = HouseholdWrite(row.division_code, row.household_no, {}, state=state, is_touched=True)
            (person_id,) = _write_members(writing, write, [member])
    found: Person = Person.objects.unscoped(_WHY).get(pk=person_id)
    return found


def record_birth(
    *,
    household: Household,
    row_version: int,
    values: Mapping[str, Any],
    relation_to_head: str,
    secrets: Mapping[str, str] | None = None,
    is_resident: bool = True,
    actor: Actor,
    now: datetime,
) -> Person:
    """Add a newborn, who belongs to the household since the day of birth; returns the person."""
    secrets = secrets or {}
    born = newcomer_birth(values, relation_to_head, secrets, household)
    member = NewMember(
        values,
        relation_to_head,
        is_resident=is_resident,
        secrets=secrets,
        since=born,
        joined_as=JoinReason.BIRTH,
    )
    return add_member(
        household=household,
        row_version=row_version,
        member=member,
        action="record_birth",
        actor=actor,
        now=now,
    )


def newcomer_birth(
    values: Mapping[str, Any], relation_to_head: str, secrets: Mapping[str, str], household: Household
) -> date:
    """Return the day of birth that is stated, in words or by the identity number; raises `ValueNeeded`."""
    checked = newcomer(
        values,
        relation_to_head,
        secrets,
        county_id=household.county_id,
        is_sample=household.is_sample,
    )
    if checked.get("birth_date") is None:
        raise ValueNeeded(_("date of birth"))
    born: date = checked["birth_date"]
    return born


def marry_in(
    *,
    household: Household,
    row_version: int,
    relation_to_head: str,
    on: date,
    person: Person | None = None,
    values: Mapping[str, Any] | None = None,
    secrets: Mapping[str, str] | None = None,
    relations: Mapping[int, str] | None = None,
    actor: Actor,
    now: datetime,
) -> Person:
    """Let somebody join a household by marriage: a person of the register, or one who is new to it (`values`).

    `relations`: who is head, and what others are, in the household that the person leaves, when they were its head.
    """
    if person is None:
        member = NewMember(
            values or {},
            relation_to_head,
            is_resident=True,
            secrets=secrets or {},
            since=on,
            joined_as=JoinReason.MARRIAGE,
        )
        return add_member(
            household=household,
            row_version=row_version,
            member=member,
            action="marry_in",
            actor=actor,
            now=now,
        )
    with locked(household):
        target = open_household(household, row_version)
        if relation_to_head == HEAD_OF_HOUSEHOLD:
            raise HeadStays
        state = living_person(person)
        check_together(target.household, state.person)
        check_date(on, now, [state])
        before: HouseholdState | None = None
        if state.membership is not None:
            if state.membership.household_id == household.pk:
                raise AlreadyThere
            before, state = member_of_household(person, state.person.row_version)
        with step("marry_in", target.household, actor, now) as writing:
            desk = FamilyDesk(writing, on)
            desk.watch_person(state)
            desk.watch_household(target)
            courtyard_before = None
            if before is not None:
                desk.watch_household(before)
                courtyard_before = before.household.courtyard_id
                desk.leave(before, state, LeaveReason.MARRIAGE)
                desk.relate(before, relations or {})
            desk.join(target, state, relation_to_head, JoinReason.MARRIAGE)
            desk.settle(state, target.household, courtyard_before)
            desk.finish()
    return state.person


def record_death(
    *,
    person: Person,
    row_version: int,
    on: date,
    relations: Mapping[int, str] | None = None,
    actor: Actor,
    now: datetime,
) -> Person:
    """Note that a person died: membership, residences, tags and work end that day. Returns the person.

    `relations`: who is head now and what others are to them, by person id; needed when the head died.
    """
    with locked(person):
        household, state = member_of_household(person, row_version)
        check_date(on, now, [state])
        with step("record_death", state.person, actor, now) as writing:
            desk = FamilyDesk(writing, on)
            desk.watch_household(household)
            desk.leave(household, state, LeaveReason.DEATH)
            desk.end_everything(state)
            desk.set_field(PERSON, state.person, "is_deceased", True)
            desk.set_field(PERSON, state.person, "died_on", on)
            desk.relate(household, relations or {})
            desk.finish()
    return state.person


def move_out(
    *,
    person: Person,
    row_version: int,
    on: date,
    left_as: str,
    relations: Mapping[int, str] | None = None,
    actor: Actor,
    now: datetime,
) -> Person:
    """Let a person leave for a place outside the register; tags, residences and work end. Returns the person."""
    with locked(person):
        household, state = member_of_household(person, row_version)
        check_date(on, now, [state])
        with step("move_out", state.person, actor, now) as writing:
            desk = FamilyDesk(writing, on)
            desk.watch_household(household)
            desk.leave(household, state, left_as)
            desk.end_everything(state)
            desk.relate(household, relations or {})
            desk.finish()
    return state.person


def leave_for_work(
    *,
    person: Person,
    row_version: int,
    place: str,
    since: date,
    employer: str = "",
    job: str = "",
    actor: Actor,
    now: datetime,
) -> Person:
    """Note that a person works elsewhere since a day: they no longer live in the village until they return.

    Months of work are counted from that day, twelve at most. Returns the person.
    """
    with locked(person):
        household, state = member_of_household(person, row_version)
        check_date(since, now, [state])
        if not place.strip():
            raise ValueNeeded(_("place of work"))
        known = Employment.objects.unscoped(_WHY).filter(person=person)
        if known.filter(until__isnull=True).exists() or known.filter(since=since, employer=employer).exists():
            raise AlreadyAway
        with step("leave_for_work", state.person, actor, now) as writing:
            desk = FamilyDesk(writing, since)
            desk.watch_household(household)
            desk.end_residence(state, ResidenceKind.ACTUAL)
            desk.set_field(PERSON, state.person, "work_place", place.strip())
            months = months_between(since, timezone.localtime(now).date())
            desk.set_field(PERSON, state.person, "work_months", min(months, _YEAR_MONTHS))
            desk.work(
                Employment(
                    person=state.person,
                    place=place.strip(),
                    employer=employer.strip(),
                    job=job.strip(),
                    since=since,
                    **writing.home(state.person.division_code, None),
                )
            )
            desk.finish()
    return state.person


def return_from_work(*, person: Person, row_version: int, on: date, actor: Actor, now: datetime) -> Person:
    """Note that a person came back: present work ends, and they live with their household again. Returns the person."""
    with locked(person):
        household, state = member_of_household(person, row_version)
        check_date(on, now, [state])
        rows = list(Employment.objects.unscoped(_WHY).filter(person=person, until__isnull=True))
        if not rows and not state.person.work_months:
            raise NotAway
        if any(row.since > on for row in rows):
            raise DateUnfit(_("The return lies before the day of leaving."))
        with step("return_from_work", state.person, actor, now) as writing:
            desk = FamilyDesk(writing, on)
            desk.watch_household(household)
            for row in rows:
                row.until = on
                row.months = months_between(row.since, on)
                desk.change(row)
            desk.set_field(PERSON, state.person, "work_place", "")
            desk.set_field(PERSON, state.person, "work_months", 0)
            if ResidenceKind.ACTUAL not in state.residences:
                desk.live(state, ResidenceKind.ACTUAL, household.household)
            desk.finish()
    return state.person


def months_between(first: date, last: date) -> int:
    """Return how many months two days span, a begun one counted."""
    return max(1, (last.year - first.year) * _YEAR_MONTHS + last.month - first.month + (last.day > first.day))
