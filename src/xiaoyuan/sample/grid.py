"""A north-up raster frame with the few operations the landscape needs: coordinates, sampling, noise, burning shapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from rasterio import features
from rasterio.transform import Affine
from scipy import ndimage, sparse

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Grid:
    """Square cells of `cell_m`; (west_m, north_m) is the outer corner of cell [0, 0]; rows run south."""

    west_m: float
    north_m: float
    cell_m: float
    rows: int
    cols: int

    @classmethod
    def covering(cls, west_m: float, south_m: float, east_m: float, north_m: float, cell_m: float) -> Grid:
        """The grid of whole cells that covers a rectangle."""
        cols, rows = int(np.ceil((east_m - west_m) / cell_m)), int(np.ceil((north_m - south_m) / cell_m))
        return cls(west_m, north_m, cell_m, rows, cols)

    @property
    def transform(self) -> Affine:
        """The affine transform from (column, row) to frame metres."""
        return Affine(self.cell_m, 0.0, self.west_m, 0.0, -self.cell_m, self.north_m)

    def centres(self) -> tuple[Floats, Floats]:
        """x and y of every cell centre, both [rows, cols]."""
        x = self.west_m + (np.arange(self.cols) + 0.5) * self.cell_m
        y = self.north_m - (np.arange(self.rows) + 0.5) * self.cell_m
        xs, ys = np.meshgrid(x, y)
        return xs, ys

    def sample(self, values: NDArray[Any], x: ArrayLike, y: ArrayLike, order: int = 1) -> Floats:
        """Interpolated values at points (edge values beyond the border)."""
        col = (np.asarray(x, dtype=float) - self.west_m) / self.cell_m - 0.5
        row = (self.north_m - np.asarray(y, dtype=float)) / self.cell_m - 0.5
        sampled = ndimage.map_coordinates(
            values, [np.atleast_1d(row), np.atleast_1d(col)], order=order, mode="nearest"
        )
        return np.asarray(sampled, dtype=float)

    def index(self, x: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Row and column of the cell holding each point, clipped to the grid."""
        col = np.floor((np.atleast_1d(np.asarray(x, dtype=float)) - self.west_m) / self.cell_m).astype(
            np.intp
        )
        row = np.floor((self.north_m - np.atleast_1d(np.asarray(y, dtype=float))) / self.cell_m).astype(
            np.intp
        )
        return np.clip(row, 0, self.rows - 1), np.clip(col, 0, self.cols - 1)

    def resample_from(self, other: Grid, values: NDArray[Any], order: int = 1) -> Floats:
        """Another grid's values at this grid's cell centres."""
        row = (other.north_m - self.north_m + (np.arange(self.rows) + 0.5) * self.cell_m) / other.cell_m - 0.5
        col = (self.west_m - other.west_m + (np.arange(self.cols) + 0.5) * self.cell_m) / other.cell_m - 0.5
        rows, cols = np.meshgrid(row, col, indexing="ij")
        return np.asarray(
            ndimage.map_coordinates(values, [rows, cols], order=order, mode="nearest"), dtype=float
        )

    def burn(
        self, shapes: Sequence[Any], values: Sequence[int] | None = None, *, touched: bool = False
    ) -> NDArray[Any]:
        """int32 raster with the value (default 1) of the shape over each cell centre, 0 elsewhere; later shapes win."""
        burned = np.zeros((self.rows, self.cols), dtype=np.int32)
        pairs = [
            (shape, 1 if values is None else values[k])
            for k, shape in enumerate(shapes)
            if not shape.is_empty
        ]
        if pairs:
            features.rasterize(pairs, out=burned, transform=self.transform, all_touched=touched)
        return burned

    def slope(self, height_m: NDArray[Any]) -> Floats:
        """Steepness as a ratio (1 = 45 degrees)."""
        down, right = np.gradient(height_m, self.cell_m)
        return np.asarray(np.hypot(down, right), dtype=float)

    def noise(
        self, rng: np.random.Generator, wavelength_m: float, octaves: int = 3, gain: float = 0.5
    ) -> Floats:
        """Fractal value noise, roughly -1 to 1, smooth at the longest wavelength given."""
        total = np.zeros((self.rows, self.cols))
        amplitude, reach = 1.0, 0.0
        for octave in range(octaves):
            step = wavelength_m / 2**octave / self.cell_m
            across, down = _spline_matrix(self.cols, step), _spline_matrix(self.rows, step)
            lattice = rng.uniform(-1.0, 1.0, (down.shape[1], across.shape[1]))
            total += amplitude * (down @ (across @ lattice.T).T)
            reach += amplitude
            amplitude *= gain
        return np.asarray(total / reach * 2.2, dtype=float)


def _spline_matrix(length: int, step: float) -> Any:
    """Sparse [length, lattice] weights of a uniform cubic B-spline whose knots lie `step` cells apart."""
    position = np.arange(length) / step
    base = np.floor(position).astype(np.intp)
    t = position - base
    taps = (
        np.stack(((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3), axis=1) / 6
    )
    rows = np.repeat(np.arange(length), 4)
    cols = (base[:, None] + np.arange(4)).ravel()
    return sparse.csr_matrix((taps.ravel(), (rows, cols)), shape=(length, int(base[-1]) + 4))


def smoothstep(x: NDArray[Any], low: float | NDArray[Any], high: float | NDArray[Any]) -> Floats:
    """0 below low, 1 above high, with a smooth S between."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t), dtype=float)
