"""The published scenes that formats of tiles are packed from: files by content, nothing is built afresh."""

from dataclasses import dataclass

from xiaoyuan.lib import divisions
from xiaoyuan.register.choices import LayerClass
from xiaoyuan.register.spatial import Bounds
from xiaoyuan.tiling.pool import FilePool
from xiaoyuan.twin.models import Scene
from xiaoyuan.twin.outputs.errors import SceneNotBuilt
from xiaoyuan.twin.outputs.selecting import Wanted
from xiaoyuan.twin.publishing import State, current_revision, pool_of
from xiaoyuan.twin.queries import scenes_for


@dataclass(frozen=True)
class Published:
    """A scene, what it shows now and where its files lie."""

    scene: Scene
    state: State
    pool: FilePool
    layers: tuple[str, ...]
    """Layers of its vector tiles that hold something."""

    @property
    def is_internal(self) -> bool:
        """Whether it is the scene of the internal layers."""
        return self.scene.layer_class == LayerClass.INTERNAL


def published(wanted: Wanted) -> list[Published]:
    """Return the scenes that show what is wanted, public ones first; raises `SceneNotBuilt`."""
    found: list[Published] = []
    for scene in scenes_for(wanted.division.code, with_internal=wanted.with_internal):
        revision = current_revision(scene)
        if revision is not None:
            found.append(
                Published(
                    scene, State.from_json(revision.state), pool_of(scene.key), (*revision.pointer["layers"],)
                )
            )
    if not found:
        raise SceneNotBuilt(wanted.division.code)
    return sorted(found, key=lambda one: (one.is_internal, one.scene.division_code))


def frame_of(wanted: Wanted, one: Published) -> Bounds | None:
    """Return the box that a scene is cut to: the one asked for, or the division where the scene shows more than it."""
    if wanted.box is not None:
        return wanted.box
    if divisions.is_within(one.scene.division_code, wanted.division.code):
        return None
    return wanted.area
