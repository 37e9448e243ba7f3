"""The archive of a village, opened by readers that know nothing of Xiaoyuan: GDAL, Arrow, csv, hashlib."""

import csv
import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import pyogrio
import pytest
import shapely
from django.core.management import CommandError, call_command
from pyarrow import parquet

from tests.cast import OWN, Cast, sample_id_number
from tests.exports.conftest import Ask, parts
from xiaoyuan.exports.models import ExportFormat, ExportRequest, ExportStatus
from xiaoyuan.exports.sources import export_sources
from xiaoyuan.intake.models import ImportBatch
from xiaoyuan.register.models import Building, Courtyard

pytestmark = pytest.mark.django_db
Archive = Callable[..., dict[str, bytes]]


@pytest.fixture
def archive(ask: Ask, content: Callable[[ExportRequest], bytes]) -> Archive:
    def made(**changes: object) -> dict[str, bytes]:
        request = ask(source_key="archive", format=ExportFormat.ARCHIVE, **changes)
        assert request.status == ExportStatus.READY, request.failure
        return parts(content(request))

    return made


def test_shapes_open_in_gdal(cast: Cast, archive: Archive, tmp_path: Path) -> None:
    path = tmp_path / "places.gpkg"
    path.write_bytes(archive()["places.gpkg"])
    layers = {name for name, _kind in pyogrio.list_layers(path)}
    assert {"courtyards", "buildings", "divisions"} <= layers
    info = pyogrio.read_info(path, layer="courtyards")
    assert info["crs"] == "EPSG:4490"
    meta, _index, shapes, columns = pyogrio.raw.read(path, layer="courtyards")
    table = dict(zip(meta["fields"], columns, strict=True))
    kept = {row.code: row for row in Courtyard.objects.unscoped("a test").filter(division_code=OWN)}
    assert set(table["code"]) == set(kept)
    for code, shape in zip(table["code"], shapes, strict=True):
        assert shapely.from_wkb(shape).equals(shapely.from_wkb(bytes(kept[code].wkb)))
    assert "双堰社区居民委员会一组1号" in set(table["address"])
    heights = pyogrio.raw.read(path, layer="buildings")
    built = dict(zip(heights[0]["fields"], heights[3], strict=True))
    assert (
        list(built["height_m"])
        == [6.6] * Building.objects.unscoped("a test").filter(division_code=OWN).count()
    )


def test_tables_open_in_arrow_with_types(cast: Cast, archive: Archive) -> None:
    found = archive()
    table = parquet.read_table(io.BytesIO(found["parquet/people.parquet"]))
    assert table.num_rows == 5
    assert str(table.schema.field("birth_date").type) == "date32[day]"
    assert str(table.schema.field("is_resident").type) == "bool"
    assert str(table.schema.field("arable_mu").type) == "double"
    assert table.column("name").to_pylist()[0] == "张伟"
    assert table.column("birth_date").to_pylist()[0] == cast.own.person.birth_date
    rows = list(csv.DictReader(io.StringIO(found["csv/people.csv"].decode("utf-8-sig"))))
    assert [row["姓名"] for row in rows] == table.column("name").to_pylist()


def test_every_archived_table_is_there_and_in_the_dictionary(cast: Cast, archive: Archive) -> None:
    found = archive()
    lines = list(csv.reader(io.StringIO(found["dictionary.csv"].decode("utf-8-sig"))))
    explained = {(line[0], line[2]) for line in lines[1:]}
    for source in export_sources():
        if source.is_archived:
            schema = parquet.read_schema(io.BytesIO(found[f"parquet/{source.key}.parquet"]))
            assert {(source.key, name) for name in schema.names} <= explained
            assert f"`{source.key}`" in found["dictionary.md"].decode()
            # One line for people, one column each: nothing is named twice.
            assert len(set(schema.names)) == len(schema.names)


def test_the_manifest_is_true(cast: Cast, archive: Archive) -> None:
    found = archive()
    manifest = json.loads(found["manifest.json"])
    assert manifest["crs"] == "EPSG:4490"
    assert manifest["rows"]["people"] == 5
    assert set(manifest["files"]) == set(found) - {"manifest.json"}
    for name, told in manifest["files"].items():
        assert hashlib.sha256(found[name]).hexdigest() == told["sha256"], name


def test_personal_values_are_masked_unless_asked_for(cast: Cast, archive: Archive) -> None:
    assert cast.own.person.birth_date is not None
    number = sample_id_number(cast.own.person.birth_date, 101)
    assert number not in archive()["csv/people.csv"].decode()
    clear = archive(is_masked=False, reason="移交")
    assert number in clear["csv/people.csv"].decode()
    assert "移交" in clear["README.md"].decode()


def test_origin_and_licence_go_along(cast: Cast, archive: Archive) -> None:
    ImportBatch.objects.filter(pk=cast.own.batch.pk).update(
        attribution="© OpenStreetMap contributors", status="applied"
    )
    readme = archive()["README.md"].decode()
    assert "© OpenStreetMap contributors (ODbL 1.0" in readme


def test_the_command_writes_the_same(cast: Cast, tmp_path: Path) -> None:
    target = tmp_path / "village.zip"
    call_command("export_archive", division=OWN, out=target, sample=True, verbosity=0)
    found = parts(target.read_bytes())
    assert json.loads(found["manifest.json"])["rows"]["people"] == 5
    assert ExportRequest.objects.get().requested_by_label == "command export-archive"
    with pytest.raises(CommandError):
        call_command("export_archive", division=OWN, out=target, sample=True, verbosity=0)
    with pytest.raises(CommandError):
        call_command("export_archive", division=OWN, out=tmp_path / "b.zip", unmasked=True, verbosity=0)
    with pytest.raises(CommandError):
        call_command("export_archive", division="999999", out=tmp_path / "c.zip", verbosity=0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["village.zip"]
