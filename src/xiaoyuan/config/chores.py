"""What is due again and again: messages, deadlines, notices, sweeping. Done beside the long jobs, in their process."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from django.db import close_old_connections
from django.utils import timezone

from xiaoyuan.accounts.rates import forget_old_counts
from xiaoyuan.accounts.sessions import forget_old_sessions
from xiaoyuan.attachments.actions import discard_unbound
from xiaoyuan.attachments.uploads import forget_old_uploads
from xiaoyuan.audit.actions import forget_old_keys
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.incidents.actions.time import remind_and_escalate
from xiaoyuan.messages.delivery import deliver_due, forget_old_messages
from xiaoyuan.notices.actions import tell_of_begun
from xiaoyuan.points.actions.entries import settle_due

logger = structlog.get_logger("xiaoyuan.chores")


@dataclass(frozen=True)
class Chore:
    """What is done every so many seconds."""

    name: str
    every_s: int
    do: Callable[[datetime], object]


CHORES: Final = (
    Chore("deliver messages", 5, deliver_due),
    Chore("notices that begin", 60, tell_of_begun),
    Chore("deadlines of incidents", 300, remind_and_escalate),
    Chore("points after their notice", 300, lambda now: settle_due(actor=SYSTEM, now=now)),
    Chore("files that belong to nothing", 3600, discard_unbound),
    Chore("uploads that were left", 3600, forget_old_uploads),
    Chore("counts of how often", 3600, forget_old_counts),
    Chore("devices that are signed out", 3600, forget_old_sessions),
    Chore("old messages", 86400, forget_old_messages),
    Chore("old idempotency keys", 86400, lambda now: forget_old_keys(now=now)),
)


def do_chores(chores: tuple[Chore, ...] = CHORES) -> None:
    """Do each once; one that fails leaves the others alone."""
    for chore in chores:
        try:
            chore.do(timezone.now())
        except Exception as error:  # the next round tries again
            logger.exception("a chore failed", chore=chore.name, kind=type(error).__name__)


class Clock:
    """Does the chores from a thread of its own for as long as the block runs."""

    def __init__(self, chores: tuple[Chore, ...] = CHORES) -> None:
        self._chores = chores
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="chores", daemon=True)

    def __enter__(self) -> "Clock":
        self._thread.start()
        return self

    def __exit__(self, *_fault: object) -> None:
        self._stop.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        seconds = 0
        while not self._stop.wait(1):
            seconds += 1
            due = tuple(chore for chore in self._chores if seconds % chore.every_s == 0)
            if due:
                close_old_connections()
                do_chores(due)
