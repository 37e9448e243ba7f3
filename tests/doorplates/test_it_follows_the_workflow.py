"""A plate moves only along the table, by those whose step it is; an ended one opens nothing."""

from itertools import product

import pytest

from tests.doorplates.village import NOW, SIBLING, VILLAGE, make_user, make_village
from xiaoyuan.accounts.choices import Role
from xiaoyuan.accounts.errors import NotFound, NotPermitted
from xiaoyuan.accounts.viewers import THE_STRANGER, viewer_of
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.audit.models import AuditEntry
from xiaoyuan.audit.queries import history_of
from xiaoyuan.doorplates import workflow
from xiaoyuan.doorplates.access import access_plate_for_step
from xiaoyuan.doorplates.actions import (
    OBJECT_KIND,
    advance_plate,
    issue_plates,
    mark_printed,
    replace_plate,
    revoke_plate,
)
from xiaoyuan.doorplates.choices import PlateState
from xiaoyuan.doorplates.counters import PLATES
from xiaoyuan.doorplates.errors import PlateReasonNeeded, StepRefused
from xiaoyuan.doorplates.models import Doorplate
from xiaoyuan.doorplates.workflow import Step
from xiaoyuan.figures.queries import by_dimension


def one_plate() -> Doorplate:
    make_village(1)
    issue_plates(division_code=VILLAGE, actor=SYSTEM, now=NOW)
    found: Doorplate = Doorplate.objects.unscoped("test").get()
    return found


def put_in(plate: Doorplate, state: str) -> None:
    Doorplate.objects.unscoped("test").filter(pk=plate.pk).update(state=state)


def test_every_state_is_reached_and_only_ended_ones_lead_nowhere() -> None:
    reached = {PlateState.PLANNED} | {to for _state, _step, to, _roles in workflow.STEPS}
    assert reached == set(PlateState)
    assert {state for state in PlateState if not workflow.steps_from(state)} == workflow.ENDED
    assert set(PlateState) == workflow.LIVE | workflow.ENDED


def test_a_step_has_one_meaning_wherever_it_starts() -> None:
    pairs = {(step, to, allowed) for _state, step, to, allowed in workflow.STEPS}
    assert len(pairs) == len(Step)


@pytest.mark.django_db
def test_the_table_is_what_happens() -> None:
    plate = one_plate()
    for state, step in product(PlateState, Step):
        put_in(plate, state)
        if workflow.target(state, step) is None:
            with pytest.raises(StepRefused):
                advance_plate(plate=plate, step=step, actor=SYSTEM, now=NOW, reason="test")
        else:
            changed = advance_plate(plate=plate, step=step, actor=SYSTEM, now=NOW, reason="test")
            assert changed.state == workflow.target(state, step)
    assert AuditEntry.objects.filter(object_kind=OBJECT_KIND).count() == len(workflow.STEPS)


@pytest.mark.django_db
def test_a_life_is_written_down_and_counted() -> None:
    plate = one_plate()
    assert mark_printed(plates=[plate], actor=SYSTEM, now=NOW) == 1
    for step in (Step.INSTALL, Step.VERIFY, Step.REPORT_DAMAGE):
        plate = advance_plate(plate=plate, step=step, actor=SYSTEM, now=NOW)
    assert plate.printed_at == NOW
    states = [(entry.before, entry.after) for entry in reversed(history_of(OBJECT_KIND, plate.pk))][1:]
    assert states == [
        ("planned", "printed"),
        ("printed", "installed"),
        ("installed", "verified"),
        ("verified", "damaged"),
    ]
    assert by_dimension(PLATES, code=VILLAGE, as_of=NOW.date(), is_sample=True) == {"damaged": 1}


@pytest.mark.django_db
def test_a_revoked_plate_keeps_its_hash_and_loses_its_token() -> None:
    plate = one_plate()
    kept = bytes(plate.token_hash)
    with pytest.raises(PlateReasonNeeded):
        revoke_plate(plate=plate, reason=" ", actor=SYSTEM, now=NOW)
    revoke_plate(plate=plate, reason="house pulled down", actor=SYSTEM, now=NOW)
    plate.refresh_from_db()
    assert plate.state == PlateState.REVOKED
    assert plate.revoked_at == NOW
    assert bytes(plate.token_hash) == kept
    assert bytes(plate.token_sealed) == b""
    assert AuditEntry.objects.get(action="doorplates.revoke").reason == "house pulled down"
    with pytest.raises(StepRefused):
        revoke_plate(plate=plate, reason="again", actor=SYSTEM, now=NOW)


@pytest.mark.django_db
def test_a_replaced_plate_leaves_a_new_one_for_its_courtyard() -> None:
    plate = one_plate()
    mark_printed(plates=[plate], actor=SYSTEM, now=NOW)
    fresh = replace_plate(plate=plate, reason="stolen", actor=SYSTEM, now=NOW)
    plate.refresh_from_db()
    assert plate.state == PlateState.REPLACED
    assert fresh.state == PlateState.PLANNED
    assert fresh.courtyard_id == plate.courtyard_id
    assert fresh.code != plate.code
    assert bytes(fresh.token_hash) != bytes(plate.token_hash)
    counted = by_dimension(PLATES, code=VILLAGE, as_of=NOW.date(), is_sample=True)
    assert counted == {"planned": 1, "replaced": 1}


@pytest.mark.django_db
def test_a_sheet_is_marked_as_a_whole_or_not_at_all() -> None:
    make_village(3)
    issue_plates(division_code=VILLAGE, actor=SYSTEM, now=NOW)
    sheet = list(Doorplate.objects.unscoped("test").order_by("code"))
    revoke_plate(plate=sheet[2], reason="built over", actor=SYSTEM, now=NOW)
    with pytest.raises(StepRefused):
        mark_printed(plates=sheet, actor=SYSTEM, now=NOW)
    assert Doorplate.objects.unscoped("test").filter(state=PlateState.PRINTED).count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "scope", "step", "error"),
    [
        (Role.VILLAGE_CLERK, VILLAGE, Step.REVOKE, None),
        (Role.GRID_WORKER, VILLAGE, Step.INSTALL, None),
        (Role.GRID_WORKER, VILLAGE, Step.REVOKE, NotPermitted),
        (Role.VILLAGE_CLERK, SIBLING, Step.INSTALL, NotFound),
        (Role.OPERATOR, "", Step.PRINT, None),
    ],
)
def test_a_step_belongs_to_a_role_and_a_place(
    role: Role, scope: str, step: Step, error: type[Exception] | None
) -> None:
    plate = one_plate()
    viewer = viewer_of(make_user("someone", role, scope), NOW)
    if error is None:
        assert access_plate_for_step(viewer, plate.pk, step) == plate
    else:
        with pytest.raises(error):
            access_plate_for_step(viewer, plate.pk, step)


@pytest.mark.django_db
def test_a_stranger_has_no_step() -> None:
    with pytest.raises(NotFound):
        access_plate_for_step(THE_STRANGER, one_plate().pk, Step.INSTALL)
