"""A person decides what the engine could not: which record a row is, what an absent record means, what to leave out."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from xiaoyuan.audit.actions import record_audit
from xiaoyuan.audit.actors import Actor
from xiaoyuan.intake.batch_errors import NotAtThisStep, NotOffered
from xiaoyuan.intake.kinds import ledger_kind
from xiaoyuan.intake.models import BatchStatus, Decision, ImportBatch, StagedRow, Verdict
from xiaoyuan.intake.pipeline.steps import locked

_LOOK_UP: Final = 500
_OFFERED: Final[Mapping[str, frozenset[Decision]]] = {
    Verdict.NEW: frozenset({Decision.LEAVE_OUT}),
    Verdict.CHANGED: frozenset({Decision.LEAVE_OUT}),
    Verdict.ERROR: frozenset({Decision.LEAVE_OUT}),
    Verdict.AMBIGUOUS: frozenset({Decision.LEAVE_OUT, Decision.USE_CANDIDATE, Decision.AS_NEW}),
}


def offered(batch: ImportBatch, verdict: str) -> frozenset[Decision]:
    """Return what can be decided of a row with this verdict, besides taking a decision back (`UNDECIDED`)."""
    if verdict == Verdict.ABSENT:
        return frozenset({Decision.KEEP, *ledger_kind(batch.kind).absent_choices})
    return _OFFERED.get(verdict, frozenset())


def decide(
    *,
    batch: ImportBatch,
    row_ids: Collection[int],
    choice: Decision,
    record_id: int | None = None,
    actor: Actor,
    now: datetime,
) -> int:
    """Decide the same of some staged rows, all or none; returns how many. `record_id`: which candidate it is.

    Raises `NotOffered` when a row is of another batch or its verdict knows no such decision, `NotAtThisStep`.
    """
    wanted = sorted(set(row_ids))
    with transaction.atomic():
        batch = locked(batch.pk)
        if batch.status != BatchStatus.STAGED:
            raise NotAtThisStep(batch.status)
        decided = 0
        for start in range(0, len(wanted), _LOOK_UP):
            rows = StagedRow.objects.filter(batch=batch, pk__in=wanted[start : start + _LOOK_UP])
            _check(batch, rows, choice, record_id)
            is_decided = choice != Decision.UNDECIDED
            decided += rows.update(
                decision=choice,
                decided_id=record_id if choice == Decision.USE_CANDIDATE else None,
                decided_by_label=actor.label if is_decided else "",
                decided_at=now if is_decided else None,
            )
        if decided != len(wanted):
            raise NotOffered
        record_audit(
            actor=actor,
            now=now,
            action="intake.decide",
            county_id=batch.county_id,
            object_kind="intake.importbatch",
            object_id=batch.pk,
            detail={"choice": str(choice), "rows": decided},
        )
    return decided


def undecided(batch: ImportBatch) -> QuerySet[StagedRow]:
    """Return the rows that keep the file out until somebody decides."""
    return StagedRow.objects.filter(
        batch=batch, verdict__in=[Verdict.ERROR, Verdict.AMBIGUOUS], decision=Decision.UNDECIDED
    )


def _check(batch: ImportBatch, rows: QuerySet[StagedRow], choice: Decision, record_id: int | None) -> None:
    if choice == Decision.UNDECIDED:
        return
    for verdict in rows.values_list("verdict", flat=True).distinct().order_by():
        if choice not in offered(batch, verdict):
            raise NotOffered
    if choice == Decision.USE_CANDIDATE:
        for candidates in rows.values_list("candidates", flat=True):
            if record_id not in candidates:
                raise NotOffered
