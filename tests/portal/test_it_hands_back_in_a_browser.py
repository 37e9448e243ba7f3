"""Handing back as a clerk clicks it: a layout uploaded, corrected, filled and fetched; every page readable for all."""

from pathlib import Path

import openpyxl
import pytest
from django.utils import timezone
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from tests.cast import OWN, Cast
from tests.exports.layouts import layout_of
from tests.portal.test_it_is_accessible import SIZES, TOO_SMALL, sign_in, walk
from xiaoyuan.exports.models import ExportFormat, ExportRequest, ExportStatus, ExportTemplate

pytestmark = pytest.mark.browser


@pytest.fixture(params=SIZES)
def viewport(request: pytest.FixtureRequest) -> tuple[int, int]:
    return SIZES[request.param]


def pages_of(cast: Cast) -> list[str]:
    home = {"county_id": cast.own.household.county_id, "division_code": OWN}
    told = {"source_key": "people", "format": ExportFormat.XLSX, "requested_at": timezone.now()}
    states = [
        ExportRequest.objects.create(
            **home, **told, status=status, requested_by_label="test", releases_at=timezone.now(), failure="-"
        )
        for status in (ExportStatus.EXPIRED, ExportStatus.REFUSED, ExportStatus.FAILED)
    ]
    layout = layout_of(cast.own.household.county_id, OWN)
    return [
        "/console/exports/",
        "/console/exports/new/",
        "/console/exports/changes/?since=2025-03-01&until=2025-03-31",
        "/console/exports/changes/?since=2020-03-01&until=2020-03-31",
        "/console/exports/layouts/new/",
        f"/console/exports/layouts/{layout.pk}/",
        *(f"/console/exports/{one.pk}/" for one in states),
    ]


def test_pages_are_accessible(cast: Cast, live_server: LiveServer, page: Page) -> None:
    sign_in(page, live_server.url, "wang")
    assert walk(page, live_server, ["/console/exports/", *pages_of(cast)]) == []


def test_large_type_is_large(cast: Cast, live_server: LiveServer, page: Page) -> None:
    page.context.add_cookies([{"name": "elder", "value": "1", "url": live_server.url}])
    sign_in(page, live_server.url, "wang")
    assert walk(page, live_server, pages_of(cast), TOO_SMALL) == []


def test_a_clerk_clicks_through(cast: Cast, live_server: LiveServer, page: Page, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["某镇采集表"])
    sheet.append(["序号", "户号", "家庭成员姓名", "档案号"])
    path = tmp_path / "采集表.xlsx"
    book.save(path)
    sign_in(page, live_server.url, "wang")
    page.click("nav.rail a[href='/console/exports/']")
    page.click("a[href='/console/exports/layouts/new/']")
    page.set_input_files("#file", path)
    page.click("form.editing button")
    page.wait_for_url("**/layouts/*/")
    assert page.input_value("#column-C") == "name"
    page.select_option("#column-D", "id_number")
    page.click("main form.stack button")
    page.wait_for_url("**/console/exports/")
    assert ExportTemplate.objects.get().columns["D"] == "id_number"
    page.click("form[action$='/fill/'] button")
    page.wait_for_url("**/console/exports/*/")
    with page.expect_download() as download:
        page.click("a[href$='/file/']")
    filled = tmp_path / "filled.xlsx"
    download.value.save_as(filled)
    rows = list(openpyxl.load_workbook(filled).worksheets[0].values)
    assert rows[0][0] == "某镇采集表"
    assert [row[2] for row in rows[2:]] == ["张伟", "李秀兰", "张小宝", "王国强", "陈桂芳"]
    assert all(str(row[3]).startswith("99****") for row in rows[2:])
