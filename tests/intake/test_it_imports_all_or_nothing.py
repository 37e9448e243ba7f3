"""Rows are staged with their verdicts and applied in one transaction, or not at all; personal cells lie sealed."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from django.utils.translation import override

from tests.intake.workbooks import CLERK, TODAY, Orchard, write_book
from xiaoyuan.audit.models import AuditEntry
from xiaoyuan.intake.actions import RowRecord, open_batch, stage_rows
from xiaoyuan.intake.columns import ImportContext
from xiaoyuan.intake.files import SourceFile, source_file
from xiaoyuan.intake.importing import ImportReport, Outcome, import_ledger, place_of, preview
from xiaoyuan.intake.models import BatchStatus, ImportBatch, StagedRow, Verdict
from xiaoyuan.intake.queries import batches_of_division, latest_batch, staged_cells
from xiaoyuan.intake.reading import read_ledger
from xiaoyuan.vault.actions import erase_subject
from xiaoyuan.vault.errors import SubjectErased

pytestmark = pytest.mark.django_db
NOW = datetime.fromisoformat("2026-03-01T08:00:00+08:00")
CONTEXT = ImportContext(1, "520502103003", False, CLERK, NOW, TODAY)
ROWS = [["树号", "果种", "联系电话"], ["1", "梨", "13800138000"], ["2", "桃", ""]]


def run(
    tmp_path: Path, orchard: Orchard, rows: list[list[Any]], *, is_personal: bool = False
) -> ImportReport:
    return import_book(write_book(tmp_path / "trees.xlsx", {"树": rows}), orchard, is_personal=is_personal)


def import_book(path: Path, orchard: Orchard, *, is_personal: bool = False) -> ImportReport:
    ledger = read_ledger(path, (orchard.kind(is_personal=is_personal),), today=TODAY)
    return import_ledger(ledger, source_file(path), CONTEXT)


def test_good_rows_are_applied_and_linked(tmp_path: Path) -> None:
    orchard = Orchard()
    report = run(tmp_path, orchard, ROWS)
    assert (report.outcome, report.counts, orchard.planted) == (Outcome.APPLIED, {"new": 2}, ["1", "2"])
    batch = ImportBatch.objects.get()
    assert (batch.status, batch.counts, batch.applied_at) == (BatchStatus.APPLIED, {"new": 2}, NOW)
    assert (batch.file_name, batch.actor_id, batch.division_code) == ("trees.xlsx", 7, "520502103003")
    rows = StagedRow.objects.order_by("row_number")
    links = [(row.row_number, row.object_kind, row.object_id) for row in rows]
    assert links == [(2, "orchard.tree", 1), (3, "orchard.tree", 2)]
    assert AuditEntry.objects.filter(action="intake.apply", object_id=batch.pk).count() == 1


def test_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    orchard = Orchard()
    # Written once: a workbook holds the second in which it was saved.
    path = write_book(tmp_path / "trees.xlsx", {"树": ROWS})
    import_book(path, orchard)
    report = import_book(path, orchard)
    assert (report.outcome, report.counts) == (Outcome.UNCHANGED, {"same": 2})
    assert not StagedRow.objects.filter(batch_id=report.batch_id).exists()
    first, second = ImportBatch.objects.order_by("pk")
    assert first.file_sha256 == second.file_sha256


def test_one_faulty_row_keeps_all_out(tmp_path: Path) -> None:
    orchard = Orchard()
    report = run(tmp_path, orchard, [*ROWS, ["", "李", "x"]])
    assert (report.outcome, report.counts, orchard.planted) == (Outcome.REFUSED, {"new": 2, "error": 1}, [])
    with override("en"):
        assert [place_of(problem) for problem in report.problems] == [
            "sheet “树”, row 4, column “树号”",
            "sheet “树”, row 4, column “联系电话”",
        ]
    batch = ImportBatch.objects.get()
    assert (batch.status, batch.applied_at) == (BatchStatus.REFUSED, None)
    assert batch.rows.get(verdict=Verdict.ERROR).messages[0]["column"] == "树号"


def test_a_fault_while_applying_leaves_no_trace(tmp_path: Path) -> None:
    orchard = Orchard()
    orchard.fails = True
    with pytest.raises(RuntimeError):
        run(tmp_path, orchard, ROWS)
    assert not ImportBatch.objects.exists()
    assert not AuditEntry.objects.exists()


def test_a_preview_writes_nothing(tmp_path: Path) -> None:
    orchard = Orchard()
    path = write_book(tmp_path / "trees.xlsx", {"树": ROWS})
    report = preview(read_ledger(path, (orchard.kind(),), today=TODAY), CONTEXT)
    assert (report.outcome, report.counts, report.batch_id) == (Outcome.PREVIEWED, {"new": 2}, None)
    assert not ImportBatch.objects.exists()


def test_personal_cells_lie_sealed(tmp_path: Path) -> None:
    report = run(tmp_path, Orchard(), ROWS, is_personal=True)
    first, second = StagedRow.objects.filter(batch_id=report.batch_id).order_by("row_number")
    assert first.cells is None
    assert b"13800138000" not in bytes(first.sealed_cells or b"")
    assert staged_cells(first) == {"cells": {"树号": "1", "果种": "梨", "联系电话": "13800138000"}}
    first.sealed_cells, second.sealed_cells = second.sealed_cells, first.sealed_cells
    with pytest.raises(InvalidTag):  # cells of two rows cannot be exchanged
        staged_cells(first)
    erase_subject(county_id=1, subject=first.batch.subject, actor=CLERK, reason="retention", now=NOW)
    with pytest.raises(SubjectErased):
        staged_cells(second)


def test_open_cells_of_other_ledgers(tmp_path: Path) -> None:
    report = run(tmp_path, Orchard(), [["树号", "果种"], ["1", "梨"]])
    assert staged_cells(StagedRow.objects.get(batch_id=report.batch_id)) == {
        "cells": {"树号": "1", "果种": "梨"}
    }


def test_rows_are_staged_in_chunks_and_keep_their_order() -> None:
    batch = open_batch(
        county_id=1, division_code="52", kind="x", file=SourceFile("f.csv", "0" * 64, 1), actor=CLERK, now=NOW
    )
    rows = [
        RowRecord("", at, {"at": at}, Verdict.SAME if at % 3 == 0 else Verdict.NEW) for at in range(1, 2501)
    ]
    staged = stage_rows(batch=batch, rows=rows, now=NOW)
    assert len(staged) == 2500
    numbers = StagedRow.objects.in_bulk([one for one in staged if one])
    assert [None if one is None else numbers[one].row_number for one in staged] == [
        None if row.verdict == Verdict.SAME else row.row_number for row in rows
    ]
    assert batch.counts == {"new": 1667, "same": 833}


def test_batches_are_found_by_division(tmp_path: Path) -> None:
    report = run(tmp_path, Orchard(), ROWS)
    assert [batch.pk for batch in batches_of_division("520502")] == [report.batch_id]
    found = latest_batch("520502103", "trees")
    assert found is not None
    assert found.pk == report.batch_id
    assert latest_batch("520527", "trees") is None
