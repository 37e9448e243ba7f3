"""Batches: plates planned in one go for a village, a grid, a villager group, or for the flats of a community."""

import traceback
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from xiaoyuan.audit.actions import record_audit
from xiaoyuan.audit.actors import Actor
from xiaoyuan.doorplates.actions import create_plates, lock_county
from xiaoyuan.doorplates.choices import WorkState
from xiaoyuan.doorplates.errors import DoorplateError, FlatsRefused, TooWide
from xiaoyuan.doorplates.models import Doorplate, PlateBatch
from xiaoyuan.doorplates.queries import courtyards_without_plate
from xiaoyuan.doorplates.workflow import LIVE
from xiaoyuan.lib import divisions
from xiaoyuan.lib.flat_numbers import Flat
from xiaoyuan.register.models import Courtyard, Grid

KIND: Final = "doorplates.platebatch"
MOST_FLATS: Final = 3000
"""Flats in one batch: a community of thirty houses of a hundred flats."""
GIVEN_UP_AFTER: Final = timedelta(hours=1)
_SLICE: Final = 500
_WHY: Final = "the batch was reached through access"
logger = structlog.get_logger("xiaoyuan.doorplates")


def open_batch(
    *,
    county_id: int,
    division_code: str,
    is_sample: bool,
    name: str,
    actor: Actor,
    now: datetime,
    group: str = "",
    grid: Grid | None = None,
    courtyard: Courtyard | None = None,
    flats: Sequence[Flat] = (),
) -> PlateBatch:
    """Write down what a batch shall hold; `make_batch` plans its plates.

    Without flats: a plate for each courtyard of the division (of its villager group, its grid) that has none. With
    flats: one for each of them at `courtyard`. Raises `TooWide` above a county and `FlatsRefused`.
    """
    code = divisions.normalise(division_code)
    if divisions.county_of(code) is None:
        raise TooWide(code)
    if bool(flats) != (courtyard is not None) or len(flats) > MOST_FLATS:
        raise FlatsRefused(
            _("Choose the community, and at most %(most)d of its flats at a time.") % {"most": MOST_FLATS}
        )
    with transaction.atomic():
        batch: PlateBatch = PlateBatch.objects.create(
            county_id=county_id,
            division_code=code,
            is_sample=is_sample,
            created_at=now,
            updated_at=now,
            name=" ".join(name.split())[:80],
            group=group.strip()[:40],
            grid=grid,
            courtyard=courtyard,
            flats=[[flat.building, flat.unit, flat.room] for flat in flats],
            by_user_id=actor.user_id,
            by_label=actor.label[:150],
        )
        record_audit(
            actor=actor,
            now=now,
            action="doorplates.batch",
            county_id=county_id,
            object_kind=KIND,
            object_id=batch.pk,
            detail={"division": code, "flats": len(flats)},
        )
    return batch


def make_batch(batch_id: int, *, now: datetime) -> int:
    """Plan the plates of a batch in slices of 500; returns how many were planned now.

    Interrupted work goes on where it stopped; a fault is written down as a sentence.
    """
    batch = _claim(batch_id, now)
    if batch is None:
        return 0
    actor = Actor(batch.by_user_id, batch.by_label)
    made = 0
    try:
        total = len(batch.flats) if batch.courtyard_id else _waiting(batch).count()
        _tell(batch, progress_total=batch.progress_done + total)
        for start in range(0, max(len(batch.flats), 1), _SLICE) if batch.courtyard_id else ():
            made += _plan_flats(batch, batch.flats[start : start + _SLICE], actor, now)
            _tell(batch, progress_done=min(start + _SLICE, len(batch.flats)))
        while not batch.courtyard_id and (slice_made := _plan_courtyards(batch, actor, now)):
            made += slice_made
            batch.progress_done += slice_made
            _tell(batch, progress_done=batch.progress_done)
    except DoorplateError as refusal:
        _tell(batch, state=WorkState.FAILED, failure=str(refusal)[:300])
    except Exception as fault:
        where = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(fault.__traceback__)[-8:]]
        logger.error("plate_batch_failed", batch=batch_id, kind=type(fault).__name__, where=where)
        _tell(
            batch, state=WorkState.FAILED, failure=_("The plates could not be planned. The fault was logged.")
        )
    else:
        _tell(batch, state=WorkState.DONE, failure="")
    return made


def _claim(batch_id: int, now: datetime) -> PlateBatch | None:
    with transaction.atomic():
        rows = PlateBatch.objects.unscoped(_WHY).select_for_update(no_key=True)
        batch: PlateBatch | None = rows.filter(pk=batch_id).first()
        if batch is None or batch.state != WorkState.QUEUED:
            return None
        if batch.started_at is not None and batch.started_at > now - GIVEN_UP_AFTER:
            return None
        batch.started_at = now
        batch.save(update_fields=["started_at"])
        return batch


def _waiting(batch: PlateBatch) -> "QuerySet[Any]":
    rows = courtyards_without_plate(batch.division_code).filter(
        county_id=batch.county_id, is_sample=batch.is_sample
    )
    if batch.grid is not None:
        rows = rows.filter(Q(grid=batch.grid) | Q(division_code=batch.grid.code))
    return rows.filter(group=batch.group) if batch.group else rows


@transaction.atomic
def _plan_courtyards(batch: PlateBatch, actor: Actor, now: datetime) -> int:
    lock_county(batch.county_id)
    courtyards = list(_waiting(batch).only("division_code", "is_sample", "county_id")[:_SLICE])
    plates = create_plates(
        batch.county_id, [(courtyard, Flat()) for courtyard in courtyards], batch=batch, actor=actor, now=now
    )
    return len(plates)


@transaction.atomic
def _plan_flats(batch: PlateBatch, flats: Sequence[Sequence[str]], actor: Actor, now: datetime) -> int:
    lock_county(batch.county_id)
    rows = Doorplate.objects.unscoped(_WHY).filter(courtyard_id=batch.courtyard_id, state__in=LIVE)
    there = set(rows.values_list("building", "unit", "room"))
    wanted = [Flat(*flat) for flat in flats if tuple(flat) not in there]
    courtyard = Courtyard.objects.unscoped(_WHY).get(pk=batch.courtyard_id)
    plates = create_plates(
        batch.county_id, [(courtyard, flat) for flat in wanted], batch=batch, actor=actor, now=now
    )
    return len(plates)


def _tell(batch: PlateBatch, **values: object) -> None:
    PlateBatch.objects.unscoped(_WHY).filter(pk=batch.pk).update(**values)
