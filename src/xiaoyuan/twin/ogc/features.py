"""Rows as GeoJSON features, one page at a time."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import numpy as np
import orjson
import shapely
from django.db.models import Max, Min, Q, QuerySet

from xiaoyuan.lib import divisions
from xiaoyuan.register.models import Division
from xiaoyuan.register.spatial import in_box
from xiaoyuan.twin.ogc.catalogue import Collection
from xiaoyuan.twin.ogc.parameters import Bounds, ItemsQuery
from xiaoyuan.twin.ogc.reference_systems import in_axis_order

_CHUNK: Final = 500


@dataclass(frozen=True)
class Page:
    """Features of one page, and the key that the next one begins after (None: this was the last)."""

    features: list[dict[str, Any]]
    following: int | None


def page_of(collection: Collection, query: ItemsQuery) -> Page:
    """Return a page of a collection, in the order of the rows' keys."""
    rows = collection.rows().filter(**query.filters)
    if query.division:
        column = "code" if collection.model is Division else "division_code"
        rows = rows.filter(**divisions.range_below(query.division, column))
    boxes = _boxes(query.box)
    if boxes:
        rows = rows.filter(_meeting_any(collection, rows, boxes))
    found: list[tuple[Any, ...]] = []
    after = query.after
    wanted = query.limit + 1
    while len(found) < wanted:
        size = wanted if not boxes else max(wanted, _CHUNK)
        chunk = list(rows.filter(pk__gt=after).order_by("pk").values_list(*collection.columns)[:size])
        found += _inside(chunk, boxes)
        if len(chunk) < size:
            break
        after = chunk[-1][0]
    shown = found[: query.limit]
    following = shown[-1][0] if len(found) > query.limit else None
    return Page(_features(collection, shown, query.crs), following)


def feature_of(collection: Collection, feature_id: str, crs: str) -> dict[str, Any] | None:
    """Return one feature, or None."""
    row = collection.rows().filter(collection.by_id(feature_id)).values_list(*collection.columns).first()
    return None if row is None else _features(collection, [row], crs)[0]


def extent() -> Bounds | None:
    """Return what the collections cover, from the bounds of the divisions: reading a million rows says no more."""
    box = Division.objects.filter(valid_until__isnull=True, min_lon__isnull=False).aggregate(
        w=Min("min_lon"), s=Min("min_lat"), e=Max("max_lon"), n=Max("max_lat")
    )
    return None if box["w"] is None else (box["w"], box["s"], box["e"], box["n"])


def _boxes(box: Bounds | None) -> list[Bounds]:
    """Return the box, or its two halves where it crosses the 180th meridian."""
    if box is None:
        return []
    west, south, east, north = box
    if west <= east:
        return [box]
    return [(west, south, 180.0, north), (-180.0, south, east, north)]


def _meeting_any(collection: Collection, rows: "QuerySet[Any]", boxes: list[Bounds]) -> Q:
    condition = Q()
    for box in boxes:
        west, south, east, north = box
        if collection.model is Division:
            condition |= Q(max_lon__gte=west, min_lon__lte=east, max_lat__gte=south, min_lat__lte=north)
        else:
            condition |= Q(pk__in=in_box(rows, box).values("pk"))
    return condition


def _inside(rows: list[tuple[Any, ...]], boxes: list[Bounds]) -> list[tuple[Any, ...]]:
    """Keep the rows whose shape, not only its bounds, meets a box."""
    if not boxes or not rows:
        return rows
    shapes = shapely.from_wkb([bytes(row[3]) for row in rows])
    area = shapely.union_all([shapely.box(*box) for box in boxes])
    return [rows[at] for at in np.flatnonzero(shapely.intersects(shapes, area))]


def _features(collection: Collection, rows: list[tuple[Any, ...]], crs: str) -> list[dict[str, Any]]:
    if not rows:
        return []
    shapes = in_axis_order(shapely.force_2d(shapely.from_wkb([bytes(row[3]) for row in rows])), crs)
    return [
        {
            "type": "Feature",
            "id": collection.feature_id(row[1], row[2]),
            "geometry": orjson.loads(geometry),
            "properties": {
                name: _plain(value) for name, value in zip(collection.properties, row[4:], strict=True)
            },
        }
        for row, geometry in zip(rows, shapely.to_geojson(shapes), strict=True)
    ]


def _plain(value: Any) -> Any:
    """Return a value as JSON says it; an empty text means that nothing is known."""
    return float(value) if isinstance(value, Decimal) else None if value == "" else value
