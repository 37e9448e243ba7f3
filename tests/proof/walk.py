"""A person's walk in a real browser: county, town, village, courtyard, building, and how many households live there."""

import os
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing

import shapely
from playwright.sync_api import Browser, Page

from tests.proof import counts
from tests.proof.browsing import (
    PATIENCE_MS,
    Visitor,
    approach,
    chromium,
    click_at,
    on_card,
    path_of,
    since_start,
    visitor,
    wait_until,
    wait_until_ready,
)
from tests.proof.report import Row, at_least, at_most
from tests.proof.sample_town import TOWN, VILLAGES, ledger_of
from tests.proof.stage import Deployment

NAME = "the screen in chromium"
COUNTY = TOWN[:6]
COMPLETE_SECONDS = 30
BUILDINGS_SECONDS = 10
LOOKS = 3


def prove(stage: Deployment) -> Iterator[Row]:
    """Measure the first look, walk down by clicks and back, then look at the places without a sample."""
    yield from first_look(stage)
    with chromium() as browser:
        # The proof reads the card's labels; in English they stand in the code.
        with visitor(browser, stage, language="en") as clerk:
            clerk.sign_in()
            yield from drill(stage, clerk)
            yield from clean(clerk, "the sample town")
        for name in ("Mamre", "Liechtenstein"):
            yield from other_place(browser, stage, name)


def first_look(stage: Deployment) -> Iterator[Row]:
    """Measure how soon a fresh browser at 1280 x 720 in software rendering shows the town.

    The best of a few is taken, because others may use the machine; how busy they keep it is said.
    """
    looks: list[tuple[float, float]] = []
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    while len(looks) < LOOKS and not (looks and is_soon(*looks[-1])):
        with chromium() as browser, visitor(browser, stage) as stranger:
            stranger.open_scene(f"/screen/{TOWN}/")
            looks.append((since_start(stranger.page, "buildings"), since_start(stranger.page, "ready")))
    buildings, complete = min(looks)
    how = f"look {len(looks)}, load {load:.1f} a processor"
    yield at_most(NAME, f"seconds until buildings show ({how})", BUILDINGS_SECONDS, buildings, buildings)
    yield at_most(NAME, "seconds until the scene is complete", COMPLETE_SECONDS, complete, complete)


def is_soon(buildings: float, complete: float) -> bool:
    """Whether a look was quick enough."""
    return buildings <= BUILDINGS_SECONDS and complete <= COMPLETE_SECONDS


def drill(stage: Deployment, clerk: Visitor) -> Iterator[Row]:
    """Click down from county to building and go back; the household count of a courtyard is the ledger's."""
    page = clerk.page
    village, name = next(iter(VILLAGES.items()))
    courtyard, households = busiest_courtyard(stage, name)
    clerk.open_scene(f"/screen/{COUNTY}/")
    page.locator("button.place-name").first.click()
    yield arrived(page, "clicking the town in the county", f"/screen/{TOWN}/")

    children = stage.get_json(f"/api/v1/screen/{TOWN}")["children"]
    click_at(page, *next(child["label_point"] for child in children if child["code"] == village))
    yield arrived(page, "clicking a village in the town", f"/screen/{village}/")

    cid, lon, lat = open_ground(stage, courtyard)
    approach(page, lon, lat)
    click_at(page, lon, lat)
    wait_until(page, "location.hash.length > 1")
    yield Row(
        NAME, "clicking a courtyard in the village", f"#courtyard={cid}", page.evaluate("location.hash")
    )
    yield Row(NAME, "households on its card, from the ledger", households, on_card(page, "households"))

    page.locator("article.card [data-place^=building-]").first.click()
    wait_until(page, "location.hash.startsWith('#building=')")
    building = int(page.evaluate("location.hash.split('=')[1]"))
    yield Row(NAME, "its card leads to a building of the courtyard", courtyard, home_of(stage, building))

    for figure, expected in (
        ("back from the building", f"/screen/{village}/#courtyard={cid}"),
        ("back from the courtyard", f"/screen/{village}/"),
        ("back from the village", f"/screen/{TOWN}/"),
        ("back from the town", f"/screen/{COUNTY}/"),
    ):
        page.go_back()
        wait_until(page, f"location.pathname + location.hash === '{expected}'")
        shown = expected.split("/")[2]
        wait_until(page, f"window.__xiaoyuan.division === '{shown}'")
        yield Row(NAME, figure, expected, path_of(page) + page.evaluate("location.hash"))


def other_place(browser: Browser, stage: Deployment, name: str) -> Iterator[Row]:
    """Open the screen of an imported place: all its tiles load."""
    ((code,),) = stage.rows("SELECT code FROM register_division WHERE name = ?", name)
    with visitor(browser, stage) as stranger:
        stranger.open_scene(f"/screen/{code}/")
        complete = since_start(stranger.page, "ready")
        yield at_most(NAME, f"{name}: seconds until complete", COMPLETE_SECONDS, complete, complete)
        tiles = sum("/buildings/" in address for address in stranger.log.addresses)
        yield at_least(NAME, f"{name}: files of buildings fetched", 2, tiles)
        yield from clean(stranger, name)


def clean(visited: Visitor, name: str) -> Iterator[Row]:
    """Nothing failed, nothing left the host, no script broke."""
    yield Row(NAME, f"{name}: tiles that failed", 0, visited.page.evaluate("window.__xiaoyuan.tileFailed"))
    outside = visited.log.outside
    yield Row(NAME, f"{name}: requests that left the host", "none", ", ".join(outside) or "none")
    broken = visited.log.page_errors
    yield Row(NAME, f"{name}: scripts that broke", "none", "; ".join(broken) or "none")


def arrived(page: Page, figure: str, path: str) -> Row:
    """The row of a step down: the address follows and the scene of the new division is complete."""
    page.wait_for_url(f"**{path}**", timeout=PATIENCE_MS)
    wait_until(page, f"window.__xiaoyuan.division === '{path.split('/')[2]}'")
    wait_until_ready(page)
    return Row(NAME, figure, path, path_of(page))


def busiest_courtyard(stage: Deployment, village: str) -> tuple[str, int]:
    """Return the courtyard in which the ledger puts the most households, and how many."""
    rows = counts.table(ledger_of(stage, village), "户号", "院落编号")
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
