"""The ledgers of what a household grew and kept in a year: one row a crop, one row a kind of animal."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from xiaoyuan.intake.cells import text, whole
from xiaoyuan.intake.columns import Column
from xiaoyuan.register.actions.livelihood import CROPS as CROP_TABLE
from xiaoyuan.register.actions.livelihood import LIVESTOCK as LIVESTOCK_TABLE
from xiaoyuan.register.imports.ledgers.owners import OF_HOUSEHOLD, RecordDraft
from xiaoyuan.register.imports.ledgers.readers import weight_kg, weight_kg_from
from xiaoyuan.register.imports.ledgers.records import RecordLedger, take, take_either
from xiaoyuan.register.imports.ledgers.units import area_columns, either_area, either_money, money_columns

YEAR: Final = Column(
    "year",
    "年份",
    whole(1949, 2100, units=("年度", "年")),
    ("年度", "统计年份", "种植年份", "养殖年份", "收入年份"),
    is_required=True,
    is_filled=True,
    is_merged_down=True,
)
_HEADS: Final = ("头", "只", "羽", "匹", "箱", "尾", "条", "口")

CROP_COLUMNS: Final = (
    *OF_HOUSEHOLD,
    YEAR,
    Column(
        "crop",
        "作物",
        text(40),
        ("作物名称", "种植作物", "农作物", "作物种类", "种植品种"),
        is_required=True,
        is_filled=True,
    ),
    *area_columns("area_mu", "种植面积", ("播种面积", "作物面积")),
    Column("output_kg", "产量", weight_kg, ("产量(公斤)", "产量(千克)", "产量(kg)", "总产量(公斤)")),
    Column("output_kg:jin", "产量(斤)", weight_kg_from("斤"), ("总产量(斤)",)),
    Column("output_kg:ton", "产量(吨)", weight_kg_from("吨"), ("总产量(吨)",)),
    *money_columns("sales_fen", "销售收入", ("种植收入", "销售额", "产值")),
)
LIVESTOCK_COLUMNS: Final = (
    *OF_HOUSEHOLD,
    YEAR,
    Column(
        "kind",
        "畜禽种类",
        text(40),
        ("养殖品种", "畜禽名称", "养殖种类", "牲畜种类", "品种"),
        is_required=True,
        is_filled=True,
    ),
    Column(
        "kept",
        "存栏数",
        whole(0, 10_000_000, units=_HEADS),
        ("存栏", "存栏量", "年末存栏", "存栏(头)", "存栏(只)", "存栏数量", "养殖数量"),
    ),
    Column(
        "sold",
        "出栏数",
        whole(0, 10_000_000, units=_HEADS),
        ("出栏", "出栏量", "年内出栏", "出栏(头)", "出栏(只)", "出栏数量", "出售数量"),
    ),
    *money_columns("sales_fen", "销售收入", ("养殖收入", "销售额", "产值")),
)


def _state_crop(draft: RecordDraft) -> None:
    given = draft.row.values
    draft.key |= {"year": given.get("year"), "crop": given.get("crop")}
    take_either(draft, "area_mu", either_area("area_mu", "种植面积"))
    units = (("output_kg", "产量"), ("output_kg:jin", "产量(斤)"), ("output_kg:ton", "产量(吨)"))
    take_either(draft, "output_kg", units)
    take_either(draft, "sales_fen", either_money("sales_fen", "销售收入"))


def _state_livestock(draft: RecordDraft) -> None:
    given = draft.row.values
    draft.key |= {"year": given.get("year"), "kind": given.get("kind")}
    take(draft, ("kept", "sold"))
    take_either(draft, "sales_fen", either_money("sales_fen", "销售收入"))


CROPS: Final = RecordLedger(
    table=CROP_TABLE,
    owner_field="household_id",
    key_fields=("year", "crop"),
    key_column="作物",
    state=_state_crop,
).kind("crops", _("crops"), CROP_COLUMNS)
LIVESTOCK: Final = RecordLedger(
    table=LIVESTOCK_TABLE,
    owner_field="household_id",
    key_fields=("year", "kind"),
    key_column="畜禽种类",
    state=_state_livestock,
).kind("livestock", _("livestock"), LIVESTOCK_COLUMNS)
