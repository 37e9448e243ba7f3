"""Setting fields of a row and telling the change log, the same way for every noun."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import models
from django.utils import timezone

from xiaoyuan.audit.actions import Change, record_audit, record_changes
from xiaoyuan.audit.actors import Actor
from xiaoyuan.audit.models import Operation
from xiaoyuan.figures.actions import Delta, record
from xiaoyuan.history.recording import Recorder, open_revision
from xiaoyuan.register.actions.residents import follow_residents
from xiaoyuan.register.models import Membership, Person, ScopedRow
from xiaoyuan.store.inserting import insert_objects
from xiaoyuan.vault.actions import put_many


@dataclass(frozen=True)
class Writing:
    """Home, actor and moment of one write, and the recorder of the revision by which it can be taken back."""

    county_id: int
    is_sample: bool
    actor: Actor
    now: datetime
    recorder: Recorder | None = None

    @property
    def today(self) -> date:
        """The day of the write where it is made."""
        return timezone.localtime(self.now).date()

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

    def create(self, model: type[ScopedRow], rows: Sequence[ScopedRow]) -> None:
        """Insert rows; they get their ids."""
        if rows:
            insert_objects(rows)
            self._follow(model, rows)
            if self.recorder is not None:
                self.recorder.created(model, [row.pk for row in rows])

    def save(self, model: type[ScopedRow], rows: Collection[ScopedRow], fields: Iterable[str]) -> None:
        """Write fields of rows that are there; the caller has touched them."""
        if rows:
            if self.recorder is not None:
                self.recorder.changing(model, [row.pk for row in rows])
            upsert(model, rows, fields)
            self._follow(model, rows)

    def _follow(self, model: type[ScopedRow], rows: Collection[ScopedRow]) -> None:
        """Let what residents see follow every write of belonging, so that no action can forget it."""
        column = {Membership: "person_id", Person: "id"}.get(model)
        if column is not None:
            follow_residents(self.county_id, (getattr(row, column) for row in rows), self.actor, self.now)

    def put_secrets(
        self,
        secrets: Mapping[UUID, Mapping[str, str]],
        indexed: Sequence[str],
        fresh: Collection[UUID] = (),
    ) -> None:
        """Write vault fields; `fresh` are subjects made by this very write, of which nothing has to be kept."""
        if self.recorder is not None:
            self.recorder.creating_vault(subject for subject in secrets if subject in fresh)
            for subject, values in secrets.items():
                if subject not in fresh:
                    self.recorder.changing_vault([subject], list(values))
        put_many(county_id=self.county_id, values=secrets, indexed=indexed, now=self.now, fresh=fresh)

    def book(self, deltas: Sequence[Delta], log: "ChangeLog") -> None:
        """Add to the figures and to the change log."""
        record_changes(county_id=self.county_id, actor=self.actor, now=self.now, changes=log.changes)
        record(county_id=self.county_id, day=self.today, deltas=deltas)
        if self.recorder is not None:
            self.recorder.counted(
                (one.division_code, one.figure, one.amount, one.dimension, one.is_sample) for one in deltas
            )


@contextmanager
def revised(
    *,
    county_id: int,
    division_code: str,
    is_sample: bool,
    action: str,
    actor: Actor,
    now: datetime,
    kind: str,
    object_id: int | None = None,
    reason: str = "",
) -> Iterator[Writing]:
    """Open the revision of one action by hand and close it with its audit entry; call it inside the transaction.

    An action that makes its object sets `writing.recorder.revision.object_id` itself. Nothing written: no revision.
    """
    recorder = open_revision(
        county_id=county_id,
        division_code=division_code,
        action=action,
        actor=actor,
        now=now,
        object_kind=kind,
        object_id=object_id,
    )
    yield Writing(county_id, is_sample, actor, now, recorder)
    recorder.close()
    revision = recorder.revision
    record_audit(
        actor=actor,
        now=now,
        action=action,
        county_id=county_id,
        object_kind=kind,
        object_id=revision.object_id,
        reason=reason,
    )
    if recorder.is_empty:
        revision.delete()


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
