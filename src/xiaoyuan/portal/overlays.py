"""Live overlays of the screen: which ones a viewer is offered, and the places of one, as they are right now."""

import hashlib
from typing import Any, Final

import orjson
from django.db.models import Count

from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.lib import divisions
from xiaoyuan.register.access import access_division
from xiaoyuan.register.choices import LayerClass
from xiaoyuan.register.overlays import Overlay, overlays

TOWNSHIP_DIGITS: Final = 9
"""From the township down places are drawn one by one; above, villages are counted."""
_COLUMNS: Final = ("county_id", "cid", "min_lon", "max_lon", "min_lat", "max_lat")
_DRAWN: Final = (LayerClass.PUBLIC, LayerClass.INTERNAL)


def _scope(viewer: Viewer, overlay: Overlay, code: str) -> Scope:
    """The viewer's part of a division; single households of a resident are not part of an overlay."""
    return Scope(prefixes=viewer.scope_for(overlay.permission).narrowed_to(code).prefixes)


def overlay_list(viewer: Viewer, code: str) -> list[dict[str, Any]]:
    """Return the overlays that the viewer may lay over a division, each with its count; raises `NotFound`."""
    division = access_division(code)
    return [
        {
            "id": overlay.id,
            "title": str(overlay.title),
            "kind": overlay.kind,
            "colour": overlay.colour,
            "poll_s": overlay.poll_s,
            "count": overlay.places(scope).filter(layer_class__in=_DRAWN).count(),
        }
        for overlay in overlays()
        if (scope := _scope(viewer, overlay, division.code)).prefixes
    ]


def overlay_answer(viewer: Viewer, code: str, overlay_id: str) -> dict[str, Any]:
    """Return the places of an overlay: `places` rows (county, cid, lon, lat), or `divisions` above townships.

    Raises `NotFound` alike for an unknown overlay and for one that is not offered.
    """
    division = access_division(code)
    overlay = next((one for one in overlays() if one.id == overlay_id), None)
    if overlay is None or not (scope := _scope(viewer, overlay, division.code)).prefixes:
        raise NotFound
    rows = overlay.places(scope).filter(layer_class__in=_DRAWN)
    answer: dict[str, Any] = {"id": overlay.id, "kind": overlay.kind, "places": [], "divisions": {}}
    if len(division.code) >= TOWNSHIP_DIGITS:
        drawn = rows.filter(min_lon__isnull=False).order_by("county_id", "cid").values_list(*_COLUMNS)
        answer["places"] = [
            [county, cid, round((west + east) / 2, 6), round((south + north) / 2, 6)]
            for county, cid, west, east, south, north in drawn
        ]
        answer["count"] = rows.count()
        return answer
    digits = min(length for length in divisions.LENGTHS if length > len(division.code))
    counted = rows.order_by().values_list("division_code").annotate(count=Count("pk"))
    sums: dict[str, int] = {}
    for below, count in counted:
        sums[below[:digits]] = sums.get(below[:digits], 0) + count
    return {**answer, "divisions": dict(sorted(sums.items())), "count": sum(sums.values())}


def tagged(answer: dict[str, Any]) -> tuple[bytes, str]:
    """Return an answer's bytes and their entity tag, so that an unchanged overlay costs no transfer."""
    body = orjson.dumps(answer, default=str)
    return body, f'"{hashlib.sha256(body).hexdigest()[:20]}"'
