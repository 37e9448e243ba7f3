"""The glb files of a group of cells: meshes of many buildings rounded to whole steps and cut at the tiles' borders."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xiaoyuan.tiling.arrays import AnyArray, Floats, Ints
from xiaoyuan.tiling.faces import Mesh
from xiaoyuan.tiling.glb import MOST_SHORT, TileBody, to_glb

NEAR_STEP_M, MIDDLE_STEP_M = 1 / 64, 1 / 16
"""Positions are whole steps: 16 bits reach 1,024 m and 4,096 m. A tile that is larger takes twice the step."""
_ROOM_M = 2.5
"""Eaves reach less than this over their walls."""


@dataclass(frozen=True)
class FeatureTable:
    """What tiles say of n buildings."""

    cid: NDArray[np.uint32]
    storeys: AnyArray
    height_m: AnyArray
    roof: AnyArray

    @classmethod
    def of(cls, cid: AnyArray, storeys: Ints, height_m: Floats, roof: Ints) -> "FeatureTable":
        """The columns as they are stored."""
        return cls(
            cid.astype("<u4"),
            np.clip(storeys, 0, 255).astype(np.uint8),
            height_m.astype("<f4"),
            roof.astype(np.uint8),
        )


@dataclass(frozen=True)
class _Cut:
    """A mesh in whole steps with the borders of k tiles in it."""

    position: NDArray[np.uint64]
    colour: AnyArray
    feature: AnyArray
    shade: AnyArray
    triangles: Ints
    """Numbers of vertices from the first of the tile on."""
    vertex: list[int]
    """(k + 1)."""
    triangle: list[int]
    low: AnyArray
    """(3, k): least position, of x, y and z; meaningless for a tile without vertices."""
    high: AnyArray


def tiles_of(
    meshes: Sequence[Mesh], first: Ints, table: FeatureTable, step_m: float, *, is_shaded: bool
) -> Iterator[bytes]:
    """A glb for each of k tiles; first: (k) the first building of each, in the meshes' order.

    The first mesh holds vertices of every building, and none of the others reaches 2.5 m beyond it or below it.
    """
    bounds = np.append(first, len(table.cid))
    widest = meshes[0]
    starts = np.searchsorted(widest.owner, first)
    room = round(_ROOM_M / step_m)
    origin = [
        np.floor(np.minimum.reduceat(values, starts) / step_m).astype(np.int64) - margin
        for values, margin in ((widest.x, room), (widest.y, room), (widest.z, 0))
    ]
    reach = [
        np.ceil(max_by_tile / step_m).astype(np.int64) + room - low
        for max_by_tile, low in zip(_greatest(meshes, bounds), origin, strict=True)
    ]
    over = np.maximum.reduce(reach)
    shift = np.zeros(len(first), np.int64)
    while (over >> shift >= MOST_SHORT).any():
        shift += over >> shift >= MOST_SHORT
    cuts = [_cut(mesh, bounds, origin, shift, step_m) for mesh in meshes]
    for tile in range(len(first)):
        yield _glb(cuts, tile, bounds, table, origin, int(shift[tile]), step_m, is_shaded)


def _greatest(meshes: Sequence[Mesh], bounds: Ints) -> list[Floats]:
    """Greatest x, y, z of each tile."""
    out = [np.full(len(bounds) - 1, -np.inf) for _ in range(3)]
    for mesh in meshes:
        starts = np.searchsorted(mesh.owner, bounds)
        filled = np.flatnonzero(starts[1:] > starts[:-1])
        if filled.size:
            for values, best in zip((mesh.x, mesh.y, mesh.z), out, strict=True):
                best[filled] = np.maximum(best[filled], np.maximum.reduceat(values, starts[filled]))
    return out


def _cut(mesh: Mesh, bounds: Ints, origin: list[Ints], shift: Ints, step_m: float) -> _Cut:
    vertex = np.searchsorted(mesh.owner, bounds)
    sizes = np.diff(vertex)
    steps = []
    for values, lowest in zip((mesh.x, mesh.y, mesh.z), origin, strict=True):
        whole = np.rint(values * (1 / step_m)).astype(np.int64)
        whole -= np.repeat(lowest, sizes)
        steps.append(whole)
    if shift.any():
        steps = [whole >> np.repeat(shift, sizes) for whole in steps]
    # glTF's axes: right, up, towards the viewer; the last one runs south.
    x, y, z = steps[0], steps[2], np.repeat((MOST_SHORT - 1), len(mesh)) - steps[1]
    filled = np.flatnonzero(sizes)
    low, high = np.zeros((3, len(sizes)), np.int64), np.zeros((3, len(sizes)), np.int64)
    if filled.size:
        for axis, whole in enumerate((x, y, z)):
            low[axis, filled] = np.minimum.reduceat(whole, vertex[filled])
            high[axis, filled] = np.maximum.reduceat(whole, vertex[filled])
    row = mesh.owner - np.repeat(bounds[:-1], sizes)
    # A block of triangles belongs to a tile when its vertices do; the tiles' vertices follow each other.
    triangle = np.searchsorted(mesh.triangles[:, 0], vertex)
    local = mesh.triangles - np.repeat(vertex[:-1], np.diff(triangle))[:, None]
    return _Cut(
        (x | (y << 16) | (z << 32)).astype(np.uint64),
        mesh.colour,
        row.astype("<u4"),
        mesh.shade,
        local,
        vertex.tolist(),
        triangle.tolist(),
        low,
        high,
    )


def _glb(
    cuts: list[_Cut],
    tile: int,
    bounds: Ints,
    table: FeatureTable,
    origin: list[Ints],
    shift: int,
    step_m: float,
    is_shaded: bool,
) -> bytes:
    filled = [cut for cut in cuts if cut.vertex[tile + 1] > cut.vertex[tile]]
    parts = [slice(cut.vertex[tile], cut.vertex[tile + 1]) for cut in filled]
    count, triangles = 0, []
    for cut, part in zip(filled, parts, strict=True):
        local = cut.triangles[cut.triangle[tile] : cut.triangle[tile + 1]]
        triangles.append(local + count)
        count += part.stop - part.start
    rows = slice(int(bounds[tile]), int(bounds[tile + 1]))
    # 16 bits and 16 of filling, or a float: glTF knows no longer whole numbers here.
    kind = "<u4" if rows.stop - rows.start <= MOST_SHORT + 1 else "<f4"
    step = step_m * (1 << shift)
    low = np.stack([cut.low[:, tile] for cut in filled]).min(0).tolist()
    high = np.stack([cut.high[:, tile] for cut in filled]).max(0).tolist()
    x, y, z = (float(lowest[tile] * step_m) for lowest in origin)
    return to_glb(
        TileBody(
            cid=table.cid[rows],
            storeys=table.storeys[rows],
            height_m=table.height_m[rows],
            roof=table.roof[rows],
            position=[cut.position[part] for cut, part in zip(filled, parts, strict=True)],
            colour=[cut.colour[part] for cut, part in zip(filled, parts, strict=True)],
            feature=[
                cut.feature[part].astype(kind, copy=False) for cut, part in zip(filled, parts, strict=True)
            ],
            shade=[cut.shade[part] for cut, part in zip(filled, parts, strict=True)] if is_shaded else None,
            triangles=np.concatenate(triangles).astype("<u2" if count <= MOST_SHORT else "<u4"),
            origin_m=(x, z, -(y + (MOST_SHORT - 1) * step)),
            step_m=step,
            low=low,
            high=high,
        )
    )
