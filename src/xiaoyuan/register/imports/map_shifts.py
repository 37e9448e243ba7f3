"""Arrays of the shifted coordinates of Chinese web maps (GCJ-02, BD-09) back to WGS 84, and how far they are off.

The same formulas as `lib.map_datums`, for all points of a file at once.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xiaoyuan.lib.map_datums import gcj02_shift

_STEPS: Final = 12
_BD: Final = np.pi * 3000.0 / 180.0

Points = NDArray[np.float64]
"""(n, 2): longitude, latitude in degrees."""


class Shift(StrEnum):
    """Coordinates that look like degrees and lie some hundred metres off, each under the name people give it."""

    GCJ02 = "GCJ-02"
    BD09 = "BD-09"


ACCURACY_M: Final = 0.5
"""What an operator may count on; the inverse itself repeats the formula within a millimetre."""


def shifted(points: Points, shift: Shift) -> Points:
    """Return where a map with this shift shows points of WGS 84."""
    east, north = gcj02_shift(points[:, 0], points[:, 1], np)
    found = points + np.column_stack((east, north))
    return found if shift is Shift.GCJ02 else _to_baidu(found)


def unshifted(points: Points, shift: Shift) -> Points:
    """Return WGS 84 of shifted points, by iterating the forward formula."""
    target = points if shift is Shift.GCJ02 else _inverse(points, _to_baidu, np.array([0.0065, 0.006]))
    return _inverse(target, lambda guess: shifted(guess, Shift.GCJ02), np.zeros(2))


def _inverse(points: Points, forward: Callable[[Points], Points], start: NDArray[np.float64]) -> Points:
    guess = points - start
    for _step in range(_STEPS):
        guess = guess - (forward(guess) - points)
    return guess


def _to_baidu(points: Points) -> Points:
    lon, lat = points[:, 0], points[:, 1]
    far = np.sqrt(lon * lon + lat * lat) + 0.00002 * np.sin(lat * _BD)
    turn = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD)
    return np.column_stack((far * np.cos(turn) + 0.0065, far * np.sin(turn) + 0.006))
