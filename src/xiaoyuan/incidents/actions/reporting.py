"""A report comes in: a place, a category, perhaps words, photos, a phone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import shapely
from django.db import transaction

from xiaoyuan.attachments.actions import bind
from xiaoyuan.audit.actors import Actor
from xiaoyuan.incidents.actions.keeping import INCIDENT, count, counted, log, tell_workers
from xiaoyuan.incidents.choices import Source, State, Step
from xiaoyuan.incidents.errors import PlaceNeeded, UnknownCategory
from xiaoyuan.incidents.models import Incident, IncidentCategory
from xiaoyuan.lib import receipts
from xiaoyuan.register.models import Courtyard
from xiaoyuan.vault.actions import put_many

LONGEST_WORDS: Final = 2000
PHONE: Final = "phone"
"""Field of the vault that holds the reporter's phone."""


@dataclass(frozen=True)
class Reporter:
    """Who reports: a signed-in user or nobody in particular, with the phone they left, for themselves or another."""

    user_id: int | None = None
    phone: str = ""
    is_proxy: bool = False


@dataclass(frozen=True)
class Receipt:
    """What is handed out once: the incident, the number to read out and the secret of its page."""

    incident: Incident
    receipt_no: str
    secret: str


@transaction.atomic
def report_incident(
    *,
    county_id: int,
    division_code: str,
    category: IncidentCategory,
    courtyard: Courtyard | None = None,
    lon: float | None = None,
    lat: float | None = None,
    place: str = "",
    words: str = "",
    attachment_ids: Sequence[UUID] = (),
    reporter: Reporter,
    source: Source,
    is_sample: bool,
    actor: Actor,
    now: datetime,
    source_key: str = "",
) -> Receipt:
    """Write a report and give out its receipt.

    A courtyard gives the point when none was sent. Raises `PlaceNeeded`, `UnknownCategory` and what attachments refuse.
    """
    if category.county_id != county_id or not category.is_active:
        raise UnknownCategory
    if courtyard is not None and courtyard.wkb is not None and (lon is None or lat is None):
        point = shapely.from_wkb(bytes(courtyard.wkb)).representative_point()
        lon, lat = point.x, point.y
    if courtyard is None and (lon is None or lat is None) and not place.strip():
        raise PlaceNeeded
    receipt = receipts.new_receipt()
    contact = uuid4() if reporter.phone.strip() else None
    if contact is not None:
        phone = {contact: {PHONE: reporter.phone.strip()[:20]}}
        put_many(county_id=county_id, values=phone, now=now, fresh={contact})
    incident = Incident.objects.create(
        county_id=county_id,
        division_code=division_code,
        is_sample=is_sample,
        created_at=now,
        updated_at=now,
        category=category,
        courtyard=courtyard,
        lon=lon,
        lat=lat,
        place=place.strip()[:200],
        words=words.strip()[:LONGEST_WORDS],
        handled_by=division_code[:12],
        receipt_no=receipt.number,
        receipt_hash=receipt.hash,
        source=source,
        reporter_id=reporter.user_id,
        contact_uid=contact,
        is_proxy=reporter.is_proxy,
        reported_at=now,
        accept_by=now + timedelta(hours=category.accept_hours),
        finish_by=now + timedelta(hours=category.finish_hours),
        source_key=source_key[:80],
    )
    if attachment_ids:
        bind(
            public_ids=list(attachment_ids), object_kind=INCIDENT, object_id=incident.pk, actor=actor, now=now
        )
    count(incident, {}, counted(incident, category.code), now)
    after = {
        "category": category.code,
        "state": State.REPORTED,
        "source": source,
        "courtyard": incident.courtyard_id,
    }
    log(incident, step=Step.REPORT, from_state="", actor=actor, now=now, after=after, is_reporters=True)
    tell_workers(incident, actor=actor, now=now)
    return Receipt(incident, receipt.number, receipt.secret)
