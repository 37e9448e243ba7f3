"""Writing batches: a file is opened, its rows are staged with their verdicts, then all of them count or none.

The order of an import: `open_batch`, `stage_rows` (as often as there are chunks), then in the transaction that writes
the rows `mark_applied`, or `mark_refused` when nothing was written.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

import orjson
from django.db import connection, transaction

from xiaoyuan.audit.actions import record_audit
from xiaoyuan.audit.actors import Actor
from xiaoyuan.intake.files import SourceFile
from xiaoyuan.intake.models import BatchStatus, ImportBatch, StagedRow, Verdict
from xiaoyuan.intake.queries import row_context
from xiaoyuan.vault.actions import seal_blobs

_CHUNK: Final = 1000


@dataclass(frozen=True, slots=True)
class RowRecord:
    """One row of a file as it is staged.

    `cells` is what the row said (JSON types, dates and decimals as text), `messages` are sentences or mappings with
    the sentence under "text" (no personal value: they are kept in the open). `row_number` is the row a person sees in
    their program, or the feature's number; with `sheet` (a layer's name) it is unique within the batch.
    """

    sheet: str
    row_number: int
    cells: Mapping[str, Any]
    verdict: Verdict
    messages: tuple[str | Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class RowLink:
    """Which row of the register a staged row became."""

    staged_id: int
    object_kind: str
    object_id: int


def open_batch(
    *,
    county_id: int,
    division_code: str,
    kind: str,
    file: SourceFile,
    actor: Actor,
    now: datetime,
    is_sample: bool = False,
    attribution: str = "",
) -> ImportBatch:
    """Open a batch for a file. `division_code` is the division that the import was asked for."""
    return ImportBatch.objects.create(
        county_id=county_id,
        division_code=division_code,
        kind=kind,
        file_name=file.name[-200:],
        file_sha256=file.sha256,
        attribution=attribution,
        is_sample=is_sample,
        actor_id=actor.user_id,
        actor_label=actor.label,
        created_at=now,
    )


def stage_rows(
    *, batch: ImportBatch, rows: Iterable[RowRecord], now: datetime, is_personal: bool = False
) -> list[int | None]:
    """Stage rows and return their ids in order: what `source_row_id` of a register row points at.

    Rows without a change (`Verdict.SAME`) are counted but not kept and have the id None: nothing in the register will
    point at them. Cells of personal ledgers are sealed in the vault under the batch's subject. Counts by verdict
    gather in `batch.counts`, which `mark_applied` and `mark_refused` save.
    """
    counts: Counter[str] = Counter(batch.counts)
    staged_ids: list[int | None] = []
    with transaction.atomic():
        for chunk in _chunks(rows):
            counts.update(str(row.verdict) for row in chunk)
            kept = iter(
                _insert(batch, [row for row in chunk if row.verdict != Verdict.SAME], is_personal, now)
            )
            staged_ids.extend(None if row.verdict == Verdict.SAME else next(kept) for row in chunk)
    batch.counts = dict(counts)
    return staged_ids


def mark_applied(*, batch: ImportBatch, actor: Actor, now: datetime, links: Iterable[RowLink] = ()) -> None:
    """Close a batch whose rows were written. Must run in the transaction that wrote them."""
    table = connection.ops.quote_name(StagedRow._meta.db_table)
    with transaction.atomic():
        with connection.cursor() as cursor:
            for chunk in _chunks(links):
                cursor.executemany(
                    f"UPDATE {table} SET object_kind = %s, object_id = %s WHERE id = %s",
                    [(link.object_kind, link.object_id, link.staged_id) for link in chunk],
                )
        batch.status = BatchStatus.APPLIED
        batch.applied_at = now
        _close(batch, actor, now, "intake.apply")


def mark_refused(*, batch: ImportBatch, actor: Actor, now: datetime, reason: str = "") -> None:
    """Close a batch of which nothing was written; its staged rows say why."""
    with transaction.atomic():
        batch.status = BatchStatus.REFUSED
        _close(batch, actor, now, "intake.refuse", reason)


def _close(batch: ImportBatch, actor: Actor, now: datetime, action: str, reason: str = "") -> None:
    batch.save(update_fields=["status", "applied_at", "counts"])
    record_audit(
        actor=actor,
        now=now,
        action=action,
        county_id=batch.county_id,
        object_kind="intake.importbatch",
        object_id=batch.pk,
        reason=reason,
        detail={"kind": batch.kind, "division": batch.division_code, "counts": batch.counts},
    )


def _insert(batch: ImportBatch, rows: list[RowRecord], is_personal: bool, now: datetime) -> list[int]:
    sealed: Iterator[bytes] = iter(())
    if is_personal:
        contents = ((row_context(row.sheet, row.row_number), orjson.dumps(row.cells)) for row in rows)
        sealed = seal_blobs(county_id=batch.county_id, subject=batch.subject, contents=contents, now=now)
    created = StagedRow.objects.bulk_create(
        [
            StagedRow(
                county_id=batch.county_id,
                batch=batch,
                sheet=row.sheet[:80],
                row_number=row.row_number,
                cells=None if is_personal else dict(row.cells),
                sealed_cells=next(sealed) if is_personal else None,
                verdict=row.verdict,
                messages=list(row.messages),
            )
            for row in rows
        ],
        batch_size=_CHUNK,
    )
    return [staged.pk for staged in created]


def _chunks(items: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, _CHUNK)):
        yield chunk
