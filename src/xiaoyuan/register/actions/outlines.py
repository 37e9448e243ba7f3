"""Writing the outlines of divisions; local divisions that the file brings are made on the way."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import shapely

from xiaoyuan.audit.actions import Change, record_changes
from xiaoyuan.audit.models import Operation
from xiaoyuan.intake.models import Verdict
from xiaoyuan.register.actions.divisions import KIND, SHARED, add_local_division
from xiaoyuan.register.actions.place_rows import ImportContext
from xiaoyuan.register.models import Division
from xiaoyuan.register.spatial import shape_fields


@dataclass
class OutlineRow:
    """An outline for a division: by its code, or by the name of a local division to be made (code empty)."""

    row_number: int
    code: str
    name: str
    shape: Any
    cells: dict[str, Any]
    messages: tuple[str, ...] = ()


def judge_outlines(rows: Sequence[OutlineRow], context: ImportContext) -> list[Verdict]:
    """Compare outlines with those kept. A sample outline never replaces a real one: that is an error."""
    by_code, by_name = _divisions(rows, context)
    verdicts = []
    for row in rows:
        division = by_code.get(row.code) if row.code else by_name.get(row.name)
        if division is None or division.outline_wkb is None:
            verdicts.append(Verdict.NEW)
        elif context.is_sample and not division.outline_is_sample:
            verdicts.append(Verdict.ERROR)
        elif bytes(division.outline_wkb) == shapely.to_wkb(row.shape, output_dimension=2):
            verdicts.append(
                Verdict.SAME if division.outline_is_sample == context.is_sample else Verdict.CHANGED
            )
        else:
            verdicts.append(Verdict.CHANGED)
    return verdicts


def write_outlines(
    rows: Sequence[OutlineRow],
    verdicts: Sequence[Verdict],
    staged_ids: Sequence[int | None],
    context: ImportContext,
) -> list[Division]:
    """Write new and changed outlines and return the division of each row."""
    by_code, by_name = _divisions(rows, context)
    changed, changes, found = [], [], []
    for row, verdict, staged_id in zip(rows, verdicts, staged_ids, strict=True):
        division = by_code.get(row.code) if row.code else by_name.get(row.name)
        if division is None:
            division = add_local_division(
                name=row.name, below=context.division_code, actor=context.actor, now=context.now
            )
        found.append(division)
        if verdict not in (Verdict.NEW, Verdict.CHANGED):
            continue
        before = None if division.outline_wkb is None else bytes(division.outline_wkb).hex()
        fields = shape_fields(row.shape)
        division.outline_wkb = fields.pop("wkb")
        for name, value in fields.items():
            setattr(division, name, value)
        division.outline_is_sample = context.is_sample
        changed.append(division)
        after = bytes(division.outline_wkb).hex()
        changes.append(Change(KIND, division.pk, Operation.UPDATE, "outline_wkb", before, after, staged_id))
    Division.objects.bulk_update(
        changed,
        ["outline_wkb", "outline_is_sample", "min_lon", "min_lat", "max_lon", "max_lat"],
        batch_size=100,
    )
    record_changes(county_id=SHARED, actor=context.actor, now=context.now, changes=changes)
    return found


def _divisions(
    rows: Sequence[OutlineRow], context: ImportContext
) -> tuple[dict[str, Division], dict[str, Division]]:
    in_force = Division.objects.filter(valid_until__isnull=True)
    codes = [row.code for row in rows if row.code]
    by_code = {row.code: row for row in in_force.filter(code__in=codes)}
    children = in_force.filter(parent__code=context.division_code, parent__valid_until__isnull=True)
    by_name = {} if all(row.code for row in rows) else {row.name: row for row in children}
    return by_code, by_name
