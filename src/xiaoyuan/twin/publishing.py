"""Files of a scene: a new revision is written beside the old one, proven, then a pointer flips."""

import shutil
from pathlib import Path
from typing import Any, Final

import orjson
from django.conf import settings

from xiaoyuan.tiling.files import write_whole
from xiaoyuan.twin.errors import BrokenBuild

POINTER: Final = "current.json"
KEPT_REVISIONS: Final = 2
"""The published revision and the one before it: viewers that are still loading finish."""


def scene_folder(key: str) -> Path:
    """Return the folder of a scene."""
    return Path(settings.TWIN_DIR) / key


def prove_revision(folder: Path) -> None:
    """Check that every file a tileset names is there and whole; raises `BrokenBuild`."""
    for tileset in folder.rglob("tileset*.json"):
        content = orjson.loads(tileset.read_bytes())
        waiting = [content["root"]]
        while waiting:
            tile = waiting.pop()
            waiting.extend(tile.get("children", []))
            uri = tile.get("content", {}).get("uri")
            if uri and not (tileset.parent / uri).stat(follow_symlinks=True).st_size:
                raise BrokenBuild(uri)
    layer = folder / "terrain" / "layer.json"
    if layer.exists():
        for level, ranges in enumerate(orjson.loads(layer.read_bytes())["available"]):
            for part in ranges:
                for x in (part["startX"], part["endX"]):
                    for y in (part["startY"], part["endY"]):
                        if not (folder / "terrain" / str(level) / str(x) / f"{y}.terrain").exists():
                            raise BrokenBuild(f"terrain {level}/{x}/{y}")


def flip_pointer(key: str, pointer: dict[str, Any]) -> None:
    """Publish a revision: the pointer is replaced in one step and survives a power cut."""
    write_whole(scene_folder(key) / POINTER, orjson.dumps(pointer), durable=True)


def read_pointer(key: str) -> dict[str, Any] | None:
    """Return the published pointer of a scene, or None."""
    path = scene_folder(key) / POINTER
    return orjson.loads(path.read_bytes()) if path.exists() else None


def remove_old_revisions(key: str, keep: str) -> int:
    """Delete all but the newest revisions; returns how many were deleted."""
    folders = sorted(
        (folder for folder in scene_folder(key).iterdir() if folder.is_dir() and folder.name != keep),
        key=lambda folder: folder.name,
        reverse=True,
    )
    for folder in folders[KEPT_REVISIONS - 1 :]:
        shutil.rmtree(folder)
    return len(folders[KEPT_REVISIONS - 1 :])
