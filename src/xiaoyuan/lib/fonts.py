"""Finds a Chinese typeface for print on this machine: the system's Noto Sans CJK SC, else the one of our package.

A missing typeface must be noticed at set-up: nothing is fetched while a plate is printed, and a fallback would
print Japanese forms of characters, or none.
"""

import importlib.util
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

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
    """A family of type and the folder that holds its files."""

    family: str
    folder: Path


def package_folder(package: str = PACKAGE) -> Path | None:
    """Return the folder of the package that carries the typeface, or None when it is not installed."""
    found = importlib.util.find_spec(package)
    return Path(found.origin).parent if found is not None and found.origin else None


def _system_folder() -> Path | None:
    """Return the folder of the system's upright bold cut, which plates are set in."""
    for font in typst.Fonts(include_system_fonts=True, include_embedded_fonts=False).fonts():
        if font.family == FAMILY and font.weight == BOLD and font.path:
            return Path(font.path).parent
    return None


def find_chinese_font(*, use_system: bool = True) -> PrintFont:
    """Return the typeface to print Chinese with; raises `FontMissing`."""
    folder = (_system_folder() if use_system else None) or package_folder()
    if folder is None:
        raise FontMissing
    return PrintFont(FAMILY, folder)


@lru_cache(maxsize=1)
def chinese_font() -> PrintFont:
    """Return `find_chinese_font()`, looked up once a process."""
    return find_chinese_font()
