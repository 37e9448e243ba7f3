"""Writing households and persons in bulk: rows, vault, change log and figure deltas in the caller's transaction.

Imports and edits by hand both come here, so that the figures agree whatever way a change came.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from xiaoyuan.figures.actions import Delta
from xiaoyuan.register import counters
from xiaoyuan.register.actions.changes import ChangeLog, Writing, set_fields
from xiaoyuan.register.actions.indexing import index_households, index_new_households
from xiaoyuan.register.choices import HEAD_OF_HOUSEHOLD, JoinReason, ResidenceKind
from xiaoyuan.register.models import Household, Membership, Person, PolicyTag, Residence
from xiaoyuan.register.queries.people_state import HouseholdState, PersonState
from xiaoyuan.store.inserting import make

HOUSEHOLD: Final = "register.household"
PERSON: Final = "register.person"
INDEXED: Final = ("id_number", "phone")
"""Vault fields that can be looked up by value."""

HOUSEHOLD_FIELDS: Final = (
    "group", "courtyard_id", "dwelling_area_m2", "dwelling_structure", "dwelling_year", "arable_mu", "forest_mu",
    "main_crops", "livestock", "extra",
)  # fmt: skip
PERSON_FIELDS: Final = (
    "name", "sex", "birth_date", "ethnicity", "education", "political_status", "marital_status", "is_student", "health",
    "labour_capacity", "work_place", "work_months", "extra",
)  # fmt: skip


@dataclass
class HouseholdWrite:
    """A household as it is to be: `values` of `HOUSEHOLD_FIELDS`; `tags` the full set of open tags with their stated
    detail, or None to leave them. A new one has no `state`."""

    division_code: str
    household_no: str
    values: Mapping[str, Any]
    tags: Mapping[str, str] | None = None
    state: HouseholdState | None = None
    source_row_id: int | None = None
    is_touched: bool = False
    """Whether the household gets its next version even if no field of it differs."""

    row: Household = field(init=False)


@dataclass
class PersonWrite:
    """A person as they are to be: `values` of `PERSON_FIELDS`, `secrets` of the vault, None to leave the rest."""

    household: HouseholdWrite
    values: Mapping[str, Any]
    relation_to_head: str
    is_resident: bool | None = None
    tags: Mapping[str, str] | None = None
    secrets: Mapping[str, str] = field(default_factory=dict)
    state: PersonState | None = None
    source_row_id: int | None = None
    since: date | None = None
    joined_as: str = JoinReason.UNKNOWN
    """How and when a new person came into the household, where it is known."""


def write_people(
    *, writing: Writing, households: Sequence[HouseholdWrite], persons: Sequence[PersonWrite]
) -> list[int]:
    """Write households, then persons; returns the persons' ids in order.

    Must run in a transaction that took `lock_changes` before it read the states.
    """
    desk = _Desk(writing)
    desk.write_households(households)
    known = [person for person in persons if person.state is not None]
    fresh = [person for person in persons if person.state is None]
    for person in known:
        desk.change_person(person)
    desk.create_persons(fresh)
    return desk.finish(persons)


class _Desk:
    """Where one write gathers its rows, so that each table is written once a chunk."""

    def __init__(self, writing: Writing) -> None:
        self.writing = writing
        self.today = writing.today
        self.log = ChangeLog()
        self.deltas: list[Delta] = []
        self.changed_persons: list[Person] = []
        self.changed_memberships: list[Membership] = []
        self.changed_residences: list[Residence] = []
        self.changed_tags: list[PolicyTag] = []
        self.new_residences: list[Residence] = []
        self.new_tags: list[PolicyTag] = []
        self.secrets: dict[Any, Mapping[str, str]] = {}
        self.fresh_subjects: set[Any] = set()
        self.changed_households: set[int] = set()
        self.new_households: list[Household] = []
        self.new_members: dict[int, list[str]] = {}

    # Households

    def write_households(self, households: Iterable[HouseholdWrite]) -> None:
        changed: list[Household] = []
        fresh: list[HouseholdWrite] = []
        for write in households:
            if write.state is None:
                write.row = make(
                    Household,
                    household_no=write.household_no,
                    **write.values,
                    **self.writing.home(write.division_code, write.source_row_id),
                )
                fresh.append(write)
                continue
            write.row = write.state.household
            if self._change_household(write) or write.is_touched:
                self.writing.touch(write.row)
                changed.append(write.row)
        self.writing.save(Household, changed, (*HOUSEHOLD_FIELDS, "row_version", "updated_at"))
        self.changed_households.update(row.pk for row in changed)
        self.new_households = [write.row for write in fresh]
        self.writing.create(Household, self.new_households)
        for write in fresh:
            self.log.created(HOUSEHOLD, write.row.pk, write.source_row_id)
            self.deltas.append(Delta(write.division_code, counters.HOUSEHOLDS, 1, "", self.writing.is_sample))
            for tag, detail in (write.tags or {}).items():
                self._open_tag(tag, detail, write.division_code, write.source_row_id, household=write.row)

    def _change_household(self, write: HouseholdWrite) -> bool:
        state = write.state
        assert state is not None
        courtyard_before = write.row.courtyard_id
        has_changed = set_fields(write.row, write.values, self.log, HOUSEHOLD, write.source_row_id)
        if write.row.courtyard_id != courtyard_before:
            self._move_residences(state, courtyard_before, write.row.courtyard_id)
        if write.tags is not None:
            owner = {"household": write.row}
            has_changed |= self._set_tags(
                state.tags, write.tags, write.division_code, HOUSEHOLD, write, owner
            )
        return has_changed

    def _move_residences(self, state: HouseholdState, before: int | None, after: int | None) -> None:
        """Members' residences follow the household's courtyard unless they named another one."""
        for member in state.members:
            for residence in member.residences.values():
                if residence.courtyard_id == before:
                    residence.courtyard_id = after
                    self.writing.touch(residence)
                    self.changed_residences.append(residence)

    # Persons

    def change_person(self, write: PersonWrite) -> None:
        state = write.state
        assert state is not None
        assert state.membership is not None
        person, source = state.person, write.source_row_id
        counted_before = list(state.counted())
        name_before = person.name
        has_changed = set_fields(person, write.values, self.log, PERSON, source)
        if person.name != name_before:
            self.changed_households.add(state.membership.household_id)
        if state.membership.relation_to_head != write.relation_to_head:
            before = state.membership.relation_to_head
            self.log.changed(PERSON, person.pk, "relation_to_head", before, write.relation_to_head, source)
            state.membership.relation_to_head = write.relation_to_head
            self.writing.touch(state.membership)
            self.changed_memberships.append(state.membership)
            has_changed = True
        if write.is_resident is not None and write.is_resident != state.is_resident:
            self._change_residence(state, write)
            has_changed = True
        if write.tags is not None:
            owner = {"person": person}
            has_changed |= self._set_tags(state.tags, write.tags, person.division_code, PERSON, write, owner)
        if write.secrets:
            for name in write.secrets:
                self.log.changed(PERSON, person.pk, name, None, None, source)
            self.secrets[person.person_uid] = write.secrets
            has_changed = True
        if has_changed:
            self.writing.touch(person)
            self.changed_persons.append(person)
            self._count(counted_before, -1)
            self._count(state.counted(), 1)

    def _change_residence(self, state: PersonState, write: PersonWrite) -> None:
        self.log.changed(
            PERSON, state.person.pk, "is_resident", state.is_resident, write.is_resident, write.source_row_id
        )
        if write.is_resident:
            residence = self._residence(write, state.person, ResidenceKind.ACTUAL)
            residence.since = self.today
            state.residences[ResidenceKind.ACTUAL] = residence
            self.new_residences.append(residence)
            return
        ended = state.residences.pop(ResidenceKind.ACTUAL)
        ended.until = self.today
        self.writing.touch(ended)
        self.changed_residences.append(ended)

    def create_persons(self, writes: Sequence[PersonWrite]) -> None:
        persons = [
            make(
                Person,
                **write.values,
                **self.writing.home(write.household.division_code, write.source_row_id),
            )
            for write in writes
        ]
        self.writing.create(Person, persons)
        memberships = []
        for write, person in zip(writes, persons, strict=True):
            self.log.created(PERSON, person.pk, write.source_row_id)
            home = self.writing.home(write.household.division_code, write.source_row_id)
            membership = make(
                Membership,
                household_id=write.household.row.pk,
                person_id=person.pk,
                relation_to_head=write.relation_to_head,
                since=write.since,
                joined_as=write.joined_as,
                **home,
            )
            memberships.append(membership)
            self._note_member(write, person)
            state = write.state = PersonState(person, membership)
            kinds = [ResidenceKind.REGISTERED, *([ResidenceKind.ACTUAL] if write.is_resident else [])]
            for kind in kinds:
                state.residences[kind] = self._residence(write, person, kind)
            self.new_residences.extend(state.residences.values())
            for tag, detail in (write.tags or {}).items():
                opened = self._open_tag(
                    tag, detail, home["division_code"], write.source_row_id, person=person
                )
                state.tags[tag] = opened
            if write.secrets:
                self.secrets[person.person_uid] = write.secrets
                self.fresh_subjects.add(person.person_uid)
            self._count(state.counted(), 1)
        self.writing.create(Membership, memberships)

    def _note_member(self, write: PersonWrite, person: Person) -> None:
        """Keep the names of new households for the index; those of others are read again."""
        household = write.household
        if household.state is not None:
            self.changed_households.add(household.row.pk)
            self.log.changed(HOUSEHOLD, household.row.pk, "members", None, person.name, write.source_row_id)
            return
        names = self.new_members.setdefault(household.row.pk, [])
        is_head = write.relation_to_head == HEAD_OF_HOUSEHOLD
        names.insert(0 if is_head else len(names), person.name)

    # Shared

    def _set_tags(
        self,
        open_tags: dict[str, PolicyTag],
        wanted: Mapping[str, str],
        division_code: str,
        kind: str,
        write: HouseholdWrite | PersonWrite,
        owner: Mapping[str, Household | Person],
    ) -> bool:
        before = {tag: row.detail.get("stated", "") for tag, row in open_tags.items()}
        if before == dict(wanted):
            return False
        row = next(iter(owner.values()))
        self.log.changed(kind, row.pk, "tags", before, dict(wanted), write.source_row_id)
        for tag in before.keys() - wanted.keys():
            ended = open_tags.pop(tag)
            ended.until = self.today
            self.writing.touch(ended)
            self.changed_tags.append(ended)
        for tag, detail in wanted.items():
            if tag not in open_tags:
                open_tags[tag] = self._open_tag(tag, detail, division_code, write.source_row_id, **owner)
            elif before[tag] != detail:
                open_tags[tag].detail = {"stated": detail}
                self.writing.touch(open_tags[tag])
                self.changed_tags.append(open_tags[tag])
        return True

    def _open_tag(
        self,
        tag: str,
        detail: str,
        division_code: str,
        source_row_id: int | None,
        **owner: Household | Person,
    ) -> PolicyTag:
        opened = PolicyTag(
            tag=tag,
            detail={"stated": detail} if detail else {},
            **owner,
            **self.writing.home(division_code, source_row_id),
        )
        self.new_tags.append(opened)
        return opened

    def _residence(self, write: PersonWrite, person: Person, kind: ResidenceKind) -> Residence:
        household = write.household.row
        home = self.writing.home(household.division_code, write.source_row_id)
        return make(Residence, person_id=person.pk, kind=kind, courtyard_id=household.courtyard_id, **home)

    def _count(self, deltas: Iterable[Delta], sign: int) -> None:
        self.deltas.extend(
            Delta(one.division_code, one.figure, sign * one.amount, one.dimension, one.is_sample)
            for one in deltas
        )

    def finish(self, persons: Sequence[PersonWrite]) -> list[int]:
        """Write what was gathered; returns the persons' ids in order."""
        touched, writing = ("row_version", "updated_at"), self.writing
        writing.save(Person, self.changed_persons, (*PERSON_FIELDS, *touched))
        # Heads last: two heads at any moment would break the rule of one head a household.
        demoted = [row for row in self.changed_memberships if row.relation_to_head != HEAD_OF_HOUSEHOLD]
        promoted = [row for row in self.changed_memberships if row.relation_to_head == HEAD_OF_HOUSEHOLD]
        self.changed_households.update(row.household_id for row in self.changed_memberships)
        writing.save(Membership, demoted, ("relation_to_head", *touched))
        writing.save(Membership, promoted, ("relation_to_head", *touched))
        # A residence may have moved with its household and ended with its person: one row, once.
        residences = list({row.pk: row for row in self.changed_residences if row.pk}.values())
        writing.save(Residence, residences, ("courtyard_id", "until", *touched))
        writing.save(PolicyTag, self.changed_tags, ("detail", "until", *touched))
        writing.create(Residence, self.new_residences)
        writing.create(PolicyTag, self.new_tags)
        writing.put_secrets(self.secrets, INDEXED, self.fresh_subjects)
        writing.book(self.deltas, self.log)
        index_new_households(self.new_households, self.new_members)
        index_households(writing.county_id, self.changed_households)
        return [write.state.person.pk for write in persons if write.state is not None]
