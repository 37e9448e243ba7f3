"""Patterns of regex(): a subset without groups, matched in time that grows with the text, alike here and in browsers.

Known: characters, `.`, `[a-z]`, `[^…]`, `\\d \\w \\s` and their capitals, `? * + {n} {n,} {n,m}`, `|` between whole
alternatives, and `^ $` at their ends. As in ODK the whole text has to match.
"""

from typing import Any, Final

from django.utils.translation import gettext as _

from xiaoyuan.fieldwork.xlsforms.refusals import ExpressionRefused

Pattern = list[list[list[Any]]]
"""Alternatives; each is a run of `[is_negated, [[first, last], …], least, most]`, code points, most -1: any number."""

MOST: Final = 200
_CLASSES: Final[dict[str, list[list[int]]]] = {
    "d": [[48, 57]],
    "w": [[48, 57], [65, 90], [95, 95], [97, 122]],
    "s": [[9, 13], [32, 32]],
}
_LAST: Final = 0x10FFFF


def _refuse() -> ExpressionRefused:
    return ExpressionRefused(
        _(
            "this pattern of regex() is not supported: no brackets ( ), no look-ahead, at most 200 repetitions."
        )
    )


def _inverse(ranges: list[list[int]]) -> list[list[int]]:
    found, first = [], 0
    for low, high in sorted(ranges):
        if low > first:
            found.append([first, low - 1])
        first = max(first, high + 1)
    return [*found, [first, _LAST]]


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self) -> str:
        one = self.peek()
        if not one:
            raise _refuse()
        self.at += 1
        return one

    def escape(self) -> list[list[int]]:
        one = self.take()
        if one.lower() in _CLASSES:
            ranges = _CLASSES[one.lower()]
            return ranges if one.islower() else _inverse(ranges)
        if one.isalnum():
            raise _refuse()
        return [[ord(one), ord(one)]]

    def bracket(self) -> list[Any]:
        is_negated = self.peek() == "^"
        if is_negated:
            self.at += 1
        ranges: list[list[int]] = []
        while self.peek() != "]":
            one = self.take()
            if one == "[":
                raise _refuse()
            if one == "\\":
                ranges += self.escape()
                continue
            first = last = ord(one)
            if self.peek() == "-" and self.text[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                last = ord(self.take())
                if chr(last) in "\\[" or last < first:
                    raise _refuse()
            ranges.append([first, last])
        self.at += 1
        if not ranges:
            raise _refuse()
        return [is_negated, ranges]

    def repetition(self) -> list[int]:
        one = self.peek()
        if one in ("?", "*", "+"):
            self.at += 1
            bounds = {"?": [0, 1], "*": [0, -1], "+": [1, -1]}[one]
        elif one == "{":
            end = self.text.find("}", self.at)
            low, comma, high = self.text[self.at + 1 : end].partition(",")
            if (
                end < 0
                or not low.isascii()
                or not low.isdigit()
                or not ((high.isascii() and high.isdigit()) or high == "")
            ):
                raise _refuse()
            self.at = end + 1
            bounds = [int(low), int(high) if high else (-1 if comma else int(low))]
            if max(bounds) > MOST or -1 < bounds[1] < bounds[0]:
                raise _refuse()
        else:
            return [1, 1]
        if self.peek() in ("?", "+", "*", "{"):  # lazy or possessive
            raise _refuse()
        return bounds


def compile_pattern(text: str) -> Pattern:
    """Return a pattern in the form that both evaluators match; raises `ExpressionRefused`."""
    reader, alternatives = _Reader(text), []
    while True:
        parts: list[list[Any]] = []
        if reader.peek() == "^":
            reader.at += 1
        while (one := reader.peek()) not in ("", "|"):
            reader.at += 1
            if one == "$" and reader.peek() in ("", "|"):
                continue
            if one in "()^$?*+{}":
                raise _refuse()
            if one == "[":
                symbol = reader.bracket()
            elif one == "\\":
                symbol = [False, reader.escape()]
            elif one == ".":
                symbol = [True, [[10, 10], [13, 13]]]
            else:
                symbol = [False, [[ord(one), ord(one)]]]
            parts.append([*symbol, *reader.repetition()])
        alternatives.append(parts)
        if not reader.peek():
            return alternatives
        reader.at += 1


def matches(pattern: Pattern, text: str) -> bool:
    """Whether the whole text matches; each part of the pattern takes one look at the text."""
    points = [ord(one) for one in text]
    return any(_matches(parts, points) for parts in pattern)


def _matches(parts: list[list[Any]], points: list[int]) -> bool:
    length = len(points)
    reached = [True] + [False] * length
    for is_negated, ranges, least, most in parts:
        runs = [0] * (length + 1)  # how many characters from here on fit this part
        for place in range(length - 1, -1, -1):
            if any(low <= points[place] <= high for low, high in ranges) != is_negated:
                runs[place] = runs[place + 1] + 1
        begins = [0] * (length + 2)  # where stretches of reachable places begin and end
        for place in range(length + 1):
            longest = runs[place] if most < 0 else min(runs[place], most)
            if reached[place] and longest >= least:
                begins[place + least] += 1
                begins[place + longest + 1] -= 1
        depth = 0
        for place in range(length + 1):
            depth += begins[place]
            reached[place] = depth > 0
    return reached[length]
