"""Routes of notices in the permission matrix."""

from datetime import timedelta
from typing import Final

from django.utils import timezone

from tests.accounts.matrix_rows import PUBLIC, UNKNOWN, Route
from tests.cast import Place
from xiaoyuan.accounts.choices import Permission
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.notices.actions import publish_notice, write_notice
from xiaoyuan.notices.models import Notice

NOTICES: Final = Permission.MANAGE_NOTICES


def draft_in(place: Place) -> Notice:
    now = timezone.now()
    return write_notice(
        county_id=place.household.county_id,
        division_code=place.code,
        title="停水通知",
        body="明天8:30停水。\n\n请提前储水。",
        kind="stoppage",
        publish_from=now - timedelta(days=1),
        publish_until=now + timedelta(days=5),
        is_sample=True,
        actor=SYSTEM,
        now=now,
    )


def notice_in(place: Place) -> Notice:
    return publish_notice(notice=draft_in(place), actor=SYSTEM, now=timezone.now())


TABLE: Final[dict[str, Route]] = {
    "console/notices/": Route(
        NOTICES,
        lambda place: f"/console/notices/?division={place.code}",
        NOTICES,
        "/console/notices/?division=990001009009",
    ),
    "console/notices/new/": Route(
        NOTICES,
        lambda place: f"/console/notices/new/?division={place.code}",
        NOTICES,
        "/console/notices/new/?division=990001009009",
    ),
    "console/notices/<int:notice_id>/": Route(
        NOTICES,
        lambda place: f"/console/notices/{draft_in(place).pk}/",
        NOTICES,
        f"/console/notices/{UNKNOWN}/",
    ),
    "console/notices/<int:notice_id>/publish/": Route(
        NOTICES,
        lambda place: f"/console/notices/{draft_in(place).pk}/publish/",
        NOTICES,
        f"/console/notices/{UNKNOWN}/publish/",
        "post",
        ok=302,
    ),
    "console/notices/<int:notice_id>/withdraw/": Route(
        NOTICES,
        lambda place: f"/console/notices/{notice_in(place).pk}/withdraw/",
        NOTICES,
        f"/console/notices/{UNKNOWN}/withdraw/",
        "post",
        lambda place: {"reason": "日期写错"},
        302,
    ),
    "console/notices/<int:notice_id>/spoken/": Route(
        NOTICES,
        lambda place: f"/console/notices/{draft_in(place).pk}/spoken/",
        NOTICES,
        f"/console/notices/{UNKNOWN}/spoken/",
    ),
    "console/notices/<int:notice_id>/spoken.txt": Route(
        NOTICES,
        lambda place: f"/console/notices/{draft_in(place).pk}/spoken.txt",
        NOTICES,
        f"/console/notices/{UNKNOWN}/spoken.txt",
    ),
    "v/<str:code>/notices/": Route(PUBLIC, lambda place: f"/v/{place.code}/notices/"),
    "v/<str:code>/notices.atom": Route(PUBLIC, lambda place: f"/v/{place.code}/notices.atom"),
    "v/<str:code>/notices/<int:notice_id>/": Route(
        PUBLIC, lambda place: f"/v/{place.code}/notices/{notice_in(place).pk}/"
    ),
}
