"""What the big screen shows of a division, for the viewer bundle, the table view and programs alike."""

from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

import shapely
from django.db.models import Max, Min
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoyuan.accounts.choices import Permission, Role
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.doorplates.models import Doorplate
from xiaoyuan.indicators.panels import panels_of
from xiaoyuan.indicators.queries import SMALLEST_PUBLISHED, counters_by_child, shows_sample
from xiaoyuan.lib import divisions
from xiaoyuan.register import figures as counters
from xiaoyuan.register.access import access_division, can_see_people
from xiaoyuan.register.choices import LayerClass
from xiaoyuan.register.models import SHOWN, Building, Courtyard, Division, Road, StandardAddress, Water
from xiaoyuan.twin.access import can_load_scene
from xiaoyuan.twin.model_queries import screen_models
from xiaoyuan.twin.models import Scene
from xiaoyuan.twin.publishing import pointer_of
from xiaoyuan.twin.queries import scenes_for

Bounds = tuple[float, float, float, float]

CHILD_FIGURES: Final = (
    ("population", counters.PERSONS_REGISTERED),
    ("households", counters.HOUSEHOLDS),
    ("courtyards", counters.COURTYARDS),
    ("buildings", counters.BUILDINGS),
)
_PEOPLE_FIGURES: Final = ("population", "households")
_PUBLIC: Final = "public layers only"


def screen_answer(viewer: Viewer, code: str, now: datetime) -> dict[str, Any]:
    """Return everything the screen of a division shows at first sight; raises `NotFound`."""
    division = access_division(code)
    today = timezone.localdate(now)
    is_sample = shows_sample(division.code)
    may_see_small = can_see_people(viewer, division.code)
    nearest = scenes_for(division.code, with_internal=_sees_internal(viewer, division.code))
    # The scene above a village may be one of internal layers that its staff may not load.
    scenes = [scene for scene in nearest if can_load_scene(viewer, scene)]
    pointers = {scene.key: pointer_of(scene) for scene in scenes}
    children = _children(division, today, is_sample, may_see_small)
    people_href = (
        f"{reverse('console_households')}?division={division.code}"
        if viewer.scope_for(Permission.VIEW_PEOPLE).touches_division(division.code)
        else None
    )
    return {
        "division": {
            "code": division.code,
            "name": division.name,
            "level": division.level,
            "path": path_of(division),
        },
        "as_of": timezone.localtime(now).isoformat(timespec="seconds"),
        "is_sample": is_sample,
        "viewer": {
            "signed_in": viewer.is_signed_in,
            "name": viewer.actor.label if viewer.is_signed_in else "",
            "role": str(Role(viewer.roles[0]).label) if viewer.roles else "",
        },
        "bounds": division_bounds(division, scenes, pointers),
        "scenes": [
            {
                "id": scene.key,
                "name": division.name,
                "pointer": f"/twin/{scene.key}/current.json",
                "county_id": scene.county_id,
                "layer_class": scene.layer_class,
            }
            for scene in scenes
        ],
        "models": screen_models(viewer, division.code),
        "has_terrain": any(scene.has_terrain for scene in scenes),
        "children": children,
        "panels": [
            asdict(panel)
            for panel in panels_of(
                division.code,
                as_of=today,
                is_sample=is_sample,
                may_see_small=may_see_small,
                people_href=people_href,
            )
        ],
        "ticker": _ticker(division, children, scenes, now),
        "attribution": sorted(
            {line for pointer in pointers.values() for line in pointer.get("attribution", [])}
        ),
    }


def path_of(division: Division) -> list[dict[str, str]]:
    """Return the divisions above one and itself, the widest first."""
    codes = [*divisions.ancestors(division.code), division.code]
    names = {row.code: row for row in Division.objects.filter(code__in=codes, valid_until__isnull=True)}
    return [
        {"code": code, "name": names[code].name, "level": names[code].level}
        for code in codes
        if code in names
    ]


def division_bounds(
    division: Division, scenes: list[Scene], pointers: dict[str, dict[str, Any]]
) -> Bounds | None:
    """Return a division's bounds: its outline's, else those of its public places, else of its scenes."""
    if division.min_lon is not None:
        return _box(division)
    below = divisions.range_below(division.code)
    boxes = []
    for model in (Building, Courtyard):
        box = (
            model.objects.unscoped(_PUBLIC)
            .filter(SHOWN, layer_class=LayerClass.PUBLIC, **below)
            .aggregate(w=Min("min_lon"), s=Min("min_lat"), e=Max("max_lon"), n=Max("max_lat"))
        )
        if box["w"] is not None:
            boxes.append((box["w"], box["s"], box["e"], box["n"]))
    boxes = boxes or [tuple(pointers[scene.key]["bounds"]) for scene in scenes if pointers[scene.key]]
    if not boxes:
        return None
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)


def outlines(code: str) -> dict[str, Any]:
    """Return the outlines of a division and its children as GeoJSON; raises `NotFound`."""
    division = access_division(code)
    rows = [division, *division.children.filter(valid_until__isnull=True).order_by("code")]
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": row.code,
                "properties": {
                    "code": row.code,
                    "name": row.name,
                    "level": row.level,
                    "self": row.pk == division.pk,
                },
                "geometry": shapely.geometry.mapping(shapely.from_wkb(bytes(row.outline_wkb))),
            }
            for row in rows
            if row.outline_wkb is not None
        ],
    }


def labels(code: str) -> list[dict[str, Any]]:
    """Return the texts on the map of a division: villages, named roads and waters, house numbers."""
    division = access_division(code)
    found: list[dict[str, Any]] = []
    villages = Division.objects.filter(
        code__startswith=division.code, outline_wkb__isnull=False, valid_until__isnull=True
    )
    for village in villages.exclude(pk=division.pk):
        lon, lat = _inner_point(bytes(village.outline_wkb or b""))
        found.append(_label(0, 0, "village", village.name, lon, lat, 1))
    below = {
        **divisions.range_below(division.code),
        "layer_class": LayerClass.PUBLIC,
    }
    for model, kind in ((Road, "road"), (Water, "water")):
        rows = (
            model.objects.unscoped(_PUBLIC).filter(SHOWN, valid_until__isnull=True, **below).exclude(name="")
        )
        for county_id, cid, name, wkb in rows.values_list("county_id", "cid", "name", "wkb"):
            lon, lat = _inner_point(bytes(wkb))
            found.append(_label(county_id, cid, kind, name, lon, lat, 3))
    addresses = (
        StandardAddress.objects.unscoped(_PUBLIC)
        .filter(
            SHOWN,
            status="current",
            **divisions.range_below(division.code),
            courtyard__layer_class=LayerClass.PUBLIC,
            courtyard__min_lon__isnull=False,
        )
        .exclude(house_number="")
        .values_list(
            "county_id",
            "courtyard__cid",
            "house_number",
            "courtyard__min_lon",
            "courtyard__max_lon",
            "courtyard__min_lat",
            "courtyard__max_lat",
        )
    )
    for county_id, cid, number, west, east, south, north in addresses:
        found.append(_label(county_id, cid, "courtyard", number, (west + east) / 2, (south + north) / 2, 5))
    return found


def _label(
    county_id: int, cid: int, kind: str, text: str, lon: float, lat: float, rank: int
) -> dict[str, Any]:
    return {
        "county_id": county_id,
        "cid": cid,
        "kind": kind,
        "text": text,
        "lon": round(lon, 6),
        "lat": round(lat, 6),
        "rank": rank,
    }


def _inner_point(wkb: bytes) -> tuple[float, float]:
    shape = shapely.from_wkb(wkb)
    point = (
        shapely.line_interpolate_point(shape, 0.5, normalized=True)
        if shape.geom_type == "LineString"
        else shapely.point_on_surface(shape)
    )
    return float(point.x), float(point.y)


def _children(division: Division, today: Any, is_sample: bool, may_see_small: bool) -> list[dict[str, Any]]:
    rows = list(division.children.filter(valid_until__isnull=True).order_by("code"))
    if not rows:
        return []
    sums = counters_by_child(
        [figure for _name, figure in CHILD_FIGURES],
        division.code,
        digits=len(rows[0].code),
        as_of=today,
        is_sample=is_sample,
    )
    return [
        {
            "code": row.code,
            "name": row.name,
            "level": row.level,
            "bounds": _box(row) if row.min_lon is not None else None,
            "label_point": _inner_point(bytes(row.outline_wkb)) if row.outline_wkb else None,
            "figures": _child_figures(sums.get(row.code, {}), may_see_small),
        }
        for row in rows
    ]


def _child_figures(sums: dict[str, int], may_see_small: bool) -> dict[str, int | None]:
    """Return a child's figures; None where nothing is recorded or the count is too small to publish."""
    shown: dict[str, int | None] = {}
    for name, figure in CHILD_FIGURES:
        amount = sums.get(figure)
        is_small = name in _PEOPLE_FIGURES and amount is not None and 0 < amount < SMALLEST_PUBLISHED
        shown[name] = None if is_small and not may_see_small else amount
    return shown


def _box(division: Division) -> Bounds:
    return (
        float(division.min_lon or 0),
        float(division.min_lat or 0),
        float(division.max_lon or 0),
        float(division.max_lat or 0),
    )


def _ticker(
    division: Division, children: list[dict[str, Any]], scenes: list[Scene], now: datetime
) -> list[dict[str, str]]:
    """Return short facts, each counted: nothing here is typed by hand."""
    facts = []
    with_records = [child for child in children if any(child["figures"].values())]
    if children:
        facts.append(
            _("%(with)d of %(all)d divisions have records")
            % {"with": len(with_records), "all": len(children)}
        )
    plates = Doorplate.objects.unscoped("a count").filter(
        SHOWN,
        **divisions.range_below(division.code),
        revoked_at__isnull=True,
    )
    plate_count = plates.count()
    if plate_count:
        facts.append(_("%(count)d doorplates planned or in place") % {"count": plate_count})
    built = [scene.built_at for scene in scenes if scene.built_at]
    if built:
        day = timezone.localtime(max(built)).strftime("%Y-%m-%d %H:%M")
        facts.append(_("scene built %(day)s") % {"day": day})
    return [{"text": fact} for fact in facts]


def _sees_internal(viewer: Viewer, code: str) -> bool:
    return viewer.scope_for(Permission.CONSOLE).contains_division(code)
