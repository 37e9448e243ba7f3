"""What points do when a sample is set up or taken out."""

from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from xiaoyuan.audit.actors import Actor
from xiaoyuan.points.actions.entries import propose_award, settle_due
from xiaoyuan.points.actions.rules import set_good, set_rule
from xiaoyuan.points.models import PointAppeal, PointEntry, PointGood, PointPosting, PointRule
from xiaoyuan.register.choices import HEAD_OF_HOUSEHOLD
from xiaoyuan.register.models import County, Membership

_WHY: Final = "all sample rows go"
RULES: Final = (
    ("A1", "庭院整洁，垃圾分类", 5, "网格员或邻居看见，附日期"),
    ("A2", "参加义务修路、清沟", 10, "组长名单"),
    ("B1", "照看邻家老人或孩子", 8, "当事家庭说明"),
    ("B2", "报告道路、山体险情", 6, "事件回执编号"),
    ("C1", "违规焚烧秸秆", -5, "现场照片或两人证明"),
)
"""An invented set, as villages write theirs."""
GOODS: Final = (("洗衣粉 1 袋", 15, 40), ("食盐 2 袋", 8, 60), ("农用手套 1 双", 10, 30))


def seed_sample(*, division_code: str, actor: Actor, now: datetime) -> int:
    """Give a village of the sample rules, goods and some entries; done again, nothing changes."""
    county = County.objects.get(code=division_code[:6])
    if PointRule.objects.unscoped("is it there already").filter(division_code=division_code).exists():
        return 0
    today = timezone.localdate(now)
    began = now - timedelta(days=40)
    rules = [
        set_rule(
            county_id=county.pk,
            division_code=division_code,
            code=code,
            title=title,
            points=points,
            evidence=evidence,
            valid_from=today - timedelta(days=60),
            is_sample=True,
            actor=actor,
            now=began,
        )
        for code, title, points, evidence in RULES
    ]
    for title, cost, stock in GOODS:
        set_good(
            county_id=county.pk,
            division_code=division_code,
            title=title,
            cost=cost,
            stock=stock,
            is_sample=True,
            actor=actor,
            now=began,
        )
    heads = (
        Membership.objects.unscoped("any sample household serves")
        .filter(
            is_sample=True,
            relation_to_head=HEAD_OF_HOUSEHOLD,
            until__isnull=True,
            household__division_code=division_code,
        )
        .select_related("household", "person")
        .order_by("pk")[:24]
    )
    for number, member in enumerate(heads):
        rule = rules[number % 4]
        # The first half is booked by now, the second stands on the notice.
        said = began + timedelta(days=number // 2) if number < 12 else now - timedelta(days=number % 5)
        propose_award(
            household=member.household,
            head_name=member.person.name,
            rule=rule,
            happened_on=timezone.localdate(said),
            evidence=rule.evidence,
            actor=actor,
            now=said,
        )
    settle_due(actor=actor, now=now)
    return len(heads)


def remove_sample(*, actor: Actor, now: datetime) -> dict[str, int]:
    """Delete rules, goods and entries of the sample."""
    counts: dict[str, int] = {}
    PointEntry.objects.unscoped(_WHY).filter(is_sample=True).update(reverses=None)
    for model in (PointAppeal, PointPosting, PointEntry, PointGood, PointRule):
        rows = model.objects.unscoped(_WHY).filter(is_sample=True)
        counts[model._meta.model_name or ""] = rows.count()
        rows.delete()
    return {"points": sum(counts.values())}
