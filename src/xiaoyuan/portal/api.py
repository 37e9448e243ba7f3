"""The screen's part of the API."""

from dataclasses import asdict
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.portal import cards, overlays, screen, search, themes
from xiaoyuan.portal.views.saved_views import view_line
from xiaoyuan.register.access import access_division
from xiaoyuan.twin.saved_views import can_keep_views, views_for

router = Router(tags=["screen"])


@router.get("/screen/{code}", summary="Figures, children and scenes of a division", response=dict[str, Any])
@requires(Permission.PUBLIC)
def screen_division(request: HttpRequest, code: str) -> HttpResponse:
    """What the big screen shows at first sight; figures under five persons are withheld outside one's scope."""
    return _json(screen.screen_answer(viewer_behind(request), code, timezone.now()))


@router.get(
    "/screen/{code}/outlines", summary="Outlines of a division and its children", response=dict[str, Any]
)
@requires(Permission.PUBLIC)
def screen_outlines(request: HttpRequest, code: str) -> HttpResponse:
    """GeoJSON in degrees, CGCS2000."""
    return _json(screen.outlines(code))


@router.get("/screen/{code}/labels", summary="Texts on the map of a division", response=dict[str, Any])
@requires(Permission.PUBLIC)
def screen_labels(request: HttpRequest, code: str) -> HttpResponse:
    """Names of villages, roads and waters, and house numbers; no names of people."""
    return _json({"labels": screen.labels(code)})


@router.get("/screen/{code}/themes", summary="What a map can be coloured by", response=dict[str, Any])
@requires(Permission.PUBLIC)
def screen_themes(request: HttpRequest, code: str) -> HttpResponse:
    """Themes of divisions, courtyards, parcels and buildings; those of people for their village's staff only."""
    return _json({"themes": themes.theme_list(viewer_behind(request), code)})


@router.get("/screen/{code}/themes/{theme}", summary="Values and classes of a theme", response=dict[str, Any])
@requires(Permission.PUBLIC)
def screen_theme(request: HttpRequest, code: str, theme: str) -> HttpResponse:
    """Values by division code or number in tiles; counts under five persons are withheld outside one's scope."""
    return _json(themes.theme_answer(viewer_behind(request), code, theme, timezone.now()))


@router.get("/screen/{code}/overlays", summary="Live overlays with their counts", response=dict[str, Any])
@requires(Permission.PUBLIC)
def screen_overlays(request: HttpRequest, code: str) -> HttpResponse:
    """Which overlays the viewer may lay over the division; each declares the permission that it needs."""
    return _tagged(request, {"overlays": overlays.overlay_list(viewer_behind(request), code)})


@router.get("/screen/{code}/overlays/{overlay}", summary="Places of a live overlay", response=dict[str, Any])
@requires(Permission.PUBLIC)
def screen_overlay(request: HttpRequest, code: str, overlay: str) -> HttpResponse:
    """Answers 304 while nothing changed since the given ETag."""
    return _tagged(request, overlays.overlay_answer(viewer_behind(request), code, overlay))


@router.get("/screen/{code}/views", summary="Saved views of a division", response=dict[str, Any])
@requires(Permission.PUBLIC)
def screen_views(request: HttpRequest, code: str) -> HttpResponse:
    """Public views for anyone, the others for the division's staff."""
    viewer, division = viewer_behind(request), access_division(code)
    lines = [view_line(view) for view in views_for(viewer, division)]
    return _json({"views": lines, "may_edit": can_keep_views(viewer, division.code)})


@router.get("/places/{scene}/{int:cid}", summary="The card of a place", response=dict[str, Any])
@requires(Permission.PUBLIC)
def place(request: HttpRequest, scene: str, cid: int) -> HttpResponse:
    """What anyone may know of a place, and what the viewer's scope adds."""
    return _json(cards.place_card(viewer_behind(request), scene, cid))


@router.get(
    "/search", summary="Divisions and courtyards by name, code, address or plate", response=dict[str, Any]
)
@requires(Permission.PUBLIC)
def search_places(request: HttpRequest, q: str, within: str = "") -> HttpResponse:
    """At most 20 results; no names of people."""
    return _json({"results": [asdict(result) for result in search.search(q, within=within)]})


def _tagged(request: HttpRequest, body: dict[str, Any]) -> HttpResponse:
    content, tag = overlays.tagged(body)
    if request.headers.get("If-None-Match") == tag:
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(content, content_type="application/json")
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-cache"
    return response


def _json(body: object) -> HttpResponse:
    response = HttpResponse(orjson.dumps(body, default=str), content_type="application/json")
    # What is shown depends on who looks.
    response["Cache-Control"] = "private, no-cache"
    return response
