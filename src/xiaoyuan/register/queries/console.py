"""What staff look up of households and courtyards: lists that search, and cards with everything of one."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.register.choices import (
    EDUCATION,
    HEAD_OF_HOUSEHOLD,
    POLITICAL_STATUS,
    RELATIONS,
    AddressStatus,
    ResidenceKind,
)
from xiaoyuan.register.models import (
    SHOWN,
    Building,
    Courtyard,
    Household,
    Membership,
    PolicyTag,
    Residence,
    StandardAddress,
)
from xiaoyuan.vault.models import VaultField

PERSONAL_FIELDS: Final = ("id_number", "phone", "bank_account")
"""Fields of a person that lie in the vault, in the order in which a card shows them."""

_WHY: Final = "rows of a household or courtyard that was opened through access"


def households_within(scope: Scope, text: str = "") -> "QuerySet[Any]":
    """Return households of a scope with `head_name`, `person_count` and `address`, as their county shows them.

    `text` is part of a member's name, of the address, or the beginning of a household number.
    """
    current = Membership.objects.filter(household=OuterRef("pk"), until__isnull=True)
    counted = current.order_by().values("household").annotate(n=Count("pk")).values("n")
    rows = Household.objects.within(scope).filter(SHOWN)
    if text:
        rows = rows.filter(
            Q(household_no__startswith=text)
            | Exists(current.filter(person__name__contains=text))
            | Exists(_address_of(OuterRef("courtyard_id")).filter(text__contains=text))
        )
    rows = rows.annotate(
        head_name=Subquery(current.filter(relation_to_head=HEAD_OF_HOUSEHOLD).values("person__name")[:1]),
        person_count=Coalesce(Subquery(counted, output_field=IntegerField()), 0),
        address=Subquery(_address_of(OuterRef("courtyard_id")).values("text")[:1]),
    )
    return rows.order_by("division_code", "household_no", "pk")  # type: ignore[no-any-return]  # the manager is untyped


def courtyards_within(scope: Scope, text: str = "") -> "QuerySet[Any]":
    """Return courtyards of a scope with `address`, `house_number`, `building_count` and `household_count`.

    Real and sample rows are never listed or counted together.
    `text` is part of the address or name, or the beginning of the courtyard's number.
    """
    buildings = (
        Building.objects.filter(
            courtyard=OuterRef("pk"), is_sample=OuterRef("is_sample"), valid_until__isnull=True
        )
        .order_by()
        .values("courtyard")
    )
    households = (
        Household.objects.filter(courtyard=OuterRef("pk"), is_sample=OuterRef("is_sample"))
        .order_by()
        .values("courtyard")
    )
    rows = Courtyard.objects.within(scope).filter(SHOWN, valid_until__isnull=True)
    if text:
        rows = rows.filter(
            Q(code__startswith=text)
            | Q(name__contains=text)
            | Exists(_address_of(OuterRef("pk")).filter(text__contains=text))
        )
    rows = rows.annotate(
        address=Subquery(_address_of(OuterRef("pk")).values("text")[:1]),
        house_number=Subquery(_address_of(OuterRef("pk")).values("house_number")[:1]),
        building_count=_count(buildings),
        household_count=_count(households),
    )
    return rows.order_by("division_code", "code", "pk")  # type: ignore[no-any-return]  # the manager is untyped


def _count(rows: "QuerySet[Any]") -> Coalesce:
    return Coalesce(Subquery(rows.annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0)


def _address_of(courtyard: OuterRef) -> "QuerySet[Any]":
    return StandardAddress.objects.filter(courtyard=courtyard, status=AddressStatus.CURRENT)


@dataclass(frozen=True)
class Tag:
    """A policy tag with its dates."""

    tag: str
    since: date | None
    until: date | None


@dataclass(frozen=True)
class PersonalField:
    """That the vault holds a field of a person; never its value."""

    name: str
    is_held: bool


@dataclass(frozen=True)
class Member:
    """A person of a household as its card shows them."""

    person: Any
    relation: str
    is_head: bool
    until: date | None
    education: str
    political_status: str
    lives_elsewhere: str
    tags: tuple[Tag, ...]
    relation_code: str
    personal_fields: tuple[PersonalField, ...]


@dataclass(frozen=True)
class HouseholdCard:
    """A household with its members, tags and place."""

    household: Any
    address: str
    house_number: str
    head_name: str
    members: tuple[Member, ...]
    former_members: tuple[Member, ...]
    tags: tuple[Tag, ...]


def household_card(household: Household) -> HouseholdCard:
    """Return the card of a household that was opened through access. Five queries however large it is."""
    memberships = list(
        Membership.objects.unscoped(_WHY)
        .filter(household=household)
        .select_related("person")
        .order_by("until", "pk")
    )
    people = [membership.person for membership in memberships]
    held = _held_fields(household.county_id, [person.person_uid for person in people])
    tags_of_household, tags_of_person = _tags(household, [person.pk for person in people])
    elsewhere = _lives_elsewhere(household, [person.pk for person in people])
    members = [
        Member(
            person=membership.person,
            relation=RELATIONS.get(membership.relation_to_head, membership.relation_to_head),
            is_head=membership.relation_to_head == HEAD_OF_HOUSEHOLD,
            until=membership.until,
            education=EDUCATION.get(membership.person.education, membership.person.education),
            political_status=POLITICAL_STATUS.get(
                membership.person.political_status, membership.person.political_status
            ),
            lives_elsewhere=elsewhere.get(membership.person_id, ""),
            tags=tuple(tags_of_person[membership.person_id]),
            relation_code=membership.relation_to_head,
            personal_fields=tuple(
                PersonalField(name, (membership.person.person_uid, name) in held) for name in PERSONAL_FIELDS
            ),
        )
        for membership in memberships
    ]
    current = sorted((one for one in members if one.until is None), key=lambda one: not one.is_head)
    address = _current_address(household.courtyard_id)
    return HouseholdCard(
        household=household,
        address=address.text if address else "",
        house_number=address.house_number if address else "",
        head_name=next((one.person.name for one in current if one.is_head), ""),
        members=tuple(current),
        former_members=tuple(one for one in members if one.until is not None),
        tags=tuple(tags_of_household),
    )


def _current_address(courtyard_id: int | None) -> StandardAddress | None:
    rows = StandardAddress.objects.unscoped(_WHY).filter(
        courtyard_id=courtyard_id, status=AddressStatus.CURRENT
    )
    found: StandardAddress | None = rows.first() if courtyard_id else None
    return found


def _held_fields(county_id: int, subjects: list[Any]) -> set[tuple[Any, str]]:
    rows = VaultField.objects.filter(county_id=county_id, subject__in=subjects, name__in=PERSONAL_FIELDS)
    return set(rows.values_list("subject", "name"))


def _tags(household: Household, person_ids: list[int]) -> tuple[list[Tag], dict[int, list[Tag]]]:
    rows = PolicyTag.objects.unscoped(_WHY).filter(Q(household=household) | Q(person_id__in=person_ids))
    own: list[Tag] = []
    of_person: dict[int, list[Tag]] = defaultdict(list)
    for person_id, *values in rows.order_by("until", "since", "tag").values_list(
        "person_id", "tag", "since", "until"
    ):
        (own if person_id is None else of_person[person_id]).append(Tag(*values))
    return own, of_person


def _lives_elsewhere(household: Household, person_ids: list[int]) -> dict[int, str]:
    """Return the division code where a person actually lives, for those who live outside the household's."""
    rows = Residence.objects.unscoped(_WHY).filter(
        person_id__in=person_ids, kind=ResidenceKind.ACTUAL, until__isnull=True
    )
    return {
        person_id: code
        for person_id, code in rows.values_list("person_id", "division_code")
        if code != household.division_code
    }


@dataclass(frozen=True)
class CourtyardCard:
    """A courtyard with its addresses and buildings, and its households for those who may see people."""

    courtyard: Any
    addresses: tuple[Any, ...]
    buildings: tuple[Any, ...]
    households: tuple[Any, ...] | None

    @property
    def address(self) -> str:
        """The current standard address, or nothing."""
        return next((row.text for row in self.addresses if row.status == AddressStatus.CURRENT), "")


def courtyard_card(courtyard: Courtyard, people: Scope) -> CourtyardCard:
    """Return the card of a courtyard that was opened through access. `people`: where people may be seen."""
    may_see_people = people.contains_division(courtyard.division_code)
    households = tuple(households_within(people).filter(courtyard=courtyard)) if may_see_people else None
    return CourtyardCard(
        courtyard=courtyard,
        addresses=tuple(
            StandardAddress.objects.unscoped(_WHY).filter(courtyard=courtyard).order_by("status", "-pk")
        ),
        buildings=tuple(
            Building.objects.unscoped(_WHY)
            .filter(courtyard=courtyard, valid_until__isnull=True)
            .order_by("-height_m", "cid")
        ),
        households=households,
    )
