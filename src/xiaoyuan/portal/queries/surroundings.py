"""What lies around a courtyard on public layers: shapes for the sketch on a plate's page, no names, no people."""

from collections import defaultdict
from dataclasses import dataclass
from math import cos, radians
from typing import Any, Final

import numpy as np
import shapely
from django.db.models import QuerySet

from xiaoyuan.register.choices import LayerClass
from xiaoyuan.register.models import Building, Courtyard, Parcel, PlaceRow, Road, Water
from xiaoyuan.register.spatial import Bounds, in_box

METRES_A_DEGREE: Final = 111_320.0
_PUBLIC: Final = "public layers are open to anyone"
_MOST_SHAPES: Final = 160

Shapes = tuple[Any, ...]
"""Shapely geometries in degrees."""


@dataclass(frozen=True)
class Surroundings:
    """Shapes in degrees within `bounds`; `road_widths_m` belongs to `roads`, one each."""

    bounds: Bounds
    courtyard: Any
    own_buildings: Shapes
    buildings: Shapes
    courtyards: Shapes
    roads: Shapes
    road_widths_m: tuple[float, ...]
    waters: Shapes
    fields: dict[str, Shapes]
    """Parcels by use (`ParcelUse`)."""


def box_around(courtyard: Any, *, width_m: float, height_m: float) -> Bounds:
    """Return the box (degrees) of a sketch with the courtyard in its middle, wider where the courtyard is large."""
    west, south, east, north = shapely.bounds(courtyard)
    lon, lat = (west + east) / 2, (south + north) / 2
    east_scale = METRES_A_DEGREE * cos(radians(lat))
    growth = max(
        1.0, 1.5 * (east - west) * east_scale / width_m, 1.5 * (north - south) * METRES_A_DEGREE / height_m
    )
    half_lon, half_lat = growth * width_m / 2 / east_scale, growth * height_m / 2 / METRES_A_DEGREE
    return (lon - half_lon, lat - half_lat, lon + half_lon, lat + half_lat)


def surroundings_of(
    *, county_id: int, courtyard_id: int, wkb: bytes, is_sample: bool, width_m: float, height_m: float
) -> Surroundings:
    """Return what a sketch of `width_m` x `height_m` around a public courtyard shows. Five queries."""
    courtyard = shapely.from_wkb(wkb)
    bounds = box_around(courtyard, width_m=width_m, height_m=height_m)

    def rows(model: type[PlaceRow]) -> "QuerySet[Any]":
        public = model.objects.unscoped(_PUBLIC).filter(
            county_id=county_id, is_sample=is_sample, layer_class=LayerClass.PUBLIC, valid_until__isnull=True
        )
        return in_box(public, bounds)

    houses = list(rows(Building).values_list("wkb", "courtyard_id")[:_MOST_SHAPES])
    ways = list(rows(Road).values_list("wkb", "width_m")[:_MOST_SHAPES])
    yards = list(rows(Courtyard).exclude(pk=courtyard_id).values_list("wkb", flat=True)[:_MOST_SHAPES])
    uses: dict[str, list[Any]] = defaultdict(list)
    for shape, use in rows(Parcel).values_list("wkb", "use")[:_MOST_SHAPES]:
        uses[use].append(shape)
    waters = list(rows(Water).values_list("wkb", flat=True)[:_MOST_SHAPES])
    return Surroundings(
        bounds=bounds,
        courtyard=courtyard,
        own_buildings=_shapes([wkb for wkb, owner in houses if owner == courtyard_id]),
        buildings=_shapes([wkb for wkb, owner in houses if owner != courtyard_id]),
        courtyards=_shapes(yards),
        roads=_shapes([wkb for wkb, _width in ways]),
        road_widths_m=tuple(float(width or 0) for _wkb, width in ways),
        waters=_shapes(waters),
        fields={use: _shapes(parcels) for use, parcels in uses.items()},
    )


def _shapes(rows: list[Any]) -> Shapes:
    return tuple(np.atleast_1d(shapely.from_wkb([bytes(row) for row in rows]))) if rows else ()
