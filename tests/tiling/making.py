"""Invented buildings and elevation models for the tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.transform import from_origin

from xiaoyuan.tiling import BuildingSet, Terrain, TilesetReport, build_buildings
from xiaoyuan.tiling.ellipsoid import metres_per_degree
from xiaoyuan.tiling.pool import FilePool

LON, LAT = 105.2903, 27.3018
"""Somewhere in the sample town's county, in the middle of a near cell."""


def degrees(shape: shapely.Geometry, east_m: float = 0.0, north_m: float = 0.0) -> shapely.Geometry:
    """A shape in metres, placed beside LON, LAT."""
    scale = metres_per_degree(np.asarray(LAT))
    return shapely.transform(
        shape, lambda points: (points + np.array([east_m, north_m])) / scale + np.array([LON, LAT])
    )


def buildings(
    *footprints: shapely.Geometry, roof: int = 0, first_cid: int = 1, **columns: Any
) -> BuildingSet:
    """Buildings on footprints in degrees; two storeys of unknown height unless columns say otherwise."""
    count = len(footprints)
    geometry = np.empty(count, object)
    geometry[:] = footprints
    values: dict[str, Any] = {
        "cid": np.arange(first_cid, first_cid + count, dtype=np.uint32),
        "height_m": np.full(count, np.nan),
        "storeys": np.full(count, 2, np.int32),
        "roof": np.full(count, roof, np.uint8),
        "structure": np.zeros(count, np.uint8),
    }
    return BuildingSet(footprint=geometry, **(values | columns))


def write_dem(
    path: Path,
    heights: NDArray[Any],
    *,
    crs: str | None = "EPSG:4544",
    west: float = 528_000.0,
    north: float = 3_023_000.0,
    cell: float = 10.0,
    nodata: float | None = None,
    **profile: Any,
) -> Path:
    """A GeoTIFF of one band (or of several, bands first)."""
    bands = heights if heights.ndim == 3 else heights[None]
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=bands.shape[2],
        height=bands.shape[1],
        count=len(bands),
        dtype=bands.dtype,
        crs=crs,
        transform=from_origin(west, north, cell, cell),
        nodata=nodata,
        **profile,
    ) as raster:
        raster.write(bands)
    return path


def hilly(rows: int, columns: int, cell: float, shape: Callable[[Any, Any], Any]) -> NDArray[np.float32]:
    """Heights by a function of metres east and south of the raster's corner."""
    x, y = np.meshgrid((np.arange(columns) + 0.5) * cell, (np.arange(rows) + 0.5) * cell)
    return np.asarray(shape(x, y), np.float32)


def build_into(houses: BuildingSet, terrain: Terrain | None, folder: Path, **options: int) -> TilesetReport:
    """Build into a folder and write the entry document, unpacked, as tileset.json beside the pool's files."""
    pool = FilePool(folder)
    report = build_buildings(houses, terrain, pool, **options)
    if report.tileset:
        (folder / "tileset.json").write_bytes(pool.get(report.tileset))
    return report
