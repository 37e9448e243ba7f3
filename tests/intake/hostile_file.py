"""One hostile or broken file, and what such files are made of."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.intake.raw_books import entries, zipped
from xiaoyuan.intake.errors import FileRefused

COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OLD_BOOK = Path(__file__).with_name("trees.xls")
MB = 1024 * 1024
SHEET_PART = "xl/worksheets/sheet1.xml"
STRINGS_PART = "xl/sharedStrings.xml"


@dataclass(frozen=True)
class Hostile:
    """One file: what it is, how it is called, its bytes (made when needed if large), and the refusals that fit."""

    title: str
    name: str
    content: bytes | Callable[[], bytes]
    refusals: tuple[type[FileRefused], ...]

    def make(self) -> bytes:
        """Return the bytes."""
        return self.content if isinstance(self.content, bytes) else self.content()


def one(
    title: str,
    content: bytes | Callable[[], bytes],
    *refusals: type[FileRefused],
    name: str = "台账.xlsx",
) -> Hostile:
    """Return a file."""
    return Hostile(title, name, content, refusals)


def changed(part: str, content: bytes) -> bytes:
    """Return a good workbook with one part exchanged or added."""
    return zipped(entries(), more={part: content})
