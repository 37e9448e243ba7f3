"""The scene's tools in a browser: a theme, a link that restores everything, a tour, two dates, following an edit."""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests.cast import NOW, OWN, Cast
from tests.portal.test_it_is_accessible import sign_in
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.register.actions.place_changes import note_change
from xiaoyuan.register.models import Building, Division
from xiaoyuan.twin.actions import build_twin, publish_changes
from xiaoyuan.twin.saved_views import ViewValues, save_view

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TOWN = "520502103"
PATIENCE_S = 90


@pytest.fixture
def scene(cast: Cast, settings: Settings, tmp_path: Path, page: Page) -> Cast:
    settings.TWIN_DIR = tmp_path
    build_twin(division=Division.objects.get(code=TOWN), actor=SYSTEM, now=NOW)
    page.set_viewport_size({"width": 1024, "height": 640})
    return cast


def until(page: Page, question: str, wanted: Callable[[Any], bool] = bool) -> Any:
    """Ask the page until the answer is right: its policy forbids playwright's own waiting, which evaluates text."""
    end = time.monotonic() + PATIENCE_S
    while not wanted(answer := page.evaluate(f"() => {question}")):
        assert time.monotonic() < end, f"{question}: {answer}"
        page.wait_for_timeout(50)
    return answer


def ready(page: Page) -> None:
    until(page, "window.__xiaoyuan?.ready === true")


def show(page: Page, live_server: LiveServer, fragment: str = "", code: str = OWN) -> None:
    page.goto("about:blank")
    page.goto(f"{live_server.url}/screen/{code}/{fragment}")
    ready(page)


def hook(page: Page, name: str) -> Any:
    return page.evaluate(f"() => window.__xiaoyuan.{name}")


def test_a_theme_has_a_legend_and_fetches_no_tile(scene: Cast, live_server: LiveServer, page: Page) -> None:
    show(page, live_server)
    expect(page.locator(".theme-legend")).to_have_count(0)
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    drawn = hook(page, "drape.drawn")
    page.get_by_role("button", name="专题着色").click()
    page.get_by_label("按什么着色").select_option("building:storeys")
    expect(page.locator(".theme-legend")).to_contain_text("层数")
    ready(page)
    assert hook(page, "theme") == "building:storeys"
    assert until(page, "window.__xiaoyuan.drape.drawn") > 0
    assert drawn > 0
    assert [url for url in fetched if "/twin/" in url and "current.json" not in url] == []
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]})
    assert found.violations_count == 0, found.generate_report()


def test_a_link_restores_everything(scene: Cast, live_server: LiveServer, page: Page) -> None:
    sign_in(page, live_server.url, "wang")
    cid = scene.own.courtyard.cid
    wanted = (
        f"#courtyard={cid}&at=105.290600,27.297000,1200.0,10.00,-60.00&off=plates,trees"
        "&theme=courtyard:residents&breaks=equal&over=plates_missing&sun=2026-05-20T09:30"
    )
    show(page, live_server, wanted)
    until(page, "window.__xiaoyuan.marksShown", lambda count: count == 3)
    assert hook(page, "theme") == "courtyard:residents"
    expect(page.locator(".card")).to_have_attribute("data-cid", str(cid))
    assert hook(page, "address") == f"/screen/{OWN}/{wanted}"
    page.get_by_role("button", name="分享").click()
    link = page.locator("#share-link").input_value()
    assert link == f"{live_server.url}/screen/{OWN}/{wanted}"


def test_a_stranger_with_the_link_sees_no_theme_of_people(
    scene: Cast, live_server: LiveServer, page: Page
) -> None:
    show(page, live_server, "#theme=courtyard:residents&over=vacant_houses")
    expect(page.locator(".scene-notice")).to_contain_text("不开放")
    assert (hook(page, "theme"), hook(page, "marksShown")) == ("", 0)


def test_a_tour_tells_and_pauses_when_touched(scene: Cast, live_server: LiveServer, page: Page) -> None:
    for number, name in ((1, "村口"), (2, "河边")):
        values = ViewValues(
            name, f"{name}的说明", f"at=105.2906,27.29{number},900.0,0.00,-50.00", number, 3, is_public=True
        )
        village = Division.objects.get(code=OWN)
        save_view(division=village, values=values, is_sample=True, actor=SYSTEM, now=NOW)
    show(page, live_server)
    page.get_by_role("button", name="视角与导览").click()
    page.get_by_role("button", name="开始导览").click()
    tour = page.locator(".tour")
    expect(tour).to_contain_text("村口的说明")
    expect(tour).to_contain_text("河边的说明", timeout=30_000)
    page.mouse.move(512, 250)
    page.mouse.wheel(0, 40)
    expect(tour).to_have_attribute("data-paused", "")
    page.keyboard.press("ArrowLeft")
    expect(tour).to_contain_text("村口的说明")
    page.keyboard.press("Escape")
    expect(tour).to_have_count(0)


def test_the_scene_follows_an_edit_and_compares_with_before(
    scene: Cast, live_server: LiveServer, page: Page
) -> None:
    cid = scene.own.courtyard.cid
    sign_in(page, live_server.url, "wang")  # strangers are shown today's revision only
    show(page, live_server, f"#courtyard={cid}")
    before = hook(page, "revisions")[TOWN]
    house = Building.objects.unscoped("a test").filter(courtyard=scene.own.courtyard).get()
    box = (house.min_lon, house.min_lat, house.max_lon, house.max_lat)
    Building.objects.unscoped("a test").filter(pk=house.pk).update(storeys=5, height_m=16.5)
    note_change(
        county_id=house.county_id,
        division_code=OWN,
        kind="building",
        cid=house.cid,
        layer_class=house.layer_class,
        was=box,
        now=box,
        revision_id=None,
        at=NOW,
    )
    publish_changes(county_id=house.county_id, actor=SYSTEM, now=NOW + timedelta(minutes=1))
    after = until(page, f"window.__xiaoyuan.revisions['{TOWN}']", lambda name: name != before)
    ready(page)
    assert hook(page, "tileFailed") == 0
    expect(page.locator(".card")).to_have_attribute("data-cid", str(cid))
    page.get_by_role("button", name="两期对比").click()
    page.get_by_label("较早的一期").select_option(before)
    divider = page.get_by_role("slider", name="对比分隔线")
    expect(divider).to_have_attribute("aria-valuenow", "50")
    divider.press("ArrowRight")
    expect(divider).to_have_attribute("aria-valuenow", "52")
    ready(page)
    assert f"compare={before}&split=0.520" in page.url
    assert hook(page, "revisions")[TOWN] == after
    page.get_by_role("button", name="结束对比").click()
    expect(divider).to_have_count(0)
