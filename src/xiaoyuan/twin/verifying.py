"""Proving that what edits published is what a whole build makes: file by file, by their names."""

import shutil
from dataclasses import dataclass

from xiaoyuan.register.choices import LayerClass
from xiaoyuan.register.models import Division
from xiaoyuan.tiling.pool import FilePool
from xiaoyuan.twin.building import Progress, make_scene
from xiaoyuan.twin.models import Scene
from xiaoyuan.twin.publishing import State, current_revision, names_of, pool_of, scene_folder, scene_lock
from xiaoyuan.twin.reading import Part


@dataclass(frozen=True)
class Difference:
    """Files of a published scene that a whole build does not make, and the other way round; both empty when equal."""

    key: str
    files: int
    only_published: tuple[str, ...]
    only_built: tuple[str, ...]

    @property
    def is_equal(self) -> bool:
        """Whether the published scene is, byte for byte, what a whole build makes."""
        return not self.only_published and not self.only_built


def verify_twin(*, division: Division, progress: Progress = lambda step: None) -> list[Difference]:
    """Build the division's scenes afresh beside the published ones and compare; publishes nothing."""
    scenes = Scene.objects.filter(division_code=division.code).exclude(revision="").order_by("key")
    return [difference for scene in scenes if (difference := _verify(scene, progress)) is not None]


def _verify(scene: Scene, progress: Progress) -> Difference | None:
    with scene_lock(scene.key, wait=True):
        scene.refresh_from_db(fields=["revision"])
        revision = current_revision(scene)
        if revision is None:
            return None
        folder = scene_folder(scene.key) / ".verify"
        shutil.rmtree(folder, ignore_errors=True)
        try:
            pool = FilePool(folder / "files")
            part = Part(scene.division_code, LayerClass(scene.layer_class))
            # The terrain is made of files that no edit touches; its name holds the hash of its input.
            made = make_scene(part, scene_folder(scene.key), pool, progress=progress)
            built = names_of(made.state, pool)
            published = names_of(State.from_json(revision.state), pool_of(scene.key))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return Difference(
        scene.key, len(built), tuple(sorted(published - built)), tuple(sorted(built - published))
    )
