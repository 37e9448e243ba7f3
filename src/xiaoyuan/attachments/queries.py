"""Reads of attachments; who may see one is decided by the record it belongs to."""

from collections import defaultdict
from collections.abc import Iterable

from xiaoyuan.attachments.choices import THUMBNAIL, WHOLE, AttachmentKind
from xiaoyuan.attachments.models import Attachment
from xiaoyuan.vault.files import open_file


def attachments_of(object_kind: str, object_ids: Iterable[int]) -> dict[int, list[Attachment]]:
    """Return the files of records, in the order in which they were kept. One query."""
    found: dict[int, list[Attachment]] = defaultdict(list)
    for row in Attachment.objects.filter(object_kind=object_kind, object_id__in=list(object_ids)).order_by(
        "pk"
    ):
        found[row.object_id or 0].append(row)
    return dict(found)


def open_attachment(attachment: Attachment, *, thumbnail: bool = False) -> bytes:
    """Return a file's bytes; raises what the vault raises when it was erased or damaged."""
    is_small = thumbnail and attachment.kind == AttachmentKind.PHOTO
    name = THUMBNAIL if is_small else WHOLE
    return b"".join(open_file(county_id=attachment.county_id, subject=attachment.public_id, name=name))
