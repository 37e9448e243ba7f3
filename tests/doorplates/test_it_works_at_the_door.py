"""A plate is hung, verified, reported damaged and bound to an official code; who read it too early is told."""

from typing import Any

import pytest

from tests.doorplates.village import LAT, LON, NOW, VILLAGE
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.audit.queries import history_of
from xiaoyuan.doorplates.actions import OBJECT_KIND, mark_printed, revoke_plate
from xiaoyuan.doorplates.choices import PlateState
from xiaoyuan.doorplates.errors import OfficialCodeRefused, PlaceRefused, StepRefused
from xiaoyuan.doorplates.models import Doorplate, PlateInstallation
from xiaoyuan.doorplates.on_site import bind_official_code, install_plate, report_damage, verify_plate
from xiaoyuan.doorplates.queries import hashes_for
from xiaoyuan.doorplates.tokens import hash_token
from xiaoyuan.register.errors import RowChanged

WHO: dict[str, Any] = {"actor": SYSTEM, "now": NOW}


def fresh(plate: Doorplate) -> Doorplate:
    found: Doorplate = Doorplate.objects.unscoped("test").get(pk=plate.pk)
    return found


@pytest.fixture
def printed(plates: list[Doorplate]) -> Doorplate:
    mark_printed(plates=plates[:2], **WHO)
    return fresh(plates[0])


def test_a_plate_is_hung_verified_and_damaged(printed: Doorplate) -> None:
    hung = install_plate(
        plate=printed, row_version=printed.row_version, lon=LON, lat=LAT, accuracy_m=6.5, **WHO
    )
    assert hung.state == PlateState.INSTALLED
    place = PlateInstallation.objects.unscoped("test").get(plate=hung)
    assert (place.lon, place.lat, place.accuracy_m) == (LON, LAT, 6.5)
    verified = verify_plate(plate=hung, row_version=hung.row_version, **WHO)
    damaged = report_damage(plate=verified, row_version=verified.row_version, words="bent", **WHO)
    assert fresh(printed).state == damaged.state == PlateState.DAMAGED


def test_who_read_too_early_changes_nothing(printed: Doorplate) -> None:
    with pytest.raises(RowChanged):
        install_plate(plate=printed, row_version=printed.row_version - 1, lon=LON, lat=LAT, **WHO)
    assert fresh(printed).state == PlateState.PRINTED
    assert not PlateInstallation.objects.unscoped("test").exists()


def test_a_planned_plate_is_not_hung(plates: list[Doorplate]) -> None:
    with pytest.raises(StepRefused):
        install_plate(plate=plates[3], row_version=plates[3].row_version, lon=LON, lat=LAT, **WHO)
    assert not PlateInstallation.objects.unscoped("test").exists()


@pytest.mark.parametrize(
    ("lon", "lat", "accuracy"), [(181, 27, None), (105, 91, 5), (float("nan"), 27, 5), (105, 27, -1)]
)
def test_no_place_on_earth_is_refused(
    printed: Doorplate, lon: float, lat: float, accuracy: float | None
) -> None:
    with pytest.raises(PlaceRefused):
        install_plate(
            plate=printed, row_version=printed.row_version, lon=lon, lat=lat, accuracy_m=accuracy, **WHO
        )


def test_former_official_codes_stay_visible(printed: Doorplate) -> None:
    first = bind_official_code(
        plate=printed, row_version=printed.row_version, official_code=" 520502-1 ", **WHO
    )
    with pytest.raises(RowChanged):
        bind_official_code(plate=printed, row_version=printed.row_version, official_code="x", **WHO)
    bind_official_code(plate=first, row_version=first.row_version, official_code="520502-2", **WHO)
    told = [
        (line.before, line.after)
        for line in history_of(OBJECT_KIND, printed.pk)
        if line.field == "official_code"
    ]
    assert sorted(told) == [("", "520502-1"), ("520502-1", "520502-2")]
    with pytest.raises(OfficialCodeRefused):
        bind_official_code(plate=first, row_version=first.row_version, official_code="a\nb", **WHO)


def test_hashes_of_live_plates_of_the_scope_alone(plates: list[Doorplate], token_of: Any) -> None:
    tokens = {plate.code: token_of(plate) for plate in plates}
    revoke_plate(plate=plates[1], reason="gone", **WHO)
    county = plates[0].county
    county.shows_sample = True
    county.save()
    listed = hashes_for(Scope.below(VILLAGE), 100)
    expected = {hash_token(token).hex() for code, token in tokens.items() if code != plates[1].code}
    assert {line.token_hash for line in listed} == expected
    assert len(hashes_for(Scope.below(VILLAGE), 2)) == 2
    assert hashes_for(Scope.below("520502103209"), 100) == []
