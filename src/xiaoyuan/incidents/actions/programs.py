"""Keys of programs that report by Open311: shown once, kept as a hash, revocable."""

import hashlib
import secrets
from datetime import datetime

from django.db import transaction

from xiaoyuan.audit.actions import record_audit
from xiaoyuan.audit.actors import Actor
from xiaoyuan.incidents.models import ProgramKey
from xiaoyuan.register.models import County


def hash_key(key: str) -> bytes:
    """Return the hash by which a key is found: 192 random bits need no salt."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()


@transaction.atomic
def give_key(*, county: County, name: str, actor: Actor, now: datetime) -> str:
    """Give a program a key for a county; returns the key, which is shown this once."""
    key = secrets.token_urlsafe(24)
    row = ProgramKey.objects.create(
        county=county, name=name.strip()[:80], key_hash=hash_key(key), created_at=now
    )
    record_audit(
        actor=actor,
        now=now,
        action="incidents.give_key",
        county_id=county.pk,
        object_kind="incidents.programkey",
        object_id=row.pk,
    )
    return key


@transaction.atomic
def revoke_key(*, row: ProgramKey, actor: Actor, now: datetime) -> None:
    """Let a key open nothing from now on."""
    row.revoked_at = now
    row.save(update_fields=["revoked_at"])
    record_audit(
        actor=actor,
        now=now,
        action="incidents.revoke_key",
        county_id=row.county_id,
        object_kind="incidents.programkey",
        object_id=row.pk,
    )


def program_of(key: str, county_id: int) -> ProgramKey | None:
    """Return whose key this is in a county, if it is in force."""
    return ProgramKey.objects.filter(
        key_hash=hash_key(key), county_id=county_id, revoked_at__isnull=True
    ).first()
