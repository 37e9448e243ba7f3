"""Gathering the images of what a write makes, changes or removes, while it runs."""

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from django.db import models

from xiaoyuan.audit.actions import lock_changes
from xiaoyuan.audit.actors import Actor
from xiaoyuan.audit.models import ChangeCounter
from xiaoyuan.history.images import (
    VERSION,
    Image,
    digest,
    has_version,
    label_of,
    model_of,
    pack,
    pack_images,
    parts_of,
    read_images,
)
from xiaoyuan.history.models import PartKind, Revision, RevisionPart
from xiaoyuan.history.ranges import IdRanges
from xiaoyuan.history.vault_images import VaultKey, field_digests, known_subjects, read_fields
from xiaoyuan.vault.actions import seal_blob

ROWS: Final = 1000
"""Rows in one part: what taking back holds in memory."""
RANGES: Final = 20_000
"""Ranges of created ids in one part."""
SUBJECTS: Final = 5000
GONE: Final = 0
"""The version of a row that the write removed."""


class Recorder:
    """The revision of one action or one import. All of it happens in the transaction of the write.

    `changing` and `removing` are told before, `created` after the rows are written, each as often as there are chunks.
    """

    def __init__(self, revision: Revision) -> None:
        self.revision = revision
        self._created: dict[str, IdRanges] = {}
        self._seen: dict[str, IdRanges] = {}
        self._waiting: dict[str, list[Image]] = {}
        self._retouched: dict[str, IdRanges] = {}
        self._new_subjects: list[UUID] = []
        self._seen_fields: set[VaultKey] = set()
        self._waiting_fields: list[Image] = []
        self._row_parts: list[tuple[int, str, array[int]]] = []
        self._vault_parts: list[tuple[int, list[VaultKey]]] = []
        self._figures: Counter[tuple[Any, ...]] = Counter()
        self._sequence = 0

    def created(self, model: type[models.Model], ids: Iterable[int]) -> None:
        """Note rows that were made."""
        self._created.setdefault(label_of(model), IdRanges()).add(ids)

    def changing(self, model: type[models.Model], ids: Iterable[int]) -> None:
        """Keep the images of rows that are about to be changed. A row is kept as it was at the first call."""
        label = label_of(model)
        created = self._created.get(label, IdRanges())
        seen = self._seen.setdefault(label, IdRanges())
        wanted = list(dict.fromkeys(ids))
        own = [one for one in wanted if one in created]
        if own:  # made by this very write: no image, but its version is no longer the first
            self._retouched.setdefault(label, IdRanges()).add(own)
        fresh = [one for one in wanted if one not in created and one not in seen]
        for part in parts_of(fresh):
            waiting = self._waiting.setdefault(label, [])
            waiting.extend(read_images(model, part).values())
            seen.add(part)
            while len(waiting) >= ROWS:
                self._write_images(label, waiting[:ROWS])
                del waiting[:ROWS]

    def removing(self, model: type[models.Model], ids: Iterable[int]) -> None:
        """Keep the images of rows that are about to be removed."""
        self.changing(model, ids)  # `close` sees that they are gone

    def creating_vault(self, subjects: Iterable[UUID]) -> None:
        """Note subjects that the vault does not know yet and that are about to get their first fields."""
        self._new_subjects.extend(subjects)
        while len(self._new_subjects) >= SUBJECTS:
            self._write_subjects(self._new_subjects[:SUBJECTS])
            del self._new_subjects[:SUBJECTS]

    def changing_vault(self, subjects: Iterable[UUID], names: Sequence[str]) -> None:
        """Keep the sealed vault fields of subjects that are about to be written, replaced or removed."""
        county_id = self.revision.county_id
        for part in parts_of(dict.fromkeys(subjects)):
            known = known_subjects(county_id, part)
            self.creating_vault(one for one in part if one not in known)
            wanted = [
                (subject, name)
                for subject in part
                for name in names
                if subject in known and (subject, name) not in self._seen_fields
            ]
            self._seen_fields.update(wanted)
            self._waiting_fields.extend(read_fields(county_id, wanted))
            while len(self._waiting_fields) >= ROWS:
                self._write_fields(self._waiting_fields[:ROWS])
                del self._waiting_fields[:ROWS]

    def counted(self, deltas: Iterable[Sequence[object]]) -> None:
        """Note what is added to the figures: rows (division, figure, amount, dimension, is_sample)."""
        for division_code, figure, amount, dimension, is_sample in deltas:
            self._figures[(division_code, figure, dimension, is_sample)] += cast(int, amount)

    def close(self) -> None:
        """Write down what is left and the versions that the rows have now. Must be the last call."""
        for label, waiting in self._waiting.items():
            if waiting:
                self._write_images(label, waiting)
        if self._new_subjects:
            self._write_subjects(self._new_subjects)
        if self._waiting_fields:
            self._write_fields(self._waiting_fields)
        self._write_versions()
        for label, created in self._created.items():
            self._write_created(label, created)
        revision = self.revision
        revision.figures = [
            [division_code, figure, amount, dimension, is_sample]
            for (division_code, figure, dimension, is_sample), amount in sorted(self._figures.items())
            if amount
        ]
        revision.last_change = _last_change(revision.county_id)
        revision.save(update_fields=["figures", "last_change", "object_kind", "object_id"])

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written: such a revision is not worth keeping."""
        return self._sequence == 0

    def _write(self, kind: PartKind, label: str, count: int, content: bytes) -> int:
        self._sequence += 1
        part = RevisionPart.objects.create(
            county_id=self.revision.county_id,
            revision=self.revision,
            sequence=self._sequence,
            kind=kind,
            table=label,
            row_count=count,
            sealed=self._sealed(self._sequence, content),
        )
        return part.pk

    def _sealed(self, sequence: int, content: bytes, name: str = "part") -> bytes:
        return seal_blob(
            county_id=self.revision.county_id,
            subject=self.revision.subject,
            name=f"{name}:{sequence}",
            content=content,
            now=self.revision.at,
        )

    def _write_images(self, label: str, images: list[Image]) -> None:
        model = model_of(label)
        key = model._meta.pk.attname
        part = self._write(PartKind.REPLACED, label, len(images), pack_images(model, images))
        self._row_parts.append((part, label, array("q", (image[key] for image in images))))

    def _write_subjects(self, subjects: list[UUID]) -> None:
        content = b"".join(subject.bytes for subject in subjects)
        self._write(PartKind.VAULT_CREATED, "", len(subjects), content)

    def _write_fields(self, fields: list[Image]) -> None:
        columns = list(fields[0])
        content = pack([columns, [list(field.values()) for field in fields]])
        part = self._write(PartKind.VAULT_REPLACED, "", len(fields), content)
        self._vault_parts.append((part, [(field["subject"], field["name"]) for field in fields]))

    def _write_versions(self) -> None:
        for part_id, label, ids in self._row_parts:
            versions = row_versions(model_of(label), ids)
            self._save_after(part_id, [versions.get(one, GONE) for one in ids])
        for part_id, keys in self._vault_parts:
            digests = field_digests(self.revision.county_id, keys)
            self._save_after(part_id, [digests.get(key, "") for key in keys])

    def _save_after(self, part_id: int, versions: list[Any]) -> None:
        part = RevisionPart.objects.get(pk=part_id)
        part.after = self._sealed(part.sequence, pack(versions), "after")
        part.save(update_fields=["after"])

    def _write_created(self, label: str, created: IdRanges) -> None:
        """Ranges, and the versions of those rows that are not in their first one."""
        model = model_of(label)
        for ranges in parts_of(created, RANGES):
            part = IdRanges(ranges)
            if has_version(model):
                touched = (
                    one
                    for start, end in self._retouched.get(label, ())
                    for one in range(start, end + 1)
                    if one in part
                )
            else:
                touched = (one for start, end in part for one in range(start, end + 1))
            versions: list[tuple[int, Any]] = []
            for ids in parts_of(touched):
                known = row_versions(model, ids)
                versions += [(one, known.get(one, GONE)) for one in ids]
            part_id = self._write(PartKind.CREATED, label, len(part), pack(list(part)))
            self._save_after(part_id, versions)


def row_versions(model: type[models.Model], ids: Iterable[int]) -> dict[int, Any]:
    """Return the version of each row that exists: its `row_version`, else a fingerprint of the whole row."""
    found: dict[int, Any] = {}
    for part in parts_of(ids):
        if has_version(model):
            found.update(model._base_manager.filter(pk__in=part).values_list("pk", VERSION))
        else:
            found.update({pk: digest(image) for pk, image in read_images(model, part).items()})
    return found


def open_revision(
    *,
    county_id: int,
    division_code: str,
    action: str,
    actor: Actor,
    now: datetime,
    object_kind: str = "",
    object_id: int | None = None,
) -> Recorder:
    """Open the revision of an action (`register.move_household`) or an import (`intake.apply`).

    Takes the county's change lock, so that the changes logged until `close` are exactly those of the revision.
    """
    lock_changes(county_id)
    return Recorder(
        Revision.objects.create(
            county_id=county_id,
            division_code=division_code,
            action=action,
            object_kind=object_kind,
            object_id=object_id,
            actor_id=actor.user_id,
            actor_label=actor.label,
            at=now,
            before_change=_last_change(county_id),
        )
    )


def _last_change(county_id: int) -> int:
    counter = ChangeCounter.objects.filter(county_id=county_id).first()
    return counter.last if counter else 0
