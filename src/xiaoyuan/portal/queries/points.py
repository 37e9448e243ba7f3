"""Points beside the people they belong to: households of a village to choose from, heads, own households."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.register.choices import HEAD_OF_HOUSEHOLD
from xiaoyuan.register.models import SHOWN, Household, Membership

MOST_CHOICES = 800


@dataclass(frozen=True)
class HouseholdChoice:
    """A household to choose: its number, and its head's name beside it."""

    household_id: int
    number: str
    head: str


def heads_of(household_ids: Iterable[int]) -> dict[int, str]:
    """Return the head's name by household. One query; the caller reached the households through a scope."""
    rows = Membership.objects.unscoped("households at hand").filter(
        household_id__in=list(household_ids), relation_to_head=HEAD_OF_HOUSEHOLD, until__isnull=True
    )
    return dict(rows.values_list("household_id", "person__name"))


def households_to_choose(scope: Scope) -> list[HouseholdChoice]:
    """Return the open households of a scope by number, at most 800: a village's list fits a page."""
    rows: list[Any] = list(
        Household.objects.within(scope)
        .filter(SHOWN, closed_on__isnull=True)
        .order_by("household_no")
        .values_list("pk", "household_no")[:MOST_CHOICES]
    )
    heads = heads_of(pk for pk, _number in rows)
    return [HouseholdChoice(pk, number, heads.get(pk, "")) for pk, number in rows]
