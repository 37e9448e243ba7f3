"""Writing business entities and observations in bulk: rows, vault, change log and figure deltas in one transaction."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from xiaoyuan.figures.actions import Delta
from xiaoyuan.register import counters
from xiaoyuan.register.actions.changes import ChangeLog, Writing, set_fields
from xiaoyuan.register.models import BusinessEntity, Observation, ScopedRow

ENTITY: Final = "register.businessentity"
OBSERVATION: Final = "register.observation"
ENTITY_FIELDS: Final = (
    "kind", "industry", "contact_name", "area_mu", "workers", "output_fen", "founded_on", "extra",
)  # fmt: skip
OBSERVATION_FIELDS: Final = ("value", "text_value", "indicator_name", "unit", "entered_by", "extra")
_INDEXED: Final = ("phone",)


@dataclass
class RowWrite:
    """A row as it is to be: its key, the values that are stated, the vault's values, and the row it is now, if any."""

    division_code: str
    key: Mapping[str, Any]
    values: Mapping[str, Any]
    secrets: Mapping[str, str] = field(default_factory=dict)
    row: Any = None
    source_row_id: int | None = None


def write_business_entities(*, writing: Writing, writes: Sequence[RowWrite]) -> list[int]:
    """Write entities; returns their ids in order. Must run in a transaction that took `lock_changes` first."""
    deltas: list[Delta] = []
    for write in writes:
        if write.row is not None:
            deltas += _counted(write.row, -1)
    log = ChangeLog()
    secrets: dict[uuid.UUID, Mapping[str, str]] = {}
    _write(BusinessEntity, ENTITY, (*ENTITY_FIELDS, "contact_uid"), writing, writes, log, secrets)
    if secrets:
        writing.put_secrets(secrets, _INDEXED)
    for write in writes:
        deltas += _counted(write.row, 1)
    writing.book(deltas, log)
    return [write.row.pk for write in writes]


def write_observations(*, writing: Writing, writes: Sequence[RowWrite]) -> list[int]:
    """Write observations; returns their ids in order. Must run in a transaction that took `lock_changes` first."""
    log = ChangeLog()
    _write(Observation, OBSERVATION, OBSERVATION_FIELDS, writing, writes, log, {})
    writing.book((), log)
    return [write.row.pk for write in writes]


def _counted(entity: BusinessEntity, sign: int) -> Iterator[Delta]:
    """Yield what an entity adds to the figures, as `register.figures` counts it."""
    code, is_sample = entity.division_code, entity.is_sample
    yield Delta(code, counters.BUSINESS_ENTITIES, sign, entity.kind, is_sample)
    if entity.workers is not None:
        yield Delta(code, counters.BUSINESS_WORKERS, sign * entity.workers, "", is_sample)
    if entity.output_fen is not None:
        yield Delta(code, counters.BUSINESS_OUTPUT, sign * entity.output_fen, "", is_sample)


def _write(
    model: type[ScopedRow],
    kind: str,
    fields: Iterable[str],
    writing: Writing,
    writes: Sequence[RowWrite],
    log: ChangeLog,
    secrets: dict[uuid.UUID, Mapping[str, str]],
) -> None:
    changed: list[ScopedRow] = []
    fresh: list[RowWrite] = []
    for write in writes:
        if write.row is None:
            write.row = model(
                **write.key, **write.values, **writing.home(write.division_code, write.source_row_id)
            )
            fresh.append(write)
            has_changed = False
        else:
            has_changed = set_fields(write.row, write.values, log, kind, write.source_row_id)
            for name in write.secrets:
                log.changed(kind, write.row.pk, name, None, None, write.source_row_id)
                has_changed = True
        if write.secrets:
            write.row.contact_uid = write.row.contact_uid or uuid.uuid4()
            secrets[write.row.contact_uid] = write.secrets
        if has_changed:
            writing.touch(write.row)
            changed.append(write.row)
    writing.create(model, [write.row for write in fresh])
    for write in fresh:
        log.created(kind, write.row.pk, write.source_row_id)
    writing.save(model, changed, (*fields, "row_version", "updated_at"))
