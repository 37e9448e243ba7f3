"""A surveyor's GeoPackage becomes rows with divisions, links, sizes, history and figures; again nothing changes."""

from pathlib import Path
from typing import Any

import pytest
import shapely

from tests.register.map_files import (
    EAST,
    NOW,
    TOWN,
    WEST,
    disagreements,
    geojson,
    house,
    layer,
    make_divisions,
    run,
    surveyed_town,
)
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.audit.models import ChangeEntry, Operation
from xiaoyuan.audit.queries import provenance_of
from xiaoyuan.figures.models import FigureCell
from xiaoyuan.figures.queries import by_dimension, total
from xiaoyuan.intake.models import BatchStatus, ImportBatch, StagedRow, Verdict
from xiaoyuan.register import counters
from xiaoyuan.register.actions.divisions import add_local_division
from xiaoyuan.register.choices import AddressStatus, BuildingUse, ParcelUse, RoadClass, RoofKind, Structure
from xiaoyuan.register.models import (
    Building,
    Courtyard,
    Division,
    Parcel,
    Road,
    StandardAddress,
    Water,
)

pytestmark = pytest.mark.django_db
MODELS: tuple[Any, ...] = (Courtyard, StandardAddress, Building, Parcel, Road, Water)


@pytest.fixture(autouse=True)
def divisions() -> None:
    make_divisions()


@pytest.fixture
def town(tmp_path: Path) -> Path:
    return surveyed_town(tmp_path / "places.gpkg")


def every(model: Any) -> Any:
    return model.objects.unscoped("a test counts all rows").order_by("pk")


def snapshot() -> dict[str, list[dict[str, Any]]]:
    tables = {model.__name__: list(every(model).values()) for model in MODELS}
    return {**tables, "Division": list(Division.objects.order_by("pk").values())}


def test_every_layer_becomes_its_table(town: Path) -> None:
    run(town, TOWN)
    courtyard = every(Courtyard).get()
    assert (courtyard.code, courtyard.group, courtyard.division_code) == ("Y1", "街上组", EAST)
    address = every(StandardAddress).get()
    assert (address.courtyard_id, address.text, address.house_number) == (
        courtyard.pk,
        "双堰社区街上组1号",
        "1号",
    )
    first = every(Building).get(source_key="J1")
    assert (first.use, first.storeys, first.height_m) == (BuildingUse.DWELLING, 2, 6.3)
    assert (first.roof, first.structure, first.built_year) == (RoofKind.GABLE, Structure.BRICK_CONCRETE, 2004)
    parcel = every(Parcel).get(source_key="D1")
    assert (parcel.use, parcel.crop, str(parcel.area_mu), parcel.household_no) == (
        ParcelUse.PADDY,
        "水稻",
        "66.04",
        "H1",
    )
    road = every(Road).get()
    assert (road.name, road.road_class, road.width_m) == ("朱双公路", RoadClass.COUNTY, 7.0)
    assert every(Water).get().division_code == EAST
    batch = ImportBatch.objects.get()
    assert (batch.status, batch.counts) == (BatchStatus.APPLIED, {Verdict.NEW: 11})


def test_places_lie_in_the_division_they_name_or_in_the_outline_that_holds_them(town: Path) -> None:
    run(town, TOWN)
    assert dict(every(Building).values_list("source_key", "division_code")) == {
        "J1": EAST,
        "J2": EAST,
        "J3": WEST,
    }
    assert every(Road).get().division_code == WEST
    outlined = Division.objects.filter(outline_wkb__isnull=False)
    assert set(outlined.values_list("code", flat=True)) == {TOWN, EAST, WEST}
    assert Division.objects.get(code=WEST).max_lon == 105.30


def test_buildings_find_their_courtyard_by_number_and_by_place(town: Path) -> None:
    run(town, TOWN)
    courtyard = every(Courtyard).get()
    links = dict(every(Building).values_list("source_key", "courtyard_id"))
    assert links == {"J1": courtyard.pk, "J2": courtyard.pk, "J3": None}


def test_sizes_are_measured_on_the_ellipsoid(town: Path) -> None:
    run(town, TOWN)
    # 0.002° x 0.002° at 27.22 N: 221.6 m north-south by 198.1 m east-west; 0.04° of longitude at 27.25 N: 3,960 m.
    assert every(Parcel).get(source_key="D1").area_m2 == pytest.approx(221.6 * 198.1, rel=1e-3)
    assert every(Road).get().length_m == pytest.approx(3960, rel=1e-3)


def test_each_place_has_a_number_of_its_own_in_the_county(town: Path) -> None:
    run(town, TOWN)
    cids = [
        cid for model in MODELS if hasattr(model, "cid") for cid in every(model).values_list("cid", flat=True)
    ]
    assert sorted(cids) == list(range(1, 9))


def test_the_same_file_again_changes_nothing(town: Path) -> None:
    run(town, TOWN)
    before, changes, figures = snapshot(), ChangeEntry.objects.count(), list(FigureCell.objects.values())
    out = run(town, TOWN)
    assert snapshot() == before
    assert ChangeEntry.objects.count() == changes
    assert list(FigureCell.objects.values()) == figures
    newest = ImportBatch.objects.latest("pk")
    assert newest.counts == {Verdict.SAME: 11}
    assert not newest.rows.exists()
    assert "unchanged" in out


def test_a_changed_file_changes_what_it_says_and_keeps_the_history(town: Path, tmp_path: Path) -> None:
    run(town, TOWN)
    shape = house(105.3101, 27.2101, 0.0002)
    again = layer(
        tmp_path / "later.gpkg", "建筑", [shape], {"建筑编号": ["J1"], "用途": ["商住"], "高度": [9.0]}
    )
    run(again, TOWN)
    row = every(Building).get(source_key="J1")
    assert (row.use, row.height_m, row.storeys, row.row_version) == (BuildingUse.COMMERCIAL, 9.0, 2, 2)
    assert row.max_lon == shape.bounds[2]
    entry = provenance_of("register.building", row.pk, "height_m")
    assert entry is not None
    assert entry.source_row_id is not None
    assert (entry.before, entry.after) == (6.3, 9.0)
    assert StagedRow.objects.get(pk=entry.source_row_id).batch.file_name == "later.gpkg"
    changed = ChangeEntry.objects.filter(operation=Operation.UPDATE, object_kind="register.building")
    assert set(changed.values_list("field", flat=True)) == {"use", "height_m", "wkb"}
    assert disagreements() == 0


def test_a_new_address_leaves_the_old_one_as_a_former_one(town: Path, tmp_path: Path) -> None:
    run(town, TOWN)
    shape = house(105.31, 27.21, 0.001)
    columns = {"院落编号": ["Y1"], "地址": ["双堰社区街上组8号"], "门牌号": ["8号"]}
    run(layer(tmp_path / "later.gpkg", "院落", [shape], columns), TOWN)
    rows = every(StandardAddress).values_list("text", "status")
    assert set(rows) == {
        ("双堰社区街上组1号", AddressStatus.FORMER),
        ("双堰社区街上组8号", AddressStatus.CURRENT),
    }
    assert every(Courtyard).count() == 1


def test_figures_agree_with_a_fresh_count(town: Path) -> None:
    run(town, TOWN)
    day = ImportBatch.objects.get().created_at.date()
    assert by_dimension(
        counters.BUILDINGS, code=TOWN, as_of=day.replace(year=day.year + 1), is_sample=False
    ) == {
        "dwelling": 1,
        "agricultural": 1,
        "education": 1,
    }
    assert disagreements() == 0


def test_a_sample_is_marked_and_counted_apart(town: Path, tmp_path: Path) -> None:
    run(town, TOWN, "--sample")
    assert all(row["is_sample"] for model in MODELS for row in every(model).values("is_sample"))
    assert Division.objects.get(code=EAST).outline_is_sample
    far = NOW.date().replace(year=2100)
    assert total(counters.COURTYARDS, code=TOWN, as_of=far, is_sample=True) == 1
    assert total(counters.COURTYARDS, code=TOWN, as_of=far, is_sample=False) == 0
    assert disagreements() == 0
    # Real data comes under the same numbers: it must not take over rows of the sample.
    out = run(layer(tmp_path / "real.gpkg", "建筑", [house(105.21, 27.21)], {"建筑编号": ["J3"]}), TOWN)
    assert "Its number is in use elsewhere in the county." in out
    assert every(Building).get(source_key="J3").is_sample


def test_a_sample_outline_never_replaces_a_real_one(town: Path) -> None:
    run(town, TOWN)
    before = Division.objects.get(code=EAST).outline_wkb
    run(town, TOWN, "--layer", "区划", "--sample")
    after = Division.objects.get(code=EAST)
    assert before is not None
    assert after.outline_wkb is not None
    assert (bytes(after.outline_wkb), after.outline_is_sample) == (bytes(before), False)
    assert StagedRow.objects.filter(batch__is_sample=True, verdict=Verdict.ERROR).count() == 3


def test_buildings_with_an_address_become_courtyards(tmp_path: Path) -> None:
    place = add_local_division(name="Mamre", actor=SYSTEM, now=NOW)
    path = geojson(
        tmp_path / "buildings.geojson",
        [
            (house(18.47, -33.50), {"osm_id": 1, "building": "house", "address": "12 Main Road Mamre"}),
            (house(18.48, -33.50), {"osm_id": 2, "building": "garage", "address": None}),
            (
                house(18.49, -33.50),
                {
                    "osm_id": 3,
                    "building": "yes",
                    "addr:housenumber": "4a",
                    "addr:street": "Dorf",
                    "addr:city": "Vaduz",
                },
            ),
        ],
    )
    assert "2 buildings with an address become courtyards" in run(path, place.code, "--preview")
    assert "2 buildings carry an address" in run(
        path, place.code, "--preview", "--no-courtyards-from-address"
    )
    run(path, place.code)
    texts = set(every(StandardAddress).values_list("text", "house_number", "courtyard__code"))
    assert texts == {
        ("12 Main Road Mamre", "12", "990001001-1"),
        ("Dorf 4a, Vaduz", "4a", "990001001-3"),
    }
    one = every(Building).get(source_key="1")
    assert bytes(one.wkb) == bytes(one.courtyard.wkb)
    assert every(Building).get(source_key="2").courtyard is None
    assert one.courtyard.source_row_id == one.source_row_id
    before = snapshot()
    run(path, place.code)
    assert snapshot() == before
    assert disagreements() == 0


def test_surveyed_courtyards_are_not_doubled_by_addresses(town: Path, tmp_path: Path) -> None:
    run(town, TOWN, "--layer", "院落")
    path = tmp_path / "later.gpkg"
    run(layer(path, "建筑", [house(105.3101, 27.2101)], {"建筑编号": ["J1"], "地址": ["街上组1号"]}), TOWN)
    assert every(Building).get().courtyard == every(Courtyard).get()
    assert every(StandardAddress).get().text == "双堰社区街上组1号"


def test_a_height_from_the_eaves_down_is_raised_by_its_base(tmp_path: Path) -> None:
    place = add_local_division(name="Mamre", actor=SYSTEM, now=NOW)
    properties = {"osm_id": 1, "building_height": 1.3, "min_height": 2.8, "ground_height": 179.18}
    run(geojson(tmp_path / "buildings.geojson", [(house(18.47, -33.50), properties)]), place.code)
    row = every(Building).get()
    assert (row.height_m, row.ground_height_m) == (4.1, 179.18)


def test_a_layer_in_another_coordinate_system_lands_on_the_same_spot(tmp_path: Path) -> None:
    # The control point of the domain handbook: 105.29 E 27.30 N is E 528707.21 N 3020905.38 in EPSG:4544.
    square = shapely.box(528707.21, 3020905.38, 528717.21, 3020915.38)
    run(layer(tmp_path / "a.gpkg", "建筑", [square], {"建筑编号": ["J1"]}, crs="EPSG:4544"), TOWN)
    row = every(Building).get()
    assert (row.min_lon, row.min_lat) == pytest.approx((105.29, 27.30), abs=2e-6)


def test_a_feature_without_key_is_known_again_by_its_shape(tmp_path: Path) -> None:
    lines = [shapely.LineString([(105.25, 27.25), (105.26, lat)]) for lat in (27.25, 27.26)]
    path = layer(tmp_path / "a.gpkg", "道路", lines, {"名称": ["甲", "乙"]})
    run(path, TOWN)
    run(path, TOWN)
    assert every(Road).count() == 2
