"""The editing map: courtyards, buildings, parcels and roads are drawn and changed, and the scenes follow."""

import json
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import orjson
import shapely
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.portal.access import access_place_step
from xiaoyuan.portal.following import let_scenes_follow
from xiaoyuan.portal.queries import desk, map_places
from xiaoyuan.portal.views.console import chosen_division
from xiaoyuan.portal.views.pages import page_of_list
from xiaoyuan.portal.views.sending import box_of, number_of, write_once
from xiaoyuan.register.access import access_division_within, access_place_to_edit
from xiaoyuan.register.actions.addresses import AddressText
from xiaoyuan.register.actions.counties import ensure_county
from xiaoyuan.register.actions.drawing import Drawn, change_place, draw_place, remove_place
from xiaoyuan.register.actions.place_shapes import ShapeUnfit
from xiaoyuan.register.actions.place_values import LABELS, MODELS, NEW_FIELDS, RANGES, ValueUnfit
from xiaoyuan.register.actions.undoing import take_back
from xiaoyuan.register.queries.divisions import division_bounds, placing_bounds
from xiaoyuan.twin.access import can_load_scene
from xiaoyuan.twin.queries import scenes_for

_LONGEST_SHAPE: Final = 2_000_000
"""Characters of a shape that is sent: ten thousand points with all their digits are less."""

_PLAIN_SHAPES: Final = ("Point", "LineString", "MultiLineString", "Polygon", "MultiPolygon")
_LONGEST_NUMBER: Final = 17


@requires(Permission.EDIT_PLACES)
@require_safe
def drawing_page(request: HttpRequest) -> HttpResponse:
    """The list of a division's places beside a map on which they are edited."""
    viewer = viewer_behind(request)
    text, kind = request.GET.get("q", "").strip()[:60], _kind(request.GET.get("kind") or "building")
    context: dict[str, Any] = {"section": "console", "rail": "map", "q": text, "kind": kind}
    chosen = chosen_division(request, viewer, Permission.EDIT_PLACES)
    if chosen is not None:
        division, scope = chosen
        page = page_of_list(request, map_places.listed(viewer, kind, division.code, text))
        names = map_places.titles(kind, page)
        labels = map_places.kind_labels()
        context |= {
            "picker": desk.picker(division, viewer.scope_for(Permission.EDIT_PLACES)),
            "page": page,
            "rows": [(row, names[row.pk]) for row in page],
            "kinds": [(one, labels[one]) for one in map_places.KINDS],
            "steps": map_places.latest_steps(viewer, _reach(scope).condition()),
            "setup": _setup(viewer, division.code, request.GET.get("place", "")),
        }
    return render(request, "portal/drawing.html", context)


def _setup(viewer: Viewer, division_code: str, wanted: str) -> dict[str, Any]:
    """Return what the map's script has to know of the page."""
    bounds = division_bounds(division_code) or placing_bounds(division_code).bounds
    nearest = scenes_for(division_code, with_internal=True)
    scenes = [scene for scene in nearest if can_load_scene(viewer, scene)]
    return {
        "division": division_code,
        "bounds": list(bounds),
        "pointer": f"/twin/{scenes[0].key}/current.json" if scenes else "",
        "outlines": f"/api/v1/screen/{division_code}/outlines",
        "places": reverse("map_places"),
        "draw": reverse("map_draw"),
        "record": reverse("map_place", args=["kind", 0]),
        "undo": reverse("map_undo", args=[0]),
        "selected": _selected(viewer, division_code, wanted),
        "fields": map_places.form_fields(),
        "kinds": map_places.kind_labels(),
    }


def _selected(viewer: Viewer, division_code: str, wanted: str) -> dict[str, Any] | None:
    """Return the place named by `building:7` (kind and tile number), if the viewer may edit it."""
    kind, _colon, cid = wanted.partition(":")
    if kind not in MODELS or not (cid.isascii() and cid.isdigit() and len(cid) < 11):
        return None
    rows: QuerySet[Any] = map_places.listed(viewer, kind, division_code, "")
    row = rows.filter(cid=int(cid)).first()
    return None if row is None else {"kind": kind, "id": row.pk}


@requires(Permission.EDIT_PLACES)
@require_safe
def places_shown(request: HttpRequest) -> JsonResponse:
    """GeoJSON of the exact shapes in `?box=west,south,east,north`: what can be selected and snapped to."""
    viewer = viewer_behind(request)
    division, _scope = access_division_within(viewer, request.GET.get("division", ""), Permission.EDIT_PLACES)
    box = box_of(request.GET.get("box", "")) or division_bounds(division.code)
    features: list[dict[str, Any]] = []
    is_cut = False
    for kind in map_places.KINDS if box is not None else ():
        assert box is not None
        found, is_more = map_places.shown(viewer, kind, division.code, box)
        features += found
        is_cut = is_cut or is_more
    return JsonResponse({"type": "FeatureCollection", "is_cut": is_cut, "features": features})


@requires(Permission.EDIT_PLACES)
@require_safe
def place_record(request: HttpRequest, kind: str, place_id: int) -> JsonResponse:
    """All that the form needs of one place."""
    viewer = viewer_behind(request)
    row: Any = access_place_to_edit(viewer, MODELS[_kind(kind)], place_id)
    return JsonResponse(map_places.record_of(viewer, kind, row))


@requires(Permission.EDIT_PLACES)
@require_POST
def draw(request: HttpRequest) -> JsonResponse:
    """Draw a place. Form: key, division, kind, geometry (GeoJSON) and the fields of its kind."""
    viewer, now = viewer_behind(request), timezone.now()
    # Where the drawn place lies decides about the right to draw it, not the division that the page showed.
    division, _scope = access_division_within(
        viewer, request.POST.get("division", ""), Permission.EDIT_PLACES
    )
    kind = _kind(request.POST.get("kind", ""))
    county_id = ensure_county(division.code).pk

    def write() -> dict[str, Any]:
        done = draw_place(
            kind=kind,
            division_code=division.code,
            geometry=_geometry(request),
            values=_values(request, kind),
            address=_address(request, kind),
            scope=_reach(viewer.scope_for(Permission.EDIT_PLACES)),
            actor=viewer.actor,
            now=now,
        )
        return _said(viewer, kind, done)

    return _written(request, county_id, write)


@requires(Permission.EDIT_PLACES)
@require_POST
def change(request: HttpRequest, kind: str, place_id: int) -> JsonResponse:
    """Change a place. Form: key, row_version, and what is to be different of geometry and fields."""
    viewer, now = viewer_behind(request), timezone.now()
    row: Any = access_place_to_edit(viewer, MODELS[_kind(kind)], place_id)

    def write() -> dict[str, Any]:
        done = change_place(
            row=row,
            row_version=number_of(request, "row_version"),
            geometry=_geometry(request) if "geometry" in request.POST else None,
            values=_values(request, kind),
            address=_address(request, kind),
            scope=_reach(viewer.scope_for(Permission.EDIT_PLACES)),
            actor=viewer.actor,
            now=now,
        )
        return _said(viewer, kind, done)

    return _written(request, row.county_id, write)


@requires(Permission.EDIT_PLACES)
@require_POST
def remove(request: HttpRequest, kind: str, place_id: int) -> JsonResponse:
    """Remove a place. Form: key, row_version, reason."""
    viewer, now = viewer_behind(request), timezone.now()
    row: Any = access_place_to_edit(viewer, MODELS[_kind(kind)], place_id)

    def write() -> dict[str, Any]:
        done = remove_place(
            row=row,
            row_version=number_of(request, "row_version"),
            reason=request.POST.get("reason", ""),
            actor=viewer.actor,
            now=now,
        )
        return {"place": None, "revision": done.revision_id, "remarks": list(done.remarks)}

    return _written(request, row.county_id, write)


@requires(Permission.EDIT_PLACES)
@require_POST
def undo(request: HttpRequest, revision_id: int) -> HttpResponse:
    """Take a step on a place back; a form goes back to the map, a script gets what follows."""
    viewer, now = viewer_behind(request), timezone.now()
    step = access_place_step(viewer, revision_id)
    take_back(step.pk, viewer.actor, now)
    scenes = let_scenes_follow(county_id=step.county_id, actor=viewer.actor, now=now)
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"undone": step.pk, "scenes": scenes})
    return HttpResponseRedirect(f"{reverse('console_map')}?division={step.division_code}")


def _written(request: HttpRequest, county_id: int, write: Callable[[], dict[str, Any]]) -> JsonResponse:
    answer = write_once(request, county_id, write)
    body = json.loads(answer.content)
    scenes = let_scenes_follow(county_id=county_id, actor=viewer_behind(request).actor, now=timezone.now())
    return JsonResponse({**body, "scenes": scenes}, status=answer.status_code)


def _said(viewer: Viewer, kind: str, done: Drawn) -> dict[str, Any]:
    return {
        "place": {"id": done.row.pk, "kind": kind, "cid": done.row.cid, "version": done.row.row_version},
        "revision": done.revision_id,
        "remarks": list(done.remarks),
    }


def _kind(word: str) -> str:
    if word not in MODELS:
        raise NotFound
    return word


def _reach(scope: Scope) -> Scope:
    """Divisions only: a household of one's own gives no right on the map."""
    return Scope(prefixes=scope.prefixes)


def _geometry(request: HttpRequest) -> Any:
    text = request.POST.get("geometry", "")
    try:
        if len(text) > _LONGEST_SHAPE:
            raise ShapeUnfit(_("The shape is too large to be sent."))
        return shapely.from_geojson(_flat(text)) if text else None
    except (shapely.errors.ShapelyError, orjson.JSONDecodeError, orjson.JSONEncodeError):
        raise ShapeUnfit(_("The shape was not understood. Draw it anew.")) from None


def _flat(text: str) -> bytes:
    """Return GeoJSON of one plain geometry; anything else becomes one that GEOS refuses.

    GEOS reads collections within collections by recursion and ends the process when they go deep enough.
    """
    sent = orjson.loads(text)
    if not isinstance(sent, dict) or sent.get("type") not in _PLAIN_SHAPES:
        return b"{}"
    return orjson.dumps({"type": sent["type"], "coordinates": sent.get("coordinates")})


def _values(request: HttpRequest, kind: str) -> dict[str, Any]:
    """Return the fields that were sent, empty numbers as None."""
    return {name: _value(name, request.POST[name]) for name in NEW_FIELDS[kind] if name in request.POST}


def _value(name: str, text: str) -> Any:
    text = text.strip()
    if name in RANGES or name in ("courtyard_id", "roof"):
        if not text:
            return None
        try:
            return _whole(text) if name in ("courtyard_id", "roof") else _decimal(text)
        except (ValueError, InvalidOperation):
            raise ValueUnfit(name, _("%(field)s: enter a number.") % {"field": LABELS[name]}) from None
    return text


def _whole(text: str) -> int:
    if len(text) > _LONGEST_NUMBER:
        raise ValueError(text)
    return int(text)


def _decimal(text: str) -> Decimal:
    number = Decimal(text.replace(",", "."))
    if not number.is_finite():
        raise ValueError(text)
    return number


def _address(request: HttpRequest, kind: str) -> AddressText | None:
    text = " ".join(request.POST.get("address", "").split())[:200]
    if kind != "courtyard" or not text:
        return None
    return AddressText(text, request.POST.get("house_number", "").strip()[:40])
