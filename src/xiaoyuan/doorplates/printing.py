"""Sets plates as PDF, three on an A4 sheet or one a page in its own size: typeface embedded, any warning a failure."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import segno
import typst
from django.utils.translation import gettext as _

from xiaoyuan.doorplates.errors import (
    CharactersMissing,
    PlateAddressUnusable,
    PrintFailed,
    PrintFontMissing,
)
from xiaoyuan.doorplates.sizes import Measure
from xiaoyuan.lib.fonts import FontMissing, PrintFont, chinese_font, missing_characters

PLATES_A_SHEET: Final = 3
LONGEST_URL: Final = 50
"""Characters of an address that a QR code of 40 mm holds at level Q with modules near 1 mm."""
LONGEST_BASE: Final = 30
_SHEETS: Final = Path(__file__).with_name("plates.typ")
_PAGES: Final = Path(__file__).with_name("plate_pages.typ")
_NUMBER: Final = re.compile(r"(\D*)(\d[\d\-—－]*)(.*)", re.DOTALL)


@dataclass(frozen=True)
class HouseNumber:
    """A house number split for type of two sizes: what stands before the digits, the digits, what follows."""

    before: str
    digits: str
    after: str


@dataclass(frozen=True)
class PlateFace:
    """What is written on one plate. `mark` is a word such as 样例 across plates that are not for use."""

    place_name: str
    group: str
    house_number: str
    address: str
    code: str
    url: str
    mark: str = ""


@dataclass(frozen=True)
class Sheets:
    """A finished print job."""

    pdf: bytes
    pages: int


def check_base_url(base_url: str, *, is_for_use: bool) -> None:
    """Raise `PlateAddressUnusable` unless an address may stand on metal.

    Plates for use need https and at most 30 characters; samples and proofs may lead to a machine at hand.
    """
    if not base_url:
        raise PlateAddressUnusable(
            _(
                "XIAOYUAN_PLATE_BASE_URL is not set: the plates would lead nowhere. Set it to https://your.host first."
            )
        )
    parts = urlsplit(base_url)
    if len(base_url) > LONGEST_BASE:
        raise PlateAddressUnusable(
            _(
                "XIAOYUAN_PLATE_BASE_URL has %(length)s characters; at most %(most)s fit, else the QR code gets too "
                "fine to read. Use a shorter host name."
            )
            % {"length": len(base_url), "most": LONGEST_BASE}
        )
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise PlateAddressUnusable(
            _("XIAOYUAN_PLATE_BASE_URL must be an address such as https://your.host, not “%(url)s”.")
            % {"url": base_url}
        )
    if is_for_use and parts.scheme != "https":
        raise PlateAddressUnusable(
            _(
                "XIAOYUAN_PLATE_BASE_URL must start with https:// before plates are printed for use; "
                "--proof prints a trial."
            )
        )


def set_sheets(faces: Sequence[PlateFace], *, title: str) -> Sheets:
    """Return A4 sheets of three plates each, with crop marks. `title` stands in the margin.

    Raises `PrintFontMissing`, `CharactersMissing` and `PrintFailed`: no sheet is ever handed out with a substitute
    typeface or an empty box.
    """
    pages = math.ceil(len(faces) / PLATES_A_SHEET)
    return Sheets(_set(_SHEETS, faces, {"title": title, "pages": pages}), pages)


def set_pages(faces: Sequence[PlateFace], measure: Measure, *, title: str) -> Sheets:
    """Return one page a plate, each page as large as the plate: what a sign maker prints, cuts or burns.

    Raises as `set_sheets`.
    """
    sheet = {
        "title": title,
        "width_mm": measure.width_mm,
        "height_mm": measure.height_mm,
        "qr_mm": measure.qr_mm,
    }
    return Sheets(_set(_PAGES, faces, sheet), len(faces))


def _set(template: Path, faces: Sequence[PlateFace], sheet: Mapping[str, Any]) -> bytes:
    try:
        font = chinese_font()
    except FontMissing:
        raise PrintFontMissing from None
    for face in faces:
        _check_characters(face, font)
    content = {
        **sheet,
        "family": font.family,
        "plates": [_entry(face) for face in faces],
        "labels": {
            **labels(),
            "page": _("sheet"),
            "scale": _("Print at 100 %: each plate is 150 × 90 mm, the ruler 50 mm."),
        },
    }
    try:
        pdf, warnings = typst.compile_with_warnings(
            str(template),
            font_paths=[str(font.folder)],
            ignore_system_fonts=True,
            sys_inputs={"sheet": json.dumps(content, ensure_ascii=False)},
            pdf_tags=False,
        )
    except typst.TypstError as error:
        raise PrintFailed([str(error)]) from error
    if warnings or pdf is None:
        raise PrintFailed([str(warning) for warning in warnings])
    return pdf


def labels() -> dict[str, str]:
    """Return the words that stand on every plate beside its own."""
    return {
        "auxiliary": _("auxiliary community plate"),
        "not_official": _("It does not stand for the official doorplate."),
        "scan": _("Scan: address and help"),
        "code": _("Plate code"),
    }


def _check_characters(face: PlateFace, font: PrintFont) -> None:
    text = f"{face.place_name}{face.group}{face.house_number}{face.address}"
    if missing := missing_characters(font, text):
        raise CharactersMissing(missing, face.address)


def split_number(text: str) -> HouseNumber:
    """Split “附12-3号” into 附, 12-3 and 号; a number without digits is shown whole."""
    found = _NUMBER.fullmatch(text.strip())
    return HouseNumber(*found.groups()) if found else HouseNumber("", text.strip(), "")


def _entry(face: PlateFace) -> dict[str, Any]:
    modules, svg = qr_svg(face.url)
    return {
        **asdict(face),
        "number": asdict(split_number(face.house_number)),
        "qr_modules": modules,
        "qr_svg": svg,
    }


def qr_svg(url: str) -> tuple[int, str]:
    """Return the modules a side and the SVG, without quiet zone, of an address at level Q.

    Raises `PlateAddressUnusable` above 50 characters.
    """
    if len(url) > LONGEST_URL:
        raise PlateAddressUnusable(_("The address of a plate is longer than 50 characters."))
    rows = [bytes(row) for row in segno.make(url, error="q", micro=False, boost_error=False).matrix]
    # One path of runs: separate squares would leave hairlines between them.
    runs = "".join(
        f"M{run.start()} {y}h{len(run.group())}v1h-{len(run.group())}z"
        for y, row in enumerate(rows)
        for run in re.finditer(rb"\x01+", row)
    )
    side = len(rows)
    return side, (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" '
        f'shape-rendering="crispEdges"><path fill="#000" d="{runs}"/></svg>'
    )
