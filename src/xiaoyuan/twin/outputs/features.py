"""The layers of map files with their public attributes; nothing of people, no names but of roads and waters."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely

from xiaoyuan.exports.sources import ExportField, ExportSource
from xiaoyuan.lib import divisions
from xiaoyuan.register.choices import RoofKind
from xiaoyuan.register.exports.fields import CODE, INTEGER, field
from xiaoyuan.register.exports.places import BUILDINGS, DIVISIONS, PARCELS, ROADS, WATER
from xiaoyuan.register.models import Building, Courtyard, Division, Parcel, PlaceRow, Road, Water
from xiaoyuan.twin.outputs.selecting import Progress, Wanted

_COMMON: Final = (
    field("cid", "图上编号", "number in the tiles, unique in the county", INTEGER),
    field("division", "区划代码", "division code", CODE),
    field("layer_class", "图层密级", "who may see it"),
)
_COMMON_COLUMNS: Final = ("cid", "division_code", "layer_class")
_ROOF: Final = "roof"


@dataclass(frozen=True)
class FeatureLayer:
    """One layer: the rows of a table with a few columns, or a point in each courtyard that has a plate."""

    name: str
    model: type[PlaceRow]
    own: tuple[ExportField, ...] = ()
    """Its fields beyond those of every place; each is named as its column."""
    is_plates: bool = False

    @property
    def fields(self) -> tuple[ExportField, ...]:
        """All its fields."""
        return (*_COMMON, *self.own)


@dataclass(frozen=True)
class Features:
    """Some rows of a layer: shapes (n) in degrees and values (n) in the order of the fields."""

    layer: str
    fields: tuple[ExportField, ...]
    shapes: list[Any]
    values: list[list[Any]]


def _picked(source: ExportSource, *keys: str) -> tuple[ExportField, ...]:
    known = {one.key: one for one in source.fields}
    return tuple(known[key] for key in keys)


LAYERS: Final = (
    FeatureLayer("courtyard", Courtyard),
    FeatureLayer("building", Building, _picked(BUILDINGS, "storeys", "height_m", "use", _ROOF)),
    FeatureLayer("parcel", Parcel, _picked(PARCELS, "use", "crop")),
    FeatureLayer("road", Road, _picked(ROADS, "name", "road_class", "width_m", "length_m")),
    FeatureLayer("water", Water, _picked(WATER, "name", "kind")),
    # Where a plate hangs is public, its token is what opens the page behind it.
    FeatureLayer("plate", Courtyard, is_plates=True),
)
DIVISION: Final = "division"
_DIVISION_FIELDS: Final = _picked(DIVISIONS, "code", "name", "level")


def features(wanted: Wanted, progress: Progress) -> Iterator[Features]:
    """Yield all layers chunk by chunk, the outlines of divisions first."""
    yield from _divisions(wanted)
    for layer in LAYERS:
        for part in wanted.parts:
            rows = wanted.rows(part, layer.model)
            if layer.is_plates:
                rows = part.plated(rows)
            yield from _of_table(wanted, layer, rows, progress)


def _of_table(wanted: Wanted, layer: FeatureLayer, rows: Any, progress: Progress) -> Iterator[Features]:
    own = [one.key for one in layer.own]
    roof = own.index(_ROOF) + len(_COMMON_COLUMNS) if _ROOF in own else None
    total, done = int(rows.count()), 0
    for chunk in wanted.chunks(rows, *_COMMON_COLUMNS, *own):
        values = [list(row[1:]) for row in chunk]
        if roof is not None:
            for row in values:
                row[roof] = RoofKind(row[roof]).name.lower()
        shapes = [row[0] for row in chunk]
        if layer.is_plates:
            shapes = np.asarray(shapely.point_on_surface(shapes)).tolist()
        if chunk:
            yield Features(layer.name, layer.fields, shapes, values)
        done += len(chunk)
        progress(layer.name, done, total)


def _divisions(wanted: Wanted) -> Iterator[Features]:
    rows = Division.objects.filter(
        **divisions.range_below(wanted.division.code, "code"),
        valid_until__isnull=True,
        outline_wkb__isnull=False,
    ).order_by("code")
    frame = None if wanted.box is None else shapely.box(*wanted.box)
    for code, name, level, wkb in rows.values_list("code", "name", "level", "outline_wkb").iterator(
        chunk_size=500
    ):
        assert wkb is not None
        assert wkb is not None  # the query left those out
        shape = shapely.from_wkb(bytes(wkb))
        if frame is None or shape.intersects(frame):
            yield Features(DIVISION, _DIVISION_FIELDS, [shape], [[code, name, level]])


def counted(counts: dict[str, int], some: Features) -> None:
    """Count some features under the name of their layer."""
    counts[some.layer] = counts.get(some.layer, 0) + len(some.shapes)


def has_places(counts: dict[str, int]) -> bool:
    """Whether there is more than outlines."""
    return any(count for layer, count in counts.items() if layer != DIVISION)


def as_wkb(shapes: Sequence[Any]) -> list[bytes]:
    """Return shapes as they are stored, without heights."""
    packed: list[bytes] = shapely.to_wkb(np.asarray(shapes, dtype=object), output_dimension=2).tolist()
    return packed
