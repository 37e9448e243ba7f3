"""Checking an elevation model before it is kept: it names its place, holds heights and lies where it should."""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rasterio
import shapely
from django.utils.translation import gettext as _
from rasterio.errors import NotGeoreferencedWarning

from xiaoyuan.lib import divisions
from xiaoyuan.register.actions.terrain import TerrainFacts
from xiaoyuan.register.errors import RegisterError
from xiaoyuan.register.imports.place_plan import box_text
from xiaoyuan.register.models import Division
from xiaoyuan.register.queries.divisions import CHINA, division_bounds
from xiaoyuan.register.spatial import Bounds
from xiaoyuan.tiling import Terrain, errors


class TerrainRefused(RegisterError):
    """An elevation model that cannot be kept; the sentence says which file and why."""


@dataclass(frozen=True)
class CheckedTerrain:
    """An elevation model that passed; `coverage`: share of the division it covers (0..1, None: unknown)."""

    facts: TerrainFacts
    coverage: float | None


def check_terrain(path: Path, *, division: Division, vertical_offset_m: float) -> CheckedTerrain:
    """Check a raster file for a division; raises `TerrainRefused`."""
    if not path.is_file():
        raise TerrainRefused(_("There is no file %(file)s.") % {"file": path.name})
    try:
        with warnings.catch_warnings():
            # A raster without place is refused below with a sentence of ours.
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            terrain = Terrain.from_geotiff(path, vertical_offset_m=vertical_offset_m)
    except errors.MissingCrsError:
        raise TerrainRefused(
            _("%(file)s names no coordinate system, so its place on the ground is unknown.")
            % {"file": path.name}
        ) from None
    except errors.NotElevationError as refusal:
        raise TerrainRefused(
            _("%(file)s is not an elevation model: %(reason)s.")
            % {"file": path.name, "reason": refusal.reason}
        ) from None
    except errors.TilingError as refusal:
        raise TerrainRefused(str(refusal)) from None
    known = division_bounds(division.code)
    coverage = None if known is None else terrain.coverage(_area(division, known))
    expected = _expected(division)
    is_near = expected is None or shapely.box(*terrain.bounds).intersects(shapely.box(*expected))
    if expected is not None and (not is_near or coverage == 0):
        raise TerrainRefused(
            _(
                "%(file)s lies outside %(name)s %(code)s: the model is at %(found)s, the division at %(expected)s."
            )
            % {
                "file": path.name,
                "name": division.name,
                "code": division.code,
                "found": box_text(terrain.bounds),
                "expected": box_text(expected),
            }
        )
    cell_m = round(float(terrain.fields[0].cell_m), 3)
    return CheckedTerrain(TerrainFacts(_crs_name(path), cell_m, terrain.bounds), coverage)


def _expected(division: Division) -> Bounds | None:
    """Return where the division lies: its outline or places, else China; None for a local one without places."""
    bounds = division_bounds(division.code)
    if bounds is None and not divisions.is_local(division.code):
        return CHINA
    return bounds


def _area(division: Division, bounds: Bounds) -> Any:
    if division.outline_wkb is not None:
        return shapely.from_wkb(bytes(division.outline_wkb))
    return shapely.box(*bounds)


def _crs_name(path: Path) -> str:
    with rasterio.open(path) as raster:
        authority = raster.crs.to_authority()
        return ":".join(authority) if authority is not None else str(raster.crs.to_wkt())[:60]
