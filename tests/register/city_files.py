"""Small CityJSON files that tests make for themselves."""

from pathlib import Path
from typing import Any

import orjson

Triple = tuple[float, float, float]


def block(corner: Triple, size: Triple, first: int) -> tuple[list[Triple], list[Any], dict[str, Any]]:
    """Return vertices, the shell of a box (ground, roof, four walls) and its semantics; `first`: number of vertex 0."""
    (x, y, z), (w, d, h) = corner, size
    low = [(x, y, z), (x + w, y, z), (x + w, y + d, z), (x, y + d, z)]
    vertices = [*low, *((a, b, z + h) for a, b, _c in low)]
    faces = [[3, 2, 1, 0], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]]
    shell = [[[first + number for number in face]] for face in faces]
    kinds = ["GroundSurface", "RoofSurface", "WallSurface"]
    semantics = {"surfaces": [{"type": kind} for kind in kinds], "values": [[0, 1, 2, 2, 2, 2]]}
    return vertices, shell, semantics


def city(
    path: Path,
    boxes: dict[str, tuple[Triple, Triple]],
    *,
    version: str = "2.0",
    epsg: int | None = 4544,
    extent: list[float] | None = None,
    scale: float = 0.001,
    attributes: dict[str, dict[str, Any]] | None = None,
    parts_of: dict[str, str] | None = None,
    lod: str = "2.2",
    others: dict[str, Any] | None = None,
    move: Triple = (0, 0, 0),
) -> Path:
    """Write boxes as buildings; `parts_of`: part -> building; `move` is added to the true translation."""
    vertices: list[Triple] = []
    objects: dict[str, Any] = {}
    for name, (corner, size) in boxes.items():
        made, shell, semantics = block(corner, size, len(vertices))
        vertices += made
        geometry = {"type": "Solid", "lod": lod, "boundaries": [shell], "semantics": semantics}
        parent = (parts_of or {}).get(name)
        objects[name] = {
            "type": "BuildingPart" if parent else "Building",
            "geometry": [geometry],
            "attributes": (attributes or {}).get(name, {}),
            **({"parents": [parent]} if parent else {}),
        }
    for part, parent in (parts_of or {}).items():
        about = objects.setdefault(
            parent, {"type": "Building", "attributes": (attributes or {}).get(parent, {})}
        )
        about.setdefault("children", []).append(part)
    objects |= others or {}
    origin = [min(vertex[axis] for vertex in vertices) for axis in range(3)]
    metadata: dict[str, Any] = {}
    if epsg is not None:
        metadata["referenceSystem"] = f"https://www.opengis.net/def/crs/EPSG/0/{epsg}"
    if extent is not None:
        metadata["geographicalExtent"] = extent
    document = {
        "type": "CityJSON",
        "version": version,
        "transform": {"scale": [scale] * 3, "translate": [o + m for o, m in zip(origin, move, strict=True)]},
        "metadata": metadata,
        "CityObjects": objects,
        "vertices": [
            [round((value - least) / 0.001) for value, least in zip(vertex, origin, strict=True)]
            for vertex in vertices
        ],
    }
    path.write_bytes(orjson.dumps(document))
    return path
