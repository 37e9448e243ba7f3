"""Takes the pictures of docs/pictures from a fresh sample town: `python -m tests.proof.pictures`.

Each is taken when the page says that it is complete, so that a picture never shows half a scene.
"""

import argparse
import io
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pypdfium2
from PIL import Image
from playwright.sync_api import Browser

from tests.folders import ROOT
from tests.proof.browsing import PATIENCE_MS, Visitor, chromium, visitor, wait_until_ready
from tests.proof.plates import print_sheet, read_codes
from tests.proof.sample_town import TOWN, VILLAGES
from tests.proof.stage import Deployment
from tests.proof.walk import busiest_courtyard

FOLDER = ROOT / "docs" / "pictures"
WALL, PHONE = (1920, 1080), (390, 844)
MOST_BYTES = 1_900_000
COARSER = (3, 5, 8)
"""Steps between neighbouring shades of a colour, tried one after the other; the last is hardly seen."""
SHEET_DOTS_PER_INCH = 110

Taken = Iterator[tuple[str, Image.Image]]


@dataclass(frozen=True)
class Places:
    """What the pictures show: a village, a courtyard of it by its tile number, the path behind a plate's code."""

    village: str
    courtyard: int
    scan_path: str


def main() -> int:
    """Take all pictures; return the exit status."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("names", nargs="*", help="only these pictures, for example screen-town")
    arguments.add_argument("--data", type=Path, help="a data folder in which `xiaoyuan seed` ran")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="xiaoyuan-pictures-") as folder:
        stage = Deployment(given.data.resolve() if given.data else Path(folder))
        stage.command("seed")
        with stage.serving():
            take_all(stage, set(given.names))
    return 0


def take_all(stage: Deployment, wanted: set[str]) -> None:
    """Take the wanted pictures (all when none is named) and say how large each is."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    village, name = next(iter(VILLAGES.items()))
    sheet, _seconds = print_sheet(stage, village)
    ((courtyard,),) = stage.rows(
        "SELECT cid FROM register_courtyard WHERE code = ?", busiest_courtyard(stage, name)[0]
    )
    places = Places(village, courtyard, urlsplit(read_codes(sheet)[0].text).path)
    keep("plate-sheet", raster(sheet), wanted)
    with chromium() as browser:
        for names, take in SESSIONS:
            if not wanted or wanted & set(names):
                for picture, image in take(browser, stage, places):
                    keep(picture, image, wanted)


def on_the_wall(browser: Browser, stage: Deployment, places: Places) -> Taken:
    """The big screen as a stranger sees it."""
    with visitor(browser, stage, size=WALL) as stranger:
        stranger.open_scene(f"/screen/{TOWN}/")
        yield "screen-town", shot(stranger)
        stranger.open_scene(f"/screen/{places.village}/")
        yield "screen-village", shot(stranger)


def as_a_clerk(browser: Browser, stage: Deployment, places: Places) -> Taken:
    """What the clerk of the village sees after signing in."""
    with visitor(browser, stage, size=WALL) as clerk:
        clerk.open("/accounts/login/")
        yield "sign-in", shot(clerk)
        clerk.sign_in()
        yield "console-home", shot(clerk)
        clerk.open(f"/screen/{places.village}/#courtyard={places.courtyard}")
        clerk.page.locator("article.card dl").wait_for(timeout=PATIENCE_MS)
        wait_until_ready(clerk.page)
        yield "screen-card", shot(clerk)


def as_pages(browser: Browser, stage: Deployment, places: Places) -> Taken:
    """Pages without a scene."""
    with visitor(browser, stage, size=WALL) as stranger:
        stranger.open(f"/screen/{TOWN}/?view=table")
        yield "screen-table", shot(stranger)
        stranger.open(f"/v/{places.village}/")
        stranger.page.locator("[data-map][data-ready=true]").wait_for(timeout=PATIENCE_MS)
        yield "village-page", shot(stranger)


def on_a_phone(browser: Browser, stage: Deployment, places: Places) -> Taken:
    """The screen and a scanned plate in the hand."""
    with visitor(browser, stage, size=PHONE, is_phone=True) as stranger:
        stranger.open(places.scan_path)
        yield "scan-page", shot(stranger)
        stranger.open_scene(f"/screen/{TOWN}/")
        yield "screen-phone", shot(stranger)


SESSIONS: tuple[tuple[tuple[str, ...], Callable[[Browser, Deployment, Places], Taken]], ...] = (
    (("screen-town", "screen-village"), on_the_wall),
    (("sign-in", "console-home", "screen-card"), as_a_clerk),
    (("screen-table", "village-page"), as_pages),
    (("scan-page", "screen-phone"), on_a_phone),
)


def shot(seen: Visitor) -> Image.Image:
    """Photograph the window once its typefaces are there."""
    seen.page.evaluate("document.fonts.ready.then(() => true)")
    return Image.open(io.BytesIO(seen.page.screenshot(timeout=PATIENCE_MS))).convert("RGB")


def raster(sheet: Path) -> Image.Image:
    """The first page of a PDF."""
    page: Image.Image = pypdfium2.PdfDocument(sheet)[0].render(scale=SHEET_DOTS_PER_INCH / 72).to_pil()
    return page.convert("RGB")


def keep(name: str, image: Image.Image, wanted: set[str]) -> None:
    """Write a picture, with fewer shades when it would be too large otherwise."""
    if wanted and name not in wanted:
        return
    path = FOLDER / f"{name}.png"
    image.save(path, optimize=True)
    for step in COARSER:
        if path.stat().st_size <= MOST_BYTES:
            break
        image.point([min(255, round(value / step) * step) for value in range(256)] * 3).save(
            path, optimize=True
        )
    print(f"{path.relative_to(ROOT)}  {image.width} x {image.height}  {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    sys.exit(main())
