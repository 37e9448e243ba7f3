"""Coordinate reference systems that the API speaks, with the order of their axes."""

from typing import Any, Final

import numpy as np
import shapely

CRS84: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG_4326: Final = "http://www.opengis.net/def/crs/EPSG/0/4326"
EPSG_4490: Final = "http://www.opengis.net/def/crs/EPSG/0/4490"
STORAGE: Final = EPSG_4490
"""CGCS2000; WGS 84 agrees with it within some decimetres, less than map files are accurate."""
SUPPORTED: Final = (CRS84, EPSG_4326, EPSG_4490)


def in_axis_order(geometry: Any, crs: str) -> Any:
    """Return shapes in longitude and latitude as a reference system writes them: EPSG puts the latitude first."""
    if crs == CRS84:
        return geometry
    return shapely.transform(geometry, lambda points: np.ascontiguousarray(points[:, ::-1]))


def box_from(numbers: list[float], crs: str) -> tuple[float, float, float, float]:
    """Return west, south, east, north of a box written in a reference system's axis order."""
    first, second, third, fourth = numbers
    return (first, second, third, fourth) if crs == CRS84 else (second, first, fourth, third)
