"""The household's card for signing: on the page, as PDF, and with full numbers for somebody who said why."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.portal.card_print import NUMBERS, SigningCard, set_card, signing_card
from xiaoyuan.portal.queries import desk
from xiaoyuan.portal.views.households import reasons, stated_reason
from xiaoyuan.register.access import access_household
from xiaoyuan.register.actions.disclosure import reveal_personal_field
from xiaoyuan.register.models import Household
from xiaoyuan.register.queries.console import household_card
from xiaoyuan.ui.context import ELDER_COOKIE
from xiaoyuan.vault.errors import ReasonNeeded


@requires(Permission.VIEW_PEOPLE)
def signing_page(request: HttpRequest, household_id: int) -> HttpResponse:
    """The card as a page, with numbers masked."""
    viewer = viewer_behind(request)
    found = access_household(viewer, household_id)
    context: dict[str, Any] = {
        "section": "console",
        "rail": "households",
        "household": found,
        "card": _card(viewer, found),
        "is_sample": found.is_sample,
        "may_reveal": viewer.scope_for(Permission.REVEAL_PERSONAL).contains_division(found.division_code),
        "reasons": reasons(),
        "prefers_large": request.COOKIES.get(ELDER_COOKIE) == "1",
    }
    return render(request, "portal/signing_card.html", context)


@requires(Permission.VIEW_PEOPLE)
def signing_pdf(request: HttpRequest, household_id: int) -> HttpResponse:
    """The card as PDF, with numbers masked; `?print=large` for large print."""
    viewer = viewer_behind(request)
    found = access_household(viewer, household_id)
    return _pdf(_card(viewer, found), found, request.GET.get("print", ""))


@requires(Permission.REVEAL_PERSONAL)
@require_POST
@never_cache
def signing_pdf_in_full(request: HttpRequest, household_id: int) -> HttpResponse:
    """The card as PDF with full numbers; each number is logged with the reason."""
    viewer, now = viewer_behind(request), timezone.now()
    found = access_household(viewer, household_id)
    if not viewer.scope_for(Permission.REVEAL_PERSONAL).contains_division(found.division_code):
        raise NotFound
    reason = stated_reason(request)
    if not reason.strip():
        raise ReasonNeeded
    card = household_card(found)
    numbers = {}
    for member in card.members:
        for field in member.personal_fields:
            if field.is_held and field.name in NUMBERS:
                value = reveal_personal_field(
                    person=member.person, name=field.name, reason=reason, actor=viewer.actor, now=now
                )
                numbers[(member.person.pk, field.name)] = value or ""
    return _pdf(_card(viewer, found, numbers), found, request.POST.get("print", ""))


def _card(viewer: Viewer, found: Household, numbers: dict[tuple[int, str], str] | None = None) -> SigningCard:
    village = desk.village_names([found.division_code]).get(found.division_code, found.division_code)
    return signing_card(
        household_card(found),
        village=village,
        printed_by=viewer.actor.label,
        now=timezone.now(),
        numbers=numbers,
    )


def _pdf(card: SigningCard, found: Household, size: str) -> HttpResponse:
    response = HttpResponse(set_card(card, is_large=size == "large"), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="household-{found.pk}.pdf"'
    return response
