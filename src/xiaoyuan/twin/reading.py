"""Register rows as the arrays that tiling takes: one pass a table, public and opaque properties only."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from django.conf import settings
from django.db.models import Q

from xiaoyuan.intake.models import ImportBatch
from xiaoyuan.lib import divisions
from xiaoyuan.register.choices import LayerClass, Structure
from xiaoyuan.register.models import (
    SHOWN,
    Building,
    County,
    Courtyard,
    Division,
    Parcel,
    PlaceRow,
    Road,
    TerrainModel,
    Water,
)
from xiaoyuan.tiling import BuildingSet, Terrain, VectorLayer
from xiaoyuan.tiling.heightfield import HeightField

_WHY: Final = "a scene holds all rows of one layer class; names and people are not read"
_STRUCTURES: Final[dict[str, int]] = {
    Structure.STEEL_CONCRETE: 1,
    Structure.BRICK_CONCRETE: 1,
    Structure.BRICK_TIMBER: 2,
    Structure.ADOBE: 3,
    Structure.BAMBOO: 3,
    Structure.CAVE: 3,
}
_OPEN_TO: Final[dict[LayerClass, tuple[LayerClass, ...]]] = {
    LayerClass.PUBLIC: (LayerClass.PUBLIC,),
    LayerClass.INTERNAL: (LayerClass.PUBLIC, LayerClass.INTERNAL),
    LayerClass.RESTRICTED: (LayerClass.PUBLIC, LayerClass.INTERNAL, LayerClass.RESTRICTED),
}
"""Elevation models that a scene may stand on: whoever may see the scene may see them too."""

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class SceneInput:
    """Everything a scene is built from."""

    bounds: Bounds
    buildings: BuildingSet | None
    layers: tuple[VectorLayer, ...]
    terrain: Terrain | None
    attribution: tuple[str, ...]
    counts: dict[str, int]
    is_sample: bool = False


def read_scene(code: str, layer_class: LayerClass) -> SceneInput | None:
    """Read a division and all below it; None when it has no shape of that layer class."""
    buildings = _buildings(code, layer_class)
    layers = [
        layer
        for layer in (
            _divisions(code),
            _layer(Water, code, layer_class, "water", 11, {"kind": "kind"}, dimensions=2),
            _layer(Water, code, layer_class, "waterway", 11, {"kind": "kind"}, dimensions=1),
            _layer(Parcel, code, layer_class, "parcel", 13, {"use": "use", "crop": "crop"}),
            _layer(Road, code, layer_class, "road", 11, {"class": "road_class", "width_m": "width_m"}),
            _layer(Courtyard, code, layer_class, "courtyard", 13, {}, dimensions=2),
            # Courtyards whose place somebody pointed at, not yet surveyed.
            _layer(Courtyard, code, layer_class, "courtyard_point", 13, {}, dimensions=0),
            _building_layer(buildings),
        )
        if layer is not None
    ]
    if not any(layer.name != "division" for layer in layers):
        return None
    bounds = _bounds(layers)
    return SceneInput(
        bounds=bounds,
        buildings=buildings,
        layers=tuple(layers),
        terrain=_terrain(code, bounds, layer_class),
        attribution=_attribution(code),
        counts={layer.name: len(layer.cid) for layer in layers},
        is_sample=County.objects.filter(code=code[:6], shows_sample=True).exists(),
    )


def _below(code: str) -> Q:
    return Q(**divisions.range_below(code))


def _related(code: str) -> Q:
    """A division, all below it and those above it: what is kept for a town also serves its villages."""
    return _below(code) | Q(division_code__in=divisions.ancestors(code))


def _rows(model: type[PlaceRow], code: str, layer_class: LayerClass, *columns: str) -> list[tuple[Any, ...]]:
    """Return rows as tuples in cid order, so that a build of the same rows gives the same bytes."""
    rows = model.objects.unscoped(_WHY).filter(
        _below(code), SHOWN, layer_class=layer_class, valid_until__isnull=True, wkb__isnull=False
    )
    return list(rows.order_by("county_id", "cid").values_list("cid", "wkb", *columns))


def _shapes(column: Iterable[Any]) -> Any:
    return np.asarray(shapely.from_wkb([bytes(wkb) for wkb in column]), dtype=object)


def _buildings(code: str, layer_class: LayerClass) -> BuildingSet | None:
    rows = _rows(Building, code, layer_class, "height_m", "storeys", "roof", "structure")
    if not rows:
        return None
    cid, wkb, height_m, storeys, roof, structure = zip(*rows, strict=True)
    return BuildingSet(
        cid=np.array(cid, np.uint32),
        footprint=_shapes(wkb),
        height_m=np.array([np.nan if height is None else height for height in height_m], np.float64),
        storeys=np.array([count or 0 for count in storeys], np.int32),
        roof=np.array(roof, np.uint8),
        structure=np.array([_STRUCTURES.get(kind, 0) for kind in structure], np.uint8),
    )


def _building_layer(buildings: BuildingSet | None) -> VectorLayer | None:
    if buildings is None:
        return None
    return VectorLayer(
        name="building",
        min_zoom=14,
        cid=buildings.cid,
        geometry=buildings.footprint,
        properties={"storeys": buildings.storeys},
    )


def _layer(
    model: type[PlaceRow],
    code: str,
    layer_class: LayerClass,
    name: str,
    min_zoom: int,
    columns: dict[str, str],
    dimensions: int | None = None,
) -> VectorLayer | None:
    """Return a table as a layer with `{property: column}`.

    `dimensions` keeps only points (0), lines (1) or areas (2) of a table that holds several.
    """
    rows = _rows(model, code, layer_class, *columns.values())
    if not rows:
        return None
    cid, wkb, *values = zip(*rows, strict=True)
    geometry = _shapes(wkb)
    kept = np.ones(len(rows), bool) if dimensions is None else shapely.get_dimensions(geometry) == dimensions
    if not kept.any():
        return None
    return VectorLayer(
        name=name,
        min_zoom=min_zoom,
        cid=np.array(cid, np.uint32)[kept],
        geometry=geometry[kept],
        properties={key: _column(value)[kept] for key, value in zip(columns, values, strict=True)},
    )


def _column(values: tuple[Any, ...]) -> Any:
    if all(isinstance(value, str) for value in values):
        return np.array(values, dtype=object)
    return np.array([np.nan if value is None else value for value in values], np.float64)


def _divisions(code: str) -> VectorLayer | None:
    rows = list(
        Division.objects.filter(
            **divisions.range_below(code, "code"), valid_until__isnull=True, outline_wkb__isnull=False
        )
        .order_by("code")
        .values_list("code", "level", "outline_wkb")
    )
    if not rows:
        return None
    codes, levels, outlines = zip(*rows, strict=True)
    return VectorLayer(
        name="division",
        min_zoom=8,
        cid=np.arange(1, len(rows) + 1, dtype=np.uint32),
        geometry=_shapes(outlines),
        properties={"code": np.array(codes, dtype=object), "level": np.array(levels, dtype=object)},
    )


def _bounds(layers: list[VectorLayer]) -> Bounds:
    boxes = np.array([shapely.total_bounds(layer.geometry) for layer in layers])
    west, south = boxes[:, :2].min(axis=0)
    east, north = boxes[:, 2:].max(axis=0)
    return float(west), float(south), float(east), float(north)


def _terrain(code: str, bounds: Bounds, layer_class: LayerClass) -> Terrain | None:
    """Return the elevation models of the division, of those above and below it, that meet the bounds."""
    west, south, east, north = bounds
    related = _related(code)
    models = TerrainModel.objects.unscoped(_WHY).filter(
        related,
        SHOWN,
        layer_class__in=_OPEN_TO[layer_class],
        max_lon__gte=west,
        min_lon__lte=east,
        max_lat__gte=south,
        min_lat__lte=north,
    )
    fields: list[HeightField] = []
    for model in models.order_by("cell_m", "pk"):
        path = settings.DATA_DIR / "terrain" / model.file_name
        fields.extend(Terrain.from_geotiff(path, vertical_offset_m=model.vertical_offset_m).fields)
    return Terrain(tuple(fields)) if fields else None


def _attribution(code: str) -> tuple[str, ...]:
    related = _related(code)
    texts = set(
        ImportBatch.objects.filter(related).exclude(attribution="").values_list("attribution", flat=True)
    )
    models = TerrainModel.objects.unscoped(_WHY).filter(related).exclude(attribution="")
    texts.update(models.values_list("attribution", flat=True))
    return tuple(sorted(texts))
