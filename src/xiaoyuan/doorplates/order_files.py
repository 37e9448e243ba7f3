"""The files of a print order: pages in real size, a drawing of each plate, and a list, written where nothing stays."""

import csv
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile

from django.utils.translation import gettext as _

from xiaoyuan.doorplates.plate_drawings import plate_svg
from xiaoyuan.doorplates.printing import PlateFace, set_pages
from xiaoyuan.doorplates.sizes import Measure
from xiaoyuan.exports.writing.values import csv_text

PAGES_A_FILE: Final = 300
"""Plates in one PDF. 716 plates in three files took 5 s and 250 MB more than the process had."""


@dataclass(frozen=True)
class OrderFile:
    """A file of an order: the key it is sealed under, the name it is fetched by, its length and SHA-256."""

    key: str
    name: str
    size: int
    sha256: str
    path: Path


def write_files(
    folder: Path, faces: Sequence[PlateFace], measure: Measure, *, stem: str, tick: Callable[[int], None]
) -> Iterator[OrderFile]:
    """Write an order's files one after the other into a folder; each may be removed before the next is made.

    `tick` is told how many plates are done. Raises `PrintFailed`, `CharactersMissing`, `PrintFontMissing`.
    """
    parts = [faces[start : start + PAGES_A_FILE] for start in range(0, len(faces), PAGES_A_FILE)]
    for number, part in enumerate(parts, start=1):
        path = folder / f"{number}.pdf"
        name = f"{stem}.pdf" if len(parts) == 1 else f"{stem}-{number}.pdf"
        path.write_bytes(set_pages(part, measure, title=f"{stem} {number}/{len(parts)}").pdf)
        yield _file(f"pdf-{number}", name, path)
        tick(min(number * PAGES_A_FILE, len(faces)))
    path = folder / "drawings.zip"
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for face in faces:
            archive.writestr(drawing_name(face), plate_svg(face, measure))
    yield _file("svg", f"{stem}-SVG.zip", path)
    path = folder / "list.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as text:
        writer = csv.writer(text)
        writer.writerow([_("plate code"), _("address on the plate"), _("web address"), _("drawing"), "mm"])
        for face in faces:
            size = f"{measure.width_mm}x{measure.height_mm}"
            writer.writerow(
                [csv_text(one) for one in (face.code, face.address, face.url, drawing_name(face), size)]
            )
    yield _file("csv", f"{stem}.csv", path)


def drawing_name(face: PlateFace) -> str:
    """Return the name of a plate's drawing in the archive."""
    return f"{face.code}.svg"


def _file(key: str, name: str, path: Path) -> OrderFile:
    with path.open("rb") as source:
        digest = hashlib.file_digest(source, "sha256").hexdigest()
    return OrderFile(key, name, path.stat().st_size, digest, path)
