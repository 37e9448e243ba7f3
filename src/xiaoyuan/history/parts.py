"""Opening the parts of a revision again, one at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import models

from xiaoyuan.history.images import Image, model_of, unpack, unpack_images
from xiaoyuan.history.models import PartKind, Revision, RevisionPart
from xiaoyuan.history.ranges import IdRanges
from xiaoyuan.vault.actions import open_blob


@dataclass(frozen=True)
class CreatedRows:
    """Rows that the revision made: their ids, and their versions where these are not the first."""

    model: type[models.Model]
    ids: IdRanges
    versions: dict[int, Any]


@dataclass(frozen=True)
class ReplacedRows:
    """Rows as they were before, and the version that the revision left of each (`GONE`: it removed the row)."""

    model: type[models.Model]
    images: dict[int, Image]
    versions: dict[int, Any]


@dataclass(frozen=True)
class ReplacedFields:
    """Vault fields as they were before, and the fingerprint of what the revision left ("": nothing)."""

    images: list[Image]
    digests: list[str]


class Parts:
    """The parts of one revision, opened as they are asked for."""

    def __init__(self, revision: Revision) -> None:
        self._revision = revision

    def created(self) -> Iterator[CreatedRows]:
        """Yield the rows that were made."""
        for part in self._of(PartKind.CREATED):
            ids = IdRanges((start, end) for start, end in unpack(self._content(part)))
            yield CreatedRows(model_of(part.table), ids, dict(self._after(part)))

    def replaced(self) -> Iterator[ReplacedRows]:
        """Yield the rows that were changed or removed."""
        for part in self._of(PartKind.REPLACED):
            model = model_of(part.table)
            key = model._meta.pk.attname
            images = {image[key]: image for image in unpack_images(self._content(part))}
            yield ReplacedRows(model, images, dict(zip(images, self._after(part), strict=True)))

    def new_subjects(self) -> Iterator[list[UUID]]:
        """Yield the subjects that the vault did not know before."""
        for part in self._of(PartKind.VAULT_CREATED):
            content = self._content(part)
            yield [UUID(bytes=content[at : at + 16]) for at in range(0, len(content), 16)]

    def fields(self) -> Iterator[ReplacedFields]:
        """Yield the vault fields that were written, replaced or removed."""
        for part in self._of(PartKind.VAULT_REPLACED):
            yield ReplacedFields(unpack_images(self._content(part)), list(self._after(part)))

    def _of(self, kind: PartKind) -> Iterator[RevisionPart]:
        keys = self._revision.parts.filter(kind=kind).order_by("sequence").values_list("pk", flat=True)
        for pk in list(keys):
            yield RevisionPart.objects.get(pk=pk)

    def _content(self, part: RevisionPart) -> bytes:
        return self._open(f"part:{part.sequence}", part.sealed)

    def _after(self, part: RevisionPart) -> list[Any]:
        versions: list[Any] = unpack(self._open(f"after:{part.sequence}", part.after or b""))
        return versions

    def _open(self, name: str, sealed: bytes | memoryview) -> bytes:
        revision = self._revision
        return open_blob(
            county_id=revision.county_id, subject=revision.subject, name=name, sealed=bytes(sealed)
        )
