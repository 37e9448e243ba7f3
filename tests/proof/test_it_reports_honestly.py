"""The proof's table says NOT where a figure differs, and the table stays aligned with Chinese in it."""

from collections.abc import Iterator

import pytest

from tests.proof.counts import MissingInput
from tests.proof.report import Row, at_least, at_most, table
from tests.proof.run import collect


@pytest.mark.parametrize(
    ("row", "holds"),
    [
        (Row("a", "count", 3, 3), True),
        (Row("a", "count", 3, 4), False),
        (Row("a", "count", 3, None), False),
        (Row("a", "names", frozenset({"a"}), frozenset({"a"})), True),
        (at_most("a", "seconds", 10, 9.99), True),
        (at_most("a", "seconds", 10, 10.01), False),
        (at_most("a", "seconds", 10, float("nan")), False),
        (at_least("a", "share", 0.95, 0.96), True),
        (at_least("a", "share", 0.95, 0.94), False),
    ],
)
def test_a_row_holds_only_when_it_does(row: Row, holds: bool) -> None:
    assert row.holds is holds
    assert row.cells()[0] == ("ok" if holds else "NOT")


def test_the_table_shows_every_row() -> None:
    printed = table([Row("双堰社区", "households", 1234, 1234, 2.5), Row("Mamre", "buildings", 2344, 2343)])
    lines = printed.splitlines()
    assert lines[1].split() == ["ok", "双堰社区", "households", "1,234", "1,234", "2.5"]
    assert lines[2].startswith("NOT  Mamre     buildings ")


def test_a_part_that_breaks_off_does_not_pass() -> None:
    def breaks() -> Iterator[Row]:
        yield Row("a", "count", 1, 1)
        raise MissingInput("a.csv is missing")

    rows = collect([("a", breaks), ("b", lambda: iter([Row("b", "count", 2, 2)]))])
    assert [row.holds for row in rows] == [True, False, True]
    assert rows[1].got == "MissingInput: a.csv is missing"
