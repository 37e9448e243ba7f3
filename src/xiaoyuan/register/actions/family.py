"""What happens to families: members move, households move, split, merge and get another head.

Each step is one transaction with one revision, which can be taken back. Rows of a person follow the person: open
tags and present work to the new village, residences to the new household. Records of land and of past years stay
where they were made. A household without members is closed. Steps of one person's life are in `life`.
"""

from collections.abc import Mapping
from datetime import date, datetime

from xiaoyuan.audit.actors import Actor
from xiaoyuan.register.actions.family_desk import FamilyDesk
from xiaoyuan.register.actions.family_loading import (
    check_date,
    check_together,
    living_person,
    locked,
    member_of_household,
    open_household,
    step,
)
from xiaoyuan.register.actions.life import (
    NewMember,
    add_member,
    create_household,
    leave_for_work,
    marry_in,
    move_out,
    record_birth,
    record_death,
    return_from_work,
)
from xiaoyuan.register.actions.people_writing import HOUSEHOLD
from xiaoyuan.register.choices import HEAD_OF_HOUSEHOLD, JoinReason, LeaveReason
from xiaoyuan.register.errors import (
    AlreadyThere,
    HeadNeeded,
    HouseholdNumberTaken,
    NobodyMoves,
    NotAMember,
    RowChanged,
    ValueNeeded,
)
from xiaoyuan.register.models import ContractedParcel, Courtyard, Dwelling, Household, Person
from xiaoyuan.register.queries.people_state import HouseholdState

__all__ = [
    "NewMember",
    "add_member",
    "change_head",
    "create_household",
    "leave_for_work",
    "marry_in",
    "merge_households",
    "move_household",
    "move_out",
    "move_person",
    "record_birth",
    "record_death",
    "return_from_work",
    "split_household",
]

_WHY = "a step that was let through reads what it changes"


def move_person(
    *,
    person: Person,
    row_version: int,
    household: Household,
    relation_to_head: str,
    on: date,
    joined_as: str = JoinReason.MOVED_IN,
    left_as: str = LeaveReason.MOVED_OUT,
    relations: Mapping[int, str] | None = None,
    actor: Actor,
    now: datetime,
) -> Person:
    """Let a person move to another household, or into one after they belonged to none; returns the person.

    `relations` are relations that change of others, by person id, in either household: needed when a head moves.
    """
    with locked(person):
        state = living_person(person, row_version)
        target = open_household(household)
        check_together(person, target.household)
        check_date(on, now, [state])
        before = None
        if state.membership is not None:
            if state.membership.household_id == household.pk:
                raise AlreadyThere
            before, state = member_of_household(person, row_version)
        with step("move_person", state.person, actor, now) as writing:
            desk = FamilyDesk(writing, on)
            desk.watch_person(state)
            desk.watch_household(target)
            courtyard_before = None
            if before is not None:
                desk.watch_household(before)
                courtyard_before = before.household.courtyard_id
                desk.leave(before, state, left_as)
            desk.join(target, state, relation_to_head, joined_as)
            desk.settle(state, target.household, courtyard_before)
            relate_among(desk, relations or {}, target, before)
            desk.finish()
    return state.person


def relate_among(
    desk: FamilyDesk, relations: Mapping[int, str], first: HouseholdState, second: HouseholdState | None
) -> None:
    """Give relations to those of two households that they name."""
    own = {member.person.pk for member in first.members}
    desk.relate(first, {key: value for key, value in relations.items() if key in own})
    others = {key: value for key, value in relations.items() if key not in own}
    if others and second is None:
        raise NotAMember(first.household.household_no)
    if second is not None:
        desk.relate(second, others)


def move_household(
    *,
    household: Household,
    row_version: int,
    courtyard: Courtyard | None,
    on: date,
    actor: Actor,
    now: datetime,
) -> Household:
    """Let a household move to another courtyard, of its village or another one; returns the household.

    Who lived with the household lives there from that day.
    """
    with locked(household):
        state = open_household(household, row_version)
        row = state.household
        if row.courtyard_id == (courtyard.pk if courtyard else None):
            raise AlreadyThere
        check_date(on, now, state.members)
        with step("move_household", row, actor, now) as writing:
            desk = FamilyDesk(writing, on)
            desk.watch_household(state)
            before = row.courtyard_id
            if courtyard is not None:
                check_together(row, courtyard)
                if courtyard.division_code != row.division_code:
                    _check_number(row.county_id, courtyard.division_code, row.household_no)
                    desk.set_field(HOUSEHOLD, row, "division_code", courtyard.division_code)
                    for tag in state.tags.values():
                        tag.division_code = courtyard.division_code
                        desk.change(tag)
            desk.set_field(HOUSEHOLD, row, "courtyard_id", courtyard.pk if courtyard else None)
            for member in list(state.members):
                desk.follow(member, row)
                desk.settle(member, row, before)
            desk.finish()
    return row


def split_household(
    *,
    household: Household,
    row_version: int,
    household_no: str,
    members: Mapping[int, str],
    remaining: Mapping[int, str] | None = None,
    courtyard: Courtyard | None = None,
    on: date,
    actor: Actor,
    now: datetime,
) -> Household:
    """Let members found a household of their own; returns it.

    `members`: person id -> relation in the new household, exactly one the head. `remaining`: relations that change in
    the old one. The new household lives in the same courtyard unless another one is named.
    """
    with locked(household):
        state = open_household(household, row_version)
        old = state.household
        leaving = [member for member in state.members if member.person.pk in members]
        if len(leaving) != len(members):
            raise NotAMember(old.household_no)
        if not leaving or len(leaving) == len(state.members):
            raise NobodyMoves
        if sum(relation == HEAD_OF_HOUSEHOLD for relation in members.values()) != 1:
            raise HeadNeeded(household_no)
        check_date(on, now, leaving)
        number = household_no.strip()
        if not number:
            raise ValueNeeded(str(Household._meta.verbose_name))
        place = courtyard or old
        check_together(old, place)
        _check_number(old.county_id, place.division_code, number)
        with step("split_household", old, actor, now) as writing:
            desk = FamilyDesk(writing, on)
            desk.watch_household(state)
            made = HouseholdState(
                Household(
                    household_no=number,
                    group=old.group,
                    courtyard_id=courtyard.pk if courtyard else old.courtyard_id,
                    **writing.home(place.division_code, None),
                )
            )
            desk.found(made)
            for member in leaving:
                desk.leave(state, member, LeaveReason.SPLIT)
                desk.join(made, member, members[member.person.pk], JoinReason.SPLIT)
                desk.settle(member, made.household, old.courtyard_id)
            desk.relate(state, remaining or {})
            desk.finish()
    return made.household


def merge_households(
    *,
    kept: Household,
    merged: Household,
    relations: Mapping[int, str],
    on: date,
    actor: Actor,
    now: datetime,
) -> Household:
    """Let all members of one household join another; returns the kept one, the merged one is closed and leads to it.

    `relations`: person id -> relation in the kept household, for everybody who joins and for those whose relation
    changes. Dwellings and contracted parcels go over; a dwelling whose number is in use there stays. Tags of the merged
    household end: whether the larger one has a claim to them, a person decides.
    """
    with locked(kept):
        if kept.pk == merged.pk:
            raise AlreadyThere
        target, source = open_household(kept), open_household(merged)
        if (target.household.row_version, source.household.row_version) != (
            kept.row_version,
            merged.row_version,
        ):
            raise RowChanged
        check_together(target.household, source.household)
        check_date(on, now, source.members)
        with step("merge_households", target.household, actor, now) as writing:
            desk = FamilyDesk(writing, on)
            desk.watch_household(target)
            desk.watch_household(source)
            before = source.household.courtyard_id
            for member in list(source.members):
                if member.person.pk not in relations:
                    raise HeadNeeded(target.household.household_no)
                desk.leave(source, member, LeaveReason.MERGED)
                desk.join(target, member, relations[member.person.pk], JoinReason.MERGED)
                desk.settle(member, target.household, before)
            joined = {member.person.pk for member in target.members}
            desk.relate(target, {key: value for key, value in relations.items() if key in joined})
            if relations.keys() - joined:
                raise NotAMember(target.household.household_no)
            _hand_over(desk, source.household, target.household)
            desk.close(source, merged_into=target.household)
            desk.finish()
    return target.household


def _hand_over(desk: FamilyDesk, source: Household, target: Household) -> None:
    taken = set(
        Dwelling.objects.unscoped(_WHY).filter(household=target).values_list("dwelling_no", flat=True)
    )
    dwellings = Dwelling.objects.unscoped(_WHY).filter(household=source).exclude(dwelling_no__in=taken)
    for row in [*dwellings, *ContractedParcel.objects.unscoped(_WHY).filter(household=source)]:
        row.household_id = target.pk
        desk.change(row)


def change_head(
    *,
    household: Household,
    row_version: int,
    relations: Mapping[int, str],
    on: date,
    actor: Actor,
    now: datetime,
) -> Household:
    """Give a household another head; `relations` by person id, as they are from now on. Returns the household."""
    with locked(household):
        state = open_household(household, row_version)
        check_date(on, now, state.members)
        with step("change_head", state.household, actor, now) as writing:
            desk = FamilyDesk(writing, on)
            desk.watch_household(state)
            desk.relate(state, relations)
            desk.finish()
    return state.household


def _check_number(county_id: int, division_code: str, household_no: str) -> None:
    rows = Household.objects.unscoped(_WHY).filter(
        county_id=county_id,
        division_code=division_code,
        household_no=household_no,
        closed_on__isnull=True,
    )
    if rows.exists():
        raise HouseholdNumberTaken(household_no)
