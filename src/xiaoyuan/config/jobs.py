"""The queue of long work: one worker a data folder, whose death loses nothing."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any, Final

import structlog
from django.conf import settings
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.config.chores import Clock, do_chores
from xiaoyuan.intake.tasks import give_up
from xiaoyuan.twin.tasks import follow_all_changes
from xiaoyuan.vault.files import sweep_scratch

logger = structlog.get_logger("xiaoyuan.jobs")

ATTEMPTS: Final = 3
"""How often work is begun that ended its worker: more would only end the next one."""
KEPT_DAYS: Final = 14
_LOCK: Final = "jobs.lock"
_IMPORTS: Final = "xiaoyuan.intake.tasks."


class JobWorker(Worker):
    """The library's worker; being asked to end twice it ends at once, as a power cut would: work is begun anew."""

    def shutdown(self, signum: int, frame: FrameType | None) -> None:
        """End after the current piece of work, or at once when nothing runs."""
        if not self.running:
            os._exit(1)
        super().shutdown(signum, frame)

    def run_task(self, db_task_result: "DBTaskResult[Any, Any]") -> None:
        """Do a piece of work; scenes follow what it wrote into the register."""
        super().run_task(db_task_result)
        try:
            follow_all_changes(actor=SYSTEM, now=timezone.now())
        except Exception as error:  # a scene that stays behind must not end the worker
            logger.exception("scenes stayed behind", kind=type(error).__name__)


def worker(*, interval: float, is_batch: bool = False) -> JobWorker:
    """Return a worker whose id begins with the name of this machine."""
    return JobWorker(
        queue_names=["*"],
        interval=interval,
        batch=is_batch,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id=f"{_machine()}:{os.getpid()}",
        excluded_queue_names=[],
    )


@contextmanager
def only_worker() -> Iterator[None]:
    """Wait for and hold the data folder's lock: what is marked as running then belongs to a worker that died."""
    path = Path(settings.DATA_DIR) / _LOCK
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def take_up_lost_work(*, now: datetime) -> int:
    """Queue again what the last worker of this machine did not finish; returns how many pieces.

    Call it under `only_worker`. What was begun three times is given up, with a sentence where a person looks.
    """
    taken_up = 0
    for job in DBTaskResult.objects.running():
        if not str((job.worker_ids or [""])[-1]).startswith(f"{_machine()}:"):
            continue
        if len(job.worker_ids) < ATTEMPTS:
            job.status = TaskResultStatus.READY
            taken_up += 1
        else:
            job.status, job.finished_at = TaskResultStatus.FAILED, now
            _explain(job)
        job.save(update_fields=["status", "finished_at"])
        logger.warning("work was broken off", task=job.task_path, status=job.status)
    return taken_up


def forget_old_work(*, now: datetime) -> int:
    """Remove what was finished two weeks ago; returns how many pieces."""
    old = DBTaskResult.objects.finished().filter(finished_at__lte=now - timedelta(days=KEPT_DAYS))
    return int(old.delete()[0])


def do_jobs(*, interval: float, is_batch: bool = False) -> None:
    """Take up what was lost, then do what is queued until asked to end (`is_batch`: until nothing is queued)."""
    with only_worker():
        now = timezone.now()
        take_up_lost_work(now=now)
        forget_old_work(now=now)
        sweep_scratch()
        working = worker(interval=interval, is_batch=is_batch)
        working.configure_signals()
        if is_batch:
            working.run()
            do_chores()
            return
        with Clock():
            working.run()


def _explain(job: DBTaskResult[Any, Any]) -> None:
    given = job.args_kwargs
    if job.task_path.startswith(_IMPORTS):
        batch_id = given["kwargs"].get("batch_id", next(iter(given["args"]), None))
        if batch_id is not None:
            give_up(batch_id)


def _machine() -> str:
    return socket.gethostname()[:40]
