"""Building a county's 3D buildings on many machines: groups of cells become tasks of a dask.distributed scheduler.

Workers share the twin folder and the data folder with whoever started the build; they need no database and no settings,
only this package installed.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from xiaoyuan.tiling import Terrain
from xiaoyuan.tiling.building_cells import CellState
from xiaoyuan.tiling.buildings import TilesetReport, report_cells
from xiaoyuan.tiling.cell_tasks import CellTask, build_task, groups_of
from xiaoyuan.tiling.pool import FilePool
from xiaoyuan.twin.building import BuildingBuilder
from xiaoyuan.twin.errors import NoScheduler
from xiaoyuan.twin.reading import Part, ground_under

if TYPE_CHECKING:
    from distributed import Client

TASK_BUILDINGS: Final = 6_000
"""At least this many buildings a task: the scheduler's own cost then stays below a percent."""
IN_FLIGHT: Final = 3
"""Tasks a worker may have waiting: bounds what is sent ahead."""
RETRIES: Final = 3


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
        rasters = ground.rasters if ground else ()
        folder = pool.folder.resolve()
        tasks = [CellTask(group, rasters, folder) for group in groups_of(buildings, TASK_BUILDINGS)]
        cells: dict[int, CellState] = {}
        with client_of(scheduler) as client:
            for done, group in enumerate(results_of(client, tasks), 1):
                cells |= group
                on_progress(done, len(tasks))
        return report_cells(cells, pool)

    return build


def results_of(client: "Client", tasks: Iterable[CellTask]) -> Iterator[dict[int, CellState]]:
    """Yield what the tasks give as they finish; a few are in flight at a time.

    A worker that is killed costs its own tasks only: the scheduler gives these to another one.
    """
    from distributed import as_completed

    waiting = iter(tasks)

    def submitted(count: int) -> list[Any]:
        chosen = [task for _, task in zip(range(count), waiting, strict=False)]
        return [client.submit(build_task, task, pure=False, retries=RETRIES) for task in chosen]

    workers = max(1, len(client.scheduler_info(n_workers=-1)["workers"]))
    running = as_completed(submitted(IN_FLIGHT * workers), loop=client.loop)
    for future in running:
        yield future.result()
        future.release()
        running.update(submitted(1))


def client_of(scheduler: str) -> "Client":
    """Return a client of the scheduler at an address; raises `NoScheduler`."""
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
