"""The table of people: one save, one step, every row or none; and the keyboard that a clerk's hands know."""

from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from tests.cast import OWN, PASSWORD, Cast
from tests.portal.console import follow, signed_in, text_of, undo_address
from xiaoyuan.history.models import Revision
from xiaoyuan.register.models import Household, Person, PolicyTag

WHY = "a test"
TABLE = f"/console/people/table/?division={OWN}"


def person(name: str) -> Any:
    return Person.objects.unscoped(WHY).get(name=name, division_code=OWN)


def sent(client: Client, **changes: str) -> dict[str, list[str]]:
    """Return the table as a browser sends it; `changes` are `name__field` by the person's name."""
    data = QueryDict(mutable=True)
    for row in client.get(TABLE).context["rows"]:
        data.appendlist("id", str(row["person"].pk))
        for field in row["form"]:
            value = field.value()
            data[field.html_name] = "" if value is None else str(value)
    for key, value in changes.items():
        name, column = key.split("__")
        data[f"{person(name).pk}-{column}"] = value
    return dict(data.lists())


def test_many_rows_are_one_step(cast: Cast) -> None:
    client = signed_in(cast, "wang")
    changes = {
        "张伟__education": "70",
        "李秀兰__work_place": "贵阳",
        "李秀兰__work_months": "6",
        "王国强__tags": "党员、低保",
        "陈桂芳__is_resident": "false",
    }
    shown = follow(client, client.post(TABLE, sent(client, **changes)))
    assert "已完成：表格批量修改" in text_of(shown)
    assert person("张伟").education == "70"
    assert (person("李秀兰").work_place, person("李秀兰").work_months) == ("贵阳", 6)
    open_tags = PolicyTag.objects.unscoped(WHY).filter(person=person("王国强"), until__isnull=True)
    assert set(open_tags.values_list("tag", flat=True)) == {"党员", "低保"}
    assert Revision.objects.filter(action="register.change_people").count() == 1
    client.post(undo_address(shown))
    assert person("张伟").education == ""
    assert person("李秀兰").work_place == ""
    assert set(open_tags.values_list("tag", flat=True)) == {"党员"}


def test_a_table_sent_as_it_was_writes_nothing(cast: Cast) -> None:
    client = signed_in(cast, "wang")
    versions = list(Person.objects.unscoped(WHY).order_by("pk").values_list("row_version", flat=True))
    assert client.post(TABLE, sent(client)).status_code == 302
    assert list(Person.objects.unscoped(WHY).order_by("pk").values_list("row_version", flat=True)) == versions
    assert not Revision.objects.exists()


def test_one_wrong_cell_keeps_every_row_unwritten(cast: Cast) -> None:
    client = signed_in(cast, "wang")
    refused = client.post(TABLE, sent(client, 张伟__education="70", 李秀兰__work_months="13"))
    assert refused.status_code == 400
    assert "李秀兰 务工月数" in text_of(refused)
    assert person("张伟").education == ""
    # What was written stands in the table still.
    row = next(row for row in refused.context["rows"] if row["person"].name == "张伟")
    assert row["form"]["education"].value() == "70"


def test_a_conflict_in_one_row_writes_no_row_and_loses_nothing(cast: Cast) -> None:
    wang, chen = signed_in(cast, "wang"), signed_in(cast, "chen")
    late = sent(wang, 张伟__education="70", 李秀兰__work_place="遵义", 王国强__education="60")
    chen.post(TABLE, sent(chen, 李秀兰__work_place="贵阳", 李秀兰__education="80"))
    refused = wang.post(TABLE, late)
    assert refused.status_code == 409
    assert person("张伟").education == person("王国强").education == ""
    page = text_of(refused)
    assert "您写的是“遵义”，别人写的是“贵阳”" in page
    assert "别人改成了“小学”" in page
    again = QueryDict(mutable=True)
    for row in refused.context["rows"]:
        again.appendlist("id", str(row["person"].pk))
        for field in row["form"]:
            again[field.html_name] = "" if field.value() is None else str(field.value())
    follow(wang, wang.post(TABLE, dict(again.lists())))
    assert (person("李秀兰").work_place, person("李秀兰").education) == ("遵义", "80")
    assert (person("张伟").education, person("王国强").education) == ("70", "60")


def test_rows_of_another_village_are_not_there(cast: Cast) -> None:
    client = signed_in(cast, "wang")
    other = cast.places["sibling"].person
    data = sent(client)
    data["id"].append(str(other.pk))
    data |= {f"{other.pk}-education": ["70"], f"{other.pk}-row_version": [str(other.row_version)]}
    assert client.post(TABLE, data).status_code == 404
    assert Person.objects.unscoped(WHY).get(pk=other.pk).education == ""


def test_a_group_is_shown_alone(cast: Cast) -> None:
    client = signed_in(cast, "wang")
    second = Household.objects.unscoped(WHY).filter(division_code=OWN).exclude(pk=cast.own.household.pk)
    second.update(group="二组")
    rows = client.get(TABLE, {"division": OWN, "group": "二组"}).context["rows"]
    assert {row["person"].name for row in rows} == {"王国强", "陈桂芳"}


@pytest.mark.browser
def test_the_table_needs_no_mouse(cast: Cast, live_server: LiveServer, page: Page) -> None:
    page.goto(f"{live_server.url}/accounts/login/")
    page.fill("#id_login", "wang")
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/")
    page.goto(live_server.url + TABLE)
    place = page.get_by_label("张伟 务工地点")
    place.focus()
    page.keyboard.type("贵阳")
    page.keyboard.press("Enter")  # down a row
    assert page.locator(":focus").get_attribute("aria-label") == "李秀兰 务工地点"
    page.keyboard.type("遵义")
    page.keyboard.press("Escape")  # restores the cell
    assert page.get_by_label("李秀兰 务工地点").input_value() == ""
    page.keyboard.press("ArrowLeft")
    assert page.locator(":focus").get_attribute("aria-label") == "李秀兰 常住"
    page.keyboard.press("ArrowUp")
    assert page.locator(":focus").get_attribute("aria-label") == "张伟 常住"
    # A column out of a spreadsheet, pasted over lists: labels are understood, what is none is marked.
    page.get_by_label("张伟 文化程度").focus()
    paste = """text => {
        const data = new DataTransfer(); data.setData('text/plain', text);
        const how = {clipboardData: data, bubbles: true, cancelable: true};
        document.activeElement.dispatchEvent(new ClipboardEvent('paste', how));
    }"""
    page.evaluate(paste, "初中\t群众\r\n小学\t共青团员\r\n不详\t群众\r\n")
    assert page.get_by_label("李秀兰 文化程度").input_value() == "80"
    assert page.get_by_label("李秀兰 政治面貌").input_value() == "03"
    assert page.locator("td.is-unfit").count() == 1
    assert page.locator("[data-grid-status]").inner_text() == "3 行已改 · 不在可选项中： 1"
    # A marked part of a column goes out as lines.
    page.get_by_label("张伟 文化程度").focus()
    page.keyboard.press("Shift+ArrowDown")
    copied = page.evaluate(
        """() => {
            const data = new DataTransfer();
            const how = {clipboardData: data, bubbles: true, cancelable: true};
            document.activeElement.dispatchEvent(new ClipboardEvent('copy', how));
            return data.getData('text/plain');
        }"""
    )
    assert copied == "初中\n小学"
    page.get_by_role("button", name="保存全部").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**done=*")
    assert (person("张伟").education, person("张伟").work_place) == ("70", "贵阳")
    assert person("李秀兰").education == "80"
