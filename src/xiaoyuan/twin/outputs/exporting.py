"""Writing a scene to one file: all of it or nothing, and a line in the log before it has its name."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from django.db import transaction

from xiaoyuan.audit.actions import record_audit
from xiaoyuan.audit.actors import Actor
from xiaoyuan.register.models import County
from xiaoyuan.twin.outputs.cityjson import write_cityjson
from xiaoyuan.twin.outputs.errors import NoTarget, NothingToExport
from xiaoyuan.twin.outputs.features import has_places
from xiaoyuan.twin.outputs.geopackage import write_geopackage
from xiaoyuan.twin.outputs.kml import write_kml
from xiaoyuan.twin.outputs.selecting import Progress, Wanted
from xiaoyuan.twin.outputs.tilesets import write_tileset
from xiaoyuan.twin.outputs.vector_archive import write_vector_archive
from xiaoyuan.vault.files import folder_beside

ACTION: Final = "twin.export_scene"
Writer = Callable[[Wanted, Path, Progress], dict[str, int]]


class OutputFormat(StrEnum):
    """What a scene can be written as."""

    GPKG = "gpkg"
    PMTILES = "pmtiles"
    TILES_3D = "3dtiles"
    CITYJSON = "cityjson"
    KML = "kml"


_WRITERS: Final[dict[OutputFormat, Writer]] = {
    OutputFormat.GPKG: write_geopackage,
    OutputFormat.PMTILES: write_vector_archive,
    OutputFormat.TILES_3D: write_tileset,
    OutputFormat.CITYJSON: write_cityjson,
    OutputFormat.KML: write_kml,
}


@dataclass(frozen=True)
class Exported:
    """A file that was written: how many features, tiles or files of each kind, and its size."""

    counts: dict[str, int]
    size_bytes: int


def export_scene(
    *,
    wanted: Wanted,
    output: OutputFormat,
    target: Path,
    actor: Actor,
    progress: Progress = lambda step, done, total: None,
) -> Exported:
    """Write what is wanted to `target`, which is replaced; raises `TwinError` and leaves it as it was."""
    target = target.absolute()
    try:
        scratch = folder_beside(target)
    except OSError:
        raise NoTarget(target.name) from None
    with scratch as folder:
        made = Path(folder) / f"scene.{output}"
        counts = _WRITERS[output](wanted, made, progress)
        if not has_places(counts):
            raise NothingToExport(wanted.division.code)
        size = made.stat().st_size
        with transaction.atomic():
            record_audit(
                actor=actor,
                now=wanted.now,
                action=ACTION,
                county_id=_county_id(wanted.division.code),
                object_kind="register.division",
                object_id=wanted.division.pk,
                detail={
                    "division": wanted.division.code,
                    "format": str(output),
                    "internal": wanted.with_internal,
                    "box": wanted.box,
                    "counts": counts,
                },
            )
            try:
                made.replace(target)
            except OSError:
                raise NoTarget(target.name) from None
    return Exported(counts, size)


def _county_id(code: str) -> int:
    """Return the county's id; 0 above counties."""
    return County.objects.filter(code=code[:6]).values_list("pk", flat=True).first() or 0
