"""Reads of messages: somebody's inbox, what waits and what failed."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q, QuerySet

from xiaoyuan.messages.choices import Channel, Delivery
from xiaoyuan.messages.models import Message


def inbox(user_id: int) -> "QuerySet[Message]":
    """Return somebody's messages, the newest first."""
    return Message.objects.filter(user_id=user_id, channel=Channel.INBOX).order_by("-created_at", "-pk")


def unread(user_id: int) -> int:
    """Return how many of them were not read."""
    return inbox(user_id).filter(read_at__isnull=True).count()


@dataclass(frozen=True)
class Outbox:
    """How the outbox stands: what waits, since when the oldest is due, what was given up."""

    waiting: int
    oldest_due: datetime | None
    failed: int


def outbox() -> Outbox:
    """Return how the outbox stands. One query."""
    waiting = Q(state__in=[Delivery.WAITING, Delivery.SENDING])
    found = Message.objects.aggregate(
        waiting=Count("pk", filter=waiting),
        oldest=Min("due_at", filter=waiting),
        failed=Count("pk", filter=Q(state=Delivery.FAILED)),
    )
    return Outbox(found["waiting"], found["oldest"], found["failed"])
