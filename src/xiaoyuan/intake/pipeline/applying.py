"""Writing a file into the register: one transaction, judged afresh under the lock, all of it or nothing."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from django.db import transaction

from xiaoyuan.audit.actions import record_audit
from xiaoyuan.audit.actors import Actor
from xiaoyuan.history.recording import Recorder, open_revision
from xiaoyuan.intake.actions import RowLink
from xiaoyuan.intake.batch_errors import NotAtThisStep, RowsUndecided
from xiaoyuan.intake.columns import (
    AbsentRecord,
    Decided,
    DecidedAbsence,
    ImportContext,
    JudgedRow,
    Judgement,
    LedgerKind,
    Row,
    RowVerdict,
)
from xiaoyuan.intake.kinds import ledger_kind
from xiaoyuan.intake.models import BatchStatus, Decision, ImportBatch, StagedRow, Verdict
from xiaoyuan.intake.pipeline.blocks import Block, Reading, Survey, passes_of, survey, walk
from xiaoyuan.intake.pipeline.deciding import undecided
from xiaoyuan.intake.pipeline.mapping import mapping_of
from xiaoyuan.intake.pipeline.steps import Progress, Tick, context_of, enter, leading_back, locked, silent
from xiaoyuan.intake.pipeline.verdicts import judge_block, link_rows, refusing_rows, stage_rows_of

_DECIDES_ABSENCE: Final = (Decision.MOVED_OUT, Decision.DECEASED, Decision.ENDED)


class Refused(Exception):
    """Rows refuse now that did not when the file was compared; carries them out of the transaction."""

    def __init__(self, rows: list[tuple[str, Row, RowVerdict]]) -> None:
        super().__init__()
        self.rows = rows


def apply_batch(*, batch_id: int, actor: Actor, now: datetime, on_progress: Tick = silent) -> ImportBatch:
    """Write a compared and decided batch: STAGED, APPLYING, APPLIED. Doing it again is refused, not repeated.

    Raises `RowsUndecided` (nothing is written; rows that became wrong or unclear since show it), `NotAtThisStep`.
    """
    batch = enter(batch_id, BatchStatus.APPLYING, coming_from=(BatchStatus.STAGED,))
    with leading_back(batch.pk, BatchStatus.APPLYING, to=BatchStatus.STAGED):
        waiting = undecided(batch).count()
        if waiting:
            raise RowsUndecided(waiting)
        kind = ledger_kind(batch.kind)
        reading = Reading(batch, mapping_of(batch), kind, context_of(batch, actor, now))
        progress = Progress(batch.pk, on_progress)
        found = survey(reading, on_row=lambda count: progress.tick(count, 2 * reading.total))
        progress.is_written = False
        try:
            return _write(reading, found, progress)
        except Refused as refusal:
            _stage_again(batch, refusal.rows, now)
            raise RowsUndecided(len(refusal.rows)) from None


def _write(reading: Reading, found: Survey, progress: Progress) -> ImportBatch:
    with transaction.atomic():
        batch = locked(reading.batch.pk)
        if batch.status != BatchStatus.APPLYING:
            raise NotAtThisStep(batch.status)
        reading.kind.lock(reading.context)
        recorder = open_recorder(batch, reading.context)
        context = replace(reading.context, recorder=recorder)
        refused: list[tuple[str, Row, RowVerdict]] = []
        rounds = 1 + passes_of(found)
        for block in walk(
            reading,
            found,
            on_row=lambda count: progress.tick(reading.total + count, rounds * reading.total),
        ):
            staged = {
                (row.sheet, row.row_number): row
                for row in StagedRow.objects.filter(batch=batch, block=block.name).defer("sealed_cells")
            }
            _put_decisions(block.rows, staged)
            judgement = judge_block(reading.kind, block, context)
            refused += [(block.name, *one) for one in refusing_rows(block, judgement)]
            if not refused:
                ids = _staged_ids(batch, block, judgement, staged, context.now)
                absences = _decided_absences(staged.values(), judgement.absent)
                write_block(reading.kind, block, judgement, ids, absences, context)
        if refused:
            raise Refused(refused)
        close_applied(batch, recorder, context)
    return batch


def open_recorder(batch: ImportBatch, context: ImportContext) -> Recorder:
    """Open the revision by which a batch can be taken back."""
    return open_revision(
        county_id=batch.county_id,
        division_code=batch.division_code,
        action="intake.apply",
        actor=context.actor,
        now=context.now,
        object_kind="intake.importbatch",
        object_id=batch.pk,
    )


def write_block(
    kind: LedgerKind,
    block: Block,
    judgement: Judgement,
    staged_ids: Iterable[int | None],
    absences: list[DecidedAbsence],
    context: ImportContext,
) -> None:
    """Let the domain write a block, without the rows that were left out, and link what came of it."""
    judged = [
        JudgedRow(row, verdict, staged_id)
        for row, verdict, staged_id in zip(block.rows, judgement.verdicts, staged_ids, strict=True)
        if verdict.verdict != Verdict.SKIPPED
    ]
    links: list[RowLink] = list(kind.apply(judged, absences, context))
    link_rows(links)


def close_applied(batch: ImportBatch, recorder: Recorder, context: ImportContext) -> None:
    """Mark a batch whose rows are all written. Must run in the transaction that wrote them."""
    recorder.close()
    batch.status = BatchStatus.APPLIED
    batch.applied_at = context.now
    batch.revision_id = recorder.revision.pk
    batch.failure = ""
    batch.save(update_fields=["status", "applied_at", "revision_id", "failure", "counts"])
    record_audit(
        actor=context.actor,
        now=context.now,
        action="intake.apply",
        county_id=batch.county_id,
        object_kind="intake.importbatch",
        object_id=batch.pk,
        detail={"kind": batch.kind, "division": batch.division_code, "counts": batch.counts},
    )


def _put_decisions(rows: Iterable[Row], staged: dict[tuple[str, int], StagedRow]) -> None:
    for row in rows:
        known = staged.get((row.sheet[:80], row.number))
        if known is not None and known.decision:
            row.decided = Decided(Decision(known.decision), known.decided_id)


def _staged_ids(
    batch: ImportBatch,
    block: Block,
    judgement: Judgement,
    staged: dict[tuple[str, int], StagedRow],
    now: datetime,
) -> list[int | None]:
    """Return the staged row of each row; rows that changed nothing when compared, and do now, get one."""
    known = [staged.get((row.sheet[:80], row.number)) for row in block.rows]
    fresh = [
        (row, verdict)
        for row, verdict, found in zip(block.rows, judgement.verdicts, known, strict=True)
        if found is None and verdict.verdict != Verdict.SAME
    ]
    made = iter(stage_rows_of(batch, block.name, fresh, now))
    return [
        found.pk if found is not None else None if verdict.verdict == Verdict.SAME else next(made)
        for verdict, found in zip(judgement.verdicts, known, strict=True)
    ]


def _decided_absences(staged: Iterable[StagedRow], absent: Iterable[AbsentRecord]) -> list[DecidedAbsence]:
    """Return what was decided of records that are still absent; others were dealt with by hand meanwhile."""
    still = set(absent)
    found = []
    for row in staged:
        if row.verdict == Verdict.ABSENT and row.decision in _DECIDES_ABSENCE and row.object_id is not None:
            record = AbsentRecord(row.object_kind, row.object_id)
            if record in still:
                found.append(DecidedAbsence(record, Decision(row.decision), row.pk))
    return found


def _stage_again(batch: ImportBatch, rows: list[tuple[str, Row, RowVerdict]], now: datetime) -> None:
    """Replace what was said of rows that refuse now: the register changed after they were compared."""
    with transaction.atomic():
        batch = locked(batch.pk)
        counts = Counter(batch.counts)
        for block, row, verdict in rows:
            old = StagedRow.objects.filter(batch=batch, sheet=row.sheet[:80], row_number=row.number).first()
            counts[str(old.verdict if old else Verdict.SAME)] -= 1
            counts[str(verdict.verdict)] += 1
            if old is not None:
                old.delete()
            stage_rows_of(batch, block, [(row, verdict)], now)
        batch.counts = {verdict: count for verdict, count in counts.items() if count > 0}
        batch.save(update_fields=["counts"])
