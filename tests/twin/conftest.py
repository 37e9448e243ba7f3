"""A small hamlet in the register, on the unallocated county."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import shapely
from pytest_django import Settings

from xiaoyuan.register.models import Building, County, Courtyard, Division, Parcel, Road
from xiaoyuan.register.spatial import shape_fields

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
VILLAGE = "990001001001"


def make_divisions() -> Division:
    """Make the chain of divisions down to one village; return the village."""
    parent = None
    for code, level in (
        ("99", "province"),
        ("9900", "city"),
        ("990001", "county"),
        ("990001001", "township"),
        (VILLAGE, "village"),
    ):
        parent = Division.objects.create(
            code=code, name=f"test {level}", level=level, parent=parent, origin="local"
        )
    assert parent is not None
    return parent


@pytest.fixture(autouse=True)
def twin_folder(tmp_path: Path, settings: Settings) -> Path:
    """A folder of scenes for each test."""
    settings.TWIN_DIR = tmp_path / "twin"
    return tmp_path / "twin"


@pytest.fixture
def hamlet(db: None) -> Division:
    """Thirty buildings in ten courtyards, a parcel with a hole and a road; one building is internal."""
    village = make_divisions()
    county = County.objects.create(code="990001", name="test county", next_cid=1000)
    base = {"county": county, "division_code": VILLAGE, "created_at": NOW, "updated_at": NOW}
    cid = 0
    for number in range(10):
        lon, lat = 105.30 + number * 0.0004, 27.30
        cid += 1
        courtyard = Courtyard.objects.create(
            cid=cid,
            code=f"C{number}",
            **base,
            **shape_fields(shapely.box(lon, lat, lon + 0.0003, lat + 0.0003)),
        )
        for row in range(3):
            cid += 1
            Building.objects.create(
                cid=cid,
                courtyard=courtyard,
                storeys=row + 1,
                roof=row,
                layer_class="internal" if cid == 2 else "public",
                **base,
                **shape_fields(
                    shapely.box(lon, lat + row * 0.0001, lon + 0.0002, lat + row * 0.0001 + 0.00006)
                ),
            )
    ring = shapely.Polygon(
        shapely.box(105.30, 27.302, 105.305, 27.305).exterior.coords,
        [shapely.box(105.302, 27.303, 105.303, 27.304).exterior.coords[::-1]],
    )
    Parcel.objects.create(cid=500, use="paddy", area_m2=1000, **base, **shape_fields(ring))
    line = shapely.LineString([(105.299, 27.2995), (105.305, 27.2995)])
    Road.objects.create(cid=501, road_class="village", length_m=600, **base, **shape_fields(line))
    return village
