"""Making the file of an export: rows are read, masked, written where only memory sees them, and sealed."""

import csv
import hashlib
import io
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoyuan.accounts.errors import NotFound, NotPermitted
from xiaoyuan.accounts.models import User
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.accounts.viewers import viewer_of
from xiaoyuan.audit.actions import record_audit
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.audit.models import ChangeCounter
from xiaoyuan.exports.access import require_rights
from xiaoyuan.exports.errors import ExportRefused, NoColumns
from xiaoyuan.exports.models import ExportFormat, ExportRequest, ExportStatus
from xiaoyuan.exports.queries import people_lately
from xiaoyuan.exports.rules import GIVEN_UP_AFTER, PEOPLE_ALONE, WAITS_FOR
from xiaoyuan.exports.sources import ROW_NUMBER, ExportField, ExportSource, Selection, export_source
from xiaoyuan.exports.writing.archives import write_archive
from xiaoyuan.exports.writing.filling import LayoutPlan, fill_layout
from xiaoyuan.exports.writing.plain import FIRST_ROW, write_plain_layout
from xiaoyuan.exports.writing.values import csv_text, shown
from xiaoyuan.exports.writing.watermarks import Mark, make_mark
from xiaoyuan.vault.files import forget_file, scratch_folder, seal_file, unsealed

FILE: Final = "export"
LAYOUT: Final = "layout"
KIND: Final = "exports.exportrequest"
_TICK: Final = 1000
_SUFFIX: Final = {
    ExportFormat.TEMPLATE: ".xlsx",
    ExportFormat.XLSX: ".xlsx",
    ExportFormat.CSV: ".zip",
    ExportFormat.ARCHIVE: ".zip",
}
logger = structlog.get_logger("xiaoyuan.exports")
Tick = Callable[[int], None]


def make_export(request_id: int, *, now: datetime) -> None:
    """Make the file of one export, unless it still waits, was decided otherwise, or is there already."""
    request = _claim(request_id, now)
    if request is None:
        return
    try:
        _make(request, now)
    except (ExportRefused, NotFound, NotPermitted) as refusal:
        _fail(request, str(refusal), now)
    except Exception as fault:
        # Where it happened, not what it says: a message may hold a value of a person.
        frames = traceback.extract_tb(fault.__traceback__)
        where = [f"{frame.name}:{frame.lineno}" for frame in frames[-8:]]
        logger.error("export_failed", export=request_id, kind=type(fault).__name__, where=where)
        _fail(request, _("The file could not be made. The fault was logged; tell your operator."), now)


def _claim(request_id: int, now: datetime) -> ExportRequest | None:
    """Return the request when its file is to be made; one whose time of waiting is over is let go, with a log entry."""
    with transaction.atomic():
        request = ExportRequest.objects.select_for_update().filter(pk=request_id).first()
        if request is None:
            return None
        if request.status == ExportStatus.WAITING and request.releases_at and request.releases_at <= now:
            request.status = ExportStatus.QUEUED
            request.save(update_fields=["status"])
            _log(request, "export.release", now)
        is_taken = request.started_at is not None and request.started_at > now - GIVEN_UP_AFTER
        if request.status != ExportStatus.QUEUED or is_taken:
            return None
        # Two workers on one file would tear it.
        request.started_at = now
        request.save(update_fields=["started_at"])
        return request


def _make(request: ExportRequest, now: datetime) -> None:
    scope = Scope(prefixes=frozenset(request.selection.get("prefixes", ())))
    _recheck(request, scope, now)
    selection = Selection(
        county_id=request.county_id,
        scope=scope,
        is_sample=request.is_sample,
        ids=tuple(request.selection.get("ids", ())),
        filters=request.selection.get("filters", {}),
    )
    if _has_grown(request, selection, now):
        return
    counter = ChangeCounter.objects.filter(county_id=request.county_id).first()
    request.change_sequence = counter.last if counter else 0
    with scratch_folder() as folder:
        path = Path(folder) / f"export{_SUFFIX[ExportFormat(request.format)]}"
        request.row_count = _write(request, selection, path, now, _ticker(request))
        with path.open("rb") as source:
            request.file_sha256 = hashlib.file_digest(source, "sha256").hexdigest()
            source.seek(0)
            seal_file(county_id=request.county_id, subject=request.subject, name=FILE, source=source, now=now)
        request.file_size = path.stat().st_size
    request.file_name = _file_name(request, now)
    request.status, request.made_at = ExportStatus.READY, now
    request.progress_done = request.progress_total = request.row_count
    request.failure = ""
    with transaction.atomic():
        request.save()
        _log(request, "export.make", now)


def _recheck(request: ExportRequest, scope: Scope, now: datetime) -> None:
    """Rights may have ended while the export waited. Commands ask as nobody: who runs them has the machine."""
    if request.requested_by_id is None:
        return
    user = User.objects.filter(pk=request.requested_by_id).first()
    require_rights(viewer_of(user, now), scope, is_masked=request.is_masked)


def _has_grown(request: ExportRequest, selection: Selection, now: datetime) -> bool:
    """Whether more people came in since it was asked for than one person may take: it then waits after all."""
    if request.source_key == "archive":
        return False
    people = export_source(request.source_key).persons(selection)
    if people <= request.person_count:
        return False
    request.person_count = people
    lately = people_lately(request.requested_by_id, now, but=request.pk)
    was_decided = request.decided_at is not None or request.releases_at is not None
    if request.requested_by_id is not None and not was_decided and people + lately > PEOPLE_ALONE:
        request.status, request.releases_at, request.started_at = ExportStatus.WAITING, now + WAITS_FOR, None
    request.save(update_fields=["person_count", "status", "releases_at", "started_at"])
    return request.status == ExportStatus.WAITING


def _write(request: ExportRequest, selection: Selection, path: Path, now: datetime, tick: Tick) -> int:
    mark = make_mark(
        number=request.pk,
        who=request.requested_by_label,
        when=timezone.localtime(now).strftime("%Y-%m-%d %H:%M"),
        purpose=request.reason,
        place=str(request.selection.get("place", request.division_code)),
        is_masked=request.is_masked,
        is_sample=request.is_sample,
    )
    if request.format == ExportFormat.ARCHIVE:
        return write_archive(path, selection, mark, is_masked=request.is_masked, tick=tick)
    source = export_source(request.source_key)
    if request.format == ExportFormat.TEMPLATE:
        return _into_template(request, source, selection, path, mark, tick)
    fields = list(source.fields)
    if request.format == ExportFormat.XLSX:
        layout = path.with_name("layout.xlsx")
        sheet = write_plain_layout(layout, str(source.label), fields)
        columns = {_letters(number): one for number, one in enumerate(fields, start=1)}
        plan = LayoutPlan(sheet, FIRST_ROW, columns)
        return fill_layout(layout, path, plan, _records(source, selection, fields, request, tick), mark)
    return _csv(path, source, _records(source, selection, fields, request, tick), fields, mark)


def _into_template(
    request: ExportRequest, source: ExportSource, selection: Selection, path: Path, mark: Mark, tick: Tick
) -> int:
    template = request.template
    assert template is not None
    columns = {
        letters: found
        for letters, key in template.columns.items()
        if (found := source.field(key)) is not None
    }
    if not columns:
        raise NoColumns
    wanted = frozenset(one.key for one in columns.values())
    narrowed = Selection(
        selection.county_id, selection.scope, selection.is_sample, selection.ids, selection.filters, wanted
    )
    plan = LayoutPlan(template.sheet, template.first_data_row, columns, template.merges_households)
    records = _records(source, narrowed, list(columns.values()), request, tick)
    with unsealed(
        county_id=template.county_id, subject=template.subject, name=LAYOUT, shown_name="layout.xlsx"
    ) as layout:
        return fill_layout(layout, path, plan, records, mark)


def _records(
    source: ExportSource,
    selection: Selection,
    fields: Sequence[ExportField],
    request: ExportRequest,
    tick: Tick,
) -> Iterator[tuple[Any, list[Any]]]:
    rows: Iterator[Mapping[str, Any]] = source.rows(selection)
    for number, row in enumerate(rows, start=1):
        values = [
            number if one.key == ROW_NUMBER else shown(one, row.get(one.key), is_masked=request.is_masked)
            for one in fields
        ]
        if number % _TICK == 0:
            tick(number)
        yield row.get(source.group_key) if source.group_key else None, values


def _csv(
    path: Path,
    source: ExportSource,
    records: Iterator[tuple[Any, Sequence[Any]]],
    fields: Sequence[ExportField],
    mark: Mark,
) -> int:
    count = 0
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        with archive.open(f"{source.key}.csv", "w", force_zip64=True) as raw:
            # The mark at the start tells spreadsheets that this is UTF-8.
            with io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as text:
                writer = csv.writer(text)
                writer.writerow([one.label for one in fields])
                for _group, values in records:
                    writer.writerow([csv_text(value) for value in values])
                    count += 1
        archive.writestr("README.txt", "\ufeff" + mark.text)
    return count


def _ticker(request: ExportRequest) -> Tick:
    def tick(done: int) -> None:
        ExportRequest.objects.filter(pk=request.pk).update(
            progress_done=done, progress_total=max(done, request.row_count)
        )

    return tick


def _letters(number: int) -> str:
    from openpyxl.utils import get_column_letter

    return str(get_column_letter(number))


def _file_name(request: ExportRequest, now: datetime) -> str:
    if request.template is not None:
        label = request.template.name
    elif request.format == ExportFormat.ARCHIVE:
        label = _("archive")
    else:
        label = str(export_source(request.source_key).label)
    place = str(request.selection.get("place", ""))
    day = timezone.localtime(now).strftime("%Y%m%d")
    name = "-".join(filter(None, (place, label, day, str(request.pk))))
    plain = "".join("_" if one in '\\/:*?"<>|\r\n\t' else one for one in name)
    return plain[:180] + _SUFFIX[ExportFormat(request.format)]


def _fail(request: ExportRequest, sentence: str, now: datetime) -> None:
    forget_file(subject=request.subject, name=FILE)
    with transaction.atomic():
        ExportRequest.objects.filter(pk=request.pk).update(status=ExportStatus.FAILED, failure=sentence[:300])
        request.status = ExportStatus.FAILED
        _log(request, "export.fail", now)


def _log(request: ExportRequest, action: str, now: datetime) -> None:
    record_audit(
        actor=SYSTEM,
        now=now,
        action=action,
        county_id=request.county_id,
        object_kind=KIND,
        object_id=request.pk,
        detail={
            "division": request.division_code,
            "rows": request.row_count,
            "persons": request.person_count,
            "sha256": request.file_sha256,
        },
    )
