"""The ledger of household income: one row a household and year, four kinds of income and the expenses of production."""

from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xiaoyuan.intake.cells import whole
from xiaoyuan.intake.columns import Column
from xiaoyuan.lib.units import fen_from_yuan
from xiaoyuan.register.actions.livelihood import INCOMES as TABLE
from xiaoyuan.register.imports.ledgers.farming import YEAR
from xiaoyuan.register.imports.ledgers.owners import OF_HOUSEHOLD, RecordDraft
from xiaoyuan.register.imports.ledgers.records import RecordLedger, take_either
from xiaoyuan.register.imports.ledgers.units import either_money, money_columns

KINDS: Final = {
    "wages_fen": "工资性收入", "business_fen": "经营性收入", "transfer_fen": "转移性收入", "property_fen": "财产性收入",
    "expenses_fen": "生产经营支出", "stated_per_person_fen": "人均纯收入",
}  # fmt: skip
_ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "wages_fen": ("工资收入", "务工收入"),
    "business_fen": ("生产经营性收入", "经营净收入", "家庭经营性收入"),
    "transfer_fen": ("转移收入", "转移净收入"),
    "property_fen": ("财产收入", "财产净收入"),
    "expenses_fen": ("经营性支出", "生产经营性支出", "生产支出", "支出"),
    "stated_per_person_fen": ("家庭人均纯收入", "人均收入", "人均可支配收入"),
}
ROUNDING_FEN: Final = 100
"""A ledger rounds the income of a person to whole yuan."""

COLUMNS: Final = (
    *OF_HOUSEHOLD,
    YEAR,
    Column("persons", "家庭人口数", whole(1, 99, units=("人",)), ("家庭人口", "家庭人数", "人口数")),
    *(
        column
        for key, label in KINDS.items()
        for column in money_columns(key, label, _ALIASES[key], is_required=key == "wages_fen")
    ),
    *money_columns("total_fen", "家庭总收入", ("总收入", "年总收入", "收入合计")),
)


def _state(draft: RecordDraft) -> None:
    draft.key["year"] = draft.row.values.get("year")
    for key, label in KINDS.items():
        take_either(draft, key, either_money(key, label))
    take_either(draft, "total_fen", either_money("total_fen", "家庭总收入"))
    total = draft.values.pop("total_fen", None)
    if draft.row.problems:
        return  # what could not be read is missing from every sum
    parts = [draft.values[key] for key in list(KINDS)[:4] if key in draft.values]
    if total is not None and parts and abs(sum(parts) - total) > ROUNDING_FEN:
        sentence = _("The kinds of income are %(sum)s yuan together, the total says %(total)s.")
        draft.note("家庭总收入", sentence % {"sum": _yuan(sum(parts)), "total": _yuan(total)})
    stated, persons = draft.values.get("stated_per_person_fen"), draft.row.values.get("persons")
    if stated is None or persons is None or not parts:
        return
    net = sum(parts) - draft.values.get("expenses_fen", 0)
    if abs(Decimal(net) / persons - stated) > ROUNDING_FEN:
        sentence = _(
            "By the kinds of income, the expenses and %(persons)s persons it would be %(amount)s yuan."
        )
        draft.note(
            "人均纯收入", sentence % {"persons": persons, "amount": _yuan(round(Decimal(net) / persons))}
        )


def _yuan(amount_fen: int) -> str:
    return f"{Decimal(amount_fen) / fen_from_yuan(1):.2f}"


INCOMES: Final = RecordLedger(
    table=TABLE, owner_field="household_id", key_fields=("year",), key_column="年份", state=_state
).kind("income", gettext_lazy("income of households"), COLUMNS)
