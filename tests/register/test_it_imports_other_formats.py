"""Shapefiles, GeoParquet, OpenStreetMap XML, FlatGeobuf and KML come in like any map file; what may harm is refused."""

import bz2
import gzip
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyogrio.raw
import pytest
import shapely
from django.core.management import CommandError
from pyarrow import parquet

from tests.register.map_files import EAST_BOX, TOWN, house, make_divisions, run
from xiaoyuan.register.imports.parquet_files import read_parquet
from xiaoyuan.register.models import Building, Parcel

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def divisions() -> None:
    make_divisions()


def names() -> dict[str, str]:
    return dict(Building.objects.unscoped("a test reads all rows").values_list("source_key", "name"))


def shapefile(
    folder: Path, name: str = "建筑", *, encoding: str = "UTF-8", crs: str = "EPSG:4490"
) -> list[Path]:
    """Write three buildings and return the parts of the file."""
    shapes = [house(105.31 + 0.001 * at, 27.21) for at in range(3)]
    pyogrio.raw.write(
        folder / f"{name}.shp",
        np.array(shapely.to_wkb(np.array(shapes)), dtype=object),
        [np.array(["甲", "乙", "丙"]), np.array(["村委会办公楼", "双堰小学", "卫生室"])],
        fields=["建筑编号", "建筑名称"],
        geometry_type="Polygon",
        crs=crs,
        driver="ESRI Shapefile",
        encoding=encoding,
    )
    return sorted(folder.glob(f"{name}.*"))


def packed(path: Path, parts: list[Path], *, without: tuple[str, ...] = (), under: str = "") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for part in parts:
            if part.suffix not in without:
                archive.write(part, f"{under}{part.name}")
    return path


THREE = {"甲": "村委会办公楼", "乙": "双堰小学", "丙": "卫生室"}


@pytest.mark.parametrize("encoding", ["UTF-8", "GBK"])
@pytest.mark.parametrize("without", [(), (".cpg",)])
def test_a_zipped_shapefile_comes_in_whatever_its_encoding(
    tmp_path: Path, encoding: str, without: tuple[str, ...]
) -> None:
    path = packed(tmp_path / "a.zip", shapefile(tmp_path, encoding=encoding), without=without, under="成果/")
    out = run(path, TOWN)
    assert names() == THREE
    assert ("does not say how its texts are encoded" in out) == bool(without)


class OfChineseWindows(zipfile.ZipInfo):
    """A member whose name is written in GBK without the flag for UTF-8, which Python itself never writes."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.filename.encode("gbk"), self.flag_bits & ~0x800


def test_names_inside_an_archive_of_chinese_windows_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in shapefile(tmp_path):
            archive.writestr(OfChineseWindows(part.name), part.read_bytes())
    assert "建筑.shp".encode("gbk") in path.read_bytes()
    # The layer is known as buildings by its name alone.
    run(path, TOWN)
    assert names() == THREE


@pytest.mark.parametrize("encoding", ["UTF-8", "GBK"])
def test_cells_cut_inside_a_character_lose_that_character_only(tmp_path: Path, encoding: str) -> None:
    parts = shapefile(tmp_path, encoding=encoding)
    table = next(part for part in parts if part.suffix == ".dbf")
    content = table.read_bytes()
    school = "双堰小学".encode(encoding)
    table.write_bytes(content.replace(school, school[:-1] + b" "))
    run(packed(tmp_path / "a.zip", parts), TOWN)
    assert names() == THREE | {"乙": "双堰小"}


def test_a_shapefile_without_its_parts_is_refused_by_name(tmp_path: Path) -> None:
    parts = shapefile(tmp_path)
    with pytest.raises(
        CommandError, match=r"a\.zip, layer 建筑: no coordinate system .* \.prj file, which is missing"
    ):
        run(packed(tmp_path / "a.zip", parts, without=(".prj",)), TOWN)
    with pytest.raises(CommandError, match=r"b\.zip: the Shapefile 建筑 lacks its \.shx, \.dbf file"):
        run(packed(tmp_path / "b.zip", parts, without=(".dbf", ".shx")), TOWN)
    with pytest.raises(CommandError, match=r"c\.zip holds no Shapefile \(\.shp\), only \.dbf"):
        run(packed(tmp_path / "c.zip", [part for part in parts if part.suffix == ".dbf"]), TOWN)
    assert not names()
    run(packed(tmp_path / "a.zip", parts, without=(".prj",)), TOWN, "--source-crs", "EPSG:4490")
    assert names() == THREE


@pytest.mark.parametrize("name", ["../建筑.shp", "/tmp/建筑.shp", "a/../../b.shp", "C:\\b.shp", "..\\b.shp"])
def test_paths_that_lead_out_of_an_archive_are_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "in" / "a.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, b"x")
    with pytest.raises(CommandError, match="leads out of the archive"):
        run(path, TOWN)
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [path]


def test_links_bombs_and_damage_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("a.shp")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(CommandError, match="leads out of the archive"):
        run(tmp_path / "link.zip", TOWN)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.shp", bytes(80 * 2**20))
    with pytest.raises(CommandError, match="times its size"):
        run(tmp_path / "bomb.zip", TOWN)
    (tmp_path / "cut.zip").write_bytes((tmp_path / "link.zip").read_bytes()[:40])
    with pytest.raises(CommandError, match=r"cut\.zip cannot be unpacked"):
        run(tmp_path / "cut.zip", TOWN)


def geoparquet(path: Path, geo: dict[str, Any] | None, shapes: list[Any]) -> Path:
    columns = {
        "geometry": list(shapely.to_wkb(np.array(shapes))),
        "建筑编号": ["甲"],
        "层数": [3],
        "bbox": [{"x": 1.0}],
    }
    schema = pa.table(columns)
    if geo is not None:
        schema = schema.replace_schema_metadata({"geo": orjson.dumps(geo)})
    parquet.write_table(schema, path)
    return path


def about(**column: Any) -> dict[str, Any]:
    column = {"encoding": "WKB", **column}
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}


def test_geoparquet_comes_in_with_the_system_it_names(tmp_path: Path) -> None:
    run(geoparquet(tmp_path / "建筑.parquet", about(), [house(105.31, 27.21)]), TOWN)
    (row,) = Building.objects.unscoped("a test reads all rows")
    assert (row.source_key, row.storeys, row.min_lon) == ("甲", 3, pytest.approx(105.31))


@pytest.mark.parametrize(
    ("geo", "sentence"),
    [
        (None, "is a table without shapes"),
        (about(crs=None), "no coordinate system is named"),
        (about(encoding="polygon"), "only WKB is read"),
        (about(crs={"a": 1}), "cannot be understood"),
        ({"version": "1.0"}, "cannot be read as GeoParquet"),
    ],
)
def test_geoparquet_that_cannot_be_placed_is_refused(
    tmp_path: Path, geo: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence):
        run(geoparquet(tmp_path / "建筑.parquet", geo, [house(105.31, 27.21)]), TOWN)


@pytest.mark.real_data
def test_a_real_geoparquet_of_another_country_is_read_whole(tmp_path: Path, real_data: Path) -> None:
    fields = real_data / "parcels" / "jp_field_polygons_2024.parquet"
    (read,) = read_parquet(fields, source_crs=None, progress=lambda done, total: None)
    assert (len(read), read.crs) == (100, "JGD2011")
    assert len(set(read.columns["polygon_uuid"])) == 100
    assert "GEOM_bbox" not in read.columns
    with pytest.raises(CommandError, match="lies outside 朱昌镇"):
        run(fields, TOWN, "--as", "parcels")
    assert not Parcel.objects.unscoped("a test reads all rows").exists()


OSM = """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6">
 <node id="1" lon="105.31" lat="27.21"/><node id="2" lon="105.3101" lat="27.21"/>
 <node id="3" lon="105.3101" lat="27.2101"/><node id="4" lon="105.31" lat="27.2101"/>
 <way id="7"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="4"/><nd ref="1"/>
  <tag k="building" v="school"/><tag k="name" v="双堰小学"/></way>
</osm>"""


@pytest.mark.parametrize(
    ("name", "pack"), [("a.osm", bytes), ("a.osm.gz", gzip.compress), ("a.osm.bz2", bz2.compress)]
)
def test_openstreetmap_xml_comes_in_packed_or_not(tmp_path: Path, name: str, pack: Any) -> None:
    (tmp_path / name).write_bytes(pack(OSM.encode()))
    run(tmp_path / name, TOWN)
    assert names() == {"way/7": "双堰小学"}


def test_openstreetmap_xml_with_entities_or_shifts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.osm"
    path.write_text('<!DOCTYPE osm [<!ENTITY a "aaaa">]>' + OSM.split("\n", 1)[1].replace("school", "&a;"))
    with pytest.raises(CommandError, match="cannot be read as OpenStreetMap data"):
        run(path, TOWN)
    path.write_text(OSM)
    with pytest.raises(CommandError, match="it never holds GCJ-02"):
        run(path, TOWN, "--source-crs", "GCJ-02")


@pytest.mark.parametrize(("suffix", "driver"), [("fgb", "FlatGeobuf"), ("kml", "KML")])
def test_other_open_formats_come_in(tmp_path: Path, suffix: str, driver: str) -> None:
    path = tmp_path / f"buildings.{suffix}"
    pyogrio.raw.write(
        path,
        np.array(shapely.to_wkb(np.array([house(105.31, 27.21)])), dtype=object),
        [np.array(["双堰小学"])],
        fields=["Name"],
        geometry_type="Polygon",
        crs="EPSG:4326",
        driver=driver,
        layer="buildings",
    )
    run(path, TOWN)
    assert set(names().values()) == {"双堰小学"}
    assert EAST_BOX.covers(house(105.31, 27.21))
