"""The shifted coordinates of Chinese web maps (GCJ-02, BD-09) back to WGS 84, by iterating the forward formulas.

The formulas are the ones that every map client publishes; WGS 84 agrees with CGCS2000 within some centimetres.
"""

import math
from math import atan2, cos, pi, sin, sqrt
from typing import Any, Final

_A: Final = 6378245.0
"""Semi-major axis of the Krasovsky ellipsoid, on which the shift is computed."""
_EE: Final = 0.00669342162296594323
_BD: Final = pi * 3000.0 / 180.0
_STEPS: Final = 12
_CLOSE: Final = 1e-10

Degrees = tuple[float, float]
"""Longitude and latitude."""


def gcj02_from_wgs84(lon: float, lat: float) -> Degrees:
    """Return the shifted coordinates of a point in China."""
    east, north = gcj02_shift(lon, lat)
    return lon + east, lat + north


def gcj02_shift(lon: Any, lat: Any, maths: Any = math) -> tuple[Any, Any]:
    """Return how many degrees east and north GCJ-02 lies of WGS 84; with `maths=numpy` for arrays of degrees."""
    sin, cos, sqrt, radians = maths.sin, maths.cos, maths.sqrt, maths.radians
    x, y = lon - 105.0, lat - 35.0
    waves = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + waves
    north += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + waves
    east += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    magic = 1.0 - _EE * sin(radians(lat)) ** 2
    north = north * 180.0 / ((_A * (1.0 - _EE)) / (magic * sqrt(magic)) * pi)
    east = east * 180.0 / (_A / sqrt(magic) * cos(radians(lat)) * pi)
    return east, north


def wgs84_from_gcj02(lon: float, lat: float) -> Degrees:
    """Return the true coordinates of a shifted point, within a millimetre of the inverse of the formula."""
    guess_lon, guess_lat = lon, lat
    for _step in range(_STEPS):
        shifted_lon, shifted_lat = gcj02_from_wgs84(guess_lon, guess_lat)
        off_lon, off_lat = shifted_lon - lon, shifted_lat - lat
        guess_lon, guess_lat = guess_lon - off_lon, guess_lat - off_lat
        if abs(off_lon) < _CLOSE and abs(off_lat) < _CLOSE:
            break
    return guess_lon, guess_lat


def bd09_from_gcj02(lon: float, lat: float) -> Degrees:
    """Return Baidu's coordinates of a GCJ-02 point."""
    far = sqrt(lon * lon + lat * lat) + 0.00002 * sin(lat * _BD)
    turn = atan2(lat, lon) + 0.000003 * cos(lon * _BD)
    return far * cos(turn) + 0.0065, far * sin(turn) + 0.006


def wgs84_from_bd09(lon: float, lat: float) -> Degrees:
    """Return the true coordinates of a point in Baidu's coordinates."""
    guess_lon, guess_lat = lon - 0.0065, lat - 0.006
    for _step in range(_STEPS):
        shifted_lon, shifted_lat = bd09_from_gcj02(guess_lon, guess_lat)
        off_lon, off_lat = shifted_lon - lon, shifted_lat - lat
        guess_lon, guess_lat = guess_lon - off_lon, guess_lat - off_lat
        if abs(off_lon) < _CLOSE and abs(off_lat) < _CLOSE:
            break
    return wgs84_from_gcj02(guess_lon, guess_lat)
