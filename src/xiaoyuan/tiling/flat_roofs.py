"""Flat roofs over any footprint, courtyards included, and the stair heads on them; parapets are part of the walls."""

import numpy as np
import shapely

from xiaoyuan.tiling.arrays import Ints
from xiaoyuan.tiling.faces import BARE, FLAT_V, Mesh, repeated, shade
from xiaoyuan.tiling.rings import Rings, clip_ears
from xiaoyuan.tiling.solids import FLAT
from xiaoyuan.tiling.walls import Placed

_PARAPET_WIDTH_M = 0.25
_HUT_M, HUT_HEIGHT_M, _HUT_NEEDS_M = 3.0, 2.4, 6.5
_HUT = (
    *((side, (side + 1) % 4, 4 + (side + 1) % 4) for side in range(4)),
    *((side, 4 + (side + 1) % 4, 4 + side) for side in range(4)),
    (4, 5, 6),
    (4, 6, 7),
)
_MOST_CLIPPED = 16


def flat_roofs(placed: Placed) -> Mesh:
    """Level faces that fill the parts with flat roofs."""
    solids = placed.solids
    chosen = np.flatnonzero(solids.pitched == FLAT)
    rings = solids.footprints.rings
    flat = rings.take(chosen)
    point = _points_of(rings, chosen)
    owner = solids.footprints.point_owner[point]
    return Mesh(
        placed.x[point],
        placed.y[point],
        placed.top_m[owner],
        placed.flat_colour[owner],
        np.full(len(point), shade(0, FLAT_V), np.uint32),
        owner,
        filling(flat),
    )


def stair_heads(placed: Placed) -> Mesh:
    """The hut over the stairs on the flat roof of a rectangular house of two storeys or more."""
    solids = placed.solids
    wing_part = solids.wings.part
    part_wings = np.bincount(wing_part, minlength=len(solids.pitched))
    owner = solids.footprints.part_owner[wing_part]
    quad = np.stack([placed.wing_x, placed.wing_y], -1)
    along = np.roll(quad, -1, axis=1) - quad
    sides = np.sqrt(along[..., 0] * along[..., 0] + along[..., 1] * along[..., 1])
    has_hut = (solids.pitched[wing_part] == FLAT) & (part_wings[wing_part] == 1)
    has_hut &= (solids.storeys[owner] >= 2) & (sides.min(1) >= _HUT_NEEDS_M)
    quad, owner = quad[has_hut], owner[has_hut]
    # In the corner that lies farthest north, behind the parapet.
    each = np.arange(len(quad))
    corner = np.argmax(quad[:, :, 1], axis=1)
    origin = quad[each, corner]
    first, second = quad[each, (corner + 1) % 4] - origin, quad[each, (corner + 3) % 4] - origin
    first = first / np.sqrt(first[:, :1] * first[:, :1] + first[:, 1:] * first[:, 1:])
    second = second / np.sqrt(second[:, :1] * second[:, :1] + second[:, 1:] * second[:, 1:])
    near, far = _PARAPET_WIDTH_M, _PARAPET_WIDTH_M + _HUT_M
    ring = [origin + a * first + b * second for a, b in ((near, near), (far, near), (far, far), (near, far))]
    corners = np.stack([*ring, *ring], 1)
    heights = np.broadcast_to(placed.top_m[owner][:, None], (len(owner), 8)).copy()
    heights[:, 4:] += HUT_HEIGHT_M
    mesh = repeated(corners, heights, placed.wall_colour[owner], owner, _HUT)
    shades = np.full(len(mesh), BARE, np.uint32)
    return Mesh(mesh.x, mesh.y, mesh.z, mesh.colour, shades, mesh.owner, mesh.triangles)


def filling(rings: Rings) -> Ints:
    """Triangles (t, 3) over the points of the polygons, counter-clockwise, in the polygons' order."""
    found: list[Ints] = []
    parts: list[Ints] = []
    done = np.zeros(len(rings), bool)
    for members, index in rings.by_size(3, _MOST_CLIPPED):
        local, is_sound = clip_ears(rings.points_m[index])
        chosen = np.flatnonzero(is_sound)
        corners = local[chosen].reshape(len(chosen), -1)
        found.append(np.take_along_axis(index[chosen], corners, 1).reshape(-1, 3))
        parts.append(np.repeat(members[chosen], local.shape[1]))
        done[members[chosen]] = True
    for left in np.flatnonzero(~done).tolist():
        triangles = _delaunay(rings, left)
        found.append(triangles)
        parts.append(np.full(len(triangles), left))
    if not found:
        return np.zeros((0, 3), np.int64)
    every, part = np.concatenate(found), np.concatenate(parts)
    return np.asarray(every[np.argsort(part, kind="stable")])


def _delaunay(rings: Rings, part: int) -> Ints:
    """Triangles of one polygon of many points or with holes."""
    first = int(rings.ring_start[rings.part_start[part]])
    last = int(rings.ring_start[rings.part_start[part + 1]])
    number = {(x, y): at for at, (x, y) in enumerate(rings.points_m[first:last].tolist(), first)}
    pieces = shapely.get_parts(shapely.constrained_delaunay_triangles(rings.take(np.array([part])).shapes()))
    corners = shapely.get_coordinates(pieces).reshape(-1, 4, 2)[:, :3]
    one, two = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    clockwise = one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0] < 0
    corners[clockwise] = corners[clockwise][:, ::-1]
    return np.array([number[x, y] for x, y in corners.reshape(-1, 2).tolist()], np.int64).reshape(-1, 3)


def _points_of(rings: Rings, parts: Ints) -> Ints:
    """Numbers of the points of some polygons, in their order."""
    first = rings.ring_start[rings.part_start[parts]]
    counts = rings.ring_start[rings.part_start[parts + 1]] - first
    return np.asarray(np.repeat(first - (np.cumsum(counts) - counts), counts) + np.arange(int(counts.sum())))
