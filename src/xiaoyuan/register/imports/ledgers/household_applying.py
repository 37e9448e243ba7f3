"""Applying a judged household ledger: who leaves, then households and people in chunks of whole households.

Whoever leaves a household goes first and whoever joins one comes last, so that no moment shows two heads.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from xiaoyuan.intake.actions import RowLink
from xiaoyuan.intake.columns import DecidedAbsence, ImportContext, JudgedRow
from xiaoyuan.intake.models import Decision, Verdict
from xiaoyuan.register.actions.changes import Writing
from xiaoyuan.register.actions.movements import (
    Leaving,
    join_households,
    leave_households,
    settle_left_households,
)
from xiaoyuan.register.actions.people_writing import PERSON, HouseholdWrite, PersonWrite, write_people
from xiaoyuan.register.choices import HEAD_OF_HOUSEHOLD, LeaveReason
from xiaoyuan.register.errors import TwoHeads
from xiaoyuan.register.imports.ledgers.household_plan import PersonPlan
from xiaoyuan.register.models import Household, Membership
from xiaoyuan.register.queries.people_state import PersonState, fill_persons

CHUNK: Final = 5000
"""Persons written at once; memory stays bounded however long the ledger is."""
_LOOK_UP: Final = 500
_WHY: Final = "a person decided that these are gone"
_REASONS: Final = {Decision.MOVED_OUT: LeaveReason.MOVED_OUT, Decision.DECEASED: LeaveReason.DEATH}


def apply_rows(
    judged: Sequence[JudgedRow], absences: Sequence[DecidedAbsence], context: ImportContext
) -> list[RowLink]:
    """Write what is new or changed and who is gone; returns which person each staged row became.

    Raises `TwoHeads` or `HouseholdWithoutHead` when the decisions leave a household without one head.
    """
    writing = Writing(context.county_id, context.is_sample, context.actor, context.now, context.recorder)
    pending = [one for one in judged if one.verdict.verdict in (Verdict.NEW, Verdict.CHANGED)]
    leavings = [*_absent(absences), *_movers(pending)]
    left = leave_households(writing=writing, leavings=leavings) if leavings else set()
    _refuse_two_heads(pending)
    links = [link for chunk in _chunks(pending) for link in _write(chunk, writing)]
    if left:
        settle_left_households(writing=writing, left=left, merged_into=_merges(pending, left))
    links += [
        RowLink(absence.staged_id, PERSON, absence.record.object_id)
        for absence in absences
        if absence.choice in _REASONS
    ]
    return links


def _absent(absences: Sequence[DecidedAbsence]) -> Iterator[Leaving]:
    """Yield those of whom somebody decided that they died or moved out, as the register knows them."""
    decided = {one.record.object_id: one for one in absences if one.choice in _REASONS}
    ids = list(decided)
    for start in range(0, len(ids), _LOOK_UP):
        rows = Membership.objects.unscoped(_WHY).filter(
            person_id__in=ids[start : start + _LOOK_UP], until__isnull=True
        )
        states = {
            row.person_id: PersonState(row.person, row) for row in rows.select_related("person", "household")
        }
        fill_persons(states, list(states))
        for pk, state in states.items():
            yield Leaving(state, _REASONS[decided[pk].choice], decided[pk].staged_id)


def _movers(pending: Sequence[JudgedRow]) -> Iterator[Leaving]:
    leaving_whole = _leaving_whole([one.verdict.plan for one in pending])
    for one in pending:
        plan: PersonPlan = one.verdict.plan
        if plan.moved_from is not None and plan.write.state is not None:
            reason = (
                LeaveReason.MERGED
                if plan.moved_from.pk in leaving_whole
                else LeaveReason.SPLIT
                if plan.write.household.state is None
                else LeaveReason.MOVED_OUT
            )
            yield Leaving(plan.write.state, reason, one.staged_id)


def _leaving_whole(plans: Sequence[PersonPlan]) -> set[int]:
    """Return the households whose last members leave for others."""
    leaving: dict[int, int] = {}
    for plan in plans:
        if plan.moved_from is not None:
            leaving[plan.moved_from.pk] = leaving.get(plan.moved_from.pk, 0) + 1
    found: set[int] = set()
    for pk, count in leaving.items():
        members = Membership.objects.unscoped(_WHY).filter(household_id=pk, until__isnull=True).count()
        if members == count:
            found.add(pk)
    return found


def _refuse_two_heads(pending: Sequence[JudgedRow]) -> None:
    """A new head needs that the old one left or steps back in this very file."""
    heads: dict[int, PersonWrite] = {}
    stepping_back: set[int] = set()
    for one in pending:
        write: PersonWrite = one.verdict.plan.write
        if write.household.state is not None and write.relation_to_head == HEAD_OF_HOUSEHOLD:
            heads[write.household.state.household.pk] = write
        elif write.state is not None:
            stepping_back.add(write.state.person.pk)
    ids = list(heads)
    for start in range(0, len(ids), _LOOK_UP):
        rows = Membership.objects.unscoped(_WHY).filter(
            household_id__in=ids[start : start + _LOOK_UP],
            until__isnull=True,
            relation_to_head=HEAD_OF_HOUSEHOLD,
        )
        for household_id, person_id in rows.values_list("household_id", "person_id"):
            state = heads[household_id].state
            if person_id not in stepping_back and (state is None or state.person.pk != person_id):
                raise TwoHeads(heads[household_id].household.household_no)


def _write(chunk: Sequence[JudgedRow], writing: Writing) -> Iterator[RowLink]:
    households: dict[int, HouseholdWrite] = {}
    persons: list[PersonWrite] = []
    joins: list[tuple[PersonWrite, Household | None]] = []
    for one in chunk:
        plan: PersonPlan = one.verdict.plan
        write = plan.write
        write.source_row_id = one.staged_id
        if write.household.source_row_id is None or write.relation_to_head == HEAD_OF_HOUSEHOLD:
            write.household.source_row_id = one.staged_id
        households[id(write.household)] = write.household
        if plan.joins:
            joins.append((write, plan.moved_from))
        else:
            persons.append(write)
    write_people(writing=writing, households=list(households.values()), persons=persons)
    if joins:
        join_households(writing=writing, joins=joins)
        write_people(writing=writing, households=[], persons=[write for write, _left in joins])
    for one in chunk:
        state = one.verdict.plan.write.state
        if one.staged_id is not None and state is not None:
            yield RowLink(one.staged_id, PERSON, state.person.pk)


def _merges(pending: Sequence[JudgedRow], left: set[int]) -> dict[int, Household]:
    """Return the one household into which the people of each household went, where it is one."""
    found: dict[int, dict[int, Household]] = {}
    for one in pending:
        plan: PersonPlan = one.verdict.plan
        if plan.moved_from is not None and plan.moved_from.pk in left:
            row = plan.write.household.row
            found.setdefault(plan.moved_from.pk, {})[row.pk] = row
    return {pk: next(iter(rows.values())) for pk, rows in found.items() if len(rows) == 1}


def _chunks(judged: Sequence[JudgedRow]) -> Iterator[list[JudgedRow]]:
    """Yield rows in chunks that keep the rows of a household together."""
    by_household: dict[int, list[JudgedRow]] = {}
    for one in judged:
        by_household.setdefault(id(one.verdict.plan.write.household), []).append(one)
    chunk: list[JudgedRow] = []
    for rows in by_household.values():
        if chunk and len(chunk) + len(rows) > CHUNK:
            yield chunk
            chunk = []
        chunk += rows
    if chunk:
        yield chunk
