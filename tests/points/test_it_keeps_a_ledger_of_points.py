"""Points: a notice before each booking, double entry, no overdraft, every change by a mirror image."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.cast import NOW, PASSWORD, Cast
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.config.wiring import FIGURES
from xiaoyuan.figures.models import FigureCell
from xiaoyuan.points.actions.entries import (
    NOTICE_DAYS,
    appeal,
    decide_appeal,
    propose_award,
    redeem,
    reverse,
    settle_due,
    withdraw,
)
from xiaoyuan.points.actions.rules import end_rule, set_good, set_rule
from xiaoyuan.points.choices import AppealState, EntryState
from xiaoyuan.points.errors import (
    EntrySettled,
    EvidenceNeeded,
    OutOfStock,
    ReasonMissing,
    RuleNotInForce,
    TooFewPoints,
)
from xiaoyuan.points.models import PointEntry, PointGood, PointPosting, PointRule
from xiaoyuan.points.queries import balance_of, on_notice, rules_in_force, unbalanced_entries
from xiaoyuan.points.setup import remove_sample, seed_sample

pytestmark = pytest.mark.django_db
BEFORE = date(2025, 1, 1)
AFTER = NOW + timedelta(days=NOTICE_DAYS, seconds=1)


def rule(cast: Cast, points: int = 5, code: str = "A1", since: date = BEFORE) -> PointRule:
    return set_rule(
        county_id=cast.own.household.county_id,
        division_code=cast.own.code,
        code=code,
        title="庭院整洁",
        points=points,
        evidence="邻居看见",
        valid_from=since,
        is_sample=True,
        actor=SYSTEM,
        now=NOW,
    )


def good(cast: Cast, cost: int = 4, stock: int = 2) -> PointGood:
    return set_good(
        county_id=cast.own.household.county_id,
        division_code=cast.own.code,
        title="食盐",
        cost=cost,
        stock=stock,
        is_sample=True,
        actor=SYSTEM,
        now=NOW,
    )


def award(cast: Cast, under: PointRule, now: datetime = NOW, **values: Any) -> PointEntry:
    return propose_award(
        household=cast.own.household,
        head_name="张伟",
        rule=under,
        happened_on=values.get("on", now.date()),
        evidence=values.get("evidence", "邻居看见"),
        actor=SYSTEM,
        now=now,
    )


def test_an_award_is_booked_only_after_its_notice(cast: Cast) -> None:
    entry = award(cast, rule(cast))
    assert settle_due(actor=SYSTEM, now=NOW + timedelta(days=NOTICE_DAYS - 1)) == 0
    assert balance_of(cast.own.household.pk) == 0
    assert [line.entry_id for line in on_notice(cast.own.code, NOW)] == [entry.pk]
    assert settle_due(actor=SYSTEM, now=AFTER) == 1
    assert settle_due(actor=SYSTEM, now=AFTER) == 0
    assert balance_of(cast.own.household.pk) == 5
    assert on_notice(cast.own.code, AFTER) == []
    sides = PointPosting.objects.unscoped("a test").filter(entry=entry).values_list("account", "amount")
    assert dict(sides) == {"household": 5, "issued": -5}


def test_the_notice_names_nobody(cast: Cast) -> None:
    award(cast, rule(cast))
    shown = on_notice(cast.own.code, NOW)[0].shown_as
    assert shown.startswith("张**")
    assert "张伟" not in shown


def test_an_open_objection_holds_the_booking_and_an_upheld_one_ends_it(cast: Cast) -> None:
    entry = award(cast, rule(cast))
    objection = appeal(entry=entry, words="不是我家", household=None, actor=SYSTEM, now=NOW)
    assert settle_due(actor=SYSTEM, now=AFTER) == 0
    with pytest.raises(ReasonMissing):
        decide_appeal(appeal=objection, is_upheld=True, answer=" ", actor=SYSTEM, now=AFTER)
    decide_appeal(appeal=objection, is_upheld=True, answer="查过，确有误", actor=SYSTEM, now=AFTER)
    entry.refresh_from_db()
    assert (entry.state, entry.reason, entry.is_public) == (EntryState.WITHDRAWN, "查过，确有误", False)
    assert settle_due(actor=SYSTEM, now=AFTER) == 0


def test_a_dismissed_objection_lets_it_be_booked(cast: Cast) -> None:
    objection = appeal(entry=award(cast, rule(cast)), words="多了", household=None, actor=SYSTEM, now=NOW)
    decided = decide_appeal(appeal=objection, is_upheld=False, answer="有照片", actor=SYSTEM, now=NOW)
    assert decided.state == AppealState.DISMISSED
    with pytest.raises(EntrySettled):
        decide_appeal(appeal=objection, is_upheld=True, answer="改了", actor=SYSTEM, now=NOW)
    assert settle_due(actor=SYSTEM, now=AFTER) == 1


def test_what_is_refused(cast: Cast) -> None:
    held = rule(cast, since=NOW.date() - timedelta(days=3))
    with pytest.raises(EvidenceNeeded):
        award(cast, held, evidence="  ")
    with pytest.raises(RuleNotInForce):
        award(cast, held, on=NOW.date() + timedelta(days=1))
    with pytest.raises(RuleNotInForce):
        award(cast, held, on=NOW.date() - timedelta(days=4))
    end_rule(rule=held, on=NOW.date(), actor=SYSTEM, now=NOW)
    with pytest.raises(RuleNotInForce):
        award(cast, held)
    entry = award(cast, held, on=NOW.date() - timedelta(days=1))
    with pytest.raises(ReasonMissing):
        withdraw(entry=entry, reason="", actor=SYSTEM, now=NOW)
    withdraw(entry=entry, reason="记错了户", actor=SYSTEM, now=NOW)
    with pytest.raises(EntrySettled):
        appeal(entry=entry, words="晚了", household=None, actor=SYSTEM, now=NOW)


def test_a_changed_rule_is_a_new_version_and_the_old_one_explains_what_it_booked(cast: Cast) -> None:
    first = rule(cast, points=5)
    entry = award(cast, first)
    second = rule(cast, points=9, since=NOW.date())
    first.refresh_from_db()
    assert (second.version, first.valid_until) == (2, NOW.date())
    assert [held.pk for held in rules_in_force(cast.own.code, NOW.date())] == [second.pk]
    settle_due(actor=SYSTEM, now=AFTER)
    entry.refresh_from_db()
    assert (entry.points, entry.rule_id) == (5, first.pk)


def test_goods_cost_points_and_run_out(cast: Cast) -> None:
    salt = good(cast, cost=4, stock=1)
    household = cast.own.household
    with pytest.raises(TooFewPoints):
        redeem(household=household, good=salt, actor=SYSTEM, now=NOW)
    for _time in range(2):
        award(cast, rule(cast, code="A1") if _time == 0 else rule(cast, code="A2"))
    settle_due(actor=SYSTEM, now=AFTER)
    bought = redeem(household=household, good=salt, actor=SYSTEM, now=AFTER)
    assert balance_of(household.pk) == 6
    with pytest.raises(OutOfStock):
        redeem(household=household, good=salt, actor=SYSTEM, now=AFTER)
    reverse(entry=bought, reason="退回", actor=SYSTEM, now=AFTER)
    salt.refresh_from_db()
    assert (balance_of(household.pk), salt.stock) == (10, 1)
    with pytest.raises(EntrySettled):
        reverse(entry=bought, reason="再退", actor=SYSTEM, now=AFTER)
    assert unbalanced_entries() == []


def test_another_villages_shelf_is_not_for_us(cast: Cast) -> None:
    salt = good(cast)
    with pytest.raises(OutOfStock):
        redeem(household=cast.places["sibling"].household, good=salt, actor=SYSTEM, now=NOW)


@hypothesis_settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from(["award", "take", "settle", "redeem", "reverse", "withdraw"]), max_size=14))
def test_any_life_balances_and_its_counter_agrees_with_a_fresh_count(cast: Cast, steps: list[str]) -> None:
    plus, minus, salt = rule(cast, 7, "P"), rule(cast, -3, "M"), good(cast, 6, 50)
    now = NOW
    for step in steps:
        now += timedelta(days=4)
        rows = PointEntry.objects.unscoped("a test")
        try:
            if step in ("award", "take"):
                award(cast, plus if step == "award" else minus, now)
            elif step == "settle":
                settle_due(actor=SYSTEM, now=now)
            elif step == "redeem":
                redeem(household=cast.own.household, good=salt, actor=SYSTEM, now=now)
            elif (entry := rows.order_by("-pk").first()) is not None:
                take = reverse if step == "reverse" else withdraw
                take(entry=entry, reason="试", actor=SYSTEM, now=now)
        except (EntrySettled, TooFewPoints):
            pass
    assert unbalanced_entries() == []
    county_id = cast.own.household.county_id
    counted: dict[tuple[str, str], int] = {}
    for figure in FIGURES:
        if figure.name == "points_booked":
            for delta in figure.count(county_id):
                counted[delta.division_code, delta.dimension] = delta.amount
    kept: dict[tuple[str, str], int] = {}
    for cell in FigureCell.objects.filter(county_id=county_id, figure="points_booked"):
        key = cell.division_code, cell.dimension
        kept[key] = kept.get(key, 0) + cell.delta
    assert {key: n for key, n in kept.items() if n} == {key: n for key, n in counted.items() if n}
    assert balance_of(cast.own.household.pk) == sum(counted.values())


def test_the_sample_comes_and_goes(cast: Cast) -> None:
    assert seed_sample(division_code=cast.own.code, actor=SYSTEM, now=NOW) > 0
    assert seed_sample(division_code=cast.own.code, actor=SYSTEM, now=NOW) == 0
    assert remove_sample(actor=SYSTEM, now=NOW)["points"] > 0
    assert not PointEntry.objects.unscoped("a test").exists()


def test_the_pages_work_from_the_award_to_the_objection(cast: Cast) -> None:
    held = rule(cast)
    desk, home = Client(), Client()
    assert desk.login(username="wang", password=PASSWORD)
    assert home.login(username="zhang", password=PASSWORD)
    said = {
        "division": cast.own.code,
        "household": f"{cast.own.household.household_no} 张伟",
        "rule": str(held.pk),
        "happened_on": "2025-03-02",
        "evidence": "邻居看见",
    }
    assert desk.post("/console/points/award/", {**said, "evidence": ""}).status_code == 400
    assert desk.post("/console/points/award/", said).status_code == 302
    entry = PointEntry.objects.unscoped("a test").get()
    public = Client().get(f"/v/{cast.own.code}/points/").content.decode()
    assert "张**" in public
    assert "张伟" not in public
    assert "庭院整洁" in home.get("/me/points/").content.decode()
    assert home.post(f"/me/points/{entry.pk}/appeal/", {"words": "不是我家"}).status_code == 302
    assert "不是我家" in desk.get(f"/console/points/?division={cast.own.code}").content.decode()
    other = PointEntry.objects.unscoped("a test").get()
    other.household = cast.places["sibling"].household
    other.save()
    assert home.post(f"/me/points/{entry.pk}/appeal/", {"words": "别家"}).status_code == 404


def test_there_is_no_list_by_points() -> None:
    """Nothing orders households by their balance: points are not for ranking."""
    from pathlib import Path

    import xiaoyuan.points as package

    source = "".join(path.read_text() for path in Path(package.__file__ or "").parent.rglob("*.py"))
    assert 'order_by("points' not in source
    assert 'order_by("-points' not in source
    assert connection.vendor in ("sqlite", "postgresql")
