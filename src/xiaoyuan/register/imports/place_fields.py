"""Which layers of a map file become which of our tables, and which of their fields become which columns."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.utils.translation import gettext as _

from xiaoyuan.lib.text import fold
from xiaoyuan.register.errors import RegisterError

BUILDINGS: Final = "buildings"
COURTYARDS: Final = "courtyards"
PARCELS: Final = "parcels"
ROADS: Final = "roads"
WATER: Final = "water"
OUTLINES: Final = "outlines"

_DIVISION: Final = ("区划代码", "division", "division_code")
MAP_KEYS: Final = ("osm_id", "@id", "id")
"""Fields that hold the number of an object in a map, not a number that an office gave."""
_KEYS: Final = (*MAP_KEYS, "编号")
_NAMES: Final = ("名称", "name")
_ADDRESS: Final = {
    "address": ("地址", "标准地址", "address"),
    "house_number": ("门牌号", "addr:housenumber", "housenumber", "house_number"),
    "street": ("addr:street",),
    "postcode": ("addr:postcode",),
    "city": ("addr:city",),
}

FIELDS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    BUILDINGS: {
        "source_key": ("建筑编号", *_KEYS),
        "courtyard_code": ("院落编号", "courtyard_code"),
        "division_code": _DIVISION,
        "name": ("建筑名称", *_NAMES),
        "use": ("用途", "use", "building"),
        "amenity": ("amenity", "building:use"),
        "storeys": ("层数", "building:levels", "levels", "storeys", "floors"),
        "height_m": ("高度", "height", "height_m"),
        "body_height_m": ("building_height",),
        "base_height_m": ("min_height",),
        "ground_height_m": ("地面高程", "ground_height"),
        "roof": ("屋顶", "roof:shape", "roof_shape"),
        "structure": ("结构", "building:material", "structure"),
        "built_year": ("建成年份", "建房年份", "built_year", "start_date"),
        **_ADDRESS,
    },
    COURTYARDS: {
        "source_key": ("院落编号", "courtyard_code", *_KEYS),
        "division_code": _DIVISION,
        "name": ("院落名称", *_NAMES),
        "group": ("组别", "村民小组", "group"),
        **_ADDRESS,
    },
    PARCELS: {
        "source_key": ("地块编号", "parcel_code", *_KEYS),
        "division_code": _DIVISION,
        "use": ("地类", "landuse", "natural", "use"),
        "crop": ("作物", "crop"),
        "area_mu": ("面积_亩", "面积(亩)", "面积亩", "area_mu"),
        "household_no": ("承包户号", "户号", "household_no"),
    },
    ROADS: {
        "source_key": ("道路编号", *_KEYS),
        "division_code": _DIVISION,
        "name": ("道路名称", *_NAMES),
        "road_class": ("等级", "道路等级", "highway", "class"),
        "width_m": ("宽度", "路宽", "width", "width_m"),
    },
    WATER: {
        "source_key": ("水系编号", *_KEYS),
        "division_code": _DIVISION,
        "name": ("水系名称", *_NAMES),
        "kind": ("类型", "waterway", "kind"),
    },
    OUTLINES: {"division_code": (*_DIVISION, "代码", "code"), "name": ("区划名称", *_NAMES)},
}
"""Field of ours -> names by which files call it, the best first. `body_height_m` counts from `base_height_m`."""

LAYER_NAMES: Final[dict[str, tuple[str, ...]]] = {
    BUILDINGS: ("建筑", "建筑物", "房屋", "building", "buildings", "buildings_footprints"),
    COURTYARDS: ("院落", "宅院", "courtyard", "courtyards"),
    PARCELS: ("地块", "承包地块", "宗地", "parcel", "parcels", "landuse"),
    ROADS: ("道路", "road", "roads"),
    WATER: ("水系", "水体", "water", "waterways"),
    OUTLINES: ("区划", "行政区划", "division", "divisions", "outline", "outlines"),
}

PERSONAL: Final = re.compile(
    r"户主|姓名|联系人|电话|手机|身份证|银行|账号|卡号|phone|email|owner|id_?number", re.IGNORECASE
)
"""Names of fields that may hold personal data: a map file is no place for them, ledgers are."""


class UnknownMapping(RegisterError):
    """A mapping that the operator asked for and that cannot be."""


@dataclass(frozen=True)
class FieldPlan:
    """What becomes of a layer's fields: `targets` ours -> theirs; the others are kept as a note or left out."""

    targets: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


def table_of(layer: str) -> str | None:
    """Return which of our tables a layer's name stands for."""
    folded = fold(layer)
    return next((table for table, names in LAYER_NAMES.items() if folded in names), None)


def plan_fields(table: str, fields: Sequence[str], wishes: Mapping[str, str]) -> FieldPlan:
    """Map the fields of a layer. `wishes`: their field -> ours, or "-" to leave it out; they win over the known names.

    Raises `UnknownMapping` when a wish names no field of ours.
    """
    known = FIELDS[table]
    targets: dict[str, str] = {}
    ignored = tuple(name for name in fields if wishes.get(name) == "-")
    for name in fields:
        wish = wishes.get(name)
        if wish is None or wish == "-":
            continue
        if wish not in known:
            raise UnknownMapping(
                _("%(table)s have no field “%(wish)s”; there are %(known)s.")
                % {"table": table, "wish": wish, "known": ", ".join(known)}
            )
        targets[wish] = name
    free = {fold(name): name for name in fields if name not in wishes}
    for target, aliases in known.items():
        if target not in targets:
            found = next((free.pop(alias) for alias in aliases if alias in free), None)
            if found is not None:
                targets[target] = found
    rest = [name for name in fields if name not in targets.values() and name not in ignored]
    personal = tuple(name for name in rest if PERSONAL.search(name))
    return FieldPlan(targets, tuple(name for name in rest if name not in personal), personal, ignored)


def check_wishes(wishes: Mapping[str, str], fields: Sequence[str]) -> None:
    """Refuse a wish about a field that no layer has; raises `UnknownMapping`."""
    for name in wishes:
        if name not in fields:
            raise UnknownMapping(
                _("No layer has a field “%(name)s”; there are %(known)s.")
                % {"name": name, "known": ", ".join(dict.fromkeys(fields))}
            )
