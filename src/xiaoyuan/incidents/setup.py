"""What incidents do when a sample is set up or taken out."""

from datetime import datetime, timedelta
from typing import Final

from xiaoyuan.attachments.actions import discard
from xiaoyuan.attachments.models import Attachment
from xiaoyuan.audit.actors import Actor
from xiaoyuan.incidents.actions.categories import ensure_categories
from xiaoyuan.incidents.actions.keeping import INCIDENT
from xiaoyuan.incidents.actions.reporting import Reporter, report_incident
from xiaoyuan.incidents.actions.steps import take_step
from xiaoyuan.incidents.choices import Source, Step
from xiaoyuan.incidents.models import Incident, IncidentAction, IncidentCategory
from xiaoyuan.register.models import County, Courtyard

_WHY: Final = "all sample rows go"
SAMPLE: Final = (
    # category, words, days ago, steps taken since
    ("lamp", "村口第二盏路灯三天不亮", 1, ()),
    ("road", "组道路面塌了一块，三轮车过不去", 2, (Step.ACCEPT,)),
    ("sewage", "边沟堵了，下雨漫到院坝", 3, (Step.ACCEPT, Step.START)),
    ("garbage", "垃圾箱满了没有清运", 5, (Step.ACCEPT, Step.FINISH)),
    ("water", "水压太小，二楼没有水", 6, (Step.ACCEPT, Step.START, Step.FINISH, Step.CONFIRM)),
    ("geohazard", "屋后边坡有新的裂缝", 9, (Step.ACCEPT, Step.START, Step.FINISH, Step.CONFIRM, Step.CLOSE)),
    ("animal", "水牛走失，帮忙找", 10, (Step.ACCEPT, Step.FINISH, Step.CONFIRM, Step.CLOSE)),
    ("other", "想在村里开农家乐，问手续", 4, (Step.REFUSE,)),
)
"""Invented reports, as villagers write them."""


def seed_sample(*, division_code: str, actor: Actor, now: datetime) -> int:
    """Give a village of the sample some reports in every state; done again, nothing changes."""
    county = County.objects.get(code=division_code[:6])
    ensure_categories(county.pk)
    if (
        Incident.objects.unscoped("is it there already")
        .filter(division_code__startswith=division_code)
        .exists()
    ):
        return 0
    yards = list(
        Courtyard.objects.unscoped("any sample courtyard serves")
        .filter(division_code__startswith=division_code, is_sample=True, wkb__isnull=False)
        .order_by("code")[: 7 * len(SAMPLE) : 7]
    )
    for yard, (code, words, days, steps) in zip(yards, SAMPLE, strict=False):
        at = now - timedelta(days=days)
        incident = report_incident(
            county_id=county.pk,
            division_code=yard.division_code,
            category=IncidentCategory.objects.get(county=county, code=code),
            courtyard=yard,
            words=words,
            reporter=Reporter(),
            source=Source.PLATE,
            is_sample=True,
            actor=actor,
            now=at,
        ).incident
        for number, step in enumerate(steps, start=1):
            incident = take_step(
                incident=incident,
                row_version=None,
                step=step,
                actor=actor,
                now=at + timedelta(hours=7 * number),
                reason="请到镇便民服务中心办理，已电话告知" if step is Step.REFUSE else "",
            )
    return min(len(yards), len(SAMPLE))


def remove_sample(*, actor: Actor, now: datetime) -> dict[str, int]:
    """Delete incidents of the sample with their steps and files."""
    rows = Incident.objects.unscoped(_WHY).filter(is_sample=True)
    count = rows.count()
    for file in Attachment.objects.filter(object_kind=INCIDENT, is_sample=True):
        discard(file)
    rows.update(merged_into=None, split_from=None)
    IncidentAction.objects.unscoped(_WHY).filter(is_sample=True).delete()
    rows.delete()
    return {"incidents": count}
