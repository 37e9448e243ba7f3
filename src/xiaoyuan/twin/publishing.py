"""Files of a scene and which of its states is published.

All files are named after their content and never overwritten. A state is a row that names a few of them, written when
all lie on the disk: whatever breaks before leaves the state before, and no viewer ever sees half of two.
"""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from xiaoyuan.tiling import BuildingScene
from xiaoyuan.tiling.buildings import files_of
from xiaoyuan.tiling.pool import FilePool
from xiaoyuan.tiling.vector_index import VectorIndex
from xiaoyuan.twin.errors import SceneBusy
from xiaoyuan.twin.models import Scene, SceneRevision

KEPT_NEWEST: Final = 3
"""Viewers that are still loading the revision before finish."""
KEPT_DAYS: Final = 7
KEPT_MONTHS: Final = 24
"""The last revision of each of these days and months stays, to compare with."""
TERRAINS: Final = ("terrain", "terrarium")
"""Folders of what is named by its input, not by its content."""


@dataclass(frozen=True)
class State:
    """The documents that a scene hangs on; equal states are equal scenes, byte for byte."""

    buildings: BuildingScene
    vectors: str
    """Pool name of the index of the vector tiles."""
    terrain: str
    """Folder of the terrain under `terrain/`, "" for a flat scene."""
    ground: str
    """Digest of the elevation models that the buildings stand on."""

    def as_json(self) -> dict[str, Any]:
        """Return what is stored."""
        return {
            "buildings": self.buildings.as_json(),
            "vectors": self.vectors,
            "terrain": self.terrain,
            "ground": self.ground,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "State":
        """Return what was stored."""
        buildings = BuildingScene.from_json(stored["buildings"])
        return cls(buildings, stored["vectors"], stored["terrain"], stored["ground"])


def scene_folder(key: str) -> Path:
    """Return the folder of a scene."""
    return Path(settings.TWIN_DIR) / key


def pool_of(key: str, *, durable: bool = False) -> FilePool:
    """Return the pool of a scene's files."""
    return FilePool(scene_folder(key) / "files", durable=durable)


@contextmanager
def scene_lock(key: str, *, wait: bool) -> Iterator[None]:
    """Keep others from building the same scene; raises `SceneBusy` instead of waiting when told so."""
    folder = scene_folder(key)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SceneBusy(key) from None
        yield


def publish(scene: Scene, revision: SceneRevision) -> None:
    """Show a revision: one transaction, after which the database has it for good."""
    with transaction.atomic():
        revision.scene = scene
        revision.county_id = scene.county_id
        revision.save()
        Scene.objects.filter(pk=scene.pk).update(
            revision=revision.name,
            built_at=revision.published_at,
            changes_through=scene.changes_through,
            has_terrain=scene.has_terrain,
        )


def current_revision(scene: Scene) -> SceneRevision | None:
    """Return the revision that a scene shows."""
    return SceneRevision.objects.filter(scene=scene, name=scene.revision).first()


def pointer_of(scene: Scene) -> dict[str, Any]:
    """Return what viewers of a scene load first; empty when nothing is published."""
    pointers = SceneRevision.objects.filter(scene=scene, name=scene.revision)
    return pointers.values_list("pointer", flat=True).first() or {}


def prune(scene: Scene, now: datetime) -> int:
    """Forget old revisions and delete the files that only they named; returns how many files went.

    Runs under the scene's lock: a file that a running build has just written is named by nobody yet.
    """
    revisions = list(SceneRevision.objects.filter(scene=scene).order_by("-published_at", "-pk"))
    kept = _kept(revisions, now)
    SceneRevision.objects.filter(scene=scene).exclude(pk__in=[revision.pk for revision in kept]).delete()
    states = [State.from_json(revision.state) for revision in kept]
    pool = pool_of(scene.key)
    gone = pool.sweep(set().union(*(names_of(state, pool) for state in states)))
    for child in scene_folder(scene.key).iterdir():
        if child.name in TERRAINS:
            for old in child.iterdir():
                if old.name not in {state.terrain for state in states}:
                    shutil.rmtree(old)
        elif child.is_dir() and child != pool.folder:
            # A revision's own folder, as releases before 0.3 made them.
            shutil.rmtree(child)
    return gone


def names_of(state: State, pool: FilePool) -> set[str]:
    """Return the name of every file in the pool that a state hangs on."""
    # The entry document names those of the cells: it stands for all of them.
    buildings = files_of(state.buildings, pool) if state.buildings.tileset else ()
    return {*buildings, *VectorIndex(pool, state.vectors).files(), state.vectors}


def remove_files(key: str) -> None:
    """Delete everything a scene has on the disk."""
    shutil.rmtree(scene_folder(key), ignore_errors=True)


def _kept(revisions: list[SceneRevision], now: datetime) -> list[SceneRevision]:
    """Return which of the revisions (newest first) stay."""
    today = timezone.localdate(now)
    kept = revisions[:KEPT_NEWEST]
    seen: set[str] = set()
    for revision in revisions:
        day = timezone.localdate(revision.published_at)
        months = (today.year - day.year) * 12 + today.month - day.month
        for label, is_recent in (
            (f"{day:%Y-%m-%d}", today - day < timedelta(days=KEPT_DAYS)),
            (f"{day:%Y-%m}", months < KEPT_MONTHS),
        ):
            if is_recent and label not in seen:
                seen.add(label)
                kept.append(revision)
    return list({revision.pk: revision for revision in kept}.values())
