"""A printed plate: the sheet is rasterised, a code of 40 mm decoded, its page opened by a stranger."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pypdfium2
import zxingcpp

from tests.proof import counts
from tests.proof.report import Row
from tests.proof.sample_town import VILLAGES
from tests.proof.stage import Deployment

NAME = "printed plates"
DOTS_PER_INCH = 200


def print_sheet(stage: Deployment, code: str) -> tuple[Path, float]:
    """Print the plates of a division; return the PDF and the seconds it took."""
    sheet = stage.folder / "plates.pdf"
    return sheet, stage.command("print-plates", code, "--out", sheet, "--limit", "12").seconds


def read_codes(sheet: Path) -> list[str]:
    """Return the texts of all codes on the first page."""
    page = pypdfium2.PdfDocument(sheet)[0]
    return [code.text for code in zxingcpp.read_barcodes(page.render(scale=DOTS_PER_INCH / 72).to_pil())]


def prove(stage: Deployment) -> Iterator[Row]:
    """Print, decode, open; then guess an address, which must look like a revoked one."""
    code, name = next(iter(VILLAGES.items()))
    sheet, seconds = print_sheet(stage, code)
    addresses = read_codes(sheet)
    yield Row(
        NAME, "codes on the first page are addresses of plates", True, _are_plates(stage, addresses), seconds
    )
    if not addresses:
        return
    answer = stage.get(addresses[0])
    text = answer.content.decode()
    yield Row(NAME, "the page behind a code", 200, answer.status, answer.seconds)
    yield Row(NAME, "it names the village", True, name in text)
    people = {row["姓名"] for row in counts.table(stage.folder / "sample" / f"户籍台账-{name}.xlsx", "姓名")}
    yield Row(NAME, "names of people on it", 0, sum(person in text for person in people if person))
    unknown = stage.get(urlsplit(addresses[0]).path[:-1] + ("A" if addresses[0][-1] != "A" else "B"))
    yield Row(NAME, "a guessed address", 404, unknown.status, unknown.seconds)


def _are_plates(stage: Deployment, addresses: list[str]) -> bool:
    return bool(addresses) and all(address.startswith(f"{stage.address}/d/") for address in addresses)
