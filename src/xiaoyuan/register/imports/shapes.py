"""Shapes fit for the register: rings repaired, those without extent or of the wrong kind left out."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from xiaoyuan.register.imports.place_fields import ROADS, WATER
from xiaoyuan.register.imports.source_layers import Reason, Shapes
from xiaoyuan.register.measuring import lengths_m

_LINES: Final = (1, 5)
_AREAS: Final = (3, 6)
_LEAST_AREA_M2: Final = 0.01
_LEAST_LENGTH_M: Final = 0.01
_METRES_PER_DEGREE: Final = 111_320.0


@dataclass
class Fitted:
    """Shapes (n) with what was done to them; where `reasons` has an entry the shape is None."""

    shapes: Shapes
    is_repaired: NDArray[np.bool_]
    reasons: NDArray[np.object_]


def fit(shapes: Shapes, table: str) -> Fitted:
    """Repair what can be repaired and name why the rest cannot stay. Shapes are in degrees."""
    found = np.array(shapes, dtype=object)
    reasons = np.full(len(found), None, dtype=object)
    is_repaired = np.zeros(len(found), dtype=bool)

    def leave_out(where: NDArray[np.bool_], reason: Reason) -> None:
        reasons[where] = reason
        found[where] = None

    leave_out(shapely.is_missing(found) | shapely.is_empty(found), Reason.NO_SHAPE)
    coordinates, owner = shapely.get_coordinates(found, return_index=True)
    broken = np.zeros(len(found), dtype=bool)
    broken[owner[~np.isfinite(coordinates).all(axis=1)]] = True
    leave_out(broken, Reason.NOT_NUMBERS)
    kinds = shapely.get_type_id(found)
    allowed = (*_LINES, *_AREAS) if table == WATER else _LINES if table == ROADS else _AREAS
    leave_out((kinds >= 0) & ~np.isin(kinds, allowed), Reason.WRONG_KIND)
    is_area = np.isin(shapely.get_type_id(found), _AREAS)
    invalid = is_area & ~shapely.is_valid(found)
    if invalid.any():
        found[invalid] = [
            _areas_of(shape)
            for shape in shapely.make_valid(found[invalid], method="structure", keep_collapsed=False)
        ]
        is_repaired |= invalid
    leave_out(is_area & (_rough_area_m2(found) < _LEAST_AREA_M2), Reason.NO_EXTENT)
    is_line = np.isin(shapely.get_type_id(found), _LINES)
    leave_out(is_line & (lengths_m(found) < _LEAST_LENGTH_M), Reason.NO_EXTENT)
    return Fitted(found, is_repaired & ~shapely.is_missing(found), reasons)


def _areas_of(shape: shapely.Geometry) -> shapely.Geometry | None:
    """Return the polygons of a repaired shape; lines and points that the repair split off have no extent."""
    parts = [part for part in shapely.get_parts(shape, return_index=False) if part.geom_type == "Polygon"]
    nested = [
        inner for part in shapely.get_parts(shape) if part.geom_type == "MultiPolygon" for inner in part.geoms
    ]
    polygons = parts + nested
    if not polygons:
        return None
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)


def _rough_area_m2(shapes: Shapes) -> NDArray[np.float64]:
    """Area within a few parts in a thousand, enough to tell something from nothing; 0 for missing shapes."""
    bounds = shapely.bounds(shapes)
    middle = np.radians((bounds[:, 1] + bounds[:, 3]) / 2)
    area = shapely.area(shapes) * _METRES_PER_DEGREE**2 * np.cos(middle)
    filled: NDArray[np.float64] = np.nan_to_num(area)
    return filled
