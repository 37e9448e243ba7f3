"""A folder of files named after their content: equal input gives equal names, nothing is ever overwritten.

A scene is a tree of such files that name each other, down from one document (a Merkle tree): two scenes are equal
byte for byte exactly when their documents bear the same name, and publishing is naming another document.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from isal import igzip

from xiaoyuan.tiling.files import GZIP_LEVEL, content_name


class FilePool:
    """Content-named files (gzip at rest) in one flat folder. Safe for several writers at once."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        """durable: wait for the disk at every file (an edit); else `settle` waits once for all (a build)."""
        self.folder = folder
        self.durable = durable
        self.files_written = 0
        self.bytes_written = 0
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, data: bytes, suffix: str) -> str:
        """Keep `data` and return its name, e.g. ``3f0c….glb``; what is there already is not written again."""
        name = content_name(data, suffix)
        path = self.folder / name
        if path.exists():
            return name
        # A fixed time stamp keeps equal content equal byte for byte.
        packed: bytes = igzip.compress(data, GZIP_LEVEL, mtime=0)
        temporary = self.folder / f".{name}.{os.getpid()}.tmp"
        with temporary.open("wb", buffering=0) as file:
            file.write(packed)
            if self.durable:
                os.fsync(file.fileno())
        temporary.replace(path)
        self.files_written += 1
        self.bytes_written += len(packed)
        return name

    def get(self, name: str) -> bytes:
        """Return what was put; raises FileNotFoundError."""
        data: bytes = igzip.decompress((self.folder / name).read_bytes())
        return data

    def settle(self) -> None:
        """Wait until the disk has every file and its name: only then may anything point at them."""
        if not self.durable:
            os.sync()
            return
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def sweep(self, kept: Iterable[str]) -> int:
        """Delete all files but those named and return how many went."""
        wanted = set(kept)
        gone = [path for path in self.folder.iterdir() if path.name not in wanted]
        for path in gone:
            path.unlink(missing_ok=True)
        return len(gone)
