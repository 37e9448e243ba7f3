"""The two workbooks of figures: invented and saying so, one unit a measure, agreeing with the map where it counts."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

import numpy as np
import pytest
import shapely

from tests.sample.conftest import Layer, rows_of
from xiaoyuan.sample import SampleReport
from xiaoyuan.sample.town import DETAILED, VILLAGES

CODES = {village.code for village in VILLAGES}


def test_entities_are_named_as_samples(report: SampleReport) -> None:
    title, rows = rows_of(report.entities_file)
    assert "样例" in title
    assert 40 <= len(rows) == report.entities <= 60
    assert all("样例" in str(row["名称"]) for row in rows)
    assert len({row["名称"] for row in rows}) == len(rows)
    assert {row["区划代码"] for row in rows} == set(DETAILED)
    assert all(isinstance(row["成立日期"], date) and row["从业人数"] for row in rows)


def test_observations_are_dated_and_keep_one_unit_a_measure(report: SampleReport) -> None:
    title, rows = rows_of(report.observations_file)
    assert "样例" in title
    assert len(rows) == report.observations
    assert {row["区划代码"] for row in rows} == CODES
    units = defaultdict(set)
    for row in rows:
        assert isinstance(row["观测日期"], date)
        units[row["指标代码"]].add(row["单位"])
    assert all(len(each) == 1 for each in units.values())
    keys = [(row["区划代码"], row["指标代码"], row["观测日期"]) for row in rows]
    assert len(set(keys)) == len(keys)


def test_parts_never_exceed_their_whole(report: SampleReport) -> None:
    _, rows = rows_of(report.observations_file)
    value = {(row["区划代码"], row["指标代码"], row["观测日期"]): row["数值"] for row in rows}
    wholes = {
        "sanitary_toilet_households": "total_households",
        "sewage_treated_households": "total_households",
        "drinking_water_safe_households": "total_households",
        "waste_collection_hamlets": "total_hamlets",
    }
    checked = 0
    for (division, measure, on), part in value.items():
        if measure in wholes:
            assert 0 < float(str(part)) <= float(str(value[division, wholes[measure], on]))
            checked += 1
    assert checked == len(wholes) * 5 * len(DETAILED)
    assert {grade for (_, measure, _), grade in value.items() if measure == "water_quality_grade"} <= {
        "II",
        "III",
        "IV",
    }


def test_the_newest_figures_agree_with_the_records(report: SampleReport, layers: dict[str, Layer]) -> None:
    _, rows = rows_of(report.observations_file)
    newest = {(row["区划代码"], row["指标代码"]): row["数值"] for row in rows}  # rows run forward in time
    fields, divisions = layers["地块"], layers["区划"]
    for code in DETAILED:
        assert newest[code, "total_households"] == report.villages[code].households
        outline = divisions.shapes[divisions.where("区划代码", code)[0]]
        forest = fields.shapes[(fields["区划代码"] == code) & (fields["地类"] == "林地")]
        cover = 100 * float(np.sum(shapely.area(forest))) / outline.area
        assert float(str(newest[code, "forest_cover_ratio"])) == pytest.approx(cover, abs=0.1)
