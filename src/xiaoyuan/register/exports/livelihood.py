"""What households live in and on: dwellings, contracted parcels, crops, livestock, income, work, policy tags."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from xiaoyuan.exports.sources import EXTRA, ExportField, ExportSource, Selection
from xiaoyuan.register.choices import HEAD_OF_HOUSEHOLD, ParcelUse, SafetyGrade, TransferKind
from xiaoyuan.register.exports.fields import BOOLEAN, CODE, DATE, DECIMAL, INTEGER, field, yuan
from xiaoyuan.register.exports.people import STRUCTURE_LABELS
from xiaoyuan.register.exports.selecting import WHY, households_of, members_of, own, village_by_village
from xiaoyuan.register.models import (
    ContractedParcel,
    CropRecord,
    Dwelling,
    Employment,
    IncomeRecord,
    LivestockRecord,
    Membership,
    PolicyTag,
)

USE_LABELS: Final = {
    ParcelUse.PADDY: "水田", ParcelUse.DRY_FIELD: "旱地", ParcelUse.ORCHARD: "园地", ParcelUse.FOREST: "林地",
    ParcelUse.GRASS: "草地", ParcelUse.POND: "坑塘", ParcelUse.VINEYARD: "葡萄园", ParcelUse.BUILT: "建设用地",
    ParcelUse.OTHER: "其他",
}  # fmt: skip
TRANSFER_LABELS: Final = {
    TransferKind.LEASE: "出租", TransferKind.SHARES: "入股", TransferKind.SWAP: "互换",
    TransferKind.ASSIGNMENT: "转让", TransferKind.TRUST: "托管", TransferKind.OTHER: "其他",
}  # fmt: skip
GRADE_LABELS: Final = {
    SafetyGrade.A: "A级", SafetyGrade.B: "B级", SafetyGrade.C: "C级", SafetyGrade.D: "D级",
}  # fmt: skip

_HOUSEHOLD: Final = (
    field(
        "household_no", "户号", "household number", CODE, aliases=("户编号", "家庭编号"), is_merged_down=True
    ),
    field("head_name", "户主姓名", "name of the head", aliases=("户主", "姓名"), is_merged_down=True),
)
_HOME: Final = (
    field("division_code", "区划代码", "division code", CODE),
    field("group", "组别", "villager group", aliases=("村民小组", "小组"), is_merged_down=True),
)
Values = Callable[[Any], Mapping[str, Any]]


def _of_households(
    key: str, label: str | Promise, model: Any, fields: Sequence[ExportField], values: Values
) -> ExportSource:
    """Return the source of a table whose rows belong to a household."""

    def rows_of(selection: Selection) -> Any:
        wanted = households_of(selection).order_by().values("pk")
        return own(model, selection).filter(household__in=wanted)

    def people(selection: Selection) -> int:
        # Rows name the household's head, and whoever reads them knows the family.
        homes = rows_of(selection).order_by().values("household_id")
        return int(members_of(selection).filter(household__in=homes).count())

    def rows(selection: Selection) -> Iterator[Mapping[str, Any]]:
        for ids in village_by_village(rows_of(selection)):
            found = list(
                model.objects.unscoped(WHY).filter(pk__in=ids).select_related("household").order_by("pk")
            )
            heads = _heads(row.household_id for row in found)
            for row in found:
                yield {
                    "household_id": row.household_id,
                    "household_no": row.household.household_no,
                    "head_name": heads.get(row.household_id),
                    "division_code": row.division_code,
                    "group": row.household.group,
                    **values(row),
                    **{f"{EXTRA}{heading}": text for heading, text in row.extra.items()},
                }

    return ExportSource(
        key=key,
        label=label,
        fields=(*_HOUSEHOLD, *fields, *_HOME),
        count=lambda selection: int(rows_of(selection).count()),
        persons=people,
        rows=rows,
        group_key="household_id",
        has_filters=True,
    )


def _heads(ids: Iterator[int]) -> dict[int, str]:
    rows = Membership.objects.unscoped(WHY).filter(
        household_id__in=set(ids), until__isnull=True, relation_to_head=HEAD_OF_HOUSEHOLD
    )
    return dict(rows.values_list("household_id", "person__name"))


DWELLINGS: Final = _of_households(
    "dwellings",
    _("dwellings"),
    Dwelling,
    (
        field("dwelling_no", "房屋编号", "dwelling number", CODE, aliases=("住房编号", "房号")),
        field("structure", "住房结构", "structure", aliases=("房屋结构", "结构"), codes=STRUCTURE_LABELS),
        field("storeys", "层数", "storeys", INTEGER, aliases=("房屋层数", "楼层数"), unit="层"),
        field(
            "area_m2",
            "建筑面积(平方米)",
            "floor area",
            DECIMAL,
            aliases=("建筑面积", "住房面积"),
            unit="平方米",
        ),
        field(
            "homestead_m2",
            "宅基地面积(平方米)",
            "homestead area",
            DECIMAL,
            aliases=("宅基地面积",),
            unit="平方米",
        ),
        field(
            "built_year", "建成年份", "year of building", INTEGER, aliases=("建房年份", "建造年份"), unit="年"
        ),
        field(
            "safety_grade",
            "安全等级",
            "safety grade (JGJ 125)",
            aliases=("危房等级", "鉴定等级"),
            codes=GRADE_LABELS,
        ),
        field("is_vacant", "是否闲置", "vacant", BOOLEAN, aliases=("闲置",)),
        field(
            "certificate_no", "产权证号", "certificate number", CODE, aliases=("不动产权证号", "宅基地证号")
        ),
    ),
    lambda row: {
        "dwelling_no": row.dwelling_no,
        "structure": STRUCTURE_LABELS.get(row.structure),
        "storeys": row.storeys,
        "area_m2": row.area_m2,
        "homestead_m2": row.homestead_m2,
        "built_year": row.built_year,
        "safety_grade": GRADE_LABELS.get(row.safety_grade),
        "is_vacant": row.is_vacant,
        "certificate_no": row.certificate_no,
    },
)
CONTRACTED_PARCELS: Final = _of_households(
    "contracted-parcels",
    _("contracted parcels"),
    ContractedParcel,
    (
        field("parcel_code", "地块编码", "parcel code (GB/T 35958)", CODE, aliases=("地块代码", "地块编号")),
        field("name", "地块名称", "parcel name", aliases=("地名", "小地名")),
        field("contract_no", "合同编号", "contract number", CODE, aliases=("承包合同编号", "合同代码")),
        field("use", "地类", "land use", aliases=("土地类型", "利用类型"), codes=USE_LABELS),
        field(
            "contract_mu", "合同面积(亩)", "area of the contract", DECIMAL, aliases=("合同面积",), unit="亩"
        ),
        field("measured_mu", "实测面积(亩)", "measured area", DECIMAL, aliases=("实测面积",), unit="亩"),
        field("since", "承包起始日期", "contract since", DATE, aliases=("承包起始", "起始日期")),
        field("until", "承包终止日期", "contract until", DATE, aliases=("承包终止", "终止日期")),
        field("transfer", "流转方式", "how it was passed on", codes=TRANSFER_LABELS),
        field("transferred_mu", "流转面积(亩)", "area passed on", DECIMAL, aliases=("流转面积",), unit="亩"),
        field("transferred_to", "流入方", "passed on to", aliases=("受让方", "承租方")),
        field(
            "transfer_yuan_per_mu",
            "流转价格(元/亩)",
            "yearly return",
            DECIMAL,
            aliases=("流转价格",),
            unit="元/亩",
        ),
        field("boundaries", "四至", "boundaries east, south, west, north"),
    ),
    lambda row: {
        "parcel_code": row.parcel_code,
        "name": row.name,
        "contract_no": row.contract_no,
        "use": USE_LABELS.get(row.use),
        "contract_mu": row.contract_mu,
        "measured_mu": row.measured_mu,
        "since": row.since,
        "until": row.until,
        "transfer": TRANSFER_LABELS.get(row.transfer),
        "transferred_mu": row.transferred_mu,
        "transferred_to": row.transferred_to,
        "transfer_yuan_per_mu": yuan(row.transfer_fen_per_mu),
        "boundaries": row.boundaries,
    },
)
_YEAR: Final = field("year", "年份", "year", INTEGER, aliases=("年度",), unit="年")
CROPS: Final = _of_households(
    "crops",
    _("crops"),
    CropRecord,
    (
        _YEAR,
        field("crop", "作物", "crop", aliases=("作物名称", "种植作物", "品种")),
        field("area_mu", "种植面积(亩)", "area", DECIMAL, aliases=("种植面积", "面积(亩)"), unit="亩"),
        field("output_kg", "产量(公斤)", "output", DECIMAL, aliases=("产量", "产量(千克)"), unit="公斤"),
        field("sales_yuan", "销售收入(元)", "sales", DECIMAL, aliases=("销售收入", "收入(元)"), unit="元"),
    ),
    lambda row: {
        "year": row.year,
        "crop": row.crop,
        "area_mu": row.area_mu,
        "output_kg": row.output_kg,
        "sales_yuan": yuan(row.sales_fen),
    },
)
LIVESTOCK: Final = _of_households(
    "livestock",
    _("livestock"),
    LivestockRecord,
    (
        _YEAR,
        field("kind", "畜禽种类", "kind", aliases=("种类", "养殖品种", "品种")),
        field(
            "kept", "存栏", "heads at the end of the year", INTEGER, aliases=("存栏数", "存栏(头)"), unit="头"
        ),
        field("sold", "出栏", "heads sold", INTEGER, aliases=("出栏数", "出栏(头)"), unit="头"),
        field("sales_yuan", "销售收入(元)", "sales", DECIMAL, aliases=("销售收入", "收入(元)"), unit="元"),
    ),
    lambda row: {
        "year": row.year,
        "kind": row.kind,
        "kept": row.kept,
        "sold": row.sold,
        "sales_yuan": yuan(row.sales_fen),
    },
)
INCOME: Final = _of_households(
    "income",
    _("income of households"),
    IncomeRecord,
    (
        _YEAR,
        field("wages_yuan", "工资性收入(元)", "wages", DECIMAL, aliases=("工资性收入",), unit="元"),
        field("business_yuan", "经营性收入(元)", "business", DECIMAL, aliases=("经营性收入",), unit="元"),
        field("transfer_yuan", "转移性收入(元)", "transfers", DECIMAL, aliases=("转移性收入",), unit="元"),
        field("property_yuan", "财产性收入(元)", "property", DECIMAL, aliases=("财产性收入",), unit="元"),
        field("expenses_yuan", "生产经营性支出(元)", "expenses", DECIMAL, aliases=("支出",), unit="元"),
        field("stated_per_person_yuan", "人均纯收入(元)", "net income a head, as stated", DECIMAL,
              aliases=("人均纯收入",), unit="元"),
    ),
    lambda row: {
        "year": row.year,
        "wages_yuan": yuan(row.wages_fen),
        "business_yuan": yuan(row.business_fen),
        "transfer_yuan": yuan(row.transfer_fen),
        "property_yuan": yuan(row.property_fen),
        "expenses_yuan": yuan(row.expenses_fen),
        "stated_per_person_yuan": yuan(row.stated_per_person_fen),
    },
)  # fmt: skip


def _employments(selection: Selection) -> Any:
    return own(Employment, selection).filter(person__in=members_of(selection).order_by().values("person_id"))


def _employment_rows(selection: Selection) -> Iterator[Mapping[str, Any]]:
    for ids in village_by_village(_employments(selection)):
        for row in (
            Employment.objects.unscoped(WHY).filter(pk__in=ids).select_related("person").order_by("pk")
        ):
            yield {
                "name": row.person.name,
                "employer": row.employer,
                "place": row.place,
                "industry": row.industry,
                "job": row.job,
                "since": row.since,
                "until": row.until,
                "months": row.months,
                "monthly_wage_yuan": yuan(row.monthly_wage_fen),
                "channel": row.channel,
                "division_code": row.division_code,
                **{f"{EXTRA}{heading}": text for heading, text in row.extra.items()},
            }


EMPLOYMENT: Final = ExportSource(
    key="employment",
    label=_("work outside the own farm"),
    fields=(
        field("name", "姓名", "name"),
        field("employer", "用工单位", "employer", aliases=("单位名称", "就业单位")),
        field("place", "务工地点", "place", aliases=("就业地点", "务工地")),
        field("industry", "行业", "industry", aliases=("所属行业", "从事行业")),
        field("job", "岗位", "job", aliases=("工种", "职业")),
        field("since", "开始日期", "since", DATE, aliases=("务工开始时间", "外出时间")),
        field("until", "结束日期", "until", DATE, aliases=("务工结束时间", "返乡时间")),
        field("months", "务工月数", "months", INTEGER, aliases=("务工时间", "务工时间(月)"), unit="月"),
        field(
            "monthly_wage_yuan",
            "月收入(元)",
            "monthly wage",
            DECIMAL,
            aliases=("月工资", "月收入"),
            unit="元",
        ),
        field("channel", "就业渠道", "how the work was found"),
        field("division_code", "区划代码", "division code", CODE),
    ),
    count=lambda selection: int(_employments(selection).count()),
    persons=lambda selection: int(_employments(selection).order_by().values("person_id").distinct().count()),
    rows=_employment_rows,
    has_filters=True,
)


def _tags(selection: Selection) -> Any:
    rows = own(PolicyTag, selection)
    if tag := selection.filter("tag"):
        rows = rows.filter(tag=tag)
    if selection.filter("group") or selection.ids:
        homes = households_of(selection).order_by().values("pk")
        people = members_of(selection).order_by().values("person_id")
        rows = rows.filter(household__in=homes) | rows.filter(person__in=people)
    return rows


def _tagged_persons(selection: Selection) -> int:
    rows = _tags(selection).order_by()
    homes = rows.filter(household__isnull=False).values("household_id")
    of_homes = own(Membership, selection).filter(until__isnull=True, household__in=homes).count()
    return int(of_homes + rows.filter(person__isnull=False).values("person_id").distinct().count())


def _tag_rows(selection: Selection) -> Iterator[Mapping[str, Any]]:
    for ids in village_by_village(_tags(selection)):
        found = PolicyTag.objects.unscoped(WHY).filter(pk__in=ids).select_related("person", "household")
        rows = list(found.order_by("pk"))
        heads = _heads(row.household_id for row in rows if row.household_id)
        for row in rows:
            yield {
                "tag": row.tag,
                "owner": "户" if row.household_id else "人",
                "household_no": row.household.household_no if row.household else None,
                "name": row.person.name if row.person else heads.get(row.household_id),
                "stated": row.detail.get("stated"),
                "since": row.since,
                "until": row.until,
                "division_code": row.division_code,
            }


POLICY_TAGS: Final = ExportSource(
    key="policy-tags",
    label=_("policy tags"),
    fields=(
        field("tag", "政策标签", "policy tag", aliases=("类别", "标签", "人员类别")),
        field("owner", "对象", "of a person or a household"),
        field("household_no", "户号", "household number", CODE),
        field("name", "姓名", "name of the person or the head", aliases=("户主姓名",)),
        field("stated", "说明", "as the ledger states it"),
        field("since", "认定日期", "since", DATE, aliases=("起始日期",)),
        field("until", "退出日期", "until", DATE, aliases=("终止日期",)),
        field("division_code", "区划代码", "division code", CODE),
    ),
    count=lambda selection: int(_tags(selection).count()),
    persons=_tagged_persons,
    rows=_tag_rows,
    has_filters=True,
)
