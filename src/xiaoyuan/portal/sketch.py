"""Draws a courtyard's surroundings as a small SVG: no tiles, no script, a few kilobytes, true to scale."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import cos, radians
from typing import Any, Final

import numpy as np
import shapely
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from xiaoyuan.portal.queries.surroundings import METRES_A_DEGREE, Surroundings
from xiaoyuan.register.choices import ParcelUse

WIDTH_M: Final = 116.0
HEIGHT_M: Final = 86.0
UNITS_A_METRE: Final = 10
"""The drawing counts in decimetres, so that whole numbers are exact enough and short."""
_DETAIL_M: Final = 0.3
_USUAL_ROAD_M: Final = 3.5
_FLAG_HEIGHT: Final = 160
_FIELDS: Final[dict[str, str]] = {
    ParcelUse.PADDY: "f p",
    ParcelUse.DRY_FIELD: "f d",
    ParcelUse.ORCHARD: "f o",
    ParcelUse.VINEYARD: "f o",
    ParcelUse.FOREST: "f t",
    ParcelUse.GRASS: "f g",
    ParcelUse.POND: "w",
}
"""Style classes of land that people find their way by."""


@dataclass(frozen=True)
class _Frame:
    """From degrees to drawing units: x to the east, y to the south."""

    west: float
    north: float
    east_scale: float
    north_scale: float
    width: int
    height: int

    @classmethod
    def of(cls, bounds: tuple[float, float, float, float]) -> "_Frame":
        west, south, east, north = bounds
        north_scale = METRES_A_DEGREE * UNITS_A_METRE
        east_scale = north_scale * cos(radians((south + north) / 2))
        size = round((east - west) * east_scale), round((north - south) * north_scale)
        return cls(west, north, east_scale, north_scale, *size)

    def place(self, geometry: Any) -> Any:
        """Return a geometry in drawing units, clipped a little outside the frame and simplified."""
        moved = shapely.transform(
            geometry,
            lambda lon_lat: np.column_stack(
                (
                    (lon_lat[:, 0] - self.west) * self.east_scale,
                    (self.north - lon_lat[:, 1]) * self.north_scale,
                )
            ),
        )
        simple = shapely.simplify(moved, _DETAIL_M * UNITS_A_METRE)
        return shapely.clip_by_rect(simple, -60, -60, self.width + 60, self.height + 60)


def draw_sketch(around: Surroundings, *, label: str) -> SafeString:
    """Return the `<svg>` of a courtyard with its houses, neighbours, roads and water; `label` points at it."""
    frame = _Frame.of(around.bounds)
    widths = [width or _USUAL_ROAD_M for width in around.road_widths_m]
    roads = [
        (_path(frame, road), round(width * UNITS_A_METRE))
        for road, width in zip(around.roads, widths, strict=True)
    ]
    roads = [(path, width) for path, width in roads if path]
    lines = [water for water in around.waters if shapely.get_dimensions(water) == 1]
    areas = [water for water in around.waters if shapely.get_dimensions(water) == 2]
    layers = [
        *(
            _layer(_FIELDS[use], _paths(frame, parcels))
            for use, parcels in around.fields.items()
            if use in _FIELDS
        ),
        _layer("w", _paths(frame, areas)),
        _layer("wl", _paths(frame, lines)),
        *(_road("rc", path, width + 12) for path, width in roads),
        *(_road("r", path, width) for path, width in roads),
        _layer("y", _paths(frame, around.courtyards)),
        _layer("b", _paths(frame, around.buildings)),
        _layer("oy", _paths(frame, [around.courtyard])),
        _layer("ob", _paths(frame, around.own_buildings)),
        _pin(frame, around.courtyard, label),
        _compass(frame),
        _scale_bar(frame),
    ]
    return format_html(
        '<svg class="sketch" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>',
        frame.width,
        frame.height,
        _("Sketch of the surroundings of %(number)s, north is up") % {"number": label or _("this courtyard")},
        mark_safe("".join(layers)),  # noqa: S308 - made of numbers and of format_html
    )


def _layer(css_class: str, paths: str) -> SafeString:
    return format_html('<path class="{}" d="{}"/>', css_class, paths) if paths else SafeString("")


def _road(css_class: str, path: str, width: int) -> SafeString:
    return format_html('<path class="{}" stroke-width="{}" d="{}"/>', css_class, width, path)


def _paths(frame: _Frame, geometries: Iterable[Any]) -> str:
    return "".join(_path(frame, geometry) for geometry in geometries)


def _path(frame: _Frame, geometry: Any) -> str:
    return "".join(_line(points, is_closed) for points, is_closed in _lines(frame.place(geometry)))


def _lines(geometry: Any) -> Iterator[tuple[Any, bool]]:
    """Yield `(points (n, 2), is_closed)` of every ring and line of a geometry."""
    for part in shapely.get_parts(geometry):
        if shapely.get_dimensions(part) == 2:
            for ring in shapely.get_rings(part):
                yield shapely.get_coordinates(ring)[:-1], True
        elif shapely.get_dimensions(part) == 1:
            yield shapely.get_coordinates(part), False


def _line(points: Any, is_closed: bool) -> str:
    """Spell points as a relative SVG path of whole numbers."""
    if len(points) < 2:
        return ""
    whole = np.rint(points).astype(int)
    steps = np.diff(whole, axis=0)
    start = f"M{whole[0][0]} {whole[0][1]}l"
    return start + " ".join(f"{x} {y}" for x, y in steps) + ("z" if is_closed else "")


def _pin(frame: _Frame, courtyard: Any, label: str) -> SafeString:
    """Name the courtyard by a flag on its northern edge, so that its own house stays in sight."""
    if not label:
        return SafeString("")
    west, north, east, _south = shapely.bounds(frame.place(courtyard))
    tip = round((west + east) / 2), max(round(north) + 14, _FLAG_HEIGHT)
    half = 36 + sum(17 if ord(character) < 0x2E80 else 31 for character in label)
    return format_html(
        '<g transform="translate({} {})">'
        '<path class="pin" d="M0 0l-24-58h{}a44 44 0 0 1 0-88h{}a44 44 0 0 1 0 88H24z"/>'
        '<text class="pt" y="-79" text-anchor="middle">{}</text></g>',
        *tip,
        -(half - 24),
        2 * half,
        label,
    )


def _compass(frame: _Frame) -> SafeString:
    return format_html(
        '<g transform="translate({} 92)"><circle class="c" r="66"/><path class="n" d="M0-54l17 38h-34z"/>'
        '<text class="ct" y="46" text-anchor="middle">{}</text></g>',
        frame.width - 88,
        _("N"),
    )


def _scale_bar(frame: _Frame) -> SafeString:
    length = 20 * UNITS_A_METRE
    return format_html(
        '<g transform="translate(36 {})"><path class="s" d="M0-14v14h{}v-14"/>'
        '<text class="st" x="{}" y="-22" text-anchor="middle">{}</text></g>',
        frame.height - 36,
        length,
        length // 2,
        _("20 m"),
    )
