"""Register rows as the arrays that tiling takes: one pass a table, public and opaque properties only."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import orjson
import shapely
from django.conf import settings
from django.db import connections
from django.db.models import Max, Min, Q, QuerySet

from xiaoyuan.doorplates.choices import PlateState
from xiaoyuan.doorplates.models import Doorplate
from xiaoyuan.intake.models import ImportBatch
from xiaoyuan.lib import divisions
from xiaoyuan.register.choices import LayerClass, Structure
from xiaoyuan.register.models import SHOWN, Building, County, Courtyard, Division, PlaceRow, TerrainModel
from xiaoyuan.register.spatial import in_box
from xiaoyuan.tiling import BuildingSet, Terrain, VectorLayer
from xiaoyuan.tiling.cell_tasks import Rasters, open_terrain
from xiaoyuan.twin.layers import BUILDING, DIVISION, MIN_ZOOM, PLATE, TABLES, TableLayer

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
_BUILDING_COLUMNS: Final = ("height_m", "storeys", "roof", "structure")

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Part:
    """The rows of one scene: those of a division and all below it, of one layer class."""

    code: str
    layer_class: LayerClass

    def rows(self, model: type[PlaceRow], box: Bounds | None = None) -> "QuerySet[Any]":
        """Return the places of a table that the scene shows, all or those that meet a box."""
        rows = model.objects.unscoped(_WHY).filter(
            Q(**divisions.range_below(self.code)),
            SHOWN,
            layer_class=self.layer_class,
            valid_until__isnull=True,
            wkb__isnull=False,
        )
        return rows if box is None else in_box(rows, box)

    def buildings(self, box: Bounds | None = None) -> BuildingSet | None:
        """Return the buildings; None when there are none."""
        columns = _columns(self.rows(Building, box), "cid", "wkb", *_BUILDING_COLUMNS)
        if columns is None:
            return None
        cid, wkb, height_m, storeys, roof, structure = columns
        return BuildingSet(
            cid=np.array(cid, np.uint32),
            footprint=_shapes(wkb),
            height_m=np.array([np.nan if height is None else height for height in height_m], np.float64),
            storeys=np.array([count or 0 for count in storeys], np.int32),
            roof=np.array(roof, np.uint8),
            structure=np.array([_STRUCTURES.get(kind, 0) for kind in structure], np.uint8),
        )

    def layer(self, name: str, box: Bounds | None = None) -> VectorLayer | None:
        """Return one layer of the vector tiles, sorted by cid; None when it is empty."""
        if name == BUILDING:
            return self._footprints(box)
        if name == PLATE:
            return self._plates(box)
        if name == DIVISION:
            return _division_layer(self.code)
        return self._table(next(table for table in TABLES if table.name == name), box)

    def _footprints(self, box: Bounds | None) -> VectorLayer | None:
        columns = _columns(self.rows(Building, box), "cid", "wkb", "storeys")
        if columns is None:
            return None
        cid, wkb, storeys = columns
        return _sorted_layer(
            BUILDING,
            np.array(cid, np.uint32),
            _shapes(wkb),
            {"storeys": np.array([count or 0 for count in storeys], np.int32)},
        )

    def has_places(self) -> bool:
        """Whether there is anything to show but outlines."""
        return any(self.rows(table.model).exists() for table in TABLES) or self.rows(Building).exists()

    def _table(self, table: TableLayer, box: Bounds | None) -> VectorLayer | None:
        columns = _columns(self.rows(table.model, box), "cid", "wkb", *table.columns.values())
        if columns is None:
            return None
        cid, wkb, *values = columns
        geometry = _shapes(wkb)
        kept = np.flatnonzero(
            np.ones(len(cid), bool)
            if table.dimensions is None
            else shapely.get_dimensions(geometry) == table.dimensions
        )
        return _sorted_layer(
            table.name,
            np.array(cid, np.uint32)[kept],
            geometry[kept],
            {key: _values(value)[kept] for key, value in zip(table.columns, values, strict=True)},
        )

    def plated(self, courtyards: "QuerySet[Any]") -> "QuerySet[Any]":
        """Keep the courtyards that have a plate that counts."""
        plates = Doorplate.objects.unscoped(_WHY).exclude(state__in=[PlateState.REVOKED, PlateState.REPLACED])
        return courtyards.filter(pk__in=plates.values("courtyard_id"))

    def _plates(self, box: Bounds | None) -> VectorLayer | None:
        """Return a point inside every courtyard that has a plate that counts; its cid is the courtyard's."""
        columns = _columns(self.plated(self.rows(Courtyard, box)), "cid", "wkb")
        if columns is None:
            return None
        cid, wkb = columns
        return _sorted_layer(
            PLATE, np.array(cid, np.uint32), np.asarray(shapely.point_on_surface(_shapes(wkb))), {}
        )


def outline_bounds(code: str) -> Bounds | None:
    """Return what the outlines of a division and all below it cover."""
    box = Division.objects.filter(
        **divisions.range_below(code, "code"), valid_until__isnull=True, outline_wkb__isnull=False
    ).aggregate(w=Min("min_lon"), s=Min("min_lat"), e=Max("max_lon"), n=Max("max_lat"))
    return None if box["w"] is None else (box["w"], box["s"], box["e"], box["n"])


def shows_sample(code: str) -> bool:
    """Whether the scene of a division is made of sample places."""
    return County.objects.filter(code=code[:6], shows_sample=True).exists()


def attribution(code: str) -> list[str]:
    """Return whom the data of a division is owed to."""
    related = related_to(code)
    texts = set(
        ImportBatch.objects.filter(related).exclude(attribution="").values_list("attribution", flat=True)
    )
    models = TerrainModel.objects.unscoped(_WHY).filter(related).exclude(attribution="")
    texts.update(models.values_list("attribution", flat=True))
    return sorted(texts)


@dataclass(frozen=True)
class Ground:
    """The elevation models under a scene: which files, with which offset, the finest first."""

    models: tuple[tuple[str, float], ...]
    """File name (which holds the hash of its content) and vertical offset in metres."""

    @property
    def digest(self) -> str:
        """Name of this ground: equal exactly when the same heights come out."""
        return hashlib.sha256(orjson.dumps(self.models)).hexdigest()[:20]

    def name_within(self, area: Bounds) -> str:
        """Name of the terrain tiles that this ground gives within an area."""
        return hashlib.sha256(orjson.dumps([self.models, area])).hexdigest()[:20]

    @property
    def rasters(self) -> Rasters:
        """The files themselves."""
        return tuple((settings.DATA_DIR / "terrain" / name, offset_m) for name, offset_m in self.models)

    def open(self) -> Terrain:
        """Return the terrain; the last ones opened are kept."""
        return open_terrain(self.rasters)


def ground_under(code: str, layer_class: LayerClass) -> Ground | None:
    """Return the elevation models of the division, of those above and below it.

    Those far from its outline are left out; which ones does not depend on the places, so that an edit never moves
    the ground.
    """
    models = TerrainModel.objects.unscoped(_WHY).filter(
        related_to(code), SHOWN, layer_class__in=_OPEN_TO[layer_class]
    )
    bounds = outline_bounds(code)
    if bounds is not None:
        west, south, east, north = bounds
        models = models.filter(max_lon__gte=west, min_lon__lte=east, max_lat__gte=south, min_lat__lte=north)
    files = models.order_by("cell_m", "file_name").values_list("file_name", "vertical_offset_m")
    # A file that two divisions brought counts once.
    found = tuple(dict.fromkeys(files))
    return Ground(found) if found else None


def related_to(code: str) -> Q:
    """Return the condition of a division, all below and all above it: what a town keeps also serves its villages."""
    return Q(**divisions.range_below(code)) | Q(division_code__in=divisions.ancestors(code))


def _columns(rows: "QuerySet[Any]", *names: str) -> list[Sequence[Any]] | None:
    """Return columns as the driver gives them: a county's million rows are too many for the ORM's converters."""
    sql, parameters = rows.order_by().values_list(*names).query.sql_with_params()
    with connections[rows.db].cursor() as cursor:
        cursor.execute(sql, parameters)
        found = cursor.fetchall()
    return [*zip(*found, strict=True)] if found else None


def _shapes(column: Iterable[Any]) -> Any:
    return np.asarray(shapely.from_wkb([bytes(wkb) for wkb in column]), dtype=object)


def _sorted_layer(name: str, cid: Any, geometry: Any, properties: dict[str, Any]) -> VectorLayer | None:
    """Return a layer in the order of its cids: a build of the same rows gives the same bytes."""
    if not len(cid):
        return None
    order = np.argsort(cid, kind="stable")
    return VectorLayer(
        name=name,
        min_zoom=MIN_ZOOM[name],
        cid=cid[order],
        geometry=geometry[order],
        properties={key: values[order] for key, values in properties.items()},
    )


def _values(values: Sequence[Any]) -> Any:
    if any(isinstance(value, str) for value in values):
        return np.array(values, dtype=object)
    return np.array([np.nan if value is None else value for value in values], np.float64)


def _division_layer(code: str) -> VectorLayer | None:
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
        name=DIVISION,
        min_zoom=MIN_ZOOM[DIVISION],
        cid=np.arange(1, len(rows) + 1, dtype=np.uint32),
        geometry=_shapes(outlines),
        properties={"code": np.array(codes, dtype=object), "level": np.array(levels, dtype=object)},
    )
