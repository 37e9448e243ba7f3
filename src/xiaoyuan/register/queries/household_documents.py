"""What a household is found by: names of its members, its number, its group and address."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from xiaoyuan.register.choices import HEAD_OF_HOUSEHOLD, AddressStatus
from xiaoyuan.register.models import Household, Membership, StandardAddress
from xiaoyuan.search.documents import Document

KIND: Final = "register.household"
_WHY: Final = "the index of a county holds every household"
_LOOK_UP: Final = 500


def household_documents(household_ids: Iterable[int]) -> Iterator[Document]:
    """Yield the entry of each household that is open; three queries for five hundred."""
    ids = list(household_ids)
    for start in range(0, len(ids), _LOOK_UP):
        part = ids[start : start + _LOOK_UP]
        households = list(
            Household.objects.unscoped(_WHY).filter(pk__in=part, closed_on__isnull=True).order_by("pk")
        )
        yield from documents_of(households, _names(part))


def every_household_document() -> Iterator[Document]:
    """Yield the entries of all open households: to build the index afresh."""
    part: list[int] = []
    rows = Household.objects.unscoped(_WHY).filter(closed_on__isnull=True).order_by("pk")
    for pk in rows.values_list("pk", flat=True).iterator(_LOOK_UP):
        part.append(pk)
        if len(part) == _LOOK_UP:
            yield from household_documents(part)
            part = []
    yield from household_documents(part)


def documents_of(households: Sequence[Household], names: Mapping[int, Sequence[str]]) -> Iterator[Document]:
    """Yield the entries of open households, whose members' names are at hand, the head's first."""
    for start in range(0, len(households), _LOOK_UP):
        part = households[start : start + _LOOK_UP]
        addresses = _addresses({row.courtyard_id for row in part if row.courtyard_id is not None})
        for row in part:
            texts = (row.group, *addresses.get(row.courtyard_id or 0, ()))
            yield Document(
                county_id=row.county_id,
                division_code=row.division_code,
                kind=KIND,
                object_id=row.pk,
                is_sample=row.is_sample,
                names=tuple(names.get(row.pk, ())),
                texts=tuple(text for text in texts if text),
                codes=(row.household_no,),
            )


def _names(household_ids: Sequence[int]) -> dict[int, list[str]]:
    rows = (
        Membership.objects.unscoped(_WHY)
        .filter(household_id__in=household_ids, until__isnull=True)
        .order_by("pk")
        .values_list("household_id", "relation_to_head", "person__name")
    )
    names: dict[int, list[str]] = defaultdict(list)
    for household_id, relation, name in rows:
        names[household_id].insert(0 if relation == HEAD_OF_HOUSEHOLD else len(names[household_id]), name)
    return names


def _addresses(courtyard_ids: Iterable[int]) -> dict[int, list[str]]:
    rows = StandardAddress.objects.unscoped(_WHY).filter(
        courtyard_id__in=list(courtyard_ids), status=AddressStatus.CURRENT
    )
    found: dict[int, list[str]] = defaultdict(list)
    for courtyard_id, text in rows.order_by("pk").values_list("courtyard_id", "text"):
        found[courtyard_id].append(text)
    return found
