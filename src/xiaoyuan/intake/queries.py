"""Reading batches: what was imported into a division, how far it is, and what a staged row said."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from django.db.models import Q, QuerySet

from xiaoyuan.intake.cells import as_text, is_blank
from xiaoyuan.intake.layouts import SheetMapping, from_json
from xiaoyuan.intake.models import BatchStatus, FilePage, ImportBatch, StagedRow, Verdict
from xiaoyuan.intake.pages import chunk_of
from xiaoyuan.intake.sheets import LostValue, RawCell
from xiaoyuan.lib import divisions
from xiaoyuan.vault.actions import open_blob


@dataclass(frozen=True)
class ProgressOfBatch:
    """How far the work on a batch is: rows done of all, of all its passes together; `total` 0 when unknown."""

    status: BatchStatus
    done: int
    total: int
    failure: str

    @property
    def is_working(self) -> bool:
        """Whether a program works on it, so that a page should ask again."""
        return self.status in (
            BatchStatus.READING,
            BatchStatus.STAGING,
            BatchStatus.APPLYING,
            BatchStatus.ROLLING_BACK,
        )

    @property
    def percent(self) -> int:
        """How far, 0 to 100."""
        return min(100, 100 * self.done // self.total) if self.total else 0


def progress(batch: ImportBatch) -> ProgressOfBatch:
    """Return how far the work on a batch is now."""
    fresh = ImportBatch.objects.values_list("status", "progress_done", "progress_total", "failure")
    status, done, total, failure = fresh.get(pk=batch.pk)
    return ProgressOfBatch(BatchStatus(status), done, total, failure)


def batches_of_division(code: str) -> QuerySet[ImportBatch]:
    """Return the imports into a division and all below it, the newest first."""
    return ImportBatch.objects.filter(**divisions.range_below(code)).order_by("-created_at", "-pk")


def latest_batch(code: str, kind: str) -> ImportBatch | None:
    """Return the newest applied import of a kind into a division or below it: where a figure's source is named."""
    applied = batches_of_division(code).filter(kind=kind, applied_at__isnull=False)
    return applied.exclude(status=BatchStatus.ROLLED_BACK).first()


def applied_before(batch: ImportBatch) -> ImportBatch | None:
    """Return an earlier import of the same bytes into the same division that still holds."""
    same = ImportBatch.objects.filter(
        county_id=batch.county_id,
        division_code=batch.division_code,
        file_sha256=batch.file_sha256,
        status=BatchStatus.APPLIED,
    )
    return same.exclude(pk=batch.pk).order_by("-applied_at").first()


def staged_cells(row: StagedRow) -> dict[str, Any]:
    """Return what a staged row said, by heading; opens the vault, so the caller audits why.

    Rows that a person had to look at carry their cells with them, with differences; those of others are read from
    the file's pages. Raises `SubjectErased` when the batch's key was destroyed.
    """
    return staged_cells_of([row])[row.pk]


def staged_cells_of(rows: Iterable[StagedRow]) -> dict[int, dict[str, Any]]:
    """Return what staged rows said, by their id; each page of a file is opened once."""
    found: dict[int, dict[str, Any]] = {}
    paged: dict[int, list[StagedRow]] = defaultdict(list)
    for row in rows:
        if row.sealed_cells is not None:
            found[row.pk] = _sealed(row)
        elif row.cells is not None:
            found[row.pk] = dict(row.cells)
        else:
            found[row.pk] = {"cells": {}}
            paged[row.batch_id].append(row)
    for of_batch in paged.values():
        found.update(_from_pages(of_batch))
    return found


def row_context(sheet: str, row_number: int) -> str:
    """Return the name under which a row's cells are sealed, so that rows cannot be exchanged."""
    return f"staged:{sheet[:80]}:{row_number}"


def _sealed(row: StagedRow) -> dict[str, Any]:
    batch = row.batch
    content = open_blob(
        county_id=batch.county_id,
        subject=batch.subject,
        name=row_context(row.sheet, row.row_number),
        sealed=bytes(row.sealed_cells or b""),
    )
    return dict(orjson.loads(content))


def _from_pages(rows: list[StagedRow]) -> dict[int, dict[str, Any]]:
    batch = rows[0].batch
    if not batch.mapping:
        return {}
    sheets = {sheet.sheet[:80]: sheet for sheet in from_json(batch.mapping).sheets}
    by_index: dict[int, list[StagedRow]] = defaultdict(list)
    for row in rows:
        if row.verdict != Verdict.ABSENT and row.sheet in sheets:
            by_index[sheets[row.sheet].sheet_index].append(row)
    found: dict[int, dict[str, Any]] = {}
    for sheet_index, wanted in by_index.items():
        pages = FilePage.objects.filter(batch=batch, sheet_index=sheet_index)
        places = list(pages.order_by("first_row").values_list("first_row", "row_count"))
        starts = {
            first for first, count in places if any(first < row.row_number <= first + count for row in wanted)
        }
        for page in pages.filter(Q(first_row__in=starts)):
            chunk = chunk_of(batch, page)
            for row in wanted:
                at = row.row_number - 1 - page.first_row
                if 0 <= at < len(chunk.rows):
                    found[row.pk] = {"cells": _written(chunk.rows[at], sheets[row.sheet])}
    return found


def _written(cells: Any, sheet: SheetMapping) -> dict[str, str]:
    return {
        column.heading: _text(cells[column.position])
        for column in sheet.columns
        if column.position < len(cells) and not column.is_left_out and not _is_empty(cells[column.position])
    }


def _is_empty(cell: RawCell) -> bool:
    return not isinstance(cell, LostValue) and is_blank(cell)


def _text(cell: RawCell) -> str:
    return cell.sign if isinstance(cell, LostValue) else as_text(cell)
