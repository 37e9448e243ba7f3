"""OpenStreetMap files whose multipolygons are tagged on the outer way, or twice, and rivers along borders."""

from pathlib import Path

import osmium
import pytest
from osmium.osm.mutable import Node, Relation, Way

from xiaoyuan.register.imports.osm_files import read_osm
from xiaoyuan.register.imports.place_fields import BUILDINGS, OUTLINES, PARCELS, WATER
from xiaoyuan.register.imports.source_layers import Reason, SourceLayer


def square(first_node: int, west: float, south: float, side: float) -> list[Node]:
    corners = [(0, 0), (side, 0), (side, side), (0, side)]
    return [Node(id=first_node + at, location=(west + dx, south + dy)) for at, (dx, dy) in enumerate(corners)]


def ring(number: int, nodes: list[Node], **tags: str) -> Way:
    numbers = [node.id for node in (*nodes, nodes[0]) if node.id is not None]
    return Way(id=number, nodes=numbers, tags=tags)


@pytest.fixture
def layers(tmp_path: Path) -> dict[str | None, SourceLayer]:
    outer, inner = square(1, 9.0, 47.0, 0.003), square(5, 9.001, 47.001, 0.001)
    wood, clearing = square(9, 9.01, 47.0, 0.003), square(13, 9.011, 47.001, 0.001)
    path = tmp_path / "older.osm.pbf"
    with osmium.SimpleWriter(str(path)) as out:
        for node in (*outer, *inner, *wood, *clearing):
            out.add_node(node)
        out.add_way(ring(1, outer, building="yes"))
        out.add_way(ring(2, inner))
        out.add_way(ring(3, wood, landuse="forest"))
        out.add_way(ring(4, clearing))
        out.add_way(Way(id=5, nodes=[1, 9], tags={"waterway": "river", "boundary": "administrative"}))
        out.add_way(Way(id=6, nodes=[1, 13], tags={"boundary": "administrative"}))
        for number, ways, tags in ((1, (1, 2), {}), (2, (3, 4), {"landuse": "forest"})):
            members = [("w", ways[0], "outer"), ("w", ways[1], "inner")]
            out.add_relation(Relation(id=number, members=members, tags={"type": "multipolygon", **tags}))
    return {layer.table: layer for layer in read_osm(path, progress=lambda done, total: None)}


def test_a_tagged_outer_way_gets_the_holes_of_its_relation(layers: dict[str | None, SourceLayer]) -> None:
    buildings = layers[BUILDINGS]
    assert buildings.columns["@id"] == ["way/1"]
    assert len(buildings.shapes[0].interiors) == 1
    assert not buildings.left_out


def test_an_outer_way_that_repeats_its_relation_is_left_out(layers: dict[str | None, SourceLayer]) -> None:
    land = layers[PARCELS]
    assert land.columns["@id"] == ["relation/2"]
    assert len(land.shapes[0].interiors) == 1
    assert [(item.reason, item.cells["@id"]) for item in land.left_out] == [(Reason.REPEATED, "way/3")]


def test_a_river_along_a_border_is_water(layers: dict[str | None, SourceLayer]) -> None:
    assert layers[WATER].columns["@id"] == ["way/5"]
    assert len(layers[OUTLINES]) == 0
