"""Small map files and divisions that the tests of places make for themselves."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import shapely
from django.core.management import call_command
from django.utils import translation

from xiaoyuan.audit.actors import SYSTEM
from xiaoyuan.figures.actions import rebuild
from xiaoyuan.register.actions.divisions import DivisionLine, create_divisions, read_tree
from xiaoyuan.register.choices import DivisionOrigin
from xiaoyuan.register.figures import FIGURES
from xiaoyuan.register.models import County

NOW = datetime.fromisoformat("2026-03-01T08:00:00+08:00")
TOWN = "520502103"
EAST, WEST = "520502103003", "520502103209"
NAMES = {
    "52": "贵州省",
    "5205": "毕节市",
    "520502": "七星关区",
    TOWN: "朱昌镇",
    EAST: "双堰社区居民委员会",
    WEST: "螺蛳村村民委员会",
}
TOWN_BOX = shapely.box(105.20, 27.20, 105.40, 27.30)
EAST_BOX = shapely.box(105.30, 27.20, 105.40, 27.30)
WEST_BOX = shapely.box(105.20, 27.20, 105.30, 27.30)


def make_divisions() -> None:
    """Make a town with two villages, without outlines."""
    tree = read_tree()
    for code, name in NAMES.items():
        line = DivisionLine(1, code, name)
        create_divisions(
            lines=[(line, None)], tree=tree, origin=DivisionOrigin.NATIONAL, actor=SYSTEM, now=NOW
        )


def house(lon: float, lat: float, size: float = 0.0001) -> Any:
    """Return a square of about 10 m with its south-west corner at a point."""
    return shapely.box(lon, lat, lon + size, lat + size)


def geojson(path: Path, features: Sequence[tuple[Any, Mapping[str, Any]]], **members: Any) -> Path:
    """Write shapes with their properties."""
    collection = {
        "type": "FeatureCollection",
        **members,
        "features": [
            {
                "type": "Feature",
                "properties": dict(properties),
                "geometry": None if shape is None else shapely.geometry.mapping(shape),
            }
            for shape, properties in features
        ],
    }
    path.write_text(json.dumps(collection), encoding="utf-8")
    return path


def layer(
    path: Path,
    name: str,
    shapes: Sequence[Any],
    columns: Mapping[str, Sequence[Any]],
    crs: str | None = "EPSG:4490",
) -> Path:
    """Write or add a layer of a GeoPackage."""
    pyogrio.raw.write(
        path,
        np.array(shapely.to_wkb(np.array(shapes, dtype=object)), dtype=object),
        [np.array(list(column)) for column in columns.values()],
        fields=list(columns),
        layer=name,
        geometry_type=shapes[0].geom_type,
        crs=crs,
        append=path.exists(),
        driver="GPKG",
    )
    return path


def surveyed_town(path: Path) -> Path:
    """Write the six layers that a surveyor delivers."""
    layer(
        path,
        "区划",
        [TOWN_BOX, EAST_BOX, WEST_BOX],
        {"区划代码": [TOWN + "000", EAST, WEST], "名称": ["镇", "东", "西"]},
    )
    layer(path, "院落", [house(105.31, 27.21, 0.001)], {
        "院落编号": ["Y1"], "地址": ["双堰社区街上组1号"], "门牌号": ["1号"], "组别": ["街上组"], "区划代码": [EAST],
    })  # fmt: skip
    layer(path, "建筑", [house(105.3101, 27.2101), house(105.3105, 27.2105), house(105.21, 27.21)], {
        "建筑编号": ["J1", "J2", "J3"], "院落编号": ["Y1", "", ""], "用途": ["住宅", "圈舍", "学校"], "层数": [2, 1, 3],
        "高度": [6.3, 2.8, 10.2], "结构": ["砖混", "砖木", "钢混"], "屋顶": ["双坡", "平顶", "平顶"],
        "建成年份": [2004, 1983, 2015], "区划代码": [EAST, EAST, ""],
    })  # fmt: skip
    layer(path, "地块", [house(105.32, 27.22, 0.002), house(105.22, 27.22, 0.001)], {
        "地块编号": ["D1", "D2"], "区划代码": [EAST, WEST], "地类": ["水田", "林地"], "作物": ["水稻", "马尾松"],
        "面积_亩": [66.04, 16.5], "承包户号": ["H1", ""],
    })  # fmt: skip
    layer(path, "道路", [shapely.LineString([(105.25, 27.25), (105.29, 27.25)])], {
        "名称": ["朱双公路"], "等级": ["县道"], "宽度": [7.0],
    })  # fmt: skip
    return layer(path, "水系", [house(105.35, 27.25, 0.01)], {"名称": ["双堰河"], "类型": ["河流"]})


def run(path: Path, division: str, *arguments: str) -> str:
    """Import a file by the command and return what it prints, in English."""
    out = StringIO()
    with translation.override("en"):
        call_command("import_places", str(path), "--division", division, *arguments, stdout=out)
    return out.getvalue()


def disagreements() -> int:
    """Count all figures of all counties afresh; return how many cells disagreed."""
    return sum(
        rebuild(county_id=county.pk, day=NOW.date(), figures=[figure.name], counted=figure.count(county.pk))
        for county in County.objects.all()
        for figure in FIGURES
    )
