"""Turn a raster of labels into polygons with smooth borders that neighbours share exactly."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import ndimage

from xiaoyuan.sample.grid import Grid

Labels = NDArray[np.int32]


def smooth_partition(
    labels: Labels, grid: Grid, *, smooth_m: float, simplify_m: float = 0.4
) -> tuple[list[shapely.Polygon], NDArray[np.int32]]:
    """Faces of the label raster with smoothed borders, and each face's label; together they fill the grid.

    Borders are cut into arcs where three labels meet; each arc is smoothed once, so both its sides agree to the last
    digit. A label whose cells are not connected yields several faces.
    """
    arcs = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(_edges(labels, grid))))
    window = max(smooth_m / grid.cell_m, 0.1)
    smoothed = [_smooth(shapely.get_coordinates(arc), window, simplify_m) for arc in arcs]
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all(smoothed)]))
    inside = shapely.get_coordinates(shapely.point_on_surface(faces))
    row, col = grid.index(inside[:, 0], inside[:, 1])
    return list(faces), labels[row, col]


def _edges(labels: Labels, grid: Grid) -> NDArray[np.object_]:
    """One short line per cell side that parts two labels, the grid's outer border included."""
    outside = np.iinfo(np.int32).min
    padded = np.pad(labels, 1, constant_values=outside)
    row, col = np.nonzero(padded[1:-1, :-1] != padded[1:-1, 1:])
    upright = np.stack((np.stack((col, row), 1), np.stack((col, row + 1), 1)), 1)
    row, col = np.nonzero(padded[:-1, 1:-1] != padded[1:, 1:-1])
    level = np.stack((np.stack((col, row), 1), np.stack((col + 1, row), 1)), 1)
    cells = np.concatenate((upright, level)).astype(float)
    cells[..., 0] = grid.west_m + cells[..., 0] * grid.cell_m
    cells[..., 1] = grid.north_m - cells[..., 1] * grid.cell_m
    return np.asarray(shapely.linestrings(cells), dtype=object)


def _smooth(points: NDArray[np.float64], window: float, simplify_m: float) -> shapely.LineString:
    """Gaussian smoothing that keeps the two ends where they are; a closed ring is smoothed all round."""
    if len(points) < 4:
        return shapely.LineString(points)
    if np.array_equal(points[0], points[-1]):
        ring = ndimage.gaussian_filter1d(points[:-1], window, axis=0, mode="wrap")
        return shapely.LineString(np.concatenate((ring, ring[:1]))).simplify(simplify_m)
    reach = min(len(points) - 1, int(4 * window) + 1)
    before = 2 * points[0] - points[reach:0:-1]
    after = 2 * points[-1] - points[-2 : -reach - 2 : -1]
    extended = ndimage.gaussian_filter1d(
        np.concatenate((before, points, after)), window, axis=0, mode="nearest"
    )
    smooth = extended[reach : reach + len(points)]
    smooth[0], smooth[-1] = points[0], points[-1]
    return shapely.LineString(smooth).simplify(simplify_m)
