"""Every write of notices: written, changed, published, withdrawn, told of."""

from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from xiaoyuan.accounts.models import ResidentCard
from xiaoyuan.audit.actions import Change, record_audit, record_changes
from xiaoyuan.audit.actors import SYSTEM, Actor
from xiaoyuan.audit.models import Operation
from xiaoyuan.figures.actions import Delta, record
from xiaoyuan.messages.actions import tell
from xiaoyuan.messages.letters import Letter, Recipient
from xiaoyuan.notices.choices import LONGEST_BODY, LONGEST_SPOKEN, NoticeKind, NoticeState
from xiaoyuan.notices.counters import NOTICES_PUBLISHED
from xiaoyuan.notices.errors import (
    NoticeChanged,
    NoticeEndsTooEarly,
    NoticeIncomplete,
    NoticeSettled,
    WithdrawalUnexplained,
)
from xiaoyuan.notices.models import Notice
from xiaoyuan.notices.queries import begun_and_untold
from xiaoyuan.register.models import County

NOTICE: Final = "notices.notice"
_LOCKED: Final = "the row was read through a scope; it is read again under a lock"
_WORDS: Final = (
    *("title", "body", "kind", "publish_from", "publish_until", "is_pinned", "is_urgent", "is_told"),
    "loudspeaker_text",
)


@transaction.atomic
def write_notice(
    *,
    county_id: int,
    division_code: str,
    title: str,
    body: str,
    kind: str,
    publish_from: datetime,
    publish_until: datetime | None,
    is_sample: bool,
    actor: Actor,
    now: datetime,
    is_pinned: bool = False,
    is_urgent: bool = False,
    is_told: bool = False,
    loudspeaker_text: str = "",
    notice: Notice | None = None,
    row_version: int = 0,
) -> Notice:
    """Write a draft, or change a notice that is not withdrawn.

    Raises `NoticeIncomplete`, `NoticeEndsTooEarly`, `NoticeChanged`, `NoticeSettled`.
    """
    if not title.strip() or not body.strip() or kind not in NoticeKind.values:
        raise NoticeIncomplete
    if publish_until is not None and publish_until <= publish_from:
        raise NoticeEndsTooEarly
    values: dict[str, Any] = {
        "title": title.strip()[:80],
        "body": body.strip()[:LONGEST_BODY],
        "kind": kind,
        "publish_from": publish_from,
        "publish_until": publish_until,
        "is_pinned": is_pinned,
        "is_urgent": is_urgent,
        "is_told": is_told,
        "loudspeaker_text": loudspeaker_text.strip()[:LONGEST_SPOKEN],
    }
    if notice is None:
        made = Notice.objects.create(
            county_id=county_id,
            division_code=division_code,
            is_sample=is_sample,
            created_at=now,
            updated_at=now,
            author_label=actor.label,
            **values,
        )
        change = Change(NOTICE, made.pk, Operation.CREATE, after=_plain(made))
        _log(made, "notices.write", [change], actor=actor, now=now)
        return made
    current = _locked(notice, NoticeState.DRAFT, NoticeState.PUBLISHED)
    if current.row_version != row_version:
        raise NoticeChanged
    before, old_kind = _plain(current), current.kind
    for name, value in values.items():
        setattr(current, name, value)
    after = _plain(current)
    changes = [
        Change(NOTICE, current.pk, Operation.UPDATE, name, before[name], after[name])
        for name in _WORDS
        if before[name] != after[name]
    ]
    if not changes:
        return current
    _save(current, now)
    if current.published_at is not None and old_kind != current.kind:
        _count(current, -1, now, kind=old_kind)
        _count(current, 1, now)
    _log(current, "notices.change", changes, actor=actor, now=now)
    return current


@transaction.atomic
def publish_notice(*, notice: Notice, actor: Actor, now: datetime) -> Notice:
    """Publish a draft; people read it from its first moment on. Raises `NoticeSettled`, `NoticeEndsTooEarly`."""
    current = _locked(notice, NoticeState.DRAFT)
    if current.publish_until is not None and current.publish_until <= now:
        raise NoticeEndsTooEarly
    current.state, current.published_at = NoticeState.PUBLISHED, now
    current.publish_from = max(current.publish_from, now)
    _save(current, now)
    _count(current, 1, now)
    change = Change(NOTICE, current.pk, Operation.UPDATE, "state", NoticeState.DRAFT, current.state)
    _log(current, "notices.publish", [change], actor=actor, now=now)
    return current


@transaction.atomic
def withdraw_notice(*, notice: Notice, reason: str, actor: Actor, now: datetime) -> Notice:
    """Take a published notice away at once. Raises `WithdrawalUnexplained`, `NoticeSettled`."""
    if not reason.strip():
        raise WithdrawalUnexplained
    current = _locked(notice, NoticeState.PUBLISHED)
    current.state, current.reason = NoticeState.WITHDRAWN, reason.strip()[:200]
    _save(current, now)
    change = Change(NOTICE, current.pk, Operation.UPDATE, "state", NoticeState.PUBLISHED, current.state)
    _log(current, "notices.withdraw", [change], actor=actor, now=now, reason=reason)
    return current


def tell_of_begun(now: datetime) -> int:
    """Tell residents and work chats of notices that began; returns how many notices. Each is told of once."""
    told = 0
    for notice_id in list(begun_and_untold(now).values_list("pk", flat=True)):
        with transaction.atomic():
            notice = (
                begun_and_untold(now)
                .select_for_update(of=("self",), no_key=True)
                .filter(pk=notice_id)
                .first()
            )
            if notice is None:
                continue
            _tell(notice, now)
            notice.told_at = now
            notice.save(update_fields=["told_at"])
            told += 1
    return told


def _tell(notice: Notice, now: datetime) -> None:
    cards = ResidentCard.objects.filter(
        division_code__startswith=notice.division_code, revoked_at__isnull=True, is_sample=notice.is_sample
    )
    readers = [Recipient(user_id=user_id) for user_id in cards.values_list("user_id", flat=True).distinct()]
    hooks = [] if notice.is_sample else [Recipient(hook=name) for name in _hooks(notice.division_code)]
    tell(
        county_id=notice.county_id,
        division_code=notice.division_code,
        is_sample=notice.is_sample,
        recipients=[*readers, *hooks],
        letter=Letter(
            kind="notice",
            subject=notice.title,
            body=notice.body[:500],
            path=f"/v/{notice.division_code}/notices/{notice.pk}/",
            is_urgent=notice.is_urgent,
        ),
        actor=SYSTEM,
        now=now,
        once_key=f"notice:{notice.pk}",
    )


def _hooks(division_code: str) -> list[str]:
    """Return the work chats that a division's notice concerns: those named by a code of its own or below.

    A chat without a code belongs to the only county there is; among several counties it is told nothing.
    """
    is_alone = County.objects.count() == 1
    codes = {name: name[: len(name) - len(name.lstrip("0123456789"))] for name in settings.MESSAGE_HOOKS}
    return [name for name, code in codes.items() if (code.startswith(division_code) if code else is_alone)]


def _locked(notice: Notice, *states: str) -> Notice:
    current: Notice = Notice.objects.unscoped(_LOCKED).select_for_update(no_key=True).get(pk=notice.pk)
    if current.state not in states:
        raise NoticeSettled(str(NoticeState(current.state).label))
    return current


def _save(notice: Notice, now: datetime) -> None:
    notice.updated_at = now
    notice.row_version += 1
    notice.save()


def _plain(notice: Notice) -> dict[str, Any]:
    values = {name: getattr(notice, name) for name in _WORDS}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()
    }


def _count(notice: Notice, amount: int, now: datetime, kind: str = "") -> None:
    delta = Delta(notice.division_code, NOTICES_PUBLISHED, amount, kind or notice.kind, notice.is_sample)
    record(county_id=notice.county_id, day=timezone.localdate(now), deltas=[delta])


def _log(
    notice: Notice,
    action: str,
    changes: list[Change],
    *,
    actor: Actor,
    now: datetime,
    reason: str = "",
) -> None:
    record_changes(county_id=notice.county_id, actor=actor, now=now, changes=changes)
    record_audit(
        actor=actor,
        now=now,
        action=action,
        county_id=notice.county_id,
        object_kind=NOTICE,
        object_id=notice.pk,
        reason=reason,
    )
