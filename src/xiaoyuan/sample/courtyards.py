"""Courtyards: lots that front a road or lane, on ground gentle enough to build on, numbered along their group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from scipy import ndimage

from xiaoyuan.sample.grid import Floats, Grid
from xiaoyuan.sample.hamlets import Hamlet
from xiaoyuan.sample.roads import LANE, Road
from xiaoyuan.sample.terrain import Terrain
from xiaoyuan.sample.town import BY_CODE, DENSE, TOWN_ADDRESS

STEEPEST = 0.19
ROAD_GAP_M = 1.2
WATER_GAP_M = 7.0

HOME, COMMITTEE, SCHOOL, CLINIC, HALL, MARKET = "住宅", "村委会", "学校", "卫生室", "公共活动", "集贸市场"
PUBLIC_LOTS: dict[bool, tuple[tuple[str, float, float], ...]] = {  # purpose, frontage m, depth m; by "is dense"
    True: (
        (SCHOOL, 56.0, 46.0), (COMMITTEE, 32.0, 26.0), (CLINIC, 22.0, 20.0), (MARKET, 40.0, 30.0), (HALL, 22.0, 18.0),
    ),
    False: ((SCHOOL, 46.0, 36.0), (COMMITTEE, 30.0, 24.0), (CLINIC, 18.0, 17.0), (HALL, 20.0, 17.0)),
}  # fmt: skip


@dataclass(frozen=True)
class Courtyard:
    """One lot. `front_m` is the middle of its road side, `facing` the unit vector from the road into the lot."""

    code: str
    village_code: str
    group: str
    purpose: str
    address: str
    plate: str
    shape: shapely.Polygon
    front_m: tuple[float, float]
    facing: tuple[float, float]
    width_m: float
    depth_m: float
    is_street: bool


class Site:
    """The ground of one village as far as building is concerned: slopes, and what already stands there."""

    def __init__(
        self, terrain: Terrain, outline: shapely.Polygon, roads: Sequence[Road], water: shapely.Geometry
    ):
        self.grid: Grid = terrain.grid
        self.steep: Floats = ndimage.gaussian_filter(terrain.grid.slope(terrain.height_m), 0.8)
        self.height: Floats = terrain.height_m
        self.inside = outline.buffer(-4.0)
        near = [
            road.line.buffer(road.width_m / 2 + ROAD_GAP_M) for road in roads if road.line.intersects(outline)
        ]
        self.blocked = shapely.union_all([*near, water.intersection(outline).buffer(WATER_GAP_M)])
        shapely.prepare(self.inside)
        shapely.prepare(self.blocked)
        self._taken: dict[tuple[int, int], list[shapely.Polygon]] = {}

    def accepts(self, lot: shapely.Polygon) -> bool:
        """Whether a lot may be laid out here."""
        x, y = shapely.get_coordinates(lot).T
        x, y = np.append(x, x.mean()), np.append(y, y.mean())
        if (
            float(self.grid.sample(self.steep, x, y).max()) > STEEPEST
            or float(np.ptp(self.grid.sample(self.height, x, y))) > 2.9
        ):
            return False
        if not self.inside.contains(lot) or self.blocked.intersects(lot):
            return False
        return all(lot.distance(other) > 0.4 for other in self._near(lot))

    def take(self, lot: shapely.Polygon) -> None:
        """Remember an accepted lot."""
        for cell in self._cells(lot):
            self._taken.setdefault(cell, []).append(lot)

    def _near(self, lot: shapely.Polygon) -> Iterator[shapely.Polygon]:
        for cell in self._cells(lot):
            yield from self._taken.get(cell, ())

    @staticmethod
    def _cells(lot: shapely.Polygon) -> list[tuple[int, int]]:
        west, south, east, north = lot.bounds
        return [
            (a, b)
            for a in range(int((west - 2) // 40), int((east + 2) // 40) + 1)
            for b in range(int((south - 2) // 40), int((north + 2) // 40) + 1)
        ]


def lay_out(
    village_code: str,
    groups: Sequence[Hamlet],
    roads: Sequence[Road],
    site: Site,
    count: int,
    rng: np.random.Generator,
) -> list[Courtyard]:
    """About `count` courtyards of a village: public lots first, then homes group by group, nearest the centre first."""
    dense = village_code == DENSE
    lots: list[Courtyard] = []
    for position, (purpose, width, depth) in enumerate(PUBLIC_LOTS[dense]):
        group = groups[0] if position < 3 else groups[min(position - 2, len(groups) - 1)]
        lot = _first_fit(_fronts(group, roads, rng, 420.0, (width, width)), group, purpose, depth, site)
        if lot is None:
            raise ValueError(
                f"No room for the {purpose} of {BY_CODE[village_code].name}; choose another seed."
            )
        lots.append(lot)
    wanted = count - len(lots)
    short = 0
    for group in sorted(groups, key=lambda each: each.share):
        quota = round(wanted * group.share) + short
        homes = _homes(group, roads, site, quota, dense, rng)
        short = quota - len(homes)
        lots += homes
    return _numbered(village_code, groups, lots)


def _homes(
    group: Hamlet, roads: Sequence[Road], site: Site, quota: int, dense: bool, rng: np.random.Generator
) -> list[Courtyard]:
    homes: list[Courtyard] = []
    reach = (230.0 if dense else 200.0) + 620.0 * group.share
    frontage = (11.5, 17.0) if dense else (14.5, 21.0)
    for lap in range(4):  # each lap offers other lots on what is still free, a little further out
        for front in _fronts(group, roads, rng, reach * (1 + 0.3 * lap), frontage):
            if len(homes) >= quota:
                return homes
            road, at, side, width = front
            is_street = dense and group.share > 0.2 and rng.random() < (0.92 if road.grade != LANE else 0.55)
            if rng.random() < (0.04 if is_street else 0.13 if dense else 0.24):
                continue  # a gap: garden, tree, path
            setback = rng.uniform(1.6, 2.2) if is_street else rng.uniform(2.0, 5.0)
            depth = rng.uniform(15.0, 21.0) if dense else rng.uniform(15.5, 23.0)
            lot = _lot(road, at, side, width, setback, depth, rng)
            if lot is None or not site.accepts(lot[0]):
                continue
            site.take(lot[0])
            homes.append(_courtyard(group, HOME, lot, width, depth, is_street))
            if rng.random() < (0.35 if dense else 0.2) and len(homes) < quota:
                behind = _lot(road, at, side, width, setback + depth + rng.uniform(2.5, 5.0), depth, rng)
                if behind is not None and site.accepts(behind[0]):
                    site.take(behind[0])
                    homes.append(_courtyard(group, HOME, behind, width, depth, False))
    return homes


Front = tuple[Road, float, int, float]


def _fronts(
    group: Hamlet,
    roads: Sequence[Road],
    rng: np.random.Generator,
    reach: float,
    frontage: tuple[float, float],
) -> list[Front]:
    """(road, position along it, side, frontage width) of every possible lot near a group, nearest first."""
    centre = shapely.Point(group.point_m)
    fronts: list[tuple[float, Front]] = []
    for road in roads:
        if road.line.distance(centre) > reach:
            continue
        for side in (-1, 1):
            at = float(rng.uniform(2.0, 8.0))
            while at < road.line.length - 3.0:
                width = float(rng.uniform(*frontage))
                at += width / 2
                away = road.line.interpolate(at).distance(centre)
                if away < reach:
                    fronts.append((away + float(rng.uniform(0, 70)), (road, at, side, width)))
                at += width / 2 + 1.3
    return [front for _, front in sorted(fronts, key=lambda pair: pair[0])]


Lot = tuple[shapely.Polygon, tuple[float, float], tuple[float, float]]


def _lot(
    road: Road, at: float, side: int, width: float, setback: float, depth: float, rng: np.random.Generator
) -> Lot | None:
    """A four-sided lot whose front follows the road, its front's middle and its inward direction."""
    offset = road.width_m / 2 + setback
    rim = [_beside(road, at + shift, side) for shift in (-width / 2, 0.0, width / 2)]
    (before, turn_before), (middle, inward), (after, turn_after) = rim
    if turn_before @ turn_after < 0.82:
        return None  # the road bends too sharply here
    # Side fences stand square to the road, so neighbours along a bend do not cut into each other.
    corners = np.array(
        (
            before + turn_before * offset,
            after + turn_after * offset,
            after + turn_after * (offset + depth),
            before + turn_before * (offset + depth),
        )
    )
    if (
        np.hypot(*(corners[2] - corners[3])) < 0.72 * width
        or np.hypot(*(corners[1] - corners[0])) < 0.72 * width
    ):
        return None
    corners[2:] += rng.uniform(-0.35, 0.35, (2, 2))
    front = middle + inward * offset
    return (
        shapely.Polygon(corners),
        (float(front[0]), float(front[1])),
        (float(inward[0]), float(inward[1])),
    )


def _beside(road: Road, at: float, side: int) -> tuple[Floats, Floats]:
    """A point on the centre line and the unit vector that leads away from the road there."""
    spot, behind, ahead = (road.line.interpolate(at + shift) for shift in (0.0, -3.0, 3.0))
    along = np.array((ahead.x - behind.x, ahead.y - behind.y))
    along /= max(float(np.hypot(*along)), 1e-9)
    return np.array((spot.x, spot.y)), np.array((-along[1], along[0])) * side


def _first_fit(
    fronts: Sequence[Front], group: Hamlet, purpose: str, depth: float, site: Site
) -> Courtyard | None:
    rng = np.random.default_rng(len(fronts))
    for road, at, side, width in fronts:
        lot = _lot(road, at, side, width, 3.0, depth, rng)
        if lot is not None and site.accepts(lot[0]):
            site.take(lot[0])
            return _courtyard(group, purpose, lot, width, depth, False)
    return None


def _courtyard(
    group: Hamlet, purpose: str, lot: Lot, width: float, depth: float, is_street: bool
) -> Courtyard:
    shape, front, facing = lot
    return Courtyard(
        "", group.village_code, group.name, purpose, "", "", shape, front, facing, width, depth, is_street
    )


def _numbered(village_code: str, groups: Sequence[Hamlet], lots: Sequence[Courtyard]) -> list[Courtyard]:
    """Codes, addresses and house numbers, running west to east within each group."""
    numbered: list[Courtyard] = []
    for group in groups:
        mine = sorted((lot for lot in lots if lot.group == group.name), key=lambda lot: lot.front_m)
        for number, lot in enumerate(mine, start=1):
            plate = f"{number}号"
            address = f"{TOWN_ADDRESS}{BY_CODE[village_code].short_name}{group.name}{plate}"
            code = f"{village_code}Y{len(numbered) + 1:04d}"
            numbered.append(replace(lot, code=code, plate=plate, address=address))
    return numbered
