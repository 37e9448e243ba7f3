"""Rates: a sliding window that all processes share, keyed hashes instead of addresses."""

from datetime import timedelta

import pytest

from tests.cast import NOW
from xiaoyuan.accounts.models import RateCount
from xiaoyuan.accounts.rates import allow, forget_old_counts

pytestmark = pytest.mark.django_db
AT = NOW.replace(minute=0, second=0, microsecond=0)


def test_a_window_slides() -> None:
    def one(minutes: int) -> bool:
        return allow(bucket="a", limit=10, window_s=3600, now=AT + timedelta(minutes=minutes))

    assert [one(1) for _ in range(12)] == [True] * 10 + [False] * 2
    assert one(59) is False
    # Half an hour into the next window five of the ten still count.
    assert [one(90) for _ in range(6)] == [True] * 5 + [False]
    assert allow(bucket="b", limit=10, window_s=3600, now=AT)


def test_the_place_is_kept_as_a_keyed_hash_and_not_for_long() -> None:
    allow(bucket="scan:address:203.0.113.7", limit=3, window_s=60, now=AT)
    assert "203.0.113.7" not in repr(list(RateCount.objects.values()))
    assert forget_old_counts(AT) == 0
    assert forget_old_counts(AT + timedelta(minutes=3)) == 1


def test_counting_every_tenth_is_right_on_average() -> None:
    allowed = sum(allow(bucket="c", limit=3000, window_s=86400, now=AT, sample=10) for _ in range(4500))
    # The number of tenfold steps is binomial: three standard deviations are 500.
    assert 2500 < allowed < 3500
    assert RateCount.objects.count() == 1
