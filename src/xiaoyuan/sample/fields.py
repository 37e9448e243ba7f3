"""Land parcels: terraces and strips that follow the contour, orchards and tea above them, forest on the hills.

Farmland is divided like the real thing was: into pieces of a few hectares between roads, streams and hamlets, each
piece into terraces along its contour lines, each terrace into the plots of several families.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.features import sieve
from scipy import ndimage
from scipy.spatial import cKDTree

from xiaoyuan.sample.crops import DRY, FOREST, GRASS, ORCHARD, PADDY, POND, crop_for
from xiaoyuan.sample.grid import Floats, Grid
from xiaoyuan.sample.partition import smooth_partition
from xiaoyuan.sample.terrain import Terrain

CELL_M = 2.5
PIECE_M = 150.0
FEWEST, MOST = 850, 985
MU_M2 = 2000.0 / 3.0
# Terrace width and plot length in metres, from-to, before scaling to the wanted number of parcels.
PLOT_M = {
    PADDY: ((13.0, 21.0), (45.0, 105.0)),
    DRY: ((16.0, 26.0), (45.0, 110.0)),
    ORCHARD: ((24.0, 38.0), (60.0, 120.0)),
}
SMALLEST_M2 = {PADDY: 130.0, DRY: 130.0, ORCHARD: 400.0, FOREST: 900.0, GRASS: 600.0}


@dataclass(frozen=True)
class Parcel:
    """One parcel; `contractor` is the household number that farms it, empty where the village holds it."""

    code: str
    village_code: str
    use: str
    crop: str
    area_mu: float
    contractor: str
    shape: shapely.Polygon


@dataclass(frozen=True)
class Ground:
    """What the parcels of a village must respect: outline, things already there, the land's form."""

    village_code: str
    outline: shapely.Polygon
    roads: Sequence[shapely.Polygon]
    lots: Sequence[shapely.Polygon]
    water: shapely.Geometry
    ponds: Sequence[shapely.Polygon]


@dataclass(frozen=True)
class _Rasters:
    grid: Grid
    x: Floats
    y: Floats
    height: Floats
    steep: Floats
    above: Floats
    stream: Floats
    settled: Floats
    bend: Floats
    mood: Floats
    ragged: Floats
    outside: NDArray[np.bool_]
    split: NDArray[np.bool_]


def parcels(terrain: Terrain, ground: Ground, seed: Sequence[int]) -> list[Parcel]:
    """All parcels of one village, between FEWEST and MOST of them, without contractors."""
    rasters = _rasters(terrain, ground, np.random.default_rng([*seed, 0]))
    scale = 1.5
    wanted = (FEWEST + MOST) / 2
    for _ in range(6):
        labels, uses, crops = _labels(terrain, rasters, scale, np.random.default_rng([*seed, 1]))
        plots = len(np.unique(labels))
        found: list[Parcel] = []
        if 0.93 < plots / wanted < 1.07:  # near enough to be worth drawing
            found = _drawn(ground, rasters, labels, uses, crops)
            if FEWEST <= len(found) <= MOST:
                return found
            wanted *= (FEWEST + MOST) / 2 / len(found)
        scale *= float(np.sqrt(plots / wanted)) ** 1.1
    raise ValueError(f"The land of {ground.village_code} cannot be divided as wanted; choose another seed.")


def _drawn(
    ground: Ground, rasters: _Rasters, labels: NDArray[np.int32], uses: dict[int, str], crops: dict[int, str]
) -> list[Parcel]:
    """The labelled plots as polygons, clear of roads, lots, water and one another."""
    faces, face_labels = smooth_partition(labels, rasters.grid, smooth_m=4.5, simplify_m=0.35)
    blockers = [shape.buffer(0.7) for shape in (*ground.roads, *ground.lots)]
    blockers += [part.buffer(1.0) for part in (*shapely.get_parts(ground.water), *ground.ponds)]
    tree = shapely.STRtree(blockers)
    inner = ground.outline.buffer(-0.5)
    shapely.prepare(inner)
    shapes: list[tuple[shapely.Polygon, str, str]] = []
    for face, label in zip(faces, face_labels, strict=True):
        if label <= 0:
            continue
        use = uses[int(label)]
        rest = face if inner.contains(face) else face.intersection(inner)
        near = tree.query(rest, predicate="intersects")
        if len(near):
            rest = rest.difference(shapely.union_all([blockers[k] for k in near]))
        for part in shapely.get_parts(rest.buffer(-0.35, join_style="mitre")):
            if part.geom_type != "Polygon" or part.area < SMALLEST_M2[use] or part.buffer(-2.2).is_empty:
                continue
            shapes.append((part.simplify(0.15), use, crops[int(label)]))
    shapes += [(pond.buffer(-0.2), POND, "") for pond in ground.ponds]
    shapes.sort(key=lambda each: (-round(each[0].centroid.y / 40.0), each[0].centroid.x))
    return [
        Parcel(
            f"{ground.village_code}00{number:05d}", ground.village_code, use, crop,
            round(shape.area / MU_M2, 2), "", shape,
        )
        for number, (shape, use, crop) in enumerate(shapes, start=1)
    ]  # fmt: skip


def _rasters(terrain: Terrain, ground: Ground, rng: np.random.Generator) -> _Rasters:
    west, south, east, north = ground.outline.bounds
    grid = Grid.covering(west - 20, south - 20, east + 20, north + 20, CELL_M)
    height = ndimage.gaussian_filter(grid.resample_from(terrain.grid, terrain.height_m), 4.0)
    x, y = grid.centres()
    wet = shapely.union_all([ground.water, *ground.ponds])
    split = (grid.burn(ground.roads, touched=True) | grid.burn([wet], touched=True)) > 0
    lots = grid.burn([lot.buffer(2.0) for lot in ground.lots]) > 0
    return _Rasters(
        grid,
        x,
        y,
        height,
        ndimage.gaussian_filter(grid.slope(height), 5.0),
        grid.resample_from(terrain.grid, terrain.above_stream_m),
        grid.resample_from(terrain.grid, terrain.stream_distance_m),
        np.asarray(ndimage.distance_transform_edt(~(lots | split)), dtype=float) * CELL_M,
        grid.noise(rng, 160.0, 2),
        grid.noise(rng, 520.0, 2),
        grid.noise(rng, 60.0, 2),
        grid.burn([ground.outline.buffer(4.0)]) == 0,
        split | lots,
    )


def _labels(
    terrain: Terrain, rasters: _Rasters, scale: float, rng: np.random.Generator
) -> tuple[NDArray[np.int32], dict[int, str], dict[int, str]]:
    """A label per plot, with each label's land use and crop; 0 is outside the village."""
    limit = (
        0.29
        + 0.09 * rasters.mood
        + 0.05 * rasters.bend
        + 0.04 * rasters.ragged
        - 0.10 * np.clip((rasters.settled - 200.0) / 420.0, 0, 1)
    )
    farm = _reached(ndimage.gaussian_filter((rasters.steep < limit).astype(np.float32), 6.0) > 0.5, rasters)
    pieces = _pieces(rasters, farm & ~rasters.split & ~rasters.outside, rng)
    labels = np.zeros(farm.shape, dtype=np.int32)
    uses: dict[int, str] = {}
    crops: dict[int, str] = {}
    following = 1
    for number, window in enumerate(ndimage.find_objects(pieces), start=1):
        if window is None:
            continue
        mask = pieces[window] == number
        if mask.sum() * CELL_M**2 < 350.0:
            continue
        use = _piece_use(rasters, window, mask, rng)
        plots = _plots(rasters, window, mask, use, scale, rng)
        theme = crop_for(use, rng)
        for plot in range(int(plots.max()) + 1):
            own = use if rng.random() > 0.09 or use == ORCHARD else DRY
            uses[following + plot] = own
            crops[following + plot] = theme if own == use and rng.random() < 0.68 else crop_for(own, rng)
        labels[window][mask] = following + plots[mask]
        following += int(plots.max()) + 1
    _cover_hills(terrain, rasters, labels, following, (~farm) & ~rasters.split, uses, crops, rng)
    nearest = ndimage.distance_transform_edt(labels == 0, return_distances=False, return_indices=True)
    labels = labels[nearest[0], nearest[1]]
    labels[rasters.outside] = 0
    return np.asarray(sieve(labels, size=26), dtype=np.int32), uses, crops


def _reached(farm: NDArray[np.bool_], rasters: _Rasters) -> NDArray[np.bool_]:
    """Farmland that people can walk to: gentle hilltops cut off by forest are left to the forest."""
    areas, count = ndimage.label(farm)
    closest = ndimage.minimum(rasters.settled, areas, np.arange(count + 1))
    closest[0] = np.inf
    return np.asarray((closest < 60.0)[areas], dtype=np.bool_)


def _pieces(rasters: _Rasters, free: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.int32]:
    """Pieces of farmland: connected land between roads and streams, cut into parts of about PIECE_M across."""
    blocks, _ = ndimage.label(free)
    seeds = []
    for row in np.arange(0, rasters.grid.rows, PIECE_M / CELL_M):
        for col in np.arange(0, rasters.grid.cols, PIECE_M / CELL_M):
            seeds.append((col + rng.uniform(0, PIECE_M / CELL_M), row + rng.uniform(0, PIECE_M / CELL_M)))
    rows, cols = np.nonzero(free)
    bend = 9.0 * rasters.bend[rows, cols]
    _, nearest = cKDTree(np.array(seeds)).query(np.stack((cols + bend, rows - bend), axis=1))
    key = blocks[rows, cols].astype(np.int64) * len(seeds) + nearest
    _, number = np.unique(key, return_inverse=True)
    pieces = np.zeros(free.shape, dtype=np.int32)
    pieces[rows, cols] = number + 1
    return pieces


def _piece_use(
    rasters: _Rasters, window: tuple[slice, slice], mask: NDArray[np.bool_], rng: np.random.Generator
) -> str:
    """Paddies where water reaches gentle ground, orchards and tea on the upper slopes, dry fields between."""
    steep = float(rasters.steep[window][mask].mean())
    above = float(rasters.above[window][mask].mean())
    mood = float(rasters.mood[window][mask].mean())
    if steep < 0.125 and above < 30.0 + 12.0 * mood and rng.random() < 0.92:
        return PADDY
    if steep > 0.125 and mood + float(rng.uniform(-0.45, 0.45)) > -0.25:
        return ORCHARD
    return DRY


def _plots(
    rasters: _Rasters,
    window: tuple[slice, slice],
    mask: NDArray[np.bool_],
    use: str,
    scale: float,
    rng: np.random.Generator,
) -> NDArray[np.int32]:
    """Plot numbers from 0 within one piece; -1 outside it."""
    height, x, y = rasters.height[window], rasters.x[window], rasters.y[window]
    down_rows, right_cols = (np.asarray(np.gradient(height, CELL_M, axis=axis)) for axis in (0, 1))
    east, north = float(right_cols[mask].mean()), -float(down_rows[mask].mean())  # uphill
    steep = float(np.hypot(east, north))
    east, north = east / max(steep, 1e-6), north / max(steep, 1e-6)
    if steep < 0.03 and rng.random() < 0.3:
        east, north = -north, east  # on the flat some strips run towards the stream
    warp = 7.0 * rasters.bend[window]
    across = x * east + y * north + warp
    along = y * east - x * north + warp
    if steep >= 0.03:
        # Terraces follow the contour: height, stretched to metres on the ground, is the coordinate across them.
        terraced = 0.8 if steep > 0.06 else 0.5
        across = terraced * height / steep + (1 - terraced) * across
    (narrow, wide), (short, long) = PLOT_M[use]
    band = _cut(across, mask, (narrow * scale, wide * scale), rng)
    plots = np.full(mask.shape, -1, dtype=np.int32)
    following = 0
    for number in range(int(band[mask].max()) + 1):
        own = mask & (band == number)
        if own.any():
            part = _cut(along, own, (short * scale, long * scale), rng)[own]
            plots[own] = following + part
            following += int(part.max()) + 1
    return plots


def _cut(
    values: Floats, mask: NDArray[np.bool_], size: tuple[float, float], rng: np.random.Generator
) -> NDArray[np.int32]:
    """Which of a row of randomly wide stretches each value falls in."""
    low, high = float(values[mask].min()), float(values[mask].max())
    count = int((high - low) / size[0]) + 2
    steps = rng.uniform(*size, count)
    edges = low + np.cumsum(steps)
    last = int(np.searchsorted(edges, high))
    if last > 0 and high - edges[last - 1] < 0.45 * size[0]:
        edges[last - 1] = np.inf  # a remnant too thin to work joins its neighbour
    return np.asarray(np.searchsorted(np.sort(edges), values), dtype=np.int32)


def _cover_hills(
    terrain: Terrain,
    rasters: _Rasters,
    labels: NDArray[np.int32],
    following: int,
    hills: NDArray[np.bool_],
    uses: dict[int, str],
    crops: dict[int, str],
    rng: np.random.Generator,
) -> None:
    """Forest compartments, one or two to a hill, with grassland on open shoulders; written into `labels`."""
    free = hills & (labels == 0) & ~rasters.outside
    rows, cols = np.nonzero(free)
    bent = np.stack((rasters.x[rows, cols] + 25 * rasters.bend[rows, cols], rasters.y[rows, cols]), axis=1)
    _, top = cKDTree(terrain.hill_tops_m).query(bent)
    turn = rng.uniform(0, np.pi, len(terrain.hill_tops_m))[top]
    offset = bent - terrain.hill_tops_m[top]
    half = (offset[:, 0] * np.cos(turn) + offset[:, 1] * np.sin(turn)) > 0
    open_ground = (rasters.mood[rows, cols] + 0.35 * rasters.bend[rows, cols] > 0.42) & (
        rasters.steep[rows, cols] < 0.5
    )
    kind = top.astype(np.int64) * 3 + np.where(open_ground, 2, half.astype(np.int64))
    distinct, number = np.unique(kind, return_inverse=True)
    for k, each in enumerate(distinct):
        use = GRASS if each % 3 == 2 else FOREST
        uses[following + k], crops[following + k] = use, crop_for(use, rng)
    labels[rows, cols] = following + number
