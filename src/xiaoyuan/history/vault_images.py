"""Images of vault fields: sealed bytes and blind index as they lie, never opened."""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final
from uuid import UUID

from xiaoyuan.history.images import Image, parts_of
from xiaoyuan.vault.models import SubjectKey, VaultField

VaultKey = tuple[UUID, str]
COLUMNS: Final = ("subject", "name", "id", "sealed", "blind_index", "updated_at")
"""Columns of an image; `id` and what follows are None for a field that was not there."""


def known_subjects(county_id: int, subjects: Iterable[UUID]) -> set[UUID]:
    """Return the subjects that have a key, destroyed or not."""
    found: set[UUID] = set()
    for part in parts_of(subjects):
        rows = SubjectKey.objects.filter(county_id=county_id, subject__in=part)
        found.update(rows.values_list("subject", flat=True))
    return found


def erased_subjects(county_id: int, subjects: Iterable[UUID]) -> set[UUID]:
    """Return the subjects whose key was destroyed: nothing of them comes back."""
    found: set[UUID] = set()
    for part in parts_of(subjects):
        rows = SubjectKey.objects.filter(county_id=county_id, subject__in=part, destroyed_at__isnull=False)
        found.update(rows.values_list("subject", flat=True))
    return found


def read_fields(county_id: int, keys: Iterable[VaultKey]) -> list[Image]:
    """Return an image for each (subject, name), also for those that are not there."""
    images: list[Image] = []
    for part in parts_of(keys):
        wanted = set(part)
        rows = VaultField.objects.filter(
            county_id=county_id,
            subject__in={subject for subject, _name in part},
            name__in={name for _subject, name in part},
        )
        found = {
            (row["subject"], row["name"]): {
                name: bytes(value) if isinstance(value, memoryview) else value for name, value in row.items()
            }
            for row in rows.values(*COLUMNS)
            if (row["subject"], row["name"]) in wanted
        }
        empty = dict.fromkeys(COLUMNS[2:])
        images += [found.get(key, {"subject": key[0], "name": key[1], **empty}) for key in part]
    return images


def field_digests(county_id: int, keys: Iterable[VaultKey]) -> dict[VaultKey, str]:
    """Return a fingerprint of the sealed bytes of each field that is there."""
    return {
        (image["subject"], image["name"]): blake2b(image["sealed"], digest_size=8).hexdigest()
        for image in read_fields(county_id, keys)
        if image["sealed"] is not None
    }


def put_back(county_id: int, images: Iterable[Image]) -> None:
    """Write fields as they were: with their sealed bytes, their blind index and their number; or remove them.

    Nothing comes back for a subject whose key was destroyed in the meantime.
    """
    for part in parts_of(images):
        erased = erased_subjects(county_id, {image["subject"] for image in part})
        kept = [image for image in part if image["subject"] not in erased]
        known = read_fields(county_id, [(image["subject"], image["name"]) for image in kept])
        VaultField.objects.filter(pk__in=[image["id"] for image in known if image["id"] is not None]).delete()
        VaultField.objects.bulk_create(
            VaultField(county_id=county_id, **image) for image in kept if image["id"] is not None
        )


def remove_subjects(county_id: int, subjects: Iterable[UUID]) -> None:
    """Remove subjects with their fields and their key."""
    for part in parts_of(subjects):
        VaultField.objects.filter(county_id=county_id, subject__in=part).delete()
        SubjectKey.objects.filter(county_id=county_id, subject__in=part).delete()
