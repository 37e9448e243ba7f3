"""A clerk brings in a workbook with every habit of real ledgers and takes it back, all by mouse."""

from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from tests.cast import OWN, PASSWORD, Cast, cast
from tests.intake.habits import Expected, every_habit
from xiaoyuan.intake.models import BatchStatus, ImportBatch
from xiaoyuan.register.models import Household, Person

__all__ = ["cast"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
_WHY = "a test counts"


@pytest.fixture
def viewport() -> tuple[int, int]:
    return (1920, 1080)


@pytest.fixture
def ledger(tmp_path: Path) -> tuple[Path, Expected]:
    path = tmp_path / "双堰社区户籍台账（2026）.xlsx"
    return path, every_habit(path)


def sign_in(page: Page, address: str, name: str) -> None:
    page.goto(f"{address}/accounts/login/")
    page.fill("#id_login", name)
    page.fill("#id_password", PASSWORD)
    page.click("main button")
    page.wait_for_url(f"{address}/console/")


def counts() -> tuple[int, int]:
    people = Person.objects.unscoped(_WHY).filter(division_code=OWN).count()
    return people, Household.objects.unscoped(_WHY).filter(division_code=OWN).count()


def batch() -> ImportBatch:
    return ImportBatch.objects.filter(kind="households").latest("pk")


def test_a_workbook_of_every_habit_goes_in_and_comes_out(
    cast: Cast, live_server: LiveServer, page: Page, ledger: tuple[Path, Expected]
) -> None:
    path, expected = ledger
    before = counts()
    sign_in(page, live_server.url, "wang")
    page.goto(f"{live_server.url}/console/imports/")
    page.set_input_files("#file", path)
    page.click("text=读取并比对")

    # One heading says nothing: the clerk is asked once a sheet, and answers.
    page.wait_for_selector(".questions")
    assert page.locator(".questions li").count() == expected.questions
    assert page.locator("section:has(h2:has-text('不是台账的工作表')) li").count() == len(expected.left_out)
    for row in page.locator("tr:has(th:text-is('证号'))").all():
        assert row.locator("select").input_value() == "id_number"  # proposed by its contents
    assert page.locator("td:has-text('990001')").count() == 0  # examples are covered
    page.click("text=确认并比对")

    page.wait_for_selector(".outcome")
    staged = batch()
    assert staged.status == BatchStatus.STAGED, staged.failure
    assert staged.counts.get("new") == expected.persons
    assert staged.counts.get("skipped", 0) == expected.skipped
    assert "error" not in staged.counts
    assert "ambiguous" not in staged.counts
    assert counts() == before
    page.click(f"text=写入 {expected.persons} 行")
    page.wait_for_selector("h2:has-text('已导入')")
    assert counts() == (before[0] + expected.persons, before[1] + expected.households)
    assert Person.objects.unscoped(_WHY).filter(name="𠮷\ue863贵").exists()

    # The same file once more: it is said that it was here before, and nothing differs.
    page.goto(f"{live_server.url}/console/imports/")
    page.set_input_files("#file", path)
    page.click("text=读取并比对")
    page.wait_for_selector(".outcome")
    assert page.locator("text=同一个文件已于").count() == 1
    again = batch()
    assert again.counts.get("same") == expected.persons
    assert "new" not in again.counts
    assert "changed" not in again.counts
    page.click("text=作废此文件")
    page.wait_for_selector("h2:has-text('已作废')")

    # The clerk's own workbook comes back with a verdict beside each row.
    page.goto(f"{live_server.url}/console/imports/{staged.pk}/")
    with page.expect_download() as download:
        page.click("text=下载带结果的原表")
    report = load_workbook(BytesIO(Path(download.value.path()).read_bytes()))
    assert set(expected.sheets) <= set(report.sheetnames)
    said = [cell.value for name in expected.sheets for row in report[name].iter_rows() for cell in row]
    assert said.count("新增") == expected.persons

    page.click("summary:has-text('退回')")
    page.fill("#reason", "导入错了年份")
    page.click("text=退回本次导入")
    page.wait_for_selector("h2:has-text('已退回')")
    assert counts() == before
