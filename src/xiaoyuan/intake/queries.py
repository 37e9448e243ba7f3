"""Reading batches: what was imported into a division, and what a staged row said."""

from typing import Any

import orjson
from django.db.models import QuerySet

from xiaoyuan.intake.models import ImportBatch, StagedRow
from xiaoyuan.lib import divisions
from xiaoyuan.vault.actions import open_blob


def batches_of_division(code: str) -> QuerySet[ImportBatch]:
    """Return the imports into a division and all below it, the newest first."""
    return ImportBatch.objects.filter(**divisions.range_below(code)).order_by("-created_at", "-pk")


def latest_batch(code: str, kind: str) -> ImportBatch | None:
    """Return the newest applied import of a kind into a division or below it: where a figure's source is named."""
    return batches_of_division(code).filter(kind=kind, applied_at__isnull=False).first()


def staged_cells(row: StagedRow) -> dict[str, Any]:
    """Return what a staged row said; opens the vault for rows of personal ledgers, so the caller audits why.

    Raises `SubjectErased` when the batch's key was destroyed.
    """
    if row.sealed_cells is None:
        return dict(row.cells or {})
    batch = row.batch
    content = open_blob(
        county_id=batch.county_id,
        subject=batch.subject,
        name=row_context(row.sheet, row.row_number),
        sealed=bytes(row.sealed_cells),
    )
    return dict(orjson.loads(content))


def row_context(sheet: str, row_number: int) -> str:
    """Return the name under which a row's cells are sealed, so that rows cannot be exchanged."""
    return f"staged:{sheet[:80]}:{row_number}"
