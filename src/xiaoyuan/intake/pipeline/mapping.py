"""What a file is: read into pages, its columns proposed, and confirmed by a person when there is a question."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from xiaoyuan.audit.actions import record_audit
from xiaoyuan.audit.actors import SYSTEM, Actor
from xiaoyuan.intake.batch_errors import ColumnsUnclear, NotAtThisStep
from xiaoyuan.intake.files import SOURCE
from xiaoyuan.intake.kinds import ledger_kind, ledger_kinds
from xiaoyuan.intake.layouts import FileMapping, as_json, from_json
from xiaoyuan.intake.models import BatchStatus, ImportBatch
from xiaoyuan.intake.pages import Heads, PageWriter, heads_of, sheets_of, store_sheets
from xiaoyuan.intake.pipeline.receiving import forget_contents
from xiaoyuan.intake.pipeline.steps import Progress, Tick, enter, leading_back, locked, silent
from xiaoyuan.intake.recognising import propose, with_choices
from xiaoyuan.intake.remembering import known_layout, remember_layouts
from xiaoyuan.intake.sheets import SheetInfo
from xiaoyuan.intake.sources.reading import read_source
from xiaoyuan.vault.files import unsealed

__all__ = ["confirm_mapping", "heads_of", "mapping_of", "read_batch"]


def read_batch(batch_id: int, *, on_progress: Tick = silent) -> ImportBatch:
    """Read the file of a batch into pages and propose what it is: then STAGING, or MAPPING when there are questions.

    An interrupted reading begins anew. Raises `FileRefused`; then nothing of the file is kept but the sentence.
    """
    now = timezone.now()
    batch = enter(batch_id, BatchStatus.READING, coming_from=())

    def forget() -> None:
        forget_contents(batch, actor=SYSTEM, now=now, reason="refused")
        record_audit(
            actor=SYSTEM,
            now=now,
            action="intake.refuse",
            county_id=batch.county_id,
            object_kind="intake.importbatch",
            object_id=batch.pk,
        )

    with leading_back(batch.pk, BatchStatus.READING, to=BatchStatus.REFUSED, then=forget):
        batch.pages.all().delete()
        sheets, heads = _store(batch, now, Progress(batch.pk, on_progress))
        _save(batch, _proposed(batch, sheets, heads, batch.kind))
    return batch


def mapping_of(batch: ImportBatch) -> FileMapping:
    """Return which column means what, as proposed or confirmed (without examples).

    Raises `NotAtThisStep` of a batch whose file was not read.
    """
    if not batch.mapping:
        raise NotAtThisStep(batch.status)
    return from_json(batch.mapping)


def confirm_mapping(
    *,
    batch: ImportBatch,
    choices: Mapping[tuple[int, int], str],
    kind_key: str,
    left_out_sheets: Collection[int] = (),
    actor: Actor,
    now: datetime,
) -> FileMapping:
    """Take over what a person chose: `(sheet index, column position)` to a column's key, "" or `LEFT_OUT`.

    The batch is at STAGING afterwards and the layout is known from now on. Raises `ColumnsUnclear` while questions
    are open (they are kept with the batch), `NotAtThisStep`, or `FileRefused`. Of a batch that was compared already,
    the verdicts go.
    """
    kind = ledger_kind(kind_key)
    with transaction.atomic():
        batch = locked(batch.pk)
        if batch.status not in (BatchStatus.MAPPING, BatchStatus.STAGED):
            raise NotAtThisStep(batch.status)
        sheets, heads = sheets_of(batch), heads_of(batch)
        mapping = mapping_of(batch)
        if kind_key != mapping.kind_key:
            mapping = _proposed(batch, sheets, heads, kind_key)
        mapping = with_choices(mapping, sheets, heads, kind, choices, left_out_sheets)
        batch.rows.all().delete()
        batch.blocks.all().delete()
        batch.failure = ""
        _save(batch, mapping)
        if not mapping.questions:
            remember_layouts(batch, mapping, actor, now)
    if mapping.questions:
        raise ColumnsUnclear(tuple(mapping.questions))
    return mapping


def _store(batch: ImportBatch, now: datetime, progress: Progress) -> tuple[tuple[SheetInfo, ...], Heads]:
    with (
        unsealed(
            county_id=batch.county_id, subject=batch.subject, name=SOURCE, shown_name=batch.file_name
        ) as path,
        read_source(path, name=batch.file_name) as source,
    ):
        sheets = tuple(source.sheets)
        total = sum(sheet.row_count for sheet in sheets)
        writer = PageWriter(batch, now)
        for page in source.pages():
            writer.add(page)
            progress.tick(min(writer.rows, total), total)
        writer.flush()
        progress.tick(total, total)
    store_sheets(batch, sheets, now)
    return sheets, writer.heads


def _proposed(batch: ImportBatch, sheets: tuple[SheetInfo, ...], heads: Heads, kind_key: str) -> FileMapping:
    def known(key: str, fingerprint: str) -> Mapping[str, str] | None:
        return known_layout(batch.county_id, batch.division_code, key, fingerprint)

    return propose(sheets, heads, ledger_kinds(), kind_key=kind_key, known=known, name=batch.file_name)


def _save(batch: ImportBatch, mapping: FileMapping) -> None:
    batch.kind = mapping.kind_key
    batch.mapping = as_json(mapping)
    batch.status = BatchStatus.MAPPING if mapping.questions else BatchStatus.STAGING
    batch.progress_done = batch.progress_total = 0
    batch.counts = {}
    batch.save(
        update_fields=[
            "kind", "mapping", "sheets", "status", "failure", "counts", "progress_done", "progress_total"
        ]
    )  # fmt: skip
