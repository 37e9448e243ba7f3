"""Judging a drawn shape: what the register can keep, and a sentence for everything else."""

import re
from typing import Any, Final

import numpy as np
import shapely
from django.utils.translation import gettext as _

from xiaoyuan.register.errors import RegisterError
from xiaoyuan.register.measuring import area_m2, length_m
from xiaoyuan.register.queries.divisions import CHINA

MOST_POINTS: Final = 10_000
DECIMALS: Final = 9
"""Digits of degrees that are kept: a tenth of a millimetre."""
_LEAST_AREA_M2: Final = 0.1
_LEAST_LENGTH_M: Final = 0.1
_AREAS: Final = ("Polygon", "MultiPolygon")
_LINES: Final = ("LineString", "MultiLineString")
SHAPES: Final[dict[str, tuple[str, ...]]] = {
    "courtyard": (*_AREAS, "Point"),
    "building": _AREAS,
    "parcel": _AREAS,
    "road": _LINES,
}
"""Which types of shapes each kind of place may have. A courtyard may be a point until somebody surveys it."""
_PLACE: Final = re.compile(r"\[(-?[\d.]+) (-?[\d.]+)")


class ShapeUnfit(RegisterError):
    """A shape that the register cannot keep; the sentence says why."""


def fitted(kind: str, shape: Any) -> Any:
    """Return a drawn shape (degrees) as it is kept: in the plane, to nine decimals; raises `ShapeUnfit`."""
    if shape is None or shapely.is_empty(shape):
        raise ShapeUnfit(_("Draw the shape first."))
    if shape.geom_type not in SHAPES[kind]:
        raise ShapeUnfit(_wrong_type(kind))
    points = shapely.get_coordinates(shape)
    if len(points) > MOST_POINTS:
        raise ShapeUnfit(
            _("The shape has %(count)d points. Draw it with at most %(most)d.")
            % {"count": len(points), "most": MOST_POINTS}
        )
    if not (np.isfinite(points).all() and (abs(points) <= (180, 90)).all()):
        raise ShapeUnfit(_("These are no degrees of longitude and latitude."))
    west, south, east, north = CHINA
    lon, lat = points.mean(axis=0)
    if not (west <= lon <= east and south <= lat <= north) and west <= lat <= east and south <= lon <= north:
        raise ShapeUnfit(_("Longitude and latitude are swapped."))
    kept = shapely.transform(shapely.force_2d(shape), lambda xy: np.round(xy, DECIMALS))
    _check(kept)
    return kept


def _check(shape: Any) -> None:
    if shape.geom_type in _AREAS:
        # A bow tie covers as much on the left as on the right: only its hull tells it from a line.
        if _area_m2(shapely.convex_hull(shape)) < _LEAST_AREA_M2:
            raise ShapeUnfit(_no_ground())
        if not shapely.is_valid(shape):
            raise ShapeUnfit(_fault(shapely.is_valid_reason(shape)))
        if _area_m2(shape) < _LEAST_AREA_M2:
            raise ShapeUnfit(_no_ground())
    elif shape.geom_type in _LINES and length_m(shape) < _LEAST_LENGTH_M:
        raise ShapeUnfit(_("The line has no length. Draw at least two points that lie apart."))


def _area_m2(shape: Any) -> float:
    return area_m2(shape) if shape.geom_type in _AREAS else 0.0


def _no_ground() -> str:
    return _("The shape covers no ground. Draw at least three corners that do not lie in a line.")


def _fault(reason: str) -> str:
    """Say what GEOS found wrong with an outline, and where."""
    where = _PLACE.search(reason)
    if "intersection" in reason and where is not None:
        return _(
            "The outline crosses or touches itself at %(lon)s, %(lat)s. Move its corners so that it does not."
        ) % {
            "lon": f"{float(where[1]):.6f}",
            "lat": f"{float(where[2]):.6f}",
        }
    if "Hole" in reason or "olygon" in reason or "hell" in reason:
        return _("A part or a hole of the outline does not lie where it can. Draw it anew.")
    return _no_ground()


def _wrong_type(kind: str) -> str:
    if kind == "road":
        return _("A road is drawn as a line.")
    if kind == "courtyard":
        return _("A courtyard is drawn as an area, or as a point until somebody surveys it.")
    return _("Buildings and parcels are drawn as areas.")
