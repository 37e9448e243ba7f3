"""A person's walk in a real browser: town, village, courtyard, building, and how many households live there."""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing

import shapely
from playwright.sync_api import Page, sync_playwright

from tests.chromium import BROWSER_FLAGS, RequestLog, find_browser
from tests.proof import counts
from tests.proof.report import Row, at_most
from tests.proof.sample_town import TOWN, VILLAGES
from tests.proof.stage import Deployment

NAME = "the screen in chromium"
CLERK, PASSWORD = "wang", "xiaoyuan-demo-2026"
COMPLETE_SECONDS = 30
BUILDINGS_SECONDS = 10
PATIENCE_MS = 120_000


def prove(stage: Deployment) -> Iterator[Row]:
    """Walk down by clicks and compare the household count of a courtyard with the ledger."""
    village, name = next(iter(VILLAGES.items()))
    courtyard, households = busiest_courtyard(stage, name)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_browser(), args=list(BROWSER_FLAGS))
        context = chromium.new_context(viewport={"width": 1280, "height": 720}, locale="zh-CN")
        # The proof reads the card's labels; in English they stand in the code.
        context.add_cookies([{"name": "language", "value": "en", "url": stage.address}])
        page, log = context.new_page(), RequestLog()
        page.on("request", lambda request: log.note(request.url))
        page.on("pageerror", lambda error: log.page_errors.append(str(error)))
        sign_in(page, stage)

        page.goto(f"{stage.address}/screen/{TOWN}/")
        wait_until_ready(page)
        yield at_most(NAME, "seconds until buildings show", BUILDINGS_SECONDS, since_start(page, "buildings"))
        yield at_most(
            NAME, "seconds until the scene is complete", COMPLETE_SECONDS, since_start(page, "ready")
        )

        children = stage.get_json(f"/api/v1/screen/{TOWN}")["children"]
        label = next(child["label_point"] for child in children if child["code"] == village)
        click_at(page, *label)
        page.wait_for_url(f"**/screen/{village}/**", timeout=PATIENCE_MS)
        wait_until_ready(page)
        yield Row(NAME, "clicking a village drills down to it", f"/screen/{village}/", path(page))

        cid, lon, lat = open_ground(stage, courtyard)
        approach(page, lon, lat)
        click_at(page, lon, lat)
        page.wait_for_function("location.hash.length > 1", timeout=PATIENCE_MS)
        yield Row(
            NAME, "clicking a courtyard selects it", f"#courtyard={cid}", page.evaluate("location.hash")
        )
        yield Row(NAME, "households on its card, from the ledger", households, on_card(page, "households"))

        page.locator("article.card [data-place^=building-]").first.click()
        page.wait_for_function("location.hash.startsWith('#building=')", timeout=PATIENCE_MS)
        building = int(page.evaluate("location.hash.split('=')[1]"))
        yield Row(NAME, "its card leads to a building of the courtyard", courtyard, home_of(stage, building))

        page.go_back()
        page.go_back()
        page.go_back()
        page.wait_for_url(f"**/screen/{TOWN}/**", timeout=PATIENCE_MS)
        yield Row(NAME, "the way back", f"/screen/{TOWN}/", path(page))
        yield Row(NAME, "tiles that failed", 0, page.evaluate("window.__xiaoyuan.tileFailed"))
        yield Row(NAME, "requests that left the host", 0, len(log.outside))
        yield Row(NAME, "scripts that broke", "none", "; ".join(log.page_errors) or "none")
        context.close()
        chromium.close()


def sign_in(page: Page, stage: Deployment) -> None:
    """Sign in as the clerk of the village, who may see its households."""
    page.goto(f"{stage.address}/accounts/login/")
    page.fill("input[name=login]", CLERK)
    page.fill("input[name=password]", PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url("**/console/**", timeout=PATIENCE_MS)


def wait_until_ready(page: Page) -> None:
    """Wait for the viewer's own flag: all tiles loaded and two frames drawn."""
    page.wait_for_function("window.__xiaoyuan?.ready === true", timeout=PATIENCE_MS)


def since_start(page: Page, mark: str) -> float:
    """Seconds from navigation to a mark that the viewer set."""
    return float(page.evaluate("mark => window.__xiaoyuan.marks[mark] ?? NaN", mark)) / 1000


def click_at(page: Page, lon: float, lat: float) -> None:
    """Click where the scene shows a place."""
    point = position(page, lon, lat)
    page.mouse.click(point["x"], point["y"])


def approach(page: Page, lon: float, lat: float, steps: int = 12) -> None:
    """Look straight down, so that nothing stands before the place, and turn the wheel until it is near."""
    page.get_by_role("button", name="Switch between top view and slanted view").click()
    wait_until_ready(page)
    metre = 1e-5
    for _ in range(steps):
        point, beside = position(page, lon, lat), position(page, lon, lat + 10 * metre)
        page.mouse.move(point["x"], point["y"])
        if abs(beside["y"] - point["y"]) > 15:  # ten metres are wider than fifteen pixels
            return
        page.mouse.wheel(0, -300)
        page.wait_for_function("window.__xiaoyuan.ready === false", timeout=PATIENCE_MS)
        wait_until_ready(page)


def position(page: Page, lon: float, lat: float) -> dict[str, float]:
    """Where the scene shows a place, in pixels of the window."""
    found = page.evaluate("([lon, lat]) => window.__xiaoyuan.windowPositionOf(lon, lat)", [lon, lat])
    return {"x": float(found["x"]), "y": float(found["y"])}


def path(page: Page) -> str:
    """The path in the address bar."""
    return str(page.evaluate("location.pathname"))


def on_card(page: Page, label: str) -> int | None:
    """Read a number from the card, by the English label of its row."""
    cell = page.locator("article.card dt", has_text=re.compile(f"^{label}$")).locator(
        "xpath=following-sibling::dd[1]"
    )
    cell.wait_for(timeout=PATIENCE_MS)
    digits = "".join(filter(str.isdigit, cell.inner_text()))
    return int(digits) if digits else None


def busiest_courtyard(stage: Deployment, village: str) -> tuple[str, int]:
    """Return the courtyard in which the ledger puts the most households, and how many."""
    rows = counts.table(stage.folder / "sample" / f"户籍台账-{village}.xlsx", "户号", "院落编号")
    homes = {row["户号"]: row["院落编号"] for row in rows if row["户号"]}
    return Counter(homes.values()).most_common(1)[0]


def open_ground(stage: Deployment, courtyard: str) -> tuple[int, float, float]:
    """Return a courtyard's number in tiles and a point of it where no building stands."""
    ((key, cid, wkb),) = stage.rows("SELECT id, cid, wkb FROM register_courtyard WHERE code = ?", courtyard)
    ground = shapely.from_wkb(wkb)
    for (building,) in stage.rows("SELECT wkb FROM register_building WHERE courtyard_id = ?", key):
        ground = ground.difference(shapely.from_wkb(building).buffer(1e-5))
    point = shapely.maximum_inscribed_circle(max(shapely.get_parts(ground), key=shapely.area)).coords[0]
    return cid, point[0], point[1]


def home_of(stage: Deployment, building_cid: int) -> str:
    """Return the code of the courtyard in which a building stands, from the surveyor's own file."""
    ((source_key,),) = stage.rows(
        "SELECT source_key FROM register_building WHERE cid = ? AND is_sample", building_cid
    )
    places = stage.folder / "sample" / "places.gpkg"
    with closing(sqlite3.connect(f"{places.as_uri()}?mode=ro", uri=True)) as database:
        found = database.execute(
            'SELECT "院落编号" FROM "建筑" WHERE "建筑编号" = ?', (source_key,)
        ).fetchone()
    return str(found[0]) if found else ""
