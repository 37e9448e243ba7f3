"""Cheapest ways over a raster: what parts villages along ridges and leads roads along valleys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from xiaoyuan.sample.grid import Floats, Grid

NEAR = ((0, 1), (1, 0), (1, 1), (1, -1))
FAR = (*NEAR, (1, 2), (2, 1), (1, -2), (2, -1))


@dataclass(frozen=True)
class Field:
    """The result of one search: cost so far, the cell before each cell, and the source each cell belongs to."""

    grid: Grid
    cost: Floats
    before: NDArray[np.int32]
    source: NDArray[np.int32]

    def path(self, row: int, col: int) -> list[tuple[int, int]]:
        """Cells from a source to (row, col)."""
        cells, node, count = [], row * self.grid.cols + col, self.grid.rows * self.grid.cols
        while 0 <= node < count:
            cells.append(divmod(node, self.grid.cols))
            node = int(self.before.ravel()[node])
        return cells[::-1]


def search(
    grid: Grid,
    cost_per_m: Floats,
    sources: Sequence[Iterable[tuple[int, int]]],
    *,
    start_costs: Sequence[float] | None = None,
    moves: Sequence[tuple[int, int]] = FAR,
) -> Field:
    """Spread from every source at once; each source is a group of cells, `start_costs` delays a group."""
    count = grid.rows * grid.cols
    node = np.arange(count, dtype=np.int32).reshape(grid.rows, grid.cols)
    heads, tails, weights = [], [], []
    for down, right in moves:
        a = (slice(0, grid.rows - down), slice(max(0, -right), grid.cols - max(0, right)))
        b = (slice(down, grid.rows), slice(max(0, right), grid.cols - max(0, -right)))
        step = grid.cell_m * float(np.hypot(down, right)) * (cost_per_m[a] + cost_per_m[b]).ravel() / 2
        heads += [node[a].ravel(), node[b].ravel()]
        tails += [node[b].ravel(), node[a].ravel()]
        weights += [step, step]
    for k, group in enumerate(sources):  # one extra node per source carries its starting cost
        cells = np.array([row * grid.cols + col for row, col in group], dtype=np.int32)
        heads.append(np.full(len(cells), count + k, dtype=np.int32))
        tails.append(cells)
        weights.append(np.full(len(cells), 1e-6 + (0.0 if start_costs is None else start_costs[k])))
    size = count + len(sources)
    graph = sparse.csr_matrix(
        (np.concatenate(weights), (np.concatenate(heads), np.concatenate(tails))), (size, size)
    )
    cost, before, source = csgraph.dijkstra(
        graph, indices=np.arange(count, size), min_only=True, return_predecessors=True
    )
    shape = (grid.rows, grid.cols)
    return Field(
        grid,
        cost[:count].reshape(shape),
        before[:count].reshape(shape),
        (source[:count] - count).reshape(shape).astype(np.int32),
    )
