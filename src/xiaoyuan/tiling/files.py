"""How a build's files reach the disk: complete or not at all, the same bytes for the same input, gzip at rest."""

import hashlib
import os
from pathlib import Path

from isal import igzip

GZIP_LEVEL = 2
"""ISA-L level: about the ratio of zlib 3 at ten times its speed; the web server sends the bytes as they lie."""


def write_whole(path: Path, data: bytes, *, durable: bool = False) -> int:
    """Write `data` under a temporary name and rename it to `path`; returns the number of bytes.

    durable: also wait until the disk has the bytes (for the documents that other files hang on).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with temporary.open("wb") as file:
        file.write(data)
        if durable:
            file.flush()
            os.fsync(file.fileno())
    temporary.replace(path)
    return len(data)


def write_gzip(path: Path, data: bytes) -> int:
    """Write `data` gzip-compressed under its plain name (served with ``Content-Encoding: gzip``)."""
    # A fixed time stamp keeps equal content equal byte for byte.
    packed: bytes = igzip.compress(data, GZIP_LEVEL, mtime=0)
    return write_whole(path, packed)


def content_name(data: bytes, suffix: str) -> str:
    """File name that changes exactly when the (uncompressed) content does, e.g. ``3f0c….glb``."""
    return hashlib.sha256(data).hexdigest()[:20] + suffix
