"""The scene's places as KML: footprints raised to their height, attributes as ExtendedData.

CGCS2000 and WGS 84, which KML asks for, differ by less than a decimetre: coordinates are written as they are.
"""

from collections.abc import Iterator
from io import TextIOBase
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import shapely

from xiaoyuan.exports.writing.values import as_text
from xiaoyuan.tiling.solids import resolve_heights
from xiaoyuan.twin.outputs.features import Features, counted, features
from xiaoyuan.twin.outputs.selecting import Progress, Wanted

_DECIMALS: Final = 8
_STYLES: Final = {
    # Line and fill as KML writes colours: opacity, blue, green, red.
    "division": ("ff7f7f7f", "00ffffff"),
    "courtyard": ("ff3f9fdf", "403f9fdf"),
    "building": ("ff4f5f7f", "ffa0b4c8"),
    "parcel": ("ff4f9f4f", "404f9f4f"),
    "road": ("ffffffff", "00ffffff"),
    "water": ("ffdf9f5f", "80df9f5f"),
    "plate": ("ff2f4fdf", "ff2f4fdf"),
}


def write_kml(wanted: Wanted, target: Path, progress: Progress) -> dict[str, int]:
    """Write a folder for each layer and return how many features each has."""
    counts: dict[str, int] = {}
    with target.open("w", encoding="utf-8", newline="\n") as file:
        file.write(
            '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">\n<Document>\n'
        )
        about = wanted.about()
        file.write(f"<name>{escape(about['name'])} {about['division']}</name>\n")
        told = "\n".join(f"{key}: {text}" for key, text in about.items())
        file.write(f"<description>{escape(told)}</description>\n")
        for name, (line, fill) in _STYLES.items():
            file.write(
                f'<Style id="{name}"><LineStyle><color>{line}</color></LineStyle>'
                f"<PolyStyle><color>{fill}</color></PolyStyle></Style>\n"
            )
        open_layer = ""
        for some in features(wanted, progress):
            if some.layer != open_layer:
                file.write("</Folder>\n" if open_layer else "")
                file.write(f"<Folder><name>{some.layer}</name>\n")
                open_layer = some.layer
            _write(file, some)
            counted(counts, some)
        file.write("</Folder>\n" if open_layer else "")
        file.write("</Document>\n</kml>\n")
    return counts


def _write(file: TextIOBase, some: Features) -> None:
    keys = [one.key for one in some.fields]
    for shape, values, height_m in zip(some.shapes, some.values, _heights(some, keys), strict=True):
        known = dict(zip(keys, values, strict=True))
        title = known.get("name") or f"{some.layer} {known.get('cid', '')}".strip()
        data = "".join(
            f"<Data name={quoteattr(key)}><value>{escape(as_text(value))}</value></Data>"
            for key, value in known.items()
            if value not in (None, "")
        )
        file.write(
            f"<Placemark><name>{escape(title)}</name><styleUrl>#{some.layer}</styleUrl>"
            f"<ExtendedData>{data}</ExtendedData>{_geometry(shape, height_m)}</Placemark>\n"
        )


def _heights(some: Features, keys: list[str]) -> list[float | None]:
    """Metres above the ground of each shape, as the scene draws it; None for what lies on the ground."""
    if some.layer != "building":
        return [None] * len(some.shapes)
    columns = {key: [row[keys.index(key)] for row in some.values] for key in ("height_m", "storeys")}
    height = np.array([np.nan if one is None else one for one in columns["height_m"]], np.float64)
    storeys = np.array([one or 0 for one in columns["storeys"]], np.int64)
    raised: list[float | None] = resolve_heights(height, storeys, 1).height_m.round(2).tolist()
    return raised


def _geometry(shape: Any, height_m: float | None) -> str:
    parts = [_simple(part, height_m) for part in _simple_parts(shape)]
    return parts[0] if len(parts) == 1 else f"<MultiGeometry>{''.join(parts)}</MultiGeometry>"


def _simple_parts(shape: Any) -> Iterator[Any]:
    if hasattr(shape, "geoms"):
        for part in shape.geoms:
            yield from _simple_parts(part)
    else:
        yield shape


def _simple(shape: Any, height_m: float | None) -> str:
    how = "" if height_m is None else "<extrude>1</extrude><altitudeMode>relativeToGround</altitudeMode>"
    if shape.geom_type == "Polygon":
        turned = shapely.orient_polygons(shape)
        holes = "".join(
            f"<innerBoundaryIs>{_ring(hole, height_m)}</innerBoundaryIs>" for hole in turned.interiors
        )
        outer = f"<outerBoundaryIs>{_ring(turned.exterior, height_m)}</outerBoundaryIs>"
        return f"<Polygon>{how}{outer}{holes}</Polygon>"
    name = "Point" if shape.geom_type == "Point" else "LineString"
    return f"<{name}>{how}<coordinates>{_coordinates(shape, height_m)}</coordinates></{name}>"


def _ring(ring: Any, height_m: float | None) -> str:
    return f"<LinearRing><coordinates>{_coordinates(ring, height_m)}</coordinates></LinearRing>"


def _coordinates(shape: Any, height_m: float | None) -> str:
    end = "" if height_m is None else f",{height_m:g}"
    points = shapely.get_coordinates(shape).round(_DECIMALS).tolist()
    return " ".join(f"{lon!r},{lat!r}{end}" for lon, lat in points)
