"""What the register knows of the households of a village, read at once so that actions can compare and write."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from xiaoyuan.figures.actions import Delta
from xiaoyuan.register import counters
from xiaoyuan.register.choices import ResidenceKind
from xiaoyuan.register.models import Courtyard, Household, Membership, Person, PolicyTag, Residence

_WHY: Final = "an action compares what is there with what is to be"
_LOOK_UP: Final = 500


@dataclass
class PersonState:
    """A person with the dated rows in force. `membership` is None for somebody who belongs to no household now."""

    person: Person
    membership: Membership | None = None
    residences: dict[str, Residence] = field(default_factory=dict)
    tags: dict[str, PolicyTag] = field(default_factory=dict)

    @property
    def is_resident(self) -> bool:
        """Whether an actual residence is recorded."""
        return ResidenceKind.ACTUAL in self.residences

    def counted(self) -> Iterator[Delta]:
        """Yield what the person adds to the figures: as `register.figures` counts it afresh."""
        person = self.person
        is_counted = self.membership is not None and not person.is_deceased
        year = person.birth_date.year if person.birth_date else None
        for kind, figure in (
            (ResidenceKind.REGISTERED, counters.PERSONS_REGISTERED),
            (ResidenceKind.ACTUAL, counters.PERSONS_RESIDENT),
        ):
            residence = self.residences.get(kind)
            if residence is not None and not person.is_deceased:
                dimension = counters.person_dimension(person.sex, year)
                yield Delta(residence.division_code, figure, 1, dimension, residence.is_sample)
        if person.work_months and is_counted:
            yield Delta(person.division_code, counters.PERSONS_WORKING_AWAY, 1, "", person.is_sample)
        if person.is_student and is_counted:
            yield Delta(person.division_code, counters.STUDENTS, 1, "", person.is_sample)
        for tag in self.tags.values():
            yield Delta(tag.division_code, counters.TAGGED_PERSONS, 1, tag.tag, tag.is_sample)


@dataclass
class HouseholdState:
    """A household with its members and open tags."""

    household: Household
    members: list[PersonState] = field(default_factory=list)
    tags: dict[str, PolicyTag] = field(default_factory=dict)

    def counted(self) -> Iterator[Delta]:
        """Yield what the household adds to the figures."""
        household = self.household
        if household.closed_on is None:
            yield Delta(household.division_code, counters.HOUSEHOLDS, 1, "", household.is_sample)


def village_state(county_id: int, division_code: str) -> dict[str, HouseholdState]:
    """Return the open households of one village by household number, in seven queries."""
    households = Household.objects.unscoped(_WHY).filter(
        county_id=county_id, division_code=division_code, closed_on__isnull=True
    )
    return {state.household.household_no: state for state in _states(households)}


def household_state(household_id: int) -> HouseholdState:
    """Return one household; raises `Household.DoesNotExist`."""
    states = list(_states(Household.objects.unscoped(_WHY).filter(pk=household_id)))
    if not states:
        raise Household.DoesNotExist
    return states[0]


def _states(households: "QuerySet[Any]") -> Iterator[HouseholdState]:
    ids = households.order_by().values("pk")
    states = {household.pk: HouseholdState(household) for household in households.order_by("pk")}
    memberships = Membership.objects.unscoped(_WHY).filter(household_id__in=ids, until__isnull=True)
    persons: dict[int, PersonState] = {}
    for membership in memberships.select_related("person").order_by("pk"):
        persons[membership.person_id] = PersonState(membership.person, membership)
        states[membership.household_id].members.append(persons[membership.person_id])
    fill_persons(persons, memberships.order_by().values("person_id"))
    for tag in (
        PolicyTag.objects.unscoped(_WHY).filter(household_id__in=ids, until__isnull=True).order_by("pk")
    ):
        states[tag.household_id].tags[tag.tag] = tag
    yield from states.values()


def fill_persons(persons: dict[int, PersonState], ids: Any) -> None:
    """Add residences and open tags to persons; `ids` is a list of ids or a subquery."""
    for residence in Residence.objects.unscoped(_WHY).filter(person_id__in=ids, until__isnull=True):
        persons[residence.person_id].residences[residence.kind] = residence
    for tag in PolicyTag.objects.unscoped(_WHY).filter(person_id__in=ids, until__isnull=True).order_by("pk"):
        persons[tag.person_id].tags[tag.tag] = tag


def person_state(person_id: int) -> PersonState:
    """Return one person; raises `Person.DoesNotExist`."""
    state = PersonState(Person.objects.unscoped(_WHY).get(pk=person_id))
    state.membership = (
        Membership.objects.unscoped(_WHY)
        .filter(person_id=person_id, until__isnull=True)
        .select_related("household")
        .first()
    )
    fill_persons({person_id: state}, [person_id])
    return state


def persons_by_uid(county_id: int, uids: Iterable[UUID]) -> dict[UUID, PersonState]:
    """Return persons with their household (no residences, no tags), wherever in the county they are."""
    wanted = list(dict.fromkeys(uids))
    found: dict[int, PersonState] = {}
    for part in _parts(wanted):
        for person in Person.objects.unscoped(_WHY).filter(county_id=county_id, person_uid__in=part):
            found[person.pk] = PersonState(person)
    for part in _parts(list(found)):
        rows = Membership.objects.unscoped(_WHY).filter(person_id__in=part, until__isnull=True)
        for membership in rows.select_related("household"):
            found[membership.person_id].membership = membership
    return {state.person.person_uid: state for state in found.values()}


def courtyards_by_code(
    county_id: int, codes: Iterable[str], *, is_sample: bool
) -> dict[str, tuple[int, str]]:
    """Return `{courtyard code: (id, division code)}` for those that exist; nobody real lives in a sample."""
    found: dict[str, tuple[int, str]] = {}
    for part in _parts(sorted(set(codes))):
        rows = Courtyard.objects.unscoped(_WHY).filter(
            county_id=county_id, code__in=part, is_sample=is_sample, valid_until__isnull=True
        )
        found.update(
            {code: (pk, division) for code, pk, division in rows.values_list("code", "pk", "division_code")}
        )
    return found


def _parts(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), _LOOK_UP):
        yield items[start : start + _LOOK_UP]
