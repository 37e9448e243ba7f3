"""Reading people within a scope: how many households, and who lives in a courtyard with the number masked."""

from dataclasses import dataclass
from typing import Any, Final

from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.lib import id_number
from xiaoyuan.register.choices import HEAD_OF_HOUSEHOLD, RELATIONS, ResidenceKind
from xiaoyuan.register.models import Courtyard, Household, Membership, Residence
from xiaoyuan.vault.actions import read_masked

_WHY: Final = "rows of persons that the scope already let through"


@dataclass(frozen=True)
class CourtyardPerson:
    """A person whose household belongs to a courtyard. `masked_id` shows the first and last two characters."""

    person_id: int
    household_id: int
    household_no: str
    name: str
    relation: str
    is_head: bool
    sex: str
    birth_year: int | None
    is_resident: bool
    masked_id: str


def household_count(scope: Scope, code: str) -> int:
    """Count the households of a division that a scope holds."""
    return Household.objects.within(scope.narrowed_to(code)).count()


def people_of_courtyard(scope: Scope, courtyard: Courtyard) -> tuple[CourtyardPerson, ...]:
    """Return the members of a courtyard's households within a scope, heads first. Four queries."""
    memberships: list[Any] = list(
        Membership.objects.within(scope)
        .filter(household__courtyard=courtyard, until__isnull=True, person__is_deceased=False)
        .select_related("person", "household")
        .order_by("household__household_no", "pk")
    )
    people = [membership.person for membership in memberships]
    residents = set(
        Residence.objects.unscoped(_WHY)
        .filter(person__in=people, kind=ResidenceKind.ACTUAL, until__isnull=True)
        .values_list("person_id", flat=True)
    )
    subjects = [person.person_uid for person in people]
    held = read_masked(county_id=courtyard.county_id, subjects=subjects, names=["id_number"])
    found = []
    for membership in memberships:
        person = membership.person
        number = held.get(person.person_uid, {}).get("id_number")
        found.append(
            CourtyardPerson(
                person_id=person.pk,
                household_id=membership.household_id,
                household_no=membership.household.household_no,
                name=person.name,
                relation=RELATIONS.get(membership.relation_to_head, membership.relation_to_head),
                is_head=membership.relation_to_head == HEAD_OF_HOUSEHOLD,
                sex=person.get_sex_display(),
                birth_year=person.birth_date.year if person.birth_date else None,
                is_resident=person.pk in residents,
                masked_id=id_number.mask(number.reveal()) if number else "",
            )
        )
    return tuple(sorted(found, key=lambda one: (one.household_no, not one.is_head)))
