"""Draws the layers of a printed map as SVG in millimetres: legible in black and white, colour only helps."""

import base64
import math
import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
import shapely

from xiaoyuan.portal.map_frame import MapFrame
from xiaoyuan.portal.queries.map_rows import MapRows
from xiaoyuan.register.choices import ParcelUse, RoadClass
from xiaoyuan.tiling import Terrain

FILLS: Final[dict[str, tuple[str, str]]] = {
    ParcelUse.PADDY: ("#e3eed3", "paddy"),
    ParcelUse.DRY_FIELD: ("#f6efd9", "dry"),
    ParcelUse.ORCHARD: ("#e6eccb", "orchard"),
    ParcelUse.VINEYARD: ("#e6eccb", "orchard"),
    ParcelUse.FOREST: ("#cfe0c6", "forest"),
    ParcelUse.GRASS: ("#eaf2dc", "grass"),
    ParcelUse.POND: ("#d3e6f0", "water"),
    ParcelUse.BUILT: ("#efe7e1", ""),
    ParcelUse.OTHER: ("#f4f2ee", ""),
    ParcelUse.UNKNOWN: ("#f7f6f3", ""),
}
"""Tint and pattern of each use of land."""
PATTERNS: Final = (
    '<pattern id="paddy" width="3.2" height="2.4" patternUnits="userSpaceOnUse"><path d="M.3 .6h1.3M1.9 1.8h1.3" '
    'stroke="#7c9a5f" stroke-width=".12" fill="none"/></pattern>'
    '<pattern id="dry" width="2.6" height="2.6" patternUnits="userSpaceOnUse"><path d="M.6 1.1v-.7M.6 1.1l-.3-.4M.6 1.1'
    'l.3-.4M1.9 2.4v-.7" stroke="#b39a58" stroke-width=".1" fill="none"/></pattern>'
    '<pattern id="orchard" width="3" height="3" patternUnits="userSpaceOnUse"><circle cx=".8" cy=".8" r=".36" '
    'fill="none" stroke="#74893f" stroke-width=".12"/><circle cx="2.3" cy="2.3" r=".36" fill="none" stroke="#74893f" '
    'stroke-width=".12"/></pattern>'
    '<pattern id="forest" width="2.4" height="2.4" patternUnits="userSpaceOnUse"><circle cx=".6" cy=".6" r=".24" '
    'fill="#6d8f66"/><circle cx="1.8" cy="1.8" r=".24" fill="#6d8f66"/></pattern>'
    '<pattern id="grass" width="3.4" height="3" patternUnits="userSpaceOnUse"><path d="M.6 1l.25-.6M1.1 1v-.7M1.6 1'
    'l-.25-.6" stroke="#8ba46c" stroke-width=".1" fill="none"/></pattern>'
    '<pattern id="water" width="3" height="1.8" patternUnits="userSpaceOnUse"><path d="M0 .6q.75-.5 1.5 0t1.5 0" '
    'stroke="#8fb4c9" stroke-width=".1" fill="none"/></pattern>'
)
ROADS: Final[dict[str, tuple[float, float, str]]] = {
    RoadClass.PATH: (0.0, 0.18, "1 .7"),
    RoadClass.TRACK: (0.0, 0.28, "1.8 .7"),
    RoadClass.LANE: (0.55, 0.3, ""),
    RoadClass.VILLAGE: (0.85, 0.5, ""),
    RoadClass.TOWNSHIP: (1.15, 0.75, ""),
    RoadClass.COUNTY: (1.5, 1.05, ""),
    RoadClass.HIGHWAY: (1.9, 1.3, ""),
}
"""Casing and filling in mm (no casing: a line), and dashes, from the least to the widest."""
_ROAD_FILLS: Final = {
    RoadClass.HIGHWAY: "#f0b46a",
    RoadClass.COUNTY: "#f6d68a",
    RoadClass.TOWNSHIP: "#fbeebc",
}
NUMBERS_UP_TO: Final = 4000.0
"""House numbers are set up to this scale, on buildings light enough for them."""
_DETAIL: Final = 0.06
_SHADE_CELLS: Final = 420


def draw_map(frame: MapFrame, rows: MapRows, *, terrain: Terrain | None = None, over: str = "") -> str:
    """Return the window's SVG; `over` is drawn on top, in millimetres of the window."""
    parts = [f'<rect width="{_n(frame.width)}" height="{_n(frame.height)}" fill="#fff"/>']
    for use, shapes in sorted(rows.parcels.items()):
        tint, pattern = FILLS.get(use, FILLS[ParcelUse.UNKNOWN])
        if d := _paths(frame, shapes):
            parts.append(f'<path d="{d}" fill="{tint}" stroke="none" fill-rule="evenodd"/>')
            if pattern:
                parts.append(f'<path d="{d}" fill="url(#{pattern})" stroke="none" fill-rule="evenodd"/>')
            parts.append(f'<path d="{d}" fill="none" stroke="#9aa487" stroke-width=".1"/>')
    if terrain is not None:
        parts.append(_shading(frame, terrain))
    areas = [one.shape for one in rows.waters if shapely.get_dimensions(one.shape) == 2]
    lines = [one.shape for one in rows.waters if shapely.get_dimensions(one.shape) == 1]
    if d := _paths(frame, areas):
        parts.append(f'<path d="{d}" fill="#d3e6f0" stroke="#5b8fae" stroke-width=".2" fill-rule="evenodd"/>')
    if d := _paths(frame, lines):
        parts.append(f'<path d="{d}" fill="none" stroke="#5b8fae" stroke-width=".4" stroke-linecap="round"/>')
    if d := _paths(frame, [one.shape for one in rows.courtyards]):
        parts.append(
            f'<path d="{d}" fill="#fbf7ee" stroke="#8b7355" stroke-width=".14" fill-rule="evenodd"/>'
        )
    parts.extend(_roads(frame, rows))
    if d := _paths(frame, rows.buildings):
        parts.append(
            f'<path d="{d}" fill="#aaa29b" stroke="#2b2725" stroke-width=".14" fill-rule="evenodd"/>'
        )
    parts.extend(_borders(frame, rows))
    for line in frame.graticule():
        points = line["points"]
        d = f"M{_n(points[0, 0])} {_n(points[0, 1])}L{_n(points[-1, 0])} {_n(points[-1, 1])}"
        parts.append(
            f'<path d="{d}" stroke="#57708a" stroke-width=".08" stroke-dasharray="1.2 .8" fill="none"/>'
        )
    parts.append(over)
    return svg_of("".join(parts), frame.width, frame.height)


def svg_of(content: str, width: float, height: float) -> str:
    """Wrap drawn elements; what lies outside is cut off."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(width)} {_n(height)}" width="{_n(width)}mm" '
        f'height="{_n(height)}mm"><defs>{PATTERNS}</defs>{content}</svg>'
    )


def _roads(frame: MapFrame, rows: MapRows) -> Iterable[str]:
    """Yield all casings, then all fillings, so that crossings join; never thinner than legible, else true to scale."""
    by_class: dict[str, list[tuple[Any, float]]] = {}
    for shape, kind, width_m, _name in rows.roads:
        by_class.setdefault(kind, []).append((shape, round(width_m * frame.millimetres_a_metre, 1)))
    drawn: list[tuple[str, str, float, float, str]] = []
    for kind, (casing, filling, dashes) in ROADS.items():
        groups: dict[float, list[Any]] = {}
        for shape, width in by_class.get(kind, ()):
            groups.setdefault(max(width, filling) if casing else filling, []).append(shape)
        for width, shapes in sorted(groups.items()):
            if d := _paths(frame, shapes):
                drawn.append((kind, d, width + (casing - filling), width, dashes))
    for _kind, d, outer, inner, dashes in drawn:
        if dashes:
            yield (
                f'<path d="{d}" fill="none" stroke="#333" stroke-width="{_n(inner)}" stroke-dasharray="{dashes}"/>'
            )
        else:
            yield (
                f'<path d="{d}" fill="none" stroke="#4a443c" stroke-width="{_n(outer)}" '
                'stroke-linecap="round" stroke-linejoin="round"/>'
            )
    for kind, d, _outer, inner, dashes in drawn:
        if not dashes:
            fill = _ROAD_FILLS.get(RoadClass(kind), "#fff")
            yield (
                f'<path d="{d}" fill="none" stroke="{fill}" stroke-width="{_n(inner)}" '
                'stroke-linecap="round" stroke-linejoin="round"/>'
            )


def _borders(frame: MapFrame, rows: MapRows) -> Iterable[str]:
    if d := _paths(frame, [one.shape for one in (*rows.neighbours, *rows.inner)]):
        yield f'<path d="{d}" fill="none" stroke="#5a5a5a" stroke-width=".25" stroke-dasharray="2.2 .7 .5 .7"/>'
    if rows.outline is None:
        return
    window = shapely.box(-1, -1, frame.width + 1, frame.height + 1)
    placed = shapely.make_valid(frame.place(rows.outline))
    if d := "".join(_spell(part) for part in _parts(shapely.difference(window, placed))):
        yield f'<path d="{d}" fill="#fff" fill-opacity=".55" fill-rule="evenodd"/>'
    if d := _paths(frame, [rows.outline]):
        yield f'<path d="{d}" fill="none" stroke="#c9a9b6" stroke-opacity=".55" stroke-width="1.9"/>'
        yield f'<path d="{d}" fill="none" stroke="#222" stroke-width=".42" stroke-dasharray="3.6 .9 .6 .9"/>'


def _shading(frame: MapFrame, terrain: Terrain) -> str:
    """Return the relief as a grey picture that darkens slopes away from the light in the north-west."""
    cell = max(frame.width, frame.height) / _SHADE_CELLS
    columns, lines = round(frame.width / cell), round(frame.height / cell)
    x, y = np.meshgrid((np.arange(columns) + 0.5) * cell, (np.arange(lines) + 0.5) * cell)
    metres = np.column_stack(((x.ravel() - frame.width / 2), (frame.height / 2 - y.ravel())))
    places = frame.frame.degrees(metres / frame.millimetres_a_metre)
    heights = terrain.sample(places[:, 0], places[:, 1]).reshape(lines, columns)
    step = cell / frame.millimetres_a_metre
    north_south, east = np.gradient(heights, step)
    slope = np.arctan(1.4 * np.hypot(east, north_south))
    # Light from azimuth 315, 45 degrees high; rows run to the south.
    facing = np.arctan2(-east, north_south)
    azimuth, zenith = math.radians(315), math.radians(45)
    light = np.cos(zenith) * np.cos(slope) + np.sin(zenith) * np.sin(slope) * np.cos(azimuth - facing)
    dark = np.nan_to_num(np.clip(math.cos(zenith) - light, 0, 1) * 130, nan=0).astype(np.uint8)
    picture = base64.b64encode(_png_of_shadow(dark)).decode()
    size = f'width="{_n(frame.width)}" height="{_n(frame.height)}"'
    return f'<image {size} preserveAspectRatio="none" href="data:image/png;base64,{picture}"/>'


def _png_of_shadow(alpha: "np.ndarray[Any, np.dtype[np.uint8]]") -> bytes:
    """Encode black of varying opacity as a PNG (grey with alpha)."""
    lines, columns = alpha.shape
    body = np.zeros((lines, 1 + 2 * columns), np.uint8)
    body[:, 2::2] = alpha

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    head = struct.pack(">IIBBBBB", columns, lines, 8, 4, 0, 0, 0)
    data = zlib.compress(body.tobytes(), 6)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def _paths(frame: MapFrame, shapes: Sequence[Any]) -> str:
    if not len(shapes):
        return ""
    placed = shapely.simplify(frame.place(np.array(shapes, dtype=object)), _DETAIL)
    cut = shapely.clip_by_rect(placed, -2, -2, frame.width + 2, frame.height + 2)
    return "".join(_spell(part) for geometry in cut for part in _parts(geometry))


def _parts(geometry: Any) -> Iterable[Any]:
    for part in shapely.get_parts(geometry):
        if part.geom_type == "GeometryCollection" or part.geom_type.startswith("Multi"):
            yield from _parts(part)
        else:
            yield part


def _spell(part: Any) -> str:
    """Spell one line or polygon as an SVG path in hundredths of a millimetre."""
    dimension = shapely.get_dimensions(part)
    if dimension == 2:
        return "".join(_ring(shapely.get_coordinates(ring)[:-1], True) for ring in shapely.get_rings(part))
    return _ring(shapely.get_coordinates(part), False) if dimension == 1 else ""


def _ring(points: Any, is_closed: bool) -> str:
    if len(points) < 2:
        return ""
    whole = np.rint(points * 100).astype(int)
    steps = np.diff(whole, axis=0)
    start = f"M{whole[0, 0] / 100:g} {whole[0, 1] / 100:g}l"
    return start + " ".join(f"{x / 100:g} {y / 100:g}" for x, y in steps) + ("z" if is_closed else "")


def path_of(frame: MapFrame, geometry: Any) -> str:
    """Return one geometry in degrees as an SVG path of the window."""
    return _paths(frame, [geometry])


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
