"""One elevation raster as a height function: exact where it has data, calm where it has none.

`HeightField.sample` answers only where the raster does. `HeightField.surface` answers everywhere, because a
rendered globe has no holes: voids are filled from their rims, and outside the raster the rim is continued, blurred
with the distance, and fades to the raster's median height, so that no cliff appears.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyproj
from rasterio.transform import Affine

from xiaoyuan.tiling.arrays import Bounds, Floats, Ints, Singles
from xiaoyuan.tiling.ellipsoid import metres_per_degree

FADE_M = 12_000.0
"""Distance over which the continued rim becomes flat."""
WGS84 = "EPSG:4326"
_FAR = 1e12
_RELAXATIONS = 12


@dataclass(frozen=True)
class HeightField:
    """Heights in metres (rows, columns; nan = no data) of cells laid out by `transform` in `crs`."""

    heights_m: Singles
    transform: Affine
    crs: pyproj.CRS

    @cached_property
    def cell_m(self) -> float:
        """Size of a cell in metres (of its longer side)."""
        size = max(np.hypot(self.transform.a, self.transform.d), np.hypot(self.transform.b, self.transform.e))
        return float(size * self._metres_per_unit)

    @cached_property
    def _metres_per_unit(self) -> float:
        if not self.crs.is_geographic:
            return float(self.crs.axis_info[0].unit_conversion_factor)
        middle = self._position(self.heights_m.shape[1] / 2, self.heights_m.shape[0] / 2)
        return float(metres_per_degree(np.asarray(middle[1]))[1])

    def _position(self, column: float, row: float) -> tuple[float, float]:
        """Coordinates in `crs` of a corner of a cell."""
        to = self.transform
        return to.a * column + to.b * row + to.c, to.d * column + to.e * row + to.f

    @cached_property
    def bounds(self) -> Bounds:
        """Bounds in degrees of the part that holds data."""
        rows = np.flatnonzero(np.isfinite(self.heights_m).any(1))
        columns = np.flatnonzero(np.isfinite(self.heights_m).any(0))
        corners = [
            self._position(column, row)
            for column in (columns[0], columns[-1] + 1)
            for row in (rows[0], rows[-1] + 1)
        ]
        x, y = np.array(corners).T
        back = pyproj.Transformer.from_crs(self.crs, WGS84, always_xy=True)
        west, south, east, north = back.transform_bounds(x.min(), y.min(), x.max(), y.max(), densify_pts=21)
        return float(west), float(south), float(east), float(north)

    @cached_property
    def _to_raster(self) -> pyproj.Transformer:
        return pyproj.Transformer.from_crs(WGS84, self.crs, always_xy=True)

    def _cells(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Fractional column and row, whole numbers at cell centres."""
        x, y = self._to_raster.transform(lon, lat)
        # Points that the projection cannot show (the other side of the globe) count as very far away.
        x, y = np.where(np.isfinite(x), x, _FAR), np.where(np.isfinite(y), y, _FAR)
        inverse = ~self.transform
        column = inverse.a * x + inverse.b * y + inverse.c - 0.5
        row = inverse.d * x + inverse.e * y + inverse.f - 0.5
        return column, row

    def sample(self, lon: Floats, lat: Floats) -> Floats:
        """Bilinear height in metres at degrees (n); nan outside the raster and in its voids.

        Beside a void the cells that have data are averaged, as long as they hold at least half of the weight.
        """
        column, row = self._cells(lon, lat)
        rows, columns = self.heights_m.shape
        inside = (column >= -0.5) & (column <= columns - 0.5) & (row >= -0.5) & (row <= rows - 0.5)
        out = np.full(np.shape(lon), np.nan)
        out[inside] = _bilinear(self.heights_m, column[inside], row[inside])
        return out

    def surface(self, lon: Floats, lat: Floats, spacing_m: float = 0.0) -> Floats:
        """Finite height in metres everywhere; smoothed to what a mesh of `spacing_m` can show."""
        column, row = self._cells(lon, lat)
        rows, columns = self.heights_m.shape
        near_column, near_row = np.clip(column, 0, columns - 1), np.clip(row, 0, rows - 1)
        outside_m = np.hypot(column - near_column, row - near_row) * self.cell_m
        # Blur: one overview level up for every doubling of the mesh spacing or of a quarter of the distance.
        wanted_m = np.maximum(np.maximum(outside_m / 4.0, spacing_m), self.cell_m)
        level = np.clip(np.log2(wanted_m / self.cell_m), 0, len(self._overviews) - 1)
        heights = _between_levels(self._overviews, near_column, near_row, level)
        fade = np.clip(1.0 - outside_m / FADE_M, 0.0, 1.0)
        fade = fade * fade * (3.0 - 2.0 * fade)
        return self._median_m + (heights - self._median_m) * fade

    @cached_property
    def _median_m(self) -> float:
        return float(np.nanmedian(self.heights_m))

    @cached_property
    def _overviews(self) -> list[Singles]:
        """The filled raster and its halvings down to a few cells."""
        levels = [_filled(self.heights_m)]
        while max(levels[-1].shape) > 4:
            fine = levels[-1]
            padded = np.pad(fine, ((0, fine.shape[0] % 2), (0, fine.shape[1] % 2)), mode="edge")
            quarters = padded.reshape(padded.shape[0] // 2, 2, padded.shape[1] // 2, 2)
            levels.append(quarters.mean((1, 3), dtype=np.float32))
        return levels


def _filled(heights: Singles) -> Singles:
    """Heights with voids stretched over like a skin from rim to rim (a multigrid solution of Laplace's equation)."""
    known = np.isfinite(heights)
    if known.all():
        return heights
    padded = np.pad(heights, ((0, heights.shape[0] % 2), (0, heights.shape[1] % 2)), constant_values=np.nan)
    quarters = padded.reshape(padded.shape[0] // 2, 2, padded.shape[1] // 2, 2)
    weight = np.isfinite(quarters).sum((1, 3))
    coarse = np.where(weight > 0, np.nansum(quarters, (1, 3)) / np.maximum(weight, 1), np.nan)
    coarse = _filled(coarse.astype(np.float32))
    row, column = np.nonzero(~known)
    out = heights.copy()
    out[row, column] = _bilinear(coarse, (column - 0.5) / 2, (row - 0.5) / 2)
    for _ in range(_RELAXATIONS):
        rim = np.pad(out, 1, mode="edge")
        out[row, column] = (
            rim[row, column + 1] + rim[row + 2, column + 1] + rim[row + 1, column] + rim[row + 1, column + 2]
        ) / 4
    return out


def _bilinear(heights: Singles, column: Floats, row: Floats) -> Floats:
    rows, columns = heights.shape
    column, row = np.clip(column, 0, columns - 1), np.clip(row, 0, rows - 1)
    left, top = column.astype(np.int64), row.astype(np.int64)
    right, bottom = np.minimum(left + 1, columns - 1), np.minimum(top + 1, rows - 1)
    dx, dy = column - left, row - top
    total, weight = np.zeros(column.shape), np.zeros(column.shape)
    for r, c, share in (
        (top, left, (1 - dx) * (1 - dy)),
        (top, right, dx * (1 - dy)),
        (bottom, left, (1 - dx) * dy),
        (bottom, right, dx * dy),
    ):
        value = heights[r, c].astype(np.float64)
        known = np.isfinite(value)
        total += np.where(known, value, 0.0) * share
        weight += np.where(known, share, 0.0)
    return np.where(weight >= 0.5, total / np.maximum(weight, 1e-12), np.nan)


def _between_levels(levels: list[Singles], column: Floats, row: Floats, level: Floats) -> Floats:
    """Trilinear look-up: bilinear in the two overviews around `level`, then linear between them."""
    out = np.zeros(column.shape)
    lower: Ints = np.floor(level).astype(np.int64)
    for number, heights in enumerate(levels):
        share = np.where(
            lower == number, 1.0 - (level - lower), np.where(lower + 1 == number, level - lower, 0.0)
        )
        here = np.flatnonzero(share > 0.0)
        if here.size:
            scale = float(1 << number)
            out[here] += share[here] * _bilinear(
                heights, (column[here] + 0.5) / scale - 0.5, (row[here] + 0.5) / scale - 0.5
            )
    return out
