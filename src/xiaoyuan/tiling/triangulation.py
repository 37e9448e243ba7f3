"""Right-triangulated irregular networks over many tiles at once, so that neighbouring tiles share their edges.

Method: Evans, Kirkpatrick, Townsend, "Right-triangulated irregular networks" (2001). Errors are computed on one
height grid that spans all tiles: a vertex on the rim of two tiles is kept by both or by neither.
"""

import numpy as np

from xiaoyuan.tiling.arrays import Floats, Ints
from xiaoyuan.tiling.ellipsoid import SEMI_MAJOR_M

TILE_CELLS = 64
"""Cells along a tile's side: at most 65 x 65 vertices, rows from the south."""


def vertex_errors(heights_m: Floats, cell_x_m: Floats, cell_y_m: Floats) -> Floats:
    """Metres that leaving out a vertex would cost, never less than those of the vertices that depend on it.

    heights_m: (rows, columns), both a multiple of TILE_CELLS plus 1; cell_x_m, cell_y_m: width and height of a cell
    at each row. The bulge of the globe between two vertices counts as an error too. A vertex's error depends on
    what lies less than a tile away, never on how many tiles are meshed together.
    """
    errors = np.zeros_like(heights_m)
    size = 2
    while size <= TILE_CELLS:
        _edge_errors(errors, heights_m, size, cell_x_m, cell_y_m)
        _centre_errors(errors, heights_m, size, cell_x_m, cell_y_m)
        size *= 2
    return errors


def _bulge(length_m: Floats) -> Floats:
    return length_m * length_m / (8.0 * SEMI_MAJOR_M)


def _edge_errors(errors: Floats, heights: Floats, size: int, cell_x_m: Floats, cell_y_m: Floats) -> None:
    """Middles of the horizontal and vertical sides of blocks of `size`."""
    half, quarter = size // 2, size // 4
    across = heights[::size, ::size]
    bulge_x = np.asarray(_bulge(cell_x_m[::size] * size))[:, None]
    own = np.abs(heights[::size, half::size] - (across[:, :-1] + across[:, 1:]) / 2 + bulge_x)
    errors[::size, half::size] = own
    bulge_y = np.asarray(_bulge(cell_y_m[half::size] * size))[:, None]
    own = np.abs(heights[half::size, ::size] - (across[:-1] + across[1:]) / 2 + bulge_y)
    errors[half::size, ::size] = own
    if not quarter:
        return
    centres = errors[quarter::half, quarter::half]  # of the blocks of half the size: two a side
    horizontal = errors[::size, half::size]
    pairs = np.maximum(centres[:, ::2], centres[:, 1::2])
    horizontal[:-1] = np.maximum(horizontal[:-1], pairs[::2])
    horizontal[1:] = np.maximum(horizontal[1:], pairs[1::2])
    vertical = errors[half::size, ::size]
    pairs = np.maximum(centres[::2], centres[1::2])
    vertical[:, :-1] = np.maximum(vertical[:, :-1], pairs[:, ::2])
    vertical[:, 1:] = np.maximum(vertical[:, 1:], pairs[:, 1::2])


def _centre_errors(errors: Floats, heights: Floats, size: int, cell_x_m: Floats, cell_y_m: Floats) -> None:
    """Centres of blocks of `size`, where the diagonal of the two triangles runs."""
    half = size // 2
    corners = heights[::size, ::size]
    rising = (corners[:-1, :-1] + corners[1:, 1:]) / 2
    falling = (corners[:-1, 1:] + corners[1:, :-1]) / 2
    if size < TILE_CELLS:
        rows, columns = np.indices(rising.shape)
        chord = np.where((rows + columns) % 2 == 0, rising, falling)
    else:
        chord = rising
    diagonal = np.hypot(cell_x_m[half::size] * size, cell_y_m[half::size] * size)
    own = np.abs(heights[half::size, half::size] - chord + np.asarray(_bulge(diagonal))[:, None])
    horizontal, vertical = errors[::size, half::size], errors[half::size, ::size]
    children = np.maximum(
        np.maximum(horizontal[:-1], horizontal[1:]), np.maximum(vertical[:, :-1], vertical[:, 1:])
    )
    errors[half::size, half::size] = np.maximum(own, children)


def triangulate(errors: Floats, first: Ints, threshold_m: float) -> tuple[Ints, Ints]:
    """Triangles of the tiles whose south-west vertices are `first` ((n, 2) row, column of the error grid).

    Returns the corners (t, 3, 2) as row, column of the grid, counter-clockwise seen from above, and the number
    0..n-1 of each triangle's tile, ascending.
    """
    # Half the memory of 64 bits: this is where a county's terrain takes most.
    tile = np.arange(len(first), dtype=np.int32)
    south_west = first.astype(np.int32)
    north_east = south_west + np.int32(TILE_CELLS)
    north_west = south_west + np.array([TILE_CELLS, 0], np.int32)
    south_east = south_west + np.array([0, TILE_CELLS], np.int32)
    # A triangle is its hypotenuse a-b and its apex c.
    open_triangles = np.concatenate(
        [np.stack([south_west, north_east, north_west], 1), np.stack([north_east, south_west, south_east], 1)]
    )
    owner = np.concatenate([tile, tile])
    done, done_owner = [], []
    for _ in range(2 * int(np.log2(TILE_CELLS))):
        a, b, c = open_triangles[:, 0], open_triangles[:, 1], open_triangles[:, 2]
        middle = (a + b) // 2
        split = errors[middle[:, 0], middle[:, 1]] > threshold_m
        done.append(open_triangles[~split])
        done_owner.append(owner[~split])
        a, b, c, middle, owner = a[split], b[split], c[split], middle[split], owner[split]
        open_triangles = np.concatenate([np.stack([c, a, middle], 1), np.stack([b, c, middle], 1)])
        owner = np.concatenate([owner, owner])
    triangles, owners = np.concatenate([*done, open_triangles]), np.concatenate([*done_owner, owner])
    order = np.argsort(owners, kind="stable")
    return triangles[order], owners[order]
