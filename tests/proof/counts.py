"""Counts of the input files that share no code with Xiaoyuan, so that both can be wrong only independently.

Division lists are read by the csv module, buildings of Mamre by json, workbooks by zipfile and XML, GeoPackages by
sqlite3; OpenStreetMap has a module of its own.
"""

import csv
import json
import re
import sqlite3
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import shapely

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


class MissingInput(Exception):
    """A file that the proof needs is not there."""


def require(path: Path) -> Path:
    """Return the path of a file that exists."""
    if not path.is_file():
        raise MissingInput(
            f"{path} is missing; set REAL_DATA to the folder of real input (docs/real-data.md)"
        )
    return path


# ---- divisions -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Divisions:
    """Distinct codes by level, and codes whose parent is in no list."""

    by_level: dict[str, int]
    orphans: frozenset[str]


DIVISION_FILES = {
    "city": "guizhou_cities.csv",
    "county": "guizhou_counties.csv",
    "township": "guizhou_towns.csv",
    "village": "guizhou_villages.csv",
}
PARENT_COLUMN = {
    "city": "provinceCode",
    "county": "cityCode",
    "township": "areaCode",
    "village": "streetCode",
}


def division_files(folder: Path) -> list[Path]:
    """The lists of Guizhou, from city to village."""
    return [require(folder / "divisions" / file) for file in DIVISION_FILES.values()]


def divisions(folder: Path) -> Divisions:
    """Count Guizhou's lists."""
    codes: dict[str, dict[str, str]] = {}
    for level, path in zip(DIVISION_FILES, division_files(folder), strict=True):
        with path.open(encoding="utf-8-sig", newline="") as lines:
            codes[level] = {row["code"]: row[PARENT_COLUMN[level]] for row in csv.DictReader(lines)}
    known = {"52"}.union(*codes.values())
    orphans = {code for level in codes.values() for code, parent in level.items() if parent not in known}
    return Divisions({level: len(rows) for level, rows in codes.items()}, frozenset(orphans))


def published_divisions(folder: Path) -> dict[str, int]:
    """What the publisher of the lists says they hold."""
    published = json.loads(require(folder / "divisions" / "expected_counts.json").read_text(encoding="utf-8"))
    guizhou = published["guizhou"]
    return {
        "city": guizhou["cities"],
        "county": guizhou["counties"],
        "township": guizhou["towns"],
        "village": guizhou["villages"],
    }


# ---- Mamre -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mamre:
    """Buildings of the file: those with an address, and where each stands how high (metres above sea)."""

    buildings: int
    with_address: int
    with_levels: int
    lon_lat: np.ndarray  # (n, 2) of a point inside each building that has a ground height
    ground_height_m: np.ndarray  # (n,)


def mamre(folder: Path) -> Mamre:
    """Count the buildings of Mamre."""
    collection = json.loads(require(folder / "mamre" / "buildings.geojson").read_text(encoding="utf-8"))
    features = collection["features"]
    properties = [feature["properties"] for feature in features]
    points, heights = [], []
    for feature in features:
        height = feature["properties"].get("ground_height")
        if height is not None:
            point = shapely.point_on_surface(shapely.geometry.shape(feature["geometry"]))
            points.append((point.x, point.y))
            heights.append(float(height))
    return Mamre(
        buildings=sum(1 for one in properties if one.get("building")),
        with_address=sum(1 for one in properties if (one.get("address") or "").strip()),
        with_levels=sum(1 for one in properties if one.get("building:levels")),
        lon_lat=np.array(points),
        ground_height_m=np.array(heights),
    )


# ---- workbooks and GeoPackages ---------------------------------------------------------------------------------


def sheets(path: Path) -> dict[str, list[list[str]]]:
    """Return the cells of a workbook by sheet, as text, empty cells as empty text."""
    with zipfile.ZipFile(require(path)) as book:
        shared: list[str] = []
        if "xl/sharedStrings.xml" in book.namelist():
            for item in ET.fromstring(book.read("xl/sharedStrings.xml")).iter(f"{SHEET}si"):
                shared.append("".join(text.text or "" for text in item.iter(f"{SHEET}t")))
        links = {
            link.attrib["Id"]: link.attrib["Target"].lstrip("/").removeprefix("xl/")
            for link in ET.fromstring(book.read("xl/_rels/workbook.xml.rels"))
        }
        listed = ET.fromstring(book.read("xl/workbook.xml")).iter(f"{SHEET}sheet")
        return {
            sheet.attrib["name"]: list(_rows(book.read(f"xl/{links[sheet.attrib[RELATION]]}"), shared))
            for sheet in listed
        }


def _rows(xml: bytes, shared: list[str]) -> Iterator[list[str]]:
    for row in ET.fromstring(xml).iter(f"{SHEET}row"):
        cells: list[str] = []
        for cell in row.iter(f"{SHEET}c"):
            letters = re.match(r"[A-Z]+", cell.attrib["r"])
            assert letters, cell.attrib["r"]
            column = 0
            for letter in letters[0]:
                column = column * 26 + ord(letter) - ord("A") + 1
            cells += [""] * (column - 1 - len(cells))
            value = cell.findtext(f"{SHEET}v") or ""
            if cell.attrib.get("t") == "s":
                value = shared[int(value)]
            elif cell.attrib.get("t") == "inlineStr":
                value = "".join(text.text or "" for text in cell.iter(f"{SHEET}t"))
            cells.append(value.strip())
        yield cells


def table(path: Path, *headers: str) -> list[dict[str, str]]:
    """Return the rows below the first row that holds all `headers`, over all sheets; rows without text left out."""
    found: list[dict[str, str]] = []
    has_header = False
    for rows in sheets(path).values():
        start = next((index for index, row in enumerate(rows) if set(headers) <= set(row)), None)
        if start is None:
            continue
        has_header = True
        names = rows[start]
        for row in rows[start + 1 :]:
            if any(row):
                found.append(dict(zip(names, row + [""] * (len(names) - len(row)), strict=False)))
    if not has_header:
        raise MissingInput(f"{path.name} has no row with the headers {', '.join(headers)}")
    return found


@dataclass(frozen=True)
class Ledger:
    """Distinct households and persons of a household ledger."""

    households: int
    persons: int
    household_numbers: frozenset[str]


def ledger(path: Path, household: str = "户号", person: str = "姓名") -> Ledger:
    """Count a household ledger: one row a person, merged or repeated household numbers."""
    number, numbers, persons = "", set(), 0
    for row in table(path, household, person):
        number = row[household] or number  # a merged cell carries its text in its first row only
        if row[person]:
            persons += 1
            numbers.add(number)
    return Ledger(len(numbers), persons, frozenset(numbers))


def geopackage(path: Path) -> dict[str, int]:
    """Count the features of each layer of a GeoPackage, which is an SQLite database."""
    with closing(sqlite3.connect(f"{require(path).resolve().as_uri()}?mode=ro", uri=True)) as database:
        layers = [
            name
            for (name,) in database.execute(
                "SELECT table_name FROM gpkg_contents WHERE data_type = 'features'"
            )
        ]
        return {name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in layers}


def geopackage_by(path: Path, layer: str, column: str) -> Counter[str]:
    """Count the features of a layer by the value of a column."""
    with closing(sqlite3.connect(f"{require(path).resolve().as_uri()}?mode=ro", uri=True)) as database:
        rows = database.execute(f'SELECT "{column}", count(*) FROM "{layer}" GROUP BY 1').fetchall()
    return Counter({str(value): count for value, count in rows})


def geopackage_shapes(path: Path, layer: str, column: str = "") -> list[tuple[shapely.Geometry, str]]:
    """Return each shape of a layer with the value of a column (empty when none is asked for)."""
    with closing(sqlite3.connect(f"{require(path).resolve().as_uri()}?mode=ro", uri=True)) as database:
        ((shape_column,),) = database.execute(
            "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?", (layer,)
        ).fetchall()
        wanted = f'"{column}"' if column else "''"
        rows = database.execute(f'SELECT "{shape_column}", {wanted} FROM "{layer}"').fetchall()
    return [(shapely.from_wkb(blob[_GPKG_HEADER[blob[3] >> 1 & 7] :]), str(value)) for blob, value in rows]


_GPKG_HEADER = {0: 8, 1: 40, 2: 56, 3: 56, 4: 72}
"""Bytes before the WKB of a GeoPackage shape, by the kind of envelope in its flags."""
