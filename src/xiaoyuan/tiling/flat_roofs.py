"""Flat roofs over any footprint, courtyards included, with a parapet and a stair head where there is room for them."""

import numpy as np
import shapely

from xiaoyuan.tiling.arrays import Bytes, Floats, Ints, Objects
from xiaoyuan.tiling.faces import Faces
from xiaoyuan.tiling.footprints import ring_edges, triangles_of
from xiaoyuan.tiling.palette import COPING
from xiaoyuan.tiling.solids import FLAT, Solids
from xiaoyuan.tiling.walls import plain, upright

PARAPET_M = 0.9
_PARAPET_WIDTH_M = 0.25
_HUT_M, _HUT_HEIGHT_M, _HUT_NEEDS_M = 3.0, 2.4, 6.5


def plane(polygons: Objects, owner: Ints, height_m: Floats, colour: Bytes) -> Faces:
    """Level faces that fill polygons (p) of the buildings `owner` (p) at a height (n) in a colour (n or 1)."""
    corners, number = triangles_of(polygons)
    of = owner[number]
    raised = np.concatenate([corners, np.broadcast_to(height_m[of][:, None, None], (len(of), 3, 1))], 2)
    return plain(raised, of, colour[of] if colour.ndim == 2 else colour)


def stair_heads(solids: Solids) -> list[Faces]:
    """The hut over the stairs on the flat roof of a rectangular house of two storeys or more."""
    wing_part, quad = solids.wings.part, solids.wings.corners_m
    part_wings = np.bincount(wing_part, minlength=len(solids.pitched))
    owner = solids.footprints.part_owner[wing_part]
    sides = np.linalg.norm(np.roll(quad, -1, axis=1) - quad, axis=2)
    has_hut = (solids.pitched[wing_part] == FLAT) & (part_wings[wing_part] == 1)
    has_hut &= (solids.storeys[owner] >= 2) & (sides.min(1) >= _HUT_NEEDS_M)
    quad, owner = quad[has_hut], owner[has_hut]
    # In the corner that lies farthest north, behind the parapet.
    each = np.arange(len(quad))
    corner = np.argmax(quad[:, :, 1], axis=1)
    origin = quad[each, corner]
    along, across = quad[each, (corner + 1) % 4] - origin, quad[each, (corner + 3) % 4] - origin
    along = along / np.linalg.norm(along, axis=1, keepdims=True)
    across = across / np.linalg.norm(across, axis=1, keepdims=True)
    near, far = _PARAPET_WIDTH_M, _PARAPET_WIDTH_M + _HUT_M
    ring = np.stack(
        [origin + a * along + b * across for a, b in ((near, near), (far, near), (far, far), (near, far))], 1
    )
    foot, top = solids.top_m[owner], solids.top_m[owner] + _HUT_HEIGHT_M
    walls = [
        plain(upright(ring[:, side], ring[:, (side + 1) % 4], foot, top), owner, solids.wall_colour[owner])
        for side in range(4)
    ]
    lid = np.concatenate([ring, np.broadcast_to(top[:, None, None], (len(ring), 4, 1))], 2)
    return [*walls, plain(lid, owner, COPING)]


def bare_roofs(solids: Solids) -> list[Faces]:
    """Flat roofs without detail, for far off."""
    flat = solids.pitched == FLAT
    part, owner = solids.footprints.part[flat], solids.footprints.part_owner[flat]
    return [plane(part, owner, solids.top_m, solids.flat_colour)]


def parapet_roofs(solids: Solids) -> list[Faces]:
    """Flat roofs behind a parapet; seen from straight above they fill the footprint exactly."""
    flat = solids.pitched == FLAT
    part, owner = solids.footprints.part[flat], solids.footprints.part_owner[flat]
    inner = shapely.orient_polygons(
        shapely.buffer(part, -_PARAPET_WIDTH_M, join_style="mitre", mitre_limit=3.0), exterior_cw=False
    )
    has_room = shapely.area(inner) > 0.3 * shapely.area(part)
    cramped = plane(part[~has_room], owner[~has_room], solids.top_m, solids.flat_colour)
    part, inner, owner = part[has_room], inner[has_room], owner[has_room]
    coping = np.broadcast_to(COPING, (1, 3))[0]
    crown = solids.top_m + PARAPET_M
    outer_start, outer_end, outer_part = ring_edges(part)
    inner_start, inner_end, inner_part = ring_edges(inner)
    outer_owner, inner_owner = owner[outer_part], owner[inner_part]
    return [
        cramped,
        plane(inner, owner, solids.top_m, solids.flat_colour),
        plane(shapely.difference(part, inner), owner, crown, coping),
        plain(
            upright(outer_start, outer_end, solids.top_m[outer_owner], crown[outer_owner]),
            outer_owner,
            solids.wall_colour[outer_owner],
        ),
        # The inside of the parapet looks inwards.
        plain(
            upright(inner_end, inner_start, solids.top_m[inner_owner], crown[inner_owner]),
            inner_owner,
            solids.wall_colour[inner_owner],
        ),
    ]
