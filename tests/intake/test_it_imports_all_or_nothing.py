"""A file is compared and written in one transaction, or not at all; personal cells lie sealed."""

from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from django.utils.translation import override

from tests.intake.batches import NOW, imported, offer, read, trees
from tests.intake.workbooks import CLERK, Orchard
from xiaoyuan.audit.models import AuditEntry
from xiaoyuan.history.models import Revision
from xiaoyuan.intake.actions import RowRecord, open_batch, stage_rows
from xiaoyuan.intake.batch_errors import StrangeFault
from xiaoyuan.intake.files import SourceFile
from xiaoyuan.intake.models import BatchStatus, FilePage, ImportBatch, StagedRow, Verdict
from xiaoyuan.intake.pipeline import Outcome, preview, remove_batch
from xiaoyuan.intake.queries import applied_before, batches_of_division, latest_batch, staged_cells
from xiaoyuan.vault.actions import erase_subject
from xiaoyuan.vault.errors import SubjectErased
from xiaoyuan.vault.files import sealed_path
from xiaoyuan.vault.models import SubjectKey

pytestmark = pytest.mark.django_db
ROWS: list[list[Any]] = [["树号", "果种", "联系电话"], ["1", "梨", "13800138000"], ["2", "桃", ""]]


def test_good_rows_are_applied_and_linked(tmp_path: Path, orchard: Orchard) -> None:
    report = imported(trees(tmp_path / "trees.xlsx", ROWS))
    assert (report.outcome, report.counts, orchard.planted) == (Outcome.APPLIED, {"new": 2}, ["1", "2"])
    batch = ImportBatch.objects.get()
    assert (batch.status, batch.counts, batch.applied_at) == (BatchStatus.APPLIED, {"new": 2}, NOW)
    assert (batch.file_name, batch.actor_id, batch.division_code) == ("trees.xlsx", 7, "520502103003")
    rows = StagedRow.objects.order_by("row_number")
    links = [(row.row_number, row.object_kind, row.object_id) for row in rows]
    assert links == [(2, "orchard.tree", 1), (3, "orchard.tree", 2)]
    assert AuditEntry.objects.filter(action="intake.apply", object_id=batch.pk).count() == 1
    revision = Revision.objects.get(object_kind="intake.importbatch", object_id=batch.pk)
    assert revision.pk == batch.revision_id


def test_the_same_file_again_changes_nothing(tmp_path: Path, orchard: Orchard) -> None:
    # Written once: a workbook holds the second in which it was saved.
    path = trees(tmp_path / "trees.xlsx", ROWS)
    imported(path)
    report = imported(path)
    assert (report.outcome, report.counts) == (Outcome.UNCHANGED, {"same": 2})
    assert not StagedRow.objects.filter(batch_id=report.batch_id).exists()
    first, second = ImportBatch.objects.order_by("pk")
    assert first.file_sha256 == second.file_sha256
    assert applied_before(second) == first
    assert applied_before(first) == second


def test_one_faulty_row_keeps_all_out(tmp_path: Path, orchard: Orchard) -> None:
    report = imported(trees(tmp_path / "trees.xlsx", [*ROWS, ["", "李", "x"]]))
    assert (report.outcome, report.counts, orchard.planted) == (Outcome.REFUSED, {"new": 2, "error": 1}, [])
    assert [(one.sheet, one.row_number, one.column) for one in report.problems] == [
        ("树", 4, "树号"),
        ("树", 4, "联系电话"),
    ]
    batch = ImportBatch.objects.get()
    assert (batch.status, batch.applied_at, batch.revision_id) == (BatchStatus.STAGED, None, None)
    assert batch.rows.get(verdict=Verdict.ERROR).messages[0]["column"] == "树号"
    assert not Revision.objects.exists()


def test_a_fault_while_applying_writes_nothing_and_says_a_number(tmp_path: Path, orchard: Orchard) -> None:
    orchard.fails = True
    with override("en"), pytest.raises(StrangeFault, match=r"the number [0-9a-f]{8}\.") as raised:
        imported(trees(tmp_path / "trees.xlsx", ROWS))
    batch = ImportBatch.objects.get()
    assert (batch.status, batch.failure) == (BatchStatus.MAPPING, str(raised.value))
    assert not batch.rows.exists()
    assert not Revision.objects.exists()
    assert not AuditEntry.objects.filter(action="intake.apply").exists()


def test_a_preview_leaves_nothing(tmp_path: Path, orchard: Orchard) -> None:
    batch = read(trees(tmp_path / "trees.xlsx", ROWS))
    report = preview(batch_id=batch.pk, actor=CLERK, now=NOW)
    assert (report.outcome, report.counts, report.batch_id) == (Outcome.PREVIEWED, {"new": 2}, None)
    assert not batch.rows.exists()
    remove_batch(batch=batch, actor=CLERK, now=NOW)
    assert not ImportBatch.objects.exists()
    assert not FilePage.objects.exists()
    assert SubjectKey.objects.get().wrapped_key is None


def test_cells_of_rows_to_look_at_lie_sealed(tmp_path: Path, orchard: Orchard) -> None:
    report = imported(trees(tmp_path / "trees.xlsx", [ROWS[0], ["", "梨", "13800138000"], ["", "桃", ""]]))
    first, second = StagedRow.objects.filter(batch_id=report.batch_id).order_by("row_number")
    assert first.cells is None
    assert b"13800138000" not in bytes(first.sealed_cells or b"")
    assert staged_cells(first) == {"cells": {"果种": "梨", "联系电话": "13800138000"}}
    first.sealed_cells, second.sealed_cells = second.sealed_cells, first.sealed_cells
    with pytest.raises(InvalidTag):  # cells of two rows cannot be exchanged
        staged_cells(first)
    second.refresh_from_db()
    erase_subject(county_id=1, subject=first.batch.subject, actor=CLERK, reason="retention", now=NOW)
    with pytest.raises(SubjectErased):
        staged_cells(second)


def test_cells_of_new_rows_are_read_from_the_sealed_pages(tmp_path: Path, orchard: Orchard) -> None:
    imported(trees(tmp_path / "trees.xlsx", ROWS))
    first, _second = StagedRow.objects.order_by("row_number")
    assert (first.cells, first.sealed_cells) == (None, None)
    assert staged_cells(first) == {"cells": {"树号": "1", "果种": "梨", "联系电话": "13800138000"}}
    pages = [bytes(page.sealed) for page in FilePage.objects.all()]
    path = sealed_path(first.batch.subject, "source")
    assert not any(b"13800138000" in content for content in [*pages, path.read_bytes()])
    erase_subject(county_id=1, subject=first.batch.subject, actor=CLERK, reason="retention", now=NOW)
    with pytest.raises(SubjectErased):
        staged_cells(first)


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


def test_batches_are_found_by_division(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(settings, monkeypatch, Orchard().kind())
    report = imported(trees(tmp_path / "trees.xlsx", ROWS))
    assert [batch.pk for batch in batches_of_division("520502")] == [report.batch_id]
    found = latest_batch("520502103", "trees")
    assert found is not None
    assert found.pk == report.batch_id
    assert latest_batch("520527", "trees") is None
