"""Imports: the list with the way to bring in a file, and the page of one import at whatever step it stands."""

from typing import Any, Final, cast

from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.audit.actions import record_audit
from xiaoyuan.indicators.queries import shows_sample
from xiaoyuan.intake import tasks
from xiaoyuan.intake.errors import FileRefused
from xiaoyuan.intake.kinds import ledger_kind, ledger_kinds
from xiaoyuan.intake.models import BatchStatus, Decision, ImportBatch, StagedRow, Verdict
from xiaoyuan.intake.pipeline import receive_file
from xiaoyuan.intake.pipeline.deciding import undecided
from xiaoyuan.intake.queries import applied_before, progress
from xiaoyuan.portal.access import access_batch, batches_for
from xiaoyuan.portal.queries import desk
from xiaoyuan.portal.queries.import_columns import mapping_table
from xiaoyuan.portal.queries.import_rows import row_views
from xiaoyuan.portal.views.console import chosen_division
from xiaoyuan.portal.views.pages import page_of_list
from xiaoyuan.register.access import access_division_within
from xiaoyuan.register.actions.counties import ensure_county

LARGEST_MB: Final = 100
FIRST: Final = (
    Verdict.ERROR,
    Verdict.AMBIGUOUS,
    Verdict.PARKED,
    Verdict.CHANGED,
    Verdict.NEW,
    Verdict.ABSENT,
)
"""Which rows a page opens with: those that somebody must look at, the worst first."""
STEPS: Final = (
    (BatchStatus.READING, gettext_lazy("Read")),
    (BatchStatus.MAPPING, gettext_lazy("Columns")),
    (BatchStatus.STAGING, gettext_lazy("Compare")),
    (BatchStatus.STAGED, gettext_lazy("Decide")),
    (BatchStatus.APPLIED, gettext_lazy("Written")),
)


@requires(Permission.CONSOLE)
def imports(request: HttpRequest, refusal: str = "") -> HttpResponse:
    """The files imported into divisions of the viewer's scope, the newest first, and the form for the next one."""
    viewer = viewer_behind(request)
    page = page_of_list(request, batches_for(viewer))
    context: dict[str, Any] = {
        "section": "console",
        "rail": "imports",
        "page": page,
        "village_names": desk.village_names(batch.division_code for batch in page),
        "refusal": refusal,
    }
    if viewer.may(Permission.IMPORT_LEDGERS):
        chosen = chosen_division(request, viewer, Permission.IMPORT_LEDGERS)
        if chosen is not None:
            context |= {
                "picker": desk.picker(chosen[0], viewer.scope_for(Permission.IMPORT_LEDGERS)),
                "kinds": [(kind.key, kind.label) for kind in ledger_kinds()],
                "is_sample": shows_sample(chosen[0].code),
            }
    return render(request, "portal/imports.html", context, status=400 if refusal else 200)


@requires(Permission.IMPORT_LEDGERS)
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Take a file in and go to its page, where reading goes on."""
    viewer = viewer_behind(request)
    division, _scope = access_division_within(
        viewer, request.POST.get("division", ""), Permission.IMPORT_LEDGERS
    )
    file = request.FILES.get("file")
    if file is None:
        return imports(request, refusal=_("Choose a file first."))
    try:
        batch = receive_file(
            source=cast(Any, file),
            file_name=file.name or "",
            county_id=ensure_county(division.code).pk,
            division_code=division.code,
            is_sample=shows_sample(division.code),
            actor=viewer.actor,
            now=timezone.now(),
            kind_key=request.POST.get("kind", ""),
        )
    except FileRefused as refused:
        return imports(request, refusal=str(refused))
    tasks.read_and_stage.enqueue(batch.pk)
    return HttpResponseRedirect(reverse("console_import", args=[batch.pk]))


@requires(Permission.CONSOLE)
@never_cache
def import_batch(request: HttpRequest, batch_id: int, refusal: str = "") -> HttpResponse:
    """One import at its step: progress, columns to confirm, rows to decide, or what became of it."""
    viewer = viewer_behind(request)
    batch = access_batch(viewer, batch_id)
    may_decide = viewer.scope_for(Permission.IMPORT_LEDGERS).contains_division(batch.division_code)
    done = progress(batch)
    context: dict[str, Any] = {
        "section": "console",
        "rail": "imports",
        "batch": batch,
        "progress": done,
        "may_decide": may_decide,
        "refusal": refusal or batch.failure,
        "is_sample": batch.is_sample,
        "village_name": desk.village_names([batch.division_code]).get(
            batch.division_code, batch.division_code
        ),
        "kind_label": ledger_kind(batch.kind).label if batch.kind in _ledgers() else batch.kind,
        "is_ledger": batch.kind in _ledgers() or not batch.kind,
        "steps": _steps(batch),
        "earlier": applied_before(batch) if batch.status != BatchStatus.APPLIED else None,
    }
    wants_columns = batch.status == BatchStatus.STAGED and request.GET.get("columns") == "1"
    if may_decide and (batch.status == BatchStatus.MAPPING or wants_columns):
        context |= {"shows_columns": True} | mapping_table(batch)
    elif not done.is_working:
        context |= _rows(request, viewer, batch, may_decide=may_decide)
    return render(request, "portal/import.html", context, status=400 if refusal else 200)


@requires(Permission.CONSOLE)
@never_cache
def import_progress(request: HttpRequest, batch_id: int) -> JsonResponse:
    """How far the work on an import is, asked for every second by its page."""
    batch = access_batch(viewer_behind(request), batch_id)
    now = progress(batch)
    return JsonResponse(
        {"status": str(now.status), "percent": now.percent, "done": now.done, "total": now.total}
    )


def _ledgers() -> set[str]:
    return {kind.key for kind in ledger_kinds()}


def _steps(batch: ImportBatch) -> list[tuple[str, str]]:
    """Return each step with its state: done, now, or to come."""
    order = [status for status, _label in STEPS]
    aliases = {BatchStatus.APPLYING: BatchStatus.APPLIED, BatchStatus.ROLLING_BACK: BatchStatus.APPLIED}
    status = aliases.get(BatchStatus(batch.status), BatchStatus(batch.status))
    at = order.index(status) if status in order else -1
    is_finished = batch.status == BatchStatus.APPLIED
    return [
        (str(label), "done" if position < at or is_finished else "now" if position == at else "")
        for position, (_status, label) in enumerate(STEPS)
    ]


def _rows(request: HttpRequest, viewer: Viewer, batch: ImportBatch, *, may_decide: bool) -> dict[str, Any]:
    rows = StagedRow.objects.filter(batch=batch)
    kept = dict(rows.order_by().values_list("verdict").annotate(count=Count("pk")))
    wanted = request.GET.get("verdict", "")
    if wanted not in Verdict.values:
        wanted = next((verdict for verdict in FIRST if kept.get(verdict)), "")
    shown = rows.filter(verdict=wanted) if wanted else rows
    only_waiting = request.GET.get("waiting") == "1"
    if only_waiting:
        shown = shown.filter(decision="")
    page = page_of_list(request, shown.select_related("batch").order_by("sheet", "row_number"))
    scope = viewer.scope_for(Permission.VIEW_PEOPLE)
    if may_decide and page.object_list:
        record_audit(
            actor=viewer.actor,
            now=timezone.now(),
            action="intake.look",
            county_id=batch.county_id,
            object_kind="intake.importbatch",
            object_id=batch.pk,
            detail={"verdict": wanted, "page": page.number},
        )
    waiting = undecided(batch).count() if batch.status == BatchStatus.STAGED else 0
    return {
        "wanted": wanted,
        "only_waiting": only_waiting,
        "verdicts": [
            (verdict, count, kept.get(verdict, 0))
            for verdict in Verdict
            if (count := batch.counts.get(verdict))
        ],
        "page": page,
        "rows": row_views(batch, list(page), scope, may_see=may_decide),
        "waiting": waiting,
        # Who else goes with a row that is left out is known when it is written: no number is better than a wrong one.
        "leaves_out": rows.filter(decision=Decision.LEAVE_OUT).exists(),
        "writes": sum(batch.counts.get(verdict, 0) for verdict in (Verdict.NEW, Verdict.CHANGED)),
        "can_decide": may_decide and batch.status == BatchStatus.STAGED,
    }
