"""Points at the desk: what hangs on the notice, objections, rules, the shelf, a household's statement."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.points.access import access_appeal, access_entry, access_good, access_rule
from xiaoyuan.points.actions.entries import (
    decide_appeal,
    propose_award,
    redeem,
    withdraw,
)
from xiaoyuan.points.actions.entries import (
    reverse as reverse_entry,
)
from xiaoyuan.points.actions.rules import end_rule, set_good, set_rule
from xiaoyuan.points.choices import EntryState
from xiaoyuan.points.errors import PointsError
from xiaoyuan.points.queries import (
    appeals_within,
    balance_of,
    entries_within,
    goods_of,
    rules_in_force,
)
from xiaoyuan.portal.queries import desk
from xiaoyuan.portal.queries.points import heads_of, households_to_choose
from xiaoyuan.portal.views.console import chosen_division
from xiaoyuan.portal.views.exports import county_of
from xiaoyuan.portal.views.pages import page_of_list
from xiaoyuan.register.access import access_division_within
from xiaoyuan.register.models import SHOWN, County, Division, Household


def _household(viewer: Viewer, household_id: int) -> Household:
    """Return a household whose points the viewer keeps; raises `NotFound`."""
    scope = Scope(prefixes=viewer.scope_for(Permission.MANAGE_POINTS).prefixes)
    found = Household.objects.within(scope).filter(SHOWN, pk=household_id).first()
    if found is None:
        raise NotFound
    return found  # type: ignore[no-any-return]  # the manager is untyped


def _number(text: str) -> int:
    digits = text.strip().lstrip("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 8):
        raise PointsError(_("Points, prices and numbers in stock are whole numbers."))
    return int(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise PointsError(_("Give the day as 2026-11-23.")) from None


def _frame(request: HttpRequest) -> tuple[dict[str, Any], Division | None, Scope]:
    viewer = viewer_behind(request)
    context: dict[str, Any] = {"section": "console", "rail": "points"}
    chosen = chosen_division(request, viewer, Permission.MANAGE_POINTS)
    if chosen is None:
        return context, None, Scope()
    division, scope = chosen
    context["picker"] = desk.picker(division, viewer.scope_for(Permission.MANAGE_POINTS))
    return context, division, scope


def _is_sample(division_code: str) -> bool:
    return bool(County.objects.filter(code=division_code[:6], shows_sample=True).exists())


@requires(Permission.MANAGE_POINTS)
@require_safe
def desk_page(request: HttpRequest) -> HttpResponse:
    """What hangs on the notice, what was booked, and objections that wait for an answer."""
    context, division, scope = _frame(request)
    if division is not None:
        state = request.GET.get("state", EntryState.NOTICE)
        page = page_of_list(request, entries_within(scope, state if state in EntryState.values else ""))
        context |= {
            "page": page,
            "state": state,
            "states": EntryState.choices,
            "appeals": list(appeals_within(scope)[:50]),
            "heads": heads_of(entry.household_id for entry in page),
            "village_names": desk.village_names(entry.division_code for entry in page),
        }
    return render(request, "portal/points.html", context)


@requires(Permission.MANAGE_POINTS)
def award(request: HttpRequest) -> HttpResponse:
    """Put an award on the notice."""
    viewer, refusal = viewer_behind(request), ""
    if request.method == "POST":
        division, scope = access_division_within(
            viewer, request.POST.get("division", ""), Permission.MANAGE_POINTS
        )
        try:
            _propose(request, viewer, scope)
            return HttpResponseRedirect(f"{reverse('console_points')}?division={division.code}")
        except PointsError as refused:
            refusal = str(refused)
    context, chosen, scope = _frame(request)
    if chosen is not None:
        today = timezone.localdate()
        context |= {
            "households": households_to_choose(scope) if len(chosen.code) >= 12 else [],
            "rules": rules_in_force(chosen.code, today),
            "today": today,
            "given": request.POST,
            "refusal": refusal,
        }
    return render(request, "portal/points_award.html", context, status=400 if refusal else 200)


def _propose(request: HttpRequest, viewer: Viewer, scope: Scope) -> None:
    number = request.POST.get("household", "").split(" ")[0].strip()
    household = (
        Household.objects.within(scope)
        .filter(SHOWN, household_no=number, closed_on__isnull=True)
        .order_by("pk")
        .first()
    )
    rule = next(
        (
            rule
            for rule in rules_in_force(
                household.division_code[:12] if household else "", timezone.localdate()
            )
            if str(rule.pk) == request.POST.get("rule", "")
        ),
        None,
    )
    if household is None or rule is None:
        raise PointsError(_("Choose a household of this village by its number, and a rule."))
    propose_award(
        household=household,
        head_name=heads_of([household.pk]).get(household.pk, ""),
        rule=rule,
        happened_on=_day(request.POST.get("happened_on", "")),
        evidence=request.POST.get("evidence", "")[:200],
        actor=viewer.actor,
        now=timezone.now(),
    )


@requires(Permission.MANAGE_POINTS)
@require_POST
def take_off(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Take an award off the notice."""
    viewer = viewer_behind(request)
    entry = access_entry(viewer, entry_id)
    withdraw(entry=entry, reason=request.POST.get("reason", "")[:200], actor=viewer.actor, now=timezone.now())
    return HttpResponseRedirect(f"{reverse('console_points')}?division={entry.division_code[:12]}")


@requires(Permission.MANAGE_POINTS)
@require_POST
def take_back(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Take a booked entry back by its mirror image."""
    viewer = viewer_behind(request)
    entry = access_entry(viewer, entry_id)
    reverse_entry(
        entry=entry, reason=request.POST.get("reason", "")[:200], actor=viewer.actor, now=timezone.now()
    )
    return HttpResponseRedirect(reverse("console_points_household", args=[entry.household_id]))


@requires(Permission.MANAGE_POINTS)
@require_POST
def decide(request: HttpRequest, appeal_id: int) -> HttpResponse:
    """Answer an objection."""
    viewer = viewer_behind(request)
    appeal = access_appeal(viewer, appeal_id)
    decide_appeal(
        appeal=appeal,
        is_upheld=request.POST.get("decision") == "uphold",
        answer=request.POST.get("answer", ""),
        actor=viewer.actor,
        now=timezone.now(),
    )
    return HttpResponseRedirect(f"{reverse('console_points')}?division={appeal.division_code[:12]}")


@requires(Permission.MANAGE_POINTS)
def rules_page(request: HttpRequest) -> HttpResponse:
    """The rules in force, and a form for the next one or a next version."""
    viewer, refusal, now = viewer_behind(request), "", timezone.now()
    if request.method == "POST":
        division, _scope = access_division_within(
            viewer, request.POST.get("division", ""), Permission.MANAGE_POINTS
        )
        try:
            set_rule(
                county_id=county_of(division.code),
                division_code=division.code,
                code=request.POST.get("code", "")[:20],
                title=request.POST.get("title", "")[:80],
                points=_number(request.POST.get("points", "")),
                evidence=request.POST.get("evidence", "")[:200],
                valid_from=_day(request.POST.get("valid_from", "")),
                is_sample=_is_sample(division.code),
                actor=viewer.actor,
                now=now,
            )
            return HttpResponseRedirect(f"{reverse('console_points_rules')}?division={division.code}")
        except PointsError as refused:
            refusal = str(refused)
    context, chosen, scope = _frame(request)
    if chosen is not None:
        rules = rules_in_force(chosen.code, timezone.localdate(now))
        context |= {
            "rules": [(rule, scope.contains_division(rule.division_code)) for rule in rules],
            "given": request.POST,
            "today": timezone.localdate(now),
            "refusal": refusal,
        }
    return render(request, "portal/points_rules.html", context, status=400 if refusal else 200)


@requires(Permission.MANAGE_POINTS)
@require_POST
def end(request: HttpRequest, rule_id: int) -> HttpResponse:
    """End a rule today."""
    viewer = viewer_behind(request)
    rule = access_rule(viewer, rule_id)
    end_rule(rule=rule, on=timezone.localdate(), actor=viewer.actor, now=timezone.now())
    return HttpResponseRedirect(f"{reverse('console_points_rules')}?division={rule.division_code}")


@requires(Permission.MANAGE_POINTS)
def goods_page(request: HttpRequest) -> HttpResponse:
    """The shelf: goods, prices, stock."""
    viewer, refusal = viewer_behind(request), ""
    if request.method == "POST":
        division, _scope = access_division_within(
            viewer, request.POST.get("division", ""), Permission.MANAGE_POINTS
        )
        chosen_good = request.POST.get("good", "")
        try:
            set_good(
                county_id=county_of(division.code),
                division_code=division.code,
                title=request.POST.get("title", "")[:80],
                cost=_number(request.POST.get("cost", "")),
                stock=_number(request.POST.get("stock", "")),
                is_sample=_is_sample(division.code),
                actor=viewer.actor,
                now=timezone.now(),
                good=access_good(viewer, _number(chosen_good)) if chosen_good else None,
                row_version=_number(request.POST.get("row_version", "0")),
                is_offered=request.POST.get("is_offered", "on") == "on",
            )
            return HttpResponseRedirect(f"{reverse('console_points_goods')}?division={division.code}")
        except PointsError as refused:
            refusal = str(refused)
    context, chosen, _scope = _frame(request)
    if chosen is not None:
        context |= {"goods": goods_of(chosen.code), "given": request.POST, "refusal": refusal}
    return render(request, "portal/points_goods.html", context, status=400 if refusal else 200)


@requires(Permission.MANAGE_POINTS)
@require_safe
def statement(request: HttpRequest, household_id: int) -> HttpResponse:
    """A household's balance, how it came to it, and what it can be exchanged for."""
    return _statement(request, _household(viewer_behind(request), household_id))


def _statement(request: HttpRequest, household: Household, refusal: str = "") -> HttpResponse:
    entries = entries_within(Scope(households=frozenset({household.pk})))
    context = {
        "section": "console",
        "rail": "points",
        "household": household,
        "head": heads_of([household.pk]).get(household.pk, ""),
        "balance": balance_of(household.pk),
        "page": page_of_list(request, entries),
        "goods": goods_of(household.division_code[:12]),
        "refusal": refusal,
    }
    return render(request, "portal/points_household.html", context, status=400 if refusal else 200)


@requires(Permission.MANAGE_POINTS)
@require_POST
def hand_out(request: HttpRequest, household_id: int) -> HttpResponse:
    """Exchange points for a good."""
    viewer = viewer_behind(request)
    household = _household(viewer, household_id)
    try:
        good = access_good(viewer, _number(request.POST.get("good", "")))
        redeem(household=household, good=good, actor=viewer.actor, now=timezone.now())
    except PointsError as refused:
        return _statement(request, household, str(refused))
    return HttpResponseRedirect(reverse("console_points_household", args=[household.pk]))
