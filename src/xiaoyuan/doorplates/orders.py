"""Orders for a sign maker: placing, making the files, fetching them, delivery, calling off, expiry."""

import traceback
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from xiaoyuan.audit.actions import record_audit
from xiaoyuan.audit.actors import SYSTEM, Actor
from xiaoyuan.doorplates.actions import lock_county, mark_printed
from xiaoyuan.doorplates.choices import OrderState, PlateSize, PlateState
from xiaoyuan.doorplates.errors import (
    DoorplateError,
    FilesGone,
    NothingToOrder,
    OrderStateRefused,
    PlatesEnded,
    PlatesOnOrder,
    PlatesWithoutAddress,
    StepRefused,
    TooManyPlates,
)
from xiaoyuan.doorplates.models import Doorplate, OrderedPlate, PlateBatch, PrintOrder
from xiaoyuan.doorplates.order_files import write_files
from xiaoyuan.doorplates.print_job import MOST_A_JOB, faces_of
from xiaoyuan.doorplates.printing import check_base_url
from xiaoyuan.doorplates.queries import addresses_of
from xiaoyuan.doorplates.sizes import MEASURES
from xiaoyuan.doorplates.workflow import ENDED, PRINTABLE, Step
from xiaoyuan.register.errors import RowChanged
from xiaoyuan.vault.actions import erase_subject
from xiaoyuan.vault.errors import VaultError
from xiaoyuan.vault.files import forget_file, open_file, scratch_folder, seal_file

KIND: Final = "doorplates.printorder"
KEPT_FOR: Final = timedelta(days=7)
"""How long files that hold the plates' tokens may be fetched."""
GIVEN_UP_AFTER: Final = timedelta(hours=1)
"""After this an order that a worker began and did not finish is begun anew."""
OPEN: Final = (OrderState.QUEUED, OrderState.READY, OrderState.FAILED)
_WHY: Final = "the plates were reached through their order or batch"
logger = structlog.get_logger("xiaoyuan.doorplates")


def place_order(
    *,
    plate_ids: Sequence[int],
    size: PlateSize,
    division_code: str,
    actor: Actor,
    now: datetime,
    batch: PlateBatch | None = None,
    words: str = "",
) -> PrintOrder:
    """Order plates of one county in one size; their files are made by `make_order`, and nothing is printed yet.

    Raises `NothingToOrder`, `TooManyPlates`, `PlatesEnded`, `PlatesOnOrder`, `PlatesWithoutAddress`, `StepRefused`,
    `PlateAddressUnusable`.
    """
    ids = sorted(set(plate_ids))
    if not ids:
        raise NothingToOrder
    if len(ids) > MOST_A_JOB:
        raise TooManyPlates(MOST_A_JOB)
    with transaction.atomic():
        plates = plates_by_id(ids)
        if not plates:
            raise NothingToOrder
        lock_county(plates[0].county_id)
        _check_makeable(plates)
        ordered = OrderedPlate.objects.filter(order__state__in=OPEN, order__county_id=plates[0].county_id)
        taken = set(ordered.values_list("plate_id", flat=True))
        if twice := [plate.readable_code for plate in plates if plate.pk in taken]:
            raise PlatesOnOrder(twice)
        check_base_url(settings.PLATE_BASE_URL, is_for_use=_is_for_use(plates))
        highest = PrintOrder.objects.unscoped("numbers count in the county").filter(
            county_id=plates[0].county_id
        )
        order = PrintOrder.objects.create(
            county_id=plates[0].county_id,
            division_code=division_code,
            is_sample=all(plate.is_sample for plate in plates),
            created_at=now,
            updated_at=now,
            number=(highest.aggregate(most=Max("number"))["most"] or 0) + 1,
            size=size,
            batch=batch,
            words=" ".join(words.split())[:200],
            plate_count=len(plates),
            by_user_id=actor.user_id,
            by_label=actor.label[:150],
        )
        OrderedPlate.objects.bulk_create([OrderedPlate(order=order, plate=plate) for plate in plates])
        _log(order, "order", actor, now)
    return order


def plates_by_id(ids: Sequence[int]) -> list[Doorplate]:
    """Return plates with their courtyards in the order of their codes."""
    found: list[Doorplate] = []
    for start in range(0, len(ids), 500):
        rows = Doorplate.objects.unscoped(_WHY).filter(pk__in=ids[start : start + 500])
        found += rows.select_related("courtyard")
    return sorted(found, key=lambda plate: plate.code)


def _check_makeable(plates: Sequence[Doorplate]) -> None:
    """Raise for plates out of use, for such as hang whole, and for those without an address."""
    if ended := [plate.readable_code for plate in plates if plate.state in ENDED]:
        raise PlatesEnded(ended)
    for plate in plates:
        if plate.state not in PRINTABLE:
            raise StepRefused(str(PlateState(plate.state).label), str(Step.PRINT.label))
    known = addresses_of(plate.courtyard_id for plate in plates)
    if without := sorted({plate.courtyard.code for plate in plates if plate.courtyard_id not in known}):
        raise PlatesWithoutAddress(without)


def _is_for_use(plates: Sequence[Doorplate]) -> bool:
    return not (settings.IS_DEMO or all(plate.is_sample for plate in plates))


def make_order(order_id: int, *, now: datetime) -> None:
    """Make and seal the files of an order that waits for them; a fault is written down as a sentence."""
    order = _claim(order_id, now)
    if order is None:
        return
    try:
        _make(order, now)
    except (DoorplateError, VaultError) as refusal:
        _fail(order, str(refusal), now)
    except Exception as fault:
        # Where it happened, not what it says: a message might hold a token.
        where = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(fault.__traceback__)[-8:]]
        logger.error("plate_order_failed", order=order_id, kind=type(fault).__name__, where=where)
        _fail(order, _("The files could not be made. The fault was logged; tell your operator."), now)


def _claim(order_id: int, now: datetime) -> PrintOrder | None:
    with transaction.atomic():
        order: PrintOrder | None = _locked(order_id)
        if order is None or order.state != OrderState.QUEUED:
            return None
        if order.started_at is not None and order.started_at > now - GIVEN_UP_AFTER:
            return None  # two workers on the same files would tear them
        order.started_at = now
        order.save(update_fields=["started_at"])
        return order


def _locked(order_id: int) -> PrintOrder | None:
    rows = PrintOrder.objects.unscoped("the order was reached through access").select_for_update(no_key=True)
    found: PrintOrder | None = rows.filter(pk=order_id).first()
    return found


def _make(order: PrintOrder, now: datetime) -> None:
    plates = plates_by_id(list(order.lines.values_list("plate_id", flat=True)))
    _check_makeable(plates)
    check_base_url(settings.PLATE_BASE_URL, is_for_use=_is_for_use(plates))
    faces = faces_of(plates, addresses_of(plate.courtyard_id for plate in plates), settings.PLATE_BASE_URL)
    stem = f"doorplates-{order.county.code}-{order.number:05d}"
    files: list[dict[str, Any]] = []
    with scratch_folder() as folder:
        for made in write_files(
            Path(folder), faces, MEASURES[order.size], stem=stem, tick=lambda done: _tick(order, done)
        ):
            with made.path.open("rb") as source:
                seal_file(
                    county_id=order.county_id, subject=order.subject, name=made.key, source=source, now=now
                )
            made.path.unlink()
            files.append({"key": made.key, "name": made.name, "size": made.size, "sha256": made.sha256})
    with transaction.atomic():
        current = _locked(order.pk)
        if current is None or current.state != OrderState.QUEUED:  # called off meanwhile
            _forget([file["key"] for file in files], order.subject)
            return
        current.files, current.state, current.failure = files, OrderState.READY, ""
        current.made_at, current.expires_at, current.progress_done = now, now + KEPT_FOR, len(plates)
        _touch(current, now)
        current.save()
        _log(current, "order_files", SYSTEM, now)


def _tick(order: PrintOrder, done: int) -> None:
    PrintOrder.objects.unscoped("its own progress").filter(pk=order.pk).update(progress_done=done)


def _fail(order: PrintOrder, sentence: str, now: datetime) -> None:
    PrintOrder.objects.unscoped("its own failure").filter(pk=order.pk, state=OrderState.QUEUED).update(
        state=OrderState.FAILED, failure=sentence[:300], started_at=None, updated_at=now
    )


def make_again(*, order: PrintOrder, row_version: int, actor: Actor, now: datetime) -> PrintOrder:
    """Ask for the files of an order once more: they failed, or their time is over. Raises `OrderStateRefused`."""
    with transaction.atomic():
        current = _current(order, row_version, OPEN)
        if current.state == OrderState.READY and current.files:
            raise OrderStateRefused(str(current.get_state_display()))
        current.state, current.failure, current.started_at = OrderState.QUEUED, "", None
        current.progress_done = 0
        _touch(current, now)
        current.save()
        _log(current, "order_again", actor, now)
    return current


def fetch_file(*, order: PrintOrder, key: str, actor: Actor, now: datetime) -> Iterator[bytes]:
    """Return a file's bytes, block by block; the log is written first. Raises `FilesGone`."""
    file = next((one for one in order.files if one["key"] == key), None)
    if file is None or order.expires_at is None or order.expires_at <= now:
        raise FilesGone
    _log(order, "order_download", actor, now, file=key, sha256=file["sha256"])
    return open_file(county_id=order.county_id, subject=order.subject, name=key)


def mark_delivered(
    *, order: PrintOrder, row_version: int, actor: Actor, now: datetime
) -> tuple[int, list[str]]:
    """Write down that the maker delivered: plates become printed, the files are removed.

    Returns how many plates are printed now and the codes of those that ended meanwhile, whose metal is to be
    destroyed. Raises `OrderStateRefused` and `RowChanged`.
    """
    with transaction.atomic():
        current = _current(order, row_version, (OrderState.READY,))
        plates = plates_by_id(list(current.lines.values_list("plate_id", flat=True)))
        fresh = [plate for plate in plates if plate.state in PRINTABLE]
        if fresh:
            mark_printed(plates=fresh, actor=actor, now=now)
        current.state, current.delivered_at = OrderState.DELIVERED, now
        current.delivered_by = actor.label[:150]
        _close(current, actor, now, "delivered")
    return len(fresh), [plate.readable_code for plate in plates if plate.state in ENDED]


def cancel_order(*, order: PrintOrder, row_version: int, actor: Actor, now: datetime) -> PrintOrder:
    """Call an order off; its plates may be ordered anew. Raises `OrderStateRefused` and `RowChanged`."""
    with transaction.atomic():
        current = _current(order, row_version, OPEN)
        current.state = OrderState.CANCELLED
        _close(current, actor, now, "cancelled")
    return current


def expire_orders(*, now: datetime) -> int:
    """Remove the files whose time is over, key and all; returns of how many orders."""
    due = PrintOrder.objects.unscoped("files expire everywhere").filter(
        state=OrderState.READY, expires_at__lte=now
    )
    expired = 0
    for pk in list(due.exclude(files=[]).values_list("pk", flat=True)):
        with transaction.atomic():
            order = _locked(pk)
            if order is None or order.state != OrderState.READY or not order.files:
                continue
            _remove_files(order, SYSTEM, now, "print files expired")
            _touch(order, now)
            order.save()
            _log(order, "order_expire", SYSTEM, now)
        expired += 1
    return expired


def _current(order: PrintOrder, row_version: int, states: Sequence[OrderState]) -> PrintOrder:
    current = _locked(order.pk)
    if current is None or current.row_version != row_version:
        raise RowChanged
    if current.state not in states:
        raise OrderStateRefused(str(current.get_state_display()))
    return current


def _close(order: PrintOrder, actor: Actor, now: datetime, step: str) -> None:
    """Tokens lie nowhere longer than the maker needs them."""
    _remove_files(order, actor, now, f"print order {step}")
    _touch(order, now)
    order.save()
    _log(order, f"order_{step}", actor, now)


def _remove_files(order: PrintOrder, actor: Actor, now: datetime, reason: str) -> None:
    keys, subject = [file["key"] for file in order.files], order.subject
    if keys:
        erase_subject(county_id=order.county_id, subject=subject, actor=actor, reason=reason, now=now)
        transaction.on_commit(lambda: _forget(keys, subject))
        order.subject = uuid4()  # the destroyed key seals nothing any more: files made again need another one
    order.files = []


def _forget(keys: Sequence[str], subject: UUID) -> None:
    for key in keys:
        forget_file(subject=subject, name=key)


def _touch(order: PrintOrder, now: datetime) -> None:
    order.row_version += 1
    order.updated_at = now


def _log(order: PrintOrder, step: str, actor: Actor, now: datetime, **detail: Any) -> None:
    record_audit(
        actor=actor,
        now=now,
        action=f"doorplates.{step}",
        county_id=order.county_id,
        object_kind=KIND,
        object_id=order.pk,
        detail={"number": order.number, "size": str(order.size), "plates": order.plate_count, **detail},
    )
