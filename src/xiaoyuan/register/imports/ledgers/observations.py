"""The ledger of observations: dated values of indicators, numbers or grades, with their source."""

import unicodedata
from datetime import date
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext_lazy as _

from xiaoyuan.intake.cells import Cell, as_text, code, decimal, text
from xiaoyuan.intake.columns import Column, ImportContext, LedgerKind, Row
from xiaoyuan.intake.days import day
from xiaoyuan.intake.errors import CellError
from xiaoyuan.register.actions.economy import OBSERVATION, write_observations
from xiaoyuan.register.actions.undoing import take_back
from xiaoyuan.register.imports.ledgers.flat import FlatDraft, FlatLedger
from xiaoyuan.register.imports.ledgers.readers import division
from xiaoyuan.register.imports.ledgers.villages import village_of
from xiaoyuan.register.models import Observation

PLACES: Final = 4
GRADE_LENGTH: Final = 40


def number_or_grade(cell: Cell, today: date) -> Decimal | str | None:
    """A number with up to four decimals, or a grade such as 劣V (Roman numerals in one spelling)."""
    try:
        found: Decimal | None = decimal(PLACES, lowest=None)(cell, today)
        return found
    except CellError:
        grade = unicodedata.normalize("NFKC", as_text(cell))
        if not isinstance(cell, str) or len(grade) > GRADE_LENGTH or any(sign.isdigit() for sign in grade):
            raise
        return grade


def observed_day(cell: Cell, today: date) -> date | None:
    """A whole day that is not in the future."""
    found = day(cell, today)
    if found is not None and found > today:
        raise CellError(str(_("This date lies in the future.")))
    return found


COLUMNS: Final[tuple[Column, ...]] = (
    Column(
        "division_code",
        "区划代码",
        division,
        ("村代码", "所属区划代码", "行政区划代码"),
        is_required=True,
        is_filled=True,
    ),
    Column("indicator", "指标代码", code(60), ("指标编码", "指标编号"), is_required=True, is_filled=True),
    Column("indicator_name", "指标名称", text(120), ("指标",)),
    Column(
        "value",
        "数值",
        number_or_grade,
        ("值", "指标值", "监测值", "观测值"),
        is_required=True,
        is_filled=True,
    ),
    Column("unit", "单位", text(20), ("计量单位",)),
    Column(
        "observed_on",
        "观测日期",
        observed_day,
        ("日期", "监测日期", "统计日期", "采集日期"),
        is_required=True,
        is_filled=True,
    ),
    Column("source", "来源", text(120), ("数据来源", "资料来源"), is_required=True, is_filled=True),
    Column("entered_by", "填报人", text(60), ("填报单位", "录入人", "填报人员")),
)


def _draft(row: Row, context: ImportContext) -> FlatDraft:
    given = row.values
    draft = FlatDraft(row, key={key: given.get(key) for key in _KEY})
    value = given.get("value")
    # Both are stated, so that a grade replaces a number and the other way round.
    draft.values = {
        "value": value if isinstance(value, Decimal) else None,
        "text_value": value if isinstance(value, str) else "",
    }
    for key in ("indicator_name", "unit", "entered_by"):
        if given.get(key) is not None:
            draft.values[key] = given[key]
    if row.extra or row.personal_extra:
        draft.values["extra"] = dict(row.extra)
    for heading in row.personal_extra:
        draft.fault(heading, str(_("An observation holds no personal data. Remove this column.")))
    return draft


_KEY: Final = ("indicator", "observed_on", "source")
_LEDGER: Final = FlatLedger(
    model=Observation,
    object_kind=OBSERVATION,
    key_fields=_KEY,
    key_column="指标代码",
    draft=_draft,
    write=write_observations,
)
OBSERVATIONS: Final = LedgerKind(
    key="observations",
    label=_("observations"),
    columns=COLUMNS,
    judge=_LEDGER.judge,
    apply=_LEDGER.apply,
    take_back=take_back,
    lock=_LEDGER.lock,
    block=village_of,
)
