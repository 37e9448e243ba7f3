"""Notices: read below the division that published them, in their days only; changed with a trace; told of once."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from tests.cast import NOW, OTHER_TOWN, OWN, PASSWORD, SIBLING, Cast
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.audit.models import AuditEntry, ChangeEntry
from xiaoyuan.figures.models import FigureCell
from xiaoyuan.messages.models import Message
from xiaoyuan.notices.actions import publish_notice, tell_of_begun, withdraw_notice, write_notice
from xiaoyuan.notices.errors import (
    NoticeChanged,
    NoticeEndsTooEarly,
    NoticeIncomplete,
    NoticeSettled,
    WithdrawalUnexplained,
)
from xiaoyuan.notices.figures import FIGURES
from xiaoyuan.notices.models import Notice
from xiaoyuan.notices.queries import codes_above, current
from xiaoyuan.notices.setup import remove_sample, seed_sample

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
COUNTY, TOWN = "520502", "520502103"


def written(cast: Cast, code: str = OWN, **values: Any) -> Notice:
    given: dict[str, Any] = {
        "title": "停水通知",
        "body": "明天停水。",
        "kind": "stoppage",
        "publish_from": NOW,
        "publish_until": NOW + 7 * DAY,
        "is_sample": True,
        "now": NOW,
        **values,
    }
    return write_notice(county_id=cast.own.household.county_id, division_code=code, actor=SYSTEM, **given)


def published(cast: Cast, code: str = OWN, **values: Any) -> Notice:
    return publish_notice(notice=written(cast, code, **values), actor=SYSTEM, now=NOW)


def titles(code: str, now: datetime = NOW) -> list[str]:
    return [notice.title for notice in current(codes_above(code), now, 10)]


def test_it_is_read_in_all_divisions_below(cast: Cast) -> None:
    published(cast, COUNTY, title="全区")
    published(cast, TOWN, title="全镇")
    published(cast, OWN, title="本村")
    assert sorted(titles(OWN)) == sorted(["全区", "全镇", "本村"])
    assert sorted(titles(SIBLING)) == sorted(["全区", "全镇"])
    assert titles(OTHER_TOWN) == ["全区"]
    assert sorted(titles(f"{OWN}001")) == sorted(["全区", "全镇", "本村"])


def test_it_holds_in_its_days_only_and_never_as_a_draft(cast: Cast) -> None:
    written(cast, title="草稿")
    published(cast, title="以后", publish_from=NOW + DAY)
    published(cast, title="现在", publish_until=NOW + DAY)
    published(cast, title="不限", publish_until=None)
    assert sorted(titles(OWN)) == sorted(["现在", "不限"])
    assert sorted(titles(OWN, NOW + DAY)) == sorted(["以后", "不限"])


def test_it_orders_pinned_then_urgent_then_newest(cast: Cast) -> None:
    published(cast, title="旧", now=NOW)
    published(cast, title="急", is_urgent=True)
    published(cast, title="置顶", is_pinned=True)
    assert titles(OWN) == ["置顶", "急", "旧"]


def test_it_finds_them_with_one_statement(cast: Cast) -> None:
    published(cast)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert titles(OWN) == ["停水通知"]
    assert len(seen) == 1


def test_it_hides_the_sample_where_real_rows_are_shown(cast: Cast) -> None:
    published(cast, title="真", is_sample=False)
    published(cast, title="样")
    assert titles(OWN) == ["样"]


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"title": " "}, NoticeIncomplete),
        ({"body": ""}, NoticeIncomplete),
        ({"kind": "gossip"}, NoticeIncomplete),
        ({"publish_until": NOW}, NoticeEndsTooEarly),
    ],
)
def test_it_refuses_what_says_nothing(cast: Cast, values: dict[str, Any], refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        written(cast, **values)
    assert Notice.objects.unscoped("a test").count() == 0


def change(notice: Notice, row_version: int, **values: Any) -> Notice:
    given: dict[str, Any] = {
        name: getattr(notice, name)
        for name in ("county_id", "division_code", "title", "body", "kind", "publish_from", "publish_until")
    }
    return write_notice(
        **{**given, **values}, is_sample=True, actor=SYSTEM, now=NOW, notice=notice, row_version=row_version
    )


def test_it_keeps_a_trace_of_what_changed_and_refuses_old_versions(cast: Cast) -> None:
    notice = published(cast)
    changed = change(notice, notice.row_version, body="后天停水。")
    entry = ChangeEntry.objects.get(object_kind="notices.notice", object_id=notice.pk, field="body")
    assert (entry.before, entry.after) == ("明天停水。", "后天停水。")
    with pytest.raises(NoticeChanged):
        change(notice, notice.row_version, body="不停水。")
    assert change(changed, changed.row_version).row_version == changed.row_version


def test_it_withdraws_at_once_with_a_reason(cast: Cast) -> None:
    notice = published(cast)
    with pytest.raises(WithdrawalUnexplained):
        withdraw_notice(notice=notice, reason=" ", actor=SYSTEM, now=NOW)
    withdraw_notice(notice=notice, reason="日期写错", actor=SYSTEM, now=NOW)
    assert titles(OWN) == []
    assert AuditEntry.objects.get(action="notices.withdraw").reason == "日期写错"
    with pytest.raises(NoticeSettled):
        publish_notice(notice=notice, actor=SYSTEM, now=NOW)


def test_its_counts_agree_with_a_fresh_count(cast: Cast) -> None:
    notice = published(cast)
    published(cast, TOWN, kind="policy")
    change(notice, notice.row_version, kind="warning")
    withdraw_notice(notice=notice, reason="写错", actor=SYSTEM, now=NOW)
    fresh = {
        (delta.division_code, delta.dimension): delta.amount
        for delta in FIGURES[0].count(cast.own.household.county_id)
    }
    assert fresh == {(OWN, "warning"): 1, (TOWN, "policy"): 1}
    kept: dict[tuple[str, str], int] = {}
    for cell in FigureCell.objects.filter(figure="notices_published"):
        key = cell.division_code, cell.dimension
        kept[key] = kept.get(key, 0) + cell.delta
    assert {key: amount for key, amount in kept.items() if amount} == fresh


def test_it_tells_residents_once_when_it_begins(cast: Cast) -> None:
    published(cast, is_told=True, publish_from=NOW + DAY)
    assert tell_of_begun(NOW) == 0
    assert tell_of_begun(NOW + DAY) == 1
    assert tell_of_begun(NOW + DAY) == 0
    letters = Message.objects.filter(kind="notice")
    assert {letter.subject for letter in letters} == {"停水通知"}
    assert letters.filter(channel="inbox").count() == 1


def test_it_does_not_tell_of_what_was_withdrawn_before_it_began(cast: Cast) -> None:
    notice = published(cast, is_told=True, publish_from=NOW + DAY)
    withdraw_notice(notice=notice, reason="写错", actor=SYSTEM, now=NOW)
    assert tell_of_begun(NOW + DAY) == 0


def test_work_chats_hear_of_their_own_divisions_only(cast: Cast, settings: Settings) -> None:
    settings.MESSAGE_HOOKS = dict.fromkeys(
        ("520502103-镇", f"{OWN}-村", "520527-县", "群"), ("http://127.0.0.1:9/", "")
    )
    published(cast, TOWN, is_told=True, is_sample=False)
    assert tell_of_begun(NOW) == 1
    assert set(Message.objects.filter(kind="notice").values_list("hook", flat=True)) == {
        "520502103-镇",
        f"{OWN}-村",
    }


def test_its_sample_comes_once_and_goes(cast: Cast) -> None:
    now = timezone.now()
    assert seed_sample(division_code=OWN, actor=SYSTEM, now=now) == 3
    assert seed_sample(division_code=OWN, actor=SYSTEM, now=now) == 0
    published(cast, title="真", is_sample=False)
    assert remove_sample(actor=SYSTEM, now=now) == {"notices": 3}
    assert Notice.objects.unscoped("a test").count() == 1


def test_a_clerk_writes_publishes_and_withdraws_on_pages(cast: Cast, client: Client) -> None:
    client.login(username="wang", password=PASSWORD)
    today = timezone.localdate()
    form = {
        "division": OWN,
        "title": "广播测试",
        "body": "<b>请注意</b>",
        "kind": "general",
        "publish_from": today.isoformat(),
        "publish_until": today.isoformat(),
        "then": "publish",
    }
    assert client.post("/console/notices/new/", form).status_code == 302
    notice = Notice.objects.unscoped("a test").get()
    stranger = Client()
    assert "广播测试" in stranger.get(f"/v/{OWN}/").content.decode()
    page = stranger.get(f"/v/{OWN}/notices/{notice.pk}/").content.decode()
    assert "&lt;b&gt;请注意&lt;/b&gt;" in page
    assert "广播测试" in stranger.get(f"/v/{OWN}/notices.atom").content.decode()
    edit = {**form, "title": "广播改期", "row_version": notice.row_version}
    assert client.post(f"/console/notices/{notice.pk}/", edit).status_code == 302
    assert client.post(f"/console/notices/{notice.pk}/", edit).status_code == 400
    spoken = client.get(f"/console/notices/{notice.pk}/spoken.txt").content.decode("utf-8-sig")
    assert spoken.splitlines()[1] == "广播改期。"
    client.post(f"/console/notices/{notice.pk}/withdraw/", {"reason": "取消"})
    assert stranger.get(f"/v/{OWN}/notices/{notice.pk}/").status_code == 404


def test_it_says_what_is_wrong_with_a_day(cast: Cast, client: Client) -> None:
    client.login(username="wang", password=PASSWORD)
    form = {"division": OWN, "title": "一", "body": "二", "kind": "general", "publish_from": "下周"}
    answer = client.post("/console/notices/new/", form)
    assert answer.status_code == 400
    assert "下周" in answer.content.decode()
    assert "二</textarea>" in answer.content.decode()
