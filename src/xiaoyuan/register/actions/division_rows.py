"""Carrying rows over to another division code: one statement a table, so that memory holds no rows."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from django.apps import apps
from django.db import models
from django.db.models import CharField, Exists, F, OuterRef, Value
from django.db.models.functions import Concat, Substr
from django.utils.translation import gettext as _

from xiaoyuan.accounts.choices import ScopeKind
from xiaoyuan.accounts.models import Grant
from xiaoyuan.audit.actions import Change, record_changes
from xiaoyuan.audit.actors import Actor
from xiaoyuan.audit.models import Operation
from xiaoyuan.figures.actions import move_cells
from xiaoyuan.lib import divisions
from xiaoyuan.register.errors import RegisterError
from xiaoyuan.register.models import Grid, Household, Parcel, ScopedRow
from xiaoyuan.search.actions import move_division

KEPT: Final = frozenset({"intake.importbatch", "history.revision", "register.division"})
"""Tables that say what was: a batch keeps the code under which it came in."""
_ELSEWHERE: Final = frozenset({"figures.figurecell", "search.searchentry"})
"""Tables that their own packages carry over."""
_LEFT: Final = frozenset({"twin.scene"})
"""A row that finds its place taken stays where it is, as what nobody looks at any more."""
_DROPPED: Final = frozenset({"intake.ledgerlayout"})
"""A row that finds its place taken is a memory that the successor has already."""
_KEYED: Final = "source_key"
_SLICE: Final = 500
_EXAMPLES: Final = 3
_WHY: Final = "a change of divisions carries all rows over"


class RowsClash(RegisterError):
    """Both divisions have a row of the same key."""

    def __init__(self, model: type[models.Model], keys: list[str], count: int) -> None:
        super().__init__(
            _(
                "Both divisions have %(kind)s of the same key (%(examples)s; %(count)d in all). "
                "Decide which ones stay, then repeat the merge."
            )
            % {"kind": model._meta.verbose_name_plural, "examples": ", ".join(keys), "count": count}
        )


def tables() -> list[type[models.Model]]:
    """Return every table whose rows belong to a division, whatever package it is of."""
    return [
        model
        for model in apps.get_models()
        if any(field.name == "division_code" for field in model._meta.concrete_fields)
        and model._meta.label_lower not in KEPT | _ELSEWHERE
    ]


def holds_rows(code: str) -> bool:
    """Whether the register holds anything of a division or below it."""
    inside = divisions.range_below(code)
    return any(
        model._base_manager.filter(**inside).exists() for model in tables() if issubclass(model, ScopedRow)
    )


def move_rows(*, old: str, new: str, actor: Actor, now: datetime) -> dict[str, int]:
    """Give every row of `old` and below the same place in `new`; returns how many by table.

    Household numbers in use on both sides get the old division's last digits in front, which the row notes. Raises
    `RowsClash`. Must run in a transaction that holds the counties' change locks.
    """
    counts: dict[str, int] = {}
    renumbered = _renumber_households(old, new, actor, now)
    if renumbered:
        counts["renumbered"] = renumbered
    counts["register.grid.code"] = _recode_grids(old, new)
    for model in tables():
        label = model._meta.label_lower
        rows = model._base_manager.filter(**divisions.range_below(old))
        for clash in _clashes(model, old, new):
            if label in _LEFT:
                rows = rows.exclude(pk__in=list(clash.values_list("pk", flat=True)))
            elif label in _DROPPED:
                clash.delete()
            elif clash.exists():
                _free_source_keys(model, clash, old)
        values: dict[str, Any] = {"division_code": _moved("division_code", old, new)}
        if issubclass(model, ScopedRow):
            values |= {"row_version": F("row_version") + 1, "updated_at": now}
        if moved := rows.update(**values):
            counts[label] = moved
    counts["figures.figurecell"] = move_cells(old=old, new=new)
    counts["search.searchentry"] = move_division(old=old, new=new)
    counts["accounts.grant"] = _move_grants(old, new)
    return {label: count for label, count in counts.items() if count}


def _moved(column: str, old: str, new: str) -> Concat:
    """Return the code with its beginning replaced, as an expression."""
    return Concat(Value(new), Substr(column, len(old) + 1), output_field=CharField())


def _clashes(model: type[models.Model], old: str, new: str) -> Iterator[Any]:
    """Yield, for each unique constraint with a division, the rows of `old` whose place in `new` is taken."""
    there = model._base_manager.filter(**divisions.range_below(new))
    if old == new or not there.exists():
        return
    for constraint in model._meta.constraints:
        if not isinstance(constraint, models.UniqueConstraint) or "division_code" not in constraint.fields:
            continue
        others = [name for name in constraint.fields if name != "division_code"]
        condition = constraint.condition or models.Q()
        taken = there.filter(condition, division_code=OuterRef("next"), **{n: OuterRef(n) for n in others})
        yield (
            model._base_manager.filter(condition, **divisions.range_below(old))
            .annotate(next=_moved("division_code", old, new))
            .filter(Exists(taken))
        )


def _free_source_keys(model: type[models.Model], clash: Any, old: str) -> None:
    """Keep keys of source files apart by the division they came from; anything else is for a person to decide."""
    names = {field.name for field in model._meta.concrete_fields}
    if _KEYED in names:
        key = Substr(Concat(Value(f"{old}:"), F(_KEYED), output_field=CharField()), 1, 80)
        model._base_manager.filter(pk__in=list(clash.values_list("pk", flat=True))).update(**{_KEYED: key})
        return
    keys = [name for name in ("parcel_code", "name", "indicator", "sha256", "code") if name in names]
    examples = clash.values_list(*keys[:1])[:_EXAMPLES] if keys else []
    raise RowsClash(model, [str(one[0]) for one in examples], clash.count())


def _renumber_households(old: str, new: str, actor: Actor, now: datetime) -> int:
    count = 0
    for clash in _clashes(Household, old, new):
        ids = list(clash.values_list("pk", flat=True))
        for start in range(0, len(ids), _SLICE):
            rows = Household.objects.unscoped(_WHY).filter(pk__in=ids[start : start + _SLICE])
            count += _renumber(list(rows), old, new, actor, now)
    return count


def _renumber(rows: list[Household], old: str, new: str, actor: Actor, now: datetime) -> int:
    taken = set(
        Household.objects.unscoped(_WHY)
        .filter(models.Q(**divisions.range_below(old)) | models.Q(**divisions.range_below(new)))
        .filter(household_no__startswith=f"{old[-3:]}-")
        .values_list("household_no", flat=True)
    )
    changes: dict[int, list[Change]] = {}
    for row in rows:
        before = row.household_no
        wanted = f"{old[-3:]}-{before}"[:36]
        number = next(one for one in (wanted, *(f"{wanted}-{n}" for n in range(2, 1000))) if one not in taken)
        taken.add(number)
        Parcel.objects.unscoped(_WHY).filter(
            county_id=row.county_id, household_no=before, **divisions.range_below(old)
        ).update(household_no=number)
        row.household_no, row.extra = number, {**row.extra, "原户号": before}
        changes.setdefault(row.county_id, []).append(
            Change(Household._meta.label_lower, row.pk, Operation.UPDATE, "household_no", before, number)
        )
    Household.objects.bulk_update(rows, ["household_no", "extra"], batch_size=100)
    for county_id, own in changes.items():
        record_changes(county_id=county_id, actor=actor, now=now, changes=own)
    return len(rows)


def _recode_grids(old: str, new: str) -> int:
    """Give grids the codes of their new village; numbers in use there are followed by free ones."""
    inside = Grid.objects.unscoped(_WHY).filter(**divisions.range_below(old, "code"))
    there = Grid.objects.unscoped(_WHY).filter(**divisions.range_below(new, "code"))
    taken = set(there.values_list("code", flat=True))
    if not taken or old == new:
        return int(inside.update(code=_moved("code", old, new)))
    count = 0
    for grid in inside.order_by("code"):
        wanted = new + grid.code[len(old) :]
        code = next(
            one for one in (wanted, *(f"{wanted[:12]}{n:03d}" for n in range(1, 1000))) if one not in taken
        )
        taken.add(code)
        Grid.objects.unscoped(_WHY).filter(pk=grid.pk).update(code=code)
        count += 1
    return count


def _move_grants(old: str, new: str) -> int:
    """Rights follow the division: who answered for the old one answers for what it became."""
    count = 0
    rows = Grant.objects.filter(scope_kind=ScopeKind.DIVISION, **divisions.range_below(old, "scope_key"))
    for grant in rows:
        key = new + grant.scope_key[len(old) :]
        same = Grant.objects.filter(
            user_id=grant.user_id,
            role=grant.role,
            scope_kind=grant.scope_kind,
            scope_key=key,
            valid_from=grant.valid_from,
        )
        if not same.exists():
            count += Grant.objects.filter(pk=grant.pk).update(scope_key=key)
    return count
