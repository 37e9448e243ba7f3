"""The same field work as a plain page, for browsers without a service worker (inside chat apps) and without scripts."""

import secrets
from typing import Any, Final
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.attachments.actions import store_photo
from xiaoyuan.incidents.access import access_incident
from xiaoyuan.portal.field_submissions import MOST_PHOTOS, Submission, not_understood, submit
from xiaoyuan.portal.field_today import today_for
from xiaoyuan.portal.views.sending import number_of
from xiaoyuan.register.access import access_division_within
from xiaoyuan.register.models import County

_FIELDS: Final = ("category", "division", "courtyard", "place", "words", "phone")


@requires(Permission.WORK_IN_FIELD)
@require_safe
def field(request: HttpRequest) -> HttpResponse:
    """Today's work and the report form."""
    today = today_for(viewer_behind(request), timezone.now())
    context: dict[str, Any] = {"today": today, "key": secrets.token_hex(16), "section": "field"}
    context["receipt_no"] = request.GET.get("receipt", "")[:16]
    return render(request, "portal/field.html", context)


@requires(Permission.WORK_IN_FIELD)
@require_POST
def report(request: HttpRequest) -> HttpResponse:
    """File a report by the plain form; sent twice it is filed once."""
    viewer, now = viewer_behind(request), timezone.now()
    payload: dict[str, Any] = {name: request.POST.get(name, "") for name in _FIELDS}
    payload["is_proxy"] = request.POST.get("is_proxy") == "1"
    photos = request.FILES.getlist("photos")[:MOST_PHOTOS]
    attachments: list[UUID] = []
    if photos:
        division, _scope = access_division_within(viewer, payload["division"][:12], Permission.WORK_IN_FIELD)
        county = County.objects.get(code=division.code[:6])
        for photo in photos:
            assert isinstance(photo, UploadedFile)
            kept = store_photo(
                county_id=county.pk,
                division_code=division.code,
                is_sample=county.shows_sample,
                source=photo,  # type: ignore[arg-type]  # an uploaded file reads like a binary one
                actor=viewer.actor,
                now=now,
            )
            attachments.append(kept.public_id)
    answer = submit(
        viewer, Submission(_key(request), "incident.report", payload, None, tuple(attachments)), now
    )
    return redirect(answer["path"])


@requires(Permission.WORK_IN_FIELD)
@require_POST
def take_step(request: HttpRequest, incident_id: int) -> HttpResponse:
    """Take a step of an incident by the plain form."""
    viewer = viewer_behind(request)
    incident = access_incident(viewer, incident_id)
    payload = {name: request.POST.get(name, "") for name in ("step", "reason", "words")}
    sent = Submission(
        _key(request),
        "incident.step",
        {**payload, "incident": incident.pk},
        number_of(request, "row_version"),
    )
    submit(viewer, sent, timezone.now())
    return redirect("field")


def _key(request: HttpRequest) -> str:
    key = request.POST.get("key", "")
    if not 8 <= len(key) <= 60:
        raise not_understood()
    return key
