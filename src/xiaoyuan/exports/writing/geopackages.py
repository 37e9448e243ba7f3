"""Shapes with their attributes as layers of one GeoPackage in CGCS2000 (EPSG:4490), chunk by chunk."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from pyogrio import raw

from xiaoyuan.exports.sources import ExportField, FieldKind
from xiaoyuan.exports.writing.typed import typed

CRS: Final = "EPSG:4490"
_KINDS: Final[dict[FieldKind, tuple[Any, Any]]] = {
    FieldKind.INTEGER: (np.int64, 0),
    FieldKind.DECIMAL: (np.float64, 0.0),
    FieldKind.DATE: ("datetime64[D]", np.datetime64("1970-01-01")),
    FieldKind.BOOLEAN: (np.bool_, False),
}


class GeoPackage:
    """A file that takes rows layer by layer; a layer appears with its first row."""

    def __init__(self, path: Path, *, metadata: Mapping[str, str] | None = None) -> None:
        self.path = path
        self._metadata = dict(metadata or {})
        self._layers: set[str] = set()

    def append(
        self,
        layer: str,
        fields: Sequence[ExportField],
        rows: Sequence[Sequence[Any]],
        shapes: Sequence[bytes | None],
    ) -> None:
        """Append rows of a layer; `shapes` is WKB in degrees, None where nothing was surveyed yet."""
        data: list[Any] = []
        masks: list[Any] = []
        for place, one in enumerate(fields):
            values = [typed(one, row[place]) for row in rows]
            missing = np.array([value is None for value in values])
            kind = _KINDS.get(one.kind)
            if kind is None:
                column = np.empty(len(values), dtype=object)
                column[:] = values
                masks.append(None)
            else:
                column = np.array([kind[1] if value is None else value for value in values], dtype=kind[0])
                masks.append(missing)
            data.append(column)
        geometry = np.empty(len(shapes), dtype=object)
        geometry[:] = list(shapes)
        raw.write(
            self.path,
            geometry,
            data,
            [one.key for one in fields],
            field_mask=masks,
            layer=layer,
            driver="GPKG",
            geometry_type="Unknown",
            crs=CRS,
            append=layer in self._layers,
            # Written once: GDAL keeps it beside the layers.
            dataset_metadata=None if self._layers else self._metadata or None,
        )
        self._layers.add(layer)
