"""A household's page tells nothing of somebody who moved on into a village that the viewer does not see."""

from datetime import date

import pytest
from django.utils import timezone

from tests.cast import OWN, SIBLING, Cast
from tests.portal.console import signed_in, text_of
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.register.actions.family import move_person
from xiaoyuan.register.actions.people import PersonChange, change_person
from xiaoyuan.register.models import Membership, Person

pytestmark = pytest.mark.django_db
_WHY = "a test looks"


def test_what_happened_to_a_former_member_elsewhere_is_not_shown(cast: Cast) -> None:
    home, away = cast.own.household, cast.places["sibling"].household
    rows = Membership.objects.unscoped(_WHY).filter(household=home, until__isnull=True)
    son = rows.exclude(relation_to_head="02").exclude(person=cast.own.person).order_by("-pk")[0].person
    change_person(
        person=son,
        row_version=son.row_version,
        change=PersonChange(values={"work_place": "浙江宁波"}),
        actor=SYSTEM,
        now=timezone.now(),
    )
    son = Person.objects.unscoped(_WHY).get(pk=son.pk)
    page = f"/console/households/{home.pk}/"
    assert "浙江宁波" in text_of(signed_in(cast, "wang").get(page))
    move_person(
        person=son,
        row_version=son.row_version,
        household=away,
        relation_to_head="20",
        on=date(2025, 3, 4),
        joined_as="moved_in",
        left_as="moved_out",
        actor=SYSTEM,
        now=timezone.now(),
    )
    son = Person.objects.unscoped(_WHY).get(pk=son.pk)
    assert son.division_code == SIBLING != OWN
    change_person(
        person=son,
        row_version=son.row_version,
        change=PersonChange(values={"work_place": "广东东莞"}),
        actor=SYSTEM,
        now=timezone.now(),
    )
    assert "广东东莞" not in text_of(signed_in(cast, "wang").get(page))
    assert son.name in text_of(signed_in(cast, "wang").get(page))
    assert "广东东莞" in text_of(signed_in(cast, "chen").get(page))
