"""Ledgers of courtyards: with and without coordinates, in every datum that ledgers use, known by number or address."""

from pathlib import Path
from typing import Any

import pytest
import shapely
from django.utils.translation import override

from tests.register.ledgers import LATER, VILLAGE, import_rows, make_village
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.intake.models import ImportBatch, StagedRow, Verdict
from xiaoyuan.intake.pipeline import Outcome, roll_back_batch
from xiaoyuan.lib.map_datums import bd09_from_gcj02, gcj02_from_wgs84
from xiaoyuan.register.choices import AddressStatus
from xiaoyuan.register.imports.ground import Datum, coordinate, datum, to_ground
from xiaoyuan.register.models import County, Courtyard, Division, StandardAddress
from xiaoyuan.register.spatial import in_box

pytestmark = pytest.mark.django_db
HEADINGS = ("院落编号", "标准地址", "门牌号", "组别", "经度", "纬度", "坐标系", "定位精度(米)")
LON, LAT = 105.2934567, 27.3012345
GCJ = gcj02_from_wgs84(LON, LAT)
BD = bd09_from_gcj02(*GCJ)


@pytest.fixture
def county() -> County:
    county = make_village()
    County.objects.update(next_cid=100)
    Division.objects.filter(code=VILLAGE).update(min_lon=105.2, min_lat=27.2, max_lon=105.4, max_lat=27.4)
    return county


def yard(number: str | None = "A-1", **cells: Any) -> dict[str, Any]:
    return {"院落编号": number, "标准地址": "朱昌镇双堰社区一组1号", "门牌号": "1号", "组别": "一组"} | cells


def imported(tmp_path: Path, county: County, *rows: dict[str, Any], **options: Any) -> Any:
    return import_rows(tmp_path, rows, county, headings=HEADINGS, kind="courtyards", **options)


def kept(**wanted: Any) -> Courtyard:
    found: Courtyard = Courtyard.objects.unscoped("a test").get(**wanted)
    return found


def test_courtyards_without_coordinates_come_in_and_wait(tmp_path: Path, county: County) -> None:
    assert imported(tmp_path, county, yard()).outcome is Outcome.APPLIED
    row = kept(code="A-1")
    assert (row.wkb, row.min_lon, row.group, row.cid) == (None, None, "一组", 100)
    address = StandardAddress.objects.unscoped("a test").get(courtyard=row)
    assert (address.text, address.house_number) == ("朱昌镇双堰社区一组1号", "1号")
    assert imported(tmp_path, county, yard(), now=LATER).outcome is Outcome.UNCHANGED
    placed = yard(经度=LON, 纬度=LAT, 坐标系="CGCS2000") | {"定位精度(米)": "3.5米"}
    assert imported(tmp_path, county, placed, now=LATER).counts == {"changed": 1}
    row.refresh_from_db()
    assert shapely.from_wkb(bytes(row.wkb or b"")).coords[0] == pytest.approx((LON, LAT), abs=1e-8)
    assert row.accuracy_m == 3.5
    found = in_box(Courtyard.objects.unscoped("a test"), (LON - 1e-5, LAT - 1e-5, LON + 1e-5, LAT + 1e-5))
    assert row.pk in {one.pk for one in found}
    assert imported(tmp_path, county, placed, now=LATER).outcome is Outcome.UNCHANGED


@pytest.mark.parametrize(
    ("x", "y", "stated"),
    [
        (LON, LAT, "国家2000坐标系"),
        (LON, LAT, "WGS-84"),
        ("105°17′36.44412″", "27°18′4.4442″", "2000"),
        ("东经105.2934567", "北纬27.3012345", "GPS"),
        (*GCJ, "高德地图"),
        (*GCJ, "GCJ-02"),
        (*BD, "百度坐标"),
        (35529049.073, 3021042.975, "CGCS2000"),
        (3021042.975, 35529049.073, "CGCS2000"),
        (18529049.073, 3021042.975, "CGCS2000"),
        (529049.073, 3021042.975, "CGCS2000"),
    ],
)
def test_every_datum_meets_the_same_point(
    tmp_path: Path, county: County, x: Any, y: Any, stated: str
) -> None:
    given = yard(经度=x, 纬度=y, 坐标系=stated)
    assert imported(tmp_path, county, given).outcome is Outcome.APPLIED
    row = kept(code="A-1")
    off = ((row.min_lon or 0) - LON) * 98_900, ((row.min_lat or 0) - LAT) * 110_800
    assert max(abs(off[0]), abs(off[1])) < 0.5
    staged = StagedRow.objects.get(object_id=row.pk)
    assert row.source_row_id == staged.pk
    assert bool(staged.messages) == (stated not in ("国家2000坐标系", "WGS-84", "2000", "GPS"))


@pytest.mark.parametrize(
    ("cells", "column", "words"),
    [
        ({"经度": LAT, "纬度": LON, "坐标系": "WGS84"}, "经度", "swapped"),
        ({"经度": 106.9, "纬度": LAT, "坐标系": "WGS84"}, "经度", "outside 双堰"),
        ({"经度": LON, "纬度": LAT}, "坐标系", "Say in a column"),
        ({"经度": LON, "坐标系": "WGS84"}, "纬度", "missing"),
        ({"经度": LON, "纬度": LAT, "坐标系": "西安80"}, "坐标系", "Write CGCS2000"),
        ({"经度": "村口", "纬度": LAT, "坐标系": "WGS84"}, "经度", "no coordinate"),
        ({"经度": 529017, "纬度": 3020943, "坐标系": "WGS84"}, "经度", "CGCS2000 only"),
        ({"经度": 95529017, "纬度": 3020943, "坐标系": "CGCS2000"}, "经度", "zone"),
        ({"经度": 36529017, "纬度": 3020943, "坐标系": "CGCS2000"}, "经度", "outside"),
        ({"经度": 5290, "纬度": 3020, "坐标系": "CGCS2000"}, "经度", "neither"),
        ({"标准地址": None, "院落编号": None}, "标准地址", "number of the courtyard or its address"),
        ({"院落编号": "LS-001"}, "院落编号", "already, in 520502103209"),
    ],
)
def test_what_cannot_be_right_is_an_error_of_its_row(
    tmp_path: Path, county: County, cells: dict[str, Any], column: str, words: str
) -> None:
    with override("en"):
        report = imported(tmp_path, county, yard() | cells)
    assert report.outcome is Outcome.REFUSED
    [problem] = report.problems
    assert (problem.row_number, problem.column) == (3, column)
    assert words in problem.text
    assert not Courtyard.objects.unscoped("a test").filter(code="A-1").exists()


def test_an_address_alone_knows_its_courtyard_and_a_new_one_leaves_an_alias(
    tmp_path: Path, county: County
) -> None:
    imported(tmp_path, county, yard())
    assert imported(tmp_path, county, yard(None), now=LATER).outcome is Outcome.UNCHANGED
    changed = yard(标准地址="朱昌街道双堰路1号", 门牌号="双堰路1号")
    assert imported(tmp_path, county, changed, now=LATER).counts == {"changed": 1}
    row = kept(code="A-1")
    texts = dict(
        StandardAddress.objects.unscoped("a test").filter(courtyard=row).values_list("status", "text")
    )
    assert texts == {
        AddressStatus.CURRENT: "朱昌街道双堰路1号",
        AddressStatus.FORMER: "朱昌镇双堰社区一组1号",
    }
    # the former address still leads to it
    again = yard(None) | {"组别": "二组"}
    assert imported(tmp_path, county, again, now=LATER).counts == {"changed": 1}
    assert kept(code="A-1").group == "二组"


def test_a_courtyard_without_number_gets_the_next_free_one(tmp_path: Path, county: County) -> None:
    rows = [yard(None, 标准地址=f"双堰社区{n}号") for n in (5, 6)]
    imported(tmp_path, county, *rows)
    codes = set(
        Courtyard.objects.unscoped("a test").filter(code__contains="-L").values_list("code", flat=True)
    )
    assert codes == {f"{VILLAGE}-L0001", f"{VILLAGE}-L0002"}


def test_another_number_at_a_known_address_is_for_a_person_to_decide(tmp_path: Path, county: County) -> None:
    imported(tmp_path, county, yard())
    with override("en"):
        report = imported(tmp_path, county, yard("A-9"), now=LATER)
    assert report.outcome is Outcome.REFUSED
    staged = StagedRow.objects.get(verdict=Verdict.AMBIGUOUS)
    assert staged.candidates == [kept(code="A-1").pk]
    assert "A-1" in report.problems[0].text


def test_a_number_stated_twice_is_an_error_of_both_rows(tmp_path: Path, county: County) -> None:
    report = imported(tmp_path, county, yard(), yard(标准地址="别处"))
    assert report.outcome is Outcome.REFUSED
    assert {problem.row_number for problem in report.problems} == {3, 4}


def test_a_surveyed_outline_stays(tmp_path: Path, county: County) -> None:
    before = bytes(kept(code="SY-001").wkb or b"")
    given = yard("SY-001", 经度=LON, 纬度=LAT, 坐标系="WGS84")
    assert imported(tmp_path, county, given).outcome is Outcome.APPLIED
    assert bytes(kept(code="SY-001").wkb or b"") == before


def test_a_batch_is_taken_back_exactly(tmp_path: Path, county: County) -> None:
    imported(tmp_path, county, yard())
    before = Courtyard.objects.unscoped("a test").count()
    changed = yard(标准地址="新地址1号", 经度=LON, 纬度=LAT, 坐标系="WGS84")
    imported(tmp_path, county, changed, yard("A-2", 标准地址="新地址2号"), now=LATER)
    batch = ImportBatch.objects.filter(status="applied").latest("pk")
    roll_back_batch(batch_id=batch.pk, actor=SYSTEM, now=LATER, reason="a test")
    assert Courtyard.objects.unscoped("a test").count() == before
    row = kept(code="A-1")
    assert row.wkb is None
    [address] = StandardAddress.objects.unscoped("a test").filter(courtyard=row)
    assert (address.text, address.status) == ("朱昌镇双堰社区一组1号", AddressStatus.CURRENT)


def test_readers_of_cells() -> None:
    from datetime import date

    today = date(2026, 3, 1)
    assert coordinate("105度17分36秒", today) == pytest.approx(105.29333333)
    assert coordinate(None, today) is None
    assert datum("BD-09（百度）", today) is Datum.BD09
    assert to_ground(LON, LAT, Datum.WGS84, lambda lon, lat: True) == (LON, LAT)
