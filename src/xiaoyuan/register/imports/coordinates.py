"""Where a file's numbers lie on the ground: its coordinate system is named, understood and brought to CGCS2000."""

import numpy as np
import pyproj
import shapely
from django.utils.translation import gettext as _
from pyproj.exceptions import CRSError

from xiaoyuan.register.errors import RegisterError
from xiaoyuan.register.imports.source_layers import Shapes

_CGCS2000 = pyproj.CRS.from_epsg(4490)
_SAME_AS_CGCS2000 = frozenset({4326, 4490, 4979, 4480})
"""WGS 84 agrees with CGCS2000 within some decimetres, less than map files are accurate."""
_DECIMALS = 9
"""0.1 mm: below that, versions of the projection library differ and would look like changes."""


class MissingCoordinateSystem(RegisterError):
    """A layer whose place on the ground is unknown."""

    def __init__(self, file: str, layer: str) -> None:
        super().__init__(
            _(
                "%(file)s, layer %(layer)s: no coordinate system is named, so its place on the ground is unknown. "
                "Name it with --source-crs EPSG:n if you know it for certain."
            )
            % {"file": file, "layer": layer}
        )


class UnusableCoordinates(RegisterError):
    """A coordinate system, or coordinates, that cannot be right."""


def read_crs(text: str) -> pyproj.CRS:
    """Return the coordinate system that an operator named; raises `UnusableCoordinates`."""
    try:
        return pyproj.CRS.from_user_input(text)
    except CRSError:
        raise UnusableCoordinates(
            _("“%(text)s” is no coordinate system; write it as EPSG:4544.") % {"text": text}
        ) from None


def is_named(crs: pyproj.CRS) -> bool:
    """Whether a coordinate system places anything: GeoPackage has two that mean "undefined"."""
    return (crs.is_geographic or crs.is_projected) and "undefined" not in crs.name.lower()


def to_degrees(shapes: Shapes, crs: pyproj.CRS) -> tuple[Shapes, float | None]:
    """Return shapes in CGCS2000 longitude and latitude, and how accurate the change is in metres (None: unknown)."""
    plain = crs.to_2d()
    if plain.to_epsg() in _SAME_AS_CGCS2000:
        return shapes, None
    change = pyproj.Transformer.from_crs(plain, _CGCS2000, always_xy=True)

    def moved(
        points: "np.ndarray[tuple[int, int], np.dtype[np.float64]]",
    ) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
        lon, lat = change.transform(points[:, 0], points[:, 1])
        return np.round(np.column_stack((lon, lat)), _DECIMALS)

    # The projection library says -1 for "unknown".
    return shapely.transform(shapes, moved), change.accuracy if change.accuracy >= 0 else None


def are_degrees(shapes: Shapes) -> bool:
    """Whether all coordinates lie within the ranges of longitude and latitude."""
    west, south, east, north = shapely.total_bounds(shapes)
    return bool(np.isnan(west) or (west >= -180 and south >= -90 and east <= 180 and north <= 90))
