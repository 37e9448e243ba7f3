"""Putting personal values in, revealing them with a reason, erasing a subject."""

import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, cast
from uuid import UUID

from django.db import connection, transaction

from xiaoyuan.audit.actions import record_audit
from xiaoyuan.audit.actors import Actor
from xiaoyuan.store.inserting import insert_rows
from xiaoyuan.vault.errors import ReasonNeeded, SubjectErased
from xiaoyuan.vault.keys import KEY_BYTES, decrypt, encrypt, key_ring
from xiaoyuan.vault.masked import Masked
from xiaoyuan.vault.models import SubjectKey, VaultField

_BATCH: Final = 1000
_LOOK_UP: Final = 500
"""Values in one IN (…)."""
_KEY_COLUMNS: Final = ("county_id", "subject", "cipher", "wrapped_key", "master_version", "created_at")
_FIELD_COLUMNS: Final = ("county_id", "subject", "name", "sealed", "blind_index", "updated_at")


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
    wanted = list(dict.fromkeys(subjects))
    keys = _known_keys(county_id, wanted)
    fresh = [subject for subject in wanted if subject not in keys]
    if not fresh:
        return keys
    # Somebody may have made one in the meantime: whose came first is read back.
    made = _fresh_keys(fresh)
    SubjectKey.objects.bulk_create(
        [SubjectKey(**dict(zip(_KEY_COLUMNS, row, strict=True))) for row in _key_rows(county_id, made, now)],
        batch_size=_BATCH,
        ignore_conflicts=True,
    )
    return keys | _known_keys(county_id, fresh)


def _make_keys(county_id: int, subjects: Iterable[UUID], now: datetime) -> dict[UUID, tuple[str, bytes]]:
    """Make and store keys of subjects that have none."""
    keys = _fresh_keys(subjects)
    insert_rows(SubjectKey, _KEY_COLUMNS, _key_rows(county_id, keys, now))
    cipher = key_ring().cipher
    return {subject: (cipher, key) for subject, key in keys.items()}


def _fresh_keys(subjects: Iterable[UUID]) -> dict[UUID, bytes]:
    size = KEY_BYTES[key_ring().cipher]
    return {subject: secrets.token_bytes(size) for subject in subjects}


def _key_rows(county_id: int, keys: Mapping[UUID, bytes], now: datetime) -> Iterator[tuple[object, ...]]:
    """Yield the rows of wrapped keys, in the order of `_KEY_COLUMNS`."""
    ring = key_ring()
    for subject, key in keys.items():
        wrapped = ring.wrap(key, _key_context(county_id, subject))
        yield county_id, subject, ring.cipher, wrapped, ring.current, now


def _known_keys(county_id: int, subjects: Sequence[UUID]) -> dict[UUID, tuple[str, bytes]]:
    keys: dict[UUID, tuple[str, bytes]] = {}
    for start in range(0, len(subjects), _LOOK_UP):
        rows = SubjectKey.objects.filter(county_id=county_id, subject__in=subjects[start : start + _LOOK_UP])
        rows = rows.select_for_update(no_key=True).order_by("subject")
        keys.update({row.subject: (row.cipher, unwrap_key(row)) for row in rows})
    return keys


def put_many(
    *,
    county_id: int,
    values: Mapping[UUID, Mapping[str, str]],
    indexed: Sequence[str] = (),
    now: datetime,
    fresh: Collection[UUID] = (),
) -> None:
    """Encrypt and store `{subject: {field: value}}`; fields named in `indexed` can be looked up by value.

    An empty value removes the field. `fresh` are subjects that this very write made, of which the vault holds nothing.
    Must run in the caller's transaction.
    """
    new = {subject: fields for subject, fields in values.items() if subject in fresh}
    old = {subject: fields for subject, fields in values.items() if subject not in fresh}
    with transaction.atomic():
        if new:
            keys = _make_keys(county_id, new, now)
            insert_rows(VaultField, _FIELD_COLUMNS, _sealed(county_id, new, keys, indexed, now))
        if not old:
            return
        keys = keys_for(county_id, old, now)
        VaultField.objects.bulk_create(
            [
                VaultField(**dict(zip(_FIELD_COLUMNS, row, strict=True)))
                for row in _sealed(county_id, old, keys, indexed, now)
            ],
            batch_size=_BATCH,
            update_conflicts=True,
            unique_fields=["county_id", "subject", "name"],
            update_fields=["sealed", "blind_index", "updated_at"],
        )
        for subject, fields in old.items():
            emptied = [name for name, value in fields.items() if not value]
            if emptied:
                VaultField.objects.filter(county_id=county_id, subject=subject, name__in=emptied).delete()


def _sealed(
    county_id: int,
    values: Mapping[UUID, Mapping[str, str]],
    keys: Mapping[UUID, tuple[str, bytes]],
    indexed: Sequence[str],
    now: datetime,
) -> Iterator[tuple[object, ...]]:
    """Yield the rows of fields with a value, in the order of `_FIELD_COLUMNS`."""
    ring = key_ring()
    for subject, fields in values.items():
        cipher, key = keys[subject]
        for name, value in fields.items():
            if value:
                sealed = encrypt(cipher, key, value.encode(), _field_context(county_id, subject, name))
                yield (
                    county_id,
                    subject,
                    name,
                    sealed,
                    ring.blind_index(name, value) if name in indexed else None,
                    now,
                )


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
        for index, subject in _look_up(county_id, name, indexes[start : start + _LOOK_UP]):
            found.setdefault(by_index[bytes(index or b"")], []).append(subject)
    return found


def _look_up(
    county_id: int, name: str, indexes: Sequence[bytes]
) -> Iterable[tuple[bytes | memoryview | None, UUID]]:
    if connection.vendor != "postgresql":
        rows = VaultField.objects.filter(county_id=county_id, name=name, blind_index__in=indexes)
        return rows.values_list("blind_index", "subject")
    with connection.cursor() as cursor:
        # With IN or ANY a planner that has no statistics yet reads every field of this name for each question.
        cursor.execute(
            "SELECT held.blind_index, held.subject FROM unnest(%s::bytea[]) AS wanted(blind_index) "
            "CROSS JOIN LATERAL (SELECT one.blind_index, one.subject FROM vault_vaultfield AS one "
            "WHERE one.county_id = %s AND one.name = %s AND one.blind_index = wanted.blind_index OFFSET 0) AS held",
            [list(indexes), county_id, name],
        )
        return cast(list[tuple[bytes | None, UUID]], cursor.fetchall())


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
