"""What the twin does when a deployment's sample is taken out."""

import shutil
from datetime import datetime

from xiaoyuan.audit.actors import Actor
from xiaoyuan.register.choices import LayerClass
from xiaoyuan.twin.models import Scene
from xiaoyuan.twin.publishing import scene_folder
from xiaoyuan.twin.reading import read_scene


def remove_sample(*, actor: Actor, now: datetime) -> dict[str, int]:
    """Take down the scenes built of sample places, or whose places are gone. Runs after the register's rows went."""
    removed = 0
    for scene in Scene.objects.all():
        if (
            scene.report.get("is_sample")
            or read_scene(scene.division_code, LayerClass(scene.layer_class)) is None
        ):
            shutil.rmtree(scene_folder(scene.key), ignore_errors=True)
            scene.delete()
            removed += 1
    return {"scenes": removed}
