"""The proof's own readers are right: on files whose content is known, and on the real input's published counts."""

import sqlite3
import struct
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from tests.proof import counts, openstreetmap, quantized_mesh


@pytest.mark.real_data
def test_the_division_lists_hold_what_their_publisher_says(real_data: Path) -> None:
    found = counts.divisions(real_data)
    assert found.by_level == counts.published_divisions(real_data)
    assert not found.orphans


@pytest.mark.real_data
def test_mamre_holds_its_buildings(real_data: Path) -> None:
    found = counts.mamre(real_data)
    assert (found.buildings, found.with_address, len(found.ground_height_m)) == (2344, 1939, 2344)


@pytest.mark.real_data
def test_liechtenstein_holds_its_municipalities(real_data: Path) -> None:
    found = openstreetmap.liechtenstein(real_data)
    assert {"Vaduz", "Schaan", "Planken"} < found.municipalities.keys()
    assert (len(found.municipalities), len(found.buildings.shapes)) == (11, 3723)
    assert found.buildings_with_holes() == 2


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(counts.MissingInput, match=r"guizhou_cities\.csv is missing"):
        counts.divisions(tmp_path)


def test_a_ledger_is_counted_by_household_and_person(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.active
    for row in (
        ["某村户籍台账"],
        ["户号", "组别", "姓名", "住房面积"],
        ["H1", "一组", "甲", 120.5],
        [None, None, "乙", None],
        ["H2", "二组", "丙", 90],
        [None, None, None, None],
        ["H2", "二组", "丁", None],
    ):
        page.append(row)
    page.merge_cells("A3:A4")
    book.create_sheet("说明").append(["此表无数据"])
    path = tmp_path / "ledger.xlsx"
    book.save(path)
    assert counts.ledger(path) == counts.Ledger(2, 4, frozenset({"H1", "H2"}))
    with pytest.raises(counts.MissingInput, match="no row with the headers"):
        counts.table(path, "不存在")


def test_a_geopackage_is_counted_by_layer(tmp_path: Path) -> None:
    path = tmp_path / "places.gpkg"
    with sqlite3.connect(path) as database:
        database.executescript(
            "CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT);"
            "INSERT INTO gpkg_contents VALUES ('院落', 'features'), ('styles', 'attributes');"
            'CREATE TABLE "院落" (id INTEGER, "区划代码" TEXT);'
            "INSERT INTO \"院落\" VALUES (1, 'a'), (2, 'a'), (3, 'b');"
        )
    assert counts.geopackage(path) == {"院落": 3}
    assert counts.geopackage_by(path, "院落", "区划代码") == {"a": 2, "b": 1}


def encoded_tile() -> bytes:
    """A tile that rises from 100 m in the west to 200 m in the east, as the specification writes it."""

    def zigzag(values: list[int]) -> bytes:
        deltas = np.diff([0, *values])
        return ((deltas << 1) ^ (deltas >> 31)).astype("<u2").tobytes()

    corners = [(0, 0, 0), (32767, 0, 32767), (0, 32767, 0), (32767, 32767, 32767)]
    columns = [zigzag([corner[axis] for corner in corners]) for axis in range(3)]
    codes = struct.pack("<I6H", 2, 0, 0, 0, 2, 0, 2)  # triangles 0 1 2 and 1 3 2 behind a high-water mark
    header = struct.pack("<3d2f4d3d", 0, 0, 0, 100, 200, 0, 0, 0, 0, 0, 0, 0)
    return header + struct.pack("<I", 4) + b"".join(columns) + codes


def test_a_height_is_read_back_from_a_terrain_tile() -> None:
    mesh = quantized_mesh.decode(encoded_tile())
    assert mesh.triangles.tolist() == [[0, 1, 2], [1, 3, 2]]
    assert mesh.height_at(0, 5) == pytest.approx(100)
    assert mesh.height_at(16383.5, 30000) == pytest.approx(150)
    with pytest.raises(quantized_mesh.NoHeight):
        mesh.height_at(-2, 5)


def test_a_point_falls_into_its_tile() -> None:
    assert quantized_mesh.tile_of(-180, -90, 0) == (0, 0, 0, 0)
    x, y, u, v = quantized_mesh.tile_of(105.3, 27.3, 15)
    side = 180 / 2**15
    assert (x + u / 32767) * side - 180 == pytest.approx(105.3)
    assert (y + v / 32767) * side - 90 == pytest.approx(27.3)
