"""Elevation models are kept under their hash once; what is none, or lies elsewhere, is refused saying which."""

from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import translation
from rasterio.transform import from_origin

from tests.register.map_files import NOW, TOWN, TOWN_BOX, layer, make_divisions, run
from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.audit.models import AuditEntry, ChangeEntry
from xiaoyuan.intake.files import source_file
from xiaoyuan.register.actions.divisions import add_local_division
from xiaoyuan.register.models import Building, TerrainModel
from xiaoyuan.tiling import Terrain

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def town(tmp_path: Path) -> None:
    make_divisions()
    run(layer(tmp_path / "outline.gpkg", "区划", [TOWN_BOX], {"区划代码": [TOWN]}), TOWN)


def models() -> Any:
    return TerrainModel.objects.unscoped("a test counts all rows")


def raster(
    path: Path,
    *,
    west: float = 105.2,
    north: float = 27.3,
    crs: str | None = "EPSG:4490",
    dtype: str = "float32",
) -> Path:
    """Write a small slope, about 100 m a cell."""
    heights = np.linspace(100, 200, 10_000).reshape(100, 100).astype(dtype)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=100,
        height=100,
        count=1,
        dtype=dtype,
        crs=crs,
        transform=from_origin(west, north, 0.001, 0.001),
    ) as target:
        target.write(heights, 1)
    return path


def keep(path: Path, division: str, *arguments: str) -> str:
    out = StringIO()
    with translation.override("en"):
        call_command("import_terrain", str(path), "--division", division, *arguments, stdout=out)
    return out.getvalue()


def test_it_is_kept_under_its_hash(tmp_path: Path) -> None:
    path = raster(tmp_path / "dem.tif")
    out = keep(path, TOWN, "--vertical-offset", "2.5", "--attribution", "Survey office")
    model = models().get()
    assert (model.division_code, model.crs, model.vertical_offset_m) == (TOWN, "EPSG:4490", 2.5)
    assert (model.sha256, model.attribution) == (source_file(path).sha256, "Survey office")
    kept = Path(settings.DATA_DIR) / "terrain" / f"{model.sha256}.tif"
    assert kept.read_bytes() == path.read_bytes()
    assert (model.min_lon, model.max_lat) == pytest.approx((105.2, 27.3), abs=0.001)
    assert AuditEntry.objects.filter(action="register.keep_terrain").count() == 1
    assert "50%" in out  # the model covers half of the town


def test_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    path = raster(tmp_path / "dem.tif")
    keep(path, TOWN, "--attribution", "Survey office")
    before, changes = list(models().values()), ChangeEntry.objects.count()
    assert "unchanged" in keep(path, TOWN)
    assert (list(models().values()), ChangeEntry.objects.count()) == (before, changes)
    assert "changed" in keep(path, TOWN, "--vertical-offset", "1")
    assert models().get().vertical_offset_m == 1
    assert AuditEntry.objects.filter(action="register.change_terrain").count() == 1


def test_a_model_without_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"dem\.tif names no coordinate system"):
        keep(raster(tmp_path / "dem.tif", crs=None), TOWN)
    assert not models().exists()


def test_a_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"picture\.tif is not an elevation model"):
        keep(raster(tmp_path / "picture.tif", dtype="uint8"), TOWN)
    (tmp_path / "text.tif").write_text("not a raster")
    with pytest.raises(CommandError, match=r"text\.tif"):
        keep(tmp_path / "text.tif", TOWN)


def test_a_grid_outside_the_division_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        CommandError, match=r"dem\.tif lies outside 朱昌镇 520502103: the model is at longitude 106"
    ):
        keep(raster(tmp_path / "dem.tif", west=106.0), TOWN)
    local = add_local_division(name="无处", actor=SYSTEM, now=NOW)
    keep(raster(tmp_path / "dem.tif", west=18.0), local.code)  # nothing says yet where it lies
    assert models().get().division_code == local.code


@pytest.mark.real_data
def test_the_ground_under_mamre_agrees_with_its_buildings(real_data: Path) -> None:
    place = add_local_division(name="Mamre", actor=SYSTEM, now=NOW)
    run(real_data / "mamre" / "buildings.geojson", place.code)
    keep(real_data / "mamre" / "dem.tif", place.code)
    model = models().get()
    assert (model.crs, model.cell_m) == ("EPSG:32734", 25.0)
    with pytest.raises(CommandError, match=r"srtm3_N46E008\.tif lies outside Mamre"):
        keep(real_data / "dem" / "srtm3_N46E008.tif", place.code)
    rows = Building.objects.unscoped("a test compares all rows").values_list(
        "min_lon", "max_lon", "min_lat", "max_lat", "ground_height_m"
    )
    west, east, south, north, stated = np.array(list(rows)).T
    terrain = Terrain.from_geotiff(Path(settings.DATA_DIR) / "terrain" / model.file_name)
    apart = np.abs(terrain.sample((west + east) / 2, (south + north) / 2) - stated)
    assert np.median(apart) <= 0.5
    assert np.percentile(apart, 95) <= 2.0
