"""Taking an applied file back: the register is as it was before, or nothing happens and the reasons are listed."""

from datetime import datetime

from django.db import transaction

from xiaoyuan.audit.actions import record_audit
from xiaoyuan.audit.actors import Actor
from xiaoyuan.intake.batch_errors import NotAtThisStep
from xiaoyuan.intake.kinds import ledger_kind
from xiaoyuan.intake.models import BatchStatus, ImportBatch
from xiaoyuan.intake.pipeline.steps import context_of, enter, leading_back, locked


def roll_back_batch(*, batch_id: int, actor: Actor, now: datetime, reason: str) -> ImportBatch:
    """Take an applied batch back: APPLIED, ROLLING_BACK, ROLLED_BACK.

    Raises `history.errors.LaterEdits` with what depends on it (the batch stays APPLIED), `NotAtThisStep`.
    """
    batch = enter(batch_id, BatchStatus.ROLLING_BACK, coming_from=(BatchStatus.APPLIED,))
    with leading_back(batch.pk, BatchStatus.ROLLING_BACK, to=BatchStatus.APPLIED):
        kind = ledger_kind(batch.kind)
        with transaction.atomic():
            batch = locked(batch.pk)
            if batch.status != BatchStatus.ROLLING_BACK or batch.revision_id is None:
                raise NotAtThisStep(batch.status)
            kind.lock(context_of(batch, actor, now))
            kind.take_back(batch.revision_id, actor, now)
            batch.status = BatchStatus.ROLLED_BACK
            batch.failure = ""
            batch.save(update_fields=["status", "failure"])
            record_audit(
                actor=actor,
                now=now,
                action="intake.roll_back",
                county_id=batch.county_id,
                object_kind="intake.importbatch",
                object_id=batch.pk,
                reason=reason,
                detail={"kind": batch.kind, "division": batch.division_code},
            )
    return batch
