"""Points as people see them: the public notice of a village, and a resident's own statement."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.points.access import access_own_entry
from xiaoyuan.points.actions.entries import appeal
from xiaoyuan.points.queries import balance_of, entries_within, goods_of, on_notice, rules_in_force
from xiaoyuan.portal.queries.points import heads_of
from xiaoyuan.register.access import access_division, access_household, own_households


@requires(Permission.PUBLIC)
@require_safe
def notice(request: HttpRequest, code: str) -> HttpResponse:
    """The public notice: rules, goods, and what is about to be booked, households masked."""
    division, now = access_division(code), timezone.now()
    context = {
        "section": "home",
        "division": division,
        "lines": on_notice(division.code, now),
        "rules": rules_in_force(division.code, timezone.localdate(now)),
        "goods": goods_of(division.code),
    }
    return render(request, "portal/points_notice.html", context)


@requires(Permission.SIGNED_IN)
@require_safe
def own(request: HttpRequest) -> HttpResponse:
    """The points of one's own households."""
    viewer = viewer_behind(request)
    own_rows = [access_household(viewer, household_id) for household_id in own_households(viewer)]
    heads = heads_of(row.pk for row in own_rows)
    cards = [
        {
            "household": row,
            "head": heads.get(row.pk, ""),
            "balance": balance_of(row.pk),
            "entries": entries_within(Scope(households=frozenset({row.pk})))[:60],
            "goods": goods_of(row.division_code[:12]),
        }
        for row in own_rows
    ]
    return render(request, "portal/points_own.html", {"section": "me", "cards": cards})


@requires(Permission.SIGNED_IN)
@require_POST
def object_to(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Object to an entry of one's own household that hangs on the notice."""
    viewer = viewer_behind(request)
    entry = access_own_entry(viewer, entry_id)
    appeal(
        entry=entry,
        words=request.POST.get("words", ""),
        household=entry.household,
        actor=viewer.actor,
        now=timezone.now(),
    )
    return HttpResponseRedirect(reverse("me_points"))
