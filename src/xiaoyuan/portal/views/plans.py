"""Road plans in the console: the list, one plan with its table of segments, and what is done with it."""

from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.audit.actions import record_audit
from xiaoyuan.portal.plan_answers import method_lines, plan_view
from xiaoyuan.portal.plan_print import set_plan
from xiaoyuan.portal.queries import desk
from xiaoyuan.portal.views.console import chosen_division
from xiaoyuan.portal.views.pages import page_of_list
from xiaoyuan.twin.plan_access import access_plan, access_plan_to_edit, can_keep_plans, plans_within
from xiaoyuan.twin.plans import delete_plan, recompute_plan, rename_plan, staleness


@requires(Permission.CONSOLE)
@require_safe
def plans(request: HttpRequest) -> HttpResponse:
    """The road plans of a division."""
    viewer = viewer_behind(request)
    context: dict[str, Any] = {"section": "console", "rail": "plans"}
    chosen = chosen_division(request, viewer, Permission.CONSOLE)
    if chosen is not None:
        division, scope = chosen
        page = page_of_list(request, plans_within(scope))
        context |= {
            "picker": desk.picker(division, viewer.scope_for(Permission.CONSOLE)),
            "page": page,
            "village_names": desk.village_names(row.division_code for row in page),
        }
    return render(request, "portal/plans.html", context)


@requires(Permission.CONSOLE)
@require_safe
def plan(request: HttpRequest, plan_id: int) -> HttpResponse:
    """One plan: sums, profile, segments, what it meets, and whether its ground or land changed."""
    viewer = viewer_behind(request)
    found = access_plan(viewer, plan_id)
    view = plan_view(viewer, found.result)
    context = {
        "section": "console",
        "rail": "plans",
        "plan": found,
        "view": view,
        "segments": found.result["segments"],
        "stale": staleness(found),
        "methods": method_lines(view.totals, found.width_m, found.most_gradient_percent),
        "models": found.result["ground_models"],
        "village_name": desk.village_names([found.division_code]).get(found.division_code, ""),
        "may_edit": can_keep_plans(viewer, found.division_code),
        "is_sample": found.is_sample,
    }
    return render(request, "portal/plan.html", context)


@requires(Permission.CONSOLE)
@require_safe
def plan_pdf(request: HttpRequest, plan_id: int) -> HttpResponse:
    """The plan on paper."""
    viewer = viewer_behind(request)
    found, now = access_plan(viewer, plan_id), timezone.now()
    response = HttpResponse(set_plan(viewer, found, now), content_type="application/pdf")
    # The paper names the households that its reader may see.
    record_audit(
        actor=viewer.actor,
        now=now,
        action="twin.print_plan",
        county_id=found.county_id,
        object_kind="twin.roadplan",
        object_id=found.pk,
        detail={"division": found.division_code, "name": found.name},
    )
    response["Content-Disposition"] = f'inline; filename="road-plan-{found.pk}.pdf"'
    return response


@requires(Permission.EDIT_PLACES)
@require_POST
def rename(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Give a plan another name and note."""
    viewer = viewer_behind(request)
    found = access_plan_to_edit(viewer, plan_id)
    rename_plan(
        plan=found,
        row_version=_version(request),
        name=request.POST.get("name", ""),
        note=request.POST.get("note", ""),
        actor=viewer.actor,
        now=timezone.now(),
    )
    return HttpResponseRedirect(reverse("console_plan", args=[found.pk]))


@requires(Permission.EDIT_PLACES)
@require_POST
def recompute(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Compute a plan again on the ground and land of today."""
    viewer = viewer_behind(request)
    found = access_plan_to_edit(viewer, plan_id)
    recompute_plan(plan=found, row_version=_version(request), actor=viewer.actor, now=timezone.now())
    return HttpResponseRedirect(reverse("console_plan", args=[found.pk]))


@requires(Permission.EDIT_PLACES)
@require_POST
def delete(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Remove a plan."""
    viewer = viewer_behind(request)
    found = access_plan_to_edit(viewer, plan_id)
    delete_plan(plan=found, row_version=_version(request), actor=viewer.actor, now=timezone.now())
    return HttpResponseRedirect(f"{reverse('console_plans')}?division={found.division_code}")


def _version(request: HttpRequest) -> int:
    text = request.POST.get("row_version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def json_answer(body: object, status: int = 200) -> HttpResponse:
    """Return a body as JSON."""
    return HttpResponse(orjson.dumps(body, default=str), content_type="application/json", status=status)
