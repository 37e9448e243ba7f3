"""The card of a place on the screen: what anyone may know, and what the viewer's scope adds."""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.doorplates.models import Doorplate
from xiaoyuan.register.access import access_place, can_edit_places, can_see_people, can_see_place
from xiaoyuan.register.actions.place_values import MODELS as EDITABLE
from xiaoyuan.register.models import (
    Building,
    Courtyard,
    Division,
    Household,
    Membership,
    Parcel,
    PlaceRow,
    Road,
    StandardAddress,
    Water,
)
from xiaoyuan.twin.access import access_scene

KINDS: Final[dict[str, type[PlaceRow]]] = {
    "building": Building,
    "courtyard": Courtyard,
    "parcel": Parcel,
    "road": Road,
    "water": Water,
}
_WHY: Final = "the card's place was opened through access_place"


def place_card(viewer: Viewer, scene_key: str, cid: int) -> dict[str, Any]:
    """Return the card of a place in a scene by its tile number; raises `NotFound`."""
    scene = access_scene(viewer, scene_key)
    for kind, model in KINDS.items():
        try:
            place = access_place(viewer, model, county_id=scene.county_id, cid=cid)
        except NotFound:
            continue
        card = _CARDS[kind](viewer, place)
        division = Division.objects.filter(code=place.division_code, valid_until__isnull=True).first()
        card["links"] = [*card.get("links", []), *_edit_link(viewer, kind, place)]
        return {
            "kind": kind,
            "cid": cid,
            "division": {"code": place.division_code, "name": division.name if division else ""},
            "bounds": None
            if place.wkb is None
            else [place.min_lon, place.min_lat, place.max_lon, place.max_lat],
            "parent": None,
            "children": [],
            "links": [],
            "restricted": "",
            **card,
        }
    raise NotFound


def _edit_link(viewer: Viewer, kind: str, place: PlaceRow) -> list[dict[str, str]]:
    """Lead to the editing map whoever may change the place."""
    if kind not in EDITABLE or not can_edit_places(viewer, place.division_code):
        return []
    asked = urlencode({"division": place.division_code, "kind": kind, "place": f"{kind}:{place.cid}"})
    return [{"label": _("edit on the map"), "href": f"{reverse('console_map')}?{asked}"}]


def _courtyard(viewer: Viewer, courtyard: Courtyard) -> dict[str, Any]:
    address = _current_address(courtyard)
    plate = (
        Doorplate.objects.unscoped(_WHY)
        .filter(courtyard=courtyard, revoked_at__isnull=True, building="")
        .exclude(state__in=["revoked", "replaced"])
        .first()
    )
    buildings = [
        building
        for building in courtyard.buildings.unscoped(_WHY)
        .filter(is_sample=courtyard.is_sample, valid_until__isnull=True)
        .order_by("cid")
        if can_see_place(viewer, building)
    ]
    rows = [
        _row(_("address"), address.text if address else ""),
        _row(_("house number"), address.house_number if address else ""),
        _row(_("villager group"), courtyard.group),
        _row(_("buildings"), len(buildings)),
        _row(
            _("doorplate"), f"{plate.readable_code} · {plate.get_state_display()}" if plate else _("none yet")
        ),
    ]
    links, restricted = [], ""
    if can_see_people(viewer, courtyard.division_code):
        households = Household.objects.unscoped(_WHY).filter(
            courtyard=courtyard, is_sample=courtyard.is_sample
        )
        people = Membership.objects.unscoped(_WHY).filter(household__in=households, until__isnull=True)
        rows += [
            _row(pgettext("card", "households"), households.count()),
            _row(pgettext("card", "persons"), people.count()),
        ]
        links.append(
            {
                "label": _("courtyard record"),
                "href": reverse("console_courtyard", args=[courtyard.pk]),
            }
        )
    else:
        restricted = _("People of this courtyard are shown to its village's staff only.")
    return {
        "title": courtyard.name or (address.text if address else courtyard.code),
        "subtitle": _("courtyard"),
        "rows": [row for row in rows if row],
        "children": [_reference("building", building) for building in buildings],
        "links": links,
        "restricted": restricted,
    }


def _building(viewer: Viewer, building: Building) -> dict[str, Any]:
    rows = [
        _row(_("use"), building.get_use_display()),
        _row(_("storeys"), building.storeys),
        _row(_("height"), _with_unit(building.height_m, "m", 1)),
        _row(_("structure"), building.get_structure_display() if building.structure else ""),
        _row(_("roof"), building.get_roof_display()),
        _row(_("built"), str(building.built_year) if building.built_year else ""),
        _row(_("ground height by source"), _with_unit(building.ground_height_m, "m", 1)),
    ]
    return {
        "title": building.name or str(building.get_use_display()) or _("building"),
        "subtitle": _("building"),
        "rows": [row for row in rows if row],
        "parent": _reference("courtyard", courtyard)
        if (courtyard := building.courtyard) and can_see_place(viewer, courtyard)
        else None,
    }


def _parcel(viewer: Viewer, parcel: Parcel) -> dict[str, Any]:
    rows = [
        _row(_("use"), parcel.get_use_display()),
        _row(_("crop"), parcel.crop),
        _row(_("area in the ledger"), _with_unit(parcel.area_mu, _("mu"), 2)),
        _row(_("area measured"), _with_unit(parcel.area_m2, "m²", 0)),
    ]
    restricted = ""
    if can_see_people(viewer, parcel.division_code):
        rows.append(_row(_("contracted by household"), parcel.household_no))
    elif parcel.household_no:
        restricted = _("Who contracts this parcel is shown to its village's staff only.")
    return {
        "title": parcel.code or _("parcel"),
        "subtitle": _("parcel"),
        "rows": [row for row in rows if row],
        "restricted": restricted,
    }


def _road(viewer: Viewer, road: Road) -> dict[str, Any]:
    rows = [
        _row(_("class"), road.get_road_class_display()),
        _row(_("width"), _with_unit(road.width_m, "m", 1)),
        _row(_("length"), _with_unit(road.length_m, "m", 0)),
    ]
    return {
        "title": road.name or str(road.get_road_class_display()),
        "subtitle": _("road"),
        "rows": [row for row in rows if row],
    }


def _water(viewer: Viewer, water: Water) -> dict[str, Any]:
    return {
        "title": water.name or str(water.get_kind_display()),
        "subtitle": str(water.get_kind_display()),
        "rows": [],
    }


_CARDS: Final[dict[str, Callable[[Viewer, Any], dict[str, Any]]]] = {
    "building": _building,
    "courtyard": _courtyard,
    "parcel": _parcel,
    "road": _road,
    "water": _water,
}


def _row(label: str, value: object) -> dict[str, str] | None:
    return None if value in ("", None) else {"label": label, "value": str(value)}


def _with_unit(value: Any, unit: str, decimals: int) -> str:
    return "" if value is None else f"{number_format(value, decimal_pos=decimals)} {unit}"


def _current_address(courtyard: Courtyard) -> StandardAddress | None:
    found: StandardAddress | None = courtyard.addresses.unscoped(_WHY).filter(status="current").first()
    return found


def _reference(kind: str, place: Any) -> dict[str, Any]:
    if kind == "building":
        title = place.name or str(place.get_use_display()) or _("building")
    else:
        address = _current_address(place)
        title = place.name or (address.text if address else place.code)
    return {"kind": kind, "cid": place.cid, "title": title}
