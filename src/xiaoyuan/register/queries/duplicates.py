"""Finding records that may be of one person: groups that the database makes, never all pairs."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any, Final

from django.db.models import Count, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _
from pypinyin import lazy_pinyin

from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.lib import id_number
from xiaoyuan.register.choices import Sex
from xiaoyuan.register.models import DistinctPersons, Household, Membership, Person
from xiaoyuan.vault.actions import read_masked
from xiaoyuan.vault.models import VaultField

LEAST: Final = 50
"""Pairs with a lower score are not shown."""
GROUPS: Final = 20_000
"""Groups of one kind that are looked at, so that a county with many namesakes does not take all memory."""
_LARGEST: Final = 20
_TOWNSHIP: Final = 9
"""Digits of a township's code: below it each person's number is looked up, above it the whole index is grouped."""
_BATCH: Final = 500
_WHY: Final = "persons that the scope let through"
Pair = tuple[int, int]


@dataclass(frozen=True)
class Candidate:
    """One of two records, as a page shows it. `masked_id` shows the first and last two characters."""

    person: Person
    household: Household | None
    relation: str
    masked_id: str


@dataclass(frozen=True)
class DuplicatePair:
    """Two records that may be of one person: the older record first, a score of at most 100 and why."""

    first: Candidate
    second: Candidate
    score: int
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class _Known:
    """What is compared of one person."""

    person: Person
    household_id: int | None
    courtyard_id: int | None
    numbers: dict[str, bytes]


def find_duplicates(scope: Scope, limit: int = 50) -> list[DuplicatePair]:
    """Return pairs of records within a scope that may be of one person, the likeliest first.

    Merged and deceased persons, and pairs that somebody found to be two people, are left out.
    """
    scores: dict[Pair, tuple[int, tuple[str, ...]]] = {}
    for pairs in _batches(_candidates(scope)):
        known = _known({pk for pair in pairs for pk in pair})
        distinct = _distinct(known)
        for pair in pairs:
            if pair in scores or pair in distinct or not (pair[0] in known and pair[1] in known):
                continue
            score, reasons = _score(known[pair[0]], known[pair[1]])
            if score >= LEAST:
                scores[pair] = (score, reasons)
    best = sorted(scores, key=lambda pair: (-scores[pair][0], pair))[:limit]
    shown = _shown({pk for pair in best for pk in pair})
    return [DuplicatePair(shown[first], shown[second], *scores[first, second]) for first, second in best]


def _batches(pairs: Iterator[Pair]) -> Iterator[list[Pair]]:
    batch: dict[Pair, None] = {}
    for first, second in pairs:
        batch[min(first, second), max(first, second)] = None
        if len(batch) >= _BATCH:
            yield list(batch)
            batch = {}
    if batch:
        yield list(batch)


# Which pairs are looked at


def _persons(scope: Scope) -> "QuerySet[Any]":
    rows: QuerySet[Any] = Person.objects.within(scope).filter(merged_into__isnull=True, is_deceased=False)
    return rows.order_by()


def _is_narrow(scope: Scope) -> bool:
    return all(len(prefix) >= _TOWNSHIP for prefix in scope.prefixes)


def _members(scope: Scope) -> "QuerySet[Any]":
    rows: QuerySet[Any]
    if _is_narrow(scope):  # persons have an index by division, memberships one by person
        rows = Membership.objects.unscoped(_WHY).filter(person__in=_persons(scope).values("pk"))
    else:
        rows = Membership.objects.within(scope)
    rows = rows.filter(until__isnull=True, person__merged_into__isnull=True, person__is_deceased=False)
    return rows.order_by()


def _candidates(scope: Scope) -> Iterator[Pair]:
    persons, members = _persons(scope), _members(scope)
    if _is_narrow(scope):
        yield from _grouped(_with_index(persons, "id_number"), "pk", "county_id", "index")
    else:
        yield from _same_number(scope)
    yield from _grouped(persons.filter(birth_date__isnull=False), "pk", "county_id", "name", "birth_date")
    # Beside another date of birth a phone does not make a pair: only names that somebody without one has.
    undated = persons.filter(birth_date__isnull=True).values("name")
    yield from _grouped(
        _with_index(persons.filter(name__in=undated), "phone"), "pk", "county_id", "name", "index"
    )
    yield from _grouped(members, "person_id", "household_id", "person__name")
    housed = members.filter(household__courtyard__isnull=False)
    yield from _grouped(housed, "person_id", "household__courtyard_id", "person__name")
    # Near names: only within a household, and with the same day of birth.
    yield from _grouped(
        members.filter(person__birth_date__isnull=False), "person_id", "household_id", "person__birth_date"
    )


def _with_index(persons: "QuerySet[Any]", name: str) -> "QuerySet[Any]":
    """Return the persons who have a vault field, with its blind index."""
    held = VaultField.objects.filter(
        county_id=OuterRef("county_id"), subject=OuterRef("person_uid"), name=name
    )
    rows: QuerySet[Any] = persons.annotate(index=Subquery(held.values("blind_index")[:1]))
    return rows.filter(index__isnull=False)


def _grouped(rows: "QuerySet[Any]", key: str, *columns: str) -> Iterator[Pair]:
    """Yield the pairs within each group of rows that are equal in columns."""
    groups = rows.values(*columns).annotate(rows=Count(key), first=Min(key), last=Max(key)).filter(rows__gt=1)
    larger: list[dict[str, Any]] = []
    for group in groups[:GROUPS]:
        yield group["first"], group["last"]
        if 2 < group["rows"] <= _LARGEST:
            larger.append({name: _plain(group[name]) for name in columns})
    for start in range(0, len(larger), 50):
        part = larger[start : start + 50]
        condition = Q(pk__in=[])
        for group in part:
            condition |= Q(**group)
        found: dict[tuple[Any, ...], list[int]] = defaultdict(list)
        for pk, *values in rows.filter(condition).values_list(key, *columns):
            found[tuple(map(_plain, values))].append(pk)
        for ids in found.values():
            yield from combinations(sorted(ids), 2)


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def _same_number(scope: Scope) -> Iterator[Pair]:
    """Yield persons who have the same identity number, by their blind indexes."""
    groups = (
        VaultField.objects.filter(name="id_number", blind_index__isnull=False)
        .values("county_id", "blind_index")
        .annotate(rows=Count("pk"))
        .filter(rows__gt=1)
        .order_by()
    )
    indexes = [bytes(group["blind_index"] or b"") for group in groups[:GROUPS]]
    for part in _parts(indexes):
        held = VaultField.objects.filter(name="id_number", blind_index__in=part)
        by_subject = {
            subject: bytes(index or b"") for subject, index in held.values_list("subject", "blind_index")
        }
        found: dict[bytes, list[int]] = defaultdict(list)
        for subjects in _parts(list(by_subject)):
            rows = _persons(scope).filter(person_uid__in=subjects)
            for pk, subject in rows.values_list("pk", "person_uid"):
                found[by_subject[subject]].append(pk)
        for ids in found.values():
            yield from pairwise(sorted(ids))


def _parts(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), _BATCH):
        yield items[start : start + _BATCH]


# How likely a pair is


def _known(ids: Iterable[int]) -> dict[int, _Known]:
    persons: dict[int, Person] = {}
    homes: dict[int, tuple[int | None, int | None]] = {}
    for part in _parts(sorted(ids)):
        persons |= {row.pk: row for row in Person.objects.unscoped(_WHY).filter(pk__in=part)}
        rows = Membership.objects.unscoped(_WHY).filter(person_id__in=part, until__isnull=True)
        for pk, household_id, courtyard_id in rows.values_list(
            "person_id", "household_id", "household__courtyard_id"
        ):
            homes[pk] = household_id, courtyard_id
    numbers: dict[Any, dict[str, bytes]] = defaultdict(dict)
    for subjects in _parts([row.person_uid for row in persons.values()]):
        held = VaultField.objects.filter(
            subject__in=subjects, name__in=("id_number", "phone"), blind_index__isnull=False
        )
        for subject, name, index in held.values_list("subject", "name", "blind_index"):
            numbers[subject][name] = bytes(index or b"")
    return {
        pk: _Known(row, *homes.get(pk, (None, None)), numbers.get(row.person_uid, {}))
        for pk, row in persons.items()
    }


def _distinct(known: dict[int, _Known]) -> set[Pair]:
    ids = list(known)
    found: set[Pair] = set()
    for part in _parts(ids):
        rows = DistinctPersons.objects.unscoped(_WHY).filter(first_id__in=part)
        found.update(rows.values_list("first_id", "second_id"))
    return found


def _score(one: _Known, other: _Known) -> tuple[int, tuple[str, ...]]:
    """Return how likely two records are of one person, and what speaks for it.

    The identity number decides where both have one. Without it a name needs a day of birth, an address or a phone
    beside it; what contradicts takes points away.
    """
    first, second = one.person, other.person
    reasons: list[str] = []
    score = 0
    if first.name == second.name:
        score += 40
        reasons.append(_("same name"))
    elif is_near(first.name, second.name):
        score += 25
        reasons.append(_("similar name"))
    if first.birth_date is not None and first.birth_date == second.birth_date:
        score += 30
        reasons.append(_("same date of birth"))
    elif first.birth_date is not None and second.birth_date is not None:
        score -= 25
    stated = {Sex.MALE.value, Sex.FEMALE.value}
    if first.sex in stated and second.sex in stated:
        score += 5 if first.sex == second.sex else -25
    if one.household_id is not None and one.household_id == other.household_id:
        score += 20
        reasons.append(_("same household"))
    elif one.courtyard_id is not None and one.courtyard_id == other.courtyard_id:
        score += 15
        reasons.append(_("same address"))
    if "phone" in one.numbers and one.numbers["phone"] == other.numbers.get("phone"):
        score += 15
        reasons.append(_("same phone"))
    number = one.numbers.get("id_number")
    if number is not None and "id_number" in other.numbers:
        if number == other.numbers["id_number"]:
            return 100, (_("same identity number"), *reasons)
        score -= 60  # two valid numbers: twins, namesakes
    return max(0, min(score, 99)), tuple(reasons)


def is_near(first: str, second: str) -> bool:
    """Whether two names sound alike, or differ in one character of at least two that agree."""
    if first == second or not first or not second:
        return False
    if lazy_pinyin(first) == lazy_pinyin(second):
        return True
    if len(first) == len(second):
        return len(first) >= 3 and sum(a != b for a, b in zip(first, second, strict=True)) == 1
    shorter, longer = sorted((first, second), key=len)
    return len(shorter) >= 2 and any(longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer)))


def _shown(ids: Iterable[int]) -> dict[int, Candidate]:
    wanted = sorted(ids)
    persons = {row.pk: row for row in Person.objects.unscoped(_WHY).filter(pk__in=wanted)}
    memberships = {
        row.person_id: row
        for row in Membership.objects.unscoped(_WHY)
        .filter(person_id__in=wanted, until__isnull=True)
        .select_related("household")
    }
    by_county: dict[int, list[Any]] = defaultdict(list)
    for row in persons.values():
        by_county[row.county_id].append(row.person_uid)
    held: dict[Any, Any] = {}
    for county_id, subjects in by_county.items():
        held |= read_masked(county_id=county_id, subjects=subjects, names=["id_number"])
    shown = {}
    for pk, row in persons.items():
        membership = memberships.get(pk)
        number = held.get(row.person_uid, {}).get("id_number")
        shown[pk] = Candidate(
            row,
            membership.household if membership else None,
            membership.relation_to_head if membership else "",
            id_number.mask(number.reveal()) if number else "",
        )
    return shown


def surviving(person: Person) -> Person:
    """Return the record that is kept of a person, following merges."""
    seen = {person.pk}
    while person.merged_into_id is not None and person.merged_into_id not in seen:
        person = Person.objects.unscoped(_WHY).get(pk=person.merged_into_id)
        seen.add(person.pk)
    return person
