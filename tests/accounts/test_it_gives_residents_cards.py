"""Cards of residents: one-time code, PIN, lock-outs, one answer for all refusals, nothing kept in clear."""

from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest

from tests.cast import NOW
from xiaoyuan.accounts import residents
from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.models import Grant, ResidentCard, User
from xiaoyuan.accounts.residents import IssuedCard, Refusal, activate, is_weak, sign_in
from xiaoyuan.accounts.viewers import viewer_of
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.audit.models import AuditEntry

pytestmark = pytest.mark.django_db
PIN = "739164"
LATER = NOW + timedelta(hours=1)
UID = uuid4()


def issue(household_id: int = 7, now: datetime = NOW) -> IssuedCard:
    return residents.issue_card(
        county_id=1,
        division_code="520502103003",
        person_uid=UID,
        household_id=household_id,
        display_name="张伟",
        is_sample=False,
        actor=SYSTEM,
        now=now,
    )


def active() -> IssuedCard:
    issued = issue()
    assert isinstance(activate(number=issued.card.number, code=issued.code, pin=PIN, now=LATER), User)
    return issued


def households(user: User, now: datetime = LATER) -> set[int]:
    return set(viewer_of(user, now).scope_for(Permission.SIGNED_IN).households)


def test_a_code_becomes_a_pin_once_and_the_pin_signs_in() -> None:
    issued = active()
    again = activate(number=issued.card.number, code=issued.code, pin="284615", now=LATER)
    assert again is Refusal.NOT_ACCEPTED
    user = sign_in(number=issued.card.number, pin=PIN, now=LATER)
    assert isinstance(user, User)
    assert households(user) == {7}


def test_a_code_ends_after_ten_days_and_five_tries() -> None:
    issued = issue()
    late = NOW + timedelta(days=10)
    assert activate(number=issued.card.number, code=issued.code, pin=PIN, now=late) is Refusal.NOT_ACCEPTED
    wrong = f"{(int(issued.code) + 1) % 10**8:08d}"
    for _ in range(5):
        assert activate(number=issued.card.number, code=wrong, pin=PIN, now=LATER) is Refusal.NOT_ACCEPTED
    assert activate(number=issued.card.number, code=issued.code, pin=PIN, now=LATER) is Refusal.NOT_ACCEPTED


def test_a_weak_pin_costs_no_try() -> None:
    issued = issue()
    for _ in range(6):
        assert (
            activate(number=issued.card.number, code=issued.code, pin="123456", now=LATER) is Refusal.WEAK_PIN
        )
    assert isinstance(activate(number=issued.card.number, code=issued.code, pin=PIN, now=LATER), User)


def test_five_wrong_pins_lock_longer_each_time() -> None:
    number, at = active().card.number, LATER
    for minutes in (15, 30):
        for _ in range(5):
            assert sign_in(number=number, pin="000000", now=at) is Refusal.NOT_ACCEPTED
        before = at + timedelta(minutes=minutes, seconds=-1)
        assert sign_in(number=number, pin=PIN, now=before) is Refusal.NOT_ACCEPTED
        at += timedelta(minutes=minutes)
    assert isinstance(sign_in(number=number, pin=PIN, now=at), User)


def test_every_refusal_is_one_answer_after_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    issued = active()
    work: list[int] = []
    monkeypatch.setattr(residents, "check_password", lambda *args: work.append(1))
    monkeypatch.setattr(residents, "make_password", lambda *args: work.append(1))
    for number in (issued.card.number, "0" * 10):
        assert sign_in(number=number, pin="000000", now=LATER) is Refusal.NOT_ACCEPTED
    assert len(work) == 2


def test_a_new_card_and_a_move_end_what_was_before() -> None:
    old = active()
    new = issue(household_id=8, now=LATER)
    assert sign_in(number=old.card.number, pin=PIN, now=LATER) is Refusal.NOT_ACCEPTED
    user = activate(number=new.card.number, code=new.code, pin=PIN, now=LATER)
    assert isinstance(user, User)
    assert user.pk == old.card.user_id
    assert households(user) == {8}
    residents.revoke_card(card=new.card, actor=SYSTEM, now=LATER + timedelta(hours=1))
    assert households(user, LATER + timedelta(hours=1)) == set()
    assert Grant.objects.filter(user=user).count() == 2


def test_neither_code_nor_pin_is_kept_in_clear() -> None:
    issued = active()
    kept = repr([list(model.objects.values()) for model in (ResidentCard, AuditEntry, User)]) + repr(issued)
    assert issued.code not in kept
    assert PIN not in kept


@pytest.mark.parametrize(
    "pin", ["123456", "654321", "111111", "121212", "123123", "12345", "12345a", "850412"]
)
def test_guessable_pins_are_weak(pin: str) -> None:
    assert is_weak(pin, date(1985, 4, 12))


def test_other_pins_are_not() -> None:
    assert not is_weak(PIN, date(1985, 4, 12))
