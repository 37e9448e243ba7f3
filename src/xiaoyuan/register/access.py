"""The choke point: each function returns the row or raises `NotFound`; unknown and forbidden look alike."""

from typing import TypeVar

from django.db.models import Q, QuerySet

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.models import ResidentCard
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.lib import divisions
from xiaoyuan.register.choices import LayerClass
from xiaoyuan.register.models import SHOWN, Courtyard, Division, Household, Membership, Person, PlaceRow
from xiaoyuan.register.queries.duplicates import surviving
from xiaoyuan.register.queries.successions import current_code

Place = TypeVar("Place", bound=PlaceRow)


def access_division(code: str) -> Division:
    """Return a division in force, for an old code the one it became. Divisions are public knowledge."""
    try:
        significant = divisions.normalise(code)
    except divisions.DivisionCodeError:
        raise NotFound from None
    in_force = Division.objects.filter(valid_until__isnull=True)
    division = in_force.filter(code=significant).first()
    if division is None and (now := current_code(significant)) is not None:
        division = in_force.filter(code=now).first()
    if division is None:
        raise NotFound
    return division


def access_division_within(viewer: Viewer, code: str, permission: Permission) -> tuple[Division, Scope]:
    """Return a division and the part of the viewer's scope that lies in it; raises `NotFound` when none does."""
    division = access_division(code)
    scope = viewer.scope_for(permission).narrowed_to(division.code)
    if not scope.prefixes:
        raise NotFound
    return division, scope


def access_place(viewer: Viewer, model: type[Place], *, county_id: int, cid: int) -> Place:
    """Return a place by its tile number: public layers for anyone, others within the console right."""
    place: Place | None = (
        model.objects.unscoped("the layer class decides below")
        .filter(county_id=county_id, cid=cid, valid_until__isnull=True)
        .first()
    )
    if place is None or not can_see_place(viewer, place):
        raise NotFound
    return place


def can_see_place(viewer: Viewer, place: PlaceRow) -> bool:
    """Whether a place may be named to the viewer: public layers to anyone, others within the console right."""
    if place.layer_class == LayerClass.PUBLIC:
        return True
    return viewer.scope_for(Permission.CONSOLE).contains_division(place.division_code)


def access_household(viewer: Viewer, household_id: int) -> Household:
    """Return a household within the viewer's right to see people, or their own."""
    # Without the households of a grant: those open only to who still belongs there.
    people = Scope(prefixes=viewer.scope_for(Permission.VIEW_PEOPLE).prefixes)
    for scope in (people, own_scope(viewer)):
        if scope == Scope():
            continue
        found = Household.objects.within(scope).filter(pk=household_id).first()
        if found is not None:
            return found  # type: ignore[no-any-return]  # the manager is untyped
    raise NotFound


def access_person(viewer: Viewer, person_id: int) -> Person:
    """Return a person within the viewer's right to see people; a merged record leads to the one that is kept."""
    return _surviving_within(viewer.scope_for(Permission.VIEW_PEOPLE), person_id)


def _surviving_within(scope: Scope, person_id: int) -> Person:
    found = Person.objects.within(scope).filter(pk=person_id).first()
    if found is not None and found.merged_into_id is not None:
        found = Person.objects.within(scope).filter(pk=surviving(found).pk).first()
    if found is None:
        raise NotFound
    return found  # type: ignore[no-any-return]  # the manager is untyped


def access_household_to_edit(viewer: Viewer, household_id: int) -> Household:
    """Return a household within the viewer's right to edit people."""
    found = Household.objects.within(_editable(viewer)).filter(pk=household_id).first()
    if found is None:
        raise NotFound
    return found  # type: ignore[no-any-return]  # the manager is untyped


def access_person_to_edit(viewer: Viewer, person_id: int) -> Person:
    """Return a person within the viewer's right to edit people; a merged record leads to the one that is kept."""
    return _surviving_within(_editable(viewer), person_id)


def access_courtyard_to_edit(viewer: Viewer, courtyard_id: int) -> Courtyard:
    """Return a courtyard within the viewer's right to edit people, whatever its layer class."""
    found = Courtyard.objects.within(_editable(viewer)).filter(pk=courtyard_id).first()
    if found is None:
        raise NotFound
    return found  # type: ignore[no-any-return]  # the manager is untyped


def places_to_edit(viewer: Viewer, model: type[Place]) -> "QuerySet[Place]":
    """Return the places in force of a table that pages show and that the viewer may edit; restricted ones are not."""
    scope = Scope(prefixes=viewer.scope_for(Permission.EDIT_PLACES).prefixes)
    rows: QuerySet[Place] = model.objects.within(scope).filter(SHOWN, valid_until__isnull=True)
    return rows.exclude(layer_class=LayerClass.RESTRICTED)


def access_place_to_edit(viewer: Viewer, model: type[Place], place_id: int) -> Place:
    """Return a place within the viewer's right to edit places."""
    found = places_to_edit(viewer, model).filter(pk=place_id).first()
    if found is None:
        raise NotFound
    return found


def can_edit_places(viewer: Viewer, division_code: str) -> bool:
    """Whether the viewer may edit places of a division."""
    return viewer.scope_for(Permission.EDIT_PLACES).contains_division(division_code)


def can_edit_people(viewer: Viewer, division_code: str) -> bool:
    """Whether the viewer may edit people of a division."""
    return viewer.scope_for(Permission.EDIT_PEOPLE).contains_division(division_code)


def _editable(viewer: Viewer) -> Scope:
    return Scope(prefixes=viewer.scope_for(Permission.EDIT_PEOPLE).prefixes)


def access_courtyard(viewer: Viewer, *, county_id: int, cid: int) -> Courtyard:
    """Return a courtyard: public ones for anyone, others within the console right."""
    return access_place(viewer, Courtyard, county_id=county_id, cid=cid)


def can_see_people(viewer: Viewer, division_code: str) -> bool:
    """Whether the viewer may read people of a division."""
    return viewer.scope_for(Permission.VIEW_PEOPLE).contains_division(division_code)


def access_courtyard_record(viewer: Viewer, courtyard_id: int) -> Courtyard:
    """Return a courtyard for its record in the console: within the console right, whatever its layer class."""
    scope = viewer.scope_for(Permission.CONSOLE)
    found = Courtyard.objects.within(scope).filter(pk=courtyard_id).first()
    if found is None:
        raise NotFound
    return found  # type: ignore[no-any-return]  # the manager is untyped


def access_member_to_reveal(viewer: Viewer, household: Household, person_id: int) -> Person:
    """Return a member of an opened household whose personal fields the viewer may ask for."""
    found = (
        Person.objects.within(viewer.scope_for(Permission.REVEAL_PERSONAL))
        .filter(pk=person_id, memberships__household=household)
        .first()
    )
    if found is None:
        raise NotFound
    return found  # type: ignore[no-any-return]  # the manager is untyped


def own_scope(viewer: Viewer) -> Scope:
    """Return the households that a resident was given by a card and to which its person belongs now."""
    granted, user_id = viewer.scope_for(Permission.SIGNED_IN).households, viewer.actor.user_id
    if not granted or user_id is None:
        return Scope()
    cards = ResidentCard.objects.filter(user_id=user_id, revoked_at__isnull=True)
    belonging = Membership.objects.within(Scope(households=granted)).filter(
        until__isnull=True, person__is_deceased=False, household__closed_on__isnull=True
    )
    held = Q(pk__in=[])
    for county_id, person_uid in cards.values_list("county_id", "person_uid"):
        held |= Q(county_id=county_id, person__person_uid=person_uid)
    return Scope(households=frozenset(belonging.filter(held).values_list("household_id", flat=True)))


def own_households(viewer: Viewer) -> list[int]:
    """Return the ids of the households that are the resident's own today."""
    return sorted(own_scope(viewer).households)
