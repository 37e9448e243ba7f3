"""Which tables a scene shows, as which layer of its vector tiles, with which public properties."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from xiaoyuan.register.models import Courtyard, Parcel, PlaceRow, Road, Water

PLATE, BUILDING, DIVISION = "plate", "building", "division"
"""Layers that are not simply the rows of one table."""


@dataclass(frozen=True)
class TableLayer:
    """The rows of a table as a layer. `columns`: property -> column; `dimensions` keeps points, lines or areas."""

    name: str
    kind: str
    """Word of `PlaceChange.kind`."""
    model: type[PlaceRow]
    min_zoom: int
    columns: Mapping[str, str] = field(default_factory=dict)
    dimensions: int | None = None


TABLES: Final = (
    TableLayer("water", "water", Water, 11, {"kind": "kind"}, dimensions=2),
    TableLayer("waterway", "water", Water, 11, {"kind": "kind"}, dimensions=1),
    TableLayer("parcel", "parcel", Parcel, 13, {"use": "use", "crop": "crop"}),
    TableLayer("road", "road", Road, 11, {"class": "road_class", "width_m": "width_m"}),
    TableLayer("courtyard", "courtyard", Courtyard, 13, dimensions=2),
    # Courtyards whose place somebody pointed at, not yet surveyed.
    TableLayer("courtyard_point", "courtyard", Courtyard, 13, dimensions=0),
)
MIN_ZOOM: Final[dict[str, int]] = {
    DIVISION: 8,
    **{table.name: table.min_zoom for table in TABLES},
    BUILDING: 14,
    PLATE: 15,
}
ORDER: Final = tuple(MIN_ZOOM)
"""Order of the layers in every tile, the lowest first."""
MAX_ZOOM: Final = 16
LAYERS_OF_KIND: Final[dict[str, tuple[str, ...]]] = {
    "water": ("water", "waterway"),
    "parcel": ("parcel",),
    "road": ("road",),
    "courtyard": ("courtyard", "courtyard_point", PLATE),
    "building": (BUILDING,),
    "plate": (PLATE,),
}
"""Layers that a change of a place touches."""
