"""A program that does one step of an import on the test's database and waits at a given point to be killed.

    python -m tests.register.killed STEP BATCH [FUNCTION NUMBER]

It stops inside the NUMBER-th call of FUNCTION (a dotted name), says "here" and never goes on.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from django.db import connections
from django.utils.module_loading import import_string

ACTOR = (7, "Wang")


def run(step: str, batch_id: int, *, stop_in: str = "", at_call: int = 0) -> int:
    """Do a step in a process of its own; with `stop_in`, kill it there. Returns its exit status."""
    environment = os.environ | {"TEST_DATABASE": str(connections["default"].settings_dict["NAME"])}
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.register.killed", step, str(batch_id), stop_in, str(at_call)],
        stdout=subprocess.PIPE,
        env=environment,
    )
    assert child.stdout is not None
    with child.stdout as said:
        if stop_in:
            assert said.readline() == b"here\n", "it ended before the point where it was to be killed"
            child.send_signal(signal.SIGKILL)
        else:
            said.read()
    return child.wait()


def _stop_in(name: str, at_call: int) -> None:
    calls = 0
    real: Callable[..., Any] = import_string(name)

    def stopping(*given: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        answer = real(*given, **named)
        if calls == at_call:
            os.write(1, b"here\n")
            while True:
                signal.pause()
        return answer

    module, _dot, function = name.rpartition(".")
    setattr(sys.modules[module], function, stopping)


def main(step: str, batch_id: str, stop_in: str, at_call: str) -> None:
    """Be the child."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xiaoyuan.config.settings")
    import django

    from xiaoyuan.config import settings

    settings.DATABASES["default"]["NAME"] = os.environ["TEST_DATABASE"]
    django.setup()
    from django.utils import timezone

    from xiaoyuan.audit.actors import Actor
    from xiaoyuan.intake import pipeline

    who: dict[str, Any] = {"batch_id": int(batch_id), "actor": Actor(*ACTOR), "now": timezone.now()}
    steps: dict[str, Callable[[], object]] = {
        "read": lambda: pipeline.read_batch(int(batch_id)),
        "stage": lambda: pipeline.stage_batch(int(batch_id)),
        "apply": lambda: pipeline.apply_batch(**who),
        "at_once": lambda: pipeline.import_at_once(**who),
        "roll_back": lambda: pipeline.roll_back_batch(**who, reason="test"),
    }
    if stop_in:
        _stop_in(stop_in, int(at_call))
    steps[step]()


if __name__ == "__main__":
    main(*sys.argv[1:5])
