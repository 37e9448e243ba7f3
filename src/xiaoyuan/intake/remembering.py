"""Layouts that a person confirmed: the next file with the same headings, there or below, needs no questions."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from xiaoyuan.audit.actions import record_audit
from xiaoyuan.audit.actors import Actor
from xiaoyuan.intake.layouts import FileMapping
from xiaoyuan.intake.models import ImportBatch, LedgerLayout
from xiaoyuan.lib import divisions


def remember_layouts(batch: ImportBatch, mapping: FileMapping, actor: Actor, now: datetime) -> None:
    """Keep what a person confirmed of each sheet's layout, for the division of the batch and all below it."""
    with transaction.atomic():
        for sheet in mapping.sheets:
            layout, _is_new = LedgerLayout.objects.update_or_create(
                county_id=batch.county_id,
                division_code=batch.division_code,
                fingerprint=sheet.fingerprint,
                defaults={
                    "kind": mapping.kind_key,
                    "columns": sheet.by_heading(),
                    "confirmed_by_label": actor.label,
                    "confirmed_at": now,
                },
            )
            record_audit(
                actor=actor,
                now=now,
                action="intake.remember_layout",
                county_id=batch.county_id,
                object_kind="intake.ledgerlayout",
                object_id=layout.pk,
                detail={"kind": mapping.kind_key, "division": batch.division_code, "batch": batch.pk},
            )


def known_layout(
    county_id: int, division_code: str, kind_key: str, fingerprint: str
) -> Mapping[str, str] | None:
    """Return what was confirmed of a layout (choice by heading) in the division or the nearest one around it."""
    around = divisions.ancestors(division_code)
    found = LedgerLayout.objects.filter(
        county_id=county_id,
        division_code__in=[division_code, *around],
        kind=kind_key,
        fingerprint=fingerprint,
    )
    # A code begins with the codes of all divisions around it, so the nearest one has the longest.
    nearest = max(found, key=lambda layout: len(layout.division_code), default=None)
    return None if nearest is None else {str(key): str(choice) for key, choice in nearest.columns.items()}
