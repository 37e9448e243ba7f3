"""The terrain pyramid is complete, fits together without cracks, and lies where the model says."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyproj import Transformer

from tests.tiling.making import hilly, write_dem
from tests.tiling.reading import TerrainTile, read_terrain_tile
from xiaoyuan.tiling import OutsideTerrainError, Terrain, build_terrain, rendered_height
from xiaoyuan.tiling.ellipsoid import east_north_up, to_ecef
from xiaoyuan.tiling.grid import cell_bounds
from xiaoyuan.tiling.terrain_tiles import FINEST_ERROR_M, MAX_LEVEL

SCENE = (105.284, 27.300, 105.312, 27.318)


def karst(x: Any, y: Any) -> Any:
    return 1350 + 90 * np.sin(x / 130) * np.sin(y / 170) + 25 * np.sin(x / 41 + y / 57)


@pytest.fixture(scope="module")
def terrain(tmp_path_factory: pytest.TempPathFactory) -> Terrain:
    path = tmp_path_factory.mktemp("dem") / "karst.tif"
    return Terrain.from_geotiff(write_dem(path, hilly(250, 300, 10.0, karst)))


@pytest.fixture(scope="module")
def folder(terrain: Terrain, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("terrain")
    report = build_terrain(terrain, SCENE, out)
    assert report.tiles == len(list(out.rglob("*.terrain")))
    assert 1230 < report.height_range_m[0] < report.height_range_m[1] < 1470
    return out


@pytest.fixture(scope="module")
def tiles(folder: Path) -> dict[tuple[int, int, int], TerrainTile]:
    return {
        (int(path.parent.parent.name), int(path.parent.name), int(path.stem)): read_terrain_tile(path)
        for path in folder.rglob("*.terrain")
    }


def test_layer_json_lists_exactly_the_tiles_there_are(folder: Path) -> None:
    layer = json.loads((folder / "layer.json").read_bytes())
    assert (layer["format"], layer["scheme"], layer["projection"]) == (
        "quantized-mesh-1.0",
        "tms",
        "EPSG:4326",
    )
    assert layer["extensions"] == ["octvertexnormals"]
    listed = {
        f"{level}/{x}/{y}"
        for level, ranges in enumerate(layer["available"])
        for part in ranges
        for x in range(part["startX"], part["endX"] + 1)
        for y in range(part["startY"], part["endY"] + 1)
    }
    present = {path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.terrain")}
    assert listed == present
    assert {"0/0/0", "0/1/0"} <= present
    assert len(layer["available"]) == MAX_LEVEL + 1
    assert layer["maxzoom"] == MAX_LEVEL


def test_triangles_cover_each_tile_once_and_face_up(tiles: dict[tuple[int, int, int], TerrainTile]) -> None:
    for key, tile in tiles.items():
        x, y = tile.u[tile.triangles], tile.v[tile.triangles]
        twice = (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0])
        assert (twice > 0).all(), key
        assert twice.sum() == 2 * 32767**2, key


def test_normals_point_out_of_the_globe(tiles: dict[tuple[int, int, int], TerrainTile]) -> None:
    for (level, column, row), tile in tiles.items():
        west, south, east, north = cell_bounds(level, column, row)
        up = east_north_up(west + tile.u / 32767 * (east - west), south + tile.v / 32767 * (north - south))[
            :, 2
        ]
        assert ((tile.normals * up).sum(1) > 0.3).all(), (level, column, row)


def test_headers_hold_their_mesh(tiles: dict[tuple[int, int, int], TerrainTile]) -> None:
    for (level, column, row), tile in tiles.items():
        west, south, east, north = cell_bounds(level, column, row)
        lon, lat = west + tile.u / 32767 * (east - west), south + tile.v / 32767 * (north - south)
        distance = np.linalg.norm(to_ecef(lon, lat, tile.height) - tile.centre, axis=1)
        assert distance.max() <= tile.radius + 0.5
        assert np.linalg.norm(tile.horizon) > 1.0
        assert tile.height.min() == pytest.approx(tile.lowest, abs=0.01)
        assert tile.height.max() == pytest.approx(tile.highest, abs=0.01)


def test_neighbours_share_the_vertices_of_their_common_edge(
    tiles: dict[tuple[int, int, int], TerrainTile],
) -> None:
    compared = 0
    by_level: dict[int, int] = defaultdict(int)
    for (level, column, row), tile in tiles.items():
        for other_key, rim, other_rim, axis in (
            ((level, column + 1, row), 2, 0, "v"),
            ((level, column, row + 1), 3, 1, "u"),
        ):
            other = tiles.get(other_key)
            if other is None:
                continue
            mine, theirs = tile.rims[rim], other.rims[other_rim]
            assert getattr(tile, axis)[mine].tolist() == getattr(other, axis)[theirs].tolist()
            # Each tile rounds to 1/32767 of its own height range.
            slack = (tile.highest - tile.lowest + other.highest - other.lowest) / 32767 + 1e-3
            assert np.abs(tile.height[mine] - other.height[theirs]).max() <= slack
            compared += 1
            by_level[level] += 1
    assert compared > 60
    assert by_level[15] > 30


def test_rims_are_complete(tiles: dict[tuple[int, int, int], TerrainTile]) -> None:
    for tile in tiles.values():
        for members, flags in zip(
            tile.rims, (tile.u == 0, tile.v == 0, tile.u == 32767, tile.v == 32767), strict=True
        ):
            assert set(members.tolist()) == set(np.flatnonzero(flags).tolist())
            assert len(members) >= 2


def mesh_height(tile: TerrainTile, u: float, v: float) -> float:
    """Height of the triangle over a point of the tile."""
    corner_u, corner_v = tile.u[tile.triangles].astype(float), tile.v[tile.triangles].astype(float)
    twice = (corner_u[:, 1] - corner_u[:, 0]) * (corner_v[:, 2] - corner_v[:, 0]) - (
        corner_u[:, 2] - corner_u[:, 0]
    ) * (corner_v[:, 1] - corner_v[:, 0])
    b = (
        (u - corner_u[:, 0]) * (corner_v[:, 2] - corner_v[:, 0])
        - (corner_u[:, 2] - corner_u[:, 0]) * (v - corner_v[:, 0])
    ) / twice
    c = (
        (corner_u[:, 1] - corner_u[:, 0]) * (v - corner_v[:, 0])
        - (u - corner_u[:, 0]) * (corner_v[:, 1] - corner_v[:, 0])
    ) / twice
    hit = int(np.argmax(np.minimum(np.minimum(b, c), 1 - b - c)))
    weights = np.array([1 - b[hit] - c[hit], b[hit], c[hit]])
    return float(weights @ tile.height[tile.triangles[hit]])


def test_the_finest_mesh_lies_on_the_model(
    terrain: Terrain, tiles: dict[tuple[int, int, int], TerrainTile]
) -> None:
    rng = np.random.default_rng(5)
    against_model, against_rendered = [], []
    for (level, column, row), tile in tiles.items():
        if level != MAX_LEVEL:
            continue
        west, south, east, north = cell_bounds(level, column, row)
        for s, t in rng.uniform(0, 1, (40, 2)):
            lon, lat = np.array([west + s * (east - west)]), np.array([south + t * (north - south)])
            sampled = terrain.sample(lon, lat)[0]
            if np.isnan(sampled):
                continue
            shown = mesh_height(tile, s * 32767, t * 32767)
            against_model.append(abs(shown - sampled))
            against_rendered.append(abs(shown - rendered_height(terrain, lon, lat)[0]))
    assert len(against_model) > 500
    assert np.percentile(against_model, 95) <= 0.5
    # Simplification, its hierarchy of at most a few errors, and the two ways to cut a cell into triangles.
    assert max(against_rendered) <= 3 * FINEST_ERROR_M
    assert np.mean(against_rendered) <= FINEST_ERROR_M / 2


def test_flat_land_needs_few_triangles(tmp_path: Path) -> None:
    path = write_dem(tmp_path / "flat.tif", np.full((250, 300), 1300, np.float32))
    build_terrain(Terrain.from_geotiff(path), SCENE, tmp_path / "out")
    for tile in (tmp_path / "out" / "15").rglob("*.terrain"):
        assert len(read_terrain_tile(tile).triangles) <= 8


def test_the_same_input_gives_the_same_bytes(terrain: Terrain, folder: Path, tmp_path: Path) -> None:
    build_terrain(terrain, SCENE, tmp_path)
    files = [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 30
    for file in files:
        assert (tmp_path / file).read_bytes() == (folder / file).read_bytes(), file


def test_a_scene_larger_than_the_model_is_detailed_only_over_the_model(
    terrain: Terrain, tmp_path: Path
) -> None:
    build_terrain(terrain, (105.1, 27.1, 105.5, 27.5), tmp_path)
    layer = json.loads((tmp_path / "layer.json").read_bytes())
    finest, middle = layer["available"][15][0], layer["available"][12][0]
    assert finest["endX"] - finest["startX"] <= 6
    assert middle["endX"] - middle["startX"] >= 8


def test_a_model_somewhere_else_is_refused(terrain: Terrain, tmp_path: Path) -> None:
    with pytest.raises(OutsideTerrainError, match="does not reach the scene"):
        build_terrain(terrain, (18.4, -33.6, 18.5, -33.4), tmp_path)
    assert not list(tmp_path.iterdir())


def test_rendered_height_is_the_model_on_mesh_nodes(terrain: Terrain) -> None:
    size = 180 / 2**15 / 64
    column = np.arange(round((105.29 + 180) / size), round((105.29 + 180) / size) + 50)
    lon = (column * size - 180).astype(np.float64)
    lat = np.full(50, round((27.31 + 90) / size) * size - 90, np.float64)
    assert rendered_height(terrain, lon, lat) == pytest.approx(terrain.sample(lon, lat), abs=0.02)
    to_metres = Transformer.from_crs(4326, 4544, always_xy=True)
    x, y = to_metres.transform(lon, lat)
    expected = karst(np.asarray(x) - 528_000, 3_023_000 - np.asarray(y))
    assert np.abs(rendered_height(terrain, lon, lat) - expected).max() < 0.6
