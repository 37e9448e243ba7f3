"""Footprints made fit for building on: repaired, in metres about their own anchor, split into oriented parts.

Nothing is lost silently: whatever is dropped or repaired is listed with the building's id and the reason. What
becomes of a footprint depends on nothing else in the batch.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely

from xiaoyuan.tiling.arrays import AnyArray, Floats, Ints, Objects
from xiaoyuan.tiling.ellipsoid import metres_per_degree
from xiaoyuan.tiling.rings import Rings, starts_of
from xiaoyuan.tiling.simple_rings import MOST_VERTICES, clean_rings
from xiaoyuan.tiling.wkb import RaggedPolygons

SMALLEST_M2 = 0.1
"""Less than this is no building but a slip of the digitiser."""
_STRAIGHT_M = 0.05
"""Vertices this close to the line between their neighbours carry no shape."""
_WHOLE_M = 1 / 1024
"""Repaired rings are rounded to this, in a way that keeps them valid."""
_POLYGON, _MULTIPOLYGON, _COLLECTION = 3, 6, 7
_OFF_GLOBE = "its coordinates are not longitudes and latitudes"
_NO_AREA = "its area is zero"


@dataclass(frozen=True)
class Footprints:
    """n usable footprints and their p polygon parts."""

    row: Ints
    """(n): row in the input."""
    anchor_deg: Floats
    """(n, 2): longitude and latitude of the centre of the bounding box."""
    metres_per_degree: Floats
    """(n, 2) at the anchor."""
    rings: Rings
    """The p parts in metres east and north of the anchor; shells counter-clockwise, holes clockwise."""
    part_owner: Ints
    """(p): 0..n-1, ascending."""
    dropped: list[tuple[int, str]]
    """Id and reason of each footprint that was left out."""
    repaired: list[tuple[int, str]]
    """Id and reason of each footprint whose rings were put right."""

    @cached_property
    def part(self) -> Objects:
        """(p) the parts as shapely Polygons; made when first asked for, `rings` is there at once."""
        return self.rings.shapes()

    @cached_property
    def point_owner(self) -> Ints:
        """(m): the footprint that each point of `rings` belongs to."""
        return self.part_owner[self.rings.point_part]

    def points_deg(self) -> Floats:
        """(m, 2): longitude and latitude of the points of `rings`."""
        owner = self.point_owner
        return self.anchor_deg[owner] + self.rings.points_m / self.metres_per_degree[owner]


@dataclass(frozen=True)
class _Parts:
    """Parts that one way of preparing made, in any order."""

    row: Ints
    """(p) row in the input."""
    rings: Rings


def prepare(cid: AnyArray, footprint: Objects | RaggedPolygons) -> Footprints:
    """Footprints (Polygon or MultiPolygon in degrees) ready for building.

    cid: (n). footprint: (n) shapely objects, or `RaggedPolygons`, which cost a fifth. The order of the input is kept.
    """
    ragged = footprint if isinstance(footprint, RaggedPolygons) else RaggedPolygons.from_shapes(footprint)
    dropped: list[tuple[int, str]] = []
    repaired: list[tuple[int, str]] = []
    bounds = ragged.bounds()
    is_polygon = np.ones(len(ragged), bool)
    kind = shapely.get_type_id(ragged.odd)
    is_polygon[ragged.odd_row] = np.isin(kind, (_POLYGON, _MULTIPOLYGON)) & ~shapely.is_empty(ragged.odd)
    _note(dropped, cid, ~is_polygon, "it has no polygon")
    # A comparison with nan is false.
    usable = (np.abs(bounds[:, 0]) <= 180.0) & (np.abs(bounds[:, 2]) <= 180.0)
    usable &= (np.abs(bounds[:, 1]) <= 90.0) & (np.abs(bounds[:, 3]) <= 90.0)
    if ragged.odd_row.size:
        usable[ragged.odd_row] &= np.isfinite(shapely.area(ragged.odd))
    _note(dropped, cid, is_polygon & ~usable, _OFF_GLOBE)
    usable &= is_polygon

    anchor = np.stack([bounds[:, 0] + bounds[:, 2], bounds[:, 1] + bounds[:, 3]], 1) / 2
    anchor[~usable] = 0.0
    scale = metres_per_degree(np.ascontiguousarray(anchor[:, 1]))
    together, one_by_one, small = _prepared_together(ragged, usable, anchor, scale)
    parts, reasons, flat = _prepared_one_by_one(ragged, one_by_one, anchor, scale)
    for number in np.concatenate([small, flat]):
        dropped.append((int(cid[number]), _NO_AREA))
    repaired.extend((int(cid[number]), reason) for number, reason in reasons)

    rings, of_row = _merged([*together, parts])
    row = np.unique(of_row)
    owner = np.searchsorted(row, of_row)
    return Footprints(row, anchor[row], scale[row], rings, owner, sorted(dropped), sorted(repaired))


def ring_edges(polygons: Objects | Rings) -> tuple[Floats, Floats, Ints]:
    """Start (m, 2), end (m, 2) and polygon number (m) of all edges; the outside is on their right."""
    return (polygons if isinstance(polygons, Rings) else Rings.from_shapes(polygons)).edges()


def triangles_of(polygons: Objects | Rings) -> tuple[Floats, Ints]:
    """Triangles (t, 3, 2), counter-clockwise, that fill polygons with holes, and their polygon numbers (t)."""
    if isinstance(polygons, Rings):
        return polygons.triangles()
    pieces, piece_of = shapely.get_parts(shapely.orient_polygons(polygons), return_index=True)
    corners, number = Rings.from_shapes(pieces).triangles()
    return corners, piece_of[number]


def _note(book: list[tuple[int, str]], cid: AnyArray, flags: AnyArray, reason: str) -> None:
    book.extend((int(number), reason) for number in cid[flags])


def _prepared_together(
    ragged: RaggedPolygons, usable: AnyArray, anchor: Floats, scale: Floats
) -> tuple[list[_Parts], Ints, Ints]:
    """Parts of the footprints of one simple ring; rows left for one by one; rows without area."""
    sizes = np.diff(ragged.start)
    plain = usable & (sizes >= 3) & (sizes <= MOST_VERTICES)
    by_size: dict[int, tuple[Ints, Floats, Floats]] = {}
    for size in np.unique(sizes[plain]).tolist():
        row = np.flatnonzero(plain & (sizes == size))
        index = np.arange(size)[:, None] + ragged.start[row]
        lon, lat = ragged.points[:, 0][index], ragged.points[:, 1][index]
        by_size[size] = (
            row,
            (lon - anchor[row, 0]) * scale[row, 0],
            (lat - anchor[row, 1]) * scale[row, 1],
        )
    cleaned, refused = clean_rings(by_size, _STRAIGHT_M)
    parts, small = [], []
    for group in cleaned:
        is_solid = group.area_m2 >= SMALLEST_M2
        small.append(group.number[~is_solid])
        count, size = int(is_solid.sum()), group.points_m.shape[1]
        ones = np.arange(count + 1, dtype=np.int64)
        rings = Rings(group.points_m[is_solid].reshape(-1, 2), ones * size, ones)
        parts.append(_Parts(group.number[is_solid], rings))
    rest = np.sort(np.concatenate([np.flatnonzero(usable & ~plain), refused]))
    return parts, rest, np.concatenate([np.zeros(0, np.int64), *small])


def _prepared_one_by_one(
    ragged: RaggedPolygons, row: Ints, anchor: Floats, scale: Floats
) -> tuple[_Parts, list[tuple[int, str]], Ints]:
    """Parts of the other footprints; rows put right, with the reason; rows without area."""
    geometry = np.asarray(shapely.force_2d(ragged.take(row).shapes()), dtype=object).reshape(-1)
    broken = np.flatnonzero(~shapely.is_valid(geometry))
    reasons = shapely.is_valid_reason(geometry[broken])
    local = _to_metres(geometry, anchor[row], scale[row])
    local[broken] = _repaired(local[broken])
    is_flat = shapely.area(local) < SMALLEST_M2
    repaired = [
        (int(row[number]), str(reason))
        for number, reason in zip(broken, reasons, strict=True)
        if not is_flat[number]
    ]
    local = shapely.simplify(local[~is_flat], _STRAIGHT_M, preserve_topology=True)
    # Loops that touch in a point can be parted or crossed by rounding.
    crossed = np.flatnonzero(~shapely.is_valid(local))
    local[crossed] = _repaired(local[crossed])
    part, owner = shapely.get_parts(shapely.orient_polygons(local, exterior_cw=False), return_index=True)
    solid = shapely.area(part) >= SMALLEST_M2 / 10
    return _Parts(row[~is_flat][owner[solid]], Rings.from_shapes(part[solid])), repaired, row[is_flat]


def _repaired(geometry: Objects) -> Objects:
    """Valid polygons in metres, or what is left of them."""
    sound = shapely.make_valid(geometry, method="structure")
    # Needles beside a crossing can swallow all of it: then every loop counts that the lines enclose.
    lost = np.flatnonzero(shapely.area(sound) == 0.0)
    sound[lost] = shapely.make_valid(geometry[lost])
    out = np.empty(len(geometry), object)
    out[:] = [_polygonal(item) for item in sound]
    return np.asarray(shapely.set_precision(out, _WHOLE_M))


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


def _merged(batches: list[_Parts]) -> tuple[Rings, Ints]:
    """All parts in the order of their rows, and these rows."""
    if len(batches) == 2 and not len(batches[1].row) and (np.diff(batches[0].row) > 0).all():
        return batches[0].rings, batches[0].row
    row = np.concatenate([batch.row for batch in batches])
    order = np.argsort(row, kind="stable")
    points = np.concatenate([batch.rings.points_m for batch in batches])
    sizes = np.concatenate([batch.rings.ring_size for batch in batches])
    counts = np.concatenate([np.diff(batch.rings.part_start) for batch in batches])
    joined = Rings(points, starts_of(sizes), starts_of(counts))
    return joined.take(order), row[order]
