"""What a printed map shows of an area: public layers, internal ones only where the reader may see them."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Final

import shapely
from django.db.models import Q

from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.intake.models import ImportBatch
from xiaoyuan.lib import divisions
from xiaoyuan.lib.place_names import short_name
from xiaoyuan.register.choices import AddressStatus, LayerClass
from xiaoyuan.register.models import (
    SHOWN,
    Building,
    Courtyard,
    Division,
    Parcel,
    PlaceRow,
    Road,
    StandardAddress,
    TerrainModel,
    Water,
)
from xiaoyuan.register.spatial import in_box

_WHY: Final = "layer classes are checked here; names of people are not read"
_MOST_ROWS: Final = 40_000
Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Named:
    """A shape in degrees with the text that stands on it."""

    shape: Any
    text: str


@dataclass
class MapRows:
    """Shapes in degrees by layer."""

    parcels: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    waters: list[Named] = field(default_factory=list)
    roads: list[tuple[Any, str, float, str]] = field(default_factory=list)
    """Shape, class, width in metres (0 unknown), name."""
    courtyards: list[Named] = field(default_factory=list)
    buildings: list[Any] = field(default_factory=list)
    outline: Any = None
    inner: list[Named] = field(default_factory=list)
    neighbours: list[Named] = field(default_factory=list)
    has_internal: bool = False


def map_rows(
    division: Division | None, bounds: Bounds, *, layers: frozenset[str], internal: Scope | None
) -> MapRows:
    """Read the layers of a box. `internal`: within which scope internal rows are shown, None for none."""
    rows = MapRows()
    if "parcel" in layers:
        for wkb, use in _shown(Parcel, bounds, internal, "use"):
            rows.parcels[use].append(shapely.from_wkb(bytes(wkb)))
    if "water" in layers:
        rows.waters = [
            Named(shapely.from_wkb(bytes(w)), n) for w, n in _shown(Water, bounds, internal, "name")
        ]
    if "road" in layers:
        rows.roads = [
            (shapely.from_wkb(bytes(wkb)), kind, float(width or 0), name)
            for wkb, kind, width, name in _shown(Road, bounds, internal, "road_class", "width_m", "name")
        ]
    if "courtyard" in layers:
        yards = _shown(Courtyard, bounds, internal, "pk")
        numbers = dict(
            StandardAddress.objects.unscoped(_WHY)
            .filter(courtyard_id__in=[pk for _wkb, pk in yards], status=AddressStatus.CURRENT)
            .values_list("courtyard_id", "house_number")
            if len(yards) < 900
            else StandardAddress.objects.unscoped(_WHY)
            .filter(
                Q(**divisions.range_below(division.code if division else "")), status=AddressStatus.CURRENT
            )
            .values_list("courtyard_id", "house_number")
        )
        rows.courtyards = [Named(shapely.from_wkb(bytes(wkb)), numbers.get(pk, "")) for wkb, pk in yards]
    if "building" in layers:
        rows.buildings = [shapely.from_wkb(bytes(wkb)) for (wkb,) in _shown(Building, bounds, internal)]
    rows.has_internal = internal is not None
    _add_divisions(rows, division, bounds)
    return rows


def _shown(
    model: type[PlaceRow], bounds: Bounds, internal: Scope | None, *columns: str
) -> list[tuple[Any, ...]]:
    open_to = Q(layer_class=LayerClass.PUBLIC)
    if internal is not None:
        open_to |= Q(layer_class=LayerClass.INTERNAL) & internal.condition()
    rows = model.objects.unscoped(_WHY).filter(SHOWN, open_to, valid_until__isnull=True, wkb__isnull=False)
    found = in_box(rows, bounds).order_by("county_id", "cid").values_list("wkb", *columns)
    return list(found[:_MOST_ROWS])


def _add_divisions(rows: MapRows, division: Division | None, bounds: Bounds) -> None:
    if division is None:
        return
    west, south, east, north = bounds
    same = Division.objects.filter(
        valid_until__isnull=True,
        outline_wkb__isnull=False,
        max_lon__gte=west,
        min_lon__lte=east,
        max_lat__gte=south,
        min_lat__lte=north,
    )
    if division.outline_wkb:
        rows.outline = shapely.from_wkb(bytes(division.outline_wkb))
    for row in same.filter(level=division.level).exclude(pk=division.pk).order_by("code")[:60]:
        rows.neighbours.append(Named(shapely.from_wkb(bytes(row.outline_wkb or b"")), short_name(row.name)))
    for row in same.filter(parent=division).order_by("code")[:400]:
        rows.inner.append(Named(shapely.from_wkb(bytes(row.outline_wkb or b"")), short_name(row.name)))


def inset_outlines(division: Division) -> tuple[str, list[Named], list[Named]]:
    """Return the division above, the outlines of its parts, and the division's own among them (each may be empty)."""
    above = division.parent
    if above is None or not division.outline_wkb:
        return "", [], []
    parts = above.children.filter(valid_until__isnull=True, outline_wkb__isnull=False).order_by("code")
    named = [
        (row.pk, Named(shapely.from_wkb(bytes(row.outline_wkb or b"")), short_name(row.name)))
        for row in parts[:600]
    ]
    own = [part for pk, part in named if pk == division.pk]
    return short_name(above.name), [part for pk, part in named if pk != division.pk], own


def attribution(code: str) -> list[str]:
    """Return where the shapes and heights of a division come from."""
    related = Q(**divisions.range_below(code)) | Q(division_code__in=divisions.ancestors(code))
    texts = set(
        ImportBatch.objects.filter(related).exclude(attribution="").values_list("attribution", flat=True)
    )
    models = TerrainModel.objects.unscoped(_WHY).filter(related, SHOWN).exclude(attribution="")
    return sorted(texts | set(models.values_list("attribution", flat=True)))
