"""Who is who: the rows of a village's households against the persons of the register, and what a person decided.

An identity number decides; without one, name and birth date within the household. Where several fit, nobody is chosen:
the row is doubtful and names its candidates.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from django.utils.translation import gettext as _

from xiaoyuan.lib import divisions
from xiaoyuan.register.choices import HEAD_OF_HOUSEHOLD
from xiaoyuan.register.imports.ledgers.household_rows import HouseholdDraft, PersonDraft
from xiaoyuan.register.queries.people_state import HouseholdState, PersonState

ID_COLUMN: Final = "身份证号"
RELATION_COLUMN: Final = "与户主关系"
NAME_COLUMN: Final = "姓名"

Holders = Mapping[str, Sequence[PersonState]]
"""Who holds each identity number, anywhere in the county."""


def match_village(
    households: Sequence[HouseholdDraft], states: Mapping[str, HouseholdState], holders: Holders
) -> None:
    """Find the person of each row, or say why nobody can be chosen; recognise who changed the household."""
    by_person = {member.person.pk: state for state in states.values() for member in state.members}
    in_file = {household.household_no for household in households}
    named = {
        state.person.pk
        for household in households
        for draft in household.members
        if draft.number is not None
        for state in holders.get(draft.number.text, ())
    }
    dissolved = {
        number
        for number, state in states.items()
        if number not in in_file and state.members and all(one.person.pk in named for one in state.members)
    }
    for household in households:
        # Households merge into one that is known; a whole family under a new number may be a slip of the pen.
        settled = in_file | dissolved if household.state is not None else in_file
        own = {member.person.pk: member for member in household.state.members} if household.state else {}
        free = [member for pk, member in own.items() if pk not in named]
        for draft in household.members:
            _match(draft, own, free, by_person, holders, settled)
    for household in households:
        _refuse_doubles(household)


def _match(
    draft: PersonDraft,
    own: Mapping[int, PersonState],
    free: Sequence[PersonState],
    by_person: Mapping[int, HouseholdState],
    holders: Holders,
    settled: set[str],
) -> None:
    found = holders.get(draft.number.text, ()) if draft.number is not None else ()
    if not found:
        if free:
            _match_by_name(draft, free)
        return
    if draft.is_new_by_decision:
        draft.fault(
            ID_COLUMN, _("Somebody of the register has this identity number: the row cannot be a new person.")
        )
        return
    chosen = draft.chosen(found)
    if chosen is None and len(found) > 1:
        draft.doubt(ID_COLUMN, _candidates(_("Several persons have this identity number:"), found), found)
        return
    state = chosen or found[0]
    if state.person.is_deceased:
        draft.fault(ID_COLUMN, _("This person is recorded as deceased: %(where)s.") % {"where": where(state)})
        return
    if state.person.pk in own:
        draft.state = own[state.person.pk]
        return
    home = by_person.get(state.person.pk)
    if chosen is None and (home is None or home.household.household_no not in settled):
        draft.doubt(ID_COLUMN, _elsewhere(state), [state])
        return
    # The file names both households, and the person only in this one: they changed it.
    draft.state = state
    if state.membership is not None:
        draft.moved_from = state.membership.household


def _match_by_name(draft: PersonDraft, members: Sequence[PersonState]) -> None:
    """A row whose number nobody holds, or without one: name and birth date within the household decide."""
    name, birth = draft.values.get("name"), draft.values.get("birth_date")
    namesakes = [member for member in members if member.person.name == name]
    if not namesakes and draft.row.decided is None:
        return
    chosen = draft.chosen(members)
    if chosen is not None:
        draft.state = chosen
        return
    if draft.is_new_by_decision:
        return
    fitting = [
        member for member in namesakes if birth is None or member.person.birth_date in (None, birth)
    ]  # fmt: skip
    if len(fitting) > 1:
        exact = [member for member in fitting if birth is not None and member.person.birth_date == birth]
        fitting = exact if len(exact) == 1 else fitting
    if len(fitting) == 1:
        draft.state = fitting[0]
    elif fitting:
        draft.doubt(NAME_COLUMN, _candidates(_("Several members of this household fit:"), fitting), fitting)
    elif namesakes:
        draft.doubt(
            "出生日期" if draft.number is None else ID_COLUMN,
            _candidates(_("A member of this household has this name but another date of birth:"), namesakes),
            namesakes,
        )


def _refuse_doubles(household: HouseholdDraft) -> None:
    taken = Counter(draft.state.person.pk for draft in household.members if draft.state is not None)
    for draft in household.members:
        if draft.state is not None and taken[draft.state.person.pk] > 1:
            sentence = _("Two rows of this household fit the same person of the register.")
            draft.doubt(NAME_COLUMN, sentence, [draft.state])


def check_heads(household: HouseholdDraft, moving: set[int]) -> None:
    """One head a household, together with those of the register whom the file does not name; `moving` leave it."""
    if any(not member.relation for member in household.members):
        return  # an unreadable relation is reported itself; it may be the head's
    heads = [member for member in household.members if member.is_head]
    for head in heads if len(heads) > 1 else ():
        others = "、".join(str(other.row.number) for other in heads if other is not head)
        head.fault(RELATION_COLUMN, _("This household has another head in row %(rows)s.") % {"rows": others})
    named = {member.state.person.pk for member in household.members if member.state is not None}
    staying = [
        member
        for member in (household.state.members if household.state else ())
        if member.person.pk not in named | moving
        and member.membership
        and member.membership.relation_to_head == HEAD_OF_HOUSEHOLD
    ]
    if any(member.doubts for member in household.members):
        return
    if not heads and not staying:
        household.members[0].fault(RELATION_COLUMN, _("This household has no head (户主)."))
    elif heads and staying:
        _settle_heads(heads[0], staying)


def _settle_heads(head: PersonDraft, staying: Sequence[PersonState]) -> None:
    """The register has another head than the file: it is the same person, or somebody took over."""
    chosen = head.chosen(staying)
    if chosen is not None and head.state is None:
        head.state = chosen
    elif not head.is_new_by_decision and not (head.state is not None and head.chosen([head.state])):
        sentence = _("The register has another head, who is not in this file:")
        head.doubt(RELATION_COLUMN, _candidates(sentence, staying), staying)


def moving_persons(households: Iterable[HouseholdDraft]) -> set[int]:
    """Return the ids of the persons who change their household."""
    return {
        draft.state.person.pk
        for household in households
        for draft in household.members
        if draft.state is not None and draft.moved_from is not None
    }


def check_duplicates(drafts: Iterable[PersonDraft]) -> None:
    """The same person must not stand in a block twice: by identity number, else by name and birth in a household."""
    seen: dict[object, PersonDraft] = {}
    for draft in drafts:
        key: object
        if draft.number is not None:
            key = draft.number.text
        else:
            name = draft.values.get("name")
            if not name or not draft.household_no:
                continue
            key = (draft.division_code, draft.household_no, name, draft.values.get("birth_date"))
        first = seen.setdefault(key, draft)
        if first is draft:
            continue
        if draft.number is not None:
            column, sentence = ID_COLUMN, _("Row %(row)s of sheet “%(sheet)s” has the same identity number.")
        else:
            column = NAME_COLUMN
            sentence = _(
                "Row %(row)s of sheet “%(sheet)s” is the same person: same household, name and birth date."
            )
        for one, other in ((draft, first), (first, draft)):
            one.fault(column, sentence % {"row": other.row.number, "sheet": other.row.sheet})


def _candidates(sentence: str, states: Iterable[PersonState]) -> str:
    return f"{sentence} {'; '.join(where(state) for state in states)}"


def _elsewhere(state: PersonState) -> str:
    return _("This person is already in the register elsewhere: %(where)s. Decide which is right.") % {
        "where": where(state)
    }


def where(state: PersonState) -> str:
    """Name a person of the register without any personal value."""
    if state.membership is None:
        return _("person %(id)s without a household") % {"id": state.person.pk}
    return _("person %(id)s in household %(number)s of %(division)s") % {
        "id": state.person.pk,
        "number": state.membership.household.household_no,
        "division": divisions.pad(state.person.division_code),
    }
