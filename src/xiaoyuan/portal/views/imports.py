"""Imports as staff look back at them: which file, what became of its rows, what was wrong with which."""

from typing import Any, Final

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.intake.models import StagedRow, Verdict
from xiaoyuan.portal.access import access_batch, batches_for
from xiaoyuan.portal.queries import desk
from xiaoyuan.portal.views.pages import page_of_list

TROUBLES: Final = (Verdict.ERROR, Verdict.AMBIGUOUS, Verdict.PARKED)
"""Verdicts that somebody must look at, the worst first."""


@requires(Permission.CONSOLE)
def imports(request: HttpRequest) -> HttpResponse:
    """The files imported into divisions of the viewer's scope, the newest first."""
    page = page_of_list(request, batches_for(viewer_behind(request)))
    context = {
        "section": "console",
        "rail": "imports",
        "page": page,
        "village_names": desk.village_names(batch.division_code for batch in page),
    }
    return render(request, "portal/imports.html", context)


@requires(Permission.CONSOLE)
def import_batch(request: HttpRequest, batch_id: int) -> HttpResponse:
    """One import with its rows; those with messages come first."""
    batch = access_batch(viewer_behind(request), batch_id)
    rows = StagedRow.objects.filter(batch=batch)
    kept = dict(rows.order_by().values_list("verdict").annotate(count=Count("pk")))
    wanted = request.GET.get("verdict", "")
    if wanted not in Verdict.values:
        wanted = next((verdict for verdict in TROUBLES if kept.get(verdict)), "")
    shown = rows.filter(verdict=wanted) if wanted else rows
    page = page_of_list(request, shown.defer("cells", "sealed_cells").order_by("sheet", "row_number"))
    context: dict[str, Any] = {
        "section": "console",
        "rail": "imports",
        "batch": batch,
        "is_sample": batch.is_sample,
        "village_name": desk.village_names([batch.division_code]).get(
            batch.division_code, batch.division_code
        ),
        "wanted": wanted,
        "verdicts": [
            (verdict, count, kept.get(verdict, 0))
            for verdict in Verdict
            if (count := batch.counts.get(verdict))
        ],
        "page": page,
        "rows": [(row, [_sentence(message) for message in row.messages]) for row in page],
    }
    return render(request, "portal/import.html", context)


def _sentence(message: Any) -> str:
    return str(message.get("text", "")) if isinstance(message, dict) else str(message)
