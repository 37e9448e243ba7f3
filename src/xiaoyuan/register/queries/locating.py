"""In which division a drawn place lies, and whose borders it crosses, by the outlines of divisions."""

from dataclasses import dataclass
from typing import Any, Final

import shapely

from xiaoyuan.lib import divisions
from xiaoyuan.register.models import Division
from xiaoyuan.register.queries.divisions import CHINA, below, divisions_in_force

_SHARE: Final = 0.01
"""Part of a place that may lie across a border before anybody is told: outlines are drawn roughly."""


@dataclass(frozen=True)
class Located:
    """A division by code and name. `crossed`: code and name of neighbours in which part of the place lies."""

    code: str
    name: str
    crossed: tuple[tuple[str, str], ...] = ()


def locate(shape: Any, *, county_code: str, assumed: str) -> Located | None:
    """Return the division of a shape (degrees): the deepest whose outline holds an inner point of it.

    Where outlines end above the village, or nothing has one, it is the `assumed` division. None: it lies outside of
    every outline of the county, or of the assumed division that has one.
    """
    point = shapely.point_on_surface(shape)
    near = _near(shape, county_code)
    holding = [row for row, outline in near if shapely.intersects(outline, point)]
    deepest = max(holding, key=lambda row: len(row.code), default=None)
    stated = divisions_in_force().filter(code=assumed).first()
    if stated is None or stated.code[: len(county_code)] != county_code:
        return None
    if deepest is None:
        above = [*divisions.ancestors(assumed), assumed]
        has_outline = divisions_in_force().filter(code__in=above, min_lon__isnull=False).exists()
        if has_outline or not shapely.intersects(shapely.box(*CHINA), point):
            return None
        return Located(stated.code, stated.name)
    is_below = stated.code != deepest.code and divisions.is_within(stated.code, deepest.code)
    found = stated if is_below and stated.min_lon is None else deepest
    return Located(found.code, found.name, _crossed(shape, found, near))


def _near(shape: Any, county_code: str) -> list[tuple[Division, Any]]:
    """Return the outlined divisions of a county whose box meets a shape, with their outlines."""
    west, south, east, north = (float(value) for value in shapely.bounds(shape))
    rows = (
        below(county_code)
        .filter(max_lon__gte=west, min_lon__lte=east, max_lat__gte=south, min_lat__lte=north)
        .defer(None)
    )
    return [(row, shapely.from_wkb(bytes(row.outline_wkb))) for row in rows if row.outline_wkb is not None]


def _crossed(shape: Any, found: Division, near: list[tuple[Division, Any]]) -> tuple[tuple[str, str], ...]:
    whole = _size(shape)
    if not whole:
        return ()
    names = []
    for row, outline in near:
        if row.pk == found.pk or len(row.code) != len(found.code):
            continue
        if shapely.intersects(outline, shape):
            common = _size(shapely.intersection(outline, shape))
            if common / whole > _SHARE:
                names.append((row.code, row.name))
    return tuple(sorted(names))


def _size(shape: Any) -> float:
    return float(shapely.area(shape) or shapely.length(shape))
