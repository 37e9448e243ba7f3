"""Which rows make a household: by its number, or from one head to the next where a ledger has no numbers.

Families without a number never merge: each begins with its own head, is known again by the identity numbers of its
people, and gets the next free number of the village when the register does not know it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from django.utils.translation import gettext as _

from xiaoyuan.register.choices import HEAD_OF_HOUSEHOLD
from xiaoyuan.register.imports.ledgers.household_rows import HouseholdDraft, PersonDraft
from xiaoyuan.register.imports.ledgers.readers import BareCode
from xiaoyuan.register.imports.ledgers.words import RELATION_SYSTEMS
from xiaoyuan.register.queries.people_state import HouseholdState, PersonState

NUMBER_DIGITS: Final = 4
_RELATION_COLUMN: Final = "与户主关系"


def group_households(drafts: Sequence[PersonDraft]) -> dict[tuple[str, str], HouseholdDraft]:
    """Group rows by village and household number, in the file's order; rows without either stand aside."""
    households: dict[tuple[str, str], HouseholdDraft] = {}
    for draft in drafts:
        if draft.division_code and draft.household_no:
            key = (draft.division_code, draft.household_no)
            household = households.get(key)
            if household is None:
                household = households[key] = HouseholdDraft(*key)
            household.members.append(draft)
    return households


# Relations written as bare numbers


def read_bare_codes(drafts: Sequence[PersonDraft]) -> None:
    """Give relations that are bare numbers their meaning: the list of codes under which households have one head.

    When two lists fit equally well and differ, every such cell is an error: the word has to be written.
    """
    bare = [draft for draft in drafts if isinstance(draft.row.values.get("relation_to_head"), BareCode)]
    if not bare:
        return
    groups = list(_groups(drafts))
    meanings = [_meanings(bare, system) for system in RELATION_SYSTEMS]
    scores = [_households_with_one_head(groups, meaning) if meaning else -1 for meaning in meanings]
    best = [
        meaning for meaning, score in zip(meanings, scores, strict=True) if meaning and score == max(scores)
    ]
    if best and all(other == best[0] for other in best):
        for draft in bare:
            draft.relation = best[0][id(draft)]
        return
    for draft in bare:
        sentence = _(
            "This number means one thing in one list of codes and another in the next. Write the word."
        )
        draft.fault(_RELATION_COLUMN, sentence)


def _meanings(bare: Iterable[PersonDraft], system: Mapping[str, str]) -> dict[int, str]:
    """Return the meaning of every bare number in one list of codes; none when it does not hold them all."""
    found = {id(draft): system.get(draft.row.values["relation_to_head"].text, "") for draft in bare}
    return found if all(found.values()) else {}


def _groups(drafts: Sequence[PersonDraft]) -> Iterable[list[PersonDraft]]:
    numbered = group_households(drafts)
    if numbered:
        return [household.members for household in numbered.values()]
    return [list(drafts)]


def _households_with_one_head(groups: Iterable[list[PersonDraft]], meaning: Mapping[int, str]) -> int:
    return sum(
        sum(meaning.get(id(member), member.relation) == HEAD_OF_HOUSEHOLD for member in members) == 1
        for members in groups
    )


# Ledgers without household numbers


def number_households(
    drafts: Sequence[PersonDraft],
    holders: Mapping[str, Sequence[PersonState]],
    states: Mapping[str, HouseholdState],
) -> None:
    """Give the rows of one village a household number where their sheet has no such column.

    A head begins a household. It is the household of the register to which its head belongs, else to which its other
    people belong; a new one gets the next free number, which is said in a note.
    """
    loose = [draft for draft in drafts if "household_no" not in draft.row.values]
    if not loose:
        return
    taken = set(states) | {draft.household_no for draft in drafts if draft.household_no}
    free = _free_numbers(taken)
    by_person = {member.person.pk: state for state in states.values() for member in state.members}
    heads = _heads_by_name(states.values())
    used: dict[str, PersonDraft] = {}
    for _sheet, rows in groupby(loose, key=lambda draft: draft.row.sheet):
        for members in _from_head_to_head(list(rows)):
            number = _known_number(members, holders, by_person, heads)
            if not number:
                number = next(free)
                sentence = _(
                    "The ledger has no household numbers. This household gets the number %(number)s."
                )
                members[0].note("", sentence % {"number": number})
            first = used.setdefault(number, members[0])
            if first is not members[0]:
                sentence = _("Row %(row)s is the head of the same household of the register, %(number)s.")
                members[0].fault(_RELATION_COLUMN, sentence % {"row": first.row.number, "number": number})
                continue
            for member in members:
                member.household_no = number


def _from_head_to_head(rows: Sequence[PersonDraft]) -> Iterator[list[PersonDraft]]:
    group: list[PersonDraft] = []
    for draft in rows:
        if draft.is_head:
            if group:
                yield group
            group = [draft]
        elif group:
            group.append(draft)
        elif draft.relation:
            draft.fault(
                _RELATION_COLUMN,
                _("The ledger has no household numbers, and no head (户主) stands above this row."),
            )
    if group:
        yield group


def _known_number(
    members: Sequence[PersonDraft],
    holders: Mapping[str, Sequence[PersonState]],
    by_person: Mapping[int, HouseholdState],
    heads: Mapping[str, Sequence[tuple[PersonState, str]]],
) -> str:
    """Return the number of the household in the register, or "" when it knows none of these people here."""
    found: Counter[str] = Counter()
    for draft in members:
        here = [
            by_person[state.person.pk].household.household_no
            for state in (holders.get(draft.number.text, ()) if draft.number else ())
            if state.person.pk in by_person
        ]
        if draft.is_head and len(here) == 1:
            return here[0]
        found.update(here)
    if len(found) == 1:
        return next(iter(found))
    return _by_name_of_head(members[0], heads) if not found else ""


def _heads_by_name(states: Iterable[HouseholdState]) -> dict[str, list[tuple[PersonState, str]]]:
    found: dict[str, list[tuple[PersonState, str]]] = {}
    for state in states:
        for member in state.members:
            if member.membership is not None and member.membership.relation_to_head == HEAD_OF_HOUSEHOLD:
                found.setdefault(member.person.name, []).append((member, state.household.household_no))
    return found


def _by_name_of_head(head: PersonDraft, heads: Mapping[str, Sequence[tuple[PersonState, str]]]) -> str:
    """A head whom no number names: the one household whose head has this name and no other date of birth."""
    birth = head.values.get("birth_date")
    fitting = [
        number
        for member, number in heads.get(head.values.get("name", ""), ())
        if birth is None or member.person.birth_date in (None, birth)
    ]
    if len(fitting) > 1:
        sentence = _("Several households have a head of this name: %(numbers)s. Add the column 户号.")
        head.fault("姓名", sentence % {"numbers": "、".join(sorted(fitting))})
    return fitting[0] if len(fitting) == 1 else ""


def _free_numbers(taken: set[str]) -> Iterator[str]:
    plain = [number for number in taken if number.isascii() and number.isdigit() and len(number) <= 9]
    width = max((len(number) for number in plain), default=NUMBER_DIGITS)
    at = max((int(number) for number in plain), default=0)
    while True:
        at += 1
        number = str(at).zfill(width)
        if number not in taken:
            yield number
