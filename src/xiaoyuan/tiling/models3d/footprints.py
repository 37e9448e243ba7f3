"""From the surfaces of a city object to what a map knows of it: outline on the ground and heights."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely

from xiaoyuan.tiling.arrays import Floats
from xiaoyuan.tiling.models3d.cityjson import CityObject, Surface

GROUND: Final = "GroundSurface"
_GRID: Final = 1e-4
"""Vertices of one wall differ by less than this between neighbouring surfaces, in metres."""


@dataclass(frozen=True)
class Footprint:
    """Polygon or MultiPolygon in the model's own coordinates (None: nothing level), its lowest and highest point."""

    shape: Any
    lowest: float
    highest: float


def footprint(parts: Iterable[CityObject], vertices: Floats, *, is_degrees: bool) -> Footprint:
    """Return the outline of an object and its parts: of ground surfaces, else of the lowest level ones, else of all."""
    surfaces = [surface for part in parts for surface in part.surfaces]
    points = vertices[np.concatenate([ring for surface in surfaces for ring in surface.rings])]
    lowest, highest = float(points[:, 2].min()), float(points[:, 2].max())
    ground = [surface for surface in surfaces if surface.kind == GROUND]
    if not ground:
        ground = [surface for surface in surfaces if _is_level(vertices[surface.rings[0]], lowest, highest)]
    return Footprint(_union(ground or surfaces, vertices, is_degrees), lowest, highest)


def _is_level(ring: Floats, lowest: float, highest: float) -> bool:
    """Whether a ring lies flat in the lower part of the object."""
    rise = float(np.ptp(ring[:, 2]))
    near = max(0.3, 0.1 * (highest - lowest))
    return rise < near and float(ring[:, 2].max()) - lowest < near


def _union(surfaces: list[Surface], vertices: Floats, is_degrees: bool) -> Any:
    polygons = []
    for surface in surfaces:
        rings = [vertices[ring][:, :2] for ring in surface.rings]
        polygon = shapely.make_valid(
            shapely.Polygon(rings[0], rings[1:]), method="structure", keep_collapsed=False
        )
        polygons += [part for part in shapely.get_parts(polygon) if part.geom_type == "Polygon"]
    if not polygons:
        return None
    joined = shapely.union_all(polygons, grid_size=1e-9 if is_degrees else _GRID)
    found = [part for part in shapely.get_parts(joined) if part.geom_type == "Polygon" and part.area > 0]
    if not found:
        return None
    return found[0] if len(found) == 1 else shapely.MultiPolygon(found)
