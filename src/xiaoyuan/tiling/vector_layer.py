"""What goes into vector tiles: one named layer of features with public, opaque properties."""

from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

from xiaoyuan.tiling.arrays import AnyArray, Objects
from xiaoyuan.tiling.errors import ColumnError
from xiaoyuan.tiling.wkb import RaggedPolygons

POINTS, LINES, POLYGONS = 0, 1, 2


@dataclass(frozen=True)
class VectorLayer:
    """n features of one kind: points, lines or polygons, single or multiple."""

    name: str
    min_zoom: int
    cid: NDArray[np.uint32]
    """Becomes the feature id."""
    geometry: Objects | RaggedPolygons
    """In degrees (EPSG:4490 or 4326): shapely geometries or, for polygons, arrays."""
    properties: dict[str, AnyArray] = field(default_factory=dict)
    """Columns of strings, integers or floats; None, nan and empty strings leave the property out."""
    kind: int = field(init=False, default=-1)
    """POINTS, LINES or POLYGONS; -1 when there is no shape."""

    def __post_init__(self) -> None:
        """Refuse columns that do not fit together."""
        for name, column in {"geometry": self.geometry, **self.properties}.items():
            if len(column) != len(self.cid):
                raise ColumnError(
                    f"Column {name} of layer {self.name} has {len(column)} rows, cid has {len(self.cid)}."
                )
        shapes = self.geometry.odd if isinstance(self.geometry, RaggedPolygons) else self.geometry
        kinds = set(np.unique(shapely.get_dimensions(shapes)).tolist()) - {-1}
        if isinstance(self.geometry, RaggedPolygons) and len(self.geometry.points):
            kinds.add(POLYGONS)
        if len(kinds) > 1:
            raise ColumnError(f"Layer {self.name} mixes points, lines and polygons.")

        object.__setattr__(self, "kind", kinds.pop() if kinds else -1)

    def __len__(self) -> int:
        return len(self.cid)
