"""The editing map as a person uses it: drawn with snapping, saved, changed by keys and coordinates, taken back."""

import math
import re
from typing import Any

import pytest
import shapely
from playwright.sync_api import FloatRect, Locator, Page, Position, expect
from pytest_django.live_server_helper import LiveServer

from tests.cast import OWN, Cast
from tests.portal.test_it_is_accessible import sign_in
from xiaoyuan.register.models import Building, Courtyard, Road

pytestmark = pytest.mark.browser
ZOOM, LAT, LON = 19, 27.3003, 105.2905
"""Between the first two courtyards of the cast: their corners are what the pen snaps to."""


def open_map(page: Page, live_server: LiveServer, more: str = "") -> Locator:
    sign_in(page, live_server.url, "wang")
    page.goto(f"{live_server.url}/console/map/?division={OWN}{more}#map={ZOOM}/{LAT}/{LON}")
    expect(page.locator("[data-drawing]")).to_have_attribute("data-ready", "true", timeout=60_000)
    expect(page.locator("[data-drawing]")).to_have_attribute("data-places", re.compile("[1-9]"))
    return page.locator(".maplibregl-canvas")


def at(canvas: Locator, lon: float, lat: float, off: tuple[float, float] = (0, 0)) -> Position:
    """Where a place lies on the canvas, in spherical Mercator with 512 pixels for the world, and `off` beside it."""
    box: FloatRect | None = canvas.bounding_box()
    assert box is not None
    world = 512 * 2**ZOOM
    east = (lon - LON) / 360 * world
    south = -(_northing(lat) - _northing(LAT)) * world
    return {"x": box["width"] / 2 + east + off[0], "y": box["height"] / 2 + south + off[1]}


def _northing(lat: float) -> float:
    return math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)) / math.tau


def status(page: Page) -> Locator:
    return page.locator("[data-drawing-status]")


def yards() -> list[Courtyard]:
    return list(Courtyard.objects.unscoped("a test").filter(division_code=OWN).order_by("code"))


def shape_of(row: Any) -> Any:
    return shapely.from_wkb(bytes(row.wkb))


def test_a_building_is_drawn_with_snapping_saved_and_taken_back(
    cast: Cast, live_server: LiveServer, page: Page
) -> None:
    canvas = open_map(page, live_server)
    first, second, _third = yards()
    page.locator("[data-draw=building]").click()
    # Beside the corners of two courtyards: the pen goes to the corners themselves.
    canvas.click(position=at(canvas, first.max_lon or 0, first.max_lat or 0, (6, -5)))
    canvas.click(position=at(canvas, second.min_lon or 0, second.max_lat or 0, (-5, -6)))
    canvas.hover(position=at(canvas, second.min_lon or 0, 27.30048, (4, 0)))
    expect(status(page)).to_contain_text("直角")
    canvas.click(position=at(canvas, second.min_lon or 0, 27.30048, (4, 0)))
    canvas.click(position=at(canvas, first.max_lon or 0, 27.30048, (5, 2)))
    canvas.press("Control+z")
    canvas.press("Control+y")
    page.get_by_role("button", name="画完").click()
    page.get_by_label("层数").fill("3")
    page.get_by_label("用途").select_option("dwelling")
    expect(page.locator(".drawing-measures")).to_contain_text("亩")
    page.get_by_role("button", name="保存").click()
    expect(status(page)).to_contain_text("已保存")
    made: Building = Building.objects.unscoped("a test").latest("pk")
    kept = {tuple(corner) for corner in shapely.get_coordinates(shape_of(made)).round(9).tolist()}
    assert (round(first.max_lon or 0, 9), round(first.max_lat or 0, 9)) in kept
    assert (round(second.min_lon or 0, 9), round(second.max_lat or 0, 9)) in kept
    # Right angles: four corners on two meridians, to a millimetre.
    assert len({round(lon, 8) for lon, _lat in kept}) == 2
    assert (made.storeys, made.use) == (3, "dwelling")
    page.locator(".drawing-history summary").click()
    page.locator(".drawing-history").get_by_role("button", name="撤回").click()
    expect(status(page)).to_contain_text("已撤回")
    assert not Building.objects.unscoped("a test").filter(pk=made.pk).exists()


def test_a_corner_is_dragged_and_escape_lets_go(cast: Cast, live_server: LiveServer, page: Page) -> None:
    canvas = open_map(page, live_server)
    house: Building = Building.objects.unscoped("a test").filter(courtyard=cast.own.courtyard).get()
    canvas.click(
        position=at(canvas, (house.min_lon + house.max_lon) / 2, (house.min_lat + house.max_lat) / 2)
    )
    expect(status(page)).to_contain_text("正在修改")
    start, end = (at(canvas, house.max_lon, lat) for lat in (house.max_lat, house.max_lat + 0.00005))
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + start["x"], box["y"] + start["y"])
    page.mouse.down()
    page.mouse.move(box["x"] + end["x"] - 8, box["y"] + end["y"] + 20, steps=4)
    page.mouse.move(box["x"] + end["x"], box["y"] + end["y"], steps=4)
    page.mouse.up()
    expect(page.get_by_role("button", name="撤一步")).to_be_enabled()
    page.keyboard.press("Escape")
    expect(page.locator("[data-drawing-panel]")).to_be_hidden()
    again = Building.objects.unscoped("a test").get(pk=house.pk)
    assert again.row_version == house.row_version
    page.locator(f"[data-place='{house.pk}']").click()
    expect(status(page)).to_contain_text("正在修改")
    page.get_by_label("名称", exact=True).fill("老宅")
    page.get_by_role("button", name="保存").click()
    expect(status(page)).to_contain_text("已保存")
    house.refresh_from_db()
    assert house.name == "老宅"
    expect(page.locator(f"[data-place='{house.pk}']")).to_contain_text("老宅")


def test_a_road_is_drawn_with_keys_and_typed_coordinates(
    cast: Cast, live_server: LiveServer, page: Page
) -> None:
    canvas = open_map(page, live_server)
    page.locator("[data-draw=road]").press("Enter")
    canvas.focus()
    page.keyboard.press("Enter")
    for _n in range(3):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator(".drawing-measures")).to_contain_text("长")
    page.locator(".drawing-typing summary").press("Enter")
    coordinates = page.locator("#drawing-coordinates")
    assert len(coordinates.input_value().splitlines()) == 2
    coordinates.fill("105.2905, 27.3005\n105.2915")
    expect(page.locator("#drawing-fault")).to_be_visible()
    coordinates.fill("105.2905, 27.3005\n105.2915, 27.3005")
    expect(page.locator("#drawing-fault")).to_be_hidden()
    page.get_by_label("宽度（米）").fill("3.5")
    page.get_by_role("button", name="保存").press("Enter")
    expect(status(page)).to_contain_text("已保存")
    road: Road = Road.objects.unscoped("a test").get()
    assert road.length_m == pytest.approx(98.96, abs=0.1)
    assert road.width_m == 3.5


def test_what_the_register_refuses_is_said_and_nothing_is_lost(
    cast: Cast, live_server: LiveServer, page: Page
) -> None:
    canvas = open_map(page, live_server)
    page.locator("[data-draw=parcel]").click()
    for x, y in ((120, 120), (260, 240), (260, 120), (120, 240)):
        canvas.click(position={"x": x, "y": y})
    page.get_by_role("button", name="画完").click()
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#drawing-fault")).to_contain_text("自相交")
    expect(page.get_by_role("button", name="保存")).to_be_visible()
    assert len(page.locator("#drawing-coordinates").input_value().splitlines()) == 4
