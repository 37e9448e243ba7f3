"""Delivering what is due: claimed first, so that two deliverers never send the same one at the same time.

At least once: who dies between the other side's yes and our note of it will send again after the claim runs out.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q

from xiaoyuan.messages.channels import send_email, send_hook, send_sms
from xiaoyuan.messages.choices import Channel, Delivery
from xiaoyuan.messages.errors import NotDelivered
from xiaoyuan.messages.models import ContactPreference, Message

ATTEMPTS: Final = 6
CLAIM: Final = timedelta(minutes=2)
KEPT: Final = timedelta(days=180)
_BATCH: Final = 50


@dataclass(frozen=True)
class Delivered:
    """What one round did."""

    sent: int
    put_off: int
    given_up: int


def deliver_due(now: datetime) -> Delivered:
    """Deliver every message that is due; what fails is tried again after 1, 2, 4 … minutes, six times in all."""
    sent = put_off = given_up = 0
    while claimed := _claim(now):
        for message in claimed:
            try:
                _send(message)
            except NotDelivered as failure:
                message.last_error = str(failure)[:200]
                if failure.is_final or message.attempts >= ATTEMPTS:
                    message.state, given_up = Delivery.FAILED, given_up + 1
                else:
                    message.state, put_off = Delivery.WAITING, put_off + 1
                    message.due_at = now + timedelta(minutes=2 ** (message.attempts - 1))
            else:
                message.state, message.sent_at, message.last_error, sent = Delivery.SENT, now, "", sent + 1
            message.claimed_until = None
            message.save(update_fields=["state", "sent_at", "due_at", "last_error", "claimed_until"])
    return Delivered(sent, put_off, given_up)


def _claim(now: datetime) -> list[Message]:
    free = Q(state=Delivery.WAITING, due_at__lte=now) | Q(state=Delivery.SENDING, claimed_until__lt=now)
    with transaction.atomic():
        rows = list(
            Message.objects.filter(free)
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("user")
            .order_by("due_at", "pk")[:_BATCH]
        )
        for row in rows:
            row.state, row.claimed_until, row.attempts = Delivery.SENDING, now + CLAIM, row.attempts + 1
        Message.objects.bulk_update(rows, ["state", "claimed_until", "attempts"])
    return rows


def _send(message: Message) -> None:
    if message.channel == Channel.EMAIL:
        preference = ContactPreference.objects.filter(user__messages=message).first()
        send_email(message, is_large=preference is not None and preference.is_large)
    elif message.channel == Channel.SMS:
        send_sms(message)
    elif message.channel == Channel.HOOK:
        send_hook(message)


def forget_old_messages(now: datetime) -> int:
    """Remove what was sent or given up half a year ago; returns how many."""
    return Message.objects.filter(
        state__in=[Delivery.SENT, Delivery.FAILED], created_at__lt=now - KEPT
    ).delete()[0]
