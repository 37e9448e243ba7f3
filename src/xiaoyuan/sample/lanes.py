"""Hamlet lanes: short ways that leave the road and then keep to the contour, as paths between houses do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import shapely
from scipy import ndimage
from shapely.ops import substring

from xiaoyuan.sample.grid import Floats
from xiaoyuan.sample.hamlets import Hamlet
from xiaoyuan.sample.roads import LANE, WIDTH_M, Road
from xiaoyuan.sample.terrain import Terrain
from xiaoyuan.sample.town import DENSE

STEP_M = 11.0
TURNS = (0.0, 0.2, -0.2, 0.42, -0.42, 0.7, -0.7)


@dataclass
class _Growth:
    """What a growing lane must look at."""

    terrain: Terrain
    steep: Floats
    allowed: shapely.Geometry
    rng: np.random.Generator
    lines: list[shapely.LineString] = field(default_factory=list)

    def height(self, x: float, y: float) -> float:
        return float(self.terrain.height_at(x, y)[0])


def grow_lanes(
    terrain: Terrain,
    groups: Sequence[Hamlet],
    roads: Sequence[Road],
    allowed: shapely.Geometry,
    rng: np.random.Generator,
) -> list[Road]:
    """Lanes of all groups of one village, inside `allowed` (the village without its water)."""
    steep = ndimage.gaussian_filter(terrain.grid.slope(terrain.height_m), 1.5)
    near = [road.line for road in roads if road.line.intersects(allowed)]
    growth = _Growth(terrain, steep, allowed, rng, near)
    shapely.prepare(allowed)
    lanes: list[Road] = []
    for group in groups:
        dense = group.village_code == DENSE
        target_m = (2300.0 if dense else 2000.0) * group.share * 4.6
        lanes += _hamlet_lanes(growth, group, near, target_m, gap_m=36.0 if dense else 40.0)
    return lanes


def _hamlet_lanes(
    growth: _Growth, group: Hamlet, roads: Sequence[shapely.LineString], target_m: float, gap_m: float
) -> list[Road]:
    rng = growth.rng
    centre = shapely.Point(group.point_m)
    reach = 120.0 + 0.22 * target_m
    stems = list(
        shapely.get_parts(shapely.line_merge(shapely.union_all(roads).intersection(centre.buffer(reach))))
    )
    stems = [stem for stem in stems if stem.length > 30.0]
    if not stems:
        return []
    total, tries = 0.0, 0
    lanes: list[Road] = []
    while total < target_m and tries < 90:
        tries += 1
        weights = np.array([stem.length for stem in stems])
        stem = stems[int(rng.choice(len(stems), p=weights / weights.sum()))]
        at = float(rng.uniform(0.05, 0.95) * stem.length)
        if stem.interpolate(at).distance(centre) > reach:
            continue
        line = _walk(growth, stem, at, float(rng.uniform(70, 260)), gap_m)
        if line is None:
            continue
        growth.lines.append(line)
        stems.append(line)
        total += line.length
        lanes.append(Road(f"{group.name}{len(lanes) + 1}巷", LANE, WIDTH_M[LANE], line))
    return lanes


def _walk(
    growth: _Growth, stem: shapely.LineString, at: float, length_m: float, gap_m: float
) -> shapely.LineString | None:
    """One lane from a point on a stem, or None where there is no room for it."""
    rng = growth.rng
    start, ahead = stem.interpolate(at), stem.interpolate(at + 2.0)
    heading = float(np.arctan2(ahead.y - start.y, ahead.x - start.x))
    heading += float(rng.choice((-1, 1))) * float(rng.uniform(1.15, 1.95))
    points = [(start.x, start.y)]
    around = [line for line in growth.lines if line.distance(start) < length_m + gap_m]
    others = shapely.union_all([line for line in around if line.distance(start) > 1.5])
    joined = shapely.union_all([line for line in around if line.distance(start) <= 1.5])
    here = growth.height(*points[0])
    for step in range(int(length_m / STEP_M)):
        ranked = []
        for turn in TURNS:
            x = points[-1][0] + STEP_M * float(np.cos(heading + turn))
            y = points[-1][1] + STEP_M * float(np.sin(heading + turn))
            climb = abs(growth.height(x, y) - here)
            weight = 1.0 if step > 2 else 0.35
            ranked.append((weight * climb + 0.9 * abs(turn) + float(rng.uniform(0, 0.35)), climb, turn, x, y))
        for _, climb, turn, x, y in sorted(ranked):
            spot = shapely.Point(x, y)
            if climb > 0.2 * STEP_M or not growth.allowed.contains(spot):
                continue
            if float(growth.terrain.grid.sample(growth.steep, x, y)[0]) > 0.26:
                continue
            if not others.is_empty and others.distance(spot) < gap_m:
                continue
            if step * STEP_M > gap_m and joined.distance(spot) < gap_m:
                continue
            heading += turn
            here = growth.height(x, y)
            points.append((x, y))
            break
        else:
            break
    if len(points) < 5:
        return None
    bent = np.array(points)
    smooth = ndimage.gaussian_filter1d(bent, 1.0, axis=0, mode="nearest")
    smooth[0], smooth[-1] = bent[0], bent[-1]
    return shapely.LineString(smooth).segmentize(6.0)


def trimmed(lanes: Sequence[Road], lots: Sequence[shapely.Polygon]) -> list[Road]:
    """Lanes cut off behind the last lot they serve; lanes that serve nobody and lead nowhere are gone."""
    tree = shapely.STRtree(lots)
    kept: list[Road] = []
    for lane in reversed(lanes):  # branches come after their stem, so a stem sees which branches stay
        served = [lots[k] for k in tree.query(lane.line, predicate="dwithin", distance=9.0)]
        needed = [lane.line.project(lot.centroid) + 9.0 for lot in served]
        needed += [
            lane.line.project(shapely.Point(branch.line.coords[0])) + 0.5
            for branch in kept
            if lane.line.distance(shapely.Point(branch.line.coords[0])) < 0.1
        ]
        if needed:
            line = substring(lane.line, 0.0, min(max(needed), lane.line.length))
            if line.length > 20.0:
                kept.append(replace(lane, line=line))
    return kept[::-1]
