"""What the twin does when a deployment's sample is taken out."""

from datetime import datetime

from xiaoyuan.audit.actors import Actor
from xiaoyuan.register.choices import LayerClass
from xiaoyuan.twin.model_files import remove_model_files
from xiaoyuan.twin.models import ImportedModel, RoadPlan, SavedView, Scene
from xiaoyuan.twin.publishing import remove_files
from xiaoyuan.twin.reading import Part


def remove_sample(*, actor: Actor, now: datetime) -> dict[str, int]:
    """Take down the scenes built of sample places, or whose places are gone. Runs after the register's rows went."""
    removed = 0
    for scene in Scene.objects.all():
        part = Part(scene.division_code, LayerClass(scene.layer_class))
        if scene.report.get("is_sample") or not part.has_places():
            scene.delete()
            remove_files(scene.key)
            removed += 1
    invented = ImportedModel.objects.unscoped("the sample goes as a whole").filter(is_sample=True)
    keys = list(invented.values_list("key", flat=True))
    invented.delete()
    for key in keys:
        remove_model_files(key)
    kept = {
        name: int(model.objects.unscoped("the sample goes as a whole").filter(is_sample=True).delete()[0])
        for name, model in (("views", SavedView), ("plans", RoadPlan))
    }
    return {"scenes": removed, "models": len(keys), **kept}
