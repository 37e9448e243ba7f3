"""Uploads in parts: a phone that lost the network goes on where the server stopped. Parts are sealed at rest."""

import hashlib
import io
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from django.db import transaction

from xiaoyuan.attachments.actions import store_photo, store_voice
from xiaoyuan.attachments.choices import AttachmentKind
from xiaoyuan.attachments.cleaning import LARGEST_PHOTO, LARGEST_VOICE
from xiaoyuan.attachments.errors import NotYours, TooLarge, UploadBroken, WrongOffset
from xiaoyuan.attachments.models import Attachment, Upload
from xiaoyuan.audit.actors import Actor
from xiaoyuan.vault.actions import open_blob, seal_blob

KEPT: Final = timedelta(days=7)
_NAMES: Final = UUID("5b1f0a52-6c53-5f0e-9c7a-0f4f1f7f2c11")


def _subject(upload: Upload) -> UUID:
    return uuid5(_NAMES, str(upload.county_id))


def _name(upload: Upload, offset: int) -> str:
    return f"upload:{upload.pk}:{offset}"


@transaction.atomic
def begin_upload(
    *,
    county_id: int,
    division_code: str,
    is_sample: bool,
    key: str,
    size: int,
    sha256: str,
    kind: AttachmentKind,
    actor: Actor,
    now: datetime,
) -> Upload:
    """Announce a file; the same key again returns the upload as far as it came. Raises `TooLarge`, `NotYours`."""
    largest = LARGEST_PHOTO if kind == AttachmentKind.PHOTO else LARGEST_VOICE
    if not 0 < size <= largest:
        raise TooLarge
    if actor.user_id is None or not key or len(key) > 60 or len(sha256) != 64:
        raise NotYours
    upload, _is_new = Upload.objects.get_or_create(
        by_user_id=actor.user_id,
        key=key,
        defaults={
            "county_id": county_id,
            "division_code": division_code,
            "is_sample": is_sample,
            "kind": kind,
            "size": size,
            "sha256": sha256,
            "created_at": now,
        },
    )
    if (upload.size, upload.sha256) != (size, sha256):
        raise UploadBroken
    return upload


@transaction.atomic
def append(*, upload: Upload, offset: int, data: bytes, now: datetime) -> int:
    """Take the next part; returns where the following one begins. Raises `WrongOffset`, `TooLarge`."""
    row = Upload.objects.select_for_update().get(pk=upload.pk)
    if row.attachment_id is not None:
        return row.size
    if offset != row.received:
        raise WrongOffset(row.received)
    if not data or offset + len(data) > row.size:
        raise TooLarge
    sealed = seal_blob(
        county_id=row.county_id, subject=_subject(row), name=_name(row, offset), content=data, now=now
    )
    row.parts.create(offset=offset, sealed=sealed)
    row.received += len(data)
    row.save(update_fields=["received"])
    return row.received


def finish(*, upload: Upload, actor: Actor, now: datetime) -> Attachment:
    """Keep the whole file; asked again, the same answer. Raises `WrongOffset`, `UploadBroken`, `AttachmentRefused`.

    What arrived damaged is forgotten, so that the phone begins anew.
    """
    with transaction.atomic():
        kept = _finish(upload, actor, now)
    if kept is None:
        raise UploadBroken
    return kept


def _finish(upload: Upload, actor: Actor, now: datetime) -> Attachment | None:
    row = Upload.objects.select_for_update(of=("self",)).select_related("attachment").get(pk=upload.pk)
    if row.attachment is not None:
        return row.attachment
    if row.received != row.size:
        raise WrongOffset(row.received)
    content = b"".join(
        open_blob(
            county_id=row.county_id,
            subject=_subject(row),
            name=_name(row, part.offset),
            sealed=bytes(part.sealed),
        )
        for part in row.parts.order_by("offset")
    )
    if hashlib.sha256(content).hexdigest() != row.sha256:
        row.parts.all().delete()
        row.received = 0
        row.save(update_fields=["received"])
        return None
    store = store_photo if row.kind == AttachmentKind.PHOTO else store_voice
    row.attachment = store(
        county_id=row.county_id,
        division_code=row.division_code,
        is_sample=row.is_sample,
        source=io.BytesIO(content),
        actor=actor,
        now=now,
    )
    row.save(update_fields=["attachment"])
    row.parts.all().delete()
    return row.attachment


def forget_old_uploads(now: datetime) -> int:
    """Remove uploads that nobody went on with for a week; returns how many."""
    return Upload.objects.filter(created_at__lt=now - KEPT).delete()[0]
