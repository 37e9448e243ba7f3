"""A plate's public record for programs: what the page behind a plate says, as JSON."""

from typing import Any

import orjson
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from ninja import Router

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.rates import address_of
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.doorplates.queries import find_scanned
from xiaoyuan.doorplates.scanning import is_slowed
from xiaoyuan.portal.plate_place import EMERGENCY, PlatePlace, place_behind
from xiaoyuan.portal.views.scan import keep_secret

router = Router(tags=["plates"])


@router.get("/{token}", summary="The place behind a doorplate", response=dict[str, Any])
@transaction.non_atomic_requests
@requires(Permission.PUBLIC)
def plate(request: HttpRequest, token: str) -> HttpResponse:
    """Address, office and notices of the place; nobody who lives there. Unknown and revoked plates are alike: 404."""
    found, now = find_scanned(token), timezone.now()
    if found is None:
        return _json({"error": "unknown_plate"}, 404)
    if is_slowed(address_of(request), viewer_behind(request).actor.user_id, now):
        return _json({"error": "too_many"}, 429)
    return _json(_body(place_behind(found, now), token), 200)


def _body(place: PlatePlace, token: str) -> dict[str, Any]:
    return {
        "code": place.code,
        "address": place.address,
        "house_number": place.house_number,
        "group": place.group,
        "village": {"code": place.village_code, "name": place.village},
        "township": place.township,
        "county": place.county,
        "is_sample": place.is_sample,
        "office": {"name": place.office.name, "phone": place.office.phone},
        "emergency": EMERGENCY,
        "notices": [
            {
                "title": line.title,
                "day": line.day,
                "path": f"/v/{place.village_code}/notices/{line.notice_id}/",
            }
            for line in place.notices
        ],
        "page": reverse("scan", args=[token]),
        "report": reverse("report_at_plate", args=[token]),
    }


def _json(body: dict[str, Any], status: int) -> HttpResponse:
    return keep_secret(HttpResponse(orjson.dumps(body), status=status, content_type="application/json"))
