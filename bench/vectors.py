"""Vector tiles of an invented county: CPU seconds, bytes, tiles and edits. Run `python -m bench.vectors N`."""

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

from bench.county import SyntheticCounty, synthetic_county
from xiaoyuan.tiling import (
    VectorLayer,
    VectorReport,
    build_vectors,
    rebuild_vectors,
    tile_box,
    tiles_touching,
)
from xiaoyuan.tiling.arrays import Objects
from xiaoyuan.tiling.pool import FilePool
from xiaoyuan.tiling.vector_index import Tile, VectorIndex

ROOFS = np.array(["flat", "gable", "hip"], object)
EDITS = 20


@dataclass(frozen=True)
class Cost:
    """What one piece of work took."""

    cpu_s: float
    wall_s: float


def measured(work: Callable[[], VectorReport]) -> tuple[VectorReport, Cost]:
    """Run once."""
    cpu, wall = time.process_time(), time.perf_counter()
    report = work()
    return report, Cost(time.process_time() - cpu, time.perf_counter() - wall)


def peers_layer(county: SyntheticCounty) -> VectorLayer:
    """Buildings at zooms 10-14 with the attributes that the peers are given: an id of text, storeys, height, roof."""
    return VectorLayer(
        "building",
        10,
        county.cid,
        county.footprints,
        {
            "id": np.array([f"B{cid:08}" for cid in county.cid.tolist()], object),
            "storeys": county.storeys,
            "height_m": np.round(county.height_m, 1),
            "roof": ROOFS[county.roof % len(ROOFS)],
        },
    )


def scene_layers(county: SyntheticCounty) -> list[VectorLayer]:
    """A scene's layers as the twin cuts them."""
    uses = np.array(["paddy", "dry", "forest", "orchard"], object)

    def layer(name: str, min_zoom: int, shapes: Objects, **properties: object) -> VectorLayer:
        cid = np.arange(1, len(shapes) + 1, dtype=np.uint32)
        columns = {key: np.resize(np.asarray(value), len(shapes)) for key, value in properties.items()}
        return VectorLayer(name, min_zoom, cid, shapes, columns)

    return [
        layer("division", 8, county.divisions, level=np.array(["village"], object)),
        layer("parcel", 13, county.parcels, use=uses),
        layer("road", 11, county.roads, width_m=np.array([3.5, 5.0])),
        layer("courtyard", 13, county.courtyards),
        layer("building", 14, county.footprints, storeys=county.storeys),
        layer("plate", 15, county.plates),
    ]


def edits(pool: FilePool, index: str, layer: VectorLayer, order: list[str], times: int) -> list[Cost]:
    """Move one shape a few metres, durably, `times` times; what lies near is looked up before the clock starts."""
    before = np.asarray(layer.geometry, object)
    tree = shapely.STRtree(before)
    random = np.random.default_rng(5)
    costs = []
    durable = FilePool(pool.folder, durable=True)
    for row in random.integers(0, len(layer), times).tolist():
        geometry = before.copy()
        geometry[row] = shapely.transform(geometry[row], lambda points: points + 2e-5)
        dirty: set[Tile] = set()
        for box in shapely.bounds([before[row], geometry[row]]).tolist():
            dirty |= tiles_touching(tuple(box), layer.min_zoom, 16)
        boxes = [shapely.box(*tile_box(*tile)) for tile in dirty]
        near = np.union1d(np.unique(tree.query(boxes)[1]), [row])
        part = VectorLayer(
            layer.name,
            layer.min_zoom,
            layer.cid[near],
            geometry[near],
            {name: column[near] for name, column in layer.properties.items()},
        )

        def rebuild(part: VectorLayer = part, dirty: set[Tile] = dirty) -> VectorReport:
            report = rebuild_vectors(index, part, dirty, durable, order=order)
            durable.settle()
            return report

        costs.append(measured(rebuild)[1])
    return costs


def peak_mb() -> float:
    """Largest resident size of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(count: int) -> None:
    """Measure and print."""
    county = synthetic_county(count)
    with tempfile.TemporaryDirectory() as folder:
        layer = peers_layer(county)
        print(f"{count:,} buildings are there: {peak_mb():.0f} MB", flush=True)
        pool = FilePool(Path(folder) / "peers")
        report, cost = measured(lambda: build_vectors([layer], pool, max_zoom=14))
        print(
            f"z10-14: {cost.cpu_s:.2f} CPU-s, {cost.wall_s:.2f} s, {report.tiles:,} tiles, "
            f"{report.bytes_written / 1e6:.1f} MB, {count / cost.cpu_s:,.0f} features/CPU-s, peak {peak_mb():.0f} MB",
            flush=True,
        )
        layers = scene_layers(county)
        features = sum(map(len, layers))
        pool = FilePool(Path(folder) / "scene")
        report, cost = measured(lambda: build_vectors(layers, pool))
        print(
            f"scene of {features:,} features to z16: {cost.cpu_s:.2f} CPU-s, {cost.wall_s:.2f} s, "
            f"{report.tiles:,} tiles, {report.bytes_written / 1e6:.1f} MB, peak {peak_mb():.0f} MB",
            flush=True,
        )
        VectorIndex(pool, report.index).bounds()
        order = [layer.name for layer in layers]
        for name in ("building", "courtyard", "parcel"):
            costs = edits(pool, report.index, layers[order.index(name)], order, EDITS)
            wall, cpu = (
                np.median([getattr(cost, key) for cost in costs]) * 1e3 for key in ("wall_s", "cpu_s")
            )
            print(f"edit of one {name}, durable: median {wall:.1f} ms, {cpu:.1f} CPU-ms", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
