"""Households for those who may see people: the list, the card, and revealing a personal field with a reason."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.portal.access import open_sources
from xiaoyuan.portal.queries import desk
from xiaoyuan.portal.queries.history import field_label, history
from xiaoyuan.portal.views.console import chosen_division
from xiaoyuan.portal.views.pages import page_of_list
from xiaoyuan.register.access import access_household, access_member_to_reveal
from xiaoyuan.register.actions.disclosure import reveal_personal_field
from xiaoyuan.register.models import Household, Person
from xiaoyuan.register.queries.console import household_card, households_within

LONGEST_REASON: Final = 200


def reasons() -> list[str]:
    """Return the usual reasons for asking for a personal field."""
    return [
        _("handling a request of this person"),
        _("correcting the register"),
        _("home visit"),
        _("emergency"),
    ]


@requires(Permission.VIEW_PEOPLE)
def households(request: HttpRequest) -> HttpResponse:
    """Households of a division, searched by name, address or number."""
    viewer = viewer_behind(request)
    text = request.GET.get("q", "").strip()[:60]
    context: dict[str, Any] = {"section": "console", "rail": "households", "q": text}
    chosen = chosen_division(request, viewer, Permission.VIEW_PEOPLE)
    if chosen is not None:
        division, scope = chosen
        page = page_of_list(request, households_within(scope, text))
        context |= {
            "picker": desk.picker(division, viewer.scope_for(Permission.VIEW_PEOPLE)),
            "page": page,
            "village_names": desk.village_names(row.division_code for row in page),
        }
    return render(request, "portal/households.html", context)


@requires(Permission.VIEW_PEOPLE)
def household(request: HttpRequest, household_id: int) -> HttpResponse:
    """The card of one household."""
    viewer = viewer_behind(request)
    found = access_household(viewer, household_id)
    return render(request, "portal/household.html", card_context(viewer, found))


@requires(Permission.REVEAL_PERSONAL)
@require_POST
@never_cache
def reveal(request: HttpRequest, household_id: int) -> HttpResponse:
    """Show one personal field once, to somebody who said why."""
    viewer = viewer_behind(request)
    found = access_household(viewer, household_id)
    person = access_member_to_reveal(viewer, found, _number(request.POST.get("person")))
    name = request.POST.get("field", "")
    value = reveal_personal_field(
        person=person,
        name=name,
        reason=(request.POST.get("detail", "").strip() or request.POST.get("reason", ""))[:LONGEST_REASON],
        actor=viewer.actor,
        now=timezone.now(),
    )
    context = card_context(viewer, found)
    context["revealed"] = {"person": person.pk, "field": name, "value": value}
    return render(request, "portal/household.html", context)


def card_context(viewer: Viewer, found: Household) -> dict[str, Any]:
    """Return what the template of a card needs."""
    card = household_card(found)
    people = {member.person.pk: member.person.name for member in (*card.members, *card.former_members)}
    lines = history(
        {Household._meta.label_lower: {found.pk: _("household")}, Person._meta.label_lower: people}
    )
    return {
        "section": "console",
        "rail": "households",
        "card": card,
        "village_name": desk.village_names([found.division_code]).get(found.division_code, ""),
        "is_sample": found.is_sample,
        "may_reveal": viewer.scope_for(Permission.REVEAL_PERSONAL).contains_division(found.division_code),
        "reasons": reasons(),
        "field_labels": {name: field_label(name) for name in ("id_number", "phone", "bank_account")},
        "history": lines,
        "open_batches": open_sources(viewer, lines),
    }


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 18 else 0
