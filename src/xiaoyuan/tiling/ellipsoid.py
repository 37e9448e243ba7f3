"""From longitude, latitude and height to the earth-centred coordinates that tiles are placed in.

WGS 84 constants from EPSG:4979. CGCS2000 differs from it by 0.1 mm in the semi-minor axis.
"""

import numpy as np

from xiaoyuan.tiling.arrays import Floats

SEMI_MAJOR_M = 6378137.0
SEMI_MINOR_M = 6356752.314245179
_ECCENTRICITY_2 = 1.0 - (SEMI_MINOR_M / SEMI_MAJOR_M) ** 2


def to_ecef(lon: Floats, lat: Floats, height_m: Floats) -> Floats:
    """Earth-centred metres (..., 3) of degrees (...) and ellipsoidal metres (...)."""
    lon_rad, lat_rad = np.radians(lon), np.radians(lat)
    sin_lat, cos_lat = np.sin(lat_rad), np.cos(lat_rad)
    normal = SEMI_MAJOR_M / np.sqrt(1.0 - _ECCENTRICITY_2 * sin_lat * sin_lat)
    out = np.empty((*np.broadcast(lon, lat, height_m).shape, 3))
    out[..., 0] = (normal + height_m) * cos_lat * np.cos(lon_rad)
    out[..., 1] = (normal + height_m) * cos_lat * np.sin(lon_rad)
    out[..., 2] = (normal * (1.0 - _ECCENTRICITY_2) + height_m) * sin_lat
    return out


def east_north_up(lon: Floats, lat: Floats) -> Floats:
    """Rows east, north, up as earth-centred unit vectors: (..., 3, 3) for degrees (...)."""
    lon_rad, lat_rad = np.radians(lon), np.radians(lat)
    sin_lon, cos_lon, sin_lat, cos_lat = np.sin(lon_rad), np.cos(lon_rad), np.sin(lat_rad), np.cos(lat_rad)
    zero = np.zeros_like(sin_lon + sin_lat)
    east = np.stack([-sin_lon + zero, cos_lon + zero, zero], -1)
    north = np.stack([-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat + zero], -1)
    up = np.stack([cos_lat * cos_lon, cos_lat * sin_lon, sin_lat + zero], -1)
    return np.stack([east, north, up], -2)


def metres_per_degree(lat: Floats) -> Floats:
    """Metres of one degree of longitude and latitude, (..., 2), on the ellipsoid at `lat` degrees."""
    lat_rad = np.radians(lat)
    root = np.sqrt(1.0 - _ECCENTRICITY_2 * np.sin(lat_rad) ** 2)
    along_parallel = SEMI_MAJOR_M / root * np.cos(lat_rad)
    along_meridian = SEMI_MAJOR_M * (1.0 - _ECCENTRICITY_2) / root**3
    return np.stack([along_parallel, along_meridian], -1) * (np.pi / 180.0)
