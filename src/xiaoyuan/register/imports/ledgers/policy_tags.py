"""The ledger of policy tags: one row a tag of a household or a person, with its dates and what is known of it.

Whose tag it is follows from the tag's name (脱贫户 is a household's) and from whether the row names a person.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xiaoyuan.intake.cells import name, text, whole
from xiaoyuan.intake.columns import Column, ImportContext
from xiaoyuan.intake.days import PartialDay, past_day
from xiaoyuan.register.actions.livelihood import TAGS as TABLE
from xiaoyuan.register.imports.ledgers.owners import OF_PERSON, Owners, RecordDraft
from xiaoyuan.register.imports.ledgers.records import Place, RecordLedger, take_either
from xiaoyuan.register.imports.ledgers.units import either_money, money_columns
from xiaoyuan.register.imports.ledgers.words import is_household_tag
from xiaoyuan.register.models import PolicyTag

_WHY: Final = "an import compares its rows with what is there"
_OPEN: Final = "open"

COLUMNS: Final = (
    *(column for column in OF_PERSON if column.key != "name"),
    Column(
        "name", "姓名", name(60), ("人员姓名", "对象姓名", "享受人姓名", "保障对象姓名"), is_personal=True
    ),
    Column(
        "tag",
        "标签名称",
        text(40),
        ("政策标签名称", "标签", "政策类别", "保障类别", "对象类别", "人员类别", "身份类别"),
        is_required=True,
        is_filled=True,
    ),
    Column(
        "since",
        "认定时间",
        past_day,
        ("认定日期", "纳入时间", "纳入日期", "享受开始时间", "识别时间", "开始时间", "批准时间"),
        is_required=True,
    ),
    Column(
        "until", "退出时间", past_day, ("退出日期", "终止时间", "取消时间", "享受结束时间", "风险消除时间")
    ),
    Column("level", "等级", text(40), ("类别等级", "保障等级", "风险类型", "档次")),
    Column("persons", "享受人数", whole(0, 99, units=("人",)), ("保障人数", "纳入人数", "受益人数")),
    *money_columns("monthly_fen", "月金额", ("月保障金额", "月补助金额", "每月金额")),
    Column("stated", "标签说明", text(200), ("认定原因", "致贫原因", "说明", "原因")),
)


def _state(draft: RecordDraft) -> None:
    given = draft.row.values
    since: PartialDay | None = given.get("since")
    until: PartialDay | None = given.get("until")
    draft.key["tag"] = given.get("tag")
    detail = {key: given[key] for key in ("level", "persons", "stated") if given.get(key) is not None}
    take_either(draft, "monthly_fen", either_money("monthly_fen", "月金额"))
    if "monthly_fen" in draft.values:
        detail["monthly_fen"] = draft.values.pop("monthly_fen")
    if since is not None:
        draft.values["since"] = since.first_day
        if not since.is_whole:
            detail["since_written"] = draft.row.written[
                "认定时间"
            ]  # the day is not known: keep what was written
    if until is not None and since is not None and until.first_day < since.first_day:
        draft.fault("退出时间", _("The end lies before the beginning."))
    draft.values |= {"detail": detail, "until": until.first_day if until is not None else None}


@dataclass(frozen=True)
class _TagLedger(RecordLedger):
    """Open tags are known again by owner and name, ended ones by their first day too."""

    def _find_owner(self, draft: RecordDraft, owners: Owners) -> None:
        given = draft.row.values
        is_named = given.get("name") is not None
        if is_household_tag(draft.key["tag"] or "") or (not is_named and given.get("head_name") is not None):
            if is_named and given.get("head_name") is None:
                given["head_name"] = given["name"]
            owners.find_household(draft)
        elif is_named or given.get("id_number") is not None:
            owners.find_person(draft)
        else:
            owners.find_household(draft)

    def _keep_extra(self, draft: RecordDraft) -> None:
        draft.values["detail"]["extra"] = dict(draft.row.extra)

    def _place(self, draft: RecordDraft) -> Place | None:
        if draft.owner is None or draft.key["tag"] is None:
            return None
        is_open = draft.values.get("until") is None
        return (
            draft.owner_field,
            draft.owner,
            draft.key["tag"],
            _OPEN if is_open else draft.values.get("since"),
        )

    def _named(self, draft: RecordDraft) -> Iterable[Place]:
        place = self._place(draft)
        return (
            () if place is None else (place, (*place[:-1], _OPEN))
        )  # a row that ends a tag names the open one

    def _existing(self, division_code: str, context: ImportContext) -> dict[Place, Any]:
        rows = PolicyTag.objects.unscoped(_WHY).filter(
            county_id=context.county_id, division_code=division_code
        )
        found: dict[Place, Any] = {}
        for row in rows.order_by("pk"):
            owner = ("household_id", row.household_id) if row.household_id else ("person_id", row.person_id)
            found[(*owner, row.tag, _OPEN if row.until is None else row.since)] = row
        return found

    def _find_row(self, draft: RecordDraft, existing: Mapping[Place, Any]) -> Any:
        if draft.owner is None:
            return None
        whose = (draft.owner_field, draft.owner, draft.key["tag"])
        since = draft.values.get("since")
        row = existing.get((*whose, since)) if since is not None else None
        # The open tag ends with this row, or is the one that the row means.
        open_row = existing.get((*whose, _OPEN))
        if open_row is not None and (row is None or draft.values["until"] is None):
            row = open_row
        if row is not None:
            draft.values["detail"] = {**row.detail, **draft.values["detail"]}
        return row


def _is_asked_for(row: Any, drafts: Sequence[RecordDraft]) -> bool:
    """A list of one tag says nothing of others."""
    return any(draft.key.get("tag") == row.tag for draft in drafts)


POLICY_TAGS: Final = _TagLedger(
    table=TABLE,
    owner_field="person_id",
    key_fields=("tag",),
    key_column="标签名称",
    state=_state,
    is_open=_is_asked_for,
).kind("policy-tags", gettext_lazy("policy tags"), COLUMNS)
