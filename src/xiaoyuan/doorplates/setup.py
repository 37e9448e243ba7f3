"""What doorplates do when a sample is set up or taken out."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import shapely
from django.conf import settings

from xiaoyuan.audit.actors import Actor
from xiaoyuan.doorplates.actions import mark_printed, replace_plate, revoke_plate
from xiaoyuan.doorplates.batches import make_batch, open_batch
from xiaoyuan.doorplates.choices import OrderState, PlateSize
from xiaoyuan.doorplates.models import ClashDecision, Doorplate, PlateBatch, PrintOrder
from xiaoyuan.doorplates.on_site import bind_official_code, install_plate, report_damage, verify_plate
from xiaoyuan.doorplates.orders import make_order, mark_delivered, place_order
from xiaoyuan.lib.flat_numbers import Flat, flats_of
from xiaoyuan.register.models import County, Courtyard
from xiaoyuan.vault.actions import erase_subject
from xiaoyuan.vault.files import forget_file

_WHY: Final = "all sample rows go"
_SEED: Final = "plates of the sample"
_PRINTED, _HUNG, _VERIFIED, _ORDERED = 36, 28, 16, 12
"""Of the first plates of a village: so many are printed, of these so many hang, of these so many are verified."""
_METRE: Final = 1 / 111_320


def seed_sample(*, division_code: str, actor: Actor, now: datetime) -> int:
    """Give a village of the sample plates in every state of their life; done again, nothing changes.

    Returns how many plates took a step. Two plates hang at one door, so that the clash finder has something to find.
    """
    batches = PlateBatch.objects.unscoped(_SEED).filter(division_code=division_code)
    plates = list(
        Doorplate.objects.unscoped(_SEED)
        .filter(
            division_code__startswith=division_code,
            is_sample=True,
            building="",
            courtyard__wkb__isnull=False,
        )
        .select_related("courtyard")
        .order_by("code")[: _PRINTED + _ORDERED]
    )
    if batches.exists() or len(plates) < _PRINTED + _ORDERED:
        return 0
    began = now - timedelta(days=40)
    county = County.objects.get(code=division_code[:6])
    batch: PlateBatch = PlateBatch.objects.create(
        county=county,
        division_code=division_code,
        is_sample=True,
        created_at=began,
        updated_at=began,
        name="首批入户门牌",
        state="done",
        progress_done=len(plates),
        progress_total=len(plates),
        by_user_id=actor.user_id,
        by_label=actor.label,
    )
    Doorplate.objects.unscoped(_SEED).filter(pk__in=[plate.pk for plate in plates]).update(batch=batch)
    _print(plates[:_PRINTED], batch, actor, began)
    _hang(plates[:_HUNG], actor, began + timedelta(days=12))
    for plate in plates[:_VERIFIED]:
        row = _fresh(plate)
        verify_plate(plate=row, row_version=row.row_version, actor=actor, now=began + timedelta(days=20))
    _age(plates, actor, began + timedelta(days=30))
    if settings.PLATE_BASE_URL:
        order = place_order(
            plate_ids=[plate.pk for plate in plates[_PRINTED:]],
            size=PlateSize.MEDIUM,
            division_code=division_code,
            batch=batch,
            words="铝板，白字反光膜",
            actor=actor,
            now=now,
        )
        make_order(order.pk, now=now)
    _plan_flats(county, plates[-1].courtyard, actor, now)
    return len(plates)


def _fresh(plate: Doorplate) -> Doorplate:
    row: Doorplate = Doorplate.objects.unscoped(_SEED).select_related("courtyard").get(pk=plate.pk)
    return row


def _print(plates: Sequence[Doorplate], batch: PlateBatch, actor: Actor, now: datetime) -> None:
    """Let the sign maker have delivered; without an address for plates they are printed without an order."""
    if not settings.PLATE_BASE_URL:
        mark_printed(plates=plates, actor=actor, now=now)
        return
    order = place_order(
        plate_ids=[plate.pk for plate in plates],
        size=PlateSize.SMALL,
        division_code=batch.division_code,
        batch=batch,
        actor=actor,
        now=now,
    )
    PrintOrder.objects.unscoped(_SEED).filter(pk=order.pk).update(
        state=OrderState.READY, progress_done=len(plates), made_at=now
    )
    mark_delivered(order=order, row_version=1, actor=actor, now=now + timedelta(days=8))


def _hang(plates: Sequence[Doorplate], actor: Actor, now: datetime) -> None:
    """Hang plates at their courtyards, the last one at the door of the one before it."""
    for number, plate in enumerate(plates):
        row = _fresh(plate)
        at = plates[number - 1] if number == len(plates) - 1 else plate
        point = shapely.from_wkb(bytes(at.courtyard.wkb or b"")).representative_point()
        install_plate(
            plate=row,
            row_version=row.row_version,
            lon=round(point.x, 7),
            lat=round(point.y + (0.5 * _METRE if at is not plate else 0), 7),
            accuracy_m=4.0 + number % 5,
            actor=actor,
            now=now + timedelta(hours=number // 4),
        )


def _age(plates: Sequence[Doorplate], actor: Actor, now: datetime) -> None:
    """Damage, replace and revoke a few, and bind two codes of official plates, one of them changed since."""
    for plate, words in zip(plates[2:4], ("被货车撞弯", "二维码被油漆盖住"), strict=True):
        row = _fresh(plate)
        report_damage(plate=row, row_version=row.row_version, words=words, actor=actor, now=now)
    replace_plate(plate=_fresh(plates[4]), reason="地址更正，换发新码", actor=actor, now=now)
    revoke_plate(plate=_fresh(plates[5]), reason="房屋已拆除", actor=actor, now=now)
    for plate, code in ((plates[0], "YL-0001"), (plates[0], "YL-0001A"), (plates[1], "YL-0002")):
        row = _fresh(plate)
        bind_official_code(
            plate=row,
            row_version=row.row_version,
            official_code=f"{code}-{row.code[9:12]}",
            actor=actor,
            now=now,
        )


def _plan_flats(county: County, courtyard: Courtyard, actor: Actor, now: datetime) -> None:
    """Plan the plates of a house of a resettlement site: the house, its units, their flats."""
    flats = [
        Flat("1"),
        *flats_of(["1"], ["1", "2"], [], level="unit"),
        *flats_of(["1"], ["1", "2"], ["101", "102", "201", "202"], level="room"),
    ]
    batch = open_batch(
        county_id=county.pk,
        division_code=courtyard.division_code[:12],
        is_sample=True,
        name="安置楼房",
        courtyard=courtyard,
        flats=flats,
        actor=actor,
        now=now,
    )
    make_batch(batch.pk, now=now)


def remove_sample(*, actor: Actor, now: datetime) -> dict[str, int]:
    """Delete the plates of sample courtyards; their tokens answer like unknown ones from then on."""
    orders = PrintOrder.objects.unscoped(_WHY).filter(is_sample=True)
    for order in orders.exclude(files=[]):
        erase_subject(
            county_id=order.county_id, subject=order.subject, actor=actor, reason="sample removed", now=now
        )
        for file in order.files:
            forget_file(subject=order.subject, name=file["key"])
    orders.delete()
    ClashDecision.objects.unscoped(_WHY).filter(is_sample=True).delete()
    plates = Doorplate.objects.unscoped(_WHY).filter(is_sample=True)
    count = plates.count()
    plates.update(successor=None)
    plates.delete()
    PlateBatch.objects.unscoped(_WHY).filter(is_sample=True).delete()
    return {"doorplates": count}
