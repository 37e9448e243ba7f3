"""Movements of points: onto the notice, appealed against, booked in double entry, exchanged, taken back."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from xiaoyuan.audit.actions import Change, record_audit, record_changes
from xiaoyuan.audit.actors import Actor
from xiaoyuan.audit.models import Operation
from xiaoyuan.figures.actions import Delta, record
from xiaoyuan.points.choices import Account, AppealState, EntryKind, EntryState
from xiaoyuan.points.counters import POINTS_BOOKED
from xiaoyuan.points.errors import (
    EntrySettled,
    EvidenceNeeded,
    OutOfStock,
    ReasonMissing,
    RuleNotInForce,
    TooFewPoints,
)
from xiaoyuan.points.models import PointAppeal, PointEntry, PointGood, PointPosting, PointRule
from xiaoyuan.points.queries import balance_of, due_entries, masked_head, rules_in_force
from xiaoyuan.register.models import Household

ENTRY: Final = "points.pointentry"
APPEAL: Final = "points.pointappeal"
NOTICE_DAYS: Final = 7
"""How long an award stands on the public notice before it is booked."""
_LOCKED: Final = "the row was read through a scope; it is read again under a lock"


def _log(
    row: PointEntry | PointAppeal,
    kind: str,
    action: str,
    after: dict[str, Any],
    *,
    actor: Actor,
    now: datetime,
    is_new: bool = False,
    reason: str = "",
) -> None:
    operation = Operation.CREATE if is_new else Operation.UPDATE
    record_changes(
        county_id=row.county_id,
        actor=actor,
        now=now,
        changes=[Change(kind, row.pk, operation, after=after)],
    )
    record_audit(
        actor=actor,
        now=now,
        action=action,
        county_id=row.county_id,
        object_kind=kind,
        object_id=row.pk,
        reason=reason,
    )


def _lock_household(household_id: int) -> Household:
    """Let one transaction at a time move a household's points."""
    locked: Household = (
        Household.objects.unscoped(_LOCKED).select_for_update(no_key=True).get(pk=household_id)
    )
    return locked


def _locked_entry(entry: PointEntry, *states: str) -> PointEntry:
    current: PointEntry = PointEntry.objects.unscoped(_LOCKED).select_for_update(no_key=True).get(pk=entry.pk)
    if current.state not in states:
        raise EntrySettled(str(EntryState(current.state).label))
    return current


@transaction.atomic
def propose_award(
    *,
    household: Household,
    head_name: str,
    rule: PointRule,
    happened_on: date,
    evidence: str,
    actor: Actor,
    now: datetime,
) -> PointEntry:
    """Put an award (or what a rule takes) on the public notice; it is booked when nobody objects in seven days.

    Raises `EvidenceNeeded`, `RuleNotInForce`.
    """
    if not evidence.strip():
        raise EvidenceNeeded
    is_today_or_before = happened_on <= timezone.localdate(now)
    village = household.division_code[:12]
    if not is_today_or_before or not rules_in_force(village, happened_on).filter(pk=rule.pk).exists():
        raise RuleNotInForce(rule.title)
    entry = PointEntry.objects.create(
        county_id=household.county_id,
        division_code=household.division_code,
        is_sample=household.is_sample,
        created_at=now,
        updated_at=now,
        household=household,
        kind=EntryKind.AWARD,
        state=EntryState.NOTICE,
        rule=rule,
        points=rule.points,
        happened_on=happened_on,
        evidence=evidence.strip(),
        shown_as=masked_head(household, head_name),
        notice_until=now + timedelta(days=NOTICE_DAYS),
        is_public=True,
    )
    after = {"household": household.pk, "rule": rule.pk, "points": rule.points, "state": entry.state}
    _log(entry, ENTRY, "points.propose", after, actor=actor, now=now, is_new=True)
    return entry


@transaction.atomic
def withdraw(*, entry: PointEntry, reason: str, actor: Actor, now: datetime) -> PointEntry:
    """Take an award off the notice before it is booked. Raises `ReasonMissing`, `EntrySettled`."""
    if not reason.strip():
        raise ReasonMissing
    current = _locked_entry(entry, EntryState.NOTICE)
    current.state, current.is_public = EntryState.WITHDRAWN, False
    current.reason = reason.strip()
    _save(current, now)
    _log(current, ENTRY, "points.withdraw", {"state": current.state}, actor=actor, now=now, reason=reason)
    return current


def _save(entry: PointEntry, now: datetime) -> None:
    entry.updated_at = now
    entry.row_version += 1
    entry.save()


@transaction.atomic
def appeal(
    *, entry: PointEntry, words: str, household: Household | None, actor: Actor, now: datetime
) -> PointAppeal:
    """Object to an entry on notice; it waits until somebody decided. Raises `ReasonMissing`, `EntrySettled`."""
    if not words.strip():
        raise ReasonMissing
    current = _locked_entry(entry, EntryState.NOTICE)
    made = PointAppeal.objects.create(
        county_id=current.county_id,
        division_code=current.division_code,
        is_sample=current.is_sample,
        created_at=now,
        updated_at=now,
        entry=current,
        household=household,
        words=words.strip()[:400],
    )
    _log(made, APPEAL, "points.appeal", {"entry": current.pk}, actor=actor, now=now, is_new=True)
    return made


@transaction.atomic
def decide_appeal(
    *, appeal: PointAppeal, is_upheld: bool, answer: str, actor: Actor, now: datetime
) -> PointAppeal:
    """Answer an appeal; upheld, its entry is withdrawn. Raises `ReasonMissing`, `EntrySettled`."""
    if not answer.strip():
        raise ReasonMissing
    entry = _locked_entry(appeal.entry, EntryState.NOTICE)
    current: PointAppeal = (
        PointAppeal.objects.unscoped(_LOCKED).select_for_update(no_key=True).get(pk=appeal.pk)
    )
    if current.state != AppealState.OPEN:
        raise EntrySettled(str(AppealState(current.state).label))
    current.state = AppealState.UPHELD if is_upheld else AppealState.DISMISSED
    current.answer, current.decided_at, current.updated_at = answer.strip()[:400], now, now
    current.row_version += 1
    current.save()
    _log(
        current, APPEAL, "points.decide_appeal", {"state": current.state}, actor=actor, now=now, reason=answer
    )
    if is_upheld:
        withdraw(entry=entry, reason=answer, actor=actor, now=now)
    return current


def settle_due(*, actor: Actor, now: datetime) -> int:
    """Book every entry whose notice ended without an open appeal; returns how many. Each is its own transaction."""
    booked = 0
    for entry_id in list(due_entries(now).values_list("pk", flat=True)):
        with transaction.atomic():
            # Read again under the lock: another worker may have booked it, somebody may have objected.
            entry = due_entries(now).select_for_update(of=("self",), no_key=True).filter(pk=entry_id).first()
            if entry is None:
                continue
            _book(entry, [(Account.ISSUED, -entry.points)], now)
            _log(entry, ENTRY, "points.book", {"state": entry.state}, actor=actor, now=now)
            booked += 1
    return booked


def _book(entry: PointEntry, others: Sequence[tuple[Account, int]], now: datetime) -> None:
    """Write the postings of an entry: the household's side and what stands against it."""
    entry.state, entry.is_public, entry.booked_at = EntryState.BOOKED, False, now
    _save(entry, now)
    sides: list[tuple[Account, int]] = [(Account.HOUSEHOLD, entry.points), *others]
    assert sum(amount for _account, amount in sides) == 0
    PointPosting.objects.bulk_create(
        PointPosting(
            county_id=entry.county_id,
            division_code=entry.division_code,
            is_sample=entry.is_sample,
            created_at=now,
            updated_at=now,
            entry=entry,
            account=account,
            household_id=entry.household_id if account == Account.HOUSEHOLD else None,
            amount=amount,
        )
        for account, amount in sides
    )
    delta = Delta(entry.division_code, POINTS_BOOKED, entry.points, entry.kind, entry.is_sample)
    record(county_id=entry.county_id, day=timezone.localdate(now), deltas=[delta])


def _at_once(household: Household, now: datetime, **values: Any) -> PointEntry:
    return PointEntry(
        county_id=household.county_id,
        division_code=household.division_code,
        is_sample=household.is_sample,
        created_at=now,
        updated_at=now,
        household=household,
        state=EntryState.BOOKED,
        happened_on=timezone.localdate(now),
        **values,
    )


@transaction.atomic
def redeem(*, household: Household, good: PointGood, actor: Actor, now: datetime) -> PointEntry:
    """Hand out a good for points. Raises `OutOfStock`, `TooFewPoints`; two at once cannot overdraw."""
    locked = _lock_household(household.pk)
    shelf: PointGood = PointGood.objects.unscoped(_LOCKED).select_for_update(no_key=True).get(pk=good.pk)
    if not shelf.is_offered or shelf.stock < 1 or shelf.division_code != locked.division_code[:12]:
        raise OutOfStock(shelf.title)
    balance = balance_of(locked.pk)
    if balance < shelf.cost:
        raise TooFewPoints(balance, shelf.cost)
    shelf.stock -= 1
    shelf.row_version += 1
    shelf.updated_at = now
    shelf.save()
    entry = _at_once(locked, now, kind=EntryKind.REDEEM, good=shelf, points=-shelf.cost)
    _book(entry, [(Account.REDEEMED, shelf.cost)], now)
    after = {"household": locked.pk, "good": shelf.pk, "points": entry.points}
    _log(entry, ENTRY, "points.redeem", after, actor=actor, now=now, is_new=True)
    return entry


@transaction.atomic
def reverse(*, entry: PointEntry, reason: str, actor: Actor, now: datetime) -> PointEntry:
    """Take a booked entry back by its mirror image; nothing booked is ever changed.

    A good that was handed out goes back on the shelf. The balance may become negative: the household was told points
    that it did not have. Raises `ReasonMissing`, `EntrySettled`.
    """
    if not reason.strip():
        raise ReasonMissing
    household = _lock_household(entry.household_id)
    current = _locked_entry(entry, EntryState.BOOKED)
    is_reversed = PointEntry.objects.unscoped(_LOCKED).filter(reverses=current).exists()
    if is_reversed or current.kind == EntryKind.REVERSAL:
        raise EntrySettled(str(EntryKind.REVERSAL.label))
    if current.good_id is not None:
        shelf: PointGood = (
            PointGood.objects.unscoped(_LOCKED).select_for_update(no_key=True).get(pk=current.good_id)
        )
        shelf.stock += 1
        shelf.row_version += 1
        shelf.updated_at = now
        shelf.save()
    mirror = _at_once(
        household,
        now,
        kind=EntryKind.REVERSAL,
        rule=current.rule,
        good=current.good,
        reverses=current,
        points=-current.points,
        reason=reason.strip(),
    )
    other = Account.REDEEMED if current.kind == EntryKind.REDEEM else Account.ISSUED
    _book(mirror, [(other, current.points)], now)
    after = {"reverses": current.pk, "points": mirror.points}
    _log(mirror, ENTRY, "points.reverse", after, actor=actor, now=now, is_new=True, reason=reason)
    return mirror
