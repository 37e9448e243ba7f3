"""One elevation raster as a height function: exact where it has data, calm where it has none.

`HeightField.surface` answers everywhere, because a rendered globe has no holes: voids are filled from their rims,
and outside the raster the rim is continued, blurred with the distance, and fades to the raster's median height,
so that no cliff appears. `HeightField.sample` gives the same heights, but only where the raster has data.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyproj
from rasterio.transform import Affine

from xiaoyuan.tiling.arrays import Bounds, Flags, Floats, Singles
from xiaoyuan.tiling.ellipsoid import metres_per_degree
from xiaoyuan.tiling.height_pyramid import HeightPyramid
from xiaoyuan.tiling.raster_cells import ArrayCells, Cells
from xiaoyuan.tiling.voids import between_cells

FADE_M = 12_000.0
"""Distance over which the continued rim becomes flat."""
FEATHER_M = 240.0
"""Width over which a model gives way to a coarser one at its rim and at its voids; see `feather_m`."""
WGS84 = "EPSG:4326"
_FAR = 1e12
_LARGEST_WINDOW = 1 << 22
_PROJECTED_EVERY = 16
_EXACT_FROM_M = 500.0


@dataclass(frozen=True)
class HeightField:
    """Heights in metres (rows, columns; nan = no data) of cells laid out by `transform` in `crs`."""

    source: Singles | Cells
    transform: Affine
    crs: pyproj.CRS

    def __getstate__(self) -> dict[str, Any]:
        """Another process makes its own caches."""
        return {"source": self.source, "transform": self.transform, "crs": self.crs}

    @cached_property
    def pyramid(self) -> HeightPyramid:
        """The heights at all resolutions."""
        cells = ArrayCells(self.source) if isinstance(self.source, np.ndarray) else self.source
        return HeightPyramid(cells, self._cell_sizes_m(cells.shape), self._feather_m(cells.shape))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.pyramid.cells.shape

    @cached_property
    def cell_m(self) -> float:
        """Size of a cell in metres (of its longer side)."""
        return max(self.pyramid.cell_m)

    @property
    def feather_m(self) -> float:
        """Metres over which this model gives way to a coarser one: FEATHER_M, but 4 to 96 cells and a quarter
        of the shorter side at most.
        """
        return self.pyramid.feather_m

    def _cell_sizes_m(self, shape: tuple[int, int]) -> tuple[float, float]:
        to = self.transform
        along = np.ones(2)
        if self.crs.is_geographic:
            along = metres_per_degree(np.asarray(self._position(shape[1] / 2, shape[0] / 2)[1]))
        else:
            along = along * self.crs.axis_info[0].unit_conversion_factor
        width = np.hypot(to.a * along[0], to.d * along[1])
        return float(width), float(np.hypot(to.b * along[0], to.e * along[1]))

    def _feather_m(self, shape: tuple[int, int]) -> float:
        width, height = self._cell_sizes_m(shape)
        cell = max(width, height)
        return min(max(4 * cell, min(FEATHER_M, 96 * cell)), shape[1] * width / 4, shape[0] * height / 4)

    def _position(self, column: float, row: float) -> tuple[float, float]:
        """Coordinates in `crs` of a corner of a cell."""
        to = self.transform
        return to.a * column + to.b * row + to.c, to.d * column + to.e * row + to.f

    @cached_property
    def bounds(self) -> Bounds:
        """Bounds in degrees of the part that holds data."""
        rows, columns = np.flatnonzero(self.pyramid.survey.rows), np.flatnonzero(self.pyramid.survey.columns)
        return self._degrees(columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)

    @cached_property
    def frame(self) -> Bounds:
        """Bounds in degrees of the whole raster, and a little more."""
        return self._degrees(-1, -1, self.shape[1] + 1, self.shape[0] + 1)

    def _degrees(self, left: float, top: float, right: float, bottom: float) -> Bounds:
        corners = [self._position(column, row) for column in (left, right) for row in (top, bottom)]
        x, y = np.array(corners).T
        back = pyproj.Transformer.from_crs(self.crs, WGS84, always_xy=True)
        west, south, east, north = back.transform_bounds(x.min(), y.min(), x.max(), y.max(), densify_pts=21)
        return float(west), float(south), float(east), float(north)

    @cached_property
    def _to_raster(self) -> pyproj.Transformer:
        return pyproj.Transformer.from_crs(WGS84, self.crs, always_xy=True)

    def positions(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Fractional column and row (n) of degrees (n), whole numbers at cell centres."""
        return self._cells(*self._to_raster.transform(lon, lat))

    def grid_positions(self, lon: Floats, lat: Floats, spacing_m: float) -> tuple[Floats, Floats]:
        """Fractional columns and rows (rows * columns) of the grid of `lat` (rows) by `lon` (columns).

        Both have a multiple of 16 plus 1 members. Below a spacing of 500 m only every 16th node is projected, and
        those between are interpolated, which is right to a thousandth of the spacing.
        """
        if spacing_m > _EXACT_FROM_M:
            grid_lon, grid_lat = np.meshgrid(lon, lat)
            return self.positions(grid_lon.ravel(), grid_lat.ravel())
        grid_lon, grid_lat = np.meshgrid(lon[::_PROJECTED_EVERY], lat[::_PROJECTED_EVERY])
        column, row = self._cells(*self._to_raster.transform(grid_lon, grid_lat))
        return _between(column), _between(row)

    def _cells(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        # Points that the projection cannot show (the other side of the globe) count as very far away.
        x, y = np.where(np.isfinite(x), x, _FAR), np.where(np.isfinite(y), y, _FAR)
        inverse = ~self.transform
        column = inverse.a * x + inverse.b * y + (inverse.c - 0.5)
        row = inverse.d * x + inverse.e * y + (inverse.f - 0.5)
        return column, row

    def sample(self, lon: Floats, lat: Floats) -> Floats:
        """Bilinear height in metres at degrees (n); nan outside the raster and in its voids."""
        column, row = self.positions(lon, lat)
        known = self.known_at(column, row)
        out = np.full(np.shape(column), np.nan)
        out[known] = self.surface_at(column[known], row[known])
        return out

    def surface(self, lon: Floats, lat: Floats, spacing_m: float = 0.0) -> Floats:
        """Finite height in metres everywhere; smoothed to what a mesh of `spacing_m` can show."""
        return self.surface_at(*self.positions(lon, lat), spacing_m)

    def frames(self, column: Floats, row: Floats) -> Flags:
        """Whether points lie inside the raster."""
        rows, columns = self.shape
        inside = (column >= -0.5) & (column <= columns - 0.5) & (row >= -0.5) & (row <= rows - 0.5)
        return np.asarray(inside, np.bool_)

    def known_at(self, column: Floats, row: Floats) -> Flags:
        """Whether the raster has data there: beside a void, cells that hold at least half of the weight."""
        known = self.frames(column, row)
        if self.pyramid.has_voids:
            at = np.flatnonzero(known)
            known[at] = self._looked_up(self.pyramid.known, 0, column[at], row[at]) >= 0.5
        return known

    def depth_m(self, column: Floats, row: Floats) -> Floats:
        """Metres to where the data end (at most feather_m in voids' surroundings), below 0 where there are none."""
        rows, columns = self.shape
        width, height = self.pyramid.cell_m
        x = np.minimum(column + 0.5, columns - 0.5 - column) * width
        y = np.minimum(row + 0.5, rows - 0.5 - row) * height
        beyond = np.hypot(np.minimum(x, 0.0), np.minimum(y, 0.0))
        depth = np.minimum(x, y)
        if self.pyramid.has_voids:
            to_void = self._looked_up(self.pyramid.depth, self.pyramid.depth_level, column, row)
            depth = np.minimum(depth, to_void)
        return np.where(beyond > 0, np.minimum(depth, 0.0) - beyond, depth)

    def surface_at(self, column: Floats, row: Floats, spacing_m: float = 0.0) -> Floats:
        """Like `surface`, at fractional columns and rows (n)."""
        rows, columns = self.shape
        inside = (column >= 0) & (column <= columns - 1) & (row >= 0) & (row <= rows - 1)
        if inside.all():
            return self._inside(column, row, spacing_m)
        out = np.empty(column.shape)
        out[inside] = self._inside(column[inside], row[inside], spacing_m)
        out[~inside] = self._outside(column[~inside], row[~inside], spacing_m)
        return out

    def _inside(self, column: Floats, row: Floats, spacing_m: float) -> Floats:
        last = self.pyramid.count - 1
        level = min(max(float(np.log2(max(spacing_m, self.cell_m) / self.cell_m)), 0.0), float(last))
        lower = int(level)
        share = level - lower
        heights = self._at_level(lower, column, row)
        if share > 0.0:
            heights = heights * (1.0 - share) + self._at_level(lower + 1, column, row) * share
        return heights

    def _outside(self, column: Floats, row: Floats, spacing_m: float) -> Floats:
        rows, columns = self.shape
        near_column, near_row = np.clip(column, 0, columns - 1), np.clip(row, 0, rows - 1)
        width, height = self.pyramid.cell_m
        outside_m = np.hypot((column - near_column) * width, (row - near_row) * height)
        fade = np.clip(1.0 - outside_m / FADE_M, 0.0, 1.0)
        out = np.full(column.shape, self._median_m)
        # Blur: one level up for every doubling of the mesh spacing or of a quarter of the distance.
        wanted_m = np.maximum(np.maximum(outside_m / 4.0, spacing_m), self.cell_m)
        level = np.clip(np.log2(wanted_m / self.cell_m), 0, self.pyramid.count - 1)
        lower = np.where(fade > 0.0, np.floor(level), -1.0)
        for number in np.flatnonzero(np.bincount((lower + 1.0).astype(np.int64))[1:]).tolist():
            here = np.flatnonzero(lower == number)
            x, y, share = near_column[here], near_row[here], level[here] - number
            heights = self._at_level(number, x, y)
            if share.any():
                heights += share * (self._at_level(number + 1, x, y) - heights)
            smooth = fade[here] * fade[here] * (3.0 - 2.0 * fade[here])
            out[here] += (heights - self._median_m) * smooth
        return out

    @cached_property
    def _median_m(self) -> float:
        return float(np.nanmedian(self.pyramid.survey.coarse))

    def _at_level(self, level: int, column: Floats, row: Floats) -> Floats:
        return self._looked_up(lambda *window: self.pyramid.window(level, *window), level, column, row)

    def _looked_up(self, windows: Any, level: int, column: Floats, row: Floats) -> Floats:
        """Bilinear values of a level; `windows` hands out its parts."""
        if not column.size:
            return np.zeros(0)
        rows, columns = self.pyramid.shape(level)
        scale = 1.0 / (1 << level)
        x = np.clip((column + 0.5) * scale - 0.5, 0, columns - 1)
        y = np.clip((row + 0.5) * scale - 0.5, 0, rows - 1)
        left, right = int(x.min()), min(int(x.max()) + 2, columns)
        top, bottom = int(y.min()), min(int(y.max()) + 2, rows)
        if (right - left) * (bottom - top) > max(_LARGEST_WINDOW, 4 * x.size):
            # Points far apart: the two halves need less between them.
            along, middle = (
                (x, (left + right) / 2) if right - left > bottom - top else (y, (top + bottom) / 2)
            )
            first = along < middle
            out = np.empty(x.shape)
            out[first] = self._looked_up(windows, level, column[first], row[first])
            out[~first] = self._looked_up(windows, level, column[~first], row[~first])
            return out
        # The cell left of or above the last keeps a point on the rim between two cells, as in any other window.
        left, top = max(min(left, columns - 2), 0), max(min(top, rows - 2), 0)
        return between_cells(windows(top, bottom, left, right), x - left, y - top)


def _between(nodes: Floats) -> Floats:
    """Values (flat) of a grid of every 16th node at all nodes, linear between them."""
    share = np.arange(_PROJECTED_EVERY) / _PROJECTED_EVERY
    across = nodes[:, :-1, None] + (nodes[:, 1:] - nodes[:, :-1])[..., None] * share
    rows = np.concatenate([across.reshape(len(nodes), -1), nodes[:, -1:]], 1)
    down = rows[:-1, None] + (rows[1:] - rows[:-1])[:, None] * share[:, None]
    return np.concatenate([down.reshape(-1, rows.shape[1]), rows[-1:]]).ravel()
