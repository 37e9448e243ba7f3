"""The ledger of business entities: cooperatives, family farms, companies, shops; known again by name and division."""

from datetime import date
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext_lazy as _

from xiaoyuan.intake.cells import Cell, Reader, decimal, name, phone, text, whole
from xiaoyuan.intake.columns import Column, ImportContext, LedgerKind, Row
from xiaoyuan.intake.days import past_day
from xiaoyuan.intake.extras import extra_field
from xiaoyuan.lib.units import fen_from_yuan
from xiaoyuan.register.actions.economy import ENTITY, write_business_entities
from xiaoyuan.register.actions.undoing import take_back
from xiaoyuan.register.imports.ledgers.flat import FlatDraft, FlatLedger
from xiaoyuan.register.imports.ledgers.readers import division
from xiaoyuan.register.imports.ledgers.villages import village_of
from xiaoyuan.register.models import BusinessEntity

YUAN: Final = 1
TEN_THOUSAND_YUAN: Final = 10_000


def money(unit_yuan: int) -> Reader:
    """An amount in units of `unit_yuan` yuan, as integer fen; floats are read by their shortest decimal form."""
    amount = decimal(6)

    def read(cell: Cell, today: date) -> int | None:
        value: Decimal | None = amount(cell, today)
        return None if value is None else fen_from_yuan(value * unit_yuan)

    return read


COLUMNS: Final[tuple[Column, ...]] = (
    Column(
        "name",
        "名称",
        text(120),
        ("主体名称", "经营主体名称", "企业名称", "单位名称", "合作社名称"),
        is_required=True,
        is_filled=True,
    ),
    Column("kind", "类型", text(40), ("主体类型", "类别", "经营主体类型"), is_required=True, is_filled=True),
    Column(
        "division_code",
        "区划代码",
        division,
        ("村代码", "所属区划代码", "行政区划代码", "所在村代码"),
        is_required=True,
        is_filled=True,
    ),
    Column("industry", "行业", text(60), ("所属行业", "主营行业", "产业")),
    Column("contact_name", "负责人", name(60), ("法定代表人", "联系人", "负责人姓名"), is_personal=True),
    Column("phone", "联系电话", phone, ("电话", "负责人电话", "手机号", "联系方式"), is_personal=True),
    Column(
        "area_mu", "经营面积(亩)", decimal(2, units=("亩",)), ("经营规模(亩)", "面积(亩)", "土地面积(亩)")
    ),
    Column(
        "workers",
        "从业人数",
        whole(0, 10_000_000, units=("人",)),
        ("从业人员", "从业人员数", "带动就业人数", "员工人数", "用工人数"),
    ),
    Column(
        "output_fen",
        "年产值(万元)",
        money(TEN_THOUSAND_YUAN),
        ("产值(万元)", "年营业收入(万元)", "年销售额(万元)"),
    ),
    Column("output_yuan", "年产值(元)", money(YUAN), ("产值(元)", "年营业收入(元)")),
    Column("founded_on", "成立日期", past_day, ("成立时间", "注册日期", "注册时间")),
)
_VALUES: Final = ("kind", "industry", "contact_name", "area_mu", "workers", "output_fen")


def _draft(row: Row, context: ImportContext) -> FlatDraft:
    given = row.values
    draft = FlatDraft(row, key={"name": given.get("name")})
    draft.values = {key: given[key] for key in _VALUES if given.get(key) is not None}
    in_yuan = given.get("output_yuan")
    if in_yuan is not None and draft.values.setdefault("output_fen", in_yuan) != in_yuan:
        draft.fault("年产值(元)", str(_("The two columns of output contradict each other.")))
    extra = dict(row.extra)
    founded = given.get("founded_on")
    if founded is not None:
        draft.values["founded_on"] = founded.first_day
        if not founded.is_whole:
            extra["成立日期"] = row.written["成立日期"]  # the day is not known: keep what was written
    if extra:
        draft.values["extra"] = extra
    if given.get("phone"):
        draft.secrets["phone"] = given["phone"]
    draft.secrets.update({extra_field(heading): text for heading, text in row.personal_extra.items()})
    return draft


_LEDGER: Final = FlatLedger(
    model=BusinessEntity,
    object_kind=ENTITY,
    key_fields=("name",),
    key_column="名称",
    draft=_draft,
    write=write_business_entities,
)
BUSINESS_ENTITIES: Final = LedgerKind(
    key="business-entities",
    label=_("business entities"),
    columns=COLUMNS,
    judge=_LEDGER.judge,
    apply=_LEDGER.apply,
    take_back=take_back,
    lock=_LEDGER.lock,
    block=village_of,
    is_personal=True,
)
