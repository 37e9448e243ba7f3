"""Which scenes show a division."""

from xiaoyuan.lib import divisions
from xiaoyuan.register.choices import LayerClass
from xiaoyuan.twin.models import Scene


def scenes_for(code: str, *, with_internal: bool = False) -> list[Scene]:
    """Return the scenes that show a division: its own, else the nearest one above, else all below it.

    `with_internal` adds the scenes of internal layers; restricted ones are never shown on a screen.
    """
    classes = [LayerClass.PUBLIC, LayerClass.INTERNAL] if with_internal else [LayerClass.PUBLIC]
    scenes = Scene.objects.filter(layer_class__in=classes).exclude(revision="").defer("report")
    above = (code, *reversed(divisions.ancestors(code)))
    found = {
        scene_code: [scene for scene in scenes if scene.division_code == scene_code] for scene_code in above
    }
    nearest = next((found[scene_code] for scene_code in above if found[scene_code]), None)
    if nearest is not None:
        return nearest
    below = list(scenes.filter(**divisions.range_below(code)).order_by("division_code"))
    # A village's own scene repeats what its town's scene shows.
    outer = {scene.division_code for scene in below}
    return [
        scene
        for scene in below
        if not any(upper in outer for upper in divisions.ancestors(scene.division_code))
    ]
