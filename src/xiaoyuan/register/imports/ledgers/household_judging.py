"""Judging a household ledger: rows against one another, then village by village against the register.

A verdict's problems keep a row out when it is ERROR and ask for a decision when it is AMBIGUOUS; on NEW and CHANGED
rows they are notes, worth a second look. A row that was left out takes its whole household along: all its rows are
SKIPPED.
"""

import gc
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from xiaoyuan.intake.columns import (
    AbsentRecord,
    Difference,
    ImportContext,
    Judgement,
    Row,
    RowPlace,
    RowVerdict,
)
from xiaoyuan.intake.models import Verdict
from xiaoyuan.lib import divisions
from xiaoyuan.register.actions.people_writing import PERSON, HouseholdWrite, PersonWrite
from xiaoyuan.register.imports.ledgers.household_checks import check_household
from xiaoyuan.register.imports.ledgers.household_grouping import (
    group_households,
    number_households,
    read_bare_codes,
)
from xiaoyuan.register.imports.ledgers.household_matching import (
    ID_COLUMN,
    RELATION_COLUMN,
    check_duplicates,
    check_heads,
    match_village,
    moving_persons,
    where,
)
from xiaoyuan.register.imports.ledgers.household_plan import PersonPlan
from xiaoyuan.register.imports.ledgers.household_rows import (
    HouseholdDraft,
    PersonDraft,
    draft_person,
    gather_household,
    person_tags,
)
from xiaoyuan.register.imports.ledgers.villages import resolve_divisions
from xiaoyuan.register.queries.people_state import (
    HouseholdState,
    PersonState,
    courtyards_by_code,
    fill_persons,
    persons_by_uid,
    village_state,
)
from xiaoyuan.vault.actions import find_subjects, read_masked
from xiaoyuan.vault.masked import Masked

Secrets = Mapping[UUID, Mapping[str, Masked]]
Holders = dict[str, list[PersonState]]

_NUMBER_COLUMN: Final = "户号"


def judge_rows(rows: Sequence[Row], context: ImportContext) -> Judgement:
    """Return a verdict for each row, and the persons of its villages whom no row names.

    The plan of a verdict is the `PersonPlan` that would be carried out.
    """
    with _uncollected():
        return _judge(rows, context)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Pause the cycle collector: a block makes many objects and no cycles, and each pass walks the whole program.

    Judging a village of 10,000 new people takes half the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _judge(rows: Sequence[Row], context: ImportContext) -> Judgement:
    drafts = [draft_person(row, context) for row in rows]
    resolve_divisions(drafts, context, level=divisions.Level.VILLAGE)
    by_village: dict[str, list[PersonDraft]] = defaultdict(list)
    for draft in drafts:
        by_village[draft.division_code].append(draft)
    codes = {code for draft in drafts if (code := draft.row.values.get("courtyard"))}
    courtyards = courtyards_by_code(context.county_id, codes, is_sample=context.is_sample) if codes else {}
    plans: dict[int, PersonPlan] = {}
    skipped: dict[int, int] = {}
    absent: list[AbsentRecord] = []
    for division_code, members in by_village.items():
        if division_code:
            village = _Village(division_code, members, context)
            village.judge(courtyards)
            village.plan(plans, skipped)
            absent += village.absent()
    _check_doubles(drafts, context, skipped)
    return Judgement([_verdict(draft, plans, skipped) for draft in drafts], absent)


def _check_doubles(drafts: Iterable[PersonDraft], context: ImportContext, skipped: Mapping[int, int]) -> None:
    """Refuse a person who stands in another block of the file as well."""
    if not context.doubles:
        return
    own = {RowPlace(draft.row.sheet, draft.row.number) for draft in drafts}
    for draft in drafts:
        if draft.number is None or id(draft) in skipped:
            continue
        for place in context.doubles.get(draft.number.text, ()):
            if place not in own:
                sentence = _("Row %(row)s of sheet “%(sheet)s” has the same identity number.")
                draft.fault(ID_COLUMN, sentence % {"row": place.number, "sheet": place.sheet})


class _Village:
    """The rows of one village beside what the register knows of it."""

    def __init__(self, division_code: str, drafts: Sequence[PersonDraft], context: ImportContext) -> None:
        self.division_code = division_code
        self.context = context
        self.drafts = drafts
        self.states = village_state(context.county_id, division_code)
        self.persons: dict[UUID, PersonState] = {}
        for state in self.states.values():
            for member in state.members:
                self.persons[member.person.person_uid] = member
                if member.membership is not None:
                    member.membership.household = state.household  # spares a query for each
        self.holders = self._holders()
        self.households: list[HouseholdDraft] = []
        self.left_out: list[HouseholdDraft] = []

    def _holders(self) -> Holders:
        """Return who holds each identity number of the rows, anywhere in the county."""
        numbers = {draft.number.text for draft in self.drafts if draft.number is not None}
        subjects = find_subjects(county_id=self.context.county_id, name="id_number", values=sorted(numbers))
        elsewhere = [uid for uids in subjects.values() for uid in uids if uid not in self.persons]
        strangers = persons_by_uid(self.context.county_id, elsewhere) if elsewhere else {}
        fill_persons(
            {state.person.pk: state for state in strangers.values()},
            [state.person.pk for state in strangers.values()],
        )
        found: Holders = {}
        for number, uids in subjects.items():
            # A subject may be no person but a contact; a record merged into another is not asked for.
            states = [self.persons.get(uid) or strangers.get(uid) for uid in uids]
            kept = [one for one in states if one is not None and one.person.merged_into_id is None]
            if kept:
                found[number] = kept
        return found

    def judge(self, courtyards: dict[str, tuple[int, str]]) -> None:
        """Find out who is who and what contradicts itself."""
        read_bare_codes(self.drafts)
        number_households(self.drafts, self.holders, self.states)
        for household in group_households(self.drafts).values():
            household.state = self.states.get(household.household_no)
            (self.left_out if household.is_left_out else self.households).append(household)
        waiting = {id(draft) for household in self.left_out for draft in household.members}
        check_duplicates(draft for draft in self.drafts if not draft.is_left_out and id(draft) not in waiting)
        known = []
        for household in self.households:
            state = household.state
            if state is not None and self._is_strange(household, state):
                household.state = None
            else:
                known.append(household)
        match_village(known, self.states, self.holders)
        moving = moving_persons(known)
        for household in known:
            check_heads(household, moving)
        for household in self.households:
            check_household(household)
            gather_household(household, courtyards)

    def _is_strange(self, household: HouseholdDraft, state: HouseholdState) -> bool:
        """Sample and real people are never compared with one another."""
        if state.household.is_sample == self.context.is_sample:
            return False
        sentence = (
            _("A real household has this number; a sample must not change it.")
            if self.context.is_sample
            else _("A sample household has this number. Remove the sample first.")
        )
        for member in household.members:
            member.fault(_NUMBER_COLUMN, sentence)
        return True

    def plan(self, plans: dict[int, PersonPlan], skipped: dict[int, int]) -> None:
        """Note what would be written for each row, and which rows wait because one of their household was left out."""
        for household in self.left_out:
            row = next(member.row.number for member in household.members if member.is_left_out)
            for member in household.members:
                skipped[id(member)] = row
        for draft in self.drafts:
            if draft.is_left_out:
                skipped[id(draft)] = draft.row.number
        matched = [m for household in self.households for m in household.members if m.state is not None]
        names = sorted({name for member in matched for name in member.secrets})
        uids = [member.state.person.person_uid for member in matched if member.state is not None]
        held = read_masked(county_id=self.context.county_id, subjects=uids, names=names) if names else {}
        for household in self.households:
            _plan_household(household, held, plans)

    def absent(self) -> list[AbsentRecord]:
        """Return whom no row names: nobody's candidate, nobody of a household that was left out."""
        named = {draft.state.person.pk for draft in self.drafts if draft.state is not None}
        named |= {one for draft in self.drafts for one in draft.candidates}
        named |= {
            state.person.pk
            for draft in self.drafts
            if draft.number is not None
            for state in self.holders.get(draft.number.text, ())
        }
        waiting = {household.household_no for household in self.left_out}
        return [
            AbsentRecord(PERSON, member.person.pk)
            for number, state in self.states.items()
            if number not in waiting and state.household.is_sample == self.context.is_sample
            for member in state.members
            if member.person.pk not in named
            and not member.person.is_deceased
            and member.person.merged_into_id is None
        ]


# What differs


def _plan_household(household: HouseholdDraft, held: Secrets, plans: dict[int, PersonPlan]) -> None:
    write = HouseholdWrite(
        household.division_code,
        household.household_no,
        household.values,
        tags=household.tags,
        state=household.state,
    )
    if household.state is not None:
        household.differences = _household_differences(household, household.state)
        household.carrier.differences = [*household.carrier.differences, *household.differences]
    for draft in household.members:
        write_person = PersonWrite(
            write,
            draft.values,
            draft.relation,
            is_resident=draft.is_resident,
            tags=person_tags(draft),
            secrets=draft.secrets,
            state=draft.state,
        )
        if draft.state is not None:
            _compare_person(draft, draft.state, write_person, held)
        plans[id(draft)] = PersonPlan(write_person, draft.moved_from)


def _household_differences(household: HouseholdDraft, state: HouseholdState) -> list[Difference]:
    found = []
    for name, value in household.values.items():
        before = getattr(state.household, name)
        after = {**before, **value} if name == "extra" else value
        if before != after:
            found.append(Difference(f"household.{name}", before, after))
    if household.tags is not None:
        tags_before = {tag: row.detail.get("stated", "") for tag, row in state.tags.items()}
        if tags_before != household.tags:
            found.append(Difference("household.tags", tags_before, household.tags))
    return found


def _compare_person(draft: PersonDraft, state: PersonState, plan: PersonWrite, held: Secrets) -> None:
    person, found = state.person, list(draft.differences)
    if state.membership is None or draft.moved_from is not None:
        before = draft.moved_from.household_no if draft.moved_from is not None else None
        found.append(Difference("household", before, draft.household_no))
    for name, value in plan.values.items():
        before = getattr(person, name)
        after = {**before, **value} if name == "extra" else value
        if before != after:
            found.append(Difference(name, before, after))
    if state.membership is not None and state.membership.relation_to_head != draft.relation:
        found.append(Difference("relation_to_head", state.membership.relation_to_head, draft.relation))
    if draft.is_resident is not None and draft.is_resident != state.is_resident:
        found.append(Difference("is_resident", state.is_resident, draft.is_resident))
    if plan.tags is not None:
        tags_before = {tag: row.detail.get("stated", "") for tag, row in state.tags.items()}
        if tags_before != plan.tags:
            found.append(Difference("tags", tags_before, plan.tags))
    known = held.get(person.person_uid, {})
    plan.secrets = {
        name: text
        for name, text in draft.secrets.items()
        if name not in known or known[name].reveal() != text
    }
    if "id_number" in plan.secrets and "id_number" in known and draft.chosen([state]) is None:
        sentence = _("The register has another identity number for this person: ")
        draft.doubt(ID_COLUMN, sentence + where(state), [state])
    draft.differences = [*found, *(Difference(name) for name in plan.secrets)]


def _verdict(draft: PersonDraft, plans: Mapping[int, PersonPlan], skipped: Mapping[int, int]) -> RowVerdict:
    left_out = skipped.get(id(draft))
    if left_out is not None:
        sentence = _(
            "Left out together with row %(row)s: a household is taken over as a whole or not at all."
        )
        problems = (
            [] if left_out == draft.row.number else [draft.row.problem("", sentence % {"row": left_out})]
        )
        return RowVerdict(Verdict.SKIPPED, problems)
    problems = [*draft.faults, *draft.doubts, *draft.notes]
    plan = plans.get(id(draft))
    if draft.row.problems or draft.faults or plan is None or not draft.relation:
        verdict = Verdict.ERROR
        if not draft.faults and not draft.row.problems and not draft.relation:
            problems.insert(0, draft.row.problem(RELATION_COLUMN, _("Write the relation to the head.")))
    elif draft.doubts:
        verdict = Verdict.AMBIGUOUS
    elif draft.state is None:
        verdict = Verdict.NEW
    else:
        verdict = Verdict.CHANGED if draft.differences else Verdict.SAME
    candidates = list(draft.candidates) if verdict == Verdict.AMBIGUOUS else []
    return RowVerdict(verdict, problems, list(draft.differences), plan, candidates)
