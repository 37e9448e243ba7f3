"""What is kept of a file that came in: its name and the hash by which it is known again."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SOURCE: Final = "source"
"""Name under which a file itself lies in the vault."""
SHEETS: Final = "sheets"
"""Name under which the peculiarities of its sheets lie there."""


@dataclass(frozen=True)
class SourceFile:
    """A file that is imported: its bare name (no folder), the SHA-256 of its bytes in hex, its size in bytes."""

    name: str
    sha256: str
    size: int


def source_file(path: Path) -> SourceFile:
    """Hash a file on disk; raises `OSError` when it cannot be read."""
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256")
    return SourceFile(name=path.name, sha256=digest.hexdigest(), size=path.stat().st_size)
