"""Elevation models as files: what may count as one, and the terrain that several of them make up."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyproj
import rasterio
import shapely
from pyproj.exceptions import CRSError
from rasterio.enums import ColorInterp
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader

from xiaoyuan.tiling.arrays import Bounds, Flags, Floats
from xiaoyuan.tiling.ellipsoid import metres_per_degree
from xiaoyuan.tiling.errors import MissingCrsError, NotElevationError, NotReadableError
from xiaoyuan.tiling.heightfield import HeightField
from xiaoyuan.tiling.raster_cells import FileCells

LOWEST_M, HIGHEST_M = -500.0, 9_000.0
"""No land lies lower than the Dead Sea's shore (-430 m) or higher than Qomolangma (8,849 m)."""
_WHOLE_CELLS = 1 << 24
_AT_ONCE = 1 << 16
"""Points whose intermediate arrays stay in the processor's cache."""
_LEAST_SHARE = 1e-4
"""What a model's rim still counts: it decides where no coarser model has data."""
_NEAR_M = 30.0
_COLOURS = {ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.palette}
_METRE_NAMES = {"", "m", "metre", "metres", "meter", "meters"}


@dataclass(frozen=True)
class Terrain:
    """Elevation of a region from one or more rasters, the finest first.

    Where rasters overlap the finest counts. Over `HeightField.feather_m` from its rim and its voids inwards it gives
    way to the next, so that the ground has no step where a fine model ends inside a coarse one.
    """

    fields: tuple[HeightField, ...]

    def __post_init__(self) -> None:
        """Put the finest raster first, whatever order they were read in."""
        object.__setattr__(self, "fields", tuple(sorted(self.fields, key=lambda field: field.cell_m)))

    @classmethod
    def from_geotiff(cls, paths: Path | Sequence[Path], *, vertical_offset_m: float = 0.0) -> "Terrain":
        """Read rasters of heights in metres, in any coordinate system.

        vertical_offset_m is added to every height (from the model's vertical datum to the one of the scene).
        A raster of more than 16 million cells is read window by window: its file must stay where it is.
        Raises NotReadableError, MissingCrsError or NotElevationError, each naming the file and the reason.
        """
        files = [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]
        if not files:
            raise ValueError("from_geotiff needs at least one file")
        return cls(tuple(_read(path, vertical_offset_m) for path in files))

    @cached_property
    def bounds(self) -> Bounds:
        """West, south, east, north in degrees of all rasters' data."""
        every = np.array([field.bounds for field in self.fields])
        west, south = every[:, :2].min(0)
        east, north = every[:, 2:].max(0)
        return float(west), float(south), float(east), float(north)

    def sample(self, lon: Floats, lat: Floats) -> Floats:
        """Bilinear height in metres at degrees (n); nan where no raster has data."""
        lon, lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
        known = np.zeros(lon.shape, bool)
        for field in self.fields:
            open_at = np.flatnonzero(~known & _within(field.frame, lon, lat))
            known[open_at] = field.known_at(*field.positions(lon[open_at], lat[open_at]))
        out = np.full(lon.shape, np.nan)
        out[known] = self.surface(lon[known], lat[known])
        return out

    def surface(self, lon: Floats, lat: Floats, spacing_m: float = 0.0) -> Floats:
        """Finite height in metres at any degrees (n), as it is rendered.

        spacing_m: distance of the mesh's vertices; relief finer than that is averaged away.
        """
        lon, lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
        return self._mixed([field.positions(lon, lat) for field in self.fields], spacing_m)

    def surface_grid(self, lon: Floats, lat: Floats, spacing_m: float) -> Floats:
        """`surface` at the nodes of a grid, (rows, columns): `lat` by `lon`, both a multiple of 16 plus 1 long."""
        places = [field.grid_positions(lon, lat, spacing_m) for field in self.fields]
        out = np.empty(len(lon) * len(lat))
        for start in range(0, len(out), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            out[part] = self._mixed([(column[part], row[part]) for column, row in places], spacing_m)
        return out.reshape(len(lat), len(lon))

    def _mixed(self, places: Sequence[tuple[Floats, Floats]], spacing_m: float) -> Floats:
        """Heights (n) of points whose columns and rows in each raster are `places`."""
        if len(self.fields) == 1:
            return self.fields[0].surface_at(*places[0], spacing_m)
        count = len(places[0][0])
        total, weight, left = np.zeros(count), np.zeros(count), np.ones(count)
        for field, (column, row) in zip(self.fields, places, strict=True):
            here = np.flatnonzero((left > 0) & field.frames(column, row))
            here = here[field.known_at(column[here], row[here])]
            if not here.size:
                continue
            share = np.clip(field.depth_m(column[here], row[here]) / field.feather_m, 0.0, 1.0)
            share = np.maximum(share * share * (3.0 - 2.0 * share), _LEAST_SHARE)
            part = left[here] * share
            total[here] += part * field.surface_at(column[here], row[here], spacing_m)
            weight[here] += part
            left[here] *= 1.0 - share
        unknown = np.flatnonzero(weight == 0)
        if unknown.size:
            for field, (column, row) in zip(self.fields, places, strict=True):
                x, y = column[unknown], row[unknown]
                away = 1.0 + np.maximum(-field.depth_m(x, y), 0.0) / _NEAR_M
                part = 1.0 / (away * away * away * away)
                total[unknown] += part * field.surface_at(x, y, spacing_m)
                weight[unknown] += part
        return total / weight

    def coverage(self, area: shapely.Geometry) -> float:
        """Share 0..1 of a polygon (degrees) that has elevation data, found at up to some 4,000 points inside."""
        west, south, east, north = area.bounds
        along_parallel, along_meridian = metres_per_degree(np.asarray((south + north) / 2))
        finest_m = self.fields[0].cell_m
        columns = min(64, max(4, math.ceil((east - west) * along_parallel / finest_m)))
        rows = min(64, max(4, math.ceil((north - south) * along_meridian / finest_m)))
        lon, lat = np.meshgrid(
            west + (np.arange(columns) + 0.5) / columns * (east - west),
            south + (np.arange(rows) + 0.5) / rows * (north - south),
        )
        corners = shapely.get_coordinates(area)
        inside = shapely.contains_xy(area, lon.ravel(), lat.ravel())
        lon = np.concatenate([lon.ravel()[inside], corners[:, 0]])
        lat = np.concatenate([lat.ravel()[inside], corners[:, 1]])
        return float(np.isfinite(self.sample(lon, lat)).mean())

    def covers(self, area: shapely.Geometry) -> bool:
        """Whether every tested point of a polygon (degrees) has elevation data."""
        return self.coverage(area) == 1.0


def _within(bounds: Bounds, lon: Floats, lat: Floats) -> Flags:
    west, south, east, north = bounds
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def _read(path: Path, vertical_offset_m: float) -> HeightField:
    try:
        with rasterio.open(path) as raster:
            _refuse_pictures(path, raster)
            if raster.crs is None:
                raise MissingCrsError(path)
            try:
                crs = pyproj.CRS.from_wkt(raster.crs.to_wkt())
            except CRSError as error:
                raise NotReadableError(path, f"its coordinate system is not understood ({error})") from error
            cells = FileCells.of(path, raster, vertical_offset_m)
            small = raster.width * raster.height <= _WHOLE_CELLS
            field = HeightField(cells.whole(raster) if small else cells, raster.transform, crs)
            _refuse_implausible(path, field, vertical_offset_m)
    except RasterioError as error:
        raise NotReadableError(path, str(error)) from error
    if not (crs.is_geographic or crs.is_projected):
        raise MissingCrsError(path)
    return field


def _refuse_pictures(path: Path, raster: DatasetReader) -> None:
    kind = raster.dtypes[0]
    bands = [band for band in raster.colorinterp if band is not ColorInterp.alpha]
    if _COLOURS.intersection(bands):
        raise NotElevationError(path, f"its {len(bands)} band(s) are colours ({kind}), as in a picture")
    if len(bands) > 1:
        raise NotElevationError(path, f"it has {len(bands)} bands, and nothing says which one is the height")
    if kind in {"uint8", "int8"}:
        raise NotElevationError(path, "its 8-bit values are shades of a picture, too few for heights")
    if kind.startswith("complex"):
        raise NotElevationError(path, "its values are complex numbers")
    unit = (raster.units[0] or "").strip().lower()
    if unit not in _METRE_NAMES:
        raise NotElevationError(path, f"its heights are in “{unit}” instead of metres")


def _refuse_implausible(path: Path, field: HeightField, vertical_offset_m: float) -> None:
    survey = field.pyramid.survey
    if not survey.known:
        raise NotElevationError(path, "not one of its cells has a value")
    lowest, highest = survey.lowest_m - vertical_offset_m, survey.highest_m - vertical_offset_m
    if lowest < LOWEST_M or highest > HIGHEST_M:
        raise NotElevationError(
            path,
            f"its values run from {lowest:g} to {highest:g}, which no land in metres does "
            "(perhaps the value for missing data is not declared)",
        )
