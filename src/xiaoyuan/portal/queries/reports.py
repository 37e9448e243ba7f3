"""Reports beside the plate they were made at: where it is, what is open nearby, what came of it."""

from dataclasses import dataclass
from datetime import datetime

import shapely

from xiaoyuan.incidents.choices import State
from xiaoyuan.incidents.models import Incident, IncidentAction
from xiaoyuan.incidents.queries import NearIncident, nearby_duplicates, timeline
from xiaoyuan.lib import receipts
from xiaoyuan.lib.place_names import short_name
from xiaoyuan.register.queries.divisions import divisions_in_force


def near_plate(county_id: int, wkb: bytes | None, *, is_sample: bool) -> list[NearIncident]:
    """Return what is open around a courtyard, of any category, without words."""
    if wkb is None:
        return []
    point = shapely.from_wkb(wkb).representative_point()
    return nearby_duplicates(
        county_id=county_id, category_id=None, lon=point.x, lat=point.y, is_sample=is_sample
    )


@dataclass(frozen=True)
class ReceiptPage:
    """What the holder of a receipt reads: where it stands and why, never what others wrote about others."""

    number: str
    category: str
    state: str
    state_label: str
    reported_at: datetime
    accept_by: datetime
    finish_by: datetime
    is_answered: bool
    is_ended: bool
    is_late: bool
    office: str
    office_phone: str
    steps: tuple[IncidentAction, ...]
    words: str
    rating: int | None
    may_confirm: bool
    may_reopen: bool
    may_note: bool
    may_rate: bool
    is_sample: bool
    is_merged: bool


def receipt_page(incident: Incident, now: datetime) -> ReceiptPage:
    """Return the page of a receipt; a merged report follows the one it was merged with."""
    followed = incident.merged_into or incident
    office = divisions_in_force().filter(code=followed.handled_by).first()
    state = followed.state
    # The steps of the kept one are its own; of another reporter's words none are among the public ones' words.
    steps = timeline(incident, for_reporter=True)
    if followed.pk != incident.pk:
        steps += [
            step
            for step in timeline(followed, for_reporter=True)
            if step.at >= incident.updated_at and not step.is_reporters
        ]
    is_done = state in (State.DONE, State.CONFIRMED)
    is_ended = state in (State.CLOSED, State.REFUSED)
    is_own = followed.pk == incident.pk
    is_open = not is_done and not is_ended
    return ReceiptPage(
        number=receipts.spaced(incident.receipt_no),
        category=incident.category.name,
        state=state,
        state_label=str(State(state).label),
        reported_at=incident.reported_at,
        accept_by=followed.accept_by,
        finish_by=followed.finish_by,
        is_answered=followed.accepted_at is not None,
        is_ended=is_ended,
        is_late=is_open and followed.finish_by < now,
        office=short_name(office.name) if office is not None else "",
        office_phone=office.office_phone if office is not None else "",
        steps=tuple(steps),
        words=incident.words,
        rating=incident.rating,
        may_confirm=is_own and state == State.DONE,
        may_reopen=is_own and (is_done or is_ended),
        may_note=is_own and not is_ended,
        may_rate=is_own and incident.rating is None and (is_done or state == State.CLOSED),
        is_sample=incident.is_sample,
        is_merged=not is_own,
    )
