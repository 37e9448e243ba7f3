"""Search of divisions: by two characters, by the beginning of a code, with the parents shown because names repeat."""

from datetime import datetime

import pytest
import shapely

from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.register.actions.division_index import index_divisions
from xiaoyuan.register.actions.divisions import DivisionLine, create_divisions, read_tree
from xiaoyuan.register.choices import DivisionOrigin
from xiaoyuan.register.models import Division
from xiaoyuan.register.queries.divisions import children_of, division_bounds, search_divisions

pytestmark = pytest.mark.django_db
NAMES = {
    "52": "贵州省",
    "5205": "毕节市",
    "520502": "七星关区",
    "520502103": "朱昌镇",
    "520502104": "小坝镇",
    "520502103003": "双堰社区居民委员会",
    "520502104201": "双堰村村民委员会",
    "520502104202": "和平村村民委员会",
}


@pytest.fixture(autouse=True)
def tree() -> None:
    now = datetime.fromisoformat("2026-03-01T08:00:00+08:00")
    tree = read_tree()
    for code, name in NAMES.items():
        line = DivisionLine(1, code, name)
        create_divisions(
            lines=[(line, None)], tree=tree, origin=DivisionOrigin.NATIONAL, actor=SYSTEM, now=now
        )


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("双堰", ["520502103003", "520502104201"]),
        ("朱昌", ["520502103"]),
        ("昌镇", ["520502103"]),
        ("七星关区", ["520502"]),
        ("520502104", ["520502104", "520502104201", "520502104202"]),
        ("520502104000", ["520502104", "520502104201", "520502104202"]),
        ("52050210320", []),
        ("%", []),
        ("", []),
        ("不存在", []),
        ("zhuchang", ["520502103"]),
        ("zc", ["520502103"]),
        ("ZhuChang", ["520502103"]),
        ("shuangyan", ["520502103003", "520502104201"]),
        ("sysq", ["520502103003"]),
        ("双堰社区居民委员会", ["520502103003"]),
    ],
)
def test_it_finds_by_name_and_code(text: str, codes: list[str]) -> None:
    assert [hit.code for hit in search_divisions(text)] == codes


def test_an_exact_name_comes_first_and_the_limit_holds() -> None:
    assert [hit.name for hit in search_divisions("镇", 1)] == ["朱昌镇"]
    Division.objects.filter(code="520502104202").update(name="双堰")
    index_divisions([Division.objects.get(code="520502104202")])
    assert search_divisions("双堰")[0].code == "520502104202"


def test_it_shows_the_parents() -> None:
    assert [hit.label for hit in search_divisions("双堰社区")] == [
        "贵州省 › 毕节市 › 七星关区 › 朱昌镇 › 双堰社区居民委员会"
    ]


def test_children_come_in_order() -> None:
    assert [row.code for row in children_of("520502")] == ["520502103", "520502104"]


def test_bounds_come_from_outlines_never_from_nowhere() -> None:
    assert division_bounds("520502") is None
    west, south, east, north = shapely.box(105.2, 27.2, 105.3, 27.3).bounds
    Division.objects.filter(code="520502103003").update(
        min_lon=west, min_lat=south, max_lon=east, max_lat=north
    )
    assert division_bounds("520502") == (west, south, east, north)
    assert division_bounds("520502104") is None
