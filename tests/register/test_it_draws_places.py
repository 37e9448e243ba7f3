"""Places drawn by hand: checked, counted, found in their division, told to scenes, and taken back exactly."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import shapely
from django.db import transaction
from django.utils.translation import override

from tests.cast import NOW, OWN, SIBLING, Cast
from xiaoyuan.accounts.scoping import Scope
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.audit.models import AuditEntry, ChangeEntry
from xiaoyuan.doorplates.models import Doorplate
from xiaoyuan.figures.models import FigureCell
from xiaoyuan.history.errors import LaterEdits
from xiaoyuan.history.images import read_images
from xiaoyuan.register import counters
from xiaoyuan.register.actions.addresses import AddressText
from xiaoyuan.register.actions.drawing import (
    Drawn,
    Outside,
    StillInUse,
    change_place,
    draw_place,
    remove_place,
)
from xiaoyuan.register.actions.place_shapes import ShapeUnfit
from xiaoyuan.register.actions.place_values import ValueUnfit
from xiaoyuan.register.actions.undoing import take_back
from xiaoyuan.register.choices import BuildingUse, LayerClass, ParcelUse, RoadClass
from xiaoyuan.register.errors import NotChangeable, RegisterError, RowChanged
from xiaoyuan.register.figures import FIGURES
from xiaoyuan.register.models import (
    Building,
    Courtyard,
    Division,
    Household,
    Parcel,
    PlaceChange,
    Residence,
    Road,
    StandardAddress,
)
from xiaoyuan.register.spatial import in_box, shape_fields
from xiaoyuan.twin.reading import Part

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Sentences are compared by their words in English."""
    with override("en"):
        yield


EVERYWHERE = Scope.everything()
FREE = (105.2950, 27.3010)
"""A corner of ground that nothing of the cast stands on."""


def square(west: float = FREE[0], south: float = FREE[1], side: float = 0.0002) -> shapely.Polygon:
    return shapely.box(west, south, west + side, south + side)


def draw(kind: str = "building", shape: Any = None, *, scope: Scope = EVERYWHERE, **values: Any) -> Drawn:
    return draw_place(
        kind=kind,
        division_code=OWN,
        geometry=square() if shape is None else shape,
        values=values,
        scope=scope,
        actor=SYSTEM,
        now=NOW,
    )


def change(row: Any, geometry: Any = None, **values: Any) -> Drawn:
    return change_place(
        row=row,
        row_version=row.row_version,
        geometry=geometry,
        values=values,
        scope=EVERYWHERE,
        actor=SYSTEM,
        now=NOW,
    )


def remove(row: Any, reason: str = "torn down") -> Drawn:
    return remove_place(row=row, row_version=row.row_version, reason=reason, actor=SYSTEM, now=NOW)


def kept_figures(county_id: int) -> dict[tuple[Any, ...], int]:
    sums: dict[tuple[Any, ...], int] = {}
    for cell in FigureCell.objects.filter(county_id=county_id, figure__in=[one.name for one in FIGURES]):
        key = (cell.division_code, cell.figure, cell.dimension, cell.is_sample)
        sums[key] = sums.get(key, 0) + cell.delta
    return {key: amount for key, amount in sums.items() if amount}


def counted_figures(county_id: int) -> dict[tuple[Any, ...], int]:
    sums: dict[tuple[Any, ...], int] = {}
    for figure in FIGURES:
        for delta in figure.count(county_id):
            key = (delta.division_code, delta.figure, delta.dimension, delta.is_sample)
            sums[key] = sums.get(key, 0) + delta.amount
    return {key: amount for key, amount in sums.items() if amount}


def images(county_id: int) -> dict[str, dict[int, Any]]:
    """Return all places of a county as they lie in the database, but for what counts versions."""
    found = {}
    for model in (Courtyard, Building, Parcel, Road, StandardAddress):
        ids = model.objects.unscoped("a test").filter(county_id=county_id).values_list("pk", flat=True)
        found[model.__name__] = {
            pk: {name: value for name, value in image.items() if name not in ("row_version", "updated_at")}
            for pk, image in read_images(model, list(ids)).items()
        }
    return found


def outline(code: str, shape: Any) -> None:
    fields = shape_fields(shape)
    Division.objects.filter(code=code).update(outline_wkb=fields.pop("wkb"), **fields)


def test_a_building_is_drawn_measured_counted_and_told_to_scenes(cast: Cast) -> None:
    county_id = cast.own.courtyard.county_id
    part = Part(OWN, LayerClass.PUBLIC)
    before = part.rows(Building).count()
    made = draw(use=BuildingUse.DWELLING, storeys=3, height_m=9.5, name="新 房 ")
    row = Building.objects.unscoped("a test").get(pk=made.row.pk)
    assert (row.division_code, row.is_sample, row.name, row.storeys) == (OWN, True, "新 房", 3)
    assert in_box(Building.objects.unscoped("a test"), (105.295, 27.301, 105.2951, 27.3011)).get() == row
    change_row = PlaceChange.objects.get(cid=row.cid, kind="building")
    assert (change_row.was, change_row.now) == (None, [row.min_lon, row.min_lat, row.max_lon, row.max_lat])
    assert (change_row.revision_id, change_row.layer_class) == (made.revision_id, "public")
    assert part.rows(Building).count() == before + 1
    assert kept_figures(county_id) == counted_figures(county_id)
    assert AuditEntry.objects.filter(action="register.draw_place", object_id=row.pk).count() == 1
    assert ChangeEntry.objects.filter(object_kind="register.building", object_id=row.pk).count() == 1


def test_sizes_are_measured_on_the_ellipsoid(cast: Cast) -> None:
    parcel = draw("parcel", square(side=0.001), use=ParcelUse.PADDY, area_mu="16.4").row
    assert parcel.area_m2 == pytest.approx(10_964, rel=0.01)
    road = draw("road", shapely.LineString([(105.29, 27.30), (105.29, 27.301)]), width_m=4).row
    assert road.length_m == pytest.approx(110.8, abs=0.2)
    assert road.road_class == RoadClass.VILLAGE
    bigger = change(parcel, square(side=0.002)).row
    assert bigger.area_m2 == pytest.approx(4 * 10_964, rel=0.01)
    county_id = cast.own.courtyard.county_id
    assert kept_figures(county_id) == counted_figures(county_id)


@pytest.mark.parametrize(
    "do",
    [
        lambda cast: draw(),
        lambda cast: draw("courtyard", square(), group="三组"),
        lambda cast: draw("courtyard", shapely.Point(*FREE)),
        lambda cast: draw("parcel", square(), use=ParcelUse.ORCHARD, crop="猕猴桃"),
        lambda cast: draw("road", shapely.LineString([FREE, (105.296, 27.302)])),
        lambda cast: change(house(cast), square()),
        lambda cast: change(house(cast), storeys=5, roof=1),
        lambda cast: change(cast.own.courtyard, shapely.box(105.2899, 27.2999, 105.2904, 27.3004)),
        lambda cast: remove(house(cast)),
        lambda cast: remove(empty_courtyard(cast)),
    ],
)
def test_taking_back_puts_everything_as_it_was(cast: Cast, do: Callable[[Cast], Drawn]) -> None:
    county_id = cast.own.courtyard.county_id
    rows, figures = images(county_id), kept_figures(county_id)
    done = do(cast)
    assert images(county_id) != rows
    assert kept_figures(county_id) == counted_figures(county_id)
    assert done.revision_id is not None
    take_back(done.revision_id, SYSTEM, NOW)
    assert images(county_id) == rows
    assert kept_figures(county_id) == figures
    told = list(PlaceChange.objects.filter(revision_id=done.revision_id).order_by("pk"))
    assert len(told) >= 2
    assert (told[-1].was, told[-1].now) == (told[0].now, told[0].was) or len(told) > 2


def house(cast: Cast) -> Building:
    found: Building = Building.objects.unscoped("a test").filter(courtyard=cast.own.courtyard).get()
    return found


def empty_courtyard(cast: Cast) -> Courtyard:
    """A courtyard of the village without people and without a plate in use."""
    found: Courtyard = Courtyard.objects.unscoped("a test").get(code=f"{OWN}-2")
    Doorplate.objects.unscoped("a test").filter(courtyard=found).update(state="revoked")
    return found


def test_a_later_edit_keeps_an_earlier_one_from_being_taken_back(cast: Cast) -> None:
    first = change(house(cast), storeys=4)
    second = change(house(cast), storeys=5)
    assert first.revision_id is not None
    assert second.revision_id is not None
    with pytest.raises(LaterEdits):
        take_back(first.revision_id, SYSTEM, NOW)
    take_back(second.revision_id, SYSTEM, NOW)
    take_back(first.revision_id, SYSTEM, NOW)
    assert house(cast).storeys == 2


def test_a_row_somebody_changed_meanwhile_is_refused(cast: Cast) -> None:
    seen = house(cast)
    change(house(cast), storeys=4)
    with pytest.raises(RowChanged), transaction.atomic():
        change(seen, storeys=5)
    with pytest.raises(RowChanged), transaction.atomic():
        remove(seen)
    assert house(cast).storeys == 4


def test_nothing_different_writes_nothing(cast: Cast) -> None:
    before = house(cast)
    done = change(before, shapely.from_wkb(bytes(before.wkb)), storeys=2)
    assert done.revision_id is None
    assert house(cast).row_version == before.row_version
    assert not PlaceChange.objects.filter(cid=before.cid).exists()


@pytest.mark.parametrize(
    ("kind", "shape", "words"),
    [
        ("building", shapely.Polygon([(105.29, 27.3), (105.291, 27.301), (105.291, 27.3), (105.29, 27.301)]),
         "crosses"),
        ("building", shapely.Polygon([(105.29, 27.3), (105.291, 27.3), (105.292, 27.3)]), "no ground"),
        ("building", shapely.LineString([(105.29, 27.3), (105.291, 27.3)]), "areas"),
        ("road", square(), "line"),
        ("road", shapely.LineString([FREE, FREE]), "length"),
        ("courtyard", shapely.LineString([FREE, (105.3, 27.3)]), "point"),
        ("parcel", shapely.Polygon(), "Draw the shape"),
        ("parcel", shapely.box(27.30, 105.29, 27.31, 105.30), "degrees"),
        ("parcel", shapely.Point(105.29, 27.3).buffer(0.001, quad_segs=5000), "points"),
    ],
)  # fmt: skip
def test_a_shape_that_cannot_be_kept_is_refused_with_a_sentence(
    cast: Cast, kind: str, shape: Any, words: str
) -> None:
    with pytest.raises(ShapeUnfit, match=words):
        draw(kind, shape)
    assert not PlaceChange.objects.filter(cid__gt=0).exists()


@pytest.mark.parametrize(
    "values",
    [
        {"storeys": 2.5},
        {"storeys": 900},
        {"use": "castle"},
        {"layer_class": "restricted"},
        {"name": "x" * 200},
    ],
)
def test_values_out_of_their_range_are_refused(cast: Cast, values: dict[str, Any]) -> None:
    with pytest.raises(ValueUnfit):
        draw(**values)
    with pytest.raises(NotChangeable):
        draw(cid=7)
    with pytest.raises(NotChangeable):
        change(cast.own.courtyard, code="another")


def test_outlines_decide_the_division_and_what_may_be_drawn(cast: Cast) -> None:
    outline("520502103", shapely.box(105.28, 27.29, 105.33, 27.32))
    outline(OWN, shapely.box(105.28, 27.29, 105.30, 27.32))
    outline(SIBLING, shapely.box(105.30, 27.29, 105.33, 27.32))
    there = square(105.31, 27.31)
    assert draw(shape=there).row.division_code == SIBLING
    with pytest.raises(Outside, match="螺蛳村"):
        draw(shape=there, scope=Scope.below(OWN))
    with pytest.raises(Outside, match="outside"):
        draw(shape=square(105.4, 27.31))
    across = draw("road", shapely.LineString([(105.291, 27.31), (105.304, 27.31)]))
    assert across.row.division_code == OWN
    assert "螺蛳村" in across.remarks[0]
    moved = change(across.row, shapely.LineString([(105.31, 27.31), (105.32, 27.31)]))
    assert moved.row.division_code == SIBLING
    told = PlaceChange.objects.filter(cid=moved.row.cid, revision_id=moved.revision_id).order_by("pk")
    assert [(one.division_code, one.was is None, one.now is None) for one in told] == [
        (OWN, False, True),
        (SIBLING, True, False),
    ]
    with pytest.raises(Outside, match="stays in its village"):
        change(cast.own.courtyard, square(105.31, 27.315))


def test_a_building_finds_its_courtyard_and_a_courtyard_its_buildings(cast: Cast) -> None:
    inside = draw(shape=square(105.29005, 27.30005, 0.00003)).row
    assert inside.courtyard_id == cast.own.courtyard.pk
    lonely = draw().row
    assert lonely.courtyard_id is None
    made = draw("courtyard", shapely.box(105.2949, 27.3009, 105.2953, 27.3013))
    lonely.refresh_from_db()
    assert lonely.courtyard_id == made.row.pk
    assert made.row.code == f"{OWN}-{made.row.cid}"
    assert made.remarks
    assert made.revision_id is not None
    take_back(made.revision_id, SYSTEM, NOW)
    lonely.refresh_from_db()
    assert lonely.courtyard_id is None
    with pytest.raises(RegisterError, match="numbered"):
        draw("courtyard", square(), code=f"{OWN}-0")


def test_nothing_is_joined_to_what_the_editor_may_not_edit(cast: Cast) -> None:
    own, foreign = Scope(prefixes=frozenset({OWN})), cast.places["sibling"].courtyard
    house = draw(scope=own).row
    for scope, courtyard in ((own, foreign), (own, cast.own.courtyard)):
        if courtyard is cast.own.courtyard:
            Courtyard.objects.unscoped("a test").filter(pk=courtyard.pk).update(layer_class="restricted")
        with pytest.raises(RegisterError, match="no such courtyard"):
            draw(shape=square(105.2960), scope=scope, courtyard_id=courtyard.pk)
        with pytest.raises(RegisterError, match="no such courtyard"):
            change_place(
                row=house,
                row_version=1,
                scope=scope,
                actor=SYSTEM,
                now=NOW,
                values={"courtyard_id": courtyard.pk},
            )
    # Nor of itself: the courtyard around this one is restricted by now.
    assert draw(shape=square(105.29005, 27.30005, 0.00003), scope=own).row.courtyard_id is None
    # What was joined by somebody else stays joined when something else changes.
    Building.objects.unscoped("a test").filter(pk=house.pk).update(courtyard_id=foreign.pk)
    house.refresh_from_db()
    done = change_place(row=house, row_version=1, scope=own, actor=SYSTEM, now=NOW, values={"name": "仓库"})
    assert (done.row.name, done.row.courtyard_id) == ("仓库", foreign.pk)


def test_a_courtyard_takes_no_buildings_that_its_editor_may_not_edit(cast: Cast) -> None:
    own = Scope(prefixes=frozenset({OWN}))
    secret, abroad = draw().row, draw().row
    rows = Building.objects.unscoped("a test")
    rows.filter(pk=secret.pk).update(layer_class="restricted")
    rows.filter(pk=abroad.pk).update(division_code=SIBLING)
    around = shapely.box(105.2949, 27.3009, 105.2953, 27.3013)
    assert not draw("courtyard", around, scope=own).remarks
    assert set(rows.filter(pk__in=[secret.pk, abroad.pk]).values_list("courtyard_id", flat=True)) == {None}


def test_a_courtyard_gets_an_address(cast: Cast) -> None:
    done = change_place(
        row=cast.own.courtyard,
        row_version=cast.own.courtyard.row_version,
        address=AddressText("双堰社区九组99号", "99号"),
        scope=EVERYWHERE,
        actor=SYSTEM,
        now=NOW,
    )
    current = StandardAddress.objects.unscoped("a test").get(courtyard=cast.own.courtyard, status="current")
    assert current.text == "双堰社区九组99号"
    assert done.revision_id is not None
    take_back(done.revision_id, SYSTEM, NOW)
    current = StandardAddress.objects.unscoped("a test").get(courtyard=cast.own.courtyard, status="current")
    assert current.house_number == "1号"


def test_a_courtyard_that_is_lived_in_or_has_a_plate_stays(cast: Cast) -> None:
    with pytest.raises(StillInUse, match="households"):
        remove(cast.own.courtyard)
    plated = Courtyard.objects.unscoped("a test").get(code=f"{OWN}-1")
    with pytest.raises(StillInUse, match="Doorplate"):
        remove(plated)
    with pytest.raises(RegisterError):
        remove(house(cast), "  ")
    Household.objects.unscoped("a test").filter(courtyard=cast.own.courtyard).update(courtyard=None)
    with pytest.raises(StillInUse, match="registered"):
        remove(cast.own.courtyard)
    Residence.objects.unscoped("a test").filter(courtyard=cast.own.courtyard).update(courtyard=None)
    Doorplate.objects.unscoped("a test").filter(courtyard=cast.own.courtyard).update(state="revoked")
    building = house(cast)
    remove(cast.own.courtyard)
    building.refresh_from_db()
    assert (building.courtyard_id, building.valid_until) == (None, None)
    assert Part(OWN, LayerClass.PUBLIC).rows(Courtyard).count() == 2


def test_an_import_and_a_pointed_courtyard_tell_scenes_too(cast: Cast) -> None:
    told = PlaceChange.objects.filter(division_code=OWN, cid=0)
    assert {(one.kind, one.was) for one in told} == {("courtyard", None), ("building", None)}
    now = told.get(kind="courtyard").now
    assert now is not None
    west, south, east, north = now
    assert (west, south) == (105.29, 27.30)
    assert (east, north) == (pytest.approx(105.2911), pytest.approx(27.3003))
    assert counters.COURTYARDS in {figure.name for figure in FIGURES}
