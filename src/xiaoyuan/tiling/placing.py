"""Solids placed in the frames of their far cells: points for the tiles, blocks for far off, extents for documents."""

import numpy as np
from numpy.typing import NDArray

from xiaoyuan.tiling.arrays import Floats, Ints, run_starts
from xiaoyuan.tiling.ellipsoid import to_ecef
from xiaoyuan.tiling.faces import words
from xiaoyuan.tiling.far_blocks import blocks as blocks_of
from xiaoyuan.tiling.flat_roofs import HUT_HEIGHT_M
from xiaoyuan.tiling.grid import cell_bounds, cell_from_key
from xiaoyuan.tiling.palette import linear
from xiaoyuan.tiling.pitched_roofs import HIGHEST_RISE_M
from xiaoyuan.tiling.places import Places
from xiaoyuan.tiling.solids import FLAT, Solids
from xiaoyuan.tiling.tileset import FAR_LEVEL, Extent, Frame
from xiaoyuan.tiling.walls import Placed

_EAVES_REACH_M = 2.0
"""Eaves of 0.7 m reach no farther over the corner of a wall."""
_ROOF_RISE_M, _FLAT_RISE_M = HIGHEST_RISE_M + 0.1, HUT_HEIGHT_M
"""Nothing rises higher over eaves and flat roofs: the ridge of the widest hall, the stair head."""


def place_solids(solids: Solids, places: Places) -> Placed:
    """Solids whose buildings lie sorted by place, in metres of the frames of their far cells.

    The centre of a building is placed exactly, its points in the plane there, turned as the meridians converge; the
    frame's up differs from the building's by less than 0.04 degrees, which is left out (2 cm at 30 m).
    """
    prints = solids.footprints
    x, y, base, turn = (np.empty(len(prints.row)) for _ in range(4))
    keys = places.keys(FAR_LEVEL)
    starts = run_starts(keys)
    for first, last in zip(starts.tolist(), [*starts[1:].tolist(), len(keys)], strict=True):
        key = int(keys[first])
        lon, lat = prints.anchor_deg[first:last, 0], prints.anchor_deg[first:last, 1]
        local = Frame.of(key).to_local(to_ecef(lon, lat, np.zeros(last - first)))
        x[first:last], y[first:last], base[first:last] = local[:, 0], local[:, 1], local[:, 2]
        west, _, east, _ = cell_bounds(FAR_LEVEL, *cell_from_key(key))
        turn[first:last] = np.radians(lon - (west + east) / 2) * np.sin(np.radians(lat))
    owner = prints.point_owner
    dx, dy = prints.rings.points_m[:, 0], prints.rings.points_m[:, 1]
    wing_owner = prints.part_owner[solids.wings.part]
    wing_x, wing_y = solids.wings.corners_m[..., 0], solids.wings.corners_m[..., 1]
    wing_turn = turn[wing_owner][:, None]
    return Placed(
        solids=solids,
        x=x[owner] + dx - dy * turn[owner],
        y=y[owner] + dy + dx * turn[owner],
        wing_x=x[wing_owner][:, None] + wing_x - wing_y * wing_turn,
        wing_y=y[wing_owner][:, None] + wing_y + wing_x * wing_turn,
        centre=np.stack([x, y], 1),
        turn=turn,
        base_m=base,
        wall_colour=words(linear(solids.wall_colour)),
        roof_colour=words(linear(solids.roof_colour)),
        flat_colour=words(linear(solids.flat_colour)),
    )


def blocks(placed: Placed, first: Ints) -> NDArray[np.void]:
    """The far blocks of buildings; first: (b) the first building of each block."""
    solids, prints = placed.solids, placed.solids.footprints
    is_flat = np.ones(len(prints.row), bool)
    is_flat[prints.part_owner[solids.pitched != FLAT]] = False
    roof = np.where(is_flat[:, None], solids.flat_colour, solids.roof_colour)
    return blocks_of(
        np.stack([placed.x, placed.y], 1),
        np.searchsorted(prints.point_owner, first),
        placed.bottom_m,
        placed.top_m,
        (solids.wall_colour, roof),
        first,
    )


def extents_of(placed: Placed, first: Ints) -> list[Extent]:
    """What tiles fill, roofs included; first: (k) the first building of each tile."""
    solids, prints = placed.solids, placed.solids.footprints
    points = prints.rings.points_m
    start = np.searchsorted(prints.point_owner, np.arange(len(prints.row)))
    low = prints.anchor_deg + (np.minimum.reduceat(points, start) - _EAVES_REACH_M) / prints.metres_per_degree
    high = (
        prints.anchor_deg + (np.maximum.reduceat(points, start) + _EAVES_REACH_M) / prints.metres_per_degree
    )
    rise = np.full(len(prints.row), _FLAT_RISE_M)
    rise[prints.part_owner[solids.pitched != FLAT]] = _ROOF_RISE_M
    rows: list[Floats] = [
        *np.minimum.reduceat(low, first).T,
        *np.maximum.reduceat(high, first).T,
        np.minimum.reduceat(solids.bottom_m, first),
        np.maximum.reduceat(solids.top_m + rise, first),
    ]
    return [Extent(*numbers) for numbers in np.stack(rows, 1).tolist()]
