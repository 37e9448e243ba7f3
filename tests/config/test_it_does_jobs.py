"""Queued work is done by one worker; what a killed one left is taken up, what kills again and again is given up."""

import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import pytest
from django.db import connections
from django.test import override_settings
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from tests.intake.batches import offer, received, trees
from tests.intake.workbooks import Orchard
from xiaoyuan.config.jobs import ATTEMPTS, do_jobs, forget_old_work, take_up_lost_work, worker
from xiaoyuan.intake import tasks
from xiaoyuan.intake.models import BatchStatus, ImportBatch
from xiaoyuan.vault.files import folder_beside, scratch, sweep_scratch

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def queue() -> Iterator[None]:
    """A queue in the database, and the handlers of signals as they were."""
    handlers = {
        number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT)
    }
    with override_settings(TASKS={"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}):
        yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def batch(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> ImportBatch:
    offer(settings, monkeypatch, Orchard().kind())
    batch = received(trees(tmp_path / "trees.xlsx", [["树号", "果种"], ["1", "梨"]]))
    tasks.read_and_stage.enqueue(batch.pk)
    return batch


def status_of(batch: ImportBatch) -> str:
    return ImportBatch.objects.values_list("status", flat=True).get(pk=batch.pk)


def lost(times: int = 1, machine: str = "") -> DBTaskResult[Any, Any]:
    """Mark the queued job as begun by a worker that is no more."""
    job = DBTaskResult.objects.get()
    name = machine or worker(interval=0).worker_id.partition(":")[0]
    job.status, job.started_at = TaskResultStatus.RUNNING, timezone.now()
    job.worker_ids = [f"{name}:1"] * times
    job.save()
    return job


def test_what_is_queued_is_done(batch: ImportBatch) -> None:
    assert status_of(batch) == BatchStatus.READING
    do_jobs(interval=0, is_batch=True)
    assert status_of(batch) == BatchStatus.STAGED
    assert DBTaskResult.objects.get().status == TaskResultStatus.SUCCESSFUL


def test_what_a_killed_worker_left_is_taken_up(batch: ImportBatch, monkeypatch: pytest.MonkeyPatch) -> None:
    connections.close_all()
    reading, writing = os.pipe()
    child = os.fork()
    if not child:

        def here(*_given: Any) -> None:
            os.write(writing, b"here")
            while True:
                signal.pause()

        monkeypatch.setattr("xiaoyuan.intake.pipeline.mapping._save", here)
        do_jobs(interval=0, is_batch=True)
        os._exit(1)
    assert os.read(reading, 4) == b"here"
    os.kill(child, signal.SIGKILL)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert DBTaskResult.objects.get().status == TaskResultStatus.RUNNING
    assert status_of(batch) == BatchStatus.READING
    do_jobs(interval=0, is_batch=True)
    assert status_of(batch) == BatchStatus.STAGED
    assert len(DBTaskResult.objects.get().worker_ids) == 2


def test_what_ended_every_worker_is_given_up(batch: ImportBatch) -> None:
    job = lost(ATTEMPTS)
    assert take_up_lost_work(now=timezone.now()) == 0
    job.refresh_from_db()
    batch.refresh_from_db()
    assert job.status == TaskResultStatus.FAILED
    assert batch.status == BatchStatus.REFUSED
    assert batch.failure


def test_work_of_another_machine_is_left_to_it(batch: ImportBatch) -> None:
    job = lost(machine="elsewhere")
    assert take_up_lost_work(now=timezone.now()) == 0
    job.refresh_from_db()
    assert job.status == TaskResultStatus.RUNNING


def test_old_results_are_forgotten(batch: ImportBatch) -> None:
    do_jobs(interval=0, is_batch=True)
    now = timezone.now()
    assert forget_old_work(now=now + timedelta(days=13)) == 0
    assert forget_old_work(now=now + timedelta(days=15)) == 1


def test_nothing_stays_in_the_clear_of_a_dead_process() -> None:
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    dead, alive = (scratch() / f"xiaoyuan-{pid}-test" for pid in (child, os.getpid()))
    large = Path(gettempdir()) / f"xiaoyuan-{child}-large"
    for folder in (dead, alive, large):
        folder.mkdir()
    try:
        assert sweep_scratch() >= 2
        assert not dead.exists()
        assert not large.exists()
        assert alive.exists()
    finally:
        alive.rmdir()


def test_what_a_killed_export_left_beside_its_file_goes_with_the_next(tmp_path: Path) -> None:
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    (tmp_path / f".xiaoyuan-{child}-x").mkdir()
    (tmp_path / f".xiaoyuan-{os.getpid()}-x").mkdir()
    with folder_beside(tmp_path / "scene.gpkg") as made:
        names = {path.name for path in tmp_path.iterdir()}
    assert names == {Path(made).name, f".xiaoyuan-{os.getpid()}-x"}
