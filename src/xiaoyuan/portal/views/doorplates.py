"""Doorplates at the desk: the list, one plate with its story, and the steps of its life."""

import math
from typing import Any, BinaryIO, Final, cast
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.attachments.actions import store_photo
from xiaoyuan.attachments.errors import AttachmentRefused
from xiaoyuan.attachments.models import Attachment
from xiaoyuan.attachments.queries import open_attachment
from xiaoyuan.audit.actions import record_audit
from xiaoyuan.doorplates.access import (
    access_plate,
    access_plate_batch,
    access_plate_for_step,
    access_plate_to_manage,
    steps_for,
)
from xiaoyuan.doorplates.actions import OBJECT_KIND, replace_plate, revoke_plate
from xiaoyuan.doorplates.choices import PlateSize
from xiaoyuan.doorplates.errors import DoorplateError, PlaceRefused, StepRefused
from xiaoyuan.doorplates.listing import (
    addresses_ever_of,
    batches_within,
    former_codes_of,
    plates_within,
    predecessor_of,
    state_counts,
    story_of,
)
from xiaoyuan.doorplates.models import Doorplate, PlateBatch, PlateInstallation
from xiaoyuan.doorplates.on_site import (
    INSTALLATION_KIND,
    bind_official_code,
    install_plate,
    report_damage,
    verify_plate,
)
from xiaoyuan.doorplates.workflow import PRINTABLE, Step
from xiaoyuan.indicators.queries import shows_sample
from xiaoyuan.portal.queries import desk
from xiaoyuan.portal.queries.doorplates import addresses_on, behind, ground_of, middle_of
from xiaoyuan.portal.views.console import chosen_division
from xiaoyuan.portal.views.exports import number_in
from xiaoyuan.portal.views.pages import page_of_list
from xiaoyuan.portal.views.sending import number_of
from xiaoyuan.register.errors import RowChanged

RAIL: Final = "doorplates"
_BATCHES_OFFERED: Final = 40


@requires(Permission.CONSOLE)
@require_safe
def doorplates(request: HttpRequest) -> HttpResponse:
    """The plates of a division by state and batch, found by code, address, flat or official code."""
    viewer = viewer_behind(request)
    text, state = request.GET.get("q", "").strip()[:60], request.GET.get("state", "")
    context: dict[str, Any] = {"section": "console", "rail": RAIL, "q": text, "state": state}
    chosen = chosen_division(request, viewer, Permission.CONSOLE)
    if chosen is not None:
        division, scope = chosen
        manages = viewer.scope_for(Permission.MANAGE_PLATES)
        batch = _batch(viewer, request.GET.get("batch", ""))
        unfiltered = plates_within(scope, text=text, batch=batch)
        page = page_of_list(request, plates_within(scope, text=text, batch=batch, state=state))
        context |= {
            "picker": desk.picker(division, viewer.scope_for(Permission.CONSOLE)),
            "page": page,
            "is_sample": shows_sample(division.code),
            "states": state_counts(unfiltered),
            "batch": batch,
            "batches": batches_within(manages.narrowed_to(division.code))[:_BATCHES_OFFERED],
            "addresses": addresses_on(page),
            "village_names": desk.village_names(plate.division_code for plate in page),
        }
    return render(request, "portal/doorplates.html", context)


def _batch(viewer: Viewer, asked: str) -> PlateBatch | None:
    return access_plate_batch(viewer, number_in(asked)) if asked else None


@requires(Permission.CONSOLE)
@require_safe
def doorplate(request: HttpRequest, plate_id: int) -> HttpResponse:
    """One plate: where it hangs, what it is called, who lives behind it, what happened to it."""
    viewer = viewer_behind(request)
    return _page(request, viewer, access_plate(viewer, plate_id))


def _page(
    request: HttpRequest, viewer: Viewer, plate: Doorplate, refusal: str = "", status: int = 200
) -> HttpResponse:
    manages = viewer.scope_for(Permission.MANAGE_PLATES).contains_division(plate.division_code)
    steps = steps_for(viewer, plate)
    context = {
        "section": "console",
        "rail": RAIL,
        "plate": plate,
        "is_sample": plate.is_sample,
        "address": addresses_on([plate])[plate.pk],
        "village_name": desk.village_names([plate.division_code]).get(plate.division_code, ""),
        "behind": behind(viewer, plate),
        "ground": ground_of(plate),
        "story": story_of(plate),
        "former_codes": former_codes_of(plate),
        "addresses": addresses_ever_of(plate),
        "predecessor": predecessor_of(plate),
        "steps": [step.value for step in steps],
        "manages": manages,
        "may_order": manages and plate.state in PRINTABLE,
        "sizes": PlateSize.choices,
        "refusal": refusal,
    }
    return render(request, "portal/doorplate.html", context, status=status)


@requires(Permission.CONSOLE)
@require_POST
def plate_step(request: HttpRequest, plate_id: int, step: str) -> HttpResponse:
    """Take a step of a plate's life: install, verify, report damage, replace, revoke."""
    viewer = viewer_behind(request)
    if step not in Step.values or step == Step.PRINT:
        raise NotFound
    plate = access_plate_for_step(viewer, plate_id, Step(step))
    try:
        with transaction.atomic():
            reached = _take(request, viewer, plate, Step(step))
    except (DoorplateError, AttachmentRefused, RowChanged) as refused:
        plate.refresh_from_db()
        conflict = isinstance(refused, RowChanged | StepRefused)
        return _page(request, viewer, plate, str(refused), status=409 if conflict else 400)
    return HttpResponseRedirect(reverse("console_doorplate", args=[reached.pk]))


def _take(request: HttpRequest, viewer: Viewer, plate: Doorplate, step: Step) -> Doorplate:
    seen: Any = {
        "plate": plate,
        "row_version": number_of(request, "row_version"),
        "actor": viewer.actor,
        "now": timezone.now(),
    }
    words = request.POST.get("reason", "").strip()[:300]
    if step is Step.REVOKE:
        return revoke_plate(**seen, reason=words)
    if step is Step.REPLACE:
        return replace_plate(**seen, reason=words)
    if step is Step.VERIFY:
        return verify_plate(**seen)
    if step is Step.REPORT_DAMAGE:
        return report_damage(**seen, words=words, attachment_ids=_photo(request, viewer, plate))
    lon, lat = _place(request, plate)
    return install_plate(
        **seen,
        lon=lon,
        lat=lat,
        accuracy_m=_degrees(request.POST.get("accuracy_m", "")),
        attachment_ids=_photo(request, viewer, plate),
    )


def _photo(request: HttpRequest, viewer: Viewer, plate: Doorplate) -> list[UUID]:
    """Keep the photo that came with a step, if one did."""
    file = request.FILES.get("photo")
    if file is None:
        return []
    kept = store_photo(
        county_id=plate.county_id,
        division_code=plate.division_code,
        is_sample=plate.is_sample,
        source=cast("BinaryIO", file),
        actor=viewer.actor,
        now=timezone.now(),
    )
    return [kept.public_id]


def _place(request: HttpRequest, plate: Doorplate) -> tuple[float, float]:
    """Return where the plate hangs: clicked on the ground, the courtyard's middle, or written in degrees."""
    given = request.POST
    ground = ground_of(plate)
    if ground is not None and (given.get("at.x", "") or given.get("at.y", "")):
        x, y = number_in(given.get("at.x", "")), number_in(given.get("at.y", ""))
        if (x, y) != (0, 0):  # what a key sends instead of a click
            return ground.place(x, y)
    if given.get("where") == "middle" and (middle := middle_of(plate.courtyard)) is not None:
        return middle
    lon, lat = _degrees(given.get("lon", "")), _degrees(given.get("lat", ""))
    if lon is None or lat is None:
        raise PlaceRefused
    return lon, lat


def _degrees(text: str) -> float | None:
    try:
        number = float(text.strip()) if text.strip() else None
    except ValueError:
        raise PlaceRefused from None
    if number is not None and not math.isfinite(number):
        raise PlaceRefused
    return number


@requires(Permission.MANAGE_PLATES)
@require_POST
def official_code(request: HttpRequest, plate_id: int) -> HttpResponse:
    """Bind the code of the official plate at the same door, or take it off."""
    viewer = viewer_behind(request)
    plate = access_plate_to_manage(viewer, plate_id)
    try:
        bind_official_code(
            plate=plate,
            row_version=number_of(request, "row_version"),
            official_code=request.POST.get("official_code", ""),
            actor=viewer.actor,
            now=timezone.now(),
        )
    except DoorplateError as refused:
        return _page(request, viewer, plate, str(refused), status=400)
    except RowChanged as changed:
        plate.refresh_from_db()
        return _page(request, viewer, plate, str(changed), status=409)
    return HttpResponseRedirect(reverse("console_doorplate", args=[plate.pk]))


@requires(Permission.CONSOLE)
@require_safe
def plate_photo(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """A photo of a plate, for whoever sees the plate; looking is logged."""
    viewer = viewer_behind(request)
    row = Attachment.objects.filter(
        public_id=public_id, object_kind__in=(OBJECT_KIND, INSTALLATION_KIND)
    ).first()
    if row is None:
        raise NotFound
    plate_id = row.object_id or 0
    if row.object_kind == INSTALLATION_KIND:
        hung = PlateInstallation.objects.unscoped("its plate is opened through access next")
        plate_id = hung.filter(pk=plate_id).values_list("plate_id", flat=True).first() or 0
    plate = access_plate(viewer, plate_id)
    is_small = "small" in request.GET
    if not is_small:
        record_audit(
            actor=viewer.actor,
            now=timezone.now(),
            action="attachments.open",
            county_id=plate.county_id,
            object_kind=OBJECT_KIND,
            object_id=plate.pk,
        )
    response = HttpResponse(open_attachment(row, thumbnail=is_small), content_type="image/jpeg")
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
