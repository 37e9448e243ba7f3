"""Reads of the points' ledger: what is on notice, what a household has and how it came to it."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.lib import divisions
from xiaoyuan.points.choices import Account, AppealState, EntryState
from xiaoyuan.points.models import PointAppeal, PointEntry, PointGood, PointPosting, PointRule
from xiaoyuan.register.models import SHOWN, Household


def balance_of(household_id: int) -> int:
    """Return what a household may exchange: the sum of its postings."""
    sums = (
        PointPosting.objects.unscoped("the caller reached the household through a scope")
        .filter(account=Account.HOUSEHOLD, household_id=household_id)
        .aggregate(total=Sum("amount"))
    )
    return int(sums["total"] or 0)


def entries_within(scope: Scope, state: str = "") -> "QuerySet[PointEntry]":
    """Return entries within a scope that pages show, the newest first."""
    rows = PointEntry.objects.within(scope).filter(SHOWN)
    if state:
        rows = rows.filter(state=state)
    found: QuerySet[PointEntry] = rows.select_related("rule", "good", "household").order_by(
        "-happened_on", "-pk"
    )
    return found


def rules_in_force(division_code: str, on: date) -> "QuerySet[PointRule]":
    """Return the rules of a village and of the divisions above it that hold on a day."""
    codes = [*divisions.ancestors(division_code), division_code]
    rules: QuerySet[PointRule] = (
        PointRule.objects.unscoped("rules are public")
        .filter(SHOWN, division_code__in=codes, valid_from__lte=on)
        .filter(Q(valid_until__isnull=True) | Q(valid_until__gt=on))
        .order_by("division_code", "code")
    )
    return rules


def goods_of(division_code: str) -> "QuerySet[PointGood]":
    """Return what a village offers for points."""
    goods: QuerySet[PointGood] = (
        PointGood.objects.unscoped("the shelf is public")
        .filter(SHOWN, division_code=division_code, is_offered=True)
        .order_by("cost", "title")
    )
    return goods


@dataclass(frozen=True)
class NoticeLine:
    """A line of the public notice. It has no field for a full name."""

    entry_id: int
    shown_as: str
    title: str
    points: int
    happened_on: date
    notice_until: datetime
    evidence: str


def on_notice(division_code: str, now: datetime) -> list[NoticeLine]:
    """Return what a village has on public notice at `now`, in the order in which it happened."""
    rows = (
        PointEntry.objects.unscoped("the notice is public and masked")
        .filter(
            SHOWN,
            Q(**divisions.range_below(division_code, "division_code")),
            is_public=True,
            state=EntryState.NOTICE,
            notice_until__gt=now,
        )
        .select_related("rule")
        .order_by("happened_on", "pk")
    )
    return [
        NoticeLine(
            row.pk,
            row.shown_as,
            row.rule.title if row.rule else "",
            row.points,
            row.happened_on,
            row.notice_until,
            row.evidence,
        )
        for row in rows
    ]


def appeals_within(scope: Scope, state: str = AppealState.OPEN) -> "QuerySet[PointAppeal]":
    """Return appeals within a scope, the oldest first."""
    rows = PointAppeal.objects.within(scope).filter(SHOWN, state=state)
    found: QuerySet[PointAppeal] = rows.select_related("entry", "entry__rule").order_by("created_at", "pk")
    return found


def due_entries(now: datetime) -> "QuerySet[PointEntry]":
    """Return entries whose notice is over and against which no appeal is open."""
    waiting = PointAppeal.objects.unscoped("compared with their entries").filter(
        entry=OuterRef("pk"), state=AppealState.OPEN
    )
    due: QuerySet[PointEntry] = (
        PointEntry.objects.unscoped("time passes for every village")
        .filter(~Exists(waiting), state=EntryState.NOTICE, notice_until__lte=now)
        .order_by("pk")
    )
    return due


def masked_head(household: Household, head_name: str) -> str:
    """Return how the notice names a household: the first character of its head and the number's last two."""
    first = head_name[:1] or "—"
    return f"{first}** ({household.household_no[-2:]})"


def unbalanced_entries() -> list[int]:
    """Return the ids of booked entries whose postings do not add up to nothing; none, unless somebody wrote past us."""
    rows = (
        PointPosting.objects.unscoped("the whole ledger is checked")
        .values("entry_id")
        .annotate(total=Sum("amount"))
        .exclude(total=0)
        .values_list("entry_id", flat=True)
    )
    bare = (
        PointEntry.objects.unscoped("the whole ledger is checked")
        .filter(state=EntryState.BOOKED, postings__isnull=True)
        .values_list("pk", flat=True)
    )
    return sorted({*rows, *bare})
