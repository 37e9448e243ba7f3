"""Reading CityJSON 1.1 and 2.0: objects with their surfaces in the file's own coordinates, and what contradicts itself.

Specification: https://www.cityjson.org/specs/2.0.1/ (OGC 20-072r5).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson

from xiaoyuan.tiling.arrays import Floats, Ints
from xiaoyuan.tiling.models3d.errors import Fault, ModelError

VERSIONS: Final = ("1.1", "2.0")
_DEPTHS: Final = {"MultiSurface": 0, "CompositeSurface": 0, "Solid": 1, "MultiSolid": 2, "CompositeSolid": 2}
"""Levels of lists above a surface."""
_EPSG: Final = re.compile(r"EPSG[:/]+(?:[\d.]*[:/])?(\d+)/?$", re.IGNORECASE)
_SLACK_M: Final = 1.0
_SLACK_DEGREES: Final = 0.00001
_MOSTLY: Final = 0.5
_HARDLY: Final = 0.05


@dataclass(frozen=True)
class Surface:
    """A plane polygon: vertex numbers of its rings, the outer one first, and what its semantics call it."""

    rings: tuple[Ints, ...]
    kind: str = ""


@dataclass(frozen=True)
class CityObject:
    """An object with the surfaces of its finest geometry. `root`: the object it is a part of, or itself."""

    id: str
    kind: str
    root: str
    attributes: dict[str, Any]
    surfaces: tuple[Surface, ...]
    lod: str
    address: str = ""


@dataclass
class CityModel:
    """A city model. vertices: (n, 3) in its own coordinates; `epsg`: 0 when it names none it can be known by.

    `outside`: objects -> metres (or degrees) by which they leave the stated extent; `fills`: least share of the stated
    extent's sides that the vertices fill; `skipped`: geometries by type that hold no surfaces.
    """

    file: str
    version: str
    reference: str
    epsg: int
    vertices: Floats
    objects: list[CityObject]
    outside: dict[str, float] = field(default_factory=dict)
    fills: float = 1.0
    skipped: dict[str, int] = field(default_factory=dict)
    title: str = ""


def is_cityjson(path: Path) -> bool:
    """Whether a JSON file says at its beginning that it is CityJSON."""
    with path.open("rb") as file:
        head = file.read(4096)
    return b'"CityJSON"' in head or b'"CityObjects"' in head


def read_cityjson(path: Path) -> CityModel:
    """Read a file; raises `ModelError`."""
    try:
        document = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError:
        raise ModelError(Fault.NOT_JSON, file=path.name) from None
    if not isinstance(document, dict) or document.get("type") != "CityJSON":
        raise ModelError(Fault.NOT_CITYJSON, file=path.name)
    version = str(document.get("version", "?"))
    if not version.startswith(VERSIONS):
        raise ModelError(Fault.CITYJSON_VERSION, file=path.name, version=version)
    try:
        model = _model(path.name, version, document)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        detail = f"{type(error).__name__} {error}".strip()
        raise ModelError(Fault.CITYJSON_BROKEN, file=path.name, detail=detail) from None
    if not model.objects:
        raise ModelError(Fault.NO_OBJECTS, file=path.name)
    extent = (document.get("metadata") or {}).get("geographicalExtent")
    if extent is not None:
        _compare(model, np.asarray(extent, np.float64))
    return model


def _model(file: str, version: str, document: dict[str, Any]) -> CityModel:
    transform = document["transform"]
    scale = np.asarray(transform["scale"], np.float64)
    translate = np.asarray(transform["translate"], np.float64)
    vertices = np.asarray(document["vertices"], np.float64).reshape(-1, 3) * scale + translate
    if not np.isfinite(vertices).all():
        raise ValueError("a vertex is not a number")
    metadata = document.get("metadata") or {}
    reference = str(metadata.get("referenceSystem") or "")
    found = _EPSG.search(reference)
    skipped: dict[str, int] = {}
    objects = document["CityObjects"]
    return CityModel(
        file=file,
        version=version,
        reference=reference,
        epsg=int(found[1]) if found else 0,
        vertices=vertices,
        objects=[
            made
            for key, about in objects.items()
            if (made := _object(key, about, objects, len(vertices), skipped))
        ],
        skipped=skipped,
        title=str(metadata.get("title") or ""),
    )


def _object(
    key: str, about: dict[str, Any], objects: dict[str, Any], count: int, skipped: dict[str, int]
) -> CityObject | None:
    """Return an object of its finest geometry with surfaces; None when it has none of its own."""
    best: dict[str, Any] | None = None
    for geometry in about.get("geometry") or ():
        if geometry["type"] not in _DEPTHS:
            skipped[geometry["type"]] = skipped.get(geometry["type"], 0) + 1
        elif best is None or str(geometry.get("lod", "")) > str(best.get("lod", "")):
            best = geometry
    if best is None:
        return None
    root, seen = key, {key}
    while parents := objects[root].get("parents"):
        root = str(parents[0])
        if root in seen or root not in objects:
            raise ValueError(f"the parents of {key} lead nowhere")
        seen.add(root)
    surfaces = tuple(_surfaces(best, count))
    attributes = {**(objects[root].get("attributes") or {}), **(about.get("attributes") or {})}
    address = _address(about.get("address") or objects[root].get("address"))
    return CityObject(key, str(about["type"]), root, attributes, surfaces, str(best.get("lod", "")), address)


def _surfaces(geometry: dict[str, Any], count: int) -> Iterator[Surface]:
    depth = _DEPTHS[geometry["type"]]
    semantics = geometry.get("semantics") or {}
    kinds = [str(one["type"]) for one in semantics.get("surfaces", ())]
    values = semantics.get("values")
    for at, rings in _flat(geometry["boundaries"], depth, ()):
        indices = tuple(np.asarray(ring, np.int64) for ring in rings)
        if any(ring.ndim != 1 or (len(ring) and (ring.min() < 0 or ring.max() >= count)) for ring in indices):
            raise ValueError("a surface names a vertex that does not exist")
        if indices and all(len(ring) >= 3 for ring in indices):
            kind = _value(values, at)
            yield Surface(indices, "" if kind is None else kinds[kind])


def _flat(lists: Any, depth: int, at: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], Any]]:
    for number, item in enumerate(lists):
        if depth:
            yield from _flat(item, depth - 1, (*at, number))
        else:
            yield (*at, number), item


def _value(values: Any, at: tuple[int, ...]) -> int | None:
    """Return the semantics of a surface; a whole shell may have null."""
    for number in at:
        if values is None:
            return None
        values = values[number]
    return None if values is None else int(values)


def _address(found: Any) -> str:
    """Return the first address of an object in one line (2.0: a list of free members)."""
    first = found[0] if isinstance(found, list) and found else found
    if not isinstance(first, dict):
        return ""
    texts = [str(value) for value in first.values() if isinstance(value, str | int)]
    return ", ".join(texts)


def _compare(model: CityModel, extent: Floats) -> None:
    """Hold the vertices in use against the extent that the file states; raises `ModelError` when most lie outside."""
    used = np.unique(
        np.concatenate([ring for one in model.objects for s in one.surfaces for ring in s.rings])
    )
    points = model.vertices[used]
    if extent.shape != (6,) or not np.isfinite(extent).all():
        raise ModelError(Fault.CITYJSON_BROKEN, file=model.file, detail="its extent is not six numbers")
    low, high = extent[:3], extent[3:]
    is_degrees = bool((np.abs(high[:2]) <= 360).all() and (np.abs(low[:2]) <= 360).all())
    slack = np.array([_SLACK_DEGREES if is_degrees else _SLACK_M] * 2 + [_SLACK_M])
    beyond = np.maximum(low - points, points - high).clip(min=0)
    is_outside = (beyond > slack).any(axis=1)
    if is_outside.mean() > _MOSTLY:
        raise ModelError(
            Fault.EXTENT,
            file=model.file,
            found=_box(points.min(0), points.max(0)),
            stated=_box(low, high),
        )
    sides = (high - low)[:2]
    if (sides > 0).all():
        model.fills = float(((points.max(0) - points.min(0))[:2] / sides).min())
    if is_outside.any():
        far = np.zeros(len(model.vertices))
        far[used] = np.where(is_outside, beyond.max(axis=1), 0)
        for one in model.objects:
            worst = (
                max(float(far[ring].max()) for s in one.surfaces for ring in s.rings) if one.surfaces else 0.0
            )
            if worst:
                model.outside[one.id] = round(worst, 3)


def fills_too_little(model: CityModel) -> bool:
    """Whether the vertices fill so little of the stated extent that their scale is suspicious."""
    return model.fills < _HARDLY


def _box(low: Floats, high: Floats) -> str:
    return " – ".join("(" + ", ".join(f"{value:.2f}" for value in corner) + ")" for corner in (low, high))
