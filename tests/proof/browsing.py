"""A person in a real browser: opens pages of the proof's server, signs in, waits for the scene, clicks into it."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

from tests.chromium import BROWSER_FLAGS, RequestLog, find_browser
from tests.proof.stage import Deployment

CLERK, PASSWORD = "wang", "xiaoyuan-demo-2026"
PATIENCE_MS = 120_000
POLL_MS = 50
TOP_VIEW = re.compile("Switch between top view|俯视与斜视切换")


class NeverHappened(Exception):
    """A condition that the page did not meet in time; the message is the condition."""


@dataclass(frozen=True)
class Visitor:
    """A fresh profile with one page, and what the page asked for."""

    page: Page
    log: RequestLog
    address: str

    def open(self, path: str) -> None:
        """Open a path of the server."""
        self.page.goto(self.address + path)

    def open_scene(self, path: str) -> None:
        """Open a screen and wait until its scene is complete."""
        self.open(path)
        wait_until_ready(self.page)

    def sign_in(self, username: str = CLERK) -> None:
        """Sign in; the clerk of the first village may see its households."""
        self.open("/accounts/login/")
        self.page.fill("input[name=login]", username)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.locator("input[name=password]").press("Enter")
        self.page.wait_for_url("**/console/**", timeout=PATIENCE_MS)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=list(BROWSER_FLAGS))
        yield browser
        browser.close()


@contextmanager
def visitor(
    browser: Browser,
    stage: Deployment,
    size: tuple[int, int] = (1280, 720),
    language: str = "zh-hans",
    is_phone: bool = False,
) -> Iterator[Visitor]:
    """A visitor with a profile of their own. `size`: of the page in pixels."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        is_mobile=is_phone,
        has_touch=is_phone,
    )
    context.add_cookies([{"name": "language", "value": language, "url": stage.address}])
    page, log = context.new_page(), RequestLog()
    page.on("request", lambda request: log.note(request.url))
    page.on("pageerror", lambda error: log.page_errors.append(str(error)))
    page.on("websocket", lambda socket: log.note(socket.url))
    yield Visitor(page, log, stage.address)
    context.close()


def wait_until(page: Page, condition: str, patience_ms: int = PATIENCE_MS) -> None:
    """Ask the page until it says yes; Playwright's own waiting evaluates text, which the page's policy forbids."""
    until = time.monotonic() + patience_ms / 1000
    while not page.evaluate(condition):
        if time.monotonic() > until:
            raise NeverHappened(condition)
        page.wait_for_timeout(POLL_MS)


def wait_until_ready(page: Page) -> None:
    """Wait for the viewer's own flag: all tiles loaded and two frames drawn."""
    wait_until(page, "window.__xiaoyuan?.ready === true")


def since_start(page: Page, mark: str) -> float:
    """Seconds from navigation to a mark that the viewer set."""
    return float(page.evaluate("mark => window.__xiaoyuan.marks[mark] ?? NaN", mark)) / 1000


def position(page: Page, lon: float, lat: float) -> dict[str, float]:
    """Where the scene shows a place, in pixels of the window."""
    found = page.evaluate("([lon, lat]) => window.__xiaoyuan.windowPositionOf(lon, lat)", [lon, lat])
    return {"x": float(found["x"]), "y": float(found["y"])}


def click_at(page: Page, lon: float, lat: float) -> None:
    """Click where the scene shows a place."""
    point = position(page, lon, lat)
    page.mouse.click(point["x"], point["y"])


def approach(page: Page, lon: float, lat: float, steps: int = 12) -> None:
    """Look straight down, so that nothing stands before the place, and turn the wheel until it is near."""
    page.get_by_role("button", name=TOP_VIEW).click()
    wait_until_ready(page)
    ten_metres = 1e-4
    for _ in range(steps):
        point, beside = position(page, lon, lat), position(page, lon, lat + ten_metres)
        page.mouse.move(point["x"], point["y"])
        if abs(beside["y"] - point["y"]) > 15:
            return
        page.mouse.wheel(0, -300)
        wait_until(page, "window.__xiaoyuan.ready === false")
        wait_until_ready(page)


def on_card(page: Page, label: str) -> int | None:
    """Read a number from the card, by the English label of its row."""
    cell = page.locator("article.card dt", has_text=re.compile(f"^{label}$")).locator(
        "xpath=following-sibling::dd[1]"
    )
    cell.wait_for(timeout=PATIENCE_MS)
    digits = "".join(filter(str.isdigit, cell.inner_text()))
    return int(digits) if digits else None


def path_of(page: Page) -> str:
    """The path in the address bar."""
    return urlsplit(page.url).path
