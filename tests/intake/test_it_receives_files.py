"""A file is sealed as it streams in, limited in size, refused with a sentence, thrown away with its key."""

import hashlib
import io
from pathlib import Path

import pytest

from tests.intake.batches import NOW, VILLAGE, imported, read, received, trees
from tests.intake.workbooks import CLERK, Orchard
from xiaoyuan.audit.models import AuditEntry
from xiaoyuan.intake import tasks
from xiaoyuan.intake.batch_errors import NotAtThisStep
from xiaoyuan.intake.errors import FileRefused, UnknownKind, WorkbookTooLarge
from xiaoyuan.intake.models import BatchStatus, FilePage, ImportBatch, StagedRow
from xiaoyuan.intake.pipeline import discard_batch, read_batch, receive_file, stage_batch
from xiaoyuan.vault.files import open_file, sealed_path
from xiaoyuan.vault.models import SubjectKey

ROWS = [["树号", "果种"], ["1", "梨"], ["2", "桃"]]


def files_of(batch: ImportBatch) -> list[Path]:
    return list(sealed_path(batch.subject, "x").parent.glob(f"{batch.subject.hex}*"))


def receive(source: io.BytesIO, **options: str) -> ImportBatch:
    return receive_file(
        source=source, file_name="C:\\台账\\trees.csv", county_id=1, division_code=VILLAGE, is_sample=False,
        actor=CLERK, now=NOW, **options,
    )  # fmt: skip


@pytest.mark.django_db
def test_a_file_is_sealed_and_known_by_its_hash(orchard: Orchard) -> None:
    content = "树号,果种\n1,梨\n".encode() * 200_000  # more than two blocks
    batch = receive(io.BytesIO(content))
    assert (batch.status, batch.file_name, batch.file_size) == ("reading", "trees.csv", len(content))
    assert batch.file_sha256 == hashlib.sha256(content).hexdigest()
    assert b"".join(open_file(county_id=1, subject=batch.subject, name="source")) == content
    assert "1,梨\n1,梨\n".encode() not in files_of(batch)[0].read_bytes()
    assert AuditEntry.objects.filter(action="intake.receive", object_id=batch.pk).count() == 1


@pytest.mark.django_db
def test_a_file_above_the_limit_leaves_nothing(orchard: Orchard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xiaoyuan.intake.pipeline.receiving.FILE_LIMIT_MB", 2)
    at_limit = receive(io.BytesIO(b"x" * 2 * 1024 * 1024))
    assert files_of(at_limit)
    monkeypatch.setattr("xiaoyuan.intake.pipeline.receiving.uuid.uuid4", lambda: at_limit.subject)
    with pytest.raises(WorkbookTooLarge, match=r"trees\.csv"):
        receive(io.BytesIO(b"x" * (2 * 1024 * 1024 + 1)))
    assert ImportBatch.objects.count() == 1
    assert files_of(at_limit) == []


@pytest.mark.django_db
def test_an_unknown_kind_is_refused_before_anything_is_kept(orchard: Orchard) -> None:
    with pytest.raises(UnknownKind):
        receive(io.BytesIO(b"x"), kind_key="birds")
    assert not ImportBatch.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_file_that_is_no_ledger_leaves_its_sentence_only(tmp_path: Path, orchard: Orchard) -> None:
    path = tmp_path / "trees.xlsx"
    path.write_bytes(b"PK\x03\x04 and nothing else")
    batch = received(path)
    with pytest.raises(FileRefused, match=r"trees\.xlsx") as raised:
        read_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.status, batch.failure) == (BatchStatus.REFUSED, str(raised.value))
    assert SubjectKey.objects.get(subject=batch.subject).wrapped_key is None
    assert files_of(batch) == []
    with pytest.raises(NotAtThisStep):
        read_batch(batch.pk)


@pytest.mark.django_db(transaction=True)
def test_a_discarded_import_cannot_be_read_any_more(tmp_path: Path, orchard: Orchard) -> None:
    batch = stage_batch(read(trees(tmp_path / "trees.xlsx", ROWS)).pk)
    assert len(files_of(batch)) == 2
    discard_batch(batch_id=batch.pk, actor=CLERK, now=NOW)
    batch.refresh_from_db()
    assert batch.status == BatchStatus.DISCARDED
    assert SubjectKey.objects.get(subject=batch.subject).wrapped_key is None
    assert (files_of(batch), FilePage.objects.count(), StagedRow.objects.count()) == ([], 0, 0)
    assert not batch.blocks.exists()


@pytest.mark.django_db
def test_an_applied_import_is_not_discarded(tmp_path: Path, orchard: Orchard) -> None:
    report = imported(trees(tmp_path / "trees.xlsx", ROWS))
    assert report.batch_id is not None
    with pytest.raises(NotAtThisStep):
        discard_batch(batch_id=report.batch_id, actor=CLERK, now=NOW)
    assert FilePage.objects.exists()


@pytest.mark.django_db
def test_a_task_leaves_its_refusal_in_the_batch(tmp_path: Path, orchard: Orchard) -> None:
    path = tmp_path / "trees.xlsx"
    path.write_bytes(b"no workbook")
    batch = received(path)
    tasks.read_and_stage.enqueue(batch.pk)
    batch.refresh_from_db()
    assert batch.status == BatchStatus.REFUSED
    assert "trees.xlsx" in batch.failure


@pytest.mark.django_db
def test_a_task_reads_and_compares(tmp_path: Path, orchard: Orchard) -> None:
    batch = received(trees(tmp_path / "trees.xlsx", ROWS))
    tasks.read_and_stage.enqueue(batch.pk)
    batch.refresh_from_db()
    assert (batch.status, batch.counts, batch.failure) == (BatchStatus.STAGED, {"new": 2}, "")
