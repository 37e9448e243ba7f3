"""Long steps of an import, done by the worker that `serve` starts; what failed stands in the batch as a sentence."""

from collections.abc import Callable
from typing import Any, Final

import structlog
from django.db import DatabaseError
from django.utils import timezone
from django_tasks import task

from xiaoyuan.audit.actors import Actor
from xiaoyuan.intake import pipeline
from xiaoyuan.intake.batch_errors import GivenUp, NotAtThisStep
from xiaoyuan.intake.models import BatchStatus, ImportBatch
from xiaoyuan.intake.pipeline.steps import SPOKEN

logger = structlog.get_logger("xiaoyuan.intake")

_BACK: Final = {
    BatchStatus.READING: BatchStatus.REFUSED,
    BatchStatus.STAGING: BatchStatus.MAPPING,
    BatchStatus.APPLYING: BatchStatus.STAGED,
    BatchStatus.ROLLING_BACK: BatchStatus.APPLIED,
}


@task()
def read_and_stage(batch_id: int) -> None:
    """Read a file that was received and, when nothing has to be asked, compare it."""
    _carry_out(_read_and_stage, batch_id)


@task()
def stage(batch_id: int) -> None:
    """Compare a file whose columns were confirmed."""
    _carry_out(pipeline.stage_batch, batch_id)


@task()
def apply(batch_id: int, actor_id: int | None, actor_label: str) -> None:
    """Write a compared and decided file into the register."""
    actor = Actor(actor_id, actor_label)
    _carry_out(pipeline.apply_batch, batch_id=batch_id, actor=actor, now=timezone.now())


@task()
def roll_back(batch_id: int, actor_id: int | None, actor_label: str, reason: str) -> None:
    """Take an applied file back."""
    actor = Actor(actor_id, actor_label)
    _carry_out(pipeline.roll_back_batch, batch_id=batch_id, actor=actor, now=timezone.now(), reason=reason)


def give_up(batch_id: int) -> None:
    """Say in a batch that its work ended the worker several times."""
    batch = ImportBatch.objects.filter(pk=batch_id).first()
    back = _BACK.get(BatchStatus(batch.status)) if batch else None
    if batch is not None and back is not None:
        ImportBatch.objects.filter(pk=batch_id, status=batch.status).update(
            status=back, failure=str(GivenUp())
        )


def _read_and_stage(batch_id: int) -> None:
    batch = ImportBatch.objects.get(pk=batch_id)
    if batch.status == BatchStatus.READING:  # else an interrupted worker had come further
        batch = pipeline.read_batch(batch_id)
    if batch.status == BatchStatus.STAGING:
        pipeline.stage_batch(batch_id)


def _carry_out(work: Callable[..., Any], *arguments: Any, **options: Any) -> None:
    """Do the work; its refusals stand in the batch already, and the queue must not keep what a fault says."""
    try:
        work(*arguments, **options)
    except NotAtThisStep as refusal:
        logger.info("import was done or taken over", status=str(refusal.status))
    except SPOKEN as refusal:
        logger.info("import refused", kind=type(refusal).__name__)
    except DatabaseError as fault:
        logger.error("import not started", kind=type(fault).__name__)
