"""The choke point: a plate within the viewer's scope and for a step that is theirs, or an error."""

from xiaoyuan.accounts.choices import Permission, ScopeKind
from xiaoyuan.accounts.errors import NotFound, NotPermitted
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.doorplates.models import Doorplate, PlateBatch, PrintOrder
from xiaoyuan.doorplates.workflow import Step, roles, steps_from


def access_plate(viewer: Viewer, plate_id: int) -> Doorplate:
    """Return a plate within the viewer's console right; raises `NotFound`."""
    found = Doorplate.objects.within(viewer.scope_for(Permission.CONSOLE)).filter(pk=plate_id).first()
    if found is None:
        raise NotFound
    return found  # type: ignore[no-any-return]  # the manager is untyped


def access_plate_to_manage(viewer: Viewer, plate_id: int) -> Doorplate:
    """Return a plate that the viewer answers for; raises `NotFound`."""
    found = Doorplate.objects.within(viewer.scope_for(Permission.MANAGE_PLATES)).filter(pk=plate_id).first()
    if found is None:
        raise NotFound
    return found  # type: ignore[no-any-return]  # the manager is untyped


def access_plate_batch(viewer: Viewer, batch_id: int) -> PlateBatch:
    """Return a batch of the viewer's divisions; raises `NotFound`."""
    found = PlateBatch.objects.within(viewer.scope_for(Permission.MANAGE_PLATES)).filter(pk=batch_id).first()
    if found is None:
        raise NotFound
    return found  # type: ignore[no-any-return]  # the manager is untyped


def access_order(viewer: Viewer, order_id: int) -> PrintOrder:
    """Return a print order of the viewer's divisions; raises `NotFound`."""
    found = PrintOrder.objects.within(viewer.scope_for(Permission.MANAGE_PLATES)).filter(pk=order_id).first()
    if found is None:
        raise NotFound
    return found  # type: ignore[no-any-return]  # the manager is untyped


def steps_for(viewer: Viewer, plate: Doorplate) -> list[Step]:
    """Return the steps that a plate's state allows and that are the viewer's where it hangs; printing goes by order."""
    return [
        step
        for step in steps_from(plate.state)
        if step is not Step.PRINT and _scope_of_step(viewer, step).contains_division(plate.division_code)
    ]


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
