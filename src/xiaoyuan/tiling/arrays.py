"""Names for the array types that all geometry code here passes around."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Flags = NDArray[np.bool_]
Objects = NDArray[np.object_]
AnyArray = NDArray[Any]

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees (EPSG:4326, which CGCS2000 equals here within centimetres)."""


def run_starts(keys: AnyArray) -> Ints:
    """Index of the first item of each run of equal values in `keys` (sorted); empty for empty input."""
    if not keys.size:
        return np.zeros(0, np.int64)
    return np.concatenate([[0], np.flatnonzero(keys[1:] != keys[:-1]) + 1]).astype(np.int64)


def ranges(counts: Ints) -> Ints:
    """0..count-1 for each count, joined: [2, 3] -> [0, 1, 0, 1, 2]."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if counts.size else 0
    return np.arange(total, dtype=np.int64) - np.repeat(ends - counts, counts)
