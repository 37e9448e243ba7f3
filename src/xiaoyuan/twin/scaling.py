"""Building a county's 3D buildings on many machines: groups of cells become tasks of a dask.distributed scheduler.

Workers share the twin folder and the data folder with whoever started the build; they need no database. Every file is
named after its content, so that a task that runs twice (its worker was killed) writes the same files again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from xiaoyuan.tiling import BuildingSet, Terrain
from xiaoyuan.tiling.building_cells import CellState, far_key
from xiaoyuan.tiling.buildings import TilesetReport, build_cells, middle_cells, report_cells
from xiaoyuan.tiling.pool import FilePool
from xiaoyuan.twin.building import BuildingBuilder
from xiaoyuan.twin.errors import NoScheduler
from xiaoyuan.twin.reading import Ground, Part, ground_under

if TYPE_CHECKING:
    from distributed import Client

TASK_BUILDINGS: Final = 6_000
"""At least this many buildings a task: the scheduler's own cost then stays below a percent."""
IN_FLIGHT: Final = 3
"""Tasks a worker may have waiting: bounds what the coordinator sends ahead."""


@dataclass(frozen=True)
class Task:
    """What a worker needs: buildings of whole cells, the ground they stand on, where the files go."""

    buildings: BuildingSet
    ground: Ground | None
    pool: Path


def build_group(task: Task) -> dict[int, CellState]:
    """Build the cells of one task; runs in a worker."""
    terrain = task.ground.open() if task.ground else None
    return build_cells(task.buildings, terrain, FilePool(task.pool))


def builder_on(
    scheduler: str, *, on_progress: Callable[[int, int], None] = lambda done, total: None
) -> BuildingBuilder:
    """Return a builder that spreads the buildings of a scene over the workers of a scheduler (``tcp://host:port``).

    The builder raises `NoScheduler` when nobody answers there.
    """

    def build(part: Part, terrain: Terrain | None, pool: FilePool) -> TilesetReport | None:
        buildings = part.buildings()
        if buildings is None:
            return None
        ground = ground_under(part.code, part.layer_class)
        tasks = [Task(group, ground, pool.folder.resolve()) for group in groups_of(buildings)]
        cells: dict[int, CellState] = {}
        with _client(scheduler) as client:
            for done, group in enumerate(_results(client, tasks), 1):
                cells |= group
                on_progress(done, len(tasks))
        return report_cells(cells, pool)

    return build


def groups_of(buildings: BuildingSet) -> Iterator[BuildingSet]:
    """Yield the buildings of whole far cells, neighbours together, at least TASK_BUILDINGS at a time."""
    middles = middle_cells(shapely.bounds(buildings.footprint))
    unique, number = np.unique(middles, return_inverse=True)
    keys = np.array([far_key(int(key)) for key in unique], np.int64)[number]
    order = np.argsort(keys, kind="stable")
    ends = [*(np.flatnonzero(np.diff(keys[order])) + 1).tolist(), len(order)]
    start = 0
    for end in ends:
        if end - start >= TASK_BUILDINGS or end == len(order):
            yield buildings.take(order[start:end])
            start = end


def _results(client: "Client", tasks: list[Task]) -> Iterator[dict[int, CellState]]:
    """Yield what the tasks give as they finish; only a few are in flight at a time."""
    from distributed import as_completed

    waiting = iter(tasks)

    def following(count: int) -> list[object]:
        # A killed worker costs its tasks only: the scheduler gives them to another one.
        return [
            client.submit(build_group, task, pure=False, retries=3)
            for task, _ in zip(waiting, range(count), strict=False)
        ]

    workers = max(1, len(client.scheduler_info(n_workers=-1)["workers"]))
    running = as_completed(following(IN_FLIGHT * workers))
    for future in running:
        yield future.result()
        future.release()
        running.update(following(1))


def _client(scheduler: str) -> "Client":
    try:
        from distributed import Client
    except ImportError:
        raise NoScheduler(
            scheduler, "dask.distributed is not installed (pip install 'xiaoyuan[county]')"
        ) from None
    try:
        return Client(scheduler, timeout=10, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise NoScheduler(scheduler, str(error)) from None
