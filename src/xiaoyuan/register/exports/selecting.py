"""From a selection to households and rows: within the scope, village by village, so that memory holds one village."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar

from django.db.models import Exists, OuterRef, Q, QuerySet

from xiaoyuan.exports.sources import Selection
from xiaoyuan.register.models import Household, Membership, PolicyTag
from xiaoyuan.vault.models import VaultField

CHUNK: Final = 400
"""Households, or rows of another table, read at once."""
WHY: Final = "rows of households that the selection's scope let through"
T = TypeVar("T")


def own(model: Any, selection: Selection) -> "QuerySet[Any]":
    """Return the rows of a table that the selection's scope holds, real or sample."""
    rows = model.objects.within(selection.scope)
    return rows.filter(  # type: ignore[no-any-return]  # the manager is untyped
        county_id=selection.county_id, is_sample=selection.is_sample
    )


def households_of(selection: Selection) -> "QuerySet[Any]":
    """Return the households that are wanted and exist now."""
    rows = own(Household, selection).filter(closed_on__isnull=True)
    if selection.ids:
        rows = rows.filter(pk__in=selection.ids)
    if group := selection.filter("group"):
        rows = rows.filter(group=group)
    if tag := selection.filter("tag"):
        tagged = PolicyTag.objects.filter(tag=tag, until__isnull=True)
        members = Membership.objects.filter(household=OuterRef("pk"), until__isnull=True)
        rows = rows.filter(
            Q(Exists(tagged.filter(household=OuterRef("pk"))))
            | Q(Exists(members.filter(Exists(tagged.filter(person=OuterRef("person_id"))))))
        )
    return rows


def members_of(selection: Selection) -> "QuerySet[Any]":
    """Return the memberships in force of the living in the wanted households."""
    rows = own(Membership, selection).filter(until__isnull=True, person__is_deceased=False)
    return rows.filter(household__in=households_of(selection).order_by().values("pk"))


def village_by_village(rows: "QuerySet[Any]") -> Iterator[Sequence[int]]:
    """Yield the ids of rows in chunks, by division and in the order in which they were recorded."""
    codes = rows.order_by("division_code").values_list("division_code", flat=True).distinct()
    for code in list(codes):
        ids = list(rows.filter(division_code=code).order_by("pk").values_list("pk", flat=True))
        yield from chunks(ids)


def chunks(items: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """Cut a sequence into parts."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def personal_extras(county_id: int, subjects: Iterable[Any]) -> list[str]:
    """Return which personal columns without a field the vault holds of these subjects."""
    rows = VaultField.objects.filter(
        county_id=county_id, subject__in=list(subjects), name__startswith="extra:"
    )
    return sorted(rows.order_by().values_list("name", flat=True).distinct())
