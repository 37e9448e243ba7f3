"""Cards with which villagers sign in: who has one, issuing and printing, revoking."""

import segno
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST, require_safe

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.residents import CODE_DAYS, issue_card, revoke_card
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.portal.queries import desk
from xiaoyuan.portal.queries.resident_cards import cards_within, household_to_sign_in, people_to_invite
from xiaoyuan.portal.views.console import chosen_division
from xiaoyuan.portal.views.pages import page_of_list
from xiaoyuan.register.access import access_person

INVITE = Permission.INVITE_RESIDENTS


@requires(INVITE)
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """The cards of a division, and a search for whoever asks for one."""
    viewer, wanted = viewer_behind(request), request.GET.get("q", "").strip()[:40]
    context: dict[str, object] = {"section": "console", "rail": "residents", "q": wanted}
    chosen = chosen_division(request, viewer, INVITE)
    if chosen is not None:
        division, scope = chosen
        page = page_of_list(request, cards_within(scope))
        context |= {
            "picker": desk.picker(division, viewer.scope_for(INVITE)),
            "page": page,
            "now": timezone.now(),
            "people": people_to_invite(scope, wanted) if wanted else [],
            "is_sample": any(card.is_sample for card in page),
        }
    return render(request, "portal/residents.html", context)


@requires(INVITE)
@require_POST
def issue(request: HttpRequest, person_id: int) -> HttpResponse:
    """Issue a card and show it once, to be printed and handed over; an earlier one ends."""
    viewer, now = viewer_behind(request), timezone.now()
    person = access_person(viewer, person_id)
    household = household_to_sign_in(viewer.scope_for(INVITE), person)
    if household is None:
        raise NotFound
    issued = issue_card(
        county_id=person.county_id,
        division_code=household.division_code,
        person_uid=person.person_uid,
        household_id=household.pk,
        display_name=person.name,
        is_sample=person.is_sample,
        actor=viewer.actor,
        now=now,
    )
    address = request.build_absolute_uri(reverse("me_activate"))
    context = {
        "section": "console",
        "rail": "residents",
        "person": person,
        "card": issued.card,
        "code": issued.code,
        "days": CODE_DAYS,
        "is_sample": person.is_sample,
        "address": address,
        "division_code": household.division_code[:12],
        # Its text is an address of ours: nothing in it is anybody's words.
        "qr": mark_safe(segno.make(address, error="m").svg_inline(scale=5)),  # noqa: S308
    }
    response = render(request, "portal/resident_card.html", context)
    response["Cache-Control"] = "no-store"
    return response


@requires(INVITE)
@require_POST
def revoke(request: HttpRequest, card_id: int) -> HttpResponse:
    """End a card, and with it every browser in which its owner is signed in."""
    viewer = viewer_behind(request)
    card = cards_within(viewer.scope_for(INVITE)).filter(pk=card_id, revoked_at__isnull=True).first()
    if card is None:
        raise NotFound
    revoke_card(card=card, actor=viewer.actor, now=timezone.now())
    return HttpResponseRedirect(f"{reverse('console_residents')}?division={card.division_code[:12]}")
