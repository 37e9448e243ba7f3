"""Label rasters become polygons that fill the grid whatever the labels are."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from xiaoyuan.sample.grid import Grid
from xiaoyuan.sample.partition import smooth_partition


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 7))
def test_faces_fill_the_grid_without_overlap(seed: int, labels: int) -> None:
    rng = np.random.default_rng(seed)
    grid = Grid(0.0, 200.0, 10.0, 20, 30)
    coarse = rng.integers(0, labels, (5, 6)).astype(np.int32)
    raster = np.kron(coarse, np.ones((4, 5), dtype=np.int32))
    faces, of = smooth_partition(raster, grid, smooth_m=12.0)
    assert len(faces) == len(of)
    assert sum(face.area for face in faces) == pytest.approx(200.0 * 300.0, rel=0.02)
    assert shapely.coverage_is_valid(np.array(faces))
    assert set(of) <= set(np.unique(raster))
