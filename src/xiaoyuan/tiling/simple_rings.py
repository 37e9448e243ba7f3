"""Single rings made fit for building on, many at once by their number of vertices.

What is done to one ring depends on nothing else in the batch: sums are written out vertex by vertex, because
numpy's own reductions round differently with the shape of the array.
"""

from dataclasses import dataclass

import numpy as np

from xiaoyuan.tiling.arrays import Flags, Floats, Ints

MOST_VERTICES = 24
"""Larger rings are rare and go another way: the check for crossings grows with the square."""
_TOUCH_M2 = 1e-6
"""Twice the area of a triangle that counts as no triangle: a tenth of a micrometre beside a wall of ten metres."""


@dataclass(frozen=True)
class Cleaned:
    """Rings of one size, all simple, without needless vertices, counter-clockwise."""

    number: Ints
    """(k): which of the given rings."""
    points_m: Floats
    """(k, n, 2)."""
    area_m2: Floats
    """(k)."""


@dataclass(frozen=True)
class _Pool:
    number: Ints
    x: Floats
    """(n, k): vertex by vertex, so that one vertex of all rings is one run of memory."""
    y: Floats
    is_checked: Flags
    """(k): known to be simple, and has lost vertices since."""

    def only(self, flags: Flags) -> "_Pool":
        return _Pool(self.number[flags], self.x[:, flags], self.y[:, flags], self.is_checked[flags])

    def without(self, vertex: Ints, is_checked: bool) -> "_Pool":
        """The rings less one vertex (k) each."""
        size, count = self.x.shape
        keep = np.arange(size - 1)[:, None] + (np.arange(size - 1)[:, None] >= vertex)
        column = np.arange(count)
        flags = np.full(count, is_checked)
        return _Pool(self.number, self.x[keep, column], self.y[keep, column], flags)


def clean_rings(
    by_size: dict[int, tuple[Ints, Floats, Floats]], straight_m: float
) -> tuple[list[Cleaned], Ints]:
    """Simple rings less repeated vertices and those closer than `straight_m` to the line between their neighbours.

    by_size: vertices n -> numbers (k), x (n, k) and y (n, k) in metres, rings not closed. The vertex that carries
    least is dropped first. Returns the rings by size, and the numbers of those that cross, touch or fold back onto
    themselves and need repair.
    """
    cleaned: list[Cleaned] = []
    refused: list[Ints] = []
    fallen: _Pool | None = None
    for size in range(max(by_size, default=0), 2, -1):
        pool = _joined(by_size.get(size), fallen)
        fallen = None
        if pool is None:
            continue
        repeated = _repeated(pool)
        is_repeated = (repeated >= 0) & ~pool.is_checked
        down: list[_Pool] = []
        if is_repeated.any():
            down.append(pool.only(is_repeated).without(repeated[is_repeated], False))
            pool = pool.only(~is_repeated)
        if not len(pool.number):
            fallen = _stacked(down)
            continue
        crossed = ~_is_simple(pool) if not pool.is_checked.all() else np.zeros(len(pool.number), bool)
        crossed &= ~pool.is_checked
        if crossed.any():
            refused.append(pool.number[crossed])
            pool = pool.only(~crossed)
        least, height = _least(pool)
        is_needless = (height < straight_m) & (size > 3)
        if is_needless.any():
            down.append(pool.only(is_needless).without(least[is_needless], True))
            pool = pool.only(~is_needless)
        fallen = _stacked(down)
        if pool.is_checked.any():
            # Less a vertex, a ring may touch what lay beside it.
            touching = pool.is_checked & ~_is_simple(pool)
            refused.append(pool.number[touching])
            pool = pool.only(~touching)
        cleaned.append(_turned_left(pool))
    if fallen is not None:
        refused.append(fallen.number)
    return cleaned, np.concatenate(refused) if refused else np.zeros(0, np.int64)


def _joined(own: tuple[Ints, Floats, Floats] | None, fallen: _Pool | None) -> _Pool | None:
    if own is None:
        return fallen
    pool = _Pool(*own, np.zeros(len(own[0]), bool))
    return pool if fallen is None else _stacked([pool, fallen])


def _stacked(pools: list[_Pool]) -> _Pool | None:
    if len(pools) < 2:
        return pools[0] if pools else None
    return _Pool(
        np.concatenate([pool.number for pool in pools]),
        np.concatenate([pool.x for pool in pools], 1),
        np.concatenate([pool.y for pool in pools], 1),
        np.concatenate([pool.is_checked for pool in pools]),
    )


def _repeated(pool: _Pool) -> Ints:
    """(k): a vertex that repeats the one before it, -1 if none does."""
    out = np.full(len(pool.number), -1)
    for vertex in range(len(pool.x)):
        out[(pool.x[vertex] == pool.x[vertex - 1]) & (pool.y[vertex] == pool.y[vertex - 1])] = vertex
    return out


def _turns(pool: _Pool) -> Floats:
    """(n, k): twice the area of the triangle of a vertex and its neighbours, positive in a left turn."""
    dx, dy = pool.x - np.roll(pool.x, 1, axis=0), pool.y - np.roll(pool.y, 1, axis=0)
    next_dx, next_dy = np.roll(dx, -1, axis=0), np.roll(dy, -1, axis=0)
    return np.asarray(dx * next_dy - dy * next_dx)


def _is_simple(pool: _Pool) -> Flags:
    """(k): whether a ring surely neither crosses, touches nor folds back onto itself."""
    size = len(pool.x)
    turns = _turns(pool)
    if size <= 4:
        # A triangle or a quadrilateral that turns one way only is convex.
        out: Flags = np.asarray((turns > _TOUCH_M2).all(0) | (turns < -_TOUCH_M2).all(0))
        unsure = np.flatnonzero(~out)
        if unsure.size and size == 4:
            out[unsure] = _has_no_crossing(pool.x[:, unsure], pool.y[:, unsure], turns[:, unsure])
        return out
    return _has_no_crossing(pool.x, pool.y, turns)


def _has_no_crossing(x: Floats, y: Floats, turns: Floats) -> Flags:
    size, count = x.shape
    end_x, end_y = np.roll(x, -1, axis=0), np.roll(y, -1, axis=0)
    dx, dy = end_x - x, end_y - y
    low_x, high_x, low_y, high_y = (
        np.minimum(x, end_x), np.maximum(x, end_x), np.minimum(y, end_y), np.maximum(y, end_y),
    )  # fmt: skip
    out = np.ones(count, bool)
    for vertex in range(size):
        ahead = dx[vertex - 1] * dx[vertex] + dy[vertex - 1] * dy[vertex] > 0
        out &= (np.abs(turns[vertex]) > _TOUCH_M2) | ahead
    for a in range(size - 2):
        for b in range(a + 2, size - (a == 0)):
            apart = (
                (low_x[a] > high_x[b])
                | (low_x[b] > high_x[a])
                | (low_y[a] > high_y[b])
                | (low_y[b] > high_y[a])
            )
            near = np.flatnonzero(~apart)
            if near.size:
                out[near] &= _apart(x, y, end_x, end_y, a, b, near)
    return out


def _apart(x: Floats, y: Floats, end_x: Floats, end_y: Floats, a: int, b: int, of: Ints) -> Flags:
    """Whether edges a and b of the rings `of` lie wholly on one side of each other."""
    ax, ay, bx, by = x[a, of], y[a, of], x[b, of], y[b, of]
    adx, ady, bdx, bdy = end_x[a, of] - ax, end_y[a, of] - ay, end_x[b, of] - bx, end_y[b, of] - by
    first = adx * (by - ay) - ady * (bx - ax)
    second = adx * (end_y[b, of] - ay) - ady * (end_x[b, of] - ax)
    third = bdx * (ay - by) - bdy * (ax - bx)
    fourth = bdx * (end_y[a, of] - by) - bdy * (end_x[a, of] - bx)
    side = _TOUCH_M2
    return np.asarray(
        ((first > side) & (second > side))
        | ((first < -side) & (second < -side))
        | ((third > side) & (fourth > side))
        | ((third < -side) & (fourth < -side))
    )


def _least(pool: _Pool) -> tuple[Ints, Floats]:
    """The vertex (k) closest to the line between its neighbours, and its distance from it (k)."""
    size = len(pool.x)
    turns = np.abs(_turns(pool))
    best = np.full(len(pool.number), np.inf)
    vertex = np.zeros(len(pool.number), np.int64)
    for number in range(size):
        before, after = number - 1, (number + 1) % size
        dx, dy = pool.x[after] - pool.x[before], pool.y[after] - pool.y[before]
        # The tip of a needle is near the line, but beyond its ends.
        length = np.sqrt(dx * dx + dy * dy)
        height = turns[number] / np.maximum(length, 1e-12)
        along = (pool.x[number] - pool.x[before]) * dx + (pool.y[number] - pool.y[before]) * dy
        height = np.where((along < 0) | (along > length * length), np.inf, height)
        closer = height < best
        best = np.where(closer, height, best)
        vertex[closer] = number
    return vertex, best


def _turned_left(pool: _Pool) -> Cleaned:
    size = len(pool.x)
    twice = np.zeros(len(pool.number))
    for vertex in range(1, size - 1):
        dx, dy = pool.x[vertex] - pool.x[0], pool.y[vertex] - pool.y[0]
        twice += dx * (pool.y[vertex + 1] - pool.y[0]) - dy * (pool.x[vertex + 1] - pool.x[0])
    points = np.stack([pool.x.T, pool.y.T], -1)
    right = np.flatnonzero(twice < 0)
    points[right] = points[right][:, np.arange(0, -size, -1)]
    return Cleaned(pool.number, points, np.abs(twice) / 2)
