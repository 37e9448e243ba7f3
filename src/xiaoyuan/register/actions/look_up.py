"""Looking somebody up by identity number or telephone: found by blind index, and written to the log."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.db import transaction

from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.audit.actions import record_audit
from xiaoyuan.audit.actors import Actor
from xiaoyuan.register.models import SHOWN, County, Membership, Person
from xiaoyuan.register.queries.duplicates import surviving
from xiaoyuan.vault.actions import find_subjects

LOOKED_UP: Final = ("id_number", "phone")
"""Vault fields that have a blind index."""


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
            # Both numbers of a merged person lead to the record that is kept.
            kept = {surviving(person).pk for person in people}
            hits = _last_homes(scope, kept)
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


def _last_homes(scope: Scope, person_ids: set[int]) -> dict[int, str]:
    """Return the household of each person by now, or the last one of who died or moved out."""
    rows = Membership.objects.within(Scope(prefixes=scope.prefixes)).filter(person_id__in=person_ids)
    homes: dict[int, tuple[int, str]] = {}
    # Past ones first, so that the present one, which has no last day, is written last.
    for open_first in (False, True):
        part = rows.filter(until__isnull=open_first).order_by("until", "pk")
        for person_id, household_id, name in part.values_list("person_id", "household_id", "person__name"):
            homes[person_id] = (household_id, name)
    return dict(homes.values())
