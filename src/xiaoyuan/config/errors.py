"""The one table from exception to answer: pages for people, JSON for programs."""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

import orjson
import structlog
from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from xiaoyuan.accounts.errors import NotFound, NotPermitted, SignInNeeded
from xiaoyuan.attachments.errors import AttachmentRefused
from xiaoyuan.audit.errors import IdempotencyConflict
from xiaoyuan.doorplates.errors import DoorplateError, StepRefused
from xiaoyuan.exports.errors import ExportRefused, ExportStateChanged
from xiaoyuan.fieldwork.form_errors import FormError, VersionSettled
from xiaoyuan.fieldwork.xlsforms.refusals import FormRefused
from xiaoyuan.history.errors import AlreadyUndone, LaterEdits
from xiaoyuan.incidents.errors import IncidentChanged, IncidentError, StepNotYours
from xiaoyuan.incidents.errors import StepRefused as IncidentStepRefused
from xiaoyuan.intake.batch_errors import BatchRefused
from xiaoyuan.intake.errors import FileRefused
from xiaoyuan.notices.errors import NoticeChanged, NoticeError, NoticeSettled
from xiaoyuan.points.errors import EntrySettled, PointsError
from xiaoyuan.register.errors import RegisterError, RowChanged
from xiaoyuan.twin.plan_errors import PlanChanged, PlanRefused
from xiaoyuan.vault.errors import ReasonNeeded, SubjectErased

logger = structlog.get_logger("xiaoyuan.errors")

STATUSES: Final[dict[type[Exception], int]] = {
    NotFound: 404,
    Http404: 404,
    NotPermitted: 403,
    PermissionDenied: 403,
    SignInNeeded: 401,
    IdempotencyConflict: 409,
    RowChanged: 409,
    LaterEdits: 409,
    AlreadyUndone: 409,
    StepRefused: 409,
    EntrySettled: 409,
    NoticeChanged: 409,
    NoticeSettled: 409,
    IncidentChanged: 409,
    IncidentStepRefused: 409,
    StepNotYours: 403,
    IncidentError: 400,
    AttachmentRefused: 400,
    VersionSettled: 409,
    FormError: 400,
    FormRefused: 400,
    PointsError: 400,
    NoticeError: 400,
    DoorplateError: 400,
    RegisterError: 400,
    ExportStateChanged: 409,
    ExportRefused: 400,
    FileRefused: 400,
    BatchRefused: 409,
    PlanChanged: 409,
    PlanRefused: 400,
    ReasonNeeded: 400,
    SubjectErased: 410,
}
PROGRAM_PREFIXES: Final = ("/api/", "/ogc/", "/twin/")


def title_of(status: int) -> str:
    """Return the heading of an error page."""
    return {
        400: _("Something is missing"),
        401: _("Please sign in"),
        403: _("Not open to your role"),
        404: _("Nothing here"),
        409: _("Not possible any more"),
        410: _("Erased"),
        413: _("Too large"),
    }.get(status, _("Something went wrong"))


class ErrorMiddleware:
    """Turns known exceptions into answers; others become a 500 page and a logged error with a number."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Go on."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Refuse texts with a NUL: no form sends one, and PostgreSQL stores and compares none."""
        sent = [request.GET, request.POST] if request.method == "POST" else [request.GET]
        texts = (text for form in sent for _name, values in form.lists() for text in values)
        if any("\0" in text for text in texts):
            return bad_request(request, BadRequest())
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """Answer a known exception; leave the rest to Django's 500 handler."""
        status = next((code for kind, code in STATUSES.items() if isinstance(exception, kind)), None)
        if status is None:
            match = request.resolver_match
            logger.error("unhandled", route=match.route if match else "", kind=type(exception).__name__)
            return None
        if status == 401 and not _is_program(request):
            return redirect(f"{resolve_url(settings.LOGIN_URL)}?next={quote(request.get_full_path())}")
        # Unknown and forbidden rows must give the same bytes: the sentence is fixed by the class.
        detail = str(NotFound()) if status == 404 else str(exception)
        return answer(request, status, detail)


def answer(request: HttpRequest, status: int, detail: str) -> HttpResponse:
    """Return an error as a page, or as JSON for programs."""
    title = title_of(status)
    if _is_program(request):
        body = orjson.dumps({"error": {"title": title, "detail": detail}})
        return HttpResponse(body, status=status, content_type="application/json")
    return render(
        request, "ui/error.html", {"title": title, "detail": detail, "status": status}, status=status
    )


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a path that no route knows (Django's handler404)."""
    return answer(request, 404, str(NotFound()))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django refuses as malformed (handler400)."""
    return answer(request, 400, _("The request was not understood. Nothing was saved."))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what Django itself refuses (handler403)."""
    return answer(request, 403, str(NotPermitted()))


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose token is missing or old (Django's CSRF_FAILURE_VIEW)."""
    return answer(
        request, 403, _("This form is too old. Go back, load the page again and send it once more.")
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer an unexpected fault (Django's handler500). The page asks neither database nor session."""
    title, detail = title_of(500), _("The fault was logged. Please try again, or tell your operator.")
    if _is_program(request):
        return answer(request, 500, detail)
    page = render_to_string("ui/error.html", {"title": title, "detail": detail, "status": 500})
    return HttpResponse(page, status=500)


def _is_program(request: HttpRequest) -> bool:
    return request.path.startswith(PROGRAM_PREFIXES) or request.headers.get("Accept") == "application/json"
