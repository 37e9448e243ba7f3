"""The register's counters: their names, and how each is counted afresh from the rows.

Actions record deltas under the same names in the transaction of the change; the nightly rebuild counts with the
functions below and must agree.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, Exists, OuterRef, QuerySet

from xiaoyuan.figures.actions import Delta
from xiaoyuan.register.choices import ResidenceKind
from xiaoyuan.register.counters import (
    BUILDINGS,
    BUSINESS_ENTITIES,
    BUSINESS_OUTPUT,
    BUSINESS_WORKERS,
    COURTYARDS,
    DWELLINGS,
    HOUSEHOLDS,
    PARCEL_AREA,
    PARCELS,
    PERSONS_REGISTERED,
    PERSONS_RESIDENT,
    PERSONS_WORKING_AWAY,
    ROAD_LENGTH,
    STUDENTS,
    TAGGED_PERSONS,
    person_dimension,
)
from xiaoyuan.register.models import (
    Building,
    BusinessEntity,
    Courtyard,
    Dwelling,
    Household,
    Membership,
    Parcel,
    Person,
    PolicyTag,
    Residence,
    Road,
)

__all__ = [
    "BUILDINGS",
    "BUSINESS_ENTITIES",
    "BUSINESS_OUTPUT",
    "BUSINESS_WORKERS",
    "COURTYARDS",
    "DWELLINGS",
    "FIGURES",
    "HOUSEHOLDS",
    "PARCELS",
    "PARCEL_AREA",
    "PERSONS_REGISTERED",
    "PERSONS_RESIDENT",
    "PERSONS_WORKING_AWAY",
    "ROAD_LENGTH",
    "STUDENTS",
    "TAGGED_PERSONS",
    "CountedFigure",
    "person_dimension",
]

_WHY: Final = "a rebuild counts all rows of a county"


@dataclass(frozen=True)
class CountedFigure:
    """A counter, what its dimension is, and how to count it afresh for one county."""

    name: str
    dimension: str
    count: Callable[[int], Iterator[Delta]]


def _rows(model: Any, county_id: int) -> "QuerySet[Any]":
    rows: QuerySet[Any] = model.objects.unscoped(_WHY).filter(county_id=county_id).order_by()
    return rows


def _counted(
    name: str, model: Any, dimension: str = "", **conditions: Any
) -> Callable[[int], Iterator[Delta]]:
    def count(county_id: int) -> Iterator[Delta]:
        groups = ["division_code", "is_sample", *([dimension] if dimension else [])]
        rows = _rows(model, county_id).filter(**conditions).values_list(*groups).annotate(amount=Count("pk"))
        for code, is_sample, *rest in rows:
            yield Delta(code, name, rest[-1], str(rest[0]) if dimension else "", is_sample)

    return count


def _summed(
    name: str, model: Any, column: str, dimension: str = "", **conditions: Any
) -> Callable[[int], Iterator[Delta]]:
    """Sum a column; each row is rounded to a whole number first, as the actions round their deltas."""

    def count(county_id: int) -> Iterator[Delta]:
        fields = ["division_code", "is_sample", column, *([dimension] if dimension else [])]
        rows = (
            _rows(model, county_id).filter(**{f"{column}__isnull": False}, **conditions).values_list(*fields)
        )
        for code, is_sample, value, *rest in rows.iterator(chunk_size=5000):
            yield Delta(code, name, round(value), str(rest[0]) if dimension else "", is_sample)

    return count


def _persons(name: str, kind: ResidenceKind) -> Callable[[int], Iterator[Delta]]:
    """Count persons where their registered or actual residence lies."""

    def count(county_id: int) -> Iterator[Delta]:
        rows = (
            _rows(Residence, county_id)
            .filter(kind=kind, until__isnull=True, person__is_deceased=False)
            .values_list("division_code", "is_sample", "person__sex", "person__birth_date__year")
            .annotate(amount=Count("pk"))
        )
        for code, is_sample, sex, year, amount in rows:
            yield Delta(code, name, amount, person_dimension(sex, year), is_sample)

    return count


def _members(name: str, **conditions: Any) -> Callable[[int], Iterator[Delta]]:
    """Count persons who belong to a household: whoever died, moved out or was recorded twice belongs to none."""

    def count(county_id: int) -> Iterator[Delta]:
        current = Membership.objects.filter(person=OuterRef("pk"), until__isnull=True)
        rows = _rows(Person, county_id).filter(Exists(current), is_deceased=False, **conditions)
        for code, is_sample, amount in rows.values_list("division_code", "is_sample").annotate(
            amount=Count("pk")
        ):
            yield Delta(code, name, amount, "", is_sample)

    return count


def _tagged(county_id: int) -> Iterator[Delta]:
    rows = (
        _rows(PolicyTag, county_id)
        .filter(until__isnull=True, person__isnull=False)
        .values_list("division_code", "is_sample", "tag")
        .annotate(amount=Count("pk"))
    )
    for code, is_sample, tag, amount in rows:
        yield Delta(code, TAGGED_PERSONS, amount, tag, is_sample)


FIGURES: Final[tuple[CountedFigure, ...]] = (
    CountedFigure(COURTYARDS, "", _counted(COURTYARDS, Courtyard, valid_until__isnull=True)),
    CountedFigure(BUILDINGS, "use", _counted(BUILDINGS, Building, "use", valid_until__isnull=True)),
    CountedFigure(PARCELS, "use", _counted(PARCELS, Parcel, "use", valid_until__isnull=True)),
    CountedFigure(
        PARCEL_AREA, "use", _summed(PARCEL_AREA, Parcel, "area_m2", "use", valid_until__isnull=True)
    ),
    CountedFigure(
        ROAD_LENGTH,
        "road class",
        _summed(ROAD_LENGTH, Road, "length_m", "road_class", valid_until__isnull=True),
    ),
    CountedFigure(HOUSEHOLDS, "", _counted(HOUSEHOLDS, Household, closed_on__isnull=True)),
    CountedFigure(
        PERSONS_REGISTERED, "sex:birth year", _persons(PERSONS_REGISTERED, ResidenceKind.REGISTERED)
    ),
    CountedFigure(PERSONS_RESIDENT, "sex:birth year", _persons(PERSONS_RESIDENT, ResidenceKind.ACTUAL)),
    CountedFigure(PERSONS_WORKING_AWAY, "", _members(PERSONS_WORKING_AWAY, work_months__gt=0)),
    CountedFigure(STUDENTS, "", _members(STUDENTS, is_student=True)),
    CountedFigure(TAGGED_PERSONS, "tag", _tagged),
    CountedFigure(DWELLINGS, "safety grade", _counted(DWELLINGS, Dwelling, "safety_grade")),
    CountedFigure(BUSINESS_ENTITIES, "kind", _counted(BUSINESS_ENTITIES, BusinessEntity, "kind")),
    CountedFigure(BUSINESS_WORKERS, "", _summed(BUSINESS_WORKERS, BusinessEntity, "workers")),
    CountedFigure(BUSINESS_OUTPUT, "", _summed(BUSINESS_OUTPUT, BusinessEntity, "output_fen")),
)
