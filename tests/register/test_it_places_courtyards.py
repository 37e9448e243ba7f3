"""Courtyards without a shape: no reader stumbles over them, and one pointed at later is on every map at once."""

from typing import Any

import pytest
import shapely
from django.db import connection
from django.test import Client
from django.utils.translation import override

from tests.cast import NOW, OWN, Cast
from tests.doorplates.conftest import open_token
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.doorplates.actions import issue_plates
from xiaoyuan.doorplates.models import Doorplate
from xiaoyuan.figures.models import FigureCell
from xiaoyuan.history.models import Revision
from xiaoyuan.portal.cards import place_card
from xiaoyuan.portal.screen import labels
from xiaoyuan.register import counters
from xiaoyuan.register.actions.addresses import AddressText
from xiaoyuan.register.actions.courtyards import Position
from xiaoyuan.register.actions.placing import (
    HasCourtyard,
    Misplaced,
    Surveyed,
    create_courtyard,
    misplacement,
    place_courtyard,
    settle_household,
    settle_household_at,
)
from xiaoyuan.register.choices import LayerClass
from xiaoyuan.register.errors import RegisterError, RowChanged
from xiaoyuan.register.models import Courtyard, Division, Household
from xiaoyuan.register.queries.divisions import division_bounds
from xiaoyuan.register.spatial import in_box, meeting
from xiaoyuan.twin.reading import Part

pytestmark = pytest.mark.django_db
HERE = Position(105.2930, 27.3020, 4.5)
WORLD = (-180.0, -90.0, 180.0, 90.0)


@pytest.fixture
def unplaced(cast: Cast) -> Courtyard:
    """A courtyard of the cast's village that only a ledger knows."""
    return create_courtyard(
        county_id=cast.own.courtyard.county_id,
        division_code=OWN,
        is_sample=True,
        code="台账-7",
        group="二组",
        address=AddressText("双堰社区二组7号", "7号"),
        actor=SYSTEM,
        now=NOW,
    )


def found(bounds: tuple[float, float, float, float]) -> set[str]:
    rows = Courtyard.objects.unscoped("a test").filter(division_code=OWN)
    return {row.code for row in in_box(rows, bounds)}


def test_the_spatial_index_skips_it_and_takes_it_up_when_it_is_placed(unplaced: Courtyard) -> None:
    assert "台账-7" not in found(WORLD)
    assert len(found(WORLD)) == 3
    place_courtyard(courtyard=unplaced, row_version=1, position=HERE, actor=SYSTEM, now=NOW)
    assert "台账-7" in found(WORLD)
    assert found((105.2929, 27.3019, 105.2931, 27.3021)) == {"台账-7"}
    rows = Courtyard.objects.unscoped("a test").filter(division_code=OWN)
    assert [row.code for row in meeting(rows, shapely.Point(HERE.lon, HERE.lat).buffer(0.0001))] == ["台账-7"]


def test_a_shape_that_is_taken_away_leaves_the_index(unplaced: Courtyard) -> None:
    place_courtyard(courtyard=unplaced, row_version=1, position=HERE, actor=SYSTEM, now=NOW)
    Courtyard.objects.unscoped("a test").filter(pk=unplaced.pk).update(
        wkb=None, min_lon=None, min_lat=None, max_lon=None, max_lat=None
    )
    assert "台账-7" not in found(WORLD)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM register_courtyard_rtree WHERE id = %s", [unplaced.pk])
            assert cursor.fetchone()[0] == 0


def test_scene_labels_bounds_and_card_cope_without_a_shape(unplaced: Courtyard) -> None:
    part = Part("520502103", LayerClass.PUBLIC)
    assert part.layer("courtyard_point") is None
    before = part.layer("courtyard")
    assert before is not None
    assert "7号" not in {label["text"] for label in labels(OWN)}
    west, _south, _east, _north = division_bounds(OWN) or (0, 0, 0, 0)
    assert west == pytest.approx(105.29)
    place_courtyard(courtyard=unplaced, row_version=1, position=HERE, actor=SYSTEM, now=NOW)
    after, points = part.layer("courtyard"), part.layer("courtyard_point")
    assert after is not None
    assert points is not None
    assert (len(after), points.cid.tolist()) == (len(before), [unplaced.cid])
    assert "7号" in {label["text"] for label in labels(OWN)}


def test_its_plate_has_a_page_without_a_sketch(unplaced: Courtyard, client: Client) -> None:
    issue_plates(division_code=OWN, actor=SYSTEM, now=NOW)
    plate = Doorplate.objects.unscoped("a test").get(courtyard=unplaced)
    token = open_token(plate)
    page = client.get(f"/d/{token}")
    assert page.status_code == 200
    assert '<svg class="sketch"' not in page.content.decode()
    assert "双堰社区二组7号" in page.content.decode()
    place_courtyard(courtyard=unplaced, row_version=1, position=HERE, actor=SYSTEM, now=NOW)
    page = client.get(f"/d/{token}")
    assert '<svg class="sketch"' in page.content.decode()


def test_its_record_and_the_lists_open(unplaced: Courtyard, cast: Cast, client: Client) -> None:
    client.force_login(cast.users["wang"])
    listed = client.get("/console/courtyards/", {"division": OWN})
    assert "双堰社区二组7号" in listed.content.decode()
    record = client.get(f"/console/courtyards/{unplaced.pk}/")
    assert record.status_code == 200
    assert f"#courtyard={unplaced.cid}" not in record.content.decode()


def test_figures_count_it_once(unplaced: Courtyard) -> None:
    total = sum(
        FigureCell.objects.filter(figure=counters.COURTYARDS, division_code=OWN).values_list(
            "delta", flat=True
        )
    )
    assert total == 4
    place_courtyard(courtyard=unplaced, row_version=1, position=HERE, actor=SYSTEM, now=NOW)
    again = FigureCell.objects.filter(figure=counters.COURTYARDS, division_code=OWN)
    assert sum(again.values_list("delta", flat=True)) == 4


def test_placing_needs_the_version_that_was_read_and_leaves_surveys_alone(
    unplaced: Courtyard, cast: Cast
) -> None:
    placed = place_courtyard(courtyard=unplaced, row_version=1, position=HERE, actor=SYSTEM, now=NOW)
    assert (placed.row_version, placed.accuracy_m) == (2, 4.5)
    with pytest.raises(RowChanged):
        place_courtyard(courtyard=unplaced, row_version=1, position=HERE, actor=SYSTEM, now=NOW)
    moved = place_courtyard(
        courtyard=unplaced, row_version=2, position=Position(105.2915, 27.3005), actor=SYSTEM, now=NOW
    )
    assert moved.accuracy_m is None
    with pytest.raises(Surveyed):
        place_courtyard(
            courtyard=cast.own.courtyard,
            row_version=cast.own.courtyard.row_version,
            position=HERE,
            actor=SYSTEM,
            now=NOW,
        )


@pytest.mark.parametrize(
    ("lon", "lat", "word"),
    [
        (105.29, 27.30, ""),
        (27.30, 105.29, "swapped"),
        (30.0, 80.0, "swapped"),
        (40.0, 170.0, "degrees"),
        (105.29, 57.30, "outside"),
        (float("nan"), 27.3, "degrees"),
    ],
)
def test_a_point_that_cannot_be_is_refused_with_its_reason(
    cast: Cast, lon: float, lat: float, word: str
) -> None:
    with override("en"):
        reason = misplacement(OWN, lon, lat)
    assert (word in reason) if word else reason == ""


def test_the_nearest_outline_bounds_a_point(cast: Cast, unplaced: Courtyard) -> None:
    Division.objects.filter(code="520502103").update(min_lon=105.2, min_lat=27.2, max_lon=105.4, max_lat=27.4)
    with override("en"), pytest.raises(Misplaced, match="朱昌镇"):
        place_courtyard(
            courtyard=unplaced, row_version=1, position=Position(106.3, 27.3), actor=SYSTEM, now=NOW
        )
    assert misplacement(OWN, 105.4049, 27.3) == ""
    assert misplacement(OWN, 105.4051, 27.3) != ""


def homeless(cast: Cast) -> Household:
    row: Household = Household.objects.unscoped("a test").get(pk=cast.own.household.pk)
    Household.objects.unscoped("a test").filter(pk=row.pk).update(courtyard=None)
    row.refresh_from_db()
    return row


def test_a_household_is_settled_in_a_courtyard_or_at_a_point(cast: Cast) -> None:
    household = homeless(cast)
    settled = settle_household(
        household=household,
        row_version=household.row_version,
        courtyard=cast.own.courtyard,
        actor=SYSTEM,
        now=NOW,
    )
    assert settled.courtyard_id == cast.own.courtyard.pk
    with pytest.raises(HasCourtyard):
        settle_household_at(
            household=settled, row_version=settled.row_version, position=HERE, actor=SYSTEM, now=NOW
        )
    household = homeless(cast)
    made = settle_household_at(
        household=household, row_version=household.row_version, position=HERE, actor=SYSTEM, now=NOW
    )
    household.refresh_from_db()
    assert household.courtyard_id == made.pk
    assert made.code == f"{OWN}-{household.household_no}"
    assert Revision.objects.filter(object_id=made.pk, action="register.create_courtyard").count() == 1


def test_a_number_in_use_is_refused_with_a_sentence(cast: Cast) -> None:
    given: dict[str, Any] = {
        "county_id": cast.own.courtyard.county_id,
        "is_sample": True,
        "actor": SYSTEM,
        "now": NOW,
    }
    with override("en"), pytest.raises(RegisterError, match="numbered"):
        create_courtyard(division_code=OWN, code=f"{OWN}-0", **given)
    with override("en"), pytest.raises(RegisterError, match="no village"):
        create_courtyard(division_code="520502103", code="neu", **given)


def test_a_card_of_an_unplaced_courtyard_has_no_bounds(unplaced: Courtyard, monkeypatch: Any) -> None:
    from xiaoyuan.accounts.viewers import viewer_of
    from xiaoyuan.portal import cards

    class _Scene:
        county_id = unplaced.county_id

    monkeypatch.setattr(cards, "access_scene", lambda _viewer, _key: _Scene)
    card = place_card(viewer_of(None, NOW), "any", unplaced.cid)
    assert card["bounds"] is None
