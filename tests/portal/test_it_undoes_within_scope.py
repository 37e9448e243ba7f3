"""A step that touched two villages is taken back only by somebody who may edit both."""

from datetime import date

import pytest
from django.utils import timezone

from tests.cast import SIBLING, Cast
from tests.portal.console import signed_in
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.history.models import Revision
from xiaoyuan.register.actions.duplicates import merge_persons
from xiaoyuan.register.actions.family import move_person
from xiaoyuan.register.models import Membership, Person
from xiaoyuan.vault.models import VaultField

pytestmark = pytest.mark.django_db
_WHY = "a test looks"


def test_two_records_of_two_villages_made_one(cast: Cast) -> None:
    kept, merged = (_child(cast, name) for name in ("own", "sibling"))
    VaultField.objects.filter(subject=merged.person_uid).delete()
    merge_persons(kept=kept, merged=merged, actor=SYSTEM, now=timezone.now())
    step = Revision.objects.get(action="register.merge_persons")
    assert signed_in(cast, "wang").post(f"/console/revisions/{step.pk}/undo/").status_code == 404
    merged.refresh_from_db()
    assert merged.merged_into_id == kept.pk
    assert signed_in(cast, "chen").post(f"/console/revisions/{step.pk}/undo/").status_code == 302
    merged.refresh_from_db()
    assert merged.merged_into_id is None


def test_a_person_who_came_from_another_village(cast: Cast) -> None:
    comer = _child(cast, "sibling")
    move_person(
        person=comer,
        row_version=comer.row_version,
        household=cast.own.household,
        relation_to_head="20",
        on=date(2025, 3, 4),
        joined_as="moved_in",
        left_as="moved_out",
        actor=SYSTEM,
        now=timezone.now(),
    )
    step = Revision.objects.get(action="register.move_person")
    assert signed_in(cast, "wang").post(f"/console/revisions/{step.pk}/undo/").status_code == 404
    assert signed_in(cast, "chen").post(f"/console/revisions/{step.pk}/undo/").status_code == 302
    comer.refresh_from_db()
    assert comer.division_code == SIBLING


@pytest.mark.parametrize("revisions", ["9" * 5000, "9" * 25, "1,x,²"])
def test_numbers_of_no_step_are_unknown(cast: Cast, revisions: str) -> None:
    answer = signed_in(cast, "wang").post("/console/placing/undo/", {"revisions": revisions})
    assert answer.status_code in (200, 404)


def _child(cast: Cast, place: str) -> Person:
    rows = Membership.objects.unscoped(_WHY).filter(household=cast.places[place].household)
    found: Person = rows.exclude(relation_to_head="02").order_by("-pk")[0].person
    return found
