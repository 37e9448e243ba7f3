"""Setting fields of a row and telling the change log, the same way for every noun."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models

from xiaoyuan.audit.actions import Change
from xiaoyuan.audit.actors import Actor
from xiaoyuan.audit.models import Operation
from xiaoyuan.register.models import ScopedRow


@dataclass(frozen=True)
class Writing:
    """Home, actor and moment of one write."""

    county_id: int
    is_sample: bool
    actor: Actor
    now: datetime

    def home(self, division_code: str, source_row_id: int | None) -> dict[str, Any]:
        """Return the fields that every new row carries."""
        return {
            "county_id": self.county_id,
            "division_code": division_code,
            "is_sample": self.is_sample,
            "source_row_id": source_row_id,
            "created_at": self.now,
            "updated_at": self.now,
        }

    def touch(self, row: ScopedRow) -> None:
        """Give a changed row its next version."""
        row.row_version += 1
        row.updated_at = self.now


def logged(value: Any) -> Any:
    """Return a field's value in a type that JSON keeps."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return value


@dataclass
class ChangeLog:
    """The changes of one action, gathered while it writes."""

    changes: list[Change] = field(default_factory=list)

    def created(self, kind: str, row_id: int, source_row_id: int | None) -> None:
        """Note that a row was made."""
        self.changes.append(Change(kind, row_id, Operation.CREATE, source_row_id=source_row_id))

    def changed(
        self, kind: str, row_id: int, name: str, before: Any, after: Any, source_row_id: int | None
    ) -> None:
        """Note a field's change. Values of vault fields are passed as None."""
        self.changes.append(
            Change(kind, row_id, Operation.UPDATE, name, logged(before), logged(after), source_row_id)
        )


def set_fields(
    row: models.Model, values: Mapping[str, Any], log: ChangeLog, kind: str, source_row_id: int | None
) -> bool:
    """Set the fields that differ and log each; returns whether any did. `extra` is merged key by key."""
    has_changed = False
    for name, value in values.items():
        before = getattr(row, name)
        after = {**before, **value} if name == "extra" else value
        if before != after:
            setattr(row, name, after)
            log.changed(kind, row.pk, name, before, after, source_row_id)
            has_changed = True
    return has_changed


def upsert(model: type[models.Model], rows: Iterable[models.Model], fields: Iterable[str]) -> None:
    """Update rows by primary key, a thousand at a time: an upsert, because CASE … WHEN of bulk_update is slow."""
    model._default_manager.bulk_create(
        rows, batch_size=1000, update_conflicts=True, unique_fields=["id"], update_fields=list(fields)
    )
