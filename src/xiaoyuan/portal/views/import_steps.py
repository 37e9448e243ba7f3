"""What a clerk does with an import: columns confirmed, rows decided, written, taken back, thrown away, reported."""

from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.audit.actions import record_audit
from xiaoyuan.history.errors import AlreadyUndone, LaterEdits
from xiaoyuan.intake import tasks
from xiaoyuan.intake.batch_errors import BatchRefused, ColumnsUnclear
from xiaoyuan.intake.errors import FileRefused
from xiaoyuan.intake.files import SOURCE
from xiaoyuan.intake.models import BatchStatus, Decision, ImportBatch, StagedRow, Verdict
from xiaoyuan.intake.pipeline import confirm_mapping, decide, discard_batch, mapping_of, roll_back_batch
from xiaoyuan.intake.pipeline.deciding import undecided
from xiaoyuan.intake.report import write_report
from xiaoyuan.portal.access import access_batch_to_import, can_take_candidate
from xiaoyuan.portal.queries.import_columns import field_name
from xiaoyuan.portal.queries.import_rows import named_records
from xiaoyuan.portal.queries.revisions import named_dependencies
from xiaoyuan.portal.views.imports import import_batch
from xiaoyuan.vault.files import scratch_folder, unsealed

AT_ONCE: Final = 3000
"""Changes that are taken back while the clerk waits, so that what depends on them can be listed."""
LONGEST_REASON: Final = 200
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@requires(Permission.IMPORT_LEDGERS)
@require_POST
def columns(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Take over which column means what, then compare; another kind of ledger shows its columns first."""
    viewer = viewer_behind(request)
    batch = access_batch_to_import(viewer, batch_id)
    mapping = mapping_of(batch)
    kind_key = request.POST.get("kind", mapping.kind_key)
    choices = {
        (sheet.sheet_index, column.position): chosen
        for sheet in mapping.sheets
        for column in sheet.columns
        if (chosen := request.POST.get(field_name(sheet.sheet_index, column.position))) is not None
    }
    left_out = [
        sheet.sheet_index
        for sheet in mapping.sheets
        if request.POST.get(f"sheet-{sheet.sheet_index}") != "on"
    ]
    try:
        confirm_mapping(
            batch=batch,
            choices=choices if kind_key == mapping.kind_key else {},
            kind_key=kind_key,
            left_out_sheets=left_out if kind_key == mapping.kind_key else (),
            actor=viewer.actor,
            now=timezone.now(),
        )
    except ColumnsUnclear:
        return _back(batch)  # its page asks the questions
    except (BatchRefused, FileRefused) as refused:
        return import_batch(request, batch_id, refusal=str(refused))
    tasks.stage.enqueue(batch.pk)
    return _back(batch)


@requires(Permission.IMPORT_LEDGERS)
@require_POST
def decide_rows(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Decide some rows: the ticked ones, one row by its own button, or all that are still open."""
    viewer = viewer_behind(request)
    batch = access_batch_to_import(viewer, batch_id)
    choice, record_id, row_id = _choice(request)
    rows = [row_id] if row_id else _rows_meant(request, batch, choice)
    if not rows:
        return import_batch(request, batch_id, refusal=_("Tick the rows that are meant first."))
    if record_id is not None and not can_take_candidate(viewer, batch, record_id):
        return import_batch(
            request,
            batch_id,
            refusal=_(
                "This record lies outside your divisions. Who answers for both villages can decide this row."
            ),
        )
    try:
        decide(
            batch=batch,
            row_ids=rows,
            choice=choice,
            record_id=record_id,
            actor=viewer.actor,
            now=timezone.now(),
        )
    except BatchRefused as refused:
        return import_batch(request, batch_id, refusal=str(refused))
    return _back(batch, request.POST.get("verdict", ""), request.POST.get("page", ""))


@requires(Permission.IMPORT_LEDGERS)
@require_POST
def apply(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Write an import into the register."""
    viewer = viewer_behind(request)
    batch = access_batch_to_import(viewer, batch_id)
    if batch.status == BatchStatus.STAGED:  # pressed twice it is written once
        tasks.apply.enqueue(batch.pk, viewer.actor.user_id, viewer.actor.label)
    return _back(batch)


@requires(Permission.IMPORT_LEDGERS)
@require_POST
def roll_back(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Take an import back; what depends on it is listed instead."""
    viewer = viewer_behind(request)
    batch = access_batch_to_import(viewer, batch_id)
    reason = request.POST.get("reason", "").strip()[:LONGEST_REASON]
    if not reason:
        return import_batch(
            request, batch_id, refusal=_("Say why it is taken back: it is written to the log.")
        )
    if sum(batch.counts.values()) > AT_ONCE:
        tasks.roll_back.enqueue(batch.pk, viewer.actor.user_id, viewer.actor.label, reason)
        return _back(batch)
    try:
        roll_back_batch(batch_id=batch.pk, actor=viewer.actor, now=timezone.now(), reason=reason)
    except LaterEdits as later:
        context = {
            "section": "console",
            "rail": "imports",
            "error": str(later),
            "subject": batch.file_name,
            "dependencies": named_dependencies(later.dependencies),
            "back": reverse("console_import", args=[batch.pk]),
        }
        return render(request, "portal/undo_refused.html", context, status=409)
    except (BatchRefused, AlreadyUndone) as refused:
        return import_batch(request, batch_id, refusal=str(refused))
    return _back(batch)


@requires(Permission.IMPORT_LEDGERS)
@require_POST
def discard(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Throw an import away that was not written, with the file."""
    viewer = viewer_behind(request)
    batch = access_batch_to_import(viewer, batch_id)
    try:
        discard_batch(batch_id=batch.pk, actor=viewer.actor, now=timezone.now())
    except BatchRefused as refused:
        return import_batch(request, batch_id, refusal=str(refused))
    return _back(batch)


@requires(Permission.IMPORT_LEDGERS)
@never_cache
def report(request: HttpRequest, batch_id: int) -> HttpResponse | FileResponse:
    """The clerk's own workbook with the verdict beside each row."""
    viewer = viewer_behind(request)
    batch = access_batch_to_import(viewer, batch_id)
    mapping_of(batch)  # a file that was not read has no verdicts
    record_audit(
        actor=viewer.actor,
        now=timezone.now(),
        action="intake.report",
        county_id=batch.county_id,
        object_kind="intake.importbatch",
        object_id=batch.pk,
    )
    folder = scratch_folder()
    target = Path(folder.name) / "report.xlsx"
    try:
        with unsealed(
            county_id=batch.county_id, subject=batch.subject, name=SOURCE, shown_name=batch.file_name
        ) as source:
            write_report(batch, source, target, names=named_records(viewer))
        content = target.open("rb")
    finally:
        folder.cleanup()  # an open file outlives its name
    name = f"{Path(batch.file_name).stem}-{_('verdicts')}.xlsx"
    return FileResponse(content, as_attachment=True, filename=name, content_type=_XLSX)


def _choice(request: HttpRequest) -> tuple[Decision, int | None, int | None]:
    """Read `choice`: a decision of the ticked rows, or `candidate:RECORD:ROW` of one row's own button."""
    written = request.POST.get("choice", "")
    kind, *numbers = written.split(":")
    if kind == "candidate" and len(numbers) == 2 and all(map(_is_id, numbers)):
        return Decision.USE_CANDIDATE, int(numbers[0]), int(numbers[1])
    return (Decision(written) if written in Decision.values else Decision.UNDECIDED), None, None


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 18


def _rows_meant(request: HttpRequest, batch: ImportBatch, choice: Decision) -> list[int]:
    if request.POST.get("all") == "open" and choice == Decision.LEAVE_OUT:
        return list(undecided(batch).values_list("pk", flat=True))
    if request.POST.get("all") == "verdict":
        rows = StagedRow.objects.filter(batch=batch, verdict=request.POST.get("verdict", ""), decision="")
        return list(rows.values_list("pk", flat=True))
    return [int(one) for one in request.POST.getlist("row") if _is_id(one)]


def _back(batch: ImportBatch, verdict: str = "", page: str = "") -> HttpResponse:
    address = reverse("console_import", args=[batch.pk])
    asked = {
        "verdict": verdict if verdict in Verdict.values else "",
        "page": page if page.isascii() and page.isdigit() else "",
    }
    query = urlencode({name: value for name, value in asked.items() if value})
    return HttpResponseRedirect(f"{address}?{query}" if query else address)
