"""Reading CityJSON as a map: footprints, heights and storeys of buildings; the parts of a building make one."""

from pathlib import Path
from typing import Any, Final

import numpy as np
import pyproj
from django.utils.translation import gettext as _
from pyproj.exceptions import CRSError

from xiaoyuan.register.imports.coordinates import Reference, UnusableCoordinates, choose, to_ground
from xiaoyuan.register.imports.model_faults import faults_as_sentences
from xiaoyuan.register.imports.place_fields import BUILDINGS
from xiaoyuan.register.imports.place_words import ROOFS
from xiaoyuan.register.imports.source_layers import LeftOut, Reason, SourceLayer
from xiaoyuan.tiling.models3d.cityjson import (
    CityModel,
    CityObject,
    fills_too_little,
    is_cityjson,
    read_cityjson,
)
from xiaoyuan.tiling.models3d.footprints import footprint

__all__ = ["is_cityjson", "read_city_buildings"]

_KINDS: Final = ("Building", "BuildingPart", "BuildingUnit")
_ATTRIBUTES: Final = {
    "storeysAboveGround": "storeys",
    "measuredHeight": "measured_height",
    "yearOfConstruction": "built_year",
    "roofType": "roof_shape",
}
_ROOF_CODES: Final = {"1000": "flat", "1030": "gabled", "1040": "hipped"}
"""Codes of the widely used list of the German special interest group 3D."""
_NAMED: Final = 5


def read_city_buildings(path: Path, *, source_crs: Reference | None) -> SourceLayer:
    """Read the buildings of a CityJSON file as a layer named after it.

    Raises `ModelRefused`, `MissingCoordinateSystem` or `UnusableCoordinates`.
    """
    layer = path.name.split(".")[0]
    with faults_as_sentences():
        model = read_cityjson(path)
    reference = choose(path.name, layer, crs_of(model), source_crs, "")
    parts_of: dict[str, list[CityObject]] = {}
    others: list[CityObject] = []
    for one in model.objects:
        if one.kind in _KINDS:
            parts_of.setdefault(one.root, []).append(one)
        else:
            others.append(one)
    rows = [_row(root, parts, model, reference) for root, parts in parts_of.items()]
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [shape for shape, _cells in rows]
    ground = to_ground(shapes, reference, file=path.name, layer=layer)
    names = list(dict.fromkeys(name for _shape, cells in rows for name in cells))
    return SourceLayer(
        layer,
        BUILDINGS,
        ground.shapes,
        range(1, len(rows) + 1),
        {name: [cells.get(name) for _shape, cells in rows] for name in names},
        left_out=[
            LeftOut(len(rows) + at, Reason.OTHER_KIND, {"id": one.id, "type": one.kind})
            for at, one in enumerate(others, start=1)
        ],
        crs=reference.name,
        accuracy_m=ground.accuracy_m,
        remarks=[*ground.remarks, *remarks(model)],
    )


def remarks(model: CityModel) -> list[str]:
    """Return what a person should know of a model that contradicts its own extent."""
    found = []
    if model.outside:
        found.append(
            _(
                "%(count)d objects leave the extent that the file states, by up to %(most)g (%(names)s): "
                "its “transform” or its “geographicalExtent” is wrong."
            )
            % {
                "count": len(model.outside),
                "most": max(model.outside.values()),
                "names": ", ".join(list(model.outside)[:_NAMED]),
            }
        )
    if fills_too_little(model):
        found.append(
            _(
                "The model fills %(share).2g %% of the extent that the file states: check the scale of its “transform”."
            )
            % {"share": model.fills * 100}
        )
    return found


def crs_of(model: CityModel) -> pyproj.CRS | None:
    """Return the coordinate system that a model names; raises `UnusableCoordinates` when it cannot be understood."""
    if not model.reference:
        return None
    try:
        return pyproj.CRS.from_epsg(model.epsg) if model.epsg else pyproj.CRS.from_user_input(model.reference)
    except CRSError:
        raise UnusableCoordinates(
            _("%(file)s: its coordinate system “%(crs)s” cannot be understood.")
            % {"file": model.file, "crs": model.reference[:80]}
        ) from None


def _row(
    root: str, parts: list[CityObject], model: CityModel, reference: Reference
) -> tuple[Any, dict[str, Any]]:
    """Return the footprint of a building and what the file says of it."""
    found = footprint(parts, model.vertices, is_degrees=reference.crs.to_2d().is_geographic)
    attributes = {
        name: value
        for part in reversed(parts)
        for name, value in part.attributes.items()
        if isinstance(value, str | int | float) and value != ""
    }
    cells: dict[str, Any] = {"id": root, "lod": "/".join(sorted({part.lod for part in parts}))}
    height = found.highest - found.lowest
    if height > 0:
        # The lowest level of detail is a plane: its height is no height of the building.
        cells |= {"height": round(height, 3), "ground_height": round(found.lowest, 3)}
    elif isinstance(attributes.get("measuredHeight"), int | float):
        cells["height"] = attributes.pop("measuredHeight")
    for name, value in attributes.items():
        ours = _ATTRIBUTES.get(name, name)
        if ours == "roof_shape":
            word = _ROOF_CODES.get(str(value).rsplit("/", 1)[-1], str(value))
            ours, value = ("roof_shape", word) if word.lower() in ROOFS else ("roofType", value)
        cells.setdefault(ours, value)
    if address := next((part.address for part in parts if part.address), ""):
        cells.setdefault("address", address)
    return found.shape, cells
