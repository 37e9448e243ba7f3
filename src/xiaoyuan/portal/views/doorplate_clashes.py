"""Plates that contradict each other, at the desk: the list, what is done about one, the list as CSV."""

import csv
import io
from collections.abc import Iterable
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.routes import requires, viewer_behind
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.doorplates.access import access_plate_to_manage
from xiaoyuan.doorplates.clashes import (
    FAR_AWAY,
    OTHER_COURTYARD,
    SAME_ADDRESS,
    SAME_OFFICIAL_CODE,
    SAME_PLACE,
    Clash,
    clashes_within,
)
from xiaoyuan.doorplates.errors import DecisionRefused, DoorplateError
from xiaoyuan.doorplates.models import ClashDecision, Doorplate
from xiaoyuan.doorplates.resolving import Decision, settle
from xiaoyuan.exports.writing.values import csv_text
from xiaoyuan.indicators.queries import shows_sample
from xiaoyuan.portal.queries import desk
from xiaoyuan.portal.queries.doorplates import addresses_on
from xiaoyuan.portal.views.console import chosen_division
from xiaoyuan.portal.views.doorplates import RAIL
from xiaoyuan.portal.views.exports import number_in
from xiaoyuan.register.access import access_division_within
from xiaoyuan.register.actions.addresses import AddressText
from xiaoyuan.register.errors import RegisterError
from xiaoyuan.register.models import SHOWN

MOST: Final = 100
_IN_A_FILE: Final = 5000
_DECISIONS: Final = 20


def kind_labels() -> dict[str, str]:
    """Return the kinds of contradictions as people say them."""
    return {
        SAME_ADDRESS: _("one address, two plates"),
        SAME_PLACE: _("two plates at one place"),
        OTHER_COURTYARD: _("one plate, two courtyards"),
        SAME_OFFICIAL_CODE: _("one official code twice"),
        FAR_AWAY: _("far from its courtyard"),
    }


@requires(Permission.MANAGE_PLATES)
@require_safe
def clashes(request: HttpRequest) -> HttpResponse:
    """The contradictions of a division, each with its plates and what can be done."""
    return _page(request)


def _page(request: HttpRequest, refusal: str = "", status: int = 200) -> HttpResponse:
    viewer = viewer_behind(request)
    context: dict[str, Any] = {"section": "console", "rail": RAIL, "refusal": refusal}
    chosen = chosen_division(request, viewer, Permission.MANAGE_PLATES)
    if chosen is not None:
        division, scope = chosen
        found = clashes_within(scope, MOST)
        decided = ClashDecision.objects.within(scope).filter(SHOWN).order_by("-pk")[:_DECISIONS]
        labels = kind_labels()
        context |= {
            "picker": desk.picker(division, viewer.scope_for(Permission.MANAGE_PLATES)),
            "rows": _with_plates(scope, found),
            "labels": labels,
            "is_sample": shows_sample(division.code),
            "is_cut": any(sum(one.kind == kind for one in found) >= MOST for kind in labels),
            "decided": [
                (one, labels.get(one.kind, one.kind), Decision(one.decision).label) for one in decided
            ],
        }
    return render(request, "portal/plate_clashes.html", context, status=status)


def _with_plates(scope: Scope, found: Iterable[Clash]) -> list[tuple[Clash, list[tuple[Doorplate, Any]]]]:
    clashes = list(found)
    ids = sorted({pk for clash in clashes for pk in clash.plate_ids})
    plates: dict[int, Doorplate] = {}
    for start in range(0, len(ids), 500):
        rows = Doorplate.objects.within(scope).filter(pk__in=ids[start : start + 500])
        plates |= {row.pk: row for row in rows.select_related("courtyard")}
    addresses = addresses_on(plates.values())
    return [
        (clash, [(plates[pk], addresses[pk]) for pk in clash.plate_ids if pk in plates]) for clash in clashes
    ]


@requires(Permission.MANAGE_PLATES)
@require_POST
def resolve(request: HttpRequest) -> HttpResponse:
    """Carry out what somebody decided about a contradiction."""
    viewer, given = viewer_behind(request), request.POST
    plates = [
        access_plate_to_manage(viewer, number_in(part)) for part in given.get("plates", "").split(",")[:40]
    ]
    decision, _colon, chosen = given.get("decision", "").partition(":")
    try:
        if decision not in Decision.values:
            raise DecisionRefused
        settle(
            kind=given.get("kind", ""),
            plates=plates,
            decision=Decision(decision),
            reason=given.get("reason", ""),
            scope=viewer.scope_for(Permission.MANAGE_PLATES),
            actor=viewer.actor,
            now=timezone.now(),
            plate=next((one for one in plates if one.pk == number_in(chosen)), None),
            address=AddressText(given.get("address", ""), given.get("house_number", "")),
        )
    except (DoorplateError, RegisterError) as refused:
        return _page(request, str(refused), status=409)
    division = given.get("division", "") or plates[0].division_code[:12]
    return HttpResponseRedirect(f"{reverse('console_plate_clashes')}?division={division}")


@requires(Permission.MANAGE_PLATES)
@require_safe
def clashes_csv(request: HttpRequest) -> HttpResponse:
    """The contradictions of a division as CSV, one plate a row."""
    viewer = viewer_behind(request)
    division, scope = access_division_within(
        viewer, request.GET.get("division", ""), Permission.MANAGE_PLATES
    )
    out, labels = io.StringIO(), kind_labels()
    writer = csv.writer(out)
    writer.writerow(
        [
            _("clash"),
            _("kind of clash"),
            _("what they share"),
            _("plate code"),
            _("address on the plate"),
            _("what to do"),
        ]
    )
    for number, (clash, plates) in enumerate(_with_plates(scope, clashes_within(scope, _IN_A_FILE)), start=1):
        for plate, address in plates:
            cells = (
                labels[clash.kind],
                clash.shared,
                plate.readable_code,
                address.text,
                str(clash.what_to_do),
            )
            writer.writerow([number, *(csv_text(cell) for cell in cells)])
    # The mark at the start tells spreadsheets that this is UTF-8.
    response = HttpResponse(("\ufeff" + out.getvalue()).encode(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="doorplate-clashes-{division.code}.csv"'
    return response
