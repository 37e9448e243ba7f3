"""Each step of the workflow table, in one transaction, against the version that somebody saw."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.models import User
from xiaoyuan.accounts.queries import holders
from xiaoyuan.attachments.actions import bind
from xiaoyuan.audit.actors import Actor
from xiaoyuan.incidents.actions.keeping import (
    INCIDENT,
    LOCKED,
    count,
    counted,
    log,
    tell_assignee,
    tell_reporter,
    tell_workers,
)
from xiaoyuan.incidents.choices import State, Step
from xiaoyuan.incidents.errors import (
    AlreadyRated,
    IncidentChanged,
    ReasonNeeded,
    StepNotYours,
    StepRefused,
    TargetNeeded,
    WrongTarget,
)
from xiaoyuan.incidents.models import Incident, IncidentAction, IncidentCategory
from xiaoyuan.incidents.workflow import REPORTER, WITH_REASON, roles, target
from xiaoyuan.lib import divisions, receipts
from xiaoyuan.register.models import Division


def _locked(incident: Incident, row_version: int | None) -> Incident:
    """Read an incident under a lock; raises `IncidentChanged` with what differs when somebody was faster."""
    current: Incident = (
        Incident.objects.unscoped(LOCKED)
        .select_for_update(no_key=True, of=("self",))
        .select_related("category")
        .get(pk=incident.pk)
    )
    if row_version is not None and current.row_version != row_version:
        raise IncidentChanged(
            (
                ("state", str(State(current.state).label)),
                ("assigned_to", current.assigned_to.label if current.assigned_to else ""),
                ("handled_by", current.handled_by),
            )
        )
    return current


@transaction.atomic
def take_step(
    *,
    incident: Incident,
    row_version: int | None,
    step: Step,
    actor: Actor,
    now: datetime,
    reason: str = "",
    words: str = "",
    assignee_id: int | None = None,
    target_division: str = "",
    merge_into: Incident | None = None,
    category: IncidentCategory | None = None,
    attachment_ids: Sequence[UUID] = (),
    is_reporter: bool = False,
) -> Incident:
    """Take one step of the workflow table; returns the incident as it is then.

    Whether the step is the actor's is decided by `access.may_take` before; the state is read under a lock. For a
    split `words` and `category` describe the part. Raises `StepRefused`, `ReasonNeeded`, `TargetNeeded`,
    `WrongTarget`, `IncidentChanged`, and `StepNotYours` for a reporter's step that is not a reporter's.
    """
    current = _locked(incident, row_version)
    reached = target(current.state, step)
    if reached is None:
        raise StepRefused(str(State(current.state).label), str(step.label))
    if is_reporter and REPORTER not in roles(current.state, step):
        raise StepNotYours(str(step.label))
    if step in WITH_REASON and not reason.strip():
        raise ReasonNeeded
    before, from_state = counted(current, current.category.code), current.state
    changed: dict[str, Any] = {}
    match step:
        case Step.ASSIGN:
            changed["assigned_to"] = _assign(current, assignee_id, now)
        case Step.MERGE:
            changed["merged_into"] = _merge(current, merge_into)
        case Step.TRANSFER | Step.ESCALATE:
            changed["handled_by"] = _hand_on(current, step, target_division)
        case Step.SPLIT:
            changed["split_into"] = _split(current, category, words, actor, now)
        case Step.REOPEN:
            _begin_again(current, now)
        case _:
            pass
    current.state = reached
    _stamp(current, step, now)
    current.row_version += 1
    current.updated_at = now
    current.save()
    if attachment_ids:
        bind(
            public_ids=list(attachment_ids), object_kind=INCIDENT, object_id=current.pk, actor=actor, now=now
        )
    count(current, before, counted(current, current.category.code), now)
    log(
        current,
        step=step,
        from_state=from_state,
        actor=actor,
        now=now,
        after={"state": current.state, **changed},
        reason=reason.strip(),
        words="" if step is Step.SPLIT else words.strip()[:2000],
        # Words among colleagues stay among them; the reason and the state are the reporter's.
        is_public=step is not Step.NOTE or is_reporter,
        is_reporters=is_reporter,
    )
    _tell(current, step, actor, now)
    return current


def _tell(incident: Incident, step: Step, actor: Actor, now: datetime) -> None:
    if step is Step.ASSIGN:
        tell_assignee(incident, actor=actor, now=now)
    elif step in (Step.TRANSFER, Step.ESCALATE, Step.REOPEN):
        tell_workers(incident, actor=actor, now=now)
    if step not in (Step.NOTE, Step.SPLIT):
        tell_reporter(incident, actor=actor, now=now)


def _assign(incident: Incident, assignee_id: int | None, now: datetime) -> int:
    if assignee_id is None:
        raise TargetNeeded(_("somebody"))
    reachable = {
        *holders(Permission.WORK_INCIDENTS, incident.division_code, now),
        *holders(Permission.WORK_INCIDENTS, incident.handled_by, now),
    }
    if assignee_id not in reachable:
        raise WrongTarget
    incident.assigned_to = User.objects.get(pk=assignee_id)
    return assignee_id


def _merge(incident: Incident, into: Incident | None) -> int:
    if into is None:
        raise TargetNeeded(_("the incident it belongs to"))
    kept: Incident = Incident.objects.unscoped(LOCKED).get(pk=into.pk)
    # A chain of merged ones would leave the reporter following nothing.
    same = kept.county_id == incident.county_id and kept.is_sample == incident.is_sample
    if kept.pk == incident.pk or kept.state in (State.MERGED, State.REFUSED) or not same:
        raise WrongTarget
    Incident.objects.unscoped("those merged before follow").filter(merged_into=incident).update(
        merged_into=kept
    )
    incident.merged_into = kept
    return kept.pk


def _hand_on(incident: Incident, step: Step, target_division: str) -> str:
    if step is Step.ESCALATE:
        above = [code for code in divisions.ancestors(incident.handled_by) if len(code) >= 6]
        if not above:
            raise WrongTarget
        incident.handled_by = above[-1]
    else:
        known = Division.objects.filter(code=target_division, valid_until__isnull=True).exists()
        same_county = target_division[:6] == incident.division_code[:6]
        if not target_division:
            raise TargetNeeded(_("a division"))
        if not known or not same_county or len(target_division) < 6 or target_division == incident.handled_by:
            raise WrongTarget
        incident.handled_by = target_division
    incident.assigned_to = None
    incident.accepted_at = None
    return incident.handled_by


def _split(
    incident: Incident, category: IncidentCategory | None, words: str, actor: Actor, now: datetime
) -> int:
    """Make a second incident of a part; it keeps the place, the contact and its own receipt number."""
    if category is None or category.county_id != incident.county_id:
        raise TargetNeeded(_("what the part is about"))
    receipt = receipts.new_receipt()
    part = Incident.objects.create(
        county_id=incident.county_id,
        division_code=incident.division_code,
        is_sample=incident.is_sample,
        created_at=now,
        updated_at=now,
        category=category,
        courtyard_id=incident.courtyard_id,
        lon=incident.lon,
        lat=incident.lat,
        place=incident.place,
        words=words.strip()[:2000],
        handled_by=incident.handled_by,
        receipt_no=receipt.number,
        receipt_hash=receipt.hash,
        source=incident.source,
        reporter_id=incident.reporter_id,
        is_proxy=incident.is_proxy,
        reported_at=now,
        accept_by=now + timedelta(hours=category.accept_hours),
        finish_by=now + timedelta(hours=category.finish_hours),
        split_from=incident,
    )
    count(part, {}, counted(part, category.code), now)
    after = {"category": category.code, "state": part.state, "split_from": incident.pk}
    log(part, step=Step.REPORT, from_state="", actor=actor, now=now, after=after)
    return part.pk


def _begin_again(incident: Incident, now: datetime) -> None:
    incident.accepted_at = incident.done_at = incident.closed_at = None
    incident.reminded_at = incident.escalated_at = None
    incident.assigned_to = None
    incident.rating, incident.rating_words = None, ""
    incident.accept_by = now + timedelta(hours=incident.category.accept_hours)
    incident.finish_by = now + timedelta(hours=incident.category.finish_hours)


def _stamp(incident: Incident, step: Step, now: datetime) -> None:
    if incident.state != State.REPORTED and incident.accepted_at is None and step is not Step.NOTE:
        incident.accepted_at = now
    if step is Step.FINISH:
        incident.done_at = now
    if incident.state in (State.CLOSED, State.REFUSED, State.MERGED) and incident.closed_at is None:
        incident.closed_at = now


@transaction.atomic
def rate(*, incident: Incident, stars: int, words: str = "", actor: Actor, now: datetime) -> IncidentAction:
    """Let the reporter say how it went, once. Raises `AlreadyRated`, `WrongTarget`."""
    current = _locked(incident, None)
    if current.rating is not None or current.state not in (State.DONE, State.CONFIRMED, State.CLOSED):
        raise AlreadyRated
    if not 1 <= stars <= 5:
        raise WrongTarget
    current.rating, current.rating_words = stars, words.strip()[:200]
    current.row_version += 1
    current.updated_at = now
    current.save()
    return log(
        current,
        step=Step.RATE,
        from_state=current.state,
        actor=actor,
        now=now,
        after={"rating": stars},
        is_reporters=True,
    )
