"""Taking the files of a 3D model over into the twin folder: checked first, contents as they are, all or nothing."""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
import shapely
from django.conf import settings
from django.utils.translation import gettext as _

from xiaoyuan.register.imports.cityjson_files import crs_of, is_cityjson, remarks
from xiaoyuan.register.imports.coordinates import MissingCoordinateSystem, is_same_as_degrees
from xiaoyuan.register.imports.model_faults import faults_as_sentences
from xiaoyuan.register.imports.old_datums import change_to_cgcs2000
from xiaoyuan.register.imports.zip_files import unpacked
from xiaoyuan.tiling.arrays import Floats
from xiaoyuan.tiling.ellipsoid import east_north_up
from xiaoyuan.tiling.files import write_whole
from xiaoyuan.tiling.models3d.city_tiles import write_city_tiles
from xiaoyuan.tiling.models3d.cityjson import CityModel, read_cityjson
from xiaoyuan.tiling.models3d.contents import unpacked as plain_bytes
from xiaoyuan.tiling.models3d.errors import Fault, ModelError
from xiaoyuan.tiling.models3d.tilesets import Walk, walk_tileset
from xiaoyuan.twin.errors import TwinError
from xiaoyuan.vault.files import large_scratch_folder

FOLDER: Final = "models"
ENTRY: Final = "scene.json"
_TILESET: Final = "tileset.json"
_ARCHIVES: Final = (".zip", ".3tz")
_NAMED: Final = 8
_BLOCK: Final = 2**20
Progress = Callable[[str, int, int], None]
"""Told what is being done, how many files are done, of how many (0: not known)."""


class ModelNotFound(TwinError):
    """A path where no model lies."""


@dataclass(frozen=True)
class Prepared:
    """A model that may be taken over: its folder, what it consists of, its format and what a person should know."""

    folder: Path
    walk: Walk
    source_format: str
    remarks: tuple[str, ...]


def model_folder(key: str) -> Path:
    """Return where the files of an imported model lie."""
    return Path(settings.TWIN_DIR) / FOLDER / key


@contextmanager
def prepared(source: Path, *, allow_missing: bool, progress: Progress) -> Iterator[Prepared]:
    """Open a model (tileset.json, its folder, an archive of it, or CityJSON) and check all of it.

    Raises `ModelRefused` and the errors of archives and coordinate systems, each a sentence; nothing is written.
    """
    with ExitStack() as stack:
        found: tuple[str, ...] = ()
        kind = ""
        if source.suffix.lower() in _ARCHIVES and source.is_file():
            progress(_("unpacking"), 0, 0)
            folder, entry = _entry(stack.enter_context(unpacked(source)), source)
        elif source.is_file() and source.suffix.lower() == ".json" and is_cityjson(source):
            folder = Path(stack.enter_context(large_scratch_folder()))
            with faults_as_sentences():
                model = read_cityjson(source)
                progress(_("making triangles"), 0, 0)
                write_city_tiles(model, lambda points: _to_degrees(model, points), folder)
            entry, kind, found = _TILESET, f"CityJSON {model.version}", tuple(remarks(model))
        else:
            folder, entry = _entry(source, source)
        with faults_as_sentences():
            walk = walk_tileset(folder, entry, progress=lambda done: progress(_("checking"), done, 0))
            if walk.missing and not allow_missing:
                raise ModelError(Fault.MISSING_FILES, count=len(walk.missing), files=_listed(walk.missing))
            if walk.extent is None:
                raise ModelError(Fault.NOT_ON_GLOBE, file=entry, detail="-")
        if not kind:
            kind = f"3D Tiles {walk.version} ({', '.join(sorted(walk.kinds)) or '-'})"
        yield Prepared(folder, walk, kind, (*found, *_remarks(walk)))


def digest_of(model: Prepared, vertical_offset_m: float) -> str:
    """Return a name that changes exactly when a file or the offset does."""
    total = hashlib.sha256(f"1 {vertical_offset_m!r} {model.walk.entry}".encode())
    for name in sorted(model.walk.files):
        with (model.folder / name).open("rb") as file:
            total.update(f"\n{name} {hashlib.file_digest(file, 'sha256').hexdigest()}".encode())
    return total.hexdigest()[:20]


def copy_model(model: Prepared, target: Path, vertical_offset_m: float, progress: Progress) -> None:
    """Copy what the tileset names into a new folder and lift it by a transform above its root.

    Contents are copied byte for byte. Regions take no part in transforms, so that their heights are written anew.
    """
    unfinished = target.with_name(f".{target.name}")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        for done, name in enumerate(sorted(model.walk.files)):
            progress(_("copying"), done, len(model.walk.files))
            to = unfinished / target.name / name
            to.parent.mkdir(parents=True, exist_ok=True)
            if name in model.walk.documents and vertical_offset_m and model.walk.has_regions:
                write_whole(to, _lifted(model.folder / name, vertical_offset_m), durable=True)
            else:
                _copy(model.folder / name, to)
        folder = unfinished / target.name
        write_whole(folder / ENTRY, orjson.dumps(_scene(folder, model.walk, vertical_offset_m)), durable=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(target, ignore_errors=True)
        folder.rename(target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def remove_model_files(key: str, *, but: str = "") -> None:
    """Delete the files of a model, or all its states but one."""
    folder = model_folder(key)
    if not but:
        shutil.rmtree(folder, ignore_errors=True)
        return
    for state in folder.iterdir():
        if state.name != but:
            shutil.rmtree(state, ignore_errors=True)


def _entry(place: Path, source: Path) -> tuple[Path, str]:
    """Return folder and entry document of a tileset: a file, or the one tileset.json of a folder nearest its top."""
    if place.is_file():
        return place.parent, place.name
    if place.is_dir():
        found = sorted(place.rglob(_TILESET), key=lambda path: (len(path.parts), str(path)))
        if found:
            return found[0].parent, _TILESET
    raise ModelNotFound(
        _("%(file)s holds no tileset.json, and it is no CityJSON file.") % {"file": source.name}
    )


def _to_degrees(model: CityModel, points: Floats) -> Floats:
    crs = crs_of(model)
    if crs is None:
        raise MissingCoordinateSystem(model.file, "-")
    if is_same_as_degrees(crs):
        return points
    plain = crs.to_2d()
    ends = np.array([shapely.MultiPoint(points[:, :2])], dtype=object)
    change, _accuracy = change_to_cgcs2000(plain, ends, 0.0)
    lon, lat = change.transform(points[:, 0], points[:, 1])
    return np.column_stack((lon, lat, points[:, 2]))


def _listed(missing: dict[str, str]) -> str:
    names = list(missing)
    return ", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")


def _remarks(walk: Walk) -> Iterator[str]:
    if walk.missing:
        yield _("%(count)d files are missing and stay empty: %(files)s.") % {
            "count": len(walk.missing),
            "files": _listed(walk.missing),
        }
    for remark, count in walk.remarks.items():
        yield _("%(count)d files are %(kind)s, an old form that viewers may not show.") % {
            "count": count,
            "kind": remark,
        }


def _lifted(path: Path, offset_m: float) -> bytes:
    """Return a tileset document whose regions lie higher."""
    document = orjson.loads(bytes(plain_bytes(path.read_bytes(), path.name)))
    waiting = [document["root"]]
    while waiting:
        tile = waiting.pop()
        contents = [tile.get("content") or {}, *(tile.get("contents") or ())]
        for holder in (tile, *contents):
            for volume in ("boundingVolume", "viewerRequestVolume"):
                region = (holder.get(volume) or {}).get("region")
                if region:
                    holder[volume]["region"] = [*region[:4], region[4] + offset_m, region[5] + offset_m]
        waiting += tile.get("children") or ()
    return orjson.dumps(document)


def _scene(folder: Path, walk: Walk, offset_m: float) -> dict[str, Any]:
    """Return the document above a tileset that moves it up by some metres where it stands."""
    inner = orjson.loads(bytes(plain_bytes((folder / walk.entry).read_bytes(), walk.entry)))
    extent = walk.extent
    assert extent is not None
    corners = np.radians([extent.west, extent.south, extent.east, extent.north]).tolist()
    root: dict[str, Any] = {
        "boundingVolume": {"region": [*corners, extent.lowest + offset_m, extent.highest + offset_m]},
        "geometricError": max(float(inner.get("geometricError", 0)), 1.0),
        "refine": inner["root"].get("refine", "REPLACE"),
        "content": {"uri": walk.entry},
    }
    if offset_m:
        middle = np.array((extent.west + extent.east) / 2), np.array((extent.south + extent.north) / 2)
        up = east_north_up(*middle)[2] * offset_m
        root["transform"] = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, *up.tolist(), 1]
    return {
        "asset": {"version": walk.version, "generator": "Xiaoyuan"},
        "geometricError": root["geometricError"],
        "root": root,
    }


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as file, target.open("wb") as out:
        shutil.copyfileobj(file, out, _BLOCK)
