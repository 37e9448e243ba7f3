"""Stations along a drawn line, at which ground and design are compared."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from xiaoyuan.tiling.arrays import Floats
from xiaoyuan.twin.planning.errors import LineUnusable

SHORTEST_M: Final = 20.0
LONGEST_M: Final = 30_000.0
MOST_VERTICES: Final = 2000
_FINE_M, _COARSE_M = 10.0, 20.0
_FINE_UP_TO_M: Final = 5_000.0
_BESIDE_M: Final = 1.0


@dataclass(frozen=True)
class Stations:
    """Points along a line in metres: `chainage_m` (n), `xy` (n, 2), `left` (n, 2) unit vectors to the left."""

    chainage_m: Floats
    xy: Floats
    left: Floats


def check_line(line: shapely.LineString) -> None:
    """Raise `LineUnusable` unless a line in metres can be planned along."""
    if (
        line.is_empty
        or shapely.get_num_coordinates(line) < 2
        or not np.isfinite(shapely.get_coordinates(line)).all()
    ):
        raise LineUnusable("it needs at least two points")
    if shapely.get_num_coordinates(line) > MOST_VERTICES:
        raise LineUnusable(f"it has more than {MOST_VERTICES} points")
    if line.length < SHORTEST_M:
        raise LineUnusable(f"it is shorter than {SHORTEST_M:.0f} m", line.length)
    if line.length > LONGEST_M:
        raise LineUnusable(f"it is longer than {LONGEST_M / 1000:.0f} km", line.length)


def spacing_for(length_m: float) -> float:
    """Return the distance of stations in metres: 10, along more than 5 km 20."""
    return _FINE_M if length_m <= _FINE_UP_TO_M else _COARSE_M


def stations_along(line: shapely.LineString, spacing_m: float) -> Stations:
    """Return stations every `spacing_m` metres from the start, and one at the end; raises `LineUnusable`."""
    check_line(line)
    length = float(line.length)
    chainage = np.arange(math.ceil(length / spacing_m - 1e-9) + 1, dtype=np.float64) * spacing_m
    chainage[-1] = length
    xy = _at(line, chainage)
    ahead = _at(line, np.minimum(chainage + _BESIDE_M, length))
    behind = _at(line, np.maximum(chainage - _BESIDE_M, 0.0))
    along = ahead - behind
    size = np.hypot(along[:, 0], along[:, 1])
    # Where the line turns back on itself there is no direction; any one is as good.
    along = np.where(size[:, None] > 1e-9, along / np.maximum(size, 1e-9)[:, None], [1.0, 0.0])
    return Stations(chainage, xy, np.column_stack((-along[:, 1], along[:, 0])))


def _at(line: shapely.LineString, chainage_m: Floats) -> Floats:
    return np.asarray(shapely.get_coordinates(shapely.line_interpolate_point(line, chainage_m)))
