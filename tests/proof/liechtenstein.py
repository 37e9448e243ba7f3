"""Liechtenstein from OpenStreetMap: municipalities as local divisions, buildings, roads, land use; a flat scene."""

from collections.abc import Iterator
from pathlib import Path

import shapely

from tests.proof import counts
from tests.proof.report import Row
from tests.proof.scenes import Scene, judged
from tests.proof.stage import Deployment

NAME = "Liechtenstein"
FILE = "liechtenstein-2013-08-03.osm.pbf"


def prove(stage: Deployment, real_data: Path) -> Iterator[Row]:
    """Import, compare each layer with GDAL's count, build a scene that says it is flat."""
    expected = counts.liechtenstein(real_data)
    town = stage.local_division(NAME)

    run = stage.command("import-places", counts.require(real_data / "osm" / FILE), "--division", town)
    names = {
        name for (name,) in stage.rows("SELECT name FROM register_division WHERE code LIKE ?", f"{town}___")
    }
    yield Row(NAME, "municipalities", len(expected.municipalities), len(names), run.seconds)
    yield Row(NAME, "municipalities by name", "all", _all(expected.municipalities <= names))
    yield Row(NAME, "buildings", expected.buildings, stage.count(town, "register_building"))
    yield Row(NAME, "buildings with holes", expected.buildings_with_holes, holes(stage, town))
    yield Row(NAME, "roads", expected.highways.total(), stage.count(town, "register_road"))
    yield Row(NAME, "land use as parcels", expected.landuse.total(), stage.count(town, "register_parcel"))

    run = stage.command("build-twin", town)
    scene = Scene(stage, town)
    built = stage.count(town, "register_building")
    yield Row(NAME, "buildings in the vector tiles", built, len(scene.features("building")), run.seconds)
    yield Row(NAME, "the scene says it has no elevation model", True, scene.pointer["terrain"] is None)
    yield from judged(scene, NAME, real_data)


def holes(stage: Deployment, town: str) -> int:
    """How many imported buildings have a courtyard inside."""
    shapes = [
        shapely.from_wkb(wkb)
        for (wkb,) in stage.rows("SELECT wkb FROM register_building WHERE division_code LIKE ?", f"{town}%")
    ]
    return sum(any(len(part.interiors) for part in shapely.get_parts(shape)) for shape in shapes)


def _all(is_whole: bool) -> str:
    return "all" if is_whole else "some are missing"
