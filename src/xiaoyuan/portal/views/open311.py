"""Open311 GeoReport v2: services, requests and reporting by programs with a key."""

import math
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import shapely
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.routes import requires
from xiaoyuan.audit.actors import Actor
from xiaoyuan.incidents.actions.programs import program_of
from xiaoyuan.incidents.actions.reporting import Reporter, report_incident
from xiaoyuan.incidents.choices import Source
from xiaoyuan.incidents.errors import IncidentError
from xiaoyuan.incidents.open311 import (
    FORMATS,
    MOST,
    SPAN,
    Open311Error,
    service,
    service_request,
    wanted_of,
    write_list,
    write_one,
)
from xiaoyuan.incidents.open311 import (
    discovery as discovery_document,
)
from xiaoyuan.incidents.queries import categories_of, category_by_code, listed
from xiaoyuan.incidents.workflow import OPEN
from xiaoyuan.lib import receipts
from xiaoyuan.register.models import County
from xiaoyuan.register.queries.locating import locate

Handler = Callable[..., HttpResponse]


def _speaks(view: Handler) -> Handler:
    """Answer what the protocol refuses in the protocol's own words."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = kwargs["form"]
        try:
            if form not in FORMATS:
                raise Open311Error(404, _("Ask for .json or .xml."))
            response = view(request, *args, **kwargs)
        except Open311Error as error:
            form = form if form in FORMATS else "json"
            said = [{"code": error.status, "description": str(error)}]
            response = _reply(write_list("errors", "error", said, form), form)
            response.status_code = error.status
        # Anybody's page may read what anybody may read.
        response["Access-Control-Allow-Origin"] = "*"
        return response

    return answered


def _reply(body: bytes, form: str) -> HttpResponse:
    return HttpResponse(body, content_type=FORMATS[form])


def _county(said: Mapping[str, str]) -> County:
    """Return the county of `jurisdiction_id`; the only one of this deployment when none is named."""
    code = said.get("jurisdiction_id", "")
    counties = list(County.objects.filter(code=code) if code else County.objects.order_by("code")[:2])
    if not counties:
        raise Open311Error(404, _("There is no jurisdiction_id “%(code)s” here.") % {"code": code[:20]})
    if len(counties) > 1:
        raise Open311Error(400, _("jurisdiction_id is missing: the six digits of the county."))
    return counties[0]


@requires(Permission.PUBLIC)
@require_safe
@_speaks
def discovery(request: HttpRequest, form: str) -> HttpResponse:
    """Where this endpoint is and what it speaks."""
    base = request.build_absolute_uri("/").rstrip("/")
    return _reply(write_one("discovery", discovery_document(base, timezone.now()), form), form)


@requires(Permission.PUBLIC)
@require_safe
@_speaks
def services(request: HttpRequest, form: str) -> HttpResponse:
    """The categories that anybody may report."""
    county = _county(request.GET)
    rows = [service(category) for category in categories_of(county.pk, for_public=True)]
    return _reply(write_list("services", "service", rows, form), form)


@requires(Permission.PUBLIC)
@require_safe
@_speaks
def service_definition(request: HttpRequest, code: str, form: str) -> HttpResponse:
    """A category's own questions: none, because a report needs a place and a category only."""
    category = category_by_code(_county(request.GET).pk, code)
    if category is None or not category.is_public:
        raise Open311Error(404, _("There is no service_code “%(code)s”.") % {"code": code[:20]})
    return _reply(
        write_one("service_definition", {"service_code": category.code, "attributes": []}, form), form
    )


@csrf_exempt
@requires(Permission.PUBLIC)
@_speaks
def service_requests(request: HttpRequest, form: str) -> HttpResponse:
    """List requests; or, posted with a key, report one."""
    if request.method == "POST":
        return _reply(write_list("service_requests", "request", [_report(request)], form), form)
    if request.method not in ("GET", "HEAD"):
        raise Open311Error(405, _("GET and POST are answered."))
    wanted, rows = wanted_of(request.GET), listed(_county(request.GET).pk)
    if wanted.ids:
        rows = rows.filter(receipt_no__in=wanted.ids)
    else:
        end = wanted.end or timezone.now()
        start = wanted.start or end - SPAN
        rows = rows.filter(reported_at__gte=start, reported_at__lte=max(end, start))
        if wanted.codes:
            rows = rows.filter(category__code__in=wanted.codes)
        if len(set(wanted.statuses)) == 1:
            is_open = {"state__in": sorted(OPEN)}
            rows = rows.filter(**is_open) if wanted.statuses[0] == "open" else rows.exclude(**is_open)
    found = [service_request(incident) for incident in rows[:MOST]]
    return _reply(write_list("service_requests", "request", found, form), form)


@requires(Permission.PUBLIC)
@require_safe
@_speaks
def one_request(request: HttpRequest, number: str, form: str) -> HttpResponse:
    """One request by its number."""
    try:
        incident = listed(_county(request.GET).pk).filter(receipt_no=receipts.parse(number)).first()
    except receipts.ReceiptNumberError:
        incident = None
    if incident is None:
        raise Open311Error(404, _("There is no service_request_id “%(number)s”.") % {"number": number[:20]})
    rows = [service_request(incident)]
    return _reply(write_list("service_requests", "request", rows, form), form)


def _report(request: HttpRequest) -> dict[str, Any]:
    said = request.POST
    county = _county({**request.GET.dict(), **said.dict()})
    program = program_of(said.get("api_key", ""), county.pk)
    if program is None:
        raise Open311Error(403, _("The api_key is missing or opens nothing here."))
    category = category_by_code(county.pk, said.get("service_code", ""))
    if category is None:
        raise Open311Error(400, _("service_code is missing or not known here."))
    lat, lon = _number(said.get("lat", "")), _number(said.get("long", ""))
    place, found = said.get("address_string", ""), None
    if lat is not None and lon is not None:
        found = locate(shapely.Point(lon, lat), county_code=county.code, assumed=county.code)
        if found is None:
            raise Open311Error(400, _("lat and long lie outside of the county."))
    try:
        receipt = report_incident(
            county_id=county.pk,
            division_code=found.code if found is not None else county.code,
            category=category,
            lon=lon,
            lat=lat,
            place=place,
            words=said.get("description", ""),
            reporter=Reporter(phone=said.get("phone", "")),
            source=Source.OPEN311,
            is_sample=county.shows_sample,
            actor=Actor(None, program.name),
            now=timezone.now(),
        )
    except IncidentError as refused:
        raise Open311Error(400, str(refused)) from None
    return {
        "service_request_id": receipt.receipt_no,
        "service_notice": request.build_absolute_uri(f"/r/{receipt.secret}/"),
        "account_id": "",
    }


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and abs(number) <= 180 else None
