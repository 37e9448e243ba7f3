"""What a request asks for: every parameter is declared, every value checked, everything else refused."""

import re
from collections.abc import Collection as Names
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.http import QueryDict
from django.utils.translation import gettext as _

from xiaoyuan.twin.ogc.catalogue import Collection
from xiaoyuan.twin.ogc.errors import BadParameter
from xiaoyuan.twin.ogc.reference_systems import CRS84, SUPPORTED, box_from

LIMIT_DEFAULT: Final = 10
LIMIT_MOST: Final = 1000
FORMATS: Final = ("json", "html")
_INSTANT: Final = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?")
Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class ItemsQuery:
    """One page of a collection."""

    limit: int = LIMIT_DEFAULT
    after: int = 0
    """Key of the last row of the page before."""
    box: Bounds | None = None
    crs: str = CRS84
    division: str = ""
    filters: dict[str, str | int] = field(default_factory=dict)
    """Column -> value."""


def only(given: QueryDict, allowed: Names[str]) -> None:
    """Refuse parameters that are not declared, or given twice."""
    for name, values in given.lists():
        if name not in allowed:
            raise BadParameter.unknown(name)
        if len(values) > 1:
            raise BadParameter.value(name, _("given once"))


def wanted_format(given: QueryDict, accept: str) -> str:
    """Return json or html, as `f` says or else the Accept header."""
    asked = given.get("f")
    if asked is None:
        return "html" if accept.split(",")[0].strip().startswith("text/html") else "json"
    if asked not in FORMATS:
        raise BadParameter.value("f", " | ".join(FORMATS))
    return asked


def items_query(collection: Collection, given: QueryDict) -> ItemsQuery:
    """Read the parameters of an items request; raises `BadParameter`."""
    names = ("f", "limit", "after", "bbox", "bbox-crs", "crs", "datetime", "division", *collection.filters)
    only(given, names)
    box_crs = crs_of(given, "bbox-crs")
    if (moment := given.get("datetime")) is not None:
        check_datetime(moment)
    filters: dict[str, str | int] = {}
    for name, column in collection.filters.items():
        if (value := given.get(name)) is not None:
            filters[column] = _whole(name, value, 0, 10_000) if name in collection.integers else value
    return ItemsQuery(
        # More than is allowed is no error: the page just holds as many as are allowed.
        limit=min(_whole("limit", given.get("limit", str(LIMIT_DEFAULT)), 1, 10**9), LIMIT_MOST),
        after=_whole("after", given.get("after", "0"), 0, 2**63 - 1),
        box=None if (text := given.get("bbox")) is None else _box(text, box_crs),
        crs=crs_of(given, "crs"),
        division=_division(given.get("division", "")),
        filters=filters,
    )


def crs_of(given: QueryDict, name: str) -> str:
    """Return the reference system that a parameter names, longitude and latitude without one."""
    crs = given.get(name, CRS84)
    if crs not in SUPPORTED:
        raise BadParameter.value(name, " | ".join(SUPPORTED))
    return crs


def check_datetime(text: str) -> None:
    """Refuse what is no instant or interval of RFC 3339; places carry no time of their own, so all of them match."""
    parts = text.split("/")
    open_end = {"", ".."}
    is_interval = len(parts) == 2 and not set(parts) <= open_end
    wanted = _("an instant or an interval such as 2026-01-01T00:00:00Z/..")
    if len(parts) > 2 or (len(parts) == 2 and not is_interval):
        raise BadParameter.value("datetime", wanted)
    for part in parts:
        if len(parts) == 2 and part in open_end:
            continue
        try:
            if not _INSTANT.fullmatch(part):
                raise ValueError(part)
            datetime.fromisoformat(part)
        except ValueError:
            raise BadParameter.value("datetime", wanted) from None


def _whole(name: str, text: str, least: int, most: int) -> int:
    wanted = _("a whole number from %(least)d to %(most)d") % {"least": least, "most": most}
    if not (text.isascii() and text.isdecimal() and len(text) < 20) or not least <= int(text) <= most:
        raise BadParameter.value(name, wanted)
    return int(text)


def _division(text: str) -> str:
    if text and not (text.isascii() and text.isdecimal() and len(text) in {2, 4, 6, 9, 12}):
        raise BadParameter.value("division", _("a division code of 2, 4, 6, 9 or 12 digits"))
    return text


def _box(text: str, crs: str) -> Bounds:
    wanted = _("four (or six) numbers, the lower corner first")
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        raise BadParameter.value("bbox", wanted) from None
    if len(numbers) == 6:
        numbers = [numbers[0], numbers[1], numbers[3], numbers[4]]
    if len(numbers) != 4:
        raise BadParameter.value("bbox", wanted)
    west, south, east, north = box_from(numbers, crs)
    is_on_globe = -180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90
    if not is_on_globe:
        raise BadParameter.value("bbox", wanted)
    return west, south, east, north
