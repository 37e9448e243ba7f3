"""An invented county of any size, so that builders are measured at the scale of a real one without anyone's data.

One million buildings lie over 60 x 60 km in 2,500 villages. A smaller county has the same density on less land.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.transform import from_origin

from xiaoyuan.tiling.arrays import Bounds, Bytes, Floats, Ints, Objects, Singles, ranges
from xiaoyuan.tiling.ellipsoid import metres_per_degree

LON, LAT = 105.3, 27.3
"""Middle of every county."""
FULL_SIDE_M, FULL_COUNT = 60_000.0, 1_000_000
_VILLAGE_BUILDINGS = 400
_SLOT_M = np.array([24.0, 20.0])
"""A building's share of its village, along and across the rows."""
_FIELD_M = 34.0
_LANE_EVERY = 4
_EDGE_POINTS = 8
"""Segments of the border between two villages."""
_SHARES_OF_SHAPES = (0.60, 0.25, 0.075, 0.075)
_SHARES_OF_ROOFS = (0.40, 0.45, 0.15)
_SHARES_OF_STOREYS = (0.35, 0.35, 0.15, 0.07, 0.05, 0.03)
_RECTANGLE = ((0, 0), (1, 0), (1, 1), (0, 1))
_ANGLE = ((0, 0), (1, 0), (1, 0.5), (0.45, 0.5), (0.45, 1), (0, 1))
_TEE = ((0, 0.55), (0.3, 0.55), (0.3, 0), (0.7, 0), (0.7, 0.55), (1, 0.55), (1, 1), (0, 1))
_YARD = ((0, 0), (1, 0), (1, 1), (0.68, 1), (0.68, 0.42), (0.32, 0.42), (0.32, 1), (0, 1))
_SHAPES = tuple(np.array((*shape, shape[0]), np.float64) - 0.5 for shape in (_RECTANGLE, _ANGLE, _TEE, _YARD))


@dataclass(frozen=True)
class Rings:
    """Polygons without holes, or lines, as one run of vertices: item i owns points[offsets[i]:offsets[i + 1]]."""

    points: Floats
    """Degrees (m, 2)."""
    offsets: Ints

    def polygons(self) -> Objects:
        """As shapely polygons."""
        count = len(self.offsets) - 1
        made = shapely.from_ragged_array(
            shapely.GeometryType.POLYGON, self.points, (self.offsets, np.arange(count + 1))
        )
        return np.asarray(made, object)

    def lines(self) -> Objects:
        """As shapely lines."""
        made = shapely.from_ragged_array(shapely.GeometryType.LINESTRING, self.points, (self.offsets,))
        return np.asarray(made, object)


@dataclass(frozen=True)
class SyntheticCounty:
    """n buildings with what lies around them; everything in degrees, cids from 1 in every kind."""

    cid: NDArray[np.uint32]
    footprint_rings: Rings
    height_m: Floats
    """To the eaves; nan for one in ten."""
    storeys: NDArray[np.int32]
    roof: Bytes
    structure: Bytes
    village: NDArray[np.int32]
    """Number 0.. of each building's village."""
    parcel_rings: Rings
    """n fields; neighbours share every vertex of their common border."""
    courtyard_rings: Rings
    """One for two buildings."""
    road_rings: Rings
    """Lanes of villages and ways between them (lines)."""
    division_rings: Rings
    """The villages' outlines; together they cover the county once."""

    def __len__(self) -> int:
        return len(self.cid)

    @cached_property
    def footprints(self) -> Objects:
        """Polygons of the buildings (n)."""
        return self.footprint_rings.polygons()

    @cached_property
    def footprints_wkb(self) -> list[bytes]:
        """The same as little-endian WKB (n), as a database hands them over."""
        written: list[bytes] = shapely.to_wkb(self.footprints, byte_order=1).tolist()
        return written

    @cached_property
    def parcels(self) -> Objects:
        """Polygons of the fields (n)."""
        return self.parcel_rings.polygons()

    @cached_property
    def courtyards(self) -> Objects:
        """Polygons of the courtyards (about n / 2)."""
        return self.courtyard_rings.polygons()

    @cached_property
    def roads(self) -> Objects:
        """Lines of lanes and ways."""
        return self.road_rings.lines()

    @cached_property
    def divisions(self) -> Objects:
        """Polygons of the villages."""
        return self.division_rings.polygons()

    @cached_property
    def plates(self) -> Objects:
        """Points of the doorplates (n): the first corner of each building."""
        return np.asarray(
            shapely.points(self.footprint_rings.points[self.footprint_rings.offsets[:-1]]), object
        )

    @cached_property
    def bounds(self) -> Bounds:
        """West, south, east, north of the county's land."""
        low, high = self.division_rings.points.min(0), self.division_rings.points.max(0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def synthetic_county(count: int, *, seed: int = 1) -> SyntheticCounty:
    """Invent a county of `count` buildings; the same arguments give the same county."""
    random = np.random.default_rng(seed)
    across = max(1, round(np.sqrt(count / _VILLAGE_BUILDINGS)))
    side_m = FULL_SIDE_M * np.sqrt(count / FULL_COUNT)
    pitch_m = side_m / across
    row, column = np.divmod(np.arange(across * across), across)
    place = np.stack([column, row], 1) + 0.5
    centre = place * pitch_m - side_m / 2 + random.uniform(-0.05, 0.05, place.shape) * pitch_m
    turn = random.uniform(0, np.pi, len(centre))
    return SyntheticCounty(
        **_buildings(random, count, centre, turn),
        parcel_rings=_fields(random, count, centre, turn),
        courtyard_rings=_courtyards(count, centre, turn),
        road_rings=_roads(random, count, centre, turn, across),
        division_rings=_divisions(random, across, side_m),
    )


def _degrees(metres: Floats) -> Floats:
    """Metres east and north of the middle as degrees, rounded to about a millimetre."""
    return np.asarray(np.round(metres / metres_per_degree(np.asarray(LAT)) + (LON, LAT), 8))


def _turned(points: Floats, angle: Floats) -> Floats:
    """Points (..., 2) turned by angles (...)."""
    cosine, sine = np.cos(angle), np.sin(angle)
    x, y = points[..., 0], points[..., 1]
    return np.stack([x * cosine - y * sine, x * sine + y * cosine], -1)


def _slots(count: int, villages: int) -> tuple[Ints, Ints, Ints]:
    """Village, column and row in the village's lattice, of each of `count` things dealt out evenly."""
    dealt: Ints = (np.arange(count) * villages // count).astype(np.int64)
    amount = np.bincount(dealt, minlength=villages)
    number = ranges(amount.astype(np.int64))
    side = np.maximum(np.ceil(np.sqrt(amount)).astype(np.int64), 1)[dealt]
    return dealt, number % side, number // side


def _sides(count: int, villages: int) -> Ints:
    dealt = np.arange(count) * villages // count
    return np.maximum(np.ceil(np.sqrt(np.bincount(dealt, minlength=villages))), 1).astype(np.int64)


def _buildings(random: np.random.Generator, count: int, centre: Floats, turn: Floats) -> dict[str, Any]:
    village, column, row = _slots(count, len(centre))
    side = _sides(count, len(centre))[village]
    slot = (np.stack([column, row], 1) - (side[:, None] - 1) / 2) * _SLOT_M
    middle = centre[village] + _turned(slot + random.uniform(-1.0, 1.0, slot.shape), turn[village])
    shape = random.choice(len(_SHAPES), count, p=_SHARES_OF_SHAPES)
    size = np.stack([random.uniform(8, 17, count), random.uniform(6, 13, count)], 1)
    angle = turn[village] + random.normal(0, 0.06, count) + random.integers(0, 4, count) * (np.pi / 2)
    # Quarter turns must not push a long house into its neighbour's slot.
    size = np.minimum(size, 15.5)
    offsets = np.concatenate([[0], np.cumsum(np.array([len(s) for s in _SHAPES])[shape])]).astype(np.int64)
    points = np.empty((offsets[-1], 2))
    for kind, template in enumerate(_SHAPES):
        mine = np.flatnonzero(shape == kind)
        corners = template[None] * size[mine, None]
        at = offsets[mine, None] + np.arange(len(template))
        points[at] = _turned(corners, angle[mine, None]) + middle[mine, None]
    storeys = random.choice(np.arange(1, 7), count, p=_SHARES_OF_STOREYS)
    height = storeys * 3.0 + random.uniform(-0.2, 0.6, count)
    height[random.random(count) < 0.1] = np.nan
    return {
        "cid": np.arange(1, count + 1, dtype=np.uint32),
        "footprint_rings": Rings(_degrees(points), offsets),
        "height_m": np.round(height, 2),
        "storeys": storeys.astype(np.int32),
        "roof": random.choice(3, count, p=_SHARES_OF_ROOFS).astype(np.uint8),
        "structure": random.integers(0, 4, count).astype(np.uint8),
        "village": village.astype(np.int32),
    }


def _fields(random: np.random.Generator, count: int, centre: Floats, turn: Floats) -> Rings:
    """Quadrilaterals of eight vertices between the jittered nodes of one lattice a village."""
    village, column, row = _slots(count, len(centre))
    widest = int(_sides(count, len(centre)).max())
    half = widest / 2
    # Nodes at even places, middles of borders at odd ones: neighbours index the same points.
    lattice = 2 * widest + 1
    nodes = np.stack(np.meshgrid(np.arange(lattice), np.arange(lattice)), -1) / 2.0 - half
    ring = np.array(((0, 0), (1, 0), (2, 0), (2, 1), (2, 2), (1, 2), (0, 2), (0, 1), (0, 0)))
    points = np.empty((count, len(ring), 2))
    starts = np.searchsorted(village, np.arange(len(centre) + 1))
    for number in range(len(centre)):
        moved = (nodes + random.uniform(-0.16, 0.16, nodes.shape)) * _FIELD_M
        placed = _turned(moved, turn[number]) + centre[number]
        mine = slice(starts[number], starts[number + 1])
        at = np.stack([column[mine], row[mine]], 1)[:, None] * 2 + ring
        points[mine] = placed[at[..., 1], at[..., 0]]
    offsets = np.arange(count + 1, dtype=np.int64) * len(ring)
    return Rings(_degrees(points.reshape(-1, 2)), offsets)


def _courtyards(count: int, centre: Floats, turn: Floats) -> Rings:
    """Rectangles over two slots of a row."""
    village, column, row = _slots(count, len(centre))
    side = _sides(count, len(centre))[village]
    first = np.flatnonzero(column % 2 == 0)
    village, column, row, side = village[first], column[first], row[first], side[first]
    corner = (np.stack([column, row], 1) - side[:, None] / 2) * _SLOT_M
    ring = np.array(((0, 0), (2, 0), (2, 1), (0, 1), (0, 0))) * _SLOT_M
    points = _turned(corner[:, None] + ring, turn[village][:, None]) + centre[village][:, None]
    offsets = np.arange(len(first) + 1, dtype=np.int64) * len(ring)
    return Rings(_degrees(points.reshape(-1, 2)), offsets)


def _roads(random: np.random.Generator, count: int, centre: Floats, turn: Floats, across: int) -> Rings:
    """A lane of ten segments along every fourth row, and a winding way to the next village east and north."""
    side = _sides(count, len(centre))
    lanes = side // _LANE_EVERY + 1
    village = np.repeat(np.arange(len(centre)), lanes)
    along = np.linspace(-0.55, 0.55, 11)[None] * (side[village] * _SLOT_M[0])[:, None]
    beside = (ranges(lanes) * _LANE_EVERY - side[village] / 2) * _SLOT_M[1]
    lane = np.stack([along, beside[:, None] + random.uniform(-1.5, 1.5, along.shape)], -1)
    lane = _turned(lane, turn[village][:, None]) + centre[village][:, None]
    number = np.arange(across * across).reshape(across, across)
    start = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    end = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    share = np.linspace(0.0, 1.0, 41)[None, :, None]
    way = centre[start][:, None] * (1 - share) + centre[end][:, None] * share
    way = way + np.cumsum(random.normal(0, 6.0, way.shape), 1) * (share * (1 - share) * 4)
    points = np.concatenate([lane.reshape(-1, 2), way.reshape(-1, 2)])
    lengths = np.concatenate([np.full(len(lane), 11), np.full(len(way), 41)])
    return Rings(_degrees(points), np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))


def _divisions(random: np.random.Generator, across: int, side_m: float) -> Rings:
    """Villages between the nodes of a jittered lattice; a border is one winding line for both its sides."""
    fine = across * _EDGE_POINTS + 1
    points = np.stack(np.meshgrid(np.arange(fine), np.arange(fine)), -1) / _EDGE_POINTS
    jitter = random.uniform(-0.06, 0.06, points.shape)
    # The county's own border stays straight, so that its land is the square that the figures assume.
    jitter[0, :, 1] = jitter[-1, :, 1] = 0.0
    jitter[:, 0, 0] = jitter[:, -1, 0] = 0.0
    jitter[[0, 0, -1, -1], [0, -1, 0, -1]] = 0.0
    points = (points + jitter) * (side_m / across) - side_m / 2
    step = np.arange(_EDGE_POINTS)
    none, whole = np.zeros_like(step), np.full_like(step, _EDGE_POINTS)
    ring_column = np.concatenate([step, whole, _EDGE_POINTS - step, none, [0]])
    ring_row = np.concatenate([none, step, whole, _EDGE_POINTS - step, [0]])
    row, column = np.divmod(np.arange(across * across), across)
    rings = points[row[:, None] * _EDGE_POINTS + ring_row, column[:, None] * _EDGE_POINTS + ring_column]
    offsets = np.arange(len(rings) + 1, dtype=np.int64) * len(ring_row)
    return Rings(_degrees(rings.reshape(-1, 2)), offsets)


DEM_CELL_M = 30.0
_OCTAVES = ((4, 300.0), (9, 120.0), (23, 40.0), (61, 12.0), (151, 4.0))


def hills(side: int = 2000, *, seed: int = 7) -> Singles:
    """Heights in metres (side, side), rows from the north: ranges, valleys and knolls of summed noise."""
    random = np.random.default_rng(seed)
    heights = np.zeros((side, side), np.float32)
    for knots, amplitude in _OCTAVES:
        noise = random.standard_normal((knots + 2, knots + 2)).astype(np.float32)
        place = np.linspace(0, knots, side, dtype=np.float32)
        cell = place.astype(np.int64)
        share = place - cell
        share = share * share * (3 - 2 * share)
        rows = noise[cell] * (1 - share)[:, None] + noise[cell + 1] * share[:, None]
        heights += np.float32(amplitude) * (rows[:, cell] * (1 - share) + rows[:, cell + 1] * share)
    return np.asarray(heights - heights.min() + 600.0, np.float32)


def write_hills(path: Path, side: int = 2000, *, cell_m: float = DEM_CELL_M) -> Path:
    """`hills` as a GeoTIFF in the county's plane system (EPSG:4544), its middle in the county's middle."""
    import pyproj

    east, north = pyproj.Transformer.from_crs("EPSG:4490", "EPSG:4544", always_xy=True).transform(LON, LAT)
    half = side * cell_m / 2
    with rasterio.open(
        path, "w", driver="GTiff", width=side, height=side, count=1, dtype="float32", crs="EPSG:4544",
        transform=from_origin(east - half, north + half, cell_m, cell_m),
        tiled=True, blockxsize=256, blockysize=256, compress="deflate",
    ) as raster:  # fmt: skip
        raster.write(hills(side), 1)
    return path
