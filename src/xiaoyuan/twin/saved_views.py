"""Views of the scene that people keep: saving, changing and removing them; several in order make a guided tour."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.audit.actions import Change, record_audit, record_changes
from xiaoyuan.audit.actors import Actor
from xiaoyuan.audit.models import Operation
from xiaoyuan.register.actions.counties import ensure_county
from xiaoyuan.register.errors import RegisterError, RowChanged
from xiaoyuan.register.models import Division
from xiaoyuan.twin.models import SavedView

_ADDRESS: Final = re.compile(r"[\w=&%.,:+~-]{0,1000}", re.ASCII)
DWELL_S: Final = (3, 120)
_KIND: Final = "twin.savedview"
_WHY: Final = "public views are for anyone; others were asked for within the console right"


class ViewRefused(RegisterError):
    """A view cannot be kept as asked; the message says why."""


@dataclass(frozen=True)
class ViewValues:
    """What somebody keeps: `address` is the part of the screen's address after the #."""

    name: str
    caption: str
    address: str
    tour_position: int | None
    dwell_s: int
    is_public: bool


def views_for(viewer: Viewer, division: Division) -> list[SavedView]:
    """Return the views of a division in the order of its tour: public ones for anyone, all to its staff."""
    rows = SavedView.objects.unscoped(_WHY).filter(division_code=division.code)
    if not viewer.scope_for(Permission.CONSOLE).contains_division(division.code):
        rows = rows.filter(is_public=True)
    return sorted(rows, key=lambda row: (row.tour_position is None, row.tour_position or 0, row.pk))


def can_keep_views(viewer: Viewer, division_code: str) -> bool:
    """Whether the viewer may save, change and remove views of a division."""
    return viewer.scope_for(Permission.EDIT_PLACES).contains_division(division_code)


def access_view_to_edit(viewer: Viewer, view_id: int) -> SavedView:
    """Return a view within the viewer's right to edit places; raises `NotFound`."""
    found: SavedView | None = (
        SavedView.objects.within(viewer.scope_for(Permission.EDIT_PLACES)).filter(pk=view_id).first()
    )
    if found is None:
        raise NotFound
    return found


def save_view(
    *, division: Division, values: ViewValues, is_sample: bool, actor: Actor, now: datetime
) -> SavedView:
    """Keep a new view of a division; raises `ViewRefused`."""
    _check(values)
    with transaction.atomic():
        view = SavedView.objects.create(
            county_id=ensure_county(division.code).pk,
            division_code=division.code,
            is_sample=is_sample,
            created_at=now,
            updated_at=now,
            created_by_label=actor.label,
            **_fields(values),
        )
        _record(Operation.CREATE, "twin.save_view", view, actor, now)
    return view


def change_view(
    *, view: SavedView, row_version: int, values: ViewValues, actor: Actor, now: datetime
) -> SavedView:
    """Change a view; raises `ViewRefused`, or `RowChanged` when somebody else was faster."""
    _check(values)
    with transaction.atomic():
        changed = (
            SavedView.objects.unscoped(_WHY)
            .filter(pk=view.pk, row_version=row_version)
            .update(row_version=row_version + 1, updated_at=now, **_fields(values))
        )
        if not changed:
            raise RowChanged
        view.refresh_from_db(from_queryset=SavedView.objects.unscoped(_WHY))
        _record(Operation.UPDATE, "twin.change_view", view, actor, now)
    return view


def remove_view(*, view: SavedView, row_version: int, actor: Actor, now: datetime) -> None:
    """Remove a view; raises `RowChanged` when somebody else was faster."""
    with transaction.atomic():
        found = SavedView.objects.unscoped(_WHY).filter(pk=view.pk, row_version=row_version)
        if not found.delete()[0]:
            raise RowChanged
        _record(Operation.DELETE, "twin.remove_view", view, actor, now)


def _check(values: ViewValues) -> None:
    if not values.name.strip() or len(values.name) > 120:
        raise ViewRefused(_("A view needs a name of at most 120 characters."))
    if len(values.caption) > 400:
        raise ViewRefused(_("A caption has at most 400 characters."))
    if not _ADDRESS.fullmatch(values.address):
        raise ViewRefused(_("This is not a view of the screen."))
    if not DWELL_S[0] <= values.dwell_s <= DWELL_S[1]:
        raise ViewRefused(_("A stop of the tour lasts 3 to 120 seconds."))
    if values.tour_position is not None and not 1 <= values.tour_position <= 99:
        raise ViewRefused(_("Stops of the tour are numbered 1 to 99."))


def _fields(values: ViewValues) -> dict[str, Any]:
    return {
        "name": values.name.strip(),
        "caption": values.caption.strip(),
        "view": {"address": values.address},
        "tour_position": values.tour_position,
        "dwell_s": values.dwell_s,
        "is_public": values.is_public,
    }


def _record(operation: Operation, action: str, view: SavedView, actor: Actor, now: datetime) -> None:
    record_changes(
        county_id=view.county_id, actor=actor, now=now, changes=[Change(_KIND, view.pk, operation)]
    )
    record_audit(
        actor=actor,
        now=now,
        action=action,
        county_id=view.county_id,
        object_kind=_KIND,
        object_id=view.pk,
        detail={"division": view.division_code, "name": view.name, "is_public": view.is_public},
    )
