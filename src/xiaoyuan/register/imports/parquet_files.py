"""Reading GeoParquet (1.0, 1.1): shapes as WKB with the coordinate system of the file's own metadata."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa
import pyproj
import pyproj.exceptions
import shapely
from django.utils.translation import gettext as _
from pyarrow import parquet

from xiaoyuan.register.imports.coordinates import Reference, choose, to_ground, zone_hint
from xiaoyuan.register.imports.place_files import UnreadableFile
from xiaoyuan.register.imports.source_layers import Shapes, SourceLayer

_DAMAGE: Final = (
    pa.ArrowException,
    OSError,
    KeyError,
    TypeError,
    AttributeError,
    shapely.errors.GEOSException,
)
PARQUET: Final = (".parquet", ".geoparquet")
_NO_CRS_MEANS: Final = "OGC:CRS84"
"""GeoParquet 1.1: a column without "crs" is in degrees of WGS 84; one with null says nothing."""


def read_parquet(
    path: Path, *, source_crs: Reference | None, progress: Callable[[int, int], None]
) -> list[SourceLayer]:
    """Read the one layer of a GeoParquet file, named after the file.

    Raises `UnreadableFile`, `MissingCoordinateSystem` or `UnusableCoordinates`.
    """
    layer = path.name.split(".")[0]
    try:
        with parquet.ParquetFile(path) as file:
            geo = _metadata(path, file)
            primary = str(geo["primary_column"])
            about = geo["columns"][primary]
            if about.get("encoding") != "WKB":
                raise UnreadableFile(
                    _(
                        "%(file)s: its shapes are encoded as “%(encoding)s”; only WKB is read. Save it with WKB."
                    )
                    % {"file": path.name, "encoding": about.get("encoding")}
                )
            named = _crs(path, about)
            shapes, columns = _rows(file, primary, geo, progress)
    except _DAMAGE as error:
        raise UnreadableFile(
            _("%(file)s cannot be read as GeoParquet: %(reason)s.")
            % {
                "file": path.name,
                "reason": str(error).splitlines()[0] if str(error) else type(error).__name__,
            }
        ) from None
    reference = choose(path.name, layer, named, source_crs, zone_hint(shapes))
    ground = to_ground(shapes, reference, file=path.name, layer=layer)
    return [
        SourceLayer(
            layer,
            None,
            ground.shapes,
            range(1, len(shapes) + 1),
            columns,
            crs=reference.name,
            accuracy_m=ground.accuracy_m,
            remarks=ground.remarks,
        )
    ]


def _metadata(path: Path, file: parquet.ParquetFile) -> dict[str, Any]:
    text = (file.metadata.metadata or {}).get(b"geo")
    if text is None:
        raise UnreadableFile(
            _("%(file)s is a table without shapes: it has no GeoParquet metadata.") % {"file": path.name}
        )
    try:
        geo: dict[str, Any] = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise UnreadableFile(
            _("%(file)s: its GeoParquet metadata cannot be read.") % {"file": path.name}
        ) from None
    return geo


def _crs(path: Path, about: dict[str, Any]) -> pyproj.CRS | None:
    if "crs" not in about:
        return pyproj.CRS.from_user_input(_NO_CRS_MEANS)
    if about["crs"] is None:
        return None
    try:
        return pyproj.CRS.from_json_dict(about["crs"])
    except (pyproj.exceptions.CRSError, TypeError, AttributeError):
        raise UnreadableFile(
            _("%(file)s: its coordinate system cannot be understood.") % {"file": path.name}
        ) from None


def _rows(
    file: parquet.ParquetFile, primary: str, geo: dict[str, Any], progress: Callable[[int, int], None]
) -> tuple[Shapes, dict[str, list[Any]]]:
    """Return the shapes and the plain columns, read group by group; nested columns hold no values of ours."""
    schema = file.schema_arrow
    geometries = set(geo["columns"])
    plain = [
        field.name for field in schema if field.name not in geometries and not pa.types.is_nested(field.type)
    ]
    columns: dict[str, list[Any]] = {name: [] for name in plain}
    shapes: list[Shapes] = []
    groups = file.metadata.num_row_groups
    for group in range(groups):
        progress(group, groups)
        table = file.read_row_group(group, columns=[primary, *plain])
        wkb = np.array(table.column(primary).to_pylist(), dtype=object)
        shapes.append(shapely.force_2d(shapely.from_wkb(wkb, on_invalid="fix")))
        for name in plain:
            columns[name] += [_plain(value) for value in table.column(name).to_pylist()]
    return np.concatenate(shapes) if shapes else np.empty(0, dtype=object), columns


def _plain(value: Any) -> Any:
    if (
        value is None
        or value == ""
        or isinstance(value, bytes)
        or (isinstance(value, float) and value != value)
    ):
        return None
    return value if isinstance(value, str | int | float | bool) else str(value)
