"""People who leave a household and people who join one, in bulk: what a ledger says between its lines.

Dates are those of the write: a ledger says that somebody is gone, seldom since when.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from xiaoyuan.figures.actions import Delta
from xiaoyuan.register import counters
from xiaoyuan.register.actions.changes import ChangeLog, Writing
from xiaoyuan.register.actions.indexing import index_households
from xiaoyuan.register.actions.people_writing import HOUSEHOLD, PERSON, PersonWrite
from xiaoyuan.register.choices import HEAD_OF_HOUSEHOLD, JoinReason, LeaveReason, ResidenceKind
from xiaoyuan.register.errors import HouseholdWithoutHead
from xiaoyuan.register.models import Employment, Household, Membership, Person, PolicyTag, Residence
from xiaoyuan.register.queries.people_state import PersonState

_WHY: Final = "who leaves or joins changes the household"
_LOOK_UP: Final = 500
_TOUCHED: Final = ("row_version", "updated_at")


@dataclass(slots=True)
class Leaving:
    """Somebody who leaves; `left_as` says why. Who dies or moves out loses residences and tags too."""

    state: PersonState
    left_as: LeaveReason
    source_row_id: int | None = None

    @property
    def is_gone(self) -> bool:
        """Whether the person leaves the register's households altogether."""
        return self.left_as in (LeaveReason.DEATH, LeaveReason.MOVED_OUT)


def leave_households(*, writing: Writing, leavings: Sequence[Leaving]) -> set[int]:
    """End memberships from today; returns the ids of the households that were left.

    Must run in a transaction that took `lock_changes` before it read the states.
    """
    log, deltas = ChangeLog(), list[Delta]()
    persons: list[Person] = []
    memberships: list[Membership] = []
    residences: list[Residence] = []
    tags: list[PolicyTag] = []
    for leaving in leavings:
        state, person = leaving.state, leaving.state.person
        membership = state.membership
        if membership is None:
            continue
        number, source = membership.household.household_no, leaving.source_row_id
        membership.until, membership.left_as = writing.today, leaving.left_as
        writing.touch(membership)
        memberships.append(membership)
        log.changed(HOUSEHOLD, membership.household_id, "members", person.name, None, source)
        if not leaving.is_gone:
            continue  # the household they join says from where they came
        log.changed(PERSON, person.pk, "household_no", number, None, source)
        deltas += _counted(state, -1)
        if leaving.left_as == LeaveReason.DEATH:
            person.is_deceased = True
            log.changed(PERSON, person.pk, "is_deceased", False, True, source)
        if state.tags:
            before = {name: tag.detail.get("stated", "") for name, tag in state.tags.items()}
            log.changed(PERSON, person.pk, "tags", before, {}, source)
        for kind, residence in state.residences.items():
            log.changed(PERSON, person.pk, f"{kind}_residence", residence.division_code, None, source)
        ended: list[Residence | PolicyTag] = [*state.residences.values(), *state.tags.values()]
        for row in ended:
            row.until = writing.today
            writing.touch(row)
        residences += state.residences.values()
        tags += state.tags.values()
        writing.touch(person)
        persons.append(person)
        state.membership = None
        state.residences, state.tags = {}, {}
        deltas += _counted(state, 1)
    writing.save(Membership, memberships, ("until", "left_as", *_TOUCHED))
    writing.save(Person, persons, ("is_deceased", *_TOUCHED))
    writing.save(Residence, residences, ("until", *_TOUCHED))
    writing.save(PolicyTag, tags, ("until", *_TOUCHED))
    _end_work(writing, [person.pk for person in persons])
    writing.book(deltas, log)
    return {membership.household_id for membership in memberships}


def join_households(*, writing: Writing, joins: Sequence[tuple[PersonWrite, Household | None]]) -> None:
    """Make somebody who left, or belonged nowhere, a member of the household of their `PersonWrite` from today.

    Each comes with the household they left, if any. The household's row is there; the person's other fields are written
    by `write_people` afterwards.
    """
    log, deltas = ChangeLog(), list[Delta]()
    memberships: list[Membership] = []
    persons: list[Person] = []
    ended: list[Residence] = []
    opened: list[Residence] = []
    tags: list[PolicyTag] = []
    for write, left in joins:
        state, household = write.state, write.household.row
        assert state is not None
        person = state.person
        deltas += _counted(state, -1)
        home = writing.home(household.division_code, write.source_row_id)
        membership = Membership(
            household=household,
            person=person,
            relation_to_head=write.relation_to_head,
            since=writing.today,
            joined_as=JoinReason.SPLIT if write.household.state is None and left else JoinReason.MOVED_IN,
            **home,
        )
        memberships.append(membership)
        before = left.household_no if left is not None else None
        log.changed(PERSON, person.pk, "household_no", before, household.household_no, write.source_row_id)
        log.changed(HOUSEHOLD, household.pk, "members", None, person.name, write.source_row_id)
        for kind, residence in list(state.residences.items()):
            place = (residence.division_code, residence.courtyard_id)
            if place != (household.division_code, household.courtyard_id):
                residence.until = writing.today
                writing.touch(residence)
                ended.append(residence)
                state.residences[kind] = Residence(
                    person=person, kind=kind, courtyard_id=household.courtyard_id, since=writing.today, **home
                )
                opened.append(state.residences[kind])
        registered = ResidenceKind.REGISTERED
        if registered not in state.residences:
            state.residences[registered] = Residence(
                person=person,
                kind=registered,
                courtyard_id=household.courtyard_id,
                since=writing.today,
                **home,
            )
            opened.append(state.residences[registered])
        for tag in state.tags.values():
            if tag.division_code != household.division_code:
                tag.division_code = household.division_code
                writing.touch(tag)
                tags.append(tag)
        person.division_code = household.division_code
        writing.touch(person)
        persons.append(person)
        state.membership = membership
        deltas += _counted(state, 1)
    writing.save(Person, persons, ("division_code", *_TOUCHED))
    writing.save(Residence, ended, ("until", *_TOUCHED))
    writing.save(PolicyTag, tags, ("division_code", *_TOUCHED))
    writing.create(Membership, memberships)
    writing.create(Residence, opened)
    writing.book(deltas, log)


def settle_left_households(
    *, writing: Writing, left: Iterable[int], merged_into: Mapping[int, Household]
) -> None:
    """Close the households that nobody belongs to any more; refuse people left without a head.

    `merged_into` says into which household all members of another went. Raises `HouseholdWithoutHead`.
    """
    log, deltas = ChangeLog(), list[Delta]()
    wanted = sorted(left)
    closed: list[Household] = []
    tags: list[PolicyTag] = []
    for start in range(0, len(wanted), _LOOK_UP):
        part = wanted[start : start + _LOOK_UP]
        relations: dict[int, list[str]] = {pk: [] for pk in part}
        rows = Membership.objects.unscoped(_WHY).filter(household_id__in=part, until__isnull=True)
        for household_id, relation in rows.values_list("household_id", "relation_to_head"):
            relations[household_id].append(relation)
        for household in Household.objects.unscoped(_WHY).filter(pk__in=part, closed_on__isnull=True):
            if relations[household.pk] and HEAD_OF_HOUSEHOLD not in relations[household.pk]:
                raise HouseholdWithoutHead(household.household_no)
            if relations[household.pk]:
                continue
            household.closed_on = writing.today
            household.merged_into = merged_into.get(household.pk)
            writing.touch(household)
            log.changed(HOUSEHOLD, household.pk, "closed_on", None, writing.today, None)
            deltas.append(Delta(household.division_code, counters.HOUSEHOLDS, -1, "", household.is_sample))
            closed.append(household)
        gone = [household.pk for household in closed]
        tags += PolicyTag.objects.unscoped(_WHY).filter(household_id__in=gone, until__isnull=True)
    for tag in {tag.pk: tag for tag in tags}.values():
        tag.until = writing.today
        writing.touch(tag)
    writing.save(PolicyTag, list({tag.pk: tag for tag in tags}.values()), ("until", *_TOUCHED))
    writing.save(Household, closed, ("closed_on", "merged_into", *_TOUCHED))
    writing.book(deltas, log)
    index_households(writing.county_id, wanted)


def _end_work(writing: Writing, person_ids: Sequence[int]) -> None:
    """Work of people who are gone ends with them."""
    for start in range(0, len(person_ids), _LOOK_UP):
        part = person_ids[start : start + _LOOK_UP]
        rows = list(Employment.objects.unscoped(_WHY).filter(person_id__in=part, until__isnull=True))
        for row in rows:
            row.until = max(writing.today, row.since)
            writing.touch(row)
        writing.save(Employment, rows, ("until", *_TOUCHED))


def _counted(state: PersonState, sign: int) -> list[Delta]:
    return [
        Delta(one.division_code, one.figure, sign * one.amount, one.dimension, one.is_sample)
        for one in state.counted()
    ]
