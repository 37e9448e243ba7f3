"""No forged token opens a plate, and who reads genuine ones by the thousand is slowed."""

import random
import secrets
import string
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.doorplates.village import NOW
from xiaoyuan.accounts.models import RateCount
from xiaoyuan.doorplates import scanning
from xiaoyuan.doorplates.models import Doorplate
from xiaoyuan.doorplates.queries import find_scanned
from xiaoyuan.doorplates.scanning import is_slowed
from xiaoyuan.doorplates.tokens import hash_token

FORGED = 1_000_000
ASKED = 2_000
ALPHABET = string.ascii_letters + string.digits + "-_"


def forgeries(genuine: list[str], count: int, seed: int = 5) -> Iterator[str]:
    """Yield texts that are none of the genuine ones: random, one character off, exchanged, cut, lengthened."""
    dice, known = random.Random(seed), set(genuine)
    made = 0
    while made < count:
        base, kind = dice.choice(genuine), dice.randrange(6)
        place = dice.randrange(len(base) - 1)
        forged = (
            secrets.token_urlsafe(12),
            base[:place] + dice.choice(ALPHABET) + base[place + 1 :],
            base[:place] + base[place + 1] + base[place] + base[place + 2 :],
            base[:place],
            base + dice.choice(ALPHABET + "= \0é"),
            base.swapcase() if dice.random() < 0.1 else base[place:] + dice.choice(genuine)[:place],
        )[kind]
        if forged not in known:
            made += 1
            yield forged


def test_forged_tokens_open_nothing_through_the_look_up_of_the_page(
    plates: list[Doorplate], token_of: Any
) -> None:
    genuine = [token_of(plate) for plate in plates]
    assert all(find_scanned(token) for token in genuine)
    assert [forged for forged in forgeries(genuine, ASKED) if find_scanned(forged)] == []


@pytest.mark.slow
def test_none_of_a_million_forged_tokens_is_a_plates(plates: list[Doorplate], token_of: Any) -> None:
    """Compare the keys by which the database finds plates: the same hash, without a query each."""
    genuine = [token_of(plate) for plate in plates]
    keys = {bytes(plate.token_hash) for plate in plates}
    assert {hash_token(token) for token in genuine} == keys
    asked = accepted = 0
    for forged in forgeries(genuine, FORGED):
        asked += 1
        accepted += hash_token(forged) in keys
    assert (asked, accepted) == (FORGED, 0)


def test_an_account_is_slowed_after_its_scans_of_a_day(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "ACCOUNT_LIMIT", 5)
    answers = [is_slowed(f"203.0.113.{place}", 7, NOW) for place in range(7)]
    assert answers == [False] * 5 + [True] * 2
    assert not is_slowed("203.0.113.1", 8, NOW)
    assert not is_slowed("203.0.113.1", 7, NOW + timedelta(days=1))


def test_an_address_is_slowed_for_all_behind_it(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "ADDRESS_LIMIT", 4)
    monkeypatch.setattr(scanning, "_SAMPLE", 1)
    assert [is_slowed("203.0.113.7", None, NOW) for _ in range(6)] == [False] * 4 + [True] * 2
    assert not is_slowed("203.0.113.8", None, NOW)


def test_an_address_has_another_key_each_day_and_is_nowhere_in_clear(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "_SAMPLE", 1)
    for days in (0, 1):
        is_slowed("203.0.113.7", None, NOW + timedelta(days=days))
    keys = [bytes(key) for key in RateCount.objects.values_list("bucket", flat=True)]
    assert len(set(keys)) == 2
    assert all(b"203.0.113.7" not in key for key in keys)
