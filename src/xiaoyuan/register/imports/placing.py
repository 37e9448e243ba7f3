"""In which division a feature lies: by the code it carries, else by the outline that holds it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from xiaoyuan.lib import divisions
from xiaoyuan.register.imports.source_layers import Shapes
from xiaoyuan.register.models import Division
from xiaoyuan.register.queries.divisions import below
from xiaoyuan.register.spatial import Bounds

NOWHERE: Final = -1
"""No zone: the feature lies outside."""


@dataclass
class Zone:
    """A division that can hold features; `code` is empty until a division of that name is made."""

    code: str
    name: str
    shape: Any = None


@dataclass
class Zones:
    """The divisions of an import, the one it was asked for first. `limit`: outline that bounds it, if one is known."""

    zones: list[Zone]
    limit: Any
    is_closed: bool
    """Whether the outlines below cover all of it, so that what lies in none of them lies outside."""

    def index_of(self, code: str) -> int:
        """Return the zone of a division code, or NOWHERE."""
        return self._by_code.get(code, NOWHERE)

    def __post_init__(self) -> None:
        self._by_code = {zone.code: at for at, zone in enumerate(self.zones) if zone.code}

    @property
    def bounds(self) -> Bounds | None:
        """Return the box of all outlines, or None when there are none."""
        shapes = [zone.shape for zone in self.zones if zone.shape is not None] or [self.limit]
        west, south, east, north = shapely.total_bounds(np.array(shapes, dtype=object))
        return None if np.isnan(west) else (float(west), float(south), float(east), float(north))


def read_zones(division: Division, outlines: Sequence[tuple[str, str, Any]]) -> Zones:
    """Return the divisions at and below one, with the outlines (code, name, shape) of the file over the kept ones."""
    rows = below(division.code).order_by("code").values_list("code", "name", "outline_wkb")
    zones = {
        code: Zone(code, name, None if wkb is None else shapely.from_wkb(bytes(wkb)))
        for code, name, wkb in rows
    }
    named = {zone.name: zone for zone in zones.values() if divisions.parent_code(zone.code) == division.code}
    added = []
    for code, name, shape in outlines:
        zone = zones.get(code) if code else named.get(name)
        if zone is not None:
            zone.shape = shape
        elif not code:
            added.append(Zone("", name, shape))
    every = [*zones.values(), *added]
    children = [zone for zone in every if not zone.code or divisions.parent_code(zone.code) == division.code]
    is_closed = bool(children) and all(zone.shape is not None for zone in children)
    own = zones[division.code].shape
    return Zones(every, own if own is not None else _outline_above(division.code), is_closed)


def place(shapes: Shapes, zones: Zones, *, by_share: bool) -> NDArray[np.int64]:
    """Return the zone (index) of each shape: the deepest one that holds a point of it, or NOWHERE.

    by_share: lines and waters that cross outlines and whose point lies in none go to the zone that holds most of them.
    """
    points = shapely.point_on_surface(shapes)
    placed = np.full(len(shapes), NOWHERE)
    deepest = sorted(
        (at for at, zone in enumerate(zones.zones) if zone.shape is not None),
        key=lambda at: len(zones.zones[at].code) or 99,
    )
    for at in deepest:
        placed[_held(zones.zones[at].shape, points)] = at
    if by_share:
        for row in np.flatnonzero(placed == NOWHERE):
            placed[row] = _largest_share(shapes[row], zones, deepest)
    inside = np.ones(len(shapes), dtype=bool) if zones.limit is None else _held(zones.limit, points)
    if by_share and zones.limit is not None:
        inside |= shapely.intersects(zones.limit, shapes)
    if not zones.is_closed or zones.zones[0].shape is not None:
        placed[(placed == NOWHERE) & inside] = 0
    return placed


def _held(outline: Any, points: Shapes) -> NDArray[np.bool_]:
    """Which points an outline holds; only those in its box are tested exactly."""
    west, south, east, north = shapely.bounds(outline)
    lon, lat = shapely.get_x(points), shapely.get_y(points)
    held: NDArray[np.bool_] = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    shapely.prepare(outline)
    held[held] = shapely.intersects_xy(outline, lon[held], lat[held])
    return held


def _largest_share(shape: Any, zones: Zones, candidates: Sequence[int]) -> int:
    best, share = NOWHERE, 0.0
    for at in candidates:
        outline = zones.zones[at].shape
        if shapely.intersects(outline, shape):
            common = shapely.intersection(outline, shape)
            size = float(shapely.area(common) or shapely.length(common))
            if size > share:
                best, share = at, size
    return best


def _outline_above(code: str) -> Any:
    """Return the outline of the nearest division above that has one, or None."""
    for ancestor in reversed(divisions.ancestors(code)):
        wkb = (
            Division.objects.filter(code=ancestor, valid_until__isnull=True, outline_wkb__isnull=False)
            .values_list("outline_wkb", flat=True)
            .first()
        )
        if wkb is not None:
            return shapely.from_wkb(bytes(wkb))
    return None
