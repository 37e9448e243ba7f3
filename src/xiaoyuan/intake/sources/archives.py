"""A workbook's zip, looked at before a reader sees it: nothing is unpacked to disk, nothing is held as a whole.

Sizes are counted while unpacking, because a zip may say anything of them.
"""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from isal import isal_zlib

from xiaoyuan.intake.sources.formats import Format
from xiaoyuan.intake.sources.limits import MB, Limits
from xiaoyuan.intake.sources.refusals import Reason, Refusal

PART: Final = MB
SMALL: Final = 8 * MB
"""Up to here a part may be packed as tightly as it likes."""

_END: Final = b"PK\x05\x06"
_END_LENGTH: Final = 22
_LONGEST_COMMENT: Final = 65535
_DIRECTORY_LIMIT: Final = MB
_LOCAL: Final = b"PK\x03\x04"
_LOCAL_LENGTH: Final = 30
_STORED: Final = 0
_DEFLATED: Final = 8
_ENCRYPTED: Final = 0x1 | 0x40
_IN_UTF_8: Final = 0x800


@dataclass(frozen=True, slots=True)
class Entry:
    """A part of the zip: its name with forward slashes, where its bytes lie, and what it says of its size."""

    name: str
    start: int
    packed: int
    unpacked: int
    is_deflated: bool
    crc: int


class Archive:
    """A zip whose directory was found sound; `unpacked_mb` is what its entries say that they hold."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._file = path.open("rb")
        try:
            self.entries = _entries(self._file, path.stat().st_size, limits)
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    @property
    def unpacked(self) -> int:
        """Bytes that the parts say they hold."""
        return sum(entry.unpacked for entry in self.entries.values())

    def find(self, name: str) -> Entry | None:
        """Return a part by name, whatever its case."""
        return self.entries.get(name.lower())

    def parts(self, entry: Entry) -> Iterator[bytes]:
        """Yield the bytes of an entry piece by piece; raises `Refusal` when they are not what the zip says."""
        self._file.seek(entry.start)
        left, count, crc = entry.packed, 0, 0
        unpacking = isal_zlib.decompressobj(-15) if entry.is_deflated else None
        while left and (packed := self._file.read(min(left, PART // 4))):
            left -= len(packed)
            while packed:
                if unpacking is None:
                    part, packed = packed, b""
                else:
                    try:
                        part = unpacking.decompress(packed, PART)
                    except isal_zlib.IsalError:  # type: ignore[misc]  # its stubs declare an instance
                        raise Refusal(Reason.DAMAGED) from None
                    packed = unpacking.unconsumed_tail
                    if unpacking.eof:
                        left, packed = 0, b""
                count += len(part)
                if count > entry.unpacked:
                    raise Refusal(Reason.SUSPICIOUS)
                crc = isal_zlib.crc32(part, crc)
                if part:
                    yield part
                elif not packed:
                    break
        if count != entry.unpacked or crc != entry.crc:
            raise Refusal(Reason.DAMAGED)

    def read(self, entry: Entry, limit: int) -> bytes:
        """Return a small part as a whole."""
        if entry.unpacked > limit:
            raise Refusal(Reason.SUSPICIOUS)
        return b"".join(self.parts(entry))


def _entries(file: BinaryIO, size: int, limits: Limits) -> dict[str, Entry]:
    _check_directory(file, size, limits)
    try:
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
        raise Refusal(Reason.DAMAGED) from None
    entries: dict[str, Entry] = {}
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.is_dir():
            continue
        entry = _entry(file, info)
        if entry.name.lower() in entries or info.header_offset < end:
            raise Refusal(Reason.SUSPICIOUS)
        end = entry.start + entry.packed
        if entry.unpacked > SMALL and entry.unpacked > limits.ratio * max(entry.packed, 1):
            raise Refusal(Reason.PACKED_TOO_TIGHTLY, megabytes=entry.unpacked // MB)
        entries[entry.name.lower()] = entry
    unpacked = sum(entry.unpacked for entry in entries.values())
    if unpacked > limits.unpacked_mb * MB:
        raise Refusal(Reason.TOO_LARGE, megabytes=unpacked // MB, limit=limits.unpacked_mb)
    return entries


def _check_directory(file: BinaryIO, size: int, limits: Limits) -> None:
    """Look at how many entries there are before a list of them is made."""
    file.seek(max(0, size - _LONGEST_COMMENT - _END_LENGTH))
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + _END_LENGTH:
        raise Refusal(Reason.DAMAGED)
    count = int.from_bytes(tail[at + 10 : at + 12], "little")
    length = int.from_bytes(tail[at + 12 : at + 16], "little")
    if count > limits.entries or length > _DIRECTORY_LIMIT:
        raise Refusal(Reason.SUSPICIOUS)


def _entry(file: BinaryIO, info: zipfile.ZipInfo) -> Entry:
    name = info.filename.replace("\\", "/")
    if info.flag_bits & _ENCRYPTED:
        raise Refusal(Reason.PROTECTED)
    if (
        name.startswith("/")
        or ":" in name
        or ".." in name.split("/")
        or info.orig_filename != info.filename
        or info.compress_type not in (_STORED, _DEFLATED)
    ):
        raise Refusal(Reason.SUSPICIOUS)
    if info.header_offset < 0:
        raise Refusal(Reason.DAMAGED)
    file.seek(info.header_offset)
    header = file.read(_LOCAL_LENGTH)
    if len(header) < _LOCAL_LENGTH or not header.startswith(_LOCAL):
        raise Refusal(Reason.DAMAGED)
    lengths = int.from_bytes(header[26:28], "little"), int.from_bytes(header[28:30], "little")
    written = file.read(lengths[0])
    listed = info.orig_filename.encode("utf-8" if info.flag_bits & _IN_UTF_8 else "cp437")
    if written != listed or int.from_bytes(header[8:10], "little") != info.compress_type:
        raise Refusal(Reason.SUSPICIOUS)
    return Entry(
        name,
        info.header_offset + _LOCAL_LENGTH + sum(lengths),
        info.compress_size,
        info.file_size,
        info.compress_type == _DEFLATED,
        info.CRC,
    )


def other_format(archive: Archive) -> Format:
    """Say what a zip is that is no workbook of Office Open XML."""
    names = archive.entries.keys()
    if any(name.startswith("word/") for name in names):
        return Format.DOCUMENT
    if any(name.startswith("ppt/") for name in names):
        return Format.PRESENTATION
    if "xl/workbook.bin" in names:
        return Format.BINARY_WORKBOOK
    if "content.xml" in names and "mimetype" in names:
        return Format.OPEN_DOCUMENT
    return Format.ARCHIVE
