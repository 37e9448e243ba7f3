"""Doing business for somebody else: consents, and the half hour in which one is made use of.

The helper keeps their own rights and gets none of the elder's: what they file is filed for the elder, and the log
names both.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from xiaoyuan.accounts.choices import ConsentBasis, ConsentForm
from xiaoyuan.accounts.models import ActingConsent, ResidentCard
from xiaoyuan.audit.actions import record_audit
from xiaoyuan.audit.actors import Actor

ACTING_MINUTES: Final = 30
KIND: Final = "accounts.acting_consent"


class ConsentRefused(Exception):
    """A consent that cannot be recorded or used; the message says why."""


@dataclass(frozen=True)
class ActingFor:
    """The person for whom somebody does business, what pages call them, and when it ends by itself."""

    person_uid: UUID
    label: str
    until: datetime
    consent_id: int


def record_consent(
    *,
    county_id: int,
    division_code: str,
    is_sample: bool,
    elder_uid: UUID,
    elder_label: str,
    helper_uid: UUID,
    helper_label: str,
    is_same_household: bool,
    given_as: ConsentForm,
    valid_from: date,
    valid_until: date,
    actor: Actor,
    now: datetime,
) -> ActingConsent:
    """Record that somebody agreed; an earlier consent of the two ends. Raises `ConsentRefused`."""
    if elder_uid == helper_uid:
        raise ConsentRefused(_("Nobody needs a consent to act for themselves."))
    if valid_until < valid_from:
        raise ConsentRefused(_("The last day lies before the first."))
    with transaction.atomic():
        earlier = ActingConsent.objects.filter(
            county_id=county_id, elder_uid=elder_uid, helper_uid=helper_uid, ended_at__isnull=True
        )
        earlier.update(ended_at=now, ended_by=actor.label, acting_until=None)
        consent = ActingConsent.objects.create(
            county_id=county_id,
            division_code=division_code,
            is_sample=is_sample,
            elder_uid=elder_uid,
            elder_label=elder_label,
            helper_uid=helper_uid,
            helper_label=helper_label,
            basis=ConsentBasis.HOUSEHOLD if is_same_household else ConsentBasis.RECORDED,
            given_as=given_as,
            valid_from=valid_from,
            valid_until=valid_until,
            recorded_at=now,
            recorded_by=actor.label,
        )
        _audit(consent, "accounts.record_consent", actor, now)
    return consent


def end_consent(*, consent: ActingConsent, actor: Actor, now: datetime) -> None:
    """End a consent; whoever acts on it stops at once."""
    with transaction.atomic():
        if ActingConsent.objects.filter(pk=consent.pk, ended_at__isnull=True).update(
            ended_at=now, ended_by=actor.label, acting_until=None
        ):
            _audit(consent, "accounts.end_consent", actor, now)


def consents_to_use(user_id: int, now: datetime) -> list[ActingConsent]:
    """Return the consents by which a user may act for somebody today."""
    return list(_usable(user_id, now).order_by("elder_label"))


def consents_given(user_id: int, now: datetime) -> list[ActingConsent]:
    """Return the consents in force that a user gave to others."""
    rows = ActingConsent.objects.none()
    for county_id, person_uid in _persons(user_id):
        rows = rows | ActingConsent.objects.filter(county_id=county_id, elder_uid=person_uid)
    today = timezone.localtime(now).date()
    return list(rows.filter(ended_at__isnull=True, valid_until__gte=today).order_by("helper_label"))


def start_acting(*, user_id: int, consent_id: int, actor: Actor, now: datetime) -> ActingFor:
    """Begin to do business for somebody; raises `ConsentRefused`."""
    with transaction.atomic():
        consent = _usable(user_id, now).filter(pk=consent_id).first()
        if consent is None:
            raise ConsentRefused(_("There is no consent by which you may act for this person."))
        stop_acting(user_id=user_id, actor=actor, now=now)
        until = now + timedelta(minutes=ACTING_MINUTES)
        ActingConsent.objects.filter(pk=consent.pk).update(acting_until=until)
        _audit(consent, "accounts.start_acting", actor, now)
    return ActingFor(consent.elder_uid, consent.elder_label, until, consent.pk)


def stop_acting(*, user_id: int, actor: Actor, now: datetime) -> None:
    """Stop doing business for somebody."""
    for consent in _usable(user_id, now).filter(acting_until__gt=now):
        ActingConsent.objects.filter(pk=consent.pk).update(acting_until=None)
        _audit(consent, "accounts.stop_acting", actor, now)


def current_acting(user_id: int, now: datetime) -> ActingFor | None:
    """Return for whom a user does business just now. One query."""
    consent = _usable(user_id, now).filter(acting_until__gt=now).first()
    if consent is None or consent.acting_until is None:
        return None
    return ActingFor(consent.elder_uid, consent.elder_label, consent.acting_until, consent.pk)


def _persons(user_id: int) -> "list[tuple[int, UUID]]":
    cards = ResidentCard.objects.filter(user_id=user_id, revoked_at__isnull=True)
    return list(cards.values_list("county_id", "person_uid"))


def _usable(user_id: int, now: datetime) -> "models.QuerySet[ActingConsent]":
    today = timezone.localtime(now).date()
    mine = ResidentCard.objects.filter(
        user_id=user_id,
        revoked_at__isnull=True,
        county_id=models.OuterRef("county_id"),
        person_uid=models.OuterRef("helper_uid"),
    )
    return ActingConsent.objects.filter(
        models.Exists(mine), ended_at__isnull=True, valid_from__lte=today, valid_until__gte=today
    )


def _audit(consent: ActingConsent, action: str, actor: Actor, now: datetime) -> None:
    record_audit(
        actor=actor,
        now=now,
        action=action,
        county_id=consent.county_id,
        object_kind=KIND,
        object_id=consent.pk,
        detail={"helper": str(consent.helper_uid), "elder": str(consent.elder_uid)},
    )
