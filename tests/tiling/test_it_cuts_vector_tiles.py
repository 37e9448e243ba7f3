"""Vector tiles, read by someone else's decoder, hold every feature once, clipped, with its id and properties."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tiling.making import LAT, LON, degrees
from xiaoyuan.tiling import ColumnError, VectorIndex, VectorLayer, build_vectors
from xiaoyuan.tiling.pool import FilePool
from xiaoyuan.tiling.protobuf import varint, varints
from xiaoyuan.tiling.tile_geometry import BUFFER, EXTENT

Tiles = dict[tuple[int, int, int], dict[str, Any]]


def layer(
    name: str, min_zoom: int, *shapes: shapely.Geometry, first_cid: int = 1, **properties: Any
) -> VectorLayer:
    geometry = np.empty(len(shapes), object)
    geometry[:] = shapes
    cid = np.arange(first_cid, first_cid + len(shapes), dtype=np.uint32)
    return VectorLayer(name, min_zoom, cid, geometry, properties)


def read_tiles(pool: FilePool, index: str) -> Tiles:
    return {
        (zoom, column, row): mapbox_vector_tile.decode(pool.get(name), default_options={"y_coord_down": True})
        for zoom, column, row, name in VectorIndex(pool, index).tiles()
    }


def build(folder: Path, *layers: VectorLayer) -> Tiles:
    pool = FilePool(folder)
    report = build_vectors(layers, pool)
    tiles = read_tiles(pool, report.index)
    assert report.tiles == len(tiles)
    return tiles


def world_shapes(tiles: Tiles, zoom: int, name: str) -> dict[int, shapely.Geometry]:
    """Each feature put together again from its tiles without their buffers, in world units of the zoom."""
    parts = defaultdict(list)
    for (level, column, row), content in tiles.items():
        if level != zoom or name not in content:
            continue
        for feature in content[name]["features"]:
            shape = shapely.geometry.shape(feature["geometry"])
            assert shape.is_valid or shape.geom_type not in ("Polygon", "MultiPolygon")
            inner = shapely.clip_by_rect(shape, 0, 0, EXTENT, EXTENT)
            parts[feature["id"]].append(shapely.affinity.translate(inner, column * EXTENT, row * EXTENT))
    return {cid: shapely.union_all(pieces) for cid, pieces in parts.items()}


def to_world(shape: shapely.Geometry, zoom: int) -> shapely.Geometry:
    def project(points: Any) -> Any:
        y = 0.5 - np.arcsinh(np.tan(np.radians(points[:, 1]))) / (2 * np.pi)
        return np.column_stack([points[:, 0] / 360 + 0.5, y]) * (EXTENT << zoom)

    return shapely.transform(shape, project)


HOUSE = degrees(shapely.box(0, 0, 12, 8))
COURTYARD = degrees(
    shapely.Polygon(shapely.box(0, 0, 20, 20).exterior, [shapely.box(6, 6, 14, 14).exterior]), 50
)
TOWN = degrees(shapely.Point(0, 0).buffer(4000))
ROAD = degrees(shapely.LineString([(-900, -50), (0, 10), (900, 400), (1800, 380)]))


def test_each_zoom_shows_what_it_should(tmp_path: Path) -> None:
    tiles = build(
        tmp_path, layer("division", 8, TOWN), layer("road", 11, ROAD), layer("building", 14, HOUSE, COURTYARD)
    )
    names: dict[int, set[str]] = defaultdict(set)
    for (zoom, _, _), content in tiles.items():
        names[zoom].update(content)
    assert dict(names) == {
        **{zoom: {"division"} for zoom in (8, 9, 10)},
        **{zoom: {"division", "road"} for zoom in (11, 12, 13)},
        **{zoom: {"division", "road", "building"} for zoom in (14, 15, 16)},
    }
    assert all(content[name]["extent"] == EXTENT for content in tiles.values() for name in content)
    assert all(content[name]["version"] == 2 for content in tiles.values() for name in content)


def test_features_come_back_whole_from_their_tiles(tmp_path: Path) -> None:
    tiles = build(
        tmp_path, layer("division", 8, TOWN), layer("building", 14, HOUSE, COURTYARD, first_cid=4_000_000_001)
    )
    for zoom in (12, 14, 16):
        [(cid, town)] = world_shapes(tiles, zoom, "division").items()
        assert cid == 1
        assert town.area == pytest.approx(to_world(TOWN, zoom).area, rel=0.01)
    houses = world_shapes(tiles, 16, "building")
    assert set(houses) == {4_000_000_001, 4_000_000_002}
    for shape, cid in ((HOUSE, 4_000_000_001), (COURTYARD, 4_000_000_002)):
        expected = to_world(shape, 16)
        assert houses[cid].symmetric_difference(expected).area < 0.05 * expected.area
    assert len(houses[4_000_000_002].interiors) == 1


def test_lines_are_clipped_and_keep_their_length(tmp_path: Path) -> None:
    tiles = build(tmp_path, layer("road", 11, ROAD))
    for (_, _, _), content in tiles.items():
        for feature in content["road"]["features"]:
            bounds = shapely.geometry.shape(feature["geometry"]).bounds
            assert min(bounds[:2]) >= -BUFFER
            assert max(bounds[2:]) <= EXTENT + BUFFER
    [line] = world_shapes(tiles, 16, "road").values()
    assert line.length == pytest.approx(to_world(ROAD, 16).length, rel=0.01)


def test_points_are_written(tmp_path: Path) -> None:
    spots = shapely.MultiPoint([(LON, LAT), (LON + 0.0005, LAT)])
    tiles = build(tmp_path, layer("plate", 15, shapely.Point(LON, LAT), spots))
    features = next(iter(tiles[key] for key in tiles if key[0] == 16))["plate"]["features"]
    assert [feature["geometry"]["type"] for feature in features] == ["Point", "MultiPoint"]


def test_polygons_turn_as_the_specification_wants(tmp_path: Path) -> None:
    tiles = build(tmp_path, layer("building", 14, COURTYARD))
    [feature] = next(tiles[key] for key in tiles if key[0] == 16)["building"]["features"]
    shell, hole = (np.array(ring) for ring in feature["geometry"]["coordinates"])

    def surveyor(ring: Any) -> float:
        return float((ring[:-1, 0] * ring[1:, 1] - ring[1:, 0] * ring[:-1, 1]).sum())

    # With y downwards a shell is positive, a hole negative (Mapbox Vector Tile 2.1, 4.3.4.4).
    assert surveyor(shell) > 0 > surveyor(hole)


def test_properties_keep_their_types_and_gaps(tmp_path: Path) -> None:
    road = degrees(shapely.LineString([(0, 0), (30, 5)]))
    properties: dict[str, Any] = {
        "class": np.array(["村道", ""], object),
        "width_m": np.array([3.5, np.nan]),
        "lanes": np.array([2, -1], np.int32),
        "note": np.array([None, "x"], object),
    }
    tiles = build(
        tmp_path,
        layer("road", 14, road, road, **properties),
    )
    first, second = next(tiles[key] for key in tiles if key[0] == 16)["road"]["features"]
    assert first["properties"] == {"class": "村道", "width_m": 3.5, "lanes": 2}
    assert second["properties"] == {"lanes": -1, "note": "x"}
    assert type(first["properties"]["lanes"]) is int


def test_tiny_polygons_vanish_far_out_and_are_there_near_by(tmp_path: Path) -> None:
    tiles = build(tmp_path, layer("parcel", 11, degrees(shapely.box(0, 0, 12, 12))))
    assert {zoom for zoom, _, _ in tiles} == {13, 14, 15, 16}


def test_neighbours_share_their_border_at_every_zoom(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    cells = shapely.get_parts(
        shapely.voronoi_polygons(
            shapely.MultiPoint(rng.uniform(0, 900, (60, 2))), extend_to=shapely.box(0, 0, 900, 900)
        )
    )
    field = shapely.box(0, 0, 900, 900)
    parcels = [degrees(cell) for cell in shapely.intersection(cells, field)]
    tiles = build(tmp_path, layer("parcel", 13, *parcels))
    for zoom in (13, 15, 16):
        shapes = list(world_shapes(tiles, zoom, "parcel").values())
        assert len(shapes) == 60
        together = shapely.union_all(shapes)
        overlap = sum(shape.area for shape in shapes) - together.area
        gaps = shapely.Polygon(shapely.get_parts(together)[0].exterior).area - together.area
        # A vertex that two parcels do not share may miss by half a rounding step along an edge.
        assert overlap < 0.002 * together.area
        assert gaps < 0.002 * together.area
        assert len(shapely.get_parts(together)) == 1


def test_broken_polygons_are_repaired_and_counted(tmp_path: Path) -> None:
    bow_tie = degrees(shapely.Polygon([(0, 0), (40, 40), (40, 0), (0, 40)]))
    pool = FilePool(tmp_path)
    report = build_vectors([layer("parcel", 13, bow_tie)], pool)
    assert report.repaired == {"parcel": 1}
    assert report.features == {"parcel": 1}
    [shape] = world_shapes(read_tiles(pool, report.index), 16, "parcel").values()
    assert shape.area == pytest.approx(to_world(degrees(shapely.box(0, 0, 40, 20)), 16).area, rel=0.03)


def test_empty_layers_write_no_tiles(tmp_path: Path) -> None:
    pool = FilePool(tmp_path)
    report = build_vectors([layer("road", 11), layer("parcel", 13, shapely.Polygon(), None)], pool)
    assert (report.tiles, report.features) == (0, {"road": 0, "parcel": 0})
    assert [path.name for path in tmp_path.iterdir()] == [report.index]
    assert list(VectorIndex(pool, report.index).tiles()) == []


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    layers = [layer("division", 8, TOWN), layer("road", 11, ROAD)]
    first, second = (build_vectors(layers, FilePool(tmp_path / name)) for name in ("a", "b"))
    assert first == second
    names = {path.name for path in (tmp_path / "a").iterdir()}
    assert len(names) > 20
    assert {path.name for path in (tmp_path / "b").iterdir()} == names


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-700, 700), st.floats(-700, 700)), min_size=3, max_size=9),
    st.integers(min_value=1, max_value=2**32 - 1),
)
def test_any_polygon_survives(
    tmp_path_factory: pytest.TempPathFactory, corners: list[tuple[float, float]], cid: int
) -> None:
    hull = shapely.convex_hull(shapely.MultiPoint(corners))
    if hull.area < 100:
        return
    shape = degrees(hull)
    out = tmp_path_factory.mktemp("any")
    tiles = build(out, layer("parcel", 15, shape, first_cid=cid))
    expected = to_world(shape, 16)
    [(seen, found)] = world_shapes(tiles, 16, "parcel").items()
    assert seen == cid
    assert found.symmetric_difference(expected).area <= expected.length + 10


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1))
def test_varints_of_arrays_are_those_of_numbers(values: list[int]) -> None:
    packed, lengths = varints(np.array(values, np.int64))
    single = [varint(value) for value in values]
    assert packed.tobytes() == b"".join(single)
    assert lengths.tolist() == [len(part) for part in single]


def test_columns_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ColumnError, match="width_m of layer road has 1 rows, cid has 2"):
        layer("road", 11, ROAD, ROAD, width_m=np.array([1.0]))
    with pytest.raises(ColumnError, match="mixes"):
        layer("road", 11, ROAD, TOWN)
    with pytest.raises(ColumnError, match="carry strings"):
        build_vectors([layer("road", 11, ROAD, what=np.array([{}], object))], FilePool(tmp_path))
