"""CPU seconds from well-known binary to footprints and roof wings: ``python -m bench.footprints 1000000``."""

import sys
import time

import numpy as np
import shapely

from xiaoyuan.tiling.arrays import Floats
from xiaoyuan.tiling.ellipsoid import metres_per_degree
from xiaoyuan.tiling.footprints import prepare
from xiaoyuan.tiling.wings import find_wings
from xiaoyuan.tiling.wkb import RaggedPolygons

BATCH = 32_768
_LON, _LAT = 105.3, 27.3
_SHAPES: list[tuple[float, list[tuple[float, float]]]] = [
    (0.60, [(0, 0), (12, 0), (12, 8), (0, 8)]),
    (0.25, [(0, 0), (16, 0), (16, 8), (8, 8), (8, 18), (0, 18)]),
    (0.08, [(0, 0), (18, 0), (18, 6), (12, 6), (12, 16), (6, 16), (6, 6), (0, 6)]),
    (0.07, [(0, 0), (20, 0), (20, 15), (14, 15), (14, 6), (6, 6), (6, 15), (0, 15)]),
]
"""Share and outline in metres: rectangles, L, T and U."""


def footprints(count: int) -> list[bytes]:
    """Well-known binary of turned houses on a jittered grid, shapes mixed; the same for the same count."""
    random = np.random.default_rng(20260101)
    kind = random.choice(len(_SHAPES), count, p=[share for share, _ in _SHAPES])
    side = int(np.ceil(np.sqrt(count)))
    scale = metres_per_degree(np.asarray(_LAT))
    out = np.empty(count, object)
    for number, (_, outline) in enumerate(_SHAPES):
        rows = np.flatnonzero(kind == number)
        place: Floats = np.stack([rows % side, rows // side], 1) * 30.0 + random.uniform(
            -4, 4, (len(rows), 2)
        )
        angle, size = random.uniform(0, np.pi, len(rows)), random.uniform(0.7, 1.3, len(rows))
        cos, sin = (np.cos(angle) * size)[:, None], (np.sin(angle) * size)[:, None]
        x, y = np.array([*outline, outline[0]]).T
        rings = np.stack([x * cos - y * sin, x * sin + y * cos], 2) + place[:, None]
        out[rows] = shapely.to_wkb(shapely.polygons(rings / scale + [_LON, _LAT]))
    return list(out)


def main(count: int) -> None:
    """Print CPU seconds of each step."""
    wkb = footprints(count)
    started = time.process_time()
    ragged = RaggedPolygons.from_wkb(wkb)
    seconds = {"from_wkb": time.process_time() - started, "prepare": 0.0, "find_wings": 0.0, "triangles": 0.0}
    parts = wings = 0
    for first in range(0, count, BATCH):
        rows = np.arange(first, min(first + BATCH, count))
        started = time.process_time()
        prints = prepare(rows + 1, ragged.take(rows))
        seconds["prepare"] += time.process_time() - started
        started = time.process_time()
        found = find_wings(prints.rings)
        seconds["find_wings"] += time.process_time() - started
        started = time.process_time()
        prints.rings.triangles()
        seconds["triangles"] += time.process_time() - started
        parts += len(prints.part_owner)
        wings += len(found.part)
    print(f"{count:,} footprints, {parts:,} parts, {wings:,} wings")
    for name, value in seconds.items():
        print(f"{name:12} {value:7.2f} CPU-s {count / max(value, 1e-9):14,.0f}/s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
