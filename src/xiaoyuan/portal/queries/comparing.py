"""Two records side by side: what agrees, what differs, and of personal numbers only that they do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from xiaoyuan.portal.queries.desk import village_names
from xiaoyuan.portal.queries.history import field_label
from xiaoyuan.register.choices import EDUCATION, POLITICAL_STATUS, RELATIONS
from xiaoyuan.register.queries.people_state import PersonState
from xiaoyuan.vault.actions import read_masked

CHOSEN: Final = (
    "name", "sex", "birth_date", "ethnicity", "education", "political_status", "marital_status", "is_student", "health",
    "labour_capacity", "work_place", "work_months",
)  # fmt: skip
"""Fields of which a merge may take either value."""
NUMBERS: Final = ("id_number", "phone", "bank_account")
_UNSTATED: Final[tuple[Any, ...]] = (None, "", "0")


@dataclass(frozen=True)
class Compared:
    """One line of the comparison. `verdict`: same, different, one (only one states it) or none."""

    name: str
    label: str
    first: str
    second: str
    verdict: str


def shown_value(state: PersonState, name: str) -> str:
    """Return a field of a person in words."""
    person, value = state.person, getattr(state.person, name)
    if value in _UNSTATED and value is not False:
        return ""
    if name in ("sex", "marital_status"):
        return str(getattr(person, f"get_{name}_display")())
    codes: Mapping[str, str] = {"education": EDUCATION, "political_status": POLITICAL_STATUS}.get(name, {})
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return codes.get(str(value), str(value))


def compared(first: PersonState, second: PersonState) -> list[Compared]:
    """Return what two records say, field by field."""
    places = village_names([first.person.division_code, second.person.division_code])

    def home(state: PersonState) -> str:
        if state.membership is None:
            return _("without a household")
        relation = RELATIONS.get(state.membership.relation_to_head, "")
        return f"{state.membership.household.household_no} {relation}".strip()

    def village(state: PersonState) -> str:
        return places.get(state.person.division_code, "")

    def tags(state: PersonState) -> str:
        return "、".join(sorted(state.tags))

    lines = [
        (name, field_label(name), shown_value(first, name), shown_value(second, name)) for name in CHOSEN
    ]
    lines += [
        ("village", _("Village"), village(first), village(second)),
        ("household", _("Household"), home(first), home(second)),
        ("tags", _("Policy tags"), tags(first), tags(second)),
    ]
    return [Compared(name, label, one, other, _verdict(one, other)) for name, label, one, other in lines]


def compared_numbers(first: PersonState, second: PersonState) -> list[Compared]:
    """Return of each personal number whether it is recorded and the same; never the number."""
    people = (first.person, second.person)
    held = read_masked(
        county_id=first.person.county_id, subjects=[one.person_uid for one in people], names=NUMBERS
    )
    found = []
    for name in NUMBERS:
        one, other = (held.get(person.person_uid, {}).get(name) for person in people)
        verdict = _verdict(one.reveal() if one else "", other.reveal() if other else "")
        shown = [_("recorded") if value else "" for value in (one, other)]
        found.append(Compared(name, field_label(name), shown[0], shown[1], verdict))
    return found


def _verdict(one: str, other: str) -> str:
    if not one and not other:
        return "none"
    if not one or not other:
        return "one"
    return "same" if one == other else "different"
