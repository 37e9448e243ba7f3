"""Places and entities: courtyards, buildings, parcels, roads, water, divisions, businesses, observations."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from xiaoyuan.exports.sources import EXTRA, ExportField, ExportSource, Selection
from xiaoyuan.lib import divisions
from xiaoyuan.register.choices import AddressStatus, BuildingUse, LayerClass, RoadClass, RoofKind, WaterKind
from xiaoyuan.register.exports.fields import CODE, DATE, DECIMAL, INTEGER, field, with_headings, yuan
from xiaoyuan.register.exports.livelihood import USE_LABELS
from xiaoyuan.register.exports.people import STRUCTURE_LABELS
from xiaoyuan.register.exports.selecting import CHUNK, WHY, own, village_by_village
from xiaoyuan.register.imports.ledgers.business_entities import COLUMNS as ENTITY_COLUMNS
from xiaoyuan.register.models import (
    Building,
    BusinessEntity,
    Courtyard,
    Division,
    Observation,
    Parcel,
    Road,
    StandardAddress,
    Water,
)
from xiaoyuan.vault.actions import read_masked

_LAYER_CODES: Final = {one.value: str(one.value) for one in LayerClass}
_COMMON: Final = (
    field("division_code", "区划代码", "division code", CODE),
    field("cid", "图上编号", "number in the tiles", INTEGER),
    field("accuracy_m", "精度(米)", "accuracy", DECIMAL, unit="米"),
    field("layer_class", "图层密级", "who may see it", codes=_LAYER_CODES),
    field("source_key", "来源编号", "key in the file it came from", CODE),
    field("valid_from", "起始日期", "valid from", DATE),
    field("valid_until", "终止日期", "valid until", DATE),
)


def _nobody(selection: Selection) -> int:
    return 0


def _layer(
    key: str,
    label: str | Promise,
    model: Any,
    fields: Sequence[ExportField],
    values: Callable[[Any], Mapping[str, Any]],
    geometry: str,
    *,
    is_offered: bool = False,
) -> ExportSource:
    """Return the source of a table with shapes."""

    def rows(selection: Selection) -> Iterator[Mapping[str, Any]]:
        for ids in village_by_village(own(model, selection)):
            found = model.objects.unscoped(WHY).filter(pk__in=ids).order_by("pk")
            addresses = _addresses(ids) if model is Courtyard else {}
            for row in found:
                yield {
                    "wkb": None if row.wkb is None else bytes(row.wkb),
                    **{one.key: getattr(row, one.key) for one in _COMMON},
                    **addresses.get(row.pk, {}),
                    **values(row),
                }

    return ExportSource(
        key=key,
        label=label,
        fields=(*fields, *_COMMON),
        count=lambda selection: int(own(model, selection).count()),
        persons=_nobody,
        rows=rows,
        geometry=geometry,
        is_offered=is_offered,
    )


def _addresses(ids: Sequence[int]) -> dict[int, dict[str, str]]:
    rows = StandardAddress.objects.unscoped(WHY).filter(courtyard_id__in=ids, status=AddressStatus.CURRENT)
    return {
        courtyard: {"address": text, "house_number": number}
        for courtyard, text, number in rows.values_list("courtyard_id", "text", "house_number")
    }


COURTYARDS: Final = _layer(
    "courtyards",
    _("courtyards"),
    Courtyard,
    (
        field("code", "院落编号", "courtyard number", CODE, aliases=("院落号", "小院编号", "院落编码")),
        field("name", "院落名称", "name", aliases=("名称",)),
        field("group", "组别", "villager group", aliases=("村民小组", "小组")),
        field("address", "标准地址", "standard address", aliases=("地址", "详细地址")),
        field("house_number", "门牌号", "house number", aliases=("门牌",)),
        field("lon", "经度", "longitude of a point inside", DECIMAL, unit="度"),
        field("lat", "纬度", "latitude of a point inside", DECIMAL, unit="度"),
    ),
    lambda row: {"code": row.code, "name": row.name, "group": row.group, **_middle(row)},
    "Unknown",
    is_offered=True,
)
BUILDINGS: Final = _layer(
    "buildings",
    _("buildings"),
    Building,
    (
        field("name", "名称", "name"),
        field("use", "用途", "use", codes={one.value: str(one.value) for one in BuildingUse if one}),
        field("storeys", "层数", "storeys", INTEGER, unit="层"),
        field("height_m", "高度(米)", "height", DECIMAL, unit="米"),
        field("roof", "屋顶", "roof", codes={str(one.value): one.name.lower() for one in RoofKind}),
        field("structure", "结构", "structure", codes=STRUCTURE_LABELS),
        field("built_year", "建成年份", "year of building", INTEGER, unit="年"),
    ),
    lambda row: {
        "name": row.name,
        "use": row.use,
        "storeys": row.storeys,
        "height_m": row.height_m,
        "roof": RoofKind(row.roof).name.lower(),
        "structure": STRUCTURE_LABELS.get(row.structure),
        "built_year": row.built_year,
    },
    "Unknown",
)
PARCELS: Final = _layer(
    "parcels",
    _("parcels"),
    Parcel,
    (
        field("code", "地块编号", "parcel number", CODE),
        field("use", "地类", "land use", codes=USE_LABELS),
        field("crop", "作物", "crop"),
        field("area_mu", "面积(亩)", "area as stated", DECIMAL, unit="亩"),
        field("area_m2", "面积(平方米)", "area on the ellipsoid", DECIMAL, unit="平方米"),
        field("household_no", "承包户号", "household that contracts it", CODE),
    ),
    lambda row: {
        "code": row.code,
        "use": USE_LABELS.get(row.use),
        "crop": row.crop,
        "area_mu": row.area_mu,
        "area_m2": round(row.area_m2, 2),
        "household_no": row.household_no,
    },
    "Unknown",
)
ROADS: Final = _layer(
    "roads",
    _("roads"),
    Road,
    (
        field("name", "名称", "name"),
        field("road_class", "等级", "class", codes={one.value: one.value for one in RoadClass}),
        field("width_m", "宽度(米)", "width", DECIMAL, unit="米"),
        field("length_m", "长度(米)", "length on the ellipsoid", DECIMAL, unit="米"),
    ),
    lambda row: {
        "name": row.name,
        "road_class": row.road_class,
        "width_m": row.width_m,
        "length_m": round(row.length_m, 2),
    },
    "Unknown",
)
WATER: Final = _layer(
    "water",
    _("water bodies"),
    Water,
    (
        field("name", "名称", "name"),
        field("kind", "类型", "kind", codes={one.value: one.value for one in WaterKind}),
    ),
    lambda row: {"name": row.name, "kind": row.kind},
    "Unknown",
)


def _middle(row: Any) -> dict[str, Any]:
    """A point of the courtyard's box: for a sheet that asks for coordinates; the shape itself is in the archive."""
    if row.min_lon is None:
        return {"lon": None, "lat": None}
    lon, lat = (row.min_lon + row.max_lon) / 2, (row.min_lat + row.max_lat) / 2
    return {"lon": Decimal(f"{lon:.7f}"), "lat": Decimal(f"{lat:.7f}")}


def _divisions(selection: Selection) -> Any:
    within = Q(pk__in=[])
    for prefix in selection.scope.prefixes:
        within |= Q(**divisions.range_below(prefix, "code")) if prefix else Q(pk__isnull=False)
    return Division.objects.filter(within, valid_until__isnull=True)


def _division_rows(selection: Selection) -> Iterator[Mapping[str, Any]]:
    rows = _divisions(selection).select_related("parent").order_by("code")
    for row in rows.iterator(chunk_size=CHUNK):
        yield {
            "wkb": None if row.outline_wkb is None else bytes(row.outline_wkb),
            "code": row.code,
            "name": row.name,
            "level": row.level,
            "parent_code": row.parent.code if row.parent else None,
            "urban_rural_class": row.urban_rural_class,
            "office_phone": row.office_phone,
        }


DIVISIONS: Final = ExportSource(
    key="divisions",
    label=_("divisions"),
    fields=(
        field("code", "区划代码", "division code", CODE, aliases=("统计用区划代码", "代码")),
        field("name", "名称", "name", aliases=("区划名称", "村名")),
        field("level", "级别", "level"),
        field("parent_code", "上级代码", "code of the division above", CODE),
        field("urban_rural_class", "城乡分类代码", "urban or rural class", CODE),
        field("office_phone", "办公电话", "phone of the office", CODE),
    ),
    count=lambda selection: int(_divisions(selection).count()),
    persons=_nobody,
    rows=_division_rows,
    geometry="Unknown",
)


def _entities(selection: Selection) -> Any:
    return own(BusinessEntity, selection)


def _entity_rows(selection: Selection) -> Iterator[Mapping[str, Any]]:
    for ids in village_by_village(_entities(selection)):
        found = list(BusinessEntity.objects.unscoped(WHY).filter(pk__in=ids).order_by("pk"))
        subjects = [row.contact_uid for row in found if row.contact_uid]
        names = ["phone", *(key for key in selection.wanted if key.startswith(EXTRA))]
        held = read_masked(county_id=selection.county_id, subjects=subjects, names=names)
        for row in found:
            yield {
                "name": row.name,
                "kind": row.kind,
                "division_code": row.division_code,
                "industry": row.industry,
                "contact_name": row.contact_name,
                "area_mu": row.area_mu,
                "workers": row.workers,
                "output_fen": None if row.output_fen is None else Decimal(row.output_fen) / 1_000_000,
                "output_yuan": yuan(row.output_fen),
                "founded_on": row.founded_on,
                **{f"{EXTRA}{heading}": text for heading, text in row.extra.items()},
                **(held.get(row.contact_uid, {}) if row.contact_uid else {}),
            }


BUSINESS_ENTITIES: Final = ExportSource(
    key="business-entities",
    label=_("business entities"),
    fields=with_headings(
        (
            field("name", "名称", "name"),
            field("kind", "类型", "kind"),
            field("division_code", "区划代码", "division code", CODE),
            field("industry", "行业", "industry"),
            field("contact_name", "负责人", "contact"),
            field("phone", "联系电话", "phone of the contact", CODE),
            field("area_mu", "经营面积(亩)", "area", DECIMAL, unit="亩"),
            field("workers", "从业人数", "workers", INTEGER, unit="人"),
            field("output_fen", "年产值(万元)", "yearly output", DECIMAL, unit="万元"),
            field("output_yuan", "年产值(元)", "yearly output", DECIMAL, unit="元"),
            field("founded_on", "成立日期", "founded", DATE),
        ),
        ENTITY_COLUMNS,
    ),
    count=lambda selection: int(_entities(selection).count()),
    persons=lambda selection: int(_entities(selection).exclude(contact_name="").count()),
    rows=_entity_rows,
)


def _observation_rows(selection: Selection) -> Iterator[Mapping[str, Any]]:
    for ids in village_by_village(own(Observation, selection)):
        for row in Observation.objects.unscoped(WHY).filter(pk__in=ids).order_by("pk"):
            yield {
                "indicator": row.indicator,
                "indicator_name": row.indicator_name,
                "division_code": row.division_code,
                "value": row.value,
                "text_value": row.text_value,
                "unit": row.unit,
                "observed_on": row.observed_on,
                "source": row.source,
                **{f"{EXTRA}{heading}": text for heading, text in row.extra.items()},
            }


OBSERVATIONS: Final = ExportSource(
    key="observations",
    label=_("observations"),
    fields=(
        field("indicator", "指标编码", "indicator", CODE),
        field("indicator_name", "指标名称", "as the source calls it"),
        field("division_code", "区划代码", "division code", CODE),
        field("value", "数值", "value", DECIMAL),
        field("text_value", "文字值", "value in words"),
        field("unit", "单位", "unit"),
        field("observed_on", "日期", "observed on", DATE),
        field("source", "来源", "source"),
    ),
    count=lambda selection: int(own(Observation, selection).count()),
    persons=_nobody,
    rows=_observation_rows,
)
