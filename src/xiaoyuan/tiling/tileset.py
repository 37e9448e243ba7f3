"""The tree of tiles: fixed grid cells, three levels of detail that replace each other, and its tileset.json."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from xiaoyuan.tiling.arrays import Bounds
from xiaoyuan.tiling.files import write_whole

FAR_LEVEL, MIDDLE_LEVEL, NEAR_LEVEL = 12, 15, 16
"""Grid levels of the cells that hold blocks (4.9 km), boxes (611 m) and near buildings (305 m)."""
GEOMETRIC_ERROR_M = {"tileset": 3000.0, "root": 400.0, FAR_LEVEL: 90.0, MIDDLE_LEVEL: 24.0, NEAR_LEVEL: 0.0}
"""What is missing while a level's finer one is not shown; with Cesium's 16 pixels at 720 lines of 36 degrees,
blocks appear within 27 km, boxes within 6 km and near buildings within 1.6 km.
"""
_MARGIN_M = 0.5
"""Bounding regions are wider than their content by more than its quantisation."""


@dataclass
class Extent:
    """Degrees and ellipsoidal metres that a tile's content fills."""

    west: float
    south: float
    east: float
    north: float
    low_m: float
    high_m: float

    def grown(self, other: "Extent") -> "Extent":
        """The extent that holds both."""
        return Extent(
            min(self.west, other.west),
            min(self.south, other.south),
            max(self.east, other.east),
            max(self.north, other.north),
            min(self.low_m, other.low_m),
            max(self.high_m, other.high_m),
        )

    @property
    def bounds(self) -> Bounds:
        """West, south, east, north in degrees."""
        return self.west, self.south, self.east, self.north

    def region(self) -> list[float]:
        """3D Tiles bounding region: radians and metres."""
        margin_deg = _MARGIN_M / 111_320.0 / max(0.05, float(np.cos(np.radians(self.north))))
        west, south, east, north = np.radians(
            [self.west - margin_deg, self.south - margin_deg, self.east + margin_deg, self.north + margin_deg]
        ).tolist()
        return [west, south, east, north, self.low_m - _MARGIN_M, self.high_m + _MARGIN_M]


@dataclass
class Tile:
    """A node of the tree."""

    extent: Extent
    geometric_error_m: float
    uri: str | None = None
    frame: list[float] | None = None
    """Column-major matrix from the tile's and its children's metres to earth-centred ones."""
    children: list["Tile"] = field(default_factory=list)

    def whole(self) -> Extent:
        """Extent of the content and of all children's."""
        out = self.extent
        for child in self.children:
            out = out.grown(child.whole())
        return out

    def document(self) -> dict[str, Any]:
        """The tile as JSON of 3D Tiles 1.1."""
        out: dict[str, Any] = {
            "boundingVolume": {"region": self.whole().region()},
            "geometricError": self.geometric_error_m,
            "refine": "REPLACE",
        }
        if self.frame is not None:
            out["transform"] = self.frame
        if self.uri is not None:
            out["content"] = {"uri": self.uri}
        if self.children:
            out["children"] = [child.document() for child in self.children]
        return out


def write_tileset(path: Path, cells: list[Tile]) -> Extent:
    """Write tileset.json over the far cells; returns the extent of everything."""
    extent = cells[0].whole()
    for cell in cells[1:]:
        extent = extent.grown(cell.whole())
    root = Tile(extent, GEOMETRIC_ERROR_M["root"], children=cells)
    document = {
        "asset": {"version": "1.1", "generator": "Xiaoyuan"},
        "geometricError": GEOMETRIC_ERROR_M["tileset"],
        "root": root.document(),
    }
    write_whole(path, orjson.dumps(document), durable=True)
    return extent
