"""Comparing a file with the register block by block, so that a person sees everything before anything is written."""

from collections import Counter

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.intake.errors import NoRows
from xiaoyuan.intake.interpreting import SkippedRow
from xiaoyuan.intake.kinds import ledger_kind
from xiaoyuan.intake.models import BatchStatus, ImportBatch, StagedBlock, StagedRow, Verdict
from xiaoyuan.intake.pipeline.blocks import Block, Reading, Survey, passes_of, survey, walk
from xiaoyuan.intake.pipeline.mapping import mapping_of
from xiaoyuan.intake.pipeline.steps import Progress, Tick, context_of, enter, leading_back, locked, silent
from xiaoyuan.intake.pipeline.verdicts import (
    counted,
    judge_block,
    stage_absent,
    stage_rows_of,
    stage_skipped,
)

_SKIPPED_AT_ONCE = 1000


def stage_batch(batch_id: int, *, on_progress: Tick = silent) -> ImportBatch:
    """Judge every row of a batch and keep the verdicts: STAGING, then STAGED. Goes on where it was interrupted.

    Writes nothing into the register. When it fails, the columns can be confirmed again (MAPPING).
    """
    now = timezone.now()
    batch = enter(batch_id, BatchStatus.STAGING, coming_from=())
    with leading_back(batch.pk, BatchStatus.STAGING, to=BatchStatus.MAPPING):
        kind = ledger_kind(batch.kind)
        # The register is read as a program; who decides and applies is asked for then.
        reading = Reading(batch, mapping_of(batch), kind, context_of(batch, SYSTEM, now))
        progress = Progress(batch.pk, on_progress)
        found = surveyed(reading, progress)
        done = set(batch.blocks.values_list("name", flat=True))
        rounds = 1 + passes_of(found)
        for block in walk(
            reading,
            found,
            done=done,
            on_row=lambda count: progress.tick(reading.total + count, rounds * reading.total),
        ):
            _stage_block(reading, block)
        batch = _close(batch, found)
        progress.tick(rounds * reading.total, rounds * reading.total)
    return batch


def surveyed(reading: Reading, progress: Progress) -> Survey:
    """Go through the file once, keeping its rows without data; raises `NoRows`."""
    skipped: list[SkippedRow] = []

    def keep(row: SkippedRow) -> None:
        skipped.append(row)
        if len(skipped) >= _SKIPPED_AT_ONCE:
            stage_skipped(reading.batch, skipped)
            skipped.clear()

    found = survey(reading, on_row=lambda count: progress.tick(count, 2 * reading.total), on_skipped=keep)
    if not found.count:
        raise NoRows(reading.batch.file_name)
    stage_skipped(reading.batch, skipped)
    return found


def next_absent(batch: ImportBatch) -> int:
    """Return the number of the next absent record: they stand on a sheet without a name."""
    highest = StagedRow.objects.filter(batch=batch, sheet="").aggregate(Max("row_number"))["row_number__max"]
    return (highest or 0) + 1


def _stage_block(reading: Reading, block: Block) -> None:
    judgement = judge_block(reading.kind, block, reading.context)
    has_absent = bool(reading.kind.absent_choices)
    with transaction.atomic():
        batch = locked(reading.batch.pk)
        if batch.status != BatchStatus.STAGING or batch.blocks.filter(name=block.name).exists():
            return  # another worker was faster
        stage_rows_of(
            batch, block.name, zip(block.rows, judgement.verdicts, strict=True), reading.context.now
        )
        if has_absent:
            stage_absent(batch, block.name, judgement.absent, next_absent(batch))
        StagedBlock.objects.create(
            county_id=batch.county_id,
            batch=batch,
            name=block.name,
            counts=counted(judgement, has_absent=has_absent),
        )


def _close(batch: ImportBatch, found: Survey) -> ImportBatch:
    with transaction.atomic():
        batch = locked(batch.pk)
        if batch.status == BatchStatus.STAGING:
            batch.counts = total_counts(batch, found.skipped)
            batch.status = BatchStatus.STAGED
            batch.save(update_fields=["counts", "status"])
    return batch


def total_counts(batch: ImportBatch, skipped: int) -> dict[str, int]:
    """Return the verdicts of all blocks together."""
    counts: Counter[str] = Counter()
    for block in batch.blocks.all():
        counts.update(block.counts)
    if skipped:
        counts[str(Verdict.SKIPPED)] += skipped
    return dict(counts)
