"""Finds a Chinese typeface for print on this machine: the system's Noto Sans CJK SC, else the one of our package.

A missing typeface must be noticed at set-up: nothing is fetched while a plate is printed, and a fallback would
print Japanese forms of characters, or none.
"""

import importlib.util
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import typst

FAMILY: Final = "Noto Sans CJK SC"
BOLD: Final = 700
PACKAGE: Final = "manimgx_fonts_cjk"
"""A package that carries Noto Sans CJK in all weights (SIL Open Font License 1.1)."""


class FontMissing(RuntimeError):
    """Neither the system nor a package carries the typeface."""

    def __init__(self) -> None:
        super().__init__(
            f"No Chinese typeface was found: install {FAMILY} (Debian: fonts-noto-cjk) or the Python package "
            f"{PACKAGE.replace('_', '-')}."
        )


@dataclass(frozen=True)
class PrintFont:
    """A family of type, its file, and the face's number in a collection (0 in a file of one face)."""

    family: str
    file: Path
    index: int

    @property
    def folder(self) -> Path:
        """The folder to give to the typesetter."""
        return self.file.parent


def package_folder(package: str = PACKAGE) -> Path | None:
    """Return the folder of the package that carries the typeface, or None when it is not installed."""
    found = importlib.util.find_spec(package)
    return Path(found.origin).parent if found is not None and found.origin else None


def _system_font() -> PrintFont | None:
    """Return the system's bold cut, which plates are set in."""
    fonts = typst.Fonts(include_system_fonts=True, include_embedded_fonts=False).fonts()
    return next(_of_family(fonts, BOLD), None)


def _package_font() -> PrintFont | None:
    """Return the face of our package: one variable file that serves every weight."""
    folder = package_folder()
    if folder is None:
        return None
    only = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)])
    return next(_of_family(only.fonts(), None), None)


def _of_family(fonts: list[typst.FontInfo], weight: int | None) -> Iterator[PrintFont]:
    for font in fonts:
        if font.family == FAMILY and font.path and weight in (None, font.weight):
            yield PrintFont(FAMILY, Path(font.path), font.index)


def find_chinese_font(*, use_system: bool = True) -> PrintFont:
    """Return the typeface to print Chinese with; raises `FontMissing`."""
    found = (_system_font() if use_system else None) or _package_font()
    if found is None:
        raise FontMissing
    return found


@lru_cache(maxsize=1)
def chinese_font() -> PrintFont:
    """Return `find_chinese_font()`, looked up once a process."""
    return find_chinese_font()


def missing_characters(font: PrintFont, text: str) -> str:
    """Return the characters of `text` that a face cannot draw, in their order, each once.

    A typesetter draws an empty box for them without a word; on metal nobody could take that back.
    """
    starts, ends = _covered(font.file, font.index)
    characters = dict.fromkeys(character for character in text if character.isprintable())
    if not characters:
        return ""
    points = np.array([ord(character) for character in characters], np.int64)
    groups = np.searchsorted(starts, points, side="right") - 1
    is_covered = (groups >= 0) & (points <= ends[np.maximum(groups, 0)])
    return "".join(
        character for character, covered in zip(characters, is_covered, strict=True) if not covered
    )


Ranges = tuple["np.ndarray[tuple[int], np.dtype[np.int64]]", "np.ndarray[tuple[int], np.dtype[np.int64]]"]
"""First and last code points, both (n,) and ascending."""


@lru_cache(maxsize=4)
def _covered(file: Path, index: int) -> Ranges:
    """Return the ranges of code points that a face draws (OpenType `cmap`, format 12)."""
    with file.open("rb") as stream:
        directory = 0
        if stream.read(4) == b"ttcf":
            (directory,) = _read(stream, 12 + 4 * index, ">I")
        (tables,) = _read(stream, directory + 4, ">H")
        for place in range(tables):
            tag, _sum, offset, _length = _read(stream, directory + 12 + 16 * place, ">4sIII")
            if tag == b"cmap":
                return _groups(stream, offset)
    raise FontMissing


def _groups(stream: BinaryIO, cmap: int) -> Ranges:
    (subtables,) = _read(stream, cmap + 2, ">H")
    for place in range(subtables):
        _platform, _encoding, offset = _read(stream, cmap + 4 + 8 * place, ">HHI")
        (kind,) = _read(stream, cmap + offset, ">H")
        if kind == 12:
            (count,) = _read(stream, cmap + offset + 12, ">I")
            groups = np.frombuffer(stream.read(12 * count), ">u4").reshape(count, 3).astype(np.int64)
            return groups[:, 0], groups[:, 1]
    raise FontMissing


def _read(stream: BinaryIO, offset: int, form: str) -> tuple[Any, ...]:
    stream.seek(offset)
    return struct.unpack(form, stream.read(struct.calcsize(form)))
