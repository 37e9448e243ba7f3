"""The ledger of work outside the own farm: one row a person and job, told apart by its first day and the employer."""

from collections.abc import Sequence
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xiaoyuan.intake.cells import text, whole
from xiaoyuan.intake.columns import Column
from xiaoyuan.intake.days import PartialDay, partial_day, past_day
from xiaoyuan.register.actions.livelihood import EMPLOYMENTS as TABLE
from xiaoyuan.register.imports.ledgers.owners import OF_PERSON, RecordDraft
from xiaoyuan.register.imports.ledgers.records import RecordLedger, take, take_either
from xiaoyuan.register.imports.ledgers.units import either_money, money_columns

COLUMNS: Final = (
    *OF_PERSON,
    Column(
        "since",
        "务工开始时间",
        past_day,
        (
            "就业时间",
            "外出时间",
            "上岗时间",
            "务工起始时间",
            "外出务工时间",
            "就业开始时间",
            "入职时间",
            "务工开始日期",
        ),
        is_required=True,
        is_filled=True,
    ),
    Column("until", "务工结束时间", partial_day, ("返乡时间", "离职时间", "就业结束时间", "务工结束日期")),
    Column("employer", "务工单位", text(120), ("就业单位", "用工单位", "务工企业", "单位名称", "工作单位")),
    Column("place", "务工地点", text(60), ("就业地点", "务工地", "就业地", "外出务工地点")),
    Column("industry", "行业", text(60), ("从事行业", "所属行业", "就业行业")),
    Column("job", "岗位", text(60), ("工种", "务工岗位", "就业岗位", "职业")),
    Column(
        "months", "务工月数", whole(0, 12, units=("个月", "月")), ("务工时长(月)", "就业月数", "务工时间(月)")
    ),
    *money_columns("monthly_wage_fen", "月工资", ("月收入", "月均工资", "工资", "月薪")),
    Column("channel", "就业渠道", text(40), ("务工渠道", "输出方式", "就业方式", "组织形式")),
)


def _state(draft: RecordDraft) -> None:
    given = draft.row.values
    since: PartialDay | None = given.get("since")
    until: PartialDay | None = given.get("until")
    draft.key |= {"since": since.first_day if since else None, "employer": given.get("employer") or ""}
    take(draft, ("place", "industry", "job", "months", "channel"))
    take_either(draft, "monthly_wage_fen", either_money("monthly_wage_fen", "月工资"))
    if until is not None:
        draft.values["until"] = until.first_day
        if since is not None and until.first_day < since.first_day:
            draft.fault("务工结束时间", _("The end lies before the beginning."))


def _is_asked_for(row: Any, drafts: Sequence[RecordDraft]) -> bool:
    return True


EMPLOYMENTS: Final = RecordLedger(
    table=TABLE,
    owner_field="person_id",
    key_fields=("since", "employer"),
    key_column="务工开始时间",
    state=_state,
    is_open=_is_asked_for,
).kind("employment", gettext_lazy("work outside the own farm"), COLUMNS)
