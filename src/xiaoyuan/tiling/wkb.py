"""Footprints read from well-known binary without an object for each: a county's are there in half a second."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from xiaoyuan.tiling.arrays import Flags, Floats, Ints, Objects, ranges
from xiaoyuan.tiling.rings import starts_of

_HEADER = np.dtype([("order", "u1"), ("kind", "<u4"), ("rings", "<u4"), ("points", "<u4")])
"""Of a polygon in OGC Simple Features (06-103r4), section 8: byte order, geometry type, rings, points of the first."""
_POLYGON = 3


@dataclass(frozen=True)
class RaggedPolygons:
    """n footprints in degrees: those of one ring as arrays, all others as shapely objects.

    `from_wkb` or `from_shapes` make it, `prepare` takes it, ``polygons[rows]`` picks from it (like an object array).
    """

    points: Floats
    """(m, 2): longitude and latitude of the vertices of the rings, the first not repeated at a ring's end."""
    start: Ints
    """(n + 1): footprint i has the vertices start[i] to start[i + 1] - 1; none where it is odd."""
    odd_row: Ints
    """(k), ascending: footprints with holes or several parts, and what is no polygon at all."""
    odd: Objects
    """(k): their shapely geometry, None where it could not be read."""

    @classmethod
    def from_wkb(cls, wkb: Sequence[bytes]) -> "RaggedPolygons":
        """From the bytes of geometries, as a database or a GeoPackage column gives them.

        Little-endian polygons of one ring are read by buffer arithmetic; holes, several parts, Z or M, big-endian
        and extended bytes (EWKB) by shapely. What cannot be read becomes None, which `prepare` drops with a reason.
        """
        count = len(wkb)
        lengths = np.fromiter(map(len, wkb), np.int64, count)
        size = _HEADER.itemsize
        joined = b"".join([item[:size] for item in wkb])
        if len(joined) != size * count:
            joined = b"".join([item[:size].ljust(size, b"\0") for item in wkb])
        header = np.frombuffer(joined, _HEADER)
        points = header["points"].astype(np.int64)
        is_plain = (header["order"] == 1) & (header["kind"] == _POLYGON) & (header["rings"] == 1)
        is_plain &= (points >= 4) & (lengths == size + 16 * points)
        if is_plain.all():
            body = b"".join([item[size:] for item in wkb])
        else:
            body = b"".join(
                [item[size:] for item, plain in zip(wkb, is_plain.tolist(), strict=True) if plain]
            )
        closed = np.frombuffer(body, "<f8").reshape(-1, 2).astype(np.float64, copy=False)
        ends = np.cumsum(points[is_plain])
        is_closed = (closed[ends - 1] == closed[ends - points[is_plain]]).all(1)
        keep = np.ones(len(closed), bool)
        keep[ends - 1] = False
        if not is_closed.all():
            keep &= np.repeat(is_closed, points[is_plain])
            is_plain[np.flatnonzero(is_plain)[~is_closed]] = False
        odd_row = np.flatnonzero(~is_plain)
        odd = np.empty(len(odd_row), object)
        odd[:] = (
            shapely.from_wkb([wkb[row] for row in odd_row.tolist()], on_invalid="ignore")
            if odd_row.size
            else []
        )
        return cls(closed[keep], starts_of(np.where(is_plain, points - 1, 0)), odd_row, odd)

    @classmethod
    def from_shapes(cls, shapes: Objects) -> "RaggedPolygons":
        """From shapely geometries (n), None allowed."""
        shapes = np.asarray(shapes, dtype=object)
        is_plain = (shapely.get_type_id(shapes) == _POLYGON) & (shapely.get_num_interior_rings(shapes) == 0)
        is_plain &= shapely.get_num_coordinates(shapes) >= 4
        points, owner = shapely.get_coordinates(shapes[is_plain], return_index=True)
        is_last = np.append(owner[1:] != owner[:-1], True)[: len(owner)]
        sizes = np.zeros(len(shapes), np.int64)
        sizes[is_plain] = np.bincount(owner[~is_last], minlength=int(is_plain.sum()))
        odd_row = np.flatnonzero(~is_plain)
        return cls(points[~is_last], starts_of(sizes), odd_row, shapes[odd_row])

    def __len__(self) -> int:
        return len(self.start) - 1

    def __getitem__(self, rows: Ints | Flags) -> "RaggedPolygons":
        return self.take(rows)

    def take(self, rows: Ints | Flags) -> "RaggedPolygons":
        """The footprints of these rows (or flagged), in this order; nothing of the others is kept in memory."""
        if rows.dtype == np.bool_:
            rows = np.flatnonzero(rows)
        sizes = np.diff(self.start)[rows]
        points = self.points[np.repeat(self.start[:-1][rows], sizes) + ranges(sizes)]
        if not self.odd_row.size:
            return RaggedPolygons(points, starts_of(sizes), self.odd_row, self.odd)
        slot = np.minimum(np.searchsorted(self.odd_row, rows), len(self.odd_row) - 1)
        is_odd = self.odd_row[slot] == rows
        return RaggedPolygons(points, starts_of(sizes), np.flatnonzero(is_odd), self.odd[slot[is_odd]])

    def bounds(self) -> Floats:
        """West, south, east and north (n, 4) in degrees, nan where there is nothing."""
        out = np.full((len(self), 4), np.nan)
        filled = self.start[1:] > self.start[:-1]
        if filled.any():
            first = self.start[:-1][filled]
            out[filled, :2] = np.minimum.reduceat(self.points, first)
            out[filled, 2:] = np.maximum.reduceat(self.points, first)
        out[self.odd_row] = shapely.bounds(self.odd)
        return out

    def shapes(self) -> Objects:
        """Shapely geometries (n)."""
        out = np.empty(len(self), object)
        sizes = np.diff(self.start)
        rows = np.flatnonzero(sizes)
        if rows.size:
            ring = np.repeat(np.arange(len(rows)), sizes[rows] + 1)
            offset = ranges(sizes[rows] + 1) % sizes[rows][ring]
            out[rows] = shapely.polygons(
                shapely.linearrings(self.points[self.start[rows][ring] + offset], indices=ring)
            )
        out[self.odd_row] = self.odd
        return out
