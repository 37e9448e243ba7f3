"""The same key and body replays the answer, another body conflicts, a failed write leaves the key free."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError
from django.db.models import QuerySet

from xiaoyuan.audit import actions
from xiaoyuan.audit.actions import Answer, forget_old_keys, once, record_audit
from xiaoyuan.audit.actors import STRANGER, Actor
from xiaoyuan.audit.errors import IdempotencyConflict
from xiaoyuan.audit.models import AuditEntry, IdempotencyKey

pytestmark = pytest.mark.django_db
NOW = datetime.fromisoformat("2026-03-01T08:00:00+08:00")
LI = Actor(3, "Li")


class Counter:
    """A write that can be seen to happen."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> Answer:
        self.calls += 1
        return Answer(201, {"number": self.calls})


def send(
    write: Counter, *, key: str = "k1", body: str = "a" * 64, actor: Actor = LI, county_id: int = 1
) -> Answer:
    return once(county_id=county_id, actor=actor, key=key, body_hash=body, now=NOW, write=write)


def test_a_repeated_submission_is_answered_alike_and_written_once() -> None:
    write = Counter()
    first, second = send(write), send(write)
    assert first == second == Answer(201, {"number": 1})
    assert write.calls == 1


def test_another_body_under_the_same_key_conflicts() -> None:
    write = Counter()
    send(write)
    with pytest.raises(IdempotencyConflict):
        send(write, body="b" * 64)
    assert write.calls == 1


def test_keys_belong_to_actor_and_county() -> None:
    write = Counter()
    for options in ({}, {"key": "k2"}, {"actor": Actor(4, "Wang")}, {"actor": STRANGER}, {"county_id": 2}):
        send(write, **options)
    assert write.calls == 5


def test_a_failed_write_may_be_repeated() -> None:
    def fail() -> Answer:
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError):
        once(county_id=1, actor=LI, key="k1", body_hash="a" * 64, now=NOW, write=fail)
    assert send(Counter()).status == 201


def test_keys_are_forgotten_after_ninety_days() -> None:
    send(Counter())
    assert forget_old_keys(now=NOW + timedelta(days=90)) == 0
    assert forget_old_keys(now=NOW + timedelta(days=90, seconds=1)) == 1
    assert not IdempotencyKey.objects.exists()


def test_the_loser_of_a_race_gets_the_answer_of_the_winner(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both looked before either wrote; what the loser wrote is undone."""
    winner = send(Counter())
    look, seen = actions._answered, []

    def look_too_early(known: QuerySet[IdempotencyKey], body_hash: str) -> Answer | None:
        seen.append(body_hash)
        return None if len(seen) == 1 else look(known, body_hash)

    monkeypatch.setattr(actions, "_answered", look_too_early)

    def write() -> Answer:
        record_audit(actor=LI, now=NOW, action="test.loser")
        return Answer(201, {"number": 99})

    assert once(county_id=1, actor=LI, key="k1", body_hash="a" * 64, now=NOW, write=write) == winner
    assert not AuditEntry.objects.exists()


def test_another_fault_of_the_database_is_not_hidden() -> None:
    def write() -> Answer:
        raise IntegrityError("something else")

    with pytest.raises(IntegrityError, match="something else"):
        once(county_id=1, actor=LI, key="k1", body_hash="a" * 64, now=NOW, write=write)
