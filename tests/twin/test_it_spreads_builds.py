"""A build spread over worker processes gives the same scene, even when one of them is killed in the middle."""

import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import distributed
import numpy as np
import pytest
import shapely

from tests.twin.conftest import NOW
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.register.models import Division
from xiaoyuan.tiling import BuildingSet, build_buildings
from xiaoyuan.tiling.buildings import report_cells
from xiaoyuan.tiling.cell_tasks import CellTask, groups_of
from xiaoyuan.tiling.pool import FilePool
from xiaoyuan.twin.actions import build_twin
from xiaoyuan.twin.errors import NoScheduler
from xiaoyuan.twin.models import SceneRevision
from xiaoyuan.twin.scaling import builder_on, results_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A scheduler and two worker processes on the loopback."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    ) as made:
        yield made


def scattered(count: int, seed: int = 5) -> BuildingSet:
    """Rectangles over some 40 x 40 km."""
    rng = np.random.default_rng(seed)
    west, south = rng.uniform(105.1, 105.5, count), rng.uniform(27.1, 27.5, count)
    return BuildingSet(
        cid=np.arange(1, count + 1, dtype=np.uint32),
        footprint=shapely.box(west, south, west + 0.00012, south + 0.00008),
        height_m=np.full(count, np.nan),
        storeys=rng.integers(1, 5, count).astype(np.int32),
        roof=rng.integers(0, 3, count).astype(np.uint8),
        structure=np.ones(count, np.uint8),
    )


def test_groups_are_whole_cells_and_nothing_is_lost() -> None:
    buildings = scattered(3000)
    groups = list(groups_of(buildings, 400))
    assert len(groups) > 3
    assert all(len(group) >= 400 for group in groups[:-1])
    assert sorted(np.concatenate([group.cid for group in groups]).tolist()) == buildings.cid.tolist()


def test_the_workers_build_the_same_scene(cluster: Any, hamlet: Division) -> None:
    build_twin(division=hamlet, actor=SYSTEM, now=NOW)
    build = builder_on(cluster.scheduler_address)
    build_twin(division=hamlet, actor=SYSTEM, now=NOW + timedelta(minutes=1), build=build)
    for key in ("990001001001", "990001001001-internal"):
        here, spread = SceneRevision.objects.filter(scene__key=key).order_by("published_at")
        assert here.state == spread.state


def test_a_killed_worker_costs_its_tasks_only(cluster: Any, tmp_path: Path) -> None:
    buildings = scattered(6000)
    alone = build_buildings(buildings, None, FilePool(tmp_path / "alone"))
    tasks = [CellTask(group, (), tmp_path / "spread") for group in groups_of(buildings, 250)]
    assert len(tasks) > 12
    cells: dict[int, Any] = {}
    with distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
        before = set(client.run(os.getpid).values())
        for done, group in enumerate(results_of(client, tasks), 1):
            cells |= group
            if done == 3:
                os.kill(min(before), signal.SIGKILL)
        after = set(client.run(os.getpid).values())
    assert min(before) not in after, "the worker was not killed: the test shows nothing"
    report = report_cells(cells, FilePool(tmp_path / "spread"))
    assert (report.built, report.scene) == (6000, alone.scene)
    assert {path.name for path in (tmp_path / "spread").iterdir() if path.name[0] != "."} == {
        path.name for path in (tmp_path / "alone").iterdir()
    }


def test_a_scheduler_that_does_not_answer_is_named(hamlet: Division) -> None:
    with pytest.raises(NoScheduler, match=r"127\.0\.0\.1:1\b"):
        build_twin(division=hamlet, actor=SYSTEM, now=NOW, build=builder_on("tcp://127.0.0.1:1"))
