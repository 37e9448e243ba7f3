"""Cut and fill of a road by cross-sections: areas at stations, volumes by average end area.

A section has a level formation of the road's width at design height, from whose edges a slope of 1:1 rises through
a cut and one of 1:1.5 (height to width) falls over a fill, until each meets the ground.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from xiaoyuan.tiling.arrays import Flags, Floats
from xiaoyuan.twin.planning.alignment import Stations

CUT_RUN: Final = 1.0
FILL_RUN: Final = 1.5
"""Metres sideways for each metre of height."""
REACH_M: Final = 60.0
"""How far from the edge a slope is followed; steeper ground than its slope never meets it."""
_STEP_M: Final = 0.5
_ACROSS: Final = 16

Sample = Callable[[Floats, Floats], Floats]
"""Heights in metres (n) at metres east (n) and north (n); nan where nothing is known."""


@dataclass(frozen=True)
class Sections:
    """Areas in m2 (n), toes in metres left and right of the line (n), and whether both slopes met the ground (n)."""

    cut_m2: Floats
    fill_m2: Floats
    left_m: Floats
    right_m: Floats
    is_closed: Flags


def cut_sections(stations: Stations, design_m: Floats, width_m: float, sample: Sample) -> Sections:
    """Return the cross-sections of a road of `width_m` at its stations."""
    half = width_m / 2
    across = np.linspace(-half, half, _ACROSS + 1)
    depth = _ground(stations, across, sample) - design_m[:, None]
    cut, fill = _positive(depth, across), _positive(-depth, across)
    outwards = half + np.arange(0.0, REACH_M + _STEP_M / 2, _STEP_M)
    toes, closed = [], np.ones(len(design_m), bool)
    for side in (1.0, -1.0):
        depth = _ground(stations, side * outwards, sample) - design_m[:, None]
        is_cut = depth[:, :1] > 0
        rise = (outwards - half)[None, :]
        # How far the ground lies above the slope of a cut, or below that of a fill.
        over = np.where(is_cut, depth - rise / CUT_RUN, -depth - rise / FILL_RUN)
        area, toe, met = _until_ground(over, outwards)
        cut += np.where(is_cut[:, 0], area, 0.0)
        fill += np.where(is_cut[:, 0], 0.0, area)
        toes.append(toe)
        closed &= met
    return Sections(cut, fill, toes[0], toes[1], closed)


def volume(chainage_m: Floats, area_m2: Floats) -> float:
    """Return the volume in m3 between successive sections by average end area."""
    return float(((area_m2[1:] + area_m2[:-1]) / 2 * np.diff(chainage_m)).sum())


def works_area(stations: Stations, sections: Sections, corridor: shapely.Geometry) -> shapely.Geometry:
    """Return the ground that road and slopes take, in metres; `corridor` is the road itself."""
    left = stations.xy + stations.left * sections.left_m[:, None]
    right = stations.xy - stations.left * sections.right_m[:, None]
    rings = np.stack([left[:-1], left[1:], right[1:], right[:-1], left[:-1]], axis=1)
    # Inside a sharp bend the sides of a strip cross; its hull covers what both sides claim.
    strips = shapely.convex_hull(shapely.polygons(rings))
    return shapely.union_all([*strips, corridor])


def _ground(stations: Stations, across: Floats, sample: Sample) -> Floats:
    """Return heights (stations, offsets); a height that nobody knows is that of the nearest known point inwards."""
    points = stations.xy[:, None, :] + stations.left[:, None, :] * across[None, :, None]
    heights = sample(points[..., 0].ravel(), points[..., 1].ravel()).reshape(len(points), len(across))
    unknown = np.isnan(heights)
    if not unknown.any():
        return heights
    middle = sample(stations.xy[:, 0], stations.xy[:, 1])
    place = np.where(unknown, -1, np.arange(len(across)))
    last = np.maximum.accumulate(place, axis=1)
    rows = np.arange(len(heights))[:, None]
    return np.where(last < 0, middle[:, None], heights[rows, np.maximum(last, 0)])


def _positive(y: Floats, x: Floats) -> Floats:
    """Return the area (n) below the positive part of broken lines y (n, m) over x (m), exactly."""
    return np.asarray(_pieces(y, x).sum(axis=1))


def _pieces(y: Floats, x: Floats) -> Floats:
    first, second, width = y[:, :-1], y[:, 1:], np.diff(x)
    above, below = (
        np.maximum(first, 0) + np.maximum(second, 0),
        np.maximum(-first, 0) + np.maximum(-second, 0),
    )
    crosses = first * second < 0
    # Of an interval that crosses zero only a triangle is positive.
    share = np.where(crosses, above / np.where(crosses, above + below, 1.0), 1.0)
    return np.asarray(above / 2 * share * width)


def _until_ground(over: Floats, x: Floats) -> tuple[Floats, Floats, Flags]:
    """Return the area (n) up to where `over` (n, m) first reaches zero, that place (n) and whether there is one (n)."""
    inside = np.logical_and.accumulate(over > 0, axis=1)
    area = (_pieces(over, x) * inside[:, :-1]).sum(axis=1)
    last = inside.sum(axis=1) - 1
    met = last < over.shape[1] - 1
    rows = np.arange(len(over))
    here, there = np.clip(last, 0, None), np.clip(last + 1, 0, over.shape[1] - 1)
    drop = over[rows, here] - over[rows, there]
    share = np.where(drop > 0, over[rows, here] / np.where(drop > 0, drop, 1.0), 0.0)
    toe = np.where(last < 0, x[0], x[here] + np.clip(share, 0, 1) * (x[there] - x[here]))
    return area, toe, met
