"""What time alone does: a reminder before an incident is due, one level up when it is overdue. Each once."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.incidents.actions.keeping import LOCKED, log, tell_assignee, tell_workers
from xiaoyuan.incidents.actions.steps import take_step
from xiaoyuan.incidents.choices import Step
from xiaoyuan.incidents.models import Incident
from xiaoyuan.incidents.queries import overdue
from xiaoyuan.incidents.workflow import OPEN

REMIND_BEFORE: Final = timedelta(hours=12)
ESCALATE_AFTER: Final = timedelta(hours=24)
"""How long after a deadline the level above is asked."""
_EVERYWHERE: Final = "time passes for every village"


def remind_and_escalate(now: datetime) -> tuple[int, int]:
    """Remind of what is due within twelve hours, escalate what is a day overdue; returns how many of each."""
    due = (
        Incident.objects.unscoped(_EVERYWHERE)
        .filter(state__in=sorted(OPEN), reminded_at__isnull=True)
        .filter(Q(finish_by__lte=now + REMIND_BEFORE))
    )
    late = (
        Incident.objects.unscoped(_EVERYWHERE)
        .filter(overdue(now - ESCALATE_AFTER), escalated_at__isnull=True)
        .exclude(handled_by=F("county__code"))
    )
    reminded = sum(_remind(pk, now) for pk in list(due.order_by("pk").values_list("pk", flat=True)))
    escalated = sum(_escalate(pk, now) for pk in list(late.order_by("pk").values_list("pk", flat=True)))
    return reminded, escalated


@transaction.atomic
def _remind(incident_id: int, now: datetime) -> int:
    row: Incident = (
        Incident.objects.unscoped(LOCKED)
        .select_for_update(no_key=True, of=("self",))
        .select_related("category")
        .get(pk=incident_id)
    )
    if row.reminded_at is not None or row.state not in OPEN:
        return 0
    row.reminded_at = now
    row.save(update_fields=["reminded_at"])
    log(
        row,
        step=Step.REMIND,
        from_state=row.state,
        actor=SYSTEM,
        now=now,
        after={"reminded_at": now.isoformat()},
        is_public=False,
    )
    if row.assigned_to_id is None:
        tell_workers(row, actor=SYSTEM, now=now, is_late=row.finish_by < now)
    else:
        tell_assignee(row, actor=SYSTEM, now=now, is_reminder=True)
    return 1


@transaction.atomic
def _escalate(incident_id: int, now: datetime) -> int:
    row: Incident = (
        Incident.objects.unscoped(LOCKED).select_for_update(no_key=True, of=("self",)).get(pk=incident_id)
    )
    if row.escalated_at is not None or row.state not in OPEN or len(row.handled_by) <= 6:
        return 0
    row.escalated_at = now
    row.save(update_fields=["escalated_at"])
    take_step(
        incident=row,
        row_version=None,
        step=Step.ESCALATE,
        actor=SYSTEM,
        now=now,
        reason=_("The deadline has passed."),
    )
    return 1
