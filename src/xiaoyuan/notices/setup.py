"""What notices do when a sample is set up or taken out."""

from datetime import datetime, timedelta

from xiaoyuan.audit.actors import Actor
from xiaoyuan.notices.actions import publish_notice, write_notice
from xiaoyuan.notices.choices import NoticeKind
from xiaoyuan.notices.loudspeaker import propose
from xiaoyuan.notices.models import Notice
from xiaoyuan.register.models import County, Division

_WHY = "all sample rows go"
SAMPLES = (
    (
        NoticeKind.WARNING,
        "近日有雨，请注意山体滑坡",
        "未来3天有中到大雨。住在山脚、河边的住户请注意观察房前屋后的裂缝和落石。\n\n"
        "发现险情请马上离开，并拨打村委会电话或在门牌页面报告。",
        True,
    ),
    (
        NoticeKind.PUBLICITY,
        "三季度村务公开",
        "三季度集体收支、低保评议和公益岗位名单已在公示栏张贴，公示期7天。\n\n有不同意见请到便民服务点提出。",
        False,
    ),
    (
        NoticeKind.STOPPAGE,
        "停水通知",
        "因检修管道，明天8:30至17:00停水。请提前储水。",
        False,
    ),
)
"""Invented notices as villages write them."""


def seed_sample(*, division_code: str, actor: Actor, now: datetime) -> int:
    """Give a village of the sample some notices; done again, nothing changes."""
    if Notice.objects.unscoped("is it there already").filter(division_code=division_code).exists():
        return 0
    county = County.objects.get(code=division_code[:6])
    place = Division.objects.filter(code=division_code, valid_until__isnull=True).values_list(
        "name", flat=True
    )
    for age, (kind, title, body, is_pinned) in enumerate(SAMPLES):
        notice = write_notice(
            county_id=county.pk,
            division_code=division_code,
            title=title,
            body=body,
            kind=kind,
            publish_from=now - timedelta(days=age),
            publish_until=now + timedelta(days=60),
            is_sample=True,
            is_pinned=is_pinned,
            is_urgent=is_pinned,
            loudspeaker_text=propose(place=place.first() or "", title=title, body=body, author="村委会"),
            actor=actor,
            now=now - timedelta(days=age),
        )
        publish_notice(notice=notice, actor=actor, now=now - timedelta(days=age))
    return len(SAMPLES)


def remove_sample(*, actor: Actor, now: datetime) -> dict[str, int]:
    """Delete the notices of the sample."""
    rows = Notice.objects.unscoped(_WHY).filter(is_sample=True)
    count = rows.count()
    rows.delete()
    return {"notices": count}
