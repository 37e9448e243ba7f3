"""The one table that the proof prints: input, figure, expected, got, seconds."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

HEADERS = ("", "input", "figure", "expected", "got", "seconds")


@dataclass(frozen=True)
class Row:
    """One comparison; `seconds` is how long the command or the page took, where it was measured."""

    input: str
    figure: str
    expected: object
    got: object
    seconds: float | None = None
    within: tuple[float, float] | None = None
    """For measured values: the row holds when `got` lies within these bounds."""

    @property
    def holds(self) -> bool:
        """Whether the figure is what it should be."""
        if self.within is not None:
            lowest, highest = self.within
            return isinstance(self.got, int | float) and lowest <= self.got <= highest
        return self.expected == self.got

    def cells(self) -> tuple[str, ...]:
        """The texts of the row."""
        seconds = "" if self.seconds is None else f"{self.seconds:.1f}"
        return (
            "ok" if self.holds else "NOT",
            self.input,
            self.figure,
            _text(self.expected),
            _text(self.got),
            seconds,
        )


def at_most(source: str, figure: str, limit: float, got: float, seconds: float | None = None) -> Row:
    """A row that holds when a measured value is at most `limit`."""
    return Row(source, figure, f"<= {limit:g}", got, seconds, within=(float("-inf"), limit))


def at_least(source: str, figure: str, limit: float, got: float, seconds: float | None = None) -> Row:
    """A row that holds when a measured value is at least `limit`."""
    return Row(source, figure, f">= {limit:g}", got, seconds, within=(limit, float("inf")))


def _text(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.2f}".removesuffix(".00")
        case _:
            return _shortened(" ".join(str(value).split()))


def _shortened(text: str, longest: int = 90) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def table(rows: Iterable[Row]) -> str:
    """Return the rows as an aligned table."""
    lines = [HEADERS, *(row.cells() for row in rows)]
    widths = [max(_width(line[column]) for line in lines) for column in range(len(HEADERS))]
    return "\n".join(
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in lines
    )
