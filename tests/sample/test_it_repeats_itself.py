"""The same seed gives the same town; another seed another one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely

from tests.sample.conftest import Layer, rows_of
from xiaoyuan.sample import SampleReport, generate


@pytest.mark.slow
def test_the_same_seed_gives_the_same_files(
    report: SampleReport, layers: dict[str, Layer], tmp_path: Path
) -> None:
    again = generate(tmp_path)
    for name, layer in layers.items():
        other = Layer(again.places, name)
        assert shapely.equals_exact(other.degrees, layer.degrees).all()
        for column, values in layer.columns.items():
            assert np.array_equal(values, other.columns[column]), (name, column)
    with rasterio.open(report.terrain) as first, rasterio.open(again.terrain) as second:
        assert np.array_equal(first.read(1), second.read(1))
    for mine, theirs in zip(report.files[2:], again.files[2:], strict=True):
        assert rows_of(mine) == rows_of(theirs)
    assert again.villages == report.villages


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 7])
def test_other_seeds_give_other_towns_of_the_same_size(
    seed: int, report: SampleReport, tmp_path: Path
) -> None:
    other = generate(tmp_path, seed=seed)
    assert other.villages != report.villages
    for counts in other.villages.values():
        assert counts.courtyards >= 350
        assert counts.parcels >= 800
        assert counts.people >= 1200
