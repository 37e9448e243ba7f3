"""Coordinates that fit the known divisions only after a web map's shift is taken off: said, never corrected silently.

Web maps of China show everything 300 to 600 m off; exported from there, files say WGS 84 all the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from xiaoyuan.register.imports.map_shifts import Points, Shift, shifted, unshifted
from xiaoyuan.register.imports.source_layers import Shapes
from xiaoyuan.register.queries.divisions import CHINA

_FEWEST: Final = 5
_SHARE: Final = 0.03
"""Fewer features outside their division than this are the usual strays at a border."""
_LEFT: Final = 0.34
"""Share of the strays that may remain when the shift is taken off."""
_NEAR_M: Final = 80.0
_METRES_PER_DEGREE: Final = 111_320.0


def looks_shifted(shapes: Shapes, expected: Sequence[Any]) -> Shift | None:
    """Return the shift that would bring features into the outlines they belong to, or None.

    expected: for each shape the outline that should hold it, None where no outline is known.
    """
    known = np.flatnonzero([outline is not None for outline in expected])
    known = known[~shapely.is_missing(shapes[known])]
    if not len(known):
        return None
    middles = shapely.centroid(shapes[known])
    points = np.column_stack((shapely.get_x(middles), shapely.get_y(middles)))
    if not _in_china(points):
        return None
    outlines = [expected[row] for row in known]
    strays = _strays(points, outlines)
    if strays < max(_FEWEST, _SHARE * len(points)):
        return None
    left = {shift: _strays(unshifted(points, shift), outlines) for shift in Shift}
    best = min(left, key=lambda shift: left[shift])
    return best if left[best] <= _LEFT * strays else None


def outlines_look_shifted(given: Mapping[str, Any], known: Mapping[str, Any]) -> Shift | None:
    """Return the shift by which most outlines of a file lie beside the known ones of the same divisions, or None."""
    codes = [code for code in given if known.get(code) is not None and given[code] is not None]
    if not codes:
        return None
    was, now = (_middles(shapes[code] for code in codes) for shapes in (known, given))
    if not _in_china(np.concatenate((was, now))):
        return None
    plain = _apart_m(was, now)
    for shift in Shift:
        beside = _apart_m(shifted(was, shift), now)
        if np.median(plain) > 2 * _NEAR_M and np.median(beside) < _NEAR_M:
            return shift
    return None


def _strays(points: Points, outlines: Sequence[Any]) -> int:
    """Count the points that lie outside their outline."""
    inside = np.zeros(len(points), dtype=bool)
    ids = np.array([id(outline) for outline in outlines])
    for one in np.unique(ids):
        rows = np.flatnonzero(ids == one)
        outline = outlines[int(rows[0])]
        shapely.prepare(outline)
        inside[rows] = shapely.intersects_xy(outline, points[rows, 0], points[rows, 1])
    return int((~inside).sum())


def _middles(shapes: Iterable[Any]) -> Points:
    middles = shapely.centroid(np.array(list(shapes), dtype=object))
    return np.column_stack((shapely.get_x(middles), shapely.get_y(middles)))


def _apart_m(one: Points, other: Points) -> NDArray[np.float64]:
    along = np.cos(np.radians(one[:, 1]))
    apart: NDArray[np.float64] = _METRES_PER_DEGREE * np.hypot(
        (one - other)[:, 0] * along, (one - other)[:, 1]
    )
    return apart


def _in_china(points: Points) -> bool:
    west, south = points.min(axis=0)
    east, north = points.max(axis=0)
    return bool(CHINA[0] <= west and east <= CHINA[2] and CHINA[1] <= south and north <= CHINA[3])
