"""Which notices hold where: a notice of a county is read in its towns and villages."""

from collections.abc import Iterable
from datetime import datetime

from django.db import models

from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.lib import divisions
from xiaoyuan.notices.choices import NoticeState
from xiaoyuan.notices.models import Notice
from xiaoyuan.register.models import SHOWN

_PUBLIC = "notices are public"


def codes_above(division_code: str) -> list[str]:
    """Return the codes whose notices are read in a division: its own and those above it."""
    village = division_code[:12]
    return [village, *divisions.ancestors(village)]


def in_force(division_codes: Iterable[str], now: datetime) -> "models.QuerySet[Notice]":
    """Return the notices that hold now in any of the divisions: pinned first, then urgent, then the newest."""
    ends = models.Q(publish_until__isnull=True) | models.Q(publish_until__gt=now)
    rows: models.QuerySet[Notice] = (
        Notice.objects.unscoped(_PUBLIC)
        .filter(SHOWN, ends, division_code__in=list(division_codes), publish_from__lte=now)
        .filter(state=NoticeState.PUBLISHED)
        .order_by("-is_pinned", "-is_urgent", "-publish_from", "-pk")
    )
    return rows


def current(division_codes: Iterable[str], now: datetime, limit: int = 5) -> list[Notice]:
    """Return at most `limit` notices that hold now in any of the divisions (give `codes_above` of a village)."""
    return list(in_force(division_codes, now)[:limit])


def read_in(division_code: str, notice_id: int, now: datetime) -> Notice | None:
    """Return a notice that holds now in a division."""
    return in_force(codes_above(division_code), now).filter(pk=notice_id).first()


def notices_within(scope: Scope, state: str = "") -> "models.QuerySet[Notice]":
    """Return the notices of the divisions that one answers for, newest first."""
    rows: models.QuerySet[Notice] = Notice.objects.within(Scope(prefixes=scope.prefixes)).filter(SHOWN)
    return (rows.filter(state=state) if state else rows).order_by("-publish_from", "-pk")


def begun_and_untold(now: datetime) -> "models.QuerySet[Notice]":
    """Return the notices that began and of which nobody was told yet."""
    rows: models.QuerySet[Notice] = Notice.objects.unscoped("the clock tells for every county").filter(
        models.Q(publish_until__isnull=True) | models.Q(publish_until__gt=now),
        state=NoticeState.PUBLISHED,
        is_told=True,
        told_at__isnull=True,
        publish_from__lte=now,
    )
    return rows
