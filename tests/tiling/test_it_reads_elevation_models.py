"""Heights come from any georeferenced raster of metres, and from nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from tests.tiling.making import hilly, write_dem
from xiaoyuan.tiling import MissingCrsError, NotElevationError, NotReadableError, Terrain

TO_DEGREES = Transformer.from_crs(4544, 4326, always_xy=True)


def plane(x: Any, y: Any) -> Any:
    return 1000.0 + 0.1 * x + 0.05 * y


def test_the_real_village_stands_on_the_real_model(real_data: Path, mamre: list[dict[str, Any]]) -> None:
    terrain = Terrain.from_geotiff(real_data / "mamre" / "dem.tif")
    centres = shapely.get_coordinates(
        shapely.centroid([shapely.geometry.shape(feature["geometry"]) for feature in mamre])
    )
    said = np.array([feature["properties"]["ground_height"] for feature in mamre])
    difference = np.abs(terrain.sample(centres[:, 0], centres[:, 1]) - said)
    assert len(difference) == 2344
    assert np.median(difference) <= 0.5
    assert np.percentile(difference, 95) <= 2.0


def test_a_plane_is_read_exactly_between_cell_centres(tmp_path: Path) -> None:
    terrain = Terrain.from_geotiff(write_dem(tmp_path / "plane.tif", hilly(50, 60, 10.0, plane)))
    x, y = np.random.default_rng(1).uniform(10, 480, (2, 200))
    lon, lat = TO_DEGREES.transform(528_000 + x, 3_023_000 - y)
    assert np.abs(terrain.sample(lon, lat) - plane(x, y)).max() < 0.001


def test_the_offset_is_added(tmp_path: Path) -> None:
    path = write_dem(tmp_path / "plane.tif", hilly(50, 60, 10.0, plane))
    lon, lat = np.array([105.2850]), np.array([27.3170])
    raised = Terrain.from_geotiff(path, vertical_offset_m=-31.5).sample(lon, lat)
    assert raised - Terrain.from_geotiff(path).sample(lon, lat) == pytest.approx(-31.5, abs=1e-3)


def test_voids_and_the_outside_have_no_height_but_a_surface(tmp_path: Path) -> None:
    heights = hilly(60, 60, 10.0, plane)
    heights[20:40, 20:40] = -9999
    terrain = Terrain.from_geotiff(write_dem(tmp_path / "void.tif", heights, nodata=-9999))
    lon, lat = TO_DEGREES.transform(
        528_000 + np.array([300.0, 100, 900, 590]), 3_023_000 - np.array([300.0, 100, 300, 590])
    )
    assert np.isnan(terrain.sample(lon, lat)).tolist() == [True, False, True, False]
    surface = terrain.surface(lon, lat)
    # The void is stretched from rim to rim, here over a plane.
    assert surface[0] == pytest.approx(plane(300, 300), abs=1.0)
    assert np.isfinite(surface).all()


def test_the_surface_leaves_the_model_without_a_cliff_and_ends_flat(tmp_path: Path) -> None:
    heights = hilly(200, 200, 10.0, lambda x, y: 1200 + 150 * np.sin(x / 150) * np.cos(y / 190))
    terrain = Terrain.from_geotiff(write_dem(tmp_path / "hills.tif", heights))
    along = np.arange(1990.0, 40_000.0, 5.0)
    lon, lat = TO_DEGREES.transform(528_000 + along, np.full(len(along), 3_022_000.0))
    surface = terrain.surface(lon, lat)
    assert np.abs(np.diff(surface)).max() < 5.0, (
        "the ground never steps by more than its own slope of 45 degrees"
    )
    # The median of the raster's means of 8 x 8 cells.
    assert surface[-1] == pytest.approx(float(np.median(heights)), abs=1.0)
    far_side = terrain.surface(np.array([-74.0, -75.0]), np.array([-27.0, 89.9]))
    assert far_side == pytest.approx(surface[-1], abs=1e-6)


def test_it_knows_its_bounds_and_what_it_covers(tmp_path: Path) -> None:
    heights = hilly(100, 100, 10.0, plane)
    heights[:, 70:] = np.nan
    terrain = Terrain.from_geotiff(write_dem(tmp_path / "half.tif", heights))
    west, south, east, north = terrain.bounds
    expected_west, expected_north = TO_DEGREES.transform(528_000, 3_023_000)
    expected_east, expected_south = TO_DEGREES.transform(528_700, 3_022_000)
    assert (west, south) == pytest.approx((expected_west, expected_south), abs=1e-4)
    assert (east, north) == pytest.approx((expected_east, expected_north), abs=1e-4)
    inside = shapely.box(*TO_DEGREES.transform(528_100, 3_022_100), *TO_DEGREES.transform(528_600, 3_022_800))
    across = shapely.box(*TO_DEGREES.transform(528_400, 3_022_100), *TO_DEGREES.transform(528_990, 3_022_800))
    assert terrain.covers(inside)
    assert not terrain.covers(across)
    assert 0.3 < terrain.coverage(across) < 0.7


def test_the_finest_of_several_models_wins(tmp_path: Path) -> None:
    coarse = write_dem(tmp_path / "coarse.tif", np.full((40, 40), 500, np.float32), cell=50.0)
    fine = write_dem(tmp_path / "fine.tif", np.full((50, 50), 800, np.float32), cell=5.0)
    terrain = Terrain.from_geotiff([coarse, fine])
    lon, lat = TO_DEGREES.transform(
        528_000 + np.array([100.0, 1500.0]), 3_023_000 - np.array([100.0, 1500.0])
    )
    assert terrain.sample(lon, lat).tolist() == [800.0, 500.0]
    assert terrain.surface(lon, lat).tolist() == [800.0, 500.0]
    assert Terrain(terrain.fields[::-1]).sample(lon, lat).tolist() == [800.0, 500.0]


def test_a_geographic_model_is_read_too(tmp_path: Path) -> None:
    heights = np.arange(100, dtype=np.int16).reshape(10, 10)
    path = write_dem(tmp_path / "g.tif", heights, crs="EPSG:4326", west=105.0, north=27.0, cell=0.001)
    terrain = Terrain.from_geotiff(path)
    assert terrain.sample(np.array([105.0035]), np.array([26.9945]))[0] == pytest.approx(53.0, abs=1e-4)
    assert 98 < terrain.fields[0].cell_m < 112


REFUSED: dict[str, tuple[NDArray[Any], dict[str, Any], type[Exception], str]] = {
    "a picture": (np.full((3, 9, 9), 90, np.uint8), {"photometric": "RGB"}, NotElevationError, "picture"),
    "a grey picture": (np.full((9, 9), 90, np.uint8), {}, NotElevationError, "8-bit"),
    "two bands": (np.full((2, 9, 9), 90, np.float32), {}, NotElevationError, "2 bands"),
    "no system": (np.full((9, 9), 90, np.float32), {"crs": None}, MissingCrsError, "no coordinate system"),
    "all void": (np.full((9, 9), -9999, np.float32), {"nodata": -9999}, NotElevationError, "not one"),
    "undeclared voids": (np.full((9, 9), -32768, np.int16), {}, NotElevationError, "-32768"),
    "too high": (np.full((9, 9), 29_000, np.float32), {}, NotElevationError, "29000"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_refuses_what_is_no_elevation_model(tmp_path: Path, case: str) -> None:
    values, profile, error, word = REFUSED[case]
    path = write_dem(tmp_path / "given.tif", values, **profile)
    with pytest.raises(error, match=word) as refusal:
        Terrain.from_geotiff(path)
    assert str(refusal.value).startswith("given.tif ")
    assert str(refusal.value).endswith(".")


def test_it_refuses_a_palette(tmp_path: Path) -> None:
    path = write_dem(tmp_path / "given.tif", np.full((9, 9), 3, np.uint8), photometric="palette")
    with pytest.raises(NotElevationError, match="colours"):
        Terrain.from_geotiff(path)


def test_it_refuses_a_text_file(tmp_path: Path) -> None:
    path = tmp_path / "notes.tif"
    path.write_text("no raster")
    with pytest.raises(NotReadableError, match=r"notes\.tif"):
        Terrain.from_geotiff(path)
