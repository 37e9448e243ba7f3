"""The table of people of a village or group: many rows changed at once, saved together or not at all."""

from typing import Any, Final

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.portal.forms.bulk import COLUMNS, RowForm
from xiaoyuan.portal.queries import desk
from xiaoyuan.portal.queries.finding import groups_of
from xiaoyuan.portal.views.console import chosen_division
from xiaoyuan.portal.views.done import banner, done
from xiaoyuan.portal.views.households import number_in
from xiaoyuan.portal.views.pages import ROWS, page_of_list
from xiaoyuan.portal.views.persons import person_values, stated
from xiaoyuan.register.actions.bulk import RowChange, change_people, states_of
from xiaoyuan.register.actions.people import PersonChange
from xiaoyuan.register.choices import RELATIONS
from xiaoyuan.register.errors import RegisterError, RowsChanged
from xiaoyuan.register.models import SHOWN, Membership, Person
from xiaoyuan.register.queries.people_state import PersonState

CONFLICT: Final = 409
WRONG: Final = 400


@requires(Permission.EDIT_PEOPLE)
def people_table(request: HttpRequest) -> HttpResponse:
    """Fifty people of a division as a table to write in."""
    viewer = viewer_behind(request)
    group = request.GET.get("group", "").strip()[:40]
    context: dict[str, Any] = {
        "section": "console",
        "rail": "households",
        "group": group,
        **banner(request, viewer),
    }
    chosen = chosen_division(request, viewer, Permission.EDIT_PEOPLE)
    if chosen is None:
        return render(request, "portal/people_table.html", context)
    division, scope = chosen
    if request.method == "POST":
        return _save(request, scope, context | _frame(request, scope, division, group))
    page = page_of_list(request, _people(scope, group))
    states = _states([membership.person_id for membership in page])
    rows = [_row(states[membership.person_id], None) for membership in page if membership.person_id in states]
    context |= _frame(request, scope, division, group) | {"rows": rows, "page": page}
    return render(request, "portal/people_table.html", context)


def _frame(request: HttpRequest, scope: Scope, division: Any, group: str) -> dict[str, Any]:
    viewer = viewer_behind(request)
    query = {"division": division.code, "group": group, "page": request.GET.get("page", "")}
    return {
        "picker": desk.picker(division, viewer.scope_for(Permission.EDIT_PEOPLE)),
        "groups": groups_of(scope),
        "columns": [(name, RowForm.LABELS[name]) for name in COLUMNS],
        "query": urlencode({name: value for name, value in query.items() if value}),
    }


def _people(scope: Scope, group: str) -> Any:
    rows = Membership.objects.within(Scope(prefixes=scope.prefixes)).filter(
        SHOWN, until__isnull=True, person__is_deceased=False
    )
    if group:
        rows = rows.filter(household__group=group)
    return rows.order_by("division_code", "household__household_no", "relation_to_head", "pk")


def _states(person_ids: list[int]) -> dict[int, PersonState]:
    counties = set(
        Person.objects.unscoped("persons that the scope let through")
        .filter(pk__in=person_ids)
        .values_list("county_id", flat=True)
    )
    found: dict[int, PersonState] = {}
    for county_id in counties:
        found |= states_of(county_id, person_ids)
    return found


def _row(state: PersonState, data: Any) -> dict[str, Any]:
    person, membership = state.person, state.membership
    assert membership is not None
    options: dict[str, Any] = {"name": person.name, "prefix": str(person.pk)}
    if data is None:
        form: Any = RowForm.opened(_values(state), person.row_version, **options)
    else:
        form = RowForm(data, **options)
    return {
        "person": person,
        "household": membership.household,
        "relation": RELATIONS.get(membership.relation_to_head, ""),
        "form": form,
    }


def _values(state: PersonState) -> dict[str, Any]:
    values = person_values(state)
    return {name: values[name] for name in COLUMNS}


def _save(request: HttpRequest, scope: Scope, context: dict[str, Any]) -> HttpResponse:
    viewer, now = viewer_behind(request), timezone.now()
    ids = [number for text in request.POST.getlist("id")[:ROWS] if (number := number_in(text))]
    own = Person.objects.within(Scope(prefixes=scope.prefixes)).filter(pk__in=ids)
    known = set(own.values_list("pk", flat=True))
    if not ids or known != set(ids):
        raise NotFound
    states = _states(ids)
    rows = [_row(states[pk], request.POST) for pk in ids if pk in states]
    changed = [row for row in rows if row["form"].touched()]
    address = f"{reverse('console_people_table')}?{context['query']}"
    context |= {"rows": rows, "page": None}
    wrong = [row for row in changed if not row["form"].is_valid()]
    if wrong:
        context["error"] = _wrong_cells(wrong)
        return render(request, "portal/people_table.html", context, status=WRONG)
    try:
        with transaction.atomic():  # a page above the counties is saved together too
            for county_id in {row["person"].county_id for row in changed}:
                change_people(
                    county_id=county_id,
                    division_code=context["picker"].current.code,
                    changes=[_change(row, states) for row in changed if row["person"].county_id == county_id],
                    actor=viewer.actor,
                    now=now,
                )
    except RowsChanged as error:
        _meet(rows, error.person_ids)
        context["error"] = error
        return render(request, "portal/people_table.html", context, status=CONFLICT)
    except RegisterError as error:
        context["error"] = error
        return render(request, "portal/people_table.html", context, status=WRONG)
    return done(viewer, address, now)


def _wrong_cells(rows: list[dict[str, Any]]) -> str:
    return "；".join(
        f"{row['person'].name} {RowForm.LABELS.get(name, name)}: {' '.join(map(str, errors))}"
        for row in rows
        for name, errors in row["form"].errors.items()
    )


def _change(row: dict[str, Any], states: dict[int, PersonState]) -> RowChange:
    form, person = row["form"], row["person"]
    changes = form.changes()
    tags, is_resident = changes.pop("tags", None), changes.pop("is_resident", None)
    return RowChange(
        person.pk,
        form.cleaned_data["row_version"],
        PersonChange(
            values=changes,
            is_resident=is_resident,
            tags=None if tags is None else stated(tags, states[person.pk].tags),
        ),
    )


def _meet(rows: list[dict[str, Any]], person_ids: tuple[int, ...]) -> None:
    """Put the rows that somebody else changed over what they hold by now; what was written stays."""
    fresh = _states(list(person_ids))
    for row in rows:
        state = fresh.get(row["person"].pk)
        if row["person"].pk in person_ids and state is not None:
            options = {"name": state.person.name, "prefix": str(state.person.pk)}
            row["form"] = row["form"].met(_values(state), state.person.row_version, **options)
            row["form"].is_valid()
