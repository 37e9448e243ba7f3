"""Whom or what somebody may mean by a few words in a form: households, people and courtyards to choose from."""

from typing import Final

from django.utils.translation import gettext as _

from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.portal.queries.desk import village_names
from xiaoyuan.portal.queries.finding import (
    courtyards_matching,
    households_asked,
    member_names,
    question,
)
from xiaoyuan.register.models import SHOWN, Courtyard, Household, Membership, Person

MOST: Final = 12
_WHY: Final = "memberships of persons that the scope already let through"

Candidates = list[tuple[str, str]]
"""`(id, description)`, the likeliest first."""


def household_candidates(scope: Scope, code: str, text: str, *, without: int | None = None) -> Candidates:
    """Return households of a scope by a member's name, the number, the address or a plate."""
    rows = households_asked(scope, code, question(text)).exclude(pk=without)[:MOST]
    found = list(rows)
    places = village_names(row.division_code for row in found)
    names = member_names(row.pk for row in found)
    return [
        (
            str(row.pk),
            " · ".join(
                filter(
                    None,
                    (
                        _("household of %(name)s") % {"name": row.head_name or _("no head recorded")},
                        row.household_no,
                        places.get(row.division_code, ""),
                        row.group,
                        "、".join(names.get(row.pk, [])[1:5]),
                    ),
                )
            ),
        )
        for row in found
    ]


def person_candidates(scope: Scope, text: str, *, outside: Household) -> Candidates:
    """Return living people of a scope by name who do not belong to a household, with where they belong now."""
    people = (
        Person.objects.within(scope)
        .filter(SHOWN, name=text.strip(), is_deceased=False, merged_into__isnull=True)
        .exclude(memberships__in=Membership.objects.filter(household=outside, until__isnull=True))
        .order_by("division_code", "birth_date", "pk")
    )
    found = list(people[:MOST])
    homes = dict(
        Membership.objects.unscoped(_WHY)
        .filter(person__in=found, until__isnull=True)
        .values_list("person_id", "household__household_no")
    )
    places = village_names(person.division_code for person in found)
    return [
        (
            str(person.pk),
            " · ".join(
                filter(
                    None,
                    (
                        person.name,
                        str(person.get_sex_display()),
                        person.birth_date.isoformat() if person.birth_date else "",
                        places.get(person.division_code, ""),
                        homes.get(person.pk) or _("without a household"),
                    ),
                )
            ),
        )
        for person in found
    ]


def courtyard_candidates(scope: Scope, text: str) -> Candidates:
    """Return courtyards of a scope by code, plate, name, house number or part of the address."""
    found = courtyards_matching(scope, text, MOST)
    places = village_names(row.division_code for row in found)
    return [
        (
            str(row.pk),
            " · ".join(
                filter(
                    None, (row.address or row.name or row.code, places.get(row.division_code, ""), row.code)
                )
            ),
        )
        for row in found
    ]


def members_of(scope: Scope, household_id: int | None) -> dict[int, str]:
    """Return `{person id: name}` of the members of a household of a scope."""
    rows = Membership.objects.within(scope).filter(household_id=household_id, until__isnull=True)
    return dict(rows.order_by("relation_to_head", "pk").values_list("person_id", "person__name"))


def courtyard_by_id(scope: Scope, courtyard_id: int) -> Courtyard | None:
    """Return a courtyard of a scope."""
    found: Courtyard | None = Courtyard.objects.within(scope).filter(SHOWN, pk=courtyard_id).first()
    return found
