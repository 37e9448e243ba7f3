"""The placing map as a person uses it: list and click, keys, drag from the list, GPS with its accuracy, undo."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.cast import NOW, OWN, Cast
from tests.portal.test_it_is_accessible import sign_in
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.register.actions.addresses import AddressText
from xiaoyuan.register.actions.placing import create_courtyard
from xiaoyuan.register.models import Courtyard, Household

pytestmark = pytest.mark.browser
VIEW = "map=18/27.30210/105.29300"


@pytest.fixture
def yards(cast: Cast) -> list[Courtyard]:
    """Three courtyards of a ledger that nobody has been to."""
    return [
        create_courtyard(
            county_id=cast.own.courtyard.county_id,
            division_code=OWN,
            is_sample=True,
            code=f"Y-{n}",
            group="二组",
            address=AddressText(f"双堰社区二组{n}号", f"{n}号"),
            actor=SYSTEM,
            now=NOW,
        )
        for n in (1, 2, 3)
    ]


def open_map(page: Page, live_server: LiveServer, kind: str = "courtyards") -> Locator:
    sign_in(page, live_server.url, "wang")
    page.goto(f"{live_server.url}/console/placing/?division={OWN}&kind={kind}#{VIEW}")
    expect(page.locator("[data-placing]")).to_have_attribute("data-ready", "true", timeout=60_000)
    return page.locator(".maplibregl-canvas")


def place_of(courtyard: Courtyard) -> tuple[float, float] | None:
    courtyard.refresh_from_db()
    return None if courtyard.min_lon is None else (courtyard.min_lon, courtyard.min_lat or 0)


def status(page: Page) -> Locator:
    return page.locator("[data-placing-status]")


def test_a_click_places_and_undo_takes_it_back(
    yards: list[Courtyard], live_server: LiveServer, page: Page
) -> None:
    canvas = open_map(page, live_server)
    page.get_by_role("button", name="双堰社区二组1号").click()
    canvas.click(position={"x": 300, "y": 200})
    expect(status(page)).to_contain_text("已上图")
    assert place_of(yards[0]) is not None
    assert page.locator("[data-item]").count() == 2
    page.get_by_role("button", name="撤销").click()
    expect(page.locator("[data-item]")).to_have_count(3, timeout=30_000)
    assert place_of(yards[0]) is None


def test_keys_alone_place_a_courtyard(yards: list[Courtyard], live_server: LiveServer, page: Page) -> None:
    canvas = open_map(page, live_server)
    page.get_by_role("button", name="双堰社区二组2号").press("Enter")
    canvas.focus()
    page.keyboard.press("ArrowRight")
    expect(status(page)).to_contain_text("东经")
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("Enter")
    expect(status(page)).to_contain_text("已上图")
    lon, lat = place_of(yards[1]) or (0, 0)
    assert 105.293 < lon < 105.2932
    assert lat > 27.3021


def test_an_entry_is_dragged_onto_the_map_and_its_point_is_corrected(
    yards: list[Courtyard], live_server: LiveServer, page: Page
) -> None:
    canvas = open_map(page, live_server)
    page.locator("[data-item]").nth(2).drag_to(canvas, target_position={"x": 350, "y": 250})
    expect(status(page)).to_contain_text("已上图")
    before = place_of(yards[2])
    assert before is not None
    marker = page.locator(".maplibregl-marker")
    marker.drag_to(canvas, target_position={"x": 420, "y": 250}, force=True)
    expect(status(page)).to_contain_text("已更正")
    after = place_of(yards[2])
    assert after is not None
    assert after[0] > before[0]


def test_gps_keeps_its_accuracy(yards: list[Courtyard], live_server: LiveServer, page: Page) -> None:
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"longitude": 105.2933, "latitude": 27.3022, "accuracy": 7.4})
    open_map(page, live_server)
    page.locator("[data-item]").first.click()
    page.locator("[data-placing-gps]").click()
    expect(status(page)).to_contain_text(re.compile("误差约 8 米"))
    yards[0].refresh_from_db()
    assert yards[0].accuracy_m == 7.4


def test_a_household_is_settled_by_a_tap_on_its_courtyard(
    cast: Cast, live_server: LiveServer, page: Page
) -> None:
    household = cast.own.household
    Household.objects.unscoped("a test").filter(pk=household.pk).update(courtyard=None)
    west, south, east, north = (
        getattr(cast.own.courtyard, name) for name in ("min_lon", "min_lat", "max_lon", "max_lat")
    )
    sign_in(page, live_server.url, "wang")
    view = f"map=18/{(south + north) / 2:.6f}/{(west + east) / 2:.6f}"
    with page.expect_response(re.compile("/console/placing/places/")):
        page.goto(f"{live_server.url}/console/placing/?division={OWN}&kind=households#{view}")
    expect(page.locator("[data-placing]")).to_have_attribute("data-ready", "true", timeout=60_000)
    page.locator("[data-item]").first.press("Enter")
    page.locator(".maplibregl-canvas").focus()
    page.keyboard.press("Enter")
    expect(status(page)).to_contain_text("已归入")
    household.refresh_from_db()
    assert household.courtyard_id == cast.own.courtyard.pk
