"""Divisions that are renamed, recoded or merged on a day: the old row ends, its successor takes over every row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoyuan.audit.actions import Change, lock_changes, record_audit, record_changes
from xiaoyuan.audit.actors import Actor
from xiaoyuan.audit.models import Operation
from xiaoyuan.lib import divisions
from xiaoyuan.register.actions.division_index import index_divisions
from xiaoyuan.register.actions.division_rows import holds_rows, move_rows
from xiaoyuan.register.actions.divisions import KIND, SHARED
from xiaoyuan.register.errors import RegisterError, UnknownDivision
from xiaoyuan.register.models import County, Division, DivisionSuccession

_COPIED: Final = (
    "level",
    "urban_rural_class",
    "origin",
    "outline_wkb",
    "outline_is_sample",
    "min_lon",
    "min_lat",
    "max_lon",
    "max_lat",
    "office_phone",
)
_OUTLINE: Final = _COPIED[3:9]


class DivisionChangeRefused(RegisterError):
    """A change of divisions that cannot be carried out; the sentence says why."""


@dataclass
class DivisionChange:
    """What came of a change: the division now in force, and how many rows went over, by table."""

    division: Division
    rows: dict[str, int] = field(default_factory=dict)
    divisions: int = 0
    """Divisions that ended and have a successor, those below included."""


@dataclass
class _Step:
    """What all parts of one change share."""

    on: date
    actor: Actor
    now: datetime
    source_row_id: int | None = None
    changes: list[Change] = field(default_factory=list)
    touched: list[Division] = field(default_factory=list)
    ended: int = 0


def rename_division(
    *, code: str, name: str, on: date, actor: Actor, now: datetime, source_row_id: int | None = None
) -> DivisionChange:
    """Give a division another name from a day on; the code and everything below stay.

    Raises `UnknownDivision`, `DivisionChangeRefused`.
    """
    with transaction.atomic():
        step = _begin([code], on, actor, now, source_row_id)
        row = _in_force(code)
        if not name or row.name == name:
            raise DivisionChangeRefused(
                _("%(code)s is called %(name)s already.") % {"code": code, "name": row.name}
            )
        made = _renamed(row, name, step)
        return _finish("register.rename_division", made, {}, step, {"code": code, "from": row.name})


def recode_division(
    *,
    code: str,
    new_code: str,
    name: str = "",
    on: date,
    actor: Actor,
    now: datetime,
    source_row_id: int | None = None,
) -> DivisionChange:
    """Give a division and all below it another code from a day on, and another name if there is one.

    The digits after its own stay: 520522100 becomes 520581100 with 520522 -> 520581. Successors that a list brought
    already are taken up. Raises `UnknownDivision`, `DivisionChangeRefused`, `RowsClash`.
    """
    if code == new_code:
        return rename_division(code=code, name=name, on=on, actor=actor, now=now, source_row_id=source_row_id)
    if divisions.level_of(code) is not divisions.level_of(new_code):
        raise DivisionChangeRefused(_("A division keeps its level when its code changes."))
    with transaction.atomic():
        step = _begin([code, new_code], on, actor, now, source_row_id)
        row = _in_force(code)
        below = list(Division.objects.filter(valid_until__isnull=True, **divisions.range_below(code, "code")))
        made: dict[str, Division] = {}
        for old in sorted(below, key=lambda one: (len(one.code), one.code)):
            successor = _succeed(
                old, new_code + old.code[len(code) :], name if old.pk == row.pk else "", made, step
            )
            made[successor.code] = successor
        _move_home(code, new_code, made[new_code], step)
        rows = move_rows(old=code, new=new_code, actor=actor, now=now)
        return _finish("register.recode_division", made[new_code], rows, step, {"from": code, "to": new_code})


def merge_divisions(
    *,
    codes: Sequence[str],
    into: str,
    name: str = "",
    on: date,
    actor: Actor,
    now: datetime,
    source_row_id: int | None = None,
) -> DivisionChange:
    """Let divisions of one level become one from a day on. `into`: one of them, another one in force, or a new code.

    `name` is needed for a new code, and renames another one. Divisions with others below them are refused: their
    parts get new codes first. Raises `UnknownDivision`, `DivisionChangeRefused`, `RowsClash`.
    """
    old_codes = [code for code in dict.fromkeys(codes) if code != into]
    if not old_codes:
        raise DivisionChangeRefused(_("A merge needs at least one division that ends."))
    with transaction.atomic():
        step = _begin([*old_codes, into], on, actor, now, source_row_id)
        olds = [_in_force(code) for code in old_codes]
        for old in olds:
            if divisions.level_of(old.code) is not divisions.level_of(into):
                raise DivisionChangeRefused(_("Only divisions of one level are merged."))
            if old.children.filter(valid_until__isnull=True).exists():
                raise DivisionChangeRefused(
                    _("%(name)s has divisions below it. Give them their new codes first, then merge it.")
                    % {"name": old.name}
                )
        target = Division.objects.filter(code=into, valid_until__isnull=True).first()
        if target is None and not name:
            raise UnknownDivision(into)
        if target is not None and name and target.name != name:
            target = _renamed(target, name, step)
        made = {} if target is None else {into: target}
        rows: dict[str, int] = {}
        for old in olds:
            made[into] = _succeed(old, into, name, made, step)
            _move_home(old.code, into, made[into], step)
            for table, count in move_rows(old=old.code, new=into, actor=actor, now=now).items():
                rows[table] = rows.get(table, 0) + count
        detail = {"from": ",".join(old_codes), "to": into}
        return _finish("register.merge_divisions", made[into], rows, step, detail)


def _begin(codes: Sequence[str], on: date, actor: Actor, now: datetime, source_row_id: int | None) -> _Step:
    if on > timezone.localdate(now):
        raise DivisionChangeRefused(_("The change takes effect later. Enter it on that day."))
    homes = County.objects.none()
    for code in codes:
        if divisions.is_local(code) and len(code) <= len(divisions.LOCAL_COUNTY):
            raise DivisionChangeRefused(_("The root of local divisions does not change."))
        homes |= County.objects.filter(**divisions.range_below(code[:6], "code"))
    for county_id in (SHARED, *sorted(set(homes.values_list("pk", flat=True)))):
        lock_changes(county_id)
    return _Step(on, actor, now, source_row_id)


def _in_force(code: str) -> Division:
    row = Division.objects.filter(code=code, valid_until__isnull=True).first()
    if row is None:
        raise UnknownDivision(code)
    return row


def _succeed(old: Division, code: str, name: str, made: dict[str, Division], step: _Step) -> Division:
    """End a row and return its successor, which is made unless it is in force already."""
    target = made.get(code) or Division.objects.filter(code=code, valid_until__isnull=True).first()
    _end(old, step)
    if target is None:
        parent_code = divisions.parent_code(code)
        parent = None
        if parent_code is not None:
            parent = made.get(parent_code) or _in_force(parent_code)
        target = _create(old, code, name or old.name, parent, step)
    elif target.outline_wkb is None and old.outline_wkb is not None and len(made) <= 1:
        for column in _OUTLINE:
            setattr(target, column, getattr(old, column))
        target.save(update_fields=_OUTLINE)
    if name and target.name != name:
        target = _renamed(target, name, step)
    DivisionSuccession.objects.create(predecessor=old, successor=target, on=step.on)
    step.touched.append(target)
    return target


def _renamed(row: Division, name: str, step: _Step) -> Division:
    _end(row, step)
    made = _create(row, row.code, name, row.parent, step)
    row.children.filter(valid_until__isnull=True).update(parent=made)
    DivisionSuccession.objects.create(predecessor=row, successor=made, on=step.on)
    if len(row.code) == 6:
        County.objects.filter(code=row.code).update(name=name)
    return made


def _create(old: Division, code: str, name: str, parent: Division | None, step: _Step) -> Division:
    made = Division.objects.create(
        code=code,
        name=name,
        parent=parent,
        valid_from=step.on,
        source_row_id=step.source_row_id,
        **{column: getattr(old, column) for column in _COPIED},
    )
    step.changes.append(
        Change(
            KIND,
            made.pk,
            Operation.CREATE,
            after={"code": code, "name": name},
            source_row_id=step.source_row_id,
        )
    )
    step.touched.append(made)
    return made


def _end(row: Division, step: _Step) -> None:
    row.valid_until = step.on
    row.save(update_fields=["valid_until"])
    step.changes.append(
        Change(KIND, row.pk, Operation.UPDATE, "valid_until", None, step.on.isoformat(), step.source_row_id)
    )
    step.touched.append(row)
    step.ended += 1


def _move_home(old: str, new: str, successor: Division, step: _Step) -> None:
    """Let homes of data follow their code; two homes with data are never thrown together."""
    if len(old) > 6:
        if old[:6] != new[:6] and holds_rows(old):
            raise DivisionChangeRefused(
                _(
                    "%(old)s and %(new)s lie in two counties, whose data are kept apart. Move the whole county."
                )
                % {"old": divisions.pad(old), "new": divisions.pad(new)}
            )
        return
    for county in County.objects.filter(**divisions.range_below(old, "code")):
        code = new + county.code[len(old) :]
        other = County.objects.filter(code=code).first()
        if other is not None:
            if holds_rows(code) and holds_rows(county.code):
                raise DivisionChangeRefused(
                    _("Both counties hold data, which stay apart: %(old)s and %(new)s.")
                    % {"old": county.code, "new": code}
                )
            if holds_rows(county.code):
                other.delete()
            else:
                county.delete()
                continue
        county.code = code
        if county.code == successor.code:
            county.name = successor.name
        county.save(update_fields=["code", "name"])


def _finish(
    action: str, division: Division, rows: dict[str, int], step: _Step, detail: Mapping[str, str]
) -> DivisionChange:
    record_changes(county_id=SHARED, actor=step.actor, now=step.now, changes=step.changes)
    fresh = {row.pk: row for row in step.touched}
    index_divisions(list(fresh.values()))
    record_audit(
        actor=step.actor,
        now=step.now,
        action=action,
        object_kind=KIND,
        object_id=division.pk,
        detail={**detail, "on": step.on.isoformat(), "rows": rows},
    )
    return DivisionChange(division, rows, step.ended)
