"""Buildings in their courtyard: main house, wings, sheds, shops and the few public houses of a village."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from xiaoyuan.sample.courtyards import CLINIC, COMMITTEE, HALL, HOME, MARKET, SCHOOL, Courtyard
from xiaoyuan.sample.town import DENSE

SHOP, WING, SHED = "商住", "厢房", "圈舍"
FLAT, GABLE, HIP = "平顶", "双坡", "四坡"
CONCRETE, BRICK, BRICK_TIMBER, EARTH = "钢混", "砖混", "砖木", "土坯"

Box = tuple[float, float, float, float]  # along the front from/to, from the front inwards from/to, metres


@dataclass(frozen=True)
class Building:
    """One building inside a courtyard; `height_m` is from the ground to the eaves."""

    code: str
    courtyard_code: str
    village_code: str
    purpose: str
    storeys: int
    height_m: float
    structure: str
    roof: str
    built_year: int
    footprint: shapely.Polygon


@dataclass(frozen=True)
class _Part:
    """A planned building: its rectangles (several touch to form an L) and what it is."""

    boxes: tuple[Box, ...]
    purpose: str
    storeys: int


def buildings_of(courtyard: Courtyard, rng: np.random.Generator) -> list[Building]:
    """The buildings of one courtyard, main building first, without codes."""
    parts = _public(courtyard) if courtyard.purpose != HOME else _home(courtyard, rng)
    year = _year(courtyard, rng)
    turn = float(rng.normal(0, 0.035)) if courtyard.purpose == HOME and not courtyard.is_street else 0.0
    built: list[Building] = []
    for position, part in enumerate(parts):
        footprint = _placed(courtyard, part.boxes, turn, [each.footprint for each in built])
        if footprint is None:
            continue
        own_year = year if position == 0 else min(2025, year + int(rng.integers(0, 9)))
        structure, roof = _fabric(courtyard, part, own_year, rng)
        storey_m = (
            2.8
            if structure == EARTH
            else 3.3
            if courtyard.purpose != HOME
            else float(rng.choice((3.0, 3.1, 3.2)))
        )
        height = round(part.storeys * (2.5 if part.purpose == SHED else storey_m) + 0.3, 1)
        built.append(
            Building(
                "", courtyard.code, courtyard.village_code, part.purpose, part.storeys, height, structure, roof,
                own_year, footprint,
            )
        )  # fmt: skip
    return built


def _home(courtyard: Courtyard, rng: np.random.Generator) -> list[_Part]:
    """A street house stands at the front with its yard behind; a farmhouse stands at the back of its yard."""
    dense = courtyard.village_code == DENSE
    width, depth = courtyard.width_m, courtyard.depth_m
    storeys = int(
        rng.choice(
            (1, 2, 3, 4, 5), p=(0.08, 0.36, 0.36, 0.15, 0.05) if dense else (0.3, 0.5, 0.18, 0.02, 0.0)
        )
    )
    if courtyard.is_street:
        half, deep = width / 2 - 0.7, float(rng.uniform(9.5, 12.5))
        shop = SHOP if rng.random() < 0.45 else HOME
        parts = [_Part(((-half, half, 0.8, 0.8 + deep),), shop, max(storeys, 2))]
        if rng.random() < 0.14 and depth - deep > 6.5:
            parts.append(_Part(((half - 5.0, half, depth - 5.2, depth - 1.2),), WING, 1))
        return parts
    long = float(min(rng.uniform(9.0, 13.5), width - 2.4))
    deep = float(min(rng.uniform(7.0, 9.2), depth - 7.0))
    side = int(rng.choice((-1, 1)))
    centre = -side * (width - 2.0 - long) / 2 * float(rng.uniform(0.2, 1.0))
    back, front = depth - 1.4, depth - 1.4 - deep
    main = (centre - long / 2, centre + long / 2, front, back)
    draw = float(rng.random())
    reach = float(rng.uniform(4.0, min(7.0, front - 2.5))) if front > 7.0 else 0.0
    wing_wide = float(rng.uniform(3.8, 5.0))
    edge = centre + side * long / 2  # the wing is flush with one end of the main house
    wing: Box = (min(edge, edge - side * wing_wide), max(edge, edge - side * wing_wide), front - reach, front)
    if draw < 0.24 and reach:
        return [
            _Part((main, (*wing[:3], front + 0.5)), HOME, storeys)
        ]  # overlap, so that the union is one piece
    parts = [_Part((main,), HOME, storeys)]
    if draw < 0.36 and reach:
        parts.append(
            _Part(
                ((wing[0], wing[1], wing[2] - 0.9, wing[3] - 0.9),),
                WING,
                min(storeys, 1 + int(rng.integers(0, 2))),
            )
        )
    elif draw < (0.46 if dense else 0.52):
        corner = -side * (width / 2 - 1.2)
        parts.append(
            _Part(((min(corner, corner + side * 4.2), max(corner, corner + side * 4.2), 1.2, 6.4),), SHED, 1)
        )
    return parts


def _public(courtyard: Courtyard) -> list[_Part]:
    """Larger buildings around an open yard."""
    half, depth = courtyard.width_m / 2 - 2.0, courtyard.depth_m
    if courtyard.purpose == SCHOOL:
        return [
            _Part(((-half + 3, half - 3, depth - 12.5, depth - 2.5),), SCHOOL, 3),
            _Part(((-half, -half + 8.5, 4.0, depth - 15.5),), SCHOOL, 2),
        ]
    if courtyard.purpose == COMMITTEE:
        office, hall = (
            (-half + 1, half - 1, depth - 11.5, depth - 2.0),
            (-half + 1, -half + 7.5, depth - 17.5, depth - 11.0),
        )
        return [_Part((office, hall), COMMITTEE, 2)]
    if courtyard.purpose == MARKET:
        return [_Part(((-half + 2, half - 2, 8.0, depth - 4.0),), MARKET, 1)]
    storeys = 2 if courtyard.purpose == CLINIC else 1
    return [_Part(((-half + 1, half - 1, depth - 10.5, depth - 2.0),), courtyard.purpose, storeys)]


def _placed(
    courtyard: Courtyard, boxes: tuple[Box, ...], turn: float, standing: Sequence[shapely.Polygon]
) -> shapely.Polygon | None:
    """The footprint in frame metres, drawn in until it lies inside the courtyard and clear of what stands there."""
    inward = np.array(courtyard.facing)
    along = np.array((inward[1], -inward[0]))
    offset = shapely.get_coordinates(courtyard.shape.centroid)[0] - np.array(courtyard.front_m)
    middle = np.array((offset @ along, offset @ inward))
    for shrink in (1.0, 0.96, 0.92, 0.88, 0.82, 0.74, 0.66, 0.58, 0.5, 0.42):
        turn = turn if shrink > 0.9 else 0.0
        rings = []
        for left, right, near, far in boxes:
            corners = np.array(((left, near), (right, near), (right, far), (left, far)))
            corners = (corners - middle) * shrink @ np.array(
                ((np.cos(turn), np.sin(turn)), (-np.sin(turn), np.cos(turn)))
            ) + middle
            points = np.array(courtyard.front_m) + corners[:, :1] * along + corners[:, 1:] * inward
            rings.append(shapely.Polygon(points))
        footprint = shapely.union_all(rings) if len(rings) > 1 else rings[0]
        if (
            footprint.geom_type == "Polygon"
            and courtyard.shape.buffer(-0.3).contains(footprint)
            and all(footprint.distance(other) > 0.4 for other in standing)
        ):
            return shapely.orient_polygons(shapely.simplify(footprint, 0.02))
    return None


def _year(courtyard: Courtyard, rng: np.random.Generator) -> int:
    """Most houses were rebuilt with wages earned away since 2000; some old timber and earth houses remain."""
    if courtyard.purpose != HOME:
        return int(rng.integers(2006, 2021))
    draw = rng.random()
    old = 0.06 if courtyard.village_code == DENSE else 0.16
    if draw < old:
        return int(rng.integers(1962, 1986))
    return int(rng.integers(1986, 2001)) if draw < old + 0.2 else int(rng.integers(2001, 2025))


def _fabric(courtyard: Courtyard, part: _Part, year: int, rng: np.random.Generator) -> tuple[str, str]:
    """Structure and roof that fit the age, the height and the place."""
    dense = courtyard.village_code == DENSE
    if part.purpose == SHED:
        return str(rng.choice((BRICK, BRICK_TIMBER), p=(0.6, 0.4))), str(
            rng.choice((GABLE, FLAT), p=(0.75, 0.25))
        )
    if part.purpose in (SCHOOL, COMMITTEE, CLINIC, HALL, MARKET):
        return CONCRETE, {SCHOOL: FLAT, COMMITTEE: HIP, CLINIC: FLAT, HALL: GABLE, MARKET: GABLE}[
            part.purpose
        ]
    if year < 1986 and part.storeys <= 2:
        return str(rng.choice((EARTH, BRICK_TIMBER), p=(0.45, 0.55))), GABLE
    if year < 2001 and part.storeys <= 2:
        return str(rng.choice((BRICK_TIMBER, BRICK), p=(0.45, 0.55))), str(
            rng.choice((GABLE, HIP, FLAT), p=(0.6, 0.15, 0.25))
        )
    structure = CONCRETE if part.storeys >= 4 or rng.random() < 0.25 else BRICK
    share = (0.28, 0.14, 0.58) if dense else (0.54, 0.2, 0.26)
    return structure, str(rng.choice((GABLE, HIP, FLAT), p=share))
