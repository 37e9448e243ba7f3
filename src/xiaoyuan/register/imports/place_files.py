"""Reading the formats that GDAL knows: every layer with its shapes in degrees and its fields as the file names them."""

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyogrio
import pyproj
import shapely
from django.utils.translation import gettext as _
from pyogrio.errors import DataLayerError, DataSourceError
from pyogrio.raw import read as read_layer

from xiaoyuan.register.errors import RegisterError
from xiaoyuan.register.imports.coordinates import Reference, are_degrees, choose, to_ground, zone_hint
from xiaoyuan.register.imports.source_layers import Shapes, SourceLayer

GEOJSON: Final = (".geojson", ".json")
GEOPACKAGE: Final = (".gpkg",)
FLATGEOBUF: Final = (".fgb",)
KML: Final = (".kml",)
SHAPEFILE: Final = (".shp",)
_FORMATS: Final = {
    **dict.fromkeys(GEOJSON, "GeoJSON"),
    **dict.fromkeys(GEOPACKAGE, "GeoPackage"),
    **dict.fromkeys(FLATGEOBUF, "FlatGeobuf"),
    **dict.fromkeys(KML, "KML"),
    **dict.fromkeys(SHAPEFILE, "Shapefile"),
}
_CRS_MEMBER: Final = re.compile(rb'"crs"\s*:\s*\{')
_HEAD_BYTES: Final = 65_536
_SAMPLE_WORDS: Final = ("样例", "虚构", "sample data")


class UnreadableFile(RegisterError):
    """A file that is no map file of a format we read."""


def read_file(
    path: Path,
    *,
    layer: str | None,
    source_crs: Reference | None,
    progress: Callable[[int, int], None],
    encoding: str | None = None,
) -> list[SourceLayer]:
    """Read all layers with shapes, or one. `source_crs` counts only where the file names none.

    encoding: of the texts of a format that does not fix it.

    Raises `UnreadableFile`, `MissingCoordinateSystem` or `UnusableCoordinates`.
    """
    try:
        names = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
    except DataSourceError:
        raise UnreadableFile(
            _("%(file)s cannot be opened as %(format)s.")
            % {"file": path.name, "format": _FORMATS.get(path.suffix.lower(), path.suffix)}
        ) from None
    if layer is not None and layer not in names:
        raise UnreadableFile(
            _("%(file)s has no layer “%(layer)s”; there are %(known)s.")
            % {"file": path.name, "layer": layer, "known": ", ".join(names)}
        )
    wanted = [layer] if layer is not None else names
    layers = []
    for done, name in enumerate(wanted):
        progress(done, len(wanted))
        layers.append(_read(path, name, source_crs, encoding))
    return layers


def says_sample(path: Path) -> bool:
    """Whether a GeoPackage says of itself that its contents are invented."""
    if path.suffix.lower() not in GEOPACKAGE:
        return False
    try:
        first = next(iter(pyogrio.list_layers(path)), None)
        metadata = (
            {} if first is None else pyogrio.read_info(path, layer=str(first[0]))["dataset_metadata"] or {}
        )
    except (DataSourceError, DataLayerError):
        return False
    return any(word in str(text) for text in metadata.values() for word in _SAMPLE_WORDS)


def _read(path: Path, name: str, given: Reference | None, encoding: str | None) -> SourceLayer:
    try:
        meta, _fids, wkb, data = read_layer(path, layer=name, force_2d=True, encoding=encoding)
        columns = {str(field): _values(column) for field, column in zip(meta["fields"], data, strict=True)}
    except (DataSourceError, DataLayerError, ValueError) as error:
        raise UnreadableFile(
            _("%(file)s, layer %(layer)s cannot be read: %(reason)s")
            % {"file": path.name, "layer": name, "reason": str(error)}
        ) from None
    shapes: Shapes = np.asarray(shapely.from_wkb(wkb, on_invalid="fix"), dtype=object)
    named = None if meta["crs"] is None else pyproj.CRS.from_user_input(meta["crs"])
    if (
        path.suffix.lower() in GEOJSON
        and not _names_crs(path)
        and not are_degrees(shapes)
        and named is not None
    ):
        # RFC 7946: GeoJSON is in degrees; a reader that trusts this would put metres anywhere.
        named = None if not _are_swapped(shapes) else named
    reference = choose(path.name, name, named, given, zone_hint(shapes))
    ground = to_ground(shapes, reference, file=path.name, layer=name)
    return SourceLayer(
        name,
        None,
        ground.shapes,
        range(1, len(shapes) + 1),
        columns,
        crs=reference.name,
        accuracy_m=ground.accuracy_m,
        remarks=ground.remarks,
    )


def _are_swapped(shapes: Shapes) -> bool:
    """Whether the numbers are degrees all the same, the latitude first."""
    return bool((np.abs(shapely.total_bounds(shapes)) <= 180).all())


def _names_crs(path: Path) -> bool:
    """Whether a GeoJSON file has the "crs" member of the older standard, at its beginning or end."""
    with path.open("rb") as content:
        head = content.read(_HEAD_BYTES)
        content.seek(max(0, path.stat().st_size - _HEAD_BYTES))
        return bool(_CRS_MEMBER.search(head) or _CRS_MEMBER.search(content.read()))


def _values(column: "np.ndarray[Any, np.dtype[Any]]") -> list[Any]:
    """Return plain values, None where empty: whole floats of a nullable integer column become integers again."""
    if np.issubdtype(column.dtype, np.datetime64):
        return [None if np.isnat(value) else str(value) for value in column]
    if np.issubdtype(column.dtype, np.floating):
        return [None if math.isnan(value) else value for value in column.tolist()]
    return [None if value is None or value == "" else value for value in column.tolist()]
