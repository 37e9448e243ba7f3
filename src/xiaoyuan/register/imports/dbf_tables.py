"""The texts of a Shapefile's .dbf table: which encoding they are in, and characters that its fixed widths cut in two.

Names of fields hold 10 bytes and cells a fixed width; programs cut a UTF-8 or GBK text there, also inside a character.
"""

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

GBK_DRIVER: Final = 0x4D
"""Language driver ID of dBASE for simplified Chinese, code page 936."""
_HEADER: Final = 32
_FIELD: Final = 32
_NAME: Final = 11
_END: Final = 0x0D
_TEXT: Final = ord("C")


@dataclass(frozen=True)
class _Field:
    at: int
    name: bytes
    is_text: bool
    start: int
    width: int


class DbfTable:
    """A .dbf file held as bytes; a damaged header yields a table without fields, which the reader then refuses."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.driver = content[29] if len(content) >= _HEADER else 0
        self._first = int.from_bytes(content[8:10], "little")
        self._width = int.from_bytes(content[10:12], "little")
        self._fields = list(self._read_fields())

    def is_ascii(self) -> bool:
        """Whether there is no character to be told from another."""
        return all(text.isascii() for text in self._texts())

    def reads_as(self, encoding: str) -> bool:
        """Whether all names and cells are valid in an encoding, a last character cut in two allowed."""
        decoder = codecs.getincrementaldecoder(encoding)
        try:
            for text in self._texts():
                decoder().decode(text, final=False)
        except UnicodeDecodeError:
            return False
        return True

    def mended(self, encoding: str) -> bytes | None:
        """Return the table with halves of characters blanked, None when there are none."""
        content = bytearray(self.content)
        for field in self._fields:
            if _is_cut(field.name, encoding):
                name = _whole(field.name, encoding)
                content[field.at : field.at + _NAME] = name.ljust(_NAME, b"\0")
        for field in self._fields:
            if not field.is_text:
                continue
            for start in self._cells(field):
                cell = bytes(content[start : start + field.width])
                if not cell.isascii() and _is_cut(cell.rstrip(), encoding):
                    content[start : start + field.width] = _whole(cell.rstrip(), encoding).ljust(field.width)
        return None if content == self.content else bytes(content)

    def full_names(self, encoding: str, known_names: Sequence[str]) -> dict[str, str]:
        """Return name as cut -> the one known name that begins with it, for names that fill their ten bytes."""
        found = {}
        for field in self._fields:
            name = _whole(field.name, encoding).decode(encoding, errors="replace")
            if len(field.name) == _NAME - 1 and not name.isascii():
                fitting = [known for known in known_names if known.startswith(name)]
                if name not in known_names and len(fitting) == 1:
                    found[name] = fitting[0]
        return found

    def _read_fields(self) -> Iterator[_Field]:
        start = 1
        for at in range(_HEADER, min(self._first, len(self.content)) - _FIELD + 1, _FIELD):
            if self.content[at] == _END:
                return
            width = self.content[at + 16]
            name = self.content[at : at + _NAME].split(b"\0")[0]
            yield _Field(at, name, self.content[at + _NAME] == _TEXT, start, width)
            start += width

    def _cells(self, field: _Field) -> range:
        """Positions at which the cells of a field begin."""
        if not self._width:
            return range(0)
        last = len(self.content) - self._width
        return range(self._first + field.start, last + field.start + 1, self._width)

    def _texts(self) -> Iterator[bytes]:
        for field in self._fields:
            yield field.name
            if field.is_text:
                for start in self._cells(field):
                    yield self.content[start : start + field.width].rstrip()


def _is_cut(text: bytes, encoding: str) -> bool:
    try:
        text.decode(encoding)
    except UnicodeDecodeError:
        return True
    return False


def _whole(text: bytes, encoding: str) -> bytes:
    """Return a text without the half of a character at its end."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        return decoder.decode(text, final=False).encode(encoding)
    except UnicodeDecodeError:
        return text.decode(encoding, errors="ignore").encode(encoding)
