"""Sets of row ids as ranges, because an import makes millions of rows with ids that follow one another."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator


class IdRanges:
    """A set of ids kept as sorted, inclusive ranges that neither touch nor overlap."""

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in sorted(ranges):
            self.add_range(start, end)

    def __contains__(self, one: int) -> bool:
        """Whether the set holds an id."""
        place = bisect_right(self._starts, one) - 1
        return place >= 0 and one <= self._ends[place]

    def __len__(self) -> int:
        """How many ids the set holds."""
        return sum(self._ends) - sum(self._starts) + len(self._starts)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Yield the ranges in order, both ends included."""
        return zip(list(self._starts), list(self._ends), strict=True)

    @property
    def range_count(self) -> int:
        """How many ranges it takes."""
        return len(self._starts)

    def add(self, ids: Iterable[int]) -> None:
        """Take ids in; those that are there already change nothing."""
        ordered = sorted(ids)
        if not ordered:
            return
        start = end = ordered[0]
        for one in ordered:
            if one > end + 1:
                self.add_range(start, end)
                start = one
            end = one
        self.add_range(start, end)

    def add_range(self, start: int, end: int) -> None:
        """Take a range in, both ends included."""
        first = bisect_right(self._starts, start) - 1
        if first < 0 or self._ends[first] < start - 1:
            first += 1
        last = bisect_right(self._starts, end + 1)
        if first < last:
            start = min(start, self._starts[first])
            end = max(end, self._ends[last - 1])
        self._starts[first:last] = [start]
        self._ends[first:last] = [end]

    def chunks(self, size: int) -> Iterator[tuple[int, int]]:
        """Yield ranges of at most `size` ids."""
        for start, end in self:
            for first in range(start, end + 1, size):
                yield first, min(first + size - 1, end)
