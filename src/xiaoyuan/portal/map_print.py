"""The map of a division on paper, by typst: vector drawing, scale, north, graticule, legend, inset, date and source."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import shapely
import typst
from django.utils import timezone
from django.utils.translation import gettext as _

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.doorplates.errors import PrintFailed, PrintFontMissing
from xiaoyuan.indicators.queries import shows_sample
from xiaoyuan.lib.fonts import FontMissing, chinese_font, missing_characters
from xiaoyuan.lib.place_names import short_name
from xiaoyuan.portal.map_drawing import FILLS, draw_map, path_of, svg_of
from xiaoyuan.portal.map_frame import MapFrame, Sheet, sheet_for
from xiaoyuan.portal.map_labels import Label, labels_of
from xiaoyuan.portal.queries.map_rows import MapRows, attribution, inset_outlines, map_rows
from xiaoyuan.register.choices import ParcelUse, RoadClass
from xiaoyuan.register.models import Division
from xiaoyuan.register.queries.divisions import division_bounds, names_above
from xiaoyuan.twin.ground import ground_under
from xiaoyuan.twin.plan_errors import NoGround, PlanRefused

_TEMPLATE: Final = Path(__file__).with_name("map.typ")
Bounds = tuple[float, float, float, float]
_DETAILS: Final = (
    ("building", 15_000.0),
    ("courtyard", 10_000.0),
    ("parcel", 25_000.0),
    ("road", 400_000.0),
    ("water", 1_000_000.0),
)
"""Up to which scale a layer can be told apart on paper."""


def layers_at(scale: float) -> frozenset[str]:
    """Return the layers that are drawn at 1:scale."""
    return frozenset(name for name, most in _DETAILS if scale <= most)


def set_map(
    viewer: Viewer,
    division: Division,
    *,
    paper: str,
    now: datetime,
    box: Bounds | None = None,
    has_internal: bool = False,
    has_relief: bool = True,
) -> bytes:
    """Return the map of a division, or of a box in degrees within it, as PDF.

    Internal layers are drawn only within the viewer's right to the console.

    Raises `PlanRefused` when nothing says where the division lies, `PrintFontMissing`, `PrintFailed`.
    """
    bounds = box or division_bounds(division.code)
    if bounds is None:
        raise PlanRefused(_("Nothing says where this division lies. Import its outline or places first."))
    sheet = sheet_for(bounds, paper)
    left, top, width, height = sheet.window
    frame = MapFrame.of(bounds, width, height)
    scope = Scope(prefixes=viewer.scope_for(Permission.CONSOLE).prefixes)
    layers = layers_at(frame.scale)
    rows = map_rows(division, frame.bounds, layers=layers, internal=scope if has_internal else None)
    terrain = None
    if has_relief:
        try:
            terrain = ground_under(division.code, frame.bounds).terrain
        except NoGround:
            terrain = None
    above = "".join(short_name(name) for name in names_above([division.code])[division.code][-2:])
    content = {
        "title": _("Map of %(name)s") % {"name": short_name(division.name)},
        "above": above,
        "sheet": _sheet(sheet),
        "window": {"x": left, "y": top, "width": width, "height": height},
        "svg": draw_map(frame, rows, terrain=terrain),
        "labels": [label.as_json() for label in labels_of(frame, rows)],
        "ticks": ticks(frame),
        "scale": scale_of(frame, 38.0 if sheet.is_lying or paper == "a3" else 17.0),
        "legend": _legend(rows, has_relief=terrain is not None),
        "inset": _inset(division),
        "mark": _("SAMPLE") if shows_sample(division.code) else "",
        "internal": _("Contains internal layers: for official use, do not pass on.") if has_internal else "",
        "notes": notes_of(division.code, now),
        "words": {"legend": _("Legend"), "north": _("N")},
    }
    return compile_sheet(_TEMPLATE, content)


def compile_sheet(template: Path, content: dict[str, Any]) -> bytes:
    """Set a sheet; raises `PrintFontMissing` or `PrintFailed` on any warning: no map with a substitute typeface."""
    try:
        font = chinese_font()
    except FontMissing:
        raise PrintFontMissing from None
    text = json.dumps(content | {"family": font.family}, ensure_ascii=False)
    for character in missing_characters(font, text):
        text = text.replace(character, "〓")
    try:
        pdf, warnings = typst.compile_with_warnings(
            str(template),
            font_paths=[str(font.folder)],
            ignore_system_fonts=True,
            sys_inputs={"sheet": text},
            pdf_tags=False,
        )
    except typst.TypstError as error:
        raise PrintFailed([str(error)]) from error
    if warnings or pdf is None:
        raise PrintFailed([str(warning) for warning in warnings])
    return bytes(pdf)


def notes_of(code: str, now: datetime) -> list[str]:
    """Return date, datum and sources of a map."""
    sources = attribution(code)
    day = timezone.localtime(now).strftime("%Y-%m-%d")
    return [
        _("Drawn from the village register, %(day)s") % {"day": day},
        _("CGCS2000, transverse Mercator through the middle of the sheet"),
        *((_("Sources: %(sources)s") % {"sources": "；".join(sources)},) if sources else ()),
        _("Boundaries are for reference, not for deciding rights."),
    ]


def scale_of(frame: MapFrame, most: float = 38.0) -> dict[str, Any]:
    """Return the scale as figure and as a bar of at most `most` millimetres."""
    length, middle, end = frame.bar(most)
    return {"text": f"1:{frame.scale:,.0f}", "length": length, "middle": middle, "end": end}


def ticks(frame: MapFrame) -> list[dict[str, Any]]:
    """Return the figures of the graticule along the window."""
    return [
        {"text": line["text"], "at": round(line["at"], 2), "is_meridian": line["is_meridian"]}
        for line in frame.graticule()
    ]


def _sheet(sheet: Sheet) -> dict[str, Any]:
    width, height = sheet.size
    return {
        "width": width, "height": height, "is_lying": sheet.is_lying, "side": sheet.side, "margin": sheet.margin,
        "is_large": sheet.paper == "a3",
    }  # fmt: skip


def _legend(rows: MapRows, *, has_relief: bool) -> list[dict[str, str]]:
    """Return what is on this map, each with a small drawing of 9 x 4.5 mm."""
    box = '<rect x=".3" y=".3" width="8.4" height="3.9" {}/>'
    line = '<path d="M.3 2.25h8.4" fill="none" {}/>'
    found: list[tuple[str, str]] = []
    if rows.outline is not None:
        dashes = 'stroke="#222" stroke-width=".42" stroke-dasharray="3.6 .9 .6 .9"'
        found.append((_("Boundary of this division"), line.format(dashes)))
    if rows.neighbours or rows.inner:
        dashes = 'stroke="#5a5a5a" stroke-width=".25" stroke-dasharray="2.2 .7 .5 .7"'
        found.append((_("Other boundaries"), line.format(dashes)))
    if rows.buildings:
        found.append((_("Building"), box.format('fill="#aaa29b" stroke="#2b2725" stroke-width=".14"')))
    if rows.courtyards:
        found.append(
            (_("Courtyard with number"), box.format('fill="#fbf7ee" stroke="#8b7355" stroke-width=".14"'))
        )
    kinds = {kind for _shape, kind, _width, _name in rows.roads}
    if kinds - {RoadClass.PATH, RoadClass.TRACK}:
        road = line.format('stroke="#4a443c" stroke-width="1.3"') + line.format(
            'stroke="#fff" stroke-width=".8"'
        )
        found.append((_("Road, width to scale where wide enough"), road))
    if kinds & {RoadClass.PATH, RoadClass.TRACK}:
        dashes = 'stroke="#333" stroke-width=".28" stroke-dasharray="1.8 .7"'
        found.append((_("Farm track, footpath"), line.format(dashes)))
    if rows.waters:
        found.append((_("Water"), box.format('fill="#d3e6f0" stroke="#5b8fae" stroke-width=".2"')))
    for use in ParcelUse:
        if rows.parcels.get(use) and use not in (ParcelUse.UNKNOWN, ParcelUse.OTHER):
            tint, pattern = FILLS[use]
            drawn = box.format(f'fill="{tint}" stroke="#9aa487" stroke-width=".1"')
            found.append((str(use.label), drawn + (box.format(f'fill="url(#{pattern})"') if pattern else "")))
    if has_relief:
        shades = "".join(
            f'<rect x="{0.3 + 2.1 * step}" y=".3" width="2.1" height="3.9" fill="#000" fill-opacity="{0.08 * step}"/>'
            for step in range(4)
        )
        found.append((_("Relief, light from the north-west"), shades))
    return [{"text": text, "svg": svg_of(drawn, 9, 4.5)} for text, drawn in found]


def _inset(division: Division) -> dict[str, Any] | None:
    """Return a small map of the division above with this one black in it."""
    name, others, own = inset_outlines(division)
    if not own or not others:
        return None
    every = shapely.GeometryCollection([one.shape for one in (*others, *own)])
    west, south, east, north = every.bounds
    frame = MapFrame.of((west, south, east, north), 36.0, 30.0, scale=_inset_scale(every.bounds))
    shapes = "".join(
        f'<path d="{path_of(frame, one.shape)}" fill="#f4f2ee" stroke="#555" stroke-width=".15"/>'
        for one in others
    )
    black = f'<path d="{path_of(frame, own[0].shape)}" fill="#222" stroke="#222" stroke-width=".2"/>'
    return {"text": _("Position in %(name)s") % {"name": name}, "svg": svg_of(shapes + black, 36.0, 30.0)}


def _inset_scale(bounds: tuple[float, float, float, float]) -> float:
    box = shapely.box(*bounds)
    west, south, east, north = shapely.bounds(MapFrame.of(bounds, 36.0, 30.0).frame.to_metres(box))
    return float(max((east - west) / 36.0, (north - south) / 30.0) * 1000 / 0.95)


__all__ = ["Label", "compile_sheet", "layers_at", "notes_of", "scale_of", "set_map", "ticks"]
