"""Judging a household ledger: rows against one another, then village by village against the register."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from xiaoyuan.intake.columns import Difference, ImportContext, Judgement, Row, RowVerdict
from xiaoyuan.intake.models import Verdict
from xiaoyuan.lib import divisions
from xiaoyuan.register.actions.people_writing import HouseholdWrite, PersonWrite
from xiaoyuan.register.choices import HEAD_OF_HOUSEHOLD
from xiaoyuan.register.imports.ledgers.household_rows import (
    HouseholdDraft,
    PersonDraft,
    draft_person,
    gather_household,
    group_households,
    person_tags,
)
from xiaoyuan.register.imports.ledgers.villages import resolve_divisions
from xiaoyuan.register.queries.people_state import (
    HouseholdState,
    PersonState,
    courtyards_by_code,
    persons_by_uid,
    village_state,
)
from xiaoyuan.vault.actions import find_subjects, read_masked
from xiaoyuan.vault.masked import Masked

Secrets = Mapping[UUID, Mapping[str, Masked]]

_ID_COLUMN: Final = "身份证号"
_RELATION_COLUMN: Final = "与户主关系"


def judge_rows(rows: Sequence[Row], context: ImportContext) -> Judgement:
    """Return a verdict for each row; its plan is the `PersonWrite` that would be carried out."""
    drafts = [draft_person(row, context) for row in rows]
    resolve_divisions(drafts, context, level=divisions.Level.VILLAGE)
    households = group_households(drafts)
    _check_duplicates(drafts)
    holders = _holders(drafts, context)
    codes = {code for draft in drafts if (code := draft.row.values.get("courtyard"))}
    courtyards = courtyards_by_code(context.county_id, codes, is_sample=context.is_sample)
    by_village: dict[str, list[HouseholdDraft]] = defaultdict(list)
    for household in households.values():
        by_village[household.division_code].append(household)
    plans: dict[int, PersonWrite] = {}
    for division_code, members in by_village.items():
        _judge_village(division_code, members, context, holders, courtyards, plans)
    return Judgement([_verdict(draft, plans) for draft in drafts])


def _check_duplicates(drafts: Sequence[PersonDraft]) -> None:
    """The same person must not stand in a file twice: by identity number, else by name and birth in a household."""
    seen: dict[tuple[Any, ...], PersonDraft] = {}
    for draft in drafts:
        key: tuple[Any, ...]
        if draft.number is not None:
            key = ("id", draft.number.text)
            sentence = _("Row %(row)s of sheet “%(sheet)s” has the same identity number.")
            column = _ID_COLUMN
        else:
            name = draft.values.get("name")
            key = (draft.division_code, draft.household_no, name, draft.values.get("birth_date"))
            sentence = _(
                "Row %(row)s of sheet “%(sheet)s” is the same person: same household, name and birth date."
            )
            column = "姓名"
            if not name or not draft.household_no:
                continue
        first = seen.setdefault(key, draft)
        if first is not draft:
            draft.fault(column, sentence % {"row": first.row.number, "sheet": first.row.sheet})
            first.fault(column, sentence % {"row": draft.row.number, "sheet": draft.row.sheet})


def _holders(drafts: Iterable[PersonDraft], context: ImportContext) -> dict[str, list[PersonState]]:
    """Return who holds each identity number of the file, anywhere in the county."""
    numbers = {draft.number.text for draft in drafts if draft.number is not None}
    subjects = find_subjects(county_id=context.county_id, name="id_number", values=sorted(numbers))
    persons = persons_by_uid(context.county_id, (uid for uids in subjects.values() for uid in uids))
    return {
        number: [persons[uid] for uid in uids if uid in persons]  # a subject may be no person but a contact
        for number, uids in subjects.items()
    }


def _judge_village(
    division_code: str,
    households: Sequence[HouseholdDraft],
    context: ImportContext,
    holders: Mapping[str, list[PersonState]],
    courtyards: dict[str, tuple[int, str]],
    plans: dict[int, PersonWrite],
) -> None:
    states = village_state(context.county_id, division_code)
    for household in households:
        household.state = states.get(household.household_no)
        if household.state is not None and household.state.household.is_sample != context.is_sample:
            household.state = None  # sample and real people are never compared with one another
            for member in household.members:
                member.fault("户号", _sample_clash(context))
        else:
            _match_members(household, holders)
            _check_heads(household)
        gather_household(household, courtyards)
    matched = [m for household in households for m in household.members if m.state is not None]
    names = sorted({name for member in matched for name in member.secrets})
    uids = [member.state.person.person_uid for member in matched if member.state is not None]
    held = read_masked(county_id=context.county_id, subjects=uids, names=names) if names else {}
    for household in households:
        _plan_household(household, held, plans)


def _sample_clash(context: ImportContext) -> str:
    if context.is_sample:
        return _("A real household has this number; a sample must not change it.")
    return _("A sample household has this number. Remove the sample first.")


# Who is who


def _match_members(household: HouseholdDraft, holders: Mapping[str, list[PersonState]]) -> None:
    members = {member.person.pk: member for member in household.state.members} if household.state else {}
    by_number = {member.number.text: member for member in household.members if member.number is not None}
    claimed = {
        state.person.pk
        for number in by_number
        for state in holders.get(number, ())
        if state.person.pk in members
    }
    for draft in household.members:
        found = holders.get(draft.number.text, []) if draft.number is not None else []
        if len(found) > 1:
            draft.doubt(_ID_COLUMN, _candidates(_("Several persons have this identity number:"), found))
        elif found and found[0].person.pk in members:
            draft.state = members[found[0].person.pk]
        elif found:
            draft.doubt(_ID_COLUMN, _elsewhere(found[0]))
        else:
            _match_by_name(draft, [one for pk, one in members.items() if pk not in claimed], holders)
    taken = Counter(draft.state.person.pk for draft in household.members if draft.state is not None)
    for draft in household.members:
        if draft.state is not None and taken[draft.state.person.pk] > 1:
            draft.doubt("姓名", _("Two rows of this household fit the same person of the register."))


def _match_by_name(
    draft: PersonDraft, members: Sequence[PersonState], holders: Mapping[str, list[PersonState]]
) -> None:
    """A row whose number nobody holds, or without one: name and birth date within the household decide."""
    name, birth = draft.values.get("name"), draft.values.get("birth_date")
    namesakes = [member for member in members if member.person.name == name]
    fitting = [
        member for member in namesakes if birth is None or member.person.birth_date in (None, birth)
    ]  # fmt: skip
    if len(fitting) > 1:
        exact = [member for member in fitting if birth is not None and member.person.birth_date == birth]
        fitting = exact if len(exact) == 1 else fitting
    if len(fitting) == 1:
        draft.state = fitting[0]
    elif fitting:
        draft.doubt("姓名", _candidates(_("Several members of this household fit:"), fitting))
    elif namesakes:
        draft.doubt(
            "出生日期" if draft.number is None else _ID_COLUMN,
            _candidates(_("A member of this household has this name but another date of birth:"), namesakes),
        )


def _candidates(sentence: str, states: Iterable[PersonState]) -> str:
    return f"{sentence} {'; '.join(_where(state) for state in states)}"


def _elsewhere(state: PersonState) -> str:
    return _("This person is already in the register elsewhere: %(where)s. Decide which is right.") % {
        "where": _where(state)
    }


def _where(state: PersonState) -> str:
    """Name a person of the register without any personal value."""
    if state.membership is None:
        return _("person %(id)s without a household") % {"id": state.person.pk}
    return _("person %(id)s in household %(number)s of %(division)s") % {
        "id": state.person.pk,
        "number": state.membership.household.household_no,
        "division": divisions.pad(state.person.division_code),
    }


def _check_heads(household: HouseholdDraft) -> None:
    if any(not member.relation for member in household.members):
        return  # an unreadable relation is reported itself; it may be the head's
    heads = [member for member in household.members if member.is_head]
    for head in heads if len(heads) > 1 else ():
        others = "、".join(str(other.row.number) for other in heads if other is not head)
        head.fault(_RELATION_COLUMN, _("This household has another head in row %(rows)s.") % {"rows": others})
    named = {member.state.person.pk for member in household.members if member.state is not None}
    staying = [
        member
        for member in (household.state.members if household.state else ())
        if member.person.pk not in named
        and member.membership
        and member.membership.relation_to_head == HEAD_OF_HOUSEHOLD
    ]
    is_doubtful = any(member.is_ambiguous for member in household.members)
    if not heads and not staying and not is_doubtful:
        household.members[0].fault(_RELATION_COLUMN, _("This household has no head (户主)."))
    elif heads and staying and not is_doubtful:
        heads[0].doubt(
            _RELATION_COLUMN,
            _candidates(_("The register has another head, who is not in this file:"), staying),
        )


# What differs


def _plan_household(household: HouseholdDraft, held: Secrets, plans: dict[int, PersonWrite]) -> None:
    write = HouseholdWrite(
        household.division_code,
        household.household_no,
        household.values,
        tags=household.tags,
        state=household.state,
    )
    if household.state is not None:
        household.differences = _household_differences(household, household.state)
        household.carrier.differences.extend(household.differences)
    for draft in household.members:
        plan = PersonWrite(
            write,
            draft.values,
            draft.relation,
            is_resident=draft.is_resident,
            tags=person_tags(draft),
            secrets=draft.secrets,
            state=draft.state,
        )
        if draft.state is not None:
            _compare_person(draft, draft.state, plan, held)
        plans[id(draft)] = plan


def _household_differences(household: HouseholdDraft, state: HouseholdState) -> list[Difference]:
    found = [
        Difference(f"household.{name}", getattr(state.household, name), value)
        for name, value in household.values.items()
        if getattr(state.household, name) != value
    ]
    if household.tags is not None:
        before = {tag: row.detail.get("stated", "") for tag, row in state.tags.items()}
        if before != household.tags:
            found.append(Difference("household.tags", before, household.tags))
    return found


def _compare_person(draft: PersonDraft, state: PersonState, plan: PersonWrite, held: Secrets) -> None:
    person = state.person
    for name, value in plan.values.items():
        before = getattr(person, name)
        after = {**before, **value} if name == "extra" else value
        if before != after:
            draft.differences.append(Difference(name, before, after))
    if state.membership is not None and state.membership.relation_to_head != draft.relation:
        draft.differences.append(
            Difference("relation_to_head", state.membership.relation_to_head, draft.relation)
        )
    if draft.is_resident is not None and draft.is_resident != state.is_resident:
        draft.differences.append(Difference("is_resident", state.is_resident, draft.is_resident))
    if plan.tags is not None:
        tags_before = {tag: row.detail.get("stated", "") for tag, row in state.tags.items()}
        if tags_before != plan.tags:
            draft.differences.append(Difference("tags", tags_before, plan.tags))
    known = held.get(person.person_uid, {})
    plan.secrets = {
        name: text
        for name, text in draft.secrets.items()
        if name not in known or known[name].reveal() != text
    }
    if "id_number" in plan.secrets and "id_number" in known:
        draft.doubt(
            _ID_COLUMN, _("The register has another identity number for this person: ") + _where(state)
        )
    draft.differences.extend(Difference(name) for name in plan.secrets)


def _verdict(draft: PersonDraft, plans: Mapping[int, PersonWrite]) -> RowVerdict:
    has_faults = len(draft.problems) > 0 and not draft.is_ambiguous
    if draft.row.problems or has_faults or not draft.division_code or not draft.household_no:
        verdict = Verdict.ERROR
    elif draft.is_ambiguous:
        verdict = Verdict.AMBIGUOUS
    elif draft.state is None:
        verdict = Verdict.NEW
    else:
        verdict = Verdict.CHANGED if draft.differences else Verdict.SAME
    return RowVerdict(verdict, draft.problems, draft.differences, plans.get(id(draft)))
