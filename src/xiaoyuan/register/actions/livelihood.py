"""Writing what a household lives in and on, in bulk: dwellings, parcels, crops, livestock, income, work, tags."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from xiaoyuan.figures.actions import Delta
from xiaoyuan.register import counters
from xiaoyuan.register.actions.changes import ChangeLog, Writing, set_fields
from xiaoyuan.register.models import (
    ContractedParcel,
    CropRecord,
    Dwelling,
    Employment,
    IncomeRecord,
    LivestockRecord,
    PolicyTag,
    ScopedRow,
)

_WHY: Final = "records that a person decided upon"
_LOOK_UP: Final = 500


@dataclass(frozen=True)
class RecordTable:
    """One kind of record: its table, its name in the change log, what of it can change, what it adds to the figures."""

    model: type[ScopedRow]
    kind: str
    fields: tuple[str, ...]
    counted: Callable[[Any], Iterable[Delta]] = lambda row: ()


@dataclass(slots=True)
class RecordWrite:
    """A record as it is to be: key and values that are stated, and the row it is now, if any.

    `secrets` go to the vault under `subject`, the person whom the row names.
    """

    division_code: str
    key: Mapping[str, Any]
    values: Mapping[str, Any]
    row: Any = None
    secrets: Mapping[str, str] = field(default_factory=dict)
    subject: UUID | None = None
    source_row_id: int | None = None


def _counted_dwelling(row: Dwelling) -> Iterator[Delta]:
    yield Delta(row.division_code, counters.DWELLINGS, 1, row.safety_grade, row.is_sample)


def _counted_tag(row: PolicyTag) -> Iterator[Delta]:
    if row.person_id is not None and row.until is None:
        yield Delta(row.division_code, counters.TAGGED_PERSONS, 1, row.tag, row.is_sample)


DWELLINGS: Final = RecordTable(
    Dwelling,
    "register.dwelling",
    ("structure", "storeys", "area_m2", "homestead_m2", "built_year", "safety_grade", "is_vacant", "certificate_no",
     "extra"),
    _counted_dwelling,
)  # fmt: skip
PARCELS: Final = RecordTable(
    ContractedParcel,
    "register.contractedparcel",
    ("household_id", "name", "contract_no", "use", "contract_mu", "measured_mu", "since", "until", "transfer",
     "transferred_mu", "transferred_to", "transfer_fen_per_mu", "boundaries", "extra"),
)  # fmt: skip
CROPS: Final = RecordTable(CropRecord, "register.croprecord", ("area_mu", "output_kg", "sales_fen", "extra"))
LIVESTOCK: Final = RecordTable(
    LivestockRecord, "register.livestockrecord", ("kept", "sold", "sales_fen", "extra")
)
INCOMES: Final = RecordTable(
    IncomeRecord,
    "register.incomerecord",
    ("wages_fen", "business_fen", "transfer_fen", "property_fen", "expenses_fen", "stated_per_person_fen", "extra"),
)  # fmt: skip
EMPLOYMENTS: Final = RecordTable(
    Employment,
    "register.employment",
    ("place", "industry", "job", "until", "months", "monthly_wage_fen", "channel", "extra"),
)
TAGS: Final = RecordTable(PolicyTag, "register.policytag", ("detail", "since", "until"), _counted_tag)


def write_records(*, writing: Writing, table: RecordTable, writes: Sequence[RecordWrite]) -> list[int]:
    """Write records; returns their ids in order. Must run in a transaction that took `lock_changes` first."""
    log, deltas = ChangeLog(), list[Delta]()
    changed: list[ScopedRow] = []
    fresh: list[RecordWrite] = []
    secrets: dict[UUID, dict[str, str]] = {}
    for write in writes:
        if write.secrets and write.subject is not None:
            secrets.setdefault(write.subject, {}).update(write.secrets)
        if write.row is None:
            home = writing.home(write.division_code, write.source_row_id)
            write.row = table.model(**write.key, **write.values, **home)
            fresh.append(write)
            continue
        before = list(table.counted(write.row))
        if set_fields(write.row, write.values, log, table.kind, write.source_row_id):
            writing.touch(write.row)
            changed.append(write.row)
            deltas += [*_signed(before, -1), *table.counted(write.row)]
    writing.save(table.model, changed, (*table.fields, "row_version", "updated_at"))
    writing.create(table.model, [write.row for write in fresh])
    for write in fresh:
        log.created(table.kind, write.row.pk, write.source_row_id)
        deltas += table.counted(write.row)
    if secrets:
        writing.put_secrets(secrets, ())
    writing.book(deltas, log)
    return [write.row.pk for write in writes]


def end_records(
    *, writing: Writing, table: RecordTable, ids: Mapping[int, int | None], on: date
) -> list[int]:
    """End records from a day on; `ids` come with the staged row that says so. Returns those that were still open."""
    log, deltas = ChangeLog(), list[Delta]()
    wanted = list(ids)
    ended: list[Any] = []
    for start in range(0, len(wanted), _LOOK_UP):
        rows = table.model.objects.unscoped(_WHY).filter(pk__in=wanted[start : start + _LOOK_UP])
        for row in rows:
            until = max(on, row.since) if row.since is not None else on
            if row.until is not None and row.until <= until:
                continue
            deltas += _signed(table.counted(row), -1)
            log.changed(table.kind, row.pk, "until", row.until, until, ids[row.pk])
            row.until = until
            writing.touch(row)
            deltas += table.counted(row)
            ended.append(row)
    writing.save(table.model, ended, ("until", "row_version", "updated_at"))
    writing.book(deltas, log)
    return [row.pk for row in ended]


def _signed(deltas: Iterable[Delta], sign: int) -> list[Delta]:
    return [
        Delta(one.division_code, one.figure, sign * one.amount, one.dimension, one.is_sample)
        for one in deltas
    ]
