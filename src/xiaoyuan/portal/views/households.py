"""Households for those who may see people: the list with its search, the card, and revealing a personal field."""

from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.portal.access import open_sources
from xiaoyuan.portal.queries import desk
from xiaoyuan.portal.queries.finding import (
    Question,
    groups_of,
    households_asked,
    member_names,
    question,
    tags_of,
)
from xiaoyuan.portal.queries.history import field_label, history
from xiaoyuan.portal.queries.livelihood import generations, livelihood_of
from xiaoyuan.portal.queries.revisions import steps_on
from xiaoyuan.portal.views.console import chosen_division
from xiaoyuan.portal.views.done import banner
from xiaoyuan.portal.views.families import HOUSEHOLD_STEPS, PERSON_STEPS, offered
from xiaoyuan.portal.views.pages import page_of_list
from xiaoyuan.register.access import access_household, access_member_to_reveal, can_edit_people
from xiaoyuan.register.actions.disclosure import reveal_personal_field
from xiaoyuan.register.actions.look_up import look_up_households
from xiaoyuan.register.models import Household, Person
from xiaoyuan.register.queries.console import HouseholdCard, Member, household_card, households_within

LONGEST_REASON: Final = 200
LONGEST_QUESTION: Final = 120
FILTERS: Final = ("group", "tag", "place")


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
    """Households of a division, searched by name, pinyin, address or number, and filtered."""
    asked = question(request.GET.get("q", "")[:LONGEST_QUESTION])
    if asked.is_secret:
        # An address like this was not made by our form: what it holds is neither looked up nor shown again.
        return HttpResponseRedirect(reverse("console_households"))
    return _list(request, asked)


@requires(Permission.VIEW_PEOPLE)
@require_POST
@never_cache
def find(request: HttpRequest) -> HttpResponse:
    """Answer the search box: personal numbers here and now, everything else at an address that can be kept."""
    asked = question(request.POST.get("q", "")[:LONGEST_QUESTION])
    kept = {name: request.POST.get(name, "") for name in ("division", *FILTERS)}
    if asked.is_secret:
        return _list(request, asked)
    kept["q"] = asked.text
    address = urlencode({name: value for name, value in kept.items() if value})
    return HttpResponseRedirect(f"{reverse('console_households')}?{address}")


def _list(request: HttpRequest, asked: Question) -> HttpResponse:
    viewer = viewer_behind(request)
    form = request.POST if request.method == "POST" else request.GET
    filters = {name: form.get(name, "").strip()[:40] for name in FILTERS}
    context: dict[str, Any] = {
        "section": "console",
        "rail": "households",
        "q": "" if asked.is_secret else asked.text,
        "is_secret": asked.is_secret,
        "filters": filters,
        "is_filtered": any(filters.values()),
        **banner(request, viewer),
    }
    chosen = chosen_division(request, viewer, Permission.VIEW_PEOPLE)
    if chosen is not None:
        division, scope = chosen
        hits: dict[int, str] = {}
        if asked.personal:
            hits = look_up_households(
                scope=scope, values=asked.personal, actor=viewer.actor, now=timezone.now()
            )
            rows = households_within(scope).filter(pk__in=hits)
        else:
            rows = households_asked(scope, division.code, asked, **filters)
        page = page_of_list(request, rows)
        names = member_names(row.pk for row in page)
        context |= {
            "picker": desk.picker(division, viewer.scope_for(Permission.VIEW_PEOPLE)),
            "page": page,
            "rows": [(row, names.get(row.pk, [])[1:], hits.get(row.pk, "")) for row in page],
            "village_names": desk.village_names(row.division_code for row in page),
            "groups": groups_of(scope),
            "tags": tags_of(scope),
            "may_edit": can_edit_people(viewer, division.code),
        }
    return render(request, "portal/households.html", context)


@requires(Permission.VIEW_PEOPLE)
def household(request: HttpRequest, household_id: int) -> HttpResponse:
    """The card of one household."""
    viewer = viewer_behind(request)
    found = access_household(viewer, household_id)
    context = card_context(viewer, found) | banner(request, viewer)
    return render(request, "portal/household.html", context)


@requires(Permission.REVEAL_PERSONAL)
@require_POST
@never_cache
def reveal(request: HttpRequest, household_id: int) -> HttpResponse:
    """Show one personal field once, to somebody who said why."""
    viewer = viewer_behind(request)
    found = access_household(viewer, household_id)
    person = access_member_to_reveal(viewer, found, number_in(request.POST.get("person")))
    name = request.POST.get("field", "")
    value = reveal_personal_field(
        person=person, name=name, reason=stated_reason(request), actor=viewer.actor, now=timezone.now()
    )
    context = card_context(viewer, found)
    context["revealed"] = {"person": person.pk, "field": name, "value": value}
    return render(request, "portal/household.html", context)


def card_context(viewer: Viewer, found: Household) -> dict[str, Any]:
    """Return what the template of a card needs."""
    card = household_card(found)
    people = {member.person.pk: member.person.name for member in (*card.members, *_former(viewer, card))}
    objects = {Household._meta.label_lower: {found.pk: _("household")}, Person._meta.label_lower: people}
    lines = history(objects)
    may_edit = can_edit_people(viewer, found.division_code)
    return {
        "section": "console",
        "rail": "households",
        "card": card,
        "village_name": desk.village_names([found.division_code]).get(found.division_code, ""),
        "is_sample": found.is_sample,
        "may_reveal": viewer.scope_for(Permission.REVEAL_PERSONAL).contains_division(found.division_code),
        "may_edit": may_edit,
        "is_open": found.closed_on is None and found.merged_into_id is None,
        "generations": generations(card.members),
        "livelihood": livelihood_of(found, [member.person.pk for member in card.members]),
        "household_steps": offered(HOUSEHOLD_STEPS),
        "person_steps": offered(PERSON_STEPS),
        "reasons": reasons(),
        "field_labels": {name: field_label(name) for name in ("id_number", "phone", "bank_account")},
        "history": lines,
        "steps": steps_on(objects, _within_reach(viewer, found, people) if may_edit else {}),
        "open_batches": open_sources(viewer, lines),
    }


def _former(viewer: Viewer, card: HouseholdCard) -> list[Member]:
    """Return the former members who are still in sight: what happened to others since is not this village's to know."""
    scope = Scope(prefixes=viewer.scope_for(Permission.VIEW_PEOPLE).prefixes)
    ids = [member.person.pk for member in card.former_members]
    if not ids:
        return []
    seen = set(Person.objects.within(scope).filter(pk__in=ids).values_list("pk", flat=True))
    return [member for member in card.former_members if member.person.pk in seen]


def _within_reach(viewer: Viewer, found: Household, people: dict[int, str]) -> dict[str, set[int]]:
    """Return whose steps the viewer may take back: somebody who moved on may lie outside the right by now."""
    editable = Scope(prefixes=viewer.scope_for(Permission.EDIT_PEOPLE).prefixes)
    own = Person.objects.within(editable).filter(pk__in=list(people))
    return {
        Household._meta.label_lower: {found.pk},
        Person._meta.label_lower: set(own.values_list("pk", flat=True)),
    }


def stated_reason(request: HttpRequest) -> str:
    """Return why somebody asks for personal values, in their own words before the usual ones."""
    return (request.POST.get("detail", "").strip() or request.POST.get("reason", ""))[:LONGEST_REASON]


def number_in(text: str | None) -> int:
    """Return the row id that a form sent, 0 for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 18 else 0
