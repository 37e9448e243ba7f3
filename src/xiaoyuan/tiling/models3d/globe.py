"""Where bounding volumes of 3D Tiles lie on the globe: degrees and metres above the ellipsoid."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from xiaoyuan.tiling.arrays import Floats
from xiaoyuan.tiling.ellipsoid import SEMI_MAJOR_M, SEMI_MINOR_M

_E2: Final = 1.0 - (SEMI_MINOR_M / SEMI_MAJOR_M) ** 2
_EP2: Final = (SEMI_MAJOR_M / SEMI_MINOR_M) ** 2 - 1.0
_NEAREST_M: Final = SEMI_MINOR_M - 15_000.0
_FARTHEST_M: Final = SEMI_MAJOR_M + 50_000.0


@dataclass(frozen=True)
class Extent:
    """West, south, east, north in degrees, lowest and highest point in metres above the ellipsoid."""

    west: float
    south: float
    east: float
    north: float
    lowest: float
    highest: float

    def joined(self, other: "Extent | None") -> "Extent":
        """Return the extent of both."""
        if other is None:
            return self
        return Extent(
            min(self.west, other.west),
            min(self.south, other.south),
            max(self.east, other.east),
            max(self.north, other.north),
            min(self.lowest, other.lowest),
            max(self.highest, other.highest),
        )


class OffGlobe(ValueError):
    """A volume that lies nowhere near the ground; the text says where instead."""


def from_ecef(points_m: Floats) -> tuple[Floats, Floats, Floats]:
    """Degrees of longitude and latitude and ellipsoidal metres of earth-centred points (n, 3), within a millimetre.

    Bowring, "Transformation from spatial to geographical coordinates" (1976), repeated once.
    """
    x, y, z = points_m[:, 0], points_m[:, 1], points_m[:, 2]
    across = np.hypot(x, y)
    reduced = np.arctan2(z * SEMI_MAJOR_M, across * SEMI_MINOR_M)
    lat = reduced
    for _step in range(2):
        lat = np.arctan2(
            z + _EP2 * SEMI_MINOR_M * np.sin(reduced) ** 3, across - _E2 * SEMI_MAJOR_M * np.cos(reduced) ** 3
        )
        reduced = np.arctan2(SEMI_MINOR_M * np.sin(lat), SEMI_MAJOR_M * np.cos(lat))
    normal = SEMI_MAJOR_M / np.sqrt(1.0 - _E2 * np.sin(lat) ** 2)
    height = across * np.cos(lat) + z * np.sin(lat) - SEMI_MAJOR_M**2 / normal
    return np.degrees(np.arctan2(y, x)), np.degrees(lat), height


def extent_of(volume: dict[str, Any], transform: Floats) -> Extent | None:
    """Return where a bounding volume lies; None for volumes of extensions.

    transform: (4, 4) from the tile's frame to the earth; regions are not affected by it (3D Tiles 1.1, 6.7.1.4).
    Raises `OffGlobe`, or ValueError and TypeError for numbers that are none.
    """
    if "region" in volume:
        west, south, east, north, low, high = (float(value) for value in volume["region"])
        west, south, east, north = (float(np.degrees(value)) for value in (west, south, east, north))
        if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
            raise OffGlobe(f"its region is {west:.3f}, {south:.3f}, {east:.3f}, {north:.3f} degrees")
        return Extent(west, south, east, north, low, high)
    if "box" in volume:
        numbers = np.asarray(volume["box"], np.float64).reshape(4, 3)
        signs = np.array([(a, b, c) for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)], np.float64)
        corners = numbers[0] + signs @ numbers[1:]
        return _of_points(_moved(np.concatenate((numbers[:1], corners)), transform))
    if "sphere" in volume:
        ball = np.asarray(volume["sphere"], np.float64).reshape(4)
        centre = _moved(ball[None, :3], transform)
        radius = float(ball[3]) * float(np.linalg.norm(transform[:3, :3], axis=0).max())
        _prove(centre)
        lon, lat, height = (float(value[0]) for value in from_ecef(centre))
        turn = np.degrees(radius / SEMI_MAJOR_M)
        wide = turn / max(0.01, float(np.cos(np.radians(lat))))
        return Extent(lon - wide, lat - turn, lon + wide, lat + turn, height - radius, height + radius)
    return None


def _moved(points: Floats, transform: Floats) -> Floats:
    moved: Floats = points @ transform[:3, :3].T + transform[:3, 3]
    return moved


def _prove(points: Floats) -> None:
    if not np.isfinite(points).all():
        raise OffGlobe("its numbers are not finite")
    distance = float(np.linalg.norm(points[0]))
    if not _NEAREST_M <= distance <= _FARTHEST_M:
        raise OffGlobe(f"its middle is {distance / 1000:,.3f} km from the centre of the earth")


def _of_points(points: Floats) -> Extent:
    _prove(points)
    lon, lat, height = from_ecef(points)
    return Extent(
        *(float(v) for v in (lon.min(), lat.min(), lon.max(), lat.max(), height.min(), height.max()))
    )
