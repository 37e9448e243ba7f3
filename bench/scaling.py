"""How well a county's buildings spread over worker processes: `python -m bench.scaling 100k`.

Efficiency is T1 / (2 * T2), where T1 and T2 are what one and two workers of one thread each took for the same tasks.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from distributed import Client, LocalCluster

from bench.county import synthetic_county, write_hills
from bench.twin import FOLDER, number
from xiaoyuan.tiling import BuildingSet, Terrain
from xiaoyuan.tiling.building_cells import CellState
from xiaoyuan.tiling.buildings import report_cells
from xiaoyuan.tiling.cell_tasks import CellTask, groups_of
from xiaoyuan.tiling.pool import FilePool


def main(count: int) -> None:
    """Measure one and two workers, print, and keep the figures as JSON."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xiaoyuan.config.settings")
    import django

    django.setup()
    county = synthetic_county(count)
    columns = county.height_m, county.storeys, county.roof, county.structure
    buildings = BuildingSet(county.cid, county.footprints, *columns)
    results: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        dem = write_hills(folder / "hills.tif")
        for workers in (1, 2):
            results.append(_spread(buildings, dem, folder / f"pool-{workers}", workers))
            found = results[-1]
            print(
                f"{workers} workers: {found['wall_s']:.2f} s wall, {found['workers_cpu_s']:.2f} CPU-s of the "
                f"workers, {found['client_cpu_s']:.2f} of the client, {found['tasks']:.0f} tasks",
                flush=True,
            )
    alone, both = results
    efficiency = {key: alone[key] / both[key] for key in ("wall_s", "workers_cpu_s")}
    print(
        f"efficiency at 2 workers: {efficiency['wall_s'] / 2:.0%} by wall time, "
        f"{efficiency['workers_cpu_s']:.0%} by CPU seconds of the workers"
    )
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "scaling.json").write_text(json.dumps({"count": count, "runs": results}, indent=1))


def _spread(buildings: BuildingSet, dem: Path, pool: Path, workers: int) -> dict[str, float]:
    """Build with so many workers, which have each opened the elevation model and imported everything before."""
    from xiaoyuan.twin.scaling import TASK_BUILDINGS, results_of

    with (
        LocalCluster(
            n_workers=workers, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        client.run(_warm, dem)
        before = _workers_cpu_s(client)
        started, cpu = time.perf_counter(), time.process_time()
        tasks = [
            CellTask(group, ((dem, 0.0),), pool.absolute()) for group in groups_of(buildings, TASK_BUILDINGS)
        ]
        cells: dict[int, CellState] = {}
        for group in results_of(client, tasks):
            cells |= group
        spread_s = time.perf_counter() - started
        report_cells(cells, FilePool(pool))
        return {
            "workers": workers,
            "tasks": len(tasks),
            "wall_s": time.perf_counter() - started,
            "spread_s": spread_s,
            "client_cpu_s": time.process_time() - cpu,
            "workers_cpu_s": _workers_cpu_s(client) - before,
        }


def _warm(dem: Path) -> None:
    from xiaoyuan.tiling.cell_tasks import open_terrain

    assert isinstance(open_terrain(((dem, 0.0),)), Terrain)


def _workers_cpu_s(client: Any) -> float:
    return float(sum(client.run(time.process_time).values()))


if __name__ == "__main__":
    main(number(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
