"""Sizes of places on the ellipsoid of CGCS2000, the same for imports and for what is drawn by hand."""

from typing import Any, Final

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

_GEOD: Final = pyproj.Geod(a=6_378_137.0, rf=298.257222101)
_LINES: Final = (1, 5)
_DECIMALS: Final = 3


def areas_m2(shapes: "NDArray[np.object_]") -> NDArray[np.float64]:
    """Return the area of polygons (degrees) on the ellipsoid in square metres, holes taken off; 0 for other shapes."""
    return np.array(
        [abs(_GEOD.geometry_area_perimeter(shapely.orient_polygons(shape))[0]) for shape in shapes]
    )


def lengths_m(shapes: "NDArray[np.object_]") -> NDArray[np.float64]:
    """Return the length of lines (degrees) on the ellipsoid in metres; 0 where there is no line."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    points, part = shapely.get_coordinates(parts, return_index=True)
    if len(points) < 2:
        return np.zeros(len(shapes))
    is_joined = part[1:] == part[:-1]
    start, end = points[:-1][is_joined], points[1:][is_joined]
    metres = _GEOD.inv(start[:, 0], start[:, 1], end[:, 0], end[:, 1])[2]
    is_line = np.isin(shapely.get_type_id(shapes), _LINES)
    sums = np.bincount(owner[part[:-1][is_joined]], weights=metres, minlength=len(shapes))
    return np.where(is_line, sums, 0.0)


def area_m2(shape: Any) -> float:
    """Return the area of one shape as the register keeps it, to the square decimetre or finer."""
    return round(float(areas_m2(np.array([shape], dtype=object))[0]), _DECIMALS)


def length_m(shape: Any) -> float:
    """Return the length of one line as the register keeps it, to the millimetre."""
    return round(float(lengths_m(np.array([shape], dtype=object))[0]), _DECIMALS)
