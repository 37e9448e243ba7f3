"""The console's overview: what I may do, the division in front of me, what needs attention."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.indicators.queries import shows_sample
from xiaoyuan.portal.access import batches_for
from xiaoyuan.portal.queries import desk
from xiaoyuan.portal.queries.operations import alarms
from xiaoyuan.register.access import access_division_within
from xiaoyuan.register.models import Division
from xiaoyuan.register.queries.divisions import search_divisions

RECENT_IMPORTS: Final = 6
_HITS: Final = 100


def chosen_division(
    request: HttpRequest, viewer: Viewer, permission: Permission
) -> tuple[Division, Scope] | None:
    """Return the division of `?division=` within the viewer's right, by default the first they answer for.

    `?find=` is part of a name, its pinyin, initials or code: the best fit within the right is opened.
    None when nothing is recorded anywhere yet. Raises `NotFound` for a division outside the right.
    """
    wanted = request.GET.get("division", "")
    asked = request.GET.get("find", "").strip()[:60]
    if asked:
        reach = viewer.scope_for(permission)
        hits = (hit.code for hit in search_divisions(asked, _HITS) if reach.touches_division(hit.code))
        wanted = next(hits, wanted)
    if wanted:
        return access_division_within(viewer, wanted, permission)
    for code in desk.roots_of(viewer.scope_for(permission)):
        try:
            return access_division_within(viewer, code, permission)
        except NotFound:  # a grant for a division that no list holds yet
            continue
    return None


@requires(Permission.CONSOLE)
def console(request: HttpRequest) -> HttpResponse:
    """The overview of somebody's work."""
    viewer, now = viewer_behind(request), timezone.now()
    context: dict[str, Any] = {
        "section": "console",
        "rail": "home",
        "rights": desk.rights_of(viewer),
        "alarms": alarms(now) if viewer.may(Permission.OPERATE) else [],
    }
    chosen = chosen_division(request, viewer, Permission.CONSOLE)
    if chosen is not None:
        division, scope = chosen
        plates = desk.plates_by_state(scope)
        context |= {
            "picker": desk.picker(division, viewer.scope_for(Permission.CONSOLE)),
            "counts": desk.counts_of(viewer, division.code, timezone.localdate(now)),
            "is_sample": shows_sample(division.code),
            "plates": plates,
            "plate_total": sum(state.count for state in plates),
            "batches": batches_for(viewer).filter(scope.condition())[:RECENT_IMPORTS],
        }
    return render(request, "portal/console.html", context)
