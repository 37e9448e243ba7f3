"""Who may load the files of a scene."""

from django.db.models import QuerySet

from xiaoyuan.accounts.choices import Permission
from xiaoyuan.accounts.errors import NotFound
from xiaoyuan.accounts.viewers import Viewer
from xiaoyuan.register.choices import LayerClass
from xiaoyuan.twin.models import Scene, SceneRevision


def access_scene(viewer: Viewer, key: str) -> Scene:
    """Return a scene: public ones for anyone, internal ones within the console right; raises `NotFound`."""
    scene = Scene.objects.filter(key=key).defer("report").first()
    if scene is None or not can_load_scene(viewer, scene):
        raise NotFound
    return scene


def can_load_scene(viewer: Viewer, scene: Scene) -> bool:
    """Whether the viewer may load a scene; restricted ones are for whoever publishes them."""
    if scene.layer_class == LayerClass.PUBLIC:
        return True
    right = Permission.CONSOLE if scene.layer_class == LayerClass.INTERNAL else Permission.PUBLISH_TWIN
    return viewer.scope_for(right).contains_division(scene.division_code)


def revisions_open_to(viewer: Viewer, scene: Scene) -> QuerySet[SceneRevision]:
    """Return the revisions of an opened scene that the viewer may load: earlier ones are for staff of its villages.

    An earlier revision still draws what was public then and is internal or restricted by now.
    """
    rows = SceneRevision.objects.filter(scene=scene)
    if viewer.scope_for(Permission.CONSOLE).touches_division(scene.division_code):
        return rows
    return rows.filter(name=scene.revision)
