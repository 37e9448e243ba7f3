"""Showing a personal value to somebody who said why."""

from datetime import datetime

from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.audit.actors import Actor
from xiaoyuan.register.models import Person
from xiaoyuan.register.queries.console import PERSONAL_FIELDS
from xiaoyuan.vault.actions import reveal


def reveal_personal_field(
    *, person: Person, name: str, reason: str, actor: Actor, now: datetime
) -> str | None:
    """Return one field of a person that was opened through access, after writing the audit entry.

    None when the vault holds none. Raises `NotFound` for a field that is not personal, `ReasonNeeded`.
    """
    if name not in PERSONAL_FIELDS:
        raise NotFound
    return reveal(
        county_id=person.county_id, subject=person.person_uid, name=name, actor=actor, reason=reason, now=now
    )
