"""What doorplates do when a deployment's sample is taken out."""

from datetime import datetime

from xiaoyuan.audit.actors import Actor
from xiaoyuan.doorplates.models import Doorplate


def remove_sample(*, actor: Actor, now: datetime) -> dict[str, int]:
    """Delete the plates of sample courtyards; their tokens answer like unknown ones from then on."""
    plates = Doorplate.objects.unscoped("all sample rows go").filter(is_sample=True)
    count = plates.count()
    plates.delete()
    return {"doorplates": count}
