"""The choke point for exports and layouts: the row, or `NotFound`; unknown and forbidden look alike."""

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound, NotPermitted
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.exports.models import ExportRequest, ExportTemplate
from xiaoyuan.exports.queries import requests_within, templates_for, waiting_for


def access_request(viewer: Viewer, request_id: int) -> ExportRequest:
    """Return an export of a division where the viewer exports or agrees, or one that they asked for themselves."""
    found = requests_within(viewer).filter(pk=request_id).first()
    if found is None and viewer.actor.user_id is not None:
        # Asked for a wider division, of which only the viewer's part is in the file.
        own = ExportRequest.objects.filter(pk=request_id, requested_by_id=viewer.actor.user_id)
        found = own.select_related("template").first()
    found = found or waiting_for(viewer).filter(pk=request_id).first()
    if found is None:
        raise NotFound
    return found


def access_waiting(viewer: Viewer, request_id: int) -> ExportRequest:
    """Return an export that the viewer may decide; their own is not found here either once it is decided."""
    scope = viewer.scope_for(Permission.APPROVE_EXPORTS)
    found = ExportRequest.objects.filter(scope.condition(), pk=request_id).first()
    if found is None:
        raise NotFound
    return found


def access_download(viewer: Viewer, request_id: int) -> ExportRequest:
    """Return an export whose file the viewer may fetch: what they asked for, while they hold the rights for it."""
    found = access_request(viewer, request_id)
    if found.requested_by_id is None or found.requested_by_id != viewer.actor.user_id:
        raise NotFound
    wanted = Scope(prefixes=frozenset(found.selection.get("prefixes", ())))
    require_rights(viewer, wanted, is_masked=found.is_masked)
    return found


def access_template(viewer: Viewer, template_id: int) -> ExportTemplate:
    """Return a layout in use in the viewer's divisions or above them."""
    found = templates_for(viewer.scope_for(Permission.EXPORT_PEOPLE)).filter(pk=template_id).first()
    if found is None:
        raise NotFound
    return found


def access_template_to_change(viewer: Viewer, template_id: int) -> ExportTemplate:
    """Return a layout of the viewer's own divisions; those from above are used, not changed."""
    found = access_template(viewer, template_id)
    if not viewer.scope_for(Permission.EXPORT_PEOPLE).contains_division(found.division_code):
        raise NotFound
    return found


def may_unmask(viewer: Viewer, scope: Scope) -> bool:
    """Whether the viewer may see personal values in the whole of a scope."""
    reveal = viewer.scope_for(Permission.REVEAL_PERSONAL)
    return bool(scope.prefixes) and all(reveal.contains_division(prefix) for prefix in scope.prefixes)


def require_rights(viewer: Viewer, scope: Scope, *, is_masked: bool) -> None:
    """Raise `NotFound` unless the viewer may export all of a scope, `NotPermitted` unless in the clear as asked."""
    own = viewer.scope_for(Permission.EXPORT_PEOPLE)
    if not scope.prefixes or not all(own.contains_division(prefix) for prefix in scope.prefixes):
        raise NotFound
    if not is_masked and not may_unmask(viewer, scope):
        raise NotPermitted
