"""Whole files at rest: uploaded workbooks and exports, encrypted in blocks under the key of their subject.

A file is a run of blocks of 1 MiB, each sealed for its place; the last one says that it is the last, so that a cut-off
file is noticed.
"""

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory, gettempdir
from typing import BinaryIO, Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from django.conf import settings
from django.db import transaction

from xiaoyuan.vault.actions import keys_for, unwrap_key
from xiaoyuan.vault.errors import FileDamaged, SubjectErased
from xiaoyuan.vault.keys import decrypt, encrypt
from xiaoyuan.vault.models import SubjectKey

BLOCK: Final = 1024 * 1024
_LENGTH: Final = struct.Struct(">I")
_PREFIX: Final = "xiaoyuan-"


def sealed_path(subject: UUID, name: str) -> Path:
    """Return where a subject's file lies."""
    return Path(settings.MEDIA_ROOT) / "sealed" / subject.hex[:2] / f"{subject.hex}-{name}"


def seal_file(*, county_id: int, subject: UUID, name: str, source: BinaryIO, now: datetime) -> Path:
    """Encrypt everything that `source` yields; the file appears whole or not at all. `name` is a plain word."""
    with transaction.atomic():
        cipher, key = keys_for(county_id, [subject], now)[subject]
    path = sealed_path(subject, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        _write_sealed(part, source, cipher, key, (county_id, subject, name))
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    part.replace(path)
    return path


def open_file(*, county_id: int, subject: UUID, name: str) -> Iterator[bytes]:
    """Yield the blocks of a file; raises `SubjectErased` or `FileDamaged`."""
    row = SubjectKey.objects.filter(county_id=county_id, subject=subject).first()
    if row is None:
        raise SubjectErased
    key = unwrap_key(row)
    path = sealed_path(subject, name)
    try:
        with path.open("rb") as source:
            sealed, number = _next(source), 0
            while sealed is not None:
                following = _next(source)
                context = _context(county_id, subject, name, number, following is None)
                yield decrypt(row.cipher, key, sealed, context)
                sealed, number = following, number + 1
            if number == 0:
                raise FileDamaged
    except (InvalidTag, OSError):
        raise FileDamaged from None


@contextmanager
def unsealed(*, county_id: int, subject: UUID, name: str, shown_name: str) -> Iterator[Path]:
    """Give a file in the clear, under its own name, for as long as the block runs: programs that read need a path."""
    with scratch_folder() as folder:
        path = Path(folder) / Path(shown_name).name
        with path.open("wb") as target:
            for block in open_file(county_id=county_id, subject=subject, name=name):
                target.write(block)
        yield path


def scratch_folder() -> "TemporaryDirectory[str]":
    """Return a folder for files in the clear; what a killed process leaves in it, `sweep_scratch` removes."""
    return TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-", dir=scratch())


def large_scratch_folder() -> "TemporaryDirectory[str]":
    """Return the same on a disk: for unpacked maps and models, which may be too large for memory."""
    return TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-")


def folder_beside(target: Path) -> "TemporaryDirectory[str]":
    """Return a folder beside a file that was asked for in the clear; removes first what killed processes left there.

    Raises OSError where nothing can be written.
    """
    _sweep(target.parent, f".{_PREFIX}")
    return TemporaryDirectory(prefix=f".{_PREFIX}{os.getpid()}-", dir=target.parent)


def forget_file(*, subject: UUID, name: str) -> None:
    """Remove a file; nothing happens when there is none."""
    sealed_path(subject, name).unlink(missing_ok=True)


def sweep_scratch() -> int:
    """Remove what processes left in the clear that were killed; returns how many folders."""
    return sum(_sweep(place, _PREFIX) for place in {scratch(), Path(gettempdir())})


def _sweep(place: Path, prefix: str) -> int:
    swept = 0
    for folder in place.glob(f"{prefix}*-*"):
        pid = folder.name.removeprefix(prefix).partition("-")[0]
        if pid.isdecimal() and folder.stat().st_uid == os.getuid() and not _is_alive(int(pid)):
            rmtree(folder, ignore_errors=True)
            swept += 1
    return swept


def scratch() -> Path:
    """Return a folder for what must not lie about in the clear; in memory where the system has such a place."""
    memory = Path("/dev/shm")  # noqa: S108 - on purpose: never written to a disk
    if memory.is_dir() and os.access(memory, os.W_OK):
        return memory
    folder = Path(settings.DATA_DIR) / "scratch"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _write_sealed(
    part: Path, source: BinaryIO, cipher: str, key: bytes, place: tuple[int, UUID, str]
) -> None:
    number = 0
    with part.open("wb") as target:
        part.chmod(0o600)
        block = source.read(BLOCK)
        while True:
            following = source.read(BLOCK)
            sealed = encrypt(cipher, key, block, _context(*place, number, not following))
            target.write(_LENGTH.pack(len(sealed)) + sealed)
            if not following:
                break
            block, number = following, number + 1
        target.flush()
        os.fsync(target.fileno())


def _context(county_id: int, subject: UUID, name: str, number: int, is_last: bool) -> bytes:
    return f"{county_id}:{subject}:{name}:{number}:{'last' if is_last else 'more'}".encode()


def _next(source: BinaryIO) -> bytes | None:
    head = source.read(_LENGTH.size)
    if not head:
        return None
    if len(head) != _LENGTH.size:
        raise FileDamaged
    return source.read(_LENGTH.unpack(head)[0])
