"""Reading a file from outside: a process with limits parses it, this side only takes frames from its pipe.

with read_source(path) as source:
    source.sheets
    for chunk in source.chunks(): ...
"""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path, PurePath
from time import monotonic
from typing import Any, Final

import orjson

from xiaoyuan.intake.sheets import RowChunk, SheetInfo, Span
from xiaoyuan.intake.sources.encoding import decode_chunk
from xiaoyuan.intake.sources.limits import DEFAULT, MB, Limits
from xiaoyuan.intake.sources.process import CHUNK_HEADER, HEADER
from xiaoyuan.intake.sources.refusals import Reason
from xiaoyuan.intake.sources.sentences import refused

FRAME_LIMIT: Final = 128 * MB
"""A million merged ranges take 30 MB, 500 rows of ledger 50 kB."""
_PROGRAM: Final = "xiaoyuan.intake.sources.process"
_ROOT: Final = str(Path(__file__).parents[3])
_PART: Final = MB


@dataclass(frozen=True, slots=True)
class Page:
    """Consecutive rows as they are stored: `data` is what `decode_chunk` reads. Row index from 0."""

    sheet_index: int
    first_row: int
    row_count: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Usage:
    """What reading took: seconds of a processor, and MB of memory at the most (None of a process that was killed)."""

    cpu_seconds: float
    peak_mb: float | None


def command(path: Path, name: str, limits: Limits) -> list[str]:
    """Return what starts the reading process. -P: what lies in the current folder is no module of ours."""
    written = orjson.dumps(asdict(limits)).decode()
    return [
        sys.executable, "-P", "-X", "utf8", "-m", _PROGRAM, str(path), PurePath(name).suffix.lower(), written
    ]  # fmt: skip


def environment() -> dict[str, str]:
    """Return the variables it starts with: no secrets of this process, and one arena, for each takes address space."""
    return {"PYTHONPATH": os.pathsep.join([_ROOT, *filter(None, sys.path)]), "MALLOC_ARENA_MAX": "1"}


class _Child:
    """The reading process: bytes of its pipe until it ends, or until its time is over."""

    def __init__(self, path: Path, name: str, limits: Limits) -> None:
        self._name = name
        self._process = subprocess.Popen(
            command(path, name, limits),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(),
        )
        # Only waiting counts: what the caller does with the rows may take its time.
        self._patience = float(limits.wall_seconds)
        self._buffer = bytearray()
        self._usage: Usage | None = None
        self.peak_mb: float | None = None

    def take(self, count: int) -> bytes:
        """Return so many bytes of the pipe; of a process that ended before, say why."""
        pipe = self._process.stdout
        assert pipe is not None
        while len(self._buffer) < count:
            asked_at = monotonic()
            is_ready = self._patience > 0 and select.select([pipe], [], [], self._patience)[0]
            self._patience -= monotonic() - asked_at
            if not is_ready:
                raise refused(Reason.TIME, self._name)
            part = os.read(pipe.fileno(), _PART)
            if not part:
                self.wait()
                raise refused(_reason_of(self._process.returncode), self._name)
            self._buffer += part
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def end(self) -> Usage:
        """End the process if it still runs, leave nothing of it, and return what it took."""
        if self._usage is None:
            os.kill(self._process.pid, signal.SIGKILL)
        if self._process.stdout is not None:
            self._process.stdout.close()
        return self.wait()

    def wait(self) -> Usage:
        """Wait until it has ended."""
        if self._usage is None:
            _pid, status, used = os.wait4(self._process.pid, 0)
            self._process.returncode = os.waitstatus_to_exitcode(status)
            self._usage = Usage(used.ru_utime + used.ru_stime, self.peak_mb)
        return self._usage


def _reason_of(code: int) -> Reason:
    if code == -signal.SIGXCPU:
        return Reason.TIME
    # Rust aborts where Python would raise MemoryError; the kernel kills where neither notices.
    return Reason.MEMORY if code in (-signal.SIGABRT, -signal.SIGKILL) else Reason.CRASH


class Source:
    """A file that is being read; the cells can be asked for once, as chunks or as pages."""

    def __init__(self, child: _Child, name: str) -> None:
        self._child = child
        self._name = name
        kind, content = self._frame()
        if kind != b"S":
            raise refused(Reason.CRASH, name)
        self.sheets = tuple(_unpack_info(written, name) for written in orjson.loads(content))

    def pages(self) -> Iterator[Page]:
        """Yield the rows in encoded chunks, in the order of the sheets; raises `FileRefused`."""
        while True:
            kind, content = self._frame()
            if kind == b"E":
                return
            places = [int.from_bytes(content[at : at + 4], "big") for at in range(0, CHUNK_HEADER, 4)]
            yield Page(places[0], places[1], places[2], content[CHUNK_HEADER:])

    def chunks(self) -> Iterator[RowChunk]:
        """Yield the rows in chunks of at most 500, in the order of the sheets; raises `FileRefused`.

        Rows without any cell may be missing between chunks: `first_row` counts them.
        """
        for page in self.pages():
            yield decode_chunk(page.data)

    def _frame(self) -> tuple[bytes, bytes]:
        header = self._child.take(HEADER)
        kind, length = header[:1], int.from_bytes(header[1:], "big")
        if length > FRAME_LIMIT or kind not in (b"S", b"C", b"E", b"R"):
            raise refused(Reason.CRASH, self._name)
        content = self._child.take(length)
        if kind == b"E":
            self._child.peak_mb = orjson.loads(content)["peak_mb"]
        if kind == b"R":
            written = orjson.loads(content)
            self._child.peak_mb = written["peak_mb"]
            raise refused(Reason(written["reason"]), self._name, written["fields"])
        return kind, content


@contextmanager
def read_source(
    path: Path,
    *,
    limits: Limits = DEFAULT,
    name: str = "",
    on_end: Callable[[Usage], None] = lambda usage: None,
) -> Iterator[Source]:
    """Open a file of a person; `name` is what they call it, for sentences and for what its ending says.

    Raises `FileRefused`, also while the rows are read. However it ends, nothing is left behind, and `on_end` is told
    what it took.
    """
    child = _Child(path, name or path.name, limits)
    try:
        yield Source(child, name or path.name)
    finally:
        on_end(child.end())


def _unpack_info(written: dict[str, Any], name: str) -> SheetInfo:
    """Return a sheet; that of a text file is called like the file."""
    numbers = iter(written["spans"])
    return SheetInfo(
        **{
            **written,
            "name": written["name"] or PurePath(name).stem[:80] or "1",
            "spans": tuple(Span(*four) for four in zip(numbers, numbers, numbers, numbers, strict=True)),
            "hidden_rows": frozenset(written["hidden_rows"]),
            "hidden_columns": frozenset(written["hidden_columns"]),
        }
    )
