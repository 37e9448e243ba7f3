"""Hand-over files a surveyor would deliver: a GeoPackage of places and a GeoTIFF of the ground."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import rasterio
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.transform import Affine

from xiaoyuan.sample.courtyards import Courtyard
from xiaoyuan.sample.fields import Parcel
from xiaoyuan.sample.grid import Grid
from xiaoyuan.sample.houses import Building
from xiaoyuan.sample.outlines import Outlines
from xiaoyuan.sample.roads import Road
from xiaoyuan.sample.town import (
    ORIGIN_EAST_M,
    ORIGIN_NORTH_M,
    PLACES_EPSG,
    SURVEY_EPSG,
    TOWN_CODE,
    TOWN_NAME,
    VILLAGES,
)
from xiaoyuan.sample.water import Water

NODATA = -9999.0


def write_places(
    path: Path,
    shapes: Outlines,
    roads: Sequence[Road],
    waters: Sequence[Water],
    lots: Sequence[Courtyard],
    buildings: Sequence[Building],
    parcels: Sequence[Parcel],
) -> None:
    """places.gpkg: six layers in EPSG:4490 with Chinese field names; an older file is replaced."""
    path.unlink(missing_ok=True)
    divisions = [(TOWN_CODE + "000", TOWN_NAME, shapes.town)]
    divisions += [(village.code, village.name, shapes.villages[village.code]) for village in VILLAGES]
    _layer(
        path,
        "区划",
        "Polygon",
        [each[2] for each in divisions],
        {"区划代码": [each[0] for each in divisions], "名称": [each[1] for each in divisions]},
    )
    _layer(
        path,
        "道路",
        "LineString",
        [road.line.simplify(0.15) for road in roads],
        {
            "名称": [r.name for r in roads],
            "等级": [r.grade for r in roads],
            "宽度": np.array([r.width_m for r in roads]),
        },
    )
    _layer(
        path,
        "水系",
        "Polygon",
        [water.shape for water in waters],
        {"名称": [water.name for water in waters], "类型": [water.kind for water in waters]},
    )
    _layer(
        path,
        "院落",
        "Polygon",
        [lot.shape for lot in lots],
        {
            "院落编号": [lot.code for lot in lots],
            "地址": [lot.address for lot in lots],
            "门牌号": [lot.plate for lot in lots],
            "组别": [lot.group for lot in lots],
            "区划代码": [lot.village_code for lot in lots],
        },
    )
    _layer(
        path,
        "建筑",
        "Polygon",
        [building.footprint for building in buildings],
        {
            "建筑编号": [b.code for b in buildings],
            "院落编号": [b.courtyard_code for b in buildings],
            "用途": [b.purpose for b in buildings],
            "层数": np.array([b.storeys for b in buildings], dtype=np.int32),
            "高度": np.array([b.height_m for b in buildings]),
            "结构": [b.structure for b in buildings],
            "屋顶": [b.roof for b in buildings],
            "建成年份": np.array([b.built_year for b in buildings], dtype=np.int32),
            "区划代码": [b.village_code for b in buildings],
        },
    )
    _layer(
        path, "地块", "Polygon", [parcel.shape for parcel in parcels],
        {
            "地块编号": [p.code for p in parcels], "区划代码": [p.village_code for p in parcels],
            "地类": [p.use for p in parcels], "作物": [p.crop or None for p in parcels],
            "面积_亩": np.array([p.area_mu for p in parcels]), "承包户号": [p.contractor or None for p in parcels],
        },
    )  # fmt: skip


def _layer(
    path: Path,
    name: str,
    kind: str,
    geometry: Sequence[shapely.Geometry],
    fields: Mapping[str, Sequence[Any] | NDArray[Any]],
) -> None:
    to_degrees = Transformer.from_crs(SURVEY_EPSG, PLACES_EPSG, always_xy=True)

    def degrees(points: NDArray[np.float64]) -> NDArray[np.float64]:
        lon, lat = to_degrees.transform(points[:, 0] + ORIGIN_EAST_M, points[:, 1] + ORIGIN_NORTH_M)
        return np.round(np.stack((lon, lat), axis=1), 9)  # 0.1 mm; equal corners stay equal

    moved = shapely.transform(np.array(geometry, dtype=object), degrees)
    columns = [
        values if isinstance(values, np.ndarray) else np.array(values, dtype=object)
        for values in fields.values()
    ]
    pyogrio.raw.write(
        path, shapely.to_wkb(moved), columns, list(fields), layer=name, driver="GPKG", geometry_type=kind,
        crs=f"EPSG:{PLACES_EPSG}", dataset_metadata={"说明": "样例数据,均为虚构"} if not path.exists() else None,
    )  # fmt: skip


def write_terrain(path: Path, grid: Grid, height_m: NDArray[np.float32]) -> None:
    """terrain.tif: float32 metres in EPSG:4544, deflated tiles."""
    west_m, north_m = grid.west_m + ORIGIN_EAST_M, grid.north_m + ORIGIN_NORTH_M
    profile = {
        "driver": "GTiff", "width": grid.cols, "height": grid.rows, "count": 1, "dtype": "float32", "nodata": NODATA,
        "crs": f"EPSG:{SURVEY_EPSG}", "compress": "deflate", "predictor": 3, "zlevel": 6, "tiled": True,
        "transform": Affine(grid.cell_m, 0.0, west_m, 0.0, -grid.cell_m, north_m),
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as target:
        target.write(height_m, 1)
        target.update_tags(DESCRIPTION="Invented sample terrain", AREA_OR_POINT="Area")
