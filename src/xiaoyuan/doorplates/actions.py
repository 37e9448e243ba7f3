"""Every write of doorplates: issuing, printing, each step of a plate's life, revoking and replacing."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from xiaoyuan.audit.actions import Change, record_audit, record_changes
from xiaoyuan.audit.actors import Actor
from xiaoyuan.audit.models import Operation
from xiaoyuan.doorplates.choices import PlateState
from xiaoyuan.doorplates.counters import PLATES
from xiaoyuan.doorplates.errors import OutOfPlateNumbers, PlateReasonNeeded, StepRefused, TooWide
from xiaoyuan.doorplates.models import Doorplate, PlateBatch
from xiaoyuan.doorplates.queries import courtyards_without_plate, last_plate_number
from xiaoyuan.doorplates.tokens import hash_token, new_token, sealing_name, sealing_subject
from xiaoyuan.doorplates.workflow import ENDED, Step, target
from xiaoyuan.figures.actions import Delta, record
from xiaoyuan.lib import divisions, plate_code
from xiaoyuan.lib.flat_numbers import Flat
from xiaoyuan.register.errors import RowChanged
from xiaoyuan.register.models import County, Courtyard
from xiaoyuan.vault.actions import seal_blobs

OBJECT_KIND: Final = "doorplates.doorplate"
_BATCH: Final = 1000
_LOCKED: Final = "the row was read through a scope; it is read again under a lock"


def issue_plates(
    *, division_code: str, actor: Actor, now: datetime, on_progress: Callable[[int], None] | None = None
) -> int:
    """Plan one plate for each courtyard of a division and below that has none live; returns how many.

    Done again, nothing changes. Works in transactions of 1,000 plates, so that an interrupted run goes on where
    it stopped. Raises `TooWide` above county level and `OutOfPlateNumbers`.
    """
    code = divisions.normalise(division_code)
    if divisions.county_of(code) is None:
        raise TooWide(code)
    waiting = courtyards_without_plate(code)
    issued = 0
    for county_id in sorted(set(waiting.order_by().values_list("county_id", flat=True))):
        while batch := _issue_batch(code, county_id, actor, now):
            issued += batch
            if on_progress is not None:
                on_progress(batch)
    return issued


@transaction.atomic
def _issue_batch(division_code: str, county_id: int, actor: Actor, now: datetime) -> int:
    lock_county(county_id)
    waiting = courtyards_without_plate(division_code).filter(county_id=county_id)
    courtyards: list[Courtyard] = list(waiting.only("division_code", "is_sample", "county_id")[:_BATCH])
    plates = create_plates(county_id, [(courtyard, Flat()) for courtyard in courtyards], actor=actor, now=now)
    if plates:
        record_audit(
            actor=actor,
            now=now,
            action="doorplates.issue",
            county_id=county_id,
            detail={"division": division_code, "plates": len(plates), "first": plates[0].code},
        )
    return len(plates)


def lock_county(county_id: int) -> None:
    """Let only one transaction at a time give out plate numbers of a county (SQLite has one writer anyway)."""
    County.objects.select_for_update(no_key=True).get(pk=county_id)


def create_plates(
    county_id: int,
    places: Sequence[tuple[Courtyard, Flat]],
    *,
    actor: Actor,
    now: datetime,
    batch: PlateBatch | None = None,
) -> list[Doorplate]:
    """Write plates for courtyards or flats in them, with change log and counter. The caller locked the county.

    Places of one village, its grids among them, stand beside each other. Raises `OutOfPlateNumbers`.
    """
    plates: list[Doorplate] = []
    for code, group in groupby(places, key=lambda place: place[0].division_code[:12]):
        members = list(group)
        first = last_plate_number(county_id, code) + 1
        if first + len(members) - 1 > plate_code.LARGEST_NUMBER:
            raise OutOfPlateNumbers(code)
        plates += [
            _planned(courtyard, flat, first + number, batch, now)
            for number, (courtyard, flat) in enumerate(members)
        ]
    if not plates:
        return []
    _give_tokens(county_id, plates, now)
    Doorplate.objects.bulk_create(plates, batch_size=_BATCH)
    record_changes(
        county_id=county_id,
        actor=actor,
        now=now,
        changes=[
            Change(
                OBJECT_KIND,
                plate.pk,
                Operation.CREATE,
                after={
                    "code": plate.code,
                    "courtyard": plate.courtyard_id,
                    "state": plate.state,
                    **({"flat": plate.flat.text} if plate.building else {}),
                },
            )
            for plate in plates
        ],
    )
    _count(county_id, now, ((plate, plate.state, 1) for plate in plates))
    return plates


def _planned(
    courtyard: Courtyard, flat: Flat, number: int, batch: PlateBatch | None, now: datetime
) -> Doorplate:
    return Doorplate(
        county_id=courtyard.county_id,
        division_code=courtyard.division_code,
        is_sample=courtyard.is_sample,
        created_at=now,
        updated_at=now,
        courtyard_id=courtyard.pk,
        code=plate_code.make(courtyard.division_code[:12], number),
        state=PlateState.PLANNED,
        building=flat.building,
        unit=flat.unit,
        room=flat.room,
        batch=batch,
    )


def _give_tokens(county_id: int, plates: Sequence[Doorplate], now: datetime) -> None:
    """Set a fresh token on each plate: its hash, and itself sealed under the plate's own name."""
    tokens = [new_token() for _plate in plates]
    sealed = seal_blobs(
        county_id=county_id,
        subject=sealing_subject(county_id),
        contents=[
            (sealing_name(plate.code), token.encode()) for plate, token in zip(plates, tokens, strict=True)
        ],
        now=now,
    )
    for plate, token, ciphertext in zip(plates, tokens, sealed, strict=True):
        plate.token_hash, plate.token_sealed = hash_token(token), ciphertext


def advance_plate(
    *,
    plate: Doorplate,
    step: Step,
    actor: Actor,
    now: datetime,
    reason: str = "",
    row_version: int | None = None,
) -> Doorplate:
    """Take one step of the workflow table; returns the plate as it is then.

    With `row_version` raises `RowChanged` when the plate changed since it was read. Raises `StepRefused` when the
    state, read under a lock, does not allow the step, and `PlateReasonNeeded` when a plate would end without one:
    use `revoke_plate` and `replace_plate`.
    """
    with transaction.atomic():
        current: Doorplate = (
            Doorplate.objects.unscoped(_LOCKED).select_for_update(no_key=True).get(pk=plate.pk)
        )
        if row_version is not None and current.row_version != row_version:
            raise RowChanged
        reached = target(current.state, step)
        if reached is None:
            raise StepRefused(str(PlateState(current.state).label), str(step.label))
        if reached in ENDED and not reason.strip():
            raise PlateReasonNeeded
        changed = _take_step([current], step, reached, actor=actor, now=now)
        record_audit(
            actor=actor,
            now=now,
            action=f"doorplates.{step}",
            county_id=current.county_id,
            object_kind=OBJECT_KIND,
            object_id=current.pk,
            reason=reason.strip()[:300],
        )
    return changed[0]


def revoke_plate(
    *, plate: Doorplate, reason: str, actor: Actor, now: datetime, row_version: int | None = None
) -> Doorplate:
    """End a plate: its token opens nothing from now on and can never be read again.

    Raises `PlateReasonNeeded`, `StepRefused` or, with `row_version`, `RowChanged`.
    """
    if not reason.strip():
        raise PlateReasonNeeded
    return advance_plate(
        plate=plate, step=Step.REVOKE, actor=actor, now=now, reason=reason, row_version=row_version
    )


def replace_plate(
    *, plate: Doorplate, reason: str, actor: Actor, now: datetime, row_version: int | None = None
) -> Doorplate:
    """End a plate and plan a new one with a fresh token for its place; returns the new one.

    Raises `PlateReasonNeeded`, `StepRefused` or, with `row_version`, `RowChanged`.
    """
    if not reason.strip():
        raise PlateReasonNeeded
    with transaction.atomic():
        lock_county(plate.county_id)
        ended = advance_plate(
            plate=plate, step=Step.REPLACE, actor=actor, now=now, reason=reason, row_version=row_version
        )
        fresh = create_plates(ended.county_id, [(ended.courtyard, ended.flat)], actor=actor, now=now)[0]
        ended.successor = fresh
        ended.save(update_fields=["successor"])
    return fresh


def mark_printed(*, plates: Sequence[Doorplate], actor: Actor, now: datetime) -> int:
    """Mark the plates of one sheet printed; all or none. Raises `StepRefused` when one changed meanwhile."""
    with transaction.atomic():
        ids = [plate.pk for plate in plates]
        rows: list[Doorplate] = []
        for start in range(0, len(ids), 500):
            part = Doorplate.objects.unscoped(_LOCKED).filter(pk__in=ids[start : start + 500])
            rows += part.select_for_update(no_key=True).order_by("county_id", "pk")
        for row in rows:
            if target(row.state, Step.PRINT) is None:
                raise StepRefused(str(PlateState(row.state).label), str(Step.PRINT.label))
        _take_step(rows, Step.PRINT, PlateState.PRINTED, actor=actor, now=now)
        for county_id, members in groupby(rows, key=lambda row: row.county_id):
            codes = sorted(row.code for row in members)
            record_audit(
                actor=actor,
                now=now,
                action="doorplates.print",
                county_id=county_id,
                detail={"plates": len(codes), "first": codes[0], "last": codes[-1]},
            )
    return len(rows)


def _take_step(
    rows: Sequence[Doorplate], step: Step, reached: PlateState, *, actor: Actor, now: datetime
) -> list[Doorplate]:
    """Write the new state of locked rows with change log and counter."""
    before = {row.pk: row.state for row in rows}
    for row in rows:
        row.state, row.updated_at, row.row_version = reached, now, row.row_version + 1
        if step is Step.PRINT:
            row.printed_at = now
        if reached in ENDED:
            # The hash stays, so that the number is never given out again; the token itself is gone.
            row.revoked_at, row.token_sealed = now, b""
    fields = ["state", "updated_at", "row_version", "printed_at", "revoked_at", "token_sealed"]
    Doorplate.objects.bulk_update(rows, fields, batch_size=200)
    for county_id, members in groupby(rows, key=lambda row: row.county_id):
        moved = [row for row in members if before[row.pk] != reached]
        record_changes(
            county_id=county_id,
            actor=actor,
            now=now,
            changes=[
                Change(OBJECT_KIND, row.pk, Operation.UPDATE, "state", before[row.pk], str(reached))
                for row in moved
            ],
        )
        _count(
            county_id,
            now,
            (change for row in moved for change in ((row, before[row.pk], -1), (row, str(reached), 1))),
        )
    return list(rows)


def _count(county_id: int, now: datetime, changes: Iterable[tuple[Doorplate, Any, int]]) -> None:
    sums: Counter[tuple[str, str, bool]] = Counter()
    for plate, state, amount in changes:
        sums[(plate.division_code, str(state), plate.is_sample)] += amount
    record(
        county_id=county_id,
        day=timezone.localdate(now),
        deltas=[
            Delta(code, PLATES, amount, state, is_sample) for (code, state, is_sample), amount in sums.items()
        ],
    )
