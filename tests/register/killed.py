"""One step of an import in a process of its own, which is killed at a given point."""

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone
from django.utils.module_loading import import_string

from tests.intake.workbooks import CLERK
from xiaoyuan.intake import pipeline

KILLED = -9


def run(step: str, batch_id: int, *, stop_in: str = "", at_call: int = 0) -> int:
    """Do a step in another process; with `stop_in`, kill it at the end of that function's `at_call`-th call.

    Returns its exit status, `KILLED` when it was.
    """
    connections.close_all()  # a connection belongs to one process
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        os._exit(_do(step, batch_id, stop_in, at_call, writing))
    os.close(writing)
    with open(reading, "rb") as said:  # noqa: PTH123 - a pipe has no path
        words = said.read(4)
        if stop_in:
            os.kill(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert not stop_in or words == b"here", "it ended before the point where it was to be killed"
    return status


def _do(step: str, batch_id: int, stop_in: str, at_call: int, writing: int) -> int:
    who: dict[str, Any] = {"batch_id": batch_id, "actor": CLERK, "now": timezone.now()}
    steps: dict[str, Callable[[], object]] = {
        "read": lambda: pipeline.read_batch(batch_id),
        "stage": lambda: pipeline.stage_batch(batch_id),
        "apply": lambda: pipeline.apply_batch(**who),
        "at_once": lambda: pipeline.import_at_once(**who),
        "roll_back": lambda: pipeline.roll_back_batch(**who, reason="test"),
    }
    try:
        with pytest.MonkeyPatch.context() as patch:
            if stop_in:
                patch.setattr(stop_in, _stopping(import_string(stop_in), at_call, writing))
            steps[step]()
    except Exception:
        return 1
    return 0


def _stopping(real: Callable[..., Any], at_call: int, writing: int) -> Callable[..., Any]:
    calls = 0

    def stopping(*given: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        answer = real(*given, **named)
        if calls == at_call:
            os.write(writing, b"here")
            while True:
                signal.pause()
        return answer

    return stopping
