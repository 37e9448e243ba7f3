"""The two looks of a single building: a roofed box, and walls with windows near by."""

from xiaoyuan.tiling.faces import Faces, Primitive, joined
from xiaoyuan.tiling.flat_roofs import bare_roofs, parapet_roofs, stair_heads
from xiaoyuan.tiling.palette import shaded
from xiaoyuan.tiling.pitched_roofs import fascias, gable_walls, raise_roofs, slopes, undersides
from xiaoyuan.tiling.solids import Solids, wall_edges
from xiaoyuan.tiling.textures import UPPER_ROW, mean_tint
from xiaoyuan.tiling.walls import plain_walls, plinths, windowed_walls

PLAIN, WALL, ROOF = "plain", "wall", "roof"
"""Materials: vertex colours alone, or tinting the wall or the roof sheet."""


def near(solids: Solids) -> dict[str, Primitive]:
    """Walls with windows, door, plinth; roofs with eaves or a parapet."""
    edges = wall_edges(solids.footprints)
    roofs = raise_roofs(solids)
    walls: list[Faces] = [
        windowed_walls(edges, solids),
        plinths(edges, solids),
        *parapet_roofs(solids),
        *stair_heads(solids),
        *gable_walls(roofs),
        *fascias(roofs),
        *undersides(roofs),
    ]
    return {WALL: joined(walls), ROOF: joined(slopes(roofs))}


def middle(solids: Solids) -> dict[str, Primitive]:
    """Bare walls down into the ground under roofs without thickness, in the mean colours of the near look."""
    edges = wall_edges(solids.footprints)
    roofs = raise_roofs(solids)
    tint = mean_tint(UPPER_ROW)
    faces = [
        plain_walls(edges, solids.bottom_m, solids.top_m, shaded(solids.wall_colour, tint)),
        *bare_roofs(solids),
        *gable_walls(roofs),
        *[Faces(f.corners_m, f.owner, shaded(f.colour, tint), f.uv) for f in slopes(roofs)],
    ]
    return {PLAIN: joined(faces)}
