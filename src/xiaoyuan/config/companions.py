"""Programs that run beside the server: begun with it, begun again when they die, ended with it."""

import subprocess
import sys
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

import structlog

logger = structlog.get_logger("xiaoyuan.companions")

PATIENCE_SECONDS: Final = 10.0
"""How long a companion may finish what it does; what is cut off then is begun anew at the next start."""
_PAUSE_SECONDS: Final = 2.0


class Companions:
    """Keeps `xiaoyuan` commands running for as long as the block runs."""

    def __init__(self, *commands: Sequence[str]) -> None:
        self._commands = commands
        self._stop = threading.Event()
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self._keeper = threading.Thread(target=self._keep, name="companions", daemon=True)

    def __enter__(self) -> Self:
        for at in range(len(self._commands)):
            self._begin(at)
        self._keeper.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._keeper.join()
        for child in self._running.values():
            child.terminate()
        for child in self._running.values():
            try:
                child.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def _begin(self, at: int) -> None:
        self._running[at] = subprocess.Popen([sys.executable, "-m", "xiaoyuan", *self._commands[at]])

    def _keep(self) -> None:
        while not self._stop.wait(_PAUSE_SECONDS):
            for at, child in list(self._running.items()):
                if child.poll() is not None:
                    logger.warning("began again", command=self._commands[at][0], status=child.returncode)
                    self._begin(at)
