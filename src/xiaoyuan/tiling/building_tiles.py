"""The glb files of a group of cells: looks cut into tiles and placed on the globe."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from xiaoyuan.tiling.arrays import Ints
from xiaoyuan.tiling.ellipsoid import to_ecef
from xiaoyuan.tiling.faces import Primitive
from xiaoyuan.tiling.footprints import Footprints
from xiaoyuan.tiling.glb import FeatureTable, to_glb
from xiaoyuan.tiling.solids import Solids
from xiaoyuan.tiling.tileset import Extent, Frame

Look = Callable[[Solids], dict[str, Primitive]]


def tiles_of(
    look: Look, solids: Solids, tile_of: Ints, table: FeatureTable, place: Frame
) -> list[tuple[bytes, Extent]]:
    """One glb for each tile number with what it fills; tile_of: (n) number of each building's tile."""
    primitives, prints = look(solids), solids.footprints
    count = int(tile_of.max()) + 1
    # Row of a building inside its tile's table.
    order = np.argsort(tile_of, kind="stable")
    first = np.searchsorted(tile_of[order], np.arange(count + 1))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order)) - first[tile_of[order]]
    pieces: dict[str, list[_Piece]] = {
        material: _cut(primitive, prints, tile_of, rank, count, place)
        for material, primitive in primitives.items()
    }
    tiles = []
    for number in range(count):
        members = order[first[number] : first[number + 1]]
        data = to_glb(
            {material: cut[number].primitive for material, cut in pieces.items()},
            FeatureTable(table.cid[members], table.storeys[members], table.height_m[members]),
        )
        extents = [cut[number].extent for cut in pieces.values()]
        tiles.append((data, Extent.around(extent for extent in extents if extent is not None)))
    return tiles


@dataclass(frozen=True)
class _Piece:
    primitive: Primitive
    extent: Extent | None


def _cut(
    primitive: Primitive, prints: Footprints, tile_of: Ints, rank: Ints, count: int, place: Frame
) -> list[_Piece]:
    """A primitive's vertices placed in the frame and dealt out to `count` tiles."""
    owner = primitive.owner
    tile = tile_of[owner]
    order = np.argsort(tile, kind="stable")
    new = np.empty(len(order), np.int64)
    new[order] = np.arange(len(order))
    degrees = prints.anchor_deg[owner] + primitive.positions_m[:, :2] / prints.metres_per_degree[owner]
    height = primitive.positions_m[:, 2]
    positions = place.to_local(to_ecef(degrees[:, 0], degrees[:, 1], height))
    triangles = new[primitive.triangles]
    triangle_tile = tile[primitive.triangles[:, 0]]
    triangle_order = np.argsort(triangle_tile, kind="stable")
    vertex_cuts = np.searchsorted(tile[order], np.arange(count + 1))
    triangle_cuts = np.searchsorted(triangle_tile[triangle_order], np.arange(count + 1))
    pieces = []
    for number in range(count):
        chosen = order[vertex_cuts[number] : vertex_cuts[number + 1]]
        members = triangle_order[triangle_cuts[number] : triangle_cuts[number + 1]]
        part = Primitive(
            positions[chosen],
            primitive.normals[chosen],
            primitive.uv[chosen],
            primitive.colour[chosen],
            rank[owner[chosen]],
            triangles[members] - vertex_cuts[number],
        )
        extent = None
        if len(chosen):
            west, south = degrees[chosen].min(0)
            east, north = degrees[chosen].max(0)
            low, high = height[chosen].min(), height[chosen].max()
            extent = Extent(*map(float, (west, south, east, north, low, high)))
        pieces.append(_Piece(part, extent))
    return pieces
