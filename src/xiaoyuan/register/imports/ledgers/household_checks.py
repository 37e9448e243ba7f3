"""What a household's rows say of one another: kinship against age and sex, totals against their parts.

What cannot be true together is an error; what is only unlikely is a note, because ledgers write 子 for a stepson too.
"""

from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from xiaoyuan.register.choices import Sex
from xiaoyuan.register.imports.ledgers.household_matching import RELATION_COLUMN
from xiaoyuan.register.imports.ledgers.household_rows import HouseholdDraft, PersonDraft

YOUNGEST_PARENT: Final = 12
"""Years between parent and child below which one of the dates is doubtful."""
YOUNGEST_GRANDPARENT: Final = 2 * YOUNGEST_PARENT
ROUNDING_MU: Final = Decimal("0.05")
"""By how much parts may miss a total that was rounded."""

_CHILDREN: Final = frozenset(
    {"20", "21", "22", "23", "24", "25", "26", "30", "31", "32", "33", "34", "35", "36"}
)
_GRANDCHILDREN: Final = frozenset({"40", "41", "42", "43", "44"})
_PARENTS: Final = frozenset({"50", "51", "52"})
_GRANDPARENTS: Final = frozenset({"60", "61", "62", "63", "64"})
_MALE: Final = frozenset(
    {"11", "20", "21", "22", "23", "24", "25", "26", "27", "28", "41", "43", "46", "47", "51", "53", "55", "57",
     "61", "63", "66", "71", "73", "76", "78", "81", "83", "85", "87", "89", "93", "95"}
)  # fmt: skip
_FEMALE: Final = frozenset(
    {"12", "30", "31", "32", "33", "34", "35", "36", "37", "38", "42", "44", "45", "48", "52", "54", "56", "58",
     "62", "64", "67", "72", "74", "75", "77", "82", "84", "86", "88", "90", "94", "96"}
)  # fmt: skip


def check_household(household: HouseholdDraft) -> None:
    """Compare the rows of one household with one another."""
    head = next((member for member in household.members if member.is_head), None)
    head_birth = _birth(head) if head is not None else None
    for member in household.members:
        relation = member.relation
        if relation in _MALE or relation in _FEMALE:
            _check_sex(member)
        if head_birth is not None and head is not member and relation:
            _check_age(member, head_birth)
    _check_head_name(household, head)
    _check_totals(household)


def _birth(member: PersonDraft) -> date | None:
    birth: date | None = member.values.get("birth_date")
    if birth is None and member.state is not None:
        birth = member.state.person.birth_date
    return birth


def _check_sex(member: PersonDraft) -> None:
    sex = member.values.get("sex")
    if (sex == Sex.FEMALE and member.relation in _MALE) or (sex == Sex.MALE and member.relation in _FEMALE):
        member.fault(RELATION_COLUMN, _("The relation to the head says another sex than the row."))


def _check_age(member: PersonDraft, head_birth: date) -> None:
    relation = member.relation
    if relation in _CHILDREN or relation in _GRANDCHILDREN:
        is_elder = False
    elif relation in _PARENTS or relation in _GRANDPARENTS:
        is_elder = True
    else:
        return
    birth = _birth(member)
    if birth is None:
        return
    years = (head_birth.year - birth.year) if is_elder else (birth.year - head_birth.year)
    needed = YOUNGEST_PARENT if relation in _CHILDREN or relation in _PARENTS else YOUNGEST_GRANDPARENT
    if years >= needed:
        return
    sentence = (
        _("By the dates of birth, this elder of the head is less than %(years)s years older. Check both.")
        if is_elder
        else _(
            "By the dates of birth, this descendant of the head is less than %(years)s years younger. Check both."
        )
    )
    member.note(RELATION_COLUMN, sentence % {"years": needed})


def _check_head_name(household: HouseholdDraft, head: PersonDraft | None) -> None:
    """Where the ledger repeats the head's name in each row, it must be the name of the head's own row."""
    if head is None:
        return
    name = head.values.get("name")
    for member in household.members:
        stated = member.row.values.get("head_name")
        if stated is not None and name is not None and stated != name:
            sentence = _("The head of this household in row %(row)s has another name.")
            member.fault("户主姓名", sentence % {"row": head.row.number})


def _check_totals(household: HouseholdDraft) -> None:
    stated = _first(household, "member_count")
    if stated is not None and stated[1] != len(household.members):
        sentence = _("The ledger says %(stated)s members, but %(rows)s rows belong to this household.")
        stated[0].note("家庭人口数", sentence % {"stated": stated[1], "rows": len(household.members)})
    total = _first(household, "arable_mu")
    parts = [found[1] for key in ("paddy_mu", "dry_mu") if (found := _first(household, key)) is not None]
    if total is None or len(parts) != 2:
        return
    if abs(sum(parts) - total[1]) > ROUNDING_MU:
        sentence = _("Paddy and dry fields together are %(sum)s mu, the total says %(total)s.")
        total[0].note("耕地面积(亩)", sentence % {"sum": sum(parts), "total": total[1]})


def _first(household: HouseholdDraft, key: str) -> tuple[PersonDraft, Any] | None:
    for member in household.members:
        value = member.row.values.get(key)
        if value is not None:
            return member, value
    return None
