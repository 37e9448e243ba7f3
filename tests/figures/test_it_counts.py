"""Cells add up deltas by day and division; a rebuild books only the difference and says how many cells disagreed."""

import threading
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from xiaoyuan.audit.models import ChangeCounter
from xiaoyuan.figures.actions import Delta, rebuild, record
from xiaoyuan.figures.models import FigureCell
from xiaoyuan.figures.queries import by_dimension, by_division, has_cells, total

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
VILLAGE, SIBLING, TOWN = "520502103003", "520502103209", "520502103"


def book(*deltas: Delta, day: date = MONDAY) -> None:
    with transaction.atomic():
        record(county_id=1, day=day, deltas=deltas)


@pytest.mark.django_db
def test_deltas_add_up_by_division_and_day() -> None:
    book(
        Delta(VILLAGE, "persons", 3, "1:1990"),
        Delta(VILLAGE, "persons", 2, "2:1990"),
        Delta(SIBLING, "persons", 4),
    )
    book(
        Delta(VILLAGE, "persons", -1, "1:1990"),
        Delta(VILLAGE, "persons", 1, "1:1990", is_sample=True),
        day=TUESDAY,
    )
    reading: dict[str, Any] = {"as_of": TUESDAY, "is_sample": False}
    assert total("persons", code=VILLAGE, as_of=MONDAY, is_sample=False) == 5
    assert total("persons", code=VILLAGE, **reading) == 4
    assert total("persons", code=TOWN, **reading) == 8
    assert total("persons", code=TOWN, as_of=TUESDAY, is_sample=True) == 1
    assert by_dimension("persons", code=VILLAGE, **reading) == {"1:1990": 2, "2:1990": 2}
    assert by_division("persons", code=TOWN, digits=12, **reading) == {VILLAGE: 4, SIBLING: 4}


@pytest.mark.django_db
def test_none_and_no_data_are_told_apart() -> None:
    assert not has_cells("students", code=VILLAGE, is_sample=False)
    book(Delta(VILLAGE, "students", 1), Delta(SIBLING, "students", 2))
    book(Delta(VILLAGE, "students", -1), day=TUESDAY)
    assert has_cells("students", code=VILLAGE, is_sample=False)
    assert total("students", code=VILLAGE, as_of=TUESDAY, is_sample=False) == 0


@pytest.mark.django_db
def test_deltas_that_cancel_out_leave_no_cell() -> None:
    book(Delta(VILLAGE, "persons", 1), Delta(VILLAGE, "persons", -1))
    assert not FigureCell.objects.exists()


@pytest.mark.django_db
def test_a_code_is_no_prefix_of_a_longer_number() -> None:
    book(Delta("520502103", "roads", 5), Delta("5205021030", "roads", 7))
    assert total("roads", code="520502104", as_of=MONDAY, is_sample=False) == 0
    assert total("roads", code="520502103003", as_of=MONDAY, is_sample=False) == 0


@pytest.mark.django_db
def test_a_rebuild_books_the_difference_and_keeps_history() -> None:
    book(Delta(VILLAGE, "persons", 5), Delta(VILLAGE, "students", 9))
    book(Delta(SIBLING, "persons", 2), day=TUESDAY)
    counted = [Delta(VILLAGE, "persons", 1) for _person in range(4)]
    wrong = rebuild(county_id=1, day=TUESDAY, figures=["persons"], counted=counted)
    assert wrong == 2
    assert total("persons", code=VILLAGE, as_of=MONDAY, is_sample=False) == 5
    assert total("persons", code=VILLAGE, as_of=TUESDAY, is_sample=False) == 4
    assert total("persons", code=SIBLING, as_of=TUESDAY, is_sample=False) == 0
    assert total("students", code=VILLAGE, as_of=TUESDAY, is_sample=False) == 9
    assert rebuild(county_id=1, day=TUESDAY, figures=["persons"], counted=counted) == 0


@pytest.mark.django_db(transaction=True)
def test_writers_at_once_add_up() -> None:
    rounds, writers = 20, 2
    faults: list[BaseException] = []
    start = threading.Barrier(writers)

    def work() -> None:
        try:
            start.wait(timeout=30)
            for _round in range(rounds):
                book(Delta(VILLAGE, "persons", 1))
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _writer in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not faults
    assert total("persons", code=VILLAGE, as_of=MONDAY, is_sample=False) == rounds * writers


deltas = st.lists(
    st.builds(
        Delta,
        st.sampled_from([VILLAGE, SIBLING]),
        st.sampled_from(["persons", "students"]),
        st.integers(-5, 5),
        st.sampled_from(["", "1:1990"]),
        st.booleans(),
    ),
    max_size=30,
)


class AnyDeltas(TestCase):
    """Property: however deltas are batched, sums are sums."""

    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(deltas, max_size=4))
    def test_sums_are_sums(self, batches: list[list[Delta]]) -> None:
        for batch in batches:
            book(*batch)
        everything = [delta for batch in batches for delta in batch]
        for figure in ("persons", "students"):
            for is_sample in (True, False):
                expected = sum(
                    one.amount for one in everything if one.figure == figure and one.is_sample == is_sample
                )
                assert total(figure, code="52", as_of=MONDAY, is_sample=is_sample) == expected


@pytest.mark.django_db
def test_a_rebuild_counts_while_nobody_writes() -> None:
    """Counted before the lock, a write that commits in between would be booked away as an error."""
    book(Delta(VILLAGE, "persons", 1))

    def counted() -> Iterator[Delta]:
        assert ChangeCounter.objects.filter(county_id=1).exists(), "the county's lock is not taken yet"
        yield Delta(VILLAGE, "persons", 1)

    assert rebuild(county_id=1, day=TUESDAY, figures=["persons"], counted=counted()) == 0
