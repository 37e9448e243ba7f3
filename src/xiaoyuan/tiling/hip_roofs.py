"""Hip roofs over houses that no rectangles cover, in the frame of the tile."""

import numpy as np

from xiaoyuan.tiling.arrays import run_starts
from xiaoyuan.tiling.faces import ROOF_STEP_M, ROOF_V, Mesh, shade
from xiaoyuan.tiling.pitched_roofs import HIGHEST_RISE_M, LIFT_M, SLOPE
from xiaoyuan.tiling.walls import Placed


def hipped(placed: Placed, *, has_eaves: bool = True) -> Mesh:
    """The tiled faces of `Solids.slopes`; without eaves they end at the walls."""
    slopes = placed.solids.slopes
    points = slopes.overhang_m if has_eaves else slopes.points_m
    owner = placed.solids.footprints.part_owner[slopes.part]
    x, y = placed.to_frame(points[:, :2], owner)
    rise = np.minimum(SLOPE, HIGHEST_RISE_M / np.maximum(slopes.peak_m, 0.1))[slopes.part]
    # The first point of a roof lies on its rim, and a height of slope 1 is the way in from there.
    starts = run_starts(slopes.part)
    rim = np.repeat(points[starts, 2], np.diff(np.append(starts, len(points))))
    way = np.sqrt(1.0 + rise * rise) * (points[:, 2] - rim)
    return Mesh(
        x,
        y,
        placed.top_m[owner] + LIFT_M + rise * points[:, 2],
        placed.roof_colour[owner],
        shade(0, np.minimum(ROOF_V + np.rint(way / ROOF_STEP_M).astype(np.int64), 65_534)),
        owner,
        slopes.triangles,
    )
