"""Rules in versions, and the shelf of goods."""

from datetime import date, datetime
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from xiaoyuan.audit.actions import Change, record_audit, record_changes
from xiaoyuan.audit.actors import Actor
from xiaoyuan.audit.models import Operation
from xiaoyuan.points.errors import GoodIncomplete, RuleIncomplete
from xiaoyuan.points.models import PointGood, PointRule
from xiaoyuan.register.errors import RowChanged

RULE: Final = "points.pointrule"
GOOD: Final = "points.pointgood"
_LOCKED: Final = "the row was read through a scope; it is read again under a lock"


def _note(row: PointRule | PointGood, kind: str, action: str, after: dict[str, Any], actor: Actor) -> None:
    now = row.updated_at
    operation = Operation.CREATE if row.created_at == row.updated_at else Operation.UPDATE
    record_changes(
        county_id=row.county_id,
        actor=actor,
        now=now,
        changes=[Change(kind, row.pk, operation, after=after)],
    )
    record_audit(
        actor=actor, now=now, action=action, county_id=row.county_id, object_kind=kind, object_id=row.pk
    )


@transaction.atomic
def set_rule(
    *,
    county_id: int,
    division_code: str,
    code: str,
    title: str,
    points: int,
    evidence: str,
    valid_from: date,
    is_sample: bool,
    actor: Actor,
    now: datetime,
) -> PointRule:
    """Write a rule, or its next version when the code is known: the former one ends on the day this one begins.

    Raises `RuleIncomplete`.
    """
    for what, given in (
        (_("a code"), code.strip()),
        (_("a title"), title.strip()),
        (_("points other than zero"), points),
        (_("what has to be known"), evidence.strip()),
    ):
        if not given:
            raise RuleIncomplete(str(what))
    versions = (
        PointRule.objects.unscoped("the caller may write rules of this division")
        .select_for_update()
        .filter(county_id=county_id, division_code=division_code, code=code.strip())
        .order_by("-version")
    )
    former = versions.first()
    if former is not None and former.valid_until is None:
        if valid_from < former.valid_from:
            raise RuleIncomplete(_("a first day that is not before the former version's"))
        former.valid_until, former.updated_at = valid_from, now
        former.row_version += 1
        former.save(update_fields=["valid_until", "updated_at", "row_version"])
        _note(former, RULE, "points.end_rule", {"valid_until": valid_from.isoformat()}, actor)
    rule = PointRule.objects.create(
        county_id=county_id,
        division_code=division_code,
        is_sample=is_sample,
        created_at=now,
        updated_at=now,
        code=code.strip(),
        version=1 if former is None else former.version + 1,
        title=title.strip(),
        points=points,
        evidence=evidence.strip(),
        valid_from=valid_from,
    )
    _note(rule, RULE, "points.set_rule", {"code": rule.code, "title": rule.title, "points": points}, actor)
    return rule


@transaction.atomic
def end_rule(*, rule: PointRule, on: date, actor: Actor, now: datetime) -> PointRule:
    """Let a rule hold no more from a day on."""
    current: PointRule = PointRule.objects.unscoped(_LOCKED).select_for_update().get(pk=rule.pk)
    current.valid_until, current.updated_at = max(on, current.valid_from), now
    current.row_version += 1
    current.save(update_fields=["valid_until", "updated_at", "row_version"])
    _note(current, RULE, "points.end_rule", {"valid_until": current.valid_until.isoformat()}, actor)
    return current


@transaction.atomic
def set_good(
    *,
    county_id: int,
    division_code: str,
    title: str,
    cost: int,
    stock: int,
    is_sample: bool,
    actor: Actor,
    now: datetime,
    good: PointGood | None = None,
    row_version: int = 0,
    is_offered: bool = True,
) -> PointGood:
    """Put a good on the shelf, or change one. Raises `GoodIncomplete` and `RowChanged`."""
    if not title.strip() or cost < 1 or stock < 0:
        raise GoodIncomplete
    if good is None:
        row = PointGood(county_id=county_id, division_code=division_code, is_sample=is_sample, created_at=now)
    else:
        row = PointGood.objects.unscoped(_LOCKED).select_for_update().get(pk=good.pk)
        if row.row_version != row_version:
            raise RowChanged
        row.row_version += 1
    row.title, row.cost, row.stock, row.is_offered, row.updated_at = (
        title.strip(),
        cost,
        stock,
        is_offered,
        now,
    )
    row.save()
    _note(row, GOOD, "points.set_good", {"title": row.title, "cost": cost, "stock": stock}, actor)
    return row
