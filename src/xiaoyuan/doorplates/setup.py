"""What doorplates do when a deployment's sample is taken out."""

from datetime import datetime

from xiaoyuan.audit.actors import Actor
from xiaoyuan.doorplates.models import ClashDecision, Doorplate, PlateBatch, PrintOrder
from xiaoyuan.vault.actions import erase_subject
from xiaoyuan.vault.files import forget_file

_WHY = "all sample rows go"


def remove_sample(*, actor: Actor, now: datetime) -> dict[str, int]:
    """Delete the plates of sample courtyards; their tokens answer like unknown ones from then on."""
    orders = PrintOrder.objects.unscoped(_WHY).filter(is_sample=True)
    for order in orders.exclude(files=[]):
        erase_subject(
            county_id=order.county_id, subject=order.subject, actor=actor, reason="sample removed", now=now
        )
        for file in order.files:
            forget_file(subject=order.subject, name=file["key"])
    orders.delete()
    ClashDecision.objects.unscoped(_WHY).filter(is_sample=True).delete()
    plates = Doorplate.objects.unscoped(_WHY).filter(is_sample=True)
    count = plates.count()
    plates.update(successor=None)
    plates.delete()
    PlateBatch.objects.unscoped(_WHY).filter(is_sample=True).delete()
    return {"doorplates": count}
