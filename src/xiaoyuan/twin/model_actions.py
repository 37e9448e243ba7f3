"""Importing and removing 3D models that others made; the same model again changes nothing."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from xiaoyuan.audit.actions import record_audit
from xiaoyuan.audit.actors import Actor
from xiaoyuan.lib import divisions
from xiaoyuan.register.actions.counties import ensure_county
from xiaoyuan.register.choices import LayerClass
from xiaoyuan.register.imports.place_plan import NotInDivision, box_text
from xiaoyuan.register.models import Division
from xiaoyuan.register.queries.divisions import CHINA, division_bounds
from xiaoyuan.tiling.models3d.globe import Extent
from xiaoyuan.twin.errors import TwinError
from xiaoyuan.twin.model_files import (
    ENTRY,
    Prepared,
    Progress,
    copy_model,
    digest_of,
    model_folder,
    prepared,
    remove_model_files,
)
from xiaoyuan.twin.models import ImportedModel

_NEAR_DEGREES: Final = 0.02
"""Two kilometres: a flight reaches beyond the border of the village it was made for."""
_KEY_CHARACTERS: Final = 8


class NoSuchModel(TwinError):
    """A key that no imported model has."""

    def __init__(self, key: str) -> None:
        super().__init__(_("There is no imported model %(key)s.") % {"key": key})


@dataclass(frozen=True)
class ModelWishes:
    """What the operator asked for besides the file."""

    name: str
    vertical_offset_m: float = 0.0
    covers_buildings: bool = False
    layer_class: LayerClass = LayerClass.PUBLIC
    attribution: str = ""
    is_sample: bool = False
    allow_missing: bool = False


@dataclass(frozen=True)
class ImportedResult:
    """The row, whether anything was written, and what a person should know."""

    model: ImportedModel
    is_changed: bool
    remarks: tuple[str, ...]


def model_key(code: str, name: str) -> str:
    """Return a model's name in URLs: the same division and name are the same model."""
    return f"{code}-{hashlib.sha256(name.encode()).hexdigest()[:_KEY_CHARACTERS]}"


def import_model(
    *,
    division: Division,
    source: Path,
    wishes: ModelWishes,
    actor: Actor,
    now: datetime,
    progress: Progress = lambda step, done, total: None,
) -> ImportedResult:
    """Check a model, copy it into the twin folder and show it; one of the same name is replaced.

    Raises `RegisterError` or `TwinError` with a sentence; what was shown before stays as it was.
    """
    key = model_key(division.code, wishes.name)
    with prepared(source, allow_missing=wishes.allow_missing, progress=progress) as found:
        extent = found.walk.extent
        assert extent is not None
        _refuse_elsewhere(source, division, extent)
        digest = digest_of(found, wishes.vertical_offset_m)
        values = _values(found, extent, wishes, digest)
        target = model_folder(key) / digest
        if not (target / ENTRY).is_file():
            copy_model(found, target, wishes.vertical_offset_m, progress)
    county = ensure_county(division.code)
    with transaction.atomic():
        row = ImportedModel.objects.unscoped("the key is made of the division").filter(key=key).first()
        if row is not None and all(getattr(row, name) == value for name, value in values.items()):
            return ImportedResult(row, False, found.remarks)
        if row is None:
            row = ImportedModel(
                county_id=county.pk,
                division_code=division.code,
                key=key,
                created_at=now,
                created_by_label=actor.label,
            )
        else:
            row.row_version += 1
        for name, value in values.items():
            setattr(row, name, value)
        row.updated_at = now
        row.save()
        record_audit(
            actor=actor,
            now=now,
            action="twin.import_model",
            county_id=county.pk,
            object_kind="imported_model",
            object_id=row.pk,
            detail={"key": key, "entry": row.entry, "vertical_offset_m": row.vertical_offset_m, **row.report},
        )
    remove_model_files(key, but=digest)
    return ImportedResult(row, True, found.remarks)


def remove_model(*, key: str, actor: Actor, now: datetime) -> None:
    """Take a model down and delete its files; raises `NoSuchModel`."""
    with transaction.atomic():
        row = ImportedModel.objects.unscoped("named by its key").filter(key=key).first()
        if row is None:
            raise NoSuchModel(key)
        record_audit(
            actor=actor,
            now=now,
            action="twin.remove_model",
            county_id=row.county_id,
            object_kind="imported_model",
            object_id=row.pk,
            detail={"key": key, "name": row.name},
        )
        row.delete()
    remove_model_files(key)


def _values(found: Prepared, extent: Extent, wishes: ModelWishes, digest: str) -> dict[str, Any]:
    walk = found.walk
    return {
        "name": wishes.name,
        "source_format": found.source_format[:40],
        "entry": f"{digest}/{ENTRY}",
        "vertical_offset_m": wishes.vertical_offset_m,
        "layer_class": str(wishes.layer_class),
        "covers_buildings": wishes.covers_buildings,
        "attribution": wishes.attribution,
        "is_sample": wishes.is_sample,
        "min_lon": round(extent.west, 9),
        "min_lat": round(extent.south, 9),
        "max_lon": round(extent.east, 9),
        "max_lat": round(extent.north, 9),
        "report": {
            "files": len(walk.files),
            "bytes": walk.bytes,
            "missing": len(walk.missing),
            "kinds": dict(sorted(walk.kinds.items())),
            "heights_m": [round(extent.lowest, 2), round(extent.highest, 2)],
        },
    }


def _refuse_elsewhere(source: Path, division: Division, extent: Extent) -> None:
    """Refuse a model whose middle lies farther than two kilometres outside its division."""
    expected = division_bounds(division.code)
    if expected is None and not divisions.is_local(division.code):
        expected = CHINA
    if expected is None:
        return
    lon, lat = (extent.west + extent.east) / 2, (extent.south + extent.north) / 2
    west, south, east, north = expected
    near = _NEAR_DEGREES
    if west - near <= lon <= east + near and south - near <= lat <= north + near:
        return
    raise NotInDivision(
        _("%(file)s lies outside %(name)s %(code)s: the model is at %(found)s, the division at %(expected)s.")
        % {
            "file": source.name,
            "name": division.name,
            "code": division.code,
            "found": box_text((extent.west, extent.south, extent.east, extent.north)),
            "expected": box_text(expected),
        }
    )
