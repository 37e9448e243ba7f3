"""Placing on the map: courtyards and households without coordinates get them by a click, a key or a phone's GPS."""

from typing import Any, Final

import shapely
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.history.models import Revision
from xiaoyuan.portal.access import access_revision
from xiaoyuan.portal.queries import desk
from xiaoyuan.portal.views.console import chosen_division
from xiaoyuan.portal.views.households import number_in
from xiaoyuan.portal.views.pages import page_of_list
from xiaoyuan.portal.views.sending import box_of, number_of, write_once
from xiaoyuan.register.access import (
    access_courtyard_to_edit,
    access_division_within,
    access_household_to_edit,
)
from xiaoyuan.register.actions.courtyards import Position
from xiaoyuan.register.actions.placing import place_courtyard, settle_household, settle_household_at
from xiaoyuan.register.actions.undoing import take_back
from xiaoyuan.register.errors import RegisterError
from xiaoyuan.register.models import SHOWN, Courtyard, Household
from xiaoyuan.register.queries.console import courtyards_within, households_within
from xiaoyuan.register.queries.divisions import division_bounds, placing_bounds
from xiaoyuan.register.spatial import in_box
from xiaoyuan.twin.access import can_load_scene
from xiaoyuan.twin.queries import scenes_for

MOST_SHOWN: Final = 1500
"""Courtyards that one answer draws: more are a blur at that zoom."""
_COURTYARD: Final = Courtyard._meta.label_lower
_HOUSEHOLD: Final = Household._meta.label_lower
_UNDOABLE: Final = (
    "register.place_courtyard",
    "register.create_courtyard",
    "register.change_household",
)


@requires(Permission.EDIT_PEOPLE)
@require_safe
def placing(request: HttpRequest) -> HttpResponse:
    """The lists of what has no place yet, beside a map."""
    viewer = viewer_behind(request)
    text = request.GET.get("q", "").strip()[:60]
    kind = "households" if request.GET.get("kind") == "households" else "courtyards"
    context: dict[str, Any] = {"section": "console", "rail": "placing", "q": text, "kind": kind}
    chosen = chosen_division(request, viewer, Permission.EDIT_PEOPLE)
    if chosen is not None:
        division, scope = chosen
        courtyards, households = unplaced(scope, text)
        nearest = scenes_for(division.code, with_internal=True)
        scene = next((one for one in nearest if can_load_scene(viewer, one)), None)
        bounds = division_bounds(division.code) or placing_bounds(division.code).bounds
        context |= {
            "picker": desk.picker(division, viewer.scope_for(Permission.EDIT_PEOPLE)),
            "page": page_of_list(request, households if kind == "households" else courtyards),
            "courtyard_count": courtyards.count(),
            "household_count": households.count(),
            "pointer": f"/twin/{scene.key}/current.json" if scene else "",
            "bounds_text": ",".join(f"{number:.6f}" for number in bounds),
            "selected": request.GET.get("courtyard", ""),
        }
    return render(request, "portal/placing.html", context)


def unplaced(scope: Scope, text: str = "") -> tuple[Any, Any]:
    """Return courtyards without a shape and households without a courtyard, as query sets."""
    return (
        courtyards_within(scope, text).filter(wkb__isnull=True, valid_until__isnull=True),
        households_within(scope, text).filter(
            courtyard__isnull=True, closed_on__isnull=True, merged_into__isnull=True
        ),
    )


@requires(Permission.EDIT_PEOPLE)
@require_safe
def places(request: HttpRequest) -> JsonResponse:
    """GeoJSON of the courtyards in `?box=west,south,east,north` of a division: what can be tapped."""
    viewer = viewer_behind(request)
    division, scope = access_division_within(viewer, request.GET.get("division", ""), Permission.EDIT_PEOPLE)
    rows = courtyards_within(scope).filter(wkb__isnull=False, valid_until__isnull=True)
    box = box_of(request.GET.get("box", ""))
    if box is not None:
        rows = in_box(rows, box)
    found = list(rows.filter(SHOWN)[: MOST_SHOWN + 1])
    features = [
        {
            "type": "Feature",
            "id": row.pk,
            "properties": {
                "id": row.pk,
                "version": row.row_version,
                "label": row.house_number or row.code,
                "address": row.address or row.name or row.code,
                "accuracy_m": row.accuracy_m,
            },
            "geometry": shapely.geometry.mapping(shapely.from_wkb(bytes(row.wkb))),
        }
        for row in found[:MOST_SHOWN]
    ]
    return JsonResponse(
        {
            "type": "FeatureCollection",
            "division": division.code,
            "is_cut": len(found) > MOST_SHOWN,
            "features": features,
        }
    )


@requires(Permission.EDIT_PEOPLE)
@require_POST
def place(request: HttpRequest, courtyard_id: int) -> JsonResponse:
    """Give a courtyard its point. Form: key, row_version, lon, lat, accuracy_m (may be empty)."""
    viewer, now = viewer_behind(request), timezone.now()
    courtyard = access_courtyard_to_edit(viewer, courtyard_id)

    def write() -> dict[str, Any]:
        row = place_courtyard(
            courtyard=courtyard,
            row_version=number_of(request, "row_version"),
            position=_position(request),
            actor=viewer.actor,
            now=now,
        )
        return _said(row, [(_COURTYARD, row.pk)])

    return write_once(request, courtyard.county_id, write)


@requires(Permission.EDIT_PEOPLE)
@require_POST
def settle(request: HttpRequest, household_id: int) -> JsonResponse:
    """Settle a household: in the courtyard named by `courtyard`, else in a new one at lon, lat."""
    viewer, now = viewer_behind(request), timezone.now()
    household = access_household_to_edit(viewer, household_id)
    version = number_of(request, "row_version")
    named = request.POST.get("courtyard", "")
    courtyard = access_courtyard_to_edit(viewer, number_of(request, "courtyard")) if named else None

    def write() -> dict[str, Any]:
        if courtyard is not None:
            settle_household(
                household=household, row_version=version, courtyard=courtyard, actor=viewer.actor, now=now
            )
            return _said(courtyard, [(_HOUSEHOLD, household.pk)])
        made = settle_household_at(
            household=household,
            row_version=version,
            position=_position(request),
            actor=viewer.actor,
            now=now,
        )
        return _said(made, [(_COURTYARD, made.pk), (_HOUSEHOLD, household.pk)])

    return write_once(request, household.county_id, write)


@requires(Permission.EDIT_PEOPLE)
@require_POST
def undo(request: HttpRequest) -> JsonResponse:
    """Take back what the last placing wrote. Form: `revisions`, their ids in the order of writing."""
    viewer, now = viewer_behind(request), timezone.now()
    words = request.POST.get("revisions", "").split(",")
    ids = [number for word in words if (number := number_in(word))][:4]
    for one in ids:
        if access_revision(viewer, one).action not in _UNDOABLE:
            raise NotFound
    with transaction.atomic():
        for one in reversed(ids):
            take_back(one, viewer.actor, now)
    return JsonResponse({"undone": ids})


def _said(courtyard: Courtyard, written: list[tuple[str, int]]) -> dict[str, Any]:
    revisions = [
        found
        for kind, pk in written
        if (
            found := Revision.objects.filter(object_kind=kind, object_id=pk, action__in=_UNDOABLE)
            .order_by("-pk")
            .values_list("pk", flat=True)
            .first()
        )
    ]
    return {
        "courtyard": courtyard.pk,
        "version": courtyard.row_version,
        "accuracy_m": courtyard.accuracy_m,
        "revisions": revisions if len(revisions) == len(written) else [],
    }


def _position(request: HttpRequest) -> Position:
    try:
        accuracy = request.POST.get("accuracy_m", "")
        return Position(
            float(request.POST.get("lon", "")),
            float(request.POST.get("lat", "")),
            round(float(accuracy), 1) if accuracy else None,
        )
    except ValueError:
        raise RegisterError(_("These are no degrees of longitude and latitude.")) from None
