"""Courtyards for those who work here: the list with plates, and the record of one."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.portal.access import open_sources
from xiaoyuan.portal.queries import desk
from xiaoyuan.portal.queries.history import history
from xiaoyuan.portal.views.console import chosen_division
from xiaoyuan.portal.views.pages import page_of_list
from xiaoyuan.register.access import access_courtyard_record, can_edit_people
from xiaoyuan.register.models import Building, Courtyard
from xiaoyuan.register.queries.console import courtyard_card, courtyards_within


@requires(Permission.CONSOLE)
def courtyards(request: HttpRequest) -> HttpResponse:
    """Courtyards of a division with their plates, searched by address, name or number."""
    viewer = viewer_behind(request)
    text = request.GET.get("q", "").strip()[:60]
    context: dict[str, Any] = {"section": "console", "rail": "courtyards", "q": text}
    chosen = chosen_division(request, viewer, Permission.CONSOLE)
    if chosen is not None:
        division, scope = chosen
        page = page_of_list(request, courtyards_within(scope, text))
        plates = desk.live_plates(scope, [row.pk for row in page])
        context |= {
            "picker": desk.picker(division, viewer.scope_for(Permission.CONSOLE)),
            "page": page,
            "rows": [(row, plates.get(row.pk)) for row in page],
            "village_names": desk.village_names(row.division_code for row in page),
        }
    return render(request, "portal/courtyards.html", context)


@requires(Permission.CONSOLE)
def courtyard(request: HttpRequest, courtyard_id: int) -> HttpResponse:
    """The record of one courtyard."""
    viewer = viewer_behind(request)
    found = access_courtyard_record(viewer, courtyard_id)
    card = courtyard_card(found, viewer.scope_for(Permission.VIEW_PEOPLE))
    buildings = {building.pk: building.name or str(building.get_use_display()) for building in card.buildings}
    lines = history(
        {Courtyard._meta.label_lower: {found.pk: _("courtyard")}, Building._meta.label_lower: buildings}
    )
    context = {
        "section": "console",
        "rail": "courtyards",
        "card": card,
        "plate": desk.live_plates(Scope.below(found.division_code), [found.pk]).get(found.pk),
        "village_name": desk.village_names([found.division_code]).get(found.division_code, ""),
        "is_sample": found.is_sample,
        "is_placed": found.wkb is not None,
        "may_edit": can_edit_people(viewer, found.division_code),
        "history": lines,
        "open_batches": open_sources(viewer, lines),
    }
    return render(request, "portal/courtyard.html", context)
