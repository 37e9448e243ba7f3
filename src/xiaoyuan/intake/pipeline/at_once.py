"""A file compared and written in one go, as a command does it; when rows refuse, it is only compared."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from django.db import transaction

from xiaoyuan.audit.actors import Actor
from xiaoyuan.intake.batch_errors import NotAtThisStep
from xiaoyuan.intake.columns import Problem
from xiaoyuan.intake.errors import NoRows
from xiaoyuan.intake.interpreting import SkippedRow
from xiaoyuan.intake.kinds import ledger_kind
from xiaoyuan.intake.models import BatchStatus, ImportBatch, StagedRow, Verdict
from xiaoyuan.intake.pipeline.applying import apply_batch, close_applied, open_recorder, write_block
from xiaoyuan.intake.pipeline.blocks import (
    Block,
    NotInOrder,
    Reading,
    Survey,
    in_order,
    passes_of,
    survey,
    walk,
)
from xiaoyuan.intake.pipeline.mapping import mapping_of
from xiaoyuan.intake.pipeline.staging import next_absent, stage_batch, surveyed
from xiaoyuan.intake.pipeline.steps import Progress, Tick, context_of, enter, leading_back, locked, silent
from xiaoyuan.intake.pipeline.verdicts import (
    REFUSING,
    counted,
    judge_block,
    refusing_rows,
    stage_absent,
    stage_rows_of,
    stage_skipped,
)
from xiaoyuan.store.loading import loading

COUNTY_ROWS: Final = 60_000
"""From so many rows on an import is the loading of a county, for which others may wait a few minutes."""


class Outcome(StrEnum):
    """What became of a file."""

    PREVIEWED = "previewed"
    REFUSED = "refused"
    APPLIED = "applied"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class ImportReport:
    """What an import found and did: counts by verdict value, problems in the order of the file."""

    outcome: Outcome
    counts: dict[str, int]
    problems: list[Problem] = field(default_factory=list)
    batch_id: int | None = None

    @property
    def refusing(self) -> int:
        """How many rows keep the file out."""
        return sum(self.counts.get(verdict, 0) for verdict in REFUSING)


class _RowsRefuse(Exception):
    """Leads out of the transaction."""


def import_at_once(*, batch_id: int, actor: Actor, now: datetime, on_progress: Tick = silent) -> ImportReport:
    """Compare and write a batch that was read: STAGING, then APPLIED, or STAGED when any row refuses.

    Goes on with what an interruption left behind.
    """
    batch = ImportBatch.objects.get(pk=batch_id)
    is_fresh = batch.status == BatchStatus.STAGING and not batch.blocks.exists()
    if not (is_fresh and _write_at_once(batch, actor, now, on_progress)):
        if batch.status == BatchStatus.STAGING:
            batch = stage_batch(batch.pk, on_progress=on_progress)
        if not any(batch.counts.get(verdict) for verdict in REFUSING):
            apply_batch(batch_id=batch.pk, actor=actor, now=now, on_progress=on_progress)
    batch.refresh_from_db()
    if batch.status != BatchStatus.APPLIED:
        outcome = Outcome.REFUSED
    elif set(batch.counts) <= {Verdict.SAME, Verdict.ABSENT, Verdict.SKIPPED}:
        outcome = Outcome.UNCHANGED
    else:
        outcome = Outcome.APPLIED
    return ImportReport(outcome, batch.counts, list(_problems(batch)), batch.pk)


def preview(*, batch_id: int, actor: Actor, now: datetime, on_progress: Tick = silent) -> ImportReport:
    """Judge a batch that was read and write nothing; the batch stays as it is."""
    batch = ImportBatch.objects.get(pk=batch_id)
    if batch.status != BatchStatus.STAGING:
        raise NotAtThisStep(batch.status)
    reading = _reading(batch, actor, now)
    counts: Counter[str] = Counter()
    problems: list[Problem] = []
    found = survey(reading)
    if not found.count:
        raise NoRows(batch.file_name)
    rounds = passes_of(found)
    for block in walk(reading, found, on_row=lambda done: on_progress(done, rounds * reading.total)):
        judgement = judge_block(reading.kind, block, reading.context)
        counts.update(counted(judgement, has_absent=bool(reading.kind.absent_choices)))
        problems += [problem for verdict in judgement.verdicts for problem in verdict.problems]
    if found.skipped:
        counts[str(Verdict.SKIPPED)] = found.skipped
    return ImportReport(Outcome.PREVIEWED, dict(counts), problems)


def _reading(batch: ImportBatch, actor: Actor, now: datetime) -> Reading:
    return Reading(batch, mapping_of(batch), ledger_kind(batch.kind), context_of(batch, actor, now))


def _write_at_once(batch: ImportBatch, actor: Actor, now: datetime, on_progress: Tick) -> bool:
    """Judge, keep and write block by block in one transaction; False when a row refuses and nothing was written.

    A file in order is read once while it is written; another one is gone through before.
    """
    enter(batch.pk, BatchStatus.STAGING, coming_from=())
    with leading_back(batch.pk, BatchStatus.STAGING, to=BatchStatus.MAPPING):
        reading = _reading(batch, actor, now)
        progress = Progress(batch.pk, on_progress)
        progress.is_written = False
        try:
            try:
                with transaction.atomic():
                    _write_in_order(reading, progress)
            except NotInOrder:
                progress.is_written = True
                found = surveyed(reading, progress)
                progress.is_written = False
                with transaction.atomic():
                    _write_surveyed(reading, found, progress)
        except _RowsRefuse:
            return False
    return True


def _write_in_order(reading: Reading, progress: Progress) -> None:
    skipped: list[SkippedRow] = []
    blocks = in_order(
        reading, on_row=lambda count: progress.tick(count, reading.total), on_skipped=skipped.append
    )
    _write(reading, blocks, lambda: len(skipped))
    stage_skipped(reading.batch, skipped)
    progress.tick(reading.total, reading.total)


def _write_surveyed(reading: Reading, found: Survey, progress: Progress) -> None:
    rounds = 1 + passes_of(found)
    blocks = walk(
        reading, found, on_row=lambda count: progress.tick(reading.total + count, rounds * reading.total)
    )
    _write(reading, blocks, lambda: found.skipped)
    progress.tick(rounds * reading.total, rounds * reading.total)


def _write(reading: Reading, blocks: Iterable[Block], skipped: Callable[[], int]) -> None:
    """Write the blocks under one revision and close the batch; `skipped` counts rows without data afterwards."""
    batch, kind = locked(reading.batch.pk), reading.kind
    if batch.status != BatchStatus.STAGING:
        raise NotAtThisStep(batch.status)
    kind.lock(reading.context)
    recorder = open_recorder(batch, reading.context)
    context = replace(reading.context, recorder=recorder)
    has_absent = bool(kind.absent_choices)
    counts: Counter[str] = Counter()
    with loading(kind.fills if reading.total >= COUNTY_ROWS else ()):
        for block in blocks:
            judgement = judge_block(kind, block, context)
            if refusing_rows(block, judgement):
                raise _RowsRefuse
            ids = stage_rows_of(
                batch, block.name, zip(block.rows, judgement.verdicts, strict=True), context.now
            )
            if has_absent:
                stage_absent(batch, block.name, judgement.absent, next_absent(batch))
            counts.update(counted(judgement, has_absent=has_absent))
            write_block(kind, block, judgement, ids, [], context)
    if not counts:
        raise NoRows(batch.file_name)
    if skipped():
        counts[str(Verdict.SKIPPED)] = skipped()
    batch.counts = dict(counts)
    close_applied(batch, recorder, context)


def _problems(batch: ImportBatch) -> Iterator[Problem]:
    order = {sheet["name"][:80]: sheet["index"] for sheet in batch.sheets}
    rows = StagedRow.objects.filter(batch=batch).exclude(messages=[]).exclude(verdict=Verdict.SKIPPED)
    found = rows.values_list("sheet", "row_number", "messages")
    for sheet, number, messages in sorted(found, key=lambda row: (order.get(row[0], 0), row[1])):
        for message in messages:
            yield Problem(sheet, number, message["column"], message["text"])
