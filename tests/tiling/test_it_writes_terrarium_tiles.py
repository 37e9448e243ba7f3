"""Terrarium pictures say the model's heights to someone else's decoder and leave no gap."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from tests.tiling.making import hilly, write_dem
from xiaoyuan.tiling import OutsideTerrainError, Terrain
from xiaoyuan.tiling.png import rgb_png
from xiaoyuan.tiling.terrarium_tiles import STEP_M, build_terrarium, coloured

SCENE = (105.284, 27.300, 105.312, 27.318)


def read_heights(path: Path) -> NDArray[Any]:
    with Image.open(path) as image:
        assert (image.format, image.mode, image.size) == ("PNG", "RGB", (256, 256))
        red, green, blue = np.moveaxis(np.asarray(image, np.float64), -1, 0)
    return np.asarray(red * 256 + green + blue / 256 - 32768)


def centres(zoom: int, column: int, row: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Degrees of a tile's pixel centres, by the formula of the slippy map."""
    x = (column + (np.arange(256) + 0.5) / 256) / 2**zoom
    y = (row + (np.arange(256) + 0.5) / 256) / 2**zoom
    lon, lat = np.meshgrid(x * 360 - 180, np.degrees(2 * np.arctan(np.exp(np.pi * (1 - 2 * y))) - np.pi / 2))
    return lon.ravel(), lat.ravel()


@pytest.fixture(scope="module")
def terrain(tmp_path_factory: pytest.TempPathFactory) -> Terrain:
    path = tmp_path_factory.mktemp("dem") / "hills.tif"
    shape = hilly(250, 300, 30.0, lambda x, y: 1350 + 90 * np.sin(x / 430) * np.sin(y / 570))
    return Terrain.from_geotiff(write_dem(path, shape, cell=30.0))


@pytest.fixture(scope="module")
def folder(terrain: Terrain, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("terrarium")
    report = build_terrarium(terrain, SCENE, out)
    assert report.tiles == len(list(out.rglob("*.png")))
    assert 1250 < report.height_range_m[0] < report.height_range_m[1] < 1450
    return out


def test_a_foreign_decoder_reads_the_models_heights(terrain: Terrain, folder: Path) -> None:
    finest = sorted((folder / "13").rglob("*.png"))
    assert finest
    seen = 0
    for path in finest:
        lon, lat = centres(13, int(path.parent.name), int(path.stem))
        said = read_heights(path).ravel()
        there = terrain.sample(lon, lat)
        known = np.isfinite(there)
        seen += int(known.sum())
        assert np.abs(said[known] - there[known]).max() <= STEP_M / 2 + 0.01
    assert seen > 50_000


def test_every_tile_of_the_described_area_is_there(folder: Path) -> None:
    described = json.loads((folder / "tilejson.json").read_bytes())
    assert (described["encoding"], described["minzoom"], described["maxzoom"]) == ("terrarium", 5, 13)
    west, south, east, north = described["bounds"]
    for zoom in range(5, 14):
        for lon in np.linspace(west, east, 20):
            for lat in np.linspace(south, north, 20):
                x = (lon + 180) / 360 * 2**zoom
                y = (1 - np.log(np.tan(np.radians(lat)) + 1 / np.cos(np.radians(lat))) / np.pi) / 2 * 2**zoom
                assert (folder / str(zoom) / str(int(x)) / f"{int(y)}.png").is_file()


def test_neighbouring_pictures_continue_each_other(folder: Path) -> None:
    compared = 0
    for path in (folder / "13").rglob("*.png"):
        other = folder / "13" / str(int(path.parent.name) + 1) / path.name
        if other.is_file():
            mine, theirs = read_heights(path), read_heights(other)
            inside = np.abs(np.diff(mine, axis=1)).max()
            assert np.abs(theirs[:, 0] - mine[:, -1]).max() <= inside + 2 * STEP_M
            compared += 1
    assert compared


def test_the_same_input_gives_the_same_bytes(terrain: Terrain, folder: Path, tmp_path: Path) -> None:
    build_terrarium(terrain, SCENE, tmp_path)
    files = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    assert all((tmp_path / file).read_bytes() == (folder / file).read_bytes() for file in files)


def test_a_model_somewhere_else_is_refused(terrain: Terrain, tmp_path: Path) -> None:
    with pytest.raises(OutsideTerrainError):
        build_terrarium(terrain, (18.4, -33.6, 18.5, -33.4), tmp_path)
    assert not list(tmp_path.iterdir())


@given(st.floats(-500, 9000))
def test_every_height_survives_within_half_a_step(height: float) -> None:
    red, green, blue = coloured(np.array([height]))[0].astype(float)
    assert abs(red * 256 + green + blue / 256 - 32768 - height) <= STEP_M / 2


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_a_png_gives_back_its_pixels(rows: int, columns: int, seed: int) -> None:
    import io

    pixels = np.random.default_rng(seed).integers(0, 256, (rows, columns, 3), dtype=np.uint8)
    with Image.open(io.BytesIO(rgb_png(pixels))) as image:
        assert np.array_equal(np.asarray(image), pixels)
