"""Routes of points in the permission matrix."""

from datetime import timedelta
from typing import Final

from django.utils import timezone

from tests.accounts.matrix_rows import PUBLIC, SIGNED_IN, UNKNOWN, Route
from tests.cast import Place
from xiaoyuan.accounts.choices import Permission
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.points.actions.entries import appeal, propose_award
from xiaoyuan.points.actions.rules import set_good, set_rule
from xiaoyuan.points.models import PointAppeal, PointEntry, PointGood, PointRule

POINTS: Final = Permission.MANAGE_POINTS


def rule_in(place: Place) -> PointRule:
    found: PointRule | None = (
        PointRule.objects.unscoped("a test").filter(division_code=place.code, valid_until=None).first()
    )
    today = timezone.localdate()
    return found or set_rule(
        county_id=place.household.county_id,
        division_code=place.code,
        code="A1",
        title="庭院整洁",
        points=5,
        evidence="邻居看见",
        valid_from=today - timedelta(days=9),
        is_sample=True,
        actor=SYSTEM,
        now=timezone.now(),
    )


def entry_in(place: Place) -> PointEntry:
    return propose_award(
        household=place.household,
        head_name="张伟",
        rule=rule_in(place),
        happened_on=timezone.localdate(),
        evidence="邻居看见",
        actor=SYSTEM,
        now=timezone.now(),
    )


def good_in(place: Place) -> PointGood:
    return set_good(
        county_id=place.household.county_id,
        division_code=place.code,
        title="食盐",
        cost=1,
        stock=1,
        is_sample=True,
        actor=SYSTEM,
        now=timezone.now(),
    )


def appeal_in(place: Place) -> PointAppeal:
    return appeal(entry=entry_in(place), words="不是我家", household=None, actor=SYSTEM, now=timezone.now())


TABLE: Final[dict[str, Route]] = {
    "console/points/": Route(
        POINTS,
        lambda place: f"/console/points/?division={place.code}",
        POINTS,
        "/console/points/?division=990001009009",
    ),
    "console/points/award/": Route(
        POINTS,
        lambda place: f"/console/points/award/?division={place.code}",
        POINTS,
        "/console/points/award/?division=990001009009",
    ),
    "console/points/rules/": Route(
        POINTS,
        lambda place: f"/console/points/rules/?division={place.code}",
        POINTS,
        "/console/points/rules/?division=990001009009",
    ),
    "console/points/rules/<int:rule_id>/end/": Route(
        POINTS,
        lambda place: f"/console/points/rules/{rule_in(place).pk}/end/",
        POINTS,
        f"/console/points/rules/{UNKNOWN}/end/",
        "post",
        ok=302,
    ),
    "console/points/goods/": Route(
        POINTS,
        lambda place: f"/console/points/goods/?division={place.code}",
        POINTS,
        "/console/points/goods/?division=990001009009",
    ),
    "console/points/entries/<int:entry_id>/withdraw/": Route(
        POINTS,
        lambda place: f"/console/points/entries/{entry_in(place).pk}/withdraw/",
        POINTS,
        f"/console/points/entries/{UNKNOWN}/withdraw/",
        "post",
        lambda place: {"reason": "又看了一次"},
        302,
    ),
    # Still on the notice: whoever may is told that it cannot be taken back yet.
    "console/points/entries/<int:entry_id>/reverse/": Route(
        POINTS,
        lambda place: f"/console/points/entries/{entry_in(place).pk}/reverse/",
        POINTS,
        f"/console/points/entries/{UNKNOWN}/reverse/",
        "post",
        lambda place: {"reason": "又看了一次"},
        409,
    ),
    "console/points/appeals/<int:appeal_id>/": Route(
        POINTS,
        lambda place: f"/console/points/appeals/{appeal_in(place).pk}/",
        POINTS,
        f"/console/points/appeals/{UNKNOWN}/",
        "post",
        lambda place: {"answer": "核对过", "decision": "dismiss"},
        302,
    ),
    "console/points/households/<int:household_id>/": Route(
        POINTS,
        lambda place: f"/console/points/households/{place.household.pk}/",
        POINTS,
        f"/console/points/households/{UNKNOWN}/",
    ),
    # The household has no points yet: whoever may is told so.
    "console/points/households/<int:household_id>/redeem/": Route(
        POINTS,
        lambda place: f"/console/points/households/{place.household.pk}/redeem/",
        POINTS,
        f"/console/points/households/{UNKNOWN}/redeem/",
        "post",
        lambda place: {"good": str(good_in(place).pk)},
        400,
    ),
    "v/<str:code>/points/": Route(PUBLIC, lambda place: f"/v/{place.code}/points/"),
    "me/points/": Route(SIGNED_IN, lambda place: "/me/points/"),
    # Officers have no household of their own here: an entry of somebody else's is as good as none.
    "me/points/<int:entry_id>/appeal/": Route(
        SIGNED_IN,
        lambda place: f"/me/points/{UNKNOWN}/appeal/",
        unknown=f"/me/points/{UNKNOWN}/appeal/",
        method="post",
        body=lambda place: {"words": "不是我家"},
        ok=404,
    ),
}
