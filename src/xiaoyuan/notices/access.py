"""The choke point: a notice of a division that the viewer answers for, or `NotFound`."""

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.notices.models import Notice
from xiaoyuan.notices.queries import notices_within


def access_notice(viewer: Viewer, notice_id: int) -> Notice:
    """Return a notice that the viewer may change."""
    found = notices_within(viewer.scope_for(Permission.MANAGE_NOTICES)).filter(pk=notice_id).first()
    if found is None:
        raise NotFound
    return found
