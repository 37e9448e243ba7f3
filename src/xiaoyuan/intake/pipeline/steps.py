"""From one step of an import to the next: nobody enters a step twice, and a fault leads back with a sentence."""

import gc
import secrets
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import structlog
from django.db import transaction
from django.utils import timezone

from xiaoyuan.audit.actors import Actor
from xiaoyuan.history.errors import AlreadyUndone, LaterEdits
from xiaoyuan.intake.batch_errors import BatchRefused, NotAtThisStep, StrangeFault
from xiaoyuan.intake.columns import ImportContext
from xiaoyuan.intake.errors import FileRefused
from xiaoyuan.intake.models import BatchStatus, ImportBatch

logger = structlog.get_logger("xiaoyuan.intake")

Tick = Callable[[int, int], None]
"""Told how many of how many rows are done."""

SPOKEN: Final = (FileRefused, BatchRefused, LaterEdits, AlreadyUndone)
"""What is raised with a sentence for the person who asked."""

_EVERY_SECONDS: Final = 1.0


def silent(done: int, total: int) -> None:
    """Tell nobody."""


def context_of(batch: ImportBatch, actor: Actor, now: datetime) -> ImportContext:
    """Return for whom and into what a batch runs."""
    return ImportContext(
        county_id=batch.county_id,
        division_code=batch.division_code,
        is_sample=batch.is_sample,
        actor=actor,
        now=now,
        today=timezone.localtime(now).date(),
    )


def locked(batch_id: int) -> ImportBatch:
    """Return a batch that nobody else changes until the transaction ends."""
    return ImportBatch.objects.select_for_update().get(pk=batch_id)


def enter(batch_id: int, step: BatchStatus, *, coming_from: tuple[BatchStatus, ...]) -> ImportBatch:
    """Bring a batch to a step, or let it be there again after an interruption; raises `NotAtThisStep`."""
    with transaction.atomic():
        batch = locked(batch_id)
        if batch.status not in (step, *coming_from):
            raise NotAtThisStep(batch.status)
        batch.status = step
        batch.failure = ""
        batch.progress_done = batch.progress_total = 0
        batch.save(update_fields=["status", "failure", "progress_done", "progress_total"])
    return batch


@contextmanager
def rarely_collecting() -> Iterator[None]:
    """Look for cyclic garbage rarely while many rows are made: there is next to none, and looking costs a fifth."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(200_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@contextmanager
def leading_back(
    batch_id: int, step: BatchStatus, *, to: BatchStatus, then: Callable[[], None] = lambda: None
) -> Iterator[None]:
    """When the work fails, put the batch from `step` back to `to` with a sentence, do `then`, raise it on.

    What is not meant for people becomes a `StrangeFault`, whose number stands in the log. Nothing is done when
    somebody else brought the batch to another step.
    """
    try:
        with rarely_collecting():
            yield
    except NotAtThisStep:
        raise
    except SPOKEN as refusal:
        _fail(batch_id, step, to, str(refusal), then)
        raise
    except Exception as fault:
        strange = StrangeFault(_logged(batch_id, step, fault))
        _fail(batch_id, step, to, str(strange), then)
        raise strange from fault


def _fail(batch_id: int, step: BatchStatus, to: BatchStatus, sentence: str, then: Callable[[], None]) -> None:
    with transaction.atomic():
        batch = ImportBatch.objects.filter(pk=batch_id, status=step)
        if batch.update(status=to, failure=sentence, progress_done=0, progress_total=0):
            then()


def _logged(batch_id: int, step: BatchStatus, fault: Exception) -> str:
    """Log where a fault happened; its message may hold a cell and stays out."""
    number = secrets.token_hex(4)
    frames = traceback.extract_tb(fault.__traceback__)
    logger.error(
        "import failed",
        number=number,
        batch_id=batch_id,
        step=str(step),
        kind=type(fault).__name__,
        where=[f"{frame.name}:{frame.lineno}" for frame in frames[-8:]],
    )
    return number


@dataclass
class Progress:
    """How far long work on a batch is; written down once a second, so that a page can show it."""

    batch_id: int
    on_progress: Tick = silent
    is_written: bool = True
    """False inside the one transaction of applying: nobody else would see it before its end."""
    _last: float = field(default=0.0, init=False)

    def tick(self, done: int, total: int) -> None:
        """Note that `done` of `total` rows are done."""
        self.on_progress(done, total)
        now = time.monotonic()
        if self.is_written and (done == total or now - self._last >= _EVERY_SECONDS):
            self._last = now
            ImportBatch.objects.filter(pk=self.batch_id).update(progress_done=done, progress_total=total)
