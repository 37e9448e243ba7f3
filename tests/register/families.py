"""Two families of the ledger tests, and the steps of their lives in short words."""

from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db import transaction

from tests.intake.workbooks import CLERK
from tests.register.ledgers import NOW, VILLAGE, id_number, make_village
from xiaoyuan.audit.actions import lock_changes
from xiaoyuan.figures.actions import Delta
from xiaoyuan.figures.models import FigureCell
from xiaoyuan.register import counters
from xiaoyuan.register.actions.changes import Writing
from xiaoyuan.register.actions.people_writing import HouseholdWrite, PersonWrite, write_people
from xiaoyuan.register.figures import FIGURES
from xiaoyuan.register.models import County, Courtyard, Household, Membership, Person

ON: Final = date(2026, 2, 1)
WHO: Final[dict[str, Any]] = {"actor": CLERK, "now": NOW}
WHY: Final = "a test looks at everything"


LI_NUMBER: Final = id_number(date(1948, 1, 9), 1, is_male=True)


def make_families() -> County:
    """A village with Zhang (head, works away), Wang (wife), Zhang Xiaoming (son) in 001 and old Li alone in 002."""
    county = make_village()
    first = HouseholdWrite(
        VILLAGE,
        "001",
        {"group": "一组", "courtyard_id": courtyard("SY-001").pk},
        tags={"脱贫户": "2018年脱贫"},
    )
    second = HouseholdWrite(
        VILLAGE, "002", {"courtyard_id": courtyard("SY-002").pk, "dwelling_area_m2": Decimal("86.50")},
        tags={"低保户": ""},
    )  # fmt: skip
    zhang = {
        "name": "张三",
        "sex": "1",
        "birth_date": date(1968, 5, 20),
        "work_place": "浙江宁波",
        "work_months": 10,
    }
    wang = {"name": "王芳", "sex": "2", "birth_date": date(1970, 8, 1), "education": "70"}
    boy = {
        "name": "张小明",
        "sex": "1",
        "birth_date": date(2012, 3, 3),
        "is_student": True,
        "extra": {"备注": "样例"},
    }
    li = {"name": "李四", "sex": "1", "birth_date": date(1948, 1, 9)}
    persons = [
        PersonWrite(first, zhang, "02", False, {"党员": ""}, _secrets(zhang, 1, "10012345678")),
        PersonWrite(first, wang, "10", True, {}, _secrets(wang, 1)),
        PersonWrite(first, boy, "20", True, {"留守儿童": ""}, _secrets(boy, 1)),
        PersonWrite(second, li, "02", True, {}, _secrets(li, 1)),
    ]
    with transaction.atomic():
        lock_changes(county.pk)
        write_people(
            writing=Writing(county.pk, True, CLERK, NOW), households=[first, second], persons=persons
        )
    return county


def _secrets(values: dict[str, Any], number: int, phone: str = "") -> dict[str, str]:
    written = id_number(values["birth_date"], number, is_male=values["sex"] == "1")
    return {"id_number": written} | ({"phone": phone} if phone else {})


def rows_of(model: Any) -> Any:
    return model.objects.unscoped(WHY)


def person(name: str) -> Person:
    found: Person = rows_of(Person).get(name=name)
    return found


def household(number: str) -> Household:
    found: Household = rows_of(Household).get(household_no=number)
    return found


def courtyard(code: str) -> Courtyard:
    found: Courtyard = rows_of(Courtyard).get(code=code)
    return found


def members(number: str) -> dict[str, str]:
    """Relation by name of those who belong to a household now."""
    rows = rows_of(Membership).filter(household__household_no=number, until__isnull=True)
    return dict(rows.values_list("person__name", "relation_to_head"))


def disagreements(county: County) -> dict[tuple[Any, ...], tuple[int, int]]:
    """Cells in which the figures kept by deltas (first) and a fresh count (second) differ; nothing is written."""
    kept: dict[tuple[Any, ...], int] = {}
    fresh: dict[tuple[Any, ...], int] = {}
    for cell in FigureCell.objects.filter(county_id=county.pk).exclude(figure=counters.COURTYARDS):
        key = (cell.division_code, cell.figure, cell.dimension, cell.is_sample)
        kept[key] = kept.get(key, 0) + cell.delta
    for figure in FIGURES:
        if figure.name != counters.COURTYARDS:
            for one in figure.count(county.pk):
                _add(fresh, one)
    return {
        key: (kept.get(key, 0), fresh.get(key, 0))
        for key in kept.keys() | fresh.keys()
        if kept.get(key, 0) != fresh.get(key, 0)
    }


def _add(sums: dict[tuple[Any, ...], int], delta: Delta) -> None:
    key = (delta.division_code, delta.figure, delta.dimension, delta.is_sample)
    sums[key] = sums.get(key, 0) + delta.amount
