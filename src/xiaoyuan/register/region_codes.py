"""Which county codes existed when: the area in an identity number belongs to the year in which it was given out.

People of Qixingguan numbered before 2011 carry 522401 (1993-2011) or 522421 (before): a look at today's list would
refuse nearly every adult. The lists have gaps, so that an unknown code is a thing to note; only a province that never
was is wrong.
"""

import csv
import gzip
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

FIRST_NUMBERS: Final = 1984
"""Numbers were given out from this year on, to everybody living: an older person has a code of that year or later."""
EVERYBODY_NUMBERED: Final = 2004
"""By the cards of the second generation the last adults had a number: a code may be younger than such a person."""

PROVINCES: Final = frozenset(
    str(code)
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83))
    for code in range(first, last + 1)
)
"""Prefixes that numbers of citizens and of residents from Hong Kong, Macao (81, 82) and Taiwan (71, 83) begin with."""

_FOREIGN: Final = "9"
"""First digit on the card of a foreign permanent resident since 2023; the province stands behind it."""
_LIST: Final = Path(__file__).with_name("data") / "region_codes.csv.gz"


class AreaFinding(StrEnum):
    """What the lists say of the area of a number and the year of birth in it."""

    FITS = "fits"
    NUMBERED_LATE = "numbered late"
    """The code came into force after the birth, as for whoever got a number as an adult (522401 for most of Bijie)."""
    LATER = "later"
    """The code came into force after the birth and after everybody had a number."""
    ENDED = "ended"
    """The code was abolished before the birth."""
    UNKNOWN = "unknown"
    IMPOSSIBLE = "impossible"
    """No province has or had this prefix."""


@cache
def find_area(area: str, birth_year: int) -> AreaFinding:
    """Judge an area code of six digits for somebody born in a year (FITS wherever the lists leave a year open)."""
    if area[0] == _FOREIGN:
        return AreaFinding.FITS if area[1:3] in PROVINCES else AreaFinding.IMPOSSIBLE
    if area[:2] not in PROVINCES:
        return AreaFinding.IMPOSSIBLE
    years = _codes().get(area)
    if years is None:
        return AreaFinding.UNKNOWN
    first, last = years
    if last and last < birth_year:
        return AreaFinding.ENDED
    if first > max(birth_year, FIRST_NUMBERS):
        return AreaFinding.LATER if first > EVERYBODY_NUMBERED else AreaFinding.NUMBERED_LATE
    return AreaFinding.FITS


@cache
def _codes() -> dict[str, tuple[int, int]]:
    with gzip.open(_LIST, "rt", encoding="utf-8", newline="") as lines:
        return {
            row["code"]: (int(row["first_year"] or 0), int(row["last_year"] or 0))
            for row in csv.DictReader(lines)
        }
