"""Gable and hip roofs over wings: slopes with eaves, and the gable walls below them."""

from dataclasses import dataclass

import numpy as np

from xiaoyuan.tiling.arrays import Flags, Floats, Ints
from xiaoyuan.tiling.faces import BARE, ROOF_STEP_M, ROOF_V, Mesh, Words, repeated, shade
from xiaoyuan.tiling.solids import GABLE, HIP
from xiaoyuan.tiling.walls import Placed

SLOPE = float(np.tan(np.radians(27.0)))
HIGHEST_RISE_M = 5.0
"""Wide halls get a flatter roof instead of a tower."""
EAVES_M = 0.7
LIFT_M = 0.08
"""The tiles lie a little above the walls, which would else shine through along their top."""
_SLOPES = ((0, 1, 5), (0, 5, 4), (2, 3, 4), (2, 4, 5))
_ENDS = ((1, 2, 5), (3, 0, 4))


@dataclass(frozen=True)
class Roofs:
    """q roofs, one a wing; corners 0-1 and 2-3 lie along the ridge, points 4 and 5 are its ends above 3-0 and 1-2."""

    wall: Floats
    """(q, 4, 2): corners of the wing in the frame."""
    wall_top_m: Floats
    rim: Floats
    """(q, 6, 2): corners of the eaves, then of the ridge."""
    rim_m: Floats
    """(q, 6): their heights."""
    slope_m: Floats
    """(q): from the eaves up to the ridge."""
    rise_m: Floats
    is_hip: Flags
    owner: Ints
    roof_colour: Words
    wall_colour: Words


def raise_roofs(placed: Placed, *, has_eaves: bool = True) -> Roofs:
    """Shape of every pitched roof; without eaves it ends at the walls."""
    solids = placed.solids
    kind = solids.pitched[solids.wings.part]
    chosen = np.flatnonzero((kind == GABLE) | (kind == HIP))
    kind, x, y = kind[chosen], placed.wing_x[chosen], placed.wing_y[chosen]
    owner = solids.footprints.part_owner[solids.wings.part[chosen]]
    wall_top = placed.top_m[owner]
    along_x, along_y = np.roll(x, -1, axis=1) - x, np.roll(y, -1, axis=1) - y
    sides = np.sqrt(along_x * along_x + along_y * along_y)
    span, length = (sides[:, 1] + sides[:, 3]) / 2, (sides[:, 0] + sides[:, 2]) / 2
    slope = np.minimum(SLOPE, HIGHEST_RISE_M / np.maximum(span / 2, 0.1))
    # A shed of two metres would drown under full eaves.
    eaves = np.clip(0.16 * span, 0.25, EAVES_M) if has_eaves else np.zeros(len(span))
    is_hip = kind == HIP
    # The ridge of a hip roof begins half a span in; a square one ends in a point.
    inset = np.where(is_hip, np.minimum((span / 2 + eaves) / (length + 2 * eaves), 0.499), 0.0)
    rim = np.empty((len(chosen), 6, 2))
    rim[:, :4] = _offset(x, y, along_x, along_y, sides, eaves) if has_eaves else np.stack([x, y], -1)
    first, second = (rim[:, 3] + rim[:, 0]) / 2, (rim[:, 1] + rim[:, 2]) / 2
    rim[:, 4] = first + (second - first) * inset[:, None]
    rim[:, 5] = second + (first - second) * inset[:, None]
    rise = slope * span / 2
    top = wall_top + LIFT_M
    heights = np.empty((len(chosen), 6))
    heights[:, :4] = (top - slope * eaves)[:, None]
    heights[:, 4:] = (top + rise)[:, None]
    return Roofs(
        wall=np.stack([x, y], -1),
        wall_top_m=wall_top,
        rim=rim,
        rim_m=heights,
        slope_m=np.sqrt(1.0 + slope * slope) * (span / 2 + eaves),
        rise_m=rise,
        is_hip=is_hip,
        owner=owner,
        roof_colour=placed.roof_colour[owner],
        wall_colour=placed.wall_colour[owner],
    )


def slopes(roofs: Roofs) -> Mesh:
    """The tiled faces, six vertices a roof."""
    mesh = repeated(roofs.rim, roofs.rim_m, roofs.roof_colour, roofs.owner, (*_SLOPES, *_ENDS))
    of_hip = np.repeat(roofs.is_hip[:, None], 6, axis=1)
    of_hip[:, :4] = True
    shades = np.empty((len(roofs.owner), 6), np.uint32)
    shades[:, :4] = shade(0, ROOF_V)
    shades[:, 4:] = shade(
        0, np.minimum(ROOF_V + np.rint(roofs.slope_m / ROOF_STEP_M).astype(np.int64), 65_534)
    )[:, None]
    return Mesh(
        mesh.x, mesh.y, mesh.z, mesh.colour, shades.ravel(), mesh.owner, mesh.triangles[of_hip.ravel()]
    )


def closed_slopes(roofs: Roofs) -> Mesh:
    """The same with upright ends under gables, all in the roof's colour, for far off."""
    return repeated(roofs.rim, roofs.rim_m, roofs.roof_colour, roofs.owner, (*_SLOPES, *_ENDS))


def gable_walls(roofs: Roofs) -> Mesh:
    """The triangles of wall under a gable roof's ends."""
    gabled = np.flatnonzero(~roofs.is_hip)
    wall = roofs.wall[gabled]
    peak = (wall + np.roll(wall, -1, axis=1)) / 2
    corners = np.stack([wall[:, 1], wall[:, 2], peak[:, 1], wall[:, 3], wall[:, 0], peak[:, 3]], 1)
    heights = np.broadcast_to(roofs.wall_top_m[gabled][:, None], (len(gabled), 6)).copy()
    heights[:, 2::3] += roofs.rise_m[gabled][:, None]
    mesh = repeated(corners, heights, roofs.wall_colour[gabled], roofs.owner[gabled], ((0, 1, 2), (3, 4, 5)))
    # One bay throughout: a wall without windows.
    shades = np.full(len(mesh), BARE, np.uint32)
    return Mesh(mesh.x, mesh.y, mesh.z, mesh.colour, shades, mesh.owner, mesh.triangles)


def _offset(
    x: Floats, y: Floats, along_x: Floats, along_y: Floats, sides: Floats, distance: Floats
) -> Floats:
    """Counter-clockwise quadrilaterals (q, 4, 2) with all sides moved outwards by `distance` (q)."""
    length = np.maximum(sides, 1e-9)
    out_x, out_y = along_y / length, -along_x / length
    before_x, before_y = np.roll(out_x, 1, axis=1), np.roll(out_y, 1, axis=1)
    # Corner moves by d (n1 + n2) / (1 + n1.n2), so that it keeps its distance from both sides.
    reach = distance[:, None] / np.maximum(1.0 + out_x * before_x + out_y * before_y, 0.3)
    return np.stack([x + (out_x + before_x) * reach, y + (out_y + before_y) * reach], -1)
