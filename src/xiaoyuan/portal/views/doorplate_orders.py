"""Batches of plates and orders for the sign maker at the desk: planning, ordering, files, delivery."""

import re
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.doorplates.access import access_order, access_plate_batch, access_plate_to_manage
from xiaoyuan.doorplates.batches import open_batch
from xiaoyuan.doorplates.choices import OrderState, PlateSize, WorkState
from xiaoyuan.doorplates.errors import DoorplateError, FlatsRefused, NothingToOrder
from xiaoyuan.doorplates.listing import batches_within, lines_of, orders_within, plates_to_order
from xiaoyuan.doorplates.models import PlateBatch, PrintOrder
from xiaoyuan.doorplates.orders import (
    cancel_order,
    expire_orders,
    fetch_file,
    make_again,
    mark_delivered,
    place_order,
)
from xiaoyuan.doorplates.print_job import MOST_A_JOB
from xiaoyuan.doorplates.queries import courtyards_without_plate
from xiaoyuan.doorplates.tasks import make, plan
from xiaoyuan.indicators.queries import shows_sample
from xiaoyuan.lib.flat_numbers import FlatNumberError, flats_of
from xiaoyuan.portal.queries import desk
from xiaoyuan.portal.queries.doorplates import addresses_on, buildings_of, grids_of, groups_of
from xiaoyuan.portal.views.console import chosen_division
from xiaoyuan.portal.views.doorplates import RAIL
from xiaoyuan.portal.views.exports import county_of, number_in
from xiaoyuan.portal.views.pages import page_of_list
from xiaoyuan.portal.views.sending import number_of
from xiaoyuan.register.access import access_division_within
from xiaoyuan.register.errors import RowChanged
from xiaoyuan.register.models import SHOWN, Courtyard, Division, Grid
from xiaoyuan.register.queries.console import courtyards_within

REFRESH_SECONDS: Final = 3
_COUNTY_DIGITS: Final = 6
_VILLAGE_DIGITS: Final = 12
_RANGE: Final = re.compile(r"(\d{1,4})\s*[-~－—至到]\s*(\d{1,4})")
_MOST_NAMES: Final = 400


@requires(Permission.MANAGE_PLATES)
def batches(request: HttpRequest) -> HttpResponse:
    """The batches of a division, and a form for the next: courtyards without a plate, or flats of a community."""
    viewer, refusal = viewer_behind(request), ""
    if request.method == "POST":
        division, scope = access_division_within(
            viewer, request.POST.get("division", ""), Permission.MANAGE_PLATES
        )
        try:
            batch = _opened(request, viewer, division, scope)
            plan.enqueue(batch.pk)
            return HttpResponseRedirect(reverse("console_plate_batch", args=[batch.pk]))
        except DoorplateError as refused:
            refusal = str(refused)
    context: dict[str, Any] = {"section": "console", "rail": RAIL, "refusal": refusal}
    chosen = chosen_division(request, viewer, Permission.MANAGE_PLATES)
    if chosen is not None:
        division, scope = chosen
        context |= _batches_of(request, viewer, division, scope)
    return render(request, "portal/plate_batches.html", context, status=400 if refusal else 200)


def _batches_of(request: HttpRequest, viewer: Viewer, division: Division, scope: Scope) -> dict[str, Any]:
    is_sample, code = shows_sample(division.code), division.code
    waiting = (
        courtyards_without_plate(code).filter(is_sample=is_sample).count()
        if len(code) >= _COUNTY_DIGITS
        else None
    )
    page = page_of_list(request, batches_within(scope))
    is_village = len(code) >= _VILLAGE_DIGITS
    community = _community(scope, request.GET.get("community", ""))
    return {
        "picker": desk.picker(division, viewer.scope_for(Permission.MANAGE_PLATES)),
        "page": page,
        "village_names": desk.village_names(batch.division_code for batch in page),
        "waiting": waiting,
        "is_sample": is_sample,
        "groups": groups_of(scope) if is_village else [],
        "grids": grids_of(scope) if is_village else [],
        "is_village": is_village,
        "found": courtyards_within(scope, request.GET["q"].strip()[:60])[:20]
        if is_village and request.GET.get("q", "").strip()
        else (),
        "q": request.GET.get("q", "").strip()[:60],
        "community": community,
        "community_address": _address_of(scope, community),
        "buildings": buildings_of(community) if community else [],
        "given": request.POST,
    }


def _community(scope: Scope, asked: str) -> Courtyard | None:
    found: Courtyard | None = Courtyard.objects.within(scope).filter(SHOWN, pk=number_in(asked)).first()
    return found


def _grid(scope: Scope, asked: str) -> Grid | None:
    """Return the grid that was asked for; raises `NotFound` for one outside the scope."""
    if not asked:
        return None
    found: Grid | None = Grid.objects.within(scope).filter(SHOWN, pk=number_in(asked)).first()
    if found is None:
        raise NotFound
    return found


def _address_of(scope: Scope, courtyard: Courtyard | None) -> str:
    row = courtyards_within(scope).filter(pk=courtyard.pk).first() if courtyard else None
    return (row.address or row.name or row.code) if row else ""


def _opened(request: HttpRequest, viewer: Viewer, division: Division, scope: Scope) -> PlateBatch:
    given = request.POST
    community = _community(scope, given.get("community", "")) if given.get("level") else None
    flats = []
    if given.get("level"):
        if community is None:
            raise FlatsRefused(_("Choose the community first."))
        try:
            flats = flats_of(
                _names(given.get("buildings", "")),
                _names(given.get("units", "")),
                _names(given.get("rooms", "")),
                level=given["level"],
            )
        except FlatNumberError:
            raise FlatsRefused(
                _("Name the buildings, units and rooms that plates are for, such as 1-6 or 101,102.")
            ) from None
    place = desk.village_names([division.code]).get(division.code, division.name)
    return open_batch(
        county_id=county_of(division.code),
        division_code=division.code if community is None else community.division_code,
        is_sample=shows_sample(division.code),
        name=given.get("name", "").strip()[:80]
        or f"{place.split('›')[-1].strip()} {timezone.localdate().isoformat()}",
        group=given.get("group", "") if community is None else "",
        grid=None if community else _grid(scope, given.get("grid", "")),
        courtyard=community,
        flats=flats,
        actor=viewer.actor,
        now=timezone.now(),
    )


def _names(text: str) -> list[str]:
    """Return the names in `1-6, 8 A座`: ranges of numbers are spelled out. Raises `FlatsRefused` for too many."""
    names: list[str] = []
    for part in re.split(r"[,，、;；\s]+", _RANGE.sub(r"\1-\2", text.strip())):
        span = _RANGE.fullmatch(part)
        if span and int(span[1]) <= int(span[2]):
            if int(span[2]) - int(span[1]) >= _MOST_NAMES:
                raise FlatsRefused(_("A range of numbers is longer than %(most)d.") % {"most": _MOST_NAMES})
            names += [str(number).zfill(len(span[1])) for number in range(int(span[1]), int(span[2]) + 1)]
        elif part:
            names.append(part)
    return names


@requires(Permission.MANAGE_PLATES)
@require_safe
@never_cache
def batch(request: HttpRequest, batch_id: int) -> HttpResponse:
    """One batch: how far planning is, its plates, its orders, and a form to order them."""
    viewer = viewer_behind(request)
    return _batch_page(request, viewer, access_plate_batch(viewer, batch_id))


def _batch_page(
    request: HttpRequest, viewer: Viewer, found: PlateBatch, refusal: str = "", status: int = 200
) -> HttpResponse:
    scope = viewer.scope_for(Permission.MANAGE_PLATES)
    row = batches_within(scope).filter(pk=found.pk).first() or found
    context = {
        "section": "console",
        "rail": RAIL,
        "batch": row,
        "is_sample": found.is_sample,
        "village_name": desk.village_names([found.division_code]).get(found.division_code, ""),
        "share": 100 * found.progress_done // found.progress_total if found.progress_total else 0,
        "orders": orders_within(scope).filter(batch=found),
        "to_order": len(plates_to_order(found, MOST_A_JOB)),
        "sizes": PlateSize.choices,
        "refusal": refusal,
    }
    answer = render(request, "portal/plate_batch.html", context, status=status)
    if found.state == WorkState.QUEUED:
        answer.headers["Refresh"] = str(REFRESH_SECONDS)  # works without a script
    return answer


@requires(Permission.MANAGE_PLATES)
@require_safe
def orders(request: HttpRequest) -> HttpResponse:
    """The print orders of a division."""
    viewer, now = viewer_behind(request), timezone.now()
    expire_orders(now=now)
    context: dict[str, Any] = {"section": "console", "rail": RAIL}
    chosen = chosen_division(request, viewer, Permission.MANAGE_PLATES)
    if chosen is not None:
        division, scope = chosen
        page = page_of_list(request, orders_within(scope))
        context |= {
            "picker": desk.picker(division, viewer.scope_for(Permission.MANAGE_PLATES)),
            "page": page,
            "is_sample": shows_sample(division.code),
            "village_names": desk.village_names(order.division_code for order in page),
        }
    return render(request, "portal/plate_orders.html", context)


@requires(Permission.MANAGE_PLATES)
@require_POST
def new_order(request: HttpRequest) -> HttpResponse:
    """Order the planned plates of a batch, or new metal for one plate."""
    viewer = viewer_behind(request)
    given = request.POST
    size = PlateSize(given["size"]) if given.get("size") in PlateSize.values else PlateSize.SMALL
    if given.get("batch"):
        chosen = access_plate_batch(viewer, number_in(given["batch"]))
        ids, code = plates_to_order(chosen, MOST_A_JOB), chosen.division_code
        batch: PlateBatch | None = chosen
    else:
        plate = access_plate_to_manage(viewer, number_in(given.get("plate", "")))
        batch, ids, code = plate.batch, [plate.pk], plate.division_code
    if not ids:
        raise NothingToOrder
    order = place_order(
        plate_ids=ids,
        size=size,
        division_code=code,
        batch=batch,
        words=given.get("words", ""),
        actor=viewer.actor,
        now=timezone.now(),
    )
    make.enqueue(order.pk)
    return HttpResponseRedirect(reverse("console_plate_order", args=[order.pk]))


@requires(Permission.MANAGE_PLATES)
@require_safe
@never_cache
def order(request: HttpRequest, order_id: int) -> HttpResponse:
    """One order: its files while they are kept, its plates, what comes next."""
    viewer, now = viewer_behind(request), timezone.now()
    expire_orders(now=now)
    return _order_page(request, access_order(viewer, order_id))


def _order_page(
    request: HttpRequest, found: PrintOrder, refusal: str = "", status: int = 200
) -> HttpResponse:
    page = page_of_list(request, lines_of(found))
    context = {
        "section": "console",
        "rail": RAIL,
        "order": found,
        "is_sample": found.is_sample,
        "page": page,
        "addresses": addresses_on(page),
        "village_name": desk.village_names([found.division_code]).get(found.division_code, ""),
        "share": 100 * found.progress_done // max(found.plate_count, 1),
        "ended": [plate.readable_code for plate in lines_of(found).filter(revoked_at__isnull=False)[:20]],
        "refusal": refusal,
    }
    answer = render(request, "portal/plate_order.html", context, status=status)
    if found.state == OrderState.QUEUED:
        answer.headers["Refresh"] = str(REFRESH_SECONDS)
    return answer


@requires(Permission.MANAGE_PLATES)
@require_safe
@never_cache
def order_file(request: HttpRequest, order_id: int, key: str) -> StreamingHttpResponse:
    """A file of an order, decrypted while it is sent; the log has it first."""
    viewer, now = viewer_behind(request), timezone.now()
    found = access_order(viewer, order_id)
    blocks = fetch_file(order=found, key=key, actor=viewer.actor, now=now)
    file = next(one for one in found.files if one["key"] == key)
    answer = StreamingHttpResponse(blocks, content_type="application/octet-stream")
    answer.headers["Content-Disposition"] = content_disposition_header(True, file["name"]) or "attachment"
    answer.headers["Content-Length"] = str(file["size"])
    return answer


@requires(Permission.MANAGE_PLATES)
@require_POST
def order_step(request: HttpRequest, order_id: int, step: str) -> HttpResponse:
    """Write down the delivery, call an order off, or make its files again."""
    viewer, now = viewer_behind(request), timezone.now()
    found = access_order(viewer, order_id)
    seen: Any = {
        "order": found,
        "row_version": number_of(request, "row_version"),
        "actor": viewer.actor,
        "now": now,
    }
    try:
        if step == "delivered":
            mark_delivered(**seen)
        elif step == "cancel":
            cancel_order(**seen)
        elif step == "again":
            make_again(**seen)
            make.enqueue(found.pk)
        else:
            raise NotFound
    except (DoorplateError, RowChanged) as refused:
        found.refresh_from_db()
        return _order_page(request, found, str(refused), status=409)
    return HttpResponseRedirect(reverse("console_plate_order", args=[found.pk]))
