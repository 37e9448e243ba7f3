"""Residents sign in with a printed card: issue, activate with the one-time code, then card number and PIN.

Guesses are reserved by a conditional update before the hash is compared, so that parallel guesses never exceed the
limit; refusals are returned, not raised, so that a rolled-back request cannot give a guess back.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import models, transaction

from xiaoyuan.accounts.actions import end_grant, grant_role
from xiaoyuan.accounts.choices import Role, ScopeKind
from xiaoyuan.accounts.models import Grant, ResidentCard, User
from xiaoyuan.accounts.sessions import end_sessions
from xiaoyuan.accounts.viewers import is_usable
from xiaoyuan.audit.actions import record_audit
from xiaoyuan.audit.actors import Actor

CODE_DAYS: Final = 10
CODE_TRIES: Final = 5
PIN_TRIES: Final = 5
FIRST_LOCK: Final = timedelta(minutes=15)
LONGEST_LOCK: Final = timedelta(hours=24)
NUMBER_DIGITS: Final = 10
CODE_DIGITS: Final = 8
PIN_DIGITS: Final = 6
SMS_MINUTES: Final = 10
SMS_TRIES: Final = 3
KIND: Final = "accounts.resident_card"


class Refusal(StrEnum):
    """Why a card was not accepted; unknown, wrong, locked, expired and revoked are one answer."""

    NOT_ACCEPTED = "not_accepted"
    WEAK_PIN = "weak_pin"


@dataclass(frozen=True)
class IssuedCard:
    """A fresh card and its one-time code, which exists only here and on paper."""

    card: ResidentCard
    code: str = field(repr=False)


def issue_card(
    *,
    county_id: int,
    division_code: str,
    person_uid: UUID,
    household_id: int,
    display_name: str,
    is_sample: bool,
    actor: Actor,
    now: datetime,
    phone: str = "",
    user: User | None = None,
) -> IssuedCard:
    """Make a card for a person of a household; an earlier one is revoked and its user kept.

    `phone` is the number by which they may sign in, kept as a keyed hash. `user` binds the first card to a sign-in
    that is there.
    """
    code = _digits(CODE_DIGITS)
    number = _digits(NUMBER_DIGITS)
    code_hash = _hash(number, code)
    with transaction.atomic():
        known = ResidentCard.objects.filter(county_id=county_id, person_uid=person_uid)
        former = known.order_by("-issued_at").first()
        for card in known.filter(revoked_at__isnull=True):
            _revoke(card, now)
        if former is not None:
            user = former.user
        elif user is None:
            user = User(username=f"card-{number}", display_name=display_name, is_sample=is_sample)
            user.set_unusable_password()
            user.save()
        settle_resident(user=user, household_id=household_id, actor=actor, now=now)
        card = ResidentCard.objects.create(
            number=number,
            county_id=county_id,
            division_code=division_code,
            person_uid=person_uid,
            user=user,
            is_sample=is_sample,
            issued_at=now,
            code_hash=code_hash,
            code_until=now + timedelta(days=CODE_DAYS),
            phone_hash=phone_hash(phone),
        )
        # A lost card is why new ones are asked for: whoever found it is signed out.
        end_sessions(user)
        record_audit(actor=actor, now=now, action="accounts.issue_card", object_kind=KIND, object_id=card.pk)
    return IssuedCard(card, code)


def revoke_card(*, card: ResidentCard, actor: Actor, now: datetime) -> None:
    """End a card and what its user may see as a resident."""
    with transaction.atomic():
        _revoke(card, now)
        settle_resident(user=card.user, household_id=None, actor=actor, now=now)
        end_sessions(card.user)
        record_audit(actor=actor, now=now, action="accounts.revoke_card", object_kind=KIND, object_id=card.pk)


def settle_resident(*, user: User, household_id: int | None, actor: Actor, now: datetime) -> None:
    """Let a resident see exactly the household they live in now; None (moved out, died) ends all.

    What is lost ends the sessions at once, also those of other devices.
    """
    mine = Grant.objects.filter(user=user, role=Role.RESIDENT, scope_kind=ScopeKind.HOUSEHOLD)
    # A grant of this very moment has opened nothing yet, and an empty span cannot be kept.
    mine.filter(valid_from=now).delete()
    held = mine.valid_at(now)
    kept = False
    for grant in held:
        if household_id is not None and grant.scope_key == str(household_id) and grant.valid_until is None:
            kept = True
        else:
            end_grant(grant=grant, actor=actor, now=now)
            end_sessions(user)
    if household_id is not None and not kept:
        grant_role(
            user=user,
            role=Role.RESIDENT,
            scope_kind=ScopeKind.HOUSEHOLD,
            scope_key=str(household_id),
            actor=actor,
            now=now,
        )


def activate(
    *, number: str, code: str, pin: str, born_on: date | None = None, now: datetime
) -> User | Refusal:
    """Trade the one-time code for a PIN; returns the user to sign in."""
    card = ResidentCard.objects.select_related("user").filter(number=number).first()
    reserved = card is not None and bool(
        ResidentCard.objects.filter(
            pk=card.pk, revoked_at__isnull=True, code_until__gt=now, code_tries__lt=CODE_TRIES
        )
        .exclude(code_hash="")
        .update(code_tries=models.F("code_tries") + 1)
    )
    is_right = _matches(number, code, card.code_hash if card is not None else "")
    if card is None or not reserved or not is_right or not is_usable(card.user):
        return Refusal.NOT_ACCEPTED
    if is_weak(pin, born_on):
        # The code was right: choosing another PIN costs no try.
        ResidentCard.objects.filter(pk=card.pk).update(code_tries=models.F("code_tries") - 1)
        return Refusal.WEAK_PIN
    pin_hash = _hash(number, pin)
    with transaction.atomic():
        # A code serves once, also when two send it at the same moment.
        if not ResidentCard.objects.filter(pk=card.pk, code_hash=card.code_hash, revoked_at=None).update(
            code_hash="", pin_hash=pin_hash, pin_tries=0, locked_until=None, lock_count=0, activated_at=now
        ):
            return Refusal.NOT_ACCEPTED
        record_audit(
            actor=Actor(card.user.pk, card.user.label),
            now=now,
            action="accounts.activate_card",
            object_kind=KIND,
            object_id=card.pk,
        )
    return card.user


def sign_in(*, number: str, pin: str, now: datetime) -> User | Refusal:
    """Check a card number and PIN; five wrong ones lock the card, longer each time."""
    card = ResidentCard.objects.select_related("user").filter(number=number).first()
    reserved = False
    if card is not None:
        mine = ResidentCard.objects.filter(pk=card.pk, revoked_at__isnull=True).exclude(pin_hash="")
        is_open = models.Q(locked_until__isnull=True) | models.Q(locked_until__lte=now)
        reserved = bool(
            mine.filter(is_open, pin_tries__lt=PIN_TRIES).update(pin_tries=models.F("pin_tries") + 1)
        )
    is_right = _matches(number, pin, card.pin_hash if card is not None else "")
    if card is None:
        return Refusal.NOT_ACCEPTED
    if not reserved or not is_right or not is_usable(card.user):
        _lock_when_spent(card, now)
        return Refusal.NOT_ACCEPTED
    ResidentCard.objects.filter(pk=card.pk).update(pin_tries=0, lock_count=0, locked_until=None)
    return card.user


def phone_hash(phone: str) -> str:
    """Return the keyed hash of a mobile number's digits, "" for what is none."""
    digits = "".join(one for one in phone if one.isascii() and one.isdigit())
    digits = digits.removeprefix("86") if len(digits) == 13 else digits
    if len(digits) != 11 or digits[0] != "1":
        return ""
    return hmac.new(settings.SECRET_KEY.encode(), f"phone|{digits}".encode(), hashlib.sha256).hexdigest()


def begin_by_phone(*, phone: str, now: datetime) -> tuple[ResidentCard, str] | None:
    """Make the code that is sent to a phone; None when no single active card goes with the number."""
    wanted = phone_hash(phone)
    cards = list(
        ResidentCard.objects.select_related("user")
        .filter(phone_hash=wanted, revoked_at__isnull=True)
        .exclude(pin_hash="")[:2]
    )
    # One number may be the whole family's: who it is must not be guessed.
    if not wanted or len(cards) != 1 or not is_usable(cards[0].user):
        return None
    card, code = cards[0], _digits(PIN_DIGITS)
    card.sms_hash, card.sms_tries = _hash(card.number, code), 0
    card.sms_until = now + timedelta(minutes=SMS_MINUTES)
    card.save(update_fields=["sms_hash", "sms_until", "sms_tries"])
    return card, code


def sign_in_by_phone(*, phone: str, code: str, now: datetime) -> User | Refusal:
    """Check the code that was sent to a phone; it serves once and for three tries."""
    wanted = phone_hash(phone)
    card = (
        ResidentCard.objects.select_related("user")
        .filter(phone_hash=wanted, revoked_at__isnull=True)
        .exclude(sms_hash="")
        .first()
        if wanted
        else None
    )
    reserved = card is not None and bool(
        ResidentCard.objects.filter(
            pk=card.pk, sms_hash=card.sms_hash, sms_until__gt=now, sms_tries__lt=SMS_TRIES
        ).update(sms_tries=models.F("sms_tries") + 1)
    )
    is_right = _matches(card.number if card else "", code, card.sms_hash if card else "")
    if card is None or not reserved or not is_right or not is_usable(card.user):
        return Refusal.NOT_ACCEPTED
    if not ResidentCard.objects.filter(pk=card.pk, sms_hash=card.sms_hash).update(sms_hash=""):
        return Refusal.NOT_ACCEPTED
    return card.user


def is_weak(pin: str, born_on: date | None = None) -> bool:
    """Tell whether a PIN is one of the first that anybody would try."""
    if len(pin) != PIN_DIGITS or not (pin.isascii() and pin.isdecimal()):
        return True
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    if len(steps) == 1 or len(set(pin)) <= 2 or pin[:3] == pin[3:] or pin == pin[:2] * 3:
        return True
    if born_on is None:
        return False
    return pin in {born_on.strftime(form) for form in ("%y%m%d", "%d%m%y", "%m%d%y", "%Y%m")}


def _lock_when_spent(card: ResidentCard, now: datetime) -> None:
    lock = min(FIRST_LOCK * 2 ** min(card.lock_count, 10), LONGEST_LOCK)
    ResidentCard.objects.filter(pk=card.pk, pin_tries__gte=PIN_TRIES).update(
        pin_tries=0, lock_count=models.F("lock_count") + 1, locked_until=now + lock
    )


def _revoke(card: ResidentCard, now: datetime) -> None:
    ResidentCard.objects.filter(pk=card.pk).update(revoked_at=now, code_hash="", pin_hash="", sms_hash="")


def _digits(count: int) -> str:
    return "".join(secrets.choice("0123456789") for _ in range(count))


def _keyed(number: str, secret: str) -> str:
    """Mix in the server's key: six digits alone are guessed in no time from a stolen database."""
    return hmac.new(settings.SECRET_KEY.encode(), f"{number}|{secret}".encode(), hashlib.sha256).hexdigest()


def _hash(number: str, secret: str) -> str:
    return make_password(_keyed(number, secret))


def _matches(number: str, secret: str, stored: str) -> bool:
    """Compare; without a stored hash the same work is done, so that the time tells nothing."""
    if not stored:
        make_password(_keyed(number, secret))
        return False
    return check_password(_keyed(number, secret), stored)
