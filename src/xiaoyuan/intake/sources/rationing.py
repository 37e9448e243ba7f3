"""The reading process limits itself before it looks at a file: memory, seconds, no files written, no core dumps."""

import re
import resource
from pathlib import Path
from typing import Final

from xiaoyuan.intake.sources.limits import MB, Limits

BASE_MB: Final = 48
"""Address space beyond what the process has when it starts, for the smallest file."""
MEMORY_RATIO: Final = 4
"""Times what a file unpacks to; long sheets are read in cuts and take less."""
TEXT_RATIO: Final = 1
COMPOUND_RATIO: Final = 8
"""A number takes 14 bytes in an .xls file, and 64 while it is read."""
BASE_SECONDS: Final = 2
MB_A_SECOND: Final = 4
"""Unpacked; a workbook really reads at 50 MB a second on a small PC."""


def confine(limits: Limits) -> None:
    """Take the rights away that reading needs not, and set the outer limits."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
    _limit_memory(limits.memory_mb * MB)


def allow(unpacked: int, limits: Limits, *, ratio: int = MEMORY_RATIO) -> None:
    """Narrow the limits to what a file that unpacks to so many bytes may need."""
    seconds = BASE_SECONDS + unpacked // (MB_A_SECOND * MB)
    resource.setrlimit(resource.RLIMIT_CPU, (min(seconds, limits.cpu_seconds), limits.cpu_seconds + 1))
    memory = _address_space() + BASE_MB * MB + ratio * unpacked
    _limit_memory(min(memory, limits.memory_mb * MB))


def release(limits: Limits) -> None:
    """Take the file's own limit of memory back, so that there is enough to say that it was too little."""
    _limit_memory(limits.memory_mb * MB)


def _limit_memory(size: int) -> None:
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (size, hard))


def _address_space() -> int:
    """Return what the process has taken, or 0 where the system does not say (then the file's share alone counts)."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return 256 * MB
    return pages * resource.getpagesize()


def peak_mb() -> float | None:
    """Return the most memory that the process has used; what `getrusage` says includes the parent's at the fork."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return None if found is None else int(found[1]) / 1024
