"""Ground whose shape is a formula, so that what is computed on it can be checked by hand."""

from collections.abc import Callable

import numpy as np
import pyproj
import shapely
from rasterio.transform import Affine

from xiaoyuan.tiling import Terrain
from xiaoyuan.tiling.arrays import Floats
from xiaoyuan.tiling.heightfield import HeightField
from xiaoyuan.twin.planning.frame import MetricFrame

LON, LAT = 105.3, 27.3
FRAME = MetricFrame(LON, LAT)
CRS = f"+proj=tmerc +lat_0={LAT} +lon_0={LON} +k=1 +ellps=GRS80 +units=m +type=crs"


def ground(
    height: Callable[[Floats, Floats], Floats], *, half_m: float = 600.0, cell_m: float = 5.0
) -> Terrain:
    """Return a terrain of `height(east, north)` metres around the middle."""
    side = round(2 * half_m / cell_m)
    x, y = np.meshgrid(-half_m + (np.arange(side) + 0.5) * cell_m, half_m - (np.arange(side) + 0.5) * cell_m)
    heights = np.broadcast_to(height(x, y), x.shape).astype(np.float32)
    transform = Affine(cell_m, 0, -half_m, 0, -cell_m, half_m)
    return Terrain((HeightField(heights, transform, pyproj.CRS.from_user_input(CRS)),))


def line(*points: tuple[float, float]) -> shapely.LineString:
    """Return a line in degrees through points in metres east and north of the middle."""
    return FRAME.to_degrees(shapely.LineString(points))
