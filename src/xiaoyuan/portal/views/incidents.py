"""Incidents at the desk: the list, one incident with its steps, reports by telephone, files."""

from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.attachments.models import Attachment
from xiaoyuan.attachments.queries import open_attachment
from xiaoyuan.audit.actions import record_audit
from xiaoyuan.doorplates.queries import addresses_of
from xiaoyuan.incidents.access import access_incident, may_take, steps_of
from xiaoyuan.incidents.actions.categories import ensure_categories
from xiaoyuan.incidents.actions.keeping import INCIDENT
from xiaoyuan.incidents.actions.reporting import PHONE, Reporter, report_incident
from xiaoyuan.incidents.actions.steps import take_step
from xiaoyuan.incidents.choices import Source, State, Step
from xiaoyuan.incidents.errors import IncidentChanged, IncidentError, StepNotYours, UnknownCategory
from xiaoyuan.incidents.models import Incident
from xiaoyuan.incidents.queries import categories_of, incidents_within, overdue, timeline
from xiaoyuan.incidents.workflow import OPEN, WITH_REASON
from xiaoyuan.lib import receipts
from xiaoyuan.portal.queries import desk
from xiaoyuan.portal.queries.incidents import assignable, files_of, targets_of
from xiaoyuan.portal.views.console import chosen_division
from xiaoyuan.portal.views.pages import page_of_list
from xiaoyuan.portal.views.sending import number_of
from xiaoyuan.register.access import access_division_within
from xiaoyuan.register.models import County
from xiaoyuan.vault.actions import reveal
from xiaoyuan.vault.errors import ReasonNeeded

_NEEDS_MORE: Final = frozenset({Step.ASSIGN, Step.MERGE, Step.TRANSFER, Step.SPLIT, Step.NOTE, Step.FINISH})
"""Steps that ask for more than a click; those of the workflow with a reason do as well."""
_SHOWN_FIRST: Final = "open"


@requires(Permission.WORK_INCIDENTS)
@require_safe
def incidents(request: HttpRequest) -> HttpResponse:
    """The incidents of a division, by state, category, number and whose they are."""
    viewer, now = viewer_behind(request), timezone.now()
    context: dict[str, Any] = {"section": "console", "rail": "incidents"}
    chosen = chosen_division(request, viewer, Permission.WORK_INCIDENTS)
    if chosen is not None:
        division, scope = chosen
        rows, given = incidents_within(scope), request.GET
        state = given.get("state", _SHOWN_FIRST)
        if state in State.values:
            rows = rows.filter(state=state)
        elif state == "overdue":
            rows = rows.filter(overdue(now))
        elif state == "mine":
            rows = rows.filter(state__in=sorted(OPEN), assigned_to_id=viewer.actor.user_id)
        elif state != "all":
            state, rows = _SHOWN_FIRST, rows.filter(state__in=sorted(OPEN))
        if category := given.get("category", ""):
            rows = rows.filter(category__code=category)
        wanted = given.get("q", "").strip()[:40]
        if wanted:
            number = wanted.replace("-", "").replace(" ", "").upper()
            rows = rows.filter(
                Q(receipt_no__startswith=number) | Q(words__contains=wanted) | Q(place__contains=wanted)
            )
        page = page_of_list(request, rows)
        county = County.objects.filter(code=division.code[:6]).first()
        context |= {
            "picker": desk.picker(division, viewer.scope_for(Permission.WORK_INCIDENTS)),
            "page": page,
            "state": state,
            "states": [
                ("open", _("still open")),
                ("mine", _("given to me")),
                ("overdue", _("overdue")),
                *State.choices,
                ("all", _("all")),
            ],
            "category": category,
            "categories": categories_of(county.pk) if county is not None else [],
            "q": wanted,
            "now": now,
            "village_names": desk.village_names(row.division_code for row in page),
            "addresses": addresses_of(row.courtyard_id for row in page if row.courtyard_id is not None),
        }
    return render(request, "portal/incidents.html", context)


@requires(Permission.WORK_INCIDENTS)
@require_safe
def incident(request: HttpRequest, incident_id: int) -> HttpResponse:
    """One incident: what was reported, what happened, which steps are the viewer's."""
    viewer = viewer_behind(request)
    return _page(request, viewer, access_incident(viewer, incident_id))


def _page(
    request: HttpRequest,
    viewer: Viewer,
    found: Incident,
    *,
    refusal: str = "",
    differing: tuple[tuple[str, str], ...] = (),
    phone: str | None = None,
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    steps = steps_of(viewer, found)
    address = addresses_of([found.courtyard_id or 0]).get(found.courtyard_id or 0)
    context = {
        "section": "console",
        "rail": "incidents",
        "incident": found,
        "number": receipts.spaced(found.receipt_no),
        "is_open": found.state in OPEN,
        "is_late": found.state in OPEN and found.finish_by < now,
        "actions": timeline(found, for_reporter=False),
        "files": files_of(found),
        "at_once": [step for step in steps if step not in _NEEDS_MORE and step not in WITH_REASON],
        "asking": [step for step in steps if step in _NEEDS_MORE or step in WITH_REASON],
        "with_reason": WITH_REASON,
        "people": assignable(found, now) if Step.ASSIGN in steps else [],
        "targets": targets_of(found) if Step.TRANSFER in steps else [],
        "categories": categories_of(found.county_id) if Step.SPLIT in steps else [],
        "village_names": desk.village_names([found.division_code, found.handled_by]),
        "address": address.text if address is not None else "",
        "refusal": refusal,
        "differing": differing,
        "phone": phone,
        "is_sample": found.is_sample,
        "parts": incidents_within(viewer.scope_for(Permission.WORK_INCIDENTS)).filter(
            Q(split_from=found) | Q(merged_into=found)
        ),
    }
    return render(request, "portal/incident.html", context, status=status)


@requires(Permission.WORK_INCIDENTS)
@require_POST
def step(request: HttpRequest, incident_id: int) -> HttpResponse:
    """Take a step of an incident."""
    viewer, said = viewer_behind(request), request.POST
    found = access_incident(viewer, incident_id)
    try:
        taken = Step(said.get("step", ""))
    except ValueError:
        raise NotFound from None
    try:
        if not may_take(viewer, found, taken):
            raise StepNotYours(str(taken.label))
        take_step(
            incident=found,
            row_version=number_of(request, "row_version"),
            step=taken,
            actor=viewer.actor,
            now=timezone.now(),
            reason=said.get("reason", ""),
            words=said.get("words", ""),
            assignee_id=number_of(request, "assignee") if said.get("assignee") else None,
            target_division=said.get("target", ""),
            merge_into=_merge_target(viewer, said.get("merge_into", "")) if taken is Step.MERGE else None,
            category=categories_of(found.county_id).filter(code=said.get("category", "")).first(),
        )
    except IncidentChanged as changed:
        again = access_incident(viewer, incident_id)
        return _page(request, viewer, again, refusal=str(changed), differing=changed.fields, status=409)
    except IncidentError as refused:
        status = 403 if isinstance(refused, StepNotYours) else 400
        return _page(
            request, viewer, access_incident(viewer, incident_id), refusal=str(refused), status=status
        )
    # Whoever hands an incident on may not see it any more.
    here = reverse("console_incident", args=[found.pk])
    return HttpResponseRedirect(here)


def _merge_target(viewer: Viewer, text: str) -> Incident | None:
    """Return the incident of a receipt number within the viewer's right."""
    try:
        number = receipts.parse(text)
    except receipts.ReceiptNumberError:
        return None
    return incidents_within(viewer.scope_for(Permission.WORK_INCIDENTS)).filter(receipt_no=number).first()


@requires(Permission.WORK_INCIDENTS)
@require_POST
def contact(request: HttpRequest, incident_id: int) -> HttpResponse:
    """Show the phone that the reporter left, to somebody who said why; the log keeps who asked."""
    viewer = viewer_behind(request)
    found = access_incident(viewer, incident_id)
    if found.contact_uid is None:
        raise NotFound
    try:
        phone = reveal(
            county_id=found.county_id,
            subject=found.contact_uid,
            name=PHONE,
            actor=viewer.actor,
            reason=request.POST.get("reason", ""),
            now=timezone.now(),
        )
    except ReasonNeeded as needed:
        return _page(request, viewer, found, refusal=str(needed), status=400)
    return _page(request, viewer, found, phone=phone or "")


@requires(Permission.WORK_INCIDENTS)
def new_incident(request: HttpRequest) -> HttpResponse:
    """Write down what somebody told on the telephone or at the office."""
    viewer, refusal, now = viewer_behind(request), "", timezone.now()
    if request.method == "POST":
        said = request.POST
        division, _scope = access_division_within(viewer, said.get("division", ""), Permission.WORK_INCIDENTS)
        county = County.objects.get(code=division.code[:6])
        category = categories_of(county.pk).filter(code=said.get("category", "")).first()
        try:
            if category is None:
                raise UnknownCategory
            receipt = report_incident(
                county_id=county.pk,
                division_code=division.code,
                category=category,
                place=said.get("place", ""),
                words=said.get("words", ""),
                reporter=Reporter(phone=said.get("phone", ""), is_proxy=True),
                source=Source.PHONE,
                is_sample=county.shows_sample,
                actor=viewer.actor,
                now=now,
            )
            context = {
                "section": "console",
                "rail": "incidents",
                "number": receipts.spaced(receipt.receipt_no),
                "address": request.build_absolute_uri(reverse("receipt", args=[receipt.secret])),
                "incident": receipt.incident,
            }
            return render(request, "portal/incident_written.html", context)
        except IncidentError as refused:
            refusal = str(refused)
    context = {"section": "console", "rail": "incidents", "refusal": refusal, "given": request.POST}
    chosen = chosen_division(request, viewer, Permission.WORK_INCIDENTS)
    if chosen is not None:
        division, _scope = chosen
        here = County.objects.filter(code=division.code[:6]).first()
        if here is not None:
            ensure_categories(here.pk)
        context |= {
            "picker": desk.picker(division, viewer.scope_for(Permission.WORK_INCIDENTS)),
            "categories": categories_of(here.pk) if here is not None else [],
        }
    return render(request, "portal/incident_new.html", context, status=400 if refusal else 200)


@requires(Permission.WORK_INCIDENTS)
@require_safe
def file(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """A photo or recording of an incident, for whoever works on it; looking is logged."""
    viewer = viewer_behind(request)
    row = Attachment.objects.filter(public_id=public_id, object_kind=INCIDENT).first()
    if row is None or row.object_id is None:
        raise NotFound
    found = access_incident(viewer, row.object_id)
    is_small = "small" in request.GET
    if not is_small:
        record_audit(
            actor=viewer.actor,
            now=timezone.now(),
            action="attachments.open",
            county_id=row.county_id,
            object_kind=INCIDENT,
            object_id=found.pk,
        )
    media_type = "image/jpeg" if is_small else row.media_type
    response = HttpResponse(open_attachment(row, thumbnail=is_small), content_type=media_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Content-Disposition"] = "inline"
    return response
