"""Batches: courtyards of a place, or the flats of a community, each planned once and addressed as people say it."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from tests.doorplates.conftest import open_token
from tests.doorplates.village import NOW, VILLAGE, Village, make_village, row
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.doorplates.actions import replace_plate
from xiaoyuan.doorplates.batches import make_batch, open_batch
from xiaoyuan.doorplates.choices import PlateState, WorkState
from xiaoyuan.doorplates.errors import FlatsRefused, TooWide
from xiaoyuan.doorplates.models import Doorplate, PlateBatch
from xiaoyuan.doorplates.print_job import faces_of
from xiaoyuan.doorplates.queries import addresses_of, find_scanned, plate_of
from xiaoyuan.lib.flat_numbers import Flat, flats_of
from xiaoyuan.register.models import Courtyard, Grid

pytestmark = pytest.mark.django_db
WHO: dict[str, Any] = {"actor": SYSTEM, "now": NOW}


@pytest.fixture
def bare() -> Village:
    return make_village(4)


def batch_of(village: Village, **wanted: Any) -> PlateBatch:
    made = open_batch(
        county_id=village.county.pk,
        division_code=VILLAGE,
        is_sample=True,
        name="一批",
        **wanted,
        **WHO,
    )
    make_batch(made.pk, now=NOW)
    found: PlateBatch = PlateBatch.objects.unscoped("test").get(pk=made.pk)
    return found


def planned(batch: PlateBatch) -> Any:
    return batch.plates.unscoped("test")


def test_each_courtyard_gets_one_plate_once(bare: Village) -> None:
    batch = batch_of(bare)
    assert (batch.state, batch.progress_done, batch.progress_total) == (WorkState.DONE, 4, 4)
    assert planned(batch).count() == 4
    assert planned(batch_of(bare)).count() == 0
    assert make_batch(batch.pk, now=NOW) == 0


def test_a_group_of_the_village_only(bare: Village) -> None:
    Courtyard.objects.unscoped("test").filter(pk=bare.courtyards[0].pk).update(group="一组")
    batch = batch_of(bare, group="一组")
    assert [plate.courtyard_id for plate in planned(batch).all()] == [bare.courtyards[0].pk]


def test_a_grid_of_the_village_only(bare: Village) -> None:
    grid = Grid.objects.create(**row(bare.county, VILLAGE, is_sample=True), code=f"{VILLAGE}007", name="七格")
    chosen = [courtyard.pk for courtyard in bare.courtyards[1:3]]
    rows = Courtyard.objects.unscoped("test")
    rows.filter(pk=chosen[0]).update(grid=grid)
    rows.filter(pk=chosen[1]).update(division_code=grid.code)
    batch = batch_of(bare, grid=grid)
    assert (batch.progress_done, batch.division_code) == (2, VILLAGE)
    assert sorted(planned(batch).values_list("courtyard_id", flat=True)) == chosen


def test_a_batch_is_no_wider_than_a_county(bare: Village) -> None:
    with pytest.raises(TooWide):
        open_batch(
            county_id=bare.county.pk, division_code="52", is_sample=True, name="全省", actor=SYSTEM, now=NOW
        )


def test_flats_are_planned_beside_the_courtyards_own_plate(bare: Village) -> None:
    own = planned(batch_of(bare)).get(courtyard=bare.courtyards[0])
    flats = flats_of(["3", "4"], ["1", "2"], ["101", "102"], level="room")
    batch = batch_of(bare, courtyard=bare.courtyards[0], flats=flats)
    assert planned(batch).count() == 8
    assert (batch.progress_done, batch.progress_total) == (8, 8)
    assert planned(batch_of(bare, courtyard=bare.courtyards[0], flats=flats[:3])).count() == 0
    assert plate_of(Scope.below(VILLAGE), bare.courtyards[0].pk) == own
    with pytest.raises(IntegrityError), transaction.atomic():
        Doorplate.objects.create(
            county=bare.county,
            division_code=VILLAGE,
            created_at=NOW,
            updated_at=NOW,
            courtyard=bare.courtyards[0],
            code="0" * 18,
            token_hash=b"x" * 32,
            token_sealed=b"",
            building="3",
            unit="1",
            room="101",
        )


def test_a_flat_reads_right_on_its_plate_and_when_scanned(bare: Village, client: Client) -> None:
    batch = batch_of(
        bare, courtyard=bare.courtyards[0], flats=[Flat("3", "2", "501"), Flat("3", "2"), Flat("3")]
    )
    plates = list(planned(batch).select_related("courtyard").order_by("code"))
    faces = faces_of(plates, addresses_of([bare.courtyards[0].pk]), "https://xiaoyuan.test")
    start = "贵州省毕节市七星关区朱昌镇双堰社区三组1号"
    assert [(face.group, face.house_number, face.address) for face in faces] == [
        ("3栋2单元", "501室", start + "3栋2单元501室"),
        ("3栋", "2单元", start + "3栋2单元"),
        ("三组", "3栋", start + "3栋"),
    ]
    scanned = find_scanned(open_token(plates[0]))
    assert scanned is not None
    assert scanned.flat.text == "3栋2单元501室"
    page = client.get(f"/d/{open_token(plates[0])}").content.decode()
    assert start + "3栋2单元501室" in page


def test_a_replaced_plate_leads_to_the_one_for_the_same_flat(bare: Village) -> None:
    batch = batch_of(bare, courtyard=bare.courtyards[0], flats=[Flat("3", "2", "501")])
    old = planned(batch).get()
    Doorplate.objects.unscoped("test").filter(pk=old.pk).update(state=PlateState.DAMAGED)
    new = replace_plate(plate=old, reason="磨损", **WHO)
    old.refresh_from_db()
    assert old.successor == new
    assert new.flat == Flat("3", "2", "501")


def test_flats_need_their_community(bare: Village) -> None:
    with pytest.raises(FlatsRefused):
        batch_of(bare, flats=[Flat("3")])
    with pytest.raises(FlatsRefused):
        batch_of(bare, courtyard=bare.courtyards[0])
