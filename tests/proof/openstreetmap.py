"""Counts an OpenStreetMap file with GDAL's own driver, while Xiaoyuan reads it with libosmium.

What an object is follows from its tags as the OpenStreetMap wiki explains them: the first of building, highway,
waterway, water area, land that it carries.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyogrio
import shapely

from tests.proof.counts import require

FILE = "liechtenstein-2013-08-03.osm.pbf"
NOT_BUILT = {"construction", "proposed", "planned"}
WATER_AREAS = {("natural", "water"), ("landuse", "reservoir"), ("landuse", "basin")}
WATER_AREAS |= {("waterway", "riverbank"), ("waterway", "dock")}
WATER_LINES = {"river", "stream", "canal", "drain", "ditch"}
NATURAL_LAND = {
    "wood",
    "scrub",
    "heath",
    "grassland",
    "fell",
    "wetland",
    "bare_rock",
    "scree",
    "sand",
    "beach",
}
NATURAL_LAND |= {"glacier", "mud"}
OTHER_KIND, GROUP = "other_kind", "group"
"""Reasons of the importer, as it names them."""
TAG = re.compile(r'"((?:[^"\\]|\\.)*)"=>"((?:[^"\\]|\\.)*)"')

Tags = dict[str, str]
Item = tuple[str, Tags, shapely.Geometry]


@dataclass
class Objects:
    """Objects of one kind: shapes by OpenStreetMap's number, and what cannot be taken over, by reason."""

    shapes: dict[str, shapely.Geometry] = field(default_factory=dict)
    not_built: set[str] = field(default_factory=set)
    points: int = 0
    unfit: dict[str, int] = field(default_factory=dict)


@dataclass
class OpenStreetMap:
    """What the file holds, as GDAL assembles it."""

    municipalities: dict[str, shapely.Geometry] = field(default_factory=dict)
    buildings: Objects = field(default_factory=Objects)
    roads: Objects = field(default_factory=Objects)
    land: Objects = field(default_factory=lambda: Objects(unfit={OTHER_KIND: 0}))
    water: Objects = field(default_factory=lambda: Objects(unfit={OTHER_KIND: 0, GROUP: 0}))
    untagged: list[shapely.Geometry] = field(default_factory=list)
    """Areas that GDAL knows without the tags that they carry on their outer way."""

    def country(self) -> shapely.Geometry:
        """All municipalities as one shape."""
        return shapely.union_all(list(self.municipalities.values()))

    def buildings_with_holes(self) -> int:
        """How many buildings of the country have a courtyard inside."""
        country = self.country()
        shapes = [
            shape
            for shape in self.buildings.shapes.values()
            if shapely.intersects(country, shapely.point_on_surface(shape))
        ]
        return with_holes(shapes)


def with_holes(shapes: Iterable[shapely.Geometry]) -> int:
    """How many areas have a hole."""
    return sum(any(len(part.interiors) for part in shapely.get_parts(shape)) for shape in shapes)


def liechtenstein(folder: Path) -> OpenStreetMap:
    """Read Liechtenstein with GDAL's OSM driver."""
    path = require(folder / "osm" / FILE)
    found = OpenStreetMap()
    for key, tags, shape in _items(path, "multipolygons"):
        if tags.get("boundary") == "administrative":
            if tags.get("admin_level") == "8":
                found.municipalities[tags["name"]] = shape
            continue
        objects = _kind(found, tags, is_area=True)
        if objects is not None:
            objects.shapes[key] = shape
            if objects is found.roads and tags["highway"] in NOT_BUILT:
                objects.not_built.add(key)
        elif "natural" in tags:
            found.land.unfit[OTHER_KIND] += 1
        else:
            found.untagged.append(shape)
    for key, tags, shape in _items(path, "lines"):
        objects = _kind(found, tags, is_area=False)
        if objects is found.roads or (objects is found.water and tags["waterway"] in WATER_LINES):
            objects.shapes[key] = shape
            if objects is found.roads and tags["highway"] in NOT_BUILT:
                objects.not_built.add(key)
        elif objects is found.water:
            objects.shapes[key] = shapely.Polygon(shape.coords)  # GDAL keeps closed river banks as lines
        elif "waterway" in tags and "highway" not in tags:
            found.water.unfit[OTHER_KIND] += 1
        elif "natural" in tags:
            found.land.unfit[OTHER_KIND] += tags["natural"] not in NATURAL_LAND
    for _key, tags, _shape in _items(path, "points"):
        objects = _kind(found, tags, is_area=True)
        if objects is not None:
            objects.points += 1
        elif "waterway" in tags:
            found.water.unfit[OTHER_KIND] += 1
        elif "natural" in tags:
            found.land.unfit[OTHER_KIND] += 1
    found.water.unfit[GROUP] = sum("waterway" in tags for _key, tags, _s in _items(path, "other_relations"))
    return found


def _kind(found: OpenStreetMap, tags: Tags, *, is_area: bool) -> Objects | None:
    if "building" in tags:
        return found.buildings
    if "highway" in tags:
        return found.roads
    if "waterway" in tags and (
        tags["waterway"] in WATER_LINES or ("waterway", tags["waterway"]) in WATER_AREAS
    ):
        return found.water
    if "waterway" in tags:
        return None
    if not is_area:
        return None
    if WATER_AREAS & set(tags.items()):
        return found.water
    if "landuse" in tags or tags.get("natural") in NATURAL_LAND:
        return found.land
    return None


def _items(path: Path, layer: str) -> Iterator[Item]:
    meta, _, geometry, columns = pyogrio.raw.read(path, layer=layer)
    named = dict(zip(meta["fields"], columns, strict=True))
    numbers, ways = named.pop("osm_id"), named.pop("osm_way_id", None)
    more = named.pop("other_tags")
    shapes: np.ndarray = shapely.from_wkb(geometry)
    kind = {"lines": "way", "points": "node"}.get(layer, "relation")
    for row, shape in enumerate(shapes):
        tags = {name: column[row] for name, column in named.items() if column[row] is not None}
        tags |= dict(TAG.findall(more[row] or ""))
        key = f"{kind}/{numbers[row]}" if numbers[row] is not None or ways is None else f"way/{ways[row]}"
        yield key, tags, shape
