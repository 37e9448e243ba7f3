"""The page behind a doorplate: an address to compare, help to call, a sketch; no resident, no script.

Whoever asks with a token that opens nothing, for whatever reason, gets the same bytes.
"""

from datetime import datetime
from hashlib import sha256

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.rates import address_of
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.accounts.row_security import apply_scope
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.doorplates.queries import ScannedPlate, find_scanned
from xiaoyuan.doorplates.scanning import is_slowed
from xiaoyuan.portal.plate_place import place_behind, remembered, sketch_of
from xiaoyuan.portal.queries.plate_cards import cards_for
from xiaoyuan.ui.context import ELDER_COOKIE


@transaction.non_atomic_requests
@requires(Permission.PUBLIC)
@require_safe
def scan(request: HttpRequest, token: str) -> HttpResponse:
    """Show the public page of a plate, or the one page for every token that opens nothing."""
    plate, now = find_scanned(token), timezone.now()
    viewer = viewer_behind(request)
    if plate is not None and is_slowed(address_of(request), viewer.actor.user_id, now):
        response = render(request, "portal/scan_slowed.html", status=429)
    elif plate is None:
        response = render(request, "portal/scan_unknown.html", status=404)
    else:
        response = HttpResponse(_page(request, viewer, plate, token, now))
    return keep_secret(response)


def _page(request: HttpRequest, viewer: Viewer, plate: ScannedPlate, token: str, now: datetime) -> str:
    """Return the page; a stranger's is remembered under all that it says, so that nothing old is ever shown."""
    place, cards = place_behind(plate, now), None
    if viewer.is_signed_in:
        with transaction.atomic():
            apply_scope(viewer)
            cards = cards_for(viewer, plate, now)

    def draw() -> str:
        context = {
            "page": place,
            "sketch": sketch_of(plate, place.house_number),
            "report_url": reverse("report_at_plate", args=[token]),
            "cards": cards,
        }
        return render_to_string("portal/scan.html", context, request)

    if viewer.is_signed_in:
        return draw()
    said = (plate, place, token, get_language(), request.COOKIES.get(ELDER_COOKIE) == "1")
    return str(remembered(f"plate-page:{sha256(repr(said).encode()).hexdigest()}", draw))


def keep_secret(response: HttpResponse) -> HttpResponse:
    """Mark an answer that was found by a secret address: neither kept nor named to the next site."""
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
