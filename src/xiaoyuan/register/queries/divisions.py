"""Finding divisions by name or code, their place in the tree, and the box of land they cover."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from django.db.models import Max, Min, QuerySet
from django.db.models.functions import Length
from django.utils.translation import gettext as _

from xiaoyuan.lib import divisions
from xiaoyuan.register.models import Division
from xiaoyuan.register.spatial import Bounds, geometry_models
from xiaoyuan.search.queries import find

SEARCHED: Final = "register.division"
"""Kind of the entries in the index of words."""
CHINA: Final[Bounds] = (73.0, 3.0, 136.0, 54.0)
"""A box around the land and islands of China: real division codes lie within it."""
_MOST_MATCHES: Final = 500
_SLACK_DEGREES: Final = 0.005
"""Half a kilometre: outlines of villages are drawn roughly, and a house may stand on the edge."""


@dataclass(frozen=True)
class DivisionHit:
    """A division found by search. `path` are the names above it, the province first, because names repeat."""

    code: str
    name: str
    level: str
    path: tuple[str, ...]

    @property
    def label(self) -> str:
        """The name below its parents: 贵州省 › 毕节市 › 七星关区 › 朱昌镇 › 双堰社区居民委员会."""
        return " › ".join((*self.path, self.name))


def divisions_in_force() -> QuerySet[Division]:
    """Return the divisions that have not ended, without their outlines."""
    return Division.objects.filter(valid_until__isnull=True).defer("outline_wkb")


def below(code: str) -> QuerySet[Division]:
    """Return a division and all below it."""
    return divisions_in_force().filter(**divisions.range_below(code, "code"))


def children_of(code: str) -> QuerySet[Division]:
    """Return the divisions one level below, by code."""
    return divisions_in_force().filter(parent__code=code, parent__valid_until__isnull=True).order_by("code")


def search_divisions(text: str, limit: int = 20) -> list[DivisionHit]:
    """Find divisions by the beginning of a code, any part of a name, its pinyin or initials, also of former ones.

    The best come first: the exact name, names that begin with the text, then the widest level.
    """
    wanted = text.strip()
    if not wanted:
        return []
    if wanted.isascii() and wanted.isdigit():
        found = list(
            divisions_in_force().filter(**_code_range(wanted)).order_by(Length("code"), "code")[:limit]
        )
        return _hits(found or _indexed(wanted)[:limit])
    matches = _indexed(wanted)
    if len(matches) in (0, _MOST_MATCHES):
        # The index stops anywhere, of so many the shortest names are what is meant; and it may not be built yet.
        short = divisions_in_force().filter(name__contains=wanted)
        matches = [*short.order_by(Length("name"), "code")[:_MOST_MATCHES]] or matches
    ranked = sorted(
        matches,
        key=lambda row: (row.name != wanted, not row.name.startswith(wanted), len(row.code), row.code),
    )
    return _hits(ranked[:limit])


def _indexed(text: str) -> list[Division]:
    ids = find(kind=SEARCHED, text=text, scope=None, is_sample=False, limit=_MOST_MATCHES)
    return list(divisions_in_force().filter(pk__in=ids))


def names_above(codes: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the names above each code, the province first."""
    wanted = list(codes)
    above = {ancestor for code in wanted for ancestor in divisions.ancestors(code)}
    names = dict(divisions_in_force().filter(code__in=above).values_list("code", "name"))
    return {
        code: tuple(names[ancestor] for ancestor in divisions.ancestors(code) if ancestor in names)
        for code in wanted
    }


def division_bounds(code: str) -> Bounds | None:
    """Return west, south, east, north of a division's land, or None when nothing says where it lies.

    Its own outline comes first, else the outlines below it, else the shapes recorded in it.
    """
    own = divisions_in_force().filter(code=code, min_lon__isnull=False)
    for rows in (own, below(code).filter(min_lon__isnull=False)):
        if box := _box(rows):
            return box
    inside = divisions.range_below(code)
    boxes = [
        box
        for model in geometry_models()
        if (box := _box(model.objects.unscoped("the bounds of a division are public").filter(**inside)))
    ]
    if not boxes:
        return None
    every = np.array(boxes)
    west, south = every[:, :2].min(axis=0)
    east, north = every[:, 2:].max(axis=0)
    return float(west), float(south), float(east), float(north)


@dataclass(frozen=True)
class PlacingBounds:
    """Where a point of a division may lie, and after which division that is called."""

    name: str
    bounds: Bounds


def placing_bounds(code: str) -> PlacingBounds:
    """Return the box for points of a division: of the nearest outline at or above it, half a kilometre wider.

    Without any outline it is the box of China.
    """
    rows = divisions_in_force().filter(code__in=[*divisions.ancestors(code), code], min_lon__isnull=False)
    nearest = rows.order_by(Length("code").desc()).first()
    if nearest is None:
        return PlacingBounds(_("China"), CHINA)
    west, south, east, north = (
        float(getattr(nearest, name)) for name in ("min_lon", "min_lat", "max_lon", "max_lat")
    )
    slack = _SLACK_DEGREES
    return PlacingBounds(nearest.name, (west - slack, south - slack, east + slack, north + slack))


def _box(rows: "QuerySet[Division]") -> Bounds | None:
    box = rows.aggregate(west=Min("min_lon"), south=Min("min_lat"), east=Max("max_lon"), north=Max("max_lat"))
    if box["west"] is None:
        return None
    return box["west"], box["south"], box["east"], box["north"]


def _code_range(digits: str) -> dict[str, str]:
    try:
        prefix = divisions.normalise(digits)
    except divisions.DivisionCodeError:
        prefix = digits
    return divisions.range_below(prefix, "code")


def _hits(rows: list[Division]) -> list[DivisionHit]:
    paths = names_above(row.code for row in rows)
    return [DivisionHit(row.code, row.name, row.level, paths[row.code]) for row in rows]
