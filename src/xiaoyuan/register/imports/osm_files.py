"""Reading OpenStreetMap PBF and XML: municipalities, buildings, roads, water and land use, each object counted once.

What an object is follows from its tags (https://wiki.openstreetmap.org/wiki/Map_features); areas, closed ways and
multipolygon relations alike, are assembled by osmium. An object that is none of ours, or whose shape cannot be
assembled, is left out with its reason. Older maps tag the outer way of a multipolygon instead of the relation (then the
way gets the relation's holes) or both (then the way repeats the relation).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import osmium
import shapely
from django.utils.translation import gettext as _
from osmium.osm import Area, Relation

from xiaoyuan.register.imports.place_fields import BUILDINGS, FIELDS, OUTLINES, PARCELS, ROADS, WATER
from xiaoyuan.register.imports.place_files import UnreadableFile
from xiaoyuan.register.imports.source_layers import LeftOut, Reason, SourceLayer

OSM: Final = (".pbf", ".osm", ".osm.gz", ".osm.bz2")
"""Ends of file names; the part before ".pbf" is usually ".osm"."""
MUNICIPALITY: Final = "8"
"""admin_level of municipalities in most of Europe."""
_KEYS: Final = ("building", "highway", "waterway", "natural", "landuse", "boundary")
_NATURAL_WATER: Final = ("water",)
_LANDUSE_WATER: Final = ("reservoir", "basin")
_WATER_AREAS: Final = ("riverbank", "dock")
_WATER_LINES: Final = ("river", "stream", "canal", "drain", "ditch")
_NATURAL_LAND: Final = (
    "wood", "scrub", "heath", "grassland", "fell", "wetland", "bare_rock", "scree", "sand", "beach", "glacier", "mud",
)  # fmt: skip
_NOT_BUILT: Final = ("construction", "proposed", "planned")
_LAYERS: Final = {
    OUTLINES: "boundary",
    BUILDINGS: "building",
    ROADS: "highway",
    WATER: "water",
    PARCELS: "landuse",
}
_KINDS: Final = {"n": "node", "w": "way", "r": "relation"}
_AREA, _LINE = "area", "line"


@dataclass
class _Layer:
    """What was found of one layer."""

    keys: list[str] = field(default_factory=list)
    shapes: list[Any] = field(default_factory=list)
    tags: list[dict[str, str]] = field(default_factory=list)
    areas: dict[str, Any] = field(default_factory=dict)
    waiting: dict[str, dict[str, str]] = field(default_factory=dict)
    left_out: list[tuple[str, Reason, dict[str, str]]] = field(default_factory=list)


@dataclass
class _Outers:
    """Outer ways of multipolygons: areas by the way that carries the tags, tags of the relations of each way."""

    areas: dict[str, Any] = field(default_factory=dict)
    relations: dict[str, list[dict[str, str]]] = field(default_factory=dict)


def read_osm(path: Path, *, progress: Callable[[int, int], None]) -> list[SourceLayer]:
    """Read a PBF or XML file into five layers; raises `UnreadableFile`."""
    layers = {table: _Layer() for table in _LAYERS}
    try:
        outers = _outers(path)
        for count, item in enumerate(_objects(path)):
            _sort_in(item, layers, outers)
            if count % 5000 == 0:
                progress(count, 0)
    except RuntimeError as error:
        raise UnreadableFile(
            _("%(file)s cannot be read as OpenStreetMap data: %(reason)s.")
            % {"file": path.name, "reason": str(error)}
        ) from None
    for layer in layers.values():
        # The area of a way follows it, that of a relation may precede it: they are joined at the end.
        for key, tags in layer.waiting.items():
            _take(layer, key, layer.areas.get(key), tags)
    return [_source_layer(table, layer) for table, layer in layers.items()]


def _objects(path: Path) -> Iterator[Any]:
    tagged = osmium.filter.KeyFilter(*_KEYS)
    return iter(osmium.FileProcessor(str(path)).with_locations().with_areas(tagged).with_filter(tagged))


def _outers(path: Path) -> _Outers:
    """Find the outer ways of multipolygons; areas of relations without tags are assembled in a pass of their own."""
    found = _Outers()
    tagging: dict[int, str] = {}
    relations = osmium.FileProcessor(str(path), osmium.osm.RELATION).with_filter(
        osmium.filter.KeyFilter("type")
    )
    for item in relations:
        tags = {tag.k: tag.v for tag in item.tags}
        if not isinstance(item, Relation) or tags["type"] != "multipolygon":
            continue
        # An empty role means the same as "outer".
        ways = [
            f"way/{member.ref}" for member in item.members if member.type == "w" and member.role != "inner"
        ]
        if not any(key in tags for key in _KEYS):
            if len(ways) == 1:
                tagging[item.id] = ways[0]
        else:
            for way in ways:
                found.relations.setdefault(way, []).append(tags)
    if tagging:
        untagged = osmium.filter.IdFilter(tagging)
        untagged.enable_for(osmium.osm.RELATION)
        areas = osmium.FileProcessor(str(path)).with_areas(untagged)
        # The number of a relation's area is twice the relation's plus one.
        for area in areas.with_filter(osmium.filter.EntityFilter(osmium.osm.AREA)).with_filter(
            osmium.filter.IdFilter([2 * number + 1 for number in tagging])
        ):
            if isinstance(area, Area):
                found.areas[tagging[area.orig_id()]] = _area(area)
    return found


def _repeats(tags: Mapping[str, str], relations: list[dict[str, str]]) -> bool:
    """Whether an outer way says the same as its relation."""
    kinds = {key: tags[key] for key in _KEYS if key in tags}
    return any(kinds.items() <= relation.items() for relation in relations)


def _sort_in(item: Any, layers: Mapping[str, _Layer], outers: _Outers) -> None:
    """Take an object to its layer, or note why it is left out."""
    tags = {tag.k: tag.v for tag in item.tags}
    table, shape, refusal = _meaning(tags, is_node=item.is_node(), is_relation=_is_relation(item))
    if table is None:
        return
    layer = layers[table]
    if item.is_area():
        key = f"{'way' if item.from_way() else 'relation'}/{item.orig_id()}"
        layer.areas[key] = outers.areas.get(key) or _area(item)
        return
    key = f"{_KINDS[item.type_str()]}/{item.id}"
    if refusal is not None:
        layer.left_out.append((key, refusal, tags))
    elif item.is_node():
        layer.left_out.append((key, Reason.POINT, tags))
    elif item.is_relation():
        if tags.get("type") in ("multipolygon", "boundary") and shape != _LINE:
            layer.waiting[key] = tags
        else:
            layer.left_out.append((key, Reason.GROUP, tags))
    elif shape == _LINE:
        _take(layer, key, _line(item), tags)
    elif _repeats(tags, outers.relations.get(key, [])):
        layer.left_out.append((key, Reason.REPEATED, tags))
    elif _is_ring(item):
        layer.waiting[key] = tags
    else:
        layer.left_out.append((key, Reason.LINE, tags))


def _is_relation(item: Any) -> bool:
    return bool(item.is_relation() or (item.is_area() and not item.from_way()))


def _is_ring(way: Any) -> bool:
    return len(way.nodes) > 3 and bool(way.is_closed())


def _meaning(
    tags: Mapping[str, str], *, is_node: bool, is_relation: bool
) -> tuple[str | None, str, Reason | None]:
    """Return the layer of an object, the shape it needs, and why it is not wanted; the first tag that fits decides."""
    # Ways are the pieces of which boundary relations are made; a river along a border is a river all the same.
    if tags.get("boundary") == "administrative" and is_relation:
        is_wanted = tags.get("admin_level") == MUNICIPALITY
        return OUTLINES, _AREA, None if is_wanted else Reason.OTHER_LEVEL
    if "building" in tags:
        return BUILDINGS, _AREA, None
    if "highway" in tags:
        return ROADS, _LINE, Reason.NOT_BUILT if tags["highway"] in _NOT_BUILT else None
    waterway, natural, landuse = tags.get("waterway"), tags.get("natural"), tags.get("landuse")
    if waterway is not None:
        if waterway in _WATER_AREAS:
            return WATER, _AREA, None
        return WATER, _LINE, None if waterway in _WATER_LINES else Reason.OTHER_KIND
    if natural in _NATURAL_WATER or landuse in _LANDUSE_WATER:
        return WATER, _AREA, None
    if landuse is not None:
        return PARCELS, _AREA, None
    if natural is not None:
        return PARCELS, _AREA, None if natural in _NATURAL_LAND else Reason.OTHER_KIND
    return None, _AREA, None


def _take(layer: _Layer, key: str, shape: Any, tags: dict[str, str]) -> None:
    if shape is None:
        layer.left_out.append((key, Reason.BROKEN, tags))
        return
    layer.keys.append(key)
    layer.shapes.append(shape)
    layer.tags.append(tags)


def _area(area: Any) -> Any:
    """Return a Polygon or MultiPolygon with its holes."""
    parts = [
        shapely.Polygon(_points(outer), [_points(inner) for inner in area.inner_rings(outer)])
        for outer in area.outer_rings()
    ]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _line(way: Any) -> Any:
    """Return a line, or None when the file lacks its nodes."""
    points = [(node.location.lon, node.location.lat) for node in way.nodes if node.location.valid()]
    return shapely.LineString(points) if len(points) > 1 and len(points) == len(way.nodes) else None


def _points(ring: Any) -> list[tuple[float, float]]:
    return [(node.lon, node.lat) for node in ring]


def _source_layer(table: str, layer: _Layer) -> SourceLayer:
    """Make columns of the tags that the register knows; all tags of an object stay with it as a note."""
    known = [alias for aliases in FIELDS[table].values() for alias in aliases]
    used = {name for tags in layer.tags for name in tags}
    columns: dict[str, list[Any]] = {"@id": list(layer.keys)}
    for name in dict.fromkeys(known):
        if name in used:
            columns[name] = [tags.get(name) for tags in layer.tags]
    if table is PARCELS:
        columns["landuse"] = [tags.get("landuse") or tags.get("natural") for tags in layer.tags]
        columns.pop("natural", None)
    if table is WATER:
        columns["kind"] = [_water_kind(tags) for tags in layer.tags]
        columns.pop("waterway", None)
    shapes = np.empty(len(layer.shapes), dtype=object)
    shapes[:] = layer.shapes
    first_left_out = len(shapes) + 1
    left_out = [
        LeftOut(first_left_out + at, reason, {"@id": key, **tags})
        for at, (key, reason, tags) in enumerate(layer.left_out)
    ]
    return SourceLayer(
        name=_LAYERS[table],
        table=table,
        shapes=shapes,
        row_numbers=range(1, len(shapes) + 1),
        columns=columns,
        notes=[{"@id": key, **tags} for key, tags in zip(layer.keys, layer.tags, strict=True)],
        left_out=left_out,
        crs="WGS 84",
    )


def _water_kind(tags: Mapping[str, str]) -> str | None:
    """Return the word that says most of a water body."""
    return tags.get("waterway") or tags.get("water") or tags.get("landuse") or tags.get("natural")
