"""Keeping a file: cleaned, sealed, bound to the record it belongs to; what nobody bound goes after a day."""

import hashlib
import io
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import BinaryIO, Final
from uuid import UUID

from django.db import transaction

from xiaoyuan.attachments.choices import THUMBNAIL, WHOLE, AttachmentKind
from xiaoyuan.attachments.cleaning import LARGEST_PHOTO, clean_photo, clean_voice
from xiaoyuan.attachments.errors import NotYours, TooLarge
from xiaoyuan.attachments.models import Attachment
from xiaoyuan.audit.actors import Actor
from xiaoyuan.vault.files import forget_file, seal_file

UNBOUND_KEPT: Final = timedelta(days=1)


def store_photo(
    *,
    county_id: int,
    division_code: str,
    is_sample: bool,
    source: BinaryIO,
    actor: Actor,
    now: datetime,
) -> Attachment:
    """Keep a photo's pixels, sealed. Raises `AttachmentRefused`; nothing of a refused file is kept."""
    content = source.read(LARGEST_PHOTO + 1)
    photo = clean_photo(content)
    row = _row(
        county_id, division_code, is_sample, AttachmentKind.PHOTO, "image/jpeg", photo.content, actor, now
    )
    row.width, row.height = photo.width, photo.height
    _seal(row, {WHOLE: photo.content, THUMBNAIL: photo.thumbnail}, now)
    row.save()
    return row


def store_voice(
    *,
    county_id: int,
    division_code: str,
    is_sample: bool,
    source: BinaryIO,
    actor: Actor,
    now: datetime,
) -> Attachment:
    """Keep a recording without tags, sealed. Raises `AttachmentRefused`."""
    content, media_type = clean_voice(source.read(LARGEST_PHOTO + 1))
    row = _row(county_id, division_code, is_sample, AttachmentKind.VOICE, media_type, content, actor, now)
    _seal(row, {WHOLE: content}, now)
    row.save()
    return row


def _row(
    county_id: int,
    division_code: str,
    is_sample: bool,
    kind: AttachmentKind,
    media_type: str,
    content: bytes,
    actor: Actor,
    now: datetime,
) -> Attachment:
    if not content:
        raise TooLarge
    return Attachment(
        public_id=uuid.uuid4(),
        county_id=county_id,
        division_code=division_code,
        is_sample=is_sample,
        kind=kind,
        media_type=media_type,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        by_user_id=actor.user_id,
        created_at=now,
    )


def _seal(row: Attachment, files: dict[str, bytes], now: datetime) -> None:
    for name, content in files.items():
        seal_file(
            county_id=row.county_id, subject=row.public_id, name=name, source=io.BytesIO(content), now=now
        )


@transaction.atomic
def bind(
    *, public_ids: Sequence[UUID], object_kind: str, object_id: int, actor: Actor, now: datetime
) -> list[Attachment]:
    """Bind files to the record they belong to, in its transaction.

    Only files that the same actor sent and that belong to nothing yet (or to this record already). A stranger has no
    name: their files were kept by the very request that binds them, within the last minutes. Raises `NotYours`.
    """
    rows = list(
        Attachment.objects.select_for_update().filter(
            public_id__in=list(public_ids), by_user_id=actor.user_id
        )
    )
    for row in rows:
        is_this = (row.object_kind, row.object_id) == (object_kind, object_id)
        if row.object_id is not None and not is_this:
            raise NotYours
    if {row.public_id for row in rows} != set(public_ids):
        raise NotYours
    for row in rows:
        row.object_kind, row.object_id = object_kind, object_id
    Attachment.objects.bulk_update(rows, ["object_kind", "object_id"])
    return rows


def discard(row: Attachment) -> None:
    """Remove a file and its row."""
    for name in (WHOLE, THUMBNAIL):
        forget_file(subject=row.public_id, name=name)
    row.delete()


def discard_unbound(now: datetime) -> int:
    """Remove files that belong to nothing after a day; returns how many."""
    rows = list(Attachment.objects.filter(object_id__isnull=True, created_at__lt=now - UNBOUND_KEPT))
    for row in rows:
        discard(row)
    return len(rows)
