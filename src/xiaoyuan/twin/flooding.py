"""Water at a level over the register's ground: the area it reaches and which houses stand in it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from xiaoyuan.register.models import Building, Courtyard
from xiaoyuan.register.spatial import shapes
from xiaoyuan.twin.ground import ground_under
from xiaoyuan.twin.plan_errors import refusal
from xiaoyuan.twin.plan_places import rows_meeting
from xiaoyuan.twin.planning.errors import PlanningError
from xiaoyuan.twin.planning.flood import flood, grid_around, lowest_of, outline, seed_cells

LEAST_REACH_M, MOST_REACH_M = 200.0, 5_000.0


@dataclass(frozen=True)
class Flooded:
    """What water at a level reaches. Heights in metres, areas in m2; the shape in degrees."""

    level_m: float
    seed_m: float
    area_m2: float
    volume_m3: float
    deepest_m: float
    cell_m: float
    touches_edge: bool
    shape: shapely.Geometry
    courtyards: tuple[Courtyard, ...]
    buildings: tuple[Building, ...]
    ground_models: tuple[str, ...]


def flood_from(*, division_code: str, lon: float, lat: float, rise_m: float, reach_m: float) -> Flooded:
    """Let water rise by `rise_m` above the ground of a point (a river, a dam); raises `PlanRefused`.

    Only what is connected with the source over lower ground is reached, within `reach_m` of the point.
    """
    reach = float(np.clip(reach_m, LEAST_REACH_M, MOST_REACH_M))
    point = shapely.Point(lon, lat)
    margin = reach / 95_000  # a little more than the reach, in degrees of either axis at these latitudes
    ground = ground_under(division_code, (lon - margin, lat - margin, lon + margin, lat + margin))
    try:
        grid = grid_around(ground.terrain, lon, lat, reach)
        seeds = seed_cells(grid, point)
        base = lowest_of(grid, seeds)
        level = base + rise_m
        found = flood(grid, seeds, level)
    except PlanningError as error:
        raise refusal(error) from error
    shape = outline(grid, found.wet)
    degrees = grid.frame.to_degrees(shapely.simplify(shape, grid.cell_m * 0.75))
    return Flooded(
        level_m=level,
        seed_m=base,
        area_m2=found.area_m2,
        volume_m3=found.volume_m3,
        deepest_m=found.deepest_m,
        cell_m=grid.cell_m,
        touches_edge=found.touches_edge,
        shape=degrees,
        courtyards=tuple(_under("courtyard", grid.frame.to_degrees(shape))),
        buildings=tuple(_under("building", grid.frame.to_degrees(shape))),
        ground_models=tuple(model["name"] for model in ground.models),
    )


def _under(kind: str, water: shapely.Geometry) -> list[Any]:
    """Return the places whose middle or more than a tenth lies in the water."""
    rows = rows_meeting(kind, water)
    if not rows:
        return []
    every = shapes(rows)
    whole = np.maximum(shapely.area(every), 1e-18)
    share = shapely.area(shapely.intersection(every, water)) / whole
    is_under = np.where(shapely.get_dimensions(every) == 2, share > 0.1, True)
    return [row for row, under in zip(rows, is_under, strict=True) if under]
