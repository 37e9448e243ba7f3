"""Mamre and Liechtenstein through the command: counts against an independent count of the files, nothing lost."""

import json
import math
import re
from collections import Counter
from pathlib import Path
from typing import Any

import osmium
import pytest
import shapely
from osmium.osm import Area, Relation, Way

from tests.register.map_files import NOW, disagreements, run
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.audit.models import ChangeEntry
from xiaoyuan.register.actions.divisions import add_local_division
from xiaoyuan.register.models import Building, Courtyard, Division, Parcel, Road, StandardAddress, Water
from xiaoyuan.register.queries.divisions import division_bounds

pytestmark = [pytest.mark.django_db, pytest.mark.real_data, pytest.mark.slow]


def every(model: Any) -> Any:
    return model.objects.unscoped("a test counts all rows")


def test_mamre(real_data: Path) -> None:
    path = real_data / "mamre" / "buildings.geojson"
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    place = add_local_division(name="Mamre", actor=SYSTEM, now=NOW)
    run(path, place.code)
    assert every(Building).count() == len(features) == 2344
    addresses = {str(f["properties"]["osm_id"]): f["properties"].get("address") for f in features}
    addressed = {key: text for key, text in addresses.items() if text}
    assert len(addressed) == 1939
    assert dict(every(StandardAddress).values_list("courtyard__source_key", "text")) == addressed
    assert every(Courtyard).count() == 1939
    grounds = {str(f["properties"]["osm_id"]): f["properties"]["ground_height"] for f in features}
    assert dict(every(Building).values_list("source_key", "ground_height_m")) == grounds
    # Seven roofs stand on posts: their height counts from the eaves, 2.8 m above the ground.
    tops = {
        str(f["properties"]["osm_id"]): f["properties"]["building_height"]
        + f["properties"].get("min_height", 0)
        for f in features
    }
    assert sum("min_height" in f["properties"] for f in features) == 7
    heights = every(Building).values_list("source_key", "height_m")
    wrong = [key for key, height in heights if not math.isclose(height, tops[key])]
    assert not wrong
    shapes = shapely.from_geojson([json.dumps(f["geometry"]) for f in features])
    assert division_bounds(place.code) == tuple(shapely.total_bounds(shapes))
    assert not Division.objects.filter(outline_wkb__isnull=False).exists()  # no outline is invented
    changes = ChangeEntry.objects.count()
    assert re.search(
        r"buildings │ buildings │ 2,344 │ +0 │ +0 │ +2,344 │",
        run(path, place.code),
    )
    assert ChangeEntry.objects.count() == changes
    assert disagreements() == 0


class Count:
    """A count of a PBF file that shares no code with the reader."""

    def __init__(self, path: Path) -> None:
        self.objects: Counter[tuple[str, str]] = Counter()
        self.housenumbers = 0
        self.municipalities: dict[str, Any] = {}
        self.buildings: list[Any] = []
        self.holes = 0
        self.building_ways: set[int] = set()
        factory = osmium.geom.WKBFactory()
        for item in osmium.FileProcessor(str(path)).with_areas():
            tags = {tag.k: tag.v for tag in item.tags}
            if isinstance(item, Area):
                if tags.get("admin_level") == "8" and "name" in tags and not item.from_way():
                    self.municipalities[tags["name"]] = shapely.from_wkb(factory.create_multipolygon(item))
                if "building" in tags:
                    shape = shapely.from_wkb(factory.create_multipolygon(item))
                    self.buildings.append(shape)
                    self.holes += sum(len(part.interiors) for part in shape.geoms)
                continue
            if isinstance(item, Relation) and tags.get("type") == "multipolygon" and "building" not in tags:
                # Older maps tag the outer way: its holes are the relation's inner ways.
                outers = [member.ref for member in item.members if member.role != "inner"]
                if len(outers) == 1 and outers[0] in self.building_ways:
                    self.holes += sum(member.role == "inner" for member in item.members)
            if isinstance(item, Way) and "building" in tags:
                self.building_ways.add(item.id)
            for key in ("building", "highway"):
                if key in tags:
                    self.objects[(key, item.type_str())] += 1
            if "addr:housenumber" in tags and "building" in tags and isinstance(item, Way):
                self.housenumbers += 1


@pytest.fixture(scope="module")
def counted(real_data: Path) -> Count:
    return Count(real_data / "osm" / "liechtenstein-2013-08-03.osm.pbf")


def test_liechtenstein(real_data: Path, counted: Count) -> None:
    path = real_data / "osm" / "liechtenstein-2013-08-03.osm.pbf"
    country = add_local_division(name="Liechtenstein", actor=SYSTEM, now=NOW)
    out = run(path, country.code)
    children = Division.objects.filter(parent=country)
    assert set(children.values_list("name", flat=True)) == set(counted.municipalities)
    assert len(counted.municipalities) == 11
    union = shapely.union_all(list(counted.municipalities.values()))
    points = shapely.point_on_surface(counted.buildings)
    inside = int(shapely.intersects(union, points).sum())
    assert every(Building).count() == inside
    lines = {(row[0], row[2]): int(row[3].replace(",", "")) for row in _rows(out, "Left out")}
    assert lines[("building", "It is a point, not a shape.")] == counted.objects[("building", "n")]
    ways_and_relations = counted.objects[("building", "w")] + counted.objects[("building", "r")]
    assert lines[("building", "It lies outside the division.")] == ways_and_relations - inside
    assert sum(len(shape.interiors) for shape in _polygons(every(Building))) == counted.holes > 0
    read = {row[0]: [int(cell.replace(",", "")) for cell in row[2:]] for row in _rows(out, path.name)}
    for name, numbers in read.items():
        total, new, changed, same, error, left_out, _repaired = numbers
        assert total == new + changed + same + error + left_out, name
        assert left_out == sum(count for (layer, _reason), count in lines.items() if layer == name)
    assert read["highway"][0] == sum(
        count for (key, _kind), count in counted.objects.items() if key == "highway"
    )
    assert every(Road).count() == read["highway"][1]
    assert every(Parcel).count() == read["landuse"][1] > 100
    assert every(Water).count() == read["water"][1] > 50
    assert every(Courtyard).count() == counted.housenumbers == 129
    assert set(every(Building).values_list("division_code", flat=True)) <= set(
        children.values_list("code", flat=True)
    )
    assert disagreements() == 0


def test_liechtenstein_again_changes_nothing(real_data: Path) -> None:
    path = real_data / "osm" / "liechtenstein-2013-08-03.osm.pbf"
    country = add_local_division(name="Liechtenstein", actor=SYSTEM, now=NOW)
    run(path, country.code)
    changes = ChangeEntry.objects.count()
    run(path, country.code)
    assert ChangeEntry.objects.count() == changes


def _polygons(rows: Any) -> list[Any]:
    shapes = shapely.from_wkb([bytes(wkb) for wkb in rows.values_list("wkb", flat=True)])
    return list(shapely.get_parts(shapes))


def _rows(out: str, title: str) -> list[list[str]]:
    """Return the cells of the table under a title."""
    lines = out[out.index(title) :].split("\n")
    end = next(at for at, line in enumerate(lines) if line.startswith("└"))
    return [
        [cell.strip() for cell in line.strip("│").split("│")] for line in lines[:end] if line.startswith("│")
    ]
