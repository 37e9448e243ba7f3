"""What a drawing meets in the register: land, houses, ways and water, with areas; nothing of people."""

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import shapely

from xiaoyuan.register.choices import LayerClass
from xiaoyuan.register.models import SHOWN, Building, Courtyard, Parcel, PlaceRow, Road, Water
from xiaoyuan.register.spatial import meeting, shapes
from xiaoyuan.twin.planning.crossing import covered_m2, crossed_at_m
from xiaoyuan.twin.planning.road import RoadSketch

_WHY: Final = "what each viewer may see of it is decided by layer class and division when it is shown"
KINDS: Final[dict[str, type[PlaceRow]]] = {
    "parcel": Parcel,
    "courtyard": Courtyard,
    "building": Building,
    "road": Road,
    "water": Water,
}
_USES: Final = {"parcel": "use", "building": "use", "road": "road_class", "water": "kind"}
"""Which column says what a place is."""
_MOST_ROWS: Final = 3000
_LEAST_M2: Final = 0.05


@dataclass(frozen=True)
class Crossed:
    """A place that a road takes ground of or crosses: areas in m2, places along the road in metres."""

    kind: str
    id: int
    cid: int
    version: int
    county_id: int
    division_code: str
    layer_class: str
    use: str
    name: str
    road_m2: float
    works_m2: float
    at_m: tuple[float, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self) | {"at_m": list(self.at_m)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Crossed":
        """Return what `as_json` wrote."""
        return cls(**(values | {"at_m": tuple(values["at_m"])}))


def rows_meeting(kind: str, area: shapely.Geometry, county_id: int | None = None) -> list[Any]:
    """Return the public and internal rows of a kind whose shape meets an area in degrees."""
    rows = (
        KINDS[kind]
        .objects.unscoped(_WHY)
        .filter(
            SHOWN,
            layer_class__in=[LayerClass.PUBLIC, LayerClass.INTERNAL],
            valid_until__isnull=True,
            wkb__isnull=False,
        )
    )
    if county_id is not None:
        rows = rows.filter(county_id=county_id)
    return meeting(rows.order_by("county_id", "cid"), area)[:_MOST_ROWS]


def places_crossed(sketch: RoadSketch) -> tuple[Crossed, ...]:
    """Return what a sketched road meets, land first; touching an edge is no crossing."""
    works = sketch.frame.to_degrees(sketch.works)
    found: list[Crossed] = []
    for kind in KINDS:
        rows = rows_meeting(kind, works)
        if not rows:
            continue
        metric = sketch.frame.to_metres(shapes(rows))
        road, all_works = covered_m2(sketch.corridor, metric), covered_m2(sketch.works, metric)
        flat = shapely.get_dimensions(metric) == 2
        for row, shape, on_road, on_works, is_area in zip(rows, metric, road, all_works, flat, strict=True):
            at = crossed_at_m(sketch.line, shape) if kind in ("road", "water") else ()
            if (is_area and on_works >= _LEAST_M2) or at or (not is_area and kind == "courtyard"):
                found.append(_crossed(kind, row, float(on_road), float(on_works), at))
    return tuple(found)


def _crossed(kind: str, row: Any, road_m2: float, works_m2: float, at_m: tuple[float, ...]) -> Crossed:
    use = _USES.get(kind)
    return Crossed(
        kind=kind,
        id=row.pk,
        cid=row.cid,
        version=row.row_version,
        county_id=row.county_id,
        division_code=row.division_code,
        layer_class=row.layer_class,
        use=str(getattr(row, use)) if use else "",
        name=row.code if kind in ("parcel", "courtyard") else row.name,
        road_m2=round(road_m2, 2),
        works_m2=round(works_m2, 2),
        at_m=at_m,
    )


def digest_now(works: shapely.Geometry) -> str:
    """Return what changes when a place that meets an area in degrees comes, goes or is edited."""
    keys = [(kind, row.pk, row.row_version) for kind in KINDS for row in rows_meeting(kind, works)]
    text = "\n".join(f"{kind} {pk} {version}" for kind, pk, version in sorted(keys))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def as_guarded_now(places: Iterable[Crossed]) -> tuple[Crossed, ...]:
    """Return kept places with the layer class and division of today: who may read a place may change after a plan.

    One that was removed keeps what it had. One query for each kind of place.
    """
    found = tuple(places)
    now: dict[tuple[str, int], tuple[str, str]] = {}
    for kind in {place.kind for place in found}:
        rows = KINDS[kind].objects.unscoped(_WHY).filter(pk__in=[one.id for one in found if one.kind == kind])
        for pk, layer_class, code in rows.values_list("pk", "layer_class", "division_code"):
            now[kind, pk] = layer_class, code
    return tuple(
        replace(place, layer_class=row[0], division_code=row[1])
        if (row := now.get((place.kind, place.id)))
        else place
        for place in found
    )


def areas_by_use(places: Iterable[Crossed]) -> dict[str, float]:
    """Return the m2 that road and slopes take of the parcels of each use."""
    sums: dict[str, float] = {}
    for place in places:
        if place.kind == "parcel":
            sums[place.use] = sums.get(place.use, 0.0) + place.works_m2
    return sums
