"""Images lose nothing: any value of any column comes back in its type, and sets of ids are sets."""

from datetime import UTC, date, datetime, time
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiaoyuan.history.images import digest, pack, unpack
from xiaoyuan.history.ranges import IdRanges

PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.dates(),
    st.datetimes(timezones=st.just(UTC)),
    st.times(),
    st.uuids(),
    st.binary(),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.lists(st.one_of(PLAIN, JSON)))
def test_every_value_comes_back_as_it_was(values: list[Any]) -> None:
    again = unpack(pack(values))
    assert again == values
    assert [type(value) for value in again] == [type(value) for value in values]


def test_what_looks_alike_is_not_the_same() -> None:
    values = [
        1,
        True,
        1.0,
        "1",
        date(2026, 3, 1),
        datetime(2026, 3, 1, tzinfo=UTC),
        time(1),
        b"1",
        {"date": "x"},
    ]
    assert [repr(value) for value in unpack(pack(values))] == [repr(value) for value in values]
    assert digest({"a": 1}) != digest({"a": "1"})


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(TypeError, match="has no image"):
        pack([{1, 2}])


@given(st.lists(st.sets(st.integers(0, 60))), st.integers(1, 7))
def test_ranges_are_the_set_of_all_ids_added(parts: list[set[int]], size: int) -> None:
    ranges = IdRanges()
    for part in parts:
        ranges.add(part)
    wanted = set().union(*parts)
    assert {one for start, end in ranges for one in range(start, end + 1)} == wanted
    assert len(ranges) == len(wanted)
    assert {one for one in range(-2, 63) if one in ranges} == wanted
    pairs = pairwise(ranges)
    assert all(left[1] + 1 < right[0] for left, right in pairs)
    chunks = [one for start, end in ranges.chunks(size) for one in range(start, end + 1)]
    assert chunks == sorted(wanted)
    assert all(end - start < size for start, end in ranges.chunks(size))
