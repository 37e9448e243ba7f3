"""Judging a block, and keeping what is said of its rows so that a person can decide."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import orjson
from django.db import connection

from xiaoyuan.intake.actions import RowLink
from xiaoyuan.intake.columns import AbsentRecord, ImportContext, Judgement, LedgerKind, Row, RowVerdict
from xiaoyuan.intake.interpreting import SkippedRow
from xiaoyuan.intake.models import Decision, ImportBatch, StagedRow, Verdict
from xiaoyuan.intake.pipeline.blocks import Block, for_block
from xiaoyuan.intake.queries import row_context
from xiaoyuan.store.inserting import insert_rows
from xiaoyuan.vault.actions import seal_blobs

REFUSING: Final = frozenset({Verdict.ERROR, Verdict.AMBIGUOUS})
"""One row of these keeps the whole file out of the register."""
WITH_CELLS: Final = frozenset({Verdict.CHANGED, Verdict.AMBIGUOUS, Verdict.ERROR})
"""What a person looks at closely; cells of other rows are read from the file's pages."""

_COLUMNS: Final = (
    *("county_id", "batch_id", "sheet", "row_number", "block", "verdict", "sealed_cells", "messages"),
    "candidates",
)
_BATCH: Final = 1000


def judge_block(kind: LedgerKind, block: Block, context: ImportContext) -> Judgement:
    """Return the domain's verdicts, with the engine's own: unreadable cells, rows that a person left out."""
    judgement = kind.judge(block.rows, for_block(context, block))
    for row, verdict in zip(block.rows, judgement.verdicts, strict=True):
        if row.decided is not None and row.decided.choice == Decision.LEAVE_OUT:
            verdict.verdict = Verdict.SKIPPED
        elif row.problems and verdict.verdict != Verdict.SKIPPED:
            verdict.verdict = Verdict.ERROR
            verdict.problems = [*row.problems, *(one for one in verdict.problems if one not in row.problems)]
    return judgement


def refusing_rows(block: Block, judgement: Judgement) -> list[tuple[Row, RowVerdict]]:
    """Return the rows that keep the file out."""
    return [
        (row, verdict)
        for row, verdict in zip(block.rows, judgement.verdicts, strict=True)
        if verdict.verdict in REFUSING
    ]


def counted(judgement: Judgement, *, has_absent: bool) -> dict[str, int]:
    """Return how many rows have each verdict."""
    counts = Counter(str(verdict.verdict) for verdict in judgement.verdicts)
    if has_absent and judgement.absent:
        counts[str(Verdict.ABSENT)] = len(judgement.absent)
    return dict(counts)


def stage_rows_of(
    batch: ImportBatch, block: str, judged: Iterable[tuple[Row, RowVerdict]], now: datetime
) -> list[int | None]:
    """Keep rows with their verdicts; returns their ids in order, None for rows without a change: they are not kept."""
    judged = list(judged)
    kept = [(row, verdict) for row, verdict in judged if verdict.verdict != Verdict.SAME]
    sealed = seal_blobs(
        county_id=batch.county_id,
        subject=batch.subject,
        contents=[
            (row_context(row.sheet, row.number), orjson.dumps(_contents(row, verdict)))
            for row, verdict in kept
            if verdict.verdict in WITH_CELLS
        ],
        now=now,
    )
    ids = iter(
        insert_rows(
            StagedRow,
            _COLUMNS,
            [
                (
                    *(batch.county_id, batch.pk, row.sheet[:80], row.number, block, verdict.verdict),
                    next(sealed) if verdict.verdict in WITH_CELLS else None,
                    [{"column": one.column, "text": one.text} for one in verdict.problems],
                    verdict.candidates,
                )
                for row, verdict in kept
            ],
        )
    )
    return [None if verdict.verdict == Verdict.SAME else next(ids) for _row, verdict in judged]


def stage_absent(batch: ImportBatch, block: str, absent: Sequence[AbsentRecord], first_number: int) -> None:
    """Keep the records that a block does not name, numbered from `first_number` on."""
    StagedRow.objects.bulk_create(
        [
            StagedRow(
                county_id=batch.county_id,
                batch=batch,
                sheet="",
                row_number=number,
                block=block,
                verdict=Verdict.ABSENT,
                object_kind=record.object_kind,
                object_id=record.object_id,
            )
            for number, record in enumerate(absent, start=first_number)
        ],
        batch_size=_BATCH,
    )


def stage_skipped(batch: ImportBatch, rows: Sequence[SkippedRow]) -> None:
    """Keep rows that hold no data (totals, notes) with the reason. Doing it again changes nothing."""
    StagedRow.objects.bulk_create(
        [
            StagedRow(
                county_id=batch.county_id,
                batch=batch,
                sheet=row.sheet[:80],
                row_number=row.number,
                verdict=Verdict.SKIPPED,
                messages=[{"column": "", "text": row.reason}],
            )
            for row in rows
        ],
        batch_size=_BATCH,
        ignore_conflicts=True,
    )


def link_rows(links: Sequence[RowLink]) -> None:
    """Write down which register row each staged row became."""
    table = connection.ops.quote_name(StagedRow._meta.db_table)
    rows = [(link.object_kind, link.object_id, link.staged_id) for link in links]
    if not rows:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"UPDATE {table} SET object_kind = one.kind, object_id = one.object_id FROM "
                "unnest(%s::text[], %s::bigint[], %s::bigint[]) AS one (kind, object_id, id) "
                f"WHERE {table}.id = one.id",
                [list(column) for column in zip(*rows, strict=True)],
            )
        else:
            cursor.executemany(f"UPDATE {table} SET object_kind = %s, object_id = %s WHERE id = %s", rows)


def _contents(row: Row, verdict: RowVerdict) -> Mapping[str, Any]:
    if not verdict.differences:
        return {"cells": row.written}
    differences = [
        {"field": one.field, "before": _json(one.before), "after": _json(one.after)}
        for one in verdict.differences
    ]
    return {"cells": row.written, "differences": differences}


def _json(value: object) -> object:
    return orjson.loads(orjson.dumps(value, default=str))
