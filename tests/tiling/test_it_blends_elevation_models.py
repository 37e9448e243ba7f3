"""Several elevation models are one ground: no steps, no holes, the same whoever asks and however much at once."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin

from tests.tiling.making import hilly, write_dem
from xiaoyuan.tiling import Terrain, rendered_height
from xiaoyuan.tiling import elevation as elevation_module
from xiaoyuan.tiling.height_pyramid import BLOCK
from xiaoyuan.tiling.heightfield import HeightField

TO_DEGREES = pyproj.Transformer.from_crs(4544, 4326, always_xy=True)


def degrees(x: Any, y: Any) -> tuple[Any, Any]:
    lon, lat = TO_DEGREES.transform(528_000 + np.asarray(x, float), 3_023_000 - np.asarray(y, float))
    return lon, lat


@pytest.fixture(scope="module")
def mosaic(tmp_path_factory: pytest.TempPathFactory) -> Terrain:
    """A fine model, 25 m higher and with a void, inside a coarse one in another coordinate system."""
    folder = tmp_path_factory.mktemp("mosaic")
    coarse = np.full((120, 120), 500, np.float32)
    to_coarse = pyproj.Transformer.from_crs(4544, 32648, always_xy=True)
    east, north = to_coarse.transform(527_000, 3_024_000)
    write_dem(folder / "coarse.tif", coarse, crs="EPSG:32648", west=east, north=north, cell=50.0)
    fine = np.full((400, 400), 500, np.float32)
    fine[180:220, 180:220] = -9999
    write_dem(folder / "fine.tif", fine, cell=5.0, nodata=-9999)
    fields = (
        *Terrain.from_geotiff(folder / "coarse.tif").fields,
        *Terrain.from_geotiff(folder / "fine.tif", vertical_offset_m=25.0).fields,
    )
    return Terrain(fields)


def test_a_fine_model_ends_without_a_step(mosaic: Terrain) -> None:
    x = np.arange(-800.0, 2800.0, 1.0)
    for y in (600.0, 1000.0):
        surface = mosaic.surface(*degrees(x, np.full_like(x, y)))
        # 25 m over 240 m, steepest in the middle of the blend.
        assert np.abs(np.diff(surface)).max() < 25 / 240 * 2.2
    through = mosaic.surface(*degrees(x, np.full_like(x, 600.0)))
    assert through[0] == pytest.approx(500, abs=0.01)
    assert through[1800] == pytest.approx(525, abs=0.01), "the fine model decides away from its rim"
    assert mosaic.surface(*degrees([1000.0], [1000.0]))[0] == pytest.approx(500, abs=0.01), "in its void"


def test_sample_and_surface_agree_and_buildings_stand_on_them(mosaic: Terrain) -> None:
    x, y = np.random.default_rng(3).uniform(-500, 2500, (2, 500))
    lon, lat = degrees(x, y)
    assert np.array_equal(mosaic.sample(lon, lat), mosaic.surface(lon, lat))
    assert np.abs(rendered_height(mosaic, lon, lat) - mosaic.surface(lon, lat)).max() < 2.0


def test_sheets_side_by_side_leave_no_seam(tmp_path: Path) -> None:
    def plane(x: Any, y: Any) -> Any:
        return 1000 + 0.1 * x + 0.05 * y

    whole = hilly(60, 180, 30.0, plane)
    paths = [
        write_dem(tmp_path / f"{at}.tif", whole[:, at : at + 60], west=528_000.0 + at * 30, cell=30.0)
        for at in (0, 60, 120)
    ]
    terrain = Terrain.from_geotiff(paths)
    x = np.arange(20.0, 5380.0, 3.0)
    y = np.full_like(x, 900.0)
    # Between the outermost centres of two sheets each continues flat: at most half a cell of slope.
    assert np.abs(terrain.surface(*degrees(x, y)) - plane(x, y)).max() <= 0.1 * 15 + 0.05


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(-4000, 6000), st.floats(-4000, 6000)), min_size=1, max_size=30))
def test_a_point_alone_has_the_height_it_has_among_others(
    mosaic: Terrain, points: list[tuple[float, float]]
) -> None:
    lon, lat = degrees(*np.array(points).T)
    together = rendered_height(mosaic, lon, lat)
    alone = [rendered_height(mosaic, lon[at : at + 1], lat[at : at + 1])[0] for at in range(len(points))]
    assert together.tolist() == alone


def bumpy(rows: int, columns: int) -> Any:
    random = np.random.default_rng(11)
    heights = hilly(rows, columns, 30.0, lambda x, y: 1000 + 100 * np.sin(x / 900) * np.cos(y / 700))
    heights += random.normal(0, 3, heights.shape).astype(np.float32)
    for row, column, radius in zip(
        random.integers(0, rows, 25), random.integers(0, columns, 25), random.integers(2, 60, 25), strict=True
    ):
        heights[max(row - radius, 0) : row + radius, max(column - radius, 0) : column + radius] = -9999
    # A void over the corner where four blocks meet.
    heights[BLOCK - 50 : BLOCK + 30, BLOCK - 20 : BLOCK + 40] = -9999
    return heights


def test_windows_of_a_file_equal_the_raster_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_dem(tmp_path / "large.tif", bumpy(1300, 1450), cell=30.0, nodata=-9999)
    in_memory = Terrain.from_geotiff(path)
    monkeypatch.setattr(elevation_module, "_WHOLE_CELLS", 1000)
    by_window = pickle.loads(pickle.dumps(Terrain.from_geotiff(path)))
    x, y = np.random.default_rng(4).uniform(-2000, 42_000, (2, 20_000))
    lon, lat = degrees(x, y)
    for spacing in (0.0, 45.0, 400.0):
        assert np.array_equal(in_memory.surface(lon, lat, spacing), by_window.surface(lon, lat, spacing))
    assert np.isfinite(in_memory.surface(lon, lat)).all()


def test_voids_are_filled_alike_from_every_block(tmp_path: Path) -> None:
    terrain = Terrain.from_geotiff(write_dem(tmp_path / "v.tif", bumpy(1300, 1450), cell=30.0, nodata=-9999))
    # Along the line where blocks meet, inside the void: a seam would be steeper than the skin is.
    x = np.arange((BLOCK - 15) * 30.0, (BLOCK + 35) * 30.0, 5.0)
    heights = terrain.surface(*degrees(x, np.full_like(x, (BLOCK - 10) * 30.0)))
    assert np.abs(np.diff(heights)).max() < 2.0
    heights = terrain.surface(*degrees(np.full_like(x, (BLOCK + 10) * 30.0), x - 1000.0))
    assert np.abs(np.diff(heights)).max() < 3.0


def test_a_grid_equals_its_points(mosaic: Terrain) -> None:
    lon, lat = np.linspace(105.28, 105.32, 65), np.linspace(27.29, 27.32, 49)
    grid_lon, grid_lat = np.meshgrid(lon, lat)
    points = mosaic.surface(grid_lon.ravel(), grid_lat.ravel(), 30.0).reshape(49, 65)
    assert np.abs(mosaic.surface_grid(lon, lat, 30.0) - points).max() < 0.01


def test_the_real_alps_have_no_holes_left(real_data: Path) -> None:
    terrain = Terrain.from_geotiff(real_data / "dem" / "srtm3_N46E008.tif")
    survey = terrain.fields[0].pyramid.survey
    assert survey.known == 1201 * 1201 - 103_743
    lon, lat = np.random.default_rng(2).uniform((8.0, 46.0), (9.0, 47.0), (200_000, 2)).T
    surface, sample = terrain.surface(lon, lat), terrain.sample(lon, lat)
    assert 0.05 < np.isnan(sample).mean() < 0.1
    assert survey.lowest_m - 1 <= surface.min() <= surface.max() <= survey.highest_m + 1


@pytest.mark.slow
def test_a_raster_of_a_hundred_million_cells_stays_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "huge.tif"
    side = 10_000
    with rasterio.open(
        path, "w", driver="GTiff", width=side, height=side, count=1, dtype="int16", crs="EPSG:4544",
        transform=from_origin(400_000, 3_200_000, 30, 30), compress="deflate",
    ) as raster:  # fmt: skip
        for top in range(0, side, 1000):
            row, column = np.mgrid[top : top + 1000, 0:side]
            heights = 1200 + 300 * np.sin(row / 97) * np.cos(column / 131)
            raster.write(heights.astype(np.int16), 1, window=((top, top + 1000), (0, side)))
    program = (
        "import sys, tempfile, pathlib\n"
        "from xiaoyuan.tiling import Terrain, build_terrain\n"
        "terrain = Terrain.from_geotiff(pathlib.Path(sys.argv[1]))\n"
        "west, south, east, north = terrain.bounds\n"
        "with tempfile.TemporaryDirectory() as out:\n"
        "    build_terrain(terrain, terrain.bounds, pathlib.Path(out), max_level=10)\n"
        "    middle = ((west + east) / 2, (south + north) / 2)\n"
        "    box = (middle[0] - .1, middle[1] - .1, middle[0] + .1, middle[1] + .1)\n"
        "    build_terrain(terrain, box, pathlib.Path(out), max_level=13)\n"
        # Not ru_maxrss, which starts with the peak of the process that started this one.
        "status = pathlib.Path('/proc/self/status').read_text()\n"
        "print(status.split('VmHWM:')[1].split()[0])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) <= 600 * 1024, "kilobytes"


def test_the_field_keeps_taking_plain_arrays() -> None:
    heights = np.full((20, 30), 700, np.float32)
    field = HeightField(heights, from_origin(105, 28, 0.01, 0.01), pyproj.CRS("EPSG:4490"))
    assert Terrain((field,)).sample(np.array([105.1]), np.array([27.9])).tolist() == [700.0]
