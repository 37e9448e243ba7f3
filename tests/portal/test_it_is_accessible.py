"""Every page, at the desk and on the phone, in normal and large type: axe finds nothing serious, keys reach all."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from tests.accounts.matrix_doorplates import flats_in, order_with_files, plate_that_waits
from tests.accounts.matrix_forms import answer_in
from tests.accounts.matrix_incidents import incident_in
from tests.accounts.matrix_notices import notice_in
from tests.accounts.matrix_points import entry_in, good_in
from tests.cast import OWN, PASSWORD, Cast
from tests.twin.plans import plan_of

pytestmark = pytest.mark.browser

SIZES = {"desk": (1920, 1080), "phone": (390, 844)}
PUBLIC = [
    "/",
    "/?q=双堰",
    f"/v/{OWN}/",
    "/v/520502103/",
    f"/v/{OWN}/report/",
    f"/v/{OWN}/points/",
    f"/v/{OWN}/notices/",
    "/me/sign-in/",
    "/me/activate/",
    f"/screen/{OWN}/?view=table",
    "/accounts/login/",
    "/nowhere/",
]
STAFF = [
    "/console/",
    "/console/households/",
    "/console/courtyards/",
    "/console/placing/",
    "/console/placing/?kind=households",
    "/console/map/",
    "/console/map/?kind=courtyard",
    "/console/plans/",
    "/console/maps/",
    "/console/households/new/",
    "/console/people/table/",
    "/console/duplicates/",
    "/console/imports/",
    "/console/incidents/?state=all",
    "/console/incidents/new/",
    "/console/incidents/board/",
    "/console/incidents/categories/",
    "/console/doorplates/",
    "/console/doorplates/batches/",
    "/console/doorplates/orders/",
    "/console/doorplates/clashes/",
    "/console/forms/",
    "/console/forms/new/",
    "/console/notices/",
    "/console/residents/?q=张",
    "/me/security/",
    "/console/notices/new/",
    "/console/points/",
    "/console/points/award/",
    "/console/points/rules/",
    "/console/points/goods/",
    "/accounts/password/change/",
]


@pytest.fixture(params=SIZES)
def viewport(request: pytest.FixtureRequest) -> tuple[int, int]:
    return SIZES[request.param]


def findings(page: Page) -> list[str]:
    """Return what axe calls serious or critical, with the first element of each."""
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{page.url} {one['id']}: {one['nodes'][0]['html'][:120]} {one['nodes'][0]['failureSummary'][:200]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def overflow(page: Page) -> int:
    width: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width


def sign_in(page: Page, address: str, name: str) -> None:
    page.goto(f"{address}/accounts/login/")
    page.fill("#id_login", name)
    page.fill("#id_password", PASSWORD)
    page.click("main button")
    page.wait_for_url(f"{address}/console/")


def pages_of(cast: Cast) -> list[str]:
    entry_in(cast.own)
    good_in(cast.own)
    notice = notice_in(cast.own)
    answer = answer_in(cast.own)
    return [
        *STAFF,
        f"/console/households/{cast.own.household.pk}/",
        f"/console/households/{cast.own.household.pk}/edit/",
        f"/console/households/{cast.own.household.pk}/card/",
        *(
            f"/console/households/{cast.own.household.pk}/steps/{step}/"
            for step in ("split", "marriage", "head")
        ),
        f"/console/persons/{cast.own.person.pk}/edit/",
        f"/console/persons/{cast.own.person.pk}/steps/death/",
        f"/console/duplicates/{cast.own.person.pk}/{cast.own.person.pk + 1}/",
        f"/console/courtyards/{cast.own.courtyard.pk}/",
        f"/console/imports/{cast.own.batch.pk}/",
        f"/console/incidents/{incident_in(cast.own, '13900001234').pk}/",
        f"/console/doorplates/{plate_that_waits(cast.own).pk}/",
        f"/console/doorplates/batches/{flats_in(cast.own).pk}/",
        f"/console/doorplates/batches/?community={cast.own.courtyard.pk}",
        f"/console/doorplates/orders/{order_with_files(cast.own).pk}/",
        f"/console/points/households/{cast.own.household.pk}/",
        f"/console/plans/{plan_of(cast.own.household.county_id, OWN).pk}/",
        f"/console/forms/{answer.form_id}/",
        f"/console/forms/{answer.form_id}/1/",
        f"/console/forms/{answer.form_id}/edit/?question=q1",
        f"/console/forms/{answer.form_id}/answers/",
        f"/console/forms/filled/{answer.pk}/",
        "/field/forms/",
        f"/field/forms/{answer.form.key}/",
        f"/console/notices/{notice.pk}/",
        f"/console/notices/{notice.pk}/spoken/",
        f"/v/{OWN}/notices/{notice.pk}/",
        "/me/",
        "/me/points/",
        "/inbox/",
        "/field/",
        "/accounts/logout/",
    ]


def walk(page: Page, live_server: LiveServer, addresses: list[str], measure: str = "() => []") -> list[str]:
    """Open each page; return what axe, the width and `measure` find wrong."""
    wrong = []
    for address in addresses:
        page.goto(f"{live_server.url}{address}")
        wrong += findings(page)
        wrong += [f"{address}: {one}" for one in page.evaluate(measure)]
        if overflow(page) > 0:
            wrong.append(f"{address} is {overflow(page)} px wider than the screen")
    return wrong


def test_public_pages(cast: Cast, live_server: LiveServer, page: Page) -> None:
    assert walk(page, live_server, PUBLIC) == []


def test_staff_pages(cast: Cast, live_server: LiveServer, page: Page) -> None:
    sign_in(page, live_server.url, "wang")
    assert walk(page, live_server, pages_of(cast)) == []


def test_large_type_is_large_everywhere(cast: Cast, live_server: LiveServer, page: Page) -> None:
    """At least 18 pt (24 px) for every text and 60 px for every control, still without scrolling sideways."""
    page.context.add_cookies([{"name": "elder", "value": "1", "url": live_server.url}])
    sign_in(page, live_server.url, "wang")
    assert walk(page, live_server, [*PUBLIC, *pages_of(cast)], TOO_SMALL) == []


TOO_SMALL = """() => {
  const wrong = [], inputs = "input:not([type=hidden], [type=checkbox], [type=radio])";
  const controls = `button, .button, select, ${inputs}, nav a, summary`;
  const isSeen = (one) => one.checkVisibility({ visibilityProperty: true }) && one.getClientRects().length > 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(), parent = walker.currentNode.parentElement;
    if (!text || !isSeen(parent) || parent.closest("script, noscript, .visually-hidden, option")) continue;
    const size = parseFloat(getComputedStyle(parent).fontSize);
    if (size < 23.9) wrong.push(`${size} px: ${text.slice(0, 30)}`);
  }
  for (const one of document.querySelectorAll(controls)) {
    const height = one.getBoundingClientRect().height;
    if (isSeen(one) && height < 59.5) wrong.push(`${height} px high: ${one.outerHTML.slice(0, 80)}`);
  }
  return [...new Set(wrong)];
}"""


def test_the_first_key_leads_to_the_content(cast: Cast, live_server: LiveServer, page: Page) -> None:
    page.goto(f"{live_server.url}/v/{OWN}/")
    page.keyboard.press("Tab")
    focused = page.locator(":focus")
    assert focused.inner_text() == "跳到正文"
    assert focused.bounding_box()["y"] >= 0  # type: ignore[index]  # a focused element has a box
    assert focused.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.locator(":focus").evaluate("one => Boolean(one.closest('main'))")


def test_a_search_needs_no_mouse(cast: Cast, live_server: LiveServer, page: Page) -> None:
    page.goto(live_server.url)
    page.focus("#q")
    page.keyboard.type("双堰")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=*")
    page.locator(".results a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/v/{OWN}/")


def test_a_revealed_value_is_covered_again(cast: Cast, live_server: LiveServer, page: Page) -> None:
    sign_in(page, live_server.url, "wang")
    page.goto(f"{live_server.url}/console/households/{cast.own.household.pk}/")
    page.locator("details.reveal summary").first.click()
    page.locator("details.reveal[open] button").click()
    shown = page.locator("[data-revealed]")
    assert shown.inner_text().startswith("990001")
    assert findings(page) == []
    shown.click()
    assert page.locator("[data-revealed]").inner_text() == "****"


def test_axe_would_find_something(live_server: LiveServer, page: Page) -> None:
    page.set_content("<html lang=zh><body><img src=x><button></button></body></html>")
    assert len(findings(page)) >= 2
