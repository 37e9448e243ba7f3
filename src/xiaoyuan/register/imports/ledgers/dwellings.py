"""The ledger of dwellings: one row a house or flat of a household, told apart by its number within the household."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from xiaoyuan.intake.cells import code, decimal, whole, yes_no
from xiaoyuan.intake.columns import Column
from xiaoyuan.register.actions.livelihood import DWELLINGS as TABLE
from xiaoyuan.register.imports.ledgers.owners import OF_HOUSEHOLD, RecordDraft
from xiaoyuan.register.imports.ledgers.readers import choice
from xiaoyuan.register.imports.ledgers.records import RecordLedger, take
from xiaoyuan.register.imports.ledgers.words import SAFETY_WORDS, STRUCTURE_WORDS

ONLY_ONE: Final = "1"
"""Number of a dwelling whose ledger numbers none: a household then has one row."""
_SQUARE_METRES: Final = ("平方米", "㎡", "m2")

COLUMNS: Final = (
    *OF_HOUSEHOLD,
    Column("dwelling_no", "房屋编号", code(40), ("住房编号", "房屋序号", "房屋编码", "房号")),
    Column(
        "structure",
        "房屋结构",
        choice(STRUCTURE_WORDS, "钢混, 砖混, 砖木, 土坯, 窑洞, 竹, 其他"),
        ("住房结构", "结构类型", "结构", "房屋结构类型", "建筑结构"),
    ),
    Column("storeys", "层数", whole(0, 200, units=("层",)), ("楼层数", "房屋层数", "建筑层数")),
    Column(
        "area_m2",
        "住房面积",
        decimal(2, units=_SQUARE_METRES),
        ("房屋面积", "建筑面积", "住房面积(平方米)", "房屋面积(平方米)", "建筑面积(平方米)"),
    ),
    Column(
        "homestead_m2",
        "宅基地面积",
        decimal(2, units=_SQUARE_METRES),
        ("宅基地面积(平方米)", "占地面积(平方米)", "占地面积"),
    ),
    Column(
        "built_year",
        "建房年份",
        whole(1800, 2100, units=("年",)),
        ("建成年份", "建造年份", "建房时间", "建成时间"),
    ),
    Column(
        "safety_grade",
        "安全等级",
        choice(SAFETY_WORDS, "A, B, C, D"),
        ("房屋安全等级", "鉴定等级", "危房等级", "住房安全等级", "房屋鉴定等级"),
        is_required=True,
    ),
    Column("is_vacant", "是否闲置", yes_no, ("闲置", "是否空置", "空置")),
    Column("certificate_no", "权证编号", code(40), ("不动产权证号", "房产证号", "宅基地证号", "产权证号")),
)
_VALUES: Final = (
    "structure", "storeys", "area_m2", "homestead_m2", "built_year", "safety_grade", "is_vacant", "certificate_no",
)  # fmt: skip


def _state(draft: RecordDraft) -> None:
    draft.key["dwelling_no"] = draft.row.values.get("dwelling_no") or ONLY_ONE
    take(draft, _VALUES)


DWELLINGS: Final = RecordLedger(
    table=TABLE,
    owner_field="household_id",
    key_fields=("dwelling_no",),
    key_column="房屋编号",
    state=_state,
).kind("dwellings", _("dwellings"), COLUMNS)
