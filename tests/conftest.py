"""What every test may ask for: a data folder of its own, real input, a browser kept on this host."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import connections
from django.test import override_settings
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import Browser, Page, Request, Route, sync_playwright

from tests.chromium import BROWSER_FLAGS, BrowserMissing, RequestLog, find_browser, stays_here
from tests.folders import real_data_folder

# How long one example takes says more about the machine than about the code.
hypothesis_settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("unhurried")


@pytest.fixture(scope="session", autouse=True)
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder for this run, so that no test reads or writes what a developer keeps in var/."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "static").mkdir()
    # What pages queue is done at once: no test needs a worker.
    at_once = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    with override_settings(TASKS=at_once), pytest.MonkeyPatch.context() as patch:
        patch.setenv("XIAOYUAN_DATA_DIR", str(folder))  # for commands that tests start
        patch.setattr(settings, "DATA_DIR", folder)
        patch.setattr(settings, "MEDIA_ROOT", folder / "files")
        patch.setattr(settings, "STATIC_ROOT", folder / "static")
        # Look for a static file when it is asked for: every test client would list the viewer's thousand files.
        patch.setattr(settings, "WHITENOISE_AUTOREFRESH", True, raising=False)
        patch.setattr(settings, "TWIN_DIR", folder / "twin")
        patch.setattr(settings, "VAULT_KEY_FILE", folder / "keys" / "master.json")
        # The real hasher is slow on purpose: a third of a second for every user of every test.
        patch.setattr(settings, "PASSWORD_HASHERS", ["django.contrib.auth.hashers.MD5PasswordHasher"])
        yield folder


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None, data_folder: Path) -> None:
    """Give each run its own SQLite file, because several runs may share this checkout."""
    database = connections["default"]
    if database.vendor == "sqlite":
        database.settings_dict["TEST"]["NAME"] = str(data_folder / "test.sqlite3")
        options = database.settings_dict["OPTIONS"]
        # No power cut is tested here, so no commit has to wait for the disk.
        options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """Begin with an empty cache: numbers of rows come again in the next test."""
    for cache in caches.all(initialized_only=True):
        cache.clear()


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real input; its absence is a failure, never a skip."""
    folder = real_data_folder()
    if not folder.is_dir():
        pytest.fail(
            f"The real input is missing: {folder} is no folder. Set REAL_DATA to the folder that holds "
            "divisions/, mamre/ and osm/ (docs/real-data.md).",
            pytrace=False,
        )
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One chromium for the whole run."""
    # Playwright runs an event loop in this thread, which Django would take for an asynchronous caller.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        path = find_browser()
    except BrowserMissing as error:
        pytest.fail(str(error), pytrace=False)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(BROWSER_FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture
def request_log() -> RequestLog:
    """What the page of this test asked for; `outside` must be empty when the test ends."""
    return RequestLog()


@pytest.fixture
def viewport() -> tuple[int, int]:
    """Size of the page in pixels; override it in a test module for a phone."""
    return (1280, 720)


@pytest.fixture
def page(browser: Browser, request_log: RequestLog, viewport: tuple[int, int]) -> Iterator[Page]:
    """A fresh page of a Chinese visitor; the test fails when it asks another host or a script breaks."""
    width, height = viewport
    context = browser.new_context(
        viewport={"width": width, "height": height}, locale="zh-CN", timezone_id="Asia/Shanghai"
    )

    def gate(route: Route, request: Request) -> None:
        request_log.note(request.url)
        if stays_here(request.url):
            route.continue_()
        else:
            route.abort()

    context.route("**/*", gate)
    opened = context.new_page()
    opened.on("pageerror", lambda error: request_log.page_errors.append(str(error)))
    opened.on("requestfailed", lambda request: request_log.failed.append(request.url))
    opened.on("websocket", lambda socket: request_log.note(socket.url))
    yield opened
    context.close()
    assert not request_log.outside, f"The page asked other hosts: {request_log.outside}"
    assert not request_log.page_errors, f"A script of the page broke: {request_log.page_errors}"
