"""Reading revisions: which ones touched a record, what each changed, and what was written lately."""

from collections.abc import Iterable, Mapping
from typing import Final

from django.db.models import Q, QuerySet

from xiaoyuan.audit.models import ChangeEntry
from xiaoyuan.history.models import Revision
from xiaoyuan.lib.divisions import range_below

_ENTRIES: Final = 2000
"""Changes of a record that are looked at, the newest first."""


def changes_of(revision: Revision) -> "QuerySet[ChangeEntry]":
    """Return the changes that a revision logged, in order: the change lock was held as long as it was open."""
    return ChangeEntry.objects.filter(
        county_id=revision.county_id,
        sequence__gt=revision.before_change,
        sequence__lte=revision.last_change,
    ).order_by("sequence")


def revisions_of(object_kind: str, object_id: int, limit: int = 50) -> list[Revision]:
    """Return the revisions that touched a record, the newest first: by hand and by import."""
    return revisions_on({object_kind: [object_id]}, limit)


def revisions_on(objects: Mapping[str, Iterable[int]], limit: int = 50) -> list[Revision]:
    """Return the revisions that touched any of `{object kind: ids}` (a household and its members), the newest first."""
    condition = Q(pk__in=[])
    for kind, ids in objects.items():
        condition |= Q(object_kind=kind, object_id__in=list(ids))
    entries = ChangeEntry.objects.filter(condition).order_by("-sequence")
    found: dict[int, Revision] = {}
    for county_id, sequence in entries.values_list("county_id", "sequence")[:_ENTRIES]:
        if any(one.county_id == county_id and _covers(one, sequence) for one in found.values()):
            continue
        nearest = (
            Revision.objects.filter(county_id=county_id, last_change__gte=sequence)
            .order_by("last_change", "pk")
            .first()
        )
        if nearest is not None and _covers(nearest, sequence):
            found[nearest.pk] = nearest
            if len(found) == limit:
                break
    return sorted(found.values(), key=lambda one: (one.at, one.pk), reverse=True)


def _covers(revision: Revision, sequence: int) -> bool:
    return revision.before_change < sequence <= revision.last_change


def latest_revisions(prefixes: Iterable[str], limit: int = 50) -> list[Revision]:
    """Return the newest revisions within division prefixes (`Scope.prefixes`; "" is everywhere)."""
    condition = Q(pk__in=[])
    for prefix in prefixes:
        condition |= Q(**range_below(prefix, "division_code")) if prefix else ~Q(pk__in=[])
    return list(Revision.objects.filter(condition).order_by("-at", "-pk")[:limit])
