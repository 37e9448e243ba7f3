"""A deployment of the proof's own: a temporary data folder, the real command line, a server on a free port."""

import contextlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

XIAOYUAN = str(Path(sys.executable).with_name("xiaoyuan"))
START_SECONDS = 60


class CommandFailed(Exception):
    """A command of Xiaoyuan ended with an error; the message holds its words."""


@dataclass(frozen=True)
class Run:
    """What a command printed and how long it took."""

    output: str
    seconds: float


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    content: bytes
    seconds: float


class Deployment:
    """Commands, database and server over one data folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("XIAOYUAN_") and name != "PYTHONDONTWRITEBYTECODE"
        }
        self.environment |= {
            "XIAOYUAN_DATA_DIR": str(folder),
            "XIAOYUAN_PLATE_BASE_URL": self.address,
            "PYTHONUNBUFFERED": "1",
            # Compiled modules are kept, as they are wherever Xiaoyuan is installed.
            "PYTHONPYCACHEPREFIX": str(folder / "compiled"),
        }

    @property
    def address(self) -> str:
        """Where the server answers."""
        return f"http://127.0.0.1:{self.port}"

    def command(self, *words: str | Path) -> Run:
        """Run a command that must succeed."""
        run, status = self.attempt(*words)
        if status != 0:
            sys.stderr.write(run.output)
            last = run.output.strip().splitlines()[-1:]
            raise CommandFailed(f"xiaoyuan {words[0]} ended with {status}: {''.join(last)}")
        return run

    def attempt(self, *words: str | Path) -> tuple[Run, int]:
        """Run a command; return what it printed and its exit status."""
        started = time.perf_counter()
        done = subprocess.run(
            [XIAOYUAN, *map(str, words)],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Run(done.stdout, time.perf_counter() - started), done.returncode

    def rows(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the database itself, past all of Xiaoyuan's own reading."""
        database = self.folder / "xiaoyuan.sqlite3"
        with contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute(question, values).fetchall()

    def number(self, question: str, *values: object) -> int:
        """Ask the database for one number."""
        return int(self.rows(question, *values)[0][0])

    def count(self, code: str, table: str, condition: str = "1 = 1") -> int:
        """Count the rows of a division and below in a table."""
        return self.number(
            f"SELECT count(*) FROM {table} WHERE division_code LIKE ? AND {condition}", f"{code}%"
        )

    def local_division(self, name: str) -> str:
        """Add a division that no national list holds; return its code."""
        return self.command("add-local-division", name).output.strip().splitlines()[-1]

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """Serve until the block ends."""
        with (self.folder / "server.log").open("wb") as log:
            server = subprocess.Popen(
                [XIAOYUAN, "serve", "--port", str(self.port)],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                self._wait_until_ready(server)
                yield
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(server.pid, signal.SIGTERM)
                try:
                    server.wait(10)
                except subprocess.TimeoutExpired:
                    os.killpg(server.pid, signal.SIGKILL)
                    server.wait()

    def _wait_until_ready(self, server: "subprocess.Popen[bytes]") -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if server.poll() is not None:
                break
            with contextlib.suppress(OSError):
                if self.get("/readyz").status == 200:
                    return
            time.sleep(0.2)
        log = (self.folder / "server.log").read_text(encoding="utf-8", errors="replace")
        raise CommandFailed(f"xiaoyuan serve does not answer on {self.address}: {log[-600:]}")

    def get(self, path: str) -> Answer:
        """Fetch a path (or a full address of this server)."""
        started = time.perf_counter()
        address = path if path.startswith("http") else self.address + path
        try:
            with urllib.request.urlopen(address, timeout=60) as answer:
                return Answer(answer.status, answer.read(), time.perf_counter() - started)
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read(), time.perf_counter() - started)

    def get_json(self, path: str) -> Any:
        """Fetch a path that must answer 200 with JSON."""
        answer = self.get(path)
        if answer.status != 200:
            raise CommandFailed(f"GET {path} answered {answer.status}: {answer.content[:300]!r}")
        return json.loads(answer.content)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
