"""A printed plate: the sheet is rasterised, a code of 40 mm decoded, its page opened by a stranger."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pypdfium2
import zxingcpp

from tests.proof import counts
from tests.proof.browsing import chromium, visitor
from tests.proof.report import Row
from tests.proof.sample_town import VILLAGES, ledger_of
from tests.proof.stage import Deployment

NAME = "printed plates"
DOTS_PER_INCH = 200
CODE_MM = 40.0
PLATES = 12


@dataclass(frozen=True)
class Code:
    """A code on a sheet: what it says and how wide it is."""

    text: str
    width_mm: float


def print_sheet(stage: Deployment, code: str) -> tuple[Path, float]:
    """Print the plates of a division; return the PDF and the seconds it took."""
    sheet = stage.folder / "plates.pdf"
    return sheet, stage.command("print-plates", code, "--out", sheet, "--limit", str(PLATES)).seconds


def read_codes(sheet: Path) -> list[Code]:
    """Return all codes of all pages."""
    found = []
    for page in pypdfium2.PdfDocument(sheet):
        for code in zxingcpp.read_barcodes(page.render(scale=DOTS_PER_INCH / 72).to_pil()):
            width = abs(code.position.top_right.x - code.position.top_left.x)
            found.append(Code(code.text, width / DOTS_PER_INCH * 25.4))
    return found


def prove(stage: Deployment) -> Iterator[Row]:
    """Print, decode, open; then guess an address, which must look like a revoked one."""
    village, name = next(iter(VILLAGES.items()))
    sheet, seconds = print_sheet(stage, village)
    codes = read_codes(sheet)
    yield Row(NAME, "codes read from the raster of the sheets", PLATES, len(codes), seconds)
    narrowest = min((code.width_mm for code in codes), default=0.0)
    yield Row(NAME, "the smallest is wide, mm", CODE_MM, narrowest, within=(CODE_MM - 0.5, CODE_MM + 0.5))
    addresses = {code.text for code in codes}
    ours = sum(address.startswith(f"{stage.address}/d/") for address in addresses)
    yield Row(NAME, "different addresses of plates among them", PLATES, ours)
    if not codes:
        return
    yield from opened(stage, codes[0].text, name)
    token = urlsplit(codes[0].text).path
    guess = token[:-1] + ("A" if token[-1] != "A" else "B")
    unknown = stage.get(guess)
    yield Row(NAME, "a guessed address", 404, unknown.status, unknown.seconds)


def opened(stage: Deployment, address: str, village: str) -> Iterator[Row]:
    """Open the page behind a code in a browser that never was here."""
    answer = stage.get(address)
    yield Row(NAME, "the page behind a code", 200, answer.status, answer.seconds)
    with chromium() as browser, visitor(browser, stage, size=(390, 844), is_phone=True) as stranger:
        stranger.page.goto(address)
        text = stranger.page.inner_text("body")
        asked = stranger.log.outside
    yield Row(NAME, "it names the village", True, village in text)
    people = {row["姓名"] for row in counts.table(ledger_of(stage, village), "姓名")}
    yield Row(NAME, "names of people on it", 0, sum(person in text for person in people if person))
    yield Row(NAME, "requests that left the host", "none", ", ".join(asked) or "none")
