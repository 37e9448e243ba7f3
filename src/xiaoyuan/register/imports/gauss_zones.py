"""Metres of Gauss-Krueger zones: the zone number in front of the easting, and what declaration and numbers say of it.

GB/T 22021: zones of 3 degrees have the numbers 25 to 45 in China, zones of 6 degrees 13 to 23. Surveyors write the
easting with the number (35 529 000) or without it (529 000), and a file often declares one and holds the other.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyproj
import shapely

from xiaoyuan.register.imports.source_layers import Shapes

_MILLION: Final = 1_000_000
_EASTINGS: Final = (100_000.0, 900_000.0)
_NORTHINGS: Final = (1_000_000.0, 6_000_000.0)
_SIX_DEGREES: Final = range(13, 24)
_THREE_DEGREES: Final = range(25, 46)


@dataclass(frozen=True)
class Reading:
    """How the eastings of a layer are to be read. `add_m`: what they lack against their declared system.

    `zone`: the number in front of them, 0 without one; `contradicts`: the number is of another meridian than declared;
    `is_swapped`: the northing stands where the easting should.
    """

    add_m: float = 0.0
    zone: int = 0
    contradicts: bool = False
    is_swapped: bool = False


def meridian_of(zone: int) -> int | None:
    """Return the central meridian of a zone number, or None when there is no such zone in China."""
    if zone in _THREE_DEGREES:
        return 3 * zone
    return 6 * zone - 3 if zone in _SIX_DEGREES else None


def read_zone(shapes: Shapes, crs: pyproj.CRS) -> Reading:
    """Compare the numbers of a layer with its declared system; systems that are no such zones read as they are."""
    parameters = _parameters(crs)
    if parameters is None:
        return Reading()
    meridian, false_easting = parameters
    west, south, east, north = (float(value) for value in shapely.total_bounds(shapes))
    if np.isnan(west):
        return Reading()
    if _zone_of(west, east) is None:
        return Reading(is_swapped=_zone_of(south, north) is not None and _is_northing(west, east))
    zone = _zone_of(west, east) or 0
    declared = int(false_easting // _MILLION)
    if zone == declared:
        return Reading(zone=zone)
    if zone and meridian_of(zone) != round(meridian):
        return Reading(zone=zone, contradicts=True)
    return Reading(add_m=float((declared - zone) * _MILLION), zone=zone)


def _parameters(crs: pyproj.CRS) -> tuple[float, float] | None:
    """Return central meridian and false easting of a transverse Mercator at true scale, else None."""
    operation = crs.coordinate_operation if crs.is_projected else None
    source = crs.source_crs if crs.is_bound else None
    if source is not None:
        return _parameters(source)
    if operation is None:
        return None
    method = operation.method_name.lower().replace("-", " ")
    if "transverse mercator" not in method and "gauss" not in method:
        return None
    values = {one.name.lower().replace("_", " "): float(one.value) for one in operation.params}
    meridian = values.get("longitude of natural origin", values.get("central meridian"))
    easting = values.get("false easting")
    scale = values.get("scale factor at natural origin", values.get("scale factor", 1.0))
    if meridian is None or easting is None or abs(scale - 1.0) > 1e-9 or easting % _MILLION != 500_000:
        return None
    return meridian, easting


def _zone_of(lowest: float, highest: float) -> int | None:
    """Return the number in front of eastings (0: none), or None when these are no eastings of one zone."""
    zone = int(lowest // _MILLION)
    if zone != int(highest // _MILLION) or (zone and meridian_of(zone) is None):
        return None
    within = _EASTINGS[0] <= lowest - zone * _MILLION and highest - zone * _MILLION <= _EASTINGS[1]
    return zone if within else None


def _is_northing(lowest: float, highest: float) -> bool:
    return _NORTHINGS[0] <= lowest and highest <= _NORTHINGS[1]
