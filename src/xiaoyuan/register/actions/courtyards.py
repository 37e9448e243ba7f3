"""Writing courtyards that a ledger names or a person points at: rows, addresses, log and figures, whatever the way."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import shapely
from django.utils import timezone

from xiaoyuan.audit.actions import Change, record_changes
from xiaoyuan.audit.models import Operation
from xiaoyuan.figures.actions import Delta, record
from xiaoyuan.history.recording import Recorder
from xiaoyuan.register.actions.addresses import AddressText, write_addresses
from xiaoyuan.register.actions.changes import ChangeLog, Writing, set_fields
from xiaoyuan.register.actions.counties import allocate_cids
from xiaoyuan.register.actions.place_changes import PlaceChanges, kind_of, standing
from xiaoyuan.register.actions.place_rows import counted
from xiaoyuan.register.models import County, Courtyard
from xiaoyuan.register.spatial import shape_fields

KIND: Final = Courtyard._meta.label_lower
PLACE: Final = kind_of(Courtyard)
_BOUNDS: Final = ("min_lon", "min_lat", "max_lon", "max_lat")
_SLICE: Final = 1000


@dataclass(frozen=True, slots=True)
class Position:
    """A point in CGCS2000 degrees; `accuracy_m` as the device or the survey says, None when nothing does."""

    lon: float
    lat: float
    accuracy_m: float | None = None


@dataclass(slots=True)
class CourtyardWrite:
    """What one courtyard becomes: `row` None makes it. `values`: code (of a new one), name, group."""

    division_code: str
    values: dict[str, Any] = field(default_factory=dict)
    address: AddressText | None = None
    position: Position | None = None
    row: Courtyard | None = None
    source_row_id: int | None = None


def write_courtyards(
    *, writing: Writing, writes: Sequence[CourtyardWrite], recorder: Recorder | None = None
) -> list[int]:
    """Create and change courtyards; returns their ids in order. Must run in the caller's transaction.

    A courtyard without a position keeps the shape it has, or has none yet.
    """
    ids: list[int] = []
    for start in range(0, len(writes), _SLICE):
        ids += _write(writing, writes[start : start + _SLICE], recorder)
    return ids


def _write(writing: Writing, writes: Sequence[CourtyardWrite], recorder: Recorder | None) -> list[int]:
    changes = ChangeLog()
    new = [write for write in writes if write.row is None]
    kept = [write for write in writes if write.row is not None]
    moved = PlaceChanges()
    if recorder is not None:
        recorder.changing(Courtyard, [write.row.pk for write in kept if write.row is not None])
    for write in kept:
        _change(write, writing, changes, moved)
    _make(new, writing, recorder, changes, moved)
    rows = {id(write): write.row for write in writes if write.row is not None}
    Courtyard.objects.unscoped("rows at hand").bulk_update(
        [rows[id(write)] for write in kept],
        ["name", "group", "wkb", "accuracy_m", *_BOUNDS, "row_version", "updated_at", "source_row_id"],
        batch_size=100,
    )
    record_changes(county_id=writing.county_id, actor=writing.actor, now=writing.now, changes=changes.changes)
    moved.write(
        county_id=writing.county_id,
        revision_id=None if recorder is None else recorder.revision.pk,
        at=writing.now,
    )
    addressed = [write for write in writes if write.address is not None and write.row is not None]
    write_addresses(
        addresses={rows[id(write)].pk: write.address for write in addressed if write.address is not None},
        division_codes={rows[id(write)].pk: rows[id(write)].division_code for write in addressed},
        staged_ids={rows[id(write)].pk: write.source_row_id for write in addressed},
        writing=writing,
        recorder=recorder,
    )
    return [rows[id(write)].pk for write in writes]


def _change(write: CourtyardWrite, writing: Writing, log: ChangeLog, moved: PlaceChanges) -> None:
    row = write.row
    assert row is not None
    stood = standing(row)
    set_fields(row, write.values, log, KIND, write.source_row_id)
    if write.position is not None:
        before = None if row.wkb is None else bytes(row.wkb).hex()
        shape = _shape(write.position)
        for name, value in shape.items():
            setattr(row, name, value)
        log.changed(KIND, row.pk, "wkb", before, shape["wkb"].hex(), write.source_row_id)
        moved.add(PLACE, stood, standing(row))
    writing.touch(row)
    if write.source_row_id is not None:
        row.source_row_id = write.source_row_id


def _make(
    new: Sequence[CourtyardWrite],
    writing: Writing,
    recorder: Recorder | None,
    log: ChangeLog,
    moved: PlaceChanges,
) -> None:
    if not new:
        return
    cids = allocate_cids(County.objects.get(pk=writing.county_id), len(new))
    made = Courtyard.objects.bulk_create(
        [
            Courtyard(
                **writing.home(write.division_code, write.source_row_id),
                cid=cid,
                **write.values,
                **({} if write.position is None else _shape(write.position)),
            )
            for write, cid in zip(new, cids, strict=True)
        ]
    )
    deltas: list[Delta] = []
    for write, row in zip(new, made, strict=True):
        write.row = row
        moved.add(PLACE, None, standing(row))
        log.changes.append(
            Change(
                KIND,
                row.pk,
                Operation.CREATE,
                after={"code": row.code, "division_code": row.division_code},
                source_row_id=write.source_row_id,
            )
        )
        deltas += counted(row, 1)
    record(county_id=writing.county_id, day=timezone.localdate(writing.now), deltas=deltas)
    if recorder is not None:
        recorder.created(Courtyard, [row.pk for row in made])
        recorder.counted(
            (one.division_code, one.figure, one.amount, one.dimension, one.is_sample) for one in deltas
        )


def _shape(position: Position) -> dict[str, Any]:
    """A point is what is known: no footprint is made up around it."""
    return {
        **shape_fields(shapely.Point(round(position.lon, 9), round(position.lat, 9))),
        "accuracy_m": position.accuracy_m,
    }
