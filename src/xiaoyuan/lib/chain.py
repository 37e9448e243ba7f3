"""The hash chain of the audit log, apart from any database so that an outsider can verify an export.

Each link is SHA-256 over the previous link's hash and the canonical JSON of an entry. Changing, removing or
reordering an entry breaks every later link. A chain cut off at its end is still a chain: only a head, written down
elsewhere before, shows that links are missing there.

Run `python -m xiaoyuan.lib.chain FILE [SEQUENCE:HASH]` on an export (one JSON object a line) to verify it without
Xiaoyuan; the second argument is a head that was written down.
"""

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

START: Final = "0" * 64
"""Hash before the first link."""


def canonical(entry: Mapping[str, Any]) -> bytes:
    """Return the one spelling of an entry: sorted keys, no spaces, UTF-8."""
    return json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def link(previous_hash: str, entry: Mapping[str, Any]) -> str:
    """Return the hash (64 hex characters) that seals `entry` behind `previous_hash`."""
    return hashlib.sha256(previous_hash.encode() + canonical(entry)).hexdigest()


@dataclass(frozen=True)
class Head:
    """The newest link of a chain when somebody wrote it down."""

    sequence: int
    hash: str


@dataclass(frozen=True)
class Verdict:
    """What a verification found: links counted, and the first broken one, if any."""

    links: int
    broken_at: int | None
    reason: str

    @property
    def is_whole(self) -> bool:
        """Whether every link holds."""
        return self.broken_at is None


def verify(links: Iterable[tuple[int, str, Mapping[str, Any]]], head: Head | None = None) -> Verdict:
    """Walk `(sequence, hash, entry)` in order and say where the chain breaks first, or where `head` is missing."""
    previous, count = START, 0
    for sequence, seal, entry in links:
        count += 1
        if sequence != count:
            return Verdict(count, sequence, f"link {count} is missing")
        if link(previous, entry) != seal:
            return Verdict(count, sequence, f"entry {sequence} was altered")
        if head is not None and sequence == head.sequence and seal != head.hash:
            return Verdict(count, sequence, f"link {sequence} is not the one that was written down")
        previous = seal
    if head is not None and count < head.sequence:
        return Verdict(count, count + 1, f"links {count + 1} to {head.sequence} were cut off")
    return Verdict(count, None, "")


def main(path: str, head: str = "") -> int:
    """Verify an export file; prints one sentence; returns the exit status."""
    sequence, _colon, seal = head.partition(":")
    with Path(path).open(encoding="utf-8") as lines:
        rows = (json.loads(line) for line in lines if line.strip())
        verdict = verify(
            ((row["sequence"], row["hash"], row["entry"]) for row in rows),
            Head(int(sequence), seal) if head else None,
        )
    print(f"{verdict.links} links, whole" if verdict.is_whole else f"broken: {verdict.reason}")
    return 0 if verdict.is_whole else 1


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:3]))
