"""Mamre, a real village: 2,344 buildings with addresses, and the elevation under each against its own."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import rasterio

from tests.proof import counts
from tests.proof.quantized_mesh import Terrain
from tests.proof.report import Row, at_most
from tests.proof.scenes import Scene, judged
from tests.proof.stage import Deployment

NAME = "Mamre"


def prove(stage: Deployment, real_data: Path) -> Iterator[Row]:
    """Refuse what is no elevation model of Mamre; import buildings and elevation; build; compare."""
    expected = counts.mamre(real_data)
    village = stage.local_division(NAME)

    run = stage.command(
        "import-places", counts.require(real_data / "mamre" / "buildings.geojson"), "--division", village
    )
    stage.command("issue-plates", village)
    yield Row(NAME, "buildings", expected.buildings, stage.count(village, "register_building"), run.seconds)
    yield Row(
        NAME,
        "buildings with storeys",
        expected.with_levels,
        stage.count(village, "register_building", "storeys > 0"),
    )
    yield Row(
        NAME,
        "courtyards of buildings with an address",
        expected.with_address,
        stage.count(village, "register_courtyard"),
    )
    yield Row(
        NAME, "standard addresses", expected.with_address, stage.count(village, "register_standardaddress")
    )
    yield Row(
        NAME,
        "planned plates",
        expected.with_address,
        stage.count(village, "doorplates_doorplate", "state = 'planned'"),
    )

    yield from refusals(stage, real_data, village)
    run = stage.command(
        "import-terrain", counts.require(real_data / "mamre" / "dem.tif"), "--division", village
    )
    yield Row(NAME, "elevation models", 1, stage.count(village, "register_terrainmodel"), run.seconds)

    run = stage.command("build-twin", village)
    scene = Scene(stage, village)
    yield Row(
        NAME,
        "buildings in the vector tiles",
        expected.buildings,
        len(scene.features("building")),
        run.seconds,
    )
    yield from judged(scene, NAME, real_data)
    yield from heights(scene, expected)


def heights(scene: Scene, expected: counts.Mamre) -> Iterator[Row]:
    """Compare the terrain as it is served with the ground height that the file states for each building."""
    terrain = Terrain(scene.terrain_tile, scene.finest_terrain_level())
    ours = np.array([terrain.height_at(lon, lat) for lon, lat in expected.lon_lat])
    off = ours - expected.ground_height_m
    yield Row(NAME, "buildings without terrain under them", 0, int(np.isnan(off).sum()))
    yield at_most(NAME, "median height difference, m", 0.5, abs(float(np.nanmedian(off))))
    yield at_most(NAME, "95 % of height differences, m", 2.0, float(np.nanpercentile(np.abs(off), 95)))


def refusals(stage: Deployment, real_data: Path, village: str) -> Iterator[Row]:
    """Elevation that lies elsewhere, that has no coordinate system, or that is a picture, is refused in words."""
    with rasterio.open(counts.require(real_data / "mamre" / "dem.tif")) as model:
        heights, transform = model.read(1), model.transform
    without_crs, picture = stage.folder / "no-crs.tif", stage.folder / "picture.tif"
    shape = {"driver": "GTiff", "height": heights.shape[0], "width": heights.shape[1], "transform": transform}
    with rasterio.open(without_crs, "w", count=1, dtype=heights.dtype, nodata=-9999, **shape) as out:
        out.write(heights, 1)
    grey = np.clip(heights, 0, 255).astype(np.uint8)
    with rasterio.open(
        picture, "w", count=3, dtype="uint8", crs="EPSG:32734", photometric="RGB", **shape
    ) as out:
        out.write(np.stack([grey] * 3))
    elsewhere = counts.require(real_data / "dem" / "srtm3_N46E008.tif")
    for figure, file in (
        ("elevation of elsewhere", elsewhere),
        ("elevation without coordinate system", without_crs),
        ("a picture as elevation", picture),
    ):
        run, status = stage.attempt("import-terrain", file, "--division", village)
        is_named = file.name in run.output and "Traceback" not in run.output
        yield Row(NAME, f"{figure}: refused, naming the file", True, status != 0 and is_named, run.seconds)
