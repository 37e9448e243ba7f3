"""What every write of an incident does beside its row: the step's record, change log, audit, counters, messages."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.queries import holders
from xiaoyuan.audit.actions import Change, record_audit, record_changes
from xiaoyuan.audit.actors import Actor
from xiaoyuan.audit.models import Operation
from xiaoyuan.figures.actions import Delta, record
from xiaoyuan.incidents.choices import State, Step
from xiaoyuan.incidents.counters import (
    INCIDENT_MINUTES,
    INCIDENTS,
    INCIDENTS_BY_CATEGORY,
    INCIDENTS_FINISHED,
    INCIDENTS_IN_TIME,
)
from xiaoyuan.incidents.models import Incident, IncidentAction
from xiaoyuan.lib import receipts
from xiaoyuan.messages.actions import tell
from xiaoyuan.messages.letters import Letter, Recipient

INCIDENT: Final = "incidents.incident"
LOCKED: Final = "the row was read through a scope; it is read again under a lock"
Counted = dict[tuple[str, str, str], int]


def counted(incident: Incident, category_code: str) -> Counted:
    """Return what an incident counts for as it is: `{(division, figure, dimension): amount}`."""
    code = incident.division_code
    cells: Counted = {
        (code, INCIDENTS, incident.state): 1,
        (code, INCIDENTS_BY_CATEGORY, category_code): 1,
    }
    if incident.done_at is not None:
        minutes = int((incident.done_at - incident.reported_at).total_seconds() // 60)
        cells[code, INCIDENTS_FINISHED, category_code] = 1
        cells[code, INCIDENT_MINUTES, category_code] = minutes
        cells[code, INCIDENTS_IN_TIME, category_code] = int(incident.done_at <= incident.finish_by)
    return cells


def count(incident: Incident, before: Counted, after: Counted, now: datetime) -> None:
    """Record the difference between what an incident counted for and what it counts for now."""
    deltas = [
        Delta(code, figure, after.get(key, 0) - before.get(key, 0), dimension, incident.is_sample)
        for key in {*before, *after}
        for code, figure, dimension in [key]
    ]
    record(county_id=incident.county_id, day=timezone.localdate(now), deltas=deltas)


def log(
    incident: Incident,
    *,
    step: Step,
    from_state: str,
    actor: Actor,
    now: datetime,
    after: Mapping[str, Any],
    reason: str = "",
    words: str = "",
    is_public: bool = True,
    is_reporters: bool = False,
) -> IncidentAction:
    """Write the step into the incident's own timeline, the change log and the audit."""
    record_changes(
        county_id=incident.county_id,
        actor=actor,
        now=now,
        changes=[
            Change(
                INCIDENT,
                incident.pk,
                Operation.CREATE if step is Step.REPORT else Operation.UPDATE,
                after=dict(after),
            )
        ],
    )
    record_audit(
        actor=actor,
        now=now,
        action=f"incidents.{step}",
        county_id=incident.county_id,
        object_kind=INCIDENT,
        object_id=incident.pk,
    )
    return IncidentAction.objects.create(
        county_id=incident.county_id,
        division_code=incident.division_code,
        is_sample=incident.is_sample,
        created_at=now,
        updated_at=now,
        incident=incident,
        step=step,
        from_state=from_state,
        to_state=incident.state,
        at=now,
        by_user_id=actor.user_id,
        # A reporter's name stays out of the timeline that others read.
        by_label="" if is_reporters else actor.label,
        is_reporters=is_reporters,
        is_public=is_public,
        reason=reason[:400],
        words=words,
    )


def tell_workers(incident: Incident, *, actor: Actor, now: datetime, is_late: bool = False) -> None:
    """Write to whoever answers for an incident: it is new to them, or late."""
    number = receipts.spaced(incident.receipt_no)
    subject = _("An incident is late") if is_late else _("A new incident")
    _send(
        incident,
        (Recipient(user_id=user) for user in holders(Permission.MANAGE_INCIDENTS, incident.handled_by, now)),
        "incidents.late" if is_late else "incidents.new",
        subject,
        f"{incident.category.name} · {number}",
        actor=actor,
        now=now,
    )


def tell_assignee(incident: Incident, *, actor: Actor, now: datetime, is_reminder: bool = False) -> None:
    """Write to whom an incident was given."""
    if incident.assigned_to_id is None:
        return
    subject = _("An incident is due soon") if is_reminder else _("An incident was given to you")
    _send(
        incident,
        [Recipient(user_id=incident.assigned_to_id)],
        "incidents.due" if is_reminder else "incidents.assigned",
        subject,
        f"{incident.category.name} · {receipts.spaced(incident.receipt_no)}",
        actor=actor,
        now=now,
    )


def tell_reporter(incident: Incident, *, actor: Actor, now: datetime) -> None:
    """Write to whoever reported, by their sign-in and by the phone they left: the number and the state, no words."""
    to: list[Recipient] = []
    if incident.reporter_id is not None:
        to.append(Recipient(user_id=incident.reporter_id))
    if incident.contact_uid is not None:
        to.append(Recipient(subject=incident.contact_uid))
    label = State(incident.state).label
    number = receipts.spaced(incident.receipt_no)
    _send(incident, to, "incidents.state", _("Your report"), f"{number} · {label}", actor=actor, now=now)


def _send(
    incident: Incident,
    to: Iterable[Recipient] | Sequence[Recipient],
    kind: str,
    subject: Any,
    body: str,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    is_to_reporter = kind == "incidents.state"
    tell(
        county_id=incident.county_id,
        division_code=incident.division_code,
        is_sample=incident.is_sample,
        recipients=list(to),
        letter=Letter(kind, subject, body, "" if is_to_reporter else f"/console/incidents/{incident.pk}/"),
        actor=actor,
        now=now,
    )
