"""Change sequences of a county have no gap and follow commit order, also when two writers race."""

import threading
from datetime import date, datetime
from decimal import Decimal

import pytest
from django.db import connection, transaction

from xiaoyuan.audit.actions import Change, lock_changes, record_changes
from xiaoyuan.audit.actors import Actor
from xiaoyuan.audit.models import ChangeCounter, ChangeEntry, Operation
from xiaoyuan.audit.queries import history_of, provenance_of
from xiaoyuan.register.actions.changes import logged

NOW = datetime.fromisoformat("2026-03-01T08:00:00+08:00")
WRITERS, ROUNDS, EACH = 2, 25, 3


def changes(row: int, count: int = EACH) -> list[Change]:
    return [Change("test.row", row, Operation.UPDATE, f"field{at}", at, at + 1) for at in range(count)]


def write(row: int, *, county_id: int = 1, actor: str = "clerk") -> int:
    with transaction.atomic():
        return record_changes(county_id=county_id, actor=Actor(1, actor), now=NOW, changes=changes(row))


def write_and_fail(row: int) -> None:
    with transaction.atomic():
        record_changes(county_id=1, actor=Actor(1, "x"), now=NOW, changes=changes(row))
        raise RuntimeError("undo")


def sequences(county_id: int = 1) -> list[int]:
    entries = ChangeEntry.objects.filter(county_id=county_id).order_by("sequence")
    return list(entries.values_list("sequence", flat=True))


@pytest.mark.django_db
def test_sequences_count_on_and_counties_count_apart() -> None:
    assert [write(1), write(2), write(3, county_id=2)] == [3, 6, 3]
    assert sequences() == [1, 2, 3, 4, 5, 6]
    assert record_changes(county_id=1, actor=Actor(1, "x"), now=NOW, changes=[]) == 0


@pytest.mark.django_db
def test_a_rolled_back_write_leaves_no_gap() -> None:
    write(1)
    with pytest.raises(RuntimeError):
        write_and_fail(2)
    write(3)
    assert sequences() == [1, 2, 3, 4, 5, 6]


@pytest.mark.django_db(transaction=True)
def test_two_writers_leave_no_gap() -> None:
    """Each writer undoes every third write after taking numbers: the numbers must be given out again."""
    faults: list[BaseException] = []
    undone: list[int] = []
    start = threading.Barrier(WRITERS)

    class Undone(Exception):
        pass

    def work(writer: int) -> None:
        try:
            start.wait(timeout=30)
            for number in range(ROUNDS):
                try:
                    with transaction.atomic():
                        lock_changes(1)
                        record_changes(
                            county_id=1,
                            actor=Actor(writer, f"writer {writer}"),
                            now=NOW,
                            changes=changes(number),
                        )
                        if number % 3 == 2:
                            raise Undone
                except Undone:
                    undone.append(number)
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(writer,)) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not faults
    kept = WRITERS * ROUNDS - len(undone)
    assert len(undone) == WRITERS * (ROUNDS // 3)
    assert sequences() == list(range(1, kept * EACH + 1))
    assert ChangeCounter.objects.get(county_id=1).last == kept * EACH
    # Both wrote, and each write's numbers stand together: nobody slipped in between.
    actors = list(ChangeEntry.objects.order_by("sequence").values_list("actor_id", flat=True))
    assert set(actors) == {0, 1}
    assert all(len(set(actors[at : at + EACH])) == 1 for at in range(0, len(actors), EACH))


@pytest.mark.django_db
def test_provenance_is_the_newest_entry_of_a_field_else_the_rows_own() -> None:
    made = Change("test.row", 5, Operation.CREATE, source_row_id=40)
    first = Change("test.row", 5, Operation.UPDATE, "name", "a", "b", source_row_id=41)
    second = Change("test.row", 5, Operation.UPDATE, "name", "b", "c", source_row_id=42)
    record_changes(county_id=1, actor=Actor(1, "x"), now=NOW, changes=[made, first, second])
    named, other = provenance_of("test.row", 5, "name"), provenance_of("test.row", 5, "phone")
    assert (named and named.source_row_id, other and other.source_row_id) == (42, 40)
    assert [entry.after for entry in history_of("test.row", 5)] == ["c", "b", None]
    assert provenance_of("test.row", 6, "name") is None


def test_values_of_a_change_are_plain() -> None:
    assert [logged(value) for value in (date(2026, 3, 1), Decimal("1.50"), NOW, None, [1])] == [
        "2026-03-01", "1.50", "2026-03-01T08:00:00+08:00", None, [1],
    ]  # fmt: skip
