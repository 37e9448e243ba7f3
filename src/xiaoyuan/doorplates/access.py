"""The choke point: a plate within the viewer's scope and for a step that is theirs, or an error."""

from xiaoyuan.accounts.choices import Permission, ScopeKind
from xiaoyuan.accounts.errors import NotFound, NotPermitted
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.doorplates.models import Doorplate
from xiaoyuan.doorplates.workflow import Step, roles


def access_plate(viewer: Viewer, plate_id: int) -> Doorplate:
    """Return a plate within the viewer's console right; raises `NotFound`."""
    found = Doorplate.objects.within(viewer.scope_for(Permission.CONSOLE)).filter(pk=plate_id).first()
    if found is None:
        raise NotFound
    return found  # type: ignore[no-any-return]  # the manager is untyped


def access_plate_for_step(viewer: Viewer, plate_id: int, step: Step) -> Doorplate:
    """Return a plate that the viewer may take a step with.

    Raises `NotFound` outside their scope and `NotPermitted` when they see the plate but the step is not theirs.
    """
    plate = access_plate(viewer, plate_id)
    if not _scope_of_step(viewer, step).contains_division(plate.division_code):
        raise NotPermitted
    return plate


def _scope_of_step(viewer: Viewer, step: Step) -> Scope:
    allowed = roles(step)
    return Scope(
        prefixes=frozenset(
            grant.scope_key
            for grant in viewer.grants
            if grant.scope_kind == ScopeKind.DIVISION and grant.role in allowed
        )
    )
