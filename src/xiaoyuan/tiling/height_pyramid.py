"""A raster of heights at all resolutions without its voids, made block by block as it is asked for.

Level 0 is the raster, every level above halves it by averaging the known cells. Voids are stretched over like a
skin from rim to rim (a multigrid solution of Laplace's equation). The three finest levels exist as blocks, of
which the latest are kept; a block read with its halo equals the same part of the whole. From level 3 on the
pyramid is small and stays.
"""

import itertools
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xiaoyuan.tiling.arrays import AnyArray, Flags, Singles
from xiaoyuan.tiling.raster_cells import Cells
from xiaoyuan.tiling.voids import filled, halved

BLOCK = 1024
"""Cells a side of a block at level 0."""
HALO = 128
"""Cells around a block that may have a say in its voids; a multiple of 2 ** COARSE."""
COARSE = 3
"""First level that is kept whole."""
_CACHED_BYTES = 128 << 20
_STRIP = 512
_SMALLEST = 4


@dataclass(frozen=True)
class Survey:
    """What one pass over all cells tells."""

    lowest_m: float
    highest_m: float
    known: int
    rows: Flags
    """Which rows hold data."""
    columns: Flags
    coarse: Singles
    """Means of the known cells at level COARSE; nan where there are none."""


@dataclass(frozen=True)
class _Block:
    levels: tuple[Singles, ...]
    """Filled heights of levels 0, 1 and 2."""
    known: Singles | None
    """1 for cells of level 0 that have data, 0 for the others; None when all have."""
    depth_m: Singles | None
    """Metres to the nearest void, negative in voids; None where no void is near."""

    @property
    def size(self) -> int:
        arrays = (*self.levels, self.known, self.depth_m)
        return sum(array.nbytes for array in arrays if array is not None)


class _Cache:
    """The blocks that were used last, of all rasters together."""

    def __init__(self) -> None:
        self.blocks: OrderedDict[tuple[int, int, int], _Block] = OrderedDict()
        self.size = 0
        self.lock = threading.RLock()

    def get(self, key: tuple[int, int, int]) -> _Block | None:
        with self.lock:
            block = self.blocks.get(key)
            if block is not None:
                self.blocks.move_to_end(key)
            return block

    def put(self, key: tuple[int, int, int], block: _Block) -> None:
        with self.lock:
            if key in self.blocks:
                return
            self.blocks[key] = block
            self.size += block.size
            while self.size > _CACHED_BYTES and len(self.blocks) > 1:
                self.size -= self.blocks.popitem(last=False)[1].size

    def forget(self, owner: int) -> None:
        with self.lock:
            for key in [key for key in self.blocks if key[0] == owner]:
                self.size -= self.blocks.pop(key).size


_CACHE = _Cache()
_OWNERS = itertools.count()


class HeightPyramid:
    """Filled heights of `cells` at every level."""

    def __init__(self, cells: Cells, cell_m: tuple[float, float], feather_m: float) -> None:
        """cell_m: width and height of a cell in metres; feather_m: how far `depth` needs to see."""
        self.cells = cells
        self.cell_m = cell_m
        self.feather_m = feather_m
        self.depth_level = int(np.clip(np.floor(np.log2(max(feather_m / 8.0 / max(cell_m), 1.0))), 0, COARSE))
        self._owner = next(_OWNERS)
        weakref.finalize(self, _CACHE.forget, self._owner)

    @cached_property
    def survey(self) -> Survey:
        """One pass over all cells, strip by strip."""
        rows, columns = self.cells.shape
        row_known, column_known = np.zeros(rows, bool), np.zeros(columns, bool)
        lowest, highest, known = np.inf, -np.inf, 0
        coarse = []
        for top in range(0, rows, _STRIP):
            strip = self.cells.read(top, min(top + _STRIP, rows), 0, columns)
            lowest = min(lowest, float(np.fmin.reduce(strip, None)))
            highest = max(highest, float(np.fmax.reduce(strip, None)))
            finite = np.isfinite(strip)
            count = int(np.count_nonzero(finite))
            known += count
            if count == finite.size:
                row_known[top : top + _STRIP] = True
                column_known[:] = True
            else:
                row_known[top : top + _STRIP] = finite.any(1)
                column_known |= finite.any(0)
            for _ in range(COARSE):
                strip = halved(strip)
            coarse.append(strip)
        return Survey(lowest, highest, known, row_known, column_known, np.concatenate(coarse))

    @property
    def has_voids(self) -> bool:
        """Whether any cell has no data."""
        return self.survey.known < self.cells.shape[0] * self.cells.shape[1]

    @cached_property
    def count(self) -> int:
        """Number of levels: the last has a few cells."""
        return max(COARSE + 1, int(np.ceil(np.log2(max(max(self.cells.shape) / _SMALLEST, 1.0)))) + 1)

    @cached_property
    def _coarse(self) -> list[Singles]:
        """Levels COARSE and above, filled."""
        known = [self.survey.coarse]
        while known[-1].size > 1:
            known.append(halved(known[-1]))
        levels = [known[-1]]
        for level in reversed(known[:-1]):
            levels.append(filled(level, levels[-1]))
        return levels[::-1]

    def shape(self, level: int) -> tuple[int, int]:
        """Rows and columns of a level."""
        rows, columns = self.cells.shape
        return -(-rows >> level), -(-columns >> level)

    def window(self, level: int, top: int, bottom: int, left: int, right: int) -> Singles:
        """Filled heights of rows top..bottom-1 and columns left..right-1 of a level; not to be written to."""
        if level >= COARSE:
            return self._coarse[min(level - COARSE, len(self._coarse) - 1)][top:bottom, left:right]
        return self._assembled(level, (top, bottom, left, right), lambda block: block.levels[level], 0.0)

    def known(self, top: int, bottom: int, left: int, right: int) -> Singles:
        """1 for cells of level 0 that have data, 0 for the others."""
        return self._assembled(0, (top, bottom, left, right), lambda block: block.known, 1.0)

    def depth(self, top: int, bottom: int, left: int, right: int) -> Singles:
        """Metres from cells of `depth_level` to the nearest void (at most feather_m), in voids below 0."""
        window = top, bottom, left, right
        return self._assembled(self.depth_level, window, lambda block: block.depth_m, self.feather_m)

    def _assembled(
        self,
        level: int,
        window: tuple[int, int, int, int],
        part: Callable[[_Block], Singles | None],
        default: float,
    ) -> Singles:
        """A window of what blocks hold, `default` where they hold nothing."""
        top, bottom, left, right = window
        size = BLOCK >> level
        rows = range(top // size, (bottom - 1) // size + 1)
        columns = range(left // size, (right - 1) // size + 1)
        out: Singles | None = None
        for row in rows:
            for column in columns:
                y, x = row * size, column * size
                array = part(self._block(row, column))
                if array is not None and len(rows) == len(columns) == 1:
                    return array[top - y : bottom - y, left - x : right - x]
                if out is None:
                    out = np.full((bottom - top, right - left), default, np.float32)
                if array is not None:
                    y0, y1 = max(top, y), min(bottom, y + array.shape[0])
                    x0, x1 = max(left, x), min(right, x + array.shape[1])
                    out[y0 - top : y1 - top, x0 - left : x1 - left] = array[y0 - y : y1 - y, x0 - x : x1 - x]
        assert out is not None
        return out

    def _block(self, row: int, column: int) -> _Block:
        key = (self._owner, row, column)
        block = _CACHE.get(key)
        if block is None:
            block = self._made(row, column)
            _CACHE.put(key, block)
        return block

    def _made(self, row: int, column: int) -> _Block:
        rows, columns = self.cells.shape
        top, left = row * BLOCK, column * BLOCK
        bottom, right = min(top + BLOCK, rows), min(left + BLOCK, columns)
        halo = HALO if self.has_voids else 0
        y0, x0 = max(top - halo, 0), max(left - halo, 0)
        y1, x1 = min(bottom + halo, rows), min(right + halo, columns)
        known = [self.cells.read(y0, y1, x0, x1)]
        for _ in range(1, COARSE):
            known.append(halved(known[-1]))
        finite = np.isfinite(known[0]) if halo else None
        if finite is not None and not finite.all():
            size = 1 << COARSE
            upper = self._coarse[0][y0 // size : -(-y1 // size), x0 // size : -(-x1 // size)]
            for level in reversed(range(COARSE)):
                upper = known[level] = filled(known[level], upper)
            depth = self._depths(finite)
        else:
            finite = depth = None

        def core(array: AnyArray, level: int) -> Singles:
            part = array[
                (top - y0) >> level : -(-(bottom - y0) >> level),
                (left - x0) >> level : -(-(right - x0) >> level),
            ]
            return np.ascontiguousarray(part, np.float32)

        return _Block(
            tuple(core(heights, level) for level, heights in enumerate(known)),
            None if finite is None else core(finite, 0),
            None if depth is None else core(depth, self.depth_level),
        )

    def _depths(self, known: Flags) -> Singles:
        # Only mosaics with voids come here, and importing it takes longer than opening a raster.
        from scipy.ndimage import distance_transform_edt

        size = 1 << self.depth_level
        rows, columns = -(-known.shape[0] // size) * size, -(-known.shape[1] // size) * size
        padded = np.pad(
            known, ((0, rows - known.shape[0]), (0, columns - known.shape[1])), constant_values=True
        )
        whole = padded.reshape(rows // size, size, columns // size, size).all((1, 3))
        sampling = (self.cell_m[1] * size, self.cell_m[0] * size)
        farthest = (HALO - 32) * min(self.cell_m)
        inside = distance_transform_edt(whole, sampling) if not whole.all() else np.full(whole.shape, np.inf)
        outside = distance_transform_edt(~whole, sampling) if whole.any() else np.full(whole.shape, np.inf)
        # To the void's rim, not to the centre of its cell.
        half = max(sampling) / 2
        depth = np.clip(inside - half, 0.0, self.feather_m) - np.minimum(outside, farthest)
        return np.asarray(depth, np.float32)
