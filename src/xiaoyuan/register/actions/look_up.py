"""Looking somebody up by identity number or telephone: found by blind index, and written to the log."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.db import transaction

from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.audit.actions import record_audit
from xiaoyuan.audit.actors import Actor
from xiaoyuan.register.models import SHOWN, County, Membership, Person
from xiaoyuan.vault.actions import find_subjects

LOOKED_UP: Final = ("id_number", "phone")
"""Vault fields that have a blind index."""
_WHY: Final = "memberships of persons that the scope already let through"


def look_up_households(
    *, scope: Scope, values: Mapping[str, str], actor: Actor, now: datetime
) -> dict[int, str]:
    """Return `{household id: name of the person}` for numbers by field of `LOOKED_UP`, within a scope.

    Each look-up is audited, because somebody who may not see numbers could otherwise guess them one by one; the
    entry holds the field and how many were found, never the number.
    """
    prefixes = [prefix[:6] for prefix in scope.prefixes]
    counties = County.objects.order_by("pk")
    if "" not in prefixes:
        counties = counties.filter(
            pk__in=[county.pk for county in counties if county.code.startswith(tuple(prefixes))]
        )
    found: dict[int, str] = {}
    with transaction.atomic():
        for county in counties:
            uids = [
                uid
                for name, value in values.items()
                for uid in find_subjects(county_id=county.pk, name=name, values=[value]).get(value, [])
            ]
            people = Person.objects.within(scope).filter(SHOWN, county=county, person_uid__in=uids)
            memberships = Membership.objects.unscoped(_WHY).filter(
                person_id__in=list(people.values_list("pk", flat=True)), until__isnull=True
            )
            hits = dict(memberships.values_list("household_id", "person__name"))
            record_audit(
                actor=actor,
                now=now,
                action="register.look_up",
                county_id=county.pk,
                object_kind="vault.field",
                detail={"fields": sorted(values), "found": len(hits)},
            )
            found |= hits
    return found
