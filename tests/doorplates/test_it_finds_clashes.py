"""Plates that contradict each other are found; a village in order has none."""

from io import StringIO
from typing import Any

import pytest
import shapely
from django.core.management import call_command
from pytest_django import Settings

from tests.doorplates.village import DEGREES_A_METRE, LAT, LON, NOW, SIBLING, VILLAGE, make_village
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.doorplates.actions import issue_plates, mark_printed, revoke_plate
from xiaoyuan.doorplates.batches import make_batch, open_batch
from xiaoyuan.doorplates.choices import OrderState, PlateState
from xiaoyuan.doorplates.clashes import (
    FAR_AWAY,
    OTHER_COURTYARD,
    SAME_ADDRESS,
    SAME_OFFICIAL_CODE,
    SAME_PLACE,
    WHAT_TO_DO,
    Clash,
    clashes_within,
)
from xiaoyuan.doorplates.models import Doorplate, PlateBatch, PrintOrder
from xiaoyuan.doorplates.on_site import install_plate, report_damage
from xiaoyuan.doorplates.setup import remove_sample, seed_sample
from xiaoyuan.lib.flat_numbers import Flat
from xiaoyuan.register.models import County, StandardAddress
from xiaoyuan.vault.files import sealed_path

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


def hang_at(plate: Doorplate, lon: float, lat: float) -> None:
    mark_printed(plates=[plate], **WHO)
    row = Doorplate.objects.unscoped("test").get(pk=plate.pk)
    install_plate(plate=row, row_version=row.row_version, lon=lon, lat=lat, **WHO)


def inside(plate: Doorplate) -> tuple[float, float]:
    point = shapely.from_wkb(bytes(plate.courtyard.wkb or b"")).centroid
    return point.x, point.y


def test_one_plate_at_two_courtyards(plates: list[Doorplate]) -> None:
    hang_at(plates[0], *inside(plates[1]))
    [clash] = clashes_within(HERE, 10)
    assert (clash.kind, clash.plate_ids) == (OTHER_COURTYARD, (plates[0].pk,))
    assert clash.shared == f"{plates[0].courtyard.code} / {plates[1].courtyard.code}"


def test_two_plates_at_one_place(plates: list[Doorplate]) -> None:
    lon, lat = inside(plates[0])
    hang_at(plates[0], lon, lat)
    hang_at(plates[1], lon, lat + 1.4 * DEGREES_A_METRE)
    kinds = {clash.kind: clash for clash in clashes_within(HERE, 10)}
    assert set(kinds) == {SAME_PLACE, OTHER_COURTYARD}
    assert kinds[SAME_PLACE].plate_ids == (plates[0].pk, plates[1].pk)
    assert kinds[SAME_PLACE].shared == "1.4 m"


def test_a_wall_between_two_doors_is_no_clash(plates: list[Doorplate]) -> None:
    lon, lat = inside(plates[0])
    hang_at(plates[0], lon, lat)
    hang_at(plates[1], lon, lat + 1.7 * DEGREES_A_METRE)
    assert {clash.kind for clash in clashes_within(HERE, 10)} == {OTHER_COURTYARD}


def test_only_the_hanging_in_force_counts(plates: list[Doorplate]) -> None:
    hang_at(plates[0], *inside(plates[1]))
    row = Doorplate.objects.unscoped("test").get(pk=plates[0].pk)
    report_damage(plate=row, row_version=row.row_version, words="挂错了", **WHO)
    hang_at(plates[0], *inside(plates[0]))
    assert clashes_within(HERE, 10) == []


def test_flats_behind_one_door_share_its_place(plates: list[Doorplate]) -> None:
    county = plates[0].county_id
    batch = open_batch(
        county_id=county,
        division_code=VILLAGE,
        is_sample=True,
        name="楼房",
        courtyard=plates[0].courtyard,
        flats=[Flat("1", "1", "101"), Flat("1", "1", "102")],
        **WHO,
    )
    make_batch(batch.pk, now=NOW)
    for flat in Doorplate.objects.unscoped("test").filter(batch=batch).select_related("courtyard"):
        hang_at(flat, *inside(flat))
    assert clashes_within(HERE, 10) == []


def test_each_kind_says_what_to_do(plates: list[Doorplate]) -> None:
    assert set(WHAT_TO_DO) == {SAME_ADDRESS, SAME_OFFICIAL_CODE, SAME_PLACE, OTHER_COURTYARD, FAR_AWAY}


def test_the_sample_has_every_state_and_something_to_find(db: None, settings: Settings) -> None:
    settings.PLATE_BASE_URL = "https://xiaoyuan.test"
    make_village(50, code=SIBLING, first_cid=900)
    issue_plates(division_code=SIBLING, actor=SYSTEM, now=NOW)
    assert seed_sample(division_code=SIBLING, **WHO) == 48
    assert seed_sample(division_code=SIBLING, **WHO) == 0
    rows = Doorplate.objects.unscoped("test").filter(division_code=SIBLING)
    assert set(rows.values_list("state", flat=True)) == set(PlateState.values)
    assert SAME_PLACE in {clash.kind for clash in clashes_within(Scope.below(SIBLING), 10)}
    orders = PrintOrder.objects.unscoped("test").order_by("number")
    assert [order.state for order in orders] == [OrderState.DELIVERED, OrderState.READY]
    path = sealed_path(orders[1].subject, "csv")
    assert path.exists()
    remove_sample(**WHO)
    assert not rows.exists()
    assert not PlateBatch.objects.unscoped("test").exists()
    assert not path.exists()
