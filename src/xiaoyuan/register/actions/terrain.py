"""Keeping elevation models: the file under its own hash in the data folder, and a row that says where it lies."""

import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from xiaoyuan.audit.actions import Change, record_audit, record_changes
from xiaoyuan.audit.actors import Actor
from xiaoyuan.audit.models import Operation
from xiaoyuan.intake.files import SourceFile
from xiaoyuan.intake.models import Verdict
from xiaoyuan.register.actions.counties import ensure_county
from xiaoyuan.register.errors import RegisterError
from xiaoyuan.register.models import Division, TerrainModel
from xiaoyuan.register.spatial import Bounds

_KIND: Final = TerrainModel._meta.label_lower
_WHY: Final = "the same file is known by its hash"


class ModelKept(RegisterError):
    """The same file is kept already under other terms."""


@dataclass(frozen=True)
class TerrainFacts:
    """What a file says of itself: coordinate system, cell size in metres, bounds in degrees."""

    crs: str
    cell_m: float
    bounds: Bounds


def terrain_file(sha256: str) -> Path:
    """Return where the elevation model with this hash lies."""
    return Path(settings.DATA_DIR) / "terrain" / f"{sha256}.tif"


def keep_terrain(
    *,
    path: Path,
    file: SourceFile,
    facts: TerrainFacts,
    division: Division,
    vertical_offset_m: float,
    attribution: str,
    is_sample: bool,
    actor: Actor,
    now: datetime,
) -> tuple[TerrainModel, Verdict]:
    """Keep an elevation model that was checked; the same file again changes only its offset and attribution.

    Raises `UnknownDivision`, or `ModelKept` when the file is kept as sample and now comes as real, or the other way.
    """
    with transaction.atomic():
        county = ensure_county(division.code)
        known = (
            TerrainModel.objects.unscoped(_WHY)
            .filter(county=county, division_code=division.code, sha256=file.sha256)
            .first()
        )
        if known is not None and known.is_sample != is_sample:
            raise ModelKept(
                _("%(file)s is kept already as %(kind)s data.")
                % {"file": file.name, "kind": _("sample") if known.is_sample else _("real")}
            )
        _copy(path, terrain_file(file.sha256))
        if known is not None:
            verdict = _update(known, vertical_offset_m, attribution, actor, now)
            return known, verdict
        west, south, east, north = facts.bounds
        model = TerrainModel.objects.create(
            county=county,
            division_code=division.code,
            is_sample=is_sample,
            created_at=now,
            updated_at=now,
            name=file.name[:120],
            file_name=terrain_file(file.sha256).name,
            sha256=file.sha256,
            crs=facts.crs[:60],
            cell_m=facts.cell_m,
            vertical_offset_m=vertical_offset_m,
            attribution=attribution,
            min_lon=west,
            min_lat=south,
            max_lon=east,
            max_lat=north,
        )
        record_changes(
            county_id=county.pk,
            actor=actor,
            now=now,
            changes=[Change(_KIND, model.pk, Operation.CREATE, after={"sha256": file.sha256})],
        )
        record_audit(
            actor=actor,
            now=now,
            action="register.keep_terrain",
            county_id=county.pk,
            object_kind=_KIND,
            object_id=model.pk,
            detail={"division": division.code, "file": file.name, "sha256": file.sha256},
        )
    return model, Verdict.NEW


def _update(
    model: TerrainModel, vertical_offset_m: float, attribution: str, actor: Actor, now: datetime
) -> Verdict:
    wanted = {"vertical_offset_m": vertical_offset_m, "attribution": attribution or model.attribution}
    changes = [
        Change(_KIND, model.pk, Operation.UPDATE, name, getattr(model, name), value)
        for name, value in wanted.items()
        if getattr(model, name) != value
    ]
    if not changes:
        return Verdict.SAME
    for name, value in wanted.items():
        setattr(model, name, value)
    model.row_version += 1
    model.updated_at = now
    model.save(update_fields=[*wanted, "row_version", "updated_at"])
    record_changes(county_id=model.county_id, actor=actor, now=now, changes=changes)
    record_audit(
        actor=actor,
        now=now,
        action="register.change_terrain",
        county_id=model.county_id,
        object_kind=_KIND,
        object_id=model.pk,
    )
    return Verdict.CHANGED


def _copy(source: Path, target: Path) -> None:
    """Copy a file so that nobody ever sees half of it."""
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(f".{os.getpid()}.part")
    try:
        shutil.copyfile(source, unfinished)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
