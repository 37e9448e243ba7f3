"""Buildings as CityJSON 2.0: one block (LoD1) for each, from the lowest ground at its walls to its eaves.

Coordinates are metres of the 3-degree Gauss-Krueger zone of CGCS2000 that lies nearest, x to the east and y to the
north as all readers of CityJSON take them, heights as in the scene. Specification: https://www.cityjson.org/specs/2.0.1/
"""

import math
from collections.abc import Iterator
from io import TextIOBase
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
import pyproj

from xiaoyuan.register.models import Building
from xiaoyuan.tiling.arrays import Floats
from xiaoyuan.tiling.elevation import Terrain
from xiaoyuan.tiling.footprints import Footprints, prepare
from xiaoyuan.tiling.solids import PLINTH_DEPTH_M, resolve_heights, stand_on
from xiaoyuan.tiling.terrain_tiles import rendered_height
from xiaoyuan.twin.outputs.selecting import Progress, Wanted
from xiaoyuan.twin.reading import ground_under

_STEP_M: Final = 0.001
_FIRST_ZONE, _FIRST_MERIDIAN, _ZONES = 4534, 75, 21
"""EPSG:4534 to 4554: CGCS2000 / 3-degree Gauss-Krueger of 75, 78, … 135 degrees, eastings without zone number."""
_COLUMNS: Final = ("cid", "division_code", "layer_class", "storeys", "height_m", "use")


def zone_near(lon: float) -> int:
    """EPSG code of the zone whose meridian lies nearest to a longitude."""
    return _FIRST_ZONE + min(max(round((lon - _FIRST_MERIDIAN) / 3), 0), _ZONES - 1)


def write_cityjson(wanted: Wanted, target: Path, progress: Progress) -> dict[str, int]:
    """Write the model and return how many buildings it holds; the vertices pass through a file of their own."""
    area = wanted.area
    if area is None:
        return {}
    epsg = zone_near((area[0] + area[2]) / 2)
    to_metres = pyproj.Transformer.from_crs("EPSG:4490", f"EPSG:{epsg}", always_xy=True)
    east, north = to_metres.transform(area[0], area[1])
    model = _Model(to_metres, (float(math.floor(east)), float(math.floor(north)), 0.0))
    numbers = target.with_name("vertices")
    with target.open("w", encoding="utf-8") as file, numbers.open("w", encoding="utf-8") as vertices:
        file.write('{"type":"CityJSON","version":"2.0","CityObjects":{')
        for part in wanted.parts:
            ground = ground_under(wanted.division.code, part.layer_class)
            terrain = ground.open() if ground else None
            rows = wanted.rows(part, Building)
            total, done = int(rows.count()), 0
            for chunk in wanted.chunks(rows, *_COLUMNS):
                if chunk:
                    model.write(file, vertices, chunk, terrain)
                done += len(chunk)
                progress("building", done, total)
        about = wanted.about()
        metadata = {
            "title": f"{about['name']} {about['division']} ({about['content']}; {about['attribution']})",
            "referenceDate": f"{wanted.now:%Y-%m-%d}",
            "referenceSystem": f"https://www.opengis.net/def/crs/EPSG/0/{epsg}",
            **({"geographicalExtent": model.extent()} if model.count else {}),
        }
        transform = {"scale": [_STEP_M] * 3, "translate": list(model.origin)}
        file.write(f'}},"transform":{_text(transform)},"metadata":{_text(metadata)},"vertices":[')
    with target.open("ab") as whole, numbers.open("rb") as parts:
        while block := parts.read(2**20):
            whole.write(block)
        whole.write(b"]}")
    return {"building": model.count} if model.count else {}


class _Model:
    """What is known of a model while it is written."""

    def __init__(self, to_metres: pyproj.Transformer, origin: tuple[float, float, float]) -> None:
        self.origin = origin
        self.count = 0
        self._to_metres = to_metres
        self._vertices = 0
        self._low = np.full(3, np.iinfo(np.int64).max)
        self._high = np.full(3, np.iinfo(np.int64).min)

    def extent(self) -> list[float]:
        """Least and greatest x, y and z of all vertices."""
        return [
            round(float(steps * _STEP_M + origin), 3)
            for corner in (self._low, self._high)
            for steps, origin in zip(corner, self.origin, strict=True)
        ]

    def write(
        self, file: TextIOBase, vertices: TextIOBase, rows: list[tuple[Any, ...]], terrain: Terrain | None
    ) -> None:
        """Write the buildings of some rows (shape, then `_COLUMNS`), in the order in which they come."""
        shape, cid, code, layer_class, storeys, height, use = zip(*rows, strict=True)
        prints = prepare(np.arange(1, len(rows) + 1), np.asarray(shape, dtype=object))
        low, high = _levels(prints, height, storeys, terrain)
        points = prints.points_deg()
        x, y = self._to_metres.transform(points[:, 0], points[:, 1])
        owner = prints.point_owner
        flat = np.stack([np.asarray(x), np.asarray(y)], 1)
        bottom, top = (self._steps(np.column_stack([flat, level[owner]])) for level in (low, high))
        first_part = np.searchsorted(prints.part_owner, np.arange(len(prints.row) + 1))
        for number, row in enumerate(prints.row.tolist()):
            known = {
                "cid": cid[row],
                "division": code[row],
                "layerClass": layer_class[row],
                "function": use[row] or None,
                # What nobody counted or measured is not said, though the block has a height.
                "storeysAboveGround": storeys[row],
                "measuredHeight": height[row],
            }
            attributes = {key: value for key, value in known.items() if value is not None}
            shells = [
                self._solid(vertices, bottom, top, [*_rings(prints, part)])
                for part in range(int(first_part[number]), int(first_part[number + 1]))
            ]
            self._object(file, f"{code[row][:6]}-{cid[row]}", attributes, shells)

    def _object(self, file: TextIOBase, name: str, attributes: dict[str, Any], shells: list[Any]) -> None:
        """Write a building; one that stands apart in several places has a part for each."""
        building: dict[str, Any] = {"type": "Building", "attributes": attributes}
        objects = {name: building}
        if len(shells) == 1:
            building["geometry"] = shells
        else:
            building["children"] = [f"{name}-{number}" for number in range(1, len(shells) + 1)]
            for child, shell in zip(building["children"], shells, strict=True):
                objects[child] = {"type": "BuildingPart", "parents": [name], "geometry": [shell]}
        for key, value in objects.items():
            file.write(f"{',' if self.count or key != name else ''}{_text(key)}:{_text(value)}")
        self.count += 1

    def _solid(self, vertices: TextIOBase, bottom: Any, top: Any, rings: list[slice]) -> dict[str, Any]:
        """Write the vertices of a block and return it as a solid whose faces all look outwards."""
        floor: list[list[int]] = []
        roof: list[list[int]] = []
        walls: list[list[list[int]]] = []
        for ring in rings:
            size = ring.stop - ring.start
            first = self._vertices
            both = [*bottom[ring].tolist(), *top[ring].tolist()]
            vertices.write(("," if first else "") + _text(both)[1:-1])
            self._vertices += 2 * size
            below = list(range(first, first + size))
            floor.append(below[::-1])
            roof.append([number + size for number in below])
            for one, other in zip(below, [*below[1:], below[0]], strict=True):
                walls.append([[one, other, other + size, one + size]])
            self._low = np.minimum(self._low, np.min(both, axis=0))
            self._high = np.maximum(self._high, np.max(both, axis=0))
        kinds = ["GroundSurface", "RoofSurface", "WallSurface"]
        return {
            "type": "Solid",
            "lod": "1",
            "boundaries": [[floor, roof, *walls]],
            "semantics": {
                "surfaces": [{"type": kind} for kind in kinds],
                "values": [[0, 1, *([2] * len(walls))]],
            },
        }

    def _steps(self, metres: Floats) -> Any:
        return np.rint((metres - np.array(self.origin)) / _STEP_M).astype(np.int64)


def _levels(
    prints: Footprints, height_m: tuple[Any, ...], storeys: tuple[Any, ...], terrain: Terrain | None
) -> tuple[Floats, Floats]:
    """Lowest ground at the walls and height of the eaves (n each), as the scene has them; 0 without a terrain."""
    resolved = resolve_heights(
        np.array([np.nan if one is None else one for one in height_m], np.float64),
        np.array([one or 0 for one in storeys], np.int64),
        1,
    )
    points = prints.points_deg()
    ground = (
        np.zeros(len(points)) if terrain is None else rendered_height(terrain, points[:, 0], points[:, 1])
    )
    foot, floor = stand_on(prints, ground)
    return foot + PLINTH_DEPTH_M, floor + resolved.height_m[prints.row]


def _rings(prints: Footprints, part: int) -> Iterator[slice]:
    """Points of each ring of a part, the outer one first."""
    rings = prints.rings
    for ring in range(int(rings.part_start[part]), int(rings.part_start[part + 1])):
        yield slice(int(rings.ring_start[ring]), int(rings.ring_start[ring + 1]))


def _text(value: Any) -> str:
    return orjson.dumps(value).decode()
