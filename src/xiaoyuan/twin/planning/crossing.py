"""What a strip of ground meets: areas of what it covers, and where along its line it crosses other lines."""

from typing import Any

import numpy as np
import shapely

from xiaoyuan.tiling.arrays import Floats, Objects


def covered_m2(area: shapely.Geometry, shapes: Objects) -> Floats:
    """Return the area in m2 (n) that a polygon covers of each shape; all in one frame in metres."""
    whole = shapely.make_valid(shapes)
    return np.asarray(shapely.area(shapely.intersection(whole, area)))


def crossed_at_m(line: shapely.LineString, shape: Any) -> tuple[float, ...]:
    """Return the places along a line, in metres from its start, where a line or the edge of an area meets it."""
    edge = shapely.boundary(shape) if shapely.get_dimensions(shape) == 2 else shape
    common = shapely.intersection(line, edge)
    places = [float(line.project(shapely.Point(point))) for point in shapely.get_coordinates(common)]
    return tuple(sorted({round(place, 1) for place in places}))
