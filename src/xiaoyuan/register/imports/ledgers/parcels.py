"""The ledger of contracted land: one row a parcel with its contract and what became of the right to farm it."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xiaoyuan.intake.cells import code, text
from xiaoyuan.intake.columns import Column
from xiaoyuan.intake.days import day
from xiaoyuan.register.actions.livelihood import PARCELS as TABLE
from xiaoyuan.register.imports.ledgers.owners import OF_HOUSEHOLD, RecordDraft
from xiaoyuan.register.imports.ledgers.readers import area_mu, choice
from xiaoyuan.register.imports.ledgers.records import RecordLedger, take, take_either
from xiaoyuan.register.imports.ledgers.units import area_columns, either_area, either_money, money_columns
from xiaoyuan.register.imports.ledgers.words import LAND_WORDS, TRANSFER_WORDS

ROUNDING_MU: Final = Decimal("0.05")

COLUMNS: Final = (
    *OF_HOUSEHOLD,
    Column(
        "parcel_code",
        "地块编码",
        code(19),
        ("地块代码", "地块编号", "承包地块编码", "承包地块代码", "承包地块编号"),
        is_required=True,
        is_filled=True,
    ),
    Column("name", "地块名称", text(60), ("承包地块名称", "小地名", "地名")),
    Column(
        "contract_no",
        "合同编号",
        code(40),
        ("承包合同编号", "承包合同代码", "合同代码", "经营权证编号"),
        is_merged_down=True,
    ),
    Column(
        "use",
        "地类",
        choice(LAND_WORDS, "水田, 旱地, 园地, 林地, 草地, 坑塘, 其他"),
        ("土地类型", "地块类别", "土地利用类型"),
    ),
    *area_columns("contract_mu", "合同面积", ("承包面积", "承包合同面积", "二轮承包面积", "台账面积")),
    *area_columns("measured_mu", "实测面积", ("确权面积", "测量面积")),
    Column(
        "total_mu",
        "承包总面积(亩)",
        area_mu,
        ("承包总面积", "合同总面积(亩)", "合计面积(亩)", "户承包总面积(亩)"),
        is_merged_down=True,
    ),
    Column("since", "承包起始日期", day, ("承包开始日期", "承包期限起", "承包起"), is_merged_down=True),
    Column("until", "承包终止日期", day, ("承包结束日期", "承包期限止", "承包止"), is_merged_down=True),
    Column(
        "transfer",
        "流转方式",
        choice(TRANSFER_WORDS, "未流转, 出租, 转包, 入股, 互换, 转让, 托管, 其他"),
        ("流转形式", "流转情况"),
    ),
    *area_columns("transferred_mu", "流转面积", ("流转土地面积",)),
    Column("transferred_to", "流入方", text(120), ("承租方", "流转对象", "受让方", "经营主体")),
    *money_columns(
        "transfer_fen_per_mu",
        "流转单价",
        ("每亩租金", "亩均租金", "流转价格", "流转费(元/亩)", "租金(元/亩)", "流转单价(元/亩)"),
    ),
    Column("boundaries", "四至", text(200), ("四至界限", "地块四至")),
)


def _state(draft: RecordDraft) -> None:
    draft.key["parcel_code"] = draft.row.values.get("parcel_code")
    take(draft, ("name", "contract_no", "use", "since", "until", "transfer", "transferred_to", "boundaries"))
    for key, label in (
        ("contract_mu", "合同面积"),
        ("measured_mu", "实测面积"),
        ("transferred_mu", "流转面积"),
    ):
        take_either(draft, key, either_area(key, label))
    take_either(draft, "transfer_fen_per_mu", either_money("transfer_fen_per_mu", "流转单价"))
    values = draft.values
    if values.get("since") and values.get("until") and values["until"] < values["since"]:
        draft.fault("承包终止日期", _("The end lies before the beginning."))
    whole = values.get("measured_mu") or values.get("contract_mu")
    passed_on = values.get("transferred_mu")
    if whole is not None and passed_on is not None and passed_on > whole + ROUNDING_MU:
        draft.note(
            "流转面积", _("More was passed on than the parcel measures: %(whole)s mu.") % {"whole": whole}
        )
    if values.get("transfer") == "" and passed_on:
        draft.fault("流转面积", _("The parcel is not passed on, but an area is."))


def _check_sums(drafts: Sequence[RecordDraft]) -> None:
    """Note where a household's parcels do not add up to the total that the ledger states."""
    parts: dict[int, Decimal] = defaultdict(Decimal)
    stated: dict[int, tuple[RecordDraft, Any]] = {}
    for draft in drafts:
        if draft.owner is None:
            continue
        parts[draft.owner] += draft.values.get("contract_mu") or draft.values.get("measured_mu") or Decimal(0)
        total = draft.row.values.get("total_mu")
        if total is not None:
            stated.setdefault(draft.owner, (draft, total))
    for owner, (draft, total) in stated.items():
        if abs(parts[owner] - total) > ROUNDING_MU:
            sentence = _("The parcels of this household are %(sum)s mu together, the total says %(total)s.")
            draft.note("承包总面积(亩)", sentence % {"sum": parts[owner], "total": total})


def _is_asked_for(row: Any, drafts: Sequence[RecordDraft]) -> bool:
    return True


PARCELS: Final = RecordLedger(
    table=TABLE,
    owner_field="household_id",
    key_fields=("parcel_code",),
    key_column="地块编码",
    state=_state,
    is_key_of_village=True,
    is_open=_is_asked_for,
    check=_check_sums,
).kind("contracted-parcels", gettext_lazy("contracted parcels"), COLUMNS)
