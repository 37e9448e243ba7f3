"""Writing many places of one table: compare with what is kept, stage, then create and change in bulk."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from xiaoyuan.audit.actions import Change, record_changes
from xiaoyuan.audit.actors import Actor
from xiaoyuan.audit.models import Operation
from xiaoyuan.figures.actions import Delta
from xiaoyuan.intake.actions import RowLink
from xiaoyuan.intake.models import ImportBatch, Verdict
from xiaoyuan.lib import divisions
from xiaoyuan.register import counters
from xiaoyuan.register.actions.counties import allocate_cids
from xiaoyuan.register.actions.place_changes import PlaceChanges, kind_of, standing
from xiaoyuan.register.models import Building, County, Courtyard, Parcel, PlaceRow, Road

_SLICE: Final = 1000
_WHY: Final = "an import compares the rows of its own division"
_BOUNDS: Final = ("min_lon", "min_lat", "max_lon", "max_lat")
_SAME_WITHIN: Final = 1e-6
"""Relative difference below which two computed sizes are the same."""


@dataclass
class ImportContext:
    """What the tables of one import share: where, by whom, when, and the figure deltas that gather."""

    county: County
    division_code: str
    batch: ImportBatch
    actor: Actor
    now: datetime
    is_sample: bool
    deltas: list[Delta] = field(default_factory=list)
    links: list[RowLink] = field(default_factory=list)
    left_out: dict[str, dict[str, int]] = field(default_factory=dict)
    """Layer -> reason -> how many features: what a count of the file has more than the register."""


@dataclass
class PlaceRows:
    """n rows of one table, as columns. `values`: column of the model -> n values; `division_codes` are known divisions.

    `cells` and `messages` are what is staged; `shapes` are shapely geometries in degrees.
    """

    model: type[PlaceRow]
    sheet: str
    row_numbers: list[int]
    source_keys: list[str]
    shapes: NDArray[np.object_]
    division_codes: list[str]
    values: dict[str, list[Any]]
    cells: list[dict[str, Any]]
    messages: list[tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.row_numbers)


@dataclass
class Judged:
    """Verdicts (n) and the ids of the rows that exist already (n, None for new ones)."""

    verdicts: list[Verdict]
    ids: list[int | None]


def known_rows(model: type[PlaceRow], context: ImportContext) -> dict[str, tuple[int, bool]]:
    """Return source key -> (id, is sample) of the rows of the import's division."""
    code = context.division_code
    rows = model.objects.unscoped(_WHY).filter(county=context.county, **divisions.range_below(code))
    columns = ["source_key", "pk", "is_sample", *(["code"] if model is Courtyard else [])]
    known: dict[str, tuple[int, bool]] = {}
    for key, pk, is_sample, *code_of_list in rows.values_list(*columns).iterator(10_000):
        # A courtyard that was entered by hand is known by its number.
        known[key or (code_of_list[0] if code_of_list else "")] = (pk, is_sample)
    known.pop("", None)
    return known


def judge(rows: PlaceRows, known: Mapping[str, tuple[int, bool]]) -> Judged:
    """Compare rows with those kept under the same key. Only the given columns count; None never unlinks a courtyard."""
    ids = [known[key][0] if key in known else None for key in rows.source_keys]
    verdicts = [Verdict.NEW if pk is None else Verdict.SAME for pk in ids]
    at_of = {pk: at for at, pk in enumerate(ids) if pk is not None}
    columns = _columns(rows)
    wkbs = shapely.to_wkb(rows.shapes, output_dimension=2)
    for chunk in _slices(list(at_of)):
        kept = rows.model.objects.unscoped(_WHY).filter(pk__in=chunk)
        for pk, *before in kept.values_list("pk", "wkb", "division_code", *columns):
            at = at_of[pk]
            after = [wkbs[at], rows.division_codes[at], *(rows.values[name][at] for name in columns)]
            names = ("wkb", "division_code", *columns)
            if any(_differs(*pair) for pair in zip(names, before, after, strict=True)):
                verdicts[at] = Verdict.CHANGED
    return Judged(verdicts, ids)


def write(
    rows: PlaceRows, judged: Judged, staged_ids: Sequence[int | None], context: ImportContext
) -> list[int]:
    """Create and change rows with change log and figure deltas; returns the ids of all rows."""
    ids = list(judged.ids)
    moved = PlaceChanges(most=0)
    new = [
        at for at, verdict in enumerate(judged.verdicts) if judged.ids[at] is None and verdict is Verdict.NEW
    ]
    cids = allocate_cids(context.county, len(new))
    for start in range(0, len(new), _SLICE):
        fresh = new[start : start + _SLICE]
        made = _create(rows, fresh, cids[start : start + _SLICE], staged_ids, context)
        for at, row in zip(fresh, made, strict=True):
            ids[at] = row.pk
            moved.add(kind_of(rows.model), None, standing(row))
    changed = [at for at, verdict in enumerate(judged.verdicts) if verdict is Verdict.CHANGED]
    for part in _slices(changed):
        _change(rows, part, judged, staged_ids, context, moved)
    moved.write(county_id=context.county.pk, revision_id=None, at=context.now)
    return [pk for pk in ids if pk is not None]


def _create(
    rows: PlaceRows,
    part: Sequence[int],
    cids: Sequence[int],
    staged_ids: Sequence[int | None],
    context: ImportContext,
) -> list[PlaceRow]:
    wkbs = shapely.to_wkb(rows.shapes[list(part)], output_dimension=2)
    bounds = shapely.bounds(rows.shapes[list(part)])
    model: Any = rows.model
    made: list[PlaceRow] = model.objects.bulk_create(
        [
            model(
                county=context.county,
                division_code=rows.division_codes[at],
                is_sample=context.is_sample,
                source_row_id=staged_ids[at],
                created_at=context.now,
                updated_at=context.now,
                cid=cid,
                wkb=wkb,
                **dict(zip(_BOUNDS, map(float, box), strict=True)),
                source_key=rows.source_keys[at],
                **{name: column[at] for name, column in rows.values.items()},
            )
            for at, cid, wkb, box in zip(part, cids, wkbs, bounds, strict=True)
        ]
    )
    _log(
        (
            Change(
                row._meta.label_lower,
                row.pk,
                Operation.CREATE,
                after={"source_key": row.source_key, "division_code": row.division_code},
                source_row_id=row.source_row_id,
            )
            for row in made
        ),
        context,
    )
    for row in made:
        context.deltas += counted(row, 1)
    return made


def _change(
    rows: PlaceRows,
    part: Sequence[int],
    judged: Judged,
    staged_ids: Sequence[int | None],
    context: ImportContext,
    moved: PlaceChanges,
) -> None:
    kept = rows.model.objects.unscoped(_WHY).in_bulk([judged.ids[at] for at in part])
    columns = _columns(rows)
    changes: list[Change] = []
    for at in part:
        row = kept[judged.ids[at]]
        context.deltas += counted(row, -1)
        before_it = standing(row)
        after = {
            "division_code": rows.division_codes[at],
            **{name: rows.values[name][at] for name in columns},
        }
        after["wkb"] = shapely.to_wkb(rows.shapes[at], output_dimension=2)
        for name, value in after.items():
            before = getattr(row, name)
            if _differs(name, before, value):
                changes.append(
                    Change(
                        row._meta.label_lower,
                        row.pk,
                        Operation.UPDATE,
                        name,
                        _logged(before),
                        _logged(value),
                        staged_ids[at],
                    )
                )
                setattr(row, name, value)
        for name, value in zip(_BOUNDS, shapely.bounds(rows.shapes[at]), strict=True):
            setattr(row, name, float(value))
        row.row_version += 1
        row.updated_at = context.now
        row.source_row_id = staged_ids[at]
        context.deltas += counted(row, 1)
        moved.add(kind_of(rows.model), before_it, standing(row))
    fields = ["wkb", "division_code", *columns, *_BOUNDS, "row_version", "updated_at", "source_row_id"]
    rows.model.objects.bulk_update(kept.values(), fields, batch_size=100)
    _log(changes, context)


def counted(row: PlaceRow, sign: int) -> Iterator[Delta]:
    """Yield what a place adds to the figures (sign 1) or takes away (-1); sizes are rounded row by row.

    A place that was closed counts nothing.
    """
    if row.valid_until is not None:
        return

    def delta(figure: str, amount: int = 1, dimension: str = "") -> Delta:
        return Delta(row.division_code, figure, sign * amount, dimension, row.is_sample)

    if isinstance(row, Courtyard):
        yield delta(counters.COURTYARDS)
    elif isinstance(row, Building):
        yield delta(counters.BUILDINGS, dimension=str(row.use))
    elif isinstance(row, Parcel):
        yield delta(counters.PARCELS, dimension=str(row.use))
        yield delta(counters.PARCEL_AREA, round(row.area_m2), str(row.use))
    elif isinstance(row, Road):
        yield delta(counters.ROAD_LENGTH, round(row.length_m), str(row.road_class))


def _columns(rows: PlaceRows) -> list[str]:
    """Columns that are compared: a courtyard's number is given once and stays."""
    return [name for name in rows.values if not (rows.model is Courtyard and name == "code")]


def _differs(name: str, before: Any, after: Any) -> bool:
    if name == "courtyard_id" and after is None:
        return False
    if isinstance(before, (bytes, memoryview)):
        return bytes(before) != bytes(after)
    if before is None or after is None:
        return before is not after
    if isinstance(before, float) or isinstance(after, float):
        return not math.isclose(float(before), float(after), rel_tol=_SAME_WITHIN)
    return bool(before != after)


def _logged(value: Any) -> Any:
    """Return a value as JSON can hold it; shapes as hexadecimal WKB."""
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).hex()
    return value if isinstance(value, (int, float, str, bool)) or value is None else str(value)


def _log(changes: Iterable[Change], context: ImportContext) -> None:
    record_changes(county_id=context.county.pk, actor=context.actor, now=context.now, changes=list(changes))


def _slices(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), _SLICE):
        yield items[start : start + _SLICE]
