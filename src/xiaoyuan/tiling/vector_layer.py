"""What goes into vector tiles: one named layer of features with public, opaque properties."""

from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

from xiaoyuan.tiling.arrays import AnyArray, Objects
from xiaoyuan.tiling.errors import ColumnError
from xiaoyuan.tiling.protobuf import bytes_field, double_field, number_field, zigzag


@dataclass(frozen=True)
class VectorLayer:
    """n features of one kind: points, lines or polygons, single or multiple."""

    name: str
    min_zoom: int
    cid: NDArray[np.uint32]
    """Becomes the feature id."""
    geometry: Objects
    """In degrees (EPSG:4490 or 4326)."""
    properties: dict[str, AnyArray] = field(default_factory=dict)
    """Columns of strings, integers or floats; None, nan and empty strings leave the property out."""

    def __post_init__(self) -> None:
        """Refuse columns that do not fit together."""
        for name, column in {"geometry": self.geometry, **self.properties}.items():
            if len(column) != len(self.cid):
                raise ColumnError(
                    f"Column {name} of layer {self.name} has {len(column)} rows, cid has {len(self.cid)}."
                )
        kinds = np.unique(shapely.get_dimensions(self.geometry))
        if len(kinds[kinds >= 0]) > 1:
            raise ColumnError(f"Layer {self.name} mixes points, lines and polygons.")

    def __len__(self) -> int:
        return len(self.cid)

    def encoded_properties(self) -> dict[str, list[bytes | None]]:
        """Each property's values as vector-tile Value messages, None where left out."""
        return {
            name: [encoded_value(value) for value in column.tolist()]
            for name, column in self.properties.items()
        }


def encoded_value(value: object) -> bytes | None:
    """A Value message (Mapbox Vector Tile 2.1, 4.1), or None for a value that says nothing."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return bytes_field(1, value.encode())
    if isinstance(value, bool):
        return number_field(7, int(value))
    if isinstance(value, int):
        if value >= 0:
            return number_field(5, value)
        return number_field(6, int(zigzag(np.asarray(value, np.int64))))
    if isinstance(value, float):
        return None if value != value else double_field(3, value)
    raise ColumnError(f"A property holds {value!r}; vector tiles carry strings, integers and floats.")
