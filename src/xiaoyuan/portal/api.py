"""The screen's part of the API."""

from dataclasses import asdict
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.portal import cards, screen, search

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


def _json(body: object) -> HttpResponse:
    response = HttpResponse(orjson.dumps(body, default=str), content_type="application/json")
    # What is shown depends on who looks.
    response["Cache-Control"] = "private, no-cache"
    return response
