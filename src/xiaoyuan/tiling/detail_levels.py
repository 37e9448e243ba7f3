"""The three looks of a building: a block among others far off, a roofed box, and walls with windows near by."""

from dataclasses import dataclass

import numpy as np
import shapely

from xiaoyuan.tiling.arrays import Bytes, Floats, Ints, Objects, run_starts
from xiaoyuan.tiling.faces import Faces, Primitive, joined
from xiaoyuan.tiling.flat_roofs import bare_roofs, parapet_roofs, plane, stair_heads
from xiaoyuan.tiling.footprints import prepare
from xiaoyuan.tiling.grid import cell_key, cell_of
from xiaoyuan.tiling.palette import shaded
from xiaoyuan.tiling.pitched_roofs import fascias, gable_walls, raise_roofs, slopes, undersides
from xiaoyuan.tiling.solids import Solids, wall_edges
from xiaoyuan.tiling.textures import UPPER_ROW, mean_tint
from xiaoyuan.tiling.walls import plain_walls, plinths, windowed_walls

PLAIN, WALL, ROOF = "plain", "wall", "roof"
"""Materials: vertex colours alone, or tinting the wall or the roof sheet."""
BLOCK_LEVEL = 18
"""Grid level of the cells whose buildings make one far block: 76 m."""


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


@dataclass(frozen=True)
class Blocks:
    """Far blocks: b hulls, each of the buildings of one small grid cell."""

    solids: Solids
    buildings: Ints
    """(b): how many buildings a block stands for."""


def blocks_of(solids: Solids) -> Blocks:
    """Hulls of neighbouring buildings, as high and as coloured as these are on average."""
    prints = solids.footprints
    cell = cell_key(*cell_of(prints.anchor_deg[:, 0], prints.anchor_deg[:, 1], BLOCK_LEVEL))
    order = np.argsort(cell, kind="stable")
    starts = run_starts(cell[order])
    block = np.empty(len(cell), np.int64)
    block[order] = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(cell))))
    count = np.bincount(block)
    hulls = _hulls(solids, block, len(count))

    is_flat = np.ones(len(cell), bool)
    is_flat[prints.part_owner[solids.pitched > 0]] = False
    colour = np.where(is_flat[:, None], solids.flat_colour, solids.roof_colour)

    def mean(values: Floats) -> Floats:
        return np.asarray(np.bincount(block, values) / count)

    def mean_colour(colours: Bytes) -> Bytes:
        return np.stack([mean(colours[:, band].astype(np.float64)) for band in range(3)], 1).astype(np.uint8)

    bottom = np.minimum.reduceat(solids.bottom_m[order], starts)
    merged = prepare(np.zeros(len(count), np.uint32), hulls)
    kept = merged.row
    return Blocks(
        Solids(
            footprints=merged,
            wings=solids.wings,
            bottom_m=bottom[kept],
            floor_m=mean(solids.floor_m)[kept],
            height_m=mean(solids.height_m)[kept],
            storeys=np.ones(len(kept), np.int64),
            pitched=np.zeros(len(merged.part), np.int64),
            wall_colour=mean_colour(solids.wall_colour)[kept],
            roof_colour=mean_colour(colour)[kept],
            flat_colour=mean_colour(colour)[kept],
        ),
        count[kept].astype(np.int64),
    )


def far(blocks: Blocks) -> dict[str, Primitive]:
    """Prisms."""
    solids = blocks.solids
    edges = wall_edges(solids.footprints)
    prints = solids.footprints
    return {
        PLAIN: joined(
            [
                plain_walls(edges, solids.bottom_m, solids.top_m, solids.wall_colour),
                plane(prints.part, prints.part_owner, solids.top_m, solids.flat_colour),
            ]
        )
    }


def _hulls(solids: Solids, block: Ints, count: int) -> Objects:
    prints = solids.footprints
    points, part = shapely.get_coordinates(prints.part, return_index=True)
    owner = prints.part_owner[part]
    degrees = prints.anchor_deg[owner] + points / prints.metres_per_degree[owner]
    of = block[owner]
    order = np.argsort(of, kind="stable")
    clouds = shapely.multipoints(degrees[order], indices=of[order], out=np.empty(count, object))
    return np.asarray(shapely.convex_hull(clouds))
