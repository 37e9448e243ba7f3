"""Records that may be of one person: pairs with reasons, side by side, merged or told apart."""

from typing import Any, Final

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.audit.actors import Actor
from xiaoyuan.portal.forms.duplicates import MergePersonsForm
from xiaoyuan.portal.queries import desk
from xiaoyuan.portal.queries.comparing import compared, compared_numbers
from xiaoyuan.portal.views.console import chosen_division
from xiaoyuan.portal.views.done import banner, done
from xiaoyuan.register.access import access_person_to_edit
from xiaoyuan.register.actions.duplicates import mark_distinct, merge_persons
from xiaoyuan.register.actions.people import PersonChange, change_person
from xiaoyuan.register.choices import RELATIONS
from xiaoyuan.register.errors import RegisterError, RowChanged
from xiaoyuan.register.models import Person
from xiaoyuan.register.queries.duplicates import find_duplicates
from xiaoyuan.register.queries.people_state import PersonState, household_state, person_state

CONFLICT: Final = 409
WRONG: Final = 400
MOST: Final = 50


@requires(Permission.EDIT_PEOPLE)
def duplicates(request: HttpRequest) -> HttpResponse:
    """Pairs of records in a division that may be of one person, the likeliest first."""
    viewer = viewer_behind(request)
    context: dict[str, Any] = {"section": "console", "rail": "households", **banner(request, viewer)}
    chosen = chosen_division(request, viewer, Permission.EDIT_PEOPLE)
    if chosen is not None:
        division, scope = chosen
        pairs = find_duplicates(scope, MOST)
        context |= {
            "picker": desk.picker(division, viewer.scope_for(Permission.EDIT_PEOPLE)),
            "pairs": [(pair, (pair.first, pair.second)) for pair in pairs],
            "relations": RELATIONS,
            "village_names": desk.village_names(
                one.person.division_code for pair in pairs for one in (pair.first, pair.second)
            ),
        }
    return render(request, "portal/duplicates.html", context)


@requires(Permission.EDIT_PEOPLE)
def compare(request: HttpRequest, first_id: int, second_id: int) -> HttpResponse:
    """Two records side by side; sent, they become one."""
    viewer, now = viewer_behind(request), timezone.now()
    pair = _pair(viewer, first_id, second_id)
    form = _form(pair, request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {
        "section": "console",
        "rail": "households",
        "pair": pair,
        "lines": [line for line in (*compared(*pair), *compared_numbers(*pair)) if line.verdict != "none"],
        "form": form,
        "back": f"{reverse('console_duplicates')}?division={pair[0].person.division_code}",
    }
    if request.method != "POST":
        return render(request, "portal/compare.html", context)
    status = WRONG
    if form.is_valid() and "change" not in request.POST:
        if "confirmed" not in request.POST:
            return render(request, "portal/compare_summary.html", {**context, "summary": form.summary()})
        try:
            kept = _merge(form, viewer.actor, now)
        except RowChanged as error:
            form.refuse(error)
            status = CONFLICT
        except RegisterError as error:
            form.refuse(error)
        else:
            membership = person_state(kept.pk).membership
            address = (
                reverse("console_household", args=[membership.household_id])
                if membership
                else context["back"]
            )
            return done(viewer, address, now)
    elif form.is_valid():
        status = 200
    return render(request, "portal/compare.html", context, status=status)


@requires(Permission.EDIT_PEOPLE)
@require_POST
def tell_apart(request: HttpRequest, first_id: int, second_id: int) -> HttpResponse:
    """Note that two records are of two different people."""
    viewer, now = viewer_behind(request), timezone.now()
    first, second = _pair(viewer, first_id, second_id)
    mark_distinct(first=first.person, second=second.person, actor=viewer.actor, now=now)
    address = f"{reverse('console_duplicates')}?division={first.person.division_code}"
    return done(viewer, address, now)


def _pair(viewer: Viewer, first_id: int, second_id: int) -> tuple[PersonState, PersonState]:
    first, second = (access_person_to_edit(viewer, pk) for pk in (first_id, second_id))
    if first.pk == second.pk or first.county_id != second.county_id:
        raise NotFound
    return person_state(first.pk), person_state(second.pk)


def _form(pair: tuple[PersonState, PersonState], data: Any) -> MergePersonsForm:
    ids = {one.membership.household_id for one in pair if one.membership is not None}
    return MergePersonsForm(
        data,
        pair=pair,
        values=[line for line in compared(*pair) if line.name not in ("village", "household", "tags")],
        numbers=compared_numbers(*pair),
        households=[household_state(pk) for pk in sorted(ids)],
    )


def _merge(form: MergePersonsForm, actor: Actor, now: Any) -> Person:
    """Take the chosen values over, then merge: two steps of one transaction, each of which can be taken back."""
    kept, merged = (one.person for one in form.ordered())
    first, second = form.pair
    first.person.row_version, second.person.row_version = form.sent_versions()
    with transaction.atomic():
        taken = {name: getattr(merged, name) for name in form.taken_values()}
        if taken:
            kept = change_person(
                person=kept,
                row_version=kept.row_version,
                change=PersonChange(values=taken),
                actor=actor,
                now=now,
            )
        return merge_persons(
            kept=kept,
            merged=merged,
            relation_to_head=form.cleaned_data["relation_to_head"] or None,
            relations=form.relations(),
            secrets=form.secrets(),
            actor=actor,
            now=now,
        )
