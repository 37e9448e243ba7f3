"""The steps of a family, one small form each: what is asked, what will change, and the action that does it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.audit.actors import Actor
from xiaoyuan.portal.forms import family as forms
from xiaoyuan.portal.forms import newcomers
from xiaoyuan.portal.forms.family import Family, StepForm
from xiaoyuan.portal.forms.newcomers import NewHouseholdForm
from xiaoyuan.portal.queries import desk
from xiaoyuan.portal.queries.candidates import courtyard_by_id
from xiaoyuan.portal.views.console import chosen_division
from xiaoyuan.portal.views.done import done
from xiaoyuan.register.access import access_household_to_edit, access_person_to_edit
from xiaoyuan.register.actions import family as actions
from xiaoyuan.register.choices import HEAD_OF_HOUSEHOLD
from xiaoyuan.register.errors import (
    HouseholdNumberTaken,
    IdNumberTaken,
    IdNumberUnfit,
    RegisterError,
    RowChanged,
)
from xiaoyuan.register.models import County, Courtyard, Household, Person
from xiaoyuan.register.queries.people_state import household_state, person_state

CONFLICT: Final = 409
WRONG: Final = 400
VILLAGE_DIGITS: Final = 12


@dataclass(frozen=True)
class By:
    """Who takes a step, within what right, and when."""

    viewer: Viewer
    scope: Scope
    now: datetime

    @property
    def actor(self) -> Actor:
        """Who stands in the log."""
        return self.viewer.actor

    def household(self, household_id: int) -> Household:
        """Return a household of the right."""
        return access_household_to_edit(self.viewer, household_id)

    def person(self, person_id: int) -> Person:
        """Return a person of the right."""
        return access_person_to_edit(self.viewer, person_id)

    def courtyard(self, courtyard_id: int | None) -> Courtyard | None:
        """Return a courtyard of the right, None for none chosen."""
        if courtyard_id is None:
            return None
        found = courtyard_by_id(self.scope, courtyard_id)
        if found is None:
            raise NotFound
        return found


@dataclass(frozen=True)
class Step:
    """A step as a page offers it. `run` returns the household to show afterwards; `is_asked`: a summary comes first."""

    label: str | Promise
    form: type[StepForm]
    run: Callable[[Any, By], int]
    is_asked: bool = True


def _move_household(form: forms.MoveHouseholdForm, by: By) -> int:
    household = form.family.household
    actions.move_household(
        household=household,
        row_version=form.cleaned_data["row_version"],
        courtyard=by.courtyard(form.courtyard_id),
        on=form.cleaned_data["on"],
        actor=by.actor,
        now=by.now,
    )
    return household.pk


def _split(form: forms.SplitForm, by: By) -> int:
    made = actions.split_household(
        household=form.family.household,
        row_version=form.cleaned_data["row_version"],
        household_no=form.cleaned_data["household_no"].strip(),
        members=form.going(),
        remaining=form.remaining(),
        courtyard=by.courtyard(form.courtyard_id),
        on=form.cleaned_data["on"],
        actor=by.actor,
        now=by.now,
    )
    return int(made.pk)


def _merge(form: forms.MergeForm, by: By) -> int:
    kept = form.family.household
    kept.row_version = form.cleaned_data["row_version"]  # what was looked at, not what is there by now
    actions.merge_households(
        kept=kept,
        merged=by.household(form.household_id or 0),
        relations=form.relations(),
        on=form.cleaned_data["on"],
        actor=by.actor,
        now=by.now,
    )
    return kept.pk


def _birth(form: newcomers.BirthForm, by: By) -> int:
    household = form.family.household
    actions.record_birth(
        household=household,
        row_version=form.cleaned_data["row_version"],
        values=form.values(),
        relation_to_head=form.cleaned_data["relation_to_head"],
        secrets=form.secrets(),
        actor=by.actor,
        now=by.now,
    )
    return household.pk


def _marry_in(form: newcomers.MarryInForm, by: By) -> int:
    household = form.family.household
    known = by.person(form.person_id) if form.person_id else None
    actions.marry_in(
        household=household,
        row_version=form.cleaned_data["row_version"],
        relation_to_head=form.cleaned_data["relation_to_head"],
        on=form.cleaned_data["on"],
        person=known,
        values=None if known else form.values(),
        secrets={} if known else form.secrets(),
        actor=by.actor,
        now=by.now,
    )
    return household.pk


def _add_member(form: newcomers.MemberForm, by: By) -> int:
    household = form.family.household
    actions.add_member(
        household=household,
        row_version=form.cleaned_data["row_version"],
        member=form.member(form.cleaned_data["relation_to_head"]),
        actor=by.actor,
        now=by.now,
    )
    return household.pk


def _change_head(form: forms.ChangeHeadForm, by: By) -> int:
    household = form.family.household
    actions.change_head(
        household=household,
        row_version=form.cleaned_data["row_version"],
        relations=form.relations(),
        on=form.cleaned_data["on"],
        actor=by.actor,
        now=by.now,
    )
    return household.pk


def _move_person(form: forms.MovePersonForm, by: By) -> int:
    target = by.household(form.household_id or 0)
    actions.move_person(
        person=form.family.person,
        row_version=form.cleaned_data["row_version"],
        household=target,
        relation_to_head=form.cleaned_data["relation_to_head"],
        on=form.cleaned_data["on"],
        joined_as=form.cleaned_data["joined_as"],
        left_as=form.cleaned_data["left_as"],
        relations=form.relations(),
        actor=by.actor,
        now=by.now,
    )
    return target.pk


def _record_death(form: forms.DeathForm, by: By) -> int:
    actions.record_death(
        person=form.family.person,
        row_version=form.cleaned_data["row_version"],
        on=form.cleaned_data["on"],
        relations=form.relations(),
        actor=by.actor,
        now=by.now,
    )
    return form.family.household.pk


def _move_out(form: forms.MoveOutForm, by: By) -> int:
    actions.move_out(
        person=form.family.person,
        row_version=form.cleaned_data["row_version"],
        on=form.cleaned_data["on"],
        left_as=form.cleaned_data["left_as"],
        relations=form.relations(),
        actor=by.actor,
        now=by.now,
    )
    return form.family.household.pk


def _leave_for_work(form: forms.LeaveForWorkForm, by: By) -> int:
    actions.leave_for_work(
        person=form.family.person,
        row_version=form.cleaned_data["row_version"],
        place=form.cleaned_data["place"],
        since=form.cleaned_data["since"],
        employer=form.cleaned_data["employer"],
        job=form.cleaned_data["job"],
        actor=by.actor,
        now=by.now,
    )
    return form.family.household.pk


def _return_from_work(form: forms.ReturnFromWorkForm, by: By) -> int:
    actions.return_from_work(
        person=form.family.person,
        row_version=form.cleaned_data["row_version"],
        on=form.cleaned_data["on"],
        actor=by.actor,
        now=by.now,
    )
    return form.family.household.pk


HOUSEHOLD_STEPS: Final[Mapping[str, Step]] = {
    "birth": Step(_("Record a birth"), newcomers.BirthForm, _birth, is_asked=False),
    "marriage": Step(_("Record a marriage into the household"), newcomers.MarryInForm, _marry_in),
    "member": Step(_("Add a member"), newcomers.MemberForm, _add_member, is_asked=False),
    "move": Step(_("Move the family"), forms.MoveHouseholdForm, _move_household),
    "split": Step(_("Split the household"), forms.SplitForm, _split),
    "merge": Step(_("Merge another household into this one"), forms.MergeForm, _merge),
    "head": Step(_("Change the head"), forms.ChangeHeadForm, _change_head),
}
PERSON_STEPS: Final[Mapping[str, Step]] = {
    "move": Step(_("Move to another household"), forms.MovePersonForm, _move_person),
    "work": Step(_("Leaves for work"), forms.LeaveForWorkForm, _leave_for_work, is_asked=False),
    "return": Step(_("Returns from work"), forms.ReturnFromWorkForm, _return_from_work, is_asked=False),
    "out": Step(_("Moves out"), forms.MoveOutForm, _move_out),
    "death": Step(_("Record a death"), forms.DeathForm, _record_death),
}


def offered(steps: Mapping[str, Step]) -> list[tuple[str, str | Promise]]:
    """Return the steps as a menu shows them."""
    return [(slug, step.label) for slug, step in steps.items()]


@requires(Permission.EDIT_PEOPLE)
def new_household(request: HttpRequest) -> HttpResponse:
    """A household that is new to the register, with its head; other members are added on its page."""
    viewer, now = viewer_behind(request), timezone.now()
    chosen = chosen_division(request, viewer, Permission.EDIT_PEOPLE)
    if chosen is None:
        raise NotFound
    division, scope = chosen
    context: dict[str, Any] = {
        "section": "console",
        "rail": "households",
        "division": division,
        "picker": desk.picker(division, viewer.scope_for(Permission.EDIT_PEOPLE)),
        "is_village": len(division.code) >= VILLAGE_DIGITS,
        "back": f"{reverse('console_households')}?division={division.code}",
    }
    if request.method != "POST" or not context["is_village"]:
        return render(
            request, "portal/household_new.html", {**context, "form": NewHouseholdForm(scope=scope)}
        )
    form = NewHouseholdForm(request.POST, scope=scope)
    if form.is_valid():
        courtyard = By(viewer, scope, now).courtyard(form.courtyard_id)
        try:
            made = actions.create_household(
                division_code=division.code,
                county_id=County.objects.get(code=division.code[:6]).pk,
                household_no=form.cleaned_data["household_no"],
                values={
                    "group": form.cleaned_data["group"],
                    "courtyard_id": courtyard.pk if courtyard else None,
                },
                members=[form.member(HEAD_OF_HOUSEHOLD)],
                actor=viewer.actor,
                now=now,
            )
        except (IdNumberTaken, IdNumberUnfit) as error:
            form.refuse(error, "id_number")
        except HouseholdNumberTaken as error:
            form.refuse(error, "household_no")
        except RegisterError as error:
            form.refuse(error)
        else:
            return done(viewer, reverse("console_household", args=[made.pk]), now)
    return render(request, "portal/household_new.html", {**context, "form": form}, status=WRONG)


@requires(Permission.EDIT_PEOPLE)
def household_step(request: HttpRequest, household_id: int, step: str) -> HttpResponse:
    """One step of a household."""
    viewer = viewer_behind(request)
    household = access_household_to_edit(viewer, household_id)
    chosen = HOUSEHOLD_STEPS.get(step)
    if chosen is None:
        raise NotFound
    scope = viewer.scope_for(Permission.EDIT_PEOPLE)
    return _take(request, chosen, lambda: Family(household_state(household.pk), scope))


@requires(Permission.EDIT_PEOPLE)
def person_step(request: HttpRequest, person_id: int, step: str) -> HttpResponse:
    """One step of a person who belongs to a household."""
    viewer = viewer_behind(request)
    person = access_person_to_edit(viewer, person_id)
    chosen = PERSON_STEPS.get(step)
    scope = viewer.scope_for(Permission.EDIT_PEOPLE)
    membership = person_state(person.pk).membership
    if chosen is None or membership is None:
        raise NotFound

    def family() -> Family:
        state = household_state(membership.household_id)
        member = next((one for one in state.members if one.person.pk == person.pk), None)
        return Family(state, scope, member or person_state(person.pk))

    return _take(request, chosen, family)


def _take(request: HttpRequest, step: Step, read: Callable[[], Family]) -> HttpResponse:
    viewer, now, family = viewer_behind(request), timezone.now(), read()
    context: dict[str, Any] = {
        "section": "console",
        "rail": "households",
        "step": step,
        "family": family,
        "back": reverse("console_household", args=[family.household.pk]),
    }
    if request.method != "POST":
        return render(request, "portal/step.html", {**context, "form": step.form(family=family)})
    form, status = step.form(request.POST, family=family), WRONG
    if form.is_valid() and "change" not in request.POST:
        if step.is_asked and "confirmed" not in request.POST:
            lines = form.summary()
            return render(request, "portal/step_summary.html", {**context, "form": form, "lines": lines})
        try:
            shown = step.run(form, By(viewer, family.scope, now))
        except RowChanged as error:
            # The step is asked again over the family as it is by now; what was written stays.
            data = request.POST.copy()
            data["row_version"] = str(read().row_version)
            form, status = step.form(data, family=read()), CONFLICT
            form.refuse(error)
        except (IdNumberTaken, IdNumberUnfit) as error:
            form.refuse(error, "id_number")
        except RegisterError as error:
            form.refuse(error)
        else:
            return done(viewer, reverse("console_household", args=[shown]), now)
    elif form.is_valid():
        status = 200
    return render(request, "portal/step.html", {**context, "form": form}, status=status)
