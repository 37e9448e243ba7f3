"""Where one step of a family gathers its rows: who belongs where, who lives where, what is counted of whom."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from django.utils.translation import gettext as _

from xiaoyuan.figures.actions import Delta
from xiaoyuan.register.actions.changes import ChangeLog, Writing
from xiaoyuan.register.actions.indexing import index_households
from xiaoyuan.register.actions.people_writing import HOUSEHOLD, PERSON
from xiaoyuan.register.choices import (
    HEAD_OF_HOUSEHOLD,
    RELATIONS,
    JoinReason,
    LeaveReason,
    ResidenceKind,
)
from xiaoyuan.register.errors import DateUnfit, HeadNeeded, NotAMember, RelationUnknown
from xiaoyuan.register.models import (
    ContractedParcel,
    Dwelling,
    Employment,
    Household,
    Membership,
    Person,
    PolicyTag,
    Residence,
    ScopedRow,
)
from xiaoyuan.register.queries.people_state import HouseholdState, PersonState

_WHY: Final = "a step takes along what belongs to the person"
_FIELDS: Final[Mapping[type[ScopedRow], tuple[str, ...]]] = {
    Household: ("courtyard_id", "division_code", "closed_on", "merged_into_id"),
    Person: (
        "division_code", "is_deceased", "died_on", "merged_into_id", "work_place", "work_months", "name", "sex",
        "birth_date", "ethnicity", "education", "political_status", "marital_status", "is_student", "health",
        "labour_capacity", "extra",
    ),
    Membership: ("division_code", "relation_to_head", "until", "left_as"),
    Residence: ("courtyard_id", "until"),
    PolicyTag: ("division_code", "until", "person_id", "household_id"),
    Employment: ("division_code", "until", "months", "person_id"),
    Dwelling: ("household_id",),
    ContractedParcel: ("household_id",),
}  # fmt: skip
"""The columns that a step may change, by table."""


class FamilyDesk:
    """One step. Every state that it touches is watched first, so that the figures follow by themselves."""

    def __init__(self, writing: Writing, on: date) -> None:
        self.writing, self.on = writing, on
        self.log = ChangeLog()
        self._changed: dict[type[ScopedRow], dict[int, ScopedRow]] = {}
        self._new: dict[type[ScopedRow], list[ScopedRow]] = {Residence: [], Membership: [], Employment: []}
        self._persons: dict[int, tuple[PersonState, list[Delta]]] = {}
        self._households: dict[int, tuple[HouseholdState, list[Delta]]] = {}

    # Watching

    def watch_person(self, state: PersonState) -> None:
        """Count a person as they are before the step."""
        self._persons.setdefault(state.person.pk, (state, list(state.counted())))

    def watch_household(self, state: HouseholdState) -> None:
        """Count a household and its members as they are before the step."""
        self._households.setdefault(state.household.pk, (state, list(state.counted())))
        for member in state.members:
            self.watch_person(member)

    def found(self, state: HouseholdState) -> None:
        """Write a new household; it did not count before."""
        household = state.household
        self.writing.create(Household, [household])
        self.log.created(HOUSEHOLD, household.pk, None)
        self._households[household.pk] = (state, [])

    def change(self, row: ScopedRow) -> None:
        """Take a row to be written, with its next version."""
        rows = self._changed.setdefault(type(row), {})
        if row.pk is not None and row.pk not in rows:
            rows[row.pk] = row
            self.writing.touch(row)

    def set_field(self, kind: str, row: Any, name: str, value: Any) -> None:
        """Set one field of a person or household and log it, if it is another value."""
        before = getattr(row, name)
        if before != value:
            setattr(row, name, value)
            self.log.changed(kind, row.pk, name, before, value, None)
            self.change(row)

    # Belonging

    def relate(self, state: HouseholdState, relations: Mapping[int, str]) -> None:
        """Give members of a household other relations to its head."""
        members = {member.person.pk: member for member in state.members}
        for person_id, relation in relations.items():
            if relation not in RELATIONS:
                raise RelationUnknown
            member = members.get(person_id)
            if member is None or member.membership is None:
                raise NotAMember(state.household.household_no)
            membership = member.membership
            if membership.relation_to_head != relation:
                self.log.changed(
                    PERSON, person_id, "relation_to_head", membership.relation_to_head, relation, None
                )
                name = member.person.name
                self.log.changed(
                    HOUSEHOLD,
                    state.household.pk,
                    "relation_to_head",
                    f"{name} {RELATIONS.get(membership.relation_to_head, '')}".strip(),
                    f"{name} {RELATIONS[relation]}",
                    None,
                )
                membership.relation_to_head = relation
                self.change(membership)
                self.change(member.person)
                self.change(state.household)

    def leave(self, state: HouseholdState, member: PersonState, left_as: str) -> None:
        """End a membership."""
        membership = member.membership
        if membership is None:
            raise NotAMember(state.household.household_no)
        if membership.since is not None and membership.since > self.on:
            raise DateUnfit(_("On this day the person did not belong to the household yet."))
        membership.until, membership.left_as = self.on, LeaveReason(left_as)
        self.change(membership)
        self.change(member.person)
        self.change(state.household)
        number = state.household.household_no
        self.log.changed(PERSON, member.person.pk, "household_no", number, None, None)
        self.log.changed(HOUSEHOLD, state.household.pk, "members", member.person.name, None, None)
        member.membership = None
        state.members.remove(member)

    def join(self, state: HouseholdState, member: PersonState, relation: str, joined_as: str) -> None:
        """Begin a membership; division, residences and tags follow."""
        if relation not in RELATIONS:
            raise RelationUnknown
        household, person = state.household, member.person
        membership = Membership(
            household=household,
            person=person,
            relation_to_head=relation,
            since=self.on,
            joined_as=JoinReason(joined_as),
            **self.writing.home(household.division_code, None),
        )
        self._new[Membership].append(membership)
        member.membership = membership
        state.members.append(member)
        self.change(person)
        self.change(household)
        number = household.household_no
        self.log.changed(PERSON, person.pk, "household_no", None, number, None)
        self.log.changed(PERSON, person.pk, "relation_to_head", None, relation, None)
        self.log.changed(HOUSEHOLD, household.pk, "members", None, person.name, None)
        self.follow(member, household)

    def follow(self, member: PersonState, household: Household) -> None:
        """Take a person with open tags and present work to a household's village; ended ones stay where they were."""
        code = household.division_code
        if member.person.division_code == code:
            return
        self.set_field(PERSON, member.person, "division_code", code)
        membership = member.membership
        if membership is not None and membership.division_code != code:
            membership.division_code = code
            self.change(membership)
        employments = Employment.objects.unscoped(_WHY).filter(person=member.person, until__isnull=True)
        for row in [*member.tags.values(), *employments]:
            if row.division_code != code:
                row.division_code = code
                self.change(row)

    # Living

    def settle(self, member: PersonState, household: Household, courtyard_before: int | None) -> None:
        """Let residences follow: the registered one always, the actual one of those who lived with the household."""
        for kind in ResidenceKind:
            residence = member.residences.get(kind)
            if residence is None:
                if kind == ResidenceKind.REGISTERED:
                    self.live(member, kind, household)
                continue
            is_there = (residence.courtyard_id, residence.division_code) == (
                household.courtyard_id,
                household.division_code,
            )
            lived_with = kind == ResidenceKind.REGISTERED or residence.courtyard_id == courtyard_before
            if not is_there and lived_with:
                self.end_residence(member, kind)
                self.live(member, kind, household)

    def live(self, member: PersonState, kind: str, household: Household) -> None:
        """Begin a residence where a household is."""
        self.live_at(member, kind, household.division_code, household.courtyard_id)

    def live_at(self, member: PersonState, kind: str, division_code: str, courtyard_id: int | None) -> None:
        """Begin a residence."""
        residence = Residence(
            person=member.person,
            kind=kind,
            courtyard_id=courtyard_id,
            since=self.on,
            **self.writing.home(division_code, None),
        )
        member.residences[kind] = residence
        self._new[Residence].append(residence)
        self.log.changed(PERSON, member.person.pk, f"{kind}_residence", None, division_code, None)
        self.change(member.person)

    def end_residence(self, member: PersonState, kind: str) -> None:
        """End a residence, if there is one."""
        residence = member.residences.pop(kind, None)
        if residence is not None:
            residence.until = self.on
            self.change(residence)
            self.log.changed(
                PERSON, member.person.pk, f"{kind}_residence", residence.division_code, None, None
            )
            self.change(member.person)

    def end_everything(self, member: PersonState) -> None:
        """End residences, open tags and work of somebody who died or left."""
        for kind in list(ResidenceKind):
            self.end_residence(member, kind)
        self.end_tags(PERSON, member.person, member.tags)
        for row in Employment.objects.unscoped(_WHY).filter(person=member.person, until__isnull=True):
            row.until = max(self.on, row.since)
            self.change(row)

    def end_tags(self, kind: str, row: Household | Person, tags: dict[str, PolicyTag]) -> None:
        """End all open tags of a person or household."""
        if tags:
            before = {name: tag.detail.get("stated", "") for name, tag in tags.items()}
            self.log.changed(kind, row.pk, "tags", before, {}, None)
        for tag in tags.values():
            tag.until = self.on
            self.change(tag)
        tags.clear()

    def work(self, employment: Employment) -> None:
        """Take new work to be written."""
        self._new[Employment].append(employment)

    # Finishing

    def close(self, state: HouseholdState, merged_into: Household | None = None) -> None:
        """Close a household to which nobody belongs any more."""
        self.end_tags(HOUSEHOLD, state.household, state.tags)
        self.set_field(HOUSEHOLD, state.household, "closed_on", self.on)
        if merged_into is not None:
            self.set_field(HOUSEHOLD, state.household, "merged_into_id", merged_into.pk)

    def finish(self) -> None:
        """Check that each household has one head, close those without members, and write."""
        for state, _counted in list(self._households.values()):
            heads = [
                member
                for member in state.members
                if member.membership is not None and member.membership.relation_to_head == HEAD_OF_HOUSEHOLD
            ]
            if state.members and len(heads) != 1:
                raise HeadNeeded(state.household.household_no)
            if not state.members and state.household.closed_on is None:
                self.close(state)
        self._write()
        deltas: list[Delta] = []
        for person, before in self._persons.values():
            deltas += [*_signed(before, -1), *person.counted()]
        for household, before in self._households.values():
            deltas += [*_signed(before, -1), *household.counted()]
        self.writing.book(deltas, self.log)
        index_households(self.writing.county_id, self._households)

    def _write(self) -> None:
        memberships: list[Any] = list(self._changed.pop(Membership, {}).values())
        # Whoever leaves goes first, heads come last: no moment may show two heads or two households.
        for batch in (
            [row for row in memberships if row.until is not None],
            [row for row in memberships if row.until is None and row.relation_to_head != HEAD_OF_HOUSEHOLD],
            [row for row in memberships if row.until is None and row.relation_to_head == HEAD_OF_HOUSEHOLD],
        ):
            self.writing.save(Membership, batch, _columns(Membership))
        for model, rows in self._changed.items():
            self.writing.save(model, list(rows.values()), _columns(model))
        for model, fresh in self._new.items():
            self.writing.create(model, fresh)


def _columns(model: type[ScopedRow]) -> tuple[str, ...]:
    return (*_FIELDS[model], "row_version", "updated_at")


def _signed(deltas: Iterable[Delta], sign: int) -> list[Delta]:
    return [
        Delta(one.division_code, one.figure, sign * one.amount, one.dimension, one.is_sample)
        for one in deltas
    ]
