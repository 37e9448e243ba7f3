"""In which cells of the fixed grid buildings belong: by the centre of their bounding box, at every level at once."""

from dataclasses import dataclass

import numpy as np

from xiaoyuan.tiling.arrays import Floats, Ints
from xiaoyuan.tiling.grid import cell_key, cell_of
from xiaoyuan.tiling.tileset import BLOCK_LEVEL


@dataclass(frozen=True)
class Places:
    """Where n buildings belong: codes of nested cells at the level of blocks, in which lie all coarser ones."""

    code: Ints
    """(n): bits of column and row interleaved, so that sorting keeps the cells of every level together."""

    @classmethod
    def of(cls, bounds: Floats) -> "Places":
        """Places of bounding boxes (n, 4) in degrees; what has no place on the globe goes to the first cell."""
        known = np.nan_to_num(bounds, nan=-180.0, posinf=-180.0, neginf=-180.0)
        centre = (known[:, :2] + known[:, 2:]) / 2
        column, row = cell_of(centre[:, 0], centre[:, 1], BLOCK_LEVEL)
        return cls(_spread(column) | (_spread(row) << 1))

    def keys(self, level: int) -> Ints:
        """Cell keys (n) at a level."""
        code = self.code >> (2 * (BLOCK_LEVEL - level))
        return np.asarray(cell_key(_gathered(code), _gathered(code >> 1)))


def _spread(values: Ints) -> Ints:
    """Bits of 0..2^20 moved to every second place."""
    out = values.astype(np.int64)
    for shift, mask in _SPREADS:
        out = (out | (out << shift)) & mask
    return out


def _gathered(values: Ints) -> Ints:
    """Every second bit moved together."""
    out = values & _SPREADS[-1][1]
    for (shift, _), (_, mask) in zip(
        reversed(_SPREADS), [*reversed(_SPREADS[:-1]), (0, 0xFFFFFFFF)], strict=True
    ):
        out = (out | (out >> shift)) & mask
    return out


_SPREADS = (
    (16, 0x0000FFFF0000FFFF),
    (8, 0x00FF00FF00FF00FF),
    (4, 0x0F0F0F0F0F0F0F0F),
    (2, 0x3333333333333333),
    (1, 0x5555555555555555),
)
