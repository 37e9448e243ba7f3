"""The height of a road along its line: as close to the ground as the gradient limit allows.

Method: a linear program (HiGHS). It minimises the area between design and ground, fixed to the ground at both ends.
The gradient limit and vertical curves of at least `LEAST_RADIUS_M` hold wherever a solution exists; what cannot be kept
is exceeded as little as possible, the gradient by far the last. A small price on every change of gradient makes long
stretches of one gradient out of the bumps of an elevation model (L1 trend filtering, Kim et al. 2009).
"""

from typing import Final

import numpy as np
from scipy import optimize, sparse

from xiaoyuan.tiling.arrays import Floats, Ints

LEAST_RADIUS_M: Final = 200.0
"""Vertical curves of small-traffic rural roads: the usual least radius of a crest or sag."""
_GRADIENT_PRICE: Final = 1e4
_LEAST_INTERVALS: Final = 4
_CURVE_PRICE: Final = 50.0
_BEND_PRICE: Final = 12.0
"""Square metres of earth between road and ground that one per cent less change of gradient is worth."""


def design_profile(chainage_m: Floats, ground_m: Floats, most_gradient: float) -> Floats:
    """Return design heights (n) in metres for ground heights (n) at stations; `most_gradient` is a fraction."""
    count = len(chainage_m)
    step = np.diff(chainage_m)
    if count == 2:
        return np.array(ground_m, np.float64)
    weight = np.zeros(count)
    weight[:-1] += step / 2
    weight[1:] += step / 2
    # Unknowns: heights above the lowest ground, |design - ground|, and in per cent: gradient beyond the limit, bend
    # beyond that of the least radius, |bend|.
    base = float(ground_m.min())
    z = np.asarray(ground_m, np.float64) - base
    slope = sparse.diags_array([-1 / step, 1 / step], offsets=[0, 1], shape=(count - 1, count)).tocsr()
    bend = slope[1:] - slope[:-1]
    one_n, one_g, one_c = (sparse.eye_array(size) for size in (count, count - 1, count - 2))
    blocks = [
        [one_n, -one_n, None, None, None],
        [-one_n, -one_n, None, None, None],
        [100 * slope, None, -one_g, None, None],
        [-100 * slope, None, -one_g, None, None],
        [100 * bend, None, None, -one_c, None],
        [-100 * bend, None, None, -one_c, None],
        [100 * bend, None, None, None, -one_c],
        [-100 * bend, None, None, None, -one_c],
    ]
    limit = np.full(count - 1, 100 * most_gradient)
    curve = 100 * (step[1:] + step[:-1]) / 2 / LEAST_RADIUS_M
    bounds_to = np.concatenate([z, -z, limit, limit, curve, curve, 0 * curve, 0 * curve])
    prices = (0 * weight, weight, _GRADIENT_PRICE * step, _CURVE_PRICE + 0 * curve, _BEND_PRICE + 0 * curve)
    cost = np.concatenate(prices)
    lowest = np.concatenate([np.full(count, -np.inf), np.zeros(len(cost) - count)])
    highest = np.full(len(cost), np.inf)
    for end in (0, count - 1):
        lowest[end] = highest[end] = z[end]
    solved = optimize.linprog(
        cost, A_ub=sparse.block_array(blocks, format="csr"), b_ub=bounds_to,
        bounds=np.column_stack((lowest, highest)), method="highs",
    )  # fmt: skip
    if solved.x is None:  # every sketch has a solution: the straight line between the ends
        raise ArithmeticError(f"the profile could not be solved: {solved.message}")
    return np.asarray(solved.x[:count] + base, np.float64)


def gradients(chainage_m: Floats, heights_m: Floats) -> Floats:
    """Return the gradient (n - 1) of each interval as a fraction, positive uphill."""
    return np.asarray(np.diff(heights_m) / np.diff(chainage_m))


def segment_starts(gradient: Floats, is_over: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> Ints:
    """Return the first interval of each segment: a new one where the gradient leaves its mean by 1 %, or the limit.

    Only crossing the limit makes a segment shorter than four intervals: vertical curves are no segments.
    gradient: (n) fractions of successive intervals; is_over: (n) whether they exceed the limit.
    """
    starts = [0]
    total = 0.0
    for place, value in enumerate(gradient):
        size = place - starts[-1]
        has_left = size >= _LEAST_INTERVALS and abs(value - total / size) > 0.01
        if size and (is_over[place] != is_over[starts[-1]] or has_left):
            starts.append(place)
            total = 0.0
        total += float(value)
    return np.array(starts, np.int64)
