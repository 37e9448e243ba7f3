"""The ledger of division changes (区划变更表) or a list of divisions: new, renamed, recoded, merged, in one file."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xiaoyuan.audit.actions import lock_changes
from xiaoyuan.audit.actors import Actor
from xiaoyuan.intake.actions import RowLink
from xiaoyuan.intake.batch_errors import BatchRefused
from xiaoyuan.intake.cells import Cell, Reader, code, text, word
from xiaoyuan.intake.columns import (
    Column,
    DecidedAbsence,
    Difference,
    ImportContext,
    JudgedRow,
    Judgement,
    LedgerKind,
    Problem,
    Row,
    RowVerdict,
)
from xiaoyuan.intake.days import day
from xiaoyuan.intake.errors import CellError
from xiaoyuan.intake.models import Verdict
from xiaoyuan.lib import divisions
from xiaoyuan.register.actions.division_changes import (
    merge_divisions,
    recode_division,
    rename_division,
)
from xiaoyuan.register.actions.divisions import (
    KIND,
    SHARED,
    DivisionLine,
    change_divisions,
    create_divisions,
    read_tree,
)
from xiaoyuan.register.choices import DivisionOrigin
from xiaoyuan.register.errors import RegisterError
from xiaoyuan.register.imports.divisions import URBAN_RURAL_CLASSES
from xiaoyuan.register.imports.ledgers.readers import division
from xiaoyuan.register.models import Division
from xiaoyuan.register.queries.successions import current_code

_LOOK_UP: Final = 500
_MERGE_WORDS: Final = ("合并", "撤并", "并入", "撤销并入", "合村并组")


class Change(StrEnum):
    """What a row says happened."""

    NEW = "new"
    RENAMED = "renamed"
    RECODED = "recoded"
    MERGED = "merged"
    SPLIT = "split"


CHANGE_WORDS: Final[dict[str, str]] = {
    "新增": Change.NEW, "新设": Change.NEW, "设立": Change.NEW, "更名": Change.RENAMED, "改名": Change.RENAMED,
    "名称变更": Change.RENAMED, "代码变更": Change.RECODED, "变更代码": Change.RECODED, "换码": Change.RECODED,
    "撤县设市": Change.RECODED, "撤县设区": Change.RECODED, "撤市设区": Change.RECODED, "撤乡设镇": Change.RECODED,
    "撤镇设街道": Change.RECODED, "隶属变更": Change.RECODED,
    **dict.fromkeys(_MERGE_WORDS, Change.MERGED), "拆分": Change.SPLIT, "分设": Change.SPLIT, "析置": Change.SPLIT,
}  # fmt: skip


def _urban_rural_class() -> Reader:
    read_code = code(3)

    def read(cell: Cell, today: date) -> str | None:
        value: str | None = read_code(cell, today)
        if value is not None and value not in URBAN_RURAL_CLASSES:
            raise CellError(_("Write one of: %(codes)s.") % {"codes": ", ".join(URBAN_RURAL_CLASSES)})
        return value

    return read


COLUMNS: Final[tuple[Column, ...]] = (
    Column(
        "code",
        "区划代码",
        division,
        ("代码", "统计用区划代码", "行政区划代码", "新代码", "现代码", "变更后代码", "code"),
        is_required=True,
        is_filled=True,
    ),
    Column(
        "name",
        "区划名称",
        text(120),
        ("单位名称", "新名称", "现名称", "变更后名称", "名称(变更后)"),
        is_required=True,
        is_filled=True,
    ),
    Column("urban_rural_class", "城乡分类代码", _urban_rural_class(), ("城乡分类",)),
    Column("old_code", "原代码", division, ("旧代码", "原区划代码", "变更前代码", "撤销代码")),
    Column(
        "change",
        "变更类型",
        word(CHANGE_WORDS, "新增、更名、代码变更、合并"),
        ("变更情况", "变更方式", "调整类型"),
    ),
    Column("on", "生效日期", day, ("变更日期", "调整日期", "批准日期", "变更时间", "生效时间")),
)


@dataclass(slots=True)
class _Plan:
    """What a row will do."""

    change: Change
    code: str
    name: str
    urban_rural_class: str
    old_code: str
    on: date | None

    @property
    def order(self) -> tuple[bool, int]:
        """Codes change the widest level first, which takes its parts along; parts are merged before the whole."""
        is_merge = self.change is Change.MERGED
        return is_merge, -len(self.code) if is_merge else len(self.code)


class NotTakenBack(BatchRefused):
    """Changes of divisions carry too many rows over to be undone as one step."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "A change of divisions is not taken back by itself: everything entered since stands under the new "
                "codes. Enter the opposite change with its own day."
            )
        )


def _take_back(revision_id: int, actor: Actor, now: datetime) -> None:
    raise NotTakenBack


def _lock(context: ImportContext) -> None:
    lock_changes(SHARED)
    lock_changes(context.county_id)


def _identity(row: Row) -> str:
    given = row.values
    return f"{given.get('old_code') or ''}>{given.get('code') or ''}"


def _judge(rows: Sequence[Row], context: ImportContext) -> Judgement:
    codes = {
        value for row in rows for key in ("code", "old_code") if (value := row.values.get(key)) is not None
    }
    known = _known({*codes, *(up for one in codes for up in divisions.ancestors(one))})
    stated = {row.values["code"] for row in rows if row.values.get("code")}
    seen: dict[str, Row] = {}
    verdicts = []
    for row in rows:
        problems: list[Problem] = []
        first = seen.setdefault(_identity(row), row)
        if first is not row and not row.problems:
            sentence = _("Row %(row)s of sheet “%(sheet)s” says the same thing.")
            problems.append(row.problem("区划代码", sentence % {"row": first.number, "sheet": first.sheet}))
        verdicts.append(_verdict(row, problems, known, stated, context))
    return Judgement(verdicts)


def _verdict(
    row: Row, problems: list[Problem], known: dict[str, Division], stated: set[str], context: ImportContext
) -> RowVerdict:
    given = row.values
    if row.problems or problems or not given.get("code") or not given.get("name"):
        return RowVerdict(Verdict.ERROR, problems)
    at, old_code = given["code"], given.get("old_code") or ""
    here, old = known.get(at), known.get(old_code)
    change = _change(given.get("change"), at, old_code, here, given["name"])
    plan = _Plan(change, at, given["name"], given.get("urban_rural_class") or "", old_code, given.get("on"))
    reason = _reason(plan, here, old, known, stated, context)
    if reason is not None:
        return RowVerdict(Verdict.ERROR, [row.problem(*reason)])
    is_done = bool(old_code) and old is None and here is not None
    differences: list[Difference] = []
    if old_code and old_code != at and not is_done:
        differences.append(Difference("code", old_code, at))
    before = here if here is not None else old
    if before is not None and before.name != plan.name:
        differences.append(Difference("name", before.name, plan.name))
    if here is not None and plan.urban_rural_class not in ("", here.urban_rural_class):
        differences.append(Difference("urban_rural_class", here.urban_rural_class, plan.urban_rural_class))
    if before is None:
        return RowVerdict(Verdict.NEW, plan=plan)
    return RowVerdict(Verdict.CHANGED if differences else Verdict.SAME, [], differences, plan)


def _change(stated: str | None, at: str, old_code: str, here: Division | None, name: str) -> Change:
    """Return what happened: as the row says it, else what its codes and names say."""
    if stated:
        return Change(stated)
    if old_code and old_code != at:
        return Change.RECODED
    return Change.NEW if here is None else Change.RENAMED


def _reason(
    plan: _Plan,
    here: Division | None,
    old: Division | None,
    known: dict[str, Division],
    stated: set[str],
    context: ImportContext,
) -> tuple[str, str] | None:
    """Return column and sentence of what is wrong with a row, or None."""
    own = context.division_code
    if (outside := _outside(plan, own, here, old)) is not None:
        column, code_ = outside
        return column, _("%(code)s does not lie within %(own)s.") % {
            "code": divisions.pad(code_),
            "own": divisions.pad(own),
        }
    if plan.change is Change.SPLIT:
        return "变更类型", _(
            "A division that is split is divided by people: enter the new ones, then move the households."
        )
    if plan.change in (Change.RECODED, Change.MERGED):
        if not plan.old_code:
            return "原代码", _("Write the code that ends.")
        if plan.on is None:
            return "生效日期", _("Write the day from which it holds.")
        if plan.on > context.today:
            return "生效日期", _("The change takes effect later. Enter it on that day.")
        if old is None and (here is None or current_code(plan.old_code) != plan.code):
            return "原代码", _("There is no division %(code)s in the register.") % {
                "code": divisions.pad(plan.old_code)
            }
        if len(plan.code) != len(plan.old_code):
            return "原代码", _("A division keeps its level when its code changes.")
    parent = divisions.parent_code(plan.code)
    if here is None and parent is not None and parent not in known and parent not in stated:
        return "区划代码", _("There is no division %(code)s in the register.") % {
            "code": divisions.pad(parent)
        }
    return None


def _outside(plan: _Plan, own: str, here: Division | None, old: Division | None) -> tuple[str, str] | None:
    """Return column and code of what a row would change beside the division of the import, or None.

    The import's own division may get another code, which cannot lie within it: a free one, of the same parent.
    """
    if plan.old_code and not divisions.is_within(plan.old_code, own):
        return "原代码", plan.old_code
    if divisions.is_within(plan.code, own):
        return None
    is_own_recoded = (
        plan.change is Change.RECODED
        and plan.old_code == own
        and divisions.parent_code(plan.code) == divisions.parent_code(own)
        and (here is None or old is None)
    )
    return None if is_own_recoded else ("区划代码", plan.code)


def _known(codes: Iterable[str]) -> dict[str, Division]:
    wanted = sorted(codes)
    found: dict[str, Division] = {}
    for start in range(0, len(wanted), _LOOK_UP):
        rows = Division.objects.filter(code__in=wanted[start : start + _LOOK_UP], valid_until__isnull=True)
        found.update((row.code, row) for row in rows.defer("outline_wkb"))
    return found


def _apply(
    judged: Sequence[JudgedRow], absences: Sequence[DecidedAbsence], context: ImportContext
) -> list[RowLink]:
    """Carry rows out, in an order in which each finds what it needs."""
    links: list[RowLink] = []
    pending = [one for one in judged if one.verdict.verdict is not Verdict.SAME]
    for one in sorted(pending, key=lambda each: each.verdict.plan.order):
        plan: _Plan = one.verdict.plan
        try:
            made = _carry_out(plan, one.staged_id, context)
        except RegisterError as error:
            sentence = _("Sheet “%(sheet)s”, row %(row)s: %(reason)s")
            place = {"sheet": one.row.sheet, "row": one.row.number, "reason": str(error)}
            raise BatchRefused(sentence % place) from error
        if one.staged_id is not None:
            links.append(RowLink(one.staged_id, KIND, made.pk))
    return links


def _carry_out(plan: _Plan, staged_id: int | None, context: ImportContext) -> Division:
    here = Division.objects.filter(code=plan.code, valid_until__isnull=True).first()
    has_old = Division.objects.filter(code=plan.old_code, valid_until__isnull=True).exists()
    said: dict[str, Any] = {
        "on": plan.on or context.today,
        "actor": context.actor,
        "now": context.now,
        "source_row_id": staged_id,
    }
    if plan.change is Change.MERGED and has_old and plan.old_code != plan.code:
        name = plan.name if here is None or here.name != plan.name else ""
        here = merge_divisions(codes=[plan.old_code], into=plan.code, name=name, **said).division
    elif plan.change is Change.RECODED and has_old and plan.old_code != plan.code:
        here = recode_division(code=plan.old_code, new_code=plan.code, name=plan.name, **said).division
    if here is None:
        tree = read_tree([*divisions.ancestors(plan.code)])
        line = DivisionLine(0, plan.code, plan.name, plan.urban_rural_class)
        create_divisions(
            lines=[(line, staged_id)],
            tree=tree,
            origin=_origin(context),
            actor=context.actor,
            now=context.now,
        )
        return tree[plan.code]
    if here.name != plan.name:
        here = _renamed(plan, here, said, staged_id, context)
    if plan.urban_rural_class not in ("", here.urban_rural_class):
        _correct(here, plan, staged_id, context)
    return here


def _renamed(
    plan: _Plan, here: Division, said: dict[str, Any], staged_id: int | None, context: ImportContext
) -> Division:
    """A new name with a day is a change; without one it is a correction of what the list said."""
    if plan.on is not None:
        return rename_division(code=plan.code, name=plan.name, **said).division
    _correct(here, plan, staged_id, context)
    return here


def _correct(here: Division, plan: _Plan, staged_id: int | None, context: ImportContext) -> None:
    line = DivisionLine(0, plan.code, plan.name, plan.urban_rural_class)
    change_divisions(
        lines=[(line, staged_id)],
        tree={plan.code: here},
        origin=_origin(context),
        actor=context.actor,
        now=context.now,
    )


def _origin(context: ImportContext) -> DivisionOrigin:
    return DivisionOrigin.SAMPLE if context.is_sample else DivisionOrigin.COUNTY


DIVISIONS: Final = LedgerKind(
    key="divisions",
    label=gettext_lazy("divisions"),
    columns=COLUMNS,
    judge=_judge,
    apply=_apply,
    lock=_lock,
    take_back=_take_back,
    identity=_identity,
)
