"""Our builders on what the peers get, in a process of their own: `python -m bench.peers.ours PART COUNT FOLDER`."""

import json
import sys
from pathlib import Path

import numpy as np

from bench.county import synthetic_county
from bench.peers.inputs import LAYERS, attributes
from bench.twin import measured
from xiaoyuan.tiling import BuildingSet, VectorLayer, build_buildings, build_vectors
from xiaoyuan.tiling.pool import FilePool
from xiaoyuan.tiling.wkb import RaggedPolygons


def main(part: str, count: int, folder: Path) -> None:
    """Build from well-known binary, whose reading is counted, and print what it took as JSON."""
    county = synthetic_county(count)
    pool = FilePool(folder)
    index = ""
    if part == "blocks":
        # Flat roofs on level ground: the same solids as the peer is given. We add what a county needs besides: LODs.
        wkb, flat = county.footprints_wkb, np.zeros(count, np.uint8)
        with measured() as cost:
            shapes = RaggedPolygons.from_wkb(wkb)
            columns = county.height_m, county.storeys, flat, county.structure
            build_buildings(BuildingSet(county.cid, shapes, *columns), None, pool)
    else:
        wkb, columns_of_all = LAYERS[part](county), attributes(county)
        with measured() as cost:
            layer = VectorLayer("features", 10, county.cid, RaggedPolygons.from_wkb(wkb), columns_of_all)
            index = build_vectors([layer], pool, max_zoom=14).index
    print(json.dumps({**cost, "index": index}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
