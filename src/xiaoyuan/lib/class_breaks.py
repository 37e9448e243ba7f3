"""Where to cut numbers into classes for a coloured map: equal counts, equal widths, or natural gaps."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

CLASSES: Final = 5
_MOST_LEVELS: Final = 256
"""Different values that natural breaks weigh; more are gathered into as many steps first."""

Floats = npt.NDArray[np.float64]


def quantile_breaks(values: Sequence[float], classes: int = CLASSES) -> list[float]:
    """Return ascending limits (lowest, cuts, highest) of classes that hold about equally many values.

    Few different values give a class to each (the last limit then stands twice); no values give none.
    """
    ordered = np.sort(np.asarray(values, np.float64))
    if (few := _each(ordered, classes)) is not None:
        return few
    places = np.round(np.linspace(0, len(ordered) - 1, classes + 1)).astype(np.int64)
    return _once(ordered[places])


def equal_breaks(values: Sequence[float], classes: int = CLASSES) -> list[float]:
    """Return ascending limits of classes that span equally much."""
    if not len(values):
        return []
    return _once(np.linspace(min(values), max(values), classes + 1))


def natural_breaks(values: Sequence[float], classes: int = CLASSES) -> list[float]:
    """Return ascending limits of classes with the least squared deviation within (Fisher 1958, Jenks 1967).

    Exact for up to 256 different values; more are gathered into 256 steps of equal width.
    """
    array = np.asarray(values, np.float64)
    if (few := _each(array, classes)) is not None:
        return few
    levels, counts = np.unique(array, return_counts=True)
    if len(levels) > _MOST_LEVELS:
        counts, edges = np.histogram(array, _MOST_LEVELS)
        kept = counts > 0
        levels, counts = ((edges[:-1] + edges[1:]) / 2)[kept], counts[kept]
        levels[0], levels[-1] = array.min(), array.max()
    starts = _best_starts(levels, counts.astype(np.float64), classes)
    return _once(np.array([levels[0], *(levels[start] for start in starts[1:]), levels[-1]]))


def _best_starts(levels: Floats, weights: Floats, classes: int) -> list[int]:
    """Return at which level each class begins, by dynamic programming over sorted levels."""
    shifted = levels - levels.mean()
    weight = np.concatenate(([0.0], np.cumsum(weights)))
    first = np.concatenate(([0.0], np.cumsum(weights * shifted)))
    second = np.concatenate(([0.0], np.cumsum(weights * shifted**2)))
    count = len(levels)
    # cost[i, j]: squared deviation of levels i to j - 1 from their mean.
    mass = weight[None, :] - weight[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        cost = (second[None, :] - second[:, None]) - (first[None, :] - first[:, None]) ** 2 / mass
    cost[mass <= 0] = np.inf
    best = cost[0].copy()
    came = np.zeros((classes, count + 1), np.int64)
    for number in range(1, classes):
        total = best[:, None] + cost
        came[number] = total.argmin(axis=0)
        best = total.min(axis=0)
    starts, end = [], count
    for number in range(classes - 1, -1, -1):
        end = int(came[number][end])
        starts.append(end)
    return starts[::-1]


def _each(values: Floats, classes: int) -> list[float] | None:
    """Return limits that give each different value a class of its own; None when there are too many for that."""
    levels = np.unique(values)
    if len(levels) > classes:
        return None
    return [*levels.tolist(), *levels[-1:].tolist()]


def _once(limits: Floats) -> list[float]:
    """Return rising limits without repeats; a single value gives a class of its own."""
    rising = np.unique(limits)
    return [float(rising[0]), float(rising[0])] if len(rising) == 1 else [float(limit) for limit in rising]
