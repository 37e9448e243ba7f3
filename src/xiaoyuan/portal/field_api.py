"""The API of the pages in the field: what to take along, what was done, and photos in parts."""

from typing import Any, Final
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router
from ninja.utils import check_csrf

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound, NotPermitted
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.attachments.choices import AttachmentKind
from xiaoyuan.attachments.errors import AttachmentRefused, WrongOffset
from xiaoyuan.attachments.models import Upload
from xiaoyuan.attachments.uploads import append, begin_upload, finish
from xiaoyuan.audit.errors import IdempotencyConflict
from xiaoyuan.doorplates.errors import DoorplateError
from xiaoyuan.doorplates.errors import StepRefused as PlateStepRefused
from xiaoyuan.fieldwork.form_errors import FormError
from xiaoyuan.incidents.errors import IncidentChanged, IncidentError, StepRefused
from xiaoyuan.portal.field_submissions import PlateChanged, not_understood, submission_of, submit
from xiaoyuan.portal.field_today import tagged, today_for
from xiaoyuan.register.access import access_division_within
from xiaoyuan.register.models import County

router = Router(tags=["field"])
LARGEST_PART: Final = 512 * 1024


@router.get("/today", summary="Today's work and the own grid, to take along", response=dict[str, Any])
@requires(Permission.WORK_IN_FIELD)
def today(request: HttpRequest) -> HttpResponse:
    """Answers 304 while nothing changed since the given ETag."""
    get_token(request)  # the page's scripts send it back from the cookie
    content, tag = tagged(today_for(viewer_behind(request), timezone.now()))
    if request.headers.get("If-None-Match") == tag:
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(content, content_type="application/json")
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-store"
    return response


@router.post("/submissions", summary="Hand in what was done, once per key", response=dict[str, Any])
@requires(Permission.WORK_IN_FIELD)
def submissions(request: HttpRequest) -> HttpResponse:
    """The same key again gets the same answer, with another content 409; so does a row that others changed."""
    body = _body(request)
    now = timezone.now()
    try:
        answer = submit(viewer_behind(request), submission_of(body), now)
    except IdempotencyConflict as error:
        return _refused(409, "key_used", error)
    except (IncidentChanged, PlateChanged) as error:
        fields = [{"field": name, "now": value} for name, value in error.fields]
        return _refused(409, "changed", error, fields=fields)
    except (StepRefused, PlateStepRefused) as error:
        return _refused(409, "refused", error)
    except (IncidentError, AttachmentRefused, DoorplateError, FormError) as error:
        return _refused(400, "refused", error)
    return _json(200, answer)


@router.post("/uploads", summary="Announce a photo, or learn how far it came", response=dict[str, Any])
@requires(Permission.WORK_IN_FIELD)
def uploads(request: HttpRequest) -> HttpResponse:
    """Takes key, size, sha256 and division; answers with where the next part begins."""
    body, viewer, now = _body(request), viewer_behind(request), timezone.now()
    key, size, digest, code = (body.get(name) for name in ("key", "size", "sha256", "division"))
    if not (
        isinstance(key, str) and isinstance(size, int) and isinstance(digest, str) and isinstance(code, str)
    ):
        raise not_understood()
    division, _scope = access_division_within(viewer, code[:12], Permission.WORK_IN_FIELD)
    county = County.objects.filter(code=division.code[:6]).first()
    if county is None:
        raise NotFound
    try:
        upload = begin_upload(
            county_id=county.pk,
            division_code=division.code,
            is_sample=county.shows_sample,
            key=key,
            size=size,
            sha256=digest,
            kind=AttachmentKind.PHOTO,
            actor=viewer.actor,
            now=now,
        )
    except AttachmentRefused as error:
        return _refused(400, "refused", error)
    return _json(200, {"offset": upload.received, "attachment": _finished(upload)})


@router.post("/uploads/{key}/parts", summary="Send the next part of a photo", response=dict[str, Any])
@requires(Permission.WORK_IN_FIELD)
def parts(request: HttpRequest, key: str, offset: int) -> HttpResponse:
    """A part that does not fit is answered with the offset to go on from."""
    _guard(request)
    upload, now = _upload(request, key), timezone.now()
    if request.content_type != "application/octet-stream" or len(request.body) > LARGEST_PART:
        raise not_understood()
    try:
        reached = append(upload=upload, offset=offset, data=request.body, now=now)
        upload.refresh_from_db()
        if reached == upload.size:
            finish(upload=upload, actor=viewer_behind(request).actor, now=now)
            upload.refresh_from_db()
    except WrongOffset as error:
        return _refused(409, "offset", error, offset=error.offset)
    except AttachmentRefused as error:
        return _refused(400, "refused", error)
    return _json(200, {"offset": reached, "attachment": _finished(upload)})


def _upload(request: HttpRequest, key: str) -> Upload:
    # Whoever may work in the field is signed in.
    found = Upload.objects.filter(by_user_id=viewer_behind(request).actor.user_id or 0, key=key).first()
    if found is None:
        raise NotFound
    return found


def _finished(upload: Upload) -> str:
    ready: UUID | None = upload.attachment.public_id if upload.attachment is not None else None
    return "" if ready is None else str(ready)


def _guard(request: HttpRequest) -> None:
    """Refuse what another site's page sends: the API itself asks for no token."""
    if check_csrf(request) is not None:
        raise NotPermitted


def _body(request: HttpRequest) -> dict[str, Any]:
    _guard(request)
    if request.content_type != "application/json":
        raise not_understood()
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        raise not_understood() from None
    if not isinstance(body, dict):
        raise not_understood()
    return body


def _refused(status: int, code: str, error: Exception, **more: Any) -> HttpResponse:
    title = _("Not possible any more") if status == 409 else _("Something is missing")
    return _json(status, {"error": {"code": code, "title": title, "detail": str(error), **more}})


def _json(status: int, body: object) -> HttpResponse:
    response = HttpResponse(orjson.dumps(body), status=status, content_type="application/json")
    response["Cache-Control"] = "private, no-store"
    return response
