"""Writing into the outbox: inside the caller's transaction, so that what is rolled back is never sent."""

from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta
from hashlib import sha256
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation

from xiaoyuan.accounts.models import User
from xiaoyuan.audit.actors import Actor
from xiaoyuan.messages.choices import Channel, Delivery
from xiaoyuan.messages.letters import Letter, Recipient
from xiaoyuan.messages.models import ContactPreference, Message

QUIET: Final = (time(21, 0), time(8, 0))
"""When text messages, e-mail and robots wait for the morning, unless a person chose otherwise."""


def tell(
    *,
    county_id: int,
    division_code: str,
    is_sample: bool,
    recipients: Iterable[Recipient],
    letter: Letter,
    actor: Actor,
    now: datetime,
    once_key: str = "",
) -> int:
    """Write a letter to its recipients; returns how many messages were written.

    Each user gets it in the inbox, and by e-mail or text message as they chose; whoever did it themselves is not told.
    With `once_key` the same message is written once, however often this is called.
    """
    to = list(dict.fromkeys(recipients))
    users = {
        user.pk: user
        for user in User.objects.filter(pk__in=[one.user_id for one in to if one.user_id], is_active=True)
    }
    chosen = {row.user_id: row for row in ContactPreference.objects.filter(user__in=users)}
    rows: list[Message] = []
    for one in to:
        if one.user_id is not None and (one.user_id not in users or one.user_id == actor.user_id):
            continue
        preference = chosen.get(one.user_id or 0, ContactPreference())
        with translation.override(preference.language):
            subject, body = str(letter.subject)[:120], str(letter.body)
        for channel in _channels(one, users.get(one.user_id or 0), preference):
            rows.append(
                Message(
                    county_id=county_id,
                    division_code=division_code,
                    is_sample=is_sample,
                    kind=letter.kind,
                    channel=channel,
                    user_id=one.user_id,
                    subject_uid=one.subject,
                    hook=one.hook,
                    subject=subject,
                    body=body,
                    path=letter.path,
                    is_urgent=letter.is_urgent,
                    once_key=_once(once_key, channel, one),
                    created_at=now,
                    state=Delivery.SENT if channel == Channel.INBOX else Delivery.WAITING,
                    sent_at=now if channel == Channel.INBOX else None,
                    due_at=_due(now, channel, preference, letter.is_urgent),
                )
            )
    with transaction.atomic():
        known = set(
            Message.objects.filter(once_key__in=[row.once_key for row in rows if row.once_key]).values_list(
                "once_key", flat=True
            )
        )
        fresh = [row for row in rows if not row.once_key or row.once_key not in known]
        Message.objects.bulk_create(fresh, ignore_conflicts=bool(once_key))
    return len(fresh)


def _channels(one: Recipient, user: User | None, preference: ContactPreference) -> Iterator[Channel]:
    if one.hook:
        if one.hook in settings.MESSAGE_HOOKS:
            yield Channel.HOOK
        return
    if one.subject is not None:
        if settings.SMS_GATEWAY_URL:
            yield Channel.SMS
        return
    yield Channel.INBOX
    if user is not None and preference.by_email and user.email and settings.EMAIL_HOST:
        yield Channel.EMAIL


def _once(once_key: str, channel: Channel, one: Recipient) -> str:
    if not once_key:
        return ""
    return sha256(f"{once_key}|{channel}|{one.user_id}|{one.subject}|{one.hook}".encode()).hexdigest()


def _due(now: datetime, channel: Channel, preference: ContactPreference, is_urgent: bool) -> datetime:
    """Return when a message may leave: at once, or when the quiet hours end."""
    if channel == Channel.INBOX or is_urgent:
        return now
    start, end = preference.quiet_from or QUIET[0], preference.quiet_until or QUIET[1]
    here = timezone.localtime(now)
    clock = here.time()
    is_quiet = start <= clock < end if start <= end else clock >= start or clock < end
    if start == end or not is_quiet:
        return now
    morning = here.replace(hour=end.hour, minute=end.minute, second=0, microsecond=0)
    return morning if morning > here else morning + timedelta(days=1)


def mark_read(*, user_id: int, message_ids: Iterable[int] | None, now: datetime) -> int:
    """Mark messages of somebody's inbox as read, all of them when none is named; returns how many."""
    rows = Message.objects.filter(user_id=user_id, channel=Channel.INBOX, read_at__isnull=True)
    if message_ids is not None:
        rows = rows.filter(pk__in=list(message_ids))
    return rows.update(read_at=now)


def set_preference(
    *,
    user_id: int,
    language: str,
    is_large: bool,
    by_email: bool,
    quiet_from: time | None,
    quiet_until: time | None,
) -> ContactPreference:
    """Keep how somebody wants to be written to."""
    row, _is_new = ContactPreference.objects.update_or_create(
        user_id=user_id,
        defaults={
            "language": language if language in dict(settings.LANGUAGES) else "zh-hans",
            "is_large": is_large,
            "by_email": by_email,
            "quiet_from": quiet_from,
            "quiet_until": quiet_until,
        },
    )
    return row
