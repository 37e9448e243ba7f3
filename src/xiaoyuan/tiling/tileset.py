"""The documents of a scene of buildings: a root tileset over one external tileset for each far cell of a fixed grid.

Far cells replace each other's finer looks: blocks, then boxes in middle cells, then near buildings in near cells.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from xiaoyuan.tiling.arrays import Bounds, Floats
from xiaoyuan.tiling.ellipsoid import east_north_up, to_ecef
from xiaoyuan.tiling.grid import cell_bounds, cell_from_key

FAR_LEVEL, MIDDLE_LEVEL, NEAR_LEVEL, BLOCK_LEVEL = 12, 14, 15, 18
"""Grid levels of the cells that hold blocks (4.9 km), boxes (1.2 km), near buildings (611 m) and one block (76 m)."""
GEOMETRIC_ERROR_M = {"tileset": 3000.0, "root": 400.0, FAR_LEVEL: 90.0, MIDDLE_LEVEL: 24.0, NEAR_LEVEL: 0.0}
"""What is missing while a level's finer one is not shown; with Cesium's 16 pixels at 720 lines of 36 degrees,
blocks appear within 27 km, boxes within 6 km and near buildings within 1.6 km.
"""
_MARGIN_M = 0.5
"""Bounding regions are wider than their content by more than its quantisation."""


@dataclass(frozen=True)
class Extent:
    """Degrees and ellipsoidal metres that a tile's content fills."""

    west: float
    south: float
    east: float
    north: float
    low_m: float
    high_m: float

    @classmethod
    def around(cls, extents: "Iterable[Extent]") -> "Extent":
        """The extent that holds all of them."""
        every = np.array([extent.as_list() for extent in extents])
        west, south, _, _, low, _ = every.min(0).tolist()
        _, _, east, north, _, high = every.max(0).tolist()
        return cls(west, south, east, north, low, high)

    def as_list(self) -> list[float]:
        """West, south, east, north, lowest, highest."""
        return [self.west, self.south, self.east, self.north, self.low_m, self.high_m]

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


@dataclass(frozen=True)
class Tile:
    """A node of a tree: an extent that holds its children's, and the pool name of its content."""

    extent: Extent
    level: int
    uri: str
    children: "tuple[Tile, ...]" = ()

    def document(self) -> dict[str, Any]:
        """The tile as JSON of 3D Tiles 1.1."""
        out: dict[str, Any] = {
            "boundingVolume": {"region": self.extent.region()},
            "geometricError": GEOMETRIC_ERROR_M[self.level],
            "refine": "REPLACE",
            "content": {"uri": self.uri},
        }
        if self.children:
            out["children"] = [child.document() for child in self.children]
        return out


@dataclass(frozen=True)
class Frame:
    """Where the metres of a far cell's tiles lie on the globe: at the cell's centre, which no building moves."""

    origin: Floats
    axes: Floats

    @classmethod
    def of(cls, key: int) -> "Frame":
        """The frame of a far cell."""
        west, south, east, north = cell_bounds(FAR_LEVEL, *cell_from_key(key))
        lon, lat = np.asarray((west + east) / 2), np.asarray((south + north) / 2)
        return cls(to_ecef(lon, lat, np.asarray(0.0)), east_north_up(lon, lat))

    def to_local(self, ecef: Floats) -> Floats:
        """Earth-centred metres (n, 3) as metres east, north, up; each row by itself, whatever else is there."""
        x, y, z = (ecef[:, axis] - self.origin[axis] for axis in range(3))
        return np.stack([x * east + y * north + z * up for east, north, up in self.axes], 1)

    def matrix(self) -> list[float]:
        """Column-major, as in 3D Tiles."""
        out = np.eye(4)
        out[:3, :3] = self.axes.T
        out[:3, 3] = self.origin
        return list(map(float, out.T.ravel()))


def far_document(key: int, tile: Tile) -> bytes:
    """The external tileset of a far cell."""
    root = tile.document() | {"transform": Frame.of(key).matrix()}
    return _tileset(GEOMETRIC_ERROR_M[FAR_LEVEL], root)


def root_document(cells: Iterable[tuple[str, Extent]]) -> bytes:
    """The entry document over the far cells' documents (pool name and extent, in the order of their keys)."""
    known = list(cells)
    children = [
        {
            "boundingVolume": {"region": extent.region()},
            "geometricError": GEOMETRIC_ERROR_M[FAR_LEVEL],
            "refine": "REPLACE",
            "content": {"uri": uri},
            "extras": {"extent": extent.as_list()},
        }
        for uri, extent in known
    ]
    root = {
        "boundingVolume": {"region": Extent.around(extent for _, extent in known).region()},
        "geometricError": GEOMETRIC_ERROR_M["root"],
        "refine": "REPLACE",
        "children": children,
    }
    return _tileset(GEOMETRIC_ERROR_M["tileset"], root)


def read_root(document: bytes) -> list[tuple[str, Extent]]:
    """What `root_document` was made of."""
    children = orjson.loads(document)["root"]["children"]
    return [(child["content"]["uri"], Extent(*child["extras"]["extent"])) for child in children]


def _tileset(error_m: float, root: dict[str, Any]) -> bytes:
    asset = {"version": "1.1", "generator": "Xiaoyuan"}
    return orjson.dumps({"asset": asset, "geometricError": error_m, "root": root})
