"""Who has a card and who may be given one, within the right to invite residents."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from xiaoyuan.accounts.models import ResidentCard
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.register.choices import RELATIONS
from xiaoyuan.register.models import SHOWN, Household, Membership, Person

MOST_FOUND = 30


@dataclass(frozen=True)
class Invitee:
    """A person who lives in a household of the division."""

    person_id: int
    name: str
    household_no: str
    relation: str
    has_card: bool


def cards_within(scope: Scope) -> "QuerySet[ResidentCard]":
    """Return the cards of the divisions in a scope, those in force first, then the newest."""
    reach = Q(pk__in=[])
    for prefix in scope.prefixes:
        reach |= Q(division_code__startswith=prefix)
    return (
        ResidentCard.objects.filter(reach).select_related("user").order_by("-revoked_at", "-issued_at", "-pk")
    )


def people_to_invite(scope: Scope, wanted: str) -> list[Invitee]:
    """Return people by a part of their name or their household's number, at most thirty."""
    rows = list(
        Membership.objects.within(Scope(prefixes=scope.prefixes))
        .filter(SHOWN, until__isnull=True, person__is_deceased=False, household__closed_on__isnull=True)
        .filter(Q(person__name__contains=wanted) | Q(household__household_no=wanted))
        .select_related("person", "household")
        .order_by("person__name", "pk")[:MOST_FOUND]
    )
    held = set(
        ResidentCard.objects.filter(
            person_uid__in=[row.person.person_uid for row in rows], revoked_at__isnull=True
        ).values_list("person_uid", flat=True)
    )
    return [
        Invitee(
            row.person_id,
            row.person.name,
            row.household.household_no,
            RELATIONS.get(row.relation_to_head, row.relation_to_head),
            row.person.person_uid in held,
        )
        for row in rows
    ]


def household_to_sign_in(scope: Scope, person: Person) -> Household | None:
    """Return the household in which a person lives now, when it lies in the scope."""
    member = (
        Membership.objects.within(Scope(prefixes=scope.prefixes))
        .filter(person=person, until__isnull=True, household__closed_on__isnull=True)
        .select_related("household")
        .order_by("-pk")
        .first()
    )
    return None if member is None or person.is_deceased else member.household
