"""Changing the record of one person or one household by hand."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.portal.forms.base import EditForm
from xiaoyuan.portal.forms.people import SECRETS, HouseholdForm, PersonForm
from xiaoyuan.portal.views.done import done
from xiaoyuan.register.access import access_household_to_edit, access_person_to_edit
from xiaoyuan.register.actions.people import PersonChange, change_household, change_person
from xiaoyuan.register.choices import HEAD_OF_HOUSEHOLD
from xiaoyuan.register.errors import IdNumberTaken, IdNumberUnfit, RegisterError, RowChanged
from xiaoyuan.register.models import PolicyTag
from xiaoyuan.register.queries.people_state import (
    HouseholdState,
    PersonState,
    household_state,
    person_state,
)
from xiaoyuan.vault.models import VaultField

CONFLICT = 409
WRONG = 400


@requires(Permission.EDIT_PEOPLE)
def edit_person(request: HttpRequest, person_id: int) -> HttpResponse:
    """Change one person who belongs to a household."""
    viewer, now = viewer_behind(request), timezone.now()
    person = access_person_to_edit(viewer, person_id)
    state = person_state(person.pk)
    if state.membership is None:
        raise NotFound
    options: dict[str, Any] = {
        "held": held_fields(state),
        "is_head": state.membership.relation_to_head == HEAD_OF_HOUSEHOLD,
    }
    address = reverse("console_household", args=[state.membership.household_id])
    context = {"section": "console", "rail": "households", "person": state.person, "back": address}
    if request.method != "POST":
        opened = PersonForm.opened(person_values(state), state.person.row_version, **options)
        return render(request, "portal/person_edit.html", {**context, "form": opened})
    form, status = PersonForm(request.POST, **options), WRONG
    if form.is_valid():
        try:
            change_person(
                person=person,
                row_version=form.cleaned_data["row_version"],
                change=_person_change(form, state),
                actor=viewer.actor,
                now=now,
            )
        except RowChanged:
            fresh = person_state(person.pk)
            form, status = _met(form, person_values(fresh), fresh.person.row_version, options), CONFLICT
        except (IdNumberTaken, IdNumberUnfit) as error:
            form.refuse(error, "id_number")
        except RegisterError as error:
            form.refuse(error)
        else:
            return done(viewer, address, now)
    return render(request, "portal/person_edit.html", {**context, "form": form}, status=status)


@requires(Permission.EDIT_PEOPLE)
def edit_household(request: HttpRequest, household_id: int) -> HttpResponse:
    """Change what is recorded of one household."""
    viewer, now = viewer_behind(request), timezone.now()
    household = access_household_to_edit(viewer, household_id)
    state = household_state(household.pk)
    address = reverse("console_household", args=[household.pk])
    context = {"section": "console", "rail": "households", "household": household, "back": address}
    if request.method != "POST":
        opened = HouseholdForm.opened(household_values(state), state.household.row_version)
        return render(request, "portal/household_edit.html", {**context, "form": opened})
    form, status = HouseholdForm(request.POST), WRONG
    if form.is_valid():
        changes = form.changes()
        tags = changes.pop("tags", None)
        try:
            change_household(
                household=household,
                row_version=form.cleaned_data["row_version"],
                values=changes,
                tags=None if tags is None else stated(tags, state.tags),
                actor=viewer.actor,
                now=now,
            )
        except RowChanged:
            fresh = household_state(household.pk)
            form, status = _met(form, household_values(fresh), fresh.household.row_version, {}), CONFLICT
        except RegisterError as error:
            form.refuse(error)
        else:
            return done(viewer, address, now)
    return render(request, "portal/household_edit.html", {**context, "form": form}, status=status)


def _met(form: EditForm, values: Mapping[str, Any], row_version: int, options: Mapping[str, Any]) -> Any:
    again = form.met(values, row_version, **options)
    again.is_valid()
    return again


def _person_change(form: PersonForm, state: PersonState) -> PersonChange:
    changes = form.changes()
    relation, tags = changes.pop("relation_to_head", None), changes.pop("tags", None)
    is_resident = changes.pop("is_resident", None)
    return PersonChange(
        values=changes,
        relation_to_head=relation,
        is_resident=is_resident,
        tags=None if tags is None else stated(tags, state.tags),
        secrets=form.secrets(),
    )


def stated(tags: list[str], held: Mapping[str, PolicyTag]) -> dict[str, str]:
    """Return the full set of tags for an action; what was stated beside one that stays is kept."""
    return {tag: str(held[tag].detail.get("stated", "")) if tag in held else "" for tag in tags}


def held_fields(state: PersonState) -> tuple[str, ...]:
    """Return which personal values the vault holds of a person. One query."""
    rows = VaultField.objects.filter(county_id=state.person.county_id, subject=state.person.person_uid)
    held = set(rows.values_list("name", flat=True))
    return tuple(name for name in SECRETS if name in held)


def person_values(state: PersonState) -> dict[str, Any]:
    """Return a person as the form shows them."""
    person, membership = state.person, state.membership
    names = (
        "name", "sex", "birth_date", "ethnicity", "education", "political_status", "marital_status", "is_student",
        "work_place", "work_months", "health", "labour_capacity",
    )  # fmt: skip
    return {
        **{name: getattr(person, name) for name in names},
        "is_student": None if person.is_student is None else str(person.is_student).lower(),
        "relation_to_head": membership.relation_to_head if membership else "",
        "is_resident": str(state.is_resident).lower(),
        "tags": "、".join(state.tags),
    }


def household_values(state: HouseholdState) -> dict[str, Any]:
    """Return a household as the form shows it."""
    names = (
        "group", "dwelling_area_m2", "dwelling_structure", "dwelling_year", "arable_mu", "forest_mu", "main_crops",
        "livestock",
    )  # fmt: skip
    return {**{name: getattr(state.household, name) for name in names}, "tags": "、".join(state.tags)}
