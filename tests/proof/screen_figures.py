"""Every figure that the screen shows of each village, beside a count of the sample's own files."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyproj
import shapely

from tests.proof import counts
from tests.proof.report import Row
from tests.proof.stage import Deployment

M2_PER_MU = 2000 / 3
ELLIPSOID = pyproj.Geod(ellps="GRS80")
RATES = {
    "sanitary_toilet_coverage": ("sanitary_toilet_households", "total_households"),
    "sewage_treatment_coverage": ("sewage_treated_households", "total_households"),
    "safe_water_coverage": ("drinking_water_safe_households", "total_households"),
    "waste_collection_coverage": ("waste_collection_hamlets", "total_hamlets"),
}
OBSERVED = {
    "collective_income_yuan": (10_000, 2),
    "land_transferred_mu": (1, 1),
    "forest_cover_ratio": (1, 1),
    "rocky_desertification_area_mu": (1, 1),
    "hazard_points": (1, 0),
    "water_quality_grade": None,
}
"""Indicator -> (divided by, decimals) as the screen shows it; None for a grade."""

Figures = dict[str, Any]


@dataclass(frozen=True)
class Village:
    """A village and, where people are recorded, its ledger."""

    code: str
    name: str
    ledger: Path | None


def prove(stage: Deployment, villages: Sequence[Village], town: str) -> Iterator[Row]:
    """Compare each figure of the detailed villages; of the others all at once."""
    files = stage.folder / "sample"
    for village in villages:
        expected = expected_figures(files, village)
        answer = stage.get_json(f"/api/v1/screen/{village.code}")
        shown = figures_of(answer)
        if village.ledger is None:
            yield Row(village.name, "its figures, all of them", len(expected), _agreeing(expected, shown))
            empty = next(panel for panel in answer["panels"] if panel["id"] == "population")
            yield Row(village.name, "the panel without records says so", "empty", empty["state"])
            continue
        for name, value in expected.items():
            yield _shown_as(village.name, name, value, shown.get(name))
        year = int(answer["as_of"][:4])
        expected_bars, shown_bars = ages_and_sexes(village.ledger, year), pyramid_of(answer)
        for sex, bars in expected_bars.items():
            yield Row(village.name, f"screen: {sex} by decade of age", bars, shown_bars.get(sex))
    shown = figures_of(stage.get_json(f"/api/v1/screen/{town}"))
    lengths = counts.geopackage_shapes(files / "places.gpkg", "道路")
    kilometres = sum(ELLIPSOID.geometry_length(shape) for shape, _code in lengths) / 1000
    yield Row("sample town", "screen: road length km", round(kilometres, 1), shown.get("road_length_m"))


def _shown_as(village: str, name: str, expected: Any, got: Any) -> Row:
    figure = f"screen: {name.replace('_', ' ')}"
    if name == "parcel_area_m2" and got is not None:
        # The register counts each parcel in whole square metres.
        return Row(village, "screen: land in mu", expected, got, within=(expected - 0.15, expected + 0.15))
    return Row(village, figure, expected, got)


def figures_of(answer: dict[str, Any]) -> Figures:
    """Return the values of all panels of a screen by their names."""
    return {
        figure["id"]: figure["value"]
        for panel in answer["panels"]
        for figure in panel["figures"]
        if figure["value"] is not None
    }


def pyramid_of(answer: dict[str, Any]) -> dict[str, list[int]]:
    """Return the bars of the population panel by sex."""
    chart = next(panel["chart"] for panel in answer["panels"] if panel["id"] == "population")
    return {series["name"]: series["values"] for series in chart["series"]}


def expected_figures(files: Path, village: Village) -> Figures:
    """Count what the files say of a village, by the names that the screen's interface uses."""
    found: Figures = {}
    if village.ledger is not None:
        people = counts.table(village.ledger, "户号", "姓名")
        found |= {
            "persons_registered": len(people),
            "persons_resident": sum(row["是否常住"] == "是" for row in people),
            "households": len({row["户号"] for row in people}),
            "persons_working_away": sum(bool(row["务工地点"]) for row in people),
            "students": sum(row["在校学生"] == "是" for row in people),
        }
    entities = [
        row for row in counts.table(files / "经营主体.xlsx", "名称") if row["区划代码"] == village.code
    ]
    if entities:
        found |= {
            "business_entities": len(entities),
            "business_workers": sum(int(row["从业人数"] or 0) for row in entities),
            "business_output_fen": _rounded(sum(float(row["年产值(万元)"] or 0) for row in entities), 2),
        }
    return found | observed(files / "观测.xlsx", village.code) | places(files / "places.gpkg", village.code)


def observed(workbook: Path, code: str) -> Figures:
    """Return the newest observation of each indicator, and the rates that two of them make."""
    newest: dict[str, str] = {}
    for row in sorted(counts.table(workbook, "指标代码"), key=lambda row: float(row["观测日期"])):
        if row["区划代码"] == code:
            newest[row["指标代码"]] = row["数值"]
    found: Figures = {}
    for name, shape in OBSERVED.items():
        if name in newest:
            found[name] = (
                newest[name] if shape is None else _rounded(float(newest[name]) / shape[0], shape[1])
            )
    for name, (part, whole) in RATES.items():
        if part in newest and whole in newest:
            found[name] = _rounded(100 * float(newest[part]) / float(newest[whole]), 1)
    return found


def places(path: Path, code: str) -> Figures:
    """Count a village's courtyards, buildings and land."""
    found: Figures = {}
    for name, layer in (("courtyards", "院落"), ("buildings", "建筑"), ("parcels", "地块")):
        if count := counts.geopackage_by(path, layer, "区划代码")[code]:
            found[name] = count
    shapes = [shape for shape, owner in counts.geopackage_shapes(path, "地块", "区划代码") if owner == code]
    if shapes:
        found["parcel_area_m2"] = _rounded(sum(map(_area_m2, shapes)) / M2_PER_MU, 1)
    return found


def ages_and_sexes(ledger: Path, year: int) -> dict[str, list[int]]:
    """Count people by sex and decade of the age that they reach in a year, from their identity number."""
    bars = {"男": [0] * 9, "女": [0] * 9}
    for row in counts.table(ledger, "身份证号", "性别"):
        age = year - int(row["身份证号"][6:10])
        bars[row["性别"]][min(age // 10, 8)] += 1
    return bars


def _area_m2(shape: shapely.Geometry) -> float:
    return abs(ELLIPSOID.geometry_area_perimeter(shapely.geometry.polygon.orient(shape))[0])


def _rounded(value: float, decimals: int) -> float:
    """Round half up, as people do."""
    factor: int = 10**decimals
    return math.floor(value * factor + 0.5) / factor


def _agreeing(expected: Figures, shown: Figures) -> int:
    return sum(shown.get(name) == value for name, value in expected.items())
