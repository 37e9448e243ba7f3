"""Who may read and change plans: they belong to a division, like everything that staff write."""

from typing import Any

from django.db.models import QuerySet

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.twin.models import RoadPlan


def plans_within(scope: Scope) -> "QuerySet[Any]":
    """Return the road plans of a scope, the newest first."""
    return RoadPlan.objects.within(_divisions_of(scope)).order_by("-updated_at", "-pk")


def access_plan(viewer: Viewer, plan_id: int) -> RoadPlan:
    """Return a plan within the console right; unknown and forbidden look alike."""
    return _access(viewer, plan_id, Permission.CONSOLE)


def access_plan_to_edit(viewer: Viewer, plan_id: int) -> RoadPlan:
    """Return a plan within the right to edit places."""
    return _access(viewer, plan_id, Permission.EDIT_PLACES)


def can_keep_plans(viewer: Viewer, division_code: str) -> bool:
    """Whether the viewer may save, rename and delete plans of a division."""
    return viewer.scope_for(Permission.EDIT_PLACES).contains_division(division_code)


def _access(viewer: Viewer, plan_id: int, permission: Permission) -> RoadPlan:
    found = plans_within(viewer.scope_for(permission)).filter(pk=plan_id).first()
    if found is None:
        raise NotFound
    return found  # type: ignore[no-any-return]  # the manager is untyped


def _divisions_of(scope: Scope) -> Scope:
    return Scope(prefixes=scope.prefixes)
