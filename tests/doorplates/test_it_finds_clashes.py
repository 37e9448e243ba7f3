"""Plates that contradict each other are found; a village in order has none."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from tests.doorplates.village import DEGREES_A_METRE, LAT, LON, NOW, SIBLING, VILLAGE
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.doorplates.actions import mark_printed, revoke_plate
from xiaoyuan.doorplates.clashes import FAR_AWAY, SAME_ADDRESS, SAME_OFFICIAL_CODE, Clash, clashes_within
from xiaoyuan.doorplates.models import Doorplate
from xiaoyuan.doorplates.on_site import install_plate
from xiaoyuan.register.models import County, StandardAddress

WHO: dict[str, Any] = {"actor": SYSTEM, "now": NOW}
HERE = Scope.below(VILLAGE)


@pytest.fixture(autouse=True)
def shown(plates: list[Doorplate]) -> None:
    County.objects.update(shows_sample=True)


def hang(plate: Doorplate, north_m: float) -> None:
    mark_printed(plates=[plate], **WHO)
    row = Doorplate.objects.unscoped("test").get(pk=plate.pk)
    install_plate(plate=row, row_version=row.row_version, lon=LON, lat=LAT + north_m * DEGREES_A_METRE, **WHO)


def test_a_village_in_order_has_none(plates: list[Doorplate]) -> None:
    hang(plates[0], 5)
    assert clashes_within(HERE, 10) == []


def test_one_address_with_two_plates(plates: list[Doorplate]) -> None:
    rows = StandardAddress.objects.unscoped("test")
    text = rows.get(courtyard_id=plates[0].courtyard_id).text
    rows.filter(courtyard_id=plates[1].courtyard_id).update(text=text)
    codes = tuple(plate.readable_code for plate in plates[:2])
    assert clashes_within(HERE, 10) == [Clash(SAME_ADDRESS, text, codes)]
    assert clashes_within(Scope.below(SIBLING), 10) == []
    revoke_plate(plate=plates[1], reason="one too many", **WHO)
    assert clashes_within(HERE, 10) == []


def test_one_official_code_at_two_courtyards(plates: list[Doorplate]) -> None:
    pair = [plates[2].pk, plates[4].pk]
    Doorplate.objects.unscoped("test").filter(pk__in=pair).update(official_code="A-1")
    codes = (plates[2].readable_code, plates[4].readable_code)
    assert clashes_within(HERE, 10) == [Clash(SAME_OFFICIAL_CODE, "A-1", codes)]


def test_a_plate_that_hangs_far_from_its_courtyard(plates: list[Doorplate]) -> None:
    hang(plates[0], 20 + 59)
    hang(plates[1], 20 + 90)
    [clash] = clashes_within(HERE, 10)
    assert (clash.kind, clash.plate_codes) == (FAR_AWAY, (plates[1].readable_code,))
    out = StringIO()
    call_command("check_plates", VILLAGE, stdout=out)
    assert plates[1].readable_code in out.getvalue()
