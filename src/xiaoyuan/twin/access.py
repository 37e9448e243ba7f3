"""Who may load the files of a scene."""

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.register.choices import LayerClass
from xiaoyuan.twin.models import Scene


def access_scene(viewer: Viewer, key: str) -> Scene:
    """Return a scene: public ones for anyone, internal ones within the console right; raises `NotFound`."""
    scene = Scene.objects.filter(key=key).defer("report").first()
    if scene is None:
        raise NotFound
    if scene.layer_class != LayerClass.PUBLIC and not viewer.scope_for(
        Permission.CONSOLE if scene.layer_class == LayerClass.INTERNAL else Permission.PUBLISH_TWIN
    ).contains_division(scene.division_code):
        raise NotFound
    return scene
