"""Footprints made fit for building on: repaired, in metres about their own anchor, split into oriented parts.

Nothing is lost silently: whatever is dropped or repaired is listed with the building's id and the reason.
"""

from dataclasses import dataclass

import numpy as np
import shapely

from xiaoyuan.tiling.arrays import AnyArray, Floats, Ints, Objects
from xiaoyuan.tiling.ellipsoid import metres_per_degree

SMALLEST_M2 = 0.1
"""Less than this is no building but a slip of the digitiser."""
_STRAIGHT_M = 0.05
"""Vertices this close to the line between their neighbours carry no shape."""
_POLYGON, _MULTIPOLYGON, _COLLECTION = 3, 6, 7


@dataclass(frozen=True)
class Footprints:
    """n usable footprints and their p polygon parts."""

    row: Ints
    """(n): row in the input."""
    anchor_deg: Floats
    """(n, 2): longitude and latitude of the centre of the bounding box."""
    metres_per_degree: Floats
    """(n, 2) at the anchor."""
    part: Objects
    """(p) shapely Polygon in metres east and north of the anchor; shells counter-clockwise, holes clockwise."""
    part_owner: Ints
    """(p): 0..n-1, ascending."""
    dropped: list[tuple[int, str]]
    """Id and reason of each footprint that was left out."""
    repaired: list[tuple[int, str]]
    """Id and reason of each footprint whose rings were put right."""


def prepare(cid: AnyArray, footprint: Objects) -> Footprints:
    """Footprints (Polygon or MultiPolygon in degrees) ready for building.

    The order of the input is kept.
    """
    dropped: list[tuple[int, str]] = []
    repaired: list[tuple[int, str]] = []
    geometry = np.array(footprint, dtype=object)
    usable = np.isin(shapely.get_type_id(geometry), (_POLYGON, _MULTIPOLYGON)) & ~shapely.is_empty(geometry)
    _note(dropped, cid, ~usable, "it has no polygon")
    bounds = shapely.bounds(geometry)
    on_globe = np.isfinite(bounds).all(1)
    on_globe[on_globe] &= (np.abs(bounds[on_globe]) <= [180.0, 90.0, 180.0, 90.0]).all(1)
    _note(dropped, cid, usable & ~on_globe, "its coordinates are not longitudes and latitudes")
    usable &= on_globe

    row = np.flatnonzero(usable)
    geometry = shapely.force_2d(geometry[row])
    broken = np.flatnonzero(~shapely.is_valid(geometry))
    reasons = shapely.is_valid_reason(geometry[broken])
    geometry[broken] = [_polygonal(item) for item in shapely.make_valid(geometry[broken], method="structure")]

    anchor = np.column_stack([bounds[row, 0] + bounds[row, 2], bounds[row, 1] + bounds[row, 3]]) / 2
    scale = metres_per_degree(anchor[:, 1])
    local = _to_metres(geometry, anchor, scale)
    flat = shapely.area(local) < SMALLEST_M2
    _note(dropped, cid[row], flat, "its area is zero")
    for number, reason in zip(broken, reasons, strict=True):
        if not flat[number]:
            repaired.append((int(cid[row[number]]), str(reason)))

    row, anchor, scale, local = row[~flat], anchor[~flat], scale[~flat], local[~flat]
    local = shapely.simplify(local, _STRAIGHT_M, preserve_topology=True)
    part, owner = shapely.get_parts(shapely.orient_polygons(local, exterior_cw=False), return_index=True)
    solid = shapely.area(part) >= SMALLEST_M2 / 10
    part, owner = part[solid], owner[solid].astype(np.int64)
    return Footprints(row, anchor, scale, part, owner, sorted(dropped), sorted(repaired))


def ring_edges(polygons: Objects) -> tuple[Floats, Floats, Ints]:
    """Start (m, 2), end (m, 2) and polygon number (m) of all edges; the outside is on their right."""
    rings, ring_polygon = shapely.get_rings(polygons, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    return points[:-1][same], points[1:][same], np.asarray(ring_polygon)[ring[:-1][same]].astype(np.int64)


def triangles_of(polygons: Objects) -> tuple[Floats, Ints]:
    """Triangles (t, 3, 2), counter-clockwise, that fill polygons with holes, and their polygon numbers (t)."""
    pieces, number = shapely.get_parts(shapely.constrained_delaunay_triangles(polygons), return_index=True)
    corners = shapely.get_coordinates(pieces).reshape(-1, 4, 2)[:, :3]
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    clockwise = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0] < 0
    corners[clockwise] = corners[clockwise][:, ::-1]
    return corners, number.astype(np.int64)


def _note(book: list[tuple[int, str]], cid: AnyArray, flags: AnyArray, reason: str) -> None:
    book.extend((int(number), reason) for number in cid[flags])


def _polygonal(geometry: shapely.Geometry) -> shapely.Geometry:
    """What is left of a repaired geometry when its stray lines and points are taken away."""
    if shapely.get_type_id(geometry) != _COLLECTION:
        return geometry
    parts = shapely.get_parts(geometry)
    areas = parts[np.isin(shapely.get_type_id(parts), (_POLYGON, _MULTIPOLYGON))]
    return shapely.union_all(areas)


def _to_metres(geometry: Objects, anchor: Floats, scale: Floats) -> Objects:
    points, owner = shapely.get_coordinates(geometry, return_index=True)
    return np.asarray(shapely.set_coordinates(geometry.copy(), (points - anchor[owner]) * scale[owner]))
