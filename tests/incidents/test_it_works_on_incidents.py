"""Incidents: the workflow by role and place, deadlines, receipts, counters that agree with a fresh count."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.cast import NOW, Cast
from tests.incidents.reports import category, report
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.accounts.viewers import THE_STRANGER, viewer_of
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.figures.models import FigureCell
from xiaoyuan.incidents.access import may_take, steps_of
from xiaoyuan.incidents.actions.reporting import PHONE, Reporter, report_incident
from xiaoyuan.incidents.actions.steps import rate, take_step
from xiaoyuan.incidents.actions.time import remind_and_escalate
from xiaoyuan.incidents.choices import Source, State, Step
from xiaoyuan.incidents.errors import (
    AlreadyRated,
    IncidentChanged,
    PlaceNeeded,
    ReasonNeeded,
    StepNotYours,
    StepRefused,
    TargetNeeded,
    UnknownCategory,
    WrongTarget,
)
from xiaoyuan.incidents.figures import FIGURES
from xiaoyuan.incidents.models import Incident, IncidentAction
from xiaoyuan.incidents.queries import by_receipt, loads, nearby_duplicates, timeline
from xiaoyuan.incidents.setup import remove_sample, seed_sample
from xiaoyuan.incidents.workflow import STEPS, WITH_REASON, target
from xiaoyuan.lib import receipts
from xiaoyuan.messages.models import Message
from xiaoyuan.vault.actions import read_masked
from xiaoyuan.vault.models import VaultField

pytestmark = pytest.mark.django_db


def step(incident: Incident, taken: Step, **values: Any) -> Incident:
    now = values.pop("now", NOW + timedelta(hours=1))
    row_version = values.pop("row_version", None)
    return take_step(
        incident=incident,
        row_version=row_version,
        step=taken,
        actor=values.pop("actor", SYSTEM),
        now=now,
        **values,
    )


def test_a_report_is_worked_to_its_end(cast: Cast) -> None:
    incident = report(cast).incident
    li = cast.users["li"]
    for taken, values, state in (
        (Step.ACCEPT, {}, State.ACCEPTED),
        (Step.ASSIGN, {"assignee_id": li.pk}, State.ASSIGNED),
        (Step.START, {}, State.IN_PROGRESS),
        (Step.FINISH, {}, State.DONE),
        (Step.CONFIRM, {}, State.CONFIRMED),
        (Step.CLOSE, {}, State.CLOSED),
    ):
        incident = step(incident, taken, **values)
        assert incident.state == state
    assert incident.accepted_at is not None
    assert incident.done_at == NOW + timedelta(hours=1)
    assert [action.step for action in timeline(incident, for_reporter=True)] == [
        "report", "accept", "assign", "start", "finish", "confirm", "close",
    ]  # fmt: skip


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.sampled_from([one for one in Step if one not in (Step.REPORT, Step.RATE, Step.REMIND)]), max_size=9
    )
)
def test_only_the_table_moves_it_and_the_counters_agree(cast: Cast, walk: list[Step]) -> None:
    kept, incident, now = report(cast).incident, report(cast).incident, NOW
    for taken in walk:
        now += timedelta(hours=3)
        state = incident.state
        try:
            incident = step(
                incident,
                taken,
                now=now,
                reason="因为",
                words="一部分",
                assignee_id=cast.users["li"].pk,
                target_division=cast.places["sibling"].code,
                merge_into=kept,
                category=category(cast, "road"),
            )
        except StepRefused:
            assert target(state, taken) is None
        except WrongTarget:
            assert taken in (Step.ESCALATE, Step.TRANSFER)
        else:
            assert incident.state == target(state, taken)
        incident.refresh_from_db()
    county_id = cast.own.courtyard.county_id
    fresh: dict[tuple[str, str, str], int] = {}
    for figure in FIGURES:
        for delta in figure.count(county_id):
            key = delta.division_code, delta.figure, delta.dimension
            fresh[key] = fresh.get(key, 0) + delta.amount
    kept_cells: dict[tuple[str, str, str], int] = {}
    for cell in FigureCell.objects.filter(county_id=county_id, figure__startswith="incident"):
        key = cell.division_code, cell.figure, cell.dimension
        kept_cells[key] = kept_cells.get(key, 0) + cell.delta
    assert {key: n for key, n in kept_cells.items() if n} == {key: n for key, n in fresh.items() if n}


@pytest.mark.parametrize("taken", sorted(WITH_REASON))
def test_what_the_reporter_must_understand_needs_a_reason(cast: Cast, taken: Step) -> None:
    incident = report(cast).incident
    if taken is Step.REOPEN:
        incident = step(incident, Step.REFUSE, reason="重复")
    with pytest.raises(ReasonNeeded):
        step(incident, taken, reason="  ")


def test_who_may_take_which_step(cast: Cast) -> None:
    incident = report(cast).incident
    viewers = {name: viewer_of(user, timezone.now()) for name, user in cast.users.items()}
    assert Step.REFUSE in steps_of(viewers["wang"], incident)
    assert Step.REFUSE not in steps_of(viewers["li"], incident)
    assert Step.ACCEPT in steps_of(viewers["li"], incident)
    for name in ("zhang", "zhao", "operator"):
        assert steps_of(viewers[name], incident) == ()
    assert steps_of(THE_STRANGER, incident) == ()
    above = step(incident, Step.ESCALATE, reason="村里办不了")
    assert above.handled_by == cast.own.code[:9]
    assert not may_take(viewers["wang"], above, Step.CLOSE)
    assert may_take(viewers["chen"], above, Step.ACCEPT)


def test_an_assignee_from_elsewhere_is_refused(cast: Cast) -> None:
    incident = report(cast).incident
    with pytest.raises(TargetNeeded):
        step(incident, Step.ASSIGN)
    for name in ("zhang", "operator", "zhao"):
        with pytest.raises(WrongTarget):
            step(incident, Step.ASSIGN, assignee_id=cast.users[name].pk)
    step(incident, Step.ASSIGN, assignee_id=cast.users["li"].pk)
    told = Message.objects.get(user=cast.users["li"], kind="incidents.assigned")
    assert "路灯不亮" not in (told.body + told.subject).replace("路灯不亮 ·", "")


def test_the_second_of_two_is_told_what_stands_there_now(cast: Cast) -> None:
    incident = report(cast).incident
    step(incident, Step.ACCEPT, row_version=1)
    with pytest.raises(IncidentChanged) as told:
        step(incident, Step.REFUSE, row_version=1, reason="重复")
    assert ("state", str(State.ACCEPTED.label)) in told.value.fields


def test_a_report_needs_a_place_and_a_category_of_its_county(cast: Cast) -> None:
    values: dict[str, Any] = {
        "county_id": cast.own.courtyard.county_id,
        "division_code": cast.own.code,
        "reporter": Reporter(),
        "source": Source.MAP,
        "is_sample": True,
        "actor": SYSTEM,
        "now": NOW,
    }
    with pytest.raises(PlaceNeeded):
        report_incident(category=category(cast), **values)
    with pytest.raises(UnknownCategory):
        report_incident(category=category(cast), lon=1, lat=1, **{**values, "county_id": 2**50})
    assert report_incident(category=category(cast), place="村口大树下", **values).incident.pk


def test_a_receipt_opens_its_page_and_the_number_opens_nothing(cast: Cast) -> None:
    given_out = report(cast)
    found = by_receipt(given_out.secret)
    assert found is not None
    assert found.pk == given_out.incident.pk
    assert by_receipt(given_out.receipt_no) is None
    assert by_receipt(given_out.secret.swapcase()) is None
    assert receipts.parse(receipts.spaced(given_out.receipt_no).lower()) == given_out.receipt_no


def test_a_phone_lies_in_the_vault_and_nowhere_else(cast: Cast) -> None:
    incident = report(cast, reporter=Reporter(phone="13900001234", is_proxy=True)).incident
    assert incident.contact_uid is not None
    held = read_masked(county_id=incident.county_id, subjects=[incident.contact_uid], names=[PHONE])
    assert held[incident.contact_uid][PHONE].reveal() == "13900001234"
    for model in (Incident, IncidentAction, Message, VaultField):
        rows = model.objects.unscoped("a test") if hasattr(model.objects, "unscoped") else model.objects.all()
        assert all(b"13900001234" not in repr(row).encode() for row in rows.values())


def test_near_reports_are_shown_without_words(cast: Cast) -> None:
    incident = report(cast, words="王家的路灯").incident
    near = nearby_duplicates(
        county_id=incident.county_id,
        category_id=incident.category_id,
        lon=incident.lon or 0,
        lat=(incident.lat or 0) + 0.0002,
        is_sample=True,
    )
    assert [one.incident_id for one in near] == [incident.pk]
    assert 15 < near[0].metres < 30
    assert "王家" not in repr(near)
    far = nearby_duplicates(
        county_id=incident.county_id,
        category_id=incident.category_id,
        lon=incident.lon or 0,
        lat=(incident.lat or 0) + 0.001,
        is_sample=True,
    )
    assert far == []


def test_merged_ones_follow_the_one_that_is_kept(cast: Cast) -> None:
    first, second, third = (report(cast).incident for _ in range(3))
    step(second, Step.MERGE, merge_into=first, reason="同一件事")
    third_then = step(third, Step.NOTE, words="补充")
    first_then = step(first, Step.MERGE, merge_into=third_then, reason="同一件事")
    second.refresh_from_db()
    assert (second.merged_into_id, first_then.merged_into_id) == (third.pk, third.pk)
    with pytest.raises(WrongTarget):
        step(third, Step.MERGE, merge_into=first, reason="反过来")
    with pytest.raises(WrongTarget):
        step(third, Step.MERGE, merge_into=third, reason="自己")


def test_a_part_becomes_an_incident_of_its_own(cast: Cast) -> None:
    incident = report(cast).incident
    step(incident, Step.SPLIT, category=category(cast, "road"), words="路面也坏了")
    part = Incident.objects.unscoped("a test").get(split_from=incident)
    assert (part.category.code, part.words, part.state) == ("road", "路面也坏了", State.REPORTED)
    assert part.receipt_no != incident.receipt_no


def test_time_reminds_once_and_escalates_once_a_level(cast: Cast) -> None:
    incident = report(cast, code="road").incident
    assert remind_and_escalate(NOW) == (0, 0)
    assert remind_and_escalate(NOW + timedelta(hours=47)) == (0, 0)
    assert remind_and_escalate(NOW + timedelta(hours=49)) == (0, 1)
    assert remind_and_escalate(NOW + timedelta(hours=50)) == (0, 0)
    incident.refresh_from_db()
    assert incident.handled_by == cast.own.code[:9]
    assert remind_and_escalate(incident.finish_by - timedelta(hours=1)) == (1, 0)
    assert remind_and_escalate(incident.finish_by) == (0, 0)


def test_the_reporter_confirms_rates_once_and_reopens(cast: Cast) -> None:
    incident = report(cast).incident
    with pytest.raises(StepNotYours):
        step(incident, Step.ACCEPT, is_reporter=True)
    with pytest.raises(AlreadyRated):
        rate(incident=incident, stars=5, actor=SYSTEM, now=NOW)
    incident = step(step(incident, Step.ACCEPT), Step.FINISH)
    rate(incident=incident, stars=4, words="快", actor=SYSTEM, now=NOW)
    with pytest.raises(AlreadyRated):
        rate(incident=incident, stars=1, actor=SYSTEM, now=NOW)
    again = step(incident, Step.REOPEN, is_reporter=True, reason="又坏了")
    assert (again.state, again.done_at, again.rating) == (State.REPORTED, None, None)


def test_notes_of_colleagues_stay_among_them(cast: Cast) -> None:
    incident = report(cast).incident
    step(incident, Step.NOTE, words="内部：先问供电所")
    step(incident, Step.NOTE, words="我又看了，还是不亮", is_reporter=True)
    shown = [action.words for action in timeline(incident, for_reporter=True)]
    assert "我又看了，还是不亮" in shown
    assert "内部：先问供电所" not in shown


def test_boards_count_cases_not_people(cast: Cast) -> None:
    incident = report(cast).incident
    step(
        step(incident, Step.ACCEPT, now=NOW + timedelta(hours=2)), Step.FINISH, now=NOW + timedelta(hours=10)
    )
    report(cast)
    [load] = loads(Scope.below(cast.own.code), NOW - timedelta(days=1), NOW + timedelta(days=30))
    assert (load.open, load.overdue, load.finished, load.in_time) == (1, 1, 1, 1)
    assert (load.accept_hours, load.finish_hours) == (2.0, 10.0)


def test_the_sample_comes_and_goes(cast: Cast) -> None:
    assert seed_sample(division_code=cast.own.code, actor=SYSTEM, now=NOW) > 0
    assert seed_sample(division_code=cast.own.code, actor=SYSTEM, now=NOW) == 0
    assert remove_sample(actor=SYSTEM, now=NOW)["incidents"] > 0
    assert not Incident.objects.unscoped("a test").exists()


def test_every_state_can_be_reached() -> None:
    reached, before = {State.REPORTED}, set[State]()
    while reached != before:
        before = set(reached)
        reached |= {to for state, _step, to, _roles in STEPS if state in reached}
    assert reached == set(State)
