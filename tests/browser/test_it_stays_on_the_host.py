"""The browser fixture must notice what it exists to notice."""

import pytest
from playwright.sync_api import Page

from tests.chromium import RequestLog

pytestmark = pytest.mark.browser


def test_a_request_to_another_host_is_seen_and_stopped(page: Page, request_log: RequestLog) -> None:
    page.set_content(
        '<img src="https://tiles.example.org/1.png"><script src="https://cdn.example.org/a.js"></script>'
    )
    page.wait_for_load_state("load")
    assert set(request_log.outside) == {"https://tiles.example.org/1.png", "https://cdn.example.org/a.js"}
    assert set(request_log.failed) == set(request_log.outside)
    request_log.outside.clear()  # the fixture would rightly fail this test


def test_a_broken_script_is_seen(page: Page, request_log: RequestLog) -> None:
    page.set_content("<script>throw new Error('on purpose')</script>")
    assert request_log.page_errors == ["on purpose"]
    request_log.page_errors.clear()


def test_chinese_has_glyphs(page: Page) -> None:
    """Missing glyphs are drawn as equal boxes: two different characters must look different."""
    page.set_content("<p id=a style='width:40px'>双</p><p id=b style='width:40px'>堰</p>")
    assert page.locator("#a").screenshot() != page.locator("#b").screenshot()
