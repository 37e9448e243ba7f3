"""A PMTiles file, read by the format's own library and by GDAL, holds every tile as it lies in the pool."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pmtiles.reader import MmapSource, Reader, all_tiles
from pmtiles.tile import Compression, TileType, zxy_to_tileid

from tests.tiling.making import LAT, LON, degrees
from xiaoyuan.tiling import VectorIndex, VectorLayer, build_vectors
from xiaoyuan.tiling.pmtiles import tile_ids, write_pmtiles
from xiaoyuan.tiling.pool import FilePool
from xiaoyuan.tiling.vector_index import write_index

METADATA = {"name": "试点", "vector_layers": [{"id": "parcel", "fields": {"use": "String"}}]}


def parcels(pool: FilePool) -> VectorIndex:
    shapes = [degrees(shapely.box(60 * at, 0, 60 * at + 60, 40)) for at in range(30)]
    # Covers many tiles wholly: equal tiles, kept once.
    shapes.append(degrees(shapely.box(-9000, -9000, 9000, -10)))
    geometry = np.empty(len(shapes), object)
    geometry[:] = shapes
    use = np.array(["paddy", "dry"] * 15 + ["forest"], object)
    layer = VectorLayer("parcel", 12, np.arange(1, 32, dtype=np.uint32), geometry, {"use": use})
    return VectorIndex(pool, build_vectors([layer], pool).index)


def test_every_tile_is_read_back(tmp_path: Path) -> None:
    pool = FilePool(tmp_path / "pool")
    index = parcels(pool)
    target = tmp_path / "village.pmtiles"
    tiles = {(zoom, column, row): name for zoom, column, row, name in index.tiles()}
    assert write_pmtiles(index, pool, target, metadata=METADATA) == len(tiles)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [target.name]
    with target.open("rb") as file:
        source = MmapSource(file)
        read = dict(all_tiles(source))
        header, metadata = Reader(source).header(), Reader(source).metadata()
    assert {place: gzip.decompress(data) for place, data in read.items()} == {
        place: pool.get(name) for place, name in tiles.items()
    }
    assert metadata == METADATA
    assert (header["tile_type"], header["tile_compression"]) == (TileType.MVT, Compression.GZIP)
    assert (header["min_zoom"], header["max_zoom"], header["clustered"]) == (12, 16, True)
    assert header["addressed_tiles_count"] == len(tiles)
    assert header["tile_contents_count"] == len(set(tiles.values())) < header["addressed_tiles_count"]
    assert header["min_lon_e7"] < LON * 1e7 < header["max_lon_e7"]
    assert header["min_lat_e7"] < LAT * 1e7 < header["max_lat_e7"]


def test_a_part_is_packed(tmp_path: Path) -> None:
    pool = FilePool(tmp_path / "pool")
    index = parcels(pool)
    near = degrees(shapely.box(0, 0, 50, 50)).bounds
    count = write_pmtiles(index, pool, tmp_path / "part.pmtiles", metadata=METADATA, bounds=near)
    assert 5 <= count < len(list(index.tiles()))


def test_many_tiles_are_found_through_leaf_directories(tmp_path: Path) -> None:
    pool = FilePool(tmp_path / "pool")
    names = [pool.put(bytes([number]) * (number + 1), ".pbf") for number in range(50)]
    random = np.random.default_rng(4)
    tiles = {
        (16, 50_000 + int(column), 27_000 + int(row)): names[int(name)]
        for column, row, name in zip(*random.integers(0, [[600], [600], [50]], (3, 60_000)), strict=True)
    }
    index = VectorIndex(pool, write_index(pool, tiles, max_zoom=16))
    target = tmp_path / "county.pmtiles"
    write_pmtiles(index, pool, target, metadata=METADATA)
    with target.open("rb") as file:
        reader = Reader(MmapSource(file))
        header = reader.header()
        assert header["leaf_directory_length"] > 0
        assert header["root_offset"] + header["root_length"] <= 16384
        for place in list(tiles)[::997]:
            assert gzip.decompress(reader.get(*place)) == pool.get(tiles[place])
        assert len(list(all_tiles(MmapSource(file)))) == len(tiles)


def test_gdal_reads_it(tmp_path: Path) -> None:
    pool = FilePool(tmp_path / "pool")
    target = tmp_path / "village.pmtiles"
    write_pmtiles(parcels(pool), pool, target, metadata=METADATA)
    assert pyogrio.list_layers(target)[:, 0].tolist() == ["parcel"]
    _, _, geometry, (use,) = pyogrio.raw.read(target, layer="parcel", columns=["use"])
    # The strip south of the fields covers whole tiles, the fields lie in few.
    assert set(use) == {"paddy", "dry", "forest"}
    assert len(geometry) >= 31


@given(st.lists(st.tuples(st.integers(0, 16), st.integers(0, 65535), st.integers(0, 65535)), min_size=1))
def test_tiles_are_numbered_as_the_format_wants(places: list[tuple[int, int, int]]) -> None:
    inside = [(zoom, column % (1 << zoom), row % (1 << zoom)) for zoom, column, row in places]
    found = tile_ids(*np.array(inside, np.int64).T)
    assert found.tolist() == [zxy_to_tileid(*place) for place in inside]


def test_what_cannot_be_packed_is_refused(tmp_path: Path) -> None:
    pool = FilePool(tmp_path / "pool")
    index = VectorIndex(pool, write_index(pool, {}, max_zoom=16))
    with pytest.raises(ValueError, match="no tiles"):
        write_pmtiles(index, pool, tmp_path / "none.pmtiles", metadata=METADATA)
    with pytest.raises(ValueError, match="vector_layers"):
        write_pmtiles(index, pool, tmp_path / "none.pmtiles", metadata={})
    assert [path.name for path in tmp_path.iterdir()] == ["pool"]
