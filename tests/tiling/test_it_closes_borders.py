"""Polygons that share borders on the ground share them in every tile of every zoom: no gap, no overlap, no flip."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tiling.making import degrees
from xiaoyuan.tiling import VectorIndex, VectorLayer, build_vectors
from xiaoyuan.tiling.layer_cutting import rounding_step
from xiaoyuan.tiling.pool import FilePool
from xiaoyuan.tiling.tile_geometry import BUFFER, COVER, EXTENT, SMALLEST_AREA, to_world
from xiaoyuan.tiling.wkb import RaggedPolygons

MAX_ZOOM = 16
TILE = shapely.box(0, 0, EXTENT, EXTENT)


def cells(seed: int, count: int, side_m: float) -> Any:
    """A turned square cut into cells that share every vertex of their borders."""
    random = np.random.default_rng(seed)
    field = shapely.box(-side_m / 2, -side_m / 2, side_m / 2, side_m / 2)
    seeds = shapely.MultiPoint(random.uniform(-side_m / 2, side_m / 2, (count, 2)))
    parts = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=field))
    inside = shapely.intersection(parts, field)
    return shapely.affinity.rotate(shapely.MultiPolygon(list(inside)), seed % 90, origin=(0, 0)).geoms


def halved(shapes: list[Any]) -> list[Any]:
    """Every third cell in two, which meet its neighbours' borders where those have no vertex."""
    out = []
    for number, shape in enumerate(shapes):
        west, south, east, north = shape.bounds
        middle = (west + east) / 2
        if number % 3:
            out.append(shape)
        else:
            out += [
                shape & shapely.box(west, south, middle, north),
                shape & shapely.box(middle, south, east, north),
            ]
    return out


def in_units(shape: Any, zoom: int) -> Any:
    return shapely.transform(shape, lambda points: to_world(points) * (EXTENT << zoom))


def tiles_of(folder: Path, shapes: list[Any], min_zoom: int, *, ragged: bool = False) -> dict[Any, list[Any]]:
    geometry: Any = np.empty(len(shapes), object)
    geometry[:] = shapes
    if ragged:
        geometry = RaggedPolygons.from_shapes(geometry)
    cid = np.arange(1, len(shapes) + 1, dtype=np.uint32)
    pool = FilePool(folder)
    index = build_vectors([VectorLayer("parcel", min_zoom, cid, geometry)], pool, max_zoom=MAX_ZOOM).index
    out = {}
    for zoom, column, row, name in VectorIndex(pool, index).tiles():
        content = mapbox_vector_tile.decode(pool.get(name), default_options={"y_coord_down": True})
        features = content["parcel"]["features"]
        assert [feature["id"] for feature in features] == sorted({feature["id"] for feature in features})
        out[zoom, column, row] = [shapely.geometry.shape(feature["geometry"]) for feature in features]
    return out


def assert_closed(
    tiles: dict[Any, list[Any]], shapes: list[Any], min_zoom: int, tolerance: float, *, all_zooms: bool = True
) -> None:
    """No hole in the plane of cells and no overlap into which a disc of `tolerance` rounding steps would fit."""
    plane = shapely.union_all(shapes)
    assert not all_zooms or {zoom for zoom, _, _ in tiles} == set(range(min_zoom, MAX_ZOOM + 1))
    for (zoom, column, row), found in tiles.items():
        step = rounding_step(zoom, MAX_ZOOM)
        assert shapely.is_valid(found).all()
        assert all(COVER.covers(shape) for shape in found)
        wanted = shapely.affinity.translate(in_units(plane, zoom), -column * EXTENT, -row * EXTENT)
        inner = shapely.buffer(wanted, -2 * step) & TILE
        gaps = inner - shapely.union_all(found)
        assert shapely.buffer(gaps, -tolerance * step).is_empty
        left, right = shapely.STRtree(found).query(found, predicate="intersects")
        pairs = left < right
        common = shapely.intersection(np.array(found)[left[pairs]], np.array(found)[right[pairs]])
        overlaps = shapely.union_all(common[shapely.get_dimensions(common) == 2]) & TILE
        assert shapely.buffer(overlaps, -tolerance * step).is_empty


def first_zoom(shapes: list[Any]) -> int:
    """From where on no cell is small enough to be left out."""
    smallest = min(in_units(shape, 0).area for shape in shapes)
    return next(zoom for zoom in range(6, 17) if smallest * 4.0**zoom > 4 * SMALLEST_AREA)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10_000), st.integers(3, 40), st.floats(100, 2500))
def test_cells_close_at_every_zoom(
    tmp_path_factory: pytest.TempPathFactory, seed: int, count: int, side_m: float
) -> None:
    shapes = [degrees(shape) for shape in cells(seed, count, side_m)]
    zoom = first_zoom(shapes)
    tiles = tiles_of(tmp_path_factory.mktemp("cells"), shapes, zoom, ragged=seed % 2 == 0)
    assert_closed(tiles, shapes, zoom, 0.5)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 30), st.floats(150, 2500))
def test_borders_without_common_vertices_close_within_a_unit(
    tmp_path_factory: pytest.TempPathFactory, seed: int, count: int, side_m: float
) -> None:
    shapes = [degrees(shape) for shape in halved(list(cells(seed, count, side_m)))]
    zoom = first_zoom(shapes)
    tiles = tiles_of(tmp_path_factory.mktemp("halves"), shapes, zoom)
    assert_closed(tiles, shapes, zoom, 0.75)


def test_large_divisions_close_though_cut_tile_from_tile(tmp_path: Path) -> None:
    shapes = [degrees(shape) for shape in cells(5, 6, 12_000)]
    tiles = tiles_of(tmp_path, shapes, 9)
    covered = sum(shape == COVER for found in tiles.values() for shape in found)
    assert covered > 300
    some = {place: tiles[place] for place in list(tiles)[::7]}
    assert_closed(some, shapes, 9, 0.5, all_zooms=False)


def test_a_gap_would_be_found(tmp_path: Path) -> None:
    shapes = [degrees(shape) for shape in cells(7, 20, 600)]
    tiles = tiles_of(tmp_path, shapes[1:], 13)
    with pytest.raises(AssertionError):
        assert_closed(tiles, shapes, 13, 0.5)
    tiles = tiles_of(tmp_path, [*shapes, shapely.buffer(shapes[0], 1e-4)], 13)
    with pytest.raises(AssertionError):
        assert_closed(tiles, shapes, 13, 0.5)


def test_yards_with_houses_that_fold_stay_valid(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    shapes = []
    for number in range(400):
        # Horseshoes with arms as thin as a rounding step: rounding closes some and folds others.
        arm = random.uniform(0.05, 0.45)
        corners = [(0, 0), (1, 0), (1, 1), (1 - arm, 1), (1 - arm, arm), (arm, arm), (arm, 1), (0, 1)]
        shape = shapely.affinity.scale(shapely.Polygon(corners), *random.uniform(5, 18, 2), origin=(0, 0))
        shape = shapely.affinity.rotate(shape, random.uniform(0, 360), origin=(0, 0))
        shapes.append(degrees(shape, number % 20 * 40, number // 20 * 40))
    tiles = tiles_of(tmp_path, shapes, 11)
    assert sum(map(len, tiles.values())) > 1500
    for zoom in (14, 15, 16):
        assert sum(len(found) for place, found in tiles.items() if place[0] == zoom) >= 390
    for found in tiles.values():
        assert shapely.is_valid(found).all()
        assert (shapely.area(found) > 0).all()
        low, high = -BUFFER, EXTENT + BUFFER
        assert (shapely.bounds(found)[:, :2] >= low).all()
        assert (shapely.bounds(found)[:, 2:] <= high).all()
