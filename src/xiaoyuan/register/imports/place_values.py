"""Reading the cells of map files: numbers, words of code lists, texts; what is not understood is said, not guessed."""

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext as _

from xiaoyuan.lib.text import fold
from xiaoyuan.register.imports import place_words as words
from xiaoyuan.register.imports.place_fields import BUILDINGS, COURTYARDS, PARCELS, ROADS, WATER

_NUMBER: Final = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_UNIT: Final = re.compile(r"\s*(m|米|metres?|meters?)$", re.IGNORECASE)
_YEAR: Final = re.compile(r"(\d{4})(?:[-./年].*)?$")


class NotUnderstood(ValueError):
    """A cell whose value is none of what the column holds."""


@dataclass
class Parsed:
    """Columns of ours (n values each, None where the cell was empty or not understood) and what was not understood.

    `problems`: row -> sentences; `unknown`: (field of theirs, value) -> how often.
    """

    columns: dict[str, list[Any]] = field(default_factory=dict)
    problems: dict[int, list[str]] = field(default_factory=dict)
    unknown: Counter[tuple[str, str]] = field(default_factory=Counter)


def number(lowest: float, highest: float) -> Callable[[str], float]:
    """Return a reader of decimal numbers within a range; metres may be written behind them."""

    def read(text: str) -> float:
        plain = _UNIT.sub("", text)
        if not _NUMBER.fullmatch(plain):
            raise NotUnderstood
        value = float(plain.replace(",", "."))
        if not (math.isfinite(value) and lowest <= value <= highest):
            raise NotUnderstood
        return value

    return read


def whole(lowest: int, highest: int) -> Callable[[str], int]:
    """Return a reader of whole numbers within a range; 2.0 is 2, 2.5 is not understood."""
    decimal = number(lowest, highest)

    def read(text: str) -> int:
        value = decimal(text)
        if value != int(value):
            raise NotUnderstood
        return int(value)

    return read


def year(text: str) -> int:
    """Read a year, also from a date."""
    match = _YEAR.match(text)
    if match is None or not 1000 <= int(match[1]) <= 2200:
        raise NotUnderstood
    return int(match[1])


def word(known: Mapping[str, Any]) -> Callable[[str], Any]:
    """Return a reader of words of a code list."""

    def read(text: str) -> Any:
        value = known.get(fold(text))
        if value is None:
            raise NotUnderstood
        return value

    return read


def hint(known: Mapping[str, Any]) -> Callable[[str], Any]:
    """Return a reader of words that help when they are known and mean nothing to us otherwise."""
    return lambda text: known.get(fold(text))


def words_of(longest: int) -> Callable[[str], str]:
    """Return a reader of free text up to a length."""

    def read(text: str) -> str:
        if len(text) > longest:
            raise NotUnderstood
        return text

    return read


_TEXTS: Final[dict[str, Callable[[str], Any]]] = {
    "source_key": words_of(80),
    "courtyard_code": words_of(40),
    "division_code": words_of(15),
    "name": words_of(120),
    "address": words_of(200),
    "house_number": words_of(40),
    "street": words_of(120),
    "postcode": words_of(20),
    "city": words_of(80),
}
READERS: Final[dict[str, dict[str, Callable[[str], Any]]]] = {
    BUILDINGS: {
        **_TEXTS,
        "use": word(words.BUILDING_USES),
        "amenity": hint(words.BUILDING_USES),
        "storeys": whole(0, 200),
        "height_m": number(0, 900),
        "body_height_m": number(0, 900),
        "base_height_m": number(0, 900),
        "ground_height_m": number(-500, 9000),
        "roof": word(words.ROOFS),
        "structure": word(words.STRUCTURES),
        "built_year": year,
    },
    COURTYARDS: {**_TEXTS, "source_key": words_of(40), "group": words_of(40)},
    PARCELS: {
        **_TEXTS,
        "source_key": words_of(80),
        "use": word(words.PARCEL_USES),
        "crop": words_of(30),
        "area_mu": number(0, 10_000_000),
        "household_no": words_of(40),
    },
    ROADS: {**_TEXTS, "road_class": word(words.ROAD_CLASSES), "width_m": number(0.1, 200)},
    WATER: {**_TEXTS, "kind": word(words.WATER_KINDS)},
    "outlines": _TEXTS,
}


def plain(value: Any) -> str:
    """Return a cell as text: 328118446.0 of a column with gaps is 328118446."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def parse(table: str, columns: Mapping[str, Sequence[Any]], targets: Mapping[str, str]) -> Parsed:
    """Read the columns of a layer. `targets`: field of ours -> theirs. Each different value is read once."""
    parsed = Parsed()
    for target, theirs in targets.items():
        reader = READERS[table][target]
        known: dict[Any, tuple[Any, bool]] = {}
        values: list[Any] = []
        for row, cell in enumerate(columns[theirs]):
            if cell is None:
                values.append(None)
                continue
            if cell not in known:
                known[cell] = _read(reader, plain(cell))
            value, is_understood = known[cell]
            values.append(value)
            if not is_understood:
                parsed.unknown[(theirs, plain(cell))] += 1
                sentence = _("“%(value)s” in %(field)s was not understood.") % {
                    "value": plain(cell),
                    "field": theirs,
                }
                parsed.problems.setdefault(row, []).append(sentence)
        parsed.columns[target] = values
    return parsed


def _read(reader: Callable[[str], Any], text: str) -> tuple[Any, bool]:
    if not text:
        return None, True
    try:
        return reader(text), True
    except NotUnderstood:
        return None, False
