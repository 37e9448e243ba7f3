"""What the planning tools of the 3D screen ask: saved plans, a computed road, a saved one, a water level."""

from dataclasses import asdict
from typing import Any, Final

import numpy as np
import orjson
import shapely
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.lib.units import mu_from_square_metres
from xiaoyuan.portal.plan_answers import plan_view
from xiaoyuan.portal.queries.plan_people import households_in
from xiaoyuan.portal.views.plans import json_answer
from xiaoyuan.register.access import access_division_within
from xiaoyuan.register.choices import LayerClass
from xiaoyuan.register.models import Division, PlaceRow
from xiaoyuan.twin.flooding import flood_from
from xiaoyuan.twin.plan_access import can_keep_plans, plans_within
from xiaoyuan.twin.plan_errors import PlanRefused
from xiaoyuan.twin.plans import compute_plan, line_of, save_plan

_MOST_PLANS: Final = 60
_MOST_BYTES: Final = 200_000
_HIGHEST_RISE_M: Final = 200.0


@requires(Permission.CONSOLE)
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """What the tools of a division start with: its plans, what the viewer may do, a token for forms."""
    viewer = viewer_behind(request)
    division, scope = access_division_within(viewer, request.GET.get("division", ""), Permission.CONSOLE)
    return json_answer(
        {
            "token": get_token(request),
            "may_save": _home_of_plans(viewer, division) is not None,
            "list": f"{reverse('console_plans')}?division={division.code}",
            "plans": [
                {
                    "id": plan.pk,
                    "name": plan.name,
                    "line": shapely.get_coordinates(line_of(plan)).tolist(),
                    "width_m": plan.width_m,
                    "most_gradient_percent": plan.most_gradient_percent,
                    "length_m": plan.result["plan_length_m"],
                    "over_m": plan.result["over_m"],
                    "href": reverse("console_plan", args=[plan.pk]),
                }
                for plan in plans_within(scope)[:_MOST_PLANS]
            ],
        }
    )


@requires(Permission.CONSOLE)
@require_POST
def compute(request: HttpRequest) -> HttpResponse:
    """Compute a drawn road. Nothing is kept."""
    viewer, asked = viewer_behind(request), _asked(request)
    division, _scope = access_division_within(viewer, asked.text("division"), Permission.CONSOLE)
    computed = compute_plan(
        division_code=division.code,
        line=asked.line(),
        width_m=asked.number("width_m"),
        most_gradient_percent=asked.number("most_gradient_percent"),
        now=timezone.now(),
    )
    view = plan_view(viewer, computed.result)
    return json_answer(
        {
            "totals": view.totals,
            "stations": computed.result["stations"],
            "segments": computed.result["segments"],
            "works": computed.result["works"],
            "ground_models": [model["name"] for model in computed.result["ground_models"]],
            "places": [asdict(place) | {"at": place.at_text} for place in view.places],
            "uses": [{"use": use, "mu": area} for use, area in view.uses],
            "households": asdict(view.households),
        }
    )


@requires(Permission.EDIT_PLACES)
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep a drawn road as a plan of the division, or of the viewer's own village in it."""
    viewer, asked = viewer_behind(request), _asked(request)
    division, _scope = access_division_within(viewer, asked.text("division"), Permission.EDIT_PLACES)
    home = _home_of_plans(viewer, division)
    if home is None:
        raise NotFound
    plan = save_plan(
        division=home,
        name=asked.text("name"),
        note=asked.text("note"),
        line=asked.line(),
        width_m=asked.number("width_m"),
        most_gradient_percent=asked.number("most_gradient_percent"),
        actor=viewer.actor,
        now=timezone.now(),
    )
    address = reverse("console_plan", args=[plan.pk])
    return json_answer({"id": plan.pk, "name": plan.name, "href": address}, status=201)


@requires(Permission.CONSOLE)
@require_POST
def flood(request: HttpRequest) -> HttpResponse:
    """Let water rise from a point: what it covers, which courtyards and buildings stand in it."""
    viewer, asked = viewer_behind(request), _asked(request)
    division, _scope = access_division_within(viewer, asked.text("division"), Permission.CONSOLE)
    rise = asked.number("rise_m")
    if not 0 <= rise <= _HIGHEST_RISE_M:
        raise PlanRefused(_("The water rises by 0 to 200 m."))
    lon, lat = asked.number("lon"), asked.number("lat")
    if not (abs(lon) <= 180 and abs(lat) <= 85):
        raise PlanRefused(_("These are no degrees of longitude and latitude."))
    found = flood_from(
        division_code=division.code, lon=lon, lat=lat, rise_m=rise, reach_m=asked.number("reach_m")
    )
    courtyards = [row for row in found.courtyards if _is_open(viewer, row)]
    buildings = [row for row in found.buildings if _is_open(viewer, row)]
    return json_answer(
        {
            "level_m": round(found.level_m, 2),
            "seed_m": round(found.seed_m, 2),
            "area_m2": round(found.area_m2),
            "area_mu": round(mu_from_square_metres(found.area_m2), 1),
            "volume_m3": round(found.volume_m3),
            "deepest_m": round(found.deepest_m, 1),
            "cell_m": found.cell_m,
            "touches_edge": found.touches_edge,
            "shape": shapely.geometry.mapping(shapely.set_precision(found.shape, 1e-7)),
            "courtyards": len(courtyards),
            "buildings": [row.cid for row in buildings][:2000],
            "building_count": len(buildings),
            "households": asdict(households_in(viewer, [row.pk for row in courtyards])),
            "ground_models": list(found.ground_models),
        }
    )


def _is_open(viewer: Viewer, row: PlaceRow) -> bool:
    is_public = row.layer_class == LayerClass.PUBLIC
    return is_public or viewer.scope_for(Permission.CONSOLE).contains_division(row.division_code)


def _home_of_plans(viewer: Viewer, division: Division) -> Division | None:
    """Return where the viewer may keep plans: the division, else their only own one below it."""
    if can_keep_plans(viewer, division.code):
        return division
    own = viewer.scope_for(Permission.EDIT_PLACES).narrowed_to(division.code).prefixes
    if len(own) != 1:
        return None
    return Division.objects.filter(code=next(iter(own)), valid_until__isnull=True).first()


class _Asked:
    """A request's JSON, read field by field; what is missing or of another kind is refused with a sentence."""

    def __init__(self, body: bytes) -> None:
        try:
            values = orjson.loads(body) if len(body) <= _MOST_BYTES else None
        except orjson.JSONDecodeError:
            values = None
        if not isinstance(values, dict):
            raise PlanRefused(_("The request was not understood. Nothing was saved."))
        self._values: dict[str, Any] = values

    def text(self, name: str) -> str:
        """Return a text, empty when it is missing."""
        value = self._values.get(name, "")
        return value.replace("\0", "") if isinstance(value, str) else ""

    def number(self, name: str) -> float:
        """Return a finite number."""
        value = self._values.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
            raise PlanRefused(_("The request was not understood. Nothing was saved."))
        return float(value)

    def line(self) -> shapely.LineString:
        """Return a line of degrees."""
        try:
            points = np.array(self._values.get("line"), np.float64)
        except (TypeError, ValueError):
            points = np.zeros(0)
        if points.ndim != 2 or points.shape[1] != 2 or not 2 <= len(points) <= 2000:
            raise PlanRefused(_("Draw a line of at least two points first."))
        if not (np.isfinite(points).all() and (np.abs(points) <= [180, 85]).all()):
            raise PlanRefused(_("These are no degrees of longitude and latitude."))
        return shapely.LineString(points)


def _asked(request: HttpRequest) -> _Asked:
    # The body of a form has been read as such by now.
    return _Asked(request.body if request.content_type == "application/json" else b"")
