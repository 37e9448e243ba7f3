"""What the peers read: the same shapes and attributes, each in the form that it reads fastest."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyogrio
import shapely

from bench.county import LAT, LON, SyntheticCounty
from bench.vectors import ROOFS
from xiaoyuan.tiling.arrays import AnyArray, Floats
from xiaoyuan.tiling.ellipsoid import metres_per_degree

FALLBACK_HEIGHT_M: Final = 3.0
"""Of a storey, where the county knows no height; ours works it out from storeys as well."""
LAYERS: Final[dict[str, Callable[[SyntheticCounty], list[bytes]]]] = {
    "buildings": lambda county: county.footprints_wkb,
    "parcels": lambda county: shapely.to_wkb(county.parcels, byte_order=1).tolist(),
}
"""Well-known binary of the polygons of a comparison of vector tiles."""


def attributes(county: SyntheticCounty) -> dict[str, AnyArray]:
    """An id of text, storeys, height and roof of each feature; no height is missing."""
    height = np.where(np.isnan(county.height_m), county.storeys * FALLBACK_HEIGHT_M, county.height_m)
    return {
        "id": np.array([f"B{cid:08}" for cid in county.cid.tolist()], object),
        "storeys": county.storeys,
        "height": np.round(height, 1),
        "roof": ROOFS[county.roof % len(ROOFS)],
    }


def write_layer(county: SyntheticCounty, name: str, target: Path) -> Path:
    """Write polygons with their attributes as FlatGeobuf, which tippecanoe and GDAL read without parsing text."""
    columns = attributes(county)
    pyogrio.raw.write(
        target,
        np.array(LAYERS[name](county), object),
        list(columns.values()),
        list(columns),
        geometry_type="Polygon",
        crs="EPSG:4326",
        driver="FlatGeobuf",
    )
    return target


def write_blocks(county: SyntheticCounty, target: Path) -> Path:
    """Write each building as a block with flat roof, for py3dtiles: MultiPolygon Z in metres with y upwards.

    Raising the blocks is not counted: it is done here, before the clock starts. What PostGIS would
    make for py3dtiles (move to the middle, turn so that y is up, largest first) are made here as well.
    """
    rings = county.footprint_rings
    metres = (rings.points - (LON, LAT)) * metres_per_degree(np.asarray(LAT))
    height = np.asarray(attributes(county)["height"], np.float64)
    blocks: list[bytes] = []
    for row in range(len(county)):
        x, y = metres[rings.offsets[row] : rings.offsets[row + 1]].T
        blocks.append(shapely.to_wkb(_block(x, y, float(height[row])), output_dimension=3, flavor="iso"))
    largest = np.argsort(-shapely.area(county.footprints), kind="stable").tolist()
    ids = attributes(county)["id"]
    target.write_bytes(pickle.dumps(([blocks[row] for row in largest], [ids[row] for row in largest])))
    return target


def _block(x: Floats, y: Floats, height: float) -> Any:
    """Floor, roof and walls over one closed ring; (x, y, z) becomes (x, z, -y)."""
    low, high = np.zeros_like(x), np.full_like(x, height)
    floor = np.stack([x, low, -y], 1)
    roof = np.stack([x, high, -y], 1)
    walls = np.stack([floor[:-1], floor[1:], roof[1:], roof[:-1], floor[:-1]], 1)
    return shapely.multipolygons([*map(shapely.polygons, (floor[::-1], roof, *walls))])
