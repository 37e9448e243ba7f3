"""Printed maps in the console: choose paper and layers, get a PDF."""

from typing import Any

import numpy as np
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.audit.actions import record_audit
from xiaoyuan.portal.map_frame import PAPERS
from xiaoyuan.portal.map_print import set_map
from xiaoyuan.portal.queries import desk
from xiaoyuan.portal.views.console import chosen_division
from xiaoyuan.register.access import access_division_within
from xiaoyuan.register.models import County
from xiaoyuan.register.queries.divisions import division_bounds
from xiaoyuan.twin.plan_errors import PlanRefused

Bounds = tuple[float, float, float, float]


@requires(Permission.CONSOLE)
@require_safe
def maps(request: HttpRequest) -> HttpResponse:
    """Choose what is printed of a division."""
    viewer = viewer_behind(request)
    context: dict[str, Any] = {"section": "console", "rail": "maps", "box": _box_text(request)}
    chosen = chosen_division(request, viewer, Permission.CONSOLE)
    if chosen is not None:
        division, _scope = chosen
        context |= {
            "picker": desk.picker(division, viewer.scope_for(Permission.CONSOLE)),
            "papers": [(paper, paper.upper()) for paper in PAPERS],
            "is_known": division_bounds(division.code) is not None,
        }
    return render(request, "portal/maps.html", context)


@requires(Permission.CONSOLE)
@require_safe
def map_pdf(request: HttpRequest) -> HttpResponse:
    """The map as PDF. `?box=` is a part of the division in degrees, `internal=1` adds internal layers."""
    viewer = viewer_behind(request)
    division, _scope = access_division_within(viewer, request.GET.get("division", ""), Permission.CONSOLE)
    paper = request.GET.get("paper", "")
    paper = paper if paper in PAPERS else "a4"
    has_internal, box, now = request.GET.get("internal") == "1", _box(request), timezone.now()
    pdf = set_map(
        viewer,
        division,
        paper=paper,
        now=now,
        box=box,
        has_internal=has_internal,
        has_relief=request.GET.get("relief", "1") == "1",
    )
    if has_internal:
        record_audit(
            actor=viewer.actor,
            now=now,
            action="twin.print_internal_map",
            county_id=County.objects.filter(code=division.code[:6]).values_list("pk", flat=True).first() or 0,
            object_kind="register.division",
            object_id=division.pk,
            detail={"division": division.code, "box": box},
        )
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="map-{division.code}-{paper}.pdf"'
    return response


def _box(request: HttpRequest) -> Bounds | None:
    """Return the asked part, between 50 m and half a degree wide; raises `PlanRefused` for nonsense."""
    text = request.GET.get("box", "")
    if not text:
        return None
    try:
        west, south, east, north = (float(word) for word in text.split(","))
    except ValueError:
        raise PlanRefused(_("These are no degrees of longitude and latitude.")) from None
    numbers = np.array([west, south, east, north])
    sides = np.array([east - west, north - south])
    if not (
        np.isfinite(numbers).all() and (np.abs(numbers) < 180).all() and abs(south) < 80 and abs(north) < 80
    ):
        raise PlanRefused(_("These are no degrees of longitude and latitude."))
    if not ((sides > 0.0005).all() and (sides < 0.5).all()):
        raise PlanRefused(_("The part to print is too small or too large."))
    return west, south, east, north


def _box_text(request: HttpRequest) -> str:
    try:
        box = _box(request)
    except PlanRefused:
        return ""
    return ",".join(f"{number:.6f}" for number in box) if box else ""
