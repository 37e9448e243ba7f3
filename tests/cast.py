"""The fixed cast: villager Zhang, grid worker Li, village secretary Wang, township officer Chen, outsider Zhao.

They live and work in a small sample village written through the register's own actions, beside a sibling village, a
village of another town and one of a hidden county, so that tests can ask who sees what where.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

import numpy as np
import pytest
import shapely
from django.db import connection, transaction
from pytest_django import Settings

from xiaoyuan.accounts.actions import create_user, grant_role
from xiaoyuan.accounts.choices import Role, ScopeKind
from xiaoyuan.accounts.models import User
from xiaoyuan.accounts.residents import issue_card
from xiaoyuan.audit.actions import lock_changes
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.doorplates.actions import issue_plates
from xiaoyuan.intake.files import SourceFile
from xiaoyuan.intake.models import ImportBatch
from xiaoyuan.lib import divisions
from xiaoyuan.lib.id_number import check_character
from xiaoyuan.register.actions.addresses import AddressText
from xiaoyuan.register.actions.changes import Writing
from xiaoyuan.register.actions.divisions import DivisionLine, Tree, create_divisions
from xiaoyuan.register.actions.people_writing import HouseholdWrite, PersonWrite, write_people
from xiaoyuan.register.actions.place_rows import PlaceRows
from xiaoyuan.register.actions.places import TableImport, begin_import, finish_import, write_table
from xiaoyuan.register.choices import BuildingUse, DivisionOrigin, Sex
from xiaoyuan.register.models import Building, County, Courtyard, Division, Household, Person

NOW: Final = datetime(2025, 3, 3, 8, 0, tzinfo=UTC)
PASSWORD: Final = "rice-terrace-and-karst"
OWN, SIBLING, OTHER_TOWN, HIDDEN = "520502103003", "520502103209", "520502102001", "520527001001"
PLACES: Final = {"own": OWN, "sibling": SIBLING, "other town": OTHER_TOWN, "hidden county": HIDDEN}
NAMES: Final = {
    "52": "贵州省",
    "5205": "毕节市",
    "520502": "七星关区",
    "520527": "赫章县",
    "520502102": "岔河镇",
    "520502103": "朱昌镇",
    "520527001": "双河街道",
    OWN: "双堰社区居民委员会",
    SIBLING: "螺蛳村村民委员会",
    OTHER_TOWN: "岔河社区居民委员会",
    HIDDEN: "前河社区居民委员会",
}
FAMILIES: Final = (("张伟", "李秀兰", "张小宝"), ("王国强", "陈桂芳"))


@dataclass(frozen=True)
class Place:
    """What a village of the cast holds."""

    code: str
    courtyard: Courtyard
    household: Household
    person: Person
    batch: ImportBatch


@dataclass(frozen=True)
class Cast:
    """Everybody, and the four villages by how they lie to the village of the cast."""

    users: dict[str, User]
    places: dict[str, Place]

    @property
    def own(self) -> Place:
        """The village where the cast lives and works."""
        return self.places["own"]


@pytest.fixture
def cast(db: None, settings: Settings) -> Cast:
    """The cast in its village, in a fresh database."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # made to be fast here
    return build_cast()


def queries(count: int) -> int:
    """Return how many statements a request with `count` queries takes on the engine in use.

    On PostgreSQL a request is one transaction (a savepoint within a test) that sets the row security's scope.
    """
    return count + 3 if connection.vendor == "postgresql" else count


def build_cast() -> Cast:
    """Write divisions, places, people, plates and users through their actions."""
    _write_divisions()
    places = {name: _write_village(code, number) for number, (name, code) in enumerate(PLACES.items())}
    County.objects.update(shows_sample=True)
    users = {
        "operator": _user("operator", "运维 周工", Role.OPERATOR, ""),
        "chen": _user("chen", "镇干部 陈明", Role.COUNTY_OFFICER, "520502103"),
        "wang": _user("wang", "村文书 王芳", Role.VILLAGE_CLERK, OWN),
        "li": _user("li", "网格员 李强", Role.GRID_WORKER, OWN),
        "zhang": _user(
            "zhang", "居民 张伟", Role.RESIDENT, str(places["own"].household.pk), ScopeKind.HOUSEHOLD
        ),
        "zhao": _user("zhao", "外人 赵四"),
    }
    own = places["own"]
    issue_card(
        county_id=own.household.county_id,
        division_code=own.code,
        person_uid=own.person.person_uid,
        household_id=own.household.pk,
        display_name="张伟",
        is_sample=True,
        actor=SYSTEM,
        now=NOW,
        user=users["zhang"],
    )
    return Cast(users, places)


def sample_id_number(birth: date, sequence: int) -> str:
    """Return an invented identity number with the unallocated area code and a right check digit."""
    digits = f"990001{birth:%Y%m%d}{sequence:03d}"
    return digits + check_character(digits)


def _write_divisions() -> None:
    tree: Tree = {}
    with transaction.atomic():
        for digits in sorted(divisions.LENGTHS):
            lines = [
                (DivisionLine(number, code, name), None)
                for number, (code, name) in enumerate(NAMES.items(), start=1)
                if len(code) == digits
            ]
            create_divisions(lines=lines, tree=tree, origin=DivisionOrigin.NATIONAL, actor=SYSTEM, now=NOW)


def _write_village(code: str, number: int) -> Place:
    with transaction.atomic():
        context = begin_import(
            division=Division.objects.get(code=code),
            file=SourceFile(f"places-{code}.geojson", f"{number:064d}", 1000),
            actor=SYSTEM,
            now=NOW,
            is_sample=True,
            attribution="Invented for tests",
        )
        west, south = 105.29 + 0.02 * number, 27.30
        yards = [
            shapely.box(west + 0.0004 * i, south, west + 0.0004 * i + 0.0003, south + 0.0003)
            for i in range(3)
        ]
        write_table(
            table=TableImport(
                _rows(
                    Courtyard, code, yards, {"code": [f"{code}-{i}" for i in range(3)], "group": ["一组"] * 3}
                ),
                addresses=[AddressText(f"{NAMES[code]}一组{i + 1}号", f"{i + 1}号") for i in range(3)],
            ),
            context=context,
        )
        houses = [shapely.box(*_shrunk(yard.bounds)) for yard in yards]
        values = {"use": [BuildingUse.DWELLING] * 3, "storeys": [2] * 3, "height_m": [6.6] * 3}
        write_table(
            table=TableImport(
                _rows(Building, code, houses, values), courtyard_codes=[f"{code}-{i}" for i in range(3)]
            ),
            context=context,
        )
        finish_import(context)
        courtyard = Courtyard.objects.unscoped("a test").get(code=f"{code}-0")
        lock_changes(context.county.pk)
        households, persons = _people(code, number, courtyard.pk)
        ids = write_people(
            writing=Writing(context.county.pk, True, SYSTEM, NOW), households=households, persons=persons
        )
    issue_plates(division_code=code, actor=SYSTEM, now=NOW)
    person = Person.objects.unscoped("a test").get(pk=ids[0])
    return Place(code, courtyard, households[0].row, person, context.batch)


def _rows(
    model: type[Courtyard | Building],
    code: str,
    shapes: list[shapely.Polygon],
    values: dict[str, Any],
) -> PlaceRows:
    count = len(shapes)
    array = np.empty(count, dtype=object)
    array[:] = shapes
    return PlaceRows(
        model=model,
        sheet=model.__name__,
        row_numbers=list(range(1, count + 1)),
        source_keys=[f"{model.__name__}-{code}-{i}" for i in range(count)],
        shapes=array,
        division_codes=[code] * count,
        values=values,
        cells=[{} for _ in range(count)],
        messages=[() for _ in range(count)],
    )


def _shrunk(bounds: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    west, south, east, north = bounds
    return west + 0.0001, south + 0.0001, east - 0.0001, north - 0.0001


def _people(code: str, number: int, courtyard_id: int) -> tuple[list[HouseholdWrite], list[PersonWrite]]:
    households = [
        HouseholdWrite(code, f"{code[-6:]}{place:04d}", {"group": "一组", "courtyard_id": courtyard_id})
        for place in range(len(FAMILIES))
    ]
    persons: list[PersonWrite] = []
    for household, family in zip(households, FAMILIES, strict=True):
        for place, name in enumerate(family):
            birth = date(1968 + 20 * (place == 2), 3 + place, 12)
            sequence = 100 + 10 * number + 2 * len(persons) + (1 if place != 1 else 0)
            persons.append(
                PersonWrite(
                    household,
                    {"name": name, "sex": Sex.FEMALE if place == 1 else Sex.MALE, "birth_date": birth},
                    relation_to_head=("02", "10", "20")[place],
                    is_resident=True,
                    tags={"党员": ""} if place == 0 else {},
                    secrets={
                        "id_number": sample_id_number(birth, sequence),
                        "phone": f"1900000{sequence:04d}",
                    },
                )
            )
    return households, persons


def _user(
    username: str,
    display_name: str,
    role: Role | None = None,
    scope_key: str = "",
    scope_kind: ScopeKind = ScopeKind.DIVISION,
) -> User:
    user = create_user(
        username=username,
        password=PASSWORD,
        display_name=display_name,
        actor=SYSTEM,
        now=NOW,
        is_sample=True,
    )
    if role is not None:
        grant_role(user=user, role=role, scope_kind=scope_kind, scope_key=scope_key, actor=SYSTEM, now=NOW)
    return user
