"""Writing the tree of divisions: creating and changing rows in bulk, and single local divisions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from xiaoyuan.audit.actions import Change, record_audit, record_changes
from xiaoyuan.audit.actors import Actor
from xiaoyuan.audit.models import Operation
from xiaoyuan.lib import divisions
from xiaoyuan.register.actions.division_index import index_divisions
from xiaoyuan.register.choices import DivisionOrigin
from xiaoyuan.register.errors import RegisterError, UnknownDivision
from xiaoyuan.register.models import Division

SHARED: Final = 0
"""County id of what belongs to no county: divisions are a code table that all counties share."""
KIND: Final = Division._meta.label_lower
LOCAL_NAME: Final = "样例与本地区划"
_BATCH: Final = 2000

Tree = dict[str, Division]
"""The divisions in force by code."""


class NoRoom(RegisterError):
    """All numbers below a local division are given out."""

    def __init__(self, code: str) -> None:
        super().__init__(_("There is no free code left below %(code)s.") % {"code": code})


@dataclass(frozen=True, slots=True)
class DivisionLine:
    """One row of a list. `code` is significant digits; a row that could not be read has `error` and its raw code."""

    row_number: int
    code: str
    name: str
    urban_rural_class: str = ""
    error: str = ""


def read_tree(codes: Iterable[str] | None = None) -> Tree:
    """Return the divisions in force, all or those of some codes."""
    rows = Division.objects.filter(valid_until__isnull=True).defer("outline_wkb")
    if codes is not None:
        rows = rows.filter(code__in=list(codes))
    return {division.code: division for division in rows}


def create_divisions(
    *,
    lines: Sequence[tuple[DivisionLine, int | None]],
    tree: Tree,
    origin: DivisionOrigin,
    actor: Actor,
    now: datetime,
) -> None:
    """Create divisions of one level from lines and their staged rows, and add them to `tree`.

    Must run in a transaction; the parents must be in `tree`. Codes below 990001 are local unless they are sample.
    """
    made = Division.objects.bulk_create(
        [
            Division(
                code=line.code,
                name=line.name,
                level=divisions.level_of(line.code),
                parent_id=_parent_id(line.code, tree),
                urban_rural_class=line.urban_rural_class,
                origin=DivisionOrigin.LOCAL
                if divisions.is_local(line.code) and origin is not DivisionOrigin.SAMPLE
                else origin,
                source_row_id=staged_id,
            )
            for line, staged_id in lines
        ]
    )
    tree.update((division.code, division) for division in made)
    index_divisions(made, are_new=True)
    record_changes(
        county_id=SHARED,
        actor=actor,
        now=now,
        changes=[
            Change(
                KIND,
                division.pk,
                Operation.CREATE,
                after={"code": division.code, "name": division.name},
                source_row_id=division.source_row_id,
            )
            for division in made
        ],
    )


def _parent_id(code: str, tree: Tree) -> int | None:
    parent = divisions.parent_code(code)
    return None if parent is None else tree[parent].pk


def change_divisions(
    *,
    lines: Sequence[tuple[DivisionLine, int | None]],
    tree: Tree,
    origin: DivisionOrigin,
    actor: Actor,
    now: datetime,
) -> None:
    """Bring names and urban-rural classes of divisions in `tree` up to date. Must run in a transaction."""
    changes = []
    for line, staged_id in lines:
        division = tree[line.code]
        for name, value in (("name", line.name), ("urban_rural_class", line.urban_rural_class)):
            before = getattr(division, name)
            if value and value != before:
                changes.append(Change(KIND, division.pk, Operation.UPDATE, name, before, value, staged_id))
                setattr(division, name, value)
        division.origin = DivisionOrigin.LOCAL if divisions.is_local(division.code) else origin
    Division.objects.bulk_update(
        [tree[line.code] for line, _staged_id in lines],
        ["name", "urban_rural_class", "origin"],
        batch_size=_BATCH,
    )
    index_divisions([tree[line.code] for line, _staged_id in lines])
    record_changes(county_id=SHARED, actor=actor, now=now, changes=changes)


def add_ancestors(
    *, codes: Sequence[str], provinces: dict[str, str], tree: Tree, actor: Actor, now: datetime
) -> None:
    """Create provinces by their national names, and the roots of local divisions. Must run in a transaction."""
    for code in codes:
        line = DivisionLine(0, code, provinces.get(code, LOCAL_NAME))
        origin = DivisionOrigin.NATIONAL if code in provinces else DivisionOrigin.LOCAL
        create_divisions(lines=[(line, None)], tree=tree, origin=origin, actor=actor, now=now)


def add_local_division(
    *, name: str, actor: Actor, now: datetime, below: str = divisions.LOCAL_COUNTY
) -> Division:
    """Return the local division of that name below another one, made under the next free code when there is none.

    The roots (99, 9900, 990001) are made on first use. Raises `UnknownDivision` when `below` does not exist,
    `RegisterError` when it is no local division or too deep, `NoRoom` when all codes are taken.
    """
    if not divisions.is_local(below):
        raise RegisterError(
            _("%(code)s is a real division: local divisions lie below %(root)s.")
            % {"code": below, "root": divisions.LOCAL_COUNTY}
        )
    if divisions.level_of(below) is divisions.Level.VILLAGE:
        raise RegisterError(_("%(code)s is a village: nothing lies below it.") % {"code": below})
    with transaction.atomic():
        tree = read_tree(_local_codes())
        roots = (*divisions.ancestors(divisions.LOCAL_COUNTY), divisions.LOCAL_COUNTY)
        missing = [code for code in roots if code not in tree]
        add_ancestors(codes=missing, provinces={}, tree=tree, actor=actor, now=now)
        parent = tree.get(below)
        if parent is None:
            raise UnknownDivision(below)
        known = next((row for row in tree.values() if row.parent_id == parent.pk and row.name == name), None)
        if known is not None:
            return known
        code = _free_code(below)
        line = DivisionLine(0, code, name)
        create_divisions(lines=[(line, None)], tree=tree, origin=DivisionOrigin.LOCAL, actor=actor, now=now)
        record_audit(
            actor=actor,
            now=now,
            action="register.add_local_division",
            object_kind=KIND,
            object_id=tree[code].pk,
            detail={"code": code},
        )
    return tree[code]


def _local_codes() -> list[str]:
    root = divisions.LOCAL_COUNTY
    codes = Division.objects.filter(**divisions.range_below(root, "code")).values_list("code", flat=True)
    return [*divisions.ancestors(root), *codes]


def _free_code(below: str) -> str:
    """Return the code after the highest one: numbers of divisions that ended are not given out again."""
    digits = len(below) + 3
    codes = Division.objects.filter(**divisions.range_below(below, "code")).values_list("code", flat=True)
    highest = max((int(code[-3:]) for code in codes if len(code) == digits), default=0)
    if highest >= 999:
        raise NoRoom(below)
    return f"{below}{highest + 1:03d}"
