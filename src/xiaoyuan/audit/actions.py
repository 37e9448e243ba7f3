"""Writing the log: every action of a domain calls these inside its own transaction."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet

from xiaoyuan.audit.actors import Actor
from xiaoyuan.audit.errors import IdempotencyConflict
from xiaoyuan.audit.models import AuditEntry, AuditSeal, ChangeCounter, ChangeEntry, IdempotencyKey, Operation
from xiaoyuan.lib import chain
from xiaoyuan.store.inserting import insert_rows

IDEMPOTENCY_DAYS: Final = 90
_BATCH: Final = 1000
_CHANGE_COLUMNS: Final = (
    *(
        "county_id",
        "sequence",
        "at",
        "actor_id",
        "actor_label",
        "operation",
        "object_kind",
        "object_id",
        "field",
    ),
    *("before", "after", "source_row_id"),
)


def record_audit(
    *,
    actor: Actor,
    now: datetime,
    action: str,
    county_id: int = 0,
    object_kind: str = "",
    object_id: int | None = None,
    reason: str = "",
    detail: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Write one audit entry. `detail` must hold no personal value: refer to vault rows by id."""
    return AuditEntry.objects.create(
        county_id=county_id,
        at=now,
        actor_id=actor.user_id,
        actor_label=actor.label,
        action=action,
        object_kind=object_kind,
        object_id=object_id,
        reason=reason,
        detail=dict(detail or {}),
    )


@dataclass(frozen=True)
class Change:
    """One field's before and after; an empty `field` means the whole row (creation or removal)."""

    object_kind: str
    object_id: int
    operation: Operation
    field: str = ""
    before: Any = None
    after: Any = None
    source_row_id: int | None = None


def lock_changes(county_id: int) -> None:
    """Take a county's change lock at the start of a transaction that reads, decides and then writes.

    Every write takes it at `record_changes`; taking it first keeps others from writing in between.
    """
    ChangeCounter.objects.get_or_create(county_id=county_id)
    ChangeCounter.objects.select_for_update().get(county_id=county_id)


def record_changes(*, county_id: int, actor: Actor, now: datetime, changes: Sequence[Change]) -> int:
    """Append changes to a county's log and return the last sequence given out.

    Must run inside the transaction of the write it describes: the counter's row lock makes sequences
    follow commit order, which the change feed and offline sync rely on.
    """
    if not changes:
        return 0
    ChangeCounter.objects.get_or_create(county_id=county_id)
    ChangeCounter.objects.filter(county_id=county_id).update(last=F("last") + len(changes))
    last = ChangeCounter.objects.values_list("last", flat=True).get(county_id=county_id)
    first = last - len(changes) + 1
    insert_rows(
        ChangeEntry,
        _CHANGE_COLUMNS,
        (
            (
                *(county_id, first + offset, now, actor.user_id, actor.label, change.operation),
                *(change.object_kind, change.object_id, change.field, change.before, change.after),
                change.source_row_id,
            )
            for offset, change in enumerate(changes)
        ),
    )
    return last


def seal_committed(
    *,
    now: datetime,
    limit: int = 5000,
    on_head: Callable[[int, chain.Head], None] = lambda county_id, head: None,
) -> int:
    """Chain committed entries that have no seal yet, county by county; returns how many were sealed.

    Only one sealer may run per county: the unique (county, sequence) makes a second one fail, not fork.
    `on_head` is told the newest link of each county that got one, after it was committed.
    """
    waiting = list(AuditEntry.objects.filter(seal__isnull=True).order_by("id")[:limit])
    by_county: dict[int, list[AuditEntry]] = {}
    for entry in waiting:
        by_county.setdefault(entry.county_id, []).append(entry)
    for county_id, entries in by_county.items():
        with transaction.atomic():
            head = _append_seals(county_id, entries, now)
        on_head(county_id, head)
    return len(waiting)


def _append_seals(county_id: int, entries: Iterable[AuditEntry], now: datetime) -> chain.Head:
    newest = AuditSeal.objects.filter(county_id=county_id).order_by("-sequence").first()
    previous, sequence = (newest.hash, newest.sequence) if newest else (chain.START, 0)
    seals = []
    for entry in entries:
        sequence += 1
        previous = chain.link(previous, entry.canonical())
        seals.append(
            AuditSeal(county_id=county_id, sequence=sequence, entry=entry, hash=previous, sealed_at=now)
        )
    AuditSeal.objects.bulk_create(seals, batch_size=_BATCH)
    return chain.Head(sequence, previous)


@dataclass(frozen=True)
class Answer:
    """What a client's write was answered: an HTTP status and a JSON body."""

    status: int
    body: Any


def once(
    *, county_id: int, actor: Actor, key: str, body_hash: str, now: datetime, write: Callable[[], Answer]
) -> Answer:
    """Carry out `write` once per key: the same key and body replays the answer, another body conflicts.

    Raises `IdempotencyConflict`. The unique key makes two racing submissions one: what the loser wrote is undone
    as a whole and it gets the winner's answer.
    """
    actor_id = actor.user_id or 0
    known = IdempotencyKey.objects.filter(county_id=county_id, actor_id=actor_id, key=key)
    try:
        with transaction.atomic():
            answered = _answered(known, body_hash)
            if answered is not None:
                return answered
            answer = write()
            IdempotencyKey.objects.create(
                county_id=county_id,
                actor_id=actor_id,
                key=key,
                body_hash=body_hash,
                status=answer.status,
                answer=answer.body,
                created_at=now,
            )
            return answer
    except IntegrityError:
        answered = _answered(known, body_hash)
        if answered is None:
            raise
        return answered


def _answered(known: QuerySet[IdempotencyKey], body_hash: str) -> Answer | None:
    row = known.all().first()
    if row is None:
        return None
    if row.body_hash != body_hash:
        raise IdempotencyConflict
    return Answer(row.status, row.answer)


def forget_old_keys(*, now: datetime) -> int:
    """Delete idempotency keys older than 90 days; returns how many."""
    deleted, _by_model = IdempotencyKey.objects.filter(
        created_at__lt=now - timedelta(days=IDEMPOTENCY_DAYS)
    ).delete()
    return deleted
