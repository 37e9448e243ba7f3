"""Asking for a file, letting it go, fetching it; keeping layouts. Each act is in the log."""

import hashlib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.db import transaction
from django.db.models import Q
from django_tasks import default_task_backend

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.models import User
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.audit.actions import record_audit
from xiaoyuan.audit.actors import SYSTEM, Actor
from xiaoyuan.exports.access import require_rights
from xiaoyuan.exports.errors import AlreadyDecided, NoColumns, NothingSelected, NotReady, OwnApproval
from xiaoyuan.exports.models import ExportFormat, ExportRequest, ExportStatus, ExportTemplate
from xiaoyuan.exports.queries import people_lately
from xiaoyuan.exports.rules import GIVEN_UP_AFTER, KEPT_FOR, PEOPLE_ALONE, WAITS_FOR
from xiaoyuan.exports.sources import ExportSource, Selection, export_source, export_sources
from xiaoyuan.exports.tasks import make
from xiaoyuan.vault.actions import erase_subject
from xiaoyuan.vault.errors import ReasonNeeded
from xiaoyuan.vault.files import forget_file, open_file, seal_file

KIND: Final = "exports.exportrequest"
TEMPLATE_KIND: Final = "exports.exporttemplate"
FILE: Final = "export"
LAYOUT: Final = "layout"
ARCHIVE_KEY: Final = "archive"
"""The source of an archive: everything."""


@dataclass(frozen=True)
class Wish:
    """What somebody wants to have: which rows of which division, as what, masked or in the clear, and why."""

    source_key: str
    format: ExportFormat
    county_id: int
    division_code: str
    place: str
    is_sample: bool
    is_masked: bool = True
    reason: str = ""
    template: ExportTemplate | None = None
    filters: Mapping[str, str] = field(default_factory=dict)
    ids: Sequence[int] = ()


def request_export(*, wish: Wish, viewer: Viewer, now: datetime) -> ExportRequest:
    """Ask for a file. It is made at once, or waits when it and the last day's hold too many people.

    Raises `NotFound` outside the viewer's right to export, `NotPermitted` without the right to see personal values,
    `ReasonNeeded`, `NothingSelected`.
    """
    scope = viewer.scope_for(Permission.EXPORT_PEOPLE).narrowed_to(wish.division_code)
    require_rights(viewer, scope, is_masked=wish.is_masked)
    if len(scope.prefixes) == 1:
        # A wider division was named: colleagues of the part that leaves decide, not those of the whole.
        wish = replace(wish, division_code=next(iter(scope.prefixes)))
    reason = wish.reason.strip()[:200]
    if not wish.is_masked and not reason:
        raise ReasonNeeded
    filters = {name: value for name, value in wish.filters.items() if value}
    selection = Selection(wish.county_id, scope, wish.is_sample, tuple(wish.ids), filters)
    row_count, person_count = size_of(wish.source_key, selection)
    if not row_count:
        raise NothingSelected
    with transaction.atomic():
        if viewer.actor.user_id is not None:
            # One after the other: two requests at the same moment must see each other's people.
            list(User.objects.select_for_update().filter(pk=viewer.actor.user_id))
        waits = needs_second(viewer.actor, person_count, now)
        request = ExportRequest.objects.create(
            county_id=wish.county_id,
            division_code=wish.division_code,
            source_key=wish.source_key,
            format=wish.format,
            template=wish.template,
            selection={
                "prefixes": sorted(scope.prefixes),
                "filters": filters,
                "ids": list(wish.ids),
                "place": wish.place,
            },
            is_sample=wish.is_sample,
            is_masked=wish.is_masked,
            reason=reason,
            row_count=row_count,
            person_count=person_count,
            status=ExportStatus.WAITING if waits else ExportStatus.QUEUED,
            requested_by_id=viewer.actor.user_id,
            requested_by_label=viewer.actor.label,
            requested_at=now,
            releases_at=now + WAITS_FOR if waits else None,
        )
        _log(request, "export.request", viewer.actor, now, reason=reason)
    _enqueue(request)
    request.refresh_from_db()
    return request


def needs_second(actor: Actor, person_count: int, now: datetime, *, but: int = 0) -> bool:
    """Whether somebody asks for too many people to go alone. Who works on the machine itself holds it anyway."""
    if actor.user_id is None or not person_count:
        return False
    return person_count + people_lately(actor.user_id, now, but=but) > PEOPLE_ALONE


def size_of(source_key: str, selection: Selection) -> tuple[int, int]:
    """Return how many rows and people a selection holds."""
    chosen: Sequence[ExportSource] = (
        [one for one in export_sources() if one.is_archived]
        if source_key == ARCHIVE_KEY
        else [export_source(source_key)]
    )
    rows = sum(one.count(selection) for one in chosen)
    # The same people stand in several tables: the table that names most of them counts.
    return rows, max((one.persons(selection) for one in chosen), default=0)


def approve_export(*, request: ExportRequest, viewer: Viewer, now: datetime) -> ExportRequest:
    """Let a waiting export go, as a second person. Raises `OwnApproval`, `AlreadyDecided`, `NotFound`."""
    with transaction.atomic():
        found = _to_decide(request, viewer)
        found.status = ExportStatus.QUEUED
        _decided(found, viewer.actor, now)
        _log(found, "export.approve", viewer.actor, now)
    _enqueue(found)
    found.refresh_from_db()
    return found


def refuse_export(*, request: ExportRequest, viewer: Viewer, reason: str, now: datetime) -> ExportRequest:
    """Refuse a waiting export, saying why. Raises as `approve_export`, and `ReasonNeeded`."""
    if not reason.strip():
        raise ReasonNeeded
    with transaction.atomic():
        found = _to_decide(request, viewer)
        found.status = ExportStatus.REFUSED
        found.failure = reason.strip()[:300]
        _decided(found, viewer.actor, now)
        _log(found, "export.refuse", viewer.actor, now, reason=reason.strip()[:300])
    return found


def _to_decide(request: ExportRequest, viewer: Viewer) -> ExportRequest:
    found = ExportRequest.objects.select_for_update().get(pk=request.pk)
    if not viewer.scope_for(Permission.APPROVE_EXPORTS).contains_division(found.division_code):
        raise NotFound
    if found.requested_by_id == viewer.actor.user_id:
        raise OwnApproval
    if found.status != ExportStatus.WAITING:
        raise AlreadyDecided
    return found


def _decided(request: ExportRequest, actor: Actor, now: datetime) -> None:
    request.decided_by_id, request.decided_by_label, request.decided_at = actor.user_id, actor.label, now
    request.save(update_fields=["status", "failure", "decided_by_id", "decided_by_label", "decided_at"])


def release_due(*, now: datetime) -> int:
    """Queue the exports whose time of waiting is over, and those that a stopped worker left; returns how many.

    Opening the list is enough to do it.
    """
    due = Q(status=ExportStatus.WAITING, releases_at__lte=now)
    left = Q(status=ExportStatus.QUEUED, started_at__lte=now - GIVEN_UP_AFTER)
    numbers = list(ExportRequest.objects.filter(due | left).values_list("pk", flat=True))
    for number in numbers:
        make.enqueue(number)
    return len(numbers)


def fetch_export(*, request: ExportRequest, viewer: Viewer, now: datetime) -> Iterator[bytes]:
    """Return the file's bytes, block by block; the log is written first. Raises `NotReady`."""
    if request.status != ExportStatus.READY:
        raise NotReady
    _log(request, "export.download", viewer.actor, now, reason=request.reason)
    return open_file(county_id=request.county_id, subject=request.subject, name=FILE)


def expire_old(*, now: datetime) -> int:
    """Remove the files whose time is over, key and all; returns how many."""
    numbers = list(
        ExportRequest.objects.filter(status=ExportStatus.READY, made_at__lt=now - KEPT_FOR).values_list(
            "pk", flat=True
        )
    )
    for number in numbers:
        with transaction.atomic():
            row = ExportRequest.objects.select_for_update().get(pk=number)
            if row.status != ExportStatus.READY:
                continue
            row.status = ExportStatus.EXPIRED
            row.save(update_fields=["status"])
            erase_subject(
                county_id=row.county_id,
                subject=row.subject,
                actor=SYSTEM,
                reason="export expired",
                now=now,
            )
            _log(row, "export.expire", SYSTEM, now)
        forget_file(subject=row.subject, name=FILE)
    return len(numbers)


def _log(request: ExportRequest, action: str, actor: Actor, now: datetime, reason: str = "") -> None:
    record_audit(
        actor=actor,
        now=now,
        action=action,
        county_id=request.county_id,
        object_kind=KIND,
        object_id=request.pk,
        reason=reason,
        detail={
            "division": request.division_code,
            "source": request.source_key,
            "format": str(request.format),
            "is_masked": request.is_masked,
            "rows": request.row_count,
            "persons": request.person_count,
            "status": str(request.status),
            **({"sha256": request.file_sha256} if request.file_sha256 else {}),
        },
    )


def _enqueue(request: ExportRequest) -> None:
    if request.status == ExportStatus.QUEUED:
        make.enqueue(request.pk)
    elif request.releases_at is not None and default_task_backend.supports_defer:
        make.using(run_after=request.releases_at).enqueue(request.pk)


@dataclass(frozen=True)
class TemplateMeaning:
    """What a layout's columns stand for, and where its records begin."""

    source_key: str
    sheet: str
    first_row: int
    columns: Mapping[str, str]
    headings: Mapping[str, str]
    merges_households: bool = False


def keep_template(
    *,
    path: Path,
    file_name: str,
    name: str,
    county_id: int,
    division_code: str,
    meaning: TemplateMeaning,
    actor: Actor,
    now: datetime,
) -> ExportTemplate:
    """Keep a superior's empty workbook, sealed, with what its columns mean."""
    subject = uuid.uuid4()
    with path.open("rb") as source:
        digest = hashlib.file_digest(source, "sha256").hexdigest()
        source.seek(0)
        seal_file(county_id=county_id, subject=subject, name=LAYOUT, source=source, now=now)
    with transaction.atomic():
        template = ExportTemplate.objects.create(
            county_id=county_id,
            division_code=division_code,
            name=(name.strip() or Path(file_name).stem)[:120],
            file_name=Path(file_name).name[-200:],
            file_sha256=digest,
            subject=subject,
            created_by_label=actor.label,
            created_at=now,
            **_meaning(meaning),
        )
        _log_template(template, "export.keep_template", actor, now)
    return template


def change_template(
    *, template: ExportTemplate, name: str, meaning: TemplateMeaning, actor: Actor, now: datetime
) -> ExportTemplate:
    """Correct what a layout's columns mean. Raises `NoColumns`."""
    if not meaning.columns:
        raise NoColumns
    with transaction.atomic():
        for key, value in _meaning(meaning).items():
            setattr(template, key, value)
        template.name = (name.strip() or template.name)[:120]
        template.save()
        _log_template(template, "export.change_template", actor, now)
    return template


def retire_template(*, template: ExportTemplate, actor: Actor, now: datetime) -> None:
    """Take a layout out of use; exports made with it still name it."""
    with transaction.atomic():
        template.retired_at = now
        template.save(update_fields=["retired_at"])
        _log_template(template, "export.retire_template", actor, now)


def _meaning(meaning: TemplateMeaning) -> dict[str, Any]:
    return {
        "source_key": meaning.source_key,
        "sheet": meaning.sheet,
        "first_data_row": meaning.first_row,
        "columns": dict(meaning.columns),
        "headings": dict(meaning.headings),
        "merges_households": meaning.merges_households,
    }


def _log_template(template: ExportTemplate, action: str, actor: Actor, now: datetime) -> None:
    record_audit(
        actor=actor,
        now=now,
        action=action,
        county_id=template.county_id,
        object_kind=TEMPLATE_KIND,
        object_id=template.pk,
        detail={
            "division": template.division_code,
            "source": template.source_key,
            "sha256": template.file_sha256,
        },
    )
