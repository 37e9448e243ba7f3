"""A file comes in and lies sealed; it can be thrown away again with everything that it said."""

import hashlib
import uuid
from datetime import datetime
from pathlib import PurePath
from typing import BinaryIO, Final, cast

from django.db import transaction

from xiaoyuan.audit.actions import record_audit
from xiaoyuan.audit.actors import Actor
from xiaoyuan.intake.batch_errors import NotAtThisStep
from xiaoyuan.intake.errors import WorkbookTooLarge
from xiaoyuan.intake.files import SHEETS, SOURCE
from xiaoyuan.intake.kinds import ledger_kind
from xiaoyuan.intake.models import BatchStatus, ImportBatch, StagedBlock
from xiaoyuan.intake.pipeline.steps import locked
from xiaoyuan.intake.sources.limits import Limits
from xiaoyuan.vault.actions import erase_subject
from xiaoyuan.vault.files import forget_file, seal_file

FILE_LIMIT_MB: Final = Limits().file_mb

_MB: Final = 1024 * 1024
_KEPT: Final = (BatchStatus.APPLIED, BatchStatus.APPLYING, BatchStatus.ROLLING_BACK, BatchStatus.ROLLED_BACK)


class _Counted:
    """A stream that hashes and counts what passes through, and refuses to go on past the limit."""

    def __init__(self, source: BinaryIO, name: str) -> None:
        self.digest = hashlib.sha256()
        self.size = 0
        self._source, self._name = source, name

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, fewer only at the end."""
        parts: list[bytes] = []
        wanted = size
        while wanted and (part := self._source.read(wanted)):
            parts.append(part)
            wanted -= len(part)
        content = b"".join(parts)
        self.digest.update(content)
        self.size += len(content)
        if self.size > FILE_LIMIT_MB * _MB:
            raise WorkbookTooLarge(self._name, self.size // _MB, FILE_LIMIT_MB)
        return content


def receive_file(
    *,
    source: BinaryIO,
    file_name: str,
    county_id: int,
    division_code: str,
    is_sample: bool,
    actor: Actor,
    now: datetime,
    kind_key: str = "",
) -> ImportBatch:
    """Seal a file as it streams in and open its batch. `kind_key` says which ledger it is, "" to have it recognised.

    Raises `WorkbookTooLarge` or `UnknownKind`. A file that was applied before is received again:
    `intake.queries.applied_before` says so.
    """
    if kind_key:
        ledger_kind(kind_key)
    name = PurePath(file_name.replace("\\", "/")).name[-200:]
    subject = uuid.uuid4()
    counted = _Counted(source, name)
    try:
        with transaction.atomic():
            seal_file(
                county_id=county_id, subject=subject, name=SOURCE, source=cast(BinaryIO, counted), now=now
            )
            batch = ImportBatch.objects.create(
                county_id=county_id,
                division_code=division_code,
                kind=kind_key,
                file_name=name,
                file_sha256=counted.digest.hexdigest(),
                file_size=counted.size,
                is_sample=is_sample,
                subject=subject,
                status=BatchStatus.READING,
                actor_id=actor.user_id,
                actor_label=actor.label,
                created_at=now,
            )
            _audit(batch, "intake.receive", actor, now)
    except BaseException:
        forget_file(subject=subject, name=SOURCE)
        raise
    return batch


def discard_batch(*, batch_id: int, actor: Actor, now: datetime) -> ImportBatch:
    """Throw an import away that was never applied: its key is destroyed, so that no copy can be read either."""
    with transaction.atomic():
        batch = locked(batch_id)
        if batch.status in (*_KEPT, BatchStatus.DISCARDED):
            raise NotAtThisStep(batch.status)
        forget_contents(batch, actor=actor, now=now, reason="discarded")
        batch.status = BatchStatus.DISCARDED
        batch.failure = ""
        batch.save(update_fields=["status", "failure"])
        _audit(batch, "intake.discard", actor, now)
    return batch


def remove_batch(*, batch: ImportBatch, actor: Actor, now: datetime) -> None:
    """Remove a batch of which nothing shall remain: a preview."""
    with transaction.atomic():
        forget_contents(batch, actor=actor, now=now, reason="preview")
        batch.delete()


def forget_contents(batch: ImportBatch, *, actor: Actor, now: datetime, reason: str) -> None:
    """Destroy the key of a batch and remove what lay under it. Must run in a transaction."""
    erase_subject(county_id=batch.county_id, subject=batch.subject, actor=actor, reason=reason, now=now)
    batch.pages.all().delete()
    batch.rows.all().delete()
    StagedBlock.objects.filter(batch=batch).delete()
    subject = batch.subject

    def remove_files() -> None:
        forget_file(subject=subject, name=SOURCE)
        forget_file(subject=subject, name=SHEETS)

    transaction.on_commit(remove_files)


def _audit(batch: ImportBatch, action: str, actor: Actor, now: datetime) -> None:
    record_audit(
        actor=actor,
        now=now,
        action=action,
        county_id=batch.county_id,
        object_kind="intake.importbatch",
        object_id=batch.pk,
        detail={"division": batch.division_code, "sha256": batch.file_sha256, "size": batch.file_size},
    )
