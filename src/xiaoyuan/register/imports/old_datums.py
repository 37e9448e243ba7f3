"""From any coordinate system to CGCS2000, and where that is impossible: old Chinese datums without known offset.

Beijing 1954 and Xi'an 1980 were adjusted region by region; their offset against CGCS2000 is known only where parameters
were published (EPSG registry, by area of use) or where a surveying authority hands them over.
"""

import re
from typing import Any, Final

import numpy as np
import pyproj
import shapely
from pyproj.transformer import TransformerGroup

from xiaoyuan.register.imports.source_layers import Shapes
from xiaoyuan.register.spatial import Bounds

_CGCS2000: Final = pyproj.CRS.from_epsg(4490)
_WGS84: Final = pyproj.CRS.from_epsg(4326)
_OLD: Final = {
    "Beijing 1954": re.compile(r"beijing|bj_?54|based on krass", re.IGNORECASE),
    "Xi'an 1980": re.compile(r"xi'?an|based on (xian|iag)", re.IGNORECASE),
}


class UnknownOffset(Exception):
    """A datum whose offset against CGCS2000 cannot be known here."""

    def __init__(self, datum: str) -> None:
        self.datum = datum
        super().__init__(f"The offset of {datum} is unknown.")


def change_to_cgcs2000(
    crs: pyproj.CRS, shapes: Shapes, add_m: float
) -> tuple[pyproj.Transformer, float | None]:
    """Return the change for shapes and its accuracy in metres (None: unknown); `add_m` is added to their eastings.

    Raises `UnknownOffset` for an old datum outside the areas of the published parameters.
    """
    # Parameters handed over lead to WGS 84, as published ones do; it agrees with CGCS2000.
    change = pyproj.Transformer.from_crs(crs, _WGS84 if crs.is_bound else _CGCS2000, always_xy=True)
    datum = None if crs.is_bound else _old_datum(crs)
    if datum is None:
        # The projection library says -1 for "unknown".
        return change, change.accuracy if change.accuracy >= 0 else None
    bounds = shapely.total_bounds(shapes)
    if np.isnan(bounds[0]):
        return change, None
    west, south, east, north = change.transform_bounds(
        bounds[0] + add_m, bounds[1], bounds[2] + add_m, bounds[3]
    )
    published = [
        one
        for one in TransformerGroup(crs, _WGS84, always_xy=True).transformers
        if one.accuracy > 0 and _covers(one, (west, south, east, north))
    ]
    if not published:
        raise UnknownOffset(datum)
    best = min(published, key=lambda one: one.accuracy)
    return best, best.accuracy


def _covers(change: pyproj.Transformer, box: Bounds) -> bool:
    """Return whether the change's area of use, unknown for some, holds all of a box (west, south, east, north)."""
    area: Any = change.area_of_use  # the library's types do not say that it may be missing
    return (
        area is not None
        and area.west <= box[0]
        and area.south <= box[1]
        and area.east >= box[2]
        and area.north >= box[3]
    )


def _old_datum(crs: pyproj.CRS) -> str | None:
    # A datum that only knows its ellipsoid is called "Unknown based on Krassovsky".
    names = [crs.name, "" if crs.datum is None else crs.datum.name]
    return next((datum for datum, pattern in _OLD.items() if any(map(pattern.search, names))), None)
