"""Keeping views of the scene: the screen posts here what somebody saves, renames or removes."""

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.indicators.queries import shows_sample
from xiaoyuan.portal.views.households import number_in
from xiaoyuan.register.access import access_division_within
from xiaoyuan.twin.models import SavedView
from xiaoyuan.twin.saved_views import (
    ViewRefused,
    ViewValues,
    access_view_to_edit,
    change_view,
    remove_view,
    save_view,
)


@requires(Permission.EDIT_PLACES)
@require_POST
def save(request: HttpRequest, code: str) -> JsonResponse:
    """Keep a new view of a division."""
    viewer = viewer_behind(request)
    division, _scope = access_division_within(viewer, code, Permission.EDIT_PLACES)
    view = save_view(
        division=division,
        values=_values(request),
        is_sample=shows_sample(division.code),
        actor=viewer.actor,
        now=timezone.now(),
    )
    return JsonResponse(view_line(view), status=201)


@requires(Permission.EDIT_PLACES)
@require_POST
def change(request: HttpRequest, view_id: int) -> JsonResponse:
    """Rename a view, give it another caption, place in the tour or camera, or remove it (`remove=1`)."""
    viewer = viewer_behind(request)
    view = access_view_to_edit(viewer, view_id)
    version, now = number_in(request.POST.get("row_version", "")) or 0, timezone.now()
    if request.POST.get("remove"):
        remove_view(view=view, row_version=version, actor=viewer.actor, now=now)
        return JsonResponse({"removed": view_id})
    changed = change_view(
        view=view, row_version=version, values=_values(request), actor=viewer.actor, now=now
    )
    return JsonResponse(view_line(changed))


def view_line(view: SavedView) -> dict[str, Any]:
    """Return a view as the screen lists it."""
    return {
        "id": view.pk,
        "row_version": view.row_version,
        "name": view.name,
        "caption": view.caption,
        "address": view.view.get("address", ""),
        "tour_position": view.tour_position,
        "dwell_s": view.dwell_s,
        "is_public": view.is_public,
    }


def _values(request: HttpRequest) -> ViewValues:
    def number(name: str, missing: int | None) -> int | None:
        text = request.POST.get(name, "").strip()
        if not text:
            return missing
        if not (text.isascii() and text.isdigit() and len(text) < 5):
            raise ViewRefused(_("Numbers are written in digits."))
        return int(text)

    return ViewValues(
        name=request.POST.get("name", ""),
        caption=request.POST.get("caption", ""),
        address=request.POST.get("address", ""),
        tour_position=number("tour_position", None),
        dwell_s=number("dwell_s", 12) or 0,
        is_public=bool(request.POST.get("is_public")),
    )
