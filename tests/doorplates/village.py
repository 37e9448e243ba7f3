"""A small village with courtyards, houses, a road and addresses, for tests of plates."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import shapely

from xiaoyuan.accounts.actions import create_user, grant_role
from xiaoyuan.accounts.choices import Role
from xiaoyuan.accounts.models import User
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.register.choices import DivisionLevel, DivisionOrigin, RoadClass
from xiaoyuan.register.models import Building, County, Courtyard, Division, Road, StandardAddress
from xiaoyuan.register.spatial import shape_fields

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
VILLAGE, SIBLING, TOWN, COUNTY = "520502103003", "520502103209", "520502103", "520502"
NAMES = {
    "52": "贵州省",
    "5205": "毕节市",
    COUNTY: "七星关区",
    TOWN: "朱昌镇",
    VILLAGE: "双堰社区",
    SIBLING: "螺蛳村",
}
LEVELS = {2: "province", 4: "city", 6: "county", 9: "township", 12: "village"}
OFFICE_PHONE = "0857-8000001"
LON, LAT, DEGREES_A_METRE = 105.29, 27.30, 1 / 111_000


@dataclass
class Village:
    """What the fixture made."""

    county: County
    courtyards: list[Courtyard]


def row(county: County, code: str, *, is_sample: bool) -> dict[str, Any]:
    return {
        "county": county,
        "division_code": code,
        "is_sample": is_sample,
        "created_at": NOW,
        "updated_at": NOW,
    }


def make_divisions() -> County:
    """Write the divisions above and the home of their data."""
    for code, name in NAMES.items():
        parent = Division.objects.filter(code__in=[code[:cut] for cut in (2, 4, 6, 9) if cut < len(code)])
        Division.objects.get_or_create(
            code=code,
            defaults={
                "name": name,
                "level": DivisionLevel(LEVELS[len(code)]),
                "parent": max(parent, key=lambda one: len(one.code), default=None),
                "origin": DivisionOrigin.NATIONAL,
                "office_phone": OFFICE_PHONE if code == VILLAGE else "",
            },
        )
    return County.objects.get_or_create(code=COUNTY, defaults={"name": NAMES[COUNTY]})[0]


def square(east_m: float, north_m: float, size_m: float) -> Any:
    west, south = LON + east_m * DEGREES_A_METRE, LAT + north_m * DEGREES_A_METRE
    return shapely.box(west, south, west + size_m * DEGREES_A_METRE, south + size_m * DEGREES_A_METRE)


def make_village(count: int, *, code: str = VILLAGE, is_sample: bool = True, first_cid: int = 1) -> Village:
    """Write `count` courtyards of 20 m in rows of five along a road, each with a house and an address."""
    county = make_divisions()
    common = row(county, code, is_sample=is_sample)
    courtyards, houses, addresses = [], [], []
    for place in range(count):
        east_m, north_m = 25 * (place % 5), 30 * (place // 5)
        courtyards.append(
            Courtyard(
                **common,
                **shape_fields(square(east_m, north_m, 20)),
                cid=first_cid + place,
                code=f"{code[-3:]}-{place + 1:04d}",
                group="三组",
            )
        )
    Courtyard.objects.bulk_create(courtyards)
    for place, courtyard in enumerate(courtyards):
        east_m, north_m = 25 * (place % 5), 30 * (place // 5)
        houses.append(
            Building(
                **common,
                **shape_fields(square(east_m + 4, north_m + 6, 10)),
                cid=first_cid + 10_000_000 + place,
                courtyard=courtyard,
                storeys=2,
            )
        )
        number = f"{place + 1}号"
        addresses.append(
            StandardAddress(
                **common,
                courtyard=courtyard,
                text=f"贵州省毕节市七星关区朱昌镇{NAMES[code]}三组{number}",
                house_number=number,
            )
        )
    Building.objects.bulk_create(houses)
    StandardAddress.objects.bulk_create(addresses)
    line = shapely.LineString([(LON - 0.001, LAT - 0.00003), (LON + 0.002, LAT - 0.00003)])
    Road.objects.create(
        **common,
        **shape_fields(line),
        cid=first_cid + 20_000_000,
        road_class=RoadClass.VILLAGE,
        width_m=4.5,
        length_m=300,
    )
    return Village(county, courtyards)


def make_user(name: str, role: Role, scope_key: str) -> User:
    """Write a user with one grant."""
    user = create_user(
        username=name, password="a-long-pass-phrase", display_name=name, actor=SYSTEM, now=NOW, is_sample=True
    )
    grant_role(user=user, role=role, scope_key=scope_key, actor=SYSTEM, now=NOW)
    return user
