"""Reading GeoJSON and GeoPackage: every layer with its shapes in degrees and its fields as the file names them."""

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
from xiaoyuan.register.imports.coordinates import (
    MissingCoordinateSystem,
    UnusableCoordinates,
    are_degrees,
    is_named,
    to_degrees,
)
from xiaoyuan.register.imports.source_layers import Shapes, SourceLayer

GEOJSON: Final = (".geojson", ".json")
GEOPACKAGE: Final = (".gpkg",)
_CRS_MEMBER: Final = re.compile(rb'"crs"\s*:\s*\{')
_HEAD_BYTES: Final = 65_536
_SAMPLE_WORDS: Final = ("样例", "虚构", "sample data")


class UnreadableFile(RegisterError):
    """A file that is no map file of a format we read."""


def read_file(
    path: Path, *, layer: str | None, source_crs: pyproj.CRS | None, progress: Callable[[int, int], None]
) -> list[SourceLayer]:
    """Read all layers with shapes, or one. `source_crs` counts only where the file names none.

    Raises `UnreadableFile`, `MissingCoordinateSystem` or `UnusableCoordinates`.
    """
    try:
        names = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
    except DataSourceError:
        raise UnreadableFile(
            _("%(file)s cannot be opened as %(format)s.")
            % {"file": path.name, "format": "GeoJSON" if path.suffix.lower() in GEOJSON else "GeoPackage"}
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
        layers.append(_read(path, name, source_crs))
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


def _read(path: Path, name: str, source_crs: pyproj.CRS | None) -> SourceLayer:
    try:
        meta, _fids, wkb, data = read_layer(path, layer=name, force_2d=True)
    except (DataSourceError, DataLayerError, ValueError) as error:
        raise UnreadableFile(
            _("%(file)s, layer %(layer)s cannot be read: %(reason)s")
            % {"file": path.name, "layer": name, "reason": str(error)}
        ) from None
    shapes: Shapes = np.asarray(shapely.from_wkb(wkb, on_invalid="fix"), dtype=object)
    crs = _crs(path, name, meta["crs"], shapes, source_crs)
    degrees, accuracy_m = to_degrees(shapes, crs)
    if not are_degrees(degrees):
        raise UnusableCoordinates(
            _("%(file)s, layer %(layer)s: its coordinates do not fit its coordinate system %(crs)s.")
            % {"file": path.name, "layer": name, "crs": crs.name}
        )
    columns = {str(field): _values(column) for field, column in zip(meta["fields"], data, strict=True)}
    numbers = range(1, len(shapes) + 1)
    return SourceLayer(name, None, degrees, numbers, columns, crs=crs.name, accuracy_m=accuracy_m)


def _crs(
    path: Path, layer: str, named: str | None, shapes: Shapes, source_crs: pyproj.CRS | None
) -> pyproj.CRS:
    """Return the layer's coordinate system; refuse to guess and to overrule the file."""
    crs = None if named is None else pyproj.CRS.from_user_input(named)
    if crs is not None and not is_named(crs):
        crs = None
    is_geojson = path.suffix.lower() in GEOJSON
    if is_geojson and not _names_crs(path) and not are_degrees(shapes):
        # RFC 7946: GeoJSON is in degrees; a reader that trusts this would put metres anywhere.
        crs = None
    if crs is None and source_crs is None:
        raise MissingCoordinateSystem(path.name, layer)
    if crs is not None and source_crs is not None and not crs.equals(source_crs, ignore_axis_order=True):
        raise UnusableCoordinates(
            _(
                "%(file)s, layer %(layer)s: the file says %(crs)s; --source-crs is only for files that say nothing."
            )
            % {"file": path.name, "layer": layer, "crs": crs.name}
        )
    found = crs or source_crs
    assert found is not None
    return found


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
