"""Reading the log: verification, alarms, a row's history and the provenance of a value."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from xiaoyuan.audit.models import AuditEntry, AuditSeal, ChangeEntry
from xiaoyuan.lib import chain

UNSEALED_ALARM: Final = timedelta(seconds=60)


def sealed_counties() -> list[int]:
    """Return the counties that have a chain."""
    return list(AuditSeal.objects.values_list("county_id", flat=True).distinct().order_by("county_id"))


def links(county_id: int) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Yield `(sequence, hash, entry)` of a county's chain in order, for verification and export."""
    seals = AuditSeal.objects.filter(county_id=county_id).select_related("entry").order_by("sequence")
    for seal in seals.iterator(chunk_size=2000):
        yield seal.sequence, seal.hash, seal.entry.canonical()


def verify_county(county_id: int, head: chain.Head | None = None) -> chain.Verdict:
    """Verify a county's chain as it lies in the database, up to a head that was written down elsewhere."""
    return chain.verify(links(county_id), head)


def unsealed_too_long(now: datetime) -> int:
    """Count entries that waited for a seal longer than 60 s: the sealer stands still."""
    return AuditEntry.objects.filter(seal__isnull=True, at__lt=now - UNSEALED_ALARM).count()


def provenance_of(object_kind: str, object_id: int, field: str) -> ChangeEntry | None:
    """Return the newest entry that names the field, else the one that created the row."""
    entries = ChangeEntry.objects.filter(object_kind=object_kind, object_id=object_id)
    return (
        entries.filter(field=field).order_by("-sequence").first()
        or entries.filter(field="").order_by("sequence").first()
    )


def history_of(object_kind: str, object_id: int) -> list[ChangeEntry]:
    """Return a row's changes, the newest first."""
    return list(
        ChangeEntry.objects.filter(object_kind=object_kind, object_id=object_id).order_by("-sequence")
    )
