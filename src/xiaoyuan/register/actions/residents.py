"""Whoever has a resident's card sees the household they belong to now: carried along by every write of belonging."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.db.models import Q

from xiaoyuan.accounts.acting import end_consent
from xiaoyuan.accounts.choices import ConsentBasis
from xiaoyuan.accounts.models import ActingConsent, ResidentCard
from xiaoyuan.accounts.residents import settle_resident
from xiaoyuan.audit.actors import Actor
from xiaoyuan.register.models import Membership, Person

_WHY: Final = "a resident's own sight follows their belonging"
_PART: Final = 500


def follow_residents(county_id: int, person_ids: Iterable[int], actor: Actor, now: datetime) -> None:
    """Settle the grants, sessions and consents of those of these persons who have a card; call it in the write."""
    cards = ResidentCard.objects.filter(county_id=county_id, revoked_at__isnull=True)
    consents = ActingConsent.objects.filter(county_id=county_id, ended_at__isnull=True)
    ids = sorted(set(person_ids))
    if not ids or not (cards.exists() or consents.exists()):
        return
    for start in range(0, len(ids), _PART):
        persons = Person.objects.unscoped(_WHY).filter(pk__in=ids[start : start + _PART])
        uids = dict(persons.values_list("person_uid", "pk"))
        for card in cards.filter(person_uid__in=list(uids)).select_related("user"):
            settle_resident(
                user=card.user, household_id=household_of(uids[card.person_uid]), actor=actor, now=now
            )
        for consent in consents.filter(Q(elder_uid__in=list(uids)) | Q(helper_uid__in=list(uids))):
            rows = Person.objects.unscoped(_WHY).filter(
                county_id=county_id, person_uid__in=[consent.elder_uid, consent.helper_uid]
            )
            homes = [household_of(pk) for pk in rows.values_list("pk", flat=True)]
            parted = consent.basis == ConsentBasis.HOUSEHOLD and len(set(homes)) > 1
            if parted or len(homes) < 2 or None in homes:
                end_consent(consent=consent, actor=actor, now=now)


def household_of(person_id: int) -> int | None:
    """Return the household to which somebody belongs now; None for who left, died or was merged."""
    found: int | None = (
        Membership.objects.unscoped(_WHY)
        .filter(
            person_id=person_id,
            until__isnull=True,
            person__is_deceased=False,
            person__merged_into__isnull=True,
            household__closed_on__isnull=True,
        )
        .values_list("household_id", flat=True)
        .first()
    )
    return found
