"""Measures the 3D screen in a software renderer, and a page beside it: `python -m bench.scene --help`.

Ours is a running deployment (`xiaoyuan demo`). The page beside it is anything that sets `window.__ready` and offers
`window.__pan(step)`, such as an experiment that the budget was taken from; without one only ours is measured.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson
from playwright.sync_api import Browser, Page, Request, ViewportSize, sync_playwright

from tests.chromium import BROWSER_FLAGS, find_browser

PATIENCE_S: Final = 180
WINDOW: Final = ViewportSize(width=1280, height=720)
PANS: Final = 9
BUDGETS: Final = {
    "figures": 1.0,
    "buildings": 6.0,
    "village_bytes": 4e6,
    "county_bytes": 6e6,
    "county": 20.0,
    "pan_ms": 400.0,
}
"""Seconds, bytes and milliseconds that the screen must stay within."""

_PAN_OURS: Final = """async (step) => {
  const hooks = window.__xiaoyuan, before = hooks.frames, started = performance.now();
  document.dispatchEvent(new KeyboardEvent("keydown", { key: step % 2 ? "ArrowLeft" : "ArrowRight" }));
  while (hooks.frames === before) await new Promise((resolve) => setTimeout(resolve, 2));
  return performance.now() - started;
}"""
_PAN_OTHER: Final = """async (step) => {
  const started = performance.now();
  await window.__pan(step);
  return performance.now() - started;
}"""


@dataclass
class Seen:
    """What one page took: seconds since navigation, bytes over the wire, milliseconds a frame while panning."""

    name: str
    seconds: dict[str, float] = field(default_factory=dict)
    bytes: int = 0
    requests: int = 0
    pan_ms: float = 0.0
    load: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {**self.__dict__}


def _until(page: Page, question: str, started: float) -> float:
    """Seconds until the page answers yes; asked from outside, because its policy forbids evaluating text."""
    while not page.evaluate(f"() => {question}"):
        if time.monotonic() - started > PATIENCE_S:
            raise SystemExit(f"{page.url}: {question} is not true after {PATIENCE_S} s")
        page.wait_for_timeout(50)
    return round(time.monotonic() - started, 2)


def measure(browser: Browser, name: str, address: str, *, is_ours: bool) -> Seen:
    """Open an address with an empty cache, wait until all of it is there, then pan."""
    seen = Seen(name, load=round(os.getloadavg()[0], 1))
    context = browser.new_context(viewport=WINDOW, locale="zh-CN")
    page = context.new_page()

    def count(request: Request) -> None:
        seen.bytes += request.sizes()["responseBodySize"]
        seen.requests += 1

    page.on("requestfinished", count)
    started = time.monotonic()
    page.goto(address, wait_until="commit")
    if is_ours:
        seen.seconds["figures"] = _until(page, "document.querySelector('.figure-value') !== null", started)
        seen.seconds["buildings"] = _until(page, "window.__xiaoyuan?.buildingsReady === true", started)
        seen.seconds["complete"] = _until(page, "window.__xiaoyuan?.ready === true", started)
    else:
        seen.seconds["complete"] = _until(page, "window.__ready === true", started)
    pans = [page.evaluate(_PAN_OURS if is_ours else _PAN_OTHER, step) for step in range(PANS)]
    seen.pan_ms = round(statistics.median(pans), 1)
    context.close()
    return seen


def main() -> None:
    """Measure what the arguments name, print a line each and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ours", required=True, help="address of a running deployment")
    parser.add_argument("--village", default="520502103003", help="code of the village to open")
    parser.add_argument("--county", default="520502103", help="code of the county (or town) to open")
    parser.add_argument("--beside", help="address of the page to compare with")
    default = Path(tempfile.gettempdir()) / "scene.json"
    parser.add_argument("--json", type=Path, default=default, help="where to write the figures")
    arguments = parser.parse_args()
    pages = [
        ("village", f"{arguments.ours}/screen/{arguments.village}/", True),
        ("county", f"{arguments.ours}/screen/{arguments.county}/", True),
    ]
    if arguments.beside:
        pages.insert(1, ("beside", arguments.beside, False))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=list(BROWSER_FLAGS))
        found = [measure(browser, name, address, is_ours=ours) for name, address, ours in pages]
        browser.close()
    for seen in found:
        times = " ".join(f"{name} {seconds:.1f} s" for name, seconds in seen.seconds.items())
        print(
            f"{seen.name:8} {times} · {seen.bytes / 1e6:.2f} MB in {seen.requests} · pan {seen.pan_ms:.0f} ms"
            f" · load {seen.load}"
        )
    arguments.json.write_bytes(
        orjson.dumps(
            {"budgets": BUDGETS, "seen": [seen.as_json() for seen in found]}, option=orjson.OPT_INDENT_2
        )
    )
    by_name = {seen.name: seen for seen in found}
    if "beside" in by_name:
        share = by_name["village"].seconds["complete"] / by_name["beside"].seconds["complete"]
        print(f"village complete in {share:.2f} of the page beside it (wanted: at most 0.80)")
    print(f"written to {arguments.json}", file=sys.stderr)


if __name__ == "__main__":
    main()
