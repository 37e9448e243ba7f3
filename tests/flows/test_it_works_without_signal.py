"""Without signal, at a name that is no loopback: reports wait on the phone, arrive, and are worked on to the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.cast import PASSWORD
from tests.chromium import BROWSER_FLAGS, find_browser
from tests.field_server import FieldServer, Person, field_server

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PASSPHRASE: Final = "翻过山路十八弯"
REPORTS: Final = tuple(f"第 {number} 盏路灯不亮" for number in range(1, 6))
STEPS: Final = ("accept", "finish", "confirm", "close")
ANSWERS: Final = """() => new Promise((resolve) => {
  const asked = indexedDB.open("xiaoyuan-field");
  asked.onsuccess = () => {
    const items = asked.result.transaction("items").objectStore("items").getAll();
    items.onsuccess = () => {
      asked.result.close();
      resolve(Object.fromEntries(items.result.map((one) => [one.answer.path, one.answer.incident])));
    };
  };
})"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FieldServer]:
    with field_server(tmp_path_factory.mktemp("field")) as running:
        yield running


@contextmanager
def phone(browser: Browser, server: FieldServer, folder: Path) -> Iterator[BrowserContext]:
    """A phone whose storage lies in `folder`: opened again with the same folder it was only switched off."""
    flags = [flag for flag in BROWSER_FLAGS if not flag.startswith("--host-resolver-rules")]
    context = browser.browser_type.launch_persistent_context(
        str(folder),
        executable_path=find_browser(),
        args=[*flags, *server.flags],
        viewport={"width": 390, "height": 844},
        has_touch=True,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
    )
    yield context
    context.close()


def sign_in(page: Page, server: FieldServer) -> None:
    page.goto(f"{server.url}/accounts/login/?next=/field/app/")
    page.fill("input[name=login]", "li")
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit], main form button")
    page.wait_for_url("**/field/app/")
    page.wait_for_selector("html[data-offline=ready]", state="attached")
    expect(page.locator("#view h2").first).to_contain_text("今天")


def take_along(page: Page) -> None:
    page.click("[data-tab=more]")
    page.fill("#passphrase", PASSPHRASE)
    page.click("text=带走 >> nth=-1")
    expect(page.locator("#view")).to_contain_text("已带走")


def report(page: Page, words: str) -> None:
    page.click("[data-tab=report]")
    page.select_option("#category", "lamp")
    page.fill("#place", "村口")
    page.fill("#words", words)
    page.click("form .big")
    expect(page.locator("#view h2").first).to_contain_text("待发")


def unlock(page: Page, passphrase: str) -> None:
    page.click("[data-tab=today]")
    page.fill("#passphrase", passphrase)
    page.click("form .big")


def test_five_reports_wait_arrive_and_are_closed(
    browser: Browser, server: FieldServer, tmp_path: Path
) -> None:
    with phone(browser, server, tmp_path / "phone") as context:
        page = context.new_page()
        sign_in(page, server)
        take_along(page)
        context.set_offline(True)
        for words in REPORTS[:3]:
            report(page, words)
        expect(page.locator("[data-state=queued]")).to_have_count(3)
        page.close()

        # The page is opened anew without a network: shell, work and queue lie on the phone.
        page = context.new_page()
        page.goto(f"{server.url}/field/app/")
        unlock(page, PASSPHRASE)
        expect(page.locator("#view")).to_contain_text("本网格小院 3")
        for words in REPORTS[3:]:
            report(page, words)
        expect(page.locator("[data-state=queued]")).to_have_count(5)

    # Switched off and on again.
    with phone(browser, server, tmp_path / "phone") as context:
        page = context.new_page()
        page.goto(f"{server.url}/field/app/")
        page.click("[data-tab=queue]")
        # The session ended with the browser: they wait until their owner signs in again.
        expect(page.locator("[data-state=queued]")).to_have_count(5)
        expect(page.locator("[role=status]").first).to_contain_text("请登录")
        sign_in(page, server)
        page.click("[data-tab=queue]")
        expect(page.locator("[data-state=sent]")).to_have_count(5)
        addresses = page.locator("[data-state=sent] a").evaluate_all("links => links.map((one) => one.href)")
        assert len(set(addresses)) == 5
        incidents = page.evaluate(ANSWERS)

        clerk = Person(server, "wang", PASSWORD)
        for address in addresses:
            page.goto(address)
            followed = page.locator("main").inner_text()
            for row_version, step in enumerate(STEPS, start=1):
                payload = {"incident": incidents[address.removeprefix(server.url)], "step": step}
                key = f"{step}-{address.split('/')[-2]}"
                clerk.submit(
                    {"key": key, "kind": "incident.step", "row_version": row_version, "payload": payload}
                )
                page.reload()
                now = page.locator("main").inner_text()
                assert now != followed  # the reporter's page follows each step
                followed = now


def test_wrong_passphrases_wipe_the_copy_only(browser: Browser, server: FieldServer, tmp_path: Path) -> None:
    with phone(browser, server, tmp_path / "phone") as context:
        page = context.new_page()
        sign_in(page, server)
        take_along(page)
        context.set_offline(True)
        report(page, "没有发出的一件")
        page.reload()
        for left in (4, 3, 2, 1):
            unlock(page, "猜的密码不对")
            expect(page.locator("[role=alert]")).to_contain_text(f"还可以试 {left} 次")
        unlock(page, "猜的密码不对")
        expect(page.locator("[role=alert]")).to_contain_text("已经清除")
        expect(page.locator("#view")).to_contain_text("没有带走的资料")
        context.set_offline(False)
        page.click("[data-tab=queue]")
        expect(page.locator("[data-state=sent]")).to_have_count(1)


def test_signing_out_wipes_the_phone(browser: Browser, server: FieldServer, tmp_path: Path) -> None:
    with phone(browser, server, tmp_path / "phone") as context:
        page = context.new_page()
        sign_in(page, server)
        take_along(page)
        page.click("[data-tab=more]")
        page.click("#sign-out")
        expect(page.locator("#left")).to_be_visible()
        names = page.evaluate("async () => (await indexedDB.databases()).map((one) => one.name)")
        assert names == []
        page.goto(f"{server.url}/field/")
        assert "/accounts/login/" in page.url
