"""Liechtenstein from OpenStreetMap: every object that GDAL finds is in the register or left out for a named reason.

What lies outside is decided here by GDAL's own shapes of the municipalities, so that the importer's reasons are counted
twice as well.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import shapely

from tests.proof import openstreetmap
from tests.proof.counts import require
from tests.proof.import_report import Layer, kept_back, read_report
from tests.proof.report import Row
from tests.proof.scenes import Scene, judged
from tests.proof.stage import Deployment

NAME = "Liechtenstein"
OUTSIDE, POINT, NOT_BUILT, REPEATED = "outside", "point", "not_built", "repeated"
"""Reasons of the importer that GDAL's objects can tell as well."""


@dataclass(frozen=True)
class Compared:
    """A layer of the importer beside GDAL's objects for it. `by_middle`: a place is where its inner point lies."""

    layer: str
    noun: str
    table: str
    objects: openstreetmap.Objects
    by_middle: bool


def prove(stage: Deployment, real_data: Path) -> Iterator[Row]:
    """Import, account for each object, build a scene that says it is flat."""
    expected = openstreetmap.liechtenstein(real_data)
    town = stage.local_division(NAME)
    run = stage.command("import-places", require(real_data / "osm" / openstreetmap.FILE), "--division", town)
    report = read_report(stage, run.output)
    names = {
        name for (name,) in stage.rows("SELECT name FROM register_division WHERE code LIKE ?", f"{town}___")
    }
    yield Row(NAME, "municipalities", len(expected.municipalities), len(names), run.seconds)
    yield Row(NAME, "municipalities by name", "all", _all(set(expected.municipalities) == names))

    country = expected.country()
    for compared in (
        Compared("building", "buildings", "register_building", expected.buildings, by_middle=True),
        Compared("highway", "roads", "register_road", expected.roads, by_middle=False),
        Compared("landuse", "land", "register_parcel", expected.land, by_middle=True),
        Compared("water", "water", "register_water", expected.water, by_middle=False),
    ):
        yield from accounted(stage, town, country, report[compared.layer], compared, expected.untagged)
    yield Row(NAME, "buildings with holes", expected.buildings_with_holes(), holes(stage, town))

    run = stage.command("build-twin", town)
    scene = Scene(stage, town)
    built = stage.count(town, "register_building")
    yield Row(NAME, "buildings in the vector tiles", built, len(scene.features("building")), run.seconds)
    yield Row(NAME, "the scene says it has no elevation model", True, scene.pointer["terrain"] is None)
    yield from judged(scene, NAME, real_data)


def accounted(
    stage: Deployment,
    town: str,
    country: shapely.Geometry,
    layer: Layer,
    compared: Compared,
    untagged: list[shapely.Geometry],
) -> Iterator[Row]:
    """Account for each object of a layer: taken over, or left out for a reason that holds by GDAL too."""
    objects, noun = compared.objects, compared.noun
    outside = {
        key for key, shape in objects.shapes.items() if not lies_in(country, shape, compared.by_middle)
    }
    wanted = set(objects.shapes) - outside - objects.not_built
    ours = {
        key: shapely.from_wkb(wkb)
        for key, wkb in stage.rows(
            f"SELECT source_key, wkb FROM {compared.table} WHERE division_code LIKE ?", f"{town}%"
        )
    }
    found = f"{len(objects.shapes):,} in the file"
    lacking, more = same_shapes(
        {key: objects.shapes[key] for key in wanted - set(ours)},
        {key: ours[key] for key in set(ours) - wanted},
    )
    untold = {key for key in more if any(shapely.equals(ours[key], shape) for shape in untagged)}
    more -= untold
    yield Row(NAME, f"{noun} taken over, of {found}", len(wanted) + len(untold), len(ours))
    yield Row(NAME, f"{noun} of GDAL that are lacking", "none", _listed(lacking))
    yield Row(NAME, f"{noun} that GDAL does not know", "none", _listed(more))
    # What repeats another is left out before anyone asks where it lies.
    expected = outside - kept_back(stage, compared.layer, REPEATED)
    yield Row(NAME, f"{noun} left out: outside", len(expected), layer.left_out.get(OUTSIDE, 0))
    yield Row(
        NAME,
        f"{noun} left out: the same objects",
        True,
        kept_back(stage, compared.layer, OUTSIDE) == expected,
    )
    yield Row(NAME, f"{noun} left out: only a point", objects.points, layer.left_out.get(POINT, 0))
    if objects.not_built:
        yield Row(
            NAME, f"{noun} left out: not built", len(objects.not_built), layer.left_out.get(NOT_BUILT, 0)
        )
    for reason, count in layer.left_out.items():
        if reason in objects.unfit:
            yield Row(NAME, f"{noun} left out: {reason.replace('_', ' ')}", objects.unfit[reason], count)
        elif reason not in (OUTSIDE, POINT, NOT_BUILT):
            # GDAL does not count what it cannot assemble or what says the same twice.
            wrong = kept_back(stage, compared.layer, reason) & wanted
            yield Row(NAME, f"{noun} left out: {reason} ({count}), whole by GDAL", "none", _listed(wrong))
    yield Row(
        NAME, f"{noun} read = taken over + left out", layer.read, layer.taken + sum(layer.left_out.values())
    )


def lies_in(country: shapely.Geometry, shape: shapely.Geometry, by_middle: bool) -> bool:
    """Whether a place lies in a country: a point inside it, or for what crosses borders, any length of it."""
    if by_middle:
        return bool(shapely.intersects(country, shapely.point_on_surface(shape)))
    return bool(shapely.length(shapely.intersection(country, shape)) > 0)


def same_shapes(
    left: dict[str, shapely.Geometry], right: dict[str, shapely.Geometry]
) -> tuple[set[str], set[str]]:
    """Take out what stands on both sides: GDAL numbers some areas by their relation, others by their way."""
    lacking, more = set(left), set(right)
    for key, shape in left.items():
        for other in sorted(more):
            if shapely.equals(shape, right[other]):
                lacking.discard(key)
                more.discard(other)
                break
    return lacking, more


def holes(stage: Deployment, town: str) -> int:
    """How many imported buildings have a courtyard inside."""
    shapes = [
        shapely.from_wkb(wkb)
        for (wkb,) in stage.rows("SELECT wkb FROM register_building WHERE division_code LIKE ?", f"{town}%")
    ]
    return openstreetmap.with_holes(shapes)


def _listed(keys: set[str]) -> str:
    return ", ".join(sorted(keys)) or "none"


def _all(is_whole: bool) -> str:
    return "all" if is_whole else "some are missing"
