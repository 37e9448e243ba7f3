"""The choke point: an entry, appeal, rule or good within the viewer's right, or `NotFound`."""

from typing import Any, TypeVar

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.points.models import PointAppeal, PointEntry, PointGood, PointRule
from xiaoyuan.register.access import own_scope
from xiaoyuan.register.models import SHOWN, ScopedRow

Row = TypeVar("Row", bound=ScopedRow)


def _managed(viewer: Viewer, model: type[Row], row_id: int) -> Any:
    scope = Scope(prefixes=viewer.scope_for(Permission.MANAGE_POINTS).prefixes)
    found = model.objects.within(scope).filter(SHOWN, pk=row_id).first()
    if found is None:
        raise NotFound
    return found


def access_entry(viewer: Viewer, entry_id: int) -> PointEntry:
    """Return an entry that the viewer may decide about."""
    found: PointEntry = _managed(viewer, PointEntry, entry_id)
    return found


def access_appeal(viewer: Viewer, appeal_id: int) -> PointAppeal:
    """Return an appeal that the viewer may decide about."""
    found: PointAppeal = _managed(viewer, PointAppeal, appeal_id)
    return found


def access_rule(viewer: Viewer, rule_id: int) -> PointRule:
    """Return a rule that the viewer may change."""
    found: PointRule = _managed(viewer, PointRule, rule_id)
    return found


def access_good(viewer: Viewer, good_id: int) -> PointGood:
    """Return a good that the viewer may hand out or change."""
    found: PointGood = _managed(viewer, PointGood, good_id)
    return found


def access_own_entry(viewer: Viewer, entry_id: int) -> PointEntry:
    """Return an entry of a household of the viewer's own, against which they may appeal."""
    own = own_scope(viewer)
    found = PointEntry.objects.within(own).filter(pk=entry_id).first()
    if found is None:
        raise NotFound
    return found  # type: ignore[no-any-return]  # the manager is untyped
