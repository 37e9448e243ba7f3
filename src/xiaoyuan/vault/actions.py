"""Putting personal values in, revealing them with a reason, erasing a subject."""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from xiaoyuan.audit.actions import record_audit
from xiaoyuan.audit.actors import Actor
from xiaoyuan.vault.errors import ReasonNeeded, SubjectErased
from xiaoyuan.vault.keys import KEY_BYTES, decrypt, encrypt, key_ring
from xiaoyuan.vault.masked import Masked
from xiaoyuan.vault.models import SubjectKey, VaultField

_BATCH: Final = 1000
_LOOK_UP: Final = 500
"""Values in one IN (…)."""


def _field_context(county_id: int, subject: UUID, name: str) -> bytes:
    return f"{county_id}:{subject}:{name}".encode()


def _key_context(county_id: int, subject: UUID) -> bytes:
    return f"{county_id}:{subject}".encode()


def unwrap_key(row: SubjectKey) -> bytes:
    """Return a subject's key; raises `SubjectErased`."""
    if row.wrapped_key is None:
        raise SubjectErased
    return key_ring().unwrap(
        bytes(row.wrapped_key), row.master_version, _key_context(row.county_id, row.subject)
    )


def keys_for(county_id: int, subjects: Iterable[UUID], now: datetime) -> dict[UUID, tuple[str, bytes]]:
    """Return each subject's cipher and key, making those that are missing; raises `SubjectErased`.

    Must run in a transaction. The rows stay locked until its end, so that no subject is erased in between.
    """
    ring = key_ring()
    wanted = list(dict.fromkeys(subjects))
    keys = _known_keys(county_id, wanted)
    fresh = [subject for subject in wanted if subject not in keys]
    if not fresh:
        return keys
    made = []
    for subject in fresh:
        key = secrets.token_bytes(KEY_BYTES[ring.cipher])
        made.append(
            SubjectKey(
                county_id=county_id,
                subject=subject,
                cipher=ring.cipher,
                wrapped_key=ring.wrap(key, _key_context(county_id, subject)),
                master_version=ring.current,
                created_at=now,
            )
        )
    # Somebody may have made one in the meantime: whose came first is read back.
    SubjectKey.objects.bulk_create(made, batch_size=_BATCH, ignore_conflicts=True)
    return keys | _known_keys(county_id, fresh)


def _known_keys(county_id: int, subjects: Sequence[UUID]) -> dict[UUID, tuple[str, bytes]]:
    keys: dict[UUID, tuple[str, bytes]] = {}
    for start in range(0, len(subjects), _LOOK_UP):
        rows = SubjectKey.objects.filter(county_id=county_id, subject__in=subjects[start : start + _LOOK_UP])
        rows = rows.select_for_update(no_key=True).order_by("subject")
        keys.update({row.subject: (row.cipher, unwrap_key(row)) for row in rows})
    return keys


def put_many(
    *, county_id: int, values: Mapping[UUID, Mapping[str, str]], indexed: Sequence[str] = (), now: datetime
) -> None:
    """Encrypt and store `{subject: {field: value}}`; fields named in `indexed` can be looked up by value.

    An empty value removes the field. Must run in the caller's transaction.
    """
    ring = key_ring()
    with transaction.atomic():
        keys = keys_for(county_id, values, now)
        rows, emptied = [], []
        for subject, fields in values.items():
            cipher, key = keys[subject]
            for name, value in fields.items():
                if not value:
                    emptied.append((subject, name))
                    continue
                rows.append(
                    VaultField(
                        county_id=county_id,
                        subject=subject,
                        name=name,
                        sealed=encrypt(cipher, key, value.encode(), _field_context(county_id, subject, name)),
                        blind_index=ring.blind_index(name, value) if name in indexed else None,
                        updated_at=now,
                    )
                )
        VaultField.objects.bulk_create(
            rows,
            batch_size=_BATCH,
            update_conflicts=True,
            unique_fields=["county_id", "subject", "name"],
            update_fields=["sealed", "blind_index", "updated_at"],
        )
        for subject, name in emptied:
            VaultField.objects.filter(county_id=county_id, subject=subject, name=name).delete()


def read_masked(
    *, county_id: int, subjects: Iterable[UUID], names: Sequence[str]
) -> dict[UUID, dict[str, Masked]]:
    """Return `{subject: {field: Masked}}` for a program's own use (comparing, re-encrypting, masked display).

    Showing a value to a person goes through `reveal`, which asks for a reason and is audited.
    """
    wanted = list(dict.fromkeys(subjects))
    answer: dict[UUID, dict[str, Masked]] = {}
    for start in range(0, len(wanted), _LOOK_UP):
        part = wanted[start : start + _LOOK_UP]
        keys = {row.subject: row for row in SubjectKey.objects.filter(county_id=county_id, subject__in=part)}
        unwrapped: dict[UUID, bytes] = {}
        for field in VaultField.objects.filter(county_id=county_id, subject__in=part, name__in=names):
            row = keys[field.subject]
            if row.wrapped_key is None:
                continue
            if field.subject not in unwrapped:
                unwrapped[field.subject] = unwrap_key(row)
            key = unwrapped[field.subject]
            plain = decrypt(
                row.cipher, key, bytes(field.sealed), _field_context(county_id, field.subject, field.name)
            )
            answer.setdefault(field.subject, {})[field.name] = Masked(plain.decode())
    return answer


def reveal(
    *, county_id: int, subject: UUID, name: str, actor: Actor, reason: str, now: datetime
) -> str | None:
    """Return one value to a person who said why; writes the audit entry first. None when there is none."""
    if not reason.strip():
        raise ReasonNeeded
    with transaction.atomic():
        field = VaultField.objects.filter(county_id=county_id, subject=subject, name=name).first()
        record_audit(
            actor=actor,
            now=now,
            action="vault.reveal",
            county_id=county_id,
            object_kind="vault.field",
            object_id=field.pk if field else None,
            reason=reason.strip(),
            detail={"field": name},
        )
    found = read_masked(county_id=county_id, subjects=[subject], names=[name]).get(subject, {})
    return found[name].reveal() if name in found else None


def find_subjects(*, county_id: int, name: str, values: Iterable[str]) -> dict[str, list[UUID]]:
    """Return the subjects whose indexed field equals each value (exact, after the caller normalised it)."""
    ring = key_ring()
    by_index = {ring.blind_index(name, value): value for value in values}
    indexes = list(by_index)
    found: dict[str, list[UUID]] = {}
    for start in range(0, len(indexes), _LOOK_UP):
        rows = VaultField.objects.filter(
            county_id=county_id, name=name, blind_index__in=indexes[start : start + _LOOK_UP]
        ).values_list("blind_index", "subject")
        for index, subject in rows:
            found.setdefault(by_index[bytes(index or b"")], []).append(subject)
    return found


def erase_subject(*, county_id: int, subject: UUID, actor: Actor, reason: str, now: datetime) -> bool:
    """Destroy a subject's key: everything under it becomes unreadable, backups included once they expire.

    Returns False when the subject was not there or already erased.
    """
    if not reason.strip():
        raise ReasonNeeded
    with transaction.atomic():
        updated = SubjectKey.objects.filter(
            county_id=county_id, subject=subject, destroyed_at__isnull=True
        ).update(wrapped_key=None, destroyed_at=now)
        if updated:
            VaultField.objects.filter(county_id=county_id, subject=subject).update(blind_index=None)
            record_audit(
                actor=actor,
                now=now,
                action="vault.erase",
                county_id=county_id,
                object_kind="vault.subjectkey",
                object_id=SubjectKey.objects.values_list("pk", flat=True).get(
                    county_id=county_id, subject=subject
                ),
                reason=reason.strip(),
            )
        return bool(updated)


def seal_blob(*, county_id: int, subject: UUID, name: str, content: bytes, now: datetime) -> bytes:
    """Encrypt a file or a staged row under a subject's key; the caller stores the bytes."""
    return next(seal_blobs(county_id=county_id, subject=subject, contents=[(name, content)], now=now))


def seal_blobs(
    *, county_id: int, subject: UUID, contents: Iterable[tuple[str, bytes]], now: datetime
) -> Iterator[bytes]:
    """Encrypt many `(name, content)` under one subject's key, in order; raises `SubjectErased`."""
    with transaction.atomic():
        cipher, key = keys_for(county_id, [subject], now)[subject]
    return (
        encrypt(cipher, key, content, _field_context(county_id, subject, name)) for name, content in contents
    )


def open_blob(*, county_id: int, subject: UUID, name: str, sealed: bytes) -> bytes:
    """Undo `seal_blob`; raises `SubjectErased`."""
    row = SubjectKey.objects.filter(county_id=county_id, subject=subject).first()
    if row is None:
        raise SubjectErased
    return decrypt(row.cipher, unwrap_key(row), sealed, _field_context(county_id, subject, name))
