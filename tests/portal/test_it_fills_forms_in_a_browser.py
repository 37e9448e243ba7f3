"""A form on the phone: questions follow the answers at once, nothing is lost without signal, it arrives once."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.cast import Cast
from tests.portal.test_it_designs_forms import published
from tests.portal.test_it_is_accessible import findings, sign_in
from xiaoyuan.fieldwork.models.forms import FormAnswer

pytestmark = pytest.mark.browser


@pytest.fixture
def viewport() -> tuple[int, int]:
    return (390, 844)


@pytest.mark.django_db(transaction=True)
def test_a_form_is_filled_without_signal_and_arrives_once(
    cast: Cast, live_server: LiveServer, page: Page
) -> None:
    form = published(cast)
    sign_in(page, live_server.url, "li")
    page.goto(f"{live_server.url}/field/app/")
    page.click(f"[data-form='{form.key}']")
    vent = page.get_by_role("group", name="烟管通到屋外吗？")
    expect(vent).to_be_hidden()
    page.get_by_label("煤炉").check()
    expect(vent).to_be_visible()
    page.get_by_label("电", exact=True).check()
    expect(vent).to_be_hidden()
    page.get_by_label("煤炉").check()
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_text("请回答这个问题。").first).to_be_visible()
    expect(page.get_by_text("还有问题没有答好")).to_be_visible()
    assert findings(page) == []
    vent.get_by_label("否").check()
    page.get_by_label("家里几位 60 岁以上老人？").fill("30")
    expect(page.get_by_text("说明：共 0 张床")).to_be_visible()
    page.get_by_label("哪一间").fill("堂屋")
    page.get_by_label("几张床").fill("2")
    expect(page.get_by_text("说明：共 2 张床")).to_be_visible()
    # Another tab and back: what was typed is still there.
    page.click("[data-tab='more']")
    page.click("[data-tab='today']")
    page.click(f"[data-form='{form.key}']")
    expect(page.get_by_label("几张床")).to_have_value("2")
    page.context.set_offline(True)
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_text("请填 0 到 20。")).to_be_visible()
    page.get_by_label("家里几位 60 岁以上老人？").fill("3")
    page.get_by_role("button", name="提交").click()
    expect(page.locator("[data-state='queued']")).to_have_count(1)
    assert not FormAnswer.objects.unscoped("a test").exists()
    page.context.set_offline(False)
    expect(page.locator("[data-state='sent']")).to_have_count(1)
    answer = FormAnswer.objects.unscoped("a test").get()
    assert answer.answers == {
        "way": "coal",
        "vent": "no",
        "elders": 3,
        "room": [{"room_name": "堂屋", "beds": 2}],
        "all_beds": 2,
    }
    assert answer.by_user_id == cast.users["li"].pk
