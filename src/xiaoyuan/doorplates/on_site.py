"""What is done in front of the door: hanging a plate, verifying it, reporting damage, binding an official code."""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from xiaoyuan.attachments.actions import bind
from xiaoyuan.audit.actions import Change, record_audit, record_changes
from xiaoyuan.audit.actors import Actor
from xiaoyuan.audit.models import Operation
from xiaoyuan.doorplates.actions import OBJECT_KIND, advance_plate
from xiaoyuan.doorplates.errors import OfficialCodeRefused, PlaceRefused
from xiaoyuan.doorplates.models import Doorplate, OfficialCodeAlias, PlateInstallation
from xiaoyuan.doorplates.workflow import Step
from xiaoyuan.register.errors import RowChanged

INSTALLATION_KIND: Final = "doorplates.installation"
_LONGEST_CODE: Final = 40


@transaction.atomic
def install_plate(
    *,
    plate: Doorplate,
    row_version: int,
    lon: float,
    lat: float,
    accuracy_m: float | None = None,
    attachment_ids: Sequence[UUID] = (),
    actor: Actor,
    now: datetime,
) -> Doorplate:
    """Write down that a plate hangs at a place (degrees, CGCS2000); photos are optional. Returns the plate.

    Raises `PlaceRefused`, `RowChanged`, `StepRefused` and what `attachments.actions.bind` raises.
    """
    if not (_is_within(lon, 180) and _is_within(lat, 90)):
        raise PlaceRefused
    if accuracy_m is not None and not (math.isfinite(accuracy_m) and accuracy_m >= 0):
        raise PlaceRefused
    current = advance_plate(plate=plate, step=Step.INSTALL, actor=actor, now=now, row_version=row_version)
    hung = PlateInstallation.objects.create(
        county_id=current.county_id,
        division_code=current.division_code,
        is_sample=current.is_sample,
        created_at=now,
        updated_at=now,
        plate=current,
        lon=lon,
        lat=lat,
        accuracy_m=accuracy_m,
        by_user_id=actor.user_id,
        by_label=actor.label[:150],
    )
    record_changes(
        county_id=current.county_id,
        actor=actor,
        now=now,
        changes=[
            Change(
                INSTALLATION_KIND,
                hung.pk,
                Operation.CREATE,
                after={"plate": current.pk, "lon": lon, "lat": lat, "accuracy_m": accuracy_m},
            )
        ],
    )
    if attachment_ids:
        bind(
            public_ids=attachment_ids,
            object_kind=INSTALLATION_KIND,
            object_id=hung.pk,
            actor=actor,
            now=now,
        )
    return current


def verify_plate(*, plate: Doorplate, row_version: int, actor: Actor, now: datetime) -> Doorplate:
    """Write down that a plate was seen at its door. Raises `RowChanged` and `StepRefused`."""
    return advance_plate(plate=plate, step=Step.VERIFY, actor=actor, now=now, row_version=row_version)


@transaction.atomic
def report_damage(
    *,
    plate: Doorplate,
    row_version: int,
    words: str = "",
    attachment_ids: Sequence[UUID] = (),
    actor: Actor,
    now: datetime,
) -> Doorplate:
    """Write down that a plate is damaged, unreadable or gone. Raises `RowChanged` and `StepRefused`."""
    current = advance_plate(
        plate=plate, step=Step.REPORT_DAMAGE, actor=actor, now=now, reason=words, row_version=row_version
    )
    if attachment_ids:
        bind(public_ids=attachment_ids, object_kind=OBJECT_KIND, object_id=current.pk, actor=actor, now=now)
    return current


@transaction.atomic
def bind_official_code(
    *, plate: Doorplate, row_version: int, official_code: str, actor: Actor, now: datetime
) -> Doorplate:
    """Bind the code of the official plate at the same door, "" unbinds; former codes keep leading to the plate.

    Raises `OfficialCodeRefused` and `RowChanged`.
    """
    code = official_code.strip()
    if len(code) > _LONGEST_CODE or not code.isprintable():
        raise OfficialCodeRefused
    current: Doorplate = (
        Doorplate.objects.unscoped("the row was read through a scope; it is read again under a lock")
        .select_for_update(no_key=True)
        .get(pk=plate.pk)
    )
    if current.row_version != row_version:
        raise RowChanged
    if current.official_code == code:
        return current
    before, current.official_code = current.official_code, code
    if before:
        OfficialCodeAlias.objects.create(
            county_id=current.county_id,
            division_code=current.division_code,
            is_sample=current.is_sample,
            created_at=now,
            updated_at=now,
            plate=current,
            code=before,
            by_label=actor.label[:150],
        )
    current.row_version, current.updated_at = current.row_version + 1, now
    current.save(update_fields=["official_code", "row_version", "updated_at"])
    record_changes(
        county_id=current.county_id,
        actor=actor,
        now=now,
        changes=[Change(OBJECT_KIND, current.pk, Operation.UPDATE, "official_code", before, code)],
    )
    record_audit(
        actor=actor,
        now=now,
        action="doorplates.bind_official",
        county_id=current.county_id,
        object_kind=OBJECT_KIND,
        object_id=current.pk,
    )
    return current


def _is_within(degrees: float, most: float) -> bool:
    return math.isfinite(degrees) and -most <= degrees <= most
